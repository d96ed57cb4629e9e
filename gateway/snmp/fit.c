/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answers of a bounded size: what a datagram should hold, and what a manager of version 3 says that
 * it takes (RFC 3416 section 4.2). The size is estimated before the message is built, since one of
 * version 3 can be built only once: building it uses up its security state.
 */
#include "gateway/snmp/snmp_internal.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <limits.h>
#include <string.h>

/* Upper bounds, to which community, user and engine are added. HEADER: what surrounds the varbinds,
   with the PDU's own numbers. HEADER_V3: the same with a digest of 48 octets, a salt of 8, and
   padding. */
enum { HEADER_V3 = 220, HEADER = 48, COUNTER64_MAX = 11 };

static size_t with_head(size_t n)
{
    return n + (n < 0x80 ? 2 : n < 0x100 ? 3 : 4);
}

static size_t oid_size(const oid *name, size_t n)
{
    size_t size = 1;
    for (size_t i = 2; i < n; i++)
        size += name[i] < 1UL << 7    ? 1
                : name[i] < 1UL << 14 ? 2
                : name[i] < 1UL << 21 ? 3
                : name[i] < 1UL << 28 ? 4
                                      : 5;
    /* The first two arcs are one number. */
    return with_head(n > 1 && name[0] * 40 + name[1] >= 128 ? size + 4 : size);
}

static size_t integer_size(long number)
{
    size_t n = 1;
    for (; number < -128 || number > 127; number /= 256)
        n++;
    return 2 + n;
}

/* Octets on the wire, or a few more. */
static size_t varbind_size(const netsnmp_variable_list *vb)
{
    size_t size = oid_size(vb->name, vb->name_length);
    switch (vb->type) {
    case ASN_OCTET_STR:
    case ASN_IPADDRESS:
    case ASN_OPAQUE:
        size += with_head(vb->val_len);
        break;
    case ASN_OBJECT_ID:
        size += oid_size(vb->val.objid, vb->val_len / sizeof(oid));
        break;
    case ASN_INTEGER:
        size += integer_size(*vb->val.integer);
        break;
    case ASN_GAUGE:
    case ASN_COUNTER:
    case ASN_TIMETICKS:
        size += integer_size(*vb->val.integer & 0xffffffff);
        break;
    case ASN_COUNTER64:
        size += COUNTER64_MAX;
        break;
    default: /* noSuchObject and its kin: no value */
        size += 2;
        break;
    }
    return with_head(size);
}

static size_t header_size(const netsnmp_pdu *pdu)
{
    if (pdu->version == SNMP_VERSION_3)
        return HEADER_V3 + pdu->securityNameLen + pdu->contextNameLen +
               2 * pdu->securityEngineIDLen;
    return HEADER + pdu->community_len;
}

static void cut(netsnmp_pdu *pdu, size_t most)
{
    size_t header = header_size(pdu);
    if (pdu->version == SNMP_VERSION_3 && pdu->msgMaxSize > 0 && (size_t)pdu->msgMaxSize < most)
        most = (size_t)pdu->msgMaxSize;
    size_t left = most > header ? most - header : 0;
    for (netsnmp_variable_list **at = &pdu->variables; *at; at = &(*at)->next_variable) {
        size_t size = varbind_size(*at);
        if (size <= left) {
            left -= size;
            continue;
        }
        bool is_bulk = (pdu->flags & GWSNMP_IS_BULK) && at != &pdu->variables;
        if (!is_bulk) {
            at = &pdu->variables;
            pdu->errstat = SNMP_ERR_TOOBIG;
            pdu->errindex = 0;
        }
        snmp_free_varbind(*at);
        *at = NULL;
        return;
    }
}

static int build(netsnmp_session *session, netsnmp_pdu *pdu, u_char **packet, size_t *size,
                 size_t *offset, size_t most)
{
    if (pdu->command == SNMP_MSG_RESPONSE)
        cut(pdu, most);
    pdu->flags &= ~GWSNMP_IS_BULK;
    int rc = snmp_build(packet, size, offset, session, pdu);
    /* The library's builder fills a buffer from its end; from another builder it expects the
       message at the beginning. */
    if (rc == 0 && *offset <= *size)
        memmove(*packet, *packet + *size - *offset, *offset);
    return rc;
}

int gwsnmp_build_datagram(netsnmp_session *session, netsnmp_pdu *pdu, u_char **packet, size_t *size,
                          size_t *offset)
{
    return build(session, pdu, packet, size, offset, GWSNMP_DATAGRAM_MAX);
}

int gwsnmp_build_on_stream(netsnmp_session *session, netsnmp_pdu *pdu, u_char **packet,
                           size_t *size, size_t *offset)
{
    return build(session, pdu, packet, size, offset, INT_MAX);
}
