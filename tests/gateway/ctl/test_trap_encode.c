/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Our packets against those that net-snmp's snmptrap sends for the same notification, byte for
 * byte. */
#include <CUnit/Basic.h>

#include "gateway/ctl/trap_encode.h"

/* snmptrap -v1 -c public HOST 1.3.6.1.4.1.6101.141 192.0.2.7 6 26 4711 1.3.6.1.4.1.6101.141 s
 * 'Virus found!' */
static const char v1_line[] = "{\"version\":\"v1\",\"enterprise\":\"1.3.6.1.4.1.6101.141\","
                              "\"generic\":6,\"specific\":26,\"timestamp\":4711,"
                              "\"agent_addr\":\"192.0.2.7\",\"varbinds\":[[\"1.3.6.1.4.1.6101."
                              "141\",\"STRING\",\"Virus found!\",\"a name\"]]}";
static const char v1_packet[] = "304502010004067075626c6963a43806092b06010401af55810d4004c000020702"
                                "010602011a43021267301b301906092b06010401af55"
                                "810d040c566972757320666f756e6421";

/* snmptrap -v2c -c priv HOST 4711 1.3.6.1.6.3.1.1.5.3 ... with one varbind of each type */
static const char v2_line[] = "{\"version\":\"v2c\",\"community\":\"priv\",\"trap_oid\":\".1.3.6.1."
                              "6.3.1.1.5.3\",\"varbinds\":["
                              "[\"1.3.6.1.2.1.2.2.1.1.7\",\"INTEGER\",-7],"
                              "[\"1.3.6.1.4.1.1.2\",\"Counter32\",\"4294967295\"],"
                              "[\"1.3.6.1.4.1.1.3\",\"Gauge32\",200],"
                              "[\"1.3.6.1.4.1.1.4\",\"Timeticks\",\"(100) 0:00:01.00\"],"
                              "[\"1.3.6.1.4.1.1.5\",\"IpAddress\",\"10.1.2.3\"],"
                              "[\"1.3.6.1.4.1.1.6\",\"OID\",\"2.999.4294967295\"],"
                              "[\"1.3.6.1.4.1.1.7\",\"Hex-STRING\",\"00 FF 80 \"],"
                              "[\"1.3.6.1.4.1.1.8\",\"Counter64\",\"18446744073709551\"]]}";
static const char v2_packet[] =
    "3081cd020101040470726976a781c102045f5a32f90201000201003081b2300e06082b060102010103004302126730"
    "17060a2b06010603"
    "010104010006092b0601060301010503300f060a2b0601020102020101070201f9301006072b060104010102410500"
    "ffffffff300d0607"
    "2b060104010103420200c8300c06072b060104010104430164300f06072b06010401010540040a010203301206072b"
    "0601040101060607"
    "88378fffffff7f300e06072b060104010107040300ff80301206072b06010401010846074189374bc6a7ef";

static struct slice encode(const char *line, const struct trap_options *options, char *hex,
                           size_t cap, struct buf *error)
{
    static char packet[65507];
    buf_clear(error);
    struct slice out = trap_encode_json(slice_from(line), options, packet, sizeof packet, error);
    hex[0] = '\0';
    for (size_t i = 0; i < out.n && 2 * i + 2 < cap; i++)
        sprintf(hex + 2 * i, "%02x", (unsigned char)out.p[i]);
    return out;
}

static void test_like_net_snmp(void)
{
    struct trap_options options = {
        .community = "public", .request_id = 0x5f5a32f9, .uptime_cs = 4711};
    struct buf error = {0};
    char hex[2048];
    encode(v1_line, &options, hex, sizeof hex, &error);
    CU_ASSERT_STRING_EQUAL(hex, v1_packet);
    encode(v2_line, &options, hex, sizeof hex, &error);
    CU_ASSERT_STRING_EQUAL(hex, v2_packet);
    /* An inform differs in the tag of its PDU alone. */
    options.is_inform = true;
    encode(v2_line, &options, hex, sizeof hex, &error);
    CU_ASSERT(memcmp(hex + 24, "a6", 2) == 0 || memcmp(hex + 22, "a6", 2) == 0 ||
              strstr(hex, "a681c1") != NULL);
    buf_free(&error);
}

static bool has(const char *line, const char *part)
{
    struct trap_options options = {.community = "public", .request_id = 1, .uptime_cs = 1};
    struct buf error = {0};
    char hex[2048];
    struct slice out = encode(line, &options, hex, sizeof hex, &error);
    bool found = out.n > 0 && strstr(hex, part) != NULL;
    if (!found)
        printf("\n  %s\n  %s %s\n", line, hex, buf_text(&error));
    buf_free(&error);
    return found;
}

#define WITH(type, value)                                                                          \
    "{\"version\":\"v2c\",\"trap_oid\":\"1.3.6.1.4.1.1.0.1\",\"varbinds\":[[\"1.3.6.1.4.1.1.9\","  \
    "\"" type "\"," value "]]}"

static void test_values(void)
{
    CU_ASSERT_TRUE(has(WITH("INTEGER", "\"up(1)\""), "020101"));
    CU_ASSERT_TRUE(
        has(WITH("INTEGER", "4294967295"), "0201ff")); /* as 32 bits, which is how logs print it */
    CU_ASSERT_TRUE(has(WITH("TruthValue", "false"), "020102"));
    CU_ASSERT_TRUE(has(WITH("TimeTicks", "\"1:0:00:00.50\""), "43040083d632"));
    CU_ASSERT_TRUE(has(WITH("unknown", "7"), "020107"));
    CU_ASSERT_TRUE(has(WITH("unknown", "\"7\""), "040137"));
    CU_ASSERT_TRUE(has(WITH("OCTET STRING", "\"\\u8d22\""), "0403e8b4a2"));
    CU_ASSERT_TRUE(has(WITH("OCTET STRING", "\"a\\u0000b\""), "0403610062"));
    CU_ASSERT_TRUE(has(WITH("Opaque", "\"9f 78\""), "44029f78"));
    CU_ASSERT_TRUE(has("{\"version\":\"v2c\",\"encoding\":\"latin-1\",\"trap_oid\":\"1.3.6.1\","
                       "\"varbinds\":[[\"1.3.6.1\",\"STRING\",\"\\u00b2\\u00c6A\"]]}",
                       "0403b2c641"));
}

/* trap_oid alone names a v1 trap too (RFC 3584 section 3.2). */
static void test_v1_names(void)
{
    CU_ASSERT_TRUE(has("{\"version\":\"v1\",\"trap_oid\":\"1.3.6.1.4.1.6101.141.0.26\"}",
                       "06092b06010401af55810d40040000000002010602011a"));
    CU_ASSERT_TRUE(has("{\"version\":\"v1\",\"enterprise\":\"1.3.6.1.4.1.9\",\"trap_oid\":\"1.3.6."
                       "1.6.3.1.1.5.3\"}",
                       "06062b06010401094004000000000201020201"));
}

static void test_refused(void)
{
    static const char *const lines[] = {
        "",
        "[]",
        "{\"version\":\"v2c\"",
        "{}",
        "{\"version\":\"v3\",\"trap_oid\":\"1.3.6.1\"}",
        "{\"version\":\"v2c\"}",
        "{\"version\":\"v2c\",\"trap_oid\":\"IF-MIB::linkDown\"}",
        "{\"version\":\"v1\",\"generic\":6}",
        "{\"version\":\"v1\",\"enterprise\":\"1.3.6.1\",\"agent_addr\":\"2001:db8::1\"}",
        "{\"version\":\"v2c\",\"trap_oid\":\"1.3.6.1\",\"varbinds\":[7]}",
        WITH("INTEGER", "\"many\""),
        WITH("INTEGER", "4294967296"),
        WITH("Counter32", "-1"),
        WITH("IpAddress", "\"10.1.2\""),
        WITH("OBJECT IDENTIFIER", "\"SNMPv2-MIB::sysUpTime\""),
        WITH("TimeTicks", "\"soon\""),
        WITH("STRING", "[1]"),
        WITH("STRING", "null"),
    };
    struct trap_options options = {.community = "public"};
    struct buf error = {0};
    char hex[64];
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        CU_ASSERT_EQUAL(encode(lines[i], &options, hex, sizeof hex, &error).n, 0);
        CU_ASSERT_TRUE(error.n > 0);
    }
    options.is_inform = true;
    CU_ASSERT_EQUAL(encode(v1_line, &options, hex, sizeof hex, &error).n, 0);
    buf_free(&error);
}

static void test_too_long(void)
{
    struct trap_options options = {.community = "public"};
    struct buf line = {0}, error = {0};
    char packet[512];
    buf_printf(
        &line,
        "{\"version\":\"v2c\",\"trap_oid\":\"1.3.6.1\",\"varbinds\":[[\"1.3.6.1\",\"STRING\",\"");
    for (int i = 0; i < 512; i++)
        buf_byte(&line, 'x');
    buf_printf(&line, "\"]]}");
    CU_ASSERT_EQUAL(trap_encode_json(buf_get(&line), &options, packet, sizeof packet, &error).n, 0);
    CU_ASSERT_TRUE(error.n > 0);
    buf_free(&line);
    buf_free(&error);
}

static void test_response(void)
{
    static const char good[] = "\x30\x1b\x02\x01\x01\x04\x06public\xa2\x0e\x02\x04\x5f\x5a\x32\xf9"
                               "\x02\x01\x00\x02\x01\x00\x30\x00";
    int32_t id = 0;
    CU_ASSERT_TRUE(trap_read_response(slice_of(good, sizeof good - 1), &id));
    CU_ASSERT_EQUAL(id, 0x5f5a32f9);
    for (size_t n = 0; n < sizeof good - 1; n++)
        CU_ASSERT_FALSE(trap_read_response(slice_of(good, n), &id));
    char other[sizeof good];
    memcpy(other, good, sizeof good);
    other[13] = (char)0xa7; /* a trap is no response */
    CU_ASSERT_FALSE(trap_read_response(slice_of(other, sizeof good - 1), &id));
    memcpy(other, good, sizeof good);
    other[23] = 5; /* error-status genErr */
    CU_ASSERT_FALSE(trap_read_response(slice_of(other, sizeof good - 1), &id));
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("trap_encode", NULL, NULL);
    CU_add_test(suite, "like net-snmp", test_like_net_snmp);
    CU_add_test(suite, "values", test_values);
    CU_add_test(suite, "names of v1", test_v1_names);
    CU_add_test(suite, "refused", test_refused);
    CU_add_test(suite, "too long", test_too_long);
    CU_add_test(suite, "responses", test_response);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures != 0;
}
