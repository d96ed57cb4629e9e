/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_CEF_H
#define PARSERS_CEF_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"
#include "parsers/fields.h"
#include "parsers/options.h"

/**
 * Whether CEF or TMEF stands in a message's text; *at gets where: at "CEF:" or "TMEF:", or at the
 * version number when a syslog reader took "CEF:" for a tag ("0|Trend Micro|..."). Text before it,
 * as a host name with a blank in it leaves behind, is allowed for within the first 512 bytes.
 */
bool parse_cef_find(struct slice msg, size_t *at);

/**
 * Read CEF or TMEF: the header, then the extension. TMEF is told by its prefix, or, since
 * appliances print it behind "CEF:" too, by its keys deviceGUID and deviceMacAddress.
 *
 * in       from "CEF:", "TMEF:" or the version number on, see parse_cef_find(); borrowed
 * arena    receives values that held escapes
 * out      not cleared: format, v, n_header and n are set; the syslog header stays. Header names:
 *          version, device_vendor, device_product, device_version, device_event_class_id, name,
 *          severity. Then the extension's fields as sent and in their order; text before the first
 *          key is a field named "_text".
 *
 * A key is what stands between a blank and '=' and is made of letters, digits and "_.,[]/-"; any
 * other '=' belongs to the value. Escapes: \\ \= \| \n \r; in a value that is a Windows path with
 * single backslashes they stand for themselves. Blanks around a value and quotes around a whole
 * value are removed.
 * Returns PARSE_OK, or PARSE_MALFORMED with error and error_at (bytes from in.p): the header lacks
 * fields (those there are kept), or, when strict, the extension is no key=value list. An empty
 * header field is no error: most readers take it.
 * Source: ArcSight Common Event Format, revision 26; Deep Discovery syslog content mapping guides,
 * parts "TMEF"; the misuse from messages seen.
 */
enum parse_status parse_cef(struct slice in, const struct parse_options *options,
                            struct arena *arena, struct fields *out);

#endif
