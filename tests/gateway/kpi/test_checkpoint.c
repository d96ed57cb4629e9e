/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checkpoints and settings: whole or refused, whatever became of the bytes; files written whole. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/crc32c.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/kpi/codec.h"
#include "gateway/kpi/engine_internal.h"
#include "gateway/kpi/settings.h"
#include "gateway/xml/document.h"
#include "tests/gateway/kpi/support.h"
#include "tests/support/suite.h"

static const int64_t BEGIN = INT64_C(1767600000000);

/* A little of everything: rows, windows, groups, held states, an alert, products, components. */
static struct kpi_engine *small_engine(void)
{
    static const char catalogue[] =
        "<kpi-catalogue><input id=\"agent-evidence\" kinds=\"agent.online\"/>"
        "<input id=\"agent-removed\" kinds=\"agent.removed\"/>"
        "<input id=\"component-status\" has=\"component.type\"/>"
        "<input id=\"infection\" kinds=\"malware.found\"/>"
        "<kpi id=\"3\" key=\"k\" category=\"c\"><name lang=\"en\">N</name><name "
        "lang=\"zh\">N</name>"
        "<advice lang=\"en\">A</advice><advice lang=\"zh\">A</advice>"
        "<input id=\"i\" kinds=\"malware.found\"/><input id=\"o\" kinds=\"agent.online\"/>"
        "<input id=\"b\" kinds=\"malware.found\"><burst of=\"host malware.name\" least=\"3\""
        " within=\"1h\"/></input>"
        "<test measure=\"count\" input=\"i\" distinct=\"host\" at-least=\"1\" window=\"1h\""
        " warning=\"1\"/>"
        "<test measure=\"max-group\" input=\"i\" group=\"host malware.name\" window=\"1h\""
        " warning=\"9\"/>"
        "<test measure=\"held\" input=\"i b\" off=\"o\" warning=\"9\"/>"
        "<test measure=\"lag\" scope=\"product\" component=\"pattern\" warning=\"1\"/>"
        "</kpi></kpi-catalogue>";
    struct kt_journal journal = {0};
    struct gw_event *event = gw_alloc(sizeof *event);
    struct kpi_engine *engine = kpi_engine_new(3, NULL, NULL);
    kt_append_load(&journal, KPI_LOAD_CATALOGUE, slice_from(catalogue), BEGIN);
    kt_append_load(&journal, KPI_LOAD_INVENTORY,
                   SLICE("site,name,role,address\ndefault,osce01,product,10.0.0.1\n"), BEGIN);
    kt_append_tick(&journal, BEGIN, 1000, "boot-1");
    kt_message(event, GW_KIND_MALWARE_FOUND, "wks-1", BEGIN);
    gw_event_set_text(event, GW_FIELD_MALWARE_NAME, SLICE("A"));
    gw_event_set_text(event, GW_FIELD_EVENT_KEY, SLICE("K"));
    gw_event_set_text(event, GW_FIELD_SOURCE_NAME, SLICE("filesrv"));
    kt_append(&journal, event);
    kt_message(event, GW_KIND_CONTENT_OUTDATED, "osce01", BEGIN);
    gw_event_set_int(event, GW_FIELD_COMPONENT_TYPE, GW_COMPONENT_PATTERN);
    gw_event_set_int(event, GW_FIELD_COMPONENT_NUMBER, 1930100);
    gw_event_set_int(event, GW_FIELD_CONTENT_LAG, 2);
    kt_append(&journal, event);
    kt_append_tick(&journal, BEGIN + 5000, 6000, "boot-1");
    kt_replay(&journal, 0, journal.n, engine);
    free(event);
    kt_journal_free(&journal);
    return engine;
}

static int restore(struct slice bytes)
{
    struct kpi_engine *engine = kpi_engine_new(1, NULL, NULL);
    int error = kpi_engine_restore(engine, bytes);
    if (!error) { /* then it must live, too */
        struct gw_event *event = gw_alloc(sizeof *event);
        struct buf dump = {0};
        struct clock_reading now = {.wall_ms = BEGIN + 60000, .mono_ms = 61000};
        kpi_record_tick(event, now, SLICE("boot-1"));
        event->sequence = kpi_engine_sequence(engine) + 1;
        kpi_engine_apply(engine, event);
        kt_message(event, GW_KIND_MALWARE_FOUND, "wks-2", BEGIN + 60000);
        event->sequence++;
        kpi_engine_apply(engine, event);
        kt_dump(engine, &dump);
        buf_free(&dump);
        free(event);
    }
    kpi_engine_free(engine);
    return error;
}

static void seal(struct buf *bytes)
{
    uint32_t crc = crc32c(0, bytes->p, bytes->n - 4);
    for (size_t i = 0; i < 4; i++)
        bytes->p[bytes->n - 4 + i] = (char)(crc >> (8 * i));
}

static void test_whole(void)
{
    struct kpi_engine *engine = small_engine(), *again = kpi_engine_new(9, NULL, NULL);
    struct buf bytes = {0}, a = {0}, b = {0};
    kpi_engine_save(engine, &bytes);
    CU_ASSERT_EQUAL(kpi_engine_restore(again, buf_get(&bytes)), GW_OK);
    kt_dump(engine, &a);
    kt_dump(again, &b);
    CU_ASSERT_TRUE(a.n > 100 && slice_equal(buf_get(&a), buf_get(&b)));
    CU_ASSERT_EQUAL(kpi_engine_sequence(again), kpi_engine_sequence(engine));
    CU_ASSERT_EQUAL(kpi_engine_emission(again), kpi_engine_emission(engine));
    CU_ASSERT_TRUE(kpi_engine_emission(again) >= 1);
    kpi_engine_free(engine);
    kpi_engine_free(again);
    buf_free(&bytes);
    buf_free(&a);
    buf_free(&b);
}

static void test_damaged(void)
{
    struct kpi_engine *engine = small_engine();
    struct buf bytes = {0};
    kpi_engine_save(engine, &bytes);
    kpi_engine_free(engine);
    for (size_t n = 0; n < bytes.n; n += n < 200 || n + 200 > bytes.n ? 1 : 7)
        CU_ASSERT_EQUAL(restore(slice_head(buf_get(&bytes), n)), GW_ERR_DAMAGED);
    for (size_t i = 0; i < bytes.n; i += 3) {
        bytes.p[i] = (char)(bytes.p[i] ^ 1 << i % 8);
        CU_ASSERT_NOT_EQUAL(restore(buf_get(&bytes)), GW_OK);
        bytes.p[i] = (char)(bytes.p[i] ^ 1 << i % 8);
    }
    bytes.p[8] = 99;
    CU_ASSERT_EQUAL(restore(buf_get(&bytes)), GW_ERR_VERSION);
    buf_free(&bytes);
}

/* Bytes whose checksum is right and whose content is not: refused, or an engine that lives. */
static void test_forged(void)
{
    struct kpi_engine *engine = small_engine();
    struct buf bytes = {0}, copy = {0};
    size_t refused = 0;
    kpi_engine_save(engine, &bytes);
    kpi_engine_free(engine);
    for (size_t i = 12; i + 4 < bytes.n; i++) {
        static const unsigned char values[] = {0, 1, 0x7f, 0xff};
        for (size_t v = 0; v < sizeof values; v++) {
            buf_clear(&copy);
            buf_slice(&copy, buf_get(&bytes));
            if ((unsigned char)copy.p[i] == values[v])
                continue;
            copy.p[i] = (char)values[v];
            seal(&copy);
            refused += restore(buf_get(&copy)) != GW_OK;
        }
    }
    CU_ASSERT_TRUE(refused > 100);
    for (size_t n = 16; n < bytes.n; n++) {
        buf_clear(&copy);
        buf_slice(&copy, slice_head(buf_get(&bytes), n));
        seal(&copy);
        CU_ASSERT_EQUAL(restore(buf_get(&copy)), GW_ERR_DAMAGED);
    }
    buf_free(&bytes);
    buf_free(&copy);
}

/* Without what stands at the end of the body. */
static void cut_end(struct buf *bytes, struct buf *end)
{
    CU_ASSERT_TRUE_FATAL(slice_ends_with(slice_head(buf_get(bytes), bytes->n - 4), buf_get(end)));
    bytes->n -= end->n;
    buf_free(end);
}

/* When sources rest. */
static void cut_rests(const struct kpi_engine *engine, struct buf *bytes)
{
    struct buf rests = {0};
    for (size_t i = 0; i < engine->entities.n; i++) {
        const struct kpi_product *p = engine->entities.all[i].product;
        if (p && p->gaps)
            kpi_gaps_encode_rests(p->gaps, &rests);
    }
    CU_ASSERT_TRUE(rests.n > 0);
    cut_end(bytes, &rests);
}

/* Its only version, and whose word it is. */
static void cut_words(const struct kpi_engine *engine, struct buf *bytes)
{
    struct buf words = {0};
    cut_rests(engine, bytes);
    CU_ASSERT_EQUAL_FATAL(engine->entities.n_components, 1);
    CU_ASSERT_EQUAL_FATAL(engine->entities.components[0].n_versions, 1);
    buf_byte(&words, false);
    buf_varint(&words, engine->entities.components[0].versions[0].by + 1);
    for (int i = 0; i < 3; i++) /* not sure; nothing refused */
        buf_byte(&words, 0);
    cut_end(bytes, &words);
}

/* Nothing, for each window. */
static void cut_refused(const struct kpi_engine *engine, struct buf *bytes)
{
    struct buf refused = {0};
    cut_words(engine, bytes);
    for (size_t k = 0; k < engine->n_runs; k++)
        for (size_t t = 0; t < engine->runs[k].entry->n_tests; t++)
            for (size_t s = 0; s < engine->runs[k].tests[t].n_stores; s++)
                if (engine->runs[k].tests[t].stores[s])
                    buf_byte(&refused, 0);
    CU_ASSERT_TRUE(refused.n > 0);
    cut_end(bytes, &refused);
}

static void cut_added(const struct kpi_engine *engine, struct buf *bytes)
{
    struct buf added = {0};
    kpi_added_save(engine, &added);
    cut_end(bytes, &added);
}

static void cut_tops(const struct kpi_engine *engine, struct buf *bytes)
{
    struct buf tops = {0};
    cut_added(engine, bytes);
    kpi_top_encode(&engine->top, &tops);
    cut_end(bytes, &tops);
}

/* Version 4 had not said values: it begins to from where it stands. */
static void test_before_values(void)
{
    struct kpi_engine *engine = small_engine(), *again = kpi_engine_new(1, NULL, NULL);
    struct buf bytes = {0}, said = {0};
    kpi_engine_save(engine, &bytes);
    kpi_put_int(&said, engine->values_said_ms);
    CU_ASSERT_TRUE(engine->values_said_ms > 0);
    cut_refused(engine, &bytes);
    cut_end(&bytes, &said);
    bytes.p[8] = 4;
    seal(&bytes);
    CU_ASSERT_EQUAL_FATAL(kpi_engine_restore(again, buf_get(&bytes)), GW_OK);
    CU_ASSERT_EQUAL(again->values_said_ms, kpi_engine_now_ms(engine));
    kpi_engine_free(engine);
    kpi_engine_free(again);
    buf_free(&bytes);
}

/* Version 5 did not know what full tables had refused. */
static void test_before_refused(void)
{
    struct kpi_engine *engine = small_engine();
    struct buf bytes = {0};
    kpi_engine_save(engine, &bytes);
    cut_refused(engine, &bytes);
    seal(&bytes);
    CU_ASSERT_NOT_EQUAL(restore(buf_get(&bytes)), GW_OK);
    bytes.p[8] = 5;
    seal(&bytes);
    CU_ASSERT_EQUAL(restore(buf_get(&bytes)), GW_OK);
    kpi_engine_free(engine);
    buf_free(&bytes);
}

/* Version 7 did not know when sources rest: it is learnt anew. */
static void test_before_rests(void)
{
    struct kpi_engine *engine = small_engine();
    struct buf bytes = {0};
    kpi_engine_save(engine, &bytes);
    CU_ASSERT_EQUAL(bytes.p[8], 8);
    cut_rests(engine, &bytes);
    seal(&bytes);
    CU_ASSERT_NOT_EQUAL(restore(buf_get(&bytes)), GW_OK);
    bytes.p[8] = 7;
    seal(&bytes);
    CU_ASSERT_EQUAL(restore(buf_get(&bytes)), GW_OK);
    kpi_engine_free(engine);
    buf_free(&bytes);
}

/* Version 6 did not know whose word a version was: all counted, and still do. */
static void test_before_words(void)
{
    struct kpi_engine *engine = small_engine(), *again = kpi_engine_new(1, NULL, NULL);
    struct buf bytes = {0};
    kpi_engine_save(engine, &bytes);
    cut_words(engine, &bytes);
    seal(&bytes);
    CU_ASSERT_NOT_EQUAL(restore(buf_get(&bytes)), GW_OK);
    bytes.p[8] = 6;
    seal(&bytes);
    CU_ASSERT_EQUAL_FATAL(kpi_engine_restore(again, buf_get(&bytes)), GW_OK);
    CU_ASSERT_TRUE(again->entities.components[0].versions[0].is_sure);
    CU_ASSERT_TRUE(again->entities.components[0].versions[0].counts);
    kpi_engine_free(engine);
    kpi_engine_free(again);
    buf_free(&bytes);
}

/* Version 3 had no bursts, gaps and notices: all else is as it was. */
static void test_before_added(void)
{
    struct kpi_engine *engine = small_engine(), *again = kpi_engine_new(1, NULL, NULL);
    struct buf bytes = {0}, was = {0}, is = {0};
    kpi_engine_save(engine, &bytes);
    cut_added(engine, &bytes);
    seal(&bytes);
    CU_ASSERT_NOT_EQUAL(restore(buf_get(&bytes)), GW_OK);
    bytes.p[8] = 3;
    seal(&bytes);
    CU_ASSERT_EQUAL(restore(buf_get(&bytes)), GW_OK);
    CU_ASSERT_EQUAL_FATAL(kpi_engine_restore(again, buf_get(&bytes)), GW_OK);
    kt_dump(engine, &was);
    kt_dump(again, &is);
    CU_ASSERT_TRUE(slice_equal(buf_get(&was), buf_get(&is)));
    kpi_engine_free(engine);
    kpi_engine_free(again);
    buf_free(&bytes);
    buf_free(&was);
    buf_free(&is);
}

/* Version 2 had no top tens: they begin where it stands, for who knows what was before. */
static void test_older(void)
{
    struct kpi_engine *engine = small_engine(), *again = kpi_engine_new(1, NULL, NULL);
    struct buf bytes = {0};
    kpi_engine_save(engine, &bytes);
    CU_ASSERT_EQUAL(engine->top.spans[KPI_TOP_MONTH].end_ms, INT64_C(1769904000000));
    cut_tops(engine, &bytes);
    seal(&bytes);
    CU_ASSERT_NOT_EQUAL(restore(buf_get(&bytes)), GW_OK);
    bytes.p[8] = 2;
    seal(&bytes);
    CU_ASSERT_EQUAL(restore(buf_get(&bytes)), GW_OK);
    CU_ASSERT_EQUAL_FATAL(kpi_engine_restore(again, buf_get(&bytes)), GW_OK);
    struct snapshot *was = kpi_engine_snapshot(engine, false);
    struct snapshot *is = kpi_engine_snapshot(again, false);
    CU_ASSERT_EQUAL(was->n_tops, 9); /* one of each */
    CU_ASSERT_EQUAL(is->n_tops, 0);
    CU_ASSERT_EQUAL(is->n_kpis, was->n_kpis);
    snapshot_put(was);
    snapshot_put(is);
    struct gw_event *event = gw_alloc(sizeof *event);
    struct clock_reading now = {.wall_ms = BEGIN + 60000, .mono_ms = 61000};
    kpi_record_tick(event, now, SLICE("boot-1"));
    event->sequence = kpi_engine_sequence(again) + 1;
    kpi_engine_apply(again, event);
    for (int p = 0; p < KPI_TOP_PERIODS; p++)
        CU_ASSERT_EQUAL(again->top.spans[p].begin_ms, BEGIN + 5000);
    CU_ASSERT_EQUAL(again->top.spans[KPI_TOP_MONTH].end_ms, INT64_C(1769904000000));
    free(event);
    kpi_engine_free(engine);
    kpi_engine_free(again);
    buf_free(&bytes);
}

/* Version 1 had no counter of refused sources and, in each site, none of unlisted hosts, either. An
 * engine that has seen nothing has no site, and its counters are a run of zeros. */
static void test_oldest(void)
{
    static const char zeros[8] = {0};
    struct kpi_engine *engine = kpi_engine_new(3, NULL, NULL),
                      *again = kpi_engine_new(1, NULL, NULL);
    struct buf bytes = {0};
    kpi_engine_save(engine, &bytes);
    cut_tops(engine, &bytes);
    size_t at = slice_search(buf_get(&bytes), slice_of(zeros, sizeof zeros));
    CU_ASSERT_TRUE_FATAL(at < bytes.n);
    at = 12 + slice_search(slice_skip(buf_get(&bytes), 12), slice_of(zeros, sizeof zeros));
    memmove(bytes.p + at, bytes.p + at + 1, bytes.n - at - 1);
    bytes.n--;
    bytes.p[8] = 2;
    seal(&bytes);
    CU_ASSERT_NOT_EQUAL(restore(buf_get(&bytes)), GW_OK);
    bytes.p[8] = 1;
    seal(&bytes);
    CU_ASSERT_EQUAL(kpi_engine_restore(again, buf_get(&bytes)), GW_OK);
    kpi_engine_free(engine);
    kpi_engine_free(again);
    buf_free(&bytes);
}

static void test_file(void)
{
    char path[64], temporary[80];
    struct stat st;
    struct kpi_engine *engine = small_engine(), *again = kpi_engine_new(1, NULL, NULL);
    snprintf(path, sizeof path, "checkpoint-%ld.tmpd", (long)getpid());
    CU_ASSERT_EQUAL(kpi_checkpoint_read(again, path), GW_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(kpi_checkpoint_write(engine, path), GW_OK);
    CU_ASSERT_EQUAL(stat(path, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    CU_ASSERT_NOT_EQUAL(stat(temporary, &st), 0);
    CU_ASSERT_EQUAL(kpi_checkpoint_read(again, path), GW_OK);
    CU_ASSERT_EQUAL(kpi_engine_sequence(again), kpi_engine_sequence(engine));
    unlink(path);
    CU_ASSERT_EQUAL(kpi_checkpoint_write(engine, "no/such/folder/checkpoint"), GW_ERR_IO);
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    CU_ASSERT_EQUAL(kpi_checkpoint_write(engine, path), GW_ERR_IO); /* a folder is in the way */
    CU_ASSERT_NOT_EQUAL(stat(temporary, &st), 0);
    rmdir(path);
    kpi_engine_free(engine);
    kpi_engine_free(again);
}

static void test_settings(void)
{
    static const struct kpi_site sites[] = {{"hq", "Head office", "Asia/Shanghai", 120},
                                            {"lab", NULL, NULL, 0}};
    static const struct kpi_override overrides[] = {{"outbreak", "hq", 1, 2, 5, KPI_LEVEL_KEEP},
                                                    {"grayware", NULL, 0, 0, -1, -2}};
    static const struct kpi_declared_source sources[] = {{"192.0.2.0/24"}};
    const struct kpi_maintenance windows[] = {
        {"hq", "*/osce01", 96, 1320, 240, 0, 0, SLICE("TZif of a window")},
        {NULL, NULL, 0, 0, 0, 1000, 2000, SLICE_NONE}};
    static const struct kpi_newest newest[] = {{GW_COMPONENT_PATTERN, "2048", 1930700, 5}};
    const struct kpi_settings settings = {.gateway_id = "gw1",
                                          .epoch = "0123",
                                          .source_alive_ms = 5,
                                          .clear_hold_ms = 6,
                                          .raise_hold_ms = 7,
                                          .record_changes = true,
                                          .sites = sites,
                                          .n_sites = 2,
                                          .overrides = overrides,
                                          .n_overrides = 2,
                                          .sources = sources,
                                          .n_sources = 1,
                                          .remind_ms = -1,
                                          .maintenance = windows,
                                          .n_maintenance = 2,
                                          .newest = newest,
                                          .n_newest = 1,
                                          .zone = SLICE("TZif and so on"),
                                          .declared = 127};
    struct kpi_settings got;
    struct buf bytes = {0};
    struct arena arena;
    arena_init(&arena, 0);
    kpi_settings_encode(&settings, &bytes);
    CU_ASSERT_EQUAL_FATAL(kpi_settings_decode(buf_get(&bytes), &arena, &got), GW_OK);
    CU_ASSERT_STRING_EQUAL(got.gateway_id, "gw1");
    CU_ASSERT_EQUAL(got.source_alive_ms + got.clear_hold_ms + got.raise_hold_ms, 18);
    CU_ASSERT_TRUE(got.record_changes);
    CU_ASSERT_EQUAL(got.remind_ms, -1);
    CU_ASSERT_EQUAL_FATAL(got.n_maintenance, 2);
    CU_ASSERT_STRING_EQUAL(got.maintenance[0].scope, "*/osce01");
    CU_ASSERT_EQUAL(got.maintenance[0].to_min, 240);
    CU_ASSERT_TRUE(slice_equal(got.maintenance[0].zone, windows[0].zone));
    CU_ASSERT_PTR_NULL(got.maintenance[1].site);
    CU_ASSERT_EQUAL(got.maintenance[1].end_ms, 2000);
    CU_ASSERT_EQUAL_FATAL(got.n_newest, 1);
    CU_ASSERT_STRING_EQUAL(got.newest[0].component, "2048");
    CU_ASSERT_EQUAL(got.newest[0].number + got.newest[0].since_ms, 1930705);
    CU_ASSERT_EQUAL_FATAL(got.n_sites, 2);
    CU_ASSERT_STRING_EQUAL(got.sites[0].zone, "Asia/Shanghai");
    CU_ASSERT_EQUAL(got.sites[0].hosts, 120);
    CU_ASSERT_PTR_NULL(got.sites[1].name);
    CU_ASSERT_EQUAL_FATAL(got.n_overrides, 2);
    CU_ASSERT_EQUAL(got.overrides[0].warning, 5);
    CU_ASSERT_EQUAL(got.overrides[0].critical, KPI_LEVEL_KEEP);
    CU_ASSERT_PTR_NULL(got.overrides[1].site);
    CU_ASSERT_EQUAL(got.overrides[1].warning, -1);
    CU_ASSERT_STRING_EQUAL(got.sources[0].network, "192.0.2.0/24");
    CU_ASSERT_TRUE(slice_equal(got.zone, settings.zone));
    CU_ASSERT_EQUAL(got.declared, 127);
    CU_ASSERT_EQUAL(kpi_settings_decode(slice_head(buf_get(&bytes), bytes.n - 1), &arena, &got),
                    GW_OK); /* as it was before it told of those */
    CU_ASSERT_EQUAL(got.declared, 0);
    for (size_t n = 0; n < bytes.n - 1; n++)
        CU_ASSERT_EQUAL(kpi_settings_decode(slice_head(buf_get(&bytes), n), &arena, &got),
                        GW_ERR_DAMAGED);
    for (size_t i = 1; i < bytes.n; i++) {
        bytes.p[i] = (char)~bytes.p[i];
        kpi_settings_decode(buf_get(&bytes), &arena, &got); /* anything but a crash */
        bytes.p[i] = (char)~bytes.p[i];
    }
    bytes.p[0] = 99;
    CU_ASSERT_EQUAL(kpi_settings_decode(buf_get(&bytes), &arena, &got), GW_ERR_VERSION);
    arena_fini(&arena);
    buf_free(&bytes);
}

/* Version 1 ended before the zone. */
static void test_older_settings(void)
{
    static const struct kpi_site site = {"hq", NULL, "Asia/Shanghai", 1};
    const struct kpi_settings settings = {.sites = &site, .n_sites = 1};
    struct kpi_settings got;
    struct buf bytes = {0};
    struct arena arena;
    arena_init(&arena, 0);
    kpi_settings_encode(&settings, &bytes);
    bytes.n -= 4; /* version 2: no reminders, no windows, no newest versions, no declarations */
    CU_ASSERT_EQUAL(kpi_settings_decode(buf_get(&bytes), &arena, &got), GW_ERR_DAMAGED);
    bytes.p[0] = 2;
    CU_ASSERT_EQUAL(kpi_settings_decode(buf_get(&bytes), &arena, &got), GW_OK);
    CU_ASSERT_EQUAL(got.remind_ms, 0);
    bytes.n--; /* version 1: no zone */
    bytes.p[0] = 1;
    CU_ASSERT_EQUAL(kpi_settings_decode(buf_get(&bytes), &arena, &got), GW_OK);
    CU_ASSERT_STRING_EQUAL(got.sites[0].zone, "Asia/Shanghai");
    CU_ASSERT_EQUAL(got.zone.n, 0);
    bytes.p[0] = 0;
    CU_ASSERT_EQUAL(kpi_settings_decode(buf_get(&bytes), &arena, &got), GW_ERR_DAMAGED);
    arena_fini(&arena);
    buf_free(&bytes);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"whole", test_whole},
        {"damaged", test_damaged},
        {"forged", test_forged},
        {"of the version before", test_before_rests},
        {"of version 6", test_before_words},
        {"of version 5", test_before_refused},
        {"of version 3", test_before_added},
        {"before values", test_before_values},
        {"of version 2", test_older},
        {"of version 1", test_oldest},
        {"as a file", test_file},
        {"settings", test_settings},
        {"settings of the version before", test_older_settings}};
    xml_init();
    log_set_sink(kt_no_log, NULL); /* refusals are the point here */
    int result = suite_run("kpi checkpoint", tests, sizeof tests / sizeof *tests);
    xml_fini();
    return result;
}
