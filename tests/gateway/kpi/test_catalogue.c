/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The catalogue's language: what is delivered, what is refused, and a KPI that is XML alone. */
#include "gateway/kpi/catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/error.h"
#include "gateway/kpi/scenario.h"
#include "gateway/xml/document.h"
#include "tests/gateway/kpi/support.h"
#include "tests/support/suite.h"

static const int64_t BEGIN = INT64_C(1767600000000);

static const char HEAD[] =
    "<kpi-catalogue>\n<input id=\"agent-evidence\" kinds=\"agent.online\"/>\n"
    "<input id=\"agent-removed\" kinds=\"agent.removed\"/>\n"
    "<input id=\"component-status\" has=\"component.type\"/>\n";
static const char WORDS[] = "<name lang=\"en\">N</name><name lang=\"zh\">N</name>"
                            "<advice lang=\"en\">A</advice><advice lang=\"zh\">A</advice>";

static bool is_ascii(const char *text)
{
    if (!*text)
        return false;
    for (; *text; text++)
        if ((unsigned char)*text > 126)
            return false;
    return true;
}

static const char *schema(void)
{
    static char path[600];
    snprintf(path, sizeof path, "%s/mappings/kpi.rng", kt_source());
    return path;
}

static int load(struct slice text, const char *schema_path, struct diag *diag,
                struct kpi_catalogue **out)
{
    *out = NULL;
    return kpi_catalogue_load_text(text, "k.xml", schema_path, diag, out);
}

static void test_delivered(void)
{
    static const char *const keys[] = {"product-offline",
                                       "pattern-outdated",
                                       "engine-outdated",
                                       "install-rate",
                                       "agent-offline",
                                       "update-failure",
                                       "protection-disabled",
                                       "license-expiry",
                                       "log-silence",
                                       "console-logon-failure",
                                       "outbreak",
                                       "high-risk-virus",
                                       "suspected-virus",
                                       "infection-level",
                                       "infection-source",
                                       "clean-failure",
                                       "repeat-infection",
                                       "grayware",
                                       "ransomware",
                                       "behaviour-violation",
                                       "sandbox-detection",
                                       "c2-callback",
                                       "web-violation",
                                       "exploit-attack",
                                       "email-threat",
                                       "data-leak",
                                       "vulnerability-exposure",
                                       "network-device-fault"};
    static const uint32_t enabled = 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4 | 1u << 5 | 1u << 11 |
                                    1u << 12 | 1u << 13 | 1u << 14 | 1u << 15;
    struct diag diag = {0};
    struct kpi_catalogue *c;
    struct buf text = {0};
    kt_read("mappings/kpi.xml", &text);
    CU_ASSERT_EQUAL_FATAL(load(buf_get(&text), schema(), &diag, &c), GW_OK);
    CU_ASSERT_EQUAL_FATAL(c->n_entries, 28);
    for (uint32_t i = 0; i < 28; i++) {
        const struct kpi_entry *e = &c->entries[i];
        CU_ASSERT_EQUAL(e->id, i + 1);
        CU_ASSERT_STRING_EQUAL(e->key, keys[i]);
        CU_ASSERT_EQUAL(e->is_enabled, enabled >> e->id & 1);
        CU_ASSERT_TRUE(is_ascii(e->name) && is_ascii(e->advice));
        CU_ASSERT_TRUE(!is_ascii(e->name_zh) && !is_ascii(e->advice_zh));
        for (uint32_t j = 0; j < i; j++) {
            CU_ASSERT_STRING_NOT_EQUAL(e->name_zh, c->entries[j].name_zh);
            CU_ASSERT_STRING_NOT_EQUAL(e->advice_zh, c->entries[j].advice_zh);
        }
        CU_ASSERT_PTR_EQUAL(kpi_catalogue_find(c, slice_from(e->key)), e);
    }
    CU_ASSERT_PTR_NULL(kpi_catalogue_find(c, SLICE("nothing")));
    kpi_catalogue_free(c);
    buf_free(&text);
    diag_free(&diag);
}

/* ---- mistakes ---- */

static void bad(const char *body, int line, const char *says)
{
    struct diag diag = {0};
    struct kpi_catalogue *c;
    struct buf text = {0};
    buf_printf(&text, "%s%s</kpi-catalogue>", HEAD, body);
    CU_ASSERT_EQUAL(load(buf_get(&text), NULL, &diag, &c), GW_ERR_INVALID);
    bool is_said = false;
    for (size_t i = 0; i < diag.n; i++)
        is_said |= diag.items[i].line == line && strstr(diag.items[i].text, says);
    if (!is_said) {
        printf("\n    expected k.xml:%d: %s\n", line, says);
        diag_print(&diag, stdout);
    }
    CU_ASSERT_TRUE(is_said);
    buf_free(&text);
    diag_free(&diag);
}

/* A KPI with one test of these attributes; they stand in line 5. */
static void bad_test(const char *attributes, const char *says)
{
    struct buf body = {0};
    buf_printf(&body,
               "<kpi id=\"1\" key=\"k\" category=\"c\">%s<input id=\"i\" kinds=\"agent.online\"/>\n"
               "<test %s/></kpi>",
               WORDS, attributes);
    bad(buf_text(&body), 6, says);
    buf_free(&body);
}

static void test_mistakes(void)
{
    struct buf two = {0};
    bad("", 1, "no <kpi>");
    bad("<kpi id=\"1\" key=\"k\" category=\"c\"><name lang=\"en\">N</name></kpi>", 5,
        "<name> is missing in English or Chinese");
    bad("<kpi id=\"0\" key=\"k\" category=\"c\"/>", 5, "needs an id from 1");
    bad("<kpi id=\"x\" key=\"k\" category=\"c\"/>", 5, "is no number");
    bad("<input id=\"i\"/>", 5, "needs an id, and kinds or has");
    bad("<input id=\"i\" kinds=\"malware.imagined\"/>", 5, "there is no kind");
    bad("<input id=\"i\" has=\"imagined\"/>", 5, "there is no field");
    bad("<input id=\"agent-evidence\" kinds=\"agent.online\"/>", 5, "a second <input");
    bad("<input id=\"i\" kinds=\"agent.online\">\n<where field=\"imagined\" is=\"x\"/></input>", 6,
        "there is no field");
    bad("<input id=\"i\" kinds=\"agent.online\">\n<where field=\"host.name\"/></input>", 6,
        "takes one of");
    bad("<input id=\"i\" kinds=\"agent.online\">\n<where field=\"event.count\" min=\"x\"/></input>",
        6, "is no number");
    bad("<input id=\"i\" kinds=\"link.up\">\n<burst of=\"host\" least=\"1\" "
        "within=\"1m\"/></input>",
        6, "least from 2 to 16");
    bad("<input id=\"i\" kinds=\"link.up\">\n<burst of=\"host\" least=\"5\"/></input>", 6,
        "needs of, within");
    bad("<input id=\"i\" kinds=\"link.up\">\n<burst of=\"imagined\" least=\"5\" "
        "within=\"1m\"/></input>",
        6, "there is no field");
    buf_printf(&two, "<kpi id=\"1\" key=\"k\" category=\"c\">%s</kpi>\n<kpi id=\"1\" key=\"l\"/>",
               WORDS);
    bad(buf_text(&two), 5, "needs a <test>");
    bad(buf_text(&two), 6, "used by another KPI");
    buf_free(&two);
    bad_test("measure=\"sum\" input=\"i\"", "is not known here");
    bad_test("measure=\"count\" input=\"j\" window=\"1h\" warning=\"1\"", "no such <input>");
    bad_test("measure=\"count\" input=\"i\" warning=\"1\"", "needs an input and a window");
    bad_test("measure=\"count\" input=\"i\" window=\"soon\" warning=\"1\"", "is no duration");
    bad_test("measure=\"count\" input=\"i\" window=\"1h\"", "needs warning, critical or both");
    bad_test("measure=\"count\" input=\"i\" window=\"1h\" warning=\"5\" critical=\"3\"",
             "critical comes before warning");
    bad_test("measure=\"count\" input=\"i\" window=\"1h\" warning=\"0\"", "always be reached");
    bad_test("measure=\"count\" input=\"i\" window=\"1h\" warning=\"1.5\"", "whole number");
    bad_test("measure=\"count\" input=\"i\" window=\"1h\" at-least=\"2\" warning=\"1\"", "of what");
    bad_test("measure=\"distinct\" input=\"i\" window=\"1h\" warning=\"1\"", "of what");
    bad_test("measure=\"distinct\" input=\"i\" distinct=\"imagined\" window=\"1h\" warning=\"1\"",
             "there is no field");
    bad_test("measure=\"max-group\" input=\"i\" window=\"1h\" warning=\"1\"", "needs group");
    bad_test("measure=\"max-group\" input=\"i\" group=\"host source product\" window=\"1h\" "
             "warning=\"1\"",
             "at most two");
    bad_test("measure=\"count\" input=\"i i i i i\" window=\"1h\" warning=\"1\"", "at most 4");
    bad_test("measure=\"held\" input=\"i\" off=\"i i\" warning=\"1\"", "at most 1");
    bad_test("measure=\"held\" input=\"i\" distinct=\"host\" listed=\"uplinks\" warning=\"1\"",
             "listed=\"uplinks\" is of");
    bad_test("measure=\"held\" input=\"i\" heard=\"5m\" warning=\"1\"", "heard is of");
    bad_test("measure=\"held\" warning=\"1\"", "held needs an input");
    bad_test("measure=\"share\" warning=\"1\"", "share needs part");
    bad_test("measure=\"share\" part=\"behind\" component=\"pattern\" warning=\"1\"",
             "needs versions or days");
    bad_test("measure=\"share\" part=\"agents\" warning=\"1.234\"", "at most two decimals");
    bad_test("measure=\"lag\" scope=\"product\" warning=\"1\"", "needs component");
    bad_test("measure=\"age\" component=\"engine\" warning=\"1\"", "scope cannot be a site");
    bad_test("measure=\"share\" part=\"agents\" direction=\"falling\" warning=\"80\" "
             "critical=\"90\"",
             "critical comes before warning");
    struct diag diag = {0};
    struct kpi_catalogue *c;
    CU_ASSERT_EQUAL(load(SLICE("<kpi-catalogue><kpi"), NULL, &diag, &c), GW_ERR_INVALID);
    CU_ASSERT_EQUAL(load(SLICE("<other/>"), schema(), &diag, &c), GW_ERR_INVALID);
    diag_free(&diag);
}

static void test_like(void)
{
    static const struct {
        const char *text, *pattern;
        bool is_like;
    } cases[] = {{"abc", "abc", true},    {"ABC", "abc", true},     {"abcd", "abc", false},
                 {"abcd", "abc*", true},  {"abc", "abc*", true},    {"xabc", "*abc", true},
                 {"abcx", "*abc", false}, {"xabcx", "*abc*", true}, {"ab", "*abc*", false},
                 {"", "*", true},         {"x", "*", true},         {"", "", true},
                 {"x", "", false},        {"x", "**", true},        {"ab", "abc*", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CU_ASSERT_EQUAL(kpi_like(slice_from(cases[i].text), slice_from(cases[i].pattern)),
                        cases[i].is_like);
}

/* ---- one KPI is one entry ---- */

static void with_more(struct buf *out, const char *more)
{
    struct buf text = {0};
    kt_read("mappings/kpi.xml", &text);
    size_t end = slice_search(buf_get(&text), SLICE("</kpi-catalogue>"));
    buf_slice(out, slice_head(buf_get(&text), end));
    buf_printf(out, "%s</kpi-catalogue>", more);
    buf_free(&text);
}

static const char MORE[] =
    "<kpi id=\"29\" key=\"firewall-denials\" category=\"custom\" sources=\"*\">"
    "<name lang=\"en\">Denied connections</name>"
    "<name lang=\"zh\">\xe6\x8b\x92\xe7\xbb\x9d\xe8\xbf\x9e\xe6\x8e\xa5</name>"
    "<advice lang=\"en\">Look.</advice><advice lang=\"zh\">\xe7\x9c\x8b</advice>"
    "<input id=\"denied\" kinds=\"fw.deny\"><where field=\"dst.port\" is=\"22|23\"/></input>"
    "<test measure=\"max-group\" scope=\"site\" input=\"denied\" group=\"src.ip\" window=\"10m\""
    " unit=\"attempts\" warning=\"3\" critical=\"5\"/></kpi>";

/* A 29th KPI over a kind that exists: its rows are there by XML alone, on a reload. */
static void test_one_entry(void)
{
    static const char samples[] =
        "sample a KPI of the customer's own\n"
        "record fw.deny dst.port=80 src.ip=203.0.113.{1..9}\n"
        "record fw.deny dst.port=22 src.ip=203.0.113.1\n"
        "expect firewall-denials default ok \"1 attempts\"\n"
        "record fw.deny dst.port={22..23} src.ip=203.0.113.1\n"
        "expect firewall-denials default warning \"3 attempts\" because \"203.0.113.1: 3\"\n"
        "said raised firewall-denials default warning was ok\n"
        "expect firewall-denials * warning\n"
        "expect outbreak default ok\n";
    struct buf text = {0};
    struct diag diag = {0};
    struct kpi_scenario_tally tally;
    with_more(&text, MORE);
    const struct kpi_scenario_data data = {buf_get(&text), SLICE_NONE};
    struct kpi_catalogue *c;
    CU_ASSERT_EQUAL(load(buf_get(&text), schema(), &diag, &c), GW_OK);
    CU_ASSERT_EQUAL(c->n_entries, 29);
    kpi_catalogue_free(c);
    CU_ASSERT_EQUAL(kpi_scenario_run(slice_from(samples), "t", &data, &diag, &tally, NULL), GW_OK);
    CU_ASSERT_EQUAL(tally.expectations, 5);
    diag_print(&diag, stdout);
    diag_free(&diag);
    buf_free(&text);
}

/* A KPI of the customer's own that asks in the way of `inputs`, and what is expected of it. */
static void play_entry(const char *inputs, const char *samples)
{
    char entry[2048];
    struct buf text = {0};
    struct diag diag = {0};
    struct kpi_scenario_tally tally;
    snprintf(entry, sizeof entry,
             "<kpi id=\"29\" key=\"own\" category=\"custom\" sources=\"*\">"
             "<name lang=\"en\">Own</name><name lang=\"zh\">\xe8\x87\xaa</name>"
             "<advice lang=\"en\">Look.</advice><advice lang=\"zh\">\xe7\x9c\x8b</advice>%s"
             "<test measure=\"count\" scope=\"site\" input=\"i k\" window=\"1h\" unit=\"times\""
             " warning=\"1\"/></kpi>",
             inputs);
    with_more(&text, entry);
    const struct kpi_scenario_data data = {buf_get(&text), SLICE_NONE};
    struct kpi_catalogue *c;
    CU_ASSERT_EQUAL_FATAL(load(buf_get(&text), schema(), &diag, &c), GW_OK);
    kpi_catalogue_free(c);
    CU_ASSERT_EQUAL(kpi_scenario_run(slice_from(samples), "t", &data, &diag, &tally, NULL), GW_OK);
    diag_print(&diag, stdout);
    diag_free(&diag);
    buf_free(&text);
}

/* A port is a number, and stands where the record before had a text. */
static void test_burst_of_number(void)
{
    play_entry(
        "<input id=\"i\" kinds=\"fw.deny\">"
        "<burst of=\"host dst.port\" least=\"3\" within=\"10m\"/></input>"
        "<input id=\"k\" kinds=\"fw.deny\"><where field=\"dst.port\" watched=\"yes\"/></input>",
        "sample bursts by port\n"
        "watch http*\n"
        "record fw.deny host.name=pc-1 src.ip=203.0.113.{1..2} dst.port=22\n"
        "record fw.deny host.name=pc-1 src.ip=203.0.113.3 rule.name=no-telnet\n"
        "record fw.deny host.name=pc-1 src.ip=203.0.113.4 dst.port=23\n"
        "expect own default ok \"0 times\"\n"
        "record fw.deny host.name=pc-1 src.ip=203.0.113.5 dst.port=22\n"
        "expect own default warning \"1 times\"\n");
}

/* What one field names is not what another does. */
static void test_watched_fields(void)
{
    play_entry("<input id=\"i\" kinds=\"malware.found\">"
               "<where field=\"malware.name\" watched=\"yes\"/></input>"
               "<input id=\"k\" kinds=\"malware.found\">"
               "<where field=\"file.name\" watched=\"yes\"/></input>",
               "sample two fields that are watched\n"
               "watch EVIL*\n"
               "record malware.found host.name=pc-1 malware.name=Mild file.name=good.exe\n"
               "expect own default ok \"0 times\"\n"
               "record malware.found host.name=pc-1 malware.name=Mild file.name=evil.exe\n"
               "expect own default warning \"1 times\"\n");
}

static struct kpi_row copy_row(const struct kpi_engine *engine, const char *key)
{
    struct snapshot *s = kpi_engine_snapshot(engine, false);
    const struct kpi_row *row = kt_row(s, key, "default");
    struct kpi_row copy = row ? *row : (struct kpi_row){.state = 9};
    snapshot_put(s);
    return copy;
}

/* A reload adds and takes away; what is measured as before is not forgotten. */
static void test_reload(void)
{
    struct kt_journal journal = {0};
    struct gw_event *event = gw_alloc(sizeof *event);
    struct buf more = {0}, plain = {0};
    struct kpi_engine *engine = kpi_engine_new(1, NULL, NULL);
    with_more(&more, MORE);
    kt_read("mappings/kpi.xml", &plain);
    kt_begin(&journal, SLICE_NONE, NULL, SLICE_NONE, BEGIN);
    kt_message(event, GW_KIND_MALWARE_SUSPECTED, "wks-1", BEGIN);
    kt_append(&journal, event);
    kt_append_tick(&journal, BEGIN + 1000, 2000, "boot-1");
    kt_replay(&journal, 0, journal.n, engine);
    CU_ASSERT_EQUAL(copy_row(engine, "suspected-virus").state, KPI_WARNING);
    CU_ASSERT_EQUAL(copy_row(engine, "firewall-denials").state, 9);
    size_t at = journal.n;
    kt_append_load(&journal, KPI_LOAD_CATALOGUE, buf_get(&more), BEGIN + 2000);
    kt_append_tick(&journal, BEGIN + 3000, 4000, "boot-1");
    kt_replay(&journal, at, journal.n, engine);
    CU_ASSERT_EQUAL(copy_row(engine, "suspected-virus").state, KPI_WARNING);
    CU_ASSERT_EQUAL(copy_row(engine, "suspected-virus").since_ms, BEGIN + 1000);
    CU_ASSERT_EQUAL(copy_row(engine, "suspected-virus").events, 1);
    CU_ASSERT_EQUAL(copy_row(engine, "firewall-denials").state, KPI_OK);
    at = journal.n;
    kt_append_load(&journal, KPI_LOAD_CATALOGUE, buf_get(&plain), BEGIN + 4000);
    /* What cannot be loaded changes nothing. */
    kt_append_load(&journal, KPI_LOAD_CATALOGUE, SLICE("<kpi-catalogue/>"), BEGIN + 4000);
    kt_append_load(&journal, KPI_LOAD_INVENTORY, SLICE("nonsense"), BEGIN + 4000);
    kt_append_load(&journal, KPI_LOAD_WATCHLIST, SLICE("nonsense"), BEGIN + 4000);
    kt_append_load(&journal, KPI_LOAD_SETTINGS, SLICE("nonsense"), BEGIN + 4000);
    kt_append_tick(&journal, BEGIN + 5000, 6000, "boot-1");
    kt_replay(&journal, at, journal.n, engine);
    CU_ASSERT_EQUAL(copy_row(engine, "firewall-denials").state, 9);
    CU_ASSERT_EQUAL(copy_row(engine, "suspected-virus").state, KPI_WARNING);
    CU_ASSERT_EQUAL(copy_row(engine, "clean-failure").state, KPI_UNKNOWN);
    kpi_engine_free(engine);
    buf_free(&more);
    buf_free(&plain);
    free(event);
    kt_journal_free(&journal);
}

static const char HELD[] =
    "<kpi id=\"29\" key=\"scan-off\" category=\"custom\" sources=\"*\">"
    "<name lang=\"en\">Off</name><name lang=\"zh\">\xe5\x81\x9c</name>"
    "<advice lang=\"en\">Look.</advice><advice lang=\"zh\">\xe7\x9c\x8b</advice>"
    "<input id=\"off\" kinds=\"protection.off\"/><input id=\"on\" kinds=\"protection.on%s\"/>"
    "<test measure=\"held\" scope=\"site\" input=\"off\" off=\"on\" unit=\"hosts\" critical=\"1\"/>"
    "</kpi>";

/* What holds is not over because from now on something else ends it, too. */
static void test_reload_off(void)
{
    struct kt_journal journal = {0};
    struct gw_event *event = gw_alloc(sizeof *event);
    struct buf text = {0};
    char entry[sizeof HELD + 32];
    struct kpi_engine *engine = kpi_engine_new(1, NULL, NULL);
    snprintf(entry, sizeof entry, HELD, "");
    with_more(&text, entry);
    kt_begin(&journal, buf_get(&text), NULL, SLICE_NONE, BEGIN);
    kt_message(event, GW_KIND_PROTECTION_OFF, "wks-1", BEGIN);
    kt_append(&journal, event);
    buf_clear(&text);
    snprintf(entry, sizeof entry, HELD, " agent.removed");
    with_more(&text, entry);
    kt_append_load(&journal, KPI_LOAD_CATALOGUE, buf_get(&text), BEGIN + 1000);
    kt_append_tick(&journal, BEGIN + 2000, 3000, "boot-1");
    kt_replay(&journal, 0, journal.n, engine);
    CU_ASSERT_EQUAL(copy_row(engine, "scan-off").state, KPI_CRITICAL);
    size_t at = journal.n;
    kt_message(event, GW_KIND_AGENT_REMOVED, "wks-1", BEGIN + 3000);
    kt_append(&journal, event);
    kt_append_tick(&journal, BEGIN + 4000, 5000, "boot-1");
    kt_replay(&journal, at, journal.n, engine);
    CU_ASSERT_EQUAL(copy_row(engine, "scan-off").state, KPI_OK);
    kpi_engine_free(engine);
    buf_free(&text);
    free(event);
    kt_journal_free(&journal);
}

static const char FIREWALL[] =
    "<kpi id=\"29\" key=\"denials\" category=\"custom\" sources=\"%s\">"
    "<name lang=\"en\">Denials</name><name lang=\"zh\">\xe6\x8b\x92</name>"
    "<advice lang=\"en\">Look.</advice><advice lang=\"zh\">\xe7\x9c\x8b</advice>"
    "<input id=\"deny\" kinds=\"fw.deny\"/>"
    "<test measure=\"count\" scope=\"site\" input=\"deny\" window=\"1h\" unit=\"packets\" "
    "critical=\"5\"/>"
    "</kpi>";

/* Who was a source by the list of before is none by another list, unless it tells such a thing. */
static void test_reload_sources(void)
{
    struct kt_journal journal = {0};
    struct gw_event *event = gw_alloc(sizeof *event);
    struct buf text = {0};
    char entry[sizeof FIREWALL + 32];
    struct kpi_engine *engine = kpi_engine_new(1, NULL, NULL);
    snprintf(entry, sizeof entry, FIREWALL, "*");
    with_more(&text, entry);
    kt_begin(&journal, buf_get(&text), NULL, SLICE_NONE, BEGIN);
    kt_message(event, GW_KIND_MALWARE_SUSPECTED, "wks-1", BEGIN);
    kt_append(&journal, event);
    kt_append_tick(&journal, BEGIN + 1000, 2000, "boot-1");
    kt_replay(&journal, 0, journal.n, engine);
    CU_ASSERT_EQUAL(copy_row(engine, "denials").state, KPI_OK);
    size_t at = journal.n;
    buf_clear(&text);
    snprintf(entry, sizeof entry, FIREWALL, "fortinet/*");
    with_more(&text, entry);
    kt_append_load(&journal, KPI_LOAD_CATALOGUE, buf_get(&text), BEGIN + 2000);
    kt_append_tick(&journal, BEGIN + 3000, 4000, "boot-1");
    kt_replay(&journal, at, journal.n, engine);
    CU_ASSERT_EQUAL(copy_row(engine, "denials").state, KPI_UNKNOWN);
    CU_ASSERT_EQUAL(copy_row(engine, "suspected-virus").state, KPI_WARNING);
    at = journal.n;
    kt_message(event, GW_KIND_FW_DENY, "wks-1", BEGIN + 4000);
    kt_append(&journal, event);
    kt_append_tick(&journal, BEGIN + 5000, 6000, "boot-1");
    kt_replay(&journal, at, journal.n, engine);
    CU_ASSERT_EQUAL(copy_row(engine, "denials").state, KPI_OK);
    kpi_engine_free(engine);
    buf_free(&text);
    free(event);
    kt_journal_free(&journal);
}

static void count_alerts(void *context, uint64_t number, const struct gw_event *event)
{
    (void)number;
    *(unsigned *)context += gw_event_has(event, GW_FIELD_ALERT_ID);
}

/* An alert is not over, nor one more raised, because its indicator has a test more, or less. */
static void test_reload_tests(void)
{
    static const char more[] = "<test measure=\"count\" scope=\"site\" input=\"off\" window=\"1h\" "
                               "unit=\"times\" critical=\"5\"/><test measure=\"held\"";
    struct kt_journal journal = {0};
    struct gw_event *event = gw_alloc(sizeof *event);
    struct buf plain = {0}, longer = {0};
    char entry[sizeof HELD + sizeof more];
    unsigned said = 0;
    struct kpi_engine *engine = kpi_engine_new(1, count_alerts, &said);
    snprintf(entry, sizeof entry, HELD, "");
    with_more(&plain, entry);
    char *test = strstr(entry, "<test measure=\"held\"");
    snprintf(test, sizeof entry - (size_t)(test - entry), "%s%s", more,
             strstr(HELD, "<test") + strlen("<test measure=\"held\""));
    with_more(&longer, entry);
    kt_begin(&journal, buf_get(&plain), NULL, SLICE_NONE, BEGIN);
    kt_message(event, GW_KIND_PROTECTION_OFF, "wks-1", BEGIN);
    kt_append(&journal, event);
    kt_append_tick(&journal, BEGIN + 1000, 2000, "boot-1");
    kpi_record_ack(event, 1, SLICE("anna"), SLICE_NONE, BEGIN + 1000);
    kt_append(&journal, event);
    kt_replay(&journal, 0, journal.n, engine);
    CU_ASSERT_EQUAL(said, 2); /* raised, acknowledged */
    for (int64_t i = 1; i <= 2; i++) {
        size_t at = journal.n;
        kt_append_load(&journal, KPI_LOAD_CATALOGUE, buf_get(i == 1 ? &longer : &plain),
                       BEGIN + i * 10000);
        kpi_record_ack(event, 1, SLICE("ben"), SLICE_NONE, BEGIN + i * 10000);
        kt_append(&journal, event);
        kt_append_tick(&journal, BEGIN + i * 10000 + 1000, i * 10000 + 2000, "boot-1");
        kt_replay(&journal, at, journal.n, engine);
        CU_ASSERT_EQUAL(said, 2 + i);
        CU_ASSERT_EQUAL(copy_row(engine, "scan-off").state, KPI_CRITICAL);
        CU_ASSERT_EQUAL(copy_row(engine, "scan-off").value, 1);
        CU_ASSERT_EQUAL(copy_row(engine, "scan-off").since_ms, BEGIN + 1000);
    }
    kpi_engine_free(engine);
    buf_free(&plain);
    buf_free(&longer);
    free(event);
    kt_journal_free(&journal);
}

int main(void)
{
    static const struct suite_test tests[] = {{"the delivered catalogue", test_delivered},
                                              {"mistakes", test_mistakes},
                                              {"patterns", test_like},
                                              {"one KPI is one entry", test_one_entry},
                                              {"bursts of a number", test_burst_of_number},
                                              {"watched fields", test_watched_fields},
                                              {"reload", test_reload},
                                              {"reload of what ends", test_reload_off},
                                              {"reload of tests", test_reload_tests},
                                              {"reload of who can tell", test_reload_sources}};
    xml_init();
    int result = suite_run("kpi catalogue", tests, sizeof tests / sizeof *tests);
    xml_fini();
    return result;
}
