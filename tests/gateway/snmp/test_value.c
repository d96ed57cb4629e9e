/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OIDs and values of the wire. */
#include "gateway/snmp/value.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/utf8.h"
#include "tests/support/suite.h"

static void test_oids(void)
{
    static const char *const good[] = {"1.3", "1.3.6.1.4.1.8072", "0.0", "2.4294967295.0"};
    static const char *const bad[] = {"",     ".",    "1",    "1.",    "1..3",
                                      "1.3.", "1.x",  "1.-3", "a.b",   "1.4294967296",
                                      "1.+3", " 1.3", "1.3 ", "..1.3", "1.3.18446744073709551617"};
    struct gwsnmp_oid oid;
    char text[GWSNMP_OID_TEXT_MAX];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        CU_ASSERT_FATAL(gwsnmp_oid_parse(slice_from(good[i]), &oid));
        CU_ASSERT_EQUAL(gwsnmp_oid_format(oid.v, oid.n, text), strlen(good[i]));
        CU_ASSERT_STRING_EQUAL(text, good[i]);
    }
    CU_ASSERT(gwsnmp_oid_parse(SLICE(".1.3.6"), &oid) && oid.n == 3);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bool is_taken = gwsnmp_oid_parse(slice_from(bad[i]), &oid);
        if (is_taken)
            printf("\n    '%s' was taken\n", bad[i]);
        CU_ASSERT_FALSE(is_taken);
    }
}

/* 128 arcs of the greatest number fit everywhere; one more is refused. */
static void test_longest(void)
{
    struct gwsnmp_oid oid;
    char text[GWSNMP_OID_TEXT_MAX], longer[GWSNMP_OID_TEXT_MAX + 16];
    size_t n = 0;
    for (int i = 0; i < GWSNMP_OID_MAX; i++)
        n += (size_t)snprintf(longer + n, sizeof longer - n, "%s4294967295", i ? "." : "");
    CU_ASSERT_FATAL(gwsnmp_oid_parse(slice_of(longer, n), &oid));
    CU_ASSERT_EQUAL(oid.n, GWSNMP_OID_MAX);
    CU_ASSERT_EQUAL(gwsnmp_oid_format(oid.v, oid.n, text), n);
    CU_ASSERT_STRING_EQUAL(text, longer);
    memcpy(longer + n, ".1", 3);
    CU_ASSERT_FALSE(gwsnmp_oid_parse(slice_from(longer), &oid));
}

static void test_order(void)
{
    /* In order: a prefix first, arcs as numbers without sign. */
    static const char *const order[] = {
        "1.3",    "1.3.0",          "1.3.1",          "1.3.1.4294967295", "1.3.2",
        "1.3.10", "1.3.2147483647", "1.3.2147483648", "1.3.4294967295",   "1.4",
        "2.0"};
    struct gwsnmp_oid a, b;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        for (size_t k = 0; k < sizeof order / sizeof *order; k++) {
            gwsnmp_oid_parse(slice_from(order[i]), &a);
            gwsnmp_oid_parse(slice_from(order[k]), &b);
            int seen = gwsnmp_oid_compare(a.v, a.n, b.v, b.n);
            CU_ASSERT_EQUAL((seen > 0) - (seen < 0), (i > k) - (i < k));
        }
    CU_ASSERT(gwsnmp_oid_compare(a.v, 0, b.v, 1) < 0);
}

static void expect_date(int64_t ms, const char *octets)
{
    struct gwsnmp_value value;
    gwsnmp_set_date(&value, ms);
    CU_ASSERT_EQUAL(value.type, GWSNMP_OCTETS);
    CU_ASSERT(slice_equal(value.octets, slice_of(octets, GWSNMP_DATE_SIZE)));
}

static void test_dates(void)
{
    expect_date(INT64_C(1795493471987), "\x07\xea\x0b\x18\x04\x0b\x0b\x09+\0\0");
    expect_date(INT64_C(951782399999), "\x07\xd0\x02\x1c\x17\x3b\x3b\x09+\0\0");
    expect_date(INT64_C(951782400000), "\x07\xd0\x02\x1d\0\0\0\0+\0\0"); /* 2000 is a leap year */
    expect_date(0, "\0\0\x01\x01\0\0\0\0+\0\0");
    expect_date(-1, "\0\0\x01\x01\0\0\0\0+\0\0");
    expect_date(1, "\x07\xb2\x01\x01\0\0\0\0+\0\0");
}

static void test_numbers(void)
{
    struct gwsnmp_value value;
    gwsnmp_set_gauge(&value, UINT64_C(4294967296));
    CU_ASSERT(value.type == GWSNMP_GAUGE && value.gauge == UINT32_MAX);
    gwsnmp_set_gauge(&value, UINT32_MAX);
    CU_ASSERT_EQUAL(value.gauge, UINT32_MAX);
    gwsnmp_set_integer(&value, INT32_MIN);
    CU_ASSERT(value.type == GWSNMP_INTEGER && value.integer == INT32_MIN);
    gwsnmp_set_counter(&value, UINT32_MAX);
    CU_ASSERT(value.type == GWSNMP_COUNTER && value.gauge == UINT32_MAX);
    gwsnmp_set_counter64(&value, UINT64_MAX);
    CU_ASSERT(value.type == GWSNMP_COUNTER64 && value.counter64 == UINT64_MAX);
    gwsnmp_set_truth(&value, false);
    CU_ASSERT_EQUAL(value.integer, 2);
}

/* At most 255 octets, never a part of a character. */
static void test_texts(void)
{
    struct gwsnmp_value value;
    char text[400];
    for (size_t shift = 0; shift < 4; shift++) {
        size_t n = shift;
        memset(text, 'a', shift);
        for (; n + 3 < sizeof text; n += 3)
            memcpy(text + n, "\xe7\x97\x85", 3);
        gwsnmp_set_text(&value, slice_of(text, n));
        CU_ASSERT(value.octets.n <= 255 && value.octets.n > 251);
        CU_ASSERT(utf8_is_valid(value.octets));
    }
    gwsnmp_set_text(&value, SLICE_NONE);
    CU_ASSERT(value.type == GWSNMP_OCTETS && value.octets.n == 0);
}

static void test_index(void)
{
    uint32_t arcs[8] = {0};
    CU_ASSERT_EQUAL(gwsnmp_index_text(arcs, 8, SLICE("a\xff")), 3);
    CU_ASSERT(arcs[0] == 2 && arcs[1] == 'a' && arcs[2] == 255);
    CU_ASSERT_EQUAL(gwsnmp_index_text(arcs, 8, SLICE_NONE), 1);
    CU_ASSERT_EQUAL(arcs[0], 0);
    CU_ASSERT_EQUAL(gwsnmp_index_text(arcs, 3, SLICE("abcdef")), 3);
    CU_ASSERT(arcs[0] == 2 && arcs[2] == 'b');
    CU_ASSERT_EQUAL(gwsnmp_index_text(arcs, 1, SLICE("abc")), 1);
    CU_ASSERT_EQUAL(gwsnmp_index_text(arcs, 0, SLICE("abc")), 0);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"OIDs", test_oids},      {"the longest OID", test_longest}, {"order", test_order},
        {"dates", test_dates},    {"numbers", test_numbers},         {"texts", test_texts},
        {"an index", test_index},
    };
    return suite_run("snmp value", tests, sizeof tests / sizeof *tests);
}
