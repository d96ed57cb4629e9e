/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_LEEF_H
#define PARSERS_LEEF_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"
#include "parsers/fields.h"
#include "parsers/options.h"

/* Whether LEEF stands in a message's text, within its first 512 bytes; *at gets where "LEEF:" is.
 */
bool parse_leef_find(struct slice msg, size_t *at);

/**
 * Read LEEF 1.0 or 2.0 from "LEEF:" or the version on. out is not cleared; header names as for CEF:
 * version, device_vendor, device_product, device_version, device_event_class_id, and delimiter
 * where version 2.0 names one (a hexadecimal one as its character). Then the attributes in order.
 *
 * Attributes are parted by the delimiter, by default a tab (also in rsyslog's spelling "#011").
 * Seen and understood besides: blanks instead of tabs, '|' in version 1.0, and a custom key of
 * Trend Micro behind a blank ("sev=6 cn1=3"). Escapes as in parse_unescape(). Returns PARSE_OK, or
 * PARSE_MALFORMED with error and error_at when the header lacks fields; those there are kept.
 * Source: IBM QRadar Log Event Extended Format, versions 1.0 and 2.0.
 */
enum parse_status parse_leef(struct slice in, const struct parse_options *options,
                             struct arena *arena, struct fields *out);

#endif
