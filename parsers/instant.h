/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_INSTANT_H
#define PARSERS_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"
#include "gateway/base/zone.h"
#include "parsers/fields.h"

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
