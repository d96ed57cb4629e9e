/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_INTAKE_RELAY_H
#define GATEWAY_INTAKE_RELAY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "gateway/base/address.h"
#include "gateway/intake/intake_internal.h"

/** The relays, or proxies, that a listener believes: networks, bare addresses among them. Zeroed:
 * none. */
struct relays {
    struct network *networks;
    size_t n;
};

/* text: addresses and networks with blanks between; NULL: none. False: bad is the first word that
 * is neither, and out is empty. Free what was read with relays_fini(). */
bool relays_init(struct relays *out, const char *text, struct slice *bad);
void relays_fini(struct relays *relays);
bool relays_have(const struct relays *relays, const struct sockaddr *peer);

enum relay_finding {
    RELAY_SILENT, /* says nothing of a sender */
    RELAY_ITSELF, /* the sender is the relay's own machine */
    RELAY_SENDER, /* from is the sender */
    RELAY_BAD     /* what it names is no host's address */
};

/** What a relay says of a message. */
struct relay_word {
    enum relay_finding finding;
    struct sockaddr_storage from; /* of RELAY_SENDER */
    int64_t time_ms;              /* when the relay had it; INT64_MIN: it does not say */
    struct slice message;         /* as the sender sent it: the whole, or what the relay wrapped */
};

/**
 * Read the header that a relay wrote: the first parameter "ip" of the first element "origin" names
 * the sender. With MSGID "relayed" what stands behind the header is the sender's own message, byte
 * for byte; else the header is part of the message.
 *
 * message      one whole message, before any charset: the header is ASCII
 * received_ms  when we had it
 * Source: RFC 5424 section 7.2.
 */
void relay_read(struct slice message, int64_t received_ms, struct relay_word *out);

/**
 * worker_take() of what came from a believed relay, envelope->peer: the sink gets the sender's
 * envelope, and the relay's share is counted once it is taken.
 */
int relay_take(struct worker *worker, const struct envelope *envelope, uint64_t *sequence);
/* worker_keep() of the same. */
void relay_keep(struct worker *worker, const struct envelope *envelope);

#endif
