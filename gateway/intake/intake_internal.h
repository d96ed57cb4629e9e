/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_INTAKE_INTAKE_INTERNAL_H
#define GATEWAY_INTAKE_INTAKE_INTERNAL_H

#include <pthread.h>

#include "gateway/base/log.h"
#include "gateway/intake/intake.h"
#include "gateway/intake/peers.h"
#include "gateway/loop/loop.h"

/* STREAM_READ: as much is read of a stream at once; no unfinished unit is longer than STREAM_UNIT.
 */
enum { DATAGRAM_MAX = 65536, STREAM_READ = 64 * 1024, STREAM_UNIT = 320 * 1024 };

/** One intake thread: a loop, its senders, its lane into the pipeline. */
struct worker {
    struct intake *intake;
    struct loop *loop;
    struct peers *peers;
    void *lane;
    struct loop_wake *committed; /* the journal committed, or changed its health */
    int watch_id;
    char *stream_buffer; /* shared by the worker's connections: leftovers are theirs */
    struct connections *connections;
    struct follow *follows; /* lists */
    struct trap_listener *traps;
    struct log_limit rate_log, protocol_log, origin_log;
    struct loop_timer *calm_look; /* set while datagrams press */
    int64_t pressed_since_ms, pressed_ms;
    bool is_first; /* the thread goes first */
    int usual_niceness;
    pthread_t thread;
    bool is_running;
};

struct intake {
    struct intake_options options;
    struct worker *workers;
    int n_workers;
    struct stream_listener *listeners;
    struct udp_listener *udp; /* local sockets are among them */
    struct v3 *v3;            /* NULL: no notifications */
};

static inline int worker_take(struct worker *worker, const struct envelope *envelope,
                              uint64_t *sequence)
{
    const struct intake_sink *sink = &worker->intake->options.sink;
    return sink->take(worker->lane, envelope, sequence);
}

static inline void worker_keep(struct worker *worker, const struct envelope *envelope)
{
    worker->intake->options.sink.keep(worker->lane, envelope);
}

static inline size_t worker_append(struct worker *worker)
{
    return worker->intake->options.sink.append(worker->lane);
}

/* Trailing LF, CR and NUL are not part of a message whose length is known: senders differ. */
static inline struct slice without_end(struct slice s)
{
    while (s.n && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r' || s.p[s.n - 1] == '\0'))
        s.n--;
    return s;
}

/* Each kind of listener: open binds (diag on failure); close frees all of them. What takes an
 * intake belongs to the first worker, with help of the others; what takes a worker to that. */
int udp_open(struct intake *intake, const struct intake_listener *listener, struct diag *diag);
int unix_open(struct intake *intake, const struct intake_listener *listener, struct diag *diag);
void udp_committed(struct intake *intake);                   /* on the first worker's thread */
void udp_read_rest(struct intake *intake, int64_t until_ms); /* datagram.h */
void udp_close_all(struct intake *intake);                   /* and Unix sockets */

int follow_open(struct worker *worker, const struct intake_listener *listener, struct diag *diag);
void follow_close_all(struct worker *worker);

int notifications_open(struct worker *worker, const struct intake_listener *listener,
                       struct diag *diag);
void notifications_committed(struct worker *worker);
void notifications_read_rest(struct worker *worker, int64_t until_ms);
void notifications_close_all(struct worker *worker);

/* v3.c: datagrams of version 3 to the SNMP thread and answers back. */
int v3_open(struct intake *intake);
void v3_close(struct v3 *v3);
/* listener: its number, which comes back with the answer. What is refused or dropped is counted. */
struct datagram;
struct local_address;
void v3_offer(struct v3 *v3, uint32_t listener, const struct datagram *datagram);
void notifications_answer(struct worker *worker, uint32_t listener,
                          const struct local_address *local, const struct sockaddr *to,
                          socklen_t to_n, struct slice message);

/* connection.c: a worker's stream connections; listen.h has the sockets that they come from. */
struct connections *connections_new(struct worker *worker);
void connections_committed(struct worker *worker);
/* The worker's loop has ended: what was read and is not acknowledged is taken, or counted. */
void connections_take_left(struct worker *worker);
/**
 * No message is taken any more: those whose senders wait and that are on disk are answered, and the
 * senders told. until_ms: monotonic, at the latest.
 */
void connections_finish(struct worker *worker, int64_t until_ms);
void connections_free(struct connections *connections);

#endif
