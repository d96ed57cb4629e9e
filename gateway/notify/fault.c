/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *            bad                                   fine for FAULT_CLEAR_HOLD_MS
 *   closed ─────────► open: raised, worst state ──────────────────────────────► closed
 *                        └── bad: its time, reason and worst state are renewed
 *
 * told_state is what the sinks were told last. While it differs from the state now, telling them is
 * tried at each look.
 */
#include "gateway/notify/fault.h"

#include <stdio.h>
#include <string.h>

#include "gateway/notify/build.h"
#include "gateway/snmp/eog_mib.h"

bool fault_look(struct fault *fault, enum kpi_state state, const char *reason,
                struct clock_reading now)
{
    if (state == KPI_OK) {
        if (!fault->is_open || now.mono_ms - fault->bad.mono_ms < FAULT_CLEAR_HOLD_MS)
            return false;
        fault->is_open = false;
        return true;
    }
    bool opens = !fault->is_open;
    if (opens) {
        fault->is_open = true;
        fault->is_of_before = false;
        fault->raised = now;
        fault->who[0] = '\0';
    }
    enum kpi_state worst = opens ? state : kpi_state_worse(fault->state, state);
    if (opens || worst != fault->state)
        fault->since_ms = now.wall_ms;
    fault->state = worst;
    fault->bad = now;
    snprintf(fault->reason, sizeof fault->reason, "%s", reason);
    return opens;
}

static bool has_word(struct slice list, struct slice wanted)
{
    struct slice word;
    while (slice_next_word(&list, &word))
        if (slice_equal(word, wanted))
            return true;
    return false;
}

void fault_join(struct fault *fault, struct slice who, struct clock_reading now)
{
    struct slice word;
    bool is_known = fault->is_of_before && !fault->who[0]; /* to who was told before */
    while (fault->is_open && slice_next_word(&who, &word)) {
        size_t n = strlen(fault->who);
        if (has_word(slice_of(fault->who, n), word) || n + word.n + 2 > sizeof fault->who)
            continue;
        snprintf(fault->who + n, sizeof fault->who - n, "%.*s ", SLICE_FMT(word));
        if (is_known)
            continue;
        fault->has_another = true;
        fault->since_ms = now.wall_ms;
    }
}

static enum kpi_state state_now(const struct fault *fault)
{
    return fault->is_open ? fault->state : KPI_OK;
}

bool fault_is_told(const struct fault *fault)
{
    return fault->told_state == state_now(fault) && !(fault->is_open && fault->has_another);
}

void fault_build(const struct fault *fault, struct slice gateway, struct slice uid,
                 struct gw_event *event, struct gwsnmp_notification *out)
{
    bool is_raised = fault->is_open;
    gw_event_clear(event);
    event->kind = GW_KIND_GATEWAY_ERROR;
    event->time_ms = is_raised ? fault->since_ms : fault->bad.wall_ms;
    gw_event_set_text(event, GW_FIELD_KPI_KEY, slice_from(fault->name));
    gw_event_set_text(event, GW_FIELD_KPI_SCOPE, gateway);
    gw_event_set_text(event, GW_FIELD_KPI_SCOPE_NAME, gateway);
    gw_event_set_int(event, GW_FIELD_KPI_OLD_STATE, fault->told_state);
    gw_event_set_int(event, GW_FIELD_KPI_STATE, state_now(fault));
    gw_event_set_text(event, GW_FIELD_REASON, slice_from(fault->reason));
    if (is_raised)
        gw_event_set_text(event, GW_FIELD_ADVICE, slice_from(fault->advice));
    notify_fill(is_raised ? EOG_NOTIFICATION_GATEWAY_FAULT : EOG_NOTIFICATION_GATEWAY_FAULT_CLEARED,
                event, gateway, uid, out);
}

void fault_record(const struct fault *fault, struct slice message, struct gw_event *event)
{
    gw_event_clear(event);
    event->kind = GW_KIND_GATEWAY_ERROR;
    event->severity = fault->state == KPI_CRITICAL ? GW_SEVERITY_CRITICAL : GW_SEVERITY_MEDIUM;
    event->time_ms = fault->raised.wall_ms;
    event->received_ms = fault->bad.wall_ms;
    gw_event_set_text(event, GW_FIELD_EVENT_CODE, slice_from(fault->name));
    gw_event_set_text(event, GW_FIELD_MESSAGE, message);
}
