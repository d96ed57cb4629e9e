/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Receivers of notifications, each with its own session of net-snmp, so that one cannot hold up
 * another. Addresses are numeric: no name is looked up here. Version 2c traps are one datagram
 * each on a non-blocking socket.
 */
#include "gateway/snmp/snmp_internal.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/address.h"
#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"

static const oid uptime_name[] = {1, 3, 6, 1, 2, 1, 1, 3, 0};
static const oid trap_oid_name[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};
static const oid trap_address_name[] = {1, 3, 6, 1, 6, 3, 18, 1, 3, 0};
#define COUNT(array) (sizeof(array) / sizeof *(array))

struct sink {
    char *address;
    netsnmp_session *session;
    unsigned char local[4]; /* the gateway's own IPv4 address as this sink sees it; else zero */
    bool is_failing;
};

struct gwsnmp_sinks {
    size_t n;
    struct sink v[];
};

/* With a port to send to. */
static bool parse_address(const char *text, struct address *out)
{
    if (!address_parse(slice_from(text), out))
        return false;
    /* The port stands at the same place in both families. */
    return ((const struct sockaddr_in *)&out->storage)->sin_port != 0;
}

bool gwsnmp_sink_check(const char *address, struct buf *error)
{
    struct address ignored;
    if (parse_address(address, &ignored))
        return true;
    buf_printf(error, "'%s' is no address of a sink; write 192.0.2.1:162 or [2001:db8::1]:162",
               address);
    return false;
}

/* Which of our addresses the kernel would send from: a datagram socket's connect() sends nothing.
 */
static void find_local(const struct address *to, unsigned char local[4])
{
    struct sockaddr_in own;
    socklen_t n_own = sizeof own;
    int fd = to->storage.ss_family == AF_INET ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
    memset(local, 0, 4);
    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)&to->storage, to->length) == 0 &&
        getsockname(fd, (struct sockaddr *)&own, &n_own) == 0)
        memcpy(local, &own.sin_addr, 4);
    close(fd);
}

static int open_sink(const struct gwsnmp_sink *from, struct sink *sink)
{
    struct address to;
    netsnmp_session wanted;
    char peer[ADDRESS_TEXT_MAX + 8];

    if (!parse_address(from->address, &to))
        return GW_ERR_INVALID;
    find_local(&to, sink->local);
    snprintf(peer, sizeof peer, "%s:%s", to.storage.ss_family == AF_INET6 ? "udp6" : "udp",
             from->address);

    snmp_sess_init(&wanted);
    wanted.version = SNMP_VERSION_2c;
    wanted.peername = peer;
    wanted.community = (u_char *)(uintptr_t)from->community;
    wanted.community_len = strlen(from->community);
    sink->address = gw_strdup(from->address);
    sink->session = snmp_open(&wanted);
    if (!sink->session) {
        log_error("snmp", "sink cannot be opened address=%s", from->address);
        return GW_ERR_IO;
    }
    netsnmp_transport *transport = snmp_sess_transport(snmp_sess_pointer(sink->session));
    if (transport && transport->sock >= 0)
        fcntl(transport->sock, F_SETFL, O_NONBLOCK);
    return GW_OK;
}

int gwsnmp_sinks_open(const struct gwsnmp_sink *from, size_t n, struct gwsnmp_sinks **out)
{
    struct gwsnmp_sinks *sinks = gw_alloc(sizeof *sinks + n * sizeof *sinks->v);
    int error = GW_OK;
    for (size_t i = 0; i < n && !error; i++) {
        sinks->n = i + 1;
        error = open_sink(&from[i], &sinks->v[i]);
    }
    if (error) {
        gwsnmp_sinks_close(sinks);
        return error;
    }
    *out = sinks;
    return GW_OK;
}

void gwsnmp_sinks_close(struct gwsnmp_sinks *sinks)
{
    if (!sinks)
        return;
    for (size_t i = 0; i < sinks->n; i++) {
        if (sinks->v[i].session)
            snmp_close(sinks->v[i].session);
        free(sinks->v[i].address);
    }
    free(sinks);
}

static void add_varbind(netsnmp_pdu *pdu, const struct gwsnmp_varbind *varbind)
{
    oid name[GWSNMP_OID_MAX], arcs[GWSNMP_OID_MAX];
    const struct gwsnmp_value *value = &varbind->value;
    long number;
    u_long unsigned_number;
    struct counter64 wide;

    for (size_t i = 0; i < varbind->name.n; i++)
        name[i] = varbind->name.v[i];
    switch (value->type) {
    case GWSNMP_INTEGER:
        number = value->integer;
        snmp_pdu_add_variable(pdu, name, varbind->name.n, ASN_INTEGER, &number, sizeof number);
        break;
    case GWSNMP_GAUGE:
    case GWSNMP_COUNTER:
    case GWSNMP_TIMETICKS:
        unsigned_number = value->gauge;
        snmp_pdu_add_variable(pdu, name, varbind->name.n,
                              value->type == GWSNMP_GAUGE     ? ASN_GAUGE
                              : value->type == GWSNMP_COUNTER ? ASN_COUNTER
                                                              : ASN_TIMETICKS,
                              &unsigned_number, sizeof unsigned_number);
        break;
    case GWSNMP_COUNTER64:
        wide.high = (u_long)(value->counter64 >> 32);
        wide.low = (u_long)(value->counter64 & 0xffffffff);
        snmp_pdu_add_variable(pdu, name, varbind->name.n, ASN_COUNTER64, &wide, sizeof wide);
        break;
    case GWSNMP_OBJECT_ID:
        for (size_t i = 0; i < value->object_id.n; i++)
            arcs[i] = value->object_id.v[i];
        snmp_pdu_add_variable(pdu, name, varbind->name.n, ASN_OBJECT_ID, arcs,
                              value->object_id.n * sizeof *arcs);
        break;
    case GWSNMP_IP_ADDRESS:
        snmp_pdu_add_variable(pdu, name, varbind->name.n, ASN_IPADDRESS, value->octets.p,
                              value->octets.n);
        break;
    default:
        snmp_pdu_add_variable(pdu, name, varbind->name.n, ASN_OCTET_STR,
                              value->octets.n ? value->octets.p : "", value->octets.n);
        break;
    }
}

static netsnmp_pdu *make_pdu(const struct sink *sink,
                             const struct gwsnmp_notification *notification, uint32_t uptime)
{
    oid trap_oid[GWSNMP_OID_MAX];
    u_long ticks = uptime;
    netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_TRAP2);
    if (!pdu)
        return NULL;
    for (size_t i = 0; i < notification->trap_oid.n; i++)
        trap_oid[i] = notification->trap_oid.v[i];
    snmp_pdu_add_variable(pdu, uptime_name, COUNT(uptime_name), ASN_TIMETICKS, &ticks,
                          sizeof ticks);
    snmp_pdu_add_variable(pdu, trap_oid_name, COUNT(trap_oid_name), ASN_OBJECT_ID, trap_oid,
                          notification->trap_oid.n * sizeof *trap_oid);
    for (size_t i = 0; i < notification->n; i++)
        add_varbind(pdu, &notification->v[i]);
    snmp_pdu_add_variable(pdu, trap_address_name, COUNT(trap_address_name), ASN_IPADDRESS,
                          notification->has_origin ? notification->origin : sink->local, 4);
    return pdu;
}

void gwsnmp_sinks_send(struct gwsnmp_sinks *sinks, const struct gwsnmp_notification *notification,
                       uint32_t uptime, struct stats *stats)
{
    for (size_t i = 0; i < sinks->n; i++) {
        struct sink *sink = &sinks->v[i];
        netsnmp_pdu *pdu = make_pdu(sink, notification, uptime);
        bool is_sent = pdu && snmp_send(sink->session, pdu) != 0;
        if (pdu && !is_sent)
            snmp_free_pdu(pdu);
        stats_add(is_sent ? &stats->notifications_sent : &stats->notifications_failed, 1);
        if (is_sent == sink->is_failing)
            log_line(is_sent ? LOG_LEVEL_NOTICE : LOG_LEVEL_WARN, "snmp", "sink %s address=%s",
                     is_sent ? "takes notifications again" : "cannot be sent to", sink->address);
        sink->is_failing = !is_sent;
    }
}
