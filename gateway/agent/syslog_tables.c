/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * syslogMsgControl, syslogMsgTable and syslogMsgSDTable over one picture of the ring. It is taken
 * when a table first asks in its moment: a GET of anything else costs nothing.
 * Source: RFC 5676 section 7 (the MIB module was read whole; the other sections were not). Of its
 * compliances this is syslogMsgReadOnlyCompliance: what is read-write there is set in eogd.xml.
 */
#include "gateway/agent/syslog_tables.h"

#include <stdlib.h>

#include "gateway/agent/agent_internal.h"

void syslog_view_init(struct syslog_view *view, struct syslog_ring *ring, const struct clock *clock,
                      bool has_notifications)
{
    *view = (struct syslog_view){.ring = ring, .clock = clock};
    atomic_init(&view->has_notifications, has_notifications);
    view->rows = gw_alloc(ring->max * sizeof *view->rows);
    view->params_before = gw_alloc((ring->max + 1) * sizeof *view->params_before);
}

static void release(struct syslog_row **rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        syslog_row_put(rows[i]);
    free(rows);
}

void syslog_view_fini(struct syslog_view *view)
{
    release(view->rows, view->n);
    free(view->params_before);
}

const void *syslog_view_pin(void *context, bool is_new, bool is_walk, uint64_t asker)
{
    struct syslog_view *view = context;
    (void)asker;
    if (view->is_pinned && !is_new)
        return view;
    int64_t now_ms = clock_read(view->clock).mono_ms;
    bool is_walked = view->is_pinned && now_ms - view->walked_ms < AGENT_PIN_IDLE_MS &&
                     now_ms - view->pinned_ms < AGENT_PIN_AGE_MS;
    if (!is_walked) {
        view->pinned_ms = now_ms;
        view->is_pinned = view->is_stale = true;
    }
    if (is_walk)
        view->walked_ms = now_ms;
    return view;
}

static void refresh(struct syslog_view *view)
{
    struct syslog_row **rows = gw_alloc(view->ring->max * sizeof *rows);
    size_t n;
    view->is_stale = false;
    if (!syslog_ring_picture(view->ring, &view->added, rows, &n)) {
        free(rows);
        return;
    }
    release(view->rows, view->n);
    view->rows = rows;
    view->n = n;
    for (size_t i = 0; i < n; i++)
        view->params_before[i + 1] = view->params_before[i] + rows[i]->n_params;
}

/* The view that callbacks get is constant to them, but for the picture, taken when asked for. */
static const struct syslog_view *view_of(const void *context)
{
    struct syslog_view *view = (struct syslog_view *)(uintptr_t)context;
    if (view->is_stale)
        refresh(view);
    return view;
}

/* ---- syslogMsgControl ---- */

static const uint32_t control_base[] = {SYSLOG_MIB_ARCS, SYSLOG_MIB_OBJECTS, SYSLOG_MIB_CONTROL};

static bool get(const void *context, uint32_t object, struct gwsnmp_value *out)
{
    const struct syslog_view *view = context;
    if (object == SYSLOG_CONTROL_MAX_SIZE)
        gwsnmp_set_gauge(out, view->ring->max);
    else
        gwsnmp_set_truth(out, atomic_load(&view->has_notifications));
    return true;
}

static const struct gwsnmp_group control = {
    .base = control_base,
    .n_base = AGENT_COUNT(control_base),
    .n_objects = SYSLOG_CONTROL_ENABLE_NOTIFICATIONS,
    .scalars = {get},
};

/* ---- syslogMsgTable ---- */

static const uint32_t messages_base[] = {SYSLOG_MIB_ARCS, SYSLOG_MIB_OBJECTS, SYSLOG_MIB_MESSAGES,
                                         1};

/* Any octets, of the length they have: gwsnmp_set_text() is for texts of 255. */
static void set_octets(struct gwsnmp_value *out, struct slice octets)
{
    out->type = GWSNMP_OCTETS;
    out->octets = octets;
}

bool syslog_row_cell(const struct syslog_row *row, uint32_t column, struct gwsnmp_value *out)
{
    switch (column) {
    case SYSLOG_MSG_FACILITY:
        gwsnmp_set_integer(out, row->facility);
        return true;
    case SYSLOG_MSG_SEVERITY:
        gwsnmp_set_integer(out, row->severity);
        return true;
    case SYSLOG_MSG_VERSION:
        gwsnmp_set_gauge(out, row->version);
        return true;
    case SYSLOG_MSG_TIMESTAMP:
        set_octets(out, slice_of(row->time, row->n_time));
        return true;
    case SYSLOG_MSG_HOSTNAME:
        set_octets(out, row->hostname);
        return true;
    case SYSLOG_MSG_APPNAME:
        set_octets(out, row->appname);
        return true;
    case SYSLOG_MSG_PROCID:
        set_octets(out, row->procid);
        return true;
    case SYSLOG_MSG_MSGID:
        set_octets(out, row->msgid);
        return true;
    case SYSLOG_MSG_SD_PARAMS:
        gwsnmp_set_gauge(out, row->n_sent);
        return true;
    case SYSLOG_MSG_MSG:
        set_octets(out, row->msg);
        return true;
    }
    return false;
}

static size_t count_messages(const void *context)
{
    return view_of(context)->n;
}

static size_t index_of_message(const void *context, size_t i, uint32_t *arcs)
{
    arcs[0] = view_of(context)->rows[i]->index;
    return 1;
}

static bool message_cell(const void *context, size_t i, uint32_t column, struct gwsnmp_value *out)
{
    return syslog_row_cell(view_of(context)->rows[i], column, out);
}

static const struct gwsnmp_group messages = {
    .base = messages_base,
    .n_base = AGENT_COUNT(messages_base),
    .table = {SYSLOG_MSG_FACILITY, SYSLOG_MSG_MSG, count_messages, index_of_message, message_cell},
};

/* ---- syslogMsgSDTable ---- */

static const uint32_t params_base[] = {SYSLOG_MIB_ARCS, SYSLOG_MIB_OBJECTS, SYSLOG_MIB_PARAMS, 1};

size_t syslog_row_param_index(const struct syslog_row *row, size_t i, uint32_t *arcs)
{
    const struct syslog_param *param = &row->params[i];
    size_t n = 0;
    arcs[n++] = row->index;
    arcs[n++] = (uint32_t)i + 1;
    n += gwsnmp_index_text(arcs + n, GWSNMP_INDEX_MAX - n, param->id);
    return n + gwsnmp_index_text(arcs + n, GWSNMP_INDEX_MAX - n, param->name);
}

/* Whose the i-th parameter of all is; *i becomes its number there. */
static const struct syslog_row *row_of_param(const struct syslog_view *view, size_t *i)
{
    size_t low = 0, high = view->n - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (view->params_before[middle + 1] <= *i)
            low = middle + 1;
        else
            high = middle;
    }
    *i -= view->params_before[low];
    return view->rows[low];
}

static size_t count_params(const void *context)
{
    const struct syslog_view *view = view_of(context);
    return view->params_before[view->n];
}

static size_t index_of_param(const void *context, size_t i, uint32_t *arcs)
{
    const struct syslog_row *row = row_of_param(view_of(context), &i);
    return syslog_row_param_index(row, i, arcs);
}

static bool param_cell(const void *context, size_t i, uint32_t column, struct gwsnmp_value *out)
{
    const struct syslog_row *row = row_of_param(view_of(context), &i);
    set_octets(out, row->params[i].value);
    return column == SYSLOG_SD_PARAM_VALUE;
}

static const struct gwsnmp_group params = {
    .base = params_base,
    .n_base = AGENT_COUNT(params_base),
    .table = {SYSLOG_SD_PARAM_VALUE, SYSLOG_SD_PARAM_VALUE, count_params, index_of_param,
              param_cell},
};

/* ---- all ---- */

static const struct gwsnmp_group *const groups[] = {&control, &messages, &params};
const struct gwsnmp_mib syslog_mib = {groups, AGENT_COUNT(groups)};
