/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_WEB_REQUEST_H
#define GATEWAY_WEB_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/slice.h"

/**
 * What a request says: "name=value&..." of a query, percent-encoded (RFC 3986; '+' is a blank, as
 * forms send it), and a JSON object's members (RFC 8259). Any bytes may come.
 */

/* The value as a C string in out; "" when the name is absent. False: the value is longer than
   cap - 1 bytes, or has a NUL or a broken escape; out is "" then. */
bool request_query(struct slice query, const char *name, char *out, size_t cap);
/* fallback when absent. False: no number from min to max. */
bool request_query_int(struct slice query, const char *name, int64_t fallback, int64_t min,
                       int64_t max, int64_t *out);

/** An object's members: {"id":7,"name":"..."}. */
struct request_body;
/* NULL: no JSON object. */
struct request_body *request_body_parse(struct slice body);
void request_body_free(struct request_body *body);
/* NULL: absent, or no text; UTF-8, valid as long as the body. A text with a NUL in it is none. */
const char *request_body_text(const struct request_body *body, const char *name);
/* False: absent, or no whole number. */
bool request_body_int(const struct request_body *body, const char *name, int64_t *out);

#endif
