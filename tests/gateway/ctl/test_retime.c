/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times move, forms stay. The zone is UTC here, and once one with summer time. */
#include <CUnit/Basic.h>
#include <stdlib.h>
#include <time.h>

#include "gateway/ctl/retime.h"

enum { NOW_S = 1795493540 }; /* 2026-11-24 04:12:20 UTC, a Tuesday */

static const char *moved(const char *newest, const char *line)
{
    static struct buf out;
    struct retime retime;
    retime_begin(&retime, NOW_S);
    retime_see(&retime, slice_from(line));
    if (newest)
        retime_see(&retime, slice_from(newest));
    buf_clear(&out);
    retime_write(&retime, slice_from(line), &out);
    return buf_text(&out);
}

/* Each line alone: its own time is the newest, so it becomes now. */
static void test_forms(void)
{
    static const struct {
        const char *line, *moved;
    } cases[] = {
        {"<13>Feb  4 05:15:47 host app: x", "<13>Nov 24 04:12:20 host app: x"},
        {"Feb 14 05:15:47 host x", "Nov 24 04:12:20 host x"},
        {"<133>Feb 14 2022 05:15:47 192.0.2.1 x", "<133>Nov 24 2026 04:12:20 192.0.2.1 x"},
        {"<13>1 2020-02-29T23:59:59.123+08:00 h a p m - x",
         "<13>1 2026-11-24T12:12:20.123+08:00 h a p m - x"},
        {"<13>1 2020-02-29T23:59:59Z h a p m - x", "<13>1 2026-11-24T04:12:20Z h a p m - x"},
        {"<13>2020-02-29T23:59:59-0330 h x", "<13>2026-11-24T00:42:20-0330 h x"},
        {"CEF:0|a|b|c|1|n|3|rt=Apr 20 2017 12:04:34 GMT+00:00 x=y",
         "CEF:0|a|b|c|1|n|3|rt=Nov 24 2026 04:12:20 GMT+00:00 x=y"},
        {"CEF:0|a|b|c|1|n|3|rt=Apr 20 2017 12:04:34 GMT+08:00 x=y",
         "CEF:0|a|b|c|1|n|3|rt=Nov 24 2026 12:12:20 GMT+08:00 x=y"},
        {"CEF:0|a|b|c|1|n|3|rt=Dec 05 2022 05:26:45 x=y",
         "CEF:0|a|b|c|1|n|3|rt=Nov 24 2026 04:12:20 x=y"},
        {"CEF:0|a|b|c|1|n|3|x=y rt=2023-03-15 13:23:47 cnt=1",
         "CEF:0|a|b|c|1|n|3|x=y rt=2026-11-24 04:12:20 cnt=1"},
        {"CEF:0|a|b|c|1|n|3|rt=2017/11/2 12:46:44 GMT+00:00",
         "CEF:0|a|b|c|1|n|3|rt=2026/11/24 4:12:20 GMT+00:00"},
        {"CEF:0|a|b|c|1|n|3|rt=1489363200123 x=y", "CEF:0|a|b|c|1|n|3|rt=1795493540123 x=y"},
        {"CEF:0|a|b|c|1|n|3|rt=1489363200", "CEF:0|a|b|c|1|n|3|rt=1795493540"},
        {"TMCM:X Event time=\"2016/4/5 18:10:48\" a=\"b\"",
         "TMCM:X Event time=\"2026/11/24 4:12:20\" a=\"b\""},
        {"X Event time=\"11/29/2017 2:27 PM (UTC)\"", "X Event time=\"11/24/2026 4:12 AM (UTC)\""},
        {"X Event time=\"01/02/2017 02:27:11 am\"", "X Event time=\"11/24/2026 04:12:20 am\""},
        {"LEEF:2.0|a|b|c|d|^|devTime=Aug 16 2017 05:00:40 GMT+00:00",
         "LEEF:2.0|a|b|c|d|^|devTime=Nov 24 2026 04:12:20 GMT+00:00"},
        {"LEEF:2.0|a|b|c|d|x|\tdevTime=Aug 16 2017 05:00:40 GMT+00:00",
         "LEEF:2.0|a|b|c|d|x|\tdevTime=Nov 24 2026 04:12:20 GMT+00:00"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *seen = moved(NULL, cases[i].line);
        CU_ASSERT_STRING_EQUAL(seen, cases[i].moved);
        if (strcmp(seen, cases[i].moved) != 0)
            printf("\n  %s\n  became %s\n  not    %s\n", cases[i].line, seen, cases[i].moved);
    }
}

/* What only looks like a time, or is none, stays byte for byte. */
static void test_left_alone(void)
{
    static const char *const lines[] = {
        "",
        "<",
        "<13>",
        "<9999>Feb  4 05:15:47 host",
        "Feb 30",
        "Feb  4 25:15:47 host",
        "Feb  4 05:15 host",
        "2020-13-01T00:00:00Z x",
        "2020-02-29 x",
        "CEF:0|a|b|c|1|n|3|rt= x=y",
        "CEF:0|a|b|c|1|n|3|rt=Foo 20 2017 12:04:34",
        "CEF:0|a|b|c|1|n|3|start=12345 x",
        "CEF:0|a|b|c|1|n|3|part=Apr 20 2017 12:04:34",
        "20090716<;>948<;>TROJ_Generic.DIT<;>25<;>3<;>0<;>",
        "rt=99999999999999999999",
        "Event time=\"",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        CU_ASSERT_STRING_EQUAL(moved(NULL, lines[i]), lines[i]);
}

static void test_distances(void)
{
    CU_ASSERT_STRING_EQUAL(moved("<13>Feb 14 06:15:48 h x", "<13>Feb 14 05:15:47 h x"),
                           "<13>Nov 24 03:12:19 h x");
    CU_ASSERT_STRING_EQUAL(
        moved("rt=Apr 21 2017 12:04:34 GMT+00:00", "rt=Apr 20 2017 12:04:34 GMT+00:00"),
        "rt=Nov 23 2026 04:12:20 GMT+00:00");
    /* Header and body each by their own distance. */
    CU_ASSERT_STRING_EQUAL(
        moved(NULL,
              "<133>Feb 14 2022 05:15:47 h CEF:0|a|b|c|1|n|3|rt=Nov 15 2017 08:43:57 GMT+00:00"),
        "<133>Nov 24 2026 04:12:20 h CEF:0|a|b|c|1|n|3|rt=Nov 24 2026 04:12:20 GMT+00:00");
    /* start and end move along, but do not say what the newest is. */
    CU_ASSERT_STRING_EQUAL(moved(NULL, "|rt=2020-01-01 00:00:00 end=2020-01-31 00:00:00"),
                           "|rt=2026-11-24 04:12:20 end=2026-12-24 04:12:20");
}

/* Two digits of a day that had one before, a blank or a zero in front as the sender writes it. */
static void test_padding(void)
{
    CU_ASSERT_STRING_EQUAL(moved("Feb 24 00:00:00 h", "Feb  4 00:00:00 h"), "Nov  4 04:12:20 h");
    CU_ASSERT_STRING_EQUAL(moved("Feb 24 00:00:00 h", "Feb 04 00:00:00 h"), "Nov 04 04:12:20 h");
    CU_ASSERT_STRING_EQUAL(moved("rt=2017/11/24 0:00:00", "rt=2017/11/2 0:00:00"),
                           "rt=2026/11/2 4:12:20");
    CU_ASSERT_STRING_EQUAL(moved("rt=2017/11/24 00:00:00", "rt=2017/11/02 00:00:00"),
                           "rt=2026/11/02 04:12:20");
}

/* A message of late December seen in January belongs to the year that is nearest. */
static void test_year_edge(void)
{
    struct retime retime;
    retime_begin(&retime, 1767225700); /* 2026-01-01 00:01:40 UTC */
    retime_see(&retime, SLICE("Dec 31 23:59:59 h x"));
    CU_ASSERT_EQUAL(retime.newest_s[0], 1767225599);
}

static void test_local_zone(void)
{
    setenv("TZ", "Europe/Berlin", 1);
    tzset();
    CU_ASSERT_STRING_EQUAL(moved(NULL, "Jul 14 05:15:47 h x"), "Nov 24 05:12:20 h x");
    CU_ASSERT_STRING_EQUAL(moved(NULL, "<13>1 2020-07-01T00:00:00Z h a p m -"),
                           "<13>1 2026-11-24T04:12:20Z h a p m -");
    setenv("TZ", "UTC", 1);
    tzset();
}

/* Every cut of a line that has it all: nothing is read beyond its end (run under ASan). */
static void test_cut_anywhere(void)
{
    static const char line[] =
        "<13>1 2020-02-29T23:59:59.123+08:00 h CEF:0|a|b|c|1|n|3|rt=Apr 20 2017 12:04:34 GMT+00:00 "
        "start=1489363200123 end=11/29/2017 2:27:00 PM devTime=2017/11/2 1:46:44 GMT+08:00";
    struct retime retime;
    struct buf out = {0};
    for (size_t n = 0; n <= sizeof line - 1; n++) {
        char *exact = malloc(n ? n : 1);
        memcpy(exact, line, n);
        retime_begin(&retime, NOW_S);
        retime_see(&retime, slice_of(exact, n));
        buf_clear(&out);
        retime_write(&retime, slice_of(exact, n), &out);
        CU_ASSERT(out.n + 16 >= n && out.n <= n + 16);
        free(exact);
    }
    buf_free(&out);
}

int main(void)
{
    setenv("TZ", "UTC", 1);
    tzset();
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("retime", NULL, NULL);
    CU_add_test(suite, "forms", test_forms);
    CU_add_test(suite, "left alone", test_left_alone);
    CU_add_test(suite, "distances stay", test_distances);
    CU_add_test(suite, "padding stays", test_padding);
    CU_add_test(suite, "nearest year", test_year_edge);
    CU_add_test(suite, "local zone", test_local_zone);
    CU_add_test(suite, "cut anywhere", test_cut_anywhere);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures != 0;
}
