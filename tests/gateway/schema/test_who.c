/* SPDX-License-Identifier: GPL-3.0-or-later */
/* By what a finding that is told twice is known again, and two that merely count alike are not. */
#include "gateway/schema/who.h"

#include <string.h>

#include "tests/support/suite.h"

static void test_unique(void)
{
    static const char *const unique[] = {
        "8d5a0b4e-1c1f-4f0e-9a51-0a9d4c1f2b3e", "{0x60f6a1b2,0x0,0xa01010a,0x3fff0001}",
        "0C43407C83F9-000000000000000a",        "0099253425-29ca0da7ff5dbd1f3bf8",
        "133B0D2C-B405-8DE7-9C11-0A1B2C3D4E5F", "IwUVemkBIMKdAHkUVwi-",
        "WB-9002-20260105-1a2b3c4d5e"};
    static const char *const counted[] = {"",
                                          "1",
                                          "67542",
                                          "110221865377225",
                                          "6748427317914894362",
                                          "K1",
                                          "{0x1,0x2,0x3,0x4}",
                                          "0a1b2c3d",
                                          "incident-0000000000000001",
                                          "AlertEvent-00000000000012",
                                          "sensor1-alert2-0000000001"};
    for (size_t i = 0; i < sizeof unique / sizeof *unique; i++)
        CU_ASSERT(gw_is_unique_key(slice_from(unique[i])));
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        CU_ASSERT_FALSE(gw_is_unique_key(slice_from(counted[i])));
}

static void fill(struct gw_event *event, const char *key, const char *host)
{
    gw_event_clear(event);
    event->kind = GW_KIND_EMAIL_THREAT;
    event->time_ms = event->received_ms = INT64_C(1767600000000);
    gw_event_set_text(event, GW_FIELD_MAPPING, SLICE("acme/mail"));
    gw_event_set_text(event, GW_FIELD_SITE, SLICE("hq"));
    gw_event_set_text(event, GW_FIELD_PEER, SLICE("192.0.2.10"));
    if (key)
        gw_event_set_text(event, GW_FIELD_EVENT_KEY, slice_from(key));
    if (host)
        gw_event_set_text(event, GW_FIELD_PRODUCT_HOST, slice_from(host));
}

static bool is_same(const struct gw_event *a, const struct gw_event *b)
{
    char first[GW_REPEAT_KEY_MAX], second[GW_REPEAT_KEY_MAX];
    size_t n = gw_repeat_key(a, first);
    CU_ASSERT_FATAL(n > 0 && n == strlen(first));
    CU_ASSERT_FATAL(gw_repeat_key(b, second) == strlen(second));
    return strcmp(first, second) == 0;
}

/* Two events of the same key, alike but for one field. */
static bool hides(const char *key, enum gw_field field, const char *value)
{
    static struct gw_event a, b;
    fill(&a, key, "mx1");
    fill(&b, key, "mx1");
    gw_event_set_text(&b, field, slice_from(value));
    return is_same(&a, &b);
}

static void test_counters(void)
{
    struct gw_event a, b;
    fill(&a, "7", "mx1");
    fill(&b, "7", "MX1");
    gw_event_set_text(&b, GW_FIELD_PEER, SLICE("192.0.2.99")); /* by a relay */
    CU_ASSERT(is_same(&a, &b));
    CU_ASSERT_FALSE(hides("7", GW_FIELD_PRODUCT_HOST, "mx2"));
    CU_ASSERT_FALSE(hides("7", GW_FIELD_SITE, "lab"));
    CU_ASSERT_FALSE(hides("7", GW_FIELD_HOST_NAME, "wks-1"));
    CU_ASSERT_FALSE(hides("7", GW_FIELD_MAPPING, "acme/web"));
    CU_ASSERT_FALSE(hides("7", GW_FIELD_EVENT_KEY, "8"));
    fill(&a, "7", NULL);
    fill(&b, "7", "N/A");
    CU_ASSERT(is_same(&a, &b)); /* nobody is no host: both are who sent them */
    gw_event_set_text(&b, GW_FIELD_SYSLOG_HOSTNAME, SLICE("mx2"));
    CU_ASSERT_FALSE(is_same(&a, &b));
}

/* A counter that began anew on another day; the same told hours later, with its own time. */
static void test_days(void)
{
    struct gw_event a, b;
    fill(&a, "7", "mx1");
    fill(&b, "7", "mx1");
    b.received_ms += 3 * INT64_C(86400000);
    CU_ASSERT(is_same(&a, &b));
    b.time_ms = b.received_ms;
    CU_ASSERT_FALSE(is_same(&a, &b));
    b.time_ms = b.received_ms + INT64_C(86400000); /* ahead: it counts at its receipt */
    b.received_ms = a.received_ms;
    CU_ASSERT(is_same(&a, &b));
}

static void test_worldwide(void)
{
    static const char guid[] = "8d5a0b4e-1c1f-4f0e-9a51-0a9d4c1f2b3e";
    struct gw_event a, b;
    fill(&a, guid, "console1");
    fill(&b, guid, "relay9");
    gw_event_set_text(&b, GW_FIELD_SITE, SLICE("lab"));
    b.time_ms = b.received_ms += 2 * INT64_C(86400000);
    CU_ASSERT(is_same(&a, &b));
    b.kind = GW_KIND_MALWARE_CLEANED;
    CU_ASSERT_FALSE(is_same(&a, &b));
    CU_ASSERT_FALSE(hides(guid, GW_FIELD_MAPPING, "acme/web"));
}

/* Hostile lengths and bytes: bounded, printable, and still told apart. */
static void test_long(void)
{
    char text[4000], other[4000], key[GW_REPEAT_KEY_MAX];
    struct gw_event a, b;
    memset(text, 1, sizeof text);
    memcpy(other, text, sizeof other);
    other[sizeof other - 1] = 2;
    for (int round = 0; round < 2; round++) {
        fill(&a, "7", NULL);
        fill(&b, "7", NULL);
        const enum gw_field fields[] = {GW_FIELD_EVENT_KEY, GW_FIELD_MAPPING, GW_FIELD_SITE,
                                        GW_FIELD_PRODUCT_HOST, GW_FIELD_HOST_NAME};
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
            gw_event_set_text(&a, fields[i], slice_of(text, sizeof text));
            gw_event_set_text(&b, fields[i], slice_of(round ? text : other, sizeof other));
        }
        a.time_ms = b.time_ms = round ? INT64_MIN : 0;
        CU_ASSERT_EQUAL(is_same(&a, &b), round == 1);
    }
    size_t n = gw_repeat_key(&a, key);
    CU_ASSERT(n < sizeof key);
    for (size_t i = 0; i < n; i++)
        CU_ASSERT(key[i] >= ' ');
    fill(&a, NULL, "mx1");
    CU_ASSERT_EQUAL(gw_repeat_key(&a, key), 0);
    CU_ASSERT_EQUAL(*key, '\0');
}

/* Character by character, from its definition: each length, cut at each length. */
static void test_clean(void)
{
    const char text[] =
        "Printable ASCII, then \x01 one\x7f two, \xc3\x84\xc2\x85 and \xe2\x82 bad, "
        "then ASCII AGAIN to its end";
    for (size_t from = 0; from < 8; from++)
        for (size_t n = 0; from + n < sizeof text; n++)
            for (size_t max = 0; max < 60; max++) {
                char out[64], expected[64];
                struct slice rest = slice_of(text + from, n);
                size_t used = 0;
                while (rest.n) {
                    bool is_wide = rest.n > 1 && (unsigned char)rest.p[0] == 0xc3;
                    bool is_control = rest.n > 1 && (unsigned char)rest.p[0] == 0xc2;
                    size_t width = is_wide ? 2 : 1;
                    if (used + width > max)
                        break;
                    bool is_kept = is_wide || (rest.p[0] >= ' ' && rest.p[0] < 0x7f);
                    memcpy(expected + used, is_kept ? rest.p : "?", width);
                    used += width;
                    rest = slice_skip(rest, is_control ? 2 : width);
                }
                CU_ASSERT_EQUAL(gw_clean_text(slice_of(text + from, n), out, max, false), used);
                CU_ASSERT_EQUAL(memcmp(out, expected, used), 0);
                CU_ASSERT_EQUAL(out[used], '\0');
                for (size_t i = 0; i < used; i++)
                    if (expected[i] >= 'A' && expected[i] <= 'Z')
                        expected[i] = (char)(expected[i] + 32);
                CU_ASSERT_EQUAL(gw_clean_text(slice_of(text + from, n), out, max, true), used);
                CU_ASSERT_EQUAL(memcmp(out, expected, used), 0);
            }
}

/* What turns the direction of writing would show a name as another. */
static void test_clean_marks(void)
{
    char out[64];
    gw_clean_text(SLICE("pc\xe2\x80\xae"
                        "1.exe \xe5\x8c\x97\xe4\xba\xac\xe2\x81\xa6"),
                  out, sizeof out - 1, false);
    CU_ASSERT_STRING_EQUAL(out, "pc?1.exe \xe5\x8c\x97\xe4\xba\xac?");
}

static void test_nobody(void)
{
    static const char *const nobody[] = {"",   "N/A",  "na",   "-",       "--",    "0.0.0.0",
                                         "::", "Null", "NONE", "Unknown", "(null)"};
    static const char *const somebody[] = {"n",     "none1", "0.0.0.1", "unknown1",
                                           "(nil)", "host",  "u"};
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++)
        CU_ASSERT_TRUE(gw_is_nobody(slice_from(nobody[i])));
    for (size_t i = 0; i < sizeof somebody / sizeof *somebody; i++)
        CU_ASSERT_FALSE(gw_is_nobody(slice_from(somebody[i])));
}

/* What a record says, and what of it names a computer: "guid name domain mac ip label". */
static void test_identity(void)
{
    static const struct {
        const char *guid, *name, *domain, *mac, *ip, *is;
    } rows[] = {
        {"", "PC-1", "", "", "", "|PC-1||||PC-1"},
        {"", " PC-1$ ", "", "", "", "|PC-1||||PC-1"},
        {"", "CORP\\PC-1", "", "", "", "|PC-1|CORP|||PC-1"},
        {"", "pc-1.corp.example.net", "", "", "", "|pc-1|corp|||pc-1"},
        {"", "pc-1.corp.example.net", "lab.example.net", "", "", "|pc-1|lab|||pc-1"},
        {"", "CORP\\pc-1.lab.example.net", "N/A", "", "", "|pc-1|CORP|||pc-1"},
        {"", "-\\pc-1.lab.example.net", "", "", "", "|pc-1|lab|||pc-1"},
        {"", "PC-1", "CORP\\", "", "", "|PC-1|CORP|||PC-1"},
        {"", "PC-1", "WorkGroup", "", "", "|PC-1||||PC-1"},
        {"", "PC-1", "default", "", "", "|PC-1||||PC-1"},
        {"", ".corp", "corp", "", "10.0.0.1", "||||10.0.0.1|10.0.0.1"},
        {"", "10.0.0.1", "corp", "", "", "||||10.0.0.1|10.0.0.1"},
        {"", "10.0.0.1", "", "", "10.0.0.2", "||||10.0.0.2|10.0.0.2"},
        {"", "127.0.0.1", "", "", "", "|||||"},
        {"", "n/a", "corp", "", "::1", "|||||"},
        {"{g-1}", "", "", "00-11-22-AA-BB-CC", " 10.0.0.1 ", "{g-1}|||001122AABBCC|10.0.0.1|{g-1}"},
        {"00000000-0000", "", "", "0011.22aa.bbcc", "0.0.0.0", "|||001122aabbcc||0011.22aa.bbcc"},
        {"", "", "", "00:00:00:00:00:00", "fe80::1", "||||fe80::1|fe80::1"},
        {"", "", "", "...", "", "|||||"},
        {"", "", "", "", "", "|||||"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char is[256];
        struct gw_identity who = {.guid = slice_from(rows[i].guid),
                                  .name = slice_from(rows[i].name),
                                  .domain = slice_from(rows[i].domain),
                                  .mac = slice_from(rows[i].mac),
                                  .ip = slice_from(rows[i].ip)};
        gw_identity_of(&who);
        snprintf(is, sizeof is, "%.*s|%.*s|%.*s|%.*s|%.*s|%.*s", SLICE_FMT(who.guid),
                 SLICE_FMT(who.name), SLICE_FMT(who.domain), SLICE_FMT(who.mac), SLICE_FMT(who.ip),
                 SLICE_FMT(who.label));
        CU_ASSERT_STRING_EQUAL(is, rows[i].is);
    }
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"keys unique in the world, and counters", test_unique},
        {"two that count alike", test_counters},
        {"a counter that began anew", test_days},
        {"one event by two ways", test_worldwide},
        {"long keys", test_long},
        {"clean texts", test_clean},
        {"printable text, marks", test_clean_marks},
        {"nobody", test_nobody},
        {"identity", test_identity}};
    return suite_run("schema who", tests, sizeof tests / sizeof *tests);
}
