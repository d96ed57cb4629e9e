/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_NOTIFICATION_H
#define GATEWAY_SNMP_NOTIFICATION_H

#include <stdint.h>

#include "gateway/snmp/value.h"

/**
 * A notification to send, as plain values: what comes after sysUpTime.0 and snmpTrapOID.0, in
 * order. snmpTrapAddress.0 is added at the end (RFC 3584 section 3.1 (4)).
 */
enum { GWSNMP_VARBINDS_MAX = 32 };

struct gwsnmp_varbind {
    struct gwsnmp_oid name;
    struct gwsnmp_value value; /* text borrowed until the call that took the notification returns */
};

struct gwsnmp_notification {
    struct gwsnmp_oid trap_oid;
    /* snmpTrapAddress: the host that this is about. has_origin false: the gateway's own address, as
       each sink sees it. */
    bool has_origin;
    unsigned char origin[4];
    size_t n;
    struct gwsnmp_varbind v[GWSNMP_VARBINDS_MAX];
};

/**
 * A receiver of notifications. Version 2c sends traps. Versions and confirmed notifications that
 * need the receiver's engine id will learn it by a probe of our own, so nothing here ever waits.
 */
enum gwsnmp_sink_version { GWSNMP_SINK_V2C };

struct gwsnmp_sink {
    const char *address; /* "192.0.2.1:162", "[2001:db8::1]:162": numeric, no name to look up */
    enum gwsnmp_sink_version version;
    const char *community;
};

#endif
