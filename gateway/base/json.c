/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Streaming JSON. Source: RFC 8259 section 7 for what must be escaped. */
#include "gateway/base/json.h"

#include <string.h>

#include "gateway/base/plain.h"

/* DEL is legal as it is. */
static const bool is_plain[256] = {[' ' ... '!'] = 1, ['#' ... '['] = 1, [']' ... 0x7f] = 1};
#define PLAIN ((struct plain_set){'"', '\\', '\\', '\\', is_plain})

static inline size_t copy_special(char **to, const char *p, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[0x80] = {['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
                                       ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't'};
    unsigned char c = (unsigned char)*p;
    if (c >= 0x80)
        return plain_copy_char(to, p, n);
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

/* From near the first byte that is not plain to the closing quote. */
static __attribute__((noinline)) void quote_rest(struct buf *out, struct slice rest)
{
    plain_put_rest(out, rest, PLAIN, copy_special);
    buf_byte(out, '"');
}

void json_quote_at(struct buf *out, char *to, struct slice value)
{
    *to++ = '"';
    if (plain_copy(&to, &value, PLAIN)) {
        *to = '"';
        out->n = (size_t)(to + 1 - out->p);
    } else {
        out->n = (size_t)(to - out->p);
        quote_rest(out, value);
    }
}

void json_begin(struct json *json, struct buf *out)
{
    *json = (struct json){.out = out};
}

static void start(struct json *json, struct slice key)
{
    if (json->has_item)
        buf_byte(json->out, ',');
    json->has_item = true;
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
    buf_int(json->out, value);
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
