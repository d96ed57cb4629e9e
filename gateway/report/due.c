/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calendar of reports that come again and again. */
#include "gateway/report/due.h"

enum { DAY_MS = 86400000, MINUTE_MS = 60000 };

bool due_minute(const char *text, int *minute)
{
    static const char digits[] = "00:00";
    for (size_t i = 0; i < sizeof digits; i++)
        if (digits[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != digits[i])
            return false;
    int hours = (text[0] - '0') * 10 + text[1] - '0',
        minutes = (text[3] - '0') * 10 + text[4] - '0';
    *minute = hours * 60 + minutes;
    return hours < 24 && minutes < 60;
}

struct store_days due_period(const struct due_rule *rule, int64_t day)
{
    return store_period_of(rule->period, day, rule->is_from_sunday);
}

int64_t due_at_ms(const struct due_rule *rule, struct store_days period)
{
    int64_t over_ms = store_day_begin_ms(rule->zone, period.to);
    int64_t at_ms =
        zone_local_to_utc(rule->zone, period.to * DAY_MS + (int64_t)rule->minute * MINUTE_MS);
    for (size_t i = 0; i < rule->n_zones; i++) {
        int64_t site_ms = store_day_begin_ms(rule->zones[i], period.to);
        over_ms = site_ms > over_ms ? site_ms : over_ms;
    }
    over_ms += DUE_LATE_MS;
    return at_ms > over_ms ? at_ms : over_ms;
}

struct store_days due_last(const struct due_rule *rule, int64_t now_ms)
{
    struct store_days period = due_period(rule, store_day(rule->zone, now_ms));
    while (due_at_ms(rule, period) > now_ms && period.from > 0)
        period = due_period(rule, period.from - 1);
    return period;
}

struct store_days due_next(const struct due_rule *rule, int64_t now_ms)
{
    return due_period(rule, due_last(rule, now_ms).to);
}

bool due_pending(const struct due_rule *rule, int64_t done, int64_t now_ms, struct store_days *out,
                 bool *passed_over)
{
    static const int most[] = {
        [STORE_DAY] = DUE_DAYS_MAX, [STORE_WEEK] = DUE_WEEKS_MAX, [STORE_MONTH] = DUE_MONTHS_MAX};
    struct store_days period = due_last(rule, now_ms);
    *passed_over = false;
    if (period.to <= done)
        return false;
    *out = period;
    for (int n = 1; n < most[rule->period]; n++) {
        period = due_period(rule, period.from - 1);
        if (period.to <= done)
            return true;
        *out = period;
    }
    *passed_over = due_period(rule, out->from - 1).to > done;
    return true;
}
