/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's top tens: which records count, for whom, and that midnight needs no traffic. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/kpi/engine.h"
#include "gateway/kpi/names.h"
#include "gateway/kpi/top.h"
#include "gateway/xml/document.h"
#include "tests/gateway/kpi/support.h"
#include "tests/support/suite.h"

/* 2026-11-25, a Wednesday, 08:00 in Shanghai. */
static const int64_t BEGIN = INT64_C(1795564800000);
static const int64_t HOUR_MS = 3600000;

struct player {
    struct kpi_engine *engine;
    struct gw_event *event;
    int64_t now_ms;
    uint64_t sequence;
};

static void apply(struct player *p)
{
    p->event->sequence = ++p->sequence;
    kpi_engine_apply(p->engine, p->event);
}

static void tick(struct player *p, int64_t now_ms)
{
    struct clock_reading now = {.wall_ms = now_ms, .mono_ms = now_ms - BEGIN + 1000};
    p->now_ms = now_ms;
    kpi_record_tick(p->event, now, SLICE("boot-1"));
    apply(p);
}

static void begin(struct player *p, const char *rule)
{
    static const struct kpi_site sites[] = {{"hq", NULL, "Asia/Shanghai", 0},
                                            {"lab", NULL, NULL, 0}};
    struct kpi_settings settings = {.gateway_id = "gw", .sites = sites, .n_sites = 2};
    struct kt_journal journal = {0};
    struct buf zone = {0};
    kt_zone(rule, &zone);
    settings.zone = buf_get(&zone);
    kt_begin(&journal, SLICE_NONE, &settings, SLICE_NONE, BEGIN);
    *p = (struct player){.engine = kpi_engine_new(5, NULL, NULL),
                         .event = gw_alloc(sizeof *p->event),
                         .now_ms = BEGIN,
                         .sequence = journal.n};
    kt_replay(&journal, 0, journal.n, p->engine);
    kt_journal_free(&journal);
    buf_free(&zone);
}

static void end(struct player *p)
{
    kpi_engine_free(p->engine);
    free(p->event);
}

/* An infection now; source NULL: none is named. */
static struct gw_event *infection(struct player *p, const char *malware, const char *host,
                                  const char *source)
{
    kt_message(p->event, GW_KIND_MALWARE_QUARANTINED, host, p->now_ms);
    gw_event_set_text(p->event, GW_FIELD_MALWARE_NAME, slice_from(malware));
    if (source)
        gw_event_set_text(p->event, GW_FIELD_SOURCE_NAME, slice_from(source));
    return p->event;
}

/* Every row of one period and kind, as "name=count ...". */
static void check_top(struct player *p, uint32_t period, uint32_t kind, const char *expected)
{
    struct buf text = {0};
    struct snapshot *s = kpi_engine_snapshot(p->engine, false);
    for (size_t i = 0; i < s->n_tops; i++) {
        const struct top_row *row = &s->tops[i];
        if (row->period == period && row->kind == kind)
            buf_printf(&text, "%s%s%s%s=%llu", text.n ? " " : "", row->site, *row->site ? "/" : "",
                       row->name, (unsigned long long)row->count);
    }
    if (strcmp(buf_text(&text), expected) != 0)
        printf("\n    %u.%u is %s, not %s ", period, kind, buf_text(&text), expected);
    CU_ASSERT_STRING_EQUAL(buf_text(&text), expected);
    snapshot_put(s);
    buf_free(&text);
}

enum { DAY = 1, WEEK, MONTH, MALWARE = 1, SOURCE, COMPUTER };

/* Too long a name ends with a whole character. */
static void test_long_name(void)
{
    char name[KPI_NAME_MAX + 4] = "", expected[KPI_NAME_MAX + 4];
    struct player p;
    begin(&p, "CST-8");
    while (strlen(name) < KPI_NAME_MAX)
        strcat(name, "\xe6\xaf\x92");
    infection(&p, name, "pc-1", NULL);
    apply(&p);
    tick(&p, BEGIN + 1000);
    snprintf(expected, sizeof expected, "%.*s=1", KPI_NAME_MAX / 3 * 3, name);
    check_top(&p, DAY, MALWARE, expected);
    end(&p);
}

/* What was found and not blocked counts, as often as a record says; nothing else. */
static void test_what_counts(void)
{
    static const enum gw_kind others[] = {GW_KIND_MALWARE_BLOCKED,  GW_KIND_MALWARE_SUSPECTED,
                                          GW_KIND_MALWARE_GRAYWARE, GW_KIND_MALWARE_OUTBREAK,
                                          GW_KIND_AGENT_ONLINE,     GW_KIND_CONTENT_OUTDATED};
    static const enum gw_kind counted[] = {
        GW_KIND_MALWARE_FOUND,   GW_KIND_MALWARE_CLEANED, GW_KIND_MALWARE_QUARANTINED,
        GW_KIND_MALWARE_DELETED, GW_KIND_MALWARE_PASSED,  GW_KIND_MALWARE_CLEAN_FAILED};
    struct player p;
    begin(&p, "CST-8");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        infection(&p, "NOT_ME", "pc-9", "fs9")->kind = (uint16_t)others[i];
        apply(&p);
    }
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        infection(&p, i % 2 ? "TROJ_A" : "troj_a", "pc-1", NULL)->kind = (uint16_t)counted[i];
        apply(&p);
    }
    for (int i = 0; i < 3; i++) { /* a product's own key: said three times, found once */
        gw_event_set_text(infection(&p, "WORM_B", "pc-2", NULL), GW_FIELD_EVENT_KEY, SLICE("k1"));
        apply(&p);
    }
    gw_event_set_int(infection(&p, "RANSOM_C", "pc-3", NULL), GW_FIELD_EVENT_COUNT, 1000);
    apply(&p);
    gw_event_set_int(infection(&p, "RANSOM_C", "pc-3", NULL), GW_FIELD_EVENT_COUNT, -5);
    apply(&p);
    gw_event_set_int(infection(&p, "HUGE", "pc-4", NULL), GW_FIELD_EVENT_COUNT, INT64_MAX);
    apply(&p);
    infection(&p, "N/A", "", NULL); /* of nobody, nowhere */
    apply(&p);
    tick(&p, BEGIN + 5000);
    for (uint32_t period = DAY; period <= MONTH; period++) {
        check_top(&p, period, MALWARE, "HUGE=1000000 RANSOM_C=1001 troj_a=6 WORM_B=1");
        check_top(&p, period, SOURCE, "");
        check_top(&p, period, COMPUTER, "hq/pc-4=1000000 hq/pc-3=1001 hq/pc-1=6 hq/pc-2=1");
    }
    end(&p);
}

/* A source is somebody else, by the same name however it is written. */
static void test_sources(void)
{
    static const char *const nobody[] = {
        "N/A",          "",          "0.0.0.0",  "pc-1", "PC-1.corp.example", "-",
        "\\\\pc-1\\c$", "localhost", "127.0.0.1"};
    static const char *const somebody[] = {"fs1", "\\\\FS1\\share", "FS1.corp.example"};
    struct player p;
    begin(&p, "CST-8");
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
        infection(&p, "A", "pc-1", nobody[i]);
        apply(&p);
    }
    for (size_t i = 0; i < sizeof somebody / sizeof *somebody; i++) {
        infection(&p, "A", "pc-1", somebody[i]);
        apply(&p);
    }
    gw_event_set_text(infection(&p, "A", "pc-1", NULL), GW_FIELD_SOURCE_IP, SLICE("192.0.2.77"));
    apply(&p);
    tick(&p, BEGIN + 5000);
    check_top(&p, WEEK, SOURCE, "fs1=3 192.0.2.77=1");
    check_top(&p, WEEK, COMPUTER, "hq/pc-1=13");
    end(&p);
}

/* Two that turn out to be one are one; of one name at two sites, two. */
static void test_computers(void)
{
    struct player p;
    begin(&p, "CST-8");
    for (int i = 0; i < 2; i++) {
        infection(&p, "A", "pc-1", NULL);
        apply(&p);
        gw_event_set_text(infection(&p, "A", NULL, NULL), GW_FIELD_HOST_IP, SLICE("10.1.1.1"));
        apply(&p);
        gw_event_set_text(infection(&p, "A", "PC-1", NULL), GW_FIELD_SITE, SLICE("lab"));
        apply(&p);
    }
    tick(&p, BEGIN + 5000);
    check_top(&p, DAY, COMPUTER, "hq/10.1.1.1=2 lab/PC-1=2 hq/pc-1=2");
    gw_event_set_text(infection(&p, "A", "pc-1", NULL), GW_FIELD_HOST_IP, SLICE("10.1.1.1"));
    apply(&p);
    tick(&p, BEGIN + 10000);
    check_top(&p, DAY, COMPUTER, "hq/pc-1=5 lab/PC-1=2");
    tick(&p, BEGIN + 2 * HOUR_MS); /* what joined is collected */
    check_top(&p, DAY, COMPUTER, "hq/pc-1=5 lab/PC-1=2");
    check_top(&p, DAY, MALWARE, "A=7");
    end(&p);
}

/* Nobody sends at night: the tick at midnight alone begins the next day, and says so. */
static void test_midnight(void)
{
    static const int64_t midnight = INT64_C(1795622400000); /* 16:00 UTC */
    struct player p;
    begin(&p, "CST-8");
    infection(&p, "A", "pc-1", "fs1");
    apply(&p);
    /* A backlog of before midnight: too late for a window of an hour, in time for the month. */
    infection(&p, "B", "pc-1", "fs1")->time_ms = BEGIN - 3 * 24 * HOUR_MS;
    apply(&p);
    tick(&p, midnight - 5000);
    check_top(&p, DAY, MALWARE, "A=1");
    check_top(&p, MONTH, MALWARE, "A=1 B=1");
    tick(&p, midnight - 1000);
    uint64_t generation = kpi_engine_generation(p.engine);
    tick(&p, midnight - 1);
    CU_ASSERT_EQUAL(kpi_engine_generation(p.engine), generation);
    check_top(&p, DAY, MALWARE, "A=1");
    tick(&p, midnight);
    CU_ASSERT_TRUE(kpi_engine_generation(p.engine) > generation);
    check_top(&p, DAY, MALWARE, "");
    check_top(&p, WEEK, MALWARE, "A=1");
    infection(&p, "A", "pc-1", NULL)->time_ms = midnight - 1;
    apply(&p);
    tick(&p, midnight + 1000);
    check_top(&p, DAY, MALWARE, "");
    check_top(&p, WEEK, MALWARE, "A=2");
    end(&p);
}

/* A midnight between the looks that windows need has a look of its own. */
static void test_odd_midnight(void)
{
    static const int64_t midnight = INT64_C(1795622370000); /* 15:59:30 UTC */
    struct player p;
    begin(&p, "CST-8:00:30");
    infection(&p, "A", "pc-1", "fs1");
    apply(&p);
    tick(&p, midnight - 20000);
    tick(&p, midnight - 10000);
    check_top(&p, DAY, MALWARE, "A=1");
    uint64_t generation = kpi_engine_generation(p.engine);
    tick(&p, midnight);
    CU_ASSERT_TRUE(kpi_engine_generation(p.engine) > generation);
    end(&p);
}

/* The bounds of what is shown, its zone, and nothing while the journal is behind. */
static void test_lists(void)
{
    struct player p;
    begin(&p, "CST-8");
    infection(&p, "A", "pc-1", "fs1");
    apply(&p);
    tick(&p, BEGIN + 5000);
    struct snapshot *s = kpi_engine_snapshot(p.engine, false);
    CU_ASSERT_EQUAL_FATAL(s->n_top_lists, 9);
    CU_ASSERT_STRING_EQUAL(s->top_zone, "Asia/Shanghai");
    CU_ASSERT_EQUAL(s->top_lists[0].begin_ms, INT64_C(1795536000000));
    CU_ASSERT_EQUAL(s->top_lists[0].end_ms, INT64_C(1795622400000));
    for (size_t i = 0; i < 9; i++) {
        CU_ASSERT_EQUAL(s->top_lists[i].period, 1 + i / 3);
        CU_ASSERT_EQUAL(s->top_lists[i].kind, 1 + i % 3);
        CU_ASSERT_EQUAL(s->top_lists[i].total, 1);
        CU_ASSERT_EQUAL(s->top_lists[i].missed, 0);
    }
    snapshot_put(s);
    s = kpi_engine_snapshot(p.engine, true);
    CU_ASSERT_EQUAL(s->n_top_lists + s->n_tops, 0);
    snapshot_put(s);
    end(&p);
    /* Bytes that are no zone: UTC, as is said. */
    begin(&p, "no rule at all");
    tick(&p, BEGIN + 5000);
    s = kpi_engine_snapshot(p.engine, false);
    CU_ASSERT_STRING_EQUAL(s->top_zone, "UTC");
    CU_ASSERT_EQUAL(s->top_lists[0].begin_ms, BEGIN);
    snapshot_put(s);
    end(&p);
}

/* Killed and restored, over and over, beside one that lives on: through a midnight, with more
 * computers than counters, with joins. */
static void test_twin(void)
{
    struct player p, twin;
    struct buf bytes = {0}, a = {0}, b = {0};
    begin(&p, "CST-8");
    begin(&twin, "CST-8");
    for (unsigned i = 0; i < 12000; i++) {
        char host[16], ip[16];
        struct player *const both[] = {&p, &twin};
        snprintf(host, sizeof host, "pc-%u", i * 7919 % 6000);
        snprintf(ip, sizeof ip, "10.0.%u.%u", i % 40, i * 31 % 250);
        for (int k = 0; k < 2; k++) {
            infection(both[k], i % 3 ? "A" : host, i % 5 ? host : NULL, i % 7 ? NULL : ip);
            if (i % 5 == 0 || i % 11 == 0)
                gw_event_set_text(both[k]->event, GW_FIELD_HOST_IP, slice_from(ip));
            apply(both[k]);
            if (i % 100 == 99)
                tick(both[k], BEGIN + (int64_t)i * 6000); /* 20 hours in all */
        }
        if (i % 1500 != 1400)
            continue;
        buf_clear(&bytes);
        kpi_engine_save(twin.engine, &bytes);
        kpi_engine_free(twin.engine);
        twin.engine = kpi_engine_new(99, NULL, NULL);
        CU_ASSERT_EQUAL_FATAL(kpi_engine_restore(twin.engine, buf_get(&bytes)), GW_OK);
        buf_clear(&a);
        buf_clear(&b);
        kt_dump(p.engine, &a);
        kt_dump(twin.engine, &b);
        CU_ASSERT_TRUE(slice_equal(buf_get(&a), buf_get(&b)));
        CU_ASSERT_TRUE(slice_search(buf_get(&a), SLICE("\ntop 3 3 10 ")) < a.n);
    }
    struct snapshot *s = kpi_engine_snapshot(p.engine, false);
    CU_ASSERT_EQUAL_FATAL(s->n_top_lists, 9);
    CU_ASSERT_TRUE(s->top_lists[8].missed > 0); /* or nothing was given away */
    CU_ASSERT_EQUAL(s->top_lists[0].begin_ms, INT64_C(1795622400000));
    snapshot_put(s);
    end(&p);
    end(&twin);
    buf_free(&bytes);
    buf_free(&a);
    buf_free(&b);
}

int main(void)
{
    static const struct suite_test tests[] = {{"what counts", test_what_counts},
                                              {"a long name", test_long_name},
                                              {"sources", test_sources},
                                              {"computers", test_computers},
                                              {"midnight", test_midnight},
                                              {"an odd midnight", test_odd_midnight},
                                              {"lists", test_lists},
                                              {"a twin that is killed", test_twin}};
    xml_init();
    log_set_sink(kt_no_log, NULL); /* a zone is refused, on purpose */
    int result = suite_run("kpi engine top", tests, sizeof tests / sizeof *tests);
    xml_fini();
    return result;
}
