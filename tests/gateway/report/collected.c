/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports of a store, and states in it. */
#include "tests/gateway/report/collected.h"

#include <stdio.h>

#include "gateway/base/error.h"
#include "gateway/kpi/snapshot.h"

int64_t day_of(int year, int month, int day)
{
    return st_utc(year, month, day, 0, 0) / 86400000;
}

void make(struct st_world *w, struct made *made, const char *site, int64_t made_ms)
{
    char trouble[200] = "", name[64];
    store_fill_note_end(w->fill);
    st_commit(w);
    CU_ASSERT_EQUAL_FATAL(store_reader_open(w->path, &made->reader, trouble, sizeof trouble),
                          GW_OK);
    made->zone = store_site_zone(made->reader, site, name, sizeof name);
    made->plan.site = site;
    made->plan.zone = made->zone;
    made->plan.zone_name = "";
    made->plan.gateway = "gw";
    made->plan.made_ms = made_ms;
    CU_ASSERT_EQUAL_FATAL(
        report_make(made->reader, &made->plan, &made->report, trouble, sizeof trouble), GW_OK);
    made->view = report_view(made->report);
}

void unmake(struct made *made)
{
    report_free(made->report);
    zone_free(made->zone);
    store_reader_close(made->reader);
}

const struct report_table *table_of(const struct report_view *view, enum store_group group,
                                    bool is_infection)
{
    for (size_t i = 0; i < view->n_tables; i++)
        if (view->tables[i].group == group && view->tables[i].is_infection == is_infection)
            return &view->tables[i];
    return NULL;
}

void say(struct st_world *w, enum gw_kind kind, int64_t at, int kpi, const char *scope, int state,
         int64_t value)
{
    char words[32];
    snprintf(words, sizeof words, "value %lld", (long long)value);
    st_new(w, kind, at);
    gw_event_set_int(w->event, GW_FIELD_EMISSION, (int64_t)w->sequence + 1);
    gw_event_set_int(w->event, GW_FIELD_KPI_ID, kpi);
    st_text(w, GW_FIELD_KPI_KEY, kpi == 4 ? "install-rate" : "outbreak");
    st_text(w, GW_FIELD_KPI_SCOPE, scope);
    st_text(w, GW_FIELD_SITE, scope);
    st_text(w, GW_FIELD_KPI_VALUE_TEXT, words);
    gw_event_set_int(w->event, GW_FIELD_KPI_STATE, state);
    gw_event_set_int(w->event, GW_FIELD_KPI_OLD_STATE, KPI_UNKNOWN);
    gw_event_set_int(w->event, GW_FIELD_KPI_VALUE, value);
    st_put(w);
}

void put_states(struct st_world *w)
{
    st_tick(w, st_utc(2026, 2, 1, 0, 0));
    say(w, GW_KIND_KPI_CHANGED, st_utc(2026, 2, 27, 0, 0), 11, "hq", KPI_WARNING, 5);
    say(w, GW_KIND_KPI_CHANGED, st_utc(2026, 3, 2, 6, 0), 11, "hq", KPI_OK, 0);
    say(w, GW_KIND_KPI_CHANGED, st_utc(2026, 3, 11, 0, 0), 11, "lab", KPI_UNKNOWN, 0);
    say(w, GW_KIND_KPI_CHANGED, st_utc(2026, 3, 12, 0, 0), 11, "lab", KPI_OK, 0);
    say(w, GW_KIND_KPI_CHANGED, st_utc(2026, 3, 31, 20, 0), 11, "hq", KPI_CRITICAL, 60);
    say(w, GW_KIND_KPI_CHANGED, st_utc(2026, 4, 5, 0, 0), 11, "hq", KPI_OK, 0);
}

const struct report_line *line_of(const struct report_view *view, int64_t kpi, size_t at)
{
    for (size_t i = 0; i < view->n_kpis; i++)
        if (view->kpis[i].id == kpi && at < view->kpis[i].n_lines)
            return &view->kpis[i].lines[at];
    return NULL;
}
