/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pinned moment that all tables read. Pinning is a reference and a copy of the journal's
 * status; longer lists are made only when a table asks. A snapshot's rows are checked once for
 * strictly increasing indexes: a table that does not increase would send managers round in circles,
 * so it is served empty and logged.
 */
#include "gateway/agent/agent_internal.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/log.h"

void agent_view_init(struct agent_view *view)
{
    view->is_pinned = false;
    view->snapshot = NULL;
    view->sources = gw_alloc((STATS_SOURCES_MAX + 1) * sizeof *view->sources);
}

void agent_view_fini(struct agent_view *view)
{
    snapshot_put(view->snapshot);
    view->snapshot = NULL;
    free(view->sources);
    view->sources = NULL;
}

/* Read row by row through the table's own callback, so that what is checked is what is served. */
static bool is_increasing(const struct gwsnmp_group *group, const struct agent_view *view)
{
    uint32_t index[2][GWSNMP_INDEX_MAX];
    size_t n[2] = {0, 0};
    size_t count = group->table.count(view);
    for (size_t row = 0; row < count; row++) {
        size_t this = row & 1, last = this ^ 1;
        n[this] = group->table.index(view, row, index[this]);
        if (row && gwsnmp_oid_compare(index[last], n[last], index[this], n[this]) >= 0)
            return false;
    }
    return true;
}

static void check_order(struct agent_view *view)
{
    static const struct {
        const struct gwsnmp_group *group;
        enum eog_group number;
        const char *name;
    } tables[] = {
        {&agent_group_kpi_summary, EOG_GROUP_KPI_SUMMARY, "eogKpiSummaryTable"},
        {&agent_group_kpi, EOG_GROUP_KPI, "eogKpiTable"},
        {&agent_group_product, EOG_GROUP_PRODUCT, "eogProductTable"},
        {&agent_group_alert, EOG_GROUP_ALERT, "eogAlertTable"},
        {&agent_group_top, EOG_GROUP_TOP, "eogTopTable"},
    };
    for (size_t i = 0; i < AGENT_COUNT(tables); i++) {
        view->has_sound_order[tables[i].number] = true;
        if (is_increasing(tables[i].group, view))
            continue;
        view->has_sound_order[tables[i].number] = false;
        log_error("agent", "rows out of order, table served empty table=%s generation=%llu",
                  tables[i].name, (unsigned long long)view->snapshot->generation);
    }
}

static void pin_now(struct agent_view *view)
{
    const struct snapshot *newest = snapshot_get(view->board);
    bool is_other = newest != view->snapshot;
    snapshot_put(view->snapshot);
    view->snapshot = newest;
    if (view->journal)
        journal_get_status(view->journal, &view->journal_status);
    view->has_sources = view->has_feeds = false;
    view->pinned_ms = view->now.mono_ms;
    view->is_pinned = true;
    if (is_other && newest)
        check_order(view);
}

const void *agent_view_pin(void *context, bool is_new, bool is_walk)
{
    struct agent_view *view = context;
    if (view->is_pinned && !is_new)
        return view;
    view->now = clock_read(view->clock);
    bool is_walked = view->is_pinned && view->now.mono_ms - view->walked_ms < AGENT_PIN_IDLE_MS &&
                     view->now.mono_ms - view->pinned_ms < AGENT_PIN_AGE_MS;
    if (!is_walked)
        pin_now(view);
    if (is_walk)
        view->walked_ms = view->now.mono_ms;
    return view;
}
