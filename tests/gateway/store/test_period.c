/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Days and hours of clocks that are set forth and back; weeks from Monday; months. */
#include "gateway/store/period.h"

#include "gateway/base/civil.h"
#include "tests/support/suite.h"

static int64_t utc(int year, int month, int day, int hour, int minute)
{
    const struct civil civil = {year, month, day, hour, minute, 0, 0};
    return civil_to_ms(&civil);
}

static int64_t day(int year, int month, int d)
{
    return utc(year, month, d, 0, 0) / 86400000;
}

static struct zone *open_zone(const char *name)
{
    struct zone *zone = zone_open(name);
    CU_ASSERT_PTR_NOT_NULL_FATAL(zone);
    return zone;
}

static void test_days(void)
{
    struct zone *shanghai = open_zone("Asia/Shanghai");
    CU_ASSERT_EQUAL(store_day(NULL, utc(2026, 11, 24, 23, 59)), day(2026, 11, 24));
    CU_ASSERT_EQUAL(store_day(shanghai, utc(2026, 11, 24, 15, 59)), day(2026, 11, 24));
    CU_ASSERT_EQUAL(store_day(shanghai, utc(2026, 11, 24, 16, 0)), day(2026, 11, 25));
    CU_ASSERT_EQUAL(store_day_begin_ms(shanghai, day(2026, 11, 25)), utc(2026, 11, 24, 16, 0));
    zone_free(shanghai);
    /* What no clock can have shown. */
    CU_ASSERT_EQUAL(store_day(NULL, INT64_MIN), 0);
    CU_ASSERT_EQUAL(store_hour(NULL, INT64_MIN), 0);
    CU_ASSERT_EQUAL(store_day(NULL, INT64_MAX), store_day(NULL, INT64_C(253000000000000)));
}

/* Berlin: at 01:00 UTC on March 29th forth, on October 25th, 2026, back. */
static void test_summer(void)
{
    struct zone *berlin = open_zone("Europe/Berlin");
    int64_t short_day = day(2026, 3, 29), long_day = day(2026, 10, 25), hour_ms = 3600000;
    CU_ASSERT_EQUAL(store_day_begin_ms(berlin, short_day + 1) -
                        store_day_begin_ms(berlin, short_day),
                    23 * hour_ms);
    CU_ASSERT_EQUAL(store_day_begin_ms(berlin, long_day + 1) - store_day_begin_ms(berlin, long_day),
                    25 * hour_ms);
    /* Every moment of the day is in it, none of the next. */
    for (int i = -1; i <= 25 * 60; i++) {
        int64_t at = utc(2026, 10, 24, 22, 0) + i * INT64_C(60000);
        int64_t expected = i < 0 ? long_day - 1 : i < 25 * 60 ? long_day : long_day + 1;
        CU_ASSERT_EQUAL(store_day(berlin, at), expected);
        CU_ASSERT_TRUE(store_hour(berlin, at) * 1000 <= at);
        CU_ASSERT_TRUE(at - store_hour(berlin, at) * 1000 < hour_ms);
    }
    /* Two o'clock comes twice: two hours. */
    CU_ASSERT_EQUAL(store_hour(berlin, utc(2026, 10, 25, 0, 30)), utc(2026, 10, 25, 0, 0) / 1000);
    CU_ASSERT_EQUAL(store_hour(berlin, utc(2026, 10, 25, 1, 30)), utc(2026, 10, 25, 1, 0) / 1000);
    zone_free(berlin);
    /* Havana's clocks skip midnight: the day begins when they do. */
    struct zone *havana = open_zone("America/Havana");
    int64_t skipped = store_day_begin_ms(havana, day(2026, 3, 8));
    CU_ASSERT_EQUAL(skipped, utc(2026, 3, 8, 5, 0));
    CU_ASSERT_EQUAL(store_day(havana, skipped), day(2026, 3, 8));
    CU_ASSERT_EQUAL(store_day(havana, skipped - 1), day(2026, 3, 7));
    zone_free(havana);
    struct zone *kolkata = open_zone("Asia/Kolkata");
    CU_ASSERT_EQUAL(store_hour(kolkata, utc(2026, 5, 1, 12, 45)), utc(2026, 5, 1, 12, 30) / 1000);
    zone_free(kolkata);
}

static void expect(enum store_period period, int64_t at, int64_t from, int64_t to)
{
    struct store_days days = store_period_of(period, at, false);
    CU_ASSERT_EQUAL(days.from, from);
    CU_ASSERT_EQUAL(days.to, to);
    days = store_period_of(period, period == STORE_WEEK ? at - 1 : at, true); /* Sunday's people */
    CU_ASSERT_EQUAL(days.from, period == STORE_WEEK ? from - 1 : from);
    CU_ASSERT_EQUAL(days.to, period == STORE_WEEK ? to - 1 : to);
}

static void test_periods(void)
{
    /* 2026-11-23 is a Monday. */
    for (int d = 23; d < 30; d++)
        expect(STORE_WEEK, day(2026, 11, d), day(2026, 11, 23), day(2026, 11, 30));
    expect(STORE_WEEK, day(2026, 11, 22), day(2026, 11, 16), day(2026, 11, 23));
    expect(STORE_WEEK, day(2027, 1, 1), day(2026, 12, 28), day(2027, 1, 4));
    expect(STORE_WEEK, 0, -3, 4);
    expect(STORE_MONTH, day(2026, 12, 31), day(2026, 12, 1), day(2027, 1, 1));
    expect(STORE_MONTH, day(2028, 2, 29), day(2028, 2, 1), day(2028, 3, 1));
    expect(STORE_DAY, day(2026, 11, 24), day(2026, 11, 24), day(2026, 11, 25));
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"a day is the site's date", test_days},
        {"days of 23 and 25 hours, hours that come twice", test_summer},
        {"weeks, months, and those before", test_periods},
    };
    return suite_run("store: periods", tests, sizeof tests / sizeof *tests);
}
