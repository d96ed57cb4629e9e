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
 * The library hands a transport's functions nothing but the transport, so the guard is one of the
 * process, like the library itself. Used by the SNMP thread alone; the counters by any.
 */
struct netsnmp_transport_s;

/* is_safe: called on the SNMP thread for each message. Before the first gwsnmp_guard_transport().
 */
void gwsnmp_guard_init(bool (*is_safe)(struct slice message));

/* Wrap a server's transport, datagram or stream, before the library gets it: GW_OK or GW_ERR_FULL.
 */
int gwsnmp_guard_transport(struct netsnmp_transport_s *transport);

/* Close what is still open and forget the transports. */
void gwsnmp_guard_fini(void);

/* Messages dropped unread, and connections refused or cut, since gwsnmp_guard_init(). */
uint64_t gwsnmp_guard_refused(void);

/* Octets of the BER message at the start of bytes: 0 more are needed to tell; SIZE_MAX it is none
   (RFC 3417 section 8: a SEQUENCE of definite length). Whole when the result is <= bytes.n. */
size_t gwsnmp_guard_message_size(struct slice bytes);

enum {
    GWSNMP_GUARD_MESSAGE_MAX = 65536,  /* longest message on a stream */
    GWSNMP_GUARD_CONNECTIONS_MAX = 32, /* streams at a time; the one idle longest makes room */
};

#endif
