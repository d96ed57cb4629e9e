/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_INTAKE_LISTEN_H
#define GATEWAY_INTAKE_LISTEN_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "gateway/intake/intake_internal.h"
#include "gateway/intake/relay.h"

struct connection_protocol;

/** A socket that accepts on the first worker and deals connections out over all. */
struct stream_listener {
    struct stream_listener *next;
    struct intake *intake;
    const struct intake_listener *settings;
    const struct connection_protocol *protocol;
    struct relays relays, proxies;
    struct loop_io *io;
    struct loop_timer *resume; /* set while accept pauses for want of descriptors */
    struct log_limit refuse_log;
    int fd;
    unsigned turn;           /* whose it is to have the next connection, modulo the workers */
    int highest_fd;          /* of a connection: descriptors above are for the journal and others */
    _Atomic int64_t open;    /* connections */
    bool has_tls;            /* from its beginning to its end */
    pthread_mutex_t lock;    /* guards tls */
    struct tls_context *tls; /* of new connections; NULL: plain */
};

int listen_open(struct intake *intake, const struct intake_listener *settings,
                const struct connection_protocol *protocol, struct diag *diag);
void listen_close_all(struct intake *intake);
/* A reference to the certificates that a new connection is shown; NULL: it is plain. Any thread. */
struct tls_context *listen_tls(struct stream_listener *listener);
/* Counts and names a connection that is not served, or no longer; limit: the calling thread's. */
void listen_refuse(struct stream_listener *listener, struct log_limit *limit, const char *why);

/* What was accepted, on its way to its worker. */
struct handover {
    struct handover *next;
    struct stream_listener *listener;
    struct sockaddr_storage from;
    int fd;
};
/* Any thread; connection.c has the other end. */
void connection_hand_over(struct connections *connections, struct handover *handover);

#endif
