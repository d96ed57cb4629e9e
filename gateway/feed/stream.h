/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_FEED_STREAM_H
#define GATEWAY_FEED_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/address.h"
#include "gateway/base/buf.h"
#include "gateway/base/resolve.h"
#include "gateway/feed/driver.h"
#include "gateway/tls/tls.h"

/**
 * A TCP connection to a target, by TLS with <feed tls="yes">, for the drivers that speak over one:
 * looks up the name, connects, writes what is in out, reads into in; never blocks but in
 * feed_stream_work(). When a connection is lost the name's next address is tried; after the last,
 * and after one that the target took something by (is_good), the name is looked up anew. That good
 * address is tried first if the name still has it, or cannot be looked up. One thread, the
 * target's. A dead peer is found by keep-alive while nothing is sent, else by what it does not
 * acknowledge (target.c); TCP_USER_TIMEOUT would also end a slow link whose window is nearly
 * closed. Certificates are read for each connection, so that new ones need no reload.
 */
struct feed_stream {
    /* for the drivers */
    struct buf out;   /* append; written by feed_stream_work() */
    struct buf in;    /* what came; the driver takes it off */
    uint64_t written; /* bytes of out that went to the kernel, of this connection */
    bool is_closed;   /* the target closed; in may hold its last words */
    bool is_good;     /* set by the driver: the target has taken something, of this connection */

    /* private */
    const struct feed_section *section;
    const struct feed_host *host;
    char name[RESOLVE_HOST_MAX];
    unsigned port;
    struct resolve *resolve;
    struct address found[RESOLVE_MAX];
    size_t n_found, next_found, current;
    struct address good; /* the last address that was; length 0: none yet */
    int fd;              /* -1: none */
    bool is_connected, is_secure;
    struct tls_session *tls; /* NULL: plain, or not connected */
    int write_wants;         /* LOOP_READ or LOOP_WRITE: what a write waits for */
};

/* section and host outlive the stream. GW_OK; GW_ERR_INVALID: no address. */
int feed_stream_init(struct feed_stream *stream, const struct feed_section *section,
                     const struct feed_host *host);
void feed_stream_fini(struct feed_stream *stream);
/* For the drivers' check(): the address, and the files of TLS. */
bool feed_stream_check(const struct feed_section *section, struct diag *diag);

/* Begin. GW_OK, or an error with host.trouble told. */
int feed_stream_open(struct feed_stream *stream);
/* Drops everything. */
void feed_stream_close(struct feed_stream *stream);

/**
 * Wait at most timeout_ms for the connection or wake_fd (-1: none), then do what can be done:
 * connect, write, read once. FEED_LINK_OPENING until it stands. After FEED_LINK_LOST (why:
 * host.trouble; only when in has been read out) call close.
 */
enum feed_link feed_stream_work(struct feed_stream *stream, int wake_fd, int timeout_ms);

/* Bytes of out that were written and that the target's system has not acknowledged (SIOCOUTQ). By
   TLS the answer is a little too high, never too low. */
uint64_t feed_stream_undelivered(const struct feed_stream *stream);

#endif
