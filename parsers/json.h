/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_JSON_H
#define PARSERS_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"
#include "parsers/fields.h"
#include "parsers/options.h"

/* Whether msg is a JSON object, by its first characters; where its end is missing, a first name and
 * ':' are asked for. *at gets where '{' is, or the cookie "@cee:" before it. */
bool parse_json_find(struct slice msg, size_t *at);

/**
 * Read one JSON object as flat fields: "a.b" for members of members, "a[0]" for items; an empty
 * object or array gives none, null gives an empty value. Strings are unescaped (a half surrogate
 * becomes U+FFFD), numbers and booleans stay as sent. At most 16 deep. out is not cleared; no
 * header. Returns PARSE_OK, or PARSE_MALFORMED with error and error_at where RFC 8259 was broken:
 * behind a control character or a lone backslash in a string all is read on, else the fields read
 * until there are kept. Source: RFC 8259; "@cee:": lumberjack's cookie, as rsyslog has it.
 */
enum parse_status parse_json(struct slice in, const struct parse_options *options,
                             struct arena *arena, struct fields *out);

#endif
