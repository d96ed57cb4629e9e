/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When reports are due: clocks set forth and back, weeks from either day, months' ends, what was
 * missed. */
#include "gateway/report/due.h"

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

static struct due_rule rule_of(enum store_period period, const char *at, const char *zone)
{
    struct due_rule rule = {.period = period, .zone = zone ? zone_open(zone) : NULL};
    CU_ASSERT_TRUE_FATAL(due_minute(at, &rule.minute));
    CU_ASSERT_TRUE_FATAL(!zone || rule.zone);
    return rule;
}

static void done_with(const struct due_rule *rule)
{
    zone_free((struct zone *)rule->zone);
}

static int64_t due_of(const struct due_rule *rule, int64_t d)
{
    return due_at_ms(rule, due_period(rule, d));
}

static void test_minute(void)
{
    static const char *const wrong[] = {"",      "7:30",  "24:00", "23:60", "07:30 ",
                                        "07.30", "aa:bb", "07:3",  "-1:00", "07:300"};
    int minute = -1;
    CU_ASSERT_TRUE(due_minute("00:00", &minute) && minute == 0);
    CU_ASSERT_TRUE(due_minute("07:30", &minute) && minute == 450);
    CU_ASSERT_TRUE(due_minute("23:59", &minute) && minute == 1439);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CU_ASSERT_FALSE(due_minute(wrong[i], &minute));
}

/* Berlin: at 01:00 UTC on March 29th forth from 02:00 to 03:00, on October 25th, 2026, back. */
static void test_clocks(void)
{
    struct due_rule half_two = rule_of(STORE_DAY, "02:30", "Europe/Berlin");
    CU_ASSERT_EQUAL(due_of(&half_two, day(2026, 3, 26)), utc(2026, 3, 27, 1, 30));
    CU_ASSERT_EQUAL(due_of(&half_two, day(2026, 3, 28)), utc(2026, 3, 29, 1, 30));   /* 03:30 */
    CU_ASSERT_EQUAL(due_of(&half_two, day(2026, 10, 24)), utc(2026, 10, 25, 0, 30)); /* the first */
    CU_ASSERT_EQUAL(due_of(&half_two, day(2026, 10, 25)), utc(2026, 10, 26, 1, 30));
    /* Each once, though a time comes twice or never. */
    int64_t done = day(2026, 10, 24);
    int n = 0;
    struct store_days days;
    bool passed_over;
    for (int64_t now = utc(2026, 10, 24, 12, 0); now < utc(2026, 10, 26, 12, 0); now += 600000)
        if (due_pending(&half_two, done, now, &days, &passed_over)) {
            CU_ASSERT_FALSE(passed_over);
            CU_ASSERT_EQUAL(days.from, done);
            done = days.to;
            n++;
        }
    CU_ASSERT_EQUAL(n, 2);
    done_with(&half_two);
    /* Havana skips midnight itself: on March 8th, 2026, from 00:00 to 01:00. What happened before
       it and comes behind it is of that day still. */
    struct due_rule midnight = rule_of(STORE_DAY, "00:00", "America/Havana");
    CU_ASSERT_EQUAL(due_of(&midnight, day(2026, 3, 7)), utc(2026, 3, 8, 5, 5));
    CU_ASSERT_EQUAL(due_of(&midnight, day(2026, 3, 7)),
                    store_day_begin_ms(midnight.zone, day(2026, 3, 8)) + DUE_LATE_MS);
    done_with(&midnight);
}

/* A day of New York's is over when it is noon in Shanghai, or an hour later: nobody's is cut off.
 */
static void test_sites(void)
{
    struct due_rule rule = rule_of(STORE_DAY, "06:00", "Asia/Shanghai");
    struct zone *york = zone_open("America/New_York"), *tokyo = zone_open("Asia/Tokyo");
    const struct zone *zones[] = {tokyo, york};
    rule.zones = zones;
    rule.n_zones = 1;
    CU_ASSERT_EQUAL(due_of(&rule, day(2026, 11, 1)), utc(2026, 11, 1, 22, 0));
    rule.n_zones = 2;
    CU_ASSERT_EQUAL(due_of(&rule, day(2026, 7, 1)), utc(2026, 7, 2, 4, 5));
    CU_ASSERT_EQUAL(due_of(&rule, day(2026, 11, 1)), utc(2026, 11, 2, 5, 5));
    CU_ASSERT_EQUAL(due_last(&rule, utc(2026, 11, 2, 5, 4)).from, day(2026, 10, 31));
    CU_ASSERT_EQUAL(due_last(&rule, utc(2026, 11, 2, 5, 5)).from, day(2026, 11, 1));
    CU_ASSERT_EQUAL(due_next(&rule, utc(2026, 11, 2, 5, 5)).from, day(2026, 11, 2));
    zone_free(york);
    zone_free(tokyo);
    done_with(&rule);
}

static void test_weeks(void)
{
    struct due_rule rule = rule_of(STORE_WEEK, "07:30", "Asia/Shanghai");
    /* 2026-03-02 is a Monday. */
    struct store_days week = due_period(&rule, day(2026, 3, 8));
    CU_ASSERT_EQUAL(week.from, day(2026, 3, 2));
    CU_ASSERT_EQUAL(week.to, day(2026, 3, 9));
    CU_ASSERT_EQUAL(due_at_ms(&rule, week), utc(2026, 3, 8, 23, 30));
    rule.is_from_sunday = true;
    week = due_period(&rule, day(2026, 3, 8));
    CU_ASSERT_EQUAL(week.from, day(2026, 3, 8));
    CU_ASSERT_EQUAL(week.to, day(2026, 3, 15));
    week = due_period(&rule, day(2026, 3, 7));
    CU_ASSERT_EQUAL(week.from, day(2026, 3, 1));
    /* The other periods do not know it. */
    rule.period = STORE_DAY;
    CU_ASSERT_EQUAL(due_period(&rule, day(2026, 3, 8)).from, day(2026, 3, 8));
    rule.period = STORE_MONTH;
    CU_ASSERT_EQUAL(due_period(&rule, day(2026, 3, 31)).from, day(2026, 3, 1));
    done_with(&rule);
}

static void test_months(void)
{
    struct due_rule rule = rule_of(STORE_MONTH, "06:00", NULL);
    CU_ASSERT_EQUAL(due_of(&rule, day(2026, 2, 14)), utc(2026, 3, 1, 6, 0));
    CU_ASSERT_EQUAL(due_of(&rule, day(2028, 2, 29)), utc(2028, 3, 1, 6, 0));
    CU_ASSERT_EQUAL(due_of(&rule, day(2026, 12, 31)), utc(2027, 1, 1, 6, 0));
    /* The last minute before, and the moment itself. */
    CU_ASSERT_EQUAL(due_last(&rule, utc(2026, 3, 1, 5, 59)).to, day(2026, 2, 1));
    CU_ASSERT_EQUAL(due_last(&rule, utc(2026, 3, 1, 6, 0)).to, day(2026, 3, 1));
    CU_ASSERT_EQUAL(due_next(&rule, utc(2026, 3, 1, 5, 59)).to, day(2026, 3, 1));
    CU_ASSERT_EQUAL(due_next(&rule, utc(2026, 3, 1, 6, 0)).to, day(2026, 4, 1));
}

/* Of what was missed the oldest within bounds comes first, then the next, until none is left. */
static void missed(enum store_period period, int64_t done, int most, bool is_passed_over)
{
    struct due_rule rule = rule_of(period, "06:00", "Asia/Shanghai");
    int64_t now = utc(2026, 11, 29, 4, 0), last = 0;
    struct store_days days;
    bool passed_over;
    int n = 0;
    while (due_pending(&rule, done, now, &days, &passed_over)) {
        CU_ASSERT_EQUAL(passed_over, is_passed_over && n == 0);
        CU_ASSERT_TRUE(n == 0 || days.from == last);
        CU_ASSERT_TRUE(due_at_ms(&rule, days) <= now);
        done = last = days.to;
        n++;
    }
    CU_ASSERT_EQUAL(n, most);
    CU_ASSERT_EQUAL(last, due_last(&rule, now).to);
    done_with(&rule);
}

static void test_missed(void)
{
    missed(STORE_DAY, day(2026, 11, 28), 1, false);
    missed(STORE_DAY, day(2026, 11, 22), 7, false);
    missed(STORE_DAY, day(2026, 11, 21), 7, true);
    missed(STORE_DAY, 0, 7, true);
    missed(STORE_DAY, INT64_MIN, 7, true);
    missed(STORE_WEEK, day(2026, 11, 16), 1, false);
    missed(STORE_WEEK, 0, 4, true);
    missed(STORE_MONTH, day(2026, 10, 1), 1, false);
    missed(STORE_MONTH, day(2026, 1, 1), 3, true);
    /* None: it is made; it remembers a time to come. */
    struct due_rule rule = rule_of(STORE_DAY, "06:00", NULL);
    struct store_days days;
    bool passed_over;
    int64_t now = utc(2026, 11, 29, 6, 0);
    CU_ASSERT_FALSE(due_pending(&rule, day(2026, 11, 29), now, &days, &passed_over));
    CU_ASSERT_FALSE(due_pending(&rule, INT64_MAX, now, &days, &passed_over));
    CU_ASSERT_TRUE(due_pending(&rule, day(2026, 11, 28), now, &days, &passed_over));
    CU_ASSERT_FALSE(due_pending(&rule, day(2026, 11, 28), now - 1, &days, &passed_over));
}

int main(void)
{
    static const struct suite_test tests[] = {{"minute", test_minute},
                                              {"clocks set", test_clocks},
                                              {"sites with other clocks", test_sites},
                                              {"weeks", test_weeks},
                                              {"months", test_months},
                                              {"missed", test_missed}};
    return suite_run("due", tests, sizeof tests / sizeof *tests);
}
