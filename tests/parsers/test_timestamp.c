/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times: every form against the text expected of it; instants with and without year and zone. */
#include "gateway/base/civil.h"
#include "parsers/epoch.h"
#include "parsers/instant.h"
#include "parsers/timestamp.h"
#include "tests/support/guard.h"
#include "tests/support/unit.h"

static struct arena arena;

static void forms(void)
{
    static const struct {
        const char *in, *expected; /* NULL: no time */
    } cases[] = {
        {"Oct  1 22:14:15", "10-01T22:14:15"},
        {"Oct 1 22:14:15", "10-01T22:14:15"},
        {"OCT 11 22:14:15.5", "10-11T22:14:15.5"},
        {"*Nov 14 08:30:56.699", "11-14T08:30:56.699"},
        {".Apr 15 2007 21:28:13", "2007-04-15T21:28:13"},
        {"%Sep 14 16:23:21:068 2026", "2026-09-14T16:23:21.068"},
        {"Apr 15 21:28:13 2007", "2007-04-15T21:28:13"},
        {"2018 Apr 20 13:15:07", "2018-04-20T13:15:07"},
        {"2020 Oct 22 20:09:11 MSK", "2020-10-22T20:09:11+03:00"},
        {"Jan 16 2022 22:11:43 CST", "2022-01-16T22:11:43"}, /* China or Chicago: unknown */
        {"Jan 16 2022 22:11:43 BJT", "2022-01-16T22:11:43+08:00"},
        {"Jan 16 2022 22:11:43 ACDT", "2022-01-16T22:11:43+10:30"},
        {"Wed Feb 28 03:17:47 UTC 2018", "2018-02-28T03:17:47Z"},
        {"20260301 950", "2026-03-01T09:50:00"},
        {"20260301 1948", "2026-03-01T19:48:00"},
        {"20260301 5", "2026-03-01T00:05:00"},
        {"20260301 95007", "2026-03-01T09:50:07"},
        {"20260301 0 +0800", "2026-03-01T00:00:00+08:00"},
        {"20260301 2460", NULL},
        {"20260301 1275", NULL},
        {"20261301 950", NULL},
        {"20260301", NULL},
        {"20260301 ", NULL},
        {"20260301 -5", NULL},
        {"2026030 950", NULL},
        {"20260301 1234567", NULL},
        {"20260301 950x", NULL},
        {"00000000 950", NULL},
        /* Consoles and programs in Chinese or Japanese. */
        {"2026年11月24日 16:12:20", "2026-11-24T16:12:20"},
        {"2026年3月2日8:01:02.5", "2026-03-02T08:01:02.5"},
        {"2026年11月24日16时12分20秒", "2026-11-24T16:12:20"},
        {"2026年11月24日 16時12分", "2026-11-24T16:12:00"},
        {"2026年3月2日 下午 4:12:20 +0800", "2026-03-02T16:12:20+08:00"},
        {"2026/11/24 下午 04:12:20", "2026-11-24T16:12:20"},
        {"2026/11/24 上午12:05:00", "2026-11-24T00:05:00"},
        {"2026-11-24 午後 0:05", "2026-11-24T12:05:00"},
        {"11/24/2026 下午 12:05", "2026-11-24T12:05:00"},
        {"11月 24 16:12:20", "11-24T16:12:20"},
        {"3月 2 2026 08:01:02", "2026-03-02T08:01:02"},
        {"3月2日 08:01:02", "03-02T08:01:02"},
        {"2026/11/24 下午 14:12:20", NULL},
        {"2026年13月1日 08:01:02", NULL},
        {"2026年3月2 08:01:02", NULL},
        {"2026年3月2日 08时", NULL},
        {"2026年3月2日 08时:01", NULL},
        {"13月 2 08:01:02", NULL},
        /* Digits alone. */
        {"20261124161220", "2026-11-24T16:12:20"},
        {"20261124161220123", "2026-11-24T16:12:20.123"},
        {"20261124161220+0800", "2026-11-24T16:12:20+08:00"},
        {"20261124T161220Z", "2026-11-24T16:12:20Z"},
        {"20261124 16:12:20", "2026-11-24T16:12:20"},
        {"20261124 16:12:20.25", "2026-11-24T16:12:20.25"},
        {"20261124246120", NULL},
        {"202611241612", NULL},
        {"20261324161220", NULL},
        {"20261124T1612", NULL},
        {"Wed, 24 Nov 2026 04:05:06 +0000", "2026-11-24T04:05:06Z"},
        {"2003-10-11T22:14:15.003Z", "2003-10-11T22:14:15.003Z"},
        {"2003-08-24T05:14:15.000003-07:00", "2003-08-24T05:14:15.000003-07:00"},
        {"2018-06-19T02:13:38Z+00", "2018-06-19T02:13:38Z"},
        {"2018-06-19 02:13:38", "2018-06-19T02:13:38"},
        {"2018-7-23 01:00:33.270.1", "2018-07-23T01:00:33.270"},
        {"2018/10/05 09:52:14", "2018-10-05T09:52:14"},
        {"2017/11/2 12:46:44 GMT+00:00", "2017-11-02T12:46:44Z"},
        {"2016/4/5 18:10:48", "2016-04-05T18:10:48"},
        {"Mar 09 2015 11:58:25 GMT+08:00", "2015-03-09T11:58:25+08:00"},
        {"Aug 22 2022 12:10:12 GMT+00:00", "2022-08-22T12:10:12Z"},
        {"Mar 03 2026 10:40:00 GMT-03:00", "2026-03-03T10:40:00-03:00"},
        {"Dec 05 2022 05:26:45", "2022-12-05T05:26:45"},
        {"Sep 17 2025 11:45:34 GMT", "2025-09-17T11:45:34Z"},
        {"11/29/2017 2:27 PM (UTC)", "2017-11-29T14:27:00Z"},
        {"11/29/2017 12:05 AM", "2017-11-29T00:05:00"},
        {"1/02/2017 13:14:15", "2017-01-02T13:14:15"},
        {"29/11/2017 13:14:15", "2017-11-29T13:14:15"}, /* cannot be month 29 */
        {"28/Feb/2018:03:17:47 +0000", "2018-02-28T03:17:47Z"},
        {"28/Feb/2018:03:17:47.25 +0000", "2018-02-28T03:17:47.25Z"},
        {"02 Nov 2017 12:46:44", "2017-11-02T12:46:44"},
        {"2021-10-06 01:29:43 +06:30", "2021-10-06T01:29:43+06:30"},
        {"2021-10-06 01:29:43 +0360", "2021-10-06T01:29:43+04:00"},
        {"2021-10-06 01:29:43 +9900", "2021-10-06T01:29:43"}, /* no offset at all */
        {"2023:03:08-15:20:40", "2023-03-08T15:20:40"},
        {"2023:03:08-15:20:40.25", "2023-03-08T15:20:40.25"},
        {"2018-Nov- 9 15:41:30", "2018-11-09T15:41:30"},
        {"2018-Nov-12 10:47:29.515", "2018-11-12T10:47:29.515"},
        {"Jul 05 2016 04:03:01 PM.688 UTC", "2016-07-05T16:03:01.688Z"},
        {"Oct 11 22:14:15.1560000", "10-11T22:14:15.156"},
        {"Oct 11 22:14:15.00040", "10-11T22:14:15.0004"},
        {"2024-03-04T11:45:20.123456+00:00Z", "2024-03-04T11:45:20.123456Z"},
        {"2023-01-13T10:10:16--5:00", "2023-01-13T10:10:16-05:00"},
        {"Feb 29 12:00:00", "02-29T12:00:00"},
        {"1794000000", "2026-11-06T21:20:00Z"},
        {"1794000000123", "2026-11-06T21:20:00.123Z"},
        {"1794000000123456", "2026-11-06T21:20:00.123Z"},
        {"1794000000123456789", "2026-11-06T21:20:00.123Z"},
        {" 1794000000.25 ", "2026-11-06T21:20:00.250Z"},
        {"June 5 2026 10:00:00", "2026-06-05T10:00:00"},
        {"July 5 2026 10:00:00", "2026-07-05T10:00:00"},
        {"Jun 5 2026 10:00:00", "2026-06-05T10:00:00"},
        {"Jul 5 2026 10:00:00", "2026-07-05T10:00:00"},
        {"2018-06-19t02:13:38", "2018-06-19T02:13:38"},
        {"2018-06-19_02:13:38", "2018-06-19T02:13:38"},
        {"2018-06-19 02:13:38.", "2018-06-19T02:13:38"},
        {"2018-7-23 01:00:33.270.1 UTC", "2018-07-23T01:00:33.270Z"},
        {"2018-06-19 02:13:38 TZ-6", "2018-06-19T02:13:38-06:00"},
        {"2018-06-19 02:13:38 (UTC)", "2018-06-19T02:13:38Z"},
        {"Wed 24 Nov 2026 04:05:06", "2026-11-24T04:05:06"},
        {"Feb 28 12:00:00", "02-28T12:00:00"},
        {"2018-06-19x02:13:38", NULL},
        {"2018-06-19 02:13:38 TZ", NULL},
        {"2018-06-19 02:13:38 TX", NULL},
        {"2018-06-19 02:13:38 UX-6", NULL},
        {"2018-06-19 02:13:38 (UTC", NULL},
        {"2018-06-19 02:13:38 +0x00", NULL},
        {"2018-06-19T02:13:38Zulu", NULL},
        {"2018-7-23 01:00:33.270.", NULL},
        {"2018-7-23 01:00:33.270.x", NULL},
        {"2018-7-23 01:00:33..5", NULL},
        {"11/29/2017 0:27 PM", NULL},
        {"11/29/2017 2:27 AMX", NULL},
        {"Oct 11 22:60:15", NULL},
        {"Oct 11 22:14:61", NULL},
        {"2 Nov2017 1:00", NULL},
        {"02/11-2017 1:00", NULL},
        {"Wed", NULL},
        {"*", NULL},
        {"1794000000.x", NULL},
        {"0794000000", NULL},
        {"1794000000123456789012345", NULL},
        {"", NULL},
        {"May 00 00:00:00", NULL},
        {"Feb 30 00:00:00", NULL},
        {"2018-02-29 00:00:00", NULL},
        {"16:120:38", NULL},
        {"Oct 11 24:00:00", NULL},
        {"13/13/2017 1:00 PM", NULL},
        {"11/29/2017 13:27 PM", NULL},
        {"10.10.10.1", NULL},
        {"12345", NULL},
        {"2018", NULL},
        {"2018:db8::1 15:20:40", NULL},
        {"2023:13:08-15:20:40", NULL},
        {"2023-01-13T10:10:16++5:00", NULL},
        {"2024-03-04T11:45:20+00:00Zulu", NULL},
        {"Mars 11 22:14:15", NULL},
        {"2003-10-11T22:14:15Z tail", NULL}, /* not the whole value */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed_time time;
        struct slice in = slice_from(cases[i].in);
        if (!cases[i].expected) {
            if (parse_timestamp(in, &time))
                printf("\n    \"%s\" was read as a time\n", cases[i].in);
            CU_ASSERT_FALSE(parse_timestamp(in, &time));
            continue;
        }
        if (!parse_timestamp(in, &time))
            printf("\n    \"%s\" was not read\n", cases[i].in);
        CU_ASSERT_TRUE_FATAL(parse_timestamp(in, &time));
        UNIT_TEXT(parsed_time_text(&time, in, &arena), cases[i].expected);
    }
}

static void prefixes(void)
{
    static const struct {
        const char *in;
        size_t used; /* 0: no time */
    } cases[] = {
        {"Oct 11 22:14:15 mymachine su: x", 15},
        {"Oct 11 22:14:15 su: x", 15},
        {"Oct 11 22:14:15 2001:db8::1 x", 15},
        {"Oct 11 22:14:15 2026 host", 20},
        {"Aug 12 2023 12:14:24.412 mdt: %IOSXE", 28},
        {"Oct 11 22:14:15 -bash: x", 15},
        {"2006-10-29T02:00:00.156+01:00 bzorp", 29},
        {"Apr 15 2007 21:28:13: %PIX", 20},
        {"Oct 11 22:14:15 est.example.net x", 15},
        {"1,2018/10/05 09:52:14", 0},
        {"Oct 11 22:14:15 est-gw x", 15},
        {"Oct 11 22:14:15 est_gw x", 15},
        {"Oct 11 22:14:15 est/1 x", 15},
        {"Oct 11 22:14:15 est=1 x", 15},
        {"Oct 11 22:14:15 est1 x", 15},
        {"Oct 11 22:14:15 pma: x", 15},
        {"Apr 15 21:28:13 2007:", 20},
        {"Apr 15 21:28:13 2007\tx", 20},
        {"Apr 15 21:28:13 2007:x", 15},
        {"Apr 15 21:28:13 2007", 20},
        {"Wed ", 0},
        {"Wed 241 Nov 2026 04:05:06", 0},
        {"Oct 11 22:14:15\tsu: x", 15},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed_time time;
        size_t used = 0;
        CU_ASSERT_EQUAL(parse_timestamp_prefix(slice_from(cases[i].in), &time, &used),
                        cases[i].used > 0);
        CU_ASSERT_EQUAL(used, cases[i].used);
    }
}

static void strict_forms(void)
{
    struct parsed_time time;
    CU_ASSERT_TRUE(parse_timestamp_rfc5424(SLICE("2003-10-11T22:14:15.003Z"), &time));
    CU_ASSERT_EQUAL(time.millisecond, 3);
    CU_ASSERT_TRUE(parse_timestamp_rfc5424(SLICE("2003-10-11T22:14:15-23:59"), &time));
    CU_ASSERT_EQUAL(time.offset_s, -(23 * 3600 + 59 * 60));
    static const char *const bad[] = {
        "2003-10-11t22:14:15Z",     "2003-10-11T22:14:15z",         "2003-10-11T22:14:15",
        "2003-10-11T22:14:15.Z",    "2003-10-11T22:14:15.1234567Z", "2003-10-11T22:14:60Z",
        "2003-10-11 22:14:15Z",     "2003-10-11T22:14:15+2:00",     "2003-10-11T22:14:15+24:00",
        "2003-10-11T22:14:15.1.2Z", "2003-10-11T22:14:15+02:60",    "2003-10-11T22:14:15",
        "2003-13-11T22:14:15Z",     "2003-10-11T22:14:15Z+07:00",   "03-10-11T22:14:15Z"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_FALSE(parse_timestamp_rfc5424(slice_from(bad[i]), &time));
    CU_ASSERT_TRUE(parse_timestamp_rfc3164(SLICE("Oct  1 22:14:15 h"), &time));
    CU_ASSERT_FALSE(parse_timestamp_rfc3164(SLICE("Oct 01 22:14:15 h"), &time));
    CU_ASSERT_FALSE(parse_timestamp_rfc3164(SLICE("Oct 1 22:14:15 h"), &time));
    CU_ASSERT_FALSE(parse_timestamp_rfc3164(SLICE("Oct  x 22:14:15 h"), &time));
    CU_ASSERT_FALSE(parse_timestamp_rfc3164(SLICE("Oct 11 22:14:60 h"), &time));
    CU_ASSERT_FALSE(parse_timestamp_rfc3164(SLICE("Feb 30 22:14:15 h"), &time));
}

static int64_t instant(const char *text, const struct zone *zone, const char *received)
{
    struct parsed_time time, at;
    int64_t out_ms = -1, received_ms = 0;
    CU_ASSERT_TRUE_FATAL(parse_timestamp(slice_from(received), &at));
    CU_ASSERT_TRUE(parsed_time_to_ms(&at, NULL, 0, &received_ms));
    CU_ASSERT_TRUE_FATAL(parse_timestamp(slice_from(text), &time));
    CU_ASSERT_TRUE(parsed_time_to_ms(&time, zone, received_ms, &out_ms));
    return out_ms;
}

static void is_at(int64_t ms, const char *expected)
{
    char text[CIVIL_RFC3339_MAX];
    UNIT_TEXT(slice_of(text, civil_format(ms, text)), expected);
}

static void instants(void)
{
    is_at(instant("Dec 31 23:59:59", NULL, "2026-01-01T00:00:05Z"), "2025-12-31T23:59:59.000Z");
    is_at(instant("Jan  1 00:00:01", NULL, "2026-12-31T23:59:59Z"), "2027-01-01T00:00:01.000Z");
    is_at(instant("Jun 15 12:00:00", NULL, "2026-06-15T12:00:00Z"), "2026-06-15T12:00:00.000Z");
    is_at(instant("Feb 29 12:00:00", NULL, "2026-03-01T00:00:00Z"), "2024-02-29T12:00:00.000Z");
    is_at(instant("Feb 29 12:00:00", NULL, "2027-12-01T00:00:00Z"), "2028-02-29T12:00:00.000Z");
    is_at(instant("2026-11-24T04:05:06.789+02:00", NULL, "2000-01-01T00:00:00Z"),
          "2026-11-24T02:05:06.789Z");
    struct zone *zone = zone_open("Asia/Shanghai");
    if (zone) {
        is_at(instant("2026-11-24 04:05:06", zone, "2026-11-24T00:00:00Z"),
              "2026-11-23T20:05:06.000Z");
        is_at(instant("Jan  1 07:59:59", zone, "2026-01-01T00:00:00Z"), "2025-12-31T23:59:59.000Z");
        /* A zone in the message wins over the source's. */
        is_at(instant("2026-11-24 04:05:06Z", zone, "2026-11-24T00:00:00Z"),
              "2026-11-24T04:05:06.000Z");
    }
    zone_free(zone);
    struct parsed_time none = {0};
    int64_t ms;
    CU_ASSERT_FALSE(parsed_time_to_ms(&none, NULL, 0, &ms));
    CU_ASSERT_EQUAL(parsed_time_text(&none, SLICE("Oct 11 22:14:15"), &arena).n, 0);
    /* Of no calendar, with its year and without. */
    struct parsed_time wrong = {.is_set = true, .has_year = true, .year = 2026, .month = 13};
    CU_ASSERT_FALSE(parsed_time_to_ms(&wrong, NULL, 0, &ms));
    wrong.has_year = false;
    CU_ASSERT_FALSE(parsed_time_to_ms(&wrong, NULL, 0, &ms));
    is_at(instant("Feb 28 12:00:00", NULL, "2026-03-01T00:00:00Z"), "2026-02-28T12:00:00.000Z");
}

static void touch(struct slice s, void *context)
{
    struct parsed_time time;
    size_t used;
    int64_t ms;
    (void)context;
    if (parse_timestamp_prefix(s, &time, &used)) {
        CU_ASSERT(used <= s.n);
        CU_ASSERT_TRUE(parsed_time_to_ms(&time, NULL, 0, &ms));
    }
    parse_timestamp(s, &time);
    parse_timestamp_rfc5424(s, &time);
    parse_timestamp_rfc3164(s, &time);
}

static void damage(void)
{
    static const char *const texts[] = {
        "*Oct 11 2026 22:14:15.123 CEST: %X", "2003-08-24T05:14:15.000003-07:00",
        "11/29/2017 2:27 PM (UTC)", "1794000000123", "2017/11/2 12:46:44 GMT+00:00"};
    struct guard g = guard_new(128);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        guard_truncate(&g, slice_from(texts[i]), touch, NULL);
        guard_flip(&g, slice_from(texts[i]), touch, NULL);
    }
    guard_free(&g);
}

/* An absent text has no address; not even nothing may be added to it. */
static void nothing(void)
{
    struct parsed_time time;
    size_t used;
    CU_ASSERT_FALSE(parse_timestamp(SLICE_NONE, &time));
    CU_ASSERT_FALSE(parse_timestamp_prefix(SLICE_NONE, &time, &used));
    CU_ASSERT_FALSE(parse_epoch_prefix(SLICE_NONE, &time, &used));
    CU_ASSERT_FALSE(parse_timestamp_rfc5424(SLICE_NONE, &time));
    CU_ASSERT_FALSE(parse_timestamp_rfc3164(SLICE_NONE, &time));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"forms", forms},       {"prefixes", prefixes}, {"strict forms", strict_forms},
        {"instants", instants}, {"damage", damage},     {"nothing", nothing},
        CU_TEST_INFO_NULL,
    };
    arena_init(&arena, 0);
    int status = unit_run("timestamp", tests);
    arena_fini(&arena);
    return status;
}
