/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_FIELDS_WRITE_H
#define GATEWAY_CTL_FIELDS_WRITE_H

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/schema/event.h"
#include "parsers/fields.h"

/**
 * What the parsers saw, as one JSON object without the newline:
 *   {"format", "product", "kind", "syslog":{"pri", "facility", "severity", "version", "timestamp",
 *    "hostname", "appname", "procid", "msgid", "structured_data", "msg"},
 *    "header":{...}, "extensions":{...}, "error"}
 * Absent or NILVALUE: null. timestamp: as sent for RFC 5424, else YYYY-MM-DDTHH:MM:SS[.frac][zone],
 * without the parts the message lacks. structured_data: {SD-ID: {PARAM-NAME: value}}, a repeated
 * name a list. A field that stands twice is its first: later ones may be forged inside a value.
 */
void fields_write(const struct fields *fields, const struct gw_event *event, struct arena *arena,
                  struct buf *out);

#endif
