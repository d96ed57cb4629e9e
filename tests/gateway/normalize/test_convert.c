/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values as products write them: addresses, versions, hosts, hardware addresses. */
#include "gateway/normalize/convert.h"

#include <stdlib.h>

#include "gateway/base/address.h"
#include "tests/support/guard.h"
#include "tests/support/unit.h"

static struct arena arena;

static void absent(void)
{
    static const char *const yes[] = {"", "-", "N/A", "n/a", "0.0.0.0", "::", "#null#"};
    static const char *const no[] = {"0", "--", "NA", "N/B", "0.0.0.1", ":", "#NULL#", "none"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        CU_ASSERT_TRUE(convert_is_absent(slice_from(yes[i])));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        CU_ASSERT_FALSE(convert_is_absent(slice_from(no[i])));
}

static void addresses(void)
{
    static const char *const yes[] = {
        "0.0.0.0",         "255.255.255.255",  "192.0.2.1",      "::1",
        "2001:db8::1:2:3", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8"};
    static const char *const no[] = {
        "",          "1",          "1.2.3",           "1.2.3.4.5",
        "256.1.1.1", "1.2.3.",     ".1.2.3.4",        "1..2.3",
        "1.2.3.4 ",  "0001.2.3.4", "010.001.002.003", "1.2.3.04",
        "00.0.0.0",  "[::1]",      "fe80::1%eth0",    "1:2:3",
        "::1::",     "g::1",       "xxx.xxx.xxx.xxx", "1:2:3:4:5:6:7:8:9"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        CU_ASSERT_TRUE(convert_is_ip(slice_from(yes[i])));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        CU_ASSERT_FALSE(convert_is_ip(slice_from(no[i])));
    CU_ASSERT_FALSE(convert_is_ip(SLICE("::1\0")));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        CU_ASSERT_FALSE(address_is_ip(slice_from(no[i])));
}

/* Three digits a part, as tables print them, are decimal; other leading zeros are nobody knows
 * what. */
static void padded_addresses(void)
{
    static const char *const none[] = {"010.1.2.3",
                                       "010.001.002.03",
                                       "010.001.002.0030",
                                       "256.001.002.003",
                                       "010.001.002-003",
                                       "01a.001.002.003",
                                       "host",
                                       ""};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        UNIT_TEXT(convert_ip(slice_from(none[i]), &arena), "");
    UNIT_TEXT(convert_ip(SLICE("192.0.2.1"), &arena), "192.0.2.1");
    UNIT_TEXT(convert_ip(SLICE("192.168.100.200"), &arena), "192.168.100.200");
    UNIT_TEXT(convert_ip(SLICE("2001:db8::1"), &arena), "2001:db8::1");
    /* One address, one text (RFC 5952): a computer must not be two for how it was written. */
    UNIT_TEXT(convert_ip(SLICE("2001:DB8:0:0:0:0:0:1"), &arena), "2001:db8::1");
    UNIT_TEXT(convert_ip(SLICE("fe80::0:1"), &arena), "fe80::1");
    UNIT_TEXT(convert_ip(SLICE("::ffff:192.0.2.1"), &arena), "192.0.2.1");
    UNIT_TEXT(convert_ip(SLICE("::FFFF:C000:0201"), &arena), "192.0.2.1");
    UNIT_TEXT(convert_ip(SLICE("0:0:0:0:0:ffff:0.0.0.0"), &arena), "");
    UNIT_TEXT(convert_ip(SLICE("0:0:0:0:0:0:0:0"), &arena), "");
    /* What stands around it is the text's: a URL's brackets, a sentence's stop, a zone. */
    UNIT_TEXT(convert_ip(SLICE("fe80::1%eth0"), &arena), "fe80::1");
    UNIT_TEXT(convert_ip(SLICE("[fe80::1%12]"), &arena), "fe80::1");
    UNIT_TEXT(convert_ip(SLICE("[2001:DB8::1]"), &arena), "2001:db8::1");
    UNIT_TEXT(convert_ip(SLICE("2001:db8::1."), &arena), "2001:db8::1");
    UNIT_TEXT(convert_ip(SLICE("192.0.2.1."), &arena), "192.0.2.1");
    UNIT_TEXT(convert_ip(SLICE("[2001:db8::1"), &arena), "");
    UNIT_TEXT(convert_ip(SLICE("[]"), &arena), "");
    UNIT_TEXT(convert_ip(SLICE("["), &arena), "");
    UNIT_TEXT(convert_ip(SLICE("."), &arena), "");
    UNIT_TEXT(convert_ip(SLICE("%eth0"), &arena), "");
    UNIT_TEXT(convert_ip(SLICE("192.0.2.1%eth0"), &arena), "");
    UNIT_TEXT(convert_ip(SLICE("010.001.002.003"), &arena), "10.1.2.3");
    UNIT_TEXT(convert_ip(SLICE("000.000.000.000"), &arena), "");
    UNIT_TEXT(convert_ip(SLICE("255.255.255.099"), &arena), "255.255.255.99");
    UNIT_TEXT(convert_short_host(SLICE("010.001.002.003")), "010.001.002.003");
}

/* The number that a mapping's samples are held against, from its definition. */
static int64_t version_of(int64_t a, int64_t b, int64_t c, int64_t d)
{
    return (a << 48) + (b << 32) + (c << 16) + d;
}

static void versions(void)
{
    static const char *const ordered[] = {
        "0",          "0.0.0.1", "9.850.1008",  "9.900.2000",    "9.950.1005",
        "9.950.1006", "10",      "22.600.1002", "22.600.1002.1", "32767.65535.65535.65535"};
    int64_t last = -1, number;
    for (size_t i = 0; i < sizeof ordered / sizeof *ordered; i++) {
        CU_ASSERT_TRUE(convert_version(slice_from(ordered[i]), &number));
        CU_ASSERT(number > last);
        last = number;
    }
    CU_ASSERT_TRUE(convert_version(SLICE("22.600.1002"), &number));
    CU_ASSERT_EQUAL(number, version_of(22, 600, 1002, 0));
    CU_ASSERT_EQUAL(number, INT64_C(6195026533679104));
    CU_ASSERT_TRUE(convert_version(SLICE("99999999.99999999.1"), &number));
    CU_ASSERT_EQUAL(number, version_of(32767, 65535, 1, 0));
    CU_ASSERT_TRUE(convert_version(SLICE("1.2.3.4.5.6"), &number)); /* what follows counts not */
    CU_ASSERT_EQUAL(number, version_of(1, 2, 3, 4));
    static const char *const none[] = {"",     ".",  "1.",   ".1",  "1..2",
                                       "1.2a", "v1", "-1.2", "1 2", "1.2.3.4.5.6.7.8.9"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        CU_ASSERT_FALSE(convert_version(slice_from(none[i]), &number));
}

static void patterns(void)
{
    static const struct {
        const char *in;
        int64_t number; /* -1: none */
    } cases[] = {{"1771500", 1771500},
                 {"17.715.00", 1771500},
                 {"12.97", 1297},
                 {"2603", 2603},
                 {"26.03", 2603},
                 {"9.205.00", 920500},
                 {"1.2.3", 100203},
                 {"-5", -1},
                 {"x", -1},
                 {"", -1},
                 {"18.773.00 ", -1}};
    int64_t number;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool sound = convert_pattern(slice_from(cases[i].in), &number);
        CU_ASSERT_EQUAL(sound ? number : -1, cases[i].number);
    }
    /* Neither form: by its parts. */
    CU_ASSERT_TRUE(convert_pattern(SLICE("1.2.3.4"), &number));
    CU_ASSERT_EQUAL(number, version_of(1, 2, 3, 4));
    CU_ASSERT_TRUE(convert_pattern(SLICE("999999999.1"), &number));
    CU_ASSERT(number > 0);
}

static void accounts(void)
{
    static const struct {
        const char *in, *domain, *name; /* of what is none: NULL */
    } cases[] = {
        {"CORP\\ann", "CORP", "ann"},
        {"corp.example.net\\ann", "corp.example.net", "ann"},
        {"NT AUTHORITY\\SYSTEM", "NT AUTHORITY", "SYSTEM"},
        {"PC-1\\\\ann", "PC-1", "ann"}, /* escaped once too often */
        {"AzureAD\\ann@example.com", "AzureAD", "ann@example.com"},
        {"信息\\王伟", "信息", "王伟"},
        {".\\ann", "", "ann"}, /* of the computer itself */
        {"ann", NULL, NULL},
        {"ann@example.com", NULL, NULL},
        {"CORP\\", NULL, NULL},
        {"\\ann", NULL, NULL},
        {"\\\\nas\\ann", NULL, NULL},
        {"C:\\Users\\ann", NULL, NULL},
        {"CORP\\SUB\\ann", NULL, NULL},
        {"a\\040ip=198.51.100.1", NULL, NULL},
        {"eve\\, Address", NULL, NULL},
        {"", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice domain = SLICE("-"), name = SLICE("-");
        bool is_one = convert_account(slice_from(cases[i].in), &domain, &name);
        CU_ASSERT_EQUAL(is_one, cases[i].name != NULL);
        UNIT_TEXT(domain, is_one ? cases[i].domain : "-");
        UNIT_TEXT(name, is_one ? cases[i].name : "-");
    }
}

static void hosts(void)
{
    UNIT_TEXT(convert_unc_host(SLICE("\\\\nas\\share\\x")), "nas");
    UNIT_TEXT(convert_unc_host(SLICE("//nas/share")), "nas");
    UNIT_TEXT(convert_unc_host(SLICE("\\\\nas")), "nas");
    UNIT_TEXT(convert_unc_host(SLICE("\\\\")), "");
    UNIT_TEXT(convert_unc_host(SLICE("\\/nas")), "");
    UNIT_TEXT(convert_unc_host(SLICE("\\nas")), "");
    UNIT_TEXT(convert_unc_host(SLICE_NONE), "");
    UNIT_TEXT(convert_short_host(SLICE("pc.example.com")), "pc");
    UNIT_TEXT(convert_short_host(SLICE("192.0.2.1")), "192.0.2.1");
    UNIT_TEXT(convert_short_host(SLICE("pc")), "pc");
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {{"pc", "PC", true},
                 {"pc", "pc.example.com", true},
                 {"pc.a.b", "PC.C", true},
                 {"pc", "pc2", false},
                 {"192.0.2.1", "192.0.2.1", true},
                 {"192.0.2.1", "192.0.2.2", false},
                 {"192.0.2.1", "192", false},
                 {"\\\\pc\\c$", "PC", true},
                 {"//pc/c$", "\\\\PC", true},
                 {"", "", false},
                 {"pc", "", false},
                 {"财务-01", "财务-01", true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CU_ASSERT_EQUAL(convert_same_host(slice_from(cases[i].a), slice_from(cases[i].b)),
                        cases[i].same);
        CU_ASSERT_EQUAL(convert_same_host(slice_from(cases[i].b), slice_from(cases[i].a)),
                        cases[i].same);
    }
}

static void hardware(void)
{
    UNIT_TEXT(convert_mac(SLICE("00-11-22-AA-BB-CC"), &arena), "00:11:22:aa:bb:cc");
    UNIT_TEXT(convert_mac(SLICE("0011.22aa.bbcc"), &arena), "00:11:22:aa:bb:cc");
    UNIT_TEXT(convert_mac(SLICE("001122aabbcc"), &arena), "00:11:22:aa:bb:cc");
    UNIT_TEXT(convert_mac(SLICE("00 11 22 aa bb cc"), &arena), "00:11:22:aa:bb:cc");
    UNIT_TEXT(convert_mac(SLICE("00-11-22-AA-BB"), &arena), "");
    UNIT_TEXT(convert_mac(SLICE("00-11-22-AA-BB-CC-DD"), &arena), "");
    UNIT_TEXT(convert_mac(SLICE("00-11-22-AA-BB-GG"), &arena), "");
    UNIT_TEXT(convert_mac(SLICE("00\0"
                                "1122aabbcc"),
                          &arena),
              "");
    UNIT_TEXT(convert_mac(SLICE_NONE, &arena), "");
}

static void letters(void)
{
    UNIT_TEXT(convert_case(SLICE("aBc-[@`{É"), false, &arena), "abc-[@`{É");
    UNIT_TEXT(convert_case(SLICE("aBc-[@`{é"), true, &arena), "ABC-[@`{é");
    struct arena small;
    arena_init(&small, 4);
    CU_ASSERT_EQUAL(convert_case(SLICE("longer"), true, &small).n, 0);
    CU_ASSERT_EQUAL(convert_mac(SLICE("001122aabbcc"), &small).n, 0);
    arena_fini(&small);
}

static void touch(struct slice s, void *context)
{
    int64_t number = 0;
    (void)context;
    arena_reset(&arena);
    convert_is_absent(s);
    convert_is_ip(s);
    if (convert_version(s, &number))
        CU_ASSERT(number >= 0);
    convert_pattern(s, &number);
    convert_mac(s, &arena);
    CU_ASSERT(convert_unc_host(s).n <= s.n && convert_short_host(s).n <= s.n);
    convert_same_host(s, SLICE("pc"));
    CU_ASSERT_EQUAL(convert_case(s, true, &arena).n, s.n);
}

static void damage(void)
{
    static const char *const texts[] = {"\\\\nas.example.com\\share", "2001:db8::192.0.2.1",
                                        "22.600.1002.65535", "00:11:22:aa:bb:cc"};
    struct guard g = guard_new(64);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        guard_truncate(&g, slice_from(texts[i]), touch, NULL);
        guard_flip(&g, slice_from(texts[i]), touch, NULL);
    }
    guard_free(&g);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"absent", absent},
        {"addresses", addresses},
        {"padded addresses", padded_addresses},
        {"versions", versions},
        {"patterns", patterns},
        {"accounts", accounts},
        {"hosts", hosts},
        {"hardware addresses", hardware},
        {"letters", letters},
        {"damage", damage},
        CU_TEST_INFO_NULL,
    };
    arena_init(&arena, 0);
    int status = unit_run("convert", tests);
    arena_fini(&arena);
    return status;
}
