/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_CURSOR_H
#define GATEWAY_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/slice.h"

/**
 * Reads wire or disk data that may lie about its lengths. The first read past the end sticks:
 * later reads give zero or nothing, and the caller checks failed once, at the end.
 */
struct cursor {
    const uint8_t *p, *end;
    bool failed;
};

static inline struct cursor cursor_of(struct slice s)
{
    const uint8_t *p = (const uint8_t *)s.p;
    return (struct cursor){p, s.n ? p + s.n : p, false};
}

static inline size_t cursor_left(const struct cursor *c)
{
    return (size_t)(c->end - c->p);
}

/* Nothing is left after a failure, so that later reads fail by themselves. */
static inline void cursor_fail(struct cursor *c)
{
    c->failed = true;
    c->p = c->end;
}

/* Exactly n bytes, borrowed; nothing after a failure. */
struct slice cursor_take(struct cursor *c, size_t n);
static inline uint8_t cursor_u8(struct cursor *c)
{
    if (c->p != c->end)
        return *c->p++;
    cursor_fail(c);
    return 0;
}
uint32_t cursor_u32le(struct cursor *c);
/* cursor_varint() of three bytes and more, and of what is none. */
uint64_t cursor_long_varint(struct cursor *c) __attribute__((cold));
/* LEB128 as buf_varint() writes it; more than 10 bytes or bits beyond 64 fail. */
static inline uint64_t cursor_varint(struct cursor *c)
{
    if (c->p != c->end && c->p[0] < 0x80)
        return *c->p++;
    if (c->end - c->p >= 2 && c->p[1] < 0x80) {
        c->p += 2;
        return (c->p[-2] & 0x7fu) | (uint64_t)c->p[-1] << 7;
    }
    /* A copy, member by member, so that a loop's own cursor can stay in registers. */
    struct cursor copy = {c->p, c->end, c->failed};
    uint64_t value = cursor_long_varint(&copy);
    c->p = copy.p;
    c->failed = copy.failed;
    return value;
}
/* varint length, then that many bytes. */
struct slice cursor_text(struct cursor *c);

#endif
