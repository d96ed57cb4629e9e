/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growing bytes: doubling, never shrinking until buf_free(). */
#include "gateway/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"

void buf_free(struct buf *b)
{
    free(b->p);
    *b = (struct buf){0};
}

void buf_grow(struct buf *b, size_t n)
{
    size_t cap = b->cap ? b->cap : 256;
    while (cap - b->n < n)
        cap = cap <= SIZE_MAX / 2 ? cap * 2
                                  : SIZE_MAX; /* SIZE_MAX: gw_realloc() says it and aborts */
    b->p = gw_realloc(b->p, cap);
    b->cap = cap;
}

void buf_append(struct buf *b, const void *p, size_t n)
{
    if (n == 0)
        return;
    memcpy(buf_reserve(b, n), p, n);
    b->n += n;
}

void buf_word(struct buf *b, struct slice s, size_t max, const bool *set)
{
    s = slice_head(s, max);
    char *to = buf_reserve(b, s.n);
    for (size_t i = 0; i < s.n; i++)
        to[i] = set[(unsigned char)s.p[i]] ? s.p[i] : '_';
    b->n += s.n;
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vprintf(b, format, args);
    va_end(args);
}

void buf_vprintf(struct buf *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    size_t room = b->cap - b->n;
    int n = vsnprintf(room ? b->p + b->n : NULL, room, format, args);
    if (n > 0 && (size_t)n >= room)
        vsnprintf(buf_reserve(b, (size_t)n + 1), (size_t)n + 1, format, again);
    va_end(again);
    if (n > 0)
        b->n += (size_t)n;
}

/* From the logarithm to the base of two that of ten, which is too small by one at most. */
static size_t count_digits(uint64_t value)
{
    static const uint64_t powers[] = {0,    1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,
                                      1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19};
    size_t n = (size_t)(64 - __builtin_clzll(value | 1)) * 1233 >> 12;
    return n + (value >= powers[n]);
}

static void put_pair(char *to, uint32_t value)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
        "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
        "8081828384858687888990919293949596979899";
    memcpy(to, pairs + (size_t)value * 2, 2);
}

static void put_four(char *to, uint32_t value)
{
    put_pair(to, value / 100);
    put_pair(to + 2, value % 100);
}

/* Into both that write numbers: a call more is 1 % of a record's JSON. */
static inline __attribute__((always_inline)) size_t put_digits(char *begin, uint64_t value)
{
    size_t n = count_digits(value);
    char *to = begin + n;
    for (; value >= 100000000; value /= 100000000) {
        uint32_t low = (uint32_t)(value % 100000000);
        put_four(to -= 4, low % 10000);
        put_four(to -= 4, low / 10000);
    }
    uint32_t rest = (uint32_t)value;
    for (; rest >= 100; rest /= 100)
        put_pair(to -= 2, rest % 100);
    if (rest >= 10)
        put_pair(begin, rest);
    else
        *begin = (char)('0' + rest);
    return n;
}

size_t gw_put_digits(char *to, uint64_t value)
{
    return put_digits(to, value);
}

void buf_uint(struct buf *b, uint64_t value)
{
    b->n += put_digits(buf_reserve(b, GW_DIGITS_MAX), value);
}

void buf_varint(struct buf *b, uint64_t value)
{
    char *p = buf_reserve(b, 10);
    size_t i = 0;
    while (value >= 0x80) {
        p[i++] = (char)(value | 0x80);
        value >>= 7;
    }
    p[i++] = (char)value;
    b->n += i;
}

const char *buf_text(struct buf *b)
{
    *buf_reserve(b, 1) = '\0';
    return b->p;
}
