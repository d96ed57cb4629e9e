/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_INTAKE_ENVELOPE_H
#define GATEWAY_INTAKE_ENVELOPE_H

#include <stdint.h>

#include "gateway/base/address.h"
#include "gateway/base/log.h"
#include "gateway/base/slice.h"
#include "gateway/schema/event.h"
#include "gateway/stats/stats.h"
struct notification;

/** A sender as one intake thread knows it. */
struct intake_peer {
    char
        text[ADDRESS_TEXT_MAX]; /* address without port; "unix:PATH", "file:PATH" of this machine */
    size_t text_n;
    struct slice ip;   /* address for the record: the text, or 127.0.0.1 */
    struct slice name; /* what a <source> calls it: the text, uncut */
    struct stats_source *stats;
    /* The pipeline's notes: which source declaration applies, and of which generation of the rules.
     */
    const void *source;
    uint64_t generation;
    struct log_limit handshake_log;
};

/** How a message came that a believed relay brought: relay.h. */
struct relayed {
    struct slice ip;            /* the relay's address */
    struct stats_source *stats; /* its row */
    bool is_named;              /* the sender is another, whom the relay names */
    int64_t time_ms;            /* when it had the message; INT64_MIN: it does not say */
};

/** One message as it came: bytes, and when, from whom, by what. Everything is borrowed for the
 * call. */
struct envelope {
    struct slice bytes; /* one frame or datagram */
    const struct notification
        *notification; /* set: an SNMP notification; its bytes are a whole datagram */
    enum gw_transport transport;
    struct intake_peer *peer;      /* the sender */
    const struct relayed *relayed; /* NULL: straight from the sender */
    int64_t received_ms;
    uint32_t full_size_bytes; /* before a cut at the size limit; 0: whole */
    bool is_damaged;          /* its stream's framing could not be followed, or ended within it */
    bool is_resent;           /* it came before, by a session that broke (resent.h) */
};

enum { INTAKE_BATCH = 64 };

/** Where intake delivers: the pipeline, handed in. One lane a thread. */
struct intake_sink {
    void *(*lane_new)(void *context);
    void (*lane_free)(void *lane);
    /**
     * Parse, map, append. GW_OK: staged under *sequence; GW_ERR_FULL or GW_ERR_IO: not now, offer
     * it again after the next wake-up, or drop and count it.
     */
    int (*take)(void *lane, const struct envelope *envelope, uint64_t *sequence);
    /**
     * The same in two steps, for threads that share a queue: each parses and maps what it read
     * beside the others and keeps it in its lane, at most INTAKE_BATCH messages and no take()
     * between, then appends it when it is its turn. What the journal refuses is dropped and
     * counted; append() returns how many.
     */
    void (*keep)(void *lane, const struct envelope *envelope);
    size_t (*append)(void *lane);
    void *context;
};

#endif
