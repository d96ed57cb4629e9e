/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_AGENT_AGENT_H
#define GATEWAY_AGENT_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/clock.h"
#include "gateway/base/diag.h"
#include "gateway/base/option.h"
#include "gateway/base/slice.h"
#include "gateway/config/config.h"
#include "gateway/journal/journal.h"
#include "gateway/kpi/snapshot.h"
#include "gateway/snmp/notification.h"
#include "gateway/snmp/receive.h"
#include "gateway/stats/stats.h"

/**
 * EOG-GATEWAY-MIB served over SNMP: tables over the published snapshot, counters, the journal's
 * health. One agent a process; it runs the SNMP thread of gateway/snmp.
 */
struct agent;

/* ---- the configuration file's sections ---- */

struct agent_section {
    struct section_place place;
    int64_t mode;        /* enum gwsnmp_mode */
    const char *address; /* standalone: what to listen on */
    const char *master;  /* agentx */
    int64_t max_rate;    /* answers a second a source */
    int64_t max_rate_strangers;
    bool tells_changes; /* of notify: eogKpiStateChange too */
};
struct agent_community {
    struct section_place place;
    const char *name, *file; /* the name, or the file whose first line it is */
    const char *source;      /* network that may use it, or "any" */
    const char *view;        /* of that name; NULL: everything */
};
struct agent_view_section {
    struct section_place place;
    const char *name, *include, *exclude; /* OIDs, blanks between them */
};
struct agent_user { /* <user> and <notification-user> */
    struct section_place place;
    const char *name;
    int64_t auth; /* enum gwsnmp_auth */
    const char *auth_file;
    int64_t privacy; /* enum gwsnmp_privacy */
    const char *privacy_file;
    const char *engine; /* <notification-user>: of the sender, hexadecimal; NULL: any */
    const char *view;   /* <user>: as a community's */
};
struct agent_sink {
    struct section_place place;
    const char *address;
    int64_t version, kind, topic; /* enum gwsnmp_sink_version, _kind, _topic */
    const char *community, *file;
    struct agent_user user;
    int64_t timeout_ms, retries;
};

struct agent_syslog_section { /* <syslog-mib> */
    struct section_place place;
    int64_t rows;     /* 0: off */
    int64_t severity; /* of syslog: 0 emergency ... 7 debug */
    const char *facilities, *from;
    bool has_notifications;
    int64_t max_rate; /* notifications a second */
};

/* <agent>, <community>, <user>, <notification-user>, <sink>, <view>. */
enum { AGENT_SECTIONS = 6 };
extern const struct section agent_sections[AGENT_SECTIONS];
extern const struct section agent_syslog_section;

/* What the sections say, as pointers into a loaded configuration. */
struct agent_settings {
    const struct agent_section *agent;
    const struct agent_community *const *communities;
    size_t n_communities;
    const struct agent_user *const *users;
    size_t n_users;
    const struct agent_user *const *senders;
    size_t n_senders;
    const struct agent_sink *const *sinks;
    size_t n_sinks;
    const struct agent_view_section *const *views;
    size_t n_views;
    const struct agent_syslog_section *syslog_mib;
};
/* Collect them; the arrays live in arena. */
struct agent_settings agent_settings_from(const struct config *config, struct arena *arena);

/* Everything that can be told to be wrong before a start: addresses, names, networks, files of
   secrets. For --check and reload. True when there is nothing. */
bool agent_check(const struct agent_settings *settings, struct diag *diag);

/* ---- feeds, which this room cannot see: rows for eogFeedTable ---- */

struct agent_feed {
    const char *name; /* index, 1..64 bytes */
    const char *target;
    enum kpi_state state;
    uint64_t backlog_records, backlog_s, sent, resent, acknowledged, refused;
    const char *trouble;
};
enum { AGENT_FEEDS_MAX = 64 };

/* ---- running ---- */

struct agent_options {
    struct agent_settings settings; /* read during agent_start() only */
    const char *gateway_id, *version;
    const char *state_dir;
    struct snapshot_board *board;
    struct stats *stats;
    struct journal *journal; /* NULL: its objects are not there, nor is SYSLOG-MSG-MIB */
    const struct clock *clock;
    bool (*is_safe)(struct slice message); /* parsers' parse_snmp_is_safe() */
    /* Rows of eogFeedTable, text valid until the next call; called on the SNMP thread. NULL: none.
     */
    size_t (*list_feeds)(void *context, struct agent_feed *out, size_t max);
    void *feeds_context;
};

/**
 * Start the SNMP thread; returns when it answers. Before other threads are started: net-snmp reads
 * the environment, which this changes. GW_OK or an error whose reason is logged. board, stats,
 * journal, clock outlive the agent.
 */
int agent_start(const struct agent_options *options, struct agent **out);
void agent_stop(struct agent *agent);

/* Take over communities, users, sinks, max-rate and what SYSLOG-MSG-MIB takes; the mode, addresses
   and rows want a restart. All or nothing: GW_OK, or GW_ERR_INVALID and nothing has changed.
   Thread-safe. */
int agent_reload(struct agent *agent, const struct agent_settings *settings);

/* Send a notification to all sinks, as gwsnmp_session_notify(): what notify is handed. context is
   the agent. */
int agent_send(void *context, const struct gwsnmp_notification *notification, int timeout_ms);

/* As gwsnmp_session_oldest_waiting(); context is the agent. */
uint64_t agent_oldest_waiting(void *context);
/* As gwsnmp_session_sinks(). */
size_t agent_sinks(struct agent *agent, struct gwsnmp_sink_row *out, size_t max);

/* Version 3 notifications in: as gwsnmp_session_receive() and its kin. */
int agent_receive(struct agent *agent, int fd, const struct gwsnmp_receiver *to);
void agent_stop_receiving(struct agent *agent);
void agent_committed(struct agent *agent);
size_t agent_engines(struct agent *agent, struct gwsnmp_engine_row *out, size_t max);
/* Messages to the agent's port that could not be taken for SNMP. Any thread. */
uint64_t agent_refused(const struct agent *agent);
/* Our engine's id in hexadecimal; out holds 2 * 32 + 1 bytes. */
void agent_engine_id(const struct agent *agent, char *out);

#endif
