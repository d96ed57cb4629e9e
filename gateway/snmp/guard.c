/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Wraps f_recv, f_send, f_accept and f_close of net-snmp transports.
 *
 * Datagrams: one that is not safe is dropped; the flag EMPTY_PKT tells the library that there was
 * nothing to read. Sockets are made non-blocking, since select() may announce a datagram whose
 * checksum then proves wrong, and a blocking read would stall the thread.
 *
 * Streams: bytes are gathered here per connection, and only whole safe messages are handed on, so
 * that the library's own stream code never sees a part of one. An unsafe message or a length that
 * cannot be right ends the connection. A peer that does not read its answers is cut off instead of
 * blocking the thread. Source of the framing: RFC 3430 section 2.2.
 */
#include "gateway/snmp/guard.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"

struct original {
    const oid *domain;
    int (*recv)(netsnmp_transport *, void *, int, void **, int *);
    int (*send)(netsnmp_transport *, const void *, int, void **, int *);
    int (*close)(netsnmp_transport *);
    int (*accept)(netsnmp_transport *);
};

struct connection {
    int sock; /* -1: free */
    int64_t used_ms;
    size_t n;
    unsigned char *bytes;
};

/* One of the process: see the header. */
static struct {
    bool (*is_safe)(struct slice message);
    struct original originals[8];
    size_t n_originals;
    struct connection connections[GWSNMP_GUARD_CONNECTIONS_MAX];
    _Atomic uint64_t refused;
    struct log_limit limit;
} guard;

static void refuse(const char *what)
{
    unsigned long held;
    atomic_fetch_add(&guard.refused, 1);
    if (log_allowed(&guard.limit, 10000, &held))
        log_warn("snmp", "message to the agent refused reason=\"%s\" held_back=%lu", what, held);
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

static int receive_datagram(netsnmp_transport *transport, void *buffer, int size, void **opaque,
                            int *n_opaque)
{
    int n = original_of(transport)->recv(transport, buffer, size, opaque, n_opaque);
    if (n < 0)
        return n;
    if (guard.is_safe(slice_of(buffer, (size_t)n)))
        return n;
    refuse("unsafe datagram");
    return nothing(transport, opaque, n_opaque);
}

static struct connection *connection_of(int sock)
{
    for (size_t i = 0; i < GWSNMP_GUARD_CONNECTIONS_MAX; i++)
        if (guard.connections[i].sock == sock)
            return &guard.connections[i];
    return NULL;
}

/* Moves whole safe messages to buffer; -1: the stream cannot be followed or is not safe. */
static int hand_on(struct connection *connection, unsigned char *buffer, size_t size)
{
    size_t done = 0;
    while (done < connection->n) {
        struct slice rest = slice_of((char *)connection->bytes + done, connection->n - done);
        size_t whole = gwsnmp_guard_message_size(rest);
        if (whole > GWSNMP_GUARD_MESSAGE_MAX) {
            refuse("stream without SNMP framing");
            return -1;
        }
        if (whole == 0 || whole > rest.n || done + whole > size)
            break;
        if (!guard.is_safe(slice_head(rest, whole))) {
            refuse("unsafe message on a stream");
            return -1;
        }
        done += whole;
    }
    memcpy(buffer, connection->bytes, done);
    connection->n -= done;
    memmove(connection->bytes, connection->bytes + done, connection->n);
    return (int)done;
}

static int receive_stream(netsnmp_transport *transport, void *buffer, int size, void **opaque,
                          int *n_opaque)
{
    struct connection *connection = connection_of(transport->sock);
    if (!connection)
        return -1;
    int n = original_of(transport)->recv(transport, connection->bytes + connection->n,
                                         (int)(GWSNMP_GUARD_MESSAGE_MAX - connection->n), opaque,
                                         n_opaque);
    if (n <= 0)
        return n;
    connection->n += (size_t)n;
    connection->used_ms = clock_read(&clock_system).mono_ms;
    int whole = hand_on(connection, buffer, (size_t)size);
    return whole == 0 ? nothing(transport, opaque, n_opaque) : whole;
}

static int send_stream(netsnmp_transport *transport, const void *buffer, int size, void **opaque,
                       int *n_opaque)
{
    int n = original_of(transport)->send(transport, buffer, size, opaque, n_opaque);
    if (n != size) {
        refuse("a peer does not read its answers");
        shutdown(transport->sock, SHUT_RDWR);
    }
    return n;
}

/* The connection idle for longest is cut; its own session then reads the end of its stream. */
static void make_room(void)
{
    struct connection *oldest = NULL;
    for (size_t i = 0; i < GWSNMP_GUARD_CONNECTIONS_MAX; i++) {
        struct connection *c = &guard.connections[i];
        if (c->sock >= 0 && (!oldest || c->used_ms < oldest->used_ms))
            oldest = c;
    }
    if (oldest)
        shutdown(oldest->sock, SHUT_RDWR);
}

static int accept_stream(netsnmp_transport *transport)
{
    int sock = original_of(transport)->accept(transport);
    if (sock < 0)
        return sock;
    struct connection *connection = connection_of(-1);
    int size = 1 << 20;
    if (!connection || fcntl(sock, F_SETFL, O_NONBLOCK) != 0) {
        refuse("too many connections");
        make_room();
        close(sock);
        return -1;
    }
    setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    connection->sock = sock;
    connection->n = 0;
    connection->used_ms = clock_read(&clock_system).mono_ms;
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

void gwsnmp_guard_init(bool (*is_safe)(struct slice message))
{
    guard.is_safe = is_safe;
    guard.n_originals = 0;
    atomic_store(&guard.refused, 0);
    for (size_t i = 0; i < GWSNMP_GUARD_CONNECTIONS_MAX; i++)
        guard.connections[i].sock = -1;
}

int gwsnmp_guard_transport(netsnmp_transport *transport)
{
    if (!original_of(transport)) {
        if (guard.n_originals == sizeof guard.originals / sizeof *guard.originals)
            return GW_ERR_FULL;
        guard.originals[guard.n_originals++] =
            (struct original){transport->domain, transport->f_recv, transport->f_send,
                              transport->f_close, transport->f_accept};
    }
    if (transport->flags & NETSNMP_TRANSPORT_FLAG_STREAM) {
        transport->f_recv = receive_stream;
        transport->f_send = send_stream;
        transport->f_accept = accept_stream;
        transport->f_close = close_stream;
    } else {
        transport->f_recv = receive_datagram;
    }
    int flags = fcntl(transport->sock, F_GETFL);
    return flags >= 0 && fcntl(transport->sock, F_SETFL, flags | O_NONBLOCK) == 0 ? GW_OK
                                                                                  : GW_ERR_IO;
}

void gwsnmp_guard_fini(void)
{
    for (size_t i = 0; i < GWSNMP_GUARD_CONNECTIONS_MAX; i++) {
        free(guard.connections[i].bytes);
        guard.connections[i] = (struct connection){.sock = -1};
    }
    guard.n_originals = 0;
}

uint64_t gwsnmp_guard_refused(void)
{
    return atomic_load(&guard.refused);
}
