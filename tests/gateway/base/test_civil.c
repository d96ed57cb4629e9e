/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gateway/base/civil.h"

#include <string.h>
#include <time.h>

#include "tests/support/suite.h"

static void test_against_libc(void)
{
    for (int64_t s = -62135596800; s < 253402300800; s += 86400 * 13 + 12347) {
        time_t t = (time_t)s;
        struct tm tm;
        struct civil c = civil_from_ms(s * 1000 + 7);
        CU_ASSERT_PTR_NOT_NULL_FATAL(gmtime_r(&t, &tm));
        CU_ASSERT_FATAL(c.year == tm.tm_year + 1900 && c.month == tm.tm_mon + 1 &&
                        c.day == tm.tm_mday);
        CU_ASSERT_FATAL(c.hour == tm.tm_hour && c.minute == tm.tm_min && c.second == tm.tm_sec &&
                        c.millisecond == 7);
        CU_ASSERT_FATAL(civil_is_valid(&c));
        CU_ASSERT_EQUAL_FATAL(civil_to_ms(&c), s * 1000 + 7);
    }
}

static void test_extremes(void)
{
    static const int64_t values[] = {0,         -1,        1,        INT64_MIN, INT64_MIN + 1,
                                     INT64_MAX, -86400000, -86400001};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct civil c = civil_from_ms(values[i]);
        char text[CIVIL_RFC3339_MAX];
        if (civil_is_valid(&c)) /* years 1 to 9999: beyond, only the text must hold */
            CU_ASSERT_EQUAL(civil_to_ms(&c), values[i]);
        CU_ASSERT_EQUAL(civil_format(values[i], text), strlen(text));
        CU_ASSERT(text[strlen(text) - 1] == 'Z');
    }
}

static void test_valid(void)
{
    static const struct {
        struct civil c;
        bool is_valid;
    } rows[] = {
        {{2024, 2, 29, 0, 0, 0, 0}, true},   {{2023, 2, 29, 0, 0, 0, 0}, false},
        {{1900, 2, 29, 0, 0, 0, 0}, false},  {{2000, 2, 29, 23, 59, 60, 999}, true},
        {{2026, 0, 1, 0, 0, 0, 0}, false},   {{2026, 13, 1, 0, 0, 0, 0}, false},
        {{2026, 4, 31, 0, 0, 0, 0}, false},  {{2026, 4, 0, 0, 0, 0, 0}, false},
        {{2026, 4, 30, 24, 0, 0, 0}, false}, {{2026, 4, 30, 0, 60, 0, 0}, false},
        {{2026, 4, 30, 0, 0, 61, 0}, false}, {{2026, 4, 30, 0, 0, 0, 1000}, false},
        {{0, 1, 1, 0, 0, 0, 0}, false},      {{10000, 1, 1, 0, 0, 0, 0}, false},
        {{2026, 4, 30, -1, 0, 0, 0}, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CU_ASSERT_EQUAL(civil_is_valid(&rows[i].c), rows[i].is_valid);
    /* A leap second is the next second. */
    struct civil leap = {2016, 12, 31, 23, 59, 60, 0}, next = {2017, 1, 1, 0, 0, 0, 0};
    CU_ASSERT_EQUAL(civil_to_ms(&leap), civil_to_ms(&next));
}

static void test_format(void)
{
    char text[CIVIL_RFC3339_MAX];
    CU_ASSERT_EQUAL(civil_format(1795493540123, text), 24);
    CU_ASSERT_STRING_EQUAL(text, "2026-11-24T04:12:20.123Z");
    civil_format(-62135596800000, text);
    CU_ASSERT_STRING_EQUAL(text, "0001-01-01T00:00:00.000Z");
}

int main(void)
{
    static const struct suite_test tests[] = {{"against libc", test_against_libc},
                                              {"extremes", test_extremes},
                                              {"valid", test_valid},
                                              {"format", test_format}};
    return suite_run("civil", tests, sizeof tests / sizeof *tests);
}
