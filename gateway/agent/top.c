/* SPDX-License-Identifier: GPL-3.0-or-later */
/* eogTopTable: the top tens, live. The MIB's counts are of 32 bits; greater ones stay at the end.
 */
#include "gateway/agent/agent_internal.h"

static const uint32_t base[] = {EOG_TABLE_BASE(EOG_GROUP_TOP)};

static size_t count(const void *context)
{
    const struct agent_view *view = context;
    return view->snapshot && view->has_sound_order[EOG_GROUP_TOP] ? view->snapshot->n_tops : 0;
}

static size_t index_of(const void *context, size_t i, uint32_t *arcs)
{
    const struct agent_view *view = context;
    const struct top_row *row = &view->snapshot->tops[i];
    arcs[0] = row->period;
    arcs[1] = row->kind;
    arcs[2] = row->rank;
    return 3;
}

static uint32_t saturated(uint64_t n)
{
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static bool cell(const void *context, size_t i, uint32_t column, struct gwsnmp_value *out)
{
    const struct agent_view *view = context;
    const struct top_row *row = &view->snapshot->tops[i];

    switch (column) {
    case EOG_TOP_NAME:
        agent_set_text(out, row->name);
        return true;
    case EOG_TOP_COUNT:
        gwsnmp_set_gauge(out, saturated(row->count));
        return true;
    case EOG_TOP_ERROR:
        gwsnmp_set_gauge(out, saturated(row->error));
        return true;
    case EOG_TOP_SITE:
        agent_set_text(out, row->site);
        return true;
    }
    return false;
}

const struct gwsnmp_group agent_group_top = {
    .base = base,
    .n_base = AGENT_COUNT(base),
    .table = {EOG_TOP_NAME, EOG_TOP_SITE, count, index_of, cell},
};
