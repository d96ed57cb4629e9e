/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/log.h"
#include "gateway/base/slice.h"

/* The target; libFuzzer's name and form. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What replay.c feeds it: folders below tests/fuzz/corpus, then below the shared fuzz seeds. NULL
 * ends. */
extern const char *const fuzz_own_seeds[];
extern const char *const fuzz_shared_seeds[];

static inline struct slice fuzz_slice(const uint8_t *data, size_t size)
{
    return slice_of((const char *)data, size);
}

/* A promise of the code under test; broken, it ends the run in every build. */
#define FUZZ_CHECK(promise)                                                                        \
    do {                                                                                           \
        if (!(promise)) {                                                                          \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #promise);                  \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* For log_set_sink(): what a search provokes is not to fill a screen. */
static inline void fuzz_no_log(void *context, enum log_level level, const char *room,
                               const char *text)
{
    (void)context;
    (void)level;
    (void)room;
    (void)text;
}

/* Read all of s, so that a sanitizer or a protected page sees what it points to. */
static inline void fuzz_touch(struct slice s)
{
    static volatile unsigned char sink;
    FUZZ_CHECK(s.p || s.n == 0);
    for (size_t i = 0; i < s.n; i++)
        sink = (unsigned char)(sink + (unsigned char)s.p[i]);
}

#endif
