/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message as a row: times, texts and parameters of every kind, to the MIB's sizes. */
#include "gateway/agent/syslog_row.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/utf8.h"
#include "parsers/syslog.h"
#include "tests/support/unit.h"

#define RECEIVED INT64_C(1795478400000) /* 2026-11-24T00:00:00Z */

static struct arena arena;

static struct syslog_row *row_at(struct slice message, int64_t received_ms, uint64_t sequence)
{
    static struct fields fields;
    arena_reset(&arena);
    parse_syslog(message, NULL, &arena, &fields);
    return syslog_row_new(&fields.syslog, received_ms, sequence);
}

static struct syslog_row *row_of(const char *message)
{
    return row_at(slice_from(message), RECEIVED, 1);
}

/* ---- times ---- */

static void check_time(const char *stamp, const char *hex, int64_t received_ms)
{
    char message[128], seen[2 * SYSLOG_TIME_MAX + 1] = "";
    snprintf(message, sizeof message, "<11>%s", stamp);
    struct syslog_row *row = row_at(slice_from(message), received_ms, 1);
    for (size_t i = 0; i < row->n_time; i++)
        snprintf(seen + 2 * i, 3, "%02x", (unsigned)(unsigned char)row->time[i]);
    unit_text(slice_from(seen), hex, stamp, (unsigned)__LINE__);
    syslog_row_put(row);
}

static void test_time(void)
{
    /* year 07ea = 2026, month, day, hour, minute, second, 3 octets of microseconds, zone */
    check_time("1 2026-11-24T04:12:20Z h a - - - m", "07ea0b18040c140000002b0000", RECEIVED);
    check_time("1 2026-11-24T04:12:20.5Z h a - - - m", "07ea0b18040c1407a1202b0000", RECEIVED);
    check_time("1 2026-11-24T04:12:20.000001Z h a - - - m", "07ea0b18040c140000012b0000", RECEIVED);
    check_time("1 2026-11-24T04:12:20.999999+05:30 h a - - - m", "07ea0b18040c140f423f2b051e",
               RECEIVED);
    check_time("1 2026-11-24T00:00:00-03:30 h a - - - m", "07ea0b180000000000002d031e", RECEIVED);
    check_time("1 2026-11-24T00:00:00-00:00 h a - - - m", "07ea0b180000000000002b0000", RECEIVED);
    /* 14 hours are more than the zone's field may say: UTC then */
    check_time("1 2026-11-24T04:12:20+14:00 h a - - - m", "07ea0b170e0c140000002b0000", RECEIVED);
    check_time("1 2026-11-24T04:12:20-14:30 h a - - - m", "07ea0b18122a140000002b0000", RECEIVED);
    /* NILVALUE */
    check_time("1 - h a - - - m", "", RECEIVED);
    /* RFC 3164: no zone, no year; the year is the nearest */
    check_time("Oct 11 22:14:15 h a: m", "07ea0a0b160e0f000000", RECEIVED);
    check_time("Dec 31 23:59:59 h a: m", "07ea0c1f173b3b000000", INT64_C(1798761605000));
    check_time("Jan  1 00:00:01 h a: m", "07eb0101000001000000", INT64_C(1798761540000));
    /* Cisco's, with milliseconds */
    check_time("Oct 11 22:14:15.123: %SYS-5-X: m", "07ea0a0b160e0f01e078", RECEIVED);
    check_time("no time at all", "", RECEIVED);
}

static void test_leap_second(void)
{
    char out[SYSLOG_TIME_MAX];
    struct parsed_time time = {.is_set = true,
                               .has_year = true,
                               .has_zone = true,
                               .year = 2016,
                               .month = 12,
                               .day = 31,
                               .hour = 23,
                               .minute = 59,
                               .second = 60};
    CU_ASSERT_EQUAL(syslog_row_time(&time, SLICE_NONE, false, RECEIVED, out), 13);
    CU_ASSERT_EQUAL(memcmp(out, "\x07\xe0\x0c\x1f\x17\x3b\x3c\0\0\0+\0\0", 13), 0);
    time.offset_s = 14 * 3600;
    CU_ASSERT_EQUAL(syslog_row_time(&time, SLICE_NONE, false, RECEIVED, out), 13);
    CU_ASSERT_EQUAL(memcmp(out, "\x07\xe0\x0c\x1f\x09\x3b\x3c\0\0\0+\0\0", 13), 0);
    time.month = 13;
    CU_ASSERT_EQUAL(syslog_row_time(&time, SLICE_NONE, false, RECEIVED, out), 0);
    time = (struct parsed_time){0};
    CU_ASSERT_EQUAL(syslog_row_time(&time, SLICE_NONE, false, RECEIVED, out), 0);
}

/* ---- texts ---- */

static void test_header(void)
{
    struct syslog_row *row =
        row_of("<187>1 2026-11-24T04:12:20Z h.example app 77 ID1 [a x=\"1\"] \xEF\xBB\xBFtext");
    CU_ASSERT_EQUAL(row->facility, 23);
    CU_ASSERT_EQUAL(row->severity, 3);
    CU_ASSERT_EQUAL(row->version, 1);
    UNIT_TEXT(row->hostname, "h.example");
    UNIT_TEXT(row->appname, "app");
    UNIT_TEXT(row->procid, "77");
    UNIT_TEXT(row->msgid, "ID1");
    UNIT_TEXT(row->msg, "\xEF\xBB\xBFtext");
    syslog_row_put(row);

    row = row_of("<3>1 - - - - - -");
    CU_ASSERT_EQUAL(row->hostname.n + row->appname.n + row->procid.n + row->msgid.n + row->msg.n,
                    0);
    CU_ASSERT_EQUAL(row->n_params + row->n_sent + row->n_time, 0);
    syslog_row_put(row);

    row = row_of("no header at all");
    CU_ASSERT_EQUAL(row->facility, 1);
    CU_ASSERT_EQUAL(row->severity, 5);
    CU_ASSERT_EQUAL(row->version, 0);
    UNIT_TEXT(row->msg, "no header at all");
    syslog_row_put(row);
}

/* Of a header by hand: the parsers would not let these through. */
static void test_oversized(void)
{
    static char big[5000];
    memset(big, 'x', sizeof big);
    struct slice all = slice_of(big, sizeof big);
    struct syslog_header header = {
        .pri = -1, .hostname = all, .appname = all, .procid = all, .msgid = all, .msg = all};
    struct syslog_row *row = syslog_row_new(&header, RECEIVED, 1);
    CU_ASSERT_EQUAL(row->hostname.n, 255);
    CU_ASSERT_EQUAL(row->appname.n, 48);
    CU_ASSERT_EQUAL(row->procid.n, 128);
    CU_ASSERT_EQUAL(row->msgid.n, 32);
    CU_ASSERT_EQUAL(row->msg.n, SYSLOG_TEXT_MAX);
    syslog_row_put(row);

    /* Of UTF-8 no character is cut; of anything else any octet may be the last. */
    for (size_t i = 0; i + 3 <= sizeof big; i += 3)
        memcpy(big + i, "\xE7\x97\x85", 3);
    header.msg = slice_of(big, 3999);
    row = syslog_row_new(&header, RECEIVED, 1);
    CU_ASSERT_EQUAL(row->msg.n, 1023);
    CU_ASSERT(utf8_is_valid(row->msg));
    syslog_row_put(row);
    header.msg = slice_of(big, 4000);
    row = syslog_row_new(&header, RECEIVED, 1);
    CU_ASSERT_EQUAL(row->msg.n, 1024);
    syslog_row_put(row);
}

static void test_bytes(void)
{
    static const char message[] = "<11>1 - h\xFF\x01st \xE7\x97\x85 - - [a x=\"\xE7\x97\x85\xFF\"] "
                                  "m\0\xFFsg";
    struct syslog_row *row = row_at(slice_of(message, sizeof message - 1), RECEIVED, 1);
    UNIT_TEXT(row->hostname, "h??st");
    UNIT_TEXT(row->appname, "???");
    CU_ASSERT(slice_equal(row->msg, slice_of("m\0\xFFsg", 5)));
    CU_ASSERT_EQUAL_FATAL(row->n_params, 1);
    UNIT_TEXT(row->params[0].value, "\xE7\x97\x85\xEF\xBF\xBD");
    syslog_row_put(row);
}

/* ---- structured data ---- */

static void test_params(void)
{
    struct syslog_row *row =
        row_of("<11>1 - h a - - [a@32473 x=\"1\" y=\"a\\]\\\"\\\\b\\c\"][empty]"
               "[b x=\"1\" x=\"\"] m");
    CU_ASSERT_EQUAL(row->n_sent, 4);
    CU_ASSERT_EQUAL_FATAL(row->n_params, 4);
    UNIT_TEXT(row->params[1].id, "a@32473");
    UNIT_TEXT(row->params[1].name, "y");
    UNIT_TEXT(row->params[1].value, "a]\"\\b\\c");
    UNIT_TEXT(row->params[2].id, "b");
    UNIT_TEXT(row->params[3].name, "x");
    UNIT_TEXT(row->params[3].value, "");
    syslog_row_put(row);
}

/* n parameters of a value of n_value octets. */
static char *many(size_t n, size_t n_value)
{
    char *text = gw_alloc(64 + n * (n_value + 16)), *p = text;
    p += sprintf(p, "<11>1 - h a - - [many");
    for (size_t i = 0; i < n; i++) {
        p += sprintf(p, " p%05zu=\"", i);
        memset(p, 'v', n_value);
        p += n_value;
        *p++ = '"';
    }
    memcpy(p, "] m", 4);
    return text;
}

static void test_many_params(void)
{
    static const struct {
        size_t n, n_value, kept, last;
    } cases[] = {
        {64, 1, 64, 1},     {65, 1, 64, 1},     {20000, 0, 64, 0}, {1, 3000, 1, 1024},
        {4, 1100, 4, 1024}, {5, 1024, 4, 1024}, {10, 500, 9, 96},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = many(cases[i].n, cases[i].n_value);
        struct syslog_row *row = row_of(text);
        CU_ASSERT_EQUAL(row->n_sent, cases[i].n);
        CU_ASSERT_EQUAL_FATAL(row->n_params, cases[i].kept);
        CU_ASSERT_EQUAL(row->params[row->n_params - 1].value.n, cases[i].last);
        UNIT_TEXT(row->msg, "m");
        syslog_row_put(row);
        free(text);
    }
    /* Over-long names are cut, as the MIB has no room for them. */
    struct syslog_row *row = row_of("<11>1 - h a - - [abcdefghijabcdefghijabcdefghijabcd "
                                    "ABCDEFGHIJABCDEFGHIJABCDEFGHIJABCD=\"1\"] m");
    CU_ASSERT_EQUAL_FATAL(row->n_params, 1);
    UNIT_TEXT(row->params[0].id, "abcdefghijabcdefghijabcdefghijab");
    UNIT_TEXT(row->params[0].name, "ABCDEFGHIJABCDEFGHIJABCDEFGHIJAB");
    syslog_row_put(row);
}

static void test_index(void)
{
    CU_ASSERT_EQUAL(syslog_row_index(1), 1);
    CU_ASSERT_EQUAL(syslog_row_index(UINT32_MAX), UINT32_MAX);
    CU_ASSERT_EQUAL(syslog_row_index(UINT64_C(1) << 32), 1);
    CU_ASSERT_EQUAL(syslog_row_index(UINT64_C(2) * UINT32_MAX), UINT32_MAX);
    CU_ASSERT_EQUAL(syslog_row_index(UINT64_C(2) * UINT32_MAX + 1), 1);
    CU_ASSERT_NOT_EQUAL(syslog_row_index(UINT64_MAX), 0);
}

/* Cut at every octet, and with every octet flipped: bounded whatever comes. */
static void test_hostile(void)
{
    static const char good[] = "<11>1 2026-11-24T04:12:20.123456+05:30 h a 7 ID "
                               "[snmp a=\"1\\]\"][b c=\"\xE7\x97\x85\"] text";
    size_t n = sizeof good - 1;
    for (size_t i = 0; i <= n; i++) {
        syslog_row_put(row_at(slice_of(good, i), RECEIVED, i + 1));
        for (int bit = 0; i < n && bit < 8; bit++) {
            char bad[sizeof good];
            memcpy(bad, good, sizeof good);
            bad[i] = (char)(bad[i] ^ 1 << bit);
            struct syslog_row *row = row_at(slice_of(bad, n), RECEIVED, i + 1);
            CU_ASSERT(row->n_time == 0 || row->n_time == 10 || row->n_time == 13);
            CU_ASSERT(row->facility < 24 && row->severity < 8 && row->version < 1000);
            syslog_row_put(row);
        }
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"times", test_time},
        {"leap seconds", test_leap_second},
        {"the header's fields", test_header},
        {"what is too long", test_oversized},
        {"octets that are no text", test_bytes},
        {"parameters", test_params},
        {"many parameters", test_many_params},
        {"indexes", test_index},
        {"hostile messages", test_hostile},
        CU_TEST_INFO_NULL,
    };
    arena_init(&arena, 0);
    int result = unit_run("SYSLOG-MSG-MIB: a row", tests);
    arena_fini(&arena);
    return result;
}
