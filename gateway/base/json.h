/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_JSON_H
#define GATEWAY_BASE_JSON_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"

/**
 * Streaming JSON writer over a buf: commas and escapes are its business. Text that is not UTF-8 is
 * written with U+FFFD for each bad byte, so the output is always valid. A key of SLICE_NONE stands
 * for an array item. Depth is bounded by JSON_DEPTH_MAX; deeper opens assert.
 *
 * No name here may be one of libjansson's (json_object, json_array, json_string, json_null, ...):
 * in a program that links both, the library would call ours. tests/style/symbols.sh looks for that.
 */
enum { JSON_DEPTH_MAX = 32 };

struct json {
    struct buf *out;
    unsigned depth;
    bool has_item[JSON_DEPTH_MAX];
};

void json_begin(struct json *json, struct buf *out);
void json_begin_object(struct json *json, struct slice key);
void json_begin_array(struct json *json, struct slice key);
static inline void json_end_object(struct json *json)
{
    assert(json->depth > 0);
    json->depth--;
    buf_byte(json->out, '}');
}
static inline void json_end_array(struct json *json)
{
    assert(json->depth > 0);
    json->depth--;
    buf_byte(json->out, ']');
}
void json_text(struct json *json, struct slice key, struct slice value);
void json_int(struct json *json, struct slice key, int64_t value);
void json_bool(struct json *json, struct slice key, bool value);
void json_nil(struct json *json, struct slice key);
/* text is JSON already, and valid. */
void json_raw(struct json *json, struct slice key, struct slice text);
/* A quoted and escaped string alone. */
void json_quote(struct buf *out, struct slice value);

/**
 * The same for names known at compile time that need no escape: JSON_KEY("time") is quoted by the
 * compiler, so that a writer of fixed members pays for their values alone.
 */
struct json_key {
    const char *text; /* "name": with quotes and colon */
    size_t n;
};
#define JSON_KEY(literal)                                                                          \
    (struct json_key)                                                                              \
    {                                                                                              \
        "\"" literal "\":", sizeof("\"" literal "\":") - 1                                         \
    }

/* In place of a key: an item of an array. */
#define JSON_ITEM ((struct json_key){"", 0})

/* Comma if one is due, then the key; a value must follow by one of the json_put_*(). */
static inline void json_key(struct json *json, struct json_key key)
{
    char *to = buf_reserve(json->out, key.n + 1);
    size_t comma = json->has_item[json->depth];
    json->has_item[json->depth] = true;
    *to = ',';
    memcpy(to + comma, key.text, key.n);
    json->out->n += key.n + comma;
}
static inline void json_put_int(struct json *json, int64_t value)
{
    buf_int(json->out, value);
}
/* Opens an object or array as the value of the key just written. */
static inline void json_put_object(struct json *json)
{
    assert(json->depth + 1 < JSON_DEPTH_MAX);
    json->has_item[++json->depth] = false;
    buf_byte(json->out, '{');
}
static inline void json_put_array(struct json *json)
{
    assert(json->depth + 1 < JSON_DEPTH_MAX);
    json->has_item[++json->depth] = false;
    buf_byte(json->out, '[');
}

/* The slow half: to lies in out's reserved room, enough for value and two quotes; out->n is set. */
void json_quote_at(struct buf *out, char *to, struct slice value);

static inline void json_member_string(struct json *json, struct json_key key, struct slice value)
{
    char *to = buf_reserve(json->out, key.n + 1 + value.n + 2);
    size_t comma = json->has_item[json->depth];
    json->has_item[json->depth] = true;
    *to = ',';
    memcpy(to + comma, key.text, key.n);
    json_quote_at(json->out, to + comma + key.n, value);
}
static inline void json_member_int(struct json *json, struct json_key key, int64_t value)
{
    json_key(json, key);
    json_put_int(json, value);
}
static inline void json_member_object(struct json *json, struct json_key key)
{
    json_key(json, key);
    json_put_object(json);
}
static inline void json_member_array(struct json *json, struct json_key key)
{
    json_key(json, key);
    json_put_array(json);
}
/* text is JSON already, and valid. */
static inline void json_member_raw(struct json *json, struct json_key key, struct slice text)
{
    json_key(json, key);
    buf_slice(json->out, text);
}

#endif
