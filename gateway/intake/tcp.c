/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Syslog over TCP: LF, NUL or octet-counted frames, detected per connection. Source: RFC 6587.
 *
 * A listener accepts on the first worker and deals connections out in turn; a connection then stays
 * with its worker, so that its order is kept. Reading goes through the worker's one big buffer; a
 * connection owns only what is left of an unfinished frame. When the journal takes no more, the
 * connection stops reading (TCP's window then slows the sender) until the next commit; so it does,
 * until its next turn, when its sender is beyond max-rate.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/intake/intake_internal.h"
#include "gateway/intake/proxy.h"
#include "gateway/intake/rate.h"
#include "parsers/framing.h"

/* How often connections beyond their rate are looked at again. */
enum { RATE_TURN_MS = 50 };

struct tcp_listener {
    struct tcp_listener *next;
    struct intake *intake;
    const struct intake_listener *settings;
    struct loop_io *io;
    struct loop_timer *resume; /* set while accept pauses for want of descriptors */
    struct log_limit refuse_log;
    int fd, turn;
    _Atomic int64_t open;
};

struct connection {
    struct connection *next, **place; /* in its worker's list */
    struct connections *owner;
    struct tcp_listener *listener;
    struct intake_peer *peer;
    struct loop_io *io;
    struct framing framing;
    struct buf left; /* bytes of an unfinished frame, or all that waits for the journal */
    struct buf held; /* a frame that the journal did not take */
    uint64_t held_full_size;
    int64_t last_mono_ms;
    int fd;
    bool awaits_proxy; /* its header has not come yet */
    bool is_counted;   /* among its source's */
    bool is_waiting;   /* for the journal, or its sender's turn */
    bool is_ended;     /* the peer has closed; what is left is still delivered */
};

struct handover {
    struct handover *next;
    struct tcp_listener *listener;
    struct sockaddr_storage from;
    int fd;
};

struct connections {
    struct worker *worker;
    struct connection *first;
    pthread_mutex_t lock; /* guards incoming */
    struct handover *incoming;
    struct loop_wake *arrived;
    struct loop_timer *idle;
    struct loop_timer *turns; /* set while somebody may wait for his turn */
    struct log_limit refuse_log;
};

static void close_connection(struct connection *connection)
{
    struct stats *stats = connection->owner->worker->intake->options.stats;
    if (connection->is_counted)
        atomic_fetch_sub(&connection->peer->stats->connections, 1);
    *connection->place = connection->next;
    if (connection->next)
        connection->next->place = connection->place;
    loop_io_free(connection->io);
    close(connection->fd);
    framing_fini(&connection->framing);
    buf_free(&connection->left);
    buf_free(&connection->held);
    atomic_fetch_sub(&connection->listener->open, 1);
    atomic_fetch_sub(&stats->connections_open, 1);
    free(connection);
}

/* False: the journal takes no more. */
static bool deliver(struct connection *connection, struct slice frame, uint64_t full_size,
                    int64_t now_ms)
{
    struct envelope envelope = {
        .bytes = frame,
        .transport = GW_TRANSPORT_TCP,
        .peer = connection->peer,
        .received_ms = now_ms,
        .full_size_bytes = full_size > UINT32_MAX ? UINT32_MAX : (uint32_t)full_size,
    };
    uint64_t sequence;
    return worker_take(connection->owner->worker, &envelope, &sequence) == GW_OK;
}

/* The frame is out of the stream already: it is kept aside until the journal takes it. */
static void hold(struct connection *connection, struct slice frame, uint64_t full_size)
{
    buf_clear(&connection->held);
    buf_slice(&connection->held, frame);
    connection->held_full_size = full_size;
    connection->is_waiting = true;
}

static void on_turns(void *context)
{
    struct connections *connections = context;
    loop_timer_free(connections->turns);
    connections->turns = NULL;
    tcp_connections_committed(connections->worker);
}

/* False: its sender is beyond its rate, and will be heard again in a while. */
static bool has_turn(struct connection *connection, int64_t mono_ms)
{
    struct connections *owner = connection->owner;
    int64_t max_rate = connection->listener->settings->max_rate;
    if (rate_has_turn(connection->peer->stats, max_rate, mono_ms * 1000))
        return true;
    if (!owner->turns)
        owner->turns = loop_timer_new(owner->worker->loop, RATE_TURN_MS, on_turns, owner);
    return false;
}

static void keep_left(struct connection *connection, struct slice bytes)
{
    struct buf *left = &connection->left;
    bool is_inside = left->n && bytes.n && bytes.p >= left->p && bytes.p < left->p + left->n;
    if (bytes.n == 0) {
        buf_free(left); /* most connections are idle most of the time */
    } else if (is_inside) {
        memmove(left->p, bytes.p, bytes.n);
        left->n = bytes.n;
    } else {
        buf_clear(left);
        buf_slice(left, bytes);
    }
}

/* Cut frames from bytes and deliver them; what cannot go on now is kept. False: close. */
static bool consume(struct connection *connection, struct slice bytes)
{
    struct worker *worker = connection->owner->worker;
    struct clock_reading now = clock_read(worker->intake->options.clock);
    struct framing *framing = &connection->framing;
    connection->last_mono_ms = now.mono_ms;
    connection->is_waiting =
        connection->held.n &&
        !deliver(connection, buf_get(&connection->held), connection->held_full_size, now.wall_ms);
    if (!connection->is_waiting)
        buf_free(&connection->held);
    while (!connection->is_waiting) {
        if (!has_turn(connection, now.mono_ms)) {
            connection->is_waiting = true;
            break;
        }
        struct slice frame = SLICE_NONE;
        size_t used = 0;
        enum parse_status status = connection->is_ended
                                       ? framing_end(framing, bytes, &frame, &used)
                                       : framing_next(framing, bytes, &frame, &used);
        if (status == PARSE_MALFORMED) {
            stats_add(&worker->intake->options.stats->dropped_frame, 1);
            stats_add(&connection->peer->stats->malformed, 1);
        }
        uint64_t full_size = framing->is_truncated ? framing->full_size_bytes : 0;
        if (status != PARSE_MORE)
            rate_spend(connection->peer->stats, connection->listener->settings->max_rate,
                       now.mono_ms * 1000);
        if (status != PARSE_MORE && frame.n && !deliver(connection, frame, full_size, now.wall_ms))
            hold(connection, frame, full_size);
        bytes = slice_skip(bytes, used);
        if (status == PARSE_MORE)
            break;
    }
    keep_left(connection, bytes);
    loop_io_set(connection->io, connection->is_waiting ? 0 : LOOP_READ);
    return connection->is_waiting || !connection->is_ended;
}

/* limit: the calling thread's */
static void refuse(struct tcp_listener *listener, struct log_limit *limit, int fd, const char *why)
{
    unsigned long held;
    stats_add(&listener->intake->options.stats->connections_refused, 1);
    if (log_allowed(limit, 5000, &held))
        log_warn("intake", "connections refused address=%s reason=%s refused=%lu",
                 listener->settings->address, why, held + 1);
    if (fd >= 0)
        close(fd);
}

/* Count it among its sender's, who is known now. False: he has as many as he may. */
static bool admit(struct connection *connection)
{
    int64_t max = connection->listener->settings->max_connections_per_source;
    uint64_t before = atomic_fetch_add(&connection->peer->stats->connections, 1);
    connection->is_counted = true;
    if (max == 0 || before < (uint64_t)max)
        return true;
    refuse(connection->listener, &connection->owner->refuse_log, -1, "max-connections-per-source");
    return false;
}

/* What a load balancer says before its client's bytes. False: close. */
static bool read_proxy_header(struct connection *connection, struct slice *bytes)
{
    struct worker *worker = connection->owner->worker;
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    size_t used = 0;
    getpeername(connection->fd, (struct sockaddr *)&from, &length);
    enum parse_status status = proxy_parse(*bytes, &from, &used);
    if (status == PARSE_OK) {
        connection->peer = peers_get(worker->peers, (struct sockaddr *)&from, GW_TRANSPORT_TCP);
        connection->awaits_proxy = false;
        *bytes = slice_skip(*bytes, used);
        return admit(connection);
    }
    if (status == PARSE_MORE && !connection->is_ended)
        return true;
    stats_add(&worker->intake->options.stats->dropped_frame, 1);
    stats_add(&connection->peer->stats->malformed, 1);
    log_debug("intake", "connection without PROXY header peer=%s", connection->peer->text);
    return false;
}

static void on_readable(void *context, int ready)
{
    struct connection *connection = context;
    char *buffer = connection->owner->worker->stream_buffer;
    size_t kept = connection->left.n;
    (void)ready;
    /* What framing leaves is at most one message, so at least half of the buffer is free. */
    if (kept)
        memcpy(buffer, connection->left.p, kept);
    ssize_t n = recv(connection->fd, buffer + kept, 2 * STREAM_READ - kept, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    connection->is_ended = n <= 0;
    struct slice bytes = slice_of(buffer, kept + (n > 0 ? (size_t)n : 0));
    if (connection->awaits_proxy && !read_proxy_header(connection, &bytes))
        close_connection(connection);
    else if (connection->awaits_proxy)
        keep_left(connection, bytes);
    else if (!consume(connection, bytes))
        close_connection(connection);
}

void tcp_connections_committed(struct worker *worker)
{
    struct connection *next;
    for (struct connection *c = worker->connections->first; c; c = next) {
        next = c->next;
        if (c->is_waiting && !consume(c, buf_get(&c->left)))
            close_connection(c);
    }
}

static void close_idle(void *context)
{
    struct connections *connections = context;
    int64_t now_ms = clock_read(connections->worker->intake->options.clock).mono_ms;
    struct connection *next;
    for (struct connection *c = connections->first; c; c = next) {
        next = c->next;
        if (!c->is_waiting && now_ms - c->last_mono_ms > c->listener->settings->idle_ms)
            close_connection(c);
    }
}

static void adopt(struct connections *connections, struct handover *handover)
{
    struct worker *worker = connections->worker;
    struct connection *connection = gw_alloc(sizeof *connection);
    *connection = (struct connection){
        .owner = connections,
        .listener = handover->listener,
        .fd = handover->fd,
        .peer = peers_get(worker->peers, (struct sockaddr *)&handover->from, GW_TRANSPORT_TCP),
        .awaits_proxy = handover->listener->settings->has_proxy,
        .last_mono_ms = clock_read(worker->intake->options.clock).mono_ms,
    };
    framing_init(&connection->framing, FRAMING_AUTO,
                 (size_t)handover->listener->settings->max_message_bytes);
    connection->next = connections->first;
    connection->place = &connections->first;
    if (connection->next)
        connection->next->place = &connection->next;
    connections->first = connection;
    connection->io = loop_io_new(worker->loop, connection->fd, LOOP_READ, on_readable, connection);
    if (!connection->io || (!connection->awaits_proxy && !admit(connection)))
        close_connection(connection);
}

static void on_arrived(void *context)
{
    struct connections *connections = context;
    pthread_mutex_lock(&connections->lock);
    struct handover *list = connections->incoming;
    connections->incoming = NULL;
    pthread_mutex_unlock(&connections->lock);
    while (list) {
        struct handover *handover = list;
        list = handover->next;
        adopt(connections, handover);
        free(handover);
    }
}

struct connections *tcp_connections_new(struct worker *worker)
{
    struct connections *connections = gw_alloc(sizeof *connections);
    connections->worker = worker;
    pthread_mutex_init(&connections->lock, NULL);
    connections->arrived = loop_wake_new(worker->loop, on_arrived, connections);
    connections->idle = loop_timer_new(worker->loop, 10000, close_idle, connections);
    if (!connections->arrived || !connections->idle) {
        tcp_connections_free(connections);
        return NULL;
    }
    return connections;
}

void tcp_connections_free(struct connections *connections)
{
    if (!connections)
        return;
    on_arrived(connections);
    while (connections->first)
        close_connection(connections->first);
    loop_wake_free(connections->arrived);
    loop_timer_free(connections->idle);
    loop_timer_free(connections->turns);
    pthread_mutex_destroy(&connections->lock);
    free(connections);
}

/* ---- accepting ---- */

static void resume_accept(void *context)
{
    struct tcp_listener *listener = context;
    loop_timer_free(listener->resume);
    listener->resume = NULL;
    loop_io_set(listener->io, LOOP_READ);
}

static void hand_over(struct tcp_listener *listener, int fd, const struct sockaddr_storage *from)
{
    struct intake *intake = listener->intake;
    struct connections *to = intake->workers[listener->turn++ % intake->n_workers].connections;
    struct handover *handover = gw_alloc(sizeof *handover);
    int on = 1;
    *handover = (struct handover){.listener = listener, .from = *from, .fd = fd};
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    atomic_fetch_add(&listener->open, 1);
    atomic_fetch_add(&intake->options.stats->connections_open, 1);
    pthread_mutex_lock(&to->lock);
    handover->next = to->incoming;
    to->incoming = handover;
    pthread_mutex_unlock(&to->lock);
    loop_wake_send(to->arrived);
}

static void on_accept(void *context, int ready)
{
    struct tcp_listener *listener = context;
    (void)ready;
    for (int i = 0; i < 64; i++) {
        struct sockaddr_storage from;
        socklen_t length = sizeof from;
        int fd =
            accept4(listener->fd, (struct sockaddr *)&from, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
            /* Without a pause the readable listener would spin. */
            refuse(listener, &listener->refuse_log, -1, strerror(errno));
            loop_io_set(listener->io, 0);
            listener->resume =
                loop_timer_new(listener->intake->workers[0].loop, 500, resume_accept, listener);
            return;
        }
        if (fd < 0)
            return;
        if (atomic_load(&listener->open) >= listener->settings->max_connections)
            refuse(listener, &listener->refuse_log, fd, "max-connections");
        else
            hand_over(listener, fd, &from);
    }
}

int tcp_open(struct intake *intake, const struct intake_listener *settings, struct diag *diag)
{
    struct address address;
    int on = 1;
    if (!address_parse(slice_from(settings->address), &address)) {
        intake_check(settings, "syslog-tcp", diag);
        return GW_ERR_INVALID;
    }
    int fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address.storage, address.length) < 0 ||
        listen(fd, 1024) < 0) {
        diag_add(diag, settings->place.file, settings->place.line,
                 "<syslog-tcp address=\"%s\">: cannot listen: %s", settings->address,
                 strerror(errno));
        if (fd >= 0)
            close(fd);
        return GW_ERR_IO;
    }
    struct tcp_listener *listener = gw_alloc(sizeof *listener);
    *listener = (struct tcp_listener){
        .next = intake->tcp, .intake = intake, .settings = settings, .fd = fd};
    intake->tcp = listener;
    listener->io = loop_io_new(intake->workers[0].loop, fd, LOOP_READ, on_accept, listener);
    return listener->io ? GW_OK : GW_ERR_IO;
}

void tcp_close_all(struct intake *intake)
{
    while (intake->tcp) {
        struct tcp_listener *listener = intake->tcp;
        intake->tcp = listener->next;
        loop_io_free(listener->io);
        loop_timer_free(listener->resume);
        close(listener->fd);
        free(listener);
    }
}
