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
 * a full disk cannot journal that it is full: eogGatewayFault as soon as it is seen, and once more
 * when it gets worse or has another; eogGatewayFaultCleared when it has been fine for
 * FAULT_CLEAR_HOLD_MS, so that a disk at its brink does not send a storm. What it cost is journaled
 * afterwards, as a gateway.error record.
 */
enum { FAULT_CLEAR_HOLD_MS = 2000, FAULT_REASON_MAX = 240, FAULT_WHO_MAX = 2048 };

struct fault {
    const char *name;   /* eogNotifyKpiKey */
    const char *advice; /* what to do about it */
    bool is_open;
    bool is_of_before;                /* it was raised before the gateway was started */
    enum kpi_state state;             /* while open: the worst since it was raised */
    enum kpi_state told_state;        /* as the world was told last; KPI_OK: of none */
    int64_t since_ms;                 /* when it got as bad; wall clock */
    struct clock_reading raised, bad; /* when it was raised; when it was last bad */
    char reason[FAULT_REASON_MAX];
    char who[FAULT_WHO_MAX]; /* who was in it since it was raised: words */
    bool has_another;        /* that the world does not know of */
};

/* Look once more: state is KPI_OK, or how bad it is, with the reason. Returns true when it opened
   or closed by that. */
bool fault_look(struct fault *fault, enum kpi_state state, const char *reason,
                struct clock_reading now);

/* Who (words, a list) is in an open one; another is told of. */
void fault_join(struct fault *fault, struct slice who, struct clock_reading now);

/* Whether the world knows as much. */
bool fault_is_told(const struct fault *fault);
/* What is to be told now: eogGatewayFault or eogGatewayFaultCleared, with the objects of every
   notification. event is room to work in; all but it is borrowed until the notification is sent. */
void fault_build(const struct fault *fault, struct slice gateway, struct slice uid,
                 struct gw_event *event, struct gwsnmp_notification *out);

/* The record of a fault that is over: gateway.error, with message (borrowed) in words. */
void fault_record(const struct fault *fault, struct slice message, struct gw_event *event);

#endif
