/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_STATS_STATS_H
#define GATEWAY_STATS_STATS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/slice.h"
#include "gateway/base/transport.h"

/**
 * Counters of every room, raised by the thread that does the work and read by agent, web and ctl.
 * Plain relaxed atomics: a reader sees each counter whole, not all of one moment.
 */
typedef _Atomic uint64_t stats_counter;

static inline void stats_add(stats_counter *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}
static inline uint64_t stats_read(const stats_counter *counter)
{
    return atomic_load_explicit((stats_counter *)counter, memory_order_relaxed);
}

/** One sender by one transport: a row of eogSourceTable. Lives until stats_free(). */
struct stats_source {
    char peer[64]; /* address as text, lower case */
    enum gw_transport transport;
    stats_counter received;             /* messages */
    stats_counter unclassified;         /* no mapping knew the product */
    stats_counter malformed;            /* a parser refused part of it */
    stats_counter dropped;              /* lost by us, for a stated reason */
    stats_counter last_seen_ms;         /* wall clock */
    stats_counter connections;          /* open now */
    stats_counter handshakes_failed;    /* of TLS */
    stats_counter relayed;              /* of a relay: messages of others that it brought */
    stats_counter bad_origins;          /* of them: whose sender it named by no address */
    _Atomic int32_t zone_hint;          /* of gateway/daemon/zone_hint.h, */
    _Atomic uint32_t zone_hints;        /* and how often in a row */
    _Atomic(const char *) guessed;      /* the set its text was last read in, undeclared; or NULL */
    _Atomic(struct stats_source *) via; /* the relay that its last message came by; NULL: none */
    _Atomic int64_t due_ns;             /* of gateway/intake/rate.h, on a monotonic clock */
};

struct stats {
    stats_counter received, bytes, unclassified, malformed, truncated;
    /* The journal's staging was full or the disk refused: datagrams, traps of any version, informs
     * while too many wait, v3 messages that the SNMP thread cannot keep up with; at a stop, what
     * streams had left. */
    stats_counter dropped_full;
    stats_counter dropped_kernel; /* the kernel says so: SO_MEMINFO */
    stats_counter dropped_frame;  /* framing that could not be followed, and no record of it */
    stats_counter dropped_rate;   /* a sender's datagrams beyond its max-rate */
    stats_counter dropped_snmp;   /* datagrams that are no notification, or of a wrong community */
    stats_counter repeated_informs; /* answered again, not journaled again */
    stats_counter corrections;      /* records of eogctl renormalize */
    stats_counter connections_open, connections_refused;
    stats_counter notifications_sent, notifications_failed;         /* failed: given up too */
    stats_counter notifications_acknowledged, notifications_resent; /* informs */
    stats_counter notifications_dropped; /* never sent: too many waited, or no sink any more */
    stats_counter handshakes_failed;     /* of TLS, by either side's will or by time */
    stats_counter messages_listed;       /* syslog messages that became rows of SYSLOG-MSG-MIB */
    stats_counter messages_circular;     /* kept out of it: they came through SNMP, or from us */
    stats_counter messages_told;         /* those that went out as a notification too */
    stats_counter messages_untold;       /* those that did not: max-rate, or the agent was busy */
    stats_counter bad_origins;   /* messages whose relay named a sender that is no address */
    stats_counter agent_limited; /* the agent's answers not given: more than their source may get */
    /* Senders beyond STATS_SOURCES_MAX, at least so many: their messages count in "(others)". */
    stats_counter sources_refused;
    struct stats_sources *sources;
};

enum { STATS_SOURCES_MAX = 10000 };

struct stats *stats_new(void);
void stats_free(struct stats *stats);

/**
 * The row of a sender, made at first sight. Never NULL: beyond STATS_SOURCES_MAX it is the row
 * "(others)". Thread-safe; keep the pointer for the life of a connection.
 */
struct stats_source *stats_source(struct stats *stats, struct slice peer,
                                  enum gw_transport transport);

/* Copies up to max row pointers, in order of first sight, of those behind the first `from`; returns
   how many these are. None ever goes. */
size_t stats_list_sources(struct stats *stats, size_t from, struct stats_source **out, size_t max);

#endif
