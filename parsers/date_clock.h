/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_DATE_CLOCK_H
#define PARSERS_DATE_CLOCK_H

#include <stdbool.h>

#include "gateway/base/slice.h"
#include "parsers/fields.h"

/**
 * A time whose date and clock are two values: "2026-11-24" and "04:05:06", or digits alone as log
 * files have them: "20261124" with "950" (09:50), "5" (00:05) or "95007" (09:50:07). A zone may
 * follow the clock. What parse_timestamp() reads with a blank between, this reads; else false.
 */
bool parse_date_and_clock(struct slice date, struct slice clock, struct parsed_time *out);

#endif
