/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Days, weeks and months of a calendar. */
#include "gateway/report/plan.h"

#include "gateway/base/civil.h"

static const char *const names[] = {"day", "week", "month", "range"};

static struct store_days period_of(enum report_period period, int64_t day, enum report_week week)
{
    enum store_period kind = period == REPORT_WEEK    ? STORE_WEEK
                             : period == REPORT_MONTH ? STORE_MONTH
                                                      : STORE_DAY;
    return store_period_of(kind, day, week == REPORT_WEEK_SUNDAY);
}

void report_plan_period(struct report_plan *plan, enum report_period period, int64_t day,
                        enum report_week week)
{
    plan->period = period;
    plan->days = period_of(period, day, week);
    plan->before = period_of(period, plan->days.from - 1, week);
}

void report_plan_last(struct report_plan *plan, enum report_period period, int64_t today,
                      enum report_week week)
{
    report_plan_period(plan, period, period_of(period, today, week).from - 1, week);
}

void report_plan_range(struct report_plan *plan, int64_t from, int64_t last)
{
    int64_t n = last + 1 - from;
    plan->period = REPORT_RANGE;
    plan->days = (struct store_days){from, last + 1};
    plan->before = (struct store_days){from - n, from};
}

bool report_plan_date(struct slice text, int64_t *day)
{
    struct civil date = {0};
    struct slice year, month, rest = text;
    int64_t number[3];
    if (text.n != 10 || !slice_cut(text, '-', &year, &rest) || year.n != 4 ||
        !slice_cut(rest, '-', &month, &rest) || month.n != 2 || !slice_to_int(year, &number[0]) ||
        !slice_to_int(month, &number[1]) || !slice_to_int(rest, &number[2]))
        return false;
    date.year = (int)number[0];
    date.month = (int)number[1];
    date.day = (int)number[2];
    if (date.year < 1970 || !civil_is_valid(&date))
        return false;
    *day = civil_to_ms(&date) / 86400000;
    return true;
}

bool report_plan_period_of(struct slice name, enum report_period *out)
{
    for (int i = REPORT_DAY; i <= REPORT_MONTH; i++)
        if (slice_equal(name, slice_from(names[i]))) {
            *out = (enum report_period)i;
            return true;
        }
    return false;
}

const char *report_plan_period_name(enum report_period period)
{
    return names[period];
}
