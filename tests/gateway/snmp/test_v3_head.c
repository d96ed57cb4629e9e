/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is told of a message is told of the whole one alone, never of a beginning of it. */
#include "gateway/snmp/v3_head.h"

#include <CUnit/Basic.h>

#include "tests/support/suite.h"

#define V3_FLAGS(whole_, flags_)                                                                   \
    "\x30" whole_ "\x02\x01\x03\x30\x0d\x02\x01\x01\x02\x02\x05\xdc\x04\x01" flags_ "\x02\x01\x03"
#define V3_HEAD(whole_) V3_FLAGS(whole_, "\x00")

static void test_is_authenticated(void)
{
    static const struct {
        struct slice message;
        bool is_authenticated;
    } rows[] = {
        {SLICE(V3_FLAGS("\x1e", "\x01") "\x04\x02\x30\x00\x30\x06\x04\x00\x04\x00\xa2\x00"), true},
        {SLICE(V3_FLAGS("\x1e", "\x03") "\x04\x02\x30\x00\x04\x06\x04\x00\x04\x00\xa2\x00"), true},
        {SLICE(V3_FLAGS("\x1e", "\x04") "\x04\x02\x30\x00\x30\x06\x04\x00\x04\x00\xa2\x00"), false},
        {SLICE("\x30\x0b\x02\x01\x01\x04\x02pu\xa2\x02\x05\x00"), false},
        {SLICE("\x30\x0c\x02\x01\x03\x30\x07\x02\x01\x01\x02\x02\x05\xdc"), false},
        {SLICE("\x30\x0e\x02\x01\x03\x30\x09\x02\x01\x01\x02\x02\x05\xdc\x04\x00"), false},
        {SLICE_NONE, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CU_ASSERT_EQUAL(gwsnmp_is_authenticated(rows[i].message), rows[i].is_authenticated);
        for (size_t n = 0; n < rows[i].message.n; n++)
            CU_ASSERT(!gwsnmp_is_authenticated(slice_head(rows[i].message, n)));
    }
}

static void test_is_report(void)
{
    static const struct {
        struct slice message;
        bool is_report;
    } rows[] = {
        {SLICE(V3_HEAD("\x1e") "\x04\x02\x30\x00\x30\x06\x04\x00\x04\x00\xa8\x00"), true},
        {SLICE("\x30\x81\x1e"
               "\x02\x01\x03\x30\x0d\x02\x01\x01\x02\x02\x05\xdc\x04\x01\x00\x02\x01\x03"
               "\x04\x02\x30\x00\x30\x06\x04\x00\x04\x00\xa8\x00"),
         true},
        {SLICE(V3_HEAD("\x1e") "\x04\x02\x30\x00\x30\x06\x04\x00\x04\x00\xa2\x00"), false},
        {SLICE(V3_HEAD("\x1e") "\x04\x02\x30\x00\x04\x06\x04\x00\x04\x00\xa8\x00"), false},
        {SLICE("\x30\x0b\x02\x01\x01\x04\x02pu\xa8\x02\x05\x00"), false},
        {SLICE_NONE, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CU_ASSERT_EQUAL(gwsnmp_is_report(rows[i].message), rows[i].is_report);
        for (size_t n = 0; n < rows[i].message.n; n++)
            CU_ASSERT(!gwsnmp_is_report(slice_head(rows[i].message, n)));
    }
}

static void test_is_of_other_version(void)
{
    static const struct {
        struct slice message;
        bool is_other;
    } rows[] = {
        {SLICE("\x30\x03\x02\x01\x02"), true},
        {SLICE("\x30\x03\x02\x01\xff"), true},
        {SLICE("\x30\x06\x02\x04\x7f\xff\xff\xff"), true},
        {SLICE("\x30\x03\x02\x01\x00"), false},
        {SLICE("\x30\x03\x02\x01\x01"), false},
        {SLICE("\x30\x03\x02\x01\x03"), false},
        {SLICE("\x30\x02\x02\x00"), false},
        {SLICE("\x30\x03\x04\x01\x02"), false},
        {SLICE("\x31\x03\x02\x01\x02"), false},
        {SLICE_NONE, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CU_ASSERT_EQUAL(gwsnmp_is_of_other_version(rows[i].message), rows[i].is_other);
        for (size_t n = 0; n < rows[i].message.n; n++)
            CU_ASSERT(!gwsnmp_is_of_other_version(slice_head(rows[i].message, n)));
    }
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"another version", test_is_of_other_version},
        {"what is authenticated", test_is_authenticated},
        {"what is a report", test_is_report},
    };
    return suite_run("v3_head", tests, sizeof tests / sizeof *tests);
}
