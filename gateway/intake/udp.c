/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Syslog over UDP, and over a datagram socket of this machine: one datagram, one message. The first
 * worker reads; while more waits than one turn takes, each that reads calls the next one. Source:
 * RFC 5426.
 */
#include <stdlib.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/intake/datagram.h"
#include "gateway/intake/intake_internal.h"
#include "gateway/intake/relay.h"

struct udp_reader {
    struct udp_listener *listener;
    struct worker *worker;
    struct datagram_reader *reader;
    struct intake_peer *local; /* of a Unix socket */
    struct loop_wake *called;  /* by another reader, or by itself for another turn */
    struct log_limit drop_log;
    size_t n_dropped; /* since the log said so */
};

struct udp_listener {
    struct udp_listener *next;
    const struct intake_listener *settings;
    struct relays relays;
    struct datagram_socket *socket;
    bool is_unix;
    int n_readers;
    struct udp_reader readers[]; /* one a worker */
};

static void on_datagram(void *context, const struct datagram *datagram)
{
    struct udp_reader *reader = context;
    struct udp_listener *listener = reader->listener;
    struct worker *worker = reader->worker;
    struct slice bytes = without_end(datagram->bytes);
    if (bytes.n == 0)
        return; /* an empty datagram says nothing: RFC 5426 section 3.1 wants one message in it */
    if (!listener->is_unix &&
        !datagram_has_turn(worker, listener->settings, datagram, GW_TRANSPORT_UDP))
        return;

    struct intake_peer own;
    size_t max = (size_t)listener->settings->max_message_bytes;
    struct envelope envelope = {
        .bytes = slice_head(bytes, max),
        .transport = listener->is_unix ? GW_TRANSPORT_UNIX : GW_TRANSPORT_UDP,
        .peer = listener->is_unix
                    ? reader->local
                    : peers_get(worker->peers, datagram->from, GW_TRANSPORT_UDP, &own),
        .received_ms = datagram->received_ms,
        .full_size_bytes = datagram->is_cut ? (uint32_t)datagram->full_size_bytes
                           : bytes.n > max  ? (uint32_t)bytes.n
                                            : 0,
    };
    if (!listener->is_unix && relays_have(&listener->relays, datagram->from))
        relay_keep(worker, &envelope);
    else
        worker_keep(worker, &envelope);
}

static void on_batch(void *context)
{
    struct udp_reader *reader = context;
    unsigned long held;
    reader->n_dropped += worker_append(reader->worker);
    if (reader->n_dropped == 0 || !log_allowed(&reader->drop_log, 5000, &held))
        return;
    log_error("intake", "datagrams dropped: the journal takes no more; check the disk dropped=%zu",
              reader->n_dropped);
    reader->n_dropped = 0;
}

static const struct datagram_calls calls = {on_datagram, on_batch};

/* ---- who reads ---- */

/* By its own loop, which has other work too. */
static void on_called(void *context)
{
    struct udp_reader *reader = context;
    struct udp_listener *listener = reader->listener;
    if (datagram_read(reader->reader) != DATAGRAM_MORE)
        return;
    if (reader > listener->readers)
        loop_wake_send(reader->called);
    if (reader + 1 < listener->readers + listener->n_readers)
        loop_wake_send(reader[1].called);
}

static void on_readable(void *context, int ready)
{
    (void)ready;
    on_called(context);
}

static bool add_reader(struct udp_listener *listener, struct worker *worker)
{
    const struct intake_listener *settings = listener->settings;
    struct udp_reader *reader = &listener->readers[listener->n_readers++];
    *reader = (struct udp_reader){.listener = listener, .worker = worker};
    reader->reader = datagram_reader_new(listener->socket, worker, &calls, reader);
    if (listener->is_unix)
        reader->local = peers_local(worker->peers, "unix:", settings->address, GW_TRANSPORT_UNIX);
    reader->called = loop_wake_new(worker->loop, on_called, reader);
    return reader->called != NULL;
}

static int open_on(struct intake *intake, const struct intake_listener *settings,
                   struct datagram_socket *socket, bool is_unix)
{
    if (!socket)
        return GW_ERR_IO;
    size_t n_readers = (size_t)intake->n_workers;
    struct udp_listener *listener =
        gw_alloc(sizeof *listener + n_readers * sizeof *listener->readers);
    *listener = (struct udp_listener){
        .next = intake->udp, .settings = settings, .socket = socket, .is_unix = is_unix};
    intake->udp = listener;
    struct slice bad; /* intake_check() has said it */
    relays_init(&listener->relays, settings->relays, &bad);
    bool is_fine = true;
    for (size_t i = 0; i < n_readers && is_fine; i++)
        is_fine = add_reader(listener, &intake->workers[i]);
    is_fine = is_fine &&
              datagram_socket_watch(socket, &intake->workers[0], on_readable, listener->readers);
    return is_fine ? GW_OK : GW_ERR_IO;
}

int udp_open(struct intake *intake, const struct intake_listener *settings, struct diag *diag)
{
    return open_on(intake, settings, datagram_socket_open(settings, "syslog-udp", diag), false);
}

int unix_open(struct intake *intake, const struct intake_listener *settings, struct diag *diag)
{
    return open_on(intake, settings, datagram_socket_open_unix(settings, diag), true);
}

void udp_committed(struct intake *intake)
{
    for (struct udp_listener *listener = intake->udp; listener; listener = listener->next)
        datagram_socket_go_on(listener->socket);
}

void udp_read_rest(struct intake *intake, int64_t until_ms)
{
    for (struct udp_listener *listener = intake->udp; listener; listener = listener->next)
        datagram_read_rest(listener->readers->reader, until_ms);
}

void udp_close_all(struct intake *intake)
{
    while (intake->udp) {
        struct udp_listener *listener = intake->udp;
        intake->udp = listener->next;
        for (int i = 0; i < listener->n_readers; i++) {
            loop_wake_free(listener->readers[i].called);
            datagram_reader_free(listener->readers[i].reader);
        }
        relays_fini(&listener->relays);
        datagram_socket_close(listener->socket);
        if (listener->is_unix)
            unlink(listener->settings->address);
        free(listener);
    }
}
