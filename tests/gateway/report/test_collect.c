/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The numbers of a report against what was put into the store: counted here record by record, with
 * clocks of their own making, not by what the store or the report makes of them.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/base/error.h"
#include "gateway/kpi/snapshot.h"
#include "gateway/report/plan.h"
#include "gateway/report/summary.h"
#include "gateway/report/words.h"
#include "gateway/report/write.h"
#include "tests/gateway/report/collected.h"

static const int64_t MINUTE_MS = 60000, HOUR_MS = 3600000, DAY_MS = 86400000;

/* ---- detections ---- */

enum { NAMES = 14, SITES = 2, ALL = SITES };

/** What was put in: [period: 0 of the report, 1 before] [site, or ALL]. */
struct truth {
    int64_t malware[2][SITES + 1][NAMES], source[2][SITES + 1][NAMES];
    int64_t computer[2][SITES][NAMES];
    int64_t kind[2][SITES + 1][3];
    int64_t detections[SITES + 1][31], infections[SITES + 1][31]; /* by the days of March */
};
static const char *const sites[SITES] = {"hq", "ny"};
static const enum gw_kind kinds[3] = {GW_KIND_MALWARE_CLEANED, GW_KIND_MALWARE_BLOCKED,
                                      GW_KIND_WEB_REPUTATION};

/* The clocks of Shanghai, and of New York, which are set forward on 8 March 2026 at 7:00 UTC. */
static int64_t local_day(int site, int64_t utc_ms)
{
    int64_t hours = site == 0 ? 8 : utc_ms < st_utc(2026, 3, 8, 7, 0) ? -5 : -4;
    return (utc_ms + hours * HOUR_MS) / DAY_MS;
}

static void note(struct truth *t, int site, int64_t at, int kind, const int name[3], int n)
{
    int64_t day = local_day(site, at), first = day_of(2026, 3, 1);
    int period = day >= first && day < first + 31 ? 0 : day >= first - 28 && day < first ? 1 : 2;
    const int both[2] = {site, ALL};
    if (period == 2)
        return;
    for (int i = 0; i < 2; i++) {
        t->kind[period][both[i]][kind] += n;
        if (period == 0)
            t->detections[both[i]][day - first] += n;
        if (kind != 0)
            continue;
        t->malware[period][both[i]][name[0]] += n;
        t->source[period][both[i]][name[1]] += n;
        if (period == 0)
            t->infections[both[i]][day - first] += n;
    }
    if (kind == 0)
        t->computer[period][site][name[2]] += n;
}

static int roll(int n)
{
    return (int)((int64_t)rand() * n / (RAND_MAX + INT64_C(1))); /* NOLINT: the same each time */
}

/* 3,000 detections from 29 January to 3 April. */
static void put_months(struct st_world *w, struct truth *t)
{
    int64_t begin = st_utc(2026, 1, 29, 0, 0), end = st_utc(2026, 4, 3, 0, 0);
    srand(28);
    st_settings(w, "hq=Asia/Shanghai\nny=America/New_York\n");
    st_tick(w, begin);
    for (int i = 0; i < 3000; i++) {
        int64_t at = begin + (end - begin) / 3000 * i + roll(1000);
        int site = roll(SITES), kind = roll(3), n = 1 + roll(3);
        const int name[3] = {roll(1 + roll(NAMES)), roll(1 + roll(NAMES)), roll(1 + roll(NAMES))};
        char text[3][32];
        snprintf(text[0], sizeof text[0], "M-%02d", name[0]);
        snprintf(text[1], sizeof text[1], "S-%02d", name[1]);
        snprintf(text[2], sizeof text[2], "pc-%02d", name[2]);
        st_malware(w, at, text[2], text[0]);
        w->event->kind = (uint16_t)kinds[kind];
        st_text(w, GW_FIELD_SOURCE_NAME, text[1]);
        st_text(w, GW_FIELD_SITE, sites[site]);
        gw_event_set_int(w->event, GW_FIELD_EVENT_COUNT, n);
        st_put(w);
        note(t, site, at, kind, name, n);
    }
    st_tick(w, end);
}

/* Each row has its name's counts, the rows are the most, none of those left out is more. */
static void check_top(const struct report_table *table, const int64_t now[NAMES],
                      const int64_t before[NAMES], int64_t *total)
{
    int64_t sum = 0, was = 0, names = 0, shown[NAMES] = {0};
    CU_ASSERT_PTR_NOT_NULL_FATAL(table);
    for (int i = 0; i < NAMES; i++) {
        sum += now[i];
        was += before[i];
        names += now[i] > 0;
    }
    CU_ASSERT(sum > 100);
    CU_ASSERT_EQUAL(table->total.n, sum);
    CU_ASSERT_EQUAL(table->total.before, was);
    CU_ASSERT_EQUAL(table->total.names, names);
    CU_ASSERT_EQUAL(table->n_rows, names < REPORT_TOP_MAX ? (size_t)names : REPORT_TOP_MAX);
    for (size_t i = 0; i < table->n_rows; i++) {
        const struct report_row *row = &table->rows[i];
        long at = strtol(strchr(row->name, '-') + 1, NULL, 10);
        CU_ASSERT_FATAL(at >= 0 && at < NAMES);
        CU_ASSERT_EQUAL(row->n, now[at]);
        CU_ASSERT_EQUAL(row->before, before[at]);
        CU_ASSERT_EQUAL(shown[at], 0);
        shown[at] = 1;
        CU_ASSERT(i == 0 || row[-1].n > row->n ||
                  (row[-1].n == row->n && strcmp(row[-1].name, row->name) < 0));
    }
    for (int i = 0; i < NAMES; i++)
        CU_ASSERT(shown[i] || now[i] <= table->rows[table->n_rows - 1].n);
    *total = sum;
}

static void check_kinds(const struct report_view *view, const struct truth *t, int site)
{
    const struct report_table *table = table_of(view, STORE_BY_KIND, false);
    CU_ASSERT_PTR_NOT_NULL_FATAL(table);
    CU_ASSERT_EQUAL_FATAL(table->n_rows, 3);
    for (size_t i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            if (table->rows[i].number != (int64_t)kinds[j])
                continue;
            CU_ASSERT_STRING_EQUAL(table->rows[i].name, gw_kind_name(kinds[j]));
            CU_ASSERT_EQUAL(table->rows[i].n, t->kind[0][site][j]);
            CU_ASSERT_EQUAL(table->rows[i].before, t->kind[1][site][j]);
        }
}

static void check_month(struct st_world *w, const struct truth *t, int site)
{
    struct made made = {.reader = NULL};
    int64_t total = 0, infections = 0;
    report_plan_period(&made.plan, REPORT_MONTH, day_of(2026, 3, 14), REPORT_WEEK_MONDAY);
    make(w, &made, site == ALL ? NULL : sites[site], st_utc(2026, 4, 3, 1, 0));
    check_top(table_of(made.view, STORE_BY_MALWARE, true), t->malware[0][site], t->malware[1][site],
              &total);
    check_top(table_of(made.view, STORE_BY_SOURCE, true), t->source[0][site], t->source[1][site],
              &total);
    if (site != ALL)
        check_top(table_of(made.view, STORE_BY_COMPUTER, true), t->computer[0][site],
                  t->computer[1][site], &total);
    check_kinds(made.view, t, site);
    CU_ASSERT_EQUAL_FATAL(made.view->n_points, 31);
    for (int i = 0; i < 31; i++) {
        const struct report_point *point = &made.view->points[i];
        CU_ASSERT_EQUAL(point->day, day_of(2026, 3, 1 + i));
        CU_ASSERT_EQUAL(point->detections, t->detections[site][i]);
        CU_ASSERT_EQUAL(point->infections, t->infections[site][i]);
        infections += point->infections;
    }
    CU_ASSERT_EQUAL(infections, total);
    CU_ASSERT_EQUAL(made.view->n_sites, site == ALL ? 2 : 1);
    CU_ASSERT_STRING_EQUAL(made.view->sites[0], site == 1 ? "ny" : "hq");
    CU_ASSERT((table_of(made.view, STORE_BY_SITE, false) != NULL) == (site == ALL));
    CU_ASSERT_FALSE(made.view->is_before_unknown);
    CU_ASSERT_FALSE(made.view->is_part);
    CU_ASSERT_FALSE(made.view->is_empty);
    unmake(&made);
}

static void test_month(void)
{
    struct st_world *w = st_begin("report-month");
    struct truth *t = calloc(1, sizeof *t);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    put_months(w, t);
    for (int site = 0; site <= ALL; site++)
        check_month(w, t, site);
    free(t);
    st_end(w);
}

/* ---- a day by its hours ---- */

static void check_day(struct st_world *w, int month, int day, int64_t hours)
{
    struct made made = {.reader = NULL};
    report_plan_period(&made.plan, REPORT_DAY, day_of(2026, month, day), REPORT_WEEK_MONDAY);
    make(w, &made, "hq", st_utc(2026, 12, 1, 0, 0));
    CU_ASSERT_EQUAL_FATAL(made.view->n_points, (size_t)hours);
    CU_ASSERT_EQUAL(made.view->end_ms - made.view->begin_ms, hours * HOUR_MS);
    for (int64_t i = 0; i < hours; i++) {
        CU_ASSERT_EQUAL(made.view->points[i].begin_ms, made.view->begin_ms + i * HOUR_MS);
        CU_ASSERT_EQUAL(made.view->points[i].infections, 1);
    }
    CU_ASSERT_EQUAL(table_of(made.view, STORE_BY_MALWARE, true)->total.n, hours);
    CU_ASSERT_EQUAL(table_of(made.view, STORE_BY_MALWARE, true)->total.before, 24);
    unmake(&made);
}

/* Berlin's clocks are set on 29 March and 25 October 2026, at 1:00 UTC. One found each hour. */
static void test_hours(void)
{
    struct st_world *w = st_begin("report-hours");
    st_settings(w, "hq=Europe/Berlin\n");
    st_tick(w, st_utc(2026, 3, 26, 0, 0));
    for (int i = 0; i < 96; i++) {
        st_malware(w, st_utc(2026, 3, 26, 22, 30) + i * HOUR_MS, "pc-1", "A");
        st_put(w);
        st_malware(w, st_utc(2026, 10, 22, 22, 30) + i * HOUR_MS, "pc-1", "A");
        st_put(w);
    }
    st_tick(w, st_utc(2026, 11, 30, 0, 0));
    check_day(w, 3, 28, 24);
    check_day(w, 3, 29, 23);
    check_day(w, 10, 25, 25);
    /* When the hours went, the day stays. */
    struct made made = {.reader = NULL};
    st_commit(w);
    st_sql(w->path, "INSERT OR REPLACE INTO meta VALUES('hours_from', 1800000000) RETURNING 1");
    st_sql(w->path, "DELETE FROM pack WHERE is_day = 0 RETURNING 1");
    report_plan_period(&made.plan, REPORT_DAY, day_of(2026, 3, 29), REPORT_WEEK_MONDAY);
    make(w, &made, "hq", st_utc(2026, 12, 1, 0, 0));
    CU_ASSERT_EQUAL_FATAL(made.view->n_points, 1);
    CU_ASSERT_EQUAL(made.view->points[0].infections, 23);
    CU_ASSERT_FALSE(made.view->is_empty);
    unmake(&made);
    st_end(w);
}

/* 16 of hq's, and five of ny's, from 4:50 UTC on. */
static void put_day(struct st_world *w, int day, const char *clocks)
{
    st_settings(w, clocks);
    st_tick(w, st_utc(2026, 3, day - 2, 0, 0));
    for (int hour = 0; hour < 16; hour++) {
        st_malware(w, st_utc(2026, 3, day, hour, 30), "pc-1", "A");
        st_put(w);
    }
    for (int hour = 4; hour < 9; hour++) {
        st_malware(w, st_utc(2026, 3, day, hour, 50), "pc-2", "B");
        st_text(w, GW_FIELD_SITE, "ny");
        st_put(w);
    }
    st_tick(w, st_utc(2026, 3, day + 2, 0, 0));
}

static void check_sum(struct st_world *w, int day, const char *site, int64_t found, size_t points)
{
    struct made made = {.reader = NULL};
    int64_t sum = 0;
    report_plan_period(&made.plan, REPORT_DAY, day_of(2026, 3, day), REPORT_WEEK_MONDAY);
    make(w, &made, site, st_utc(2026, 3, day + 2, 0, 1));
    for (size_t i = 0; i < made.view->n_points; i++)
        sum += made.view->points[i].detections;
    CU_ASSERT_EQUAL(table_of(made.view, STORE_BY_KIND, false)->total.n, found);
    CU_ASSERT_EQUAL(sum, found);
    CU_ASSERT_EQUAL(made.view->n_points, points);
    unmake(&made);
}

static bool says(const struct buf *text, const char *words)
{
    return slice_search(buf_get(text), slice_from(words)) < text->n;
}

/* People see the name that they gave a site, and its id; programs the id alone. */
static void test_names(void)
{
    struct st_world *w = st_begin("report-names");
    struct made made = {.reader = NULL};
    struct buf html = {0}, json = {0};
    st_settings(w, "hq=UTC=Old office\nny=UTC\n");
    st_settings(w, "hq=UTC=Head office\nny=UTC=ny\n");
    st_tick(w, st_utc(2026, 3, 3, 0, 0));
    for (size_t i = 0; i < SITES; i++) {
        st_malware(w, st_utc(2026, 3, 4, 6, 0), "pc-1", "A");
        st_text(w, GW_FIELD_SITE, sites[i]);
        st_put(w);
    }
    st_tick(w, st_utc(2026, 3, 5, 1, 0));
    report_plan_period(&made.plan, REPORT_DAY, day_of(2026, 3, 4), REPORT_WEEK_MONDAY);
    make(w, &made, NULL, st_utc(2026, 3, 5, 1, 0));
    CU_ASSERT_STRING_EQUAL(report_site_name(made.view, "HQ"), "Head office (hq)");
    CU_ASSERT_STRING_EQUAL(report_site_name(made.view, "ny"), "ny");
    CU_ASSERT_STRING_EQUAL(report_site_name(made.view, "hq/console"), "hq/console");
    report_write_html(made.view, REPORT_EN, &html);
    report_write_json(made.view, &json);
    CU_ASSERT_TRUE(says(&html, "Head office (hq)"));
    CU_ASSERT_FALSE(says(&html, "Old office"));
    CU_ASSERT_TRUE(says(&json, "\"hq\""));
    CU_ASSERT_FALSE(says(&json, "Head office"));
    unmake(&made);
    make(w, &made, "hq", st_utc(2026, 3, 5, 1, 0));
    buf_clear(&html);
    report_write_html(made.view, REPORT_EN, &html);
    CU_ASSERT_TRUE(says(&html, "Head office (hq)"));
    unmake(&made);
    buf_free(&html);
    buf_free(&json);
    st_end(w);
}

/* The day of all sites is each site's own: it has hours only where that is the same. */
static void test_hours_of_all(void)
{
    struct st_world *w = st_begin("report-hours-of-all");
    put_day(w, 5, "hq=Asia/Shanghai\nny=America/New_York"); /* the first is of ny's day before */
    check_sum(w, 5, NULL, 20, 1);
    check_sum(w, 5, "ny", 4, 24);
    check_sum(w, 5, "hq", 16, 24);
    put_day(w, 15, "hq=Asia/Shanghai\nny=Asia/Taipei");
    check_sum(w, 15, NULL, 21, 24);
    st_end(w);
}

/* ---- states ---- */

static void test_bands(void)
{
    struct st_world *w = st_begin("report-bands");
    struct made made = {.reader = NULL};
    int64_t begin = st_utc(2026, 3, 1, 0, 0), end = st_utc(2026, 4, 1, 0, 0);
    put_states(w);
    st_tick_on(w, st_utc(2026, 4, 10, 0, 0));
    report_plan_period(&made.plan, REPORT_MONTH, day_of(2026, 3, 31), REPORT_WEEK_MONDAY);
    make(w, &made, NULL, st_utc(2026, 4, 10, 0, 1));
    const struct report_line *hq = line_of(made.view, 11, 0), *lab = line_of(made.view, 11, 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(hq);
    CU_ASSERT_PTR_NOT_NULL_FATAL(lab);
    CU_ASSERT_STRING_EQUAL(hq->scope, "hq");
    CU_ASSERT_EQUAL_FATAL(hq->n_bands, 3);
    CU_ASSERT_EQUAL(hq->bands[0].from_ms, begin);
    CU_ASSERT_EQUAL(hq->bands[0].until_ms, st_utc(2026, 3, 2, 6, 0));
    CU_ASSERT_EQUAL(hq->bands[2].until_ms, end);
    CU_ASSERT_STRING_EQUAL(hq->bands[2].value_text, "value 60");
    CU_ASSERT_EQUAL(hq->ms_in[KPI_WARNING], 30 * HOUR_MS);
    CU_ASSERT_EQUAL(hq->ms_in[KPI_CRITICAL], 4 * HOUR_MS);
    CU_ASSERT_EQUAL(hq->ms_in[KPI_OK], 31 * DAY_MS - 34 * HOUR_MS);
    CU_ASSERT_EQUAL(hq->state, KPI_CRITICAL);
    CU_ASSERT_EQUAL(hq->worst, KPI_CRITICAL);
    CU_ASSERT_STRING_EQUAL(lab->scope, "lab");
    CU_ASSERT_EQUAL(lab->bands[0].from_ms, st_utc(2026, 3, 11, 0, 0)); /* not known before */
    CU_ASSERT_EQUAL(lab->ms_in[KPI_UNKNOWN], DAY_MS);
    CU_ASSERT_EQUAL(lab->ms_in[KPI_OK], 20 * DAY_MS);
    CU_ASSERT_EQUAL(lab->worst, KPI_UNKNOWN);
    CU_ASSERT_EQUAL(lab->state, KPI_OK);
    CU_ASSERT_EQUAL(made.view->n_sites, 2);
    CU_ASSERT_FALSE(made.view->is_part);
    CU_ASSERT_FALSE(made.view->is_before_unknown);
    unmake(&made);
    report_plan_period(&made.plan, REPORT_MONTH, day_of(2026, 2, 1), REPORT_WEEK_MONDAY);
    make(w, &made, NULL, st_utc(2026, 4, 10, 0, 1));
    CU_ASSERT(made.view->is_before_unknown);
    unmake(&made);
    st_end(w);
}

static void alert(struct st_world *w, int64_t id, enum gw_kind kind, int64_t at, int state,
                  int worst)
{
    st_new(w, kind, at);
    gw_event_set_int(w->event, GW_FIELD_EMISSION, (int64_t)w->sequence + 1);
    gw_event_set_int(w->event, GW_FIELD_ALERT_ID, id);
    gw_event_set_int(w->event, GW_FIELD_KPI_ID, 11);
    gw_event_set_int(w->event, GW_FIELD_KPI_STATE, state);
    gw_event_set_int(w->event, GW_FIELD_ALERT_WORST, worst);
    if (kind == GW_KIND_ALERT_RAISED)
        gw_event_set_int(w->event, GW_FIELD_ALERT_OPENED, at);
    st_text(w, GW_FIELD_KPI_KEY, "outbreak");
    st_text(w, GW_FIELD_SITE, "hq");
    if (kind == GW_KIND_ALERT_ACKNOWLEDGED)
        st_text(w, GW_FIELD_ALERT_ACK_NAME, "wang");
    st_put(w);
}

/* The engine writes a site in small letters, messages as the configuration does: it is one. */
static void test_letters(void)
{
    struct st_world *w = st_begin("report-letters");
    struct made made = {.reader = NULL};
    char name[64];
    st_settings(w, "lab=UTC\nHQ=Asia/Shanghai");
    put_states(w);
    st_malware(w, st_utc(2026, 3, 9, 0, 0), "pc-1", "A");
    st_text(w, GW_FIELD_SITE, "HQ");
    st_put(w);
    alert(w, 1, GW_KIND_ALERT_RAISED, st_utc(2026, 3, 10, 0, 0), 2, 2);
    st_tick_on(w, st_utc(2026, 4, 10, 0, 0));
    report_plan_period(&made.plan, REPORT_MONTH, day_of(2026, 3, 1), REPORT_WEEK_MONDAY);
    static const char *const written[] = {"HQ", "hq", NULL};
    for (size_t i = 0; i < 3; i++) {
        make(w, &made, written[i], st_utc(2026, 4, 10, 0, 1));
        zone_free(store_site_zone(made.reader, written[i], name, sizeof name));
        CU_ASSERT_STRING_EQUAL(name, written[i] ? "Asia/Shanghai" : "UTC");
        CU_ASSERT_EQUAL(made.view->tables[0].total.n, 1);
        CU_ASSERT_EQUAL(made.view->n_alerts, 1);
        CU_ASSERT_EQUAL(made.view->n_sites, written[i] ? 1 : 2);
        const struct report_line *line = line_of(made.view, 11, 0);
        CU_ASSERT_FATAL(line != NULL);
        CU_ASSERT_STRING_EQUAL(line->scope, "hq");
        unmake(&made);
    }
    st_end(w);
}

/* What was said of a value while its state was the same is that day's; unit by unit of days. */
static void test_inspection(void)
{
    struct st_world *w = st_begin("report-inspection");
    struct made made = {.reader = NULL};
    st_tick(w, st_utc(2026, 2, 1, 0, 0));
    say(w, GW_KIND_KPI_CHANGED, st_utc(2026, 2, 20, 0, 0), 4, "hq", KPI_WARNING, 90);
    say(w, GW_KIND_KPI_VALUE, st_utc(2026, 2, 25, 5, 0), 4, "hq", KPI_WARNING, 91);
    say(w, GW_KIND_KPI_VALUE, st_utc(2026, 3, 3, 5, 0), 4, "hq", KPI_WARNING, 92);
    say(w, GW_KIND_KPI_VALUE, st_utc(2026, 3, 3, 9, 0), 4, "hq", KPI_WARNING, 93);
    say(w, GW_KIND_KPI_CHANGED, st_utc(2026, 3, 5, 1, 0), 4, "hq", KPI_OK, 97);
    say(w, GW_KIND_KPI_CHANGED, st_utc(2026, 3, 6, 1, 0), 4, "hq", KPI_UNKNOWN, 0);
    say(w, GW_KIND_KPI_CHANGED, st_utc(2026, 3, 7, 1, 0), 4, "hq", KPI_OK, 98);
    say(w, GW_KIND_KPI_VALUE, st_utc(2026, 3, 8, 1, 0), 4, "hq", KPI_OK, 99);
    say(w, GW_KIND_KPI_VALUE, st_utc(2026, 3, 11, 1, 0), 4, "hq", KPI_OK, 50); /* after it */
    st_tick_on(w, st_utc(2026, 3, 20, 0, 0));
    report_plan_range(&made.plan, day_of(2026, 3, 1), day_of(2026, 3, 9));
    make(w, &made, NULL, st_utc(2026, 3, 20, 0, 1));
    static const int64_t wanted[9] = {91, 91, 93, 93, 97, INT64_MIN, 98, 99, 99};
    CU_ASSERT_EQUAL_FATAL(made.view->n_inspection, 1);
    CU_ASSERT_EQUAL_FATAL(made.view->n_points, 9);
    for (int i = 0; i < 9; i++)
        CU_ASSERT_EQUAL(made.view->inspection[0].by_day[i], wanted[i]);
    CU_ASSERT_STRING_EQUAL(made.view->inspection[0].value_text, "value 99");
    CU_ASSERT_EQUAL(made.view->inspection[0].worst, KPI_WARNING);
    unmake(&made);
    st_end(w);
}

/* What is left out of the inspection was ok all the while: of a gap, or without an end, none is. */
static void test_listing(void)
{
    enum { SITES_OK = 45 };
    struct st_world *w = st_begin("report-listing");
    struct made made = {.reader = NULL};
    struct report_listing listing = {0};
    char site[16];
    st_tick(w, st_utc(2026, 2, 1, 0, 0));
    for (int i = 0; i < SITES_OK + 2; i++) {
        snprintf(site, sizeof site, "s%02d", i);
        say(w, GW_KIND_KPI_CHANGED, st_utc(2026, 2, 20, 0, 0), 4, site, KPI_OK, 99);
        say(w, GW_KIND_KPI_CHANGED, st_utc(2026, 3, 4, 0, 0), 4, site, KPI_OK, 98);
    }
    st_tick_on(w, st_utc(2026, 3, 20, 0, 0));
    st_commit(w);
    st_sql(w->path,
           "UPDATE kpi_state SET until_ms = until_ms - 1 WHERE scope = 's45' AND until_ms");
    st_sql(w->path, "UPDATE kpi_state SET until_ms = from_ms + 1 WHERE scope = 's46'"
                    " AND until_ms IS NULL");
    report_plan_range(&made.plan, day_of(2026, 3, 1), day_of(2026, 3, 9));
    make(w, &made, NULL, st_utc(2026, 3, 20, 0, 1));
    CU_ASSERT_EQUAL_FATAL(made.view->n_inspection, SITES_OK + 2);
    for (size_t i = 0; i < made.view->n_inspection; i++)
        CU_ASSERT_EQUAL(report_is_listed(&listing, &made.view->inspection[i]),
                        i < 40 || i >= SITES_OK);
    CU_ASSERT_EQUAL(listing.n_left, SITES_OK - 40);
    CU_ASSERT_EQUAL(made.view->inspection[SITES_OK + 1].state, -1);
    unmake(&made);
    st_end(w);
}

/* Of more scopes than are inspected those that were ok all the while stay out first. */
static void test_many(void)
{
    enum { SITES_OK = 250, INSPECTED = 200 };
    struct st_world *w = st_begin("report-many");
    struct made made = {.reader = NULL};
    char site[16];
    st_tick(w, st_utc(2026, 2, 1, 0, 0));
    for (int i = 0; i < SITES_OK; i++) {
        snprintf(site, sizeof site, "s%03d", i);
        say(w, GW_KIND_KPI_CHANGED, st_utc(2026, 2, 20, 0, 0), 4, site, KPI_OK, 99);
    }
    say(w, GW_KIND_KPI_CHANGED, st_utc(2026, 2, 20, 0, 0), 4, "zz", KPI_CRITICAL, 1);
    st_tick_on(w, st_utc(2026, 3, 20, 0, 0));
    report_plan_range(&made.plan, day_of(2026, 3, 1), day_of(2026, 3, 9));
    make(w, &made, NULL, st_utc(2026, 3, 20, 0, 1));
    CU_ASSERT_EQUAL_FATAL(made.view->n_inspection, INSPECTED);
    CU_ASSERT_STRING_EQUAL(made.view->inspection[INSPECTED - 1].scope, "zz");
    CU_ASSERT_EQUAL(made.view->n_inspection_left, SITES_OK + 1 - INSPECTED);
    unmake(&made);
    st_end(w);
}

/* ---- alerts ---- */

static void put_alerts(struct st_world *w)
{
    st_tick(w, st_utc(2026, 2, 1, 0, 0));
    alert(w, 1, GW_KIND_ALERT_RAISED, st_utc(2026, 2, 10, 0, 0), 1, 1);
    alert(w, 1, GW_KIND_ALERT_CLEARED, st_utc(2026, 2, 28, 0, 0), 0, 1); /* before it */
    alert(w, 2, GW_KIND_ALERT_RAISED, st_utc(2026, 2, 28, 0, 0), 1, 1);
    alert(w, 2, GW_KIND_ALERT_ACKNOWLEDGED, st_utc(2026, 3, 1, 0, 0), 1, 1);
    alert(w, 2, GW_KIND_ALERT_CLEARED, st_utc(2026, 3, 1, 12, 0), 0, 1);
    alert(w, 3, GW_KIND_ALERT_RAISED, st_utc(2026, 3, 10, 0, 0), 2, 2);
    alert(w, 3, GW_KIND_ALERT_CLEARED, st_utc(2026, 3, 10, 0, 45), 0, 2);
    /* A warning at its end; critical, in hand and over afterwards. */
    alert(w, 4, GW_KIND_ALERT_RAISED, st_utc(2026, 3, 31, 0, 0), 1, 1);
    alert(w, 4, GW_KIND_ALERT_CHANGED, st_utc(2026, 4, 2, 0, 0), 2, 2);
    alert(w, 4, GW_KIND_ALERT_ACKNOWLEDGED, st_utc(2026, 4, 2, 1, 0), 2, 2);
    alert(w, 4, GW_KIND_ALERT_CLEARED, st_utc(2026, 4, 3, 0, 0), 0, 2);
    alert(w, 5, GW_KIND_ALERT_RAISED, st_utc(2026, 4, 1, 0, 0), 2, 2); /* after it */
    st_tick(w, st_utc(2026, 4, 10, 0, 0));
}

static void test_alerts(void)
{
    struct st_world *w = st_begin("report-alerts");
    struct made made = {.reader = NULL};
    put_alerts(w);
    report_plan_period(&made.plan, REPORT_MONTH, day_of(2026, 3, 1), REPORT_WEEK_MONDAY);
    make(w, &made, "hq", st_utc(2026, 4, 10, 0, 1));
    const struct report_alert *a = made.view->alerts;
    CU_ASSERT_EQUAL_FATAL(made.view->n_alerts, 3);
    CU_ASSERT_EQUAL(a[0].id, 3); /* the worst */
    CU_ASSERT_EQUAL(a[0].lasted_ms, 45 * MINUTE_MS);
    CU_ASSERT_EQUAL(a[0].ack_ms, 0);
    CU_ASSERT_EQUAL(a[1].id, 2);
    CU_ASSERT_EQUAL(a[1].lasted_ms, 36 * HOUR_MS);
    CU_ASSERT_EQUAL(a[1].ack_ms, st_utc(2026, 3, 1, 0, 0));
    CU_ASSERT_STRING_EQUAL(a[1].ack_name, "wang");
    CU_ASSERT_EQUAL(a[2].id, 4);
    CU_ASSERT_EQUAL(a[2].closed_ms, INT64_MAX);
    CU_ASSERT_EQUAL(a[2].lasted_ms, DAY_MS);
    CU_ASSERT_EQUAL(a[2].state, KPI_WARNING);
    CU_ASSERT_EQUAL(a[2].worst, KPI_WARNING);
    CU_ASSERT_EQUAL(a[2].ack_ms, 0);
    CU_ASSERT_STRING_EQUAL(a[2].ack_name, "");
    CU_ASSERT_EQUAL(made.view->n_opened, 2);
    CU_ASSERT_EQUAL(made.view->n_closed, 2);
    CU_ASSERT_EQUAL(made.view->n_open, 1);
    unmake(&made);
    for (int64_t id = 6; id < 606; id++) /* more than are listed */
        alert(w, id, GW_KIND_ALERT_RAISED, st_utc(2026, 3, 30, 0, 0), 2, 2);
    make(w, &made, "hq", st_utc(2026, 4, 10, 0, 1));
    CU_ASSERT_EQUAL(made.view->n_alerts, 500);
    CU_ASSERT_EQUAL(made.view->n_open, 601);
    CU_ASSERT_EQUAL(made.view->n_unhandled, 601);
    unmake(&made);
    for (int64_t id = 6; id < 606; id++) /* what is open is listed before what was worse once */
        alert(w, id, GW_KIND_ALERT_CLEARED, st_utc(2026, 3, 30, 1, 0), 0, 2);
    make(w, &made, "hq", st_utc(2026, 4, 10, 0, 1));
    CU_ASSERT_EQUAL_FATAL(made.view->n_alerts, 500);
    CU_ASSERT_EQUAL(made.view->n_open, 1);
    CU_ASSERT_EQUAL(made.view->alerts[499].id, 4);
    CU_ASSERT_EQUAL(made.view->alerts[0].id, 3);
    unmake(&made);
    st_end(w);
}

/* In whose hands it was at the period's end, whatever became of that in the hours until it is made.
 */
static void test_in_hand(void)
{
    struct st_world *w = st_begin("report-in-hand");
    struct made made = {.reader = NULL};
    int64_t taken = st_utc(2026, 3, 31, 22, 0);
    st_tick(w, st_utc(2026, 2, 1, 0, 0));
    for (int64_t id = 1; id <= 3; id++) {
        alert(w, id, GW_KIND_ALERT_RAISED, st_utc(2026, 3, 30, id, 0), 1, 1);
        alert(w, id, GW_KIND_ALERT_ACKNOWLEDGED, taken, 1, 1);
    }
    alert(w, 3, GW_KIND_ALERT_CHANGED, taken + HOUR_MS, 2, 2);               /* nobody has that */
    alert(w, 1, GW_KIND_ALERT_CHANGED, st_utc(2026, 4, 1, 1, 0), 2, 2);      /* nor this, later */
    alert(w, 2, GW_KIND_ALERT_ACKNOWLEDGED, st_utc(2026, 4, 1, 2, 0), 1, 1); /* taken over */
    st_tick(w, st_utc(2026, 4, 1, 6, 0));
    report_plan_period(&made.plan, REPORT_MONTH, day_of(2026, 3, 1), REPORT_WEEK_MONDAY);
    make(w, &made, "hq", st_utc(2026, 4, 1, 6, 0));
    CU_ASSERT_EQUAL_FATAL(made.view->n_alerts, 3);
    CU_ASSERT_EQUAL(made.view->n_unhandled, 1);
    for (size_t i = 0; i < 3; i++) {
        const struct report_alert *a = &made.view->alerts[i];
        CU_ASSERT_EQUAL(a->ack_ms, a->id == 3 ? 0 : taken);
        CU_ASSERT_STRING_EQUAL(a->ack_name, a->id == 3 ? "" : "wang");
    }
    unmake(&made);
    st_end(w);
}

/* ---- what was not understood ---- */

static void test_unknown(void)
{
    struct st_world *w = st_begin("report-unknown");
    struct made made = {.reader = NULL};
    st_tick(w, st_utc(2026, 2, 1, 0, 0));
    for (int i = 0; i < 1830; i++) { /* of the sender i: i + 1 times */
        int sender = 0;
        while ((sender + 1) * (sender + 2) / 2 <= i)
            sender++;
        char peer[24];
        snprintf(peer, sizeof peer, "192.0.2.%d", sender);
        st_new(w, GW_KIND_GATEWAY_UNTRANSLATABLE, st_utc(2026, 3, 1, 0, 0) + i * MINUTE_MS);
        w->event->transport = GW_TRANSPORT_UDP;
        st_text(w, GW_FIELD_SITE, "hq");
        st_text(w, GW_FIELD_PEER, peer);
        st_put(w);
    }
    st_tick(w, st_utc(2026, 4, 10, 0, 0));
    report_plan_period(&made.plan, REPORT_MONTH, day_of(2026, 3, 1), REPORT_WEEK_MONDAY);
    make(w, &made, NULL, st_utc(2026, 4, 10, 0, 1));
    CU_ASSERT_EQUAL(made.view->not_understood, 1830);
    CU_ASSERT_EQUAL(made.view->n_unknown + made.view->n_unknown_left, 60);
    CU_ASSERT_EQUAL(made.view->n_unknown, 50);
    CU_ASSERT_STRING_EQUAL(made.view->unknown[0].sender, "192.0.2.59");
    CU_ASSERT_EQUAL(made.view->unknown[0].unknown, 60);
    CU_ASSERT_EQUAL(made.view->n_sites, 1);
    unmake(&made);
    st_end(w);
}

int main(void)
{
    static const struct jt_test tests[] = {
        {"a month, record by record", test_month},
        {"hours of days on which clocks are set", test_hours},
        {"sites by their names", test_names},
        {"hours of sites with other clocks", test_hours_of_all},
        {"bands end where the period does", test_bands},
        {"a site in capital letters", test_letters},
        {"values of the inspection", test_inspection},
        {"what the inspection lists", test_listing},
        {"more scopes than are inspected", test_many},
        {"alerts as they stood at its end", test_alerts},
        {"alerts in somebody's hands", test_in_hand},
        {"what was not understood", test_unknown},
    };
    return jt_main("report: collect", tests, sizeof tests / sizeof *tests);
}
