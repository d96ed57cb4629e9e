/* SPDX-License-Identifier: GPL-3.0-or-later */
/* eogTopTable: the top tens, live. */
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

static bool cell(const void *context, size_t i, uint32_t column, struct gwsnmp_value *out)
{
    const struct agent_view *view = context;
    const struct top_row *row = &view->snapshot->tops[i];

    switch (column) {
    case EOG_TOP_NAME:
        agent_set_text(out, row->name);
        return true;
    case EOG_TOP_COUNT:
        gwsnmp_set_gauge(out, row->count);
        return true;
    }
    return false;
}

const struct gwsnmp_group agent_group_top = {
    .base = base,
    .n_base = AGENT_COUNT(base),
    .table = {EOG_TOP_NAME, EOG_TOP_COUNT, count, index_of, cell},
};
