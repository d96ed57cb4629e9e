/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_GUARD_H
#define GATEWAY_SNMP_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/slice.h"

/**
 * Stands between a socket and net-snmp's parser: every message is whole and was found safe by
 * is_safe before the library sees a byte of it. Debian's version dies of some messages of
 * version 1.
 *
 * The library hands a transport's functions nothing but the transport, so there is one guard in the
 * process, as there is one library. The SNMP thread's alone; any thread may read the counters.
 */
struct netsnmp_transport_s;
struct stats;
struct gwsnmp_access;

/* is_safe: called on the SNMP thread for each message. stats->agent_limited is counted. Before the
 * first gwsnmp_guard_transport(). */
void gwsnmp_guard_init(bool (*is_safe)(struct slice message), struct stats *stats);

/**
 * Bounds the answers by datagram that a source gets in a second: access->max_rate of them; by
 * versions 1 and 2c, unless it is a manager, access->max_rate_strangers; 0: no bound. Nor is there
 * one for this machine (127.0.0.0/8, ::1), or for streams: whoever connects has proved his address.
 * A request beyond the bound is dropped unread and counted. access is borrowed until the next call
 * or gwsnmp_guard_fini(); before the first call there are no bounds.
 */
void gwsnmp_guard_set_access(const struct gwsnmp_access *access);

/**
 * Whether an answer may be sent. Only Reports are held back, since they go to whoever asks, without
 * a name or a passphrase: a source, this machine too, gets GWSNMP_REPORTS_PER_S of them, none
 * longer than twice its request. An authenticated answer gives its source one Report back: a
 * manager that discovers the engine before each question, and then proves itself, is never held
 * back. False: it is counted.
 *
 * source     as address_bytes() gives it
 * n_request  octets of what is answered
 */
bool gwsnmp_guard_may_answer(struct slice source, size_t n_request, struct slice answer);

/* Wrap a server's transport, datagram or stream, before the library gets it: GW_OK, GW_ERR_FULL,
 * GW_ERR_IO. */
int gwsnmp_guard_transport(struct netsnmp_transport_s *transport);
/* The same for a socket that we ask by: answers to us have no bound, and use up nobody's. */
int gwsnmp_guard_client(struct netsnmp_transport_s *transport);

/* Close what is still open and forget the transports. */
void gwsnmp_guard_fini(void);

/* Messages dropped unread, and connections refused or cut, since gwsnmp_guard_init(). */
uint64_t gwsnmp_guard_refused(void);

/* Octets of the BER message at the start of bytes: 0 more are needed to tell; SIZE_MAX it is none
   (RFC 3417 section 8: a SEQUENCE of definite length). Whole when the result is <= bytes.n. */
size_t gwsnmp_guard_message_size(struct slice bytes);

enum {
    GWSNMP_GUARD_MESSAGE_MAX = 65536,  /* longest message on a stream */
    GWSNMP_REPORTS_PER_S = 100,        /* to one source, of version 3's */
    GWSNMP_GUARD_CONNECTIONS_MAX = 32, /* streams at a time; the one idle longest makes room */
};

#endif
