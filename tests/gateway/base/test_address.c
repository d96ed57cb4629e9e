/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses and networks: what is read, what is refused, what lies in what. */
#include <CUnit/CUnit.h>
#include <string.h>

#include "gateway/base/address.h"
#include "tests/support/suite.h"

static void test_round_trip(void)
{
    static const char *const texts[] = {"127.0.0.1:514", "0.0.0.0:0", "[::1]:6514",
                                        "[2001:db8::7]:65535"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct address address;
        char text[ADDRESS_TEXT_MAX];
        CU_ASSERT_TRUE_FATAL(address_parse(slice_from(texts[i]), &address));
        CU_ASSERT_EQUAL(address_format((struct sockaddr *)&address.storage, text),
                        strlen(texts[i]));
        CU_ASSERT_STRING_EQUAL(text, texts[i]);
    }
}

static void test_refused(void)
{
    static const char *const texts[] = {
        "",
        ":",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "127.0.0.1:5x",
        "localhost:514",
        "::1:514",
        "[::1]",
        "[::1:514",
        "[]:514",
        "256.0.0.1:514",
        "[fe80::1%eth0]:514",
        "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:514",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct address address;
        CU_ASSERT_FALSE(address_parse(slice_from(texts[i]), &address));
    }
}

static bool holds(const char *network_text, const char *address_text)
{
    struct network network, address;
    CU_ASSERT_TRUE_FATAL(network_parse(slice_from(network_text), &network));
    CU_ASSERT_TRUE_FATAL(network_parse(slice_from(address_text), &address));
    return network_has(&network, slice_of((const char *)address.bytes, address.n));
}

static void test_networks(void)
{
    CU_ASSERT_TRUE(holds("192.0.2.0/24", "192.0.2.255"));
    CU_ASSERT_FALSE(holds("192.0.2.0/24", "192.0.3.0"));
    CU_ASSERT_TRUE(holds("192.0.2.128/25", "192.0.2.129"));
    CU_ASSERT_FALSE(holds("192.0.2.128/25", "192.0.2.127"));
    CU_ASSERT_TRUE(holds("192.0.2.7", "192.0.2.7"));
    CU_ASSERT_FALSE(holds("192.0.2.7", "192.0.2.6"));
    CU_ASSERT_TRUE(holds("0.0.0.0/0", "203.0.113.9"));
    CU_ASSERT_TRUE(holds("any4", "203.0.113.9"));
    CU_ASSERT_FALSE(holds("any6", "203.0.113.9"));
    CU_ASSERT_TRUE(holds("2001:db8::/32", "2001:db8:ffff::1"));
    CU_ASSERT_FALSE(holds("2001:db8::/33", "2001:db8:8000::1"));
}

static void test_networks_refused(void)
{
    static const char *const texts[] = {
        "",           "192.0.2.1/24",   "192.0.2.0/33",   "192.0.2.0/-1", "192.0.2.0/",
        "192.0.2/24", "2001:db8::1/32", "2001:db8::/129", "any",          "host"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct network network;
        CU_ASSERT_FALSE(network_parse(slice_from(texts[i]), &network));
    }
}

/* A dual-stack socket shows an IPv4 sender as ::ffff:a.b.c.d: it is the same sender. */
static void test_mapped(void)
{
    struct address address;
    char text[ADDRESS_TEXT_MAX];
    CU_ASSERT_TRUE_FATAL(address_parse(SLICE("[::ffff:192.0.2.1]:514"), &address));
    CU_ASSERT_EQUAL(address_bytes((struct sockaddr *)&address.storage).n, 4);
    CU_ASSERT_EQUAL(address_format_host((struct sockaddr *)&address.storage, text), 9);
    CU_ASSERT_STRING_EQUAL(text, "192.0.2.1");
}

static bool clash(const char *one_text, const char *other_text)
{
    struct address one, other;
    CU_ASSERT_TRUE_FATAL(address_parse(slice_from(one_text), &one));
    CU_ASSERT_TRUE_FATAL(address_parse(slice_from(other_text), &other));
    CU_ASSERT_EQUAL(address_clashes(&one, &other), address_clashes(&other, &one));
    return address_clashes(&one, &other);
}

static bool is_loopback(const char *text)
{
    struct address address;
    CU_ASSERT_TRUE_FATAL(address_parse(slice_from(text), &address));
    return address_is_loopback(&address);
}

static void test_loopback(void)
{
    CU_ASSERT_TRUE(is_loopback("127.0.0.1:514"));
    CU_ASSERT_TRUE(is_loopback("127.255.0.9:514"));
    CU_ASSERT_TRUE(is_loopback("[::1]:514"));
    CU_ASSERT_TRUE(is_loopback("[::ffff:127.0.0.1]:514"));
    CU_ASSERT_FALSE(is_loopback("128.0.0.1:514"));
    CU_ASSERT_FALSE(is_loopback("0.0.0.0:514"));
    CU_ASSERT_FALSE(is_loopback("[::]:514"));
    CU_ASSERT_FALSE(is_loopback("[::2]:514"));
}

static void test_clashes(void)
{
    CU_ASSERT_TRUE(clash("192.0.2.1:514", "192.0.2.1:514"));
    CU_ASSERT_TRUE(clash("192.0.2.1:514", "0.0.0.0:514"));
    CU_ASSERT_TRUE(clash("192.0.2.1:514", "[::ffff:192.0.2.1]:514"));
    CU_ASSERT_TRUE(clash("192.0.2.1:514", "[::]:514"));
    CU_ASSERT_TRUE(clash("0.0.0.0:514", "[::]:514"));
    CU_ASSERT_TRUE(clash("[2001:db8::1]:514", "[::]:514"));
    CU_ASSERT_FALSE(clash("[2001:db8::1]:514", "0.0.0.0:514"));
    CU_ASSERT_FALSE(clash("192.0.2.1:514", "192.0.2.2:514"));
    CU_ASSERT_FALSE(clash("192.0.2.1:514", "192.0.2.1:515"));
    CU_ASSERT_FALSE(clash("127.0.0.1:0", "127.0.0.1:0"));
}

static void test_is_ip(void)
{
    CU_ASSERT_TRUE(address_is_ip(SLICE("192.0.2.1")));
    CU_ASSERT_TRUE(address_is_ip(SLICE("::")));
    CU_ASSERT_FALSE(address_is_ip(SLICE("192.0.2.1 ")));
    CU_ASSERT_FALSE(address_is_ip(SLICE("192.0.2.1\0x")));
    CU_ASSERT_FALSE(address_is_ip(SLICE("pc-1")));
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"round trip", test_round_trip}, {"refused", test_refused},
        {"networks", test_networks},     {"networks refused", test_networks_refused},
        {"mapped IPv4", test_mapped},    {"is ip", test_is_ip},
        {"clashes", test_clashes},       {"loopback", test_loopback},
    };
    return suite_run("address", tests, sizeof tests / sizeof *tests);
}
