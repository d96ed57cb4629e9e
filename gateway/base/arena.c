/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Arena: a chain of blocks, the first kept over arena_reset(). This file is also the one place
 * where the process ends for lack of memory.
 */
#include "gateway/base/arena.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_BYTES = 16 * 1024, ALIGN = 16 };

struct arena_block {
    struct arena_block *next;
    size_t size, used;
    _Alignas(ALIGN) char data[];
};

_Noreturn void gw_die_no_memory(size_t size)
{
    static atomic_flag is_dying = ATOMIC_FLAG_INIT;
    while (atomic_flag_test_and_set(&is_dying))
        pause(); /* another thread says it */
    /* The logger may allocate; this must not. */
    char text[96];
    int n = snprintf(text, sizeof text, "error base: out of memory size=%zu; aborting\n", size);
    if (n > 0 && write(STDERR_FILENO, text, (size_t)n) < 0)
        abort();
    abort();
}

void *gw_alloc(size_t size)
{
    void *p = calloc(1, size ? size : 1);
    if (!p)
        gw_die_no_memory(size);
    return p;
}

void *gw_realloc(void *old, size_t size)
{
    void *p = realloc(old, size ? size : 1);
    if (!p)
        gw_die_no_memory(size);
    return p;
}

char *gw_strdup(const char *text)
{
    size_t n = strlen(text) + 1;
    return memcpy(gw_alloc(n), text, n);
}

void arena_init(struct arena *arena, size_t cap_bytes)
{
    *arena = (struct arena){.cap_bytes = cap_bytes};
}

void arena_fini(struct arena *arena)
{
    struct arena_block *next;
    for (struct arena_block *b = arena->first; b; b = next) {
        next = b->next;
        free(b);
    }
    *arena = (struct arena){0};
}

void arena_reset(struct arena *arena)
{
    if (arena->first) {
        struct arena_block *extra = arena->first->next;
        while (extra) {
            struct arena_block *next = extra->next;
            free(extra);
            extra = next;
        }
        arena->first->next = NULL;
        arena->first->used = 0;
    }
    arena->current = arena->first;
    arena->used_bytes = 0;
}

static char *take(struct arena *arena, size_t size, size_t align)
{
    if (arena->cap_bytes &&
        (size > arena->cap_bytes || arena->used_bytes > arena->cap_bytes - size))
        return NULL;
    struct arena_block *b = arena->current;
    size_t at = b ? (b->used + align - 1) & ~(align - 1) : 0;
    if (!b || at > b->size || b->size - at < size) {
        size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
        struct arena_block *fresh =
            room <= SIZE_MAX - sizeof *fresh ? malloc(sizeof *fresh + room) : NULL;
        if (!fresh)
            gw_die_no_memory(room);
        *fresh = (struct arena_block){.size = room};
        if (b)
            b->next = fresh;
        else
            arena->first = fresh;
        arena->current = b = fresh;
        at = 0;
    }
    b->used = at + size;
    arena->used_bytes += size;
    return b->data + at;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    char *p = take(arena, size ? size : 1, ALIGN);
    return p ? memset(p, 0, size) : NULL;
}

char *arena_bytes(struct arena *arena, size_t size)
{
    return take(arena, size ? size : 1, 1);
}

size_t arena_left(const struct arena *arena)
{
    return arena->cap_bytes ? arena->cap_bytes - arena->used_bytes : SIZE_MAX;
}

void arena_shrink(struct arena *arena, const char *p, size_t old, size_t size)
{
    struct arena_block *b = arena->current;
    if (!b || size > old || p + old != b->data + b->used)
        return;
    b->used -= old - size;
    arena->used_bytes -= old - size;
}

struct slice arena_dup(struct arena *arena, struct slice s)
{
    char *p = arena_bytes(arena, s.n + 1);
    if (!p)
        return SLICE_NONE;
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return slice_of(p, s.n);
}

const char *arena_text(struct arena *arena, struct slice s)
{
    struct slice copy = arena_dup(arena, s);
    return copy.p ? copy.p : "";
}

const char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *p = n >= 0 ? arena_bytes(arena, (size_t)n + 1) : NULL;
    if (p)
        vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return p ? p : "";
}
