/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gateway/intake/rate.h"
#include "tests/support/suite.h"

static int taken(struct stats_source *source, int64_t per_s, int64_t now_us, int offered)
{
    int n = 0;
    for (int i = 0; i < offered; i++)
        if (rate_has_turn(source, per_s, now_us)) {
            rate_spend(source, per_s, now_us);
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
    CU_ASSERT_EQUAL(source.due_us, 0);
    CU_ASSERT_EQUAL(taken(&source, 1, 7000000, 10), 1);
    CU_ASSERT_EQUAL(taken(&source, 1, 7999999, 10), 0);
    CU_ASSERT_EQUAL(taken(&source, 1, 8000000, 10), 1);
    source.due_us = 0;
    CU_ASSERT_EQUAL(taken(&source, 1000000, 9000000, 2000000), 1000000);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"a burst, then evenly", test_burst},
        {"no bound, one a second, a million", test_bounds},
    };
    return suite_run("rate", tests, sizeof tests / sizeof *tests);
}
