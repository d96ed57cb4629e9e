/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deadlines that are one, pauses within their bounds. */
#include "gateway/base/pause.h"

#include "gateway/base/clock.h"
#include "tests/support/suite.h"

static void test_deadline(void)
{
    static const int64_t waits_ms[] = {0, 1, 999, 1000, 1001, 600000};
    for (size_t i = 0; i < sizeof waits_ms / sizeof *waits_ms; i++) {
        int64_t before_ms = clock_read(&clock_system).mono_ms;
        struct timespec until = pause_deadline(waits_ms[i]);
        int64_t after_ms = clock_read(&clock_system).mono_ms;
        int64_t until_ms = (int64_t)until.tv_sec * 1000 + until.tv_nsec / 1000000;
        CU_ASSERT(until.tv_nsec >= 0 && until.tv_nsec < 1000000000);
        CU_ASSERT(until_ms - waits_ms[i] >= before_ms && until_ms - waits_ms[i] <= after_ms);
    }
}

static void test_back_off(void)
{
    static const struct {
        unsigned failures;
        int64_t most_ms, at_most;
    } cases[] = {{0, 30000, 100},   {1, 30000, 100},    {2, 30000, 200},
                 {9, 30000, 25600}, {10, 30000, 30000}, {4000000000, 30000, 30000},
                 {1, 50, 50},       {7, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int k = 0; k < 1000; k++) {
            int64_t ms = pause_back_off_ms(cases[i].failures, 100, cases[i].most_ms);
            CU_ASSERT(ms >= cases[i].at_most / 2 && ms <= cases[i].at_most);
        }
}

int main(void)
{
    static const struct suite_test tests[] = {{"deadline", test_deadline},
                                              {"back-off", test_back_off}};
    return suite_run("pause", tests, sizeof tests / sizeof *tests);
}
