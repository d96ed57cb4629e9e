/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_AGENT_SYSLOG_MIB_H
#define GATEWAY_AGENT_SYSLOG_MIB_H

#include "gateway/agent/agent.h"
#include "gateway/snmp/session.h"

/**
 * SYSLOG-MSG-MIB (RFC 5676) of what this gateway receives: a thread that reads the journal behind
 * intake and keeps the newest messages that <syslog-mib> wants. The table is filled again from the
 * journal's end at a start, with the same indexes.
 *
 * Order of calls: new, then its subtree is given to the SNMP session, then start; stop before the
 * session's end, free after it.
 */
struct syslog_mib;

struct syslog_mib_options {
    const struct agent_syslog_section *section; /* as checked; read during the call; rows > 0 */
    const char *gateway_id;                     /* this and the rest: borrowed for its life */
    struct journal *journal;
    struct stats *stats;
    const struct clock *clock;
    /* Hands a notification to the sinks: as agent_send(). */
    int (*send)(void *context, const struct gwsnmp_notification *notification, int timeout_ms);
    void *send_context;
};

struct syslog_mib *syslog_mib_new(const struct syslog_mib_options *options);
/* NULL is fine. */
void syslog_mib_free(struct syslog_mib *mib);

/* For gwsnmp_session_options.subtrees. */
struct gwsnmp_subtree syslog_mib_subtree(struct syslog_mib *mib);

/* GW_OK, or the journal's error; GW_ERR_IO: no thread. */
int syslog_mib_start(struct syslog_mib *mib);
/* NULL is fine. */
void syslog_mib_stop(struct syslog_mib *mib);

/* Another filter, notifications and their rate, as checked, from the next message on; what is in
   the table stays. Any thread. */
void syslog_mib_reload(struct syslog_mib *mib, const struct agent_syslog_section *section);

#endif
