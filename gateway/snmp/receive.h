/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_RECEIVE_H
#define GATEWAY_SNMP_RECEIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "gateway/base/local.h"
#include "gateway/base/slice.h"
#include "gateway/snmp/access.h"

/**
 * SNMPv3 notifications in. The intake, which owns the sockets, puts v3 datagrams on one end of a
 * pair of AF_UNIX packet sockets; the SNMP thread takes them from the other, lets the library check
 * and decrypt them, and hands each authentic notification on. What the library answers (Reports to
 * a discovery, responses to informs) comes back on the pair, to be sent from the socket that the
 * question came to. Source: RFC 3412, RFC 3414, RFC 3416 section 4.2.7.
 */

/** A datagram on the pair begins with this; the SNMP message follows. */
struct gwsnmp_pair_head {
    struct sockaddr_storage peer;
    uint32_t peer_n;
    uint32_t listener;          /* the owner's number of the socket */
    struct local_address local; /* of ours, which it came to */
    /* Towards the SNMP thread: what the message claims. */
    unsigned char engine[32], user[32];
    uint8_t n_engine, n_user;
};

/** A notification that was authentic. Everything is borrowed for the call. */
struct gwsnmp_received {
    struct slice message; /* decrypted, as a v2c message; the user's name is its community */
    const struct sockaddr *peer;
    struct slice user, engine; /* engine: of the sender, octets; of an inform: ours */
    bool is_inform;
};

/** Who takes them; called on the SNMP thread. */
struct gwsnmp_receiver {
    /* GW_OK: staged under *sequence, and answered once committed() reaches it. Else not answered.
     */
    int (*take)(void *context, const struct gwsnmp_received *received, uint64_t *sequence);
    uint64_t (*committed)(void *context);
    /* Counted by the taker: it was authentic, and more wait for the disk than may. */
    void (*dropped)(void *context, const struct sockaddr *peer);
    /* Counted and told by the taker; why is constant text. */
    void (*refused)(void *context, const struct gwsnmp_pair_head *head, const char *why);
    void *context;
};

/** A sender's engine and user, as `eogctl sources --engines` lists them. */
struct gwsnmp_engine_row {
    char engine[2 * 32 + 1]; /* hexadecimal */
    char user[GWSNMP_NAME_MAX + 1];
    char peer[64];
    const char *refusal;        /* why the last one was refused; NULL: it was taken */
    uint64_t received, refused; /* authentic ones; others */
    int64_t last_seen_ms;       /* wall clock */
};
enum { GWSNMP_ENGINES_MAX = 4352 }; /* rows, see claimants.h */

#endif
