/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ranges as the Monitoring Plugins Development Guidelines have them. */
#include "gateway/ctl/check_range.h"

#include <string.h>

#include "tests/support/unit.h"

/* For each: values that raise an alert, and values that do not, in hundredths. */
static void test_meaning(void)
{
    static const struct {
        const char *text;
        int64_t alerts[3], quiet[3];
    } cases[] = {
        {"10", {-1, 1001, 100000}, {0, 500, 1000}},
        {"10:", {999, 0, -100}, {1000, 1001, INT64_MAX}},
        {"~:10", {1001, 2000, 100000}, {1000, 0, -100000}},
        {"10:20", {999, 2001, -1}, {1000, 1500, 2000}},
        {"@10:20", {1000, 1500, 2000}, {999, 2001, 0}},
        {"-10:0.5", {-1001, 51, 100}, {-1000, 0, 50}},
        {"95.25:", {9524, 0, 9500}, {9525, 9526, 10000}},
        {"0", {1, -1, 100}, {0, 0, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct check_range range;
        struct buf again = {0};
        CU_ASSERT_FATAL(check_range_parse(slice_from(cases[i].text), &range));
        for (size_t j = 0; j < 3; j++) {
            CU_ASSERT(check_range_alerts(&range, cases[i].alerts[j]));
            CU_ASSERT_FALSE(check_range_alerts(&range, cases[i].quiet[j]));
        }
        check_range_add(&range, &again);
        if (strcmp(cases[i].text, "-10:0.5") != 0) /* two decimals are written */
            CU_ASSERT_STRING_EQUAL(buf_text(&again), cases[i].text);
        buf_free(&again);
    }
}

static void test_none(void)
{
    static const char *const texts[] = {"",    ":",     "x",      "20:10",          "10:x",
                                        "1.",  "1.234", "@",      "10:20:30",       "~",
                                        "--1", ".5",    "1 : 20", "1234567890123:", "@~:x"};
    struct check_range range, unset = {.is_set = false};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CU_ASSERT_FALSE(check_range_parse(slice_from(texts[i]), &range));
    CU_ASSERT_FALSE(check_range_alerts(&unset, 100));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"each form alerts where it says and is written as it was read", test_meaning},
        {"what is no range", test_none},
        CU_TEST_INFO_NULL};
    return unit_run("check_range", tests);
}
