/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_JSON_H
#define GATEWAY_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"

/**
 * Streaming JSON writer over a buf: commas and escapes are its business. Text that is not UTF-8 is
 * written with U+FFFD for each bad byte, so the output is always valid. A key of SLICE_NONE stands
 * for an array item. Depth is bounded by JSON_DEPTH_MAX; deeper opens assert.
 */
enum { JSON_DEPTH_MAX = 32 };

struct json {
    struct buf *out;
    unsigned depth;
    bool has_item[JSON_DEPTH_MAX];
};

void json_begin(struct json *json, struct buf *out);
void json_object(struct json *json, struct slice key);
void json_array(struct json *json, struct slice key);
void json_end_object(struct json *json);
void json_end_array(struct json *json);
void json_string(struct json *json, struct slice key, struct slice value);
void json_int(struct json *json, struct slice key, int64_t value);
void json_bool(struct json *json, struct slice key, bool value);
void json_null(struct json *json, struct slice key);
/* text is JSON already, and valid. */
void json_raw(struct json *json, struct slice key, struct slice text);
/* A quoted and escaped string alone. */
void json_quote(struct buf *out, struct slice value);

#endif
