/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stream connections of one worker, whatever they speak.
 *
 * Reading goes through the worker's one big buffer; a connection owns only what is left of an
 * unfinished unit. When the journal takes no more, the connection stops reading (TCP's window then
 * slows the sender) until the next commit; so it does when its sender is beyond max-rate, until its
 * next turn, and when its protocol says so. Those that a commit concerns stand in a list of their
 * own: there may be thousands of others.
 *
 * What all of them keep is bounded. Beyond KEPT_MAX those that have been silent longest with much
 * of a message are ended, as if their peers had, or with answers that they do not read; and while
 * it still is beyond, since others wait, a connection reads no more than its KEPT_SHARE, which is
 * enough for most messages.
 */
#include "gateway/intake/connection.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/intake/listen.h"
#include "gateway/intake/proxy.h"
#include "gateway/intake/rate.h"
#include "gateway/intake/relay.h"
#include "gateway/intake/stream_tls.h"
#include "gateway/tls/tls.h"

/* Of all workers together; and of each connection, whatever the others keep. */
enum { KEPT_MAX = 128 << 20, KEPT_SHARE = 8 << 10 };
/* READS_A_TURN: before others have theirs. */
enum { READS_A_TURN = 32 };
/* RATE_TURN_MS: how often connections beyond their rate are looked at again. GOODBYE_MS: at the
 * end, peers that sent nothing for so long have nothing under way. */
enum { RATE_TURN_MS = 50, IDLE_LOOK_MS = 10000, GOODBYE_MS = 50 };
/* How often handshakes that take too long are looked for; and what may be logged of those that
 * fail: of one sender, and of all. */
enum { SHAKE_LOOK_MS = 250, SHAKE_LOG_PEER_MS = 10000, SHAKE_LINES_PER_S = 20 };

struct connections {
    struct worker *worker;
    struct connection *first, *first_busy;
    pthread_mutex_t lock; /* guards incoming */
    struct handover *incoming;
    struct loop_wake *arrived;
    struct loop_timer *idle;
    struct loop_timer *turns;  /* set while somebody may wait for his turn */
    struct loop_timer *shakes; /* set while hands may be shaken */
    struct log_limit refuse_log;
    size_t kept_bytes;
    int64_t looked_ms;      /* for who keeps too much */
    int64_t lines_until_ms; /* of the second in which lines were written about handshakes */
    int lines;
    bool is_ending; /* no turn is waited for any more, and what is refused is lost */
};

/* ---- lists ---- */

static void set_busy(struct connection *connection, bool is_busy)
{
    struct connection **head = &connection->worker->connections->first_busy;
    if (is_busy == (connection->place_busy != NULL))
        return;
    if (is_busy) {
        connection->next_busy = *head;
        connection->place_busy = head;
        *head = connection;
        if (connection->next_busy)
            connection->next_busy->place_busy = &connection->next_busy;
    } else {
        *connection->place_busy = connection->next_busy;
        if (connection->next_busy)
            connection->next_busy->place_busy = connection->place_busy;
        connection->place_busy = NULL;
    }
}

/* Addresses cost an attacker little: a line for each would be a flood. */
static bool has_line(struct connections *connections)
{
    int64_t now_ms = clock_read(connections->worker->intake->options.clock).mono_ms;
    if (now_ms >= connections->lines_until_ms) {
        connections->lines_until_ms = now_ms + 1000;
        connections->lines = 0;
    }
    return connections->lines++ < SHAKE_LINES_PER_S;
}

/* why: NULL: as TLS says. Who came and said nothing tried none: a port's watcher. */
static void fail_handshake(struct connection *connection, const char *why)
{
    struct stats *stats = connection->worker->intake->options.stats;
    bool has_tls = connection->is_shaking;
    unsigned long held;
    connection->is_shaking = false;
    if (!why && stream_tls_is_silent(&connection->stream))
        return;
    stats_add(&stats->handshakes_failed, 1);
    stats_add(&connection->peer->stats->handshakes_failed, 1);
    if (log_allowed(&connection->peer->handshake_log, SHAKE_LOG_PEER_MS, &held) &&
        has_line(connection->worker->connections))
        log_warn("intake", "TLS handshake failed address=%s peer=%s name=%s failed=%lu reason=%s",
                 connection->listener->settings->address, connection->peer->text,
                 has_tls ? stream_tls_peer(&connection->stream) : "", held + 1,
                 why ? why : stream_tls_reason(&connection->stream));
}

static void close_connection(struct connection *connection)
{
    if (connection->is_shaking)
        fail_handshake(connection, NULL);
    struct stats *stats = connection->worker->intake->options.stats;
    if (connection->is_counted)
        atomic_fetch_sub(&connection->peer->stats->connections, 1);
    set_busy(connection, false);
    *connection->place = connection->next;
    if (connection->next)
        connection->next->place = connection->place;
    connection->protocol->close(connection);
    loop_io_free(connection->io);
    stream_close(&connection->stream);
    buf_free(&connection->left);
    buf_free(&connection->held);
    buf_free(&connection->out);
    connection->worker->connections->kept_bytes -= connection->kept_bytes;
    atomic_fetch_sub(&connection->listener->open, 1);
    atomic_fetch_sub(&stats->connections_open, 1);
    free(connection);
}

/* ---- messages ---- */

/* False: the journal takes no more, and it is to be offered again. */
static bool take(struct connection *connection, struct slice message, uint64_t full_size)
{
    const struct connection_protocol *protocol = connection->protocol;
    struct envelope envelope = {
        .bytes = message,
        .transport = protocol->transport,
        .peer = connection->peer,
        .received_ms = connection->now.wall_ms,
        .full_size_bytes = full_size > UINT32_MAX ? UINT32_MAX : (uint32_t)full_size,
        .is_damaged = connection->is_damaged,
        .is_resent = protocol->offer && protocol->offer(connection, message),
    };
    uint64_t sequence;
    int result = connection->is_relay ? relay_take(connection->worker, &envelope, &sequence)
                                      : worker_take(connection->worker, &envelope, &sequence);
    if (result != GW_OK && connection->worker->connections->is_ending) {
        stats_add(&connection->worker->intake->options.stats->dropped_full, 1);
        stats_add(&connection->peer->stats->dropped, 1);
        return true;
    }
    if (result != GW_OK) {
        if (protocol->refused)
            protocol->refused(connection);
        return false;
    }
    connection->has_taken = true;
    if (protocol->taken)
        protocol->taken(connection, sequence);
    return true;
}

void connection_deliver(struct connection *connection, struct slice message, uint64_t full_size)
{
    rate_spend(connection->peer->stats, connection->listener->settings->max_rate,
               connection->now.mono_ms * 1000000);
    if (take(connection, message, full_size))
        return;
    /* It is out of the stream already: kept aside until the journal takes it. */
    buf_clear(&connection->held);
    buf_slice(&connection->held, message);
    connection->held_full_size = full_size;
    connection->is_waiting = true;
}

void connection_count_malformed(struct connection *connection)
{
    stats_add(&connection->worker->intake->options.stats->dropped_frame, 1);
    stats_add(&connection->peer->stats->malformed, 1);
}

/* False: it waits on. */
static bool take_held(struct connection *connection)
{
    if (connection->held.n == 0)
        return true;
    if (!take(connection, buf_get(&connection->held), connection->held_full_size))
        return false;
    buf_free(&connection->held);
    return true;
}

static void on_turns(void *context)
{
    struct connections *connections = context;
    loop_timer_free(connections->turns);
    connections->turns = NULL;
    connections_committed(connections->worker);
}

static void look_again(struct connections *connections)
{
    if (!connections->turns)
        connections->turns =
            loop_timer_new(connections->worker->loop, RATE_TURN_MS, on_turns, connections);
}

static void wait_a_turn(struct connection *connection)
{
    connection->is_waiting = true;
    look_again(connection->worker->connections);
}

/* False: its sender is beyond its rate, and will be heard again in a while. */
static bool has_turn(struct connection *connection)
{
    struct connections *owner = connection->worker->connections;
    int64_t max_rate = connection->listener->settings->max_rate;
    if (owner->is_ending ||
        rate_has_turn(connection->peer->stats, max_rate, connection->now.mono_ms * 1000000))
        return true;
    look_again(owner);
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
        buf_free(left);
        *left = (struct buf){.p = gw_alloc(bytes.n), .n = bytes.n, .cap = bytes.n};
        memcpy(left->p, bytes.p, bytes.n);
    }
}

static void count_kept(struct connection *connection)
{
    size_t kept = connection->left.cap + connection->held.cap + connection->out.cap +
                  connection->protocol->kept_bytes(connection);
    connection->worker->connections->kept_bytes += kept - connection->kept_bytes;
    connection->kept_bytes = kept;
}

/* Hand units of bytes to the protocol; what cannot go on now is kept. */
static void consume(struct connection *connection, struct slice bytes)
{
    enum connection_step step = CONNECTION_GO_ON;
    connection->now = clock_read(connection->worker->intake->options.clock);
    connection->is_waiting = !take_held(connection);
    while (!connection->is_waiting && step == CONNECTION_GO_ON) {
        size_t used = 0;
        step = has_turn(connection) ? connection->protocol->step(connection, bytes, &used)
                                    : CONNECTION_WAIT;
        connection->is_waiting |= step == CONNECTION_WAIT;
        bytes = slice_skip(bytes, used);
    }
    keep_left(connection, bytes);
    count_kept(connection);
    if (connection->has_taken && connection->protocol->is_acknowledged)
        journal_hurry(connection->worker->intake->options.journal);
    connection->has_taken = false;
    connection->is_closing |= step == CONNECTION_CLOSE;
}

/* ---- bytes ---- */

/* Count it among its sender's, who is known now. False: he has as many as he may. */
static bool admit(struct connection *connection)
{
    int64_t max = connection->listener->settings->max_connections_per_source;
    uint64_t before = atomic_fetch_add(&connection->peer->stats->connections, 1);
    connection->is_counted = true;
    if (max == 0 || before < (uint64_t)max)
        return true;
    listen_refuse(connection->listener, &connection->worker->connections->refuse_log,
                  "max-connections-per-source");
    return false;
}

/* TLS begins, if the listener has it; early came already. False: close. */
static bool begin_tls(struct connection *connection, struct slice early)
{
    struct tls_context *context = listen_tls(connection->listener);
    if (!context)
        return true;
    connection->is_shaking = stream_tls_open(&connection->stream, context, early);
    tls_context_put(context);
    return connection->is_shaking;
}

static void end_handshake(struct connection *connection)
{
    connection->is_shaking = false;
    connection->last_mono_ms = clock_read(connection->worker->intake->options.clock).mono_ms;
    log_debug("intake", "TLS begins peer=%s name=%s", connection->peer->text,
              stream_tls_peer(&connection->stream));
}

static void set_peer(struct connection *connection, const struct sockaddr_storage *from)
{
    const struct sockaddr *address = (const struct sockaddr *)from;
    connection->peer = peers_get(connection->worker->peers, address,
                                 connection->protocol->transport, &connection->own);
    connection->is_relay = relays_have(&connection->listener->relays, address);
}

/* What a load balancer says before its client's bytes. False: close. */
static bool read_proxy_header(struct connection *connection, struct slice *bytes)
{
    struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
    size_t used = 0;
    enum parse_status status = proxy_parse(*bytes, &from, &used);
    if (status == PARSE_OK) {
        if (from.ss_family != AF_UNSPEC) /* else it speaks for itself, and is known */
            set_peer(connection, &from);
        connection->awaits_proxy = false;
        *bytes = slice_skip(*bytes, used);
        if (!admit(connection) || !begin_tls(connection, *bytes))
            return false;
        if (connection->is_shaking)
            *bytes = SLICE_NONE; /* they are TLS's */
        return true;
    }
    if (status == PARSE_MORE && !connection->is_ended)
        return true;
    if (bytes->n == 0)
        return false; /* a balancer looks whether somebody listens */
    connection_count_malformed(connection);
    log_debug("intake", "connection without PROXY header peer=%s", connection->peer->text);
    return false;
}

/* Write what waits. False: the peer is gone, or it was the last that it should have. */
static bool flush(struct connection *connection)
{
    struct buf *out = &connection->out;
    while (connection_unsent(connection)) {
        ssize_t n =
            stream_write(&connection->stream, slice_skip(buf_get(out), connection->out_done));
        if (n == STREAM_AGAIN)
            return true;
        if (n <= 0)
            return false;
        connection->out_done += (size_t)n;
        connection->last_mono_ms = clock_read(connection->worker->intake->options.clock).mono_ms;
    }
    if (out->cap > 4096)
        buf_free(out);
    buf_clear(out);
    connection->out_done = 0;
    return !connection->is_closing;
}

static bool is_reading(const struct connection *connection)
{
    return !connection->is_waiting && !connection->is_ended && !connection->is_closing;
}

static bool is_beyond(const struct connections *connections)
{
    return connections->kept_bytes > KEPT_MAX / (size_t)connections->worker->intake->n_workers;
}

/* How much it may read now: what it keeps, it may keep until others give theirs back. */
static size_t may_read(const struct connection *connection)
{
    if (!is_beyond(connection->worker->connections))
        return STREAM_READ;
    return connection->kept_bytes < KEPT_SHARE ? KEPT_SHARE - connection->kept_bytes : 0;
}

/* False: close. */
static bool read_some(struct connection *connection)
{
    char *buffer = connection->worker->stream_buffer;
    size_t kept = connection->left.n, most = may_read(connection);
    if (most == 0) {
        wait_a_turn(connection);
        return true;
    }
    /* What a protocol leaves is at most one unit. */
    ssize_t n = stream_read(&connection->stream, buffer + kept, most);
    if (connection->is_shaking && !stream_tls_is_shaking(&connection->stream))
        end_handshake(connection);
    if (n == STREAM_AGAIN)
        return true;
    connection->now = clock_read(connection->worker->intake->options.clock);
    connection->last_mono_ms = connection->now.mono_ms;
    if (kept)
        memcpy(buffer, connection->left.p, kept);
    connection->is_ended = n <= 0;
    struct slice bytes = slice_of(buffer, kept + (n > 0 ? (size_t)n : 0));
    if (connection->awaits_proxy && !read_proxy_header(connection, &bytes))
        return false;
    if (connection->awaits_proxy)
        keep_left(connection, bytes);
    else
        consume(connection, bytes);
    return true;
}

/* After anything that was done with it: what it waits for now. May close it. */
static void settle(struct connection *connection, bool is_good)
{
    for (int reads = 0; is_good;) {
        bool was_unsent = connection_unsent(connection) > 0;
        is_good = flush(connection);
        if (!is_good)
            break;
        if (was_unsent && !connection_unsent(connection) && connection->is_waiting)
            consume(connection, buf_get(&connection->left)); /* that may be what it waited for */
        else if (!is_reading(connection) || !stream_has_pending(&connection->stream))
            break;
        else if (reads++ < READS_A_TURN)
            is_good = read_some(connection);
        else
            wait_a_turn(connection);
    }
    if (!is_good) {
        close_connection(connection);
        return;
    }
    count_kept(connection); /* answers came or went */
    set_busy(connection, connection->is_waiting || connection->is_owing);
    int interest =
        (is_reading(connection) ? LOOP_READ : 0) | (connection_unsent(connection) ? LOOP_WRITE : 0);
    loop_io_set(connection->io, stream_wants(&connection->stream, interest));
}

/* It waits for nobody but its peer, and keeps more than its share for it. */
static bool is_hoarding(const struct connection *connection)
{
    return connection->kept_bytes > KEPT_SHARE &&
           (is_reading(connection) || connection_unsent(connection));
}

/* Those that were silent longest, but for one: what they sent is taken as it is. Who reads nothing
   is told nothing more. */
static void end_hoarders(struct connections *connections, const struct connection *but)
{
    int64_t now_ms = clock_read(connections->worker->intake->options.clock).mono_ms,
            oldest_ms = now_ms;
    struct connection *next;
    if (now_ms - connections->looked_ms < RATE_TURN_MS)
        return;
    connections->looked_ms = now_ms;
    for (struct connection *c = connections->first; c; c = c->next)
        if (c != but && is_hoarding(c) && c->last_mono_ms < oldest_ms)
            oldest_ms = c->last_mono_ms;
    for (struct connection *c = connections->first; c && is_beyond(connections); c = next) {
        next = c->next;
        if (c == but || !is_hoarding(c) || c->last_mono_ms > oldest_ms + (now_ms - oldest_ms) / 2)
            continue;
        listen_refuse(c->listener, &connections->refuse_log,
                      "all unfinished messages and unread answers together are too large");
        if (connection_unsent(c)) {
            close_connection(c);
            continue;
        }
        c->is_ended = true;
        consume(c, buf_get(&c->left));
        settle(c, true);
    }
}

static void on_ready(void *context, int ready)
{
    struct connection *connection = context;
    (void)ready;
    if (is_beyond(connection->worker->connections))
        end_hoarders(connection->worker->connections, connection);
    settle(connection, !is_reading(connection) || read_some(connection));
}

void connections_committed(struct worker *worker)
{
    uint64_t committed = journal_committed(worker->intake->options.journal);
    struct connection *next;
    for (struct connection *c = worker->connections->first_busy; c; c = next) {
        next = c->next_busy;
        if (c->is_owing)
            c->protocol->committed(c, committed);
        if (c->is_waiting && !c->is_closing)
            consume(c, buf_get(&c->left));
        settle(c, true);
    }
}

static void close_idle(void *context)
{
    struct connections *connections = context;
    int64_t now_ms = clock_read(connections->worker->intake->options.clock).mono_ms;
    struct connection *next;
    for (struct connection *c = connections->first; c; c = next) {
        next = c->next;
        /* Who waits for us is not idle; who does not read what we said is. */
        bool waits_for_us = (c->is_waiting || c->is_owing) && !connection_unsent(c);
        if (!waits_for_us && now_ms - c->last_mono_ms > c->listener->settings->idle_ms)
            close_connection(c);
    }
}

/* The time for a handshake counts from the connection, so that a PROXY header cannot stretch it. */
static void on_shakes(void *context)
{
    struct connections *connections = context;
    int64_t now_ms = clock_read(connections->worker->intake->options.clock).mono_ms;
    bool is_any = false;
    struct connection *next;
    for (struct connection *c = connections->first; c; c = next) {
        next = c->next;
        if (!c->is_shaking && !(c->awaits_proxy && c->listener->has_tls))
            continue;
        if (now_ms - c->opened_mono_ms > c->listener->settings->handshake_ms) {
            fail_handshake(c, c->awaits_proxy ? "no PROXY header in time" : "not done in time");
            close_connection(c);
        } else {
            is_any = true;
        }
    }
    if (!is_any) {
        loop_timer_free(connections->shakes);
        connections->shakes = NULL;
    }
}

/* ---- the end ---- */

/* Reads what a connection's peer still sends and forgets it: it is not acknowledged. False: the
 * peer has gone. */
static bool drain(struct connection *connection)
{
    ssize_t n = 1;
    for (int i = 0; n > 0 && i < 8; i++)
        n = stream_read(&connection->stream, connection->worker->stream_buffer, STREAM_READ);
    return n > 0 || n == STREAM_AGAIN;
}

/* Until all are written and nobody sends any more, or it is late. A socket closed with bytes unread
 * resets its connection, and what the peer has not read yet would be lost to it. */
static void say_goodbye(struct connections *connections, struct pollfd *fds, int64_t until_ms)
{
    for (;;) {
        struct connection *next;
        nfds_t n = 0;
        bool is_unsent = false;
        for (struct connection *c = connections->first; c; c = next) {
            next = c->next;
            if (!c->protocol->stop || c->is_shaking)
                continue;
            if (!drain(c) || !flush(c)) {
                close_connection(c);
                continue;
            }
            is_unsent |= connection_unsent(c) > 0;
            int wants =
                stream_wants(&c->stream, LOOP_READ | (connection_unsent(c) ? LOOP_WRITE : 0));
            fds[n++] = (struct pollfd){.fd = c->stream.fd,
                                       .events = (short)((wants & LOOP_READ ? POLLIN : 0) |
                                                         (wants & LOOP_WRITE ? POLLOUT : 0))};
        }
        int64_t left_ms = until_ms - clock_read(connections->worker->intake->options.clock).mono_ms;
        if (n == 0 || left_ms <= 0)
            return;
        if (poll(fds, n, left_ms < GOODBYE_MS ? (int)left_ms : GOODBYE_MS) == 0 && !is_unsent)
            return;
    }
}

void connections_take_left(struct worker *worker)
{
    worker->connections->is_ending = true;
    for (struct connection *c = worker->connections->first; c; c = c->next) {
        if (c->protocol->is_acknowledged || c->is_shaking || c->awaits_proxy)
            continue;
        c->is_ended = true;
        consume(c, buf_get(&c->left));
    }
}

void connections_finish(struct worker *worker, int64_t until_ms)
{
    struct connections *connections = worker->connections;
    uint64_t committed = journal_committed(worker->intake->options.journal);
    size_t n = 0;
    for (struct connection *c = connections->first; c; c = c->next) {
        if (!c->protocol->stop || c->is_shaking)
            continue;
        n++;
        c->protocol->committed(c, committed);
        c->protocol->stop(c);
    }
    struct pollfd *fds = gw_alloc((n + 1) * sizeof *fds);
    say_goodbye(connections, fds, until_ms);
    free(fds);
}

/* ---- their coming and going ---- */

static void adopt(struct connections *connections, struct handover *handover)
{
    struct worker *worker = connections->worker;
    const struct connection_protocol *protocol = handover->listener->protocol;
    struct connection *connection = gw_alloc(sizeof *connection);
    *connection = (struct connection){
        .worker = worker,
        .listener = handover->listener,
        .protocol = protocol,
        .awaits_proxy = handover->listener->settings->has_proxy,
        .now = clock_read(worker->intake->options.clock),
    };
    set_peer(connection, &handover->from);
    connection->last_mono_ms = connection->opened_mono_ms = connection->now.mono_ms;
    stream_open_plain(&connection->stream, handover->fd);
    protocol->open(connection);
    connection->next = connections->first;
    connection->place = &connections->first;
    if (connection->next)
        connection->next->place = &connection->next;
    connections->first = connection;
    connection->io = loop_io_new(worker->loop, handover->fd, LOOP_READ, on_ready, connection);
    bool is_good = connection->io != NULL;
    if (is_good && !connection->awaits_proxy)
        is_good = admit(connection) && begin_tls(connection, SLICE_NONE);
    if (is_good && connection->listener->has_tls && !connections->shakes)
        connections->shakes = loop_timer_new(worker->loop, SHAKE_LOOK_MS, on_shakes, connections);
    if (!is_good)
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

void connection_hand_over(struct connections *connections, struct handover *handover)
{
    pthread_mutex_lock(&connections->lock);
    handover->next = connections->incoming;
    connections->incoming = handover;
    pthread_mutex_unlock(&connections->lock);
    loop_wake_send(connections->arrived);
}

struct connections *connections_new(struct worker *worker)
{
    struct connections *connections = gw_alloc(sizeof *connections);
    connections->worker = worker;
    pthread_mutex_init(&connections->lock, NULL);
    connections->arrived = loop_wake_new(worker->loop, on_arrived, connections);
    connections->idle = loop_timer_new(worker->loop, IDLE_LOOK_MS, close_idle, connections);
    if (!connections->arrived || !connections->idle) {
        connections_free(connections);
        return NULL;
    }
    return connections;
}

void connections_free(struct connections *connections)
{
    if (!connections)
        return;
    on_arrived(connections);
    while (connections->first) {
        connections->first->is_shaking = false; /* that it did not end is our doing */
        close_connection(connections->first);
    }
    loop_wake_free(connections->arrived);
    loop_timer_free(connections->idle);
    loop_timer_free(connections->turns);
    loop_timer_free(connections->shakes);
    pthread_mutex_destroy(&connections->lock);
    free(connections);
}
