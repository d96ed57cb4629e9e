/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an agent says can forge neither performance data nor lines of the plugin's output. */
#include "gateway/ctl/check_text.h"

#include "gateway/base/utf8.h"
#include "tests/support/unit.h"

static void expect_text(struct slice in, const char *expected)
{
    struct buf out = {0};
    buf_slice(&out, SLICE("> "));
    check_add_text(&out, in);
    UNIT_TEXT(slice_skip(buf_get(&out), 2), expected);
    buf_free(&out);
}

static void test_text(void)
{
    expect_text(SLICE(""), "");
    expect_text(SLICE("10 hosts"), "10 hosts");
    expect_text(SLICE("病毒 0.5 %"), "病毒 0.5 %");
    expect_text(SLICE("a|'outbreak'=0;5;10"), "a/'outbreak'=0;5;10");
    expect_text(SLICE("a\nOK: all is well\r\n"), "a OK: all is well");
    expect_text(SLICE("\x1b[2J\x7f red \0 end"), "[2J  red   end");
    expect_text(SLICE("a\xc2\x85"
                      "b\xc2\x9b"
                      "c"),
                "a b c"); /* C1 controls */
    expect_text(SLICE("a\xe2\x80\xa8"
                      "b\xe2\x80\xae"
                      "c\xe2\x81\xa6"),
                "a b c"); /* U+2028, 202E */
    expect_text(SLICE("\xff\xfe"
                      "a\xc3"),
                "??a?");
    expect_text(SLICE("\t \n"), "");
}

/* Every byte, and every pair with a lead byte: the output is UTF-8 on one line without a bar. */
static void test_any_bytes(void)
{
    struct buf out = {0};
    for (unsigned a = 0; a < 256; a++)
        for (unsigned b = 0; b < 256; b++) {
            char in[4] = {(char)a, (char)b, (char)0x80, 'x'};
            buf_clear(&out);
            check_add_text(&out, slice_of(in, sizeof in));
            bool is_harmless = utf8_is_valid(buf_get(&out));
            for (size_t i = 0; i < out.n; i++)
                is_harmless &=
                    (unsigned char)out.p[i] >= 0x20 && out.p[i] != '|' && out.p[i] != 0x7f;
            if (!is_harmless)
                CU_FAIL("bytes got through");
        }
    buf_free(&out);
}

static void expect_value(const char *label, bool is_known, int32_t value, const char *unit,
                         int32_t warning, int32_t critical, const char *expected)
{
    struct buf out = {0};
    check_add_value(&out, slice_from(label), is_known, value, slice_from(unit), warning, critical);
    UNIT_TEXT(buf_get(&out), expected);
    buf_free(&out);
}

static void test_values(void)
{
    expect_value("outbreak", true, 7, "hosts", 5, 10, "'outbreak'=7;5;10;0");
    expect_value("outbreak", false, 0, "hosts", 5, 10, "'outbreak'=U;5;10;0");
    expect_value("engine-outdated", true, 1, "versions", 1, -1, "'engine-outdated'=1;1;;0");
    expect_value("product-offline", true, 0, "products", -1, 1, "'product-offline'=0;;1;0");
    expect_value("infection-level", true, 505, "0.01 %", 100, 500,
                 "'infection-level'=5.05%;1.00;5.00;0;100");
    expect_value("install-rate", true, 9000, "0.01 %", 9500, 8500,
                 "'install-rate'=90.00%;95.00:;85.00:;0;100");
    expect_value("x", true, -105, "0.01 %", -1, -1, "'x'=-1.05%;;;0;100");
    expect_value("a' b=1 'c", true, INT32_MIN, "", INT32_MAX, -1,
                 "'a__b_1__c'=-2147483648;2147483647;;0");
    expect_value("", true, 1, "", -1, -1, "'value'=1;;;0");
}

static void test_counts(void)
{
    struct buf out = {0};
    check_add_count(&out, "critical", UINT32_MAX);
    UNIT_TEXT(buf_get(&out), "'critical'=4294967295;;;0");
    buf_free(&out);
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"texts", test_text},
                                        {"any bytes", test_any_bytes},
                                        {"values", test_values},
                                        {"counts", test_counts},
                                        CU_TEST_INFO_NULL};
    return unit_run("check_text", tests);
}
