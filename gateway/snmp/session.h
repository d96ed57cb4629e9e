/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_SESSION_H
#define GATEWAY_SNMP_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "gateway/snmp/access.h"
#include "gateway/snmp/mib.h"
#include "gateway/snmp/notification.h"
#include "gateway/snmp/receive.h"
#include "gateway/stats/stats.h"

/**
 * The SNMP thread: the only one that ever calls net-snmp. It answers requests, by itself or as a
 * subagent of the host's snmpd, and sends notifications. The library keeps its state in globals, so
 * a process has at most one session, and starts one only once.
 */
struct gwsnmp_session;

enum gwsnmp_mode {
    GWSNMP_MODE_STANDALONE, /* listens itself; serves the system group and the engine too */
    GWSNMP_MODE_AGENTX,     /* subagent (RFC 2741): the master listens and decides who may read */
    GWSNMP_MODE_OFF         /* answers nobody; sends notifications */
};

/** A subtree and what is in it. All of mib lies below root. */
struct gwsnmp_subtree {
    const char *name;
    const uint32_t *root;
    size_t n_root;
    const struct gwsnmp_mib *mib;
    /* Returns what mib's callbacks are to read, NULL: the subtree is empty just now. Called on the
       SNMP thread before they are.
       is_new   another request than the last call's: a newer moment may be chosen
       is_walk  GETNEXT or GETBULK
       asker    stands for the address and port that the request came from; 0: not known */
    const void *(*pin)(void *context, bool is_new, bool is_walk, uint64_t asker);
    void *context;
};

struct gwsnmp_session_options {
    enum gwsnmp_mode mode;
    const char *listen;    /* standalone: "udp:127.0.0.1:1161", more by commas; udp udp6 tcp tcp6 */
    const char *master;    /* agentx: "/var/agentx/master" or "tcp:127.0.0.1:705" */
    const char *state_dir; /* dir of the engine's identity; made when missing */
    const char *name;      /* sysName */
    const char *description; /* sysDescr */
    struct gwsnmp_access access;
    const struct gwsnmp_sink *sinks;
    size_t n_sinks;
    const struct gwsnmp_subtree *subtrees; /* borrowed for the session's life */
    size_t n_subtrees;
    /* Whether the library may be shown this message; called for each that comes to our port. */
    bool (*is_safe)(struct slice message);
    struct stats *stats; /* notifications_... */
};

/**
 * Start; returns when the agent answers. Changes the process's environment (net-snmp reads it), so
 * it is called before other threads are. GW_OK; GW_ERR_INVALID an address or user that cannot be;
 * GW_ERR_IO an address in use, or the state folder refused; GW_ERR_EXISTS a second one. Reasons are
 * logged. A master agent that is not there is no error: it is tried again for as long as it takes.
 */
int gwsnmp_session_start(const struct gwsnmp_session_options *options, struct gwsnmp_session **out);
void gwsnmp_session_stop(struct gwsnmp_session *session);

/**
 * Hand a notification to all sinks; returns when each has sent or queued it, at most timeout_ms
 * later: GW_OK (also when a sink could not be reached: counted in stats), GW_ERR_BUSY,
 * GW_ERR_CLOSED. Thread-safe. Never waits for a sink.
 */
int gwsnmp_session_notify(struct gwsnmp_session *session,
                          const struct gwsnmp_notification *notification, int timeout_ms);

/* The number of the oldest notification that waits for a sink; 0: none does. Thread-safe. */
uint64_t gwsnmp_session_oldest_waiting(struct gwsnmp_session *session);
/* How the sinks are doing, in the order they were given; returns how many. Thread-safe. */
size_t gwsnmp_session_sinks(struct gwsnmp_session *session, struct gwsnmp_sink_row *out,
                            size_t max);

/* Replace who may read, and the sinks: all or nothing. Sinks of addresses that stay keep what waits
 * for them. GW_OK, GW_ERR_INVALID, GW_ERR_BUSY. Thread-safe. */
int gwsnmp_session_reload(struct gwsnmp_session *session, const struct gwsnmp_access *access,
                          const struct gwsnmp_sink *sinks, size_t n_sinks);

/**
 * Take v3 notifications from fd, one end of a pair (receive.h), until gwsnmp_session_stop_receiving
 * returns; after that nothing of to is called and fd is not used. Once in a session. Thread-safe.
 * GW_OK, GW_ERR_EXISTS, GW_ERR_IO.
 */
int gwsnmp_session_receive(struct gwsnmp_session *session, int fd,
                           const struct gwsnmp_receiver *to);
void gwsnmp_session_stop_receiving(struct gwsnmp_session *session);
/* What to.committed() says has grown. Any thread, while receiving. */
void gwsnmp_session_committed(struct gwsnmp_session *session);
/* Senders' engines, in order of first sight; returns how many. Any thread, while receiving. */
size_t gwsnmp_session_engines(struct gwsnmp_session *session, struct gwsnmp_engine_row *out,
                              size_t max);
/* Our engine's id in hexadecimal, for the senders of informs; out holds 2 * 32 + 1. */
void gwsnmp_session_engine_id(const struct gwsnmp_session *session, char *out);

/* Messages to our port that is_safe refused. Thread-safe. */
uint64_t gwsnmp_session_refused(const struct gwsnmp_session *session);

/* False: no "udp:ADDRESS:PORT", "udp6:[ADDRESS]:PORT" (tcp alike), or list of them; error says why.
 */
bool gwsnmp_listen_check(const char *listen, struct buf *error);
/* False: no "/PATH", "unix:/PATH", "tcp:NAME:PORT" or "tcp6:[ADDRESS]:PORT" of an AgentX master. */
bool gwsnmp_master_check(const char *place);
/* False: no numeric "ADDRESS:PORT" or "[ADDRESS6]:PORT". */
bool gwsnmp_sink_check(const char *address, struct buf *error);

#endif
