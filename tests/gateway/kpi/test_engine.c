/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The engine as a function of the journal: the same records give the same snapshot and the same
 * words, whatever its seed, however often it was saved and restored in between. What
 * the gateway alone may say, too.
 */
#include "gateway/kpi/engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/xml/document.h"
#include "tests/gateway/kpi/support.h"
#include "tests/support/suite.h"

static const int64_t BEGIN = INT64_C(1767600000000);

static uint64_t mix(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static unsigned below(uint64_t *state, unsigned n)
{
    return (unsigned)(mix(state) % n);
}

/* ---- words ---- */

struct words {
    struct buf text;
    uint64_t last; /* number */
};

static void on_emit(void *context, uint64_t number, const struct gw_event *event)
{
    struct words *w = context;
    CU_ASSERT_EQUAL(number, w->last + 1);
    w->last = number;
    buf_printf(&w->text, "%" PRIu64 " %s %" PRId64, number, gw_kind_name((enum gw_kind)event->kind),
               event->time_ms);
    for (size_t i = 0; i < event->n_values; i++) {
        const struct gw_value *v = &event->values[i];
        if (v->type == GW_TYPE_INT || v->type == GW_TYPE_TIME)
            buf_printf(&w->text, " %u=%" PRId64, v->field, v->number);
        else
            buf_printf(&w->text, " %u=%.*s", v->field, SLICE_FMT(v->text));
    }
    buf_byte(&w->text, '\n');
}

/* ---- random journals ---- */

static const char *const HOSTS[] = {"wks-1",       "WKS-1.corp.example",
                                    "wks-2",       "CORP\\wks-3",
                                    "osce01",      "osce02",
                                    "N/A",         "wks-4",
                                    "wks-5",       "wks-6",
                                    "wks-7",       "wks-8",
                                    "10.1.1.1",    "sw1",
                                    "wks-9",       "wks-10",
                                    "tmcm01.corp", "wks-11"};
static const char *const ADDRESSES[] = {"10.1.1.1", "10.1.1.2", "10.1.1.3", "0.0.0.0", "fe80::1"};
static const char *const MALWARE[] = {"A", "a", "RANSOM_X", "TROJ_B", "WORM_DOWNAD.AD", "\x01\xff"};
static const char *const SOURCES[] = {"\\\\FS1\\c$", "fs1", "N/A", "wks-1", "mail@example.net"};
static const char *const SITES[] = {"hq", "lab", "mars"};
static const char *const PEERS[] = {"192.0.2.10", "192.0.2.11", "127.0.0.1", "203.0.113.5"};

#define PICK(state, list) (list)[below(state, sizeof(list) / sizeof *(list))]

static void set(struct gw_event *event, enum gw_field field, const char *text)
{
    gw_event_set_text(event, field, slice_from(text));
}

static void random_host(struct gw_event *event, uint64_t *r, struct arena *arena)
{
    if (below(r, 8))
        set(event, GW_FIELD_HOST_NAME, PICK(r, HOSTS));
    if (below(r, 3) == 0)
        set(event, GW_FIELD_HOST_IP, PICK(r, ADDRESSES));
    if (below(r, 6) == 0)
        set(event, GW_FIELD_HOST_MAC, arena_printf(arena, "00-11-22-33-44-%02x", below(r, 6)));
    if (below(r, 6) == 0)
        set(event, GW_FIELD_HOST_GUID, arena_printf(arena, "guid-%u", 1 + below(r, 8)));
}

static void random_message(struct gw_event *event, uint64_t *r, int64_t now_ms, struct arena *arena)
{
    static const enum gw_kind kinds[] = {
        GW_KIND_MALWARE_FOUND,     GW_KIND_MALWARE_CLEANED,       GW_KIND_MALWARE_PASSED,
        GW_KIND_MALWARE_SUSPECTED, GW_KIND_CONTENT_CURRENT,       GW_KIND_CONTENT_OUTDATED,
        GW_KIND_AGENT_ONLINE,      GW_KIND_AGENT_OFFLINE,         GW_KIND_AGENT_REMOVED,
        GW_KIND_PRODUCT_OFFLINE,   GW_KIND_PRODUCT_ONLINE,        GW_KIND_MALWARE_OUTBREAK,
        GW_KIND_SYSTEM_STATUS,     GW_KIND_MALWARE_OUTBREAK_END,  GW_KIND_MALWARE_BLOCKED,
        GW_KIND_MALWARE_GRAYWARE,  GW_KIND_CONTENT_UPDATE_FAILED, GW_KIND_AUTH_LOGON_FAIL,
        GW_KIND_VULN_FOUND,        GW_KIND_VULN_RESOLVED,         GW_KIND_DEVICE_RESTART,
        GW_KIND_PROTECTION_OFF,    GW_KIND_PROTECTION_ON,         GW_KIND_CNC_CALLBACK};
    kt_message(event, PICK(r, kinds), NULL, now_ms);
    random_host(event, r, arena);
    set(event, GW_FIELD_PEER, PICK(r, PEERS));
    if (below(r, 10) == 0)
        event->time_ms -= (int64_t)below(r, 200000) * 1000;
    if (below(r, 50) == 0)
        event->time_ms += (int64_t)below(r, 200000) * 1000;
    if (below(r, 3) == 0)
        set(event, GW_FIELD_SITE, PICK(r, SITES));
    if (below(r, 3) == 0)
        set(event, GW_FIELD_PRODUCT_HOST, below(r, 2) ? "osce01" : "osce02");
    if (below(r, 2))
        set(event, GW_FIELD_MALWARE_NAME, PICK(r, MALWARE));
    if (below(r, 2))
        set(event, GW_FIELD_SOURCE_NAME, PICK(r, SOURCES));
    if (below(r, 4) == 0)
        gw_event_set_int(event, GW_FIELD_AGENT_CONNECTION, below(r, 4));
    if (below(r, 3) == 0) {
        gw_event_set_int(event, GW_FIELD_COMPONENT_TYPE, below(r, 3));
        set(event, GW_FIELD_COMPONENT_ID, below(r, 2) ? "2048" : "4096");
        if (below(r, 2))
            gw_event_set_int(event, GW_FIELD_COMPONENT_NUMBER, 1900000 + below(r, 100) * 100);
        if (below(r, 2))
            gw_event_set_int(event, GW_FIELD_CONTENT_LAG, below(r, 8));
    }
    if (below(r, 3) == 0)
        set(event, GW_FIELD_EVENT_KEY, arena_printf(arena, "k%u", below(r, 400)));
    if (below(r, 5) == 0)
        gw_event_set_int(event, GW_FIELD_EVENT_COUNT, below(r, 30));
}

static const char LONG_INVENTORY[] =
    "site,name,role,product,address,heartbeat\nlab,osce02,product,,192.0.2.11,1h\n"
    "lab,wks-4,host,,,\nbranch,wks-5,host,,,\nhq,sw1,device,,,\n";

static void random_load(struct kt_journal *journal, uint64_t *r, int64_t now_ms)
{
    static const char *const rules[] = {"CST-8", "<-03>3<-02>,M10.3.0/0,M2.3.0/0", "UTC0"};
    static const struct kpi_site sites[] = {{"hq", "Head office", NULL, 20},
                                            {"lab", NULL, NULL, 0}};
    static const struct kpi_declared_source sources[] = {{"192.0.2.0/24"}};
    static const char *const inventories[] = {
        "", "site,name,role\nhq,wks-1,host\nhq,wks-2,host\nhq,osce01,product\n", LONG_INVENTORY,
        "site,name,role,heartbeat\nhq,osce01,product,2m\nhq,WKS-1.corp.example,host,\n"};
    const struct kpi_override overrides[] = {
        {"clean-failure", below(r, 2) ? "hq" : NULL, 1, 0, KPI_LEVEL_KEEP, KPI_LEVEL_KEEP},
        {"suspected-virus", NULL, (int8_t)below(r, 2), 0, (int32_t)(1 + below(r, 5)),
         (int32_t)(6 + below(r, 5))},
        {"outbreak", "lab", -1, 2, 5, 9}};
    struct kpi_settings settings = {.gateway_id = "gw",
                                    .epoch = "e1",
                                    .record_changes = below(r, 2),
                                    .clear_hold_ms = below(r, 2) ? 60000 : 0,
                                    .raise_hold_ms = below(r, 4) ? 0 : 20000,
                                    .sites = sites,
                                    .n_sites = below(r, 4) ? 2 : 1,
                                    .overrides = overrides,
                                    .n_overrides = below(r, 4),
                                    .sources = sources,
                                    .n_sources = below(r, 2)};
    struct buf bytes = {0};
    if (below(r, 2)) {
        struct buf zone = {0};
        kt_zone(PICK(r, rules), &zone);
        settings.zone = buf_get(&zone);
        kpi_settings_encode(&settings, &bytes);
        kt_append_load(journal, KPI_LOAD_SETTINGS, buf_get(&bytes), now_ms);
        buf_free(&zone);
    } else {
        kt_append_load(journal, KPI_LOAD_INVENTORY, slice_from(PICK(r, inventories)), now_ms);
    }
    buf_free(&bytes);
}

/* The delivered catalogue with every KPI on that can be measured. */
static void all_enabled(struct buf *out)
{
    struct buf text = {0};
    struct slice rest, line;
    kt_read("mappings/kpi.xml", &text);
    rest = buf_get(&text);
    while (rest.n) {
        slice_cut(rest, '\n', &line, &rest);
        size_t at = slice_search(line, SLICE("enabled=\"no\""));
        if (at == line.n || slice_search(line, SLICE("log-silence")) < line.n)
            buf_slice(out, line);
        else
            buf_printf(out, "%.*senabled=\"yes\"%.*s", (int)at, line.p, (int)(line.n - at - 12),
                       line.p + at + 12);
        buf_byte(out, '\n');
    }
    buf_free(&text);
}

static void random_journal(struct kt_journal *journal, uint64_t seed, size_t n)
{
    struct gw_event *event = gw_alloc(sizeof *event);
    uint64_t r = seed;
    int64_t now_ms = BEGIN, mono_ms = 1000;
    unsigned boots = 1;
    char boot[16] = "boot-1";
    struct arena arena;
    arena_init(&arena, 0);
    struct buf all = {0};
    if (seed % 2)
        all_enabled(&all);
    kt_begin(journal, buf_get(&all), NULL, SLICE_NONE, now_ms);
    buf_free(&all);
    while (journal->n < n) {
        unsigned turn = below(&r, 100);
        if (turn < 70) {
            random_message(event, &r, now_ms, &arena);
            kt_append(journal, event);
            arena_reset(&arena);
        } else if (turn < 97) {
            int64_t passed = below(&r, 20) ? 5000 : (int64_t)below(&r, 4000) * 1000;
            now_ms += passed;
            mono_ms += passed;
            if (below(&r, 200) == 0)
                now_ms += ((int64_t)below(&r, 20000) - 10000) * 1000; /* somebody set the clock */
            if (below(&r, 100) == 0) {
                snprintf(boot, sizeof boot, "boot-%u", ++boots);
                mono_ms = 500;
            }
            kt_append_tick(journal, now_ms, mono_ms, boot);
        } else if (turn < 98) {
            random_load(journal, &r, now_ms);
        } else {
            kpi_record_ack(event, 1 + below(&r, 20), SLICE("mei"), SLICE("seen"), now_ms);
            kt_append(journal, event);
        }
    }
    free(event);
    arena_fini(&arena);
    kt_append_tick(journal, now_ms + 5000, mono_ms + 5000, boot);
}

/* ---- the property ---- */

static struct kpi_engine *restarted(struct kpi_engine *engine, struct words *words)
{
    struct buf bytes = {0}, again = {0};
    kpi_engine_save(engine, &bytes);
    kpi_engine_free(engine);
    engine = kpi_engine_new(99, on_emit, words);
    CU_ASSERT_EQUAL_FATAL(kpi_engine_restore(engine, buf_get(&bytes)), GW_OK);
    kpi_engine_save(engine, &again);
    CU_ASSERT_EQUAL(again.n, bytes.n);
    buf_free(&bytes);
    buf_free(&again);
    return engine;
}

/* pieces 0: in one go; else saved and restored after every so many records, drawn by chance. */
static void play(const struct kt_journal *journal, uint64_t seed, unsigned pieces, struct buf *dump,
                 struct words *words)
{
    struct kpi_engine *engine = kpi_engine_new(seed, on_emit, words);
    uint64_t r = seed;
    size_t at = 0;
    while (at < journal->n) {
        size_t to = pieces ? at + 1 + below(&r, pieces) : journal->n;
        kt_replay(journal, at, to, engine);
        at = to;
        if (pieces && at < journal->n)
            engine = restarted(engine, words);
    }
    kt_dump(engine, dump);
    kpi_engine_free(engine);
}

static void same_text(struct slice a, struct slice b, const char *what, uint64_t seed)
{
    bool is_same = slice_equal(a, b);
    CU_ASSERT_TRUE(is_same);
    if (is_same)
        return;
    struct slice x, y;
    while (a.n || b.n) {
        slice_cut(a, '\n', &x, &a);
        slice_cut(b, '\n', &y, &b);
        if (slice_equal(x, y))
            continue;
        printf("\n    %s of journal %llu differ:\n      %.*s\n      %.*s\n", what,
               (unsigned long long)seed, SLICE_FMT(x), SLICE_FMT(y));
        return;
    }
}

static void test_same_journal(void)
{
    bool is_long = getenv("EOG_LONG") && !strcmp(getenv("EOG_LONG"), "1");
    uint64_t journals = is_long ? 200 : 12;
    size_t said = 0;
    for (uint64_t i = 1; i <= journals; i++) {
        uint64_t seed = i == 1 ? 155 : i; /* 155: a cache that outlived a change of name */
        static const unsigned pieces[] = {0, 40, 500};
        struct kt_journal journal = {0};
        struct buf first = {0};
        struct words first_words = {0};
        random_journal(&journal, seed, 4000);
        play(&journal, 5, 0, &first, &first_words);
        CU_ASSERT_TRUE(first.n > 1000);
        said += first_words.last;
        for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
            struct buf dump = {0};
            struct words words = {0};
            play(&journal, 1000 + seed, pieces[p], &dump, &words);
            same_text(buf_get(&first), buf_get(&dump), "snapshots", seed);
            same_text(buf_get(&first_words.text), buf_get(&words.text), "words", seed);
            buf_free(&dump);
            buf_free(&words.text);
        }
        buf_free(&first);
        buf_free(&first_words.text);
        kt_journal_free(&journal);
    }
    CU_ASSERT_TRUE(said > journals * 20);
    printf("\n    %" PRIu64 " journals, %zu words\n", journals, said);
}

/* Each message and tick corrected right behind it, to kinds that raise states: nothing shows it. */
static void test_corrections(void)
{
    static const enum gw_kind kinds[] = {GW_KIND_MALWARE_OUTBREAK, GW_KIND_ALERT_RAISED,
                                         GW_KIND_GATEWAY_TICK, GW_KIND_CONTENT_OUTDATED};
    struct kt_journal journal = {0};
    struct buf first = {0}, second = {0};
    struct words first_words = {0}, second_words = {0};
    struct gw_event *event = gw_alloc(sizeof *event);
    random_journal(&journal, 31, 3000);
    play(&journal, 5, 0, &first, &first_words);
    struct kpi_engine *engine = kpi_engine_new(5, on_emit, &second_words);
    for (size_t i = 0; i < journal.n; i++) {
        kt_replay(&journal, i, i + 1, engine);
        size_t start = i ? journal.ends[i - 1] : 0;
        struct slice bytes = slice_of(journal.bytes.p + start, journal.ends[i] - start);
        CU_ASSERT_EQUAL_FATAL(gw_event_decode(bytes, event), GW_OK);
        event->sequence = i + 1;
        event->correction = (struct gw_correction){i + 1, 2, i % 2};
        event->kind = (uint16_t)kinds[i % 4];
        gw_event_set_int(event, GW_FIELD_EMISSION, 1000000);
        gw_event_set_int(event, GW_FIELD_ALERT_ID, 1000000);
        kpi_engine_apply(engine, event);
    }
    kt_dump(engine, &second);
    CU_ASSERT_TRUE(first_words.last > 20);
    same_text(buf_get(&first), buf_get(&second), "snapshots", 31);
    same_text(buf_get(&first_words.text), buf_get(&second_words.text), "words", 31);
    kpi_engine_free(engine);
    free(event);
    buf_free(&first);
    buf_free(&second);
    buf_free(&first_words.text);
    buf_free(&second_words.text);
    kt_journal_free(&journal);
}

/* A second look at the same moment changes nothing and says nothing. */
static void test_idle_tick(void)
{
    struct kt_journal journal = {0};
    struct words words = {0};
    struct buf before = {0}, after = {0};
    random_journal(&journal, 77, 3000);
    struct kpi_engine *engine = kpi_engine_new(1, on_emit, &words);
    kt_replay(&journal, 0, journal.n, engine);
    uint64_t last = words.last;
    size_t n = journal.n;
    struct snapshot *s = kpi_engine_snapshot(engine, false);
    kt_append_tick(&journal, s->taken_ms, 1, "boot-x");
    snapshot_put(s);
    kt_replay(&journal, n, journal.n, engine);
    kt_dump(engine, &before);
    uint64_t generation = kpi_engine_generation(engine);
    for (int i = 0; i < 3; i++)
        kt_replay(&journal, n, journal.n, engine);
    kt_dump(engine, &after);
    CU_ASSERT_EQUAL(kpi_engine_generation(engine), generation);
    CU_ASSERT_EQUAL(words.last, last);
    same_text(buf_get(&before), buf_get(&after), "snapshots", 77);
    kpi_engine_free(engine);
    buf_free(&before);
    buf_free(&after);
    buf_free(&words.text);
    kt_journal_free(&journal);
}

/* ---- catching up ---- */

static void test_catching_up(void)
{
    struct kt_journal journal = {0};
    struct gw_event *event = gw_alloc(sizeof *event);
    struct words words = {0};
    struct kpi_engine *engine = kpi_engine_new(1, on_emit, &words);
    kt_begin(&journal, SLICE_NONE, NULL, SLICE_NONE, BEGIN);
    kt_message(event, GW_KIND_MALWARE_OUTBREAK, "wks-1", BEGIN);
    kt_append(&journal, event);
    kt_append_tick(&journal, BEGIN + 5000, 6000, "boot-1");
    kt_replay(&journal, 0, journal.n, engine);
    struct snapshot *s = kpi_engine_snapshot(engine, true);
    CU_ASSERT_TRUE(s->is_catching_up);
    CU_ASSERT_EQUAL(s->n_summary, 28);
    for (size_t i = 0; i < s->n_kpis; i++) {
        bool is_off = !strcmp(s->kpis[i].reason, "not enabled");
        CU_ASSERT_EQUAL(s->kpis[i].state, KPI_UNKNOWN);
        CU_ASSERT_TRUE(is_off || !strcmp(s->kpis[i].reason, "catching up"));
    }
    CU_ASSERT_EQUAL_FATAL(s->n_alerts, 1);
    CU_ASSERT_TRUE(s->alerts[0].is_unverified);
    snapshot_put(s);
    s = kpi_engine_snapshot(engine, false);
    CU_ASSERT_EQUAL(kt_row(s, "outbreak", "default")->state, KPI_CRITICAL);
    CU_ASSERT_FALSE(s->alerts[0].is_unverified);
    CU_ASSERT_STRING_EQUAL(s->alerts[0].evidence, "gw-test.0.6");
    snapshot_put(s);
    kpi_engine_free(engine);
    buf_free(&words.text);
    free(event);
    kt_journal_free(&journal);
}

/* The journal's start is gone and there is no checkpoint: what is said from now on must not take
   numbers that were used, or it would be taken for said. */
static void test_lost_beginning(void)
{
    struct kt_journal journal = {0};
    struct gw_event *event = gw_alloc(sizeof *event);
    struct words words = {.last = 500};
    struct kpi_engine *engine = kpi_engine_new(1, on_emit, &words);
    kt_begin(&journal, SLICE_NONE, NULL, SLICE_NONE, BEGIN);
    gw_event_clear(event);
    event->kind = GW_KIND_ALERT_RAISED;
    event->time_ms = event->received_ms = BEGIN;
    gw_event_set_int(event, GW_FIELD_EMISSION, 500);
    gw_event_set_int(event, GW_FIELD_ALERT_ID, 40);
    kt_append(&journal, event);
    event->transport = GW_TRANSPORT_UDP; /* somebody's lie */
    gw_event_set_int(event, GW_FIELD_EMISSION, 9000);
    kt_append(&journal, event);
    kt_message(event, GW_KIND_MALWARE_OUTBREAK, "wks-1", BEGIN);
    kt_append(&journal, event);
    kt_append_tick(&journal, BEGIN + 5000, 6000, "boot-1");
    kt_replay(&journal, 0, journal.n, engine);
    CU_ASSERT_EQUAL(words.last, 501);
    struct snapshot *s = kpi_engine_snapshot(engine, false);
    CU_ASSERT_EQUAL_FATAL(s->n_alerts, 1);
    CU_ASSERT_EQUAL(s->alerts[0].id, 41);
    snapshot_put(s);
    kpi_engine_free(engine);
    buf_free(&words.text);
    free(event);
    kt_journal_free(&journal);
}

static size_t count_said(struct slice text, struct slice what)
{
    size_t n = 0;
    for (size_t at; (at = slice_search(text, what)) < text.n; n++)
        text = slice_skip(text, at + 1);
    return n;
}

/* A share that moves within its state: said once an hour, and only when it moved; by an engine that
   was saved and restored in between the same. */
static void test_values(void)
{
    struct kt_journal journal = {0};
    struct gw_event *event = gw_alloc(sizeof *event);
    struct words words = {0}, again = {0};
    struct buf dump = {0};
    const struct kpi_site site = {.id = "default", .hosts = 1000};
    const struct kpi_settings settings = {.sites = &site, .n_sites = 1, .record_changes = true};
    kt_begin(&journal, SLICE_NONE, &settings, SLICE_NONE, BEGIN);
    for (int minute = 1; minute <= 180; minute++) {
        int64_t now = BEGIN + minute * INT64_C(60000);
        char name[24];
        snprintf(name, sizeof name, "wks-%d", minute < 70 ? minute : 70); /* then nothing moves */
        kt_message(event, GW_KIND_AGENT_ONLINE, name, now);
        kt_append(&journal, event);
        kt_append_tick(&journal, now, minute * INT64_C(60000), "boot-1");
    }
    struct kpi_engine *engine = kpi_engine_new(1, on_emit, &words);
    kt_replay(&journal, 0, journal.n, engine);
    struct snapshot *s = kpi_engine_snapshot(engine, false);
    CU_ASSERT_STRING_EQUAL(kt_row(s, "install-rate", "default")->value_text, "7.00 %");
    snapshot_put(s);
    CU_ASSERT_EQUAL(count_said(buf_get(&words.text), SLICE(" kpi.value ")), 2);
    kpi_engine_free(engine);
    play(&journal, 5, 40, &dump, &again);
    CU_ASSERT_TRUE(slice_equal(buf_get(&words.text), buf_get(&again.text)));
    buf_free(&dump);
    buf_free(&words.text);
    buf_free(&again.text);
    free(event);
    kt_journal_free(&journal);
}

/* A site that the settings no longer name stays by the inventory alone, with nothing of theirs. */
static void test_site_goes(void)
{
    struct kt_journal journal = {0};
    struct gw_event *event = gw_alloc(sizeof *event);
    struct buf bytes = {0};
    const struct kpi_site sites[] = {{.id = "default"}, {"lab", "Laboratory", NULL, 1000}};
    struct kpi_settings settings = {.sites = sites, .n_sites = 2};
    struct kpi_engine *engine = kpi_engine_new(1, NULL, NULL);
    size_t at = 0;
    kt_begin(&journal, SLICE_NONE, &settings, SLICE("site,name,role\nlab,osce01,product\n"), BEGIN);
    for (int i = 0; i < 2; i++) {
        kt_message(event, GW_KIND_AGENT_ONLINE, "wks-1", BEGIN + i * 1000);
        gw_event_set_text(event, GW_FIELD_PRODUCT_HOST, SLICE("osce01"));
        gw_event_set_text(event, GW_FIELD_SITE, SLICE("lab"));
        kt_append(&journal, event);
        kt_append_tick(&journal, BEGIN + i * 1000, 2000 + i * 1000, "boot-1");
        kt_replay(&journal, at, journal.n, engine);
        at = journal.n;
        struct snapshot *s = kpi_engine_snapshot(engine, false);
        const struct kpi_row *row = kt_row(s, "install-rate", "lab");
        CU_ASSERT_PTR_NOT_NULL_FATAL(row);
        CU_ASSERT_STRING_EQUAL(row->value_text, i ? "" : "0.10 %");
        CU_ASSERT_STRING_EQUAL(row->scope_name, i ? "lab" : "Laboratory");
        snapshot_put(s);
        settings.n_sites = 1;
        kpi_settings_encode(&settings, &bytes);
        kt_append_load(&journal, KPI_LOAD_SETTINGS, buf_get(&bytes), BEGIN + 500);
    }
    kpi_engine_free(engine);
    buf_free(&bytes);
    free(event);
    kt_journal_free(&journal);
}

/* A row that goes ends for those who keep states, too: while it is bad, and when it had become
   unknown; not of what nothing was ever said. */
static void test_row_goes(void)
{
    struct kt_journal journal = {0};
    struct gw_event *event = gw_alloc(sizeof *event);
    struct words words = {0};
    const struct kpi_site site = {.id = "default"};
    const struct kpi_settings settings = {
        .sites = &site, .n_sites = 1, .source_alive_ms = 10000, .record_changes = true};
    kt_begin(&journal, SLICE_NONE, &settings,
             SLICE("site,name,role\ndefault,osce01,product\ndefault,osce02,product\n"), BEGIN);
    kt_message(event, GW_KIND_PRODUCT_OFFLINE, "osce01", BEGIN + 1000);
    kt_append(&journal, event);
    kt_message(event, GW_KIND_PRODUCT_ONLINE, "osce02", BEGIN + 1000);
    kt_append(&journal, event);
    for (int i = 1; i <= 15; i++)
        kt_append_tick(&journal, BEGIN + i * 5000, 1000 + i * 5000, "boot-1");
    size_t before = journal.n;
    kt_append_load(&journal, KPI_LOAD_INVENTORY, SLICE("site,name,role\ndefault,other,host\n"),
                   BEGIN + 76000);
    kt_append_tick(&journal, BEGIN + 80000, 81000, "boot-1");
    struct kpi_engine *engine = kpi_engine_new(1, on_emit, &words);
    kt_replay(&journal, 0, before, engine);
    engine = restarted(engine, &words);
    kt_replay(&journal, before, journal.n, engine);
    struct slice said = buf_get(&words.text);
    CU_ASSERT_EQUAL(count_said(said, SLICE("osce01: unknown -> critical")), 2); /* and an alert */
    CU_ASSERT_EQUAL(count_said(said, SLICE("osce01: critical -> critical, no longer watched")), 1);
    CU_ASSERT_EQUAL(count_said(said, SLICE("osce01: critical -> unknown, no longer watched")), 1);
    CU_ASSERT_EQUAL(count_said(said, SLICE("osce02: ok -> unknown, source silent")), 1);
    CU_ASSERT_EQUAL(count_said(said, SLICE("osce02: unknown -> unknown, no longer watched")), 1);
    CU_ASSERT_EQUAL(count_said(said, SLICE(", no longer watched")), 3);
    kpi_engine_free(engine);
    buf_free(&words.text);
    free(event);
    kt_journal_free(&journal);
}

/* ---- evidence ---- */

struct raised {
    char evidence[4][160];
    size_t n;
};

static void on_raised(void *context, uint64_t number, const struct gw_event *event)
{
    struct raised *raised = context;
    (void)number;
    if (event->kind == GW_KIND_ALERT_RAISED && raised->n < 4)
        snprintf(raised->evidence[raised->n++], sizeof raised->evidence[0], "%.*s",
                 SLICE_FMT(gw_event_text(event, GW_FIELD_ALERT_EVIDENCE)));
}

/* The records that make a row are its evidence, too: nobody listed the product. */
static void test_first_evidence(void)
{
    struct kt_journal journal = {0};
    struct gw_event *event = gw_alloc(sizeof *event);
    struct raised raised = {0};
    const struct kpi_override overrides[] = {{.key = "update-failure",
                                              .enabled = 1,
                                              .warning = KPI_LEVEL_KEEP,
                                              .critical = KPI_LEVEL_KEEP},
                                             {.key = "license-expiry",
                                              .enabled = 1,
                                              .warning = KPI_LEVEL_KEEP,
                                              .critical = KPI_LEVEL_KEEP}};
    const struct kpi_settings settings = {.overrides = overrides, .n_overrides = 2};
    struct kpi_engine *engine = kpi_engine_new(1, on_raised, &raised);
    kt_begin(&journal, SLICE_NONE, &settings, SLICE_NONE, BEGIN);
    size_t first = journal.n + 1;
    for (int i = 0; i < 3; i++) {
        kt_message(event, GW_KIND_CONTENT_UPDATE_FAILED, "", BEGIN + 1000);
        set(event, GW_FIELD_PRODUCT_HOST, "osce01");
        kt_append(&journal, event);
    }
    kt_message(event, GW_KIND_LICENSE_EXPIRING, "", BEGIN + 1000);
    set(event, GW_FIELD_PRODUCT_HOST, "osce01");
    kt_append(&journal, event);
    kt_append_tick(&journal, BEGIN + 5000, 6000, "boot-1");
    kt_replay(&journal, 0, journal.n, engine);
    char expected[160];
    CU_ASSERT_EQUAL_FATAL(raised.n, 2);
    snprintf(expected, sizeof expected, "gw.0.%zu gw.0.%zu gw.0.%zu", first, first + 1, first + 2);
    CU_ASSERT_STRING_EQUAL(raised.evidence[0], expected);
    snprintf(expected, sizeof expected, "gw.0.%zu", first + 3);
    CU_ASSERT_STRING_EQUAL(raised.evidence[1], expected);
    kpi_engine_free(engine);
    free(event);
    kt_journal_free(&journal);
}

/* ---- explain ---- */

/* The wall clock comes back from years ahead, and messages come before the next tick says so: they
   count, though the tables stand years ahead of them. */
static void test_back_before_tick(void)
{
    const int64_t years_ms = INT64_C(350000000000);
    struct kt_journal journal = {0};
    struct gw_event *event = gw_alloc(sizeof *event);
    char host[32];
    struct kpi_engine *engine = kpi_engine_new(1, NULL, NULL);
    kt_begin(&journal, SLICE_NONE, NULL, SLICE_NONE, BEGIN);
    for (int turn = 0; turn < 2; turn++) { /* something counts in those years too */
        int64_t at_ms = turn ? BEGIN + 2000 : BEGIN + years_ms;
        for (int i = 0; i < 12; i++) {
            snprintf(host, sizeof host, "wks-%d-%d", turn, i);
            kt_message(event, GW_KIND_MALWARE_CLEANED, host, at_ms);
            set(event, GW_FIELD_MALWARE_NAME, "WORM_A");
            kt_append(&journal, event);
        }
        kt_append_tick(&journal, at_ms + 500, turn ? 2500 : 1500, "boot-1");
    }
    kt_replay(&journal, 0, journal.n, engine);
    struct snapshot *s = kpi_engine_snapshot(engine, false);
    const struct kpi_row *row = kt_row(s, "outbreak", "default");
    CU_ASSERT_TRUE_FATAL(row != NULL);
    CU_ASSERT_EQUAL(row->value, 12);
    CU_ASSERT_EQUAL(row->state, KPI_CRITICAL);
    snapshot_put(s);
    kpi_engine_free(engine);
    kt_journal_free(&journal);
    free(event);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"the same journal gives the same states and words", test_same_journal},
        {"corrections count nothing", test_corrections},
        {"an idle tick changes nothing", test_idle_tick},
        {"catching up", test_catching_up},
        {"the journal's beginning is gone", test_lost_beginning},
        {"values that move within a state", test_values},
        {"a row goes", test_row_goes},
        {"a site goes", test_site_goes},
        {"set back before the tick", test_back_before_tick},
        {"evidence from the first record on", test_first_evidence},
    };
    xml_init();
    int result = suite_run("kpi engine", tests, sizeof tests / sizeof *tests);
    xml_fini();
    return result;
}
