/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_NOTIFY_NOTIFY_H
#define GATEWAY_NOTIFY_NOTIFY_H

#include <stdbool.h>

#include "gateway/base/buf.h"
#include "gateway/journal/journal.h"
#include "gateway/kpi/snapshot.h"
#include "gateway/snmp/notification.h"
#include "gateway/stats/stats.h"

/**
 * Tells the world of alerts, and of the gateway's own faults (fault.h), which no record can bring:
 * a reader of the journal with a cursor of its own ("notify") that makes an SNMP notification of
 * each alert record. The cursor moves on when every sink is done with it: the trap is on the wire,
 * the inform is acknowledged or given up. So a restart tells what was not told; to the other sinks
 * it may tell it twice, with the same eogNotifyUid. A sink that is dead delays nobody: its informs
 * wait in a queue of its own. On its first start it begins with what comes from then on.
 */
struct notify;

struct notify_options {
    const char *gateway_id; /* borrowed for notify's life */
    const char *state_dir;  /* where it is kept which faults were told; NULL: nowhere */
    bool tells_changes;     /* eogKpiStateChange too, for kpi.changed records */
    /* Hands one to the SNMP thread: GW_OK when it is on the wire; else it is tried again. The agent
       is a room of the same rank, so its function is handed in. */
    int (*send)(void *context, const struct gwsnmp_notification *notification, int timeout_ms);
    void *send_context;
    /* The number (a record's sequence) of the oldest notification that still waits for a sink; 0:
       none. The cursor stays before it, so that a restart tells it again, unless that alone would
       keep records beyond retention. NULL: none ever waits. */
    uint64_t (*oldest_waiting)(void *context);
    const struct stats *stats; /* what a fault cost is read from it; NULL: is not told */
    /* How bad it is with the feeds, a room of the same rank, which (words, appended to who), and
       why. NULL: there are none. */
    enum kpi_state (*feeds_state)(void *context, struct buf *who, char *reason, size_t size);
    void *feeds_context;
};

/* GW_OK, or the journal's error. The journal and what send_context points to outlive it. */
int notify_start(const struct notify_options *options, struct journal *journal,
                 struct notify **out);
/* NULL is fine. */
void notify_stop(struct notify *notify);

#endif
