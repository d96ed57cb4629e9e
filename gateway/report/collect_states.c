/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How indicators fared, and what is inspected. Bands come ordered by indicator, scope and time; a
 * line is made of those of one scope, cut at the period's ends.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/base/error.h"
#include "gateway/kpi/snapshot.h"
#include "gateway/report/collect_internal.h"

enum { LINES_MAX = 200, INSPECTED_MAX = 200, DOWNS_MAX = 200 };

struct line {
    int64_t kpi;
    struct report_line line;
    struct report_band *bands; /* growing; copied when all are there */
    int64_t *values, *since;   /* of each band; since: not cut */
    size_t cap;
    const char *key, *unit, *value_text;
    bool is_off; /* said nothing but that it is switched off */
};

/* worst = critical > warning > unknown > ok, as the MIB has it; -1, none known, is least. */
static int weight(int state)
{
    static const int weights[] = {0, 2, 3, 1};
    return state < 0 ? -1 : weights[state & 3];
}

static int worse(int one, int other)
{
    return weight(one) >= weight(other) ? one : other;
}

static int64_t clip(int64_t ms, int64_t least, int64_t most)
{
    return ms < least ? least : ms > most ? most : ms;
}

/* ---- when nobody looked ---- */

static bool on_down(void *context, const struct store_down *down)
{
    struct collect *c = context;
    struct report_view *view = c->view;
    if (view->down_times++ == 0)
        view->longest_down = *down;
    view->down_ms += down->until_ms - down->from_ms;
    if (view->n_downs < DOWNS_MAX)
        c->downs[view->n_downs++] = *down;
    return true;
}

static int compare_downs(const void *a, const void *b)
{
    const struct store_down *one = a, *other = b;
    return one->from_ms < other->from_ms ? -1 : one->from_ms > other->from_ms;
}

static bool add_downs(struct collect *c)
{
    struct report_view *view = c->view;
    c->downs = arena_alloc(&c->report->arena, DOWNS_MAX * sizeof *c->downs);
    view->downs = c->downs;
    if (store_read_downs(c->reader, view->begin_ms, view->end_ms, on_down, c) != GW_OK)
        return false;
    if (view->n_downs)
        qsort(c->downs, view->n_downs, sizeof *c->downs, compare_downs);
    return true;
}

/* How much of a time the gateway ran. */
static int64_t looked_ms(const struct report_view *view, int64_t from_ms, int64_t until_ms)
{
    int64_t ms = until_ms - from_ms;
    for (size_t i = 0; i < view->n_downs; i++)
        ms -= clip(view->downs[i].until_ms, from_ms, until_ms) -
              clip(view->downs[i].from_ms, from_ms, until_ms);
    return ms;
}

/* ---- bands ---- */

static struct line *line_of(struct collect *c, const struct store_band *band)
{
    struct arena *arena = &c->report->arena;
    struct line *last = c->n_lines ? &c->lines[c->n_lines - 1] : NULL;
    if (last && last->kpi == band->kpi && strcmp(last->line.scope, band->scope) == 0)
        return last;
    if (c->n_lines == c->cap_lines) {
        c->cap_lines = c->cap_lines ? c->cap_lines * 2 : 256;
        c->lines = gw_realloc(c->lines, c->cap_lines * sizeof *c->lines);
    }
    last = &c->lines[c->n_lines++];
    collect_site(c, band->site);
    *last = (struct line){
        .kpi = band->kpi,
        .line = {.scope = arena_text(arena, slice_from(band->scope)),
                 .site = arena_text(arena, slice_from(band->site)),
                 .state = -1,
                 .worst = -1},
        .key = arena_text(arena, slice_from(band->key)),
        .unit = "",
        .value_text = "",
        .is_off = true,
    };
    return last;
}

static bool is_off(const struct store_band *band)
{
    return band->state == KPI_UNKNOWN && strcmp(band->reason, "not enabled") == 0;
}

static void add_band(struct collect *c, struct line *line, const struct store_band *band,
                     int64_t from_ms, int64_t until_ms)
{
    struct arena *arena = &c->report->arena;
    struct report_line *out = &line->line;
    int state = band->state & 3;

    if (until_ms <= from_ms)
        return;
    if (out->n_bands == line->cap) {
        line->cap = line->cap ? line->cap * 2 : 4;
        line->bands = gw_realloc(line->bands, line->cap * sizeof *line->bands);
        line->values = gw_realloc(line->values, line->cap * sizeof *line->values);
        line->since = gw_realloc(line->since, line->cap * sizeof *line->since);
    }
    line->values[out->n_bands] = band->value;
    line->since[out->n_bands] = band->from_ms;
    line->bands[out->n_bands++] = (struct report_band){
        .from_ms = from_ms,
        .until_ms = until_ms,
        .state = state,
        .value_text = arena_text(arena, slice_from(band->value_text)),
        .reason = arena_text(arena, slice_from(band->reason)),
    };
    line->unit = arena_text(arena, slice_from(band->unit));
    line->value_text = line->bands[out->n_bands - 1].value_text;
    line->is_off &= is_off(band);
    out->ms_in[state] += until_ms - from_ms;
    out->worst = worse(state, out->worst);
    out->state = until_ms == c->view->end_ms ? state : -1;
    if (!line->is_off)
        c->has_states = true;
}

/* Takes a band in, without the times in it when the gateway did not run. */
static bool on_band(void *context, const struct store_band *band)
{
    struct collect *c = context;
    const struct report_view *view = c->view;
    struct line *line = line_of(c, band);
    int64_t from_ms = clip(band->from_ms, view->begin_ms, view->end_ms),
            until_ms = clip(band->until_ms, view->begin_ms, view->end_ms);
    for (size_t i = 0; i < view->n_downs && view->downs[i].from_ms < until_ms; i++) {
        if (view->downs[i].until_ms <= from_ms)
            continue;
        add_band(c, line, band, from_ms, view->downs[i].from_ms);
        from_ms = view->downs[i].until_ms;
    }
    add_band(c, line, band, from_ms, until_ms);
    return true;
}

/* ---- indicators ---- */

static int compare_lines(const void *a, const void *b)
{
    const struct report_line *one = a, *other = b;
    int by_worst = weight(other->worst) - weight(one->worst);
    if (by_worst)
        return by_worst;
    for (int state = KPI_CRITICAL; state >= KPI_WARNING; state--)
        if (one->ms_in[state] != other->ms_in[state])
            return one->ms_in[state] > other->ms_in[state] ? -1 : 1;
    return strcmp(one->scope, other->scope);
}

/* n lines of one indicator, first NULL: none is known; entry NULL: the catalogue has it no more. */
static void fill_kpi(struct collect *c, const struct kpi_entry *entry, const struct line *first,
                     size_t n, struct report_kpi *out)
{
    struct arena *arena = &c->report->arena;
    struct report_line *lines = arena_alloc(arena, (n + 1) * sizeof *lines);

    *out = (struct report_kpi){.worst = -1, .state = -1};
    if (entry) {
        out->id = entry->id;
        out->key = arena_text(arena, slice_from(entry->key));
        out->is_on = entry->is_enabled;
    } else if (first) {
        out->id = first->kpi;
        out->key = first->key;
    }
    out->name[REPORT_EN] = entry ? arena_text(arena, slice_from(entry->name)) : out->key;
    out->name[REPORT_ZH] = entry ? arena_text(arena, slice_from(entry->name_zh)) : out->key;
    out->advice[REPORT_EN] = entry ? arena_text(arena, slice_from(entry->advice)) : "";
    out->advice[REPORT_ZH] = entry ? arena_text(arena, slice_from(entry->advice_zh)) : "";
    for (size_t i = 0; i < n; i++) {
        struct report_line *line = &lines[i];
        *line = first[i].line;
        line->bands = arena_alloc(arena, (line->n_bands + 1) * sizeof *line->bands);
        if (line->n_bands)
            memcpy((void *)line->bands, first[i].bands, line->n_bands * sizeof *line->bands);
        for (int state = 0; state < REPORT_STATES; state++)
            out->ms_in[state] += line->ms_in[state];
        out->worst = worse(line->worst, out->worst);
        out->state = worse(line->state, out->state);
        out->is_on |= !first[i].is_off;
    }
    qsort(lines, n, sizeof *lines, compare_lines);
    out->lines = lines;
    out->n_lines = n < LINES_MAX ? n : LINES_MAX;
    out->n_left = n - out->n_lines;
}

const struct kpi_entry *collect_entry(const struct collect *c, int64_t kpi)
{
    const struct kpi_catalogue *catalogue = c->plan->catalogue;
    for (size_t i = 0; catalogue && i < catalogue->n_entries; i++)
        if (catalogue->entries[i].id == kpi)
            return &catalogue->entries[i];
    return NULL;
}

/* Those of the store by their numbers, as the catalogue has them, and those that it has beside. */
static void add_kpis(struct collect *c)
{
    const struct kpi_catalogue *catalogue = c->plan->catalogue;
    size_t n_entries = catalogue ? catalogue->n_entries : 0, at = 0, i = 0;
    struct report_kpi *kpis =
        arena_alloc(&c->report->arena, (c->n_lines + n_entries + 1) * sizeof *kpis);
    while (i < c->n_lines || at < n_entries) {
        const struct kpi_entry *entry = at < n_entries ? &catalogue->entries[at] : NULL;
        size_t n = 0;
        if (i < c->n_lines && (!entry || c->lines[i].kpi <= entry->id)) {
            while (i + n < c->n_lines && c->lines[i + n].kpi == c->lines[i].kpi)
                n++;
            if (entry && entry->id != c->lines[i].kpi)
                entry = NULL;
        }
        struct report_kpi *kpi = &kpis[c->view->n_kpis];
        fill_kpi(c, entry, n ? &c->lines[i] : NULL, n, kpi);
        c->view->n_kpis += kpi->is_on;
        at += entry != NULL;
        i += n;
    }
    c->view->kpis = kpis;
}

bool collect_states(struct collect *c)
{
    if (!add_downs(c))
        return false;
    if (store_read_bands(c->reader, c->plan->site, 0, c->view->begin_ms, c->view->end_ms, on_band,
                         c) != GW_OK)
        return false;
    add_kpis(c);
    return true;
}

/* ---- inspection ---- */

/* What a line said of its value while its state was the same. */
struct said {
    struct arena *arena;
    int64_t end_ms;
    struct store_value *all; /* text only of the last */
    size_t n, cap;
};

static bool on_value(void *context, const struct store_value *value)
{
    struct said *said = context;
    if (value->time_ms >= said->end_ms)
        return true;
    if (said->n == said->cap) {
        said->cap = said->cap ? said->cap * 2 : 32;
        said->all = gw_realloc(said->all, said->cap * sizeof *said->all);
    }
    said->all[said->n] = *value;
    said->all[said->n++].value_text = arena_text(said->arena, slice_from(value->value_text));
    return true;
}

/* The value that a line had at each point's end: its band's, or what was said since. */
static const int64_t *values_of(struct collect *c, const struct line *line, const struct said *said)
{
    const struct report_view *view = c->view;
    int64_t *values = arena_alloc(&c->report->arena, (view->n_points + 1) * sizeof *values);
    size_t band = 0, at = 0;
    for (size_t i = 0; i < view->n_points; i++) {
        int64_t end_ms = i + 1 < view->n_points ? view->points[i + 1].begin_ms : c->full_end_ms;
        values[i] = INT64_MIN;
        if (view->points[i].begin_ms >= view->end_ms)
            continue;
        end_ms = clip(end_ms, view->begin_ms, view->end_ms);
        while (band < line->line.n_bands && line->bands[band].until_ms < end_ms)
            band++;
        while (at < said->n && said->all[at].time_ms < end_ms)
            at++;
        if (band == line->line.n_bands || line->bands[band].from_ms >= end_ms ||
            line->bands[band].state == KPI_UNKNOWN)
            continue;
        bool is_newer = at && said->all[at - 1].time_ms >= line->since[band];
        values[i] = is_newer ? said->all[at - 1].value : line->values[band];
    }
    return values;
}

static bool is_always_ok(const struct collect *c, const struct line *line)
{
    return line->line.ms_in[KPI_OK] == looked_ms(c->view, line->bands[0].from_ms, c->view->end_ms);
}

static bool inspect_line(struct collect *c, const struct line *line, struct report_inspection *out)
{
    struct said said = {.arena = &c->report->arena, .end_ms = c->view->end_ms};
    const struct kpi_entry *entry = collect_entry(c, line->kpi);
    bool is_fine = store_read_values(c->reader, line->kpi, line->line.scope, c->plan->days.from,
                                     c->plan->days.to, on_value, &said) == GW_OK;
    *out = (struct report_inspection){
        .kpi = line->kpi,
        .key = line->key,
        .scope = line->line.scope,
        .site = line->line.site,
        .name = {entry ? arena_text(&c->report->arena, slice_from(entry->name)) : line->key,
                 entry ? arena_text(&c->report->arena, slice_from(entry->name_zh)) : line->key},
        .state = line->line.state,
        .worst = line->line.worst,
        .is_always_ok = is_always_ok(c, line),
        .value_text = line->value_text,
        .unit = line->unit,
        .by_day = values_of(c, line, &said),
    };
    if (said.n && said.all[said.n - 1].time_ms >= line->since[line->line.n_bands - 1])
        out->value_text = said.all[said.n - 1].value_text;
    free(said.all);
    return is_fine;
}

static bool is_inspected(const struct line *line, const char *key)
{
    return !line->is_off && strcmp(line->key, key) == 0 && line->line.n_bands > 0;
}

/* If there are too many, those that were ok all the time are left out first. */
static bool inspect(struct collect *c, const char *key, struct report_inspection *rows)
{
    size_t room[2] = {INSPECTED_MAX, INSPECTED_MAX}; /* for others, and for those always ok */
    for (size_t i = 0; i < c->n_lines && room[true]; i++)
        room[true] -= is_inspected(&c->lines[i], key) && !is_always_ok(c, &c->lines[i]);
    for (size_t i = 0; i < c->n_lines; i++) {
        const struct line *line = &c->lines[i];
        if (!is_inspected(line, key))
            continue;
        size_t *left = &room[is_always_ok(c, line)];
        if (*left == 0) {
            c->view->n_inspection_left++;
            continue;
        }
        --*left;
        if (!inspect_line(c, line, &rows[c->view->n_inspection++]))
            return false;
    }
    return true;
}

/* What an inspection goes through, in its order: what covers, how fresh it is, whether products are
   well, what is open to attack. */
bool collect_coverage(struct collect *c)
{
    static const char *const keys[] = {
        "install-rate", "pattern-outdated", "engine-outdated",       "product-offline",
        "log-silence",  "license-expiry",   "vulnerability-exposure"};
    enum { KEYS = sizeof keys / sizeof *keys };
    size_t max =
        c->n_lines < (size_t)KEYS * INSPECTED_MAX ? c->n_lines : (size_t)KEYS * INSPECTED_MAX;
    struct report_inspection *rows = arena_alloc(&c->report->arena, (max + 1) * sizeof *rows);
    c->view->inspection = rows;
    for (size_t i = 0; i < KEYS; i++)
        if (!inspect(c, keys[i], rows))
            return false;
    return true;
}

void collect_free(struct collect *c)
{
    for (size_t i = 0; i < c->n_lines; i++) {
        free(c->lines[i].bands);
        free(c->lines[i].values);
        free(c->lines[i].since);
    }
    free(c->lines);
    map_free(c->sites, NULL);
}
