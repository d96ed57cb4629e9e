/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_AGENT_SYSLOG_TABLES_H
#define GATEWAY_AGENT_SYSLOG_TABLES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateway/agent/syslog_ring.h"
#include "gateway/base/clock.h"
#include "gateway/snmp/mib.h"

/** SYSLOG-MSG-MIB, below mib-2 192: numbers of its objects (RFC 5676 section 7). */
#define SYSLOG_MIB_ARCS 1, 3, 6, 1, 2, 1, 192
enum {
    SYSLOG_MIB_NOTIFICATIONS = 0,
    SYSLOG_MIB_OBJECTS = 1,
    SYSLOG_MIB_CONTROL = 1, /* below the objects */
    SYSLOG_MIB_MESSAGES = 2,
    SYSLOG_MIB_PARAMS = 3,
    SYSLOG_NOTIFICATION = 1
};
enum { SYSLOG_CONTROL_MAX_SIZE = 1, SYSLOG_CONTROL_ENABLE_NOTIFICATIONS };
enum {
    SYSLOG_MSG_FACILITY = 2,
    SYSLOG_MSG_SEVERITY,
    SYSLOG_MSG_VERSION,
    SYSLOG_MSG_TIMESTAMP,
    SYSLOG_MSG_HOSTNAME,
    SYSLOG_MSG_APPNAME,
    SYSLOG_MSG_PROCID,
    SYSLOG_MSG_MSGID,
    SYSLOG_MSG_SD_PARAMS,
    SYSLOG_MSG_MSG,
    SYSLOG_SD_PARAM_VALUE = 4
};

/**
 * What the tables read: a picture of the ring, kept while a walk is under way by the rules of
 * agent_view_pin(), whoever walks: there may be much in it. On the SNMP thread alone.
 */
struct syslog_view {
    /* Set once; they outlive the view. */
    struct syslog_ring *ring;
    const struct clock *clock;
    atomic_bool has_notifications; /* syslogMsgEnableNotifications; any thread may set it */

    bool is_pinned, is_stale;
    int64_t pinned_ms, walked_ms; /* monotonic */
    uint64_t added;
    struct syslog_row **rows;
    size_t n;
    size_t *params_before; /* of rows before the i-th: n + 1 of them */
};

void syslog_view_init(struct syslog_view *view, struct syslog_ring *ring, const struct clock *clock,
                      bool has_notifications);
void syslog_view_fini(struct syslog_view *view);
/* The callback of struct gwsnmp_subtree: context is the view. */
const void *syslog_view_pin(void *context, bool is_new, bool is_walk, uint64_t asker);

/* The module's objects, in order. */
extern const struct gwsnmp_mib syslog_mib;

/* A column of syslogMsgTable; borrowed from row. */
bool syslog_row_cell(const struct syslog_row *row, uint32_t column, struct gwsnmp_value *out);
/* Index arcs of the i-th of row's parameters in syslogMsgSDTable; at most GWSNMP_INDEX_MAX. */
size_t syslog_row_param_index(const struct syslog_row *row, size_t i, uint32_t *arcs);

#endif
