/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When nobody is to be woken. */
#include "gateway/kpi/maintenance.h"

#include "gateway/base/civil.h"

enum { DAYS = 7, ALL_DAYS = 127 };
static const int64_t MINUTE_MS = 60000, DAY_MS = 86400000;

uint8_t kpi_maintenance_days(struct slice text)
{
    static const char *const names[DAYS] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    struct slice word;
    unsigned days = 0;
    if (slice_equal(slice_trim(text), SLICE("all")))
        return ALL_DAYS;
    while (text.n) {
        int day = 0;
        slice_cut(text, ' ', &word, &text);
        while (day < DAYS && !slice_equal(word, slice_from(names[day])))
            day++;
        if (word.n && day == DAYS)
            return 0;
        days |= word.n ? 1u << day : 0;
    }
    return (uint8_t)days;
}

int kpi_maintenance_minute(struct slice text)
{
    int64_t hour, minute;
    if (text.n != 5 || text.p[2] != ':' || !slice_to_int(slice_head(text, 2), &hour) ||
        !slice_to_int(slice_skip(text, 3), &minute) || hour < 0 || minute < 0 || minute > 59 ||
        hour * 60 + minute > KPI_MINUTES_A_DAY)
        return -1;
    return (int)(hour * 60 + minute);
}

int64_t kpi_maintenance_instant(struct slice text, const struct zone *zone)
{
    int64_t year, month, day;
    int minute =
        text.n == 16 && text.p[10] == 'T' ? kpi_maintenance_minute(slice_skip(text, 11)) : -1;
    if (minute < 0 || text.p[4] != '-' || text.p[7] != '-' ||
        !slice_to_int(slice_head(text, 4), &year) ||
        !slice_to_int(slice_of(text.p + 5, 2), &month) ||
        !slice_to_int(slice_of(text.p + 8, 2), &day))
        return -1;
    struct civil civil = {.year = (int)year, .month = (int)month, .day = (int)day};
    if (year < 1970 || !civil_is_valid(&civil))
        return -1;
    return zone_local_to_utc(zone, civil_to_ms(&civil) + minute * MINUTE_MS);
}

/* 1970-01-01 was a Thursday. */
static int weekday(int64_t day)
{
    return (int)(((day + 3) % DAYS + DAYS) % DAYS);
}

bool kpi_maintenance_is_on(const struct kpi_maintenance *m, const struct zone *zone, int64_t now_ms)
{
    if (!m->days)
        return now_ms >= m->begin_ms && now_ms < m->end_ms;
    int64_t local_ms = now_ms + zone_offset_at_utc(zone, now_ms) * INT64_C(1000);
    int64_t day = local_ms / DAY_MS, minute = local_ms % DAY_MS / MINUTE_MS;
    bool is_of_today = m->days >> weekday(day) & 1,
         is_of_yesterday = m->days >> weekday(day - 1) & 1;
    if (m->to_min > m->from_min)
        return is_of_today && minute >= m->from_min && minute < m->to_min;
    return (is_of_today && minute >= m->from_min) || (is_of_yesterday && minute < m->to_min);
}
