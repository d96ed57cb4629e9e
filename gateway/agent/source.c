/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * eogSourceTable: senders. Their counters are live; the list of them only grows, in order of first
 * sight, so it is sorted when a moment that asks for it finds new ones.
 */
#include "gateway/agent/agent_internal.h"

#include <stdlib.h>
#include <string.h>

static const uint32_t base[] = {EOG_TABLE_BASE(EOG_GROUP_SOURCE)};

static int compare(const void *a, const void *b)
{
    const struct stats_source *x = *(struct stats_source *const *)a,
                              *y = *(struct stats_source *const *)b;
    int order = snapshot_compare_scope(x->peer, y->peer);
    return order ? order : (int)x->transport - (int)y->transport;
}

static void refresh(struct agent_view *view)
{
    size_t n = view->n_sources;
    view->n_sources +=
        stats_list_sources(view->stats, n, view->sources + n, STATS_SOURCES_MAX + 1 - n);
    if (view->n_sources > n)
        qsort(view->sources, view->n_sources, sizeof *view->sources, compare);
    view->has_sources = true;
}

/* The view that callbacks get is constant to them, but for lists that are made when asked for. */
static const struct agent_view *view_of(const void *context)
{
    struct agent_view *view = (struct agent_view *)(uintptr_t)context;
    if (!view->has_sources)
        refresh(view);
    return view;
}

static size_t count(const void *context)
{
    return view_of(context)->n_sources;
}

static size_t index_of(const void *context, size_t i, uint32_t *arcs)
{
    const struct stats_source *row = view_of(context)->sources[i];
    size_t n = gwsnmp_index_text(arcs, GWSNMP_INDEX_MAX - 1, slice_from(row->peer));
    arcs[n] = (uint32_t)row->transport;
    return n + 1;
}

static bool cell(const void *context, size_t i, uint32_t column, struct gwsnmp_value *out)
{
    const struct stats_source *row = view_of(context)->sources[i],
                              *via = atomic_load_explicit(&row->via, memory_order_relaxed);

    switch (column) {
    case EOG_SOURCE_ADDRESS:
        agent_set_text(out, row->peer);
        return true;
    case EOG_SOURCE_TRANSPORT_NAME:
        agent_set_text(out, gw_transport_name(row->transport));
        return true;
    case EOG_SOURCE_RECEIVED:
        gwsnmp_set_counter64(out, stats_read(&row->received));
        return true;
    case EOG_SOURCE_UNCLASSIFIED:
        gwsnmp_set_counter64(out, stats_read(&row->unclassified));
        return true;
    case EOG_SOURCE_MALFORMED:
        gwsnmp_set_counter64(out, stats_read(&row->malformed));
        return true;
    case EOG_SOURCE_DROPPED:
        gwsnmp_set_counter64(out, stats_read(&row->dropped));
        return true;
    case EOG_SOURCE_LAST_SEEN:
        gwsnmp_set_date(out, (int64_t)stats_read(&row->last_seen_ms));
        return true;
    case EOG_SOURCE_VIA:
        agent_set_text(out, via ? via->peer : "");
        return true;
    case EOG_SOURCE_RELAYED:
        gwsnmp_set_counter64(out, stats_read(&row->relayed));
        return true;
    }
    return false;
}

const struct gwsnmp_group agent_group_source = {
    .base = base,
    .n_base = AGENT_COUNT(base),
    .table = {EOG_SOURCE_ADDRESS, EOG_SOURCE_RELAYED, count, index_of, cell},
};
