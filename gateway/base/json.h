/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_JSON_H
#define GATEWAY_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"

/**
 * Streaming JSON writer over a buf: commas and escapes are its business. Text that is not UTF-8 is
 * written with U+FFFD for each bad byte, so the output is always valid. A key of SLICE_NONE stands
 * for an array item. Who opens an object or array closes it.
 *
 * No name here may be one of libjansson's (json_object, json_array, json_string, json_null, ...):
 * in a program that links both, the library would call ours. tests/style/symbols.sh looks for that.
 */
struct json {
    struct buf *out;
    bool has_item; /* the object or array that is open has one: a comma is due */
};

void json_begin(struct json *json, struct buf *out);
void json_begin_object(struct json *json, struct slice key);
void json_begin_array(struct json *json, struct slice key);
static inline void json_end_object(struct json *json)
{
    json->has_item = true;
    buf_byte(json->out, '}');
}
static inline void json_end_array(struct json *json)
{
    json->has_item = true;
    buf_byte(json->out, ']');
}
void json_text(struct json *json, struct slice key, struct slice value);
void json_int(struct json *json, struct slice key, int64_t value);
void json_bool(struct json *json, struct slice key, bool value);
void json_nil(struct json *json, struct slice key);
/* text is JSON already, and valid. */
void json_raw(struct json *json, struct slice key, struct slice text);
/* The slow half: to lies in out's reserved room, enough for value and two quotes; out->n is set. */
void json_quote_at(struct buf *out, char *to, struct slice value);
/* A quoted and escaped string alone; a number as one. */
static inline void json_quote(struct buf *out, struct slice value)
{
    json_quote_at(out, buf_reserve(out, value.n + 2), value);
}
static inline void json_quote_int(struct buf *out, int64_t value)
{
    char *to = buf_reserve(out, GW_INT_MAX + 2);
    size_t n = gw_put_int(to + 1, value);
    to[0] = to[n + 1] = '"';
    out->n += n + 2;
}

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

/* For those below: the key, and room for more bytes behind it; the caller sets out->n. */
static inline char *json_key_at(struct json *json, struct json_key key, size_t more)
{
    char *to = buf_reserve(json->out, 1 + key.n + more);
    size_t comma = json->has_item;
    json->has_item = true;
    *to = ',';
    to += comma;
    memcpy(to, key.text, key.n);
    return to + key.n;
}

/* Comma if one is due, then the key; a value must follow. */
static inline void json_key(struct json *json, struct json_key key)
{
    json->out->n = (size_t)(json_key_at(json, key, 0) - json->out->p);
}
/* to lies in out's reserved room. */
static inline void json_open_at(struct json *json, char *to, char bracket)
{
    *to = bracket;
    json->has_item = false;
    json->out->n = (size_t)(to + 1 - json->out->p);
}
/* Opens an object or array as the value of the key just written. */
static inline void json_put_object(struct json *json)
{
    json_open_at(json, buf_reserve(json->out, 1), '{');
}
static inline void json_put_array(struct json *json)
{
    json_open_at(json, buf_reserve(json->out, 1), '[');
}

static inline void json_member_string(struct json *json, struct json_key key, struct slice value)
{
    json_quote_at(json->out, json_key_at(json, key, value.n + 2), value);
}
static inline void json_member_int(struct json *json, struct json_key key, int64_t value)
{
    char *to = json_key_at(json, key, GW_INT_MAX);
    json->out->n = (size_t)(to + gw_put_int(to, value) - json->out->p);
}
static inline void json_member_object(struct json *json, struct json_key key)
{
    json_open_at(json, json_key_at(json, key, 1), '{');
}
static inline void json_member_array(struct json *json, struct json_key key)
{
    json_open_at(json, json_key_at(json, key, 1), '[');
}
/* text is JSON already, and valid. */
static inline void json_member_raw(struct json *json, struct json_key key, struct slice text)
{
    char *to = json_key_at(json, key, text.n);
    memcpy(to, text.p, text.n);
    json->out->n = (size_t)(to + text.n - json->out->p);
}

#endif
