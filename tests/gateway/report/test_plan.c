/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which days a report is of. */
#include "gateway/report/plan.h"

#include "gateway/base/civil.h"
#include "tests/support/unit.h"

static int64_t day_of(const char *date)
{
    int64_t day = -1;
    CU_ASSERT(report_plan_date(slice_from(date), &day));
    return day;
}

static void expect(const struct report_plan *plan, const char *from, const char *to,
                   const char *before_from, const char *before_to)
{
    CU_ASSERT_EQUAL(plan->days.from, day_of(from));
    CU_ASSERT_EQUAL(plan->days.to, day_of(to));
    CU_ASSERT_EQUAL(plan->before.from, day_of(before_from));
    CU_ASSERT_EQUAL(plan->before.to, day_of(before_to));
}

static void test_dates(void)
{
    static const char *const none[] = {"",           "2026-3-01",  "2026-02-30", "2026-13-01",
                                       "1969-12-31", "2026-03-0x", "20260301",   "2026-03-011",
                                       "+026-03-01", "2026-03--1"};
    int64_t day;
    CU_ASSERT_EQUAL(day_of("1970-01-01"), 0);
    CU_ASSERT_EQUAL(day_of("2024-02-29"), 19782);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        CU_ASSERT_FALSE(report_plan_date(slice_from(none[i]), &day));
}

static void test_periods(void)
{
    struct report_plan plan = {.site = NULL};
    report_plan_period(&plan, REPORT_DAY, day_of("2026-03-01"), REPORT_WEEK_MONDAY);
    expect(&plan, "2026-03-01", "2026-03-02", "2026-02-28", "2026-03-01");
    /* 2026-03-01 is a Sunday: the last day of one kind of week, the first of the other. */
    report_plan_period(&plan, REPORT_WEEK, day_of("2026-03-01"), REPORT_WEEK_MONDAY);
    expect(&plan, "2026-02-23", "2026-03-02", "2026-02-16", "2026-02-23");
    report_plan_period(&plan, REPORT_WEEK, day_of("2026-03-01"), REPORT_WEEK_SUNDAY);
    expect(&plan, "2026-03-01", "2026-03-08", "2026-02-22", "2026-03-01");
    report_plan_period(&plan, REPORT_WEEK, day_of("2026-02-28"), REPORT_WEEK_SUNDAY);
    expect(&plan, "2026-02-22", "2026-03-01", "2026-02-15", "2026-02-22");
    report_plan_period(&plan, REPORT_MONTH, day_of("2024-03-31"), REPORT_WEEK_SUNDAY);
    expect(&plan, "2024-03-01", "2024-04-01", "2024-02-01", "2024-03-01");
    report_plan_period(&plan, REPORT_MONTH, day_of("2026-12-31"), REPORT_WEEK_MONDAY);
    expect(&plan, "2026-12-01", "2027-01-01", "2026-11-01", "2026-12-01");
}

/* Every day lies in its own period, and the one before ends where that begins. */
static void test_each_day(void)
{
    struct report_plan plan = {.site = NULL};
    for (int64_t day = 19000; day < 21000; day++)
        for (int period = REPORT_DAY; period <= REPORT_MONTH; period++)
            for (int week = REPORT_WEEK_MONDAY; week <= REPORT_WEEK_SUNDAY; week++) {
                report_plan_period(&plan, (enum report_period)period, day, (enum report_week)week);
                CU_ASSERT(plan.days.from <= day && day < plan.days.to);
                CU_ASSERT_EQUAL(plan.before.to, plan.days.from);
                report_plan_last(&plan, (enum report_period)period, day, (enum report_week)week);
                CU_ASSERT(plan.days.to <= day && day < plan.days.to + 31);
            }
}

static void test_ranges(void)
{
    struct report_plan plan = {.site = NULL};
    report_plan_range(&plan, day_of("2026-03-01"), day_of("2026-03-10"));
    expect(&plan, "2026-03-01", "2026-03-11", "2026-02-19", "2026-03-01");
    CU_ASSERT_EQUAL(plan.period, REPORT_RANGE);
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"dates", test_dates},
                                        {"days, weeks, months", test_periods},
                                        {"each day", test_each_day},
                                        {"any days", test_ranges},
                                        CU_TEST_INFO_NULL};
    return unit_run("plan", tests);
}
