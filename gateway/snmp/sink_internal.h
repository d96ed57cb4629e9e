/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_SINK_INTERNAL_H
#define GATEWAY_SNMP_SINK_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/address.h"
#include "gateway/base/arena.h"
#include "gateway/base/log.h"
#include "gateway/snmp/snmp_internal.h"

/* Between sink.c, one sink, and sinks.c, all of them; on the SNMP thread. */
enum sink_state { IDLE, DISCOVERING, ASKED, PAUSED, RESTING };
enum sink_outcome { NONE, ACKNOWLEDGED, REFUSED, SILENT };

struct sink_waiting {
    struct sink_waiting *next;
    struct gwsnmp_message *message;
    bool was_sent;
};

struct sink;
struct sink_watch { /* what epoll gives back */
    struct sink *sink;
    bool is_discovery;
};

struct sink {
    struct gwsnmp_sinks *all;
    struct arena arena; /* of config */
    struct gwsnmp_sink config;
    struct gwsnmp_user_keys keys;
    struct address address;
    struct gwsnmp_engine engine; /* v3: whose user it is; n_id 0: not known yet */
    void *session;               /* the library's; NULL while the engine is not known */
    int session_fd;
    struct sink_watch session_watch, discovery_watch;
    int discovery_fd;
    uint32_t discovery_id;

    enum sink_state state;
    int64_t deadline_ms; /* monotonic, unless IDLE */
    int attempts;        /* to send the first that waits, in vain */
    int errors;          /* answers to it that were errors */
    enum sink_outcome outcome;
    int report; /* SNMPERR_ of a report; 0: none */
    struct sink_waiting *first, **last;
    size_t messages; /* syslog messages among what waits */
    struct gwsnmp_sink_row row;
    bool is_failing;
    struct log_limit drop_log;
};

struct gwsnmp_sinks {
    const struct gwsnmp_engine *engine; /* ours */
    struct stats *stats;
    struct gwsnmp_receiving *const *receiving;
    int epoll_fd, timer_fd;
    pthread_mutex_t lock; /* guards what gwsnmp_sinks_list() reads */
    struct sink **v;
    size_t n;
    _Atomic uint64_t oldest;
};

/* Keys are made of passphrases: milliseconds. GW_OK, GW_ERR_INVALID. */
int gwsnmp_sink_new(struct gwsnmp_sinks *all, const struct gwsnmp_sink *from, struct sink **out);
/* Drops what waits. NULL is fine. */
void gwsnmp_sink_free(struct sink *sink);
/* Gives the library the sink's user at its engine, if that is known. False: it does not take it. */
bool gwsnmp_sink_add_user(struct sink *sink);
/* Appended to the queue; sent at once if nothing is under way. */
void gwsnmp_sink_push(struct sink *sink, struct gwsnmp_message *message);
/* Whether the sink's topic covers syslog messages; is_syslog false: everything else. */
bool gwsnmp_sink_wants(const struct sink *sink, bool is_syslog);
/* Moves what waits for `from`, as far as sink wants it, to sink, which has nothing yet. */
void gwsnmp_sink_inherit(struct sink *sink, struct sink *from);
/* The session's or the discovery's socket is readable; the deadline has come. */
void gwsnmp_sink_on_session(struct sink *sink);
void gwsnmp_sink_on_discovery(struct sink *sink);
void gwsnmp_sink_on_due(struct sink *sink);

#endif
