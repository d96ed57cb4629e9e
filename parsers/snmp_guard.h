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

#endif
