/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_SUPPORT_GUARD_H
#define TESTS_SUPPORT_GUARD_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/base/slice.h"

/**
 * Bytes whose end is the end of the readable memory: one read too far ends the program. One guard
 * holds one input at a time, of up to its size.
 */
struct guard {
    char *pages;
    size_t size; /* readable */
};

/* size: the longest input. Ends the program when there is no memory. */
static inline struct guard guard_new(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct guard g = {.size = (size + page - 1) / page * page};
    if (g.size == 0)
        g.size = page;
    g.pages = mmap(NULL, g.size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (g.pages == MAP_FAILED || mprotect(g.pages + g.size, page, PROT_NONE) != 0)
        abort();
    return g;
}

static inline void guard_free(struct guard *g)
{
    munmap(g->pages, g->size + (size_t)sysconf(_SC_PAGESIZE));
    *g = (struct guard){0};
}

/* s, copied to stand right before the protected page; valid until the next call. */
static inline struct slice guard_put(struct guard *g, struct slice s)
{
    if (s.n > g->size)
        abort();
    char *p = g->pages + g->size - s.n;
    if (s.n)
        memcpy(p, s.p, s.n);
    return slice_of(p, s.n);
}

typedef void guard_visit_fn(struct slice input, void *context);

/* visit(s) cut after every byte, from nothing to all. */
static inline void guard_truncate(struct guard *g, struct slice s, guard_visit_fn *visit,
                                  void *context)
{
    for (size_t n = 0; n <= s.n; n++)
        visit(guard_put(g, slice_head(s, n)), context);
}

/* visit(s) with every byte changed in turn: to its complement, to NUL, and with one bit flipped. */
static inline void guard_flip(struct guard *g, struct slice s, guard_visit_fn *visit, void *context)
{
    for (size_t i = 0; i < s.n; i++)
        for (int form = 0; form < 3; form++) {
            struct slice copy = guard_put(g, s);
            char *byte = g->pages + g->size - s.n + i;
            *byte = form == 0 ? (char)~*byte : form == 1 ? '\0' : (char)(*byte ^ (1 << (i % 8)));
            visit(copy, context);
        }
}

#endif
