/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RFC 5675: every type of value, hostile text, version 1, version 3, and what is not sent. */
#include "gateway/feed/format_snmp.h"

#include "parsers/rfc5424.h"
#include "tests/support/suite.h"
#include "tests/support/unit.h"

static struct gw_event event;
static struct buf out, list, datagram;
static const struct feed_format_context context = {
    .gateway_id = {"gw1", 3}, .format = FEED_FORMAT_RFC5675, .facility = 3, .snmp_severity = 5};

static void tlv(struct buf *to, uint8_t tag, struct slice contents)
{
    buf_byte(to, (char)tag);
    if (contents.n >= 0x80)
        buf_byte(to, '\x82');
    if (contents.n >= 0x80)
        buf_byte(to, (char)(contents.n >> 8));
    buf_byte(to, (char)contents.n);
    buf_slice(to, contents);
}

/* The object 1.3.6.1.9 with that value. */
static void add(uint8_t tag, struct slice value)
{
    struct buf pair = {0};
    tlv(&pair, 0x06, SLICE("\x2b\x06\x01\x09"));
    tlv(&pair, tag, value);
    tlv(&list, 0x30, buf_get(&pair));
    buf_free(&pair);
}

static void add_trap_oid(struct slice oid)
{
    struct buf pair = {0};
    tlv(&pair, 0x06, SLICE("\x2b\x06\x01\x06\x03\x01\x01\x04\x01\x00"));
    tlv(&pair, 0x06, oid);
    tlv(&list, 0x30, buf_get(&pair));
    buf_free(&pair);
}

static void begin(void)
{
    buf_clear(&list);
    gw_event_clear(&event);
    event.kind = GW_KIND_MALWARE_FOUND;
    event.transport = GW_TRANSPORT_SNMP;
    event.received_ms = INT64_C(1795893863123);
}

/* head: what stands before the list in the PDU, as TLVs. */
static void wrap(uint8_t version, uint8_t pdu_tag, struct slice head)
{
    struct buf pdu = {0}, message = {0};
    buf_slice(&pdu, head);
    tlv(&pdu, 0x30, buf_get(&list));
    tlv(&message, 0x02, slice_of((const char *)&version, 1));
    tlv(&message, 0x04, SLICE("secret"));
    tlv(&message, pdu_tag, buf_get(&pdu));
    buf_clear(&datagram);
    tlv(&datagram, 0x30, buf_get(&message));
    event.raw = event.text = buf_get(&datagram);
    buf_free(&pdu);
    buf_free(&message);
}

static void wrap_v2(void)
{
    wrap(1, 0xA7, SLICE("\x02\x01\x07\x02\x01\x00\x02\x01\x00"));
}

static struct slice written(void)
{
    size_t at;
    buf_clear(&out);
    CU_ASSERT_TRUE(feed_snmp_format(&context, &event, &out));
    CU_ASSERT_PTR_NULL(parse_rfc5424_check(buf_get(&out), &at));
    return buf_get(&out);
}

#define HEAD "<29>1 2026-11-28T19:24:23.123Z gw1 eog-gateway - malware.found "
#define TRAP "[snmp v1=\"1.3.6.1.6.3.1.1.4.1.0\" o1=\"1.3.6.1.9.1\""

static void test_types(void)
{
    static const struct {
        uint8_t tag;
        struct slice value;
        const char *expected;
    } rows[] = {
        {0x02, {"\xff", 1}, "d2=\"-1\""},
        {0x04, {"", 0}, "x2=\"\""},
        {0x04, {"\x00\xff", 2}, "x2=\"00ff\""},
        {0x04, {"a\nb", 3}, "x2=\"610a62\""},
        {0x04, {"a]\"\\", 4}, "x2=\"615d225c\" a2=\"a\\]\\\"\\\\\""},
        {0x04, {"\xc3\xa4", 2}, "x2=\"c3a4\" a2=\"\xc3\xa4\""},
        {0x05, {"", 0}, "n2=\"\""},
        {0x06, {"\x2b\x06", 2}, "o2=\"1.3.6\""},
        {0x40, {"\xc0\x00\x02\x09", 4}, "i2=\"192.0.2.9\""},
        {0x41, {"\x00\xff\xff\xff\xff", 5}, "c2=\"4294967295\""},
        {0x42, {"\x05", 1}, "u2=\"5\""},
        {0x43, {"\x06", 1}, "t2=\"6\""},
        {0x44, {"\x9f\x78", 2}, "p2=\"9f78\""},
        {0x46, {"\x00\xff\xff\xff\xff\xff\xff\xff\xff", 9}, "C2=\"18446744073709551615\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char expected[512];
        begin();
        add_trap_oid(SLICE("\x2b\x06\x01\x09\x01"));
        add(rows[i].tag, rows[i].value);
        wrap_v2();
        snprintf(expected, sizeof expected, HEAD TRAP " v2=\"1.3.6.1.9\" %s]", rows[i].expected);
        UNIT_TEXT(written(), expected);
    }
}

/* RFC 3584 section 3.1: the community is not among what is added. */
static void test_version_1(void)
{
    begin();
    add(0x02, SLICE("\x01"));
    wrap(0, 0xA4,
         SLICE("\x06\x04\x2b\x06\x01\x08\x40\x04\xc0\x00\x02\x07\x02\x01\x06\x02\x01\x05\x43\x01"
               "\x63"));
    UNIT_TEXT(written(), HEAD "[snmp v1=\"1.3.6.1.2.1.1.3.0\" t1=\"99\""
                              " v2=\"1.3.6.1.6.3.1.1.4.1.0\" o2=\"1.3.6.1.8.0.5\""
                              " v3=\"1.3.6.1.9\" d3=\"1\""
                              " v4=\"1.3.6.1.6.3.18.1.3.0\" i4=\"192.0.2.7\""
                              " v5=\"1.3.6.1.6.3.1.1.4.3.0\" o5=\"1.3.6.1.8\"]"
                              "[origin ip=\"192.0.2.7\"]");
}

static void test_version_3(void)
{
    begin();
    add_trap_oid(SLICE("\x2b\x06\x01\x09\x01"));
    wrap_v2();
    gw_event_set_text(&event, GW_FIELD_SNMP_ENGINE_ID, SLICE("0x80001f88"));
    gw_event_set_text(&event, GW_FIELD_PEER, SLICE("2001:db8::1"));
    gw_event_set_text(&event, GW_FIELD_MESSAGE, SLICE("found\nit"));
    UNIT_TEXT(written(), HEAD "[snmp ctxEngine=\"80001f88\" ctxName=\"\""
                              " v1=\"1.3.6.1.6.3.1.1.4.1.0\" o1=\"1.3.6.1.9.1\"]"
                              "[origin ip=\"2001:db8::1\"] found it");
}

static void test_not_sent(void)
{
    begin();
    add_trap_oid(SLICE("\x2b\x06\x01\x09\x01"));
    wrap_v2();
    CU_ASSERT_TRUE(feed_snmp_wants(&event));
    event.correction.of = 1;
    CU_ASSERT_FALSE(feed_snmp_wants(&event));
    event.correction.of = 0;
    event.transport = GW_TRANSPORT_UDP;
    CU_ASSERT_FALSE(feed_snmp_wants(&event));
    begin();
    add_trap_oid(SLICE("\x2b\x06\x01\x02\x01\x81\x40\x00\x01")); /* syslogMsgNotification */
    wrap_v2();
    CU_ASSERT_FALSE(feed_snmp_wants(&event));
    buf_clear(&out);
    for (size_t n = datagram.n; n-- > 0;) {
        event.raw = slice_head(buf_get(&datagram), n);
        CU_ASSERT_FALSE(feed_snmp_format(&context, &event, &out));
    }
    CU_ASSERT_EQUAL(out.n, 0);
}

int main(void)
{
    static const struct suite_test tests[] = {{"types", test_types},
                                              {"version 1", test_version_1},
                                              {"version 3", test_version_3},
                                              {"what is not sent", test_not_sent}};
    int status = suite_run("format_snmp", tests, sizeof tests / sizeof *tests);
    buf_free(&out);
    buf_free(&list);
    buf_free(&datagram);
    return status;
}
