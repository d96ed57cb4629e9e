/* SPDX-License-Identifier: GPL-3.0-or-later */
/* eogKpiTable: one row for each indicator and scope. */
#include "gateway/agent/agent_internal.h"

static const uint32_t base[] = {EOG_TABLE_BASE(EOG_GROUP_KPI)};

static size_t count(const void *context)
{
    const struct agent_view *view = context;
    return view->snapshot && view->has_sound_order[EOG_GROUP_KPI] ? view->snapshot->n_kpis : 0;
}

static size_t index_of(const void *context, size_t i, uint32_t *arcs)
{
    const struct agent_view *view = context;
    const struct kpi_row *row = &view->snapshot->kpis[i];
    arcs[0] = row->kpi;
    return 1 + gwsnmp_index_text(arcs + 1, GWSNMP_INDEX_MAX - 1, slice_from(row->scope));
}

static bool cell(const void *context, size_t i, uint32_t column, struct gwsnmp_value *out)
{
    const struct agent_view *view = context;
    const struct kpi_row *row = &view->snapshot->kpis[i];

    switch (column) {
    case EOG_KPI_NUMBER:
        gwsnmp_set_gauge(out, row->kpi);
        return true;
    case EOG_KPI_KEY:
        agent_set_text(out, row->about->key);
        return true;
    case EOG_KPI_SCOPE_KEY:
        agent_set_text(out, row->scope);
        return true;
    case EOG_KPI_SCOPE_NAME:
        agent_set_text(out, row->scope_name);
        return true;
    case EOG_KPI_STATE:
        agent_set_state(out, row->state);
        return true;
    case EOG_KPI_VALUE:
        gwsnmp_set_integer(out, row->value);
        return true;
    case EOG_KPI_VALUE_TEXT:
        agent_set_text(out, row->value_text);
        return true;
    case EOG_KPI_UNIT:
        agent_set_text(out, row->about->unit);
        return true;
    case EOG_KPI_WARNING_LEVEL:
        gwsnmp_set_integer(out, row->warning);
        return true;
    case EOG_KPI_CRITICAL_LEVEL:
        gwsnmp_set_integer(out, row->critical);
        return true;
    case EOG_KPI_SINCE:
        gwsnmp_set_date(out, row->since_ms);
        return true;
    case EOG_KPI_LAST_CHANGE:
        gwsnmp_set_date(out, row->changed_ms);
        return true;
    case EOG_KPI_REASON:
        agent_set_text(out, row->reason);
        return true;
    case EOG_KPI_ADVICE:
        agent_set_text(out, row->about->advice);
        return true;
    case EOG_KPI_EVENTS:
        gwsnmp_set_gauge(out, row->events);
        return true;
    }
    return false;
}

const struct gwsnmp_group agent_group_kpi = {
    .base = base,
    .n_base = AGENT_COUNT(base),
    .table = {EOG_KPI_NUMBER, EOG_KPI_EVENTS, count, index_of, cell},
};
