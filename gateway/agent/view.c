/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pinned moments that all tables read. Pinning is a reference and a copy of the journal's
 * status; longer lists are made only when a table asks. A snapshot's rows are checked once for
 * strictly increasing indexes: a table that does not increase would send managers round in circles,
 * so it is served empty and logged.
 */
#include "gateway/agent/agent_internal.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/log.h"

static void init_one(struct agent_view *view)
{
    view->is_pinned = false;
    view->snapshot = NULL;
    view->sources = gw_alloc((STATS_SOURCES_MAX + 1) * sizeof *view->sources);
}

void agent_view_init(struct agent_view *view)
{
    view->walks = NULL;
    struct agent_view *walks = gw_alloc(AGENT_WALKS_MAX * sizeof *walks);
    for (size_t i = 0; i < AGENT_WALKS_MAX; i++) {
        walks[i] = *view;
        init_one(&walks[i]);
    }
    view->walks = walks;
    view->last = NULL;
    init_one(view);
}

static void release(struct agent_view *view)
{
    snapshot_put(view->snapshot);
    view->snapshot = NULL;
    view->is_pinned = false;
}

static void fini_one(struct agent_view *view)
{
    release(view);
    free(view->sources);
    view->sources = NULL;
}

void agent_view_fini(struct agent_view *view)
{
    for (size_t i = 0; i < AGENT_WALKS_MAX; i++)
        fini_one(&view->walks[i]);
    free(view->walks);
    view->walks = NULL;
    fini_one(view);
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

/* first: the view that looks at a snapshot's order for all of them. */
static void pin_now(struct agent_view *view, const struct agent_view *first)
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
    if (!is_other || !newest)
        return;
    if (view != first && newest == first->snapshot)
        memcpy(view->has_sound_order, first->has_sound_order, sizeof view->has_sound_order);
    else
        check_order(view);
}

/* ---- walks ---- */

/* Lets go what is over, so that no snapshot is held for it. */
static void end_walks(struct agent_view *view)
{
    for (size_t i = 0; i < AGENT_WALKS_MAX; i++) {
        struct agent_view *walk = &view->walks[i];
        bool is_walked = walk->is_pinned &&
                         view->now.mono_ms - walk->walked_ms < AGENT_PIN_IDLE_MS &&
                         view->now.mono_ms - walk->pinned_ms < AGENT_PIN_AGE_MS;
        if (!is_walked)
            release(walk);
    }
}

static struct agent_view *walk_of(struct agent_view *view, uint64_t asker)
{
    for (size_t i = 0; i < AGENT_WALKS_MAX; i++)
        if (view->walks[i].is_pinned && view->walks[i].asker == asker)
            return &view->walks[i];
    return NULL;
}

/* A free place, or that of the walk that was quiet for longest. */
static struct agent_view *begin_walk(struct agent_view *view, uint64_t asker)
{
    struct agent_view *walk = &view->walks[0];
    for (size_t i = 1; i < AGENT_WALKS_MAX && walk->is_pinned; i++)
        if (!view->walks[i].is_pinned || view->walks[i].walked_ms < walk->walked_ms)
            walk = &view->walks[i];
    walk->asker = asker;
    walk->now = view->now;
    pin_now(walk, view);
    return walk;
}

const void *agent_view_pin(void *context, bool is_new, bool is_walk, uint64_t asker)
{
    struct agent_view *view = context;
    if (view->last && !is_new)
        return view->last;
    view->now = clock_read(view->clock);
    end_walks(view);
    struct agent_view *walk = is_walk || asker ? walk_of(view, asker) : NULL;
    if (!walk)
        pin_now(view, view);
    if (!walk && is_walk)
        walk = begin_walk(view, asker);
    if (is_walk)
        walk->walked_ms = view->now.mono_ms;
    if (walk)
        walk->now = view->now;
    view->last = walk ? walk : view;
    return view->last;
}
