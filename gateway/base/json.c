/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Streaming JSON. Source: RFC 8259 section 7 for what must be escaped. */
#include "gateway/base/json.h"

#include <assert.h>
#include <string.h>

#include "gateway/base/utf8.h"

/* 0: copy; 1: needs a look. DEL and C1 are legal; U+2028/9 too. */
static inline bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

void json_quote(struct buf *out, struct slice value)
{
    const unsigned char *p = (const unsigned char *)value.p;
    size_t n = value.n;
    buf_byte(out, '"');
    while (n) {
        size_t run = 0;
        while (run < n && is_plain(p[run]))
            run++;
        buf_append(out, p, run);
        p += run;
        n -= run;
        if (n == 0)
            break;
        unsigned char c = *p;
        if (c >= 0x80) {
            size_t len = utf8_char(p, n);
            if (len == 0) {
                buf_append(out, "\xEF\xBF\xBD", 3);
                len = 1;
            } else {
                buf_append(out, p, len);
            }
            p += len;
            n -= len;
            continue;
        }
        static const char hex[] = "0123456789abcdef";
        char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        const char *letters = "\"\\\b\f\n\r\t", *names = "\"\\bfnrt";
        const char *found = c ? strchr(letters, c) : NULL;
        if (found) {
            escape[1] = names[found - letters];
            buf_append(out, escape, 2);
        } else {
            buf_append(out, escape, 6);
        }
        p++;
        n--;
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

static void open_level(struct json *json, struct slice key, char bracket)
{
    start(json, key);
    buf_byte(json->out, bracket);
    assert(json->depth + 1 < JSON_DEPTH_MAX);
    json->has_item[++json->depth] = false;
}

static void close_level(struct json *json, char bracket)
{
    assert(json->depth > 0);
    json->depth--;
    buf_byte(json->out, bracket);
}

void json_object(struct json *json, struct slice key)
{
    open_level(json, key, '{');
}

void json_array(struct json *json, struct slice key)
{
    open_level(json, key, '[');
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
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    start(json, key);
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
