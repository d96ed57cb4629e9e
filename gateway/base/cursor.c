/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bounded reading with a sticky error. */
#include "gateway/base/cursor.h"

struct slice cursor_take(struct cursor *c, size_t n)
{
    if (cursor_left(c) < n) {
        cursor_fail(c);
        return SLICE_NONE;
    }
    struct slice s = slice_of((const char *)c->p, n);
    c->p = n ? c->p + n : c->p;
    return s;
}

uint32_t cursor_u32le(struct cursor *c)
{
    struct slice s = cursor_take(c, 4);
    uint32_t value = 0;
    for (size_t i = s.n; i-- > 0;)
        value = value << 8 | (uint8_t)s.p[i];
    return value;
}

uint64_t cursor_long_varint(struct cursor *c)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70 && c->p != c->end; shift += 7) {
        uint8_t byte = *c->p++;
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    cursor_fail(c);
    return 0;
}

struct slice cursor_text(struct cursor *c)
{
    uint64_t n = cursor_varint(c);
    if (n > cursor_left(c)) {
        cursor_fail(c);
        return SLICE_NONE;
    }
    return cursor_take(c, (size_t)n);
}
