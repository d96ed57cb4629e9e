/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records of the shipped mappings: character sets, times, forged keys, what nobody knows, bounds.
 */
#include "gateway/normalize/normalize.h"

#include <time.h>

#include "gateway/base/buf.h"
#include "gateway/base/civil.h"
#include "gateway/base/zone.h"
#include "gateway/xml/document.h"
#include "parsers/instant.h"
#include "parsers/timestamp.h"
#include "tests/support/normalizing.h"

static struct mapping_set *set;
static struct normalizing n;

#define TEXT(field) gw_event_text(&n.event, GW_FIELD_##field)
#define HAS(field)  gw_event_has(&n.event, GW_FIELD_##field)
#define FLAG(name)  ((n.event.flags & GW_EVENT_##name) != 0)
#define APEX        "CEF:0|Trend Micro|Apex Central|2019|"

static void run(struct slice message)
{
    normalizing_run(&n, set, message);
}

/* ---- character sets ---- */

static void declare(const char *charset)
{
    charset_close(n.source.charset);
    n.source.charset = charset_open(charset);
    CU_ASSERT_PTR_NOT_NULL(n.source.charset);
}

static void charsets(void)
{
    static const struct {
        const char *charset, *host, *expected;
        bool replaced;
    } cases[] = {
        {NULL, "财务-01", "财务-01", false},
        {"UTF-8", "财务-01", "财务-01", false},
        {"GB18030", "\xB2\xC6\xCE\xF1-01", "财务-01", false},
        /* Declared one way, sent the other: well-formed UTF-8 is what it is. */
        {"GB18030", "财务-01", "财务-01", false},
        {"Big5", "財務-01", "財務-01", false},
        /* Four bytes. */
        {"GB18030", "\x81\x39\xEE\x39\x95\x32\x82\x36-01", "㐀𠀀-01", false},
        {"Big5", "\xA5\x5C-01", "功-01", false},
        {"CP932", "\x95\x5C\x8E\xA6-01", "表示-01", false},
        /* Nothing declared: what is likely, and told. */
        {NULL, "\xB2\xC6\xCE\xF1-01", "财务-01", false},
        {NULL, "\xB0\x5D\xB0\xC8-01", "財務-01", false},
        {NULL, "\x83\x65\x83\x58\x83\x67-01", "テスト-01", false},
        /* Nothing likely, or not what is declared: replaced, told, and the rest goes on. */
        {NULL, "PC\xFF-01", "PC\xEF\xBF\xBD-01", true},
        {"UTF-8", "\xB2\xC6-01", "\xEF\xBF\xBD\xEF\xBF\xBD-01", true},
        {"UTF-8", "PC\xFF-01", "PC\xEF\xBF\xBD-01", true},
        {"GB18030", "PC\xFF-01", "PC\xEF\xBF\xBD-01", true},
        {"CP932", "PC\x85\xFD-01", "PC\xEF\xBF\xBD\xEF\xBF\xBD-01", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf message = {0};
        buf_printf(&message, APEX "AV:File cleaned|W.A|3|dhost=%s act=File cleaned cn1=7",
                   cases[i].host);
        declare(cases[i].charset);
        run(buf_get(&message));
        UNIT_TEXT(TEXT(HOST_NAME), cases[i].expected);
        CU_ASSERT_EQUAL(FLAG(REPLACED), cases[i].replaced);
        CU_ASSERT_EQUAL(FLAG(GUESSED), !cases[i].charset && !cases[i].replaced &&
                                           strcmp(cases[i].host, cases[i].expected) != 0);
        CU_ASSERT_EQUAL(n.event.kind, GW_KIND_MALWARE_CLEANED);
        UNIT_TEXT(TEXT(PATTERN_VERSION), "7");                  /* what stands behind is whole */
        CU_ASSERT(slice_equal(n.event.raw, buf_get(&message))); /* as it came */
        buf_free(&message);
    }
    /* A character's second byte may be a sign of the syntax: '|', '=', '\'. */
    declare("Big5");
    run(SLICE("CEF:0|Trend Micro|Apex Central|2019|AV:\xA4\x7C|W.A|3|dhost=\xA5\x5C=\xA4\x7C "
              "act=\xA4w\xA7R\xB0\xA3"));
    UNIT_TEXT(TEXT(HOST_NAME), "功=弋");
    UNIT_TEXT(TEXT(EVENT_CODE), "AV:弋");
    CU_ASSERT_EQUAL(n.event.kind, GW_KIND_MALWARE_DELETED);
    declare(NULL);
}

/* ---- times ---- */

static int64_t at(const char *text)
{
    struct parsed_time time;
    int64_t ms = 0;
    CU_ASSERT_TRUE(parse_timestamp(slice_from(text), &time));
    CU_ASSERT_TRUE(parsed_time_to_ms(&time, NULL, 0, &ms));
    return ms;
}

struct moment {
    const char *header, *rt, *received, *expected;
    unsigned flags;
};

static void check_moments(const struct moment *moments, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char message[512], text[CIVIL_RFC3339_MAX + 1];
        snprintf(message, sizeof message, "%s" APEX "VAD|x|3|dhost=pc%s%s", moments[i].header,
                 moments[i].rt ? " rt=" : "", moments[i].rt ? moments[i].rt : "");
        n.received_ms = at(moments[i].received);
        run(slice_from(message));
        text[civil_format(n.event.time_ms, text)] = '\0';
        CU_ASSERT_TRUE(FLAG(BY_AGENT)); /* Apex Central's mapping says so */
        n.event.flags &= (uint8_t)~GW_EVENT_BY_AGENT;
        if (n.event.time_ms != at(moments[i].expected) || n.event.flags != moments[i].flags)
            printf("\n    %s received %s: %s, flags %u", message, moments[i].received, text,
                   n.event.flags);
        CU_ASSERT_EQUAL(n.event.time_ms, at(moments[i].expected));
        CU_ASSERT_EQUAL(n.event.flags, moments[i].flags);
        CU_ASSERT_EQUAL(n.event.received_ms, n.received_ms);
    }
    n.received_ms = NORMALIZING_RECEIVED_MS;
}

#define HEADER "<13>Mar  2 08:01:15 h "

static void times(void)
{
    static const char receipt[] = "2026-03-02T08:05:00Z";
    static const struct moment moments[] = {
        /* The product's own time, then the header's, then the receipt. */
        {HEADER, "Mar 02 2026 08:00:10 GMT+00:00", receipt, "2026-03-02T08:00:10Z", 0},
        {HEADER, "Mar 02 2026 16:00:10 GMT+08:00", receipt, "2026-03-02T08:00:10Z", 0},
        {HEADER, "soon", receipt, "2026-03-02T08:01:15Z", 0},
        {HEADER, "Feb 30 2026 08:00:00", receipt, "2026-03-02T08:01:15Z", 0},
        {HEADER, NULL, receipt, "2026-03-02T08:01:15Z", 0},
        {"", NULL, receipt, receipt, GW_EVENT_NO_TIME},
        {"", "", receipt, receipt, GW_EVENT_NO_TIME},
        /* The turn of the year: a header has none. */
        {"<13>Dec 31 23:59:59 h ", NULL, "2026-01-01T00:00:02Z", "2025-12-31T23:59:59Z", 0},
        {"<13>Jan  1 00:00:01 h ", NULL, "2025-12-31T23:59:58Z", "2026-01-01T00:00:01Z", 0},
        {"<13>Jan  1 00:06:00 h ", NULL, "2025-12-31T23:59:58Z", "2025-12-31T23:59:58Z",
         GW_EVENT_TIME_AHEAD},
        {"<13>Feb 29 12:00:00 h ", NULL, "2028-02-29T12:00:01Z", "2028-02-29T12:00:00Z", 0},
        /* A clock that is wrong: up to five minutes ahead is believed, more counts at receipt;
           whatever is behind is late. */
        {"", "Mar 02 2026 08:10:00 GMT+00:00", receipt, "2026-03-02T08:10:00Z", 0},
        {"", "Mar 02 2026 08:10:01 GMT+00:00", receipt, receipt, GW_EVENT_TIME_AHEAD},
        {"", "Mar 02 2096 08:10:01 GMT+00:00", receipt, receipt, GW_EVENT_TIME_AHEAD},
        {HEADER, "Mar 02 2036 08:10:01 GMT+00:00", receipt, receipt, GW_EVENT_TIME_AHEAD},
        {"", "Jan 01 1970 00:00:00 GMT+00:00", receipt, "1970-01-01T00:00:00Z", 0},
        {"", "1772438400", receipt, "2026-03-02T08:00:00Z", 0},
        {"", "1772438400123", receipt, "2026-03-02T08:00:00.123Z", 0},
    };
    check_moments(moments, sizeof moments / sizeof *moments);
}

static void zones(void)
{
    static const struct moment moments[] = {
        {"", "2026-03-02 16:00:10", "2026-03-02T08:05:00Z", "2026-03-02T08:00:10Z", 0},
        {"<13>Mar  2 16:01:15 h ", NULL, "2026-03-02T08:05:00Z", "2026-03-02T08:01:15Z", 0},
        /* A zone that the message names wins. */
        {"", "Mar 02 2026 08:00:10 GMT+00:00", "2026-03-02T08:05:00Z", "2026-03-02T08:00:10Z", 0},
        /* New Year comes earlier there. */
        {"<13>Jan  1 00:00:01 h ", NULL, "2025-12-31T16:00:02Z", "2025-12-31T16:00:01Z", 0},
        {"<13>Dec 31 23:59:59 h ", NULL, "2025-12-31T16:00:02Z", "2025-12-31T15:59:59Z", 0},
    };
    struct zone *zone = zone_open("Asia/Shanghai");
    if (!zone) {
        printf("(no zone files here) ");
        return;
    }
    n.source.zone = zone;
    check_moments(moments, sizeof moments / sizeof *moments);
    n.source.zone = NULL;
    zone_free(zone);
}

/* A source whose clock is declared not to be believed. */
static void receipt_only(void)
{
    static const struct moment moments[] = {
        {HEADER, "Mar 02 2026 08:00:10 GMT+00:00", "2026-03-02T08:05:00Z", "2026-03-02T08:05:00Z",
         0},
        {HEADER, NULL, "2026-03-02T08:05:00Z", "2026-03-02T08:05:00Z", 0},
        {"", NULL, "2026-03-02T08:05:00Z", "2026-03-02T08:05:00Z", 0},
        {"", "Mar 02 2096 08:00:10 GMT+00:00", "2026-03-02T08:05:00Z", "2026-03-02T08:05:00Z", 0},
    };
    n.source.time_is_receipt = true;
    check_moments(moments, sizeof moments / sizeof *moments);
    UNIT_TEXT(TEXT(ORIGINAL_TIME), "Mar 02 2096 08:00:10 GMT+00:00");
    n.source.time_is_receipt = false;
}

/* A relay kept it over New Year: what has no time, or no year, is of the time when the relay had
 * it. A relay whose clock is ahead of ours changes nothing. */
static void relayed(void)
{
    static const char *const late = "2026-01-01T09:00:00Z", *const relay = "2025-12-31T23:00:00Z";
    static const struct moment moments[] = {
        {HEADER, "Mar 02 2025 08:00:10 GMT+00:00", late, "2025-03-02T08:00:10Z", 0},
        {"", NULL, late, relay, GW_EVENT_NO_TIME},
        {"<13>Dec 31 22:00:00 h ", NULL, late, "2025-12-31T22:00:00Z", 0},
        {"", "Dec 31 2025 23:05:01 GMT+00:00", late, relay, GW_EVENT_TIME_AHEAD},
        {"", NULL, "2025-12-31T22:59:00Z", "2025-12-31T22:59:00Z", GW_EVENT_NO_TIME},
    };
    n.relay_ms = at(relay);
    check_moments(moments, sizeof moments / sizeof *moments);
    n.source.time_is_receipt = true;
    static const struct moment receipt[] = {{HEADER, NULL, late, relay, 0}};
    check_moments(receipt, 1);
    n.source.time_is_receipt = false;
    n.relay_ms = 0;
}

/* ---- accounts ---- */

/* By one rule, whatever the mapping; of the user who is acted upon where nobody else is named. */
static void accounts(void)
{
    run(SLICE("1,2026/03/02 08:01:03,00790000001,TRAFFIC,deny,,2026/03/02 08:01:02,192.0.2.9,"
              "203.0.113.5,,,out,CORP\\ann,,ssl,vsys1,trust,untrust,ethernet1/2,ethernet1/1,,"
              "2026/03/02 08:01:02,7,1,50001,443,,,,tcp,vanish,,,,,,,,,,,,,"));
    UNIT_TEXT(TEXT(USER_NAME), "ann");
    UNIT_TEXT(TEXT(USER_DOMAIN), "CORP");
    run(SLICE("CEF:0|Palo Alto Networks|PAN-OS|10.1|url|THREAT|3|src=192.0.2.9 duser=CORP\\\\eve"));
    UNIT_TEXT(TEXT(TARGET_USER), "eve");
    UNIT_TEXT(TEXT(USER_DOMAIN), "CORP");
    run(SLICE("CEF:0|Palo Alto Networks|PAN-OS|10.1|url|THREAT|3|suser=ann@example.com "
              "duser=CORP\\\\eve"));
    UNIT_TEXT(TEXT(USER_NAME), "ann@example.com");
    UNIT_TEXT(TEXT(TARGET_USER), "CORP\\eve");
    CU_ASSERT_FALSE(HAS(USER_DOMAIN));
}

/* ---- forged keys ---- */

static void forged(void)
{
    run(SLICE(APEX "AV:File passed|W.A|3|dhost=pc-1 act=File passed fname=x dhost=pc-2 act=File "
                   "cleaned dvchost=y TMCMLogDetectedIP=192.0.2.9"));
    UNIT_TEXT(TEXT(HOST_NAME), "pc-1");
    CU_ASSERT_EQUAL(n.event.kind, GW_KIND_MALWARE_PASSED);
    UNIT_TEXT(normalizing_unmapped(&n, "dhost"), "pc-2");
    /* Names of the gateway's own fields and sources are nothing special in a message. */
    run(SLICE(APEX "AV:File passed|W.A|3|dhost=pc-1 act=File passed mapping=x peer=192.0.2.1 "
                   "kind=malware.cleaned severity=low site=other error=stands product.vendor=x "
                   "device_vendor=Other device_product=Other device_event_class_id=VAD name=N"));
    UNIT_TEXT(TEXT(HOST_NAME), "pc-1");
    UNIT_TEXT(TEXT(MAPPING), "trendmicro/apex-central");
    UNIT_TEXT(TEXT(PRODUCT_VENDOR), "Trend Micro");
    UNIT_TEXT(TEXT(PRODUCT_NAME), "Apex Central");
    UNIT_TEXT(TEXT(EVENT_CODE), "AV:File passed");
    UNIT_TEXT(TEXT(MALWARE_NAME), "W.A");
    CU_ASSERT_FALSE(HAS(PEER));
    CU_ASSERT_FALSE(HAS(SITE));
    CU_ASSERT_FALSE(HAS(PARSE_ERROR));
    CU_ASSERT_EQUAL(n.event.kind, GW_KIND_MALWARE_PASSED);
    UNIT_TEXT(normalizing_unmapped(&n, "site"), "other");
    /* A site is the declaration's. */
    n.source.site = "hq";
    run(SLICE(APEX "AV:File passed|W.A|3|dhost=pc-1 act=File passed site=other"));
    UNIT_TEXT(TEXT(SITE), "hq");
    n.source.site = NULL;
    /* A label's words come from outside too: they name a pair beside the fields, no field. */
    run(SLICE(APEX "VAD|x|3|cs4=1 cs4Label=host.name cs5=2 cs5Label="));
    CU_ASSERT_FALSE(HAS(HOST_NAME));
    UNIT_TEXT(normalizing_unmapped(&n, "host.name"), "1");
    UNIT_TEXT(normalizing_unmapped(&n, "cs5"), "2");
    /* A label far from its field; of two the one beside it; one of nothing, and one of a label. */
    run(SLICE(APEX "VAD|x|3|k1Label=far k2Label=first a1=1 k2=2 k2Label=beside k1=3 k3Label=alone "
                   "k4LabelLabel=twice k4Label=x k4=4 abk2=5"));
    UNIT_TEXT(normalizing_unmapped(&n, "far"), "3");
    UNIT_TEXT(normalizing_unmapped(&n, "beside"), "2");
    UNIT_TEXT(normalizing_unmapped(&n, "k3Label"), "alone");
    UNIT_TEXT(normalizing_unmapped(&n, "x"), "4");
    UNIT_TEXT(normalizing_unmapped(&n, "abk2"), "5");
    UNIT_TEXT(normalizing_unmapped(&n, "a1"), "1");
    CU_ASSERT_EQUAL(n.event.n_unmapped, 6);
    /* A variable's or a source's sign in a key's name. */
    run(SLICE(APEX
              "700211|Managed Product Logon/Logoff Events|3|$user=forged @code=VAD msg=UserName:"
              "joe,x"));
    UNIT_TEXT(TEXT(USER_NAME), "joe");
    CU_ASSERT_EQUAL(n.event.kind, GW_KIND_AUTH_LOGON_OK);
}

/* ---- behind relays ---- */

#define T    "2026-03-02T08:01:02+00:00 "
#define SSHD "Failed password for root from 192.0.2.9 port 22 ssh2"

struct passed_on {
    const char *in, *host, *mapping; /* NULL: none */
    enum gw_kind kind;
};

static void run_passed_on(const struct passed_on *wanted)
{
    run(slice_from(wanted->in));
    if (n.event.kind != wanted->kind)
        printf("\n    %s: %s", wanted->in, gw_kind_name(n.event.kind));
    CU_ASSERT_EQUAL(n.event.kind, wanted->kind);
    UNIT_TEXT(TEXT(SYSLOG_HOSTNAME), wanted->host ? wanted->host : "");
    UNIT_TEXT(TEXT(MAPPING), wanted->mapping ? wanted->mapping : "");
    UNIT_TEXT(n.event.raw, wanted->in);
}

/* What rsyslog 8.2302 (a blank before MSG where one stood) and syslog-ng 3.38 send on. */
static void taken_apart(void)
{
    static const struct passed_on cases[] = {
        /* The text's first word is APP-NAME. */
        {"<187>1 " T "sw1 %LINK-3-UPDOWN - - -  Interface Gi0/2, changed state to down", "sw1",
         "cisco/ios", GW_KIND_LINK_DOWN},
        {"<189>1 " T "r1 %LINK-3-UPDOWN - - [meta sequenceId=\"9\"] Interface Gi0/2, changed state "
         "to down",
         "r1", "cisco/ios", GW_KIND_LINK_DOWN},
        {"<190>1 " T "r1 521 - - -  edge1: *Mar  2 08:01:02.699: %LINK-3-UPDOWN: Interface "
         "Gi0/2, changed state to down",
         "edge1", "cisco/ios", GW_KIND_LINK_DOWN},
        {"<189>1 " T "sw1 %%01IFNET/4/IF_STATE(l) 1475 - - Interface GigabitEthernet2/0/9 has "
         "turned into DOWN state.",
         "sw1", "huawei/vrp", GW_KIND_LINK_DOWN},
        {"<134>1 " T "dsm LEEF - - - 2.0|Trend Micro|Deep Security Manager|11|851|cat=System\tname="
         "Reconnaissance Detected: Network or Port Scan",
         "dsm", "trendmicro/deep-security", GW_KIND_IPS_DETECT},
        {"<134>1 " T "fw-1 id=firewall - - -  sn=00C0 time=\"2026-03-02 08:01:02 UTC\" "
         "fw=192.0.2.1 pri=6 c=0 m=98 msg=\"Connection Opened\" n=7 src=192.0.2.9:50001:X0:pc-9 "
         "dst=198.51.100.5:443:X1 proto=tcp/https",
         "fw-1", "sonicwall/sonicos", GW_KIND_FW_ALLOW},
        {"<134>1 " T
         "osce01 Virus - - -  TROJ_SAMPLE.A Computer: PC-3005 Domain: HQ File: C:\\a.exe "
         "Date/Time: 3/2/2026 08:00:00 Result: Deleted",
         "osce01", NULL, GW_KIND_GATEWAY_UNTRANSLATABLE}, /* "/Malware" is lost */
        {"<134>1 " T "osce01 Virus/Malware - - - TROJ_SAMPLE.A Computer: PC-3005 Domain: HQ File: "
         "C:\\a.exe Date/Time: 3/2/2026 08:00:00 Result: Deleted",
         "osce01", "trendmicro/officescan", GW_KIND_MALWARE_DELETED},
        {"<181>1 " T
         "ise1 CISE_Failed_Attempts - - -  0000019355 1 0 2026-03-02 09:01:02.015 +02:00 "
         "0000341162 5400 NOTICE Failed-Attempt: Authentication failed, ConfigVersionId=1",
         "ise1", "cisco/ise", GW_KIND_AUTH_LOGON_FAIL},
        /* A whole message behind the relay's header. */
        {"<86>Mar  2 08:01:02 r <38>1 " T "h sshd 7 - - " SSHD, "h", "openbsd/openssh",
         GW_KIND_AUTH_LOGON_FAIL},
        {"<86>Mar  2 08:01:02 r 1 " T "h sshd 7 - - " SSHD, "h", "openbsd/openssh",
         GW_KIND_AUTH_LOGON_FAIL},
        {"<86>Mar  2 08:01:02 r <38>Mar  2 08:01:02 h sshd[7]: " SSHD, "h", "openbsd/openssh",
         GW_KIND_AUTH_LOGON_FAIL},
        {"<86>1 " T "r - - - - <38>Mar  2 08:01:02 h sshd[7]: " SSHD, "h", "openbsd/openssh",
         GW_KIND_AUTH_LOGON_FAIL},
        {"<86>1 " T "r 1 - - - " T "h sshd 7 - - " SSHD, "h", "openbsd/openssh",
         GW_KIND_AUTH_LOGON_FAIL},
        /* What gear sends without a time has the relay's, and the relay's word for who it is. */
        {"<13>Mar  2 08:01:02 sw1 <187>%LINK-3-UPDOWN: Interface Gi0/2, changed state to down",
         "sw1", "cisco/ios", GW_KIND_LINK_DOWN},
        {"<13>1 " T "pc - - - - <38>sshd[7]: " SSHD, "pc", "openbsd/openssh",
         GW_KIND_AUTH_LOGON_FAIL},
        /* The same without a PRI, and so a date: a tag, or what only machines are called. */
        {"<86>Mar  2 08:01:02 r Mar  2 08:01:02 h sshd[7]: " SSHD, "h", "openbsd/openssh",
         GW_KIND_AUTH_LOGON_FAIL},
        {"<86>1 " T "r - - - -  2026-03-02T08:01:02Z h sshd[7]: " SSHD, "h", "openbsd/openssh",
         GW_KIND_AUTH_LOGON_FAIL},
        {"<27>Mar  2 08:01:02 r Mar 24 21:45:28 192.0.2.3 Detected an unauthorized user "
         "attempting to access the SNMP interface from 192.0.2.9 0x0004",
         "192.0.2.3", "apc/network-management-card", GW_KIND_AUTH_LOGON_FAIL},
        {"<38>Mar  2 08:01:02 h 2026-03-02 08:01:02 User x logged in", "h", NULL,
         GW_KIND_GATEWAY_UNTRANSLATABLE},
        {"<38>Mar  2 08:01:02 h app: Mar  2 08:01:02 x sshd[7]: " SSHD, "h", NULL,
         GW_KIND_GATEWAY_UNTRANSLATABLE},
        /* A message whose header only its mapping tells from text. */
        {"<134>" T "r  1772438462.289402144 MX1 flows src=192.0.2.9 dst=198.51.100.5 protocol=udp "
         "sport=138 dport=53 pattern: allow all",
         "MX1", "cisco/meraki", GW_KIND_FW_ALLOW},
        {"<134>1 " T "r 1 - - - 1772438462.289402144 MX1 flows src=192.0.2.9 dst=198.51.100.5 "
         "protocol=udp sport=138 dport=53 pattern: allow all",
         "MX1", "cisco/meraki", GW_KIND_FW_ALLOW},
        {"<30>Mar  2 08:01:02 r 2026:03:02-08:01:02 utm1 ulogd[1]: id=\"2001\" severity=\"info\" "
         "sys=\"SecureNet\" sub=\"packetfilter\" name=\"Packet dropped\" action=\"drop\" "
         "fwrule=\"1\" "
         "srcip=\"192.0.2.9\" dstip=\"198.51.100.5\"",
         "utm1", "sophos/utm", GW_KIND_FW_DENY},
        /* What a program says is no header, and what names a MSGID was no relay's tag. */
        {"<38>Mar  2 08:01:02 h app: 1 " T "x sshd 7 - - " SSHD, "h", NULL,
         GW_KIND_GATEWAY_UNTRANSLATABLE},
        {"<38>Mar  2 08:01:02 h app: <38>1 " T "x sshd 7 - - " SSHD, "h", NULL,
         GW_KIND_GATEWAY_UNTRANSLATABLE},
        {"<38>1 " T "h - - ID - <38>Mar  2 08:01:02 x sshd[7]: " SSHD, "h", NULL,
         GW_KIND_GATEWAY_UNTRANSLATABLE},
        {"<189>1 " T "r1 %LINK-3-UPDOWN - ID - Interface Gi0/2, changed state to down", "r1", NULL,
         GW_KIND_GATEWAY_UNTRANSLATABLE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run_passed_on(&cases[i]);
        CU_ASSERT_FALSE(FLAG(MALFORMED));
    }
}

/* What collectors make of a line: it is read as it was, and what it does not say is theirs. */
static void wrapped(void)
{
#define VIRUS                                                                                      \
    "Virus/Malware: TROJ_SAMPLE.A Computer: PC-3005 Domain: HQ File: C:\\\\a.exe Date/Time: "      \
    "3/2/2026 08:00:00 Result: Deleted"
    static const struct passed_on cases[] = {
        {"{\"__REALTIME_TIMESTAMP\":\"1772438462289402\",\"_HOSTNAME\":\"h\",\"PRIORITY\":\"6\","
         "\"SYSLOG_FACILITY\":\"10\",\"SYSLOG_IDENTIFIER\":\"sshd\",\"SYSLOG_PID\":\"7\","
         "\"MESSAGE\":\"" SSHD "\"}",
         "h", "openbsd/openssh", GW_KIND_AUTH_LOGON_FAIL},
        {"{\"@timestamp\":\"2026-03-02T08:01:02.289Z\",\"host\":{\"name\":\"osce01\"},\"agent\":"
         "{\"type\":\"filebeat\"},\"message\":\"" VIRUS "\"}",
         "osce01", "trendmicro/officescan", GW_KIND_MALWARE_DELETED},
        {"<13>Mar  2 08:01:02 collector {\"message\":\"" VIRUS "\"}", "collector",
         "trendmicro/officescan", GW_KIND_MALWARE_DELETED},
        {"{\"version\":\"1.1\",\"host\":\"gw\",\"short_message\":\"Failed\",\"full_message\":\"<38>"
         "Mar "
         " 2 08:01:02 h sshd[7]: " SSHD "\",\"timestamp\":1772438462.289,\"level\":6}",
         "h", "openbsd/openssh", GW_KIND_AUTH_LOGON_FAIL},
        {"{\"msg\":\" " SSHD "\",\"rawmsg\":\"<38>Mar  2 08:01:02 h sshd[7]: " SSHD "\","
         "\"hostname\":\"h\",\"programname\":\"sshd\",\"timereported\":\"2026-03-02T08:01:02Z\"}",
         "h", "openbsd/openssh", GW_KIND_AUTH_LOGON_FAIL},
        {"{\"time\":\"2026-03-02T08:01:02Z\",\"host\":\"h\",\"ident\":\"sshd\",\"pid\":\"7\","
         "\"message\":\"" SSHD "\"}",
         "h", "openbsd/openssh", GW_KIND_AUTH_LOGON_FAIL},
        {"{\"@timestamp\":\"2026-03-02T08:01:02Z\",\"event\":{\"original\":\"<187>%LINK-3-UPDOWN: "
         "Interface Gi0/2, changed state to down\"},\"message\":\"changed state to down\","
         "\"log\":{\"syslog\":{\"hostname\":\"sw1\"}}}",
         "sw1", "cisco/ios", GW_KIND_LINK_DOWN},
        {"{\"host\":\"apex\",\"message\":\"CEF:0|Trend Micro|Apex Central|2019|AV:File "
         "quarantined|X|3|dhost=pc act=File quarantined\"}",
         "apex", "trendmicro/apex-central", GW_KIND_MALWARE_QUARANTINED},
        /* What somebody's words quote is no line, and neither is a line of an unknown. */
        {"{\"message\":\"no such user: CEF:0|Trend Micro|Apex Central|2019|AV:File "
         "quarantined|X|3|dhost=pc act=File quarantined\"}",
         NULL, NULL, GW_KIND_GATEWAY_UNTRANSLATABLE},
        {"{\"host\":\"h\",\"message\":\"something else that is said\"}", NULL, NULL,
         GW_KIND_GATEWAY_UNTRANSLATABLE},
        {"{\"message\":\"{\\\"message\\\":\\\"" SSHD "\\\"}\"}", NULL, NULL,
         GW_KIND_GATEWAY_UNTRANSLATABLE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run_passed_on(&cases[i]);
        CU_ASSERT_EQUAL(FLAG(NO_TIME), cases[i].mapping == NULL || i == 7);
    }
    run(slice_from(cases[0].in));
    CU_ASSERT_EQUAL(n.event.time_ms, at("2026-03-02T08:01:02Z") + 289);
    CU_ASSERT_EQUAL(gw_event_int(&n.event, GW_FIELD_SYSLOG_FACILITY, -1), 10);
    UNIT_TEXT(TEXT(SYSLOG_APPNAME), "sshd");
    UNIT_TEXT(TEXT(SYSLOG_PROCID), "7");
    run(slice_from(cases[9].in)); /* of an unknown everything is kept */
    UNIT_TEXT(normalizing_unmapped(&n, "message"), "something else that is said");
    UNIT_TEXT(normalizing_unmapped(&n, "host"), "h");
#undef VIRUS
}

/* ---- what nobody knows ---- */

static void unknown(void)
{
    run(SLICE("<13>Mar  2 08:01:15 h app[7]: something \x01 else"));
    CU_ASSERT_EQUAL(n.event.kind, GW_KIND_GATEWAY_UNTRANSLATABLE);
    UNIT_TEXT(TEXT(MESSAGE), "something \x01 else");
    UNIT_TEXT(TEXT(SYSLOG_APPNAME), "app");
    CU_ASSERT_FALSE(HAS(MAPPING));
    CU_ASSERT_EQUAL(n.event.severity, gw_severity_from_syslog(5));
    UNIT_TEXT(n.event.raw, "<13>Mar  2 08:01:15 h app[7]: something \x01 else");
    CU_ASSERT_PTR_NULL(n.trace.mapping);
    /* A word alone is a tag, and what was said all the same; an app without a word said nothing. */
    run(SLICE("<13>Mar  2 08:01:15 h Rebooting"));
    UNIT_TEXT(TEXT(SYSLOG_APPNAME), "Rebooting");
    UNIT_TEXT(TEXT(MESSAGE), "Rebooting");
    run(SLICE("<13>Mar  2 08:01:15 h app[7]:"));
    CU_ASSERT_FALSE(HAS(MESSAGE));
    /* A header says who speaks all the same. */
    run(SLICE("<11>CEF:0|Acme|Anvil|7|42|fell|9|dhost=coyote src=192.0.2.1"));
    CU_ASSERT_EQUAL(n.event.kind, GW_KIND_GATEWAY_UNTRANSLATABLE);
    UNIT_TEXT(TEXT(PRODUCT_VENDOR), "Acme");
    UNIT_TEXT(TEXT(PRODUCT_NAME), "Anvil");
    UNIT_TEXT(TEXT(EVENT_CODE), "42");
    UNIT_TEXT(TEXT(EVENT_NAME), "fell");
    UNIT_TEXT(normalizing_unmapped(&n, "dhost"), "coyote");
    CU_ASSERT_FALSE(HAS(HOST_NAME));
    CU_ASSERT_EQUAL(n.event.severity, GW_SEVERITY_HIGH); /* of syslog's "error" */
    /* A known product with a code nobody gave a rule. */
    run(SLICE(APEX "424242|new|3|dhost=pc"));
    CU_ASSERT_EQUAL(n.event.kind, GW_KIND_SYSTEM_STATUS);
    CU_ASSERT_EQUAL(n.trace.rule, -1);
    UNIT_TEXT(TEXT(HOST_NAME), "pc");
    /* Nothing, and bytes that are none. */
    run(SLICE_NONE);
    CU_ASSERT_EQUAL(n.event.kind, GW_KIND_GATEWAY_UNTRANSLATABLE);
    CU_ASSERT_FALSE(HAS(MESSAGE));
    run(SLICE("\0\xFF\xFE\0"));
    CU_ASSERT_EQUAL(n.event.kind, GW_KIND_GATEWAY_UNTRANSLATABLE);
    CU_ASSERT_TRUE(FLAG(REPLACED));
    CU_ASSERT_EQUAL(n.event.raw.n, 4);
    /* What a parser could not read wholly: told, and the rest kept. */
    run(SLICE(APEX "AV:File passed"));
    CU_ASSERT_TRUE(FLAG(MALFORMED));
    CU_ASSERT_TRUE(HAS(PARSE_ERROR));
}

static void unknown_notification(void)
{
    normalizing_begin(&n, SLICE("datagram"));
    n.fields.format = GW_FORMAT_VARBINDS;
    fields_add(&n.fields, SLICE("trap_oid"), SLICE("1.3.6.1.4.1.32473.0.9"));
    fields_add(&n.fields, SLICE("version"), SLICE("1"));
    fields_add(&n.fields, SLICE("agent_addr"), SLICE("not an address"));
    n.fields.n_header = n.fields.n;
    fields_add(&n.fields, SLICE("1.3.6.1.4.1.32473.1.0"), SLICE("42"));
    fields_add(&n.fields, SLICE("1.3.6.1.4.1.32473.2.0"), SLICE("words"));
    normalizing_fields(&n, set);
    CU_ASSERT_EQUAL(n.event.kind, GW_KIND_GATEWAY_UNTRANSLATABLE);
    UNIT_TEXT(TEXT(EVENT_CODE), "1.3.6.1.4.1.32473.0.9");
    UNIT_TEXT(TEXT(MESSAGE), "words");
    CU_ASSERT_FALSE(HAS(SNMP_AGENT_ADDRESS));
    CU_ASSERT_EQUAL(gw_event_int(&n.event, GW_FIELD_SNMP_VERSION, -1), 0);
    UNIT_TEXT(normalizing_unmapped(&n, "1.3.6.1.4.1.32473.1.0"), "42");
    UNIT_TEXT(n.event.raw, "datagram");
}

/* ---- bounds ---- */

static void many_fields(void)
{
    struct buf message = {0};
    buf_printf(&message, APEX "AV:File passed|W.A|3|dhost=pc-1 act=File passed");
    for (int i = 0; i < 400; i++)
        buf_printf(&message, " k%d=%d", i, i);
    buf_printf(&message, " dst=192.0.2.1");
    run(buf_get(&message));
    CU_ASSERT_TRUE(FLAG(TRUNCATED));
    CU_ASSERT_EQUAL(n.event.kind, GW_KIND_MALWARE_PASSED);
    UNIT_TEXT(TEXT(HOST_NAME), "pc-1");
    CU_ASSERT_EQUAL(n.event.n_unmapped, GW_EVENT_UNMAPPED_MAX);
    buf_free(&message);
}

static void long_values(void)
{
    struct buf message = {0};
    buf_printf(&message, APEX "AV:");
    for (int i = 0; i < 8000; i++)
        buf_printf(&message, "passed! ");
    run(buf_get(&message));
    CU_ASSERT_TRUE(FLAG(MALFORMED));
    buf_printf(&message, "|W.A|3|dhost=");
    for (int i = 0; i < 60000; i++)
        buf_byte(&message, 'h');
    buf_printf(&message, " act=File passed");
    run(buf_get(&message));
    CU_ASSERT_EQUAL(TEXT(HOST_NAME).n, 60000);
    CU_ASSERT_EQUAL(n.event.kind, GW_KIND_MALWARE_PASSED);
    buf_free(&message);
}

/* No room in the record's memory: what needs none is kept, and the record is marked. */
static void small_arena(void)
{
    struct normalizing tight;
    normalizing_init(&tight, 64);
    normalizing_run(
        &tight, set,
        SLICE(APEX "700106|Data Loss Prevention|3|shost=pc-1 smac=74-27-00-0C-65-E7 "
                   "fname=C:\\\\a\\\\b\\\\c\\\\d\\\\e\\\\f\\\\g\\\\h\\\\i\\\\j\\\\k\\\\l\\\\m"
                   "\\\\n\\\\o\\\\p\\\\q\\\\r\\\\s\\\\t\\\\u.txt cs5=rule"));
    CU_ASSERT_EQUAL(tight.event.kind, GW_KIND_DLP_VIOLATION);
    UNIT_TEXT(gw_event_text(&tight.event, GW_FIELD_HOST_NAME), "pc-1");
    UNIT_TEXT(gw_event_text(&tight.event, GW_FIELD_RULE_NAME), "rule");
    CU_ASSERT_TRUE((tight.event.flags & GW_EVENT_TRUNCATED) != 0);
    normalizing_fini(&tight);
    /* A conversion that finds no room is told as well. */
    normalizing_init(&tight, 16);
    normalizing_run(&tight, set, SLICE(APEX "700106|x|3|shost=pc-1 smac=74-27-00-0C-65-E7"));
    CU_ASSERT_FALSE(gw_event_has(&tight.event, GW_FIELD_HOST_MAC));
    CU_ASSERT_TRUE((tight.event.flags & GW_EVENT_TRUNCATED) != 0);
    UNIT_TEXT(normalizing_unmapped(&tight, "smac"), "74-27-00-0C-65-E7");
    normalizing_fini(&tight);
    /* And a text that the charset made too long. */
    normalizing_init(&tight, 16);
    normalizing_run(&tight, set, SLICE("a text of twenty bytes\xff"));
    CU_ASSERT_EQUAL(tight.event.text.n, 16);
    CU_ASSERT_TRUE((tight.event.flags & GW_EVENT_TRUNCATED) != 0);
    normalizing_fini(&tight);
}

/* Texts made to cost the shipped patterns as much as they can: 64 KiB of their own labels. What it
 * takes is printed; the machine is shared, so no figure is asserted. */
static void hostile_texts(void)
{
    static const char *const pieces[] = {
        "Virus/Malware: ",
        "Virus/Malware:x Result:y ",
        "File: Date/Time: ",
        "Result:",
        "Number of viruses/malware: 1",
        "\n",
        "病毒/恶意软件：",
        "Computer: ",
        "IP: 1",
        "Virus/Malware: File: \\\\ ",
        "Date/Time:\t\t",
        "Virus/Malware:File:a Result:",
    };
    struct buf message = {0};
    double worst = 0;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        buf_clear(&message);
        buf_printf(&message, "<13>Mar  2 08:01:15 h x: Virus/Malware: ");
        while (message.n < 65000)
            buf_printf(&message, "%s", pieces[i]);
        struct timespec start, end;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
        run(buf_get(&message));
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
        double ms =
            (double)(end.tv_sec - start.tv_sec) * 1e3 + (double)(end.tv_nsec - start.tv_nsec) / 1e6;
        worst = ms > worst ? ms : worst;
        CU_ASSERT_PTR_NOT_NULL(n.trace.mapping);
    }
    printf("(at most %.2f ms of CPU each) ", worst);
    buf_free(&message);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"character sets", charsets},
        {"times", times},
        {"times behind a relay", relayed},
        {"zones", zones},
        {"receipt only", receipt_only},
        {"accounts", accounts},
        {"forged keys", forged},
        {"taken apart by relays", taken_apart},
        {"wrapped by collectors", wrapped},
        {"unknown messages", unknown},
        {"unknown notifications", unknown_notification},
        {"many fields", many_fields},
        {"long values", long_values},
        {"small arena", small_arena},
        {"hostile texts", hostile_texts},
        CU_TEST_INFO_NULL,
    };
    struct diag diag = {0};
    xml_init();
    mapping_set_load(TEST_TOP_SRCDIR "/mappings", &diag, &set);
    diag_print(&diag, stdout);
    diag_free(&diag);
    if (!set)
        return 2;
    normalizing_init(&n, 1024 * 1024);
    int status = unit_run("normalize", tests);
    charset_close(n.source.charset);
    normalizing_fini(&n);
    mapping_set_free(set);
    xml_fini();
    return status;
}
