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

bool utf8_is_valid(struct slice s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t left = s.n;
    while (left) {
        /* Eight ASCII bytes at once: most messages are nothing else. */
        uint64_t word;
        while (left >= 8 && (memcpy(&word, p, 8), !(word & 0x8080808080808080u))) {
            p += 8;
            left -= 8;
        }
        if (left == 0)
            break;
        size_t n = utf8_char(p, left);
        if (n == 0)
            return false;
        p += n;
        left -= n;
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
