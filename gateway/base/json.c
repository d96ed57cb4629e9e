/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Streaming JSON. Source: RFC 8259 section 7 for what must be escaped. */
#include "gateway/base/json.h"

#include <string.h>

#include "gateway/base/utf8.h"

static inline bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Not zero when one of eight bytes is not plain. DEL is legal as it is. */
static inline uint64_t not_plain(uint64_t w)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    uint64_t quote = w ^ ones * '"', slash = w ^ ones * '\\';
    return (w | (w - ones * 0x20) | (quote - ones) | (slash - ones)) & high;
}

/*
 * Copy the plain bytes at the front of p; returns how many. to has room for n. Eight at a time, the
 * last step overlapping: most values are short and wholly plain, and a call to memcpy for each
 * would cost more than the copy.
 */
static inline __attribute__((always_inline)) size_t copy_plain(char *to, const unsigned char *p,
                                                               size_t n)
{
    size_t i = 0;
    uint64_t w;
    if (n >= 8) {
        for (; n - i >= 8; i += 8) {
            memcpy(&w, p + i, 8);
            if (not_plain(w))
                goto bytes;
            memcpy(to + i, &w, 8);
        }
        if (i == n)
            return n;
        memcpy(&w, p + n - 8, 8);
        if (!not_plain(w)) {
            memcpy(to + n - 8, &w, 8);
            return n;
        }
    } else if (n >= 4) {
        uint32_t first, last;
        memcpy(&first, p, 4);
        memcpy(&last, p + n - 4, 4);
        if (!not_plain((uint64_t)last << 32 | first)) {
            memcpy(to, &first, 4);
            memcpy(to + n - 4, &last, 4);
            return n;
        }
    }
bytes:
    for (; i < n && is_plain(p[i]); i++)
        to[i] = (char)p[i];
    return i;
}

/* One byte or character that is not plain; at most 6 bytes out. Returns the bytes read. */
static size_t copy_special(char **to, const unsigned char *p, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[0x80] = {['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
                                       ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't'};
    unsigned char c = *p;
    if (c >= 0x80) {
        size_t len = utf8_char(p, n);
        memcpy(*to, len ? (const char *)p : "\xEF\xBF\xBD", len ? len : 3);
        *to += len ? len : 3;
        return len ? len : 1;
    }
    (*to)[0] = '\\';
    if (letters[c]) {
        (*to)[1] = letters[c];
        *to += 2;
        return 1;
    }
    memcpy(*to + 1, "u00", 3);
    (*to)[4] = hex[c >> 4];
    (*to)[5] = hex[c & 15];
    *to += 6;
    return 1;
}

/* Room is taken for a stretch at a time, for its worst case, and then written without a check. */
enum { STRETCH_BYTES = 512, EXPANSION = 6, CHARACTER_MAX = 4 };

/* From the first byte that is not plain to the closing quote. */
static __attribute__((noinline)) void quote_rest(struct buf *out, const unsigned char *p,
                                                 size_t left)
{
    while (left) {
        size_t stretch = left < STRETCH_BYTES ? left : STRETCH_BYTES;
        char *begin = buf_reserve(out, (stretch + CHARACTER_MAX) * EXPANSION), *to = begin;
        size_t i = 0;
        while (i < stretch) {
            while (i < stretch && !is_plain(p[i]))
                i += copy_special(&to, p + i, left - i); /* may end behind the stretch */
            if (i >= stretch)
                break;
            size_t run = copy_plain(to, p + i, stretch - i);
            to += run;
            i += run;
        }
        out->n += (size_t)(to - begin);
        p += i;
        left -= i;
    }
    buf_byte(out, '"');
}

void json_quote_at(struct buf *out, char *to, struct slice value)
{
    const unsigned char *p = (const unsigned char *)value.p;
    *to++ = '"';
    size_t run = copy_plain(to, p, value.n);
    to += run;
    if (run == value.n) {
        *to++ = '"';
        out->n = (size_t)(to - out->p);
    } else {
        out->n = (size_t)(to - out->p);
        quote_rest(out, p + run, value.n - run);
    }
}

void json_quote(struct buf *out, struct slice value)
{
    json_quote_at(out, buf_reserve(out, value.n + 2), value);
}

void json_begin(struct json *json, struct buf *out)
{
    *json = (struct json){.out = out};
}

static void start(struct json *json, struct slice key)
{
    if (json->has_item[json->depth])
        buf_byte(json->out, ',');
    json->has_item[json->depth] = true;
    if (key.p) {
        json_quote(json->out, key);
        buf_byte(json->out, ':');
    }
}

void json_begin_object(struct json *json, struct slice key)
{
    start(json, key);
    json_put_object(json);
}

void json_begin_array(struct json *json, struct slice key)
{
    start(json, key);
    json_put_array(json);
}

void json_text(struct json *json, struct slice key, struct slice value)
{
    start(json, key);
    json_quote(json->out, value);
}

void json_int(struct json *json, struct slice key, int64_t value)
{
    start(json, key);
    json_put_int(json, value);
}

static size_t count_digits(uint64_t value)
{
    size_t n = 1;
    for (; value >= 10000; value /= 10000)
        n += 4;
    return n + (value >= 10) + (value >= 100) + (value >= 1000);
}

void json_put_int(struct json *json, int64_t value)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
        "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
        "8081828384858687888990919293949596979899";
    enum { INT64_TEXT_MAX = 20 };
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    size_t n = count_digits(rest) + (value < 0);
    char *to = buf_reserve(json->out, INT64_TEXT_MAX);
    size_t at = n;
    *to = '-';
    for (; rest >= 10; rest /= 100)
        memcpy(to + (at -= 2), pairs + rest % 100 * 2, 2);
    if (at > (size_t)(value < 0))
        to[at - 1] = (char)('0' + rest);
    json->out->n += n;
}

void json_bool(struct json *json, struct slice key, bool value)
{
    json_raw(json, key, value ? SLICE("true") : SLICE("false"));
}

void json_nil(struct json *json, struct slice key)
{
    json_raw(json, key, SLICE("null"));
}

void json_raw(struct json *json, struct slice key, struct slice text)
{
    start(json, key);
    buf_slice(json->out, text);
}
