/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's tables when they are full: bounded, counted, and known ones go on working. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/kpi/engine.h"
#include "gateway/kpi/entity.h"
#include "gateway/kpi/names.h"
#include "gateway/xml/document.h"
#include "tests/gateway/kpi/support.h"
#include "tests/support/suite.h"

static const int64_t BEGIN = INT64_C(1767600000000);

static void set(struct gw_event *event, enum gw_field field, const char *text)
{
    gw_event_set_text(event, field, slice_from(text));
}

static struct kpi_engine *restarted(struct kpi_engine *engine)
{
    struct buf bytes = {0};
    kpi_engine_save(engine, &bytes);
    kpi_engine_free(engine);
    engine = kpi_engine_new(99, NULL, NULL);
    CU_ASSERT_EQUAL_FATAL(kpi_engine_restore(engine, buf_get(&bytes)), GW_OK);
    buf_free(&bytes);
    return engine;
}

static void test_scopes_bounded(void)
{
    enum { PRODUCTS = 11000 };
    struct kt_journal journal = {0};
    struct buf inventory = {0};
    struct kpi_engine_figures figures;
    struct kpi_engine *engine = kpi_engine_new(1, NULL, NULL);
    buf_slice(&inventory, SLICE("site,name,role\n"));
    for (int i = 0; i < PRODUCTS; i++)
        buf_printf(&inventory, "default,product-%05d,product\n", i);
    kt_begin(&journal, SLICE_NONE, NULL, buf_get(&inventory), BEGIN);
    kt_replay(&journal, 0, journal.n, engine);
    kpi_engine_figures(engine, &figures);
    CU_ASSERT_EQUAL(figures.scopes, 10000);
    CU_ASSERT_TRUE(figures.refused_scopes >= PRODUCTS - 9999);
    struct snapshot *s = kpi_engine_snapshot(engine, false);
    CU_ASSERT_EQUAL(s->n_products, 9999);
    CU_ASSERT_PTR_NOT_NULL(kt_row(s, "outbreak", "default"));
    CU_ASSERT_PTR_NOT_NULL(kt_row(s, "product-offline", "default/product-00000"));
    CU_ASSERT_PTR_NULL(kt_row(s, "product-offline", "default/product-10999"));
    snapshot_put(s);
    kpi_engine_free(engine);
    buf_free(&inventory);
    kt_journal_free(&journal);
}

/* Another list of as many products: the scopes of those that are gone are given to them. */
static void test_scopes_given_on(void)
{
    enum { PRODUCTS = 9999 };
    struct kt_journal journal = {0};
    struct kpi_engine_figures figures;
    struct kpi_engine *engine = kpi_engine_new(1, NULL, NULL);
    for (int turn = 0; turn < 2; turn++) {
        struct buf inventory = {0};
        buf_slice(&inventory, SLICE("site,name,role\n"));
        for (int i = 0; i < PRODUCTS; i++)
            buf_printf(&inventory, "default,turn-%d-%05d,product\n", turn, i);
        if (turn == 0)
            kt_begin(&journal, SLICE_NONE, NULL, buf_get(&inventory), BEGIN);
        else
            kt_append_load(&journal, KPI_LOAD_INVENTORY, buf_get(&inventory), BEGIN + 1000);
        buf_free(&inventory);
    }
    kt_append_tick(&journal, BEGIN + 5000, 6000, "boot-1");
    kt_replay(&journal, 0, journal.n, engine);
    kpi_engine_figures(engine, &figures);
    CU_ASSERT_EQUAL(figures.scopes, 10000);
    CU_ASSERT_EQUAL(figures.refused_scopes, 0);
    struct snapshot *s = kpi_engine_snapshot(engine, false);
    CU_ASSERT_EQUAL(s->n_products, PRODUCTS);
    CU_ASSERT_PTR_NOT_NULL(kt_row(s, "outbreak", "default"));
    CU_ASSERT_PTR_NOT_NULL(kt_row(s, "product-offline", "default/turn-1-09998"));
    CU_ASSERT_PTR_NULL(kt_row(s, "product-offline", "default/turn-0-00000"));
    snapshot_put(s);
    engine = restarted(engine);
    kpi_engine_free(engine);
    kt_journal_free(&journal);
}

/* A site that came when every scope was taken has none until one is free, and the engine can be
 * saved and restored meanwhile. */
static void test_site_without_scope(void)
{
    static const struct kpi_site sites[] = {{"default", NULL, NULL, 0}, {"late", NULL, NULL, 0}};
    const struct kpi_settings settings = {.sites = sites, .n_sites = 2};
    struct kt_journal journal = {0};
    struct buf inventory = {0}, bytes = {0};
    struct kpi_engine_figures figures;
    struct kpi_engine *engine = kpi_engine_new(1, NULL, NULL);
    buf_slice(&inventory, SLICE("site,name,role\n"));
    for (int i = 0; i < 9999; i++)
        buf_printf(&inventory, "default,product-%05d,product\n", i);
    kt_begin(&journal, SLICE_NONE, NULL, buf_get(&inventory), BEGIN);
    kpi_settings_encode(&settings, &bytes);
    kt_append_load(&journal, KPI_LOAD_SETTINGS, buf_get(&bytes), BEGIN + 1000);
    kt_append_tick(&journal, BEGIN + 5000, 6000, "boot-1");
    kt_replay(&journal, 0, journal.n, engine);
    kpi_engine_figures(engine, &figures);
    CU_ASSERT_EQUAL(figures.scopes, 10000);
    CU_ASSERT_TRUE(figures.refused_scopes > 0);
    engine = restarted(engine);
    size_t at = journal.n;
    kt_append_load(&journal, KPI_LOAD_INVENTORY, SLICE("site,name,role\ndefault,one,product\n"),
                   BEGIN + 6000);
    kt_append_tick(&journal, BEGIN + 7000, 8000, "boot-1");
    kt_append_tick(&journal, BEGIN + 3700000, 3701000, "boot-1");
    kt_replay(&journal, at, journal.n, engine);
    struct snapshot *s = kpi_engine_snapshot(engine, false);
    CU_ASSERT_PTR_NOT_NULL(kt_row(s, "outbreak", "late"));
    snapshot_put(s);
    kpi_engine_free(engine);
    buf_free(&inventory);
    buf_free(&bytes);
    kt_journal_free(&journal);
}

static void take(struct kpi_engine *engine, struct gw_event *event)
{
    event->sequence = kpi_engine_sequence(engine) + 1;
    kpi_engine_apply(engine, event);
}

static void look(struct kpi_engine *engine, struct gw_event *event, int64_t at_ms)
{
    struct clock_reading now = {.wall_ms = at_ms, .mono_ms = at_ms - BEGIN + 1000};
    kpi_record_tick(event, now, SLICE("boot-1"));
    take(engine, event);
}

static void infect(struct kpi_engine *engine, struct gw_event *event, const char *name)
{
    char text[64];
    for (int i = 0; i < 12; i++) {
        snprintf(text, sizeof text, "%s-%d", name, i);
        kt_message(event, GW_KIND_MALWARE_FOUND, text, BEGIN);
        set(event, GW_FIELD_MALWARE_NAME, "WORM_A");
        take(engine, event);
    }
}

static void check_row(const struct kpi_engine *engine, const char *key, enum kpi_state state,
                      const char *reason)
{
    struct snapshot *s = kpi_engine_snapshot(engine, false);
    const struct kpi_row *row = kt_row(s, key, "default");
    CU_ASSERT_PTR_NOT_NULL_FATAL(row);
    CU_ASSERT_EQUAL(row->state, state);
    CU_ASSERT_PTR_NOT_NULL(strstr(row->reason, reason));
    snapshot_put(s);
}

/* With the table full, nothing is ok that may not be: who is new is said to be left out, while what
 * is bad all the same is bad. */
static void test_full(void)
{
    struct kt_journal journal = {0};
    struct gw_event *event = gw_alloc(sizeof *event);
    char text[64];
    struct kpi_engine *engine = kpi_engine_new(1, NULL, NULL);
    kt_begin(&journal, SLICE_NONE, NULL, SLICE_NONE, BEGIN);
    kt_replay(&journal, 0, journal.n, engine);
    for (int i = 0; i < KPI_ENTITIES_MAX; i++) {
        snprintf(text, sizeof text, "f-%d", i);
        kt_message(event, GW_KIND_CONTENT_CURRENT, text, BEGIN);
        gw_event_set_int(event, GW_FIELD_AGENT_CONNECTION, i < 20);
        take(engine, event);
    }
    kt_message(event, GW_KIND_MALWARE_FOUND, "f-1", BEGIN);
    take(engine, event);
    look(engine, event, BEGIN + 5000);
    check_row(engine, "outbreak", KPI_OK, "");
    infect(engine, event, "new");
    look(engine, event, BEGIN + 10000);
    check_row(engine, "outbreak", KPI_UNKNOWN, "table full");
    check_row(engine, "infection-level", KPI_UNKNOWN, "table full");
    check_row(engine, "suspected-virus", KPI_OK, "");
    engine = restarted(engine);
    look(engine, event, BEGIN + 15000);
    check_row(engine, "outbreak", KPI_UNKNOWN, "table full");
    infect(engine, event, "f");
    look(engine, event, BEGIN + 20000);
    check_row(engine, "outbreak", KPI_CRITICAL, "12 hosts");
    look(engine, event, BEGIN + 2 * 3600000);
    check_row(engine, "outbreak", KPI_OK, "");
    check_row(engine, "infection-level", KPI_UNKNOWN, "table full");
    kpi_engine_free(engine);
    free(event);
    kt_journal_free(&journal);
}

/* A flood of senders and of invented computers: bounded, counted, and known ones go on working. */
static void test_flood(void)
{
    struct kt_journal journal = {0};
    struct gw_event *event = gw_alloc(sizeof *event);
    struct kpi_engine_figures figures;
    char text[64];
    static const struct kpi_declared_source declared[] = {{"192.0.2.0/24"}};
    struct kpi_settings settings = {.sources = declared, .n_sources = 1};
    struct kpi_engine *engine = kpi_engine_new(1, NULL, NULL);
    kt_begin(&journal, SLICE_NONE, &settings, SLICE_NONE, BEGIN);
    kt_replay(&journal, 0, journal.n, engine);
    for (int i = 0; i < 310000; i++) {
        snprintf(text, sizeof text, "invented-%d", i);
        kt_message(event, GW_KIND_MALWARE_FOUND, text, BEGIN);
        set(event, GW_FIELD_PEER, "203.0.113.7");
        set(event, GW_FIELD_SYSLOG_HOSTNAME, text);
        set(event, GW_FIELD_MALWARE_NAME, text);
        take(engine, event);
    }
    kpi_engine_figures(engine, &figures);
    CU_ASSERT_EQUAL(figures.sources, 0);
    CU_ASSERT_EQUAL(figures.hosts, KPI_STRANGERS_MAX);
    CU_ASSERT_TRUE(figures.refused_hosts >= 310000 - KPI_STRANGERS_MAX);
    CU_ASSERT_TRUE(figures.names <= KPI_STRANGE_NAMES_MAX);
    printf("\n    %zu computers in %zu bytes each\n", figures.hosts, figures.bytes / figures.hosts);
    kt_message(event, GW_KIND_MALWARE_SUSPECTED, "wks-1", BEGIN);
    set(event, GW_FIELD_MALWARE_NAME, "HEUR_A");
    take(engine, event);
    look(engine, event, BEGIN + 5000);
    check_row(engine, "suspected-virus", KPI_WARNING, "");
    check_row(engine, "outbreak", KPI_OK, "");
    infect(engine, event, "wks");
    look(engine, event, BEGIN + 10000);
    check_row(engine, "outbreak", KPI_CRITICAL, "worm_a: 12 hosts");
    kpi_engine_free(engine);
    free(event);
    kt_journal_free(&journal);
}

int main(void)
{
    static const struct suite_test tests[] = {{"scopes are bounded", test_scopes_bounded},
                                              {"scopes are given on", test_scopes_given_on},
                                              {"a site without a scope", test_site_without_scope},
                                              {"a full table", test_full},
                                              {"a flood", test_flood}};
    xml_init();
    int result = suite_run("kpi bounds", tests, sizeof tests / sizeof *tests);
    xml_fini();
    return result;
}
