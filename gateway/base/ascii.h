/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_ASCII_H
#define GATEWAY_BASE_ASCII_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** ASCII's letters and digits, whatever the locale. */

static inline bool ascii_is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* 'A'..'Z' to lower case; all else stays, bytes above 127 too. */
static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* 1 to most letters, digits and characters of more. */
static inline bool ascii_is_word(const char *text, const char *more, size_t most)
{
    size_t n = 0;
    while (n <= most && text[n] && (ascii_is_alnum(text[n]) || strchr(more, text[n])))
        n++;
    return n > 0 && n <= most && !text[n];
}

/* Eight characters at a time, as memcpy() puts them into a number: */

static inline uint64_t ascii_lower8(uint64_t x)
{
    uint64_t low = x & 0x7f7f7f7f7f7f7f7fu;
    uint64_t ge_a = low + 0x3f3f3f3f3f3f3f3fu, gt_z = low + 0x2525252525252525u;
    return x | ((ge_a & ~gt_z & ~x & 0x8080808080808080u) >> 2);
}

/* Are all between ' ' and '~'? */
static inline bool ascii_is_printable8(uint64_t x)
{
    const uint64_t high = 0x8080808080808080u;
    return !((x | (x + 0x0101010101010101u)) & high) && !(~(x + 0x6060606060606060u) & high);
}

#endif
