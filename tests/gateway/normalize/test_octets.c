/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses that come as octets of a varbind, into a mapping's fields and by the objects' names. */
#include "gateway/xml/document.h"
#include "parsers/ber.h"
#include "parsers/varbinds.h"
#include "tests/support/mapping_folder.h"
#include "tests/support/normalizing.h"

static struct mapping_folder folder;
static struct normalizing n;

#define TEXT(field) gw_event_text(&n.event, GW_FIELD_##field)
#define HAS(field)  gw_event_has(&n.event, GW_FIELD_##field)

/* A notification 1.3.6.1.4.1.32473.0.1 with these octets in .1.0, .2.0 and .3.0. */
static void run_octets(struct slice octets, const char *charset_name)
{
    static struct notification notification;
    static const char oids[3][9] = {"\x2b\x06\x01\x04\x01\x81\xfd\x59\x01",
                                    "\x2b\x06\x01\x04\x01\x81\xfd\x59\x02",
                                    "\x2b\x06\x01\x04\x01\x81\xfd\x59\x03"};
    struct charset *charset = charset_name ? charset_open(charset_name) : NULL;
    notification.version = SNMP_MESSAGE_V2C;
    notification.pdu = NOTIFICATION_TRAP_V2;
    notification.trap_oid = SLICE("\x2b\x06\x01\x04\x01\x81\xfd\x59\x00\x01");
    notification.n = 3;
    for (size_t i = 0; i < 3; i++)
        notification.v[i] = (struct varbind){slice_of(oids[i], 9), BER_OCTETS, octets};
    normalizing_begin(&n, SLICE("datagram"));
    parse_varbinds(&notification, charset, &n.arena, &n.fields);
    normalizing_fields(&n, folder.set);
    charset_close(charset);
}

/* What a mapping or a name declares as an address is one, whatever its octets spell. */
static void octets_of_addresses(void)
{
    static const struct {
        struct slice octets;
        const char *charset, *address;
    } cases[] = {
        {SLICE("\xc0\x00\x02\x09"), NULL, "192.0.2.9"},
        {SLICE("ABCD"), NULL, "65.66.67.68"},
        {SLICE("ABC\0"), NULL, "65.66.67.0"},
        {SLICE("\nABC"), NULL, "10.65.66.67"},
        {SLICE("\n\n\n\n"), NULL, "10.10.10.10"},
        {SLICE("\xc0\xa8\x41\x42"), "GB18030", "192.168.65.66"},
        {SLICE("\xc8\x64\x32\x3c"), "GB18030", "200.100.50.60"},
        {SLICE("\xc8\x64\x32\x3c"), NULL, "200.100.50.60"},
        {SLICE("\x24\x09\x8a\x41\xb0\xa1\xb0\xa2\xb0\xa3\xb0\xa4\xb0\xa5\xb0\xa6"), "GB18030",
         "2409:8a41:b0a1:b0a2:b0a3:b0a4:b0a5:b0a6"},
        {SLICE("\xfe\x80\0\0\0\0\0\0ABCDEFGH"), NULL, "fe80::4142:4344:4546:4748"},
        {SLICE("192.0.2.1"), NULL, "192.0.2.1"},
        {SLICE("2001:db8::1:2:33"), NULL, "2001:db8::1:2:33"},
        {SLICE("010.001.002.003"), NULL, "10.1.2.3"},
        {SLICE("\0\0\0\0"), NULL, ""},
        {SLICE("words"), NULL, ""},
        {SLICE("192.168.1.1:8080"), NULL, ""}, /* 16 characters */
    };
    mapping_folder_put(&folder, "example/agent.xml",
                       "<mapping vendor=\"Example\" product=\"Agent\"><guide title=\"none\"/>"
                       "<recognise format=\"varbinds\"><trap under=\"1.3.6.1.4.1.32473\"/>"
                       "</recognise><rule name=\"r\" kind=\"link.down\"><match any=\"yes\"/><set "
                       "field=\"src.ip\" from=\"1.3.6.1.4.1.32473.1\"/></rule></mapping>");
    mapping_folder_put(&folder, "notifications.txt",
                       "1.3.6.1.4.1.32473\n.2 boxAddress =dst.ip\n.3 boxLine =host.ip:text\n");
    mapping_folder_put_box(&folder, "<rule name=\"r\"><match any=\"yes\"/></rule>");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mapping_folder_load(&folder));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run_octets(cases[i].octets, cases[i].charset);
        UNIT_TEXT(TEXT(SRC_IP), cases[i].address);
        UNIT_TEXT(TEXT(DST_IP), cases[i].address);
        CU_ASSERT_EQUAL(normalizing_unmapped(&n, "boxAddress").n != 0,
                        cases[i].address[0] == '\0' && cases[i].octets.n != 0);
    }
    run_octets(SLICE("vty0"), NULL);
    CU_ASSERT_FALSE(HAS(HOST_IP)); /* declared as text */
    UNIT_TEXT(normalizing_unmapped(&n, "boxLine"), "vty0");
    run_octets(SLICE("192.0.2.1"), NULL);
    UNIT_TEXT(TEXT(HOST_IP), "192.0.2.1");
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"addresses", octets_of_addresses}, CU_TEST_INFO_NULL};
    xml_init();
    folder = mapping_folder_new();
    normalizing_init(&n, 0);
    int status = unit_run("octets", tests);
    normalizing_fini(&n);
    mapping_folder_free(&folder);
    xml_fini();
    return status;
}
