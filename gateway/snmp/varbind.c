/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and values of ours as the library has them: in answers, and in notifications. */
#include "gateway/snmp/snmp_internal.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

void gwsnmp_arcs_to_library(const uint32_t *v, size_t n, oid *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = v[i];
}

void gwsnmp_value_to_library(const struct gwsnmp_value *value, netsnmp_variable_list *vb)
{
    oid arcs[GWSNMP_OID_MAX];
    struct counter64 wide;
    long number = 0;
    u_char type = ASN_NULL;

    switch (value->type) {
    case GWSNMP_INTEGER:
        number = value->integer;
        type = ASN_INTEGER;
        break;
    case GWSNMP_GAUGE:
        number = (long)(unsigned long)value->gauge;
        type = ASN_GAUGE;
        break;
    case GWSNMP_COUNTER:
        number = (long)(unsigned long)value->gauge;
        type = ASN_COUNTER;
        break;
    case GWSNMP_TIMETICKS:
        number = (long)(unsigned long)value->gauge;
        type = ASN_TIMETICKS;
        break;
    case GWSNMP_COUNTER64:
        wide.high = (u_long)(value->counter64 >> 32);
        wide.low = (u_long)(value->counter64 & 0xffffffff);
        snmp_set_var_typed_value(vb, ASN_COUNTER64, &wide, sizeof wide);
        return;
    case GWSNMP_OCTETS:
        snmp_set_var_typed_value(vb, ASN_OCTET_STR, value->octets.n ? value->octets.p : "",
                                 value->octets.n);
        return;
    case GWSNMP_IP_ADDRESS:
        snmp_set_var_typed_value(vb, ASN_IPADDRESS, value->octets.p, value->octets.n);
        return;
    case GWSNMP_OBJECT_ID:
        gwsnmp_arcs_to_library(value->object_id.v, value->object_id.n, arcs);
        snmp_set_var_typed_value(vb, ASN_OBJECT_ID, arcs, value->object_id.n * sizeof *arcs);
        return;
    default:
        snmp_set_var_typed_value(vb, SNMP_NOSUCHINSTANCE, NULL, 0);
        return;
    }
    snmp_set_var_typed_value(vb, type, &number, sizeof number);
}
