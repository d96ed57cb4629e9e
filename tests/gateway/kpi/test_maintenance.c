/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maintenance windows: words of the configuration, weeks by a zone's clocks, its summer time. */
#include "gateway/kpi/maintenance.h"
#include "tests/gateway/kpi/support.h"
#include "tests/support/suite.h"

static void test_words(void)
{
    CU_ASSERT_EQUAL(kpi_maintenance_days(SLICE("mon")), 1);
    CU_ASSERT_EQUAL(kpi_maintenance_days(SLICE(" sat  sun ")), 96);
    CU_ASSERT_EQUAL(kpi_maintenance_days(SLICE("all")), 127);
    CU_ASSERT_EQUAL(kpi_maintenance_days(SLICE("")), 0);
    CU_ASSERT_EQUAL(kpi_maintenance_days(SLICE("mon Tue")), 0);
    CU_ASSERT_EQUAL(kpi_maintenance_minute(SLICE("00:00")), 0);
    CU_ASSERT_EQUAL(kpi_maintenance_minute(SLICE("22:30")), 1350);
    CU_ASSERT_EQUAL(kpi_maintenance_minute(SLICE("24:00")), 1440);
    static const char *const bad[] = {"",      "24:01", "25:00", "1:00",
                                      "-1:00", "12:60", "12.30", "12:3x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_EQUAL(kpi_maintenance_minute(slice_from(bad[i])), -1);
    CU_ASSERT_EQUAL(kpi_maintenance_instant(SLICE("2026-01-05T08:00"), NULL),
                    INT64_C(1767600000000));
    static const char *const no_times[] = {"",
                                           "2026-01-05",
                                           "2026-01-05 08:00",
                                           "2026-02-30T08:00",
                                           "1969-12-31T08:00",
                                           "2026/01/05T08:00",
                                           "xxxx-01-05T08:00"};
    for (size_t i = 0; i < sizeof no_times / sizeof *no_times; i++)
        CU_ASSERT_EQUAL(kpi_maintenance_instant(slice_from(no_times[i]), NULL), -1);
}

static bool is_on(const struct kpi_maintenance *window, const struct zone *zone, const char *utc)
{
    int64_t now_ms = kpi_maintenance_instant(slice_from(utc), NULL);
    CU_ASSERT_TRUE(now_ms > 0);
    return kpi_maintenance_is_on(window, zone, now_ms);
}

static void test_week(void)
{
    struct buf bytes = {0};
    kt_zone("CST-8", &bytes); /* eight hours east */
    struct zone *zone = zone_read(buf_get(&bytes));
    CU_ASSERT_PTR_NOT_NULL_FATAL(zone);
    /* Saturday 22:00 to Sunday 04:00 there: 14:00 to 20:00 of UTC's Saturday */
    const struct kpi_maintenance night = {
        .days = kpi_maintenance_days(SLICE("sat")), .from_min = 1320, .to_min = 240};
    CU_ASSERT_FALSE(is_on(&night, zone, "2026-01-10T13:59"));
    CU_ASSERT_TRUE(is_on(&night, zone, "2026-01-10T14:00"));
    CU_ASSERT_TRUE(is_on(&night, zone, "2026-01-10T19:59"));
    CU_ASSERT_FALSE(is_on(&night, zone, "2026-01-10T20:00"));
    CU_ASSERT_FALSE(is_on(&night, zone, "2026-01-09T19:00")); /* the day before has no such night */
    CU_ASSERT_FALSE(is_on(&night, zone, "2026-01-11T15:00"));
    const struct kpi_maintenance all = {.days = 127, .from_min = 0, .to_min = 1440};
    CU_ASSERT_TRUE(is_on(&all, zone, "2026-01-10T15:59"));
    CU_ASSERT_TRUE(is_on(&all, zone, "2026-01-10T16:00"));
    zone_free(zone);
    buf_free(&bytes);
}

/* The clocks of a zone with summer time: 02:30 is an hour earlier of UTC in summer. */
static void test_summer(void)
{
    struct buf bytes = {0};
    kt_zone("CET-1CEST,M3.5.0,M10.5.0/3", &bytes);
    struct zone *zone = zone_read(buf_get(&bytes));
    CU_ASSERT_PTR_NOT_NULL_FATAL(zone);
    const struct kpi_maintenance window = {.days = 127, .from_min = 120, .to_min = 180};
    CU_ASSERT_TRUE(is_on(&window, zone, "2026-01-10T01:30"));
    CU_ASSERT_FALSE(is_on(&window, zone, "2026-01-10T00:30"));
    CU_ASSERT_TRUE(is_on(&window, zone, "2026-07-10T00:30"));
    CU_ASSERT_FALSE(is_on(&window, zone, "2026-07-10T01:30"));
    CU_ASSERT_EQUAL(kpi_maintenance_instant(SLICE("2026-07-10T02:30"), zone),
                    kpi_maintenance_instant(SLICE("2026-07-10T00:30"), NULL));
    zone_free(zone);
    buf_free(&bytes);
}

static void test_once(void)
{
    const struct kpi_maintenance once = {.begin_ms = 1000, .end_ms = 2000};
    CU_ASSERT_FALSE(kpi_maintenance_is_on(&once, NULL, 999));
    CU_ASSERT_TRUE(kpi_maintenance_is_on(&once, NULL, 1000));
    CU_ASSERT_TRUE(kpi_maintenance_is_on(&once, NULL, 1999));
    CU_ASSERT_FALSE(kpi_maintenance_is_on(&once, NULL, 2000));
}

int main(void)
{
    static const struct suite_test tests[] = {{"words", test_words},
                                              {"weeks", test_week},
                                              {"summer time", test_summer},
                                              {"once", test_once}};
    return suite_run("kpi maintenance", tests, sizeof tests / sizeof *tests);
}
