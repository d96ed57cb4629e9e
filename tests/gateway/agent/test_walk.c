/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The whole module walked with one row in each table: every object with the value that it must
 * have, in order; then the end. "*" stands for a value that is not the same in each run.
 */
#include <CUnit/Basic.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/error.h"
#include "gateway/journal/journal.h"
#include "tests/gateway/agent/support.h"
#include "tests/gateway/journal/support.h"
#include "tests/support/suite.h"

#define DAY INT64_C(1795478400000) /* 2026-11-24T00:00:00Z */

enum form { TEXT, DATE, INTEGER, GAUGE, COUNTER64 };

struct expected {
    const char *behind_root;
    enum form form;
    const char *value;
};

static const struct expected table[] = {
    {"1.1.1.0", TEXT, "gw1"},
    {"1.1.2.0", TEXT, "1.2.3"},
    {"1.1.3.0", DATE, "2026-11-24T00:00:00.0"},
    {"1.1.4.0", COUNTER64, "1"},
    {"1.1.5.0", DATE, "2026-11-24T00:00:01.2"},
    {"1.1.6.0", DATE, "2026-11-24T00:00:01.2"},
    {"1.1.7.0", INTEGER, "1"},
    {"1.1.8.0", INTEGER, "2"},
    {"1.1.9.0", GAUGE, "1"},
    {"1.2.1.0", INTEGER, "0"},
    {"1.2.2.0", GAUGE, "*"},
    {"1.2.3.0", GAUGE, "*"},
    {"1.2.4.0", COUNTER64, "0"},
    {"1.2.5.0", COUNTER64, "0"},
    {"1.2.6.0", TEXT, ""},
    {"1.2.7.0", TEXT, ""},
    {"1.2.8.0", COUNTER64, "0"},
    {"1.3.1.0", COUNTER64, "101"},
    {"1.3.2.0", COUNTER64, "18446744073709551615"},
    {"1.3.3.0", COUNTER64, "102"},
    {"1.3.4.0", COUNTER64, "103"},
    {"1.3.5.0", COUNTER64, "104"},
    {"1.3.6.0", COUNTER64, "434"},
    {"1.3.7.0", COUNTER64, "105"},
    {"1.3.8.0", COUNTER64, "106"},
    {"1.3.9.0", COUNTER64, "107"},
    {"1.3.10.0", COUNTER64, "108"},
    {"1.3.11.0", COUNTER64, "109"},
    {"1.3.12.0", GAUGE, "110"},
    {"1.3.13.0", COUNTER64, "111"},
    {"1.3.14.0", COUNTER64, "112"},
    {"1.3.15.0", COUNTER64, "113"},
    {"1.3.16.0", COUNTER64, "114"},
    {"1.3.17.0", COUNTER64, "115"},
    {"1.3.18.0", DATE, "2026-11-24T00:00:00.0"},
    {"1.3.19.0", COUNTER64, "116"},
    {"1.3.20.0", COUNTER64, "117"},
    {"1.3.21.0", COUNTER64, "118"},
    {"1.3.22.0", COUNTER64, "119"},
    {"1.3.23.0", COUNTER64, "120"},
    {"1.3.24.0", COUNTER64, "121"},
    {"1.3.25.0", COUNTER64, "122"},
    {"1.4.1.2.11", TEXT, "outbreak"},
    {"1.4.1.3.11", TEXT, "Outbreak"},
    {"1.4.1.4.11", TEXT, "疫情爆发"},
    {"1.4.1.5.11", TEXT, "virus"},
    {"1.4.1.6.11", INTEGER, "2"},
    {"1.4.1.7.11", GAUGE, "201"},
    {"1.4.1.8.11", GAUGE, "202"},
    {"1.4.1.9.11", GAUGE, "203"},
    {"1.4.1.10.11", GAUGE, "204"},
    {"1.4.1.11.11", TEXT, "hq"},
    {"1.4.1.12.11", DATE, "2026-11-24T00:00:03.0"},
    {"1.4.1.13.11", TEXT, "Isolate"},
    {"1.4.1.14.11", TEXT, "隔离"},
    {"1.5.1.2.11.2.104.113", GAUGE, "11"},
    {"1.5.1.3.11.2.104.113", TEXT, "outbreak"},
    {"1.5.1.4.11.2.104.113", TEXT, "hq"},
    {"1.5.1.5.11.2.104.113", TEXT, "Head office"},
    {"1.5.1.6.11.2.104.113", INTEGER, "1"},
    {"1.5.1.7.11.2.104.113", INTEGER, "-5"},
    {"1.5.1.8.11.2.104.113", TEXT, "minus five"},
    {"1.5.1.9.11.2.104.113", TEXT, "hosts"},
    {"1.5.1.10.11.2.104.113", INTEGER, "301"},
    {"1.5.1.11.11.2.104.113", INTEGER, "-1"},
    {"1.5.1.12.11.2.104.113", DATE, "2026-11-24T00:00:04.0"},
    {"1.5.1.13.11.2.104.113", DATE, "2026-11-24T00:00:05.0"},
    {"1.5.1.14.11.2.104.113", TEXT, "because"},
    {"1.5.1.15.11.2.104.113", TEXT, "do it"},
    {"1.5.1.16.11.2.104.113", GAUGE, "4294967295"},
    {"1.6.1.2.4.104.113.47.97", TEXT, "hq/a"},
    {"1.6.1.3.4.104.113.47.97", TEXT, "Trend Micro"},
    {"1.6.1.4.4.104.113.47.97", TEXT, "Apex"},
    {"1.6.1.5.4.104.113.47.97", TEXT, "2019"},
    {"1.6.1.6.4.104.113.47.97", TEXT, "192.0.2.1"},
    {"1.6.1.7.4.104.113.47.97", TEXT, "hq"},
    {"1.6.1.8.4.104.113.47.97", INTEGER, "3"},
    {"1.6.1.9.4.104.113.47.97", DATE, "0000-01-01T00:00:00.0"},
    {"1.6.1.10.4.104.113.47.97", TEXT, "19.1"},
    {"1.6.1.11.4.104.113.47.97", INTEGER, "-1"},
    {"1.6.1.12.4.104.113.47.97", TEXT, "22.5"},
    {"1.6.1.13.4.104.113.47.97", GAUGE, "401"},
    {"1.6.1.14.4.104.113.47.97", GAUGE, "402"},
    {"1.6.1.15.4.104.113.47.97", GAUGE, "403"},
    {"1.7.1.3.3.58.58.49.2", TEXT, "::1"},
    {"1.7.1.4.3.58.58.49.2", TEXT, "tcp"},
    {"1.7.1.5.3.58.58.49.2", COUNTER64, "501"},
    {"1.7.1.6.3.58.58.49.2", COUNTER64, "502"},
    {"1.7.1.7.3.58.58.49.2", COUNTER64, "503"},
    {"1.7.1.8.3.58.58.49.2", COUNTER64, "504"},
    {"1.7.1.9.3.58.58.49.2", DATE, "2026-11-24T00:00:06.0"},
    {"1.7.1.10.3.58.58.49.2", TEXT, "::1"},
    {"1.7.1.11.3.58.58.49.2", COUNTER64, "505"},
    {"1.8.1.2.3.109.111.99", TEXT, "relp:moc"},
    {"1.8.1.3.3.109.111.99", INTEGER, "1"},
    {"1.8.1.4.3.109.111.99", GAUGE, "4294967295"},
    {"1.8.1.5.3.109.111.99", GAUGE, "602"},
    {"1.8.1.6.3.109.111.99", COUNTER64, "603"},
    {"1.8.1.7.3.109.111.99", COUNTER64, "604"},
    {"1.8.1.8.3.109.111.99", COUNTER64, "605"},
    {"1.8.1.9.3.109.111.99", COUNTER64, "606"},
    {"1.8.1.10.3.109.111.99", TEXT, "no route"},
    {"1.9.1.2.7", GAUGE, "7"},
    {"1.9.1.3.7", GAUGE, "11"},
    {"1.9.1.4.7", TEXT, "outbreak"},
    {"1.9.1.5.7", TEXT, "hq"},
    {"1.9.1.6.7", TEXT, "Head office"},
    {"1.9.1.7.7", INTEGER, "1"},
    {"1.9.1.8.7", INTEGER, "2"},
    {"1.9.1.9.7", INTEGER, "701"},
    {"1.9.1.10.7", TEXT, "701 hosts"},
    {"1.9.1.11.7", TEXT, "why"},
    {"1.9.1.12.7", TEXT, "what"},
    {"1.9.1.13.7", DATE, "2026-11-24T00:00:07.0"},
    {"1.9.1.14.7", DATE, "2026-11-24T00:00:08.0"},
    {"1.9.1.15.7", INTEGER, "1"},
    {"1.9.1.16.7", TEXT, "li"},
    {"1.9.1.17.7", TEXT, "noted"},
    {"1.9.1.18.7", INTEGER, "2"},
    {"1.9.1.19.7", TEXT, "gw1.e.1"},
    {"1.9.1.20.7", TEXT, "192.0.2.9"},
    {"1.9.1.21.7", GAUGE, "702"},
    {"1.10.1.4.2.3.10", TEXT, "WORM_X"},
    {"1.10.1.5.2.3.10", GAUGE, "4294967295"},
    {"1.10.1.6.2.3.10", GAUGE, "802"},
    {"1.10.1.7.2.3.10", TEXT, "hq"},
};

static struct snapshot *make_snapshot(void)
{
    static const struct kpi_summary_row summary = {
        .kpi = 11,
        .key = "outbreak",
        .name = "Outbreak",
        .name_zh = "疫情爆发",
        .category = "virus",
        .advice = "Isolate",
        .advice_zh = "隔离",
        .worst = KPI_CRITICAL,
        .ok = 201,
        .warning = 202,
        .critical = 203,
        .unknown = 204,
        .worst_scope = "hq",
        .changed_ms = DAY + 3000,
    };
    static const struct kpi_about about = {"outbreak", "hosts", "do it"};
    static const struct kpi_row kpi = {
        .kpi = 11,
        .about = &about,
        .scope = "hq",
        .scope_name = "Head office",
        .state = KPI_WARNING,
        .value = -5,
        .value_text = "minus five",
        .warning = 301,
        .critical = -1,
        .since_ms = DAY + 4000,
        .changed_ms = DAY + 5000,
        .reason = "because",
        .events = UINT64_MAX, /* more than a Gauge32 holds */
    };
    static const struct product_row product = {
        .index = "hq/a",
        .vendor = "Trend Micro",
        .name = "Apex",
        .version = "2019",
        .address = "192.0.2.1",
        .site = "hq",
        .state = KPI_UNKNOWN,
        .seen_ms = 0, /* never */
        .pattern_version = "19.1",
        .pattern_age_s = -1,
        .engine_version = "22.5",
        .managed = 401,
        .installed = 402,
        .offline = 403,
    };
    static const struct alert_row alert = {
        .id = 7,
        .kpi = 11,
        .key = "outbreak",
        .scope = "hq",
        .scope_name = "Head office",
        .state = KPI_WARNING,
        .worst = KPI_CRITICAL,
        .value = 701,
        .value_text = "701 hosts",
        .reason = "why",
        .advice = "what",
        .opened_ms = DAY + 7000,
        .changed_ms = DAY + 8000,
        .is_acknowledged = 1,
        .ack_name = "li",
        .ack_note = "noted",
        .evidence = "gw1.e.1",
        .origin = "192.0.2.9",
        .events = 702,
    };
    static const struct top_row top = {.period = 2,
                                       .kind = 3,
                                       .rank = 10,
                                       .name = "WORM_X",
                                       .site = "hq",
                                       .count = (uint64_t)1 << 32, /* more than a gauge holds */
                                       .error = 802};
    struct snapshot *s = snapshot_new();
    s->taken_ms = DAY + 1250;
    s->is_catching_up = 1;
    s->summary = &summary;
    s->kpis = &kpi;
    s->products = &product;
    s->alerts = &alert;
    s->tops = &top;
    s->n_summary = s->n_kpis = s->n_products = s->n_alerts = s->n_tops = 1;
    return s;
}

static void count(struct stats *stats)
{
    stats_add(&stats->received, 101);
    stats_add(&stats->bytes, UINT64_MAX);
    stats_add(&stats->unclassified, 102);
    stats_add(&stats->malformed, 103);
    stats_add(&stats->truncated, 104);
    stats_add(&stats->dropped_full, 105);
    stats_add(&stats->dropped_kernel, 106);
    stats_add(&stats->dropped_frame, 107);
    stats_add(&stats->dropped_snmp, 108);
    stats_add(&stats->repeated_informs, 109);
    stats_add(&stats->connections_open, 110);
    stats_add(&stats->connections_refused, 111);
    stats_add(&stats->notifications_sent, 112);
    stats_add(&stats->notifications_failed, 113);
    stats_add(&stats->sources_refused, 114);
    stats_add(&stats->dropped_rate, 116);
    stats_add(&stats->notifications_acknowledged, 117);
    stats_add(&stats->notifications_resent, 118);
    stats_add(&stats->notifications_dropped, 119);
    stats_add(&stats->agent_limited, 120);
    stats_add(&stats->handshakes_failed, 121);
    stats_add(&stats->bad_origins, 122);
    struct stats_source *source = stats_source(stats, SLICE("::1"), GW_TRANSPORT_TCP);
    stats_add(&source->received, 501);
    stats_add(&source->unclassified, 502);
    stats_add(&source->malformed, 503);
    stats_add(&source->dropped, 504);
    stats_add(&source->last_seen_ms, (uint64_t)(DAY + 6000));
    stats_add(&source->relayed, 505);
    source->via = source;
}

static size_t list_feeds(void *context, struct agent_feed *out, size_t max)
{
    (void)context;
    CU_ASSERT_EQUAL(max, AGENT_FEEDS_MAX);
    *out = (struct agent_feed){"moc", "relp:moc", KPI_WARNING, UINT64_MAX, 602,
                               603,   604,        605,         606,        "no route"};
    return 1;
}

static uint64_t refused(void *context)
{
    (void)context;
    return 115;
}

/* As the table writes it; the type as well, so that a wrong one differs. */
static void format(const struct gwsnmp_value *value, enum form form, char *out, size_t size)
{
    const unsigned char *p = (const unsigned char *)value->octets.p;
    snprintf(out, size, "type %d", (int)value->type);
    if (form == TEXT && value->type == GWSNMP_OCTETS)
        snprintf(out, size, "%.*s", SLICE_FMT(value->octets));
    else if (form == DATE && value->type == GWSNMP_OCTETS && value->octets.n == GWSNMP_DATE_SIZE)
        snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02d.%d", p[0] << 8 | p[1], p[2], p[3], p[4],
                 p[5], p[6], p[7]);
    else if (form == INTEGER && value->type == GWSNMP_INTEGER)
        snprintf(out, size, "%" PRId32, value->integer);
    else if (form == GAUGE && value->type == GWSNMP_GAUGE)
        snprintf(out, size, "%" PRIu32, value->gauge);
    else if (form == COUNTER64 && value->type == GWSNMP_COUNTER64)
        snprintf(out, size, "%" PRIu64, value->counter64);
}

static bool matches(const struct expected *expected, const struct gwsnmp_oid *name,
                    const struct gwsnmp_value *value)
{
    char text[512], seen[GWSNMP_OID_TEXT_MAX];
    struct gwsnmp_oid wanted = at_oid(expected->behind_root);
    format(value, expected->form, text, sizeof text);
    bool is_any = strcmp(expected->value, "*") == 0 && strncmp(text, "type", 4) != 0;
    if (gwsnmp_oid_compare(wanted.v, wanted.n, name->v, name->n) == 0 &&
        (is_any || strcmp(text, expected->value) == 0))
        return true;
    gwsnmp_oid_format(name->v, name->n, seen);
    printf("\n    expected %s = %s, seen %s = %s\n", expected->behind_root, expected->value, seen,
           text);
    return false;
}

static void test_whole(void)
{
    struct at_gateway gateway;
    struct journal_options options;
    struct journal *journal;
    struct gwsnmp_oid at = at_oid(""), next;
    struct gwsnmp_value value;
    char dir[JT_PATH];

    at_open(&gateway);
    jt_dir(dir, "agent-walk");
    journal_options_default(&options);
    options.sync = false;
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &options, &journal), GW_OK);
    gateway.now.wall_ms = gateway.view.start_ms = DAY;
    gateway.view.journal = journal;
    gateway.view.list_feeds = list_feeds;
    gateway.view.refused = refused;
    agent_view_fini(&gateway.view); /* it begins with all that was set */
    agent_view_init(&gateway.view);
    count(gateway.view.stats);
    snapshot_publish(gateway.view.board, make_snapshot());
    const struct agent_view *view = at_pin(&gateway, true);

    size_t i = 0;
    for (; i < AGENT_COUNT(table); i++) {
        struct gwsnmp_value again;
        if (!gwsnmp_mib_next(&agent_mib, view, at.v, at.n, &next, &value) ||
            !matches(&table[i], &next, &value) ||
            !gwsnmp_mib_get(&agent_mib, view, next.v, next.n, &again) || again.type != value.type)
            break;
        at = next;
    }
    CU_ASSERT_EQUAL(i, AGENT_COUNT(table));
    CU_ASSERT_FALSE(gwsnmp_mib_next(&agent_mib, view, at.v, at.n, &next, &value));
    CU_ASSERT_EQUAL(value.type, GWSNMP_END_OF_MIB_VIEW);
    at_close(&gateway);
    journal_close(journal);
    jt_remove(dir);
}

/* Without a journal, feeds or a snapshot their objects are not there, and the others are. */
static void test_bare(void)
{
    struct at_gateway gateway;
    struct gwsnmp_oid at = at_oid(""), next;
    struct gwsnmp_value value;
    size_t n = 0;
    at_open(&gateway);
    const struct agent_view *view = at_pin(&gateway, true);
    for (; gwsnmp_mib_next(&agent_mib, view, at.v, at.n, &next, &value); n++)
        at = next;
    CU_ASSERT_EQUAL(n, EOG_GATEWAY_OPEN_ALERTS + EOG_TRAFFIC_BAD_ORIGINS);
    at_close(&gateway);
}

/* More uids than an object holds: the newest, each whole, as one that lost its end would be another
   record's. A gateway's id may have blanks. */
static void test_evidence(void)
{
    static const char *const ids[] = {"gw1", "gw 1"};
    for (size_t k = 0; k < AGENT_COUNT(ids); k++) {
        struct at_gateway gateway;
        struct gwsnmp_value value;
        struct gwsnmp_oid name = at_oid("1.9.1.19.7");
        struct snapshot *s = make_snapshot();
        struct alert_row alert = s->alerts[0];
        char text[2000] = "", last[GWSNMP_TEXT_MAX + 1];
        size_t n = 0;
        for (int i = 0; i < 20; i++)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%s.0123456789abcdef.%d",
                                  n ? " " : "", ids[k], 1000000 + i);
        alert.evidence = text;
        s->alerts = &alert;
        at_open(&gateway);
        gateway.view.gateway_id = ids[k];
        agent_view_fini(&gateway.view);
        agent_view_init(&gateway.view);
        snapshot_publish(gateway.view.board, s);
        CU_ASSERT_TRUE_FATAL(
            gwsnmp_mib_get(&agent_mib, at_pin(&gateway, true), name.v, name.n, &value));
        snprintf(last, sizeof last, "%.*s", SLICE_FMT(value.octets));
        CU_ASSERT_STRING_EQUAL(text + n - value.octets.n, last); /* the end of all */
        CU_ASSERT_EQUAL(strncmp(last, ids[k], strlen(ids[k])), 0);
        CU_ASSERT_EQUAL(text[n - value.octets.n - 1], ' ');
        CU_ASSERT_TRUE(value.octets.n > GWSNMP_TEXT_MAX - 40); /* as many as fit */
        at_close(&gateway);
    }
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"every object", test_whole},
        {"nothing there", test_bare},
        {"evidence", test_evidence},
    };
    return suite_run("agent walk", tests, sizeof tests / sizeof *tests);
}
