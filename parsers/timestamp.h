/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_TIMESTAMP_H
#define PARSERS_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"
#include "gateway/base/zone.h"
#include "parsers/fields.h"

/**
 * Read a time at the start of in: RFC 3164 (year absent, between, before or behind; one- or
 * two-digit day; fraction; Cisco's '*' and '.', H3C's '%'), RFC 3339 and its relatives
 * ("2018/10/05 09:52:14", "2017/11/2 12:46:44 GMT+00:00"), "Nov 02 2017 12:46:44 GMT+00:00",
 * "11/29/2017 2:27 PM (UTC)", "28/Feb/2018:03:17:47 +0000", "02 Nov 2017 12:46:44".
 * A zone name that stands for one offset only sets the offset; an ambiguous one (CST, IST) is
 * consumed and leaves has_zone false.
 *
 * *used gets the bytes read. False, with nothing written, when no valid time stands there.
 */
bool parse_timestamp_prefix(struct slice in, struct parsed_time *out, size_t *used);

/**
 * Read a whole value as a time: the forms above, or seconds, milliseconds, microseconds or
 * nanoseconds since 1970 (10, 13, 16 or 19 digits, or 10 digits and a fraction), or a date and a
 * clock of digits alone ("20261124 950": 09:50). Blanks around it are skipped. False when it is
 * anything else.
 */
bool parse_timestamp(struct slice in, struct parsed_time *out);

/* Seconds since 1970 with an optional fraction, or milliseconds, as a prefix of in. */
bool parse_epoch_prefix(struct slice in, struct parsed_time *out, size_t *used);

/**
 * RFC 3339 as RFC 5424 section 6.2.3 narrows it: upper case T and Z, 1 to 6 digits of fraction, an
 * offset within a day, a date that exists. The whole of in.
 */
bool parse_timestamp_rfc5424(struct slice in, struct parsed_time *out);

/* RFC 3164 section 4.1.2, the form of 15 bytes alone: "Oct  1 22:14:15". The start of in. */
bool parse_timestamp_rfc3164(struct slice in, struct parsed_time *out);

/**
 * The instant. Without a year it takes the one that brings it nearest to its receipt; without a
 * zone, the source's (NULL: UTC), where a time in a gap takes the offset before the gap.
 * False when no time is set or it is no date.
 */
bool parsed_time_to_ms(const struct parsed_time *time, const struct zone *source_zone,
                       int64_t received_ms, int64_t *out_ms);

/**
 * The time as text for people and tests: "MM-DDTHH:MM:SS[.frac]" without a year,
 * "YYYY-MM-DDTHH:MM:SS[.frac][zone]" with one; the fraction's digits as
 * sent, without zeros behind the third. In the arena.
 */
struct slice parsed_time_text(const struct parsed_time *time, struct slice as_sent,
                              struct arena *arena);

#endif
