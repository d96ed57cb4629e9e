/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_NOTIFY_NOTIFY_H
#define GATEWAY_NOTIFY_NOTIFY_H

#include <stdbool.h>

#include "gateway/journal/journal.h"
#include "gateway/snmp/notification.h"

/**
 * Tells the world of alerts: a reader of the journal with a cursor of its own ("notify") that makes
 * an SNMP notification of each alert record. The cursor moves on when the SNMP thread has put it on
 * the wire for every sink, so that a restart tells what was not told. A sink that is dead delays
 * nobody: a trap is not answered. On its first start it begins with what comes from then on.
 */
struct notify;

struct notify_options {
    const char *gateway_id; /* borrowed for notify's life */
    bool tells_changes;     /* eogKpiStateChange too, for kpi.changed records */
    /* Hands one to the SNMP thread: GW_OK when it is on the wire; else it is tried again. The agent
       is a room of the same rank, so its function is handed in. */
    int (*send)(void *context, const struct gwsnmp_notification *notification, int timeout_ms);
    void *send_context;
};

/* GW_OK, or the journal's error. The journal and what send_context points to outlive it. */
int notify_start(const struct notify_options *options, struct journal *journal,
                 struct notify **out);
/* NULL is fine. */
void notify_stop(struct notify *notify);

#endif
