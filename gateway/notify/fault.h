/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_NOTIFY_FAULT_H
#define GATEWAY_NOTIFY_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/clock.h"
#include "gateway/base/slice.h"
#include "gateway/kpi/snapshot.h"
#include "gateway/schema/event.h"
#include "gateway/snmp/notification.h"

/**
 * A fault of the gateway itself, such as a disk that refuses. It is told without the journal, since
 * a full disk cannot journal that it is full. eogGatewayFault is sent as soon as it is seen, and
 * again when it gets worse or when somebody else is in it too; eogGatewayFaultCleared when all has
 * been fine for FAULT_CLEAR_HOLD_MS, so that a disk at its brink does not send a storm. What it
 * cost is journaled afterwards, as a gateway.error record.
 */
enum { FAULT_CLEAR_HOLD_MS = 2000, FAULT_REASON_MAX = 240, FAULT_WHO_MAX = 2048 };

struct fault {
    const char *name;   /* eogNotifyKpiKey */
    const char *advice; /* what to do about it */
    bool is_open;
    bool is_of_before;    /* open, and it was so when the gateway ended last */
    enum kpi_state state; /* while open: the worst since it was raised */
    enum kpi_state
        told_state;   /* the state that was sent last; KPI_OK: nothing, or that it cleared */
    int64_t since_ms; /* when it got as bad as state; wall clock */
    struct clock_reading raised, bad; /* when it was raised; when it was last seen bad */
    char reason[FAULT_REASON_MAX];
    char who[FAULT_WHO_MAX]; /* a list of words: all that were in it since it was raised (feeds) */
    bool has_another;        /* who has grown since it was sent last */
};

/* What a look at it found: state is KPI_OK, or how bad it is, with the reason. True when it opened
   or closed by that. */
bool fault_look(struct fault *fault, enum kpi_state state, const char *reason,
                struct clock_reading now);

/* Adds to an open one who is in it (a list of words); somebody new makes it worth sending again. */
void fault_join(struct fault *fault, struct slice who, struct clock_reading now);

/* Whether nothing is to be sent: what was sent last is how it is. */
bool fault_is_told(const struct fault *fault);
/* What is to be told now: eogGatewayFault or eogGatewayFaultCleared, with the objects of every
   notification. event is room to work in; all but it is borrowed until the notification is sent. */
void fault_build(const struct fault *fault, struct slice gateway, struct slice uid,
                 struct gw_event *event, struct gwsnmp_notification *out);

/* The record of a fault that is over: gateway.error, with message (borrowed) in words. */
void fault_record(const struct fault *fault, struct slice message, struct gw_event *event);

#endif
