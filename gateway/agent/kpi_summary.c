/* SPDX-License-Identifier: GPL-3.0-or-later */
/* eogKpiSummaryTable: one row for each indicator of the catalogue. */
#include "gateway/agent/agent_internal.h"

static const uint32_t base[] = {EOG_TABLE_BASE(EOG_GROUP_KPI_SUMMARY)};

static size_t count(const void *context)
{
    const struct agent_view *view = context;
    return view->snapshot && view->has_sound_order[EOG_GROUP_KPI_SUMMARY]
               ? view->snapshot->n_summary
               : 0;
}

static size_t index_of(const void *context, size_t i, uint32_t *arcs)
{
    const struct agent_view *view = context;
    const struct kpi_summary_row *row = &view->snapshot->summary[i];
    arcs[0] = row->kpi;
    return 1;
}

static bool cell(const void *context, size_t i, uint32_t column, struct gwsnmp_value *out)
{
    const struct agent_view *view = context;
    const struct kpi_summary_row *row = &view->snapshot->summary[i];

    switch (column) {
    case EOG_KPI_SUMMARY_KEY:
        agent_set_text(out, row->key);
        return true;
    case EOG_KPI_SUMMARY_NAME:
        agent_set_text(out, row->name);
        return true;
    case EOG_KPI_SUMMARY_NAME_ZH:
        agent_set_text(out, row->name_zh);
        return true;
    case EOG_KPI_SUMMARY_CATEGORY:
        agent_set_text(out, row->category);
        return true;
    case EOG_KPI_SUMMARY_WORST_STATE:
        agent_set_state(out, row->worst);
        return true;
    case EOG_KPI_SUMMARY_OK:
        gwsnmp_set_gauge(out, row->ok);
        return true;
    case EOG_KPI_SUMMARY_WARNING:
        gwsnmp_set_gauge(out, row->warning);
        return true;
    case EOG_KPI_SUMMARY_CRITICAL:
        gwsnmp_set_gauge(out, row->critical);
        return true;
    case EOG_KPI_SUMMARY_UNKNOWN:
        gwsnmp_set_gauge(out, row->unknown);
        return true;
    case EOG_KPI_SUMMARY_WORST_SCOPE:
        agent_set_text(out, row->worst_scope);
        return true;
    case EOG_KPI_SUMMARY_LAST_CHANGE:
        gwsnmp_set_date(out, row->changed_ms);
        return true;
    case EOG_KPI_SUMMARY_ADVICE:
        agent_set_text(out, row->advice);
        return true;
    case EOG_KPI_SUMMARY_ADVICE_ZH:
        agent_set_text(out, row->advice_zh);
        return true;
    }
    return false;
}

const struct gwsnmp_group agent_group_kpi_summary = {
    .base = base,
    .n_base = AGENT_COUNT(base),
    .table = {EOG_KPI_SUMMARY_KEY, EOG_KPI_SUMMARY_ADVICE_ZH, count, index_of, cell},
};
