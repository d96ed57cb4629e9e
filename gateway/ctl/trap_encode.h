/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_TRAP_ENCODE_H
#define GATEWAY_CTL_TRAP_ENCODE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"

/* What the line does not say. */
struct trap_options {
    const char *community; /* where the line has none */
    bool is_inform;        /* v2c: an InformRequest in place of a trap */
    int32_t request_id;    /* v2c */
    uint32_t uptime_cs;    /* hundredths of a second, where the line has no sysUpTime.0 */
};

/**
 * Encode one line of the form that `eogctl decode --input trap` reads:
 *   {"version":"v1"|"v2c", "enterprise"?, "trap_oid"?, "generic"?, "specific"?, "agent_addr"?,
 *    "timestamp"?, "community"?, "varbinds":[[oid, type, value, ...], ...]}
 * into a whole SNMP message in out[0 .. cap). A v2c message without the varbinds sysUpTime.0 and
 * snmpTrapOID.0 gets them (RFC 3416 section 4.2.6); "v1-proxied" is sent as the v2c message that a
 * proxy sends (RFC 3584 section 3.1), which is how its varbinds are written.
 *
 * Types are those that net-snmp prints (INTEGER, STRING, Hex-STRING, OID, Timeticks, IpAddress,
 * Counter32, Gauge32, Counter64, Opaque) and the textual conventions met in logs; a type that is
 * not known goes by the value: a number becomes an INTEGER, text an OCTET STRING.
 *
 * Returns the message, inside out; empty with a reason in error when the line cannot be encoded.
 */
struct slice trap_encode_json(struct slice line, const struct trap_options *options, void *out,
                              size_t cap, struct buf *error);

/**
 * Is this datagram a Response-PDU with error-status 0, and to which request? False for anything
 * else: what comes back on a socket is hostile too.
 */
bool trap_read_response(struct slice datagram, int32_t *request_id);

#endif
