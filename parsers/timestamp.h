/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_TIMESTAMP_H
#define PARSERS_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/slice.h"
#include "parsers/fields.h"

/**
 * Read a time at the start of in: RFC 3164 (year absent, between, before or behind; one- or
 * two-digit day; fraction; Cisco's '*' and '.', H3C's '%'), RFC 3339 and its relatives
 * ("2018/10/05 09:52:14", "2017/11/2 12:46:44 GMT+00:00"), "Nov 02 2017 12:46:44 GMT+00:00",
 * "11/29/2017 2:27 PM (UTC)", "28/Feb/2018:03:17:47 +0000", "02 Nov 2017 12:46:44"; in Chinese and
 * Japanese "2026年3月2日 8:01:02", "2026/3/2 下午 4:12:20", "3月 2 08:01:02", "16时12分20秒".
 * A zone name that stands for one offset only sets the offset; an ambiguous one (CST, IST) is
 * consumed and leaves has_zone false.
 *
 * *used gets the bytes read. False, with nothing written, when no valid time stands there.
 */
bool parse_timestamp_prefix(struct slice in, struct parsed_time *out, size_t *used);

/**
 * Read a whole value as a time: the forms above, a number since 1970 (parsers/epoch.h), or a date
 * of digits alone with a clock ("20261124161220", maybe with milliseconds, "20261124T161220Z",
 * "20261124 16:12:20", "20261124 950": 09:50). Blanks around it are skipped. False when it is
 * anything else.
 */
bool parse_timestamp(struct slice in, struct parsed_time *out);

/**
 * RFC 3339 as RFC 5424 section 6.2.3 narrows it: upper case T and Z, 1 to 6 digits of fraction, an
 * offset within a day, a date that exists. The whole of in.
 */
bool parse_timestamp_rfc5424(struct slice in, struct parsed_time *out);

/* RFC 3164 section 4.1.2, the form of 15 bytes alone: "Oct  1 22:14:15". The start of in. */
bool parse_timestamp_rfc3164(struct slice in, struct parsed_time *out);

#endif
