/* SPDX-License-Identifier: GPL-3.0-or-later */
/* eogAlertTable: alerts that are open. */
#include "gateway/agent/agent_internal.h"

static const uint32_t base[] = {EOG_TABLE_BASE(EOG_GROUP_ALERT)};

static size_t count(const void *context)
{
    const struct agent_view *view = context;
    return view->snapshot && view->has_sound_order[EOG_GROUP_ALERT] ? view->snapshot->n_alerts : 0;
}

static size_t index_of(const void *context, size_t i, uint32_t *arcs)
{
    const struct agent_view *view = context;
    const struct alert_row *row = &view->snapshot->alerts[i];
    arcs[0] = row->id;
    return 1;
}

/* The newest uids that fit, each whole: one without its end would be another record's. Each begins
   with the gateway's id, which may have blanks. */
static struct slice newest(const struct agent_view *view, struct slice uids)
{
    struct slice id = slice_from(view->gateway_id);
    size_t at = uids.n > GWSNMP_TEXT_MAX ? uids.n - GWSNMP_TEXT_MAX : 0;
    while (at && at < uids.n &&
           !(uids.p[at - 1] == ' ' && slice_starts_with(slice_skip(uids, at), id)))
        at++;
    return slice_skip(uids, at);
}

static bool cell(const void *context, size_t i, uint32_t column, struct gwsnmp_value *out)
{
    const struct agent_view *view = context;
    const struct alert_row *row = &view->snapshot->alerts[i];

    switch (column) {
    case EOG_ALERT_NUMBER:
        gwsnmp_set_gauge(out, row->id);
        return true;
    case EOG_ALERT_KPI_NUMBER:
        gwsnmp_set_gauge(out, row->kpi);
        return true;
    case EOG_ALERT_KPI_KEY:
        agent_set_text(out, row->key);
        return true;
    case EOG_ALERT_SCOPE:
        agent_set_text(out, row->scope);
        return true;
    case EOG_ALERT_SCOPE_NAME:
        agent_set_text(out, row->scope_name);
        return true;
    case EOG_ALERT_STATE:
        agent_set_state(out, row->state);
        return true;
    case EOG_ALERT_WORST_STATE:
        agent_set_state(out, row->worst);
        return true;
    case EOG_ALERT_VALUE:
        gwsnmp_set_integer(out, row->value);
        return true;
    case EOG_ALERT_VALUE_TEXT:
        agent_set_text(out, row->value_text);
        return true;
    case EOG_ALERT_REASON:
        agent_set_text(out, row->reason);
        return true;
    case EOG_ALERT_ADVICE:
        agent_set_text(out, row->advice);
        return true;
    case EOG_ALERT_OPENED:
        gwsnmp_set_date(out, row->opened_ms);
        return true;
    case EOG_ALERT_LAST_CHANGE:
        gwsnmp_set_date(out, row->changed_ms);
        return true;
    case EOG_ALERT_IS_ACKNOWLEDGED:
        gwsnmp_set_truth(out, row->is_acknowledged);
        return true;
    case EOG_ALERT_ACK_NAME:
        agent_set_text(out, row->ack_name);
        return true;
    case EOG_ALERT_ACK_NOTE:
        agent_set_text(out, row->ack_note);
        return true;
    case EOG_ALERT_IS_UNVERIFIED:
        gwsnmp_set_truth(out, row->is_unverified);
        return true;
    case EOG_ALERT_EVIDENCE:
        gwsnmp_set_text(out, newest(view, slice_from(row->evidence)));
        return true;
    case EOG_ALERT_ORIGIN:
        agent_set_text(out, row->origin);
        return true;
    case EOG_ALERT_EVENTS:
        gwsnmp_set_gauge(out, row->events);
        return true;
    }
    return false;
}

const struct gwsnmp_group agent_group_alert = {
    .base = base,
    .n_base = AGENT_COUNT(base),
    .table = {EOG_ALERT_NUMBER, EOG_ALERT_EVENTS, count, index_of, cell},
};
