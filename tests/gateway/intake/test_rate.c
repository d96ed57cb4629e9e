/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gateway/intake/rate.h"
#include "tests/support/suite.h"

static int taken(struct stats_source *source, int64_t per_s, int64_t now_us, int offered)
{
    int n = 0;
    for (int i = 0; i < offered; i++)
        if (rate_has_turn(source, per_s, now_us * 1000)) {
            rate_spend(source, per_s, now_us * 1000);
            n++;
        }
    return n;
}

static void test_burst(void)
{
    struct stats_source source = {0};
    int64_t now_us = 5000000;
    CU_ASSERT_EQUAL(taken(&source, 100, now_us, 1000), 100); /* a second's worth at once */
    CU_ASSERT_EQUAL(taken(&source, 100, now_us + 9999, 1000), 0);
    CU_ASSERT_EQUAL(taken(&source, 100, now_us + 10000, 1000), 1);
    CU_ASSERT_EQUAL(taken(&source, 100, now_us + 510000, 1000), 50);
    CU_ASSERT_EQUAL(taken(&source, 100, now_us + 3600000000LL, 1000), 100); /* no more saved up */
}

static void test_bounds(void)
{
    struct stats_source source = {0};
    CU_ASSERT_EQUAL(taken(&source, 0, 0, 1000), 1000);
    CU_ASSERT_EQUAL(source.due_ns, 0);
    CU_ASSERT_EQUAL(taken(&source, 1, 7000000, 10), 1);
    CU_ASSERT_EQUAL(taken(&source, 1, 7999999, 10), 0);
    CU_ASSERT_EQUAL(taken(&source, 1, 8000000, 10), 1);
}

/* Rates that do not divide a second well, and the greatest that may be set. */
static void test_odd_rates(void)
{
    static const int64_t rates[] = {7, 30000, 150000, 600000, 999999, 1000000};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct stats_source source = {0};
        int64_t n = taken(&source, rates[i], 9000000, 2000000);
        CU_ASSERT(n >= rates[i] && n <= rates[i] + rates[i] / 1000);
        n = taken(&source, rates[i], 10000000, 2000000);
        CU_ASSERT(n >= rates[i] && n <= rates[i] + rates[i] / 1000);
    }
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"a burst, then evenly", test_burst},
        {"no bound, one a second", test_bounds},
        {"odd rates", test_odd_rates},
    };
    return suite_run("rate", tests, sizeof tests / sizeof *tests);
}
