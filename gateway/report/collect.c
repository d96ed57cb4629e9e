/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The numbers of a report out of the store: detections here, states and alerts in collect_states.c.
 * Everything is copied into the report's arena, bounded, and what was left out is counted.
 */
#include "gateway/report/report.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/error.h"
#include "gateway/report/collect_internal.h"
#include "gateway/schema/event.h"

enum { HOURS_MAX = 25, HOUR_S = 3600, TABLES = 7, UNKNOWN_MAX = 50 };

/* ---- detections ---- */

static struct store_query query_of(const struct report_plan *plan, enum store_group group,
                                   bool is_infection)
{
    return (struct store_query){
        .group = group,
        .site = plan->site,
        .is_infection = is_infection,
        .from = plan->days.from,
        .to = plan->days.to,
        .before_from = plan->before.from,
        .before_to = plan->before.to,
    };
}

static const char *row_name(struct collect *c, enum store_group group,
                            const struct store_top_row *row)
{
    if (group == STORE_BY_KIND)
        return row->number > 0 && row->number < GW_KIND_END
                   ? gw_kind_name((enum gw_kind)row->number)
                   : "";
    return arena_text(&c->report->arena, slice_from(row->name));
}

static bool add_table(struct collect *c, enum store_group group, bool is_infection)
{
    struct store_top_row found[REPORT_TOP_MAX];
    struct store_query query = query_of(c->plan, group, is_infection);
    struct report_table *table = &c->tables[c->view->n_tables];
    size_t n = REPORT_TOP_MAX, shown;
    struct report_row *rows;

    *table = (struct report_table){.group = group, .is_infection = is_infection};
    if (store_read_top(c->reader, &query, found, &n, &table->total) != GW_OK)
        return false;
    shown = n < REPORT_TOP_MAX ? n : REPORT_TOP_MAX;
    rows = arena_alloc(&c->report->arena, (shown + 1) * sizeof *rows);
    for (size_t i = 0; i < shown; i++)
        rows[i] = (struct report_row){
            .name = row_name(c, group, &found[i]),
            .site = arena_text(&c->report->arena, slice_from(found[i].site)),
            .number = found[i].number,
            .n = found[i].n,
            .before = found[i].before,
        };
    table->rows = rows;
    table->n_rows = shown;
    c->view->n_tables++;
    return true;
}

static bool add_tables(struct collect *c)
{
    static const struct {
        enum store_group group;
        bool is_infection, is_of_all;
    } wanted[TABLES] = {{STORE_BY_MALWARE, true, false},  {STORE_BY_SOURCE, true, false},
                        {STORE_BY_COMPUTER, true, false}, {STORE_BY_PRODUCT, false, false},
                        {STORE_BY_ACTION, false, false},  {STORE_BY_KIND, false, false},
                        {STORE_BY_SITE, false, true}};
    c->tables = arena_alloc(&c->report->arena, TABLES * sizeof *c->tables);
    c->view->tables = c->tables;
    for (size_t i = 0; i < TABLES; i++)
        if (!(wanted[i].is_of_all && c->plan->site) &&
            !add_table(c, wanted[i].group, wanted[i].is_infection))
            return false;
    return true;
}

static bool count(struct collect *c, const struct report_point *point, bool is_by_hour,
                  int64_t until_ms, bool is_infection, int64_t *out)
{
    struct store_query query = {
        .group = STORE_BY_KIND, .site = c->plan->site, .is_infection = is_infection};
    struct store_total total;
    struct store_top_row row;
    size_t n = 1;
    query.is_by_hour = is_by_hour;
    query.from = is_by_hour ? point->begin_ms / 1000 : point->day;
    query.to = is_by_hour ? until_ms / 1000 : point->day + 1;
    if (store_read_top(c->reader, &query, &row, &n, &total) != GW_OK)
        return false;
    *out = total.n;
    return true;
}

/* Hours of a day: 23 to 25 of them where clocks are set; else days. */
static bool add_points(struct collect *c)
{
    const struct report_plan *plan = c->plan;
    bool is_by_hour = plan->days.to - plan->days.from == 1;
    size_t max = is_by_hour ? HOURS_MAX + 1 : (size_t)(plan->days.to - plan->days.from), n = 0;
    int64_t at_ms = c->view->begin_ms;
    struct report_point *points = arena_alloc(&c->report->arena, max * sizeof *points);

    while (n < max && at_ms < c->full_end_ms) {
        struct report_point *point = &points[n];
        int64_t day = plan->days.from + (is_by_hour ? 0 : (int64_t)n), next_ms;
        *point = (struct report_point){.begin_ms = at_ms, .day = day};
        next_ms =
            is_by_hour ? at_ms + HOUR_S * INT64_C(1000) : store_day_begin_ms(plan->zone, day + 1);
        if (!count(c, point, is_by_hour, next_ms, false, &point->detections) ||
            !count(c, point, is_by_hour, next_ms, true, &point->infections))
            return false;
        c->n_detections += point->detections;
        at_ms = next_ms;
        n++;
    }
    c->view->points = points;
    c->view->n_points = n;
    return true;
}

/* ---- what was not understood ---- */

static bool on_unknown(void *context, const struct store_unknown *row)
{
    struct collect *c = context;
    struct report_view *view = c->view;
    struct arena *arena = &c->report->arena;
    view->not_understood += row->unknown;
    view->malformed += row->malformed;
    if (view->n_unknown == UNKNOWN_MAX) {
        view->n_unknown_left++;
        return true;
    }
    c->unknown[view->n_unknown++] = (struct report_unknown){
        .site = arena_text(arena, slice_from(row->site)),
        .sender = arena_text(arena, slice_from(row->sender)),
        .product = arena_text(arena, slice_from(row->product)),
        .unknown = row->unknown,
        .malformed = row->malformed,
    };
    return true;
}

static bool add_unknown(struct collect *c)
{
    c->unknown = arena_alloc(&c->report->arena, UNKNOWN_MAX * sizeof *c->unknown);
    c->view->unknown = c->unknown;
    return store_read_unknown(c->reader, c->plan->site, c->plan->days.from, c->plan->days.to, false,
                              on_unknown, c) == GW_OK;
}

/* ---- the whole ---- */

static bool on_site(void *context, const char *site)
{
    struct collect *c = context;
    struct report_view *view = c->view;
    if (c->plan->site && strcmp(site, c->plan->site) != 0)
        return true;
    if (view->n_sites == c->cap_sites) {
        c->cap_sites = c->cap_sites ? c->cap_sites * 2 : 16;
        c->sites = gw_realloc(c->sites, c->cap_sites * sizeof *c->sites);
    }
    c->sites[view->n_sites++] = arena_text(&c->report->arena, slice_from(site));
    return true;
}

static bool add_sites(struct collect *c)
{
    const char **kept;
    bool is_fine = store_read_sites(c->reader, on_site, c) == GW_OK;
    size_t n = c->view->n_sites;
    kept = arena_alloc(&c->report->arena, (n + 1) * sizeof *kept);
    if (n)
        memcpy(kept, c->sites, n * sizeof *kept);
    c->view->sites = kept;
    free(c->sites);
    c->sites = NULL;
    return is_fine;
}

static void add_span(struct collect *c)
{
    const struct report_plan *plan = c->plan;
    struct report_view *view = c->view;
    int64_t known_ms = view->extent.now_ms ? view->extent.now_ms : plan->made_ms;
    view->begin_ms = store_day_begin_ms(plan->zone, plan->days.from);
    c->full_end_ms = store_day_begin_ms(plan->zone, plan->days.to);
    view->end_ms = c->full_end_ms < plan->made_ms ? c->full_end_ms : plan->made_ms;
    view->is_part = c->full_end_ms > known_ms || c->full_end_ms > plan->made_ms ||
                    view->extent.days_from > plan->days.from;
    if (view->end_ms < view->begin_ms)
        view->end_ms = view->begin_ms;
}

static bool collect(struct collect *c)
{
    if (store_read_extent(c->reader, &c->view->extent) != GW_OK)
        return false;
    add_span(c);
    return add_sites(c) && add_tables(c) && add_points(c) && add_unknown(c) && collect_states(c) &&
           collect_coverage(c) && collect_alerts(c);
}

int report_make(struct store_reader *reader, const struct report_plan *plan, struct report **out,
                char *trouble, size_t size)
{
    struct report *report = gw_alloc(sizeof *report);
    struct collect c = {.reader = reader, .plan = plan, .report = report, .view = &report->view};
    int result = GW_OK;

    arena_init(&report->arena, 0);
    report->view.plan = plan;
    *out = NULL;
    if (store_reader_begin(reader) != GW_OK || !collect(&c)) {
        snprintf(trouble, size, "%s", store_reader_trouble(reader));
        result = GW_ERR_IO;
    }
    store_reader_end(reader);
    collect_free(&c);
    if (result != GW_OK) {
        report_free(report);
        return result;
    }
    report->view.is_empty = c.n_detections == 0 && !c.has_states && report->view.n_alerts == 0;
    *out = report;
    return GW_OK;
}

void report_free(struct report *report)
{
    if (!report)
        return;
    arena_fini(&report->arena);
    free(report);
}

const struct report_view *report_view(const struct report *report)
{
    return &report->view;
}
