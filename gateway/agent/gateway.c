/* SPDX-License-Identifier: GPL-3.0-or-later */
/* eogGateway: the gateway, and what is served now. */
#include "gateway/agent/agent_internal.h"

static const uint32_t base[] = {EOG_SCALARS_BASE(EOG_GROUP_GATEWAY)};

static enum kpi_state worst_state(const struct agent_view *view)
{
    const struct snapshot *snapshot = view->snapshot;
    enum kpi_state worst = agent_journal_state(view);
    if (!snapshot || !snapshot->n_summary)
        return kpi_state_worse(worst, KPI_UNKNOWN);
    for (size_t i = 0; i < snapshot->n_summary; i++)
        worst = kpi_state_worse(worst, snapshot->summary[i].worst);
    return worst;
}

static bool get(const void *context, uint32_t object, struct gwsnmp_value *out)
{
    const struct agent_view *view = context;
    const struct snapshot *snapshot = view->snapshot;

    switch (object) {
    case EOG_GATEWAY_NAME:
        agent_set_text(out, view->gateway_id);
        return true;
    case EOG_GATEWAY_VERSION:
        agent_set_text(out, view->version);
        return true;
    case EOG_GATEWAY_START_TIME:
        gwsnmp_set_date(out, view->start_ms);
        return true;
    case EOG_GATEWAY_GENERATION:
        gwsnmp_set_counter64(out, snapshot ? snapshot->generation : 0);
        return true;
    case EOG_GATEWAY_SNAPSHOT_TIME:
        gwsnmp_set_date(out, snapshot ? snapshot->taken_ms : 0);
        return true;
    case EOG_GATEWAY_TABLE_LAST_CHANGE:
        gwsnmp_set_date(out, snapshot ? snapshot->table_changed_ms : 0);
        return true;
    case EOG_GATEWAY_CATCHING_UP:
        gwsnmp_set_truth(out, !snapshot || snapshot->is_catching_up);
        return true;
    case EOG_GATEWAY_WORST_STATE:
        agent_set_state(out, worst_state(view));
        return true;
    case EOG_GATEWAY_OPEN_ALERTS:
        gwsnmp_set_gauge(out, snapshot ? snapshot->n_alerts : 0);
        return true;
    }
    return false;
}

const struct gwsnmp_group agent_group_gateway = {
    .base = base,
    .n_base = AGENT_COUNT(base),
    .n_objects = EOG_GATEWAY_OPEN_ALERTS,
    .scalars = {get},
};
