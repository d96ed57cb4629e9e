/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Streaming JSON. Source: RFC 8259 section 7 for what must be escaped. */
#include "gateway/base/json.h"

#include <assert.h>
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
static inline size_t copy_plain(char *to, const unsigned char *p, size_t n)
{
    size_t i = 0;
    uint64_t w;
    for (; n - i >= 8; i += 8) {
        memcpy(&w, p + i, 8);
        if (not_plain(w))
            goto bytes;
        memcpy(to + i, &w, 8);
    }
    if (n >= 8 && i < n) {
        memcpy(&w, p + n - 8, 8);
        if (!not_plain(w)) {
            memcpy(to + n - 8, &w, 8);
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
    static const char letters[0x5d] = {['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
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

void json_quote(struct buf *out, struct slice value)
{
    const unsigned char *p = (const unsigned char *)value.p;
    size_t left = value.n;
    buf_byte(out, '"');
    while (left) {
        size_t stretch = left < STRETCH_BYTES ? left : STRETCH_BYTES;
        char *start_at = buf_reserve(out, (stretch + CHARACTER_MAX) * EXPANSION), *to = start_at;
        size_t i = 0;
        while (i < stretch) {
            size_t run = copy_plain(to, p + i, stretch - i);
            to += run;
            i += run;
            while (i < stretch && !is_plain(p[i]))
                i += copy_special(&to, p + i, left - i); /* may end behind the stretch */
        }
        out->n += (size_t)(to - start_at);
        p += i;
        left -= i;
    }
    buf_byte(out, '"');
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

static void open_level(struct json *json, char bracket)
{
    buf_byte(json->out, bracket);
    assert(json->depth + 1 < JSON_DEPTH_MAX);
    json->has_item[++json->depth] = false;
}

void json_put_object(struct json *json)
{
    open_level(json, '{');
}

void json_put_array(struct json *json)
{
    open_level(json, '[');
}

static void close_level(struct json *json, char bracket)
{
    assert(json->depth > 0);
    json->depth--;
    buf_byte(json->out, bracket);
}

void json_object(struct json *json, struct slice key)
{
    start(json, key);
    open_level(json, '{');
}

void json_array(struct json *json, struct slice key)
{
    start(json, key);
    open_level(json, '[');
}

void json_end_object(struct json *json)
{
    close_level(json, '}');
}

void json_end_array(struct json *json)
{
    close_level(json, ']');
}

void json_string(struct json *json, struct slice key, struct slice value)
{
    start(json, key);
    json_quote(json->out, value);
}

void json_int(struct json *json, struct slice key, int64_t value)
{
    start(json, key);
    json_put_int(json, value);
}

void json_put_int(struct json *json, int64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        digits[--at] = '-';
    buf_append(json->out, digits + at, sizeof digits - at);
}

void json_bool(struct json *json, struct slice key, bool value)
{
    json_raw(json, key, value ? SLICE("true") : SLICE("false"));
}

void json_null(struct json *json, struct slice key)
{
    json_raw(json, key, SLICE("null"));
}

void json_raw(struct json *json, struct slice key, struct slice text)
{
    start(json, key);
    buf_slice(json->out, text);
}
