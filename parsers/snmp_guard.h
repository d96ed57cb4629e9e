/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_SNMP_GUARD_H
#define PARSERS_SNMP_GUARD_H

#include <stdbool.h>

#include "gateway/base/slice.h"

/**
 * Whether any SNMP message (v1, v2c, v3; every PDU type) is built soundly enough to be shown to a
 * foreign parser: definite lengths that agree on every level, primitive values whose length fits
 * their type, at most 4096 varbinds, OIDs of at most 128 arcs below 2^32, a v1 enterprise that is
 * not empty and leaves room for the two arcs of RFC 3584, and for v3 security parameters of lengths
 * that USM knows. It says nothing about meaning or access.
 */
bool parse_snmp_is_safe(struct slice datagram);

/** Who a v3 message says that it is from, and how it is protected. Nothing of it is proven. */
struct snmp_v3_claim {
    struct slice engine; /* of the authoritative engine; empty: the sender asks for ours */
    struct slice user;
    bool has_auth, has_privacy;
};

/* False: no v3 message with USM parameters. The slices point into datagram. Source: RFC 3412
 * section 6, RFC 3414 section 2.4. */
bool parse_snmp_v3_claim(struct slice datagram, struct snmp_v3_claim *out);

#endif
