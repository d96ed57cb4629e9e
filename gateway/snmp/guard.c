/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Wraps f_recv, f_send, f_accept and f_close of net-snmp transports.
 *
 * Datagrams: one that is not safe is dropped; the flag EMPTY_PKT tells the library that there was
 * nothing to read. Sockets are made non-blocking, since select() may announce a datagram whose
 * checksum then proves wrong, and a blocking read would stall the thread. Answers to one source are
 * bounded (rates.h): the library answers within the call that read the request, so that a request
 * beyond the bound need not be read.
 *
 * Streams: bytes are gathered here per connection, and only whole safe messages are handed on, so
 * that the library's own stream code never sees a part of one. No more than one message is taken
 * from the socket at a time: what follows it stays there and waits for its turn, so that a peer
 * that asks for a thousand things at once delays the others by one. An unsafe message or a length
 * that cannot be right ends the connection. A peer that does not read its answers is cut off
 * instead of blocking the thread. Source of the framing: RFC 3430 section 2.2.
 */
#include "gateway/snmp/guard.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/library/snmpUDPIPv6Domain.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/address.h"
#include "gateway/base/arena.h"
#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/base/local.h"
#include "gateway/base/log.h"
#include "gateway/snmp/access.h"
#include "gateway/snmp/rates.h"
#include "gateway/snmp/snmp_internal.h"
#include "gateway/snmp/v3_head.h"
#include "gateway/stats/stats.h"

struct original {
    const oid *domain;
    int (*recv)(netsnmp_transport *, void *, int, void **, int *);
    int (*send)(netsnmp_transport *, const void *, int, void **, int *);
    int (*close)(netsnmp_transport *);
    int (*accept)(netsnmp_transport *);
};

struct connection {
    int sock;      /* -1: free */
    bool is_cut;   /* shut down by us: what it still asks is not read */
    uint64_t used; /* guard.uses at its last use: the smallest is idle longest */
    size_t n;
    unsigned char *bytes;
};

/* Places beyond the bound are for connections that are cut and not closed yet. */
enum { N_PLACES = GWSNMP_GUARD_CONNECTIONS_MAX + 8 };

/* One in the process: see the header. */
static struct {
    bool (*is_safe)(struct slice message);
    struct original originals[8];
    size_t n_originals;
    struct connection connections[N_PLACES];
    uint64_t uses;
    _Atomic uint64_t refused;
    struct log_limit limit, rate_limit;
    struct gwsnmp_rates *rates;
    struct stats *stats;
    const struct gwsnmp_access *access;
    /* Of the datagram that is being answered: octets, and where it came to by IPv6. */
    size_t n_request;
    struct local_address local;
} guard;

static void refuse(const char *what)
{
    unsigned long held;
    atomic_fetch_add(&guard.refused, 1);
    if (log_allowed(&guard.limit, 10000, &held))
        log_warn("snmp", "message to the agent refused reason=\"%s\" held_back=%lu", what, held);
}

/* A request that the library does not see counts as if it had (RFC 3418 section 2). */
static void refuse_request(struct slice request, const char *what)
{
    refuse(what);
    snmp_increment_statistic(STAT_SNMPINPKTS);
    snmp_increment_statistic(gwsnmp_is_of_other_version(request) ? STAT_SNMPINBADVERSIONS
                                                                 : STAT_SNMPINASNPARSEERRS);
}

static const struct original *original_of(const netsnmp_transport *transport)
{
    for (size_t i = 0; i < guard.n_originals; i++)
        if (guard.originals[i].domain == transport->domain)
            return &guard.originals[i];
    return NULL;
}

size_t gwsnmp_guard_message_size(struct slice bytes)
{
    const unsigned char *p = (const unsigned char *)bytes.p;
    if (bytes.n < 1)
        return 0;
    if (p[0] != 0x30)
        return SIZE_MAX;
    if (bytes.n < 2)
        return 0;
    if (p[1] < 0x80)
        return 2 + (size_t)p[1];
    unsigned n_length = p[1] & 0x7f;
    if (n_length == 0 || n_length > 4)
        return SIZE_MAX;
    if (bytes.n < 2 + n_length)
        return 0;
    size_t length = 0;
    for (unsigned i = 0; i < n_length; i++)
        length = length << 8 | p[2 + i];
    return length > GWSNMP_GUARD_MESSAGE_MAX ? SIZE_MAX : 2 + n_length + length;
}

/* Nothing for the library to read this time. */
static int nothing(netsnmp_transport *transport, void **opaque, int *n_opaque)
{
    free(*opaque);
    *opaque = NULL;
    *n_opaque = 0;
    transport->flags |= NETSNMP_TRANSPORT_FLAG_EMPTY_PKT;
    return 0;
}

static int64_t now_ns(void)
{
    return clock_read(&clock_system).mono_ms * 1000000;
}

static bool is_loopback(struct slice source)
{
    static const char v6[16] = {[15] = 1};
    return source.n == 4 ? source.p[0] == 127 : slice_equal(source, slice_of(v6, sizeof v6));
}

static void hold_back(struct slice source, const char *what)
{
    unsigned long held;
    char text[INET6_ADDRSTRLEN] = "";
    stats_add(&guard.stats->agent_limited, 1);
    if (!log_allowed(&guard.rate_limit, 10000, &held))
        return;
    inet_ntop(source.n == 4 ? AF_INET : AF_INET6, source.p, text, sizeof text);
    log_warn("snmp", "%s source=%s held_back=%lu", what, text, held);
}

void gwsnmp_guard_set_access(const struct gwsnmp_access *access)
{
    guard.access = access;
}

/* 0: the source is no stranger. Nor is one by version 3: without a passphrase it gets Reports
   alone, which have a bound of their own. */
static int64_t stranger_rate(struct slice source, struct slice message)
{
    bool is_known = gwsnmp_access_is_manager(guard.access, source) || gwsnmp_is_version_3(message);
    return is_known ? 0 : guard.access->max_rate_strangers;
}

static bool may_ask(struct slice source, struct slice request)
{
    int64_t now = now_ns();
    if (!guard.access || is_loopback(source))
        return true;
    return gwsnmp_rates_allow(guard.rates, source, GWSNMP_REPLY, guard.access->max_rate, now) &&
           gwsnmp_rates_allow(guard.rates, source, GWSNMP_STRANGER, stranger_rate(source, request),
                              now);
}

static void note_sent(struct slice source, struct slice answer)
{
    int64_t now = now_ns();
    if (!guard.access || is_loopback(source))
        return;
    gwsnmp_rates_spend(guard.rates, source, GWSNMP_REPLY, guard.access->max_rate, now);
    gwsnmp_rates_spend(guard.rates, source, GWSNMP_STRANGER, stranger_rate(source, answer), now);
}

bool gwsnmp_guard_may_answer(struct slice source, size_t n_request, struct slice answer)
{
    int64_t now = now_ns();
    if (!gwsnmp_is_report(answer)) {
        if (gwsnmp_is_authenticated(answer))
            gwsnmp_rates_refund(guard.rates, source, GWSNMP_REPORT, GWSNMP_REPORTS_PER_S, now);
        return true;
    }
    if (answer.n <= 2 * n_request &&
        gwsnmp_rates_allow(guard.rates, source, GWSNMP_REPORT, GWSNMP_REPORTS_PER_S, now)) {
        gwsnmp_rates_spend(guard.rates, source, GWSNMP_REPORT, GWSNMP_REPORTS_PER_S, now);
        return true;
    }
    hold_back(source, "version 3: a report is not sent, the source gets too many");
    return false;
}

/* By IPv6 the library's own transport answers from the address that the kernel's routes prefer; by
   IPv4 from the one that was asked. */
static bool is_v6(const netsnmp_transport *transport)
{
    return transport->domain == netsnmp_UDPIPv6Domain;
}

/* As the library's, which keeps the peer's address so. */
static int receive_v6(netsnmp_transport *transport, void *buffer, int size, void **opaque,
                      int *n_opaque)
{
    struct sockaddr_in6 *from = gw_alloc(sizeof *from);
    union local_control control;
    struct iovec part = {buffer, (size_t)size};
    struct msghdr header = {.msg_name = from,
                            .msg_namelen = sizeof *from,
                            .msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof control};
    ssize_t n;
    do
        n = recvmsg(transport->sock, &header, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    guard.local.n = 0;
    if (n >= 0)
        guard.local = local_of(&header);
    *opaque = from;
    *n_opaque = (int)sizeof *from;
    return (int)n;
}

static int send_datagram(netsnmp_transport *transport, const void *buffer, int size, void **opaque,
                         int *n_opaque)
{
    struct slice source = gwsnmp_source(opaque ? *opaque : NULL, n_opaque ? *n_opaque : 0);
    struct slice answer = slice_of(buffer, size > 0 ? (size_t)size : 0);
    if (!gwsnmp_guard_may_answer(source, guard.n_request, answer))
        return size;
    note_sent(source, answer);
    if (is_v6(transport) && source.n)
        return (int)local_send(transport->sock, &guard.local, *opaque, (socklen_t)*n_opaque,
                               answer);
    return original_of(transport)->send(transport, buffer, size, opaque, n_opaque);
}

/* Of a client's transport: what was asked for has no bound. */
static int receive_answer(netsnmp_transport *transport, void *buffer, int size, void **opaque,
                          int *n_opaque)
{
    int n = original_of(transport)->recv(transport, buffer, size, opaque, n_opaque);
    if (n < 0 || guard.is_safe(slice_of(buffer, (size_t)n)))
        return n;
    refuse("unsafe datagram");
    return nothing(transport, opaque, n_opaque);
}

static int receive_datagram(netsnmp_transport *transport, void *buffer, int size, void **opaque,
                            int *n_opaque)
{
    int n = is_v6(transport)
                ? receive_v6(transport, buffer, size, opaque, n_opaque)
                : original_of(transport)->recv(transport, buffer, size, opaque, n_opaque);
    if (n < 0)
        return n;
    struct slice source = gwsnmp_source(*opaque, *n_opaque);
    guard.n_request = (size_t)n;
    if (!may_ask(source, slice_of(buffer, (size_t)n))) {
        hold_back(source, "request dropped: its source is beyond the agent's max-rate");
        return nothing(transport, opaque, n_opaque);
    }
    if (guard.is_safe(slice_of(buffer, (size_t)n)))
        return n;
    refuse_request(slice_of(buffer, (size_t)n), "unsafe datagram");
    return nothing(transport, opaque, n_opaque);
}

static struct connection *connection_of(int sock)
{
    for (size_t i = 0; i < N_PLACES; i++)
        if (guard.connections[i].sock == sock)
            return &guard.connections[i];
    return NULL;
}

/* Read until wanted octets are there: 1; 0: more are to come; -1: the stream ended. */
static int fill(netsnmp_transport *transport, struct connection *connection, size_t wanted,
                void **opaque, int *n_opaque)
{
    while (connection->n < wanted) {
        free(*opaque);
        *opaque = NULL;
        errno = 0;
        int n = original_of(transport)->recv(transport, connection->bytes + connection->n,
                                             (int)(wanted - connection->n), opaque, n_opaque);
        if (n <= 0)
            return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : -1;
        connection->n += (size_t)n;
        connection->used = ++guard.uses;
    }
    return 1;
}

/* As fill(), for one whole message of *size octets; -1 too when there can be none. */
static int fill_message(netsnmp_transport *transport, struct connection *connection, size_t *size,
                        void **opaque, int *n_opaque)
{
    size_t wanted = 2;
    for (;;) {
        int got = fill(transport, connection, wanted, opaque, n_opaque);
        if (got <= 0)
            return got;
        struct slice bytes = slice_of((char *)connection->bytes, connection->n);
        size_t whole = gwsnmp_guard_message_size(bytes);
        if (whole > GWSNMP_GUARD_MESSAGE_MAX || whole > *size) {
            refuse("stream without SNMP framing");
            return -1;
        }
        if (whole > 0 && whole <= connection->n) {
            *size = whole;
            return 1;
        }
        wanted = whole ? whole : 2 + (size_t)(connection->bytes[1] & 0x7f);
    }
}

static int receive_stream(netsnmp_transport *transport, void *buffer, int size, void **opaque,
                          int *n_opaque)
{
    struct connection *connection = connection_of(transport->sock);
    size_t whole = (size_t)size;
    if (!connection || connection->is_cut)
        return -1;
    *opaque = NULL;
    int got = fill_message(transport, connection, &whole, opaque, n_opaque);
    if (got == 0)
        return nothing(transport, opaque, n_opaque);
    if (got < 0)
        return -1;
    struct slice request = slice_of((char *)connection->bytes, whole);
    if (!guard.is_safe(request)) {
        refuse_request(request, "unsafe message on a stream");
        return -1;
    }
    memcpy(buffer, connection->bytes, whole);
    connection->n = 0;
    return (int)whole;
}

static void cut(struct connection *connection, const char *why)
{
    refuse(why);
    connection->is_cut = true;
    shutdown(connection->sock, SHUT_RDWR);
}

static int send_stream(netsnmp_transport *transport, const void *buffer, int size, void **opaque,
                       int *n_opaque)
{
    int n = original_of(transport)->send(transport, buffer, size, opaque, n_opaque);
    struct connection *connection = connection_of(transport->sock);
    if (n != size && connection && !connection->is_cut)
        cut(connection, "a peer does not read its answers");
    return n;
}

/* Beyond the bound the connection that is idle longest is cut. Its place is free when its session
   has read the end of the stream; until then the new connection has one of the spare places. */
static void make_room(void)
{
    struct connection *oldest = NULL;
    size_t n = 0;
    for (size_t i = 0; i < N_PLACES; i++) {
        struct connection *c = &guard.connections[i];
        if (c->sock < 0 || c->is_cut)
            continue;
        n++;
        if (!oldest || c->used < oldest->used)
            oldest = c;
    }
    if (n >= GWSNMP_GUARD_CONNECTIONS_MAX)
        cut(oldest, "too many connections: the one idle longest is cut");
}

static int accept_stream(netsnmp_transport *transport)
{
    int sock = original_of(transport)->accept(transport);
    if (sock < 0)
        return sock;
    make_room();
    struct connection *connection = connection_of(-1);
    int size = 1 << 20;
    if (!connection || fcntl(sock, F_SETFL, O_NONBLOCK) != 0) {
        refuse("too many connections");
        close(sock);
        return -1;
    }
    setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    connection->sock = sock;
    connection->is_cut = false;
    connection->n = 0;
    connection->used = ++guard.uses;
    if (!connection->bytes)
        connection->bytes = gw_alloc(GWSNMP_GUARD_MESSAGE_MAX);
    return sock;
}

static int close_stream(netsnmp_transport *transport)
{
    struct connection *connection = transport->sock >= 0 ? connection_of(transport->sock) : NULL;
    if (connection)
        connection->sock = -1;
    return original_of(transport)->close(transport);
}

void gwsnmp_guard_init(bool (*is_safe)(struct slice message), struct stats *stats)
{
    guard.is_safe = is_safe;
    guard.stats = stats;
    guard.access = NULL;
    guard.rates = gwsnmp_rates_new();
    guard.n_originals = 0;
    atomic_store(&guard.refused, 0);
    for (size_t i = 0; i < N_PLACES; i++)
        guard.connections[i].sock = -1;
}

static int remember(const netsnmp_transport *transport)
{
    if (original_of(transport))
        return GW_OK;
    if (guard.n_originals == sizeof guard.originals / sizeof *guard.originals)
        return GW_ERR_FULL;
    guard.originals[guard.n_originals++] =
        (struct original){transport->domain, transport->f_recv, transport->f_send,
                          transport->f_close, transport->f_accept};
    return GW_OK;
}

static int unblock(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 ? GW_OK : GW_ERR_IO;
}

int gwsnmp_guard_transport(netsnmp_transport *transport)
{
    if (remember(transport) != GW_OK)
        return GW_ERR_FULL;
    if (transport->flags & NETSNMP_TRANSPORT_FLAG_STREAM) {
        transport->f_recv = receive_stream;
        transport->f_send = send_stream;
        transport->f_accept = accept_stream;
        transport->f_close = close_stream;
    } else {
        transport->f_recv = receive_datagram;
        transport->f_send = send_datagram;
        if (is_v6(transport))
            local_tell(transport->sock);
    }
    return unblock(transport->sock);
}

int gwsnmp_guard_client(netsnmp_transport *transport)
{
    if (remember(transport) != GW_OK)
        return GW_ERR_FULL;
    transport->f_recv = receive_answer;
    return unblock(transport->sock);
}

void gwsnmp_guard_fini(void)
{
    for (size_t i = 0; i < N_PLACES; i++) {
        free(guard.connections[i].bytes);
        guard.connections[i] = (struct connection){.sock = -1};
    }
    guard.n_originals = 0;
    gwsnmp_rates_free(guard.rates);
    guard.rates = NULL;
    guard.access = NULL;
}

uint64_t gwsnmp_guard_refused(void)
{
    return atomic_load(&guard.refused);
}
