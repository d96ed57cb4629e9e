/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UTF-8 checks. Source: RFC 3629 section 4. */
#include "gateway/base/utf8.h"

#include <stdint.h>

static bool is_tail(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

size_t utf8_char(const unsigned char *p, size_t n)
{
    if (n == 0)
        return 0;
    unsigned char c = p[0];
    if (c < 0x80)
        return 1;
    if (c >= 0xc2 && c <= 0xdf)
        return n >= 2 && is_tail(p[1]) ? 2 : 0;
    if (c >= 0xe0 && c <= 0xef) {
        if (n < 3 || !is_tail(p[1]) || !is_tail(p[2]))
            return 0;
        if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f))
            return 0;
        return 3;
    }
    if (c >= 0xf0 && c <= 0xf4) {
        if (n < 4 || !is_tail(p[1]) || !is_tail(p[2]) || !is_tail(p[3]))
            return 0;
        if ((c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] > 0x8f))
            return 0;
        return 4;
    }
    return 0;
}

static bool has_high_bit(const char *p, size_t n_words)
{
    uint64_t all = 0, word;
    for (size_t i = 0; i < n_words; i++) {
        memcpy(&word, p + i * sizeof word, sizeof word);
        all |= word;
    }
    return all & 0x8080808080808080u;
}

/* 64 bytes at once: most messages are nothing but ASCII, and each is looked at in full. */
size_t utf8_ascii_head(struct slice s)
{
    size_t i = 0;
    while (s.n - i >= 64 && !has_high_bit(s.p + i, 8))
        i += 64;
    while (s.n - i >= 8 && !has_high_bit(s.p + i, 1))
        i += 8;
    while (i < s.n && (unsigned char)s.p[i] < 0x80)
        i++;
    return i;
}

bool utf8_is_valid(struct slice s)
{
    for (;;) {
        s = slice_skip(s, utf8_ascii_head(s));
        if (s.n == 0)
            return true;
        /* Text beyond ASCII comes in runs. */
        do {
            size_t n = utf8_char((const unsigned char *)s.p, s.n);
            if (n == 0)
                return false;
            s = slice_skip(s, n);
        } while (s.n && (unsigned char)s.p[0] >= 0x80);
    }
}

uint32_t utf8_code(const unsigned char *p, size_t n)
{
    uint32_t code = n == 1 ? p[0] : p[0] & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++)
        code = code << 6 | (p[i] & 0x3f);
    return code;
}

bool utf8_is_steering(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x061c || code == 0x200e ||
           code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

bool utf8_is_inert(struct slice s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    for (size_t i = 0, n; i < s.n; i += n) {
        n = utf8_char(p + i, s.n - i);
        if (n == 0 || utf8_is_steering(utf8_code(p + i, n)))
            return false;
    }
    return true;
}

struct slice utf8_head(struct slice s, size_t max)
{
    if (s.n <= max)
        return s;
    while (max > 0 && is_tail((unsigned char)s.p[max]))
        max--;
    return slice_head(s, max);
}
