/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Borrowed bytes: comparison, cutting, numbers. No locale, no allocation. */
#include "gateway/base/slice.h"

#include "gateway/base/ascii.h"

bool slice_equal_nocase(struct slice a, struct slice b)
{
    if (a.n != b.n)
        return false;
    size_t i = 0;
    for (; a.n - i >= 8; i += 8) { /* mostly they are the same, or differ at once */
        uint64_t x, y;
        memcpy(&x, a.p + i, 8);
        memcpy(&y, b.p + i, 8);
        if (x != y && ascii_lower8(x) != ascii_lower8(y))
            return false;
    }
    for (; i < a.n; i++)
        if (a.p[i] != b.p[i] && ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
            return false;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool slice_contains_nocase(struct slice text, struct slice part)
{
    for (size_t i = 0; i + part.n <= text.n; i++)
        if (slice_equal_nocase(slice_of(text.p + i, part.n), part))
            return true;
    return false;
}

struct slice slice_trim(struct slice s)
{
    while (s.n && is_blank(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* Words that are looked for in every message are short, and their first byte is rare: a jump from
 * one to the next costs less than memmem's look at each byte. Where it is not rare memmem goes on.
 */
size_t slice_search(struct slice s, struct slice needle)
{
    enum { TRIES = 8 };
    if (needle.n == 0)
        return 0;
    const char *at = s.p, *end = s.n >= needle.n ? s.p + s.n - needle.n + 1 : s.p;
    for (int i = 0; i < TRIES && at < end; i++, at++) {
        at = memchr(at, needle.p[0], (size_t)(end - at));
        if (!at)
            return s.n;
        if (memcmp(at, needle.p, needle.n) == 0)
            return (size_t)(at - s.p);
    }
    at = at < end ? memmem(at, s.n - (size_t)(at - s.p), needle.p, needle.n) : NULL;
    return at ? (size_t)(at - s.p) : s.n;
}

bool slice_cut(struct slice s, char separator, struct slice *head, struct slice *rest)
{
    size_t at = slice_find(s, separator);
    *head = slice_head(s, at);
    if (at == s.n) {
        *rest = SLICE_NONE;
        return false;
    }
    *rest = slice_skip(s, at + 1);
    return true;
}

bool slice_next_word(struct slice *list, struct slice *word)
{
    return slice_next_between(list, SLICE(" ,\t\r\n"), word);
}

bool slice_next_between(struct slice *list, struct slice between, struct slice *word)
{
    size_t n = 0;
    while (list->n && memchr(between.p, list->p[0], between.n))
        *list = slice_skip(*list, 1);
    while (n < list->n && !memchr(between.p, list->p[n], between.n))
        n++;
    *word = slice_head(*list, n);
    *list = slice_skip(*list, n);
    return n > 0;
}

bool slice_to_int(struct slice s, int64_t *out)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    size_t i = negative ? 1 : 0;
    uint64_t value = 0;
    uint64_t limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);

    if (i == s.n)
        return false;
    for (; i < s.n; i++) {
        unsigned digit = (unsigned char)s.p[i] - (unsigned)'0';
        if (digit > 9 || value > (limit - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}
