/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_BUF_H
#define GATEWAY_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/slice.h"

/** Growing bytes of one owner. {0} is a valid empty buffer; buf_free() gives the memory back. */
struct buf {
    char *p;
    size_t n, cap;
};

void buf_free(struct buf *b);

/* Empty it, keep the memory. */
static inline void buf_clear(struct buf *b)
{
    b->n = 0;
}

/* The slow half of buf_reserve(): doubles until n more fit. */
void buf_grow(struct buf *b, size_t n) __attribute__((cold, noinline));

/* Room for n more bytes; returns where they go. The caller raises b->n himself. */
static inline char *buf_reserve(struct buf *b, size_t n)
{
    if (b->cap - b->n < n)
        buf_grow(b, n);
    return b->p + b->n;
}

void buf_append(struct buf *b, const void *p, size_t n);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static inline void buf_slice(struct buf *b, struct slice s)
{
    buf_append(b, s.p, s.n);
}
/* s with '_' in place of each byte that is not in set; at most max bytes. */
void buf_word(struct buf *b, struct slice s, size_t max, const bool *set);
static inline void buf_byte(struct buf *b, char c)
{
    *buf_reserve(b, 1) = c;
    b->n++;
}
/* Decimal digits at to, which holds GW_DIGITS_MAX bytes; how many there are. No NUL behind them. */
enum { GW_DIGITS_MAX = 20 };
size_t gw_put_digits(char *to, uint64_t value);
static inline size_t gw_put_uint(char *to, uint64_t value)
{
    if (value >= 10)
        return gw_put_digits(to, value);
    *to = (char)('0' + value); /* as most numbers are */
    return 1;
}
/* The same with its sign, at most GW_INT_MAX bytes. */
enum { GW_INT_MAX = 1 + GW_DIGITS_MAX };
static inline size_t gw_put_int(char *to, int64_t value)
{
    if (value >= 0)
        return gw_put_uint(to, (uint64_t)value);
    *to = '-';
    return 1 + gw_put_uint(to + 1, 0 - (uint64_t)value);
}
/* Decimal digits. */
void buf_uint(struct buf *b, uint64_t value);
static inline void buf_int(struct buf *b, int64_t value)
{
    b->n += gw_put_int(buf_reserve(b, GW_INT_MAX), value);
}
/* LEB128: 7 bits a byte, low first. At most 10 bytes. */
void buf_varint(struct buf *b, uint64_t value);

static inline struct slice buf_get(const struct buf *b)
{
    return slice_of(b->p, b->n);
}

/* NUL-terminated view; valid until the next change. */
const char *buf_text(struct buf *b);

#endif
