/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_DECODE_INPUT_H
#define GATEWAY_CTL_DECODE_INPUT_H

#include <stdbool.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "parsers/fields.h"

/**
 * The forms of a line that `eogctl decode` reads beside plain messages. Errors are texts: constant,
 * or in the arena.
 */

/**
 * A JSON string that holds one message, or an object with a member "input"; with
 * "input_encoding":"latin-1" each code point is one octet. message points into scratch, whose
 * content is replaced. Returns NULL, or why the line holds no message.
 */
const char *decode_json(struct slice line, struct buf *scratch, struct slice *message);

/**
 * A notification as JSON: {"version", "enterprise"?, "trap_oid"?, "generic"?, "specific"?,
 * "agent_addr"?, "timestamp"?, "varbinds":[[oid, type, value, ...], ...]} into the fields that
 * parse_varbinds() makes of the same notification on the wire; values are taken as they are
 * written. A v1 trap gets its trap OID by RFC 3584 section 3.1. Returns NULL, or why it is none.
 */
const char *decode_trap(struct slice line, struct arena *arena, struct fields *out);

/**
 * Write the frames of a byte stream as a JSON array. The line is a JSON string, an object with
 * "input" and perhaps "mode" (auto, octet, lf, nul), or else the bytes themselves. Bytes that could
 * not be framed stand as {"error":TEXT,"input":BYTES}; strict: they end the array.
 */
void decode_frames(struct slice line, bool is_strict, struct buf *scratch, struct buf *out);

#endif
