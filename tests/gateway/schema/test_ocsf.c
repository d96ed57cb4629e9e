/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The OCSF writer. Without an argument: unit tests of what a valid event must say. With --print:
 * events for every kind with minimal, full and hostile fields, one a line, for the validator
 * (tests/ocsf/test_writer.py).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/utf8.h"
#include "gateway/schema/ocsf.h"
#include "gateway/schema/ocsf_internal.h"
#include "tests/support/suite.h"

static const struct ocsf_context context = {
    .gateway_id = {"gw1", 3},
    .epoch = {"0123456789abcdef", 16},
    .version = {"0.1.0", 5},
    .has_raw = true,
    .has_unmapped = true,
};

static struct gw_event event;

static void begin(enum gw_kind kind)
{
    gw_event_clear(&event);
    event.kind = (uint16_t)kind;
    event.sequence = 42;
    event.time_ms = 1795536000000;
    event.received_ms = 1795536000200;
    event.severity = GW_SEVERITY_HIGH;
}

static void set(enum gw_field field, const char *text)
{
    gw_event_set_text(&event, field, slice_from(text));
}

/* ---- events for the validator ---- */

static void print_event(void)
{
    static struct buf out;
    buf_clear(&out);
    ocsf_write(&event, &context, &out);
    buf_byte(&out, '\n');
    fwrite(out.p, 1, out.n, stdout);
}

/* Text that is right for the field, so that every mapped attribute is written. */
static const char *sound_text(enum gw_field field)
{
    switch (field) {
    case GW_FIELD_HOST_MAC:
    case GW_FIELD_SRC_MAC:
    case GW_FIELD_DST_MAC:
    case GW_FIELD_SOURCE_MAC:
        return "00:1A:2b:3c:4d:5e";
    case GW_FIELD_FILE_SHA1:
        return "da39a3ee5e6b4b0d3255bfef95601890afd80709";
    case GW_FIELD_FILE_MD5:
        return "d41d8cd98f00b204e9800998ecf8427e";
    case GW_FIELD_FILE_SHA256:
        return "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    case GW_FIELD_EMAIL_FROM:
        return "a@bad.example";
    case GW_FIELD_EMAIL_TO:
        return "b@corp.example; c@corp.example";
    case GW_FIELD_CVE:
        return "CVE-2026-0001, CVE-2026-0002";
    case GW_FIELD_MALWARE_CLASS:
        return "trojan";
    case GW_FIELD_SCAN_TYPE:
        return "Real-time Scan";
    default:
        return gw_field_name(field);
    }
}

/* There is not room for all: those of the highest numbers are left out, or of the lowest. */
static void fill_all(const char *text, int64_t number, bool is_from_end)
{
    for (int f = 1; f < GW_FIELD_END; f++) {
        enum gw_field field = (enum gw_field)(is_from_end ? GW_FIELD_END - f : f);
        enum gw_type type = gw_field_type(field);
        if (type == GW_TYPE_TEXT)
            set(field, text ? text : sound_text(field));
        else if (type == GW_TYPE_IP)
            set(field, text ? text : field % 2 ? "192.0.2.7" : "2001:db8::7");
        else if (type != GW_TYPE_NONE)
            gw_event_set_int(&event, field, number);
    }
}

static void fill_one(enum gw_field field)
{
    enum gw_type type = gw_field_type(field);
    if (type == GW_TYPE_IP)
        set(field, "192.0.2.9");
    else if (type == GW_TYPE_TEXT)
        set(field, sound_text(field));
    else if (type != GW_TYPE_NONE)
        gw_event_set_int(&event, field, 1);
}

static const char *const hostile[] = {
    "\xff\xfe\x80 not UTF-8 \xc3",
    "\"quote\\back\x01\x02\x1f\x7f\r\n\t\b\f",
    "999.1.1.1",
    "1.2.3.4.5",
    ":::",
    "-",
    " ",
    "\xed\xa0\x80\xf4\x90\x80\x80",
    "a@b",
    "@;,<>, ;",
    "\\\\server\\share",
    "2001:db8::1%eth0",
    "::ffff:192.0.2.1",
    "\xe7\x97\x85\xe6\xaf\x92",
};

static void print_full(enum gw_kind kind, bool is_from_end)
{
    begin(kind);
    event.sequence = 0;
    fill_all(NULL, 1, is_from_end);
    event.raw = event.text = SLICE("<13>raw \xff bytes\n");
    event.flags = 31;
    event.transport = GW_TRANSPORT_TCP;
    event.format = GW_FORMAT_CEF;
    event.full_size_bytes = 100000;
    gw_event_add_unmapped(&event, SLICE("cs9"), SLICE("value"));
    print_event();
}

static void print_hostile(enum gw_kind kind, bool is_from_end)
{
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        static const int64_t numbers[] = {0,  1,  2,  3,     4,     27,        28,
                                          98, 99, -1, 65535, 65536, INT64_MAX, INT64_MIN};
        begin(kind);
        event.severity = (uint8_t)(i * 20);
        event.transport = (uint8_t)(i * 3);
        event.format = (uint8_t)(i * 3);
        event.raw = event.text = slice_from(hostile[i]);
        fill_all(hostile[i], numbers[i % (sizeof numbers / sizeof *numbers)], is_from_end);
        gw_event_add_unmapped(&event, slice_from(hostile[i]), slice_from(hostile[i]));
        gw_event_add_unmapped(&event, slice_from(hostile[i]), SLICE("again"));
        gw_event_add_unmapped(&event, SLICE_NONE, SLICE_NONE);
        gw_event_add_unmapped(&event, SLICE("message"), SLICE_NONE);
        gw_event_add_unmapped(&event, SLICE("host.name"), SLICE("a key like a field's"));
        gw_event_add_unmapped(&event, SLICE("host.name"), SLICE("and again"));
        print_event();
    }
}

static void print_kind(enum gw_kind kind)
{
    static char large[65536 + 1];
    memset(large, 'x', sizeof large - 1);
    begin(kind);
    print_event();
    for (int is_from_end = 0; is_from_end < 2; is_from_end++) {
        print_full(kind, is_from_end);
        print_hostile(kind, is_from_end);
    }
    begin(kind);
    set(GW_FIELD_MESSAGE, large);
    set(GW_FIELD_HOST_NAME, large);
    print_event();
    for (int f = 1; f < GW_FIELD_END; f++) {
        begin(kind);
        fill_one((enum gw_field)f);
        print_event();
    }
}

static void print_all(void)
{
    for (int k = 0; k < GW_KIND_END; k++)
        if (k == 0 || strcmp(gw_kind_name((enum gw_kind)k), "none") != 0)
            print_kind((enum gw_kind)k);
    print_kind((enum gw_kind)14);  /* no such kind */
    print_kind((enum gw_kind)999); /* beyond the table */
}

/* Addresses of standard input, one a line, and what the checks say: the test compares with
 * Python's. */
static void print_checks(void)
{
    char line[256];
    while (fgets(line, sizeof line, stdin)) {
        struct slice s = slice_of(line, strcspn(line, "\n"));
        printf("%d%d%d\n", ocsf_is_ip(s), ocsf_is_mac(s), ocsf_is_email(s));
    }
}

/* The kinds and their classes, for the comparison with event-map.json. */
static void print_kinds(void)
{
    for (int k = 0; k < GW_KIND_END; k++)
        if (k == 0 || strcmp(gw_kind_name((enum gw_kind)k), "none") != 0)
            printf("%s %d %d\n", gw_kind_name((enum gw_kind)k), gw_kind_class_uid((enum gw_kind)k),
                   gw_kind_activity_id((enum gw_kind)k));
}

/* ---- unit tests ---- */

static struct buf out;

static const char *written(void)
{
    buf_clear(&out);
    ocsf_write(&event, &context, &out);
    return buf_text(&out);
}

#define HAS(text)     CU_ASSERT_PTR_NOT_NULL_FATAL(strstr(written(), text))
#define HAS_NOT(text) CU_ASSERT_PTR_NULL_FATAL(strstr(written(), text))

static void test_malware(void)
{
    begin(GW_KIND_MALWARE_CLEAN_FAILED);
    set(GW_FIELD_MALWARE_NAME, "Eicar_test_file");
    set(GW_FIELD_HOST_NAME, "pc-0042");
    set(GW_FIELD_SITE, "hq");
    HAS("\"class_uid\":2004,\"category_uid\":2,\"activity_id\":1,\"type_uid\":200401,\"severity_"
        "id\":4");
    HAS("\"uid\":\"gw1.0123456789abcdef.42\"");
    HAS("\"labels\":[\"eog.kind:malware.clean_failed\",\"eog.site:hq\"]");
    HAS("\"action_id\":1,\"disposition_id\":13,\"is_alert\":true");
    HAS("\"device\":{\"type_id\":0,\"hostname\":\"pc-0042\"}");
    HAS("\"profiles\":[\"security_control\",\"host\"]");
    HAS_NOT("unmapped");
    /* The kind says what became of it: a mapping's other word for that is none. */
    gw_event_set_int(&event, GW_FIELD_DISPOSITION_ID, 3);
    gw_event_set_int(&event, GW_FIELD_ACTION_ID, 2);
    HAS("\"action_id\":1,\"disposition_id\":13,\"is_alert\":true");
    HAS_NOT("unmapped");
    CU_ASSERT_EQUAL(gw_ocsf_disposition(&event), 13);
    gw_event_set_int(&event, GW_FIELD_DISPOSITION_ID,
                     50); /* no value of the enum: the kind's, kept aside */
    HAS("\"disposition_id\":13");
    HAS("\"unmapped\":{\"disposition.id\":\"50\"}");
}

/* The text beside a known id is the schema's; what else the product said is kept. */
static void test_classification(void)
{
    begin(GW_KIND_MALWARE_FOUND);
    set(GW_FIELD_MALWARE_NAME, "X");
    HAS("\"classification_ids\":[0]}");
    set(GW_FIELD_MALWARE_CLASS, "trojan");
    HAS("\"classification_ids\":[18],\"classifications\":[\"Trojan\"]");
    HAS_NOT("unmapped");
    set(GW_FIELD_MALWARE_CLASS, "Coinminer");
    HAS("\"classification_ids\":[13],\"classifications\":[\"Resource-Exploitation\"]");
    HAS("\"unmapped\":{\"malware.class\":\"Coinminer\"}");
    set(GW_FIELD_MALWARE_CLASS, "test file");
    HAS("\"classification_ids\":[99],\"classifications\":[\"test file\"]");
    HAS_NOT("unmapped");
}

/* A kind that leaves open what was done takes the record's word, and has its own where none is. */
static void test_disposition(void)
{
    begin(GW_KIND_MALWARE_SUSPECTED);
    CU_ASSERT_EQUAL(gw_ocsf_disposition(&event), 15);
    gw_event_set_int(&event, GW_FIELD_DISPOSITION_ID, 3);
    HAS("\"disposition_id\":3");
    CU_ASSERT_EQUAL(gw_ocsf_disposition(&event), 3);
    gw_event_set_int(&event, GW_FIELD_DISPOSITION_ID, 50);
    CU_ASSERT_EQUAL(gw_ocsf_disposition(&event), 15);
}

static void test_offline_uid(void)
{
    begin(GW_KIND_SYSTEM_STATUS);
    event.sequence = 0;
    event.raw = SLICE("one");
    char first[4096], second[4096];
    snprintf(first, sizeof first, "%s", written());
    snprintf(second, sizeof second, "%s", written());
    CU_ASSERT_STRING_EQUAL(first, second);
    HAS("\"uid\":\"gw1.0.");
    event.raw = SLICE("two");
    CU_ASSERT_STRING_NOT_EQUAL(first, written());
}

/* The uid of what it corrects, its own place in the journal, and which one holds. */
static void test_correction(void)
{
    char first[4096];
    begin(GW_KIND_MALWARE_FOUND);
    snprintf(first, sizeof first, "%s", written());
    HAS("\"uid\":\"gw1.0123456789abcdef.42\"");
    HAS_NOT("eog.revision");
    event.sequence = 99;
    event.correction = (struct gw_correction){42, 3, false};
    HAS("\"uid\":\"gw1.0123456789abcdef.42\"");
    HAS("\"sequence\":99");
    HAS("\"labels\":[\"eog.kind:malware.found\",\"eog.revision:3\"]");
    event.sequence = 42;
    event.correction = (struct gw_correction){0};
    CU_ASSERT_STRING_EQUAL(first, written());
}

static void test_gateway_id_is_escaped(void)
{
    struct ocsf_context odd = context;
    odd.gateway_id = SLICE("a\"b\\");
    odd.epoch = SLICE("\"");
    begin(GW_KIND_SYSTEM_STATUS);
    buf_clear(&out);
    ocsf_write(&event, &odd, &out);
    CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&out), "\"uid\":\"a\\\"b\\\\.\\\".42\""));
}

/* Whose product it is, and that it is about no device. */
static void test_own(void)
{
    static const enum gw_kind kinds[] = {GW_KIND_GATEWAY_TICK, GW_KIND_KPI_CHANGED,
                                         GW_KIND_KPI_VALUE, GW_KIND_ALERT_CLEARED,
                                         GW_KIND_ALERT_REPEATED};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        begin(kinds[i]);
        HAS("\"product\":{\"name\":\"eog-gateway\",\"vendor_name\":\"eog-gateway\"");
        HAS_NOT("\"device\"");
    }
    begin(GW_KIND_SYSTEM_STATUS);
    HAS("\"product\":{\"name\":\"Unknown\"");
    HAS("\"device\"");
}

static void test_fallbacks(void)
{
    begin(GW_KIND_DEVCTL_BLOCK);
    set(GW_FIELD_PERIPHERAL, "USB storage");
    HAS("\"class_uid\":2004");
    HAS("\"name\":\"USB storage\"");
    set(GW_FIELD_USER_NAME, "alice");
    HAS("\"class_uid\":1010");
    begin(GW_KIND_FW_DENY);
    HAS("\"class_uid\":0,\"category_uid\":0,\"activity_id\":99");
    HAS("\"activity_name\":\"Firewall Deny\"");
    set(GW_FIELD_SRC_IP, "not an address");
    HAS("\"class_uid\":0");
    HAS("\"unmapped\":{\"src.ip\":\"not an address\"}");
    set(GW_FIELD_SRC_IP, "192.0.2.1");
    HAS("\"class_uid\":4001");
    begin(GW_KIND_AUTH_LOGON_FAIL);
    HAS("\"class_uid\":0");
    set(GW_FIELD_USER_NAME, "admin");
    set(GW_FIELD_PEER, "192.0.2.1");
    HAS("\"class_uid\":3002");
    HAS("\"status_id\":2");
    HAS_NOT("\"relay\"");
    set(GW_FIELD_RELAY, "2001:db8::250");
    gw_event_set_int(&event, GW_FIELD_RELAY_TIME, 1795535999000);
    HAS("},{\"name\":\"relay\",\"logged_time\":1795535999000,"
        "\"device\":{\"type_id\":0,\"ip\":\"2001:db8::250\"}}]");
    HAS("\"reporter\":{\"ip\":\"192.0.2.1\"}");
    HAS_NOT("relay.time");
    begin(GW_KIND_VULN_FOUND);
    set(GW_FIELD_CVE, " , ");
    HAS("\"class_uid\":2004");
    begin(GW_KIND_WEB_REPUTATION);
    HAS("\"class_uid\":2004");
    begin(GW_KIND_EMAIL_THREAT);
    set(GW_FIELD_EMAIL_FROM, "nobody");
    HAS("\"class_uid\":2004");
    HAS("\"email.from\":\"nobody\"");
}

static void test_verbs(void)
{
    begin(GW_KIND_ACCOUNT_CHANGE);
    set(GW_FIELD_USER_NAME, "bob");
    set(GW_FIELD_ACTION, "User Unlocked");
    HAS("\"activity_id\":12,\"type_uid\":300112");
    begin(GW_KIND_CONFIG_CHANGE);
    set(GW_FIELD_POLICY_NAME, "Base");
    set(GW_FIELD_ACTION, "Deleted");
    HAS("\"activity_id\":4,\"type_uid\":300404");
    set(GW_FIELD_ACTION, "touched");
    HAS("\"activity_id\":3");
}

static void test_unmapped(void)
{
    begin(GW_KIND_SYSTEM_STATUS);
    gw_event_set_int(&event, GW_FIELD_SYSLOG_FACILITY, 4);
    gw_event_add_unmapped(&event, SLICE("a"), SLICE("1"));
    gw_event_add_unmapped(&event, SLICE("b"), SLICE("2"));
    gw_event_add_unmapped(&event, SLICE("a"), SLICE("3"));
    HAS("\"unmapped\":{\"syslog.facility\":\"4\",\"a\":[\"1\",\"3\"],\"b\":\"2\"}");
    /* Two names of broken bytes are one name once they are written. */
    gw_event_clear(&event);
    gw_event_add_unmapped(&event, SLICE("x\xff"), SLICE("1"));
    gw_event_add_unmapped(&event, SLICE("x\xfe"), SLICE("2"));
    HAS("\"unmapped\":{\"x\xEF\xBF\xBD\":[\"1\",\"2\"]}");
    struct ocsf_context bare = context;
    bare.has_unmapped = bare.has_raw = false;
    event.raw = SLICE("secret");
    buf_clear(&out);
    ocsf_write(&event, &bare, &out);
    CU_ASSERT_PTR_NULL(strstr(buf_text(&out), "unmapped"));
    CU_ASSERT_PTR_NULL(strstr(buf_text(&out), "secret"));
}

/* Every field is either in an attribute or in unmapped: nothing is lost on the way out. */
static void test_nothing_is_lost(void)
{
    int checked = 0;
    for (int k = 0; k < GW_KIND_END; k++) {
        for (int f = 1; f < GW_FIELD_END; f++) {
            if (gw_field_type((enum gw_field)f) != GW_TYPE_TEXT)
                continue;
            begin((enum gw_kind)k);
            set((enum gw_field)f, "Xyzzy-value");
            CU_ASSERT_PTR_NOT_NULL_FATAL(strstr(written(), "Xyzzy-value"));
            checked++;
        }
    }
    CU_ASSERT(checked > 10000);
}

static void add(const char *name, const char *value)
{
    gw_event_add_unmapped(&event, slice_from(name), slice_from(value));
}

static const char *const own_names[] = {
    "peer",           "snmp.trap_oid",  "snmp.version", "snmp.uptime",    "snmp.enterprise",
    "snmp.user",      "snmp.engine_id", "boot.id",      "time.monotonic", "load.hash",
    "load.by",        "emission",       "kpi.id",       "kpi.value_text", "alert.id",
    "alert.ack_note", "alert.muted",    "advice",       "origin.ip",      "snmp.agent_address"};

static void test_own_names(void)
{
    for (size_t i = 0; i < sizeof own_names / sizeof *own_names; i++) {
        struct buf expected = {0};
        begin(GW_KIND_DEVCTL_BLOCK);
        add(own_names[i], "x");
        buf_printf(&expected, "{\"sent.%s\":\"x\"}", own_names[i]);
        HAS(buf_text(&expected));
        buf_free(&expected);
    }
}

/* What the gateway alone says stands under names that no sender can use. */
static void test_forged_names(void)
{
    begin(GW_KIND_DEVCTL_BLOCK);
    add("snmp.user", "admin");
    add("peer", "192.0.2.1");
    add("kpi.state", "0");
    add("peers", "as sent");
    add("relay", "mx.example.net");
    HAS("\"unmapped\":{\"sent.snmp.user\":\"admin\",\"sent.peer\":\"192.0.2.1\","
        "\"sent.kpi.state\":\"0\",\"peers\":\"as sent\",\"relay\":\"mx.example.net\"}");
    /* Beside ours, twice, and by the name that it gets. */
    set(GW_FIELD_SNMP_USER, "dsm");
    add("sent.snmp.user", "root");
    add("sent.snmp.users", "root");
    HAS("\"snmp.user\":\"dsm\"");
    HAS("\"sent.snmp.user\":[\"admin\",\"root\"]");
    HAS("\"sent.snmp.users\":\"root\"");
    HAS_NOT(",\"snmp.user\":\"admin\"");
}

static void test_raw_text(void)
{
    begin(GW_KIND_GATEWAY_UNTRANSLATABLE);
    event.raw = SLICE("\xb2\xa1\xb6\xbe");
    event.text = SLICE("\xe7\x97\x85\xe6\xaf\x92");
    HAS("\"raw_data\":\"\xe7\x97\x85\xe6\xaf\x92\"");
    HAS("\"class_uid\":6008");
    event.text = event.raw;
    HAS("\"raw_data\":\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        if (strcmp(argv[1], "--print") == 0)
            print_all();
        else if (strcmp(argv[1], "--kinds") == 0)
            print_kinds();
        else if (strcmp(argv[1], "--checks") == 0)
            print_checks();
        else
            return 2;
        return fflush(stdout) == 0 ? 0 : 1;
    }
    static const struct suite_test tests[] = {
        {"malware", test_malware},
        {"disposition: the record's, where its kind leaves it open", test_disposition},
        {"classification", test_classification},
        {"offline uid", test_offline_uid},
        {"correction", test_correction},
        {"gateway id", test_gateway_id_is_escaped},
        {"fallbacks", test_fallbacks},
        {"verbs", test_verbs},
        {"unmapped", test_unmapped},
        {"nothing is lost", test_nothing_is_lost},
        {"raw text", test_raw_text},
        {"own kinds", test_own},
        {"forged", test_forged_names},
        {"own names", test_own_names},
    };
    int status = suite_run("ocsf", tests, sizeof tests / sizeof *tests);
    buf_free(&out);
    return status;
}
