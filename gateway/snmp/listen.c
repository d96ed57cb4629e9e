/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The standalone agent's sockets, each behind the guard. */
#include "gateway/snmp/session.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/library/snmp_transport.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/snmp/guard.h"
#include "gateway/snmp/snmp_internal.h"

bool gwsnmp_listen_check(const char *listen, struct buf *error)
{
    static const char *const domains[] = {"udp:", "udp6:", "tcp:", "tcp6:"};
    struct slice rest = slice_from(listen), one;

    if (slice_is_empty(rest)) {
        buf_printf(error, "no address to listen on; write udp:127.0.0.1:1161");
        return false;
    }
    while (rest.n) {
        struct slice tail;
        bool is_fine = false;
        slice_cut(rest, ',', &one, &tail);
        for (size_t i = 0; i < sizeof domains / sizeof *domains && !is_fine; i++) {
            struct slice domain = slice_from(domains[i]);
            if (!slice_starts_with(one, domain))
                continue;
            char text[128];
            struct buf ignored = {0};
            struct slice address = slice_skip(one, domain.n);
            snprintf(text, sizeof text, "%.*s", SLICE_FMT(address));
            is_fine = gwsnmp_sink_check(text, &ignored) && (address.p[0] == '[') == (domain.n == 5);
            buf_free(&ignored);
        }
        if (!is_fine) {
            buf_printf(
                error,
                "'%.*s' is no address to listen on; write udp:127.0.0.1:1161, udp6:[::1]:1161, "
                "tcp:... or tcp6:..., several separated by commas",
                SLICE_FMT(one));
            return false;
        }
        rest = tail;
    }
    return true;
}

/* In place of the library's own check, which asks hosts.allow and hosts.deny for each packet. */
static int on_packet(netsnmp_session *ss, netsnmp_transport *transport, void *data, int n)
{
    (void)ss;
    (void)transport;
    (void)data;
    (void)n;
    snmp_increment_statistic(STAT_SNMPINPKTS);
    return 1;
}

/* A GETBULK that asks for nothing (no non-repeaters, no repetitions) gets an answer without
   variables by RFC 3416 section 4.2.3. Zabbix 6.0 sends such requests after an agent was silent,
   and on an empty answer repeats them for ever: that poller is lost until it is restarted. So such
   a request gets one repetition. */
static int on_parsed(netsnmp_session *ss, netsnmp_pdu *pdu, int result)
{
    if (result == 0 && pdu->command == SNMP_MSG_GETBULK && pdu->non_repeaters <= 0 &&
        pdu->max_repetitions <= 0)
        pdu->max_repetitions = 1;
    return netsnmp_agent_check_parse(ss, pdu, result);
}

static int listen_on(const char *address)
{
    netsnmp_session wanted;
    netsnmp_transport *transport = netsnmp_transport_open_server("snmp", address);
    if (!transport) {
        log_error("snmp", "cannot listen address=%s reason=\"%s\"", address, strerror(errno));
        return GW_ERR_IO;
    }
    if (gwsnmp_guard_transport(transport) != GW_OK) {
        netsnmp_transport_free(transport);
        return GW_ERR_IO;
    }
    transport->flags |= NETSNMP_TRANSPORT_FLAG_OPENED;

    snmp_sess_init(&wanted);
    wanted.version = SNMP_DEFAULT_VERSION;
    wanted.callback = handle_snmp_packet;
    wanted.isAuthoritative = SNMP_SESS_AUTHORITATIVE;
    bool is_stream = transport->flags & NETSNMP_TRANSPORT_FLAG_STREAM;
    if (!snmp_add_full(&wanted, transport, on_packet, NULL, on_parsed, NULL,
                       is_stream ? gwsnmp_build_on_stream : gwsnmp_build_datagram, NULL, NULL)) {
        log_error("snmp", "cannot serve address=%s", address);
        return GW_ERR_IO;
    }
    log_notice("snmp", "agent listens address=%s", address);
    return GW_OK;
}

int gwsnmp_listen(const char *addresses)
{
    struct buf reason = {0};
    if (!gwsnmp_listen_check(addresses, &reason)) {
        log_error("snmp", "%s", buf_text(&reason));
        buf_free(&reason);
        return GW_ERR_INVALID;
    }
    char *list = gw_strdup(addresses), *rest = list, *one;
    int error = GW_OK;
    while (!error && (one = strsep(&rest, ",")))
        if (*one)
            error = listen_on(one);
    free(list);
    return error;
}
