/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Zones: a made file against known offsets, damage, and the system's zoneinfo where it is
 * installed. */
#include "gateway/base/buf.h"
#include "gateway/base/civil.h"
#include "gateway/base/zone.h"
#include "tests/support/guard.h"
#include "tests/support/unit.h"

static int64_t utc(int year, int month, int day, int hour, int minute)
{
    struct civil civil = {.year = year, .month = month, .day = day, .hour = hour, .minute = minute};
    return civil_to_ms(&civil);
}

static void be(struct buf *out, uint64_t value, int bytes)
{
    while (bytes--)
        buf_byte(out, (char)(value >> (bytes * 8)));
}

static void block(struct buf *out, int time_size, char version)
{
    buf_append(out, "TZif", 4);
    buf_byte(out, version);
    buf_append(out, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);
    const uint64_t counts[] = {0, 0, 0, 2, 3, 4};
    for (int i = 0; i < 6; i++)
        be(out, counts[i], 4);
    be(out, (uint64_t)-1000000000, time_size);
    be(out, 1000000000, time_size); /* 2001-09-09T01:46:40Z */
    buf_append(out, "\x01\x02", 2);
    const int32_t offsets[] = {1234, 7200, 3600};
    for (int i = 0; i < 3; i++) {
        be(out, (uint32_t)offsets[i], 4);
        buf_append(out, "\0\0", 2);
    }
    buf_append(out, "ABC", 4);
}

static void make(struct buf *out, const char *footer)
{
    buf_clear(out);
    block(out, 4, '2');
    block(out, 8, '2');
    buf_printf(out, "\n%s\n", footer);
}

static void made_file(void)
{
    struct buf file = {0};
    make(&file, "CET-1CEST,M3.5.0,M10.5.0/3");
    struct zone *z = zone_read(buf_get(&file));
    CU_ASSERT_PTR_NOT_NULL_FATAL(z);
    CU_ASSERT_EQUAL(zone_offset_at_utc(z, -2000000000000), 1234);
    CU_ASSERT_EQUAL(zone_offset_at_utc(z, 0), 7200);
    CU_ASSERT_EQUAL(zone_offset_at_utc(z, 999999999999), 7200);
    CU_ASSERT_EQUAL(zone_offset_at_utc(z, utc(2026, 1, 1, 0, 0)), 3600);
    CU_ASSERT_EQUAL(zone_offset_at_utc(z, utc(2026, 7, 1, 0, 0)), 7200);
    /* Last Sunday of March 2026: the 29th, 01:00 UTC; of October: the 25th. */
    CU_ASSERT_EQUAL(zone_offset_at_utc(z, utc(2026, 3, 29, 1, 0) - 1), 3600);
    CU_ASSERT_EQUAL(zone_offset_at_utc(z, utc(2026, 3, 29, 1, 0)), 7200);
    CU_ASSERT_EQUAL(zone_offset_at_utc(z, utc(2026, 10, 25, 1, 0) - 1), 7200);
    CU_ASSERT_EQUAL(zone_offset_at_utc(z, utc(2026, 10, 25, 1, 0)), 3600);
    CU_ASSERT_EQUAL(zone_offset_at_utc(z, utc(2499, 7, 1, 0, 0)), 7200);
    /* The gap, 02:00 to 03:00: the offset before it. The doubled hour: its first time. */
    CU_ASSERT_EQUAL(zone_local_to_utc(z, utc(2026, 3, 29, 2, 30)), utc(2026, 3, 29, 1, 30));
    CU_ASSERT_EQUAL(zone_local_to_utc(z, utc(2026, 3, 29, 3, 0)), utc(2026, 3, 29, 1, 0));
    CU_ASSERT_EQUAL(zone_local_to_utc(z, utc(2026, 3, 29, 1, 59)), utc(2026, 3, 29, 0, 59));
    CU_ASSERT_EQUAL(zone_local_to_utc(z, utc(2026, 10, 25, 2, 30)), utc(2026, 10, 25, 0, 30));
    CU_ASSERT_EQUAL(zone_local_to_utc(z, utc(2026, 10, 25, 3, 0)), utc(2026, 10, 25, 2, 0));
    CU_ASSERT_EQUAL(zone_local_to_utc(z, utc(2026, 7, 1, 12, 0)), utc(2026, 7, 1, 10, 0));
    zone_free(z);
    buf_free(&file);
}

static void footers(void)
{
    struct buf file = {0};
    static const struct {
        const char *footer;
        int january_s, july_s;
    } cases[] = {
        {"<+0545>-5:45", 20700, 20700},
        {"NZST-12NZDT,M9.5.0,M4.1.0/3", 46800, 43200},     /* south: summer spans the year's end */
        {"IST-1GMT0,M10.5.0,M3.5.0/1", 0, 3600},           /* Ireland's negative saving */
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -7200, -3600}, /* hours below zero */
        {"XXX3YYY4:30,J60,J300", -10800, -16200},
        {"XXX3YYY,0/0,365/167", -7200, -7200}, /* saving all year */
        {"", 3600, 3600},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make(&file, cases[i].footer);
        struct zone *z = zone_read(buf_get(&file));
        CU_ASSERT_PTR_NOT_NULL_FATAL(z);
        CU_ASSERT_EQUAL(zone_offset_at_utc(z, utc(2030, 1, 15, 12, 0)), cases[i].january_s);
        CU_ASSERT_EQUAL(zone_offset_at_utc(z, utc(2030, 7, 15, 12, 0)), cases[i].july_s);
        zone_free(z);
    }
    static const char *const bad[] = {"C",
                                      "CET",
                                      "CET-1CEST",
                                      "CET-1CEST,M3.5.0",
                                      "CET-25",
                                      "CET-1CEST,M13.1.0,M1.1.0",
                                      "CET-1CEST,M3.5.7,M10.5.0",
                                      "CET-1CEST,J0,J1",
                                      "CET-1 ",
                                      "<CET-1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        make(&file, bad[i]);
        CU_ASSERT_PTR_NULL(zone_read(buf_get(&file)));
    }
    buf_free(&file);
}

static void try_read(struct slice s, void *context)
{
    unsigned *good = context;
    struct zone *z = zone_read(s);
    *good += z != NULL;
    if (z) {
        int offset_s = zone_offset_at_utc(z, utc(2030, 7, 15, 12, 0));
        CU_ASSERT(offset_s >= -26 * 3600 && offset_s <= 26 * 3600);
    }
    zone_free(z);
}

static void damage(void)
{
    struct buf file = {0};
    struct guard g = guard_new(4096);
    unsigned good = 0;
    make(&file, "CET-1CEST,M3.5.0,M10.5.0/3");
    guard_truncate(&g, buf_get(&file), try_read, &good);
    CU_ASSERT_EQUAL(good, 1); /* the whole file alone */
    guard_flip(&g, buf_get(&file), try_read, &good);
    guard_free(&g);
    buf_free(&file);
}

static void names(void)
{
    CU_ASSERT_PTR_NULL(zone_open(""));
    CU_ASSERT_PTR_NULL(zone_open("/etc/passwd"));
    CU_ASSERT_PTR_NULL(zone_open("../zoneinfo/UTC"));
    CU_ASSERT_PTR_NULL(zone_open("Asia/../Asia/Shanghai"));
    CU_ASSERT_PTR_NULL(zone_open("Asia/No_Such_Town"));
    CU_ASSERT_PTR_NULL(zone_open("Asia")); /* a folder */
    CU_ASSERT_PTR_NULL(zone_open("zone.tab"));
    struct zone *z = zone_open("UTC");
    CU_ASSERT_PTR_NOT_NULL(z);
    CU_ASSERT_EQUAL(zone_offset_at_utc(z, 0), 0);
    zone_free(z);
    zone_free(NULL);
    CU_ASSERT_EQUAL(zone_offset_at_utc(NULL, 0), 0);
    CU_ASSERT_EQUAL(zone_local_to_utc(NULL, 77), 77);
}

static void system_zones(void)
{
    if (access("/usr/share/zoneinfo/Asia/Shanghai", R_OK) != 0) {
        printf("no zoneinfo here ");
        return;
    }
    struct zone *z = zone_open("Asia/Shanghai");
    CU_ASSERT_PTR_NOT_NULL_FATAL(z);
    CU_ASSERT_EQUAL(zone_offset_at_utc(z, utc(2026, 11, 24, 0, 0)), 8 * 3600);
    CU_ASSERT_EQUAL(zone_offset_at_utc(z, utc(1988, 7, 1, 0, 0)), 9 * 3600);
    zone_free(z);
    z = zone_open("America/New_York");
    CU_ASSERT_PTR_NOT_NULL_FATAL(z);
    CU_ASSERT_EQUAL(zone_offset_at_utc(z, utc(2026, 7, 1, 0, 0)), -4 * 3600);
    CU_ASSERT_EQUAL(zone_offset_at_utc(z, utc(2077, 1, 1, 0, 0)), -5 * 3600);
    zone_free(z);
    /* The bytes say the same without the file. */
    struct buf bytes = {0};
    zone_free(zone_open_bytes("America/New_York", &bytes));
    z = zone_read(buf_get(&bytes));
    CU_ASSERT_PTR_NOT_NULL_FATAL(z);
    CU_ASSERT_EQUAL(zone_offset_at_utc(z, utc(2026, 7, 1, 0, 0)), -4 * 3600);
    zone_free(z);
    CU_ASSERT_PTR_NULL(zone_open_bytes("zone.tab", &bytes)); /* it is there, and no zone */
    CU_ASSERT_EQUAL(bytes.n, 0);
    CU_ASSERT_PTR_NULL(zone_open_bytes("../zoneinfo/UTC", &bytes));
    CU_ASSERT_EQUAL(bytes.n, 0);
    buf_free(&bytes);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a made file", made_file}, {"footers", footers},           {"damage", damage},
        {"names", names},           {"system zones", system_zones}, CU_TEST_INFO_NULL,
    };
    return unit_run("zone", tests);
}
