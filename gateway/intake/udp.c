/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Syslog over UDP, and over a datagram socket of this machine: one datagram, one message. Source:
 * RFC 5426. */
#include <stdlib.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/intake/intake_internal.h"
#include "gateway/intake/relay.h"

struct udp_listener {
    struct udp_listener *next;
    struct worker *worker;
    const struct intake_listener *settings;
    struct relays relays;
    struct datagram_reader *reader;
    struct intake_peer *local; /* of a Unix socket */
    struct loop_io *io;
    struct log_limit drop_log;
    int fd;
};

static void on_datagram(void *context, const struct datagram *datagram)
{
    struct udp_listener *listener = context;
    struct worker *worker = listener->worker;
    struct stats *stats = worker->intake->options.stats;
    struct slice bytes = without_end(datagram->bytes);
    if (bytes.n == 0)
        return; /* an empty datagram says nothing: RFC 5426 section 3.1 wants one message in it */
    if (!listener->local &&
        !datagram_has_turn(worker, listener->settings, datagram, GW_TRANSPORT_UDP))
        return;

    struct intake_peer own;
    size_t max = (size_t)listener->settings->max_message_bytes;
    struct envelope envelope = {
        .bytes = slice_head(bytes, max),
        .transport = listener->local ? GW_TRANSPORT_UNIX : GW_TRANSPORT_UDP,
        .peer = listener->local ? listener->local
                                : peers_get(worker->peers, datagram->from, GW_TRANSPORT_UDP, &own),
        .received_ms = datagram->received_ms,
        .full_size_bytes = datagram->is_cut ? (uint32_t)datagram->full_size_bytes
                           : bytes.n > max  ? (uint32_t)bytes.n
                                            : 0,
    };
    uint64_t sequence;
    unsigned long held;
    bool is_relay = !listener->local && relays_have(&listener->relays, datagram->from);
    int result = is_relay ? relay_take(worker, &envelope, &sequence)
                          : worker_take(worker, &envelope, &sequence);
    if (result == GW_OK)
        return;
    stats_add(&stats->dropped_full, 1);
    stats_add(&envelope.peer->stats->dropped, 1);
    if (log_allowed(&listener->drop_log, 5000, &held))
        log_error("intake",
                  "datagrams dropped: the journal takes no more; check the disk dropped=%lu",
                  held + 1);
}

static void on_readable(void *context, int ready)
{
    struct udp_listener *listener = context;
    (void)ready;
    datagram_read_all(listener->reader, listener->fd, listener->worker, on_datagram, listener);
}

static int open_on(struct worker *worker, const struct intake_listener *settings, int fd,
                   struct intake_peer *local)
{
    if (fd < 0)
        return GW_ERR_IO;
    struct udp_listener *listener = gw_alloc(sizeof *listener);
    *listener = (struct udp_listener){
        .next = worker->udp, .worker = worker, .settings = settings, .fd = fd, .local = local};
    struct slice bad; /* intake_check() has said it */
    relays_init(&listener->relays, settings->relays, &bad);
    listener->reader = datagram_reader_new();
    listener->io = loop_io_new(worker->loop, fd, LOOP_READ, on_readable, listener);
    worker->udp = listener;
    return listener->io ? GW_OK : GW_ERR_IO;
}

int udp_open(struct worker *worker, const struct intake_listener *settings, struct diag *diag)
{
    return open_on(worker, settings, datagram_socket(settings, "syslog-udp", diag), NULL);
}

int unix_open(struct worker *worker, const struct intake_listener *settings, struct diag *diag)
{
    return open_on(worker, settings, datagram_socket_unix(settings, diag),
                   peers_local(worker->peers, "unix:", settings->address, GW_TRANSPORT_UNIX));
}

void udp_close_all(struct worker *worker)
{
    while (worker->udp) {
        struct udp_listener *listener = worker->udp;
        worker->udp = listener->next;
        loop_io_free(listener->io);
        datagram_reader_free(listener->reader);
        relays_fini(&listener->relays);
        close(listener->fd);
        if (listener->local)
            unlink(listener->settings->address);
        free(listener);
    }
}
