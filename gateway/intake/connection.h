/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_INTAKE_CONNECTION_H
#define GATEWAY_INTAKE_CONNECTION_H

#include "gateway/base/buf.h"
#include "gateway/intake/intake_internal.h"
#include "gateway/intake/stream.h"

/**
 * A stream connection: bytes come by its stream, what they mean is its protocol's affair. Common to
 * all protocols are bounds of connections, the PROXY header, the sender's rate, silence, and what
 * waits for the journal. It stays with its worker, so that its order is kept.
 */
struct connection {
    struct connection *next, **place;           /* in its worker's list */
    struct connection *next_busy, **place_busy; /* among those that each commit looks at, or NULL */
    struct worker *worker;
    struct stream_listener *listener;
    const struct connection_protocol *protocol;
    void *session;                 /* the protocol's own */
    struct intake_peer *peer, own; /* own: of a sender beyond those that are known */
    struct loop_io *io;
    struct stream stream;
    struct buf left; /* bytes of an unfinished unit, or all that waits */
    struct buf held; /* a message that the journal did not take */
    uint64_t held_full_size;
    size_t kept_bytes; /* of both and of its protocol, as its worker's total has it */
    bool is_damaged;   /* what is delivered next; set by its protocol */
    struct buf out;    /* what the stream did not take yet */
    size_t out_done;
    struct clock_reading now; /* when its bytes were last looked at */
    int64_t last_mono_ms;     /* of its last byte, either way */
    int64_t opened_mono_ms;
    bool awaits_proxy; /* its header has not come yet */
    bool is_shaking;   /* hands, of TLS */
    bool is_relay;     /* of its listener's; its word of the sender is believed */
    bool is_counted;   /* among its source's */
    bool is_waiting;   /* for the journal, its sender's turn, or its protocol: nothing is
                          read; each commit, and each write that empties out, tries again */
    bool is_owing;     /* its protocol waits for a commit; commits look at it */
    bool has_taken;    /* since the last journal_hurry() */
    bool is_ended;     /* the peer has closed; what is left is still delivered */
    bool is_closing;   /* when out is empty */
};

enum connection_step {
    CONNECTION_GO_ON, /* there may be more in the bytes */
    CONNECTION_MORE,  /* bytes are missing */
    CONNECTION_WAIT,  /* nothing can go on before a commit, or before out is empty */
    CONNECTION_CLOSE  /* out, if there is any, goes first */
};

/** What a connection speaks. */
struct connection_protocol {
    const char *element; /* of its listeners, "syslog-tcp" */
    enum gw_transport transport;
    /* The sender waits for commits: journal_hurry() after what was read at once. */
    bool is_acknowledged;
    void (*open)(struct connection *connection); /* sets session */
    void (*close)(struct connection *connection);
    /**
     * One unit of the bytes, of which *used are done with: at most one connection_deliver(). With
     * is_ended no more will come. With STREAM_UNIT bytes it must use some.
     */
    enum connection_step (*step)(struct connection *connection, struct slice bytes, size_t *used);
    /* What its session keeps of bytes that were used. */
    size_t (*kept_bytes)(const struct connection *connection);
    /* What connection_deliver() got is offered to the journal: now, and after each wait. True: it
     * came before, by a session that broke. May be NULL. */
    bool (*offer)(struct connection *connection, struct slice message);
    /* What was offered is not taken, or is journaled as sequence. May be NULL. */
    void (*refused)(struct connection *connection);
    void (*taken)(struct connection *connection, uint64_t sequence);
    /* Up to committed all is on disk: answer into out; may set is_closing. May be NULL. */
    void (*committed)(struct connection *connection, uint64_t committed);
    /* The gateway stops, all that could be answered is: last words into out. May be NULL. */
    void (*stop)(struct connection *connection);
};

extern const struct connection_protocol tcp_protocol, tcp_tls_protocol, relp_protocol;

/* Into the journal, or aside until it takes it; the connection waits then. full_size: before a cut,
   or 0. */
void connection_deliver(struct connection *connection, struct slice message, uint64_t full_size);
/* Counts bytes that no record is made of. */
void connection_count_malformed(struct connection *connection);
/* Bytes that wait for the peer to read. */
static inline size_t connection_unsent(const struct connection *connection)
{
    return connection->out.n - connection->out_done;
}

#endif
