/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SNMP v1 and v2c notifications through our own bounded BER reader; v3.c has the others. An inform
 * is answered after the commit that holds its record; the same inform again (peer, request-id,
 * hash, within REPEAT_MS) is answered again and not journaled again. Of more than INFORMS_MAX the
 * oldest answered are forgotten: a repeat that late is a second record. While so many, or
 * WAITING_BYTES_MAX of responses, wait for the disk none is taken beyond; it is counted as dropped.
 * Source: RFC 3416 section 4.2.7, RFC 1157 section 4.1.6.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/error.h"
#include "gateway/base/local.h"
#include "gateway/base/log.h"
#include "gateway/base/map.h"
#include "gateway/base/secret.h"
#include "gateway/intake/datagram.h"
#include "gateway/intake/intake_internal.h"
#include "parsers/varbinds.h"

enum { REPEAT_MS = 150 * 1000, INFORMS_MAX = 20000, WAITING_BYTES_MAX = 8 << 20 };

/* An inform taken: waiting for its commit, then remembered for its repeats, which are what their
   response is made of. In order of receipt. */
struct inform {
    struct inform *next;
    uint64_t sequence;
    int64_t expires_ms;  /* monotonic */
    struct buf response; /* until it is answered */
    struct sockaddr_storage to;
    socklen_t to_n;
    struct local_address local;
    char key[48];
    size_t key_n;
};

struct trap_listener {
    struct trap_listener *next;
    struct worker *worker;
    const struct intake_listener *settings;
    struct datagram_socket *socket;
    struct datagram_reader *reader;
    struct log_limit drop_log, refuse_log;
    struct inform *first, **last, *unanswered;
    size_t waiting_bytes; /* of the unanswered ones' responses */
    struct map *by_key;
    int fd;
    uint32_t number;
};

static void refuse(struct trap_listener *listener, const struct datagram *datagram, const char *why)
{
    struct stats *stats = listener->worker->intake->options.stats;
    struct intake_peer own,
        *peer = peers_get(listener->worker->peers, datagram->from, GW_TRANSPORT_SNMP, &own);
    unsigned long held;
    stats_add(&stats->dropped_snmp, 1);
    stats_add(&peer->stats->malformed, 1);
    stats_add(&peer->stats->dropped, 1);
    if (log_allowed(&listener->refuse_log, 5000, &held))
        log_warn("intake", "notification refused peer=%s reason=%s refused=%lu", peer->text, why,
                 held + 1);
}

/* A lost answer is asked for again by the repeat. */
static void answer(const struct trap_listener *listener, const struct local_address *from,
                   const struct sockaddr *to, socklen_t to_n, struct slice message)
{
    if (local_send(listener->fd, from, to, to_n, message) < 0)
        log_debug("intake", "inform not answered");
}

/* Of those that were answered: who expired, and the oldest beyond most. */
static void forget(struct trap_listener *listener, int64_t now_ms, size_t most)
{
    while (listener->first && listener->first != listener->unanswered &&
           (listener->first->expires_ms <= now_ms || map_count(listener->by_key) > most)) {
        struct inform *inform = listener->first;
        listener->first = inform->next;
        if (!listener->first)
            listener->last = &listener->first;
        map_remove(listener->by_key, slice_of(inform->key, inform->key_n));
        free(inform);
    }
}

static size_t inform_key(const struct datagram *datagram, const struct notification *notification,
                         char *key)
{
    struct slice address = address_bytes(datagram->from);
    uint64_t hash = map_hash(datagram->bytes);
    int64_t id = notification->request_id;
    size_t n = 0;
    memcpy(key, address.p ? address.p : "", address.n);
    n += address.n;
    memcpy(key + n, &id, sizeof id);
    n += sizeof id;
    memcpy(key + n, &hash, sizeof hash);
    return n + sizeof hash;
}

static void remember(struct trap_listener *listener, const struct datagram *datagram,
                     struct slice key, const struct notification *notification, uint64_t sequence,
                     int64_t now_ms)
{
    struct inform *inform = gw_alloc(sizeof *inform);
    notification_make_response(notification, &inform->response);
    listener->waiting_bytes += inform->response.cap;
    inform->sequence = sequence;
    inform->expires_ms = now_ms + REPEAT_MS;
    memcpy(&inform->to, datagram->from, datagram->from_n);
    inform->to_n = datagram->from_n;
    inform->local = local_of(datagram->header);
    memcpy(inform->key, key.p, key.n);
    inform->key_n = key.n;
    *listener->last = inform;
    listener->last = &inform->next;
    if (!listener->unanswered)
        listener->unanswered = inform;
    map_put(listener->by_key, key, inform);
}

/* It came before, and is answered again, or by its commit. */
static bool is_repeated(struct trap_listener *listener, struct slice key,
                        const struct datagram *datagram, const struct notification *notification)
{
    const struct inform *before = map_get(listener->by_key, key);
    struct buf response = {0};
    if (!before)
        return false;
    stats_add(&listener->worker->intake->options.stats->repeated_informs, 1);
    if (before->response.n == 0) {
        struct local_address local = local_of(datagram->header);
        notification_make_response(notification, &response);
        answer(listener, &local, datagram->from, datagram->from_n, buf_get(&response));
        buf_free(&response);
    }
    return true;
}

static void take(struct trap_listener *listener, const struct datagram *datagram,
                 const struct notification *notification)
{
    struct worker *worker = listener->worker;
    struct stats *stats = worker->intake->options.stats;
    bool is_inform = notification->pdu == NOTIFICATION_INFORM;
    char key_bytes[48];
    struct slice key = SLICE_NONE;
    int64_t now_ms = is_inform ? clock_read(worker->intake->options.clock).mono_ms : 0;

    if (is_inform) {
        key = slice_of(key_bytes, inform_key(datagram, notification, key_bytes));
        forget(listener, now_ms, INFORMS_MAX);
        if (is_repeated(listener, key, datagram, notification))
            return;
        forget(listener, now_ms, INFORMS_MAX - 1);
    }
    struct intake_peer own;
    struct envelope envelope = {
        .bytes = datagram->bytes,
        .notification = notification,
        .transport = GW_TRANSPORT_SNMP,
        .peer = peers_get(worker->peers, datagram->from, GW_TRANSPORT_SNMP, &own),
        .received_ms = datagram->received_ms,
    };
    uint64_t sequence;
    bool has_room =
        !is_inform || (map_count(listener->by_key) < INFORMS_MAX &&
                       listener->waiting_bytes + datagram->bytes.n <= WAITING_BYTES_MAX);
    if (has_room && worker_take(worker, &envelope, &sequence) == GW_OK) {
        if (is_inform)
            remember(listener, datagram, key, notification, sequence, now_ms);
        return;
    }
    if (is_inform && has_room)
        return; /* unanswered: the sender tries again */
    unsigned long held;
    stats_add(&stats->dropped_full, 1);
    stats_add(&envelope.peer->stats->dropped, 1);
    if (log_allowed(&listener->drop_log, 5000, &held))
        log_error("intake",
                  "notifications dropped: the journal takes no more; check the disk dropped=%lu",
                  held + 1);
}

static void on_datagram(void *context, const struct datagram *datagram)
{
    struct trap_listener *listener = context;
    struct notification notification;
    if (!datagram_has_turn(listener->worker, listener->settings, datagram, GW_TRANSPORT_SNMP))
        return;
    if (!datagram->is_cut && parse_snmp_version(datagram->bytes) == SNMP_MESSAGE_V3) {
        v3_offer(listener->worker->intake->v3, listener->number, datagram);
        return;
    }
    if (datagram->is_cut || parse_notification(datagram->bytes, &notification) != PARSE_OK) {
        refuse(listener, datagram, datagram->is_cut ? "too long" : notification.error);
        return;
    }
    const char *community = listener->settings->community;
    if (community && !secret_is_same(notification.community, slice_from(community))) {
        refuse(listener, datagram, "unknown community");
        return;
    }
    take(listener, datagram, &notification);
}

static void on_batch(void *context)
{
    struct trap_listener *listener = context;
    if (listener->unanswered)
        journal_hurry(listener->worker->intake->options.journal); /* senders of informs wait */
}

static const struct datagram_calls calls = {on_datagram, on_batch};

static void on_readable(void *context, int ready)
{
    struct trap_listener *listener = context;
    (void)ready;
    datagram_read(listener->reader);
}

void notifications_committed(struct worker *worker)
{
    uint64_t committed = journal_committed(worker->intake->options.journal);
    for (struct trap_listener *listener = worker->traps; listener; listener = listener->next) {
        datagram_socket_go_on(listener->socket);
        while (listener->unanswered && listener->unanswered->sequence <= committed) {
            struct inform *inform = listener->unanswered;
            answer(listener, &inform->local, (struct sockaddr *)&inform->to, inform->to_n,
                   buf_get(&inform->response));
            listener->waiting_bytes -= inform->response.cap;
            buf_free(&inform->response);
            listener->unanswered = inform->next;
        }
    }
}

void notifications_answer(struct worker *worker, uint32_t number, const struct local_address *local,
                          const struct sockaddr *to, socklen_t to_n, struct slice message)
{
    for (struct trap_listener *listener = worker->traps; listener; listener = listener->next)
        if (listener->number == number)
            answer(listener, local, to, to_n, message);
}

int notifications_open(struct worker *worker, const struct intake_listener *settings,
                       struct diag *diag)
{
    struct datagram_socket *socket = datagram_socket_open(settings, "notifications", diag);
    if (!socket)
        return GW_ERR_IO;
    datagram_socket_tell_local(socket);
    struct trap_listener *listener = gw_alloc(sizeof *listener);
    *listener = (struct trap_listener){.next = worker->traps,
                                       .worker = worker,
                                       .settings = settings,
                                       .socket = socket,
                                       .fd = datagram_socket_fd(socket)};
    listener->number = worker->traps ? worker->traps->number + 1 : 0;
    listener->last = &listener->first;
    listener->by_key = map_new();
    listener->reader = datagram_reader_new(socket, worker, &calls, listener);
    worker->traps = listener;
    return datagram_socket_watch(socket, worker, on_readable, listener) ? GW_OK : GW_ERR_IO;
}

void notifications_read_rest(struct worker *worker, int64_t until_ms)
{
    for (struct trap_listener *listener = worker->traps; listener; listener = listener->next)
        datagram_read_rest(listener->reader, until_ms);
}

void notifications_close_all(struct worker *worker)
{
    while (worker->traps) {
        struct trap_listener *listener = worker->traps;
        worker->traps = listener->next;
        while (listener->first) {
            struct inform *next = listener->first->next;
            buf_free(&listener->first->response);
            free(listener->first);
            listener->first = next;
        }
        map_free(listener->by_key, NULL);
        datagram_reader_free(listener->reader);
        datagram_socket_close(listener->socket);
        free(listener);
    }
}
