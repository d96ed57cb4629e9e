/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_VARBINDS_H
#define PARSERS_VARBINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/charset.h"
#include "gateway/base/slice.h"
#include "parsers/fields.h"
#include "parsers/snmp_guard.h"

enum {
    VARBINDS_MAX = 256,
    OID_ARCS_MAX = 128,              /* RFC 2578 section 3.5 */
    OID_TEXT_MAX = OID_ARCS_MAX * 11 /* dotted, each arc below 2^32 */
};

/* The message's version field, so that callers can route: v1 and v2c to parse_notification(). */
enum snmp_message_version {
    SNMP_MESSAGE_V1 = 0,
    SNMP_MESSAGE_V2C = 1,
    SNMP_MESSAGE_V3 = 3,
    SNMP_MESSAGE_OTHER = -1 /* no SNMP message, or a version that does not exist */
};

enum notification_pdu {
    NOTIFICATION_TRAP_V1 = 0xA4,
    NOTIFICATION_INFORM = 0xA6,
    NOTIFICATION_TRAP_V2 = 0xA7
};

struct varbind {
    struct slice oid;   /* BER contents; checked: 2 to 128 arcs, each below 2^32 */
    uint8_t type;       /* BER tag */
    struct slice value; /* BER contents; length and form checked for the type */
};

/** A decoded notification. All slices point into the datagram. */
struct notification {
    struct slice datagram;
    enum snmp_message_version version;
    enum notification_pdu pdu;
    struct slice community;
    struct slice user, engine; /* v3: set by who decrypted it; engine: the sender's id, octets */
    int32_t request_id;        /* v2c; an inform's repeat has the same */
    size_t pdu_at;             /* of the PDU's tag byte in the datagram */
    struct slice error_status, error_index;    /* v2c: BER contents */
    struct slice request_id_raw, varbinds_raw; /* v2c: whole TLVs */
    /* v1 (RFC 1157 section 4.1.6): */
    struct slice enterprise; /* BER contents */
    int32_t generic, specific;
    uint8_t agent_address[4];
    uint32_t uptime; /* hundredths of a second; v2c: of sysUpTime.0 */
    bool has_uptime;
    struct slice
        trap_oid; /* v2c: BER contents of snmpTrapOID.0; v1: empty, see notification_trap_oid() */
    size_t n;
    struct varbind v[VARBINDS_MAX];
    const char *error; /* constant text; NULL: none */
    size_t error_at;   /* bytes from the datagram's start */
};

/* The version of a message; reads the outer header only. */
enum snmp_message_version parse_snmp_version(struct slice datagram);

/**
 * Decode a v1 Trap-PDU, a v2c SNMPv2-Trap or InformRequest. Bounded: definite lengths only, no byte
 * behind the message, at most VARBINDS_MAX varbinds, OIDs of 2 to 128 arcs, and for v1 a trap OID
 * (enterprise.0.specific) that stays within them.
 *
 * Returns PARSE_OK, or PARSE_MALFORMED with error and error_at; out holds what was read until there
 * (a notification without snmpTrapOID.0 is complete but for that). Never PARSE_MORE. Other PDU
 * types and v3 are PARSE_MALFORMED. The community is not judged here. Source: RFC 1157, RFC 3416
 * section 3, RFC 1906/3417 section 8 (BER restrictions).
 */
enum parse_status parse_notification(struct slice datagram, struct notification *out);

/**
 * The notification's name as dotted text, for v1 by RFC 3584 section 3.1. text holds OID_TEXT_MAX
 * bytes. Returns the length; 0 when there is none.
 */
size_t notification_trap_oid(const struct notification *notification, char *text);

/**
 * The response that acknowledges an inform: the same message with the PDU a Response and both error
 * fields 0. Appended to out. False when the notification is no inform.
 * Source: RFC 3416 section 4.2.7.
 */
bool notification_make_response(const struct notification *notification, struct buf *out);

/**
 * The notification as fields of GW_FORMAT_VARBINDS. Header: trap_oid, version ("1", "2c", "3"),
 * for v3 user and engine_id (hexadecimal), and where known enterprise, generic, specific,
 * agent_addr, uptime (hundredths of a second; for v2c the last ones come from the objects of RFC
 * 3584 that a proxy adds). Then a field a varbind in order: its dotted OID, its value as text.
 * Octets become text through charset (NULL: UTF-8 only; of a set that is guessed no octets as short
 * as hardware addresses and times); those that are no text in any sense become
 * "0x" and hexadecimal (also 4 or 16 that begin with a line's end, as addresses of 10.0.0.0/8 do),
 * and single bytes that are no character U+FFFD (out->has_replaced). out is
 * cleared first. Returns PARSE_OK, or PARSE_MALFORMED with the notification's error; out is filled
 * all the same.
 */
enum parse_status parse_varbinds(const struct notification *notification, struct charset *charset,
                                 struct arena *arena, struct fields *out);

/* The octets that the number-th field was made of; empty: it is no OCTET STRING of a notification.
   While the notification lives. */
struct slice varbinds_octets(const struct fields *fields, size_t number);

/* Dotted text of an OID's BER contents; text holds OID_TEXT_MAX bytes. 0 when they are no OID. */
size_t parse_oid_text(struct slice ber, char *text);

#endif
