/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SNMPv3 notifications' detour: a datagram that is built soundly goes over a pair of sockets to the
 * SNMP thread, which authenticates and decrypts it; the notification comes back by v3_take() on
 * that thread, through a lane of its own. Answers come back over the pair and leave by the socket
 * that was asked.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/intake/datagram.h"
#include "gateway/intake/intake_internal.h"
#include "parsers/varbinds.h"

enum { PAIR_BUFFER = 4 << 20, MESSAGE_MAX = 65507 };

struct v3 {
    struct intake *intake;
    int ours, theirs; /* the pair */
    /* Intake's first worker. */
    struct loop_io *io;
    struct log_limit unsafe_log, full_log;
    char *answer;
    /* The SNMP thread. */
    void *lane;
    struct peers *peers;
    struct log_limit refuse_log, drop_log;
};

/* ---- intake's side ---- */

static void count_refused(struct intake *intake, struct intake_peer *peer)
{
    stats_add(&intake->options.stats->dropped_snmp, 1);
    stats_add(&peer->stats->malformed, 1);
    stats_add(&peer->stats->dropped, 1);
}

void v3_offer(struct v3 *v3, uint32_t listener, const struct datagram *datagram)
{
    struct worker *worker = &v3->intake->workers[0];
    struct intake_peer own,
        *peer = peers_get(worker->peers, datagram->from, GW_TRANSPORT_SNMP, &own);
    struct gwsnmp_pair_head head = {.listener = listener, .peer_n = datagram->from_n};
    struct snmp_v3_claim claim;
    unsigned long held;
    if (!parse_snmp_is_safe(datagram->bytes) || !parse_snmp_v3_claim(datagram->bytes, &claim)) {
        count_refused(v3->intake, peer);
        if (log_allowed(&v3->unsafe_log, 5000, &held))
            log_warn("intake",
                     "notification refused peer=%s reason=no sound v3 message refused=%lu",
                     peer->text, held + 1);
        return;
    }
    memcpy(&head.peer, datagram->from, datagram->from_n);
    head.local = local_of(datagram->header);
    head.n_engine = (uint8_t)claim.engine.n;
    head.n_user = (uint8_t)claim.user.n;
    if (claim.engine.n)
        memcpy(head.engine, claim.engine.p, claim.engine.n);
    if (claim.user.n)
        memcpy(head.user, claim.user.p, claim.user.n);
    struct iovec parts[] = {{&head, sizeof head},
                            {(void *)(uintptr_t)datagram->bytes.p, datagram->bytes.n}};
    struct msghdr whole = {.msg_iov = parts, .msg_iovlen = 2};
    if (sendmsg(v3->ours, &whole, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
        return;
    stats_add(&v3->intake->options.stats->dropped_full, 1);
    stats_add(&peer->stats->dropped, 1);
    if (log_allowed(&v3->full_log, 5000, &held))
        log_error("intake", "v3 notifications dropped: more than can be decrypted dropped=%lu",
                  held + 1);
}

/* False: none is there. */
static bool send_answer(struct v3 *v3)
{
    struct gwsnmp_pair_head head;
    struct iovec parts[] = {{&head, sizeof head}, {v3->answer, MESSAGE_MAX}};
    struct msghdr whole = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t n = recvmsg(v3->ours, &whole, MSG_DONTWAIT);
    if (n < (ssize_t)sizeof head)
        return false;
    notifications_answer(&v3->intake->workers[0], head.listener, &head.local,
                         (struct sockaddr *)&head.peer, (socklen_t)head.peer_n,
                         slice_of(v3->answer, (size_t)n - sizeof head));
    return true;
}

static void on_answer(void *context, int ready)
{
    (void)ready;
    for (int i = 0; i < 64 && send_answer(context); i++)
        ;
}

/* ---- the SNMP thread's side ---- */

static void v3_dropped(void *context, const struct sockaddr *from)
{
    struct v3 *v3 = context;
    struct intake_peer own, *peer = peers_get(v3->peers, from, GW_TRANSPORT_SNMP, &own);
    unsigned long held;
    stats_add(&v3->intake->options.stats->dropped_full, 1);
    stats_add(&peer->stats->dropped, 1);
    if (log_allowed(&v3->drop_log, 5000, &held))
        log_error("intake",
                  "v3 notifications dropped: the journal takes no more; check the disk dropped=%lu",
                  held + 1);
}

static int v3_take(void *context, const struct gwsnmp_received *received, uint64_t *sequence)
{
    struct v3 *v3 = context;
    const struct intake_options *options = &v3->intake->options;
    struct notification notification;
    struct intake_peer own, *peer = peers_get(v3->peers, received->peer, GW_TRANSPORT_SNMP, &own);
    /* Its error, a notification without a name say, is the record's. */
    parse_notification(received->message, &notification);
    notification.version = SNMP_MESSAGE_V3;
    notification.user = received->user;
    notification.engine = received->engine;
    struct envelope envelope = {
        .bytes = received->message,
        .notification = &notification,
        .transport = GW_TRANSPORT_SNMP,
        .peer = peer,
        .received_ms = clock_read(options->clock).wall_ms,
    };
    int result = options->sink.take(v3->lane, &envelope, sequence);
    if (result != GW_OK && !received->is_inform)
        v3_dropped(v3, received->peer);
    if (result == GW_OK && received->is_inform)
        journal_hurry(options->journal);
    return result;
}

static uint64_t v3_committed(void *context)
{
    const struct v3 *v3 = context;
    return journal_committed(v3->intake->options.journal);
}

static void put_hex(const unsigned char *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

static void v3_refused(void *context, const struct gwsnmp_pair_head *head, const char *why)
{
    struct v3 *v3 = context;
    struct intake_peer own,
        *peer = peers_get(v3->peers, (const struct sockaddr *)&head->peer, GW_TRANSPORT_SNMP, &own);
    char engine[2 * sizeof head->engine + 1];
    unsigned long held;
    count_refused(v3->intake, peer);
    if (!log_allowed(&v3->refuse_log, 5000, &held))
        return;
    put_hex(head->engine, head->n_engine, engine);
    log_warn("intake",
             "v3 notification refused peer=%s engine=0x%s user=\"%.*s\" reason=\"%s\" refused=%lu",
             peer->text, engine, (int)head->n_user, (const char *)head->user, why, held + 1);
}

struct gwsnmp_receiver intake_v3_receiver(struct intake *intake)
{
    return (struct gwsnmp_receiver){v3_take, v3_committed, v3_dropped, v3_refused, intake->v3};
}

int intake_v3_socket(const struct intake *intake)
{
    return intake->v3 ? intake->v3->theirs : -1;
}

/* ---- begin and end ---- */

int v3_open(struct intake *intake)
{
    int pair[2], size = PAIR_BUFFER;
    /* Packets, not datagrams: of those the kernel queues ten (net.unix.max_dgram_qlen). */
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
        return GW_ERR_IO;
    for (int i = 0; i < 2; i++)
        if (setsockopt(pair[i], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) < 0)
            setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    struct v3 *v3 = gw_alloc(sizeof *v3);
    *v3 = (struct v3){.intake = intake, .ours = pair[0], .theirs = pair[1]};
    v3->answer = gw_alloc(MESSAGE_MAX);
    v3->peers = peers_new(intake->options.stats);
    v3->lane = intake->options.sink.lane_new(intake->options.sink.context);
    intake->v3 = v3;
    v3->io = loop_io_new(intake->workers[0].loop, v3->ours, LOOP_READ, on_answer, v3);
    return v3->io ? GW_OK : GW_ERR_IO;
}

/* What was read and the SNMP thread has not taken before it stopped. */
static void count_left(struct v3 *v3)
{
    struct gwsnmp_pair_head head;
    unsigned long left = 0;
    while (recv(v3->theirs, &head, sizeof head, MSG_DONTWAIT) == (ssize_t)sizeof head) {
        struct intake_peer own, *peer = peers_get(v3->peers, (const struct sockaddr *)&head.peer,
                                                  GW_TRANSPORT_SNMP, &own);
        stats_add(&v3->intake->options.stats->dropped_full, 1);
        stats_add(&peer->stats->dropped, 1);
        left++;
    }
    if (left)
        log_warn("intake", "v3 notifications dropped: they came while all stops dropped=%lu", left);
}

void v3_close(struct v3 *v3)
{
    if (!v3)
        return;
    count_left(v3);
    while (send_answer(v3)) /* the last that the SNMP thread gave */
        ;
    loop_io_free(v3->io);
    v3->intake->options.sink.lane_free(v3->lane);
    peers_free(v3->peers);
    close(v3->ours);
    close(v3->theirs);
    free(v3->answer);
    free(v3);
}
