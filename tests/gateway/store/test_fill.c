/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records into figures: each once, whatever is killed; corrections; what goes when. */
#include "gateway/store/fill.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/error.h"
#include "gateway/store/store_internal.h"
#include "tests/gateway/store/support.h"

static const int64_t HOUR_MS = 3600000, DAY_MS = 86400000;

static int64_t sum(struct st_world *w, const char *table, const char *where)
{
    char sql[512];
    snprintf(sql, sizeof sql, "SELECT coalesce(sum(n), 0) FROM %s WHERE %s", table, where);
    return st_sql(w->path, sql);
}

static void expect_day(struct st_world *w, int64_t day, int64_t n)
{
    char where[64];
    snprintf(where, sizeof where, "day = %lld", (long long)day);
    CU_ASSERT_EQUAL(sum(w, "detection_day", where), n);
}

/* How often a malware was found. */
static int64_t found(struct st_world *w, const char *malware)
{
    char where[128];
    snprintf(where, sizeof where, "malware = (SELECT id FROM name WHERE text = '%s')", malware);
    return sum(w, "detection_day", where);
}

static void test_rollups(void)
{
    struct st_world *w = st_begin("store-rollups");
    int64_t at = st_utc(2026, 11, 24, 15, 59);
    st_settings(w, "hq=Asia/Shanghai\nlab\nberlin=Europe/Berlin");
    for (int i = 0; i < 10; i++) {
        st_malware(w, at + i * 30000, i % 2 ? "wks-1" : "WKS-2", "TROJ_A");
        gw_event_set_int(w->event, GW_FIELD_EVENT_COUNT, 1 + i % 3);
        st_put(w);
    }
    st_malware(w, at, "wks-1", "troj_a"); /* one name, whatever its case */
    st_text(w, GW_FIELD_SITE, "lab");     /* without a zone: the first site's */
    st_put(w);
    st_malware(w, at, "wks-1", "TROJ_A");
    st_text(w, GW_FIELD_SITE, "berlin");
    st_put(w);
    st_new(w, GW_KIND_AUTH_LOGON_OK, at); /* nothing that is counted */
    st_put(w);
    st_commit(w);
    CU_ASSERT_EQUAL(w->result, GW_OK);
    CU_ASSERT_EQUAL(sum(w, "detection_day", "1"), 19 + 2);
    CU_ASSERT_EQUAL(sum(w, "detection_hour", "1"), 19 + 2);
    CU_ASSERT_EQUAL(found(w, "TROJ_A"), 21);
    CU_ASSERT_EQUAL(st_sql(w->path, "SELECT count(*) FROM name WHERE text LIKE 'troj_a'"), 1);
    int64_t day = at / DAY_MS;
    expect_day(w, day, 1 + 2 + 1 + 1); /* two before midnight in Shanghai, lab, Berlin */
    expect_day(w, day + 1, 16);
    CU_ASSERT_EQUAL(st_sql(w->path, "SELECT count(*) FROM computer WHERE key LIKE 'n:%'"), 4);
    CU_ASSERT_EQUAL(store_fill_cursor(w->fill), w->sequence);
    st_end(w);
}

/* Killed after each record, with a commit now and then: as if nothing had been. */
static void test_kills(void)
{
    struct st_world *w = st_begin("store-kills");
    int64_t at = st_utc(2026, 11, 24, 12, 0);
    for (int i = 0; i < 60; i++) {
        char key[24];
        snprintf(key, sizeof key, "key-%d", i % 50); /* ten are told twice */
        st_malware(w, at + i * 1000, i % 50 % 3 ? "wks-1" : "wks-2", "TROJ_A");
        st_text(w, GW_FIELD_EVENT_KEY, key);
        st_put(w);
        if (i % 7 == 3)
            st_commit(w);
        st_kill(w);
        CU_ASSERT_FATAL(st_open(w));
        CU_ASSERT(store_fill_cursor(w->fill) <= w->sequence);
        for (uint64_t k = store_fill_cursor(w->fill) + 1; k <= w->sequence; k++) {
            struct journal_record record = {k, buf_get(&w->records[k])};
            CU_ASSERT_EQUAL(store_fill_take(w->fill, &record), GW_OK);
        }
    }
    st_commit(w);
    CU_ASSERT_EQUAL(sum(w, "detection_day", "1"), 50);
    CU_ASSERT_EQUAL(sum(w, "detection_hour", "1"), 50);
    struct store_fill_figures figures;
    store_fill_get_figures(w->fill, &figures);
    CU_ASSERT_EQUAL(figures.detections, 50);
    CU_ASSERT_EQUAL(figures.repeats, 10);
    st_end(w);
}

/* As the indicators count: two appliances that count alike hide nothing of each other. */
static void test_counters(void)
{
    struct st_world *w = st_begin("store-counters");
    int64_t at = st_utc(2026, 11, 24, 12, 0);
    static const char *const hosts[] = {"mx1", "mx2", "mx1", "mx2"};
    for (int i = 0; i < 4; i++) {
        st_malware(w, at + i * 1000, "wks-1", "TROJ_A");
        st_text(w, GW_FIELD_EVENT_KEY, "1");
        st_text(w, GW_FIELD_PRODUCT_HOST, hosts[i]);
        st_put(w);
        st_malware(w, at + i * 1000, "wks-2", "TROJ_B");
        st_text(w, GW_FIELD_EVENT_KEY, "8d5a0b4e-1c1f-4f0e-9a51-0a9d4c1f2b3e");
        st_text(w, GW_FIELD_PRODUCT_HOST, hosts[i]);
        st_put(w);
    }
    st_commit(w);
    CU_ASSERT_EQUAL(found(w, "TROJ_A"), 2);
    CU_ASSERT_EQUAL(found(w, "TROJ_B"), 1);
    st_end(w);
}

static void correct(struct st_world *w, uint64_t of, uint32_t revision, const char *malware,
                    int64_t at)
{
    st_malware(w, at, "wks-9", malware);
    st_correction(w, of, revision);
    st_put(w);
}

static void test_corrections(void)
{
    struct st_world *w = st_begin("store-corrections");
    int64_t at = st_utc(2026, 11, 24, 20, 0), day = at / DAY_MS;
    st_settings(w, "hq=UTC");
    st_new(w, GW_KIND_GATEWAY_UNTRANSLATABLE, at)->transport = GW_TRANSPORT_UDP;
    st_text(w, GW_FIELD_PEER, "192.0.2.9");
    st_text(w, GW_FIELD_SITE, "hq");
    uint64_t unknown = st_put(w);
    st_malware(w, at, "wks-1", "OLD");
    uint64_t old = st_put(w);
    st_commit(w);
    CU_ASSERT_EQUAL(st_sql(w->path, "SELECT sum(unknown) FROM unknown_day"), 1);
    /* The site's clocks are others now: what was added to a day is taken away from that day. */
    st_settings(w, "hq=Asia/Shanghai");
    correct(w, unknown, 2, "NEW", at);
    correct(w, old, 2, "NEW", at);
    st_commit(w);
    CU_ASSERT_EQUAL(st_sql(w->path, "SELECT count(*) FROM unknown_day"), 0);
    CU_ASSERT_EQUAL(found(w, "OLD"), 0);
    CU_ASSERT_EQUAL(found(w, "NEW"), 2);
    expect_day(w, day, 0);
    expect_day(w, day + 1, 2);
    correct(w, old, 3, "NEWER", at);
    correct(w, old, 2, "NEW", at); /* a lower one, late */
    correct(w, old, 3, "NEW", at); /* the same again */
    st_commit(w);
    CU_ASSERT_EQUAL(found(w, "NEW"), 1);
    CU_ASSERT_EQUAL(found(w, "NEWER"), 1);
    /* No detection after all. */
    st_new(w, GW_KIND_SYSTEM_STATUS, at);
    st_correction(w, old, 4);
    st_put(w);
    st_commit(w);
    CU_ASSERT_EQUAL(sum(w, "detection_day", "1"), 1);
    CU_ASSERT_EQUAL(sum(w, "detection_hour", "1"), 1);
    st_end(w);
}

static void test_odd_corrections(void)
{
    struct st_world *w = st_begin("store-odd");
    int64_t at = st_utc(2026, 11, 24, 20, 0);
    struct store_fill_figures figures;
    st_malware(w, at, "wks-1", "OLD");
    st_text(w, GW_FIELD_EVENT_KEY, "key-1");
    uint64_t first = st_put(w);
    uint64_t repeat = st_put(w);
    correct(w, repeat, 2, "NEW", at); /* it was not counted, and is not now */
    st_commit(w);
    CU_ASSERT_EQUAL(sum(w, "detection_day", "1"), 1);
    /* The journal has let it go: better as it was than twice. */
    buf_clear(&w->records[first]);
    correct(w, first, 2, "NEW", at);
    st_commit(w);
    CU_ASSERT_EQUAL(found(w, "OLD"), 1);
    CU_ASSERT_EQUAL(found(w, "NEW"), 0);
    store_fill_get_figures(w->fill, &figures);
    CU_ASSERT_EQUAL(figures.unfit, 1);
    st_kill(w);
    /* Filled anew when it is gone: the correction alone is there, and counts. */
    remove(w->path);
    w->options.oldest = 2;
    CU_ASSERT_FATAL(st_open(w));
    correct(w, first, 2, "NEW", at);
    st_commit(w);
    CU_ASSERT_EQUAL(found(w, "NEW"), 1);
    CU_ASSERT_EQUAL(found(w, "OLD"), 0);
    st_end(w);
}

static void test_retention(void)
{
    struct st_world *w = st_begin("store-retention");
    int64_t begin = st_utc(2026, 1, 1, 0, 30);
    struct store_fill_figures figures;
    w->options.hours_ms = 3 * DAY_MS;
    w->options.days_ms = 30 * DAY_MS;
    st_kill(w);
    CU_ASSERT_FATAL(st_open(w));
    for (int day = 0; day < 60; day++) {
        char name[24];
        snprintf(name, sizeof name, "wks-%d", day);
        for (int part = 0; part < 4; part++)
            st_tick(w, begin + day * DAY_MS + part * 6 * HOUR_MS);
        st_malware(w, begin + day * DAY_MS, name, "TROJ_A");
        st_put(w);
        if (day % 10 == 0)
            st_commit(w);
    }
    st_commit(w);
    int64_t last = begin / DAY_MS + 59;
    CU_ASSERT_EQUAL(st_sql(w->path, "SELECT min(day) FROM detection_day"), last - 30);
    CU_ASSERT_EQUAL(sum(w, "detection_day", "1"), 31);
    CU_ASSERT(sum(w, "detection_hour", "1") >= 3 && sum(w, "detection_hour", "1") <= 4);
    CU_ASSERT_EQUAL(st_sql(w->path, "SELECT count(*) FROM computer"), 31);
    /* Older than what is kept: told, not kept, and not taken away by its correction either. */
    st_malware(w, begin, "wks-0", "TROJ_A");
    uint64_t late = st_put(w);
    correct(w, late, 2, "NEW", begin);
    st_commit(w);
    store_fill_get_figures(w->fill, &figures);
    CU_ASSERT_EQUAL(figures.late, 2);
    CU_ASSERT_EQUAL(sum(w, "detection_day", "1"), 31);
    st_end(w);
}

/* A clock in 2038 for some hours takes nothing; when it stays, it is believed. */
static void test_clock(void)
{
    struct st_world *w = st_begin("store-clock");
    int64_t at = st_utc(2026, 11, 24, 12, 0), ahead = st_utc(2038, 1, 1, 0, 0);
    for (int i = 0; i < 30; i++)
        st_tick(w, at + i * HOUR_MS);
    st_malware(w, at, "wks-1", "TROJ_A");
    st_put(w);
    for (int i = 0; i < 23; i++)
        st_tick(w, ahead + i * HOUR_MS);
    st_tick(w, at + 31 * HOUR_MS);
    st_commit(w);
    st_kill(w);
    CU_ASSERT_FATAL(st_open(w));
    for (int i = 0; i < 23; i++)
        st_tick(w, ahead + i * HOUR_MS);
    st_commit(w);
    CU_ASSERT_EQUAL(sum(w, "detection_day", "1"), 1);
    for (int i = 23; i < 49; i++)
        st_tick(w, ahead + i * HOUR_MS);
    st_commit(w);
    CU_ASSERT_EQUAL(sum(w, "detection_day", "1"), 0);
    st_end(w);
}

static void test_size(void)
{
    struct st_world *w = st_begin("store-size");
    int64_t at = st_utc(2026, 11, 20, 0, 0);
    w->options.max_bytes = 1; /* whatever there is, is too much */
    st_kill(w);
    CU_ASSERT_FATAL(st_open(w));
    for (int i = 0; i < 96; i++) {
        st_malware(w, at + i * HOUR_MS, "wks-1", "TROJ_A");
        st_put(w);
    }
    st_commit(w);
    CU_ASSERT_EQUAL(sum(w, "detection_hour", "1"), 84); /* half a day a time */
    CU_ASSERT_EQUAL(sum(w, "detection_day", "1"), 96);
    /* Of days none went: nothing says that they are kept from a day on. */
    CU_ASSERT_EQUAL(
        st_sql(w->path, "SELECT count(*) FROM meta WHERE key = 'days_from' AND value >= 0"), 0);
    CU_ASSERT(jt_log_has("max-size"));
    for (int i = 0; i < 8; i++) { /* each start looks at once */
        st_kill(w);
        CU_ASSERT_FATAL(st_open(w));
        st_commit(w);
    }
    CU_ASSERT_EQUAL(st_sql(w->path, "SELECT count(DISTINCT day) FROM detection_day"), 1);
    st_end(w);
}

static void change(struct st_world *w, int64_t at, int state, int old, const char *scope)
{
    st_new(w, GW_KIND_KPI_CHANGED, at);
    gw_event_set_int(w->event, GW_FIELD_EMISSION, (int64_t)w->sequence + 1);
    gw_event_set_int(w->event, GW_FIELD_KPI_ID, 4);
    st_text(w, GW_FIELD_KPI_KEY, "install-rate");
    st_text(w, GW_FIELD_KPI_SCOPE, scope);
    st_text(w, GW_FIELD_SITE, "hq");
    gw_event_set_int(w->event, GW_FIELD_KPI_STATE, state);
    gw_event_set_int(w->event, GW_FIELD_KPI_OLD_STATE, old);
}

static void test_states(void)
{
    struct st_world *w = st_begin("store-states");
    change(w, 1000, 0, 3, "hq");
    st_put(w);
    change(w, 5000, 1, 0, "hq");
    st_put(w);
    change(w, 9000, 2, 0, "lab"); /* the first word of it: what was before is known */
    st_put(w);
    change(w, 9800, 3, 2, "lab"); /* its site is gone: from then on it is in no state */
    st_text(w, GW_FIELD_REASON, GW_REASON_NOT_WATCHED);
    st_put(w);
    change(w, 9900, 3, 3, "branch"); /* nothing was said of it that is kept */
    st_text(w, GW_FIELD_REASON, GW_REASON_NOT_WATCHED);
    st_put(w);
    change(w, 9500, 0, 2, "hq"); /* of anybody who sends us such records */
    st_text(w, GW_FIELD_PEER, "192.0.2.66");
    w->event->transport = GW_TRANSPORT_UDP;
    st_put(w);
    st_commit(w);
    CU_ASSERT_EQUAL(st_sql(w->path, "SELECT count(*) FROM kpi_state"), 4);
    CU_ASSERT_EQUAL(st_sql(w->path, "SELECT until_ms FROM kpi_state WHERE from_ms = 1000"), 5000);
    CU_ASSERT_EQUAL(st_sql(w->path, "SELECT state FROM kpi_state WHERE scope = 'hq' AND until_ms"
                                    " IS NULL"),
                    1);
    CU_ASSERT_EQUAL(st_sql(w->path, "SELECT until_ms FROM kpi_state WHERE scope = 'lab' AND"
                                    " from_ms = 0 AND state = 0"),
                    9000);
    CU_ASSERT_EQUAL(st_sql(w->path, "SELECT until_ms FROM kpi_state WHERE scope = 'lab' AND"
                                    " state = 2"),
                    9800);
    st_end(w);
}

static void alert(struct st_world *w, enum gw_kind kind, int64_t at, int state)
{
    change(w, at, state, 0, "hq");
    w->event->kind = (uint16_t)kind;
    gw_event_set_int(w->event, GW_FIELD_ALERT_ID, 7);
    gw_event_set_int(w->event, GW_FIELD_ALERT_OPENED, 1000);
    gw_event_set_int(w->event, GW_FIELD_ALERT_WORST, 2);
}

static void test_alerts(void)
{
    struct st_world *w = st_begin("store-alerts");
    alert(w, GW_KIND_ALERT_RAISED, 1000, 1);
    st_put(w);
    alert(w, GW_KIND_ALERT_CHANGED, 2000, 2);
    st_put(w);
    /* A person's word, which counts when the engine says it. */
    st_new(w, GW_KIND_ALERT_ACKNOWLEDGED, 2500);
    gw_event_set_int(w->event, GW_FIELD_ALERT_ID, 7);
    st_put(w);
    alert(w, GW_KIND_ALERT_ACKNOWLEDGED, 3000, 2);
    st_text(w, GW_FIELD_ALERT_ACK_NAME, "wang");
    st_text(w, GW_FIELD_ALERT_ACK_NOTE, "looking");
    st_put(w);
    alert(w, GW_KIND_ALERT_CLEARED, 9000, 0);
    st_put(w);
    st_commit(w);
    CU_ASSERT_EQUAL(st_sql(w->path, "SELECT count(*) FROM alert"), 1);
    CU_ASSERT_EQUAL(st_sql(w->path,
                           "SELECT closed_ms - opened_ms FROM alert WHERE ack_name = 'wang'"
                           " AND ack_note = 'looking' AND ack_ms = 3000 AND worst = 2"),
                    8000);
    CU_ASSERT_EQUAL(st_sql(w->path, "SELECT count(*) FROM alert_event"), 4);
    /* It turned worse, and nobody has that in hand: whose it was is only history. */
    alert(w, GW_KIND_ALERT_CHANGED, 9100, 2);
    st_put(w);
    st_commit(w);
    CU_ASSERT_EQUAL(st_sql(w->path, "SELECT count(*) FROM alert WHERE ack_ms IS NULL AND"
                                    " ack_name IS NULL AND ack_note IS NULL"),
                    1);
    CU_ASSERT_EQUAL(st_sql(w->path, "SELECT count(*) FROM alert_event WHERE ack_name = 'wang'"), 1);
    /* All that a journal that was cut still says of one. */
    alert(w, GW_KIND_ALERT_REPEATED, 9500, 2);
    gw_event_set_int(w->event, GW_FIELD_ALERT_ID, 8);
    st_put(w);
    st_commit(w);
    CU_ASSERT_EQUAL(st_sql(w->path, "SELECT state FROM alert WHERE id = 8"), 2);
    st_end(w);
}

static void run_sql(struct st_world *w, const char *sql)
{
    sqlite3 *sqlite = NULL;
    CU_ASSERT_EQUAL(sqlite3_open(w->path, &sqlite), SQLITE_OK);
    CU_ASSERT_EQUAL(sqlite3_exec(sqlite, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(sqlite);
}

/* As a program of format 1 left it: figures are rows. */
static void to_format_1(struct st_world *w)
{
#define IDS "site, kind, product, malware, source, computer, action"
    static const char *const parts[] = {
        "CREATE TEMP TABLE h AS SELECT hour, " IDS ", sum(n) FROM detection_hour"
        " GROUP BY hour, " IDS " HAVING sum(n) > 0",
        "CREATE TEMP TABLE d AS SELECT day, " IDS ", sum(n) FROM detection_day"
        " GROUP BY day, " IDS " HAVING sum(n) > 0",
        "DROP VIEW detection_hour",
        "DROP VIEW detection_day",
        "DROP TABLE pack",
        "DROP TABLE seen_log",
        "DELETE FROM hour_row",
        "DELETE FROM day_row",
        "ALTER TABLE hour_row RENAME TO detection_hour",
        "ALTER TABLE day_row RENAME TO detection_day",
        "INSERT INTO detection_hour SELECT * FROM h",
        "INSERT INTO detection_day SELECT * FROM d",
        "PRAGMA user_version = 1",
    };
    struct store_db db;
    st_kill(w);
    CU_ASSERT_EQUAL(store_db_open(&db, w->path, true), GW_OK);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        store_db_exec(&db, parts[i]);
    CU_ASSERT_EQUAL(db.result, GW_OK);
    store_db_close(&db);
}

static int64_t top_malware(struct st_world *w, int64_t day)
{
    struct store_top_row row = {.n = 0};
    struct store_top top = {STORE_BY_MALWARE, true, &row, 1, {0}};
    const struct store_query query = {.from = day, .to = day + 1};
    struct store_reader *reader;
    CU_ASSERT_EQUAL_FATAL(store_reader_open(w->path, &reader, st_trouble, sizeof st_trouble),
                          GW_OK);
    CU_ASSERT_EQUAL(store_read_tops(reader, &query, &top, 1, NULL, 1), GW_OK);
    store_reader_close(reader);
    return row.n;
}

/* Rows of before are read on, corrected, and go when they are too old; a reader needs no writer. */
static void test_upgrade(void)
{
    struct st_world *w = st_begin("store-upgrade");
    int64_t at = st_utc(2026, 11, 24, 12, 0), day = at / DAY_MS;
    for (int i = 0; i < 40; i++) {
        st_malware(w, at + i * 60000, i % 4 ? "wks-1" : "wks-2", "TROJ_A");
        st_put(w);
    }
    st_commit(w);
    to_format_1(w);
    CU_ASSERT_EQUAL(st_sql(w->path, "SELECT count(*) FROM detection_day"), 2);
    CU_ASSERT_EQUAL(top_malware(w, day), 40);
    CU_ASSERT_EQUAL(st_sql(w->path, "PRAGMA user_version"), 1);
    CU_ASSERT_FATAL(st_open(w));
    CU_ASSERT_EQUAL(st_sql(w->path, "PRAGMA user_version"), 2);
    CU_ASSERT_EQUAL(top_malware(w, day), 40);
    for (uint64_t of = 1; of <= 40; of += 4) /* all of wks-2 */
        correct(w, of, 2, "TROJ_B", at);
    st_malware(w, at, "wks-1", "TROJ_A");
    st_put(w);
    st_commit(w);
    CU_ASSERT_EQUAL(found(w, "TROJ_A"), 31);
    CU_ASSERT_EQUAL(found(w, "TROJ_B"), 10);
    CU_ASSERT_EQUAL(sum(w, "detection_hour", "1"), 41);
    CU_ASSERT_EQUAL(top_malware(w, day), 31);
    to_format_1(w); /* once more, now with what was taken away */
    CU_ASSERT_FATAL(st_open(w));
    CU_ASSERT_EQUAL(found(w, "TROJ_A"), 31);
    for (int i = 0; i < 30; i++)
        st_tick(w, at + 401 * DAY_MS + i * HOUR_MS);
    st_commit(w);
    CU_ASSERT_EQUAL(sum(w, "detection_day", "1"), 0);
    CU_ASSERT_EQUAL(sum(w, "detection_hour", "1"), 0);
    CU_ASSERT_EQUAL(st_sql(w->path, "SELECT count(*) FROM name"), 0);
    st_end(w);
}

static void write_file(struct st_world *w, const char *text, size_t n)
{
    jt_write_file(w->dir, "store.db", text, n);
}

static void test_refused(void)
{
    struct st_world *w = st_begin("store-refused");
    st_malware(w, 1000, "wks-1", "TROJ_A");
    st_put(w);
    st_commit(w);
    st_kill(w);
    run_sql(w, "PRAGMA user_version = 3");
    CU_ASSERT(!st_open(w));
    CU_ASSERT_EQUAL(w->result, GW_ERR_VERSION);
    CU_ASSERT_PTR_NOT_NULL(strstr(st_trouble, "store.db has a newer format"));
    run_sql(w, "PRAGMA user_version = 2");
    CU_ASSERT(st_open(w));
    st_kill(w);
    w->options.committed = 0; /* a journal that has less than the database took */
    CU_ASSERT(!st_open(w));
    CU_ASSERT_EQUAL(w->result, GW_ERR_EXISTS);
    w->options.committed = ST_RECORDS_MAX;
    w->options.epoch = "fedcba9876543210";
    CU_ASSERT(!st_open(w));
    CU_ASSERT_EQUAL(w->result, GW_ERR_EXISTS);
    CU_ASSERT_PTR_NOT_NULL(strstr(st_trouble, "of another journal"));
    st_end(w);
}

static void test_foreign(void)
{
    struct st_world *w = st_begin("store-foreign");
    static const char noise[8192] = "this is no database at all";
    st_kill(w);
    write_file(w, noise, sizeof noise);
    CU_ASSERT(!st_open(w));
    CU_ASSERT_EQUAL(w->result, GW_ERR_DAMAGED);
    write_file(w, noise, 0); /* an empty file is a new one */
    CU_ASSERT(st_open(w));
    st_kill(w);
    remove(w->path);
    run_sql(w, "CREATE TABLE somebodys(x)");
    CU_ASSERT(!st_open(w));
    CU_ASSERT_EQUAL(w->result, GW_ERR_DAMAGED);
    CU_ASSERT_PTR_NOT_NULL(strstr(st_trouble, "is no store of a gateway"));
    st_end(w);
}

int main(void)
{
    static const struct jt_test tests[] = {
        {"by hour and day of each site's clocks", test_rollups},
        {"a kill after each record changes nothing", test_kills},
        {"a correction takes the place of what it corrects", test_corrections},
        {"two that count alike", test_counters},
        {"corrections of repeats, of records that are gone", test_odd_corrections},
        {"retention by ticks", test_retention},
        {"a clock that steps takes nothing", test_clock},
        {"beyond its size the oldest goes", test_size},
        {"states, from word to word", test_states},
        {"an alert's life", test_alerts},
        {"a newer format, another journal", test_refused},
        {"rows of before", test_upgrade},
        {"what is no store", test_foreign},
    };
    return jt_main("store: fill", tests, sizeof tests / sizeof *tests);
}
