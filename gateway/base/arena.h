/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_ARENA_H
#define GATEWAY_BASE_ARENA_H

#include <stddef.h>

#include "gateway/base/slice.h"

struct arena_block;

/**
 * Memory that is given back all at once. Three are in use: one a record (reset when it leaves
 * the pipeline), one a configuration (replaced whole), one a document being loaded.
 * Not thread-safe: one owner.
 */
struct arena {
    struct arena_block *first, *current;
    size_t used_bytes; /* handed out since the last reset */
    size_t cap_bytes;  /* 0: no cap */
};

/* cap_bytes: most that arena_alloc() hands out between resets; 0 for none. Allocates nothing. */
void arena_init(struct arena *arena, size_t cap_bytes);
void arena_fini(struct arena *arena);

/* Forget everything; keeps the first block for the next round. */
void arena_reset(struct arena *arena);

/**
 * Zeroed, aligned to 16. NULL only when the cap is reached: the caller marks its record truncated.
 * When the system itself has no memory, one line is logged and the process aborts (the journal
 * makes that harmless), so no caller needs a branch that no test can reach.
 */
void *arena_alloc(struct arena *arena, size_t size);

/* As arena_alloc(), not zeroed and not aligned: for text. */
char *arena_bytes(struct arena *arena, size_t size);

/* What may still be allocated before the cap; SIZE_MAX without one. */
size_t arena_left(const struct arena *arena);

/**
 * Give back the end of the allocation made last, by arena_bytes(): old bytes at p become size.
 * Of an older allocation nothing is given back.
 */
void arena_shrink(struct arena *arena, const char *p, size_t old, size_t size);

/* A copy that lives as long as the arena; NUL-terminated behind its end. Empty at the cap. */
struct slice arena_dup(struct arena *arena, struct slice s);

/* The same as a C string; "" at the cap. */
const char *arena_text(struct arena *arena, struct slice s);

/* Formatted text; "" at the cap. */
const char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* malloc and realloc that never return NULL: log once and abort. free() gives back. */
void *gw_alloc(size_t size); /* zeroed */
void *gw_realloc(void *old, size_t size);
char *gw_strdup(const char *text);
/* What they do when there is none. */
_Noreturn void gw_die_no_memory(size_t size);

#endif
