/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our decision of who may read (access.h) in place of the library's VACM. What is in view is the
 * subtrees' own affair (subtree.c): the library would ask for each variable, and walk through all
 * that is hidden one by one.
 */
#include "gateway/snmp/snmp_internal.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/agent_callbacks.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/library/snmp_transport.h>

#include <netinet/in.h>
#include <string.h>

#include "gateway/base/address.h"
#include "gateway/base/map.h"

/* In libnetsnmpagent, without a header that is installed. */
int vacm_in_view_callback(int major, int minor, void *server_arg, void *client_arg);
int vacm_warn_if_not_configured(int major, int minor, void *server_arg, void *client_arg);

static const struct sockaddr *remote_of(const void *transport_data, int length)
{
    const netsnmp_indexed_addr_pair *pair = transport_data;
    const struct sockaddr *address = transport_data;
    size_t n = length > 0 ? (size_t)length : 0;

    if (address && n == sizeof *pair)
        return &pair->remote_addr.sa;
    if (address && n >= sizeof(struct sockaddr_in6) && address->sa_family == AF_INET6)
        return address;
    return NULL;
}

struct slice gwsnmp_source(const void *transport_data, int length)
{
    const struct sockaddr *address = remote_of(transport_data, length);
    return address ? address_bytes(address) : SLICE_NONE;
}

uint64_t gwsnmp_asker(const void *transport_data, int length)
{
    const struct sockaddr *address = remote_of(transport_data, length);
    char key[16 + sizeof(in_port_t)];
    struct slice bytes = address ? address_bytes(address) : SLICE_NONE;
    if (!bytes.n)
        return 0;
    const in_port_t *port = address->sa_family == AF_INET
                                ? &((const struct sockaddr_in *)address)->sin_port
                                : &((const struct sockaddr_in6 *)address)->sin6_port;
    memcpy(key, bytes.p, bytes.n);
    memcpy(key + bytes.n, port, sizeof *port);
    return map_hash(slice_of(key, bytes.n + sizeof *port)) | 1;
}

static struct gwsnmp_request request_of(const netsnmp_pdu *pdu)
{
    struct gwsnmp_request request = {
        .source = gwsnmp_source(pdu->transport_data, pdu->transport_data_length)};
    if (pdu->version == SNMP_VERSION_3) {
        request.version = 3;
        request.name = slice_of(pdu->securityName, pdu->securityNameLen);
        request.level = (enum gwsnmp_level)pdu->securityLevel;
        request.has_context = pdu->contextNameLen > 0;
    } else {
        request.version = pdu->version == SNMP_VERSION_1 ? 1 : 2;
        request.name = slice_of((const char *)pdu->community, pdu->community_len);
    }
    return request;
}

const struct gwsnmp_view *gwsnmp_authorize_view(const struct gwsnmp_access *access,
                                                const netsnmp_pdu *pdu)
{
    struct gwsnmp_request request = request_of(pdu);
    return gwsnmp_access_view(access, &request);
}

static int on_access(int major, int minor, void *server_arg, void *client_arg)
{
    const struct gwsnmp_access *access = client_arg;
    struct view_parameters *parameters = server_arg;
    const netsnmp_pdu *pdu = parameters->pdu;
    struct gwsnmp_request request = request_of(pdu);
    (void)major;
    (void)minor;

    /* A write is refused variable by variable, so that it gets an answer: noAccess. */
    request.is_write = parameters->name && pdu->command != SNMP_MSG_GET &&
                       pdu->command != SNMP_MSG_GETNEXT && pdu->command != SNMP_MSG_GETBULK;

    switch (gwsnmp_access_decide(access, &request)) {
    case GWSNMP_ALLOWED:
        parameters->errorcode = VACM_SUCCESS;
        break;
    case GWSNMP_NO_SUCH_NAME:
        snmp_increment_statistic(STAT_SNMPINBADCOMMUNITYNAMES);
        parameters->errorcode = VACM_NOSECNAME;
        break;
    case GWSNMP_NO_SUCH_CONTEXT:
        parameters->errorcode = VACM_NOSUCHCONTEXT;
        break;
    case GWSNMP_NO_ACCESS:
        parameters->errorcode = parameters->name ? VACM_NOTINVIEW : VACM_NOACCESS;
        break;
    }
    return parameters->errorcode;
}

static const int access_minors[] = {SNMPD_CALLBACK_ACM_CHECK, SNMPD_CALLBACK_ACM_CHECK_INITIAL,
                                    SNMPD_CALLBACK_ACM_CHECK_SUBTREE};
enum { N_ACCESS_MINORS = sizeof access_minors / sizeof *access_minors };

void gwsnmp_authorize_begin(const struct gwsnmp_access *access)
{
    for (size_t i = 0; i < N_ACCESS_MINORS; i++) {
        snmp_unregister_callback(SNMP_CALLBACK_APPLICATION, access_minors[i], vacm_in_view_callback,
                                 NULL, 0);
        snmp_register_callback(SNMP_CALLBACK_APPLICATION, access_minors[i], on_access,
                               (void *)(uintptr_t)access);
    }
    snmp_unregister_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_POST_READ_CONFIG,
                             vacm_warn_if_not_configured, NULL, 0);
}

/* The library frees the argument of every callback that is still there when it shuts down. */
void gwsnmp_authorize_end(const struct gwsnmp_access *access)
{
    for (size_t i = 0; i < N_ACCESS_MINORS; i++)
        snmp_unregister_callback(SNMP_CALLBACK_APPLICATION, access_minors[i], on_access,
                                 (void *)(uintptr_t)access, 1);
}
