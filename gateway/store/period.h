/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_STORE_PERIOD_H
#define GATEWAY_STORE_PERIOD_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/zone.h"

/**
 * Hours and days of a site's clocks. A day is its local date, as days since 1970-01-01; an hour is
 * the instant at which the clocks showed its beginning, in seconds since 1970 UTC: of an hour that
 * comes twice there are two. zone NULL is UTC. Times before 1970 and after 9987 are taken for
 * those.
 */
int64_t store_day(const struct zone *zone, int64_t utc_ms);
int64_t store_hour(const struct zone *zone, int64_t utc_ms);
/* The instant a day begins: where the clocks skip its midnight, the moment they do. */
int64_t store_day_begin_ms(const struct zone *zone, int64_t day);

enum store_period { STORE_DAY, STORE_WEEK, STORE_MONTH };
struct store_days {
    int64_t from, to; /* the last is to - 1 */
};
/* The day, the week (from Monday, or Sunday) or the month that a day lies in. */
struct store_days store_period_of(enum store_period period, int64_t day, bool is_from_sunday);

#endif
