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
#include "gateway/schema/who.h"

enum { HOUR_S = 3600, TABLES = 7, UNKNOWN_MAX = 50, SITES_MAX = 10000 };
/* A gateway ticks every few seconds: after so long without a tick it did not run. */
enum { OFF_MS = 30000 };

/* ---- detections ---- */

static const char *row_name(struct collect *c, enum store_group group,
                            const struct store_top_row *row)
{
    if (group == STORE_BY_KIND)
        return row->number > 0 && row->number < GW_KIND_END
                   ? gw_kind_name((enum gw_kind)row->number)
                   : "";
    return arena_text(&c->report->arena, slice_from(row->name));
}

static void add_table(struct collect *c, const struct store_top *top)
{
    struct arena *arena = &c->report->arena;
    struct report_row *rows = arena_alloc(arena, (top->n + 1) * sizeof *rows);
    for (size_t i = 0; i < top->n; i++)
        rows[i] = (struct report_row){
            .name = row_name(c, top->group, &top->rows[i]),
            .site = arena_text(arena, slice_from(top->rows[i].site)),
            .number = top->rows[i].number,
            .n = top->rows[i].n,
            .before = top->rows[i].before,
        };
    c->view->is_before_unknown &= top->total.before == 0;
    c->tables[c->view->n_tables++] = (struct report_table){.group = top->group,
                                                           .is_infection = top->is_infection,
                                                           .rows = rows,
                                                           .n_rows = top->n,
                                                           .total = top->total};
}

/* All tables, and the counts of each day, in one walk through the figures. */
static bool add_tables(struct collect *c, struct store_count *counts)
{
    static const struct store_top wanted[TABLES] = {
        {.group = STORE_BY_MALWARE, .is_infection = true},
        {.group = STORE_BY_SOURCE, .is_infection = true},
        {.group = STORE_BY_COMPUTER, .is_infection = true},
        {.group = STORE_BY_PRODUCT},
        {.group = STORE_BY_ACTION},
        {.group = STORE_BY_KIND},
        {.group = STORE_BY_SITE}};
    const struct report_plan *plan = c->plan;
    const struct store_query query = {.site = plan->site,
                                      .from = plan->days.from,
                                      .to = plan->days.to,
                                      .before_from = plan->before.from,
                                      .before_to = plan->before.to};
    struct store_top tops[TABLES + 1];
    struct store_top_row *rows = gw_alloc(sizeof *rows * (TABLES * REPORT_TOP_MAX + SITES_MAX));
    for (size_t i = 0; i < TABLES; i++) {
        tops[i] = wanted[i];
        tops[i].rows = &rows[i * REPORT_TOP_MAX];
        tops[i].n = REPORT_TOP_MAX;
    }
    struct store_top *sites = &tops[TABLES - 1];
    sites->n += SITES_MAX;
    tops[TABLES] = (struct store_top){.group = STORE_BY_KIND, .is_infection = true}; /* its sum */
    bool is_fine = store_read_tops(c->reader, &query, tops, TABLES + 1, counts, 1) == GW_OK;
    c->view->infections = tops[TABLES].total;
    for (size_t i = 0; is_fine && i < sites->n; i++)
        collect_site(c, sites->rows[i].name);
    sites->n = sites->n < REPORT_TOP_MAX ? sites->n : REPORT_TOP_MAX;
    c->tables = arena_alloc(&c->report->arena, TABLES * sizeof *c->tables);
    c->view->tables = c->tables;
    /* Of one site there is no table of sites. */
    for (size_t i = 0; is_fine && i < TABLES - (plan->site != NULL); i++)
        add_table(c, &tops[i]);
    free(rows);
    return is_fine;
}

/* Hours of a day: 23 to 25 of them where clocks are set; they are not kept as long as days. */
static bool add_hours(struct collect *c)
{
    struct report_view *view = c->view;
    const struct store_query query = {.site = c->plan->site,
                                      .is_by_hour = true,
                                      .from = view->begin_ms / 1000,
                                      .to = c->full_end_ms / 1000};
    size_t n = (size_t)((query.to - query.from + HOUR_S - 1) / HOUR_S);
    struct store_count *counts = arena_alloc(&c->report->arena, (n + 1) * sizeof *counts);
    struct report_point *points = arena_alloc(&c->report->arena, (n + 1) * sizeof *points);
    if (store_read_tops(c->reader, &query, NULL, 0, counts, HOUR_S) != GW_OK)
        return false;
    for (size_t i = 0; i < n; i++)
        points[i] = (struct report_point){.begin_ms = view->begin_ms + (int64_t)i * HOUR_S * 1000,
                                          .day = c->plan->days.from,
                                          .detections = counts[i].detections,
                                          .infections = counts[i].infections};
    view->points = points;
    view->n_points = n;
    return true;
}

/* Whether hours may be shown. Days are each site's own, hours are the same for all: for sites with
   other clocks they would in part be those of another day. */
static bool is_one_day(const struct collect *c)
{
    size_t at = 0;
    struct slice key;
    void *site;
    bool is_one = true;
    while (is_one && map_next(c->sites, &at, &key, &site)) {
        char name[64];
        struct zone *zone = store_site_zone(c->reader, site, name, sizeof name);
        is_one = store_day_begin_ms(zone, c->plan->days.from) == c->view->begin_ms &&
                 store_day_begin_ms(zone, c->plan->days.to) == c->full_end_ms;
        zone_free(zone);
    }
    return is_one;
}

static bool add_detections(struct collect *c)
{
    const struct report_plan *plan = c->plan;
    struct report_view *view = c->view;
    size_t n = (size_t)(plan->days.to - plan->days.from);
    struct store_count *counts = arena_alloc(&c->report->arena, (n + 1) * sizeof *counts);
    struct report_point *points = arena_alloc(&c->report->arena, (n + 1) * sizeof *points);
    if (!add_tables(c, counts))
        return false;
    for (size_t i = 0; i < n; i++) {
        int64_t day = plan->days.from + (int64_t)i;
        points[i] = (struct report_point){.begin_ms = store_day_begin_ms(plan->zone, day),
                                          .day = day,
                                          .detections = counts[i].detections,
                                          .infections = counts[i].infections};
        c->n_detections += counts[i].detections;
    }
    if (n == 1 && view->extent.hours_from <= view->begin_ms / 1000 && is_one_day(c))
        return add_hours(c);
    view->points = points;
    view->n_points = n;
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
    collect_site(c, row->site);
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

/* Notes a site that figures, states or alerts of the period name; the engine's are lower case. */
void collect_site(struct collect *c, const char *site)
{
    char low[STORE_NAME_MAX + 1];
    struct slice key = slice_of(low, gw_clean_text(slice_from(site), low, sizeof low - 1, true));
    if (!*site || map_get(c->sites, key))
        return;
    const char *kept = arena_text(&c->report->arena, slice_from(site));
    map_put(c->sites, key, (void *)(uintptr_t)kept);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_sites(struct collect *c)
{
    size_t at = 0, n = 0;
    struct slice key;
    void *site;
    const char **sites = arena_alloc(&c->report->arena, (map_count(c->sites) + 1) * sizeof *sites);
    while (map_next(c->sites, &at, &key, &site))
        sites[n++] = site;
    if (n)
        qsort(sites, n, sizeof *sites, compare_texts);
    c->view->sites = sites;
    c->view->n_sites = n;
}

static void on_site_name(void *context, const char *id, const char *name)
{
    struct report *report = context;
    struct report_site *site = arena_alloc(&report->arena, sizeof *site);
    site->next = report->view.named;
    site->id = arena_text(&report->arena, slice_from(id));
    site->shown = arena_printf(&report->arena, "%s (%s)", name, id);
    report->view.named = site;
}

/* Finds the site whose clocks come to the period's end last, if they have not come to it yet. */
static void find_late_site(struct collect *c)
{
    const struct report_plan *plan = c->plan;
    int64_t last_ms = plan->made_ms;
    for (size_t i = 0; i < c->view->n_sites && !plan->site; i++) {
        char name[64];
        struct zone *zone = store_site_zone(c->reader, c->view->sites[i], name, sizeof name);
        int64_t end_ms = store_day_begin_ms(zone, plan->days.to);
        zone_free(zone);
        if (end_ms <= last_ms)
            continue;
        last_ms = end_ms;
        c->view->late_site = c->view->sites[i];
        c->view->is_part = true;
    }
}

/* The period ends for the report where the store's knowledge ends, because it lags or the gateway
   was off: a state is not assumed to have gone on. While the gateway runs that is seconds ago. */
static void add_span(struct collect *c)
{
    const struct report_plan *plan = c->plan;
    struct report_view *view = c->view;
    const struct store_extent *extent = &view->extent;
    bool is_off = extent->now_ms && extent->now_ms + OFF_MS < plan->made_ms;
    int64_t known_ms = is_off ? extent->now_ms : plan->made_ms;
    view->begin_ms = store_day_begin_ms(plan->zone, plan->days.from);
    c->full_end_ms = store_day_begin_ms(plan->zone, plan->days.to);
    view->end_ms = c->full_end_ms < known_ms ? c->full_end_ms : known_ms;
    view->is_part = c->full_end_ms > known_ms || extent->days_from > plan->days.from ||
                    extent->begun_ms > view->begin_ms;
    if (view->end_ms < view->begin_ms)
        view->end_ms = view->begin_ms;
    view->known_ms = extent->begun_ms;
    if (extent->days_from != INT64_MIN) {
        int64_t kept_ms = store_day_begin_ms(plan->zone, extent->days_from);
        view->known_ms = kept_ms > view->known_ms ? kept_ms : view->known_ms;
    }
    bool is_compared = plan->before.from < plan->before.to;
    view->is_before_part =
        is_compared && view->known_ms > store_day_begin_ms(plan->zone, plan->before.from);
    view->is_before_unknown =
        is_compared && view->known_ms >= store_day_begin_ms(plan->zone, plan->before.to);
}

static bool collect(struct collect *c)
{
    if (store_read_extent(c->reader, &c->view->extent) != GW_OK)
        return false;
    add_span(c);
    if (!add_detections(c) || !add_unknown(c) || !collect_states(c) || !collect_coverage(c) ||
        !collect_alerts(c))
        return false;
    add_sites(c);
    find_late_site(c);
    return store_read_site_names(c->reader, on_site_name, c->report) == GW_OK;
}

int report_make(struct store_reader *reader, const struct report_plan *plan, struct report **out,
                char *trouble, size_t size)
{
    struct report *report = gw_alloc(sizeof *report);
    struct collect c = {.reader = reader,
                        .plan = plan,
                        .report = report,
                        .view = &report->view,
                        .sites = map_new()};
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
