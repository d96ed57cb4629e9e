/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calendar of figures. A zone change in the middle of an hour leaves two short ones. */
#include "gateway/store/period.h"

#include "gateway/base/civil.h"

static const int64_t HOUR_MS = 3600000, DAY_MS = 86400000;
static const int64_t LAST_MS = INT64_C(253000000000000); /* in the year 9987 */

static int64_t floor_to(int64_t n, int64_t unit)
{
    int64_t rest = n % unit;
    return n - rest - (rest < 0 ? unit : 0);
}

static int64_t offset_ms(const struct zone *zone, int64_t *utc_ms)
{
    *utc_ms = *utc_ms < 0 ? 0 : *utc_ms > LAST_MS ? LAST_MS : *utc_ms;
    return (int64_t)zone_offset_at_utc(zone, *utc_ms) * 1000;
}

int64_t store_day(const struct zone *zone, int64_t utc_ms)
{
    int64_t offset = offset_ms(zone, &utc_ms);
    return floor_to(utc_ms + offset, DAY_MS) / DAY_MS;
}

int64_t store_hour(const struct zone *zone, int64_t utc_ms)
{
    int64_t offset = offset_ms(zone, &utc_ms);
    return (floor_to(utc_ms + offset, HOUR_MS) - offset) / 1000;
}

int64_t store_day_begin_ms(const struct zone *zone, int64_t day)
{
    return zone_local_to_utc(zone, day * DAY_MS);
}

static int64_t day_of(int year, int month)
{
    struct civil first = {.year = year, .month = month, .day = 1};
    return civil_to_ms(&first) / DAY_MS;
}

struct store_days store_period_of(enum store_period period, int64_t day, bool is_from_sunday)
{
    struct civil date = civil_from_ms(day * DAY_MS);
    int64_t shift = is_from_sunday ? 4 : 3; /* 1970-01-01 was a Thursday */
    int64_t first = floor_to(day + shift, 7) - shift;
    switch (period) {
    case STORE_WEEK:
        return (struct store_days){first, first + 7};
    case STORE_MONTH:
        return (struct store_days){day_of(date.year, date.month),
                                   date.month == 12 ? day_of(date.year + 1, 1)
                                                    : day_of(date.year, date.month + 1)};
    default:
        return (struct store_days){day, day + 1};
    }
}
