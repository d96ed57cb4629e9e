/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_NORMALIZE_CONVERT_H
#define GATEWAY_NORMALIZE_CONVERT_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"

/** Values as products write them, read the same way for all of them. No state. */

/* Says nothing: empty, "-", "N/A", "0.0.0.0", "::", "#null#". value must be trimmed. */
static inline bool convert_is_absent(struct slice value)
{
    switch (value.n) {
    case 0:
        return true;
    case 1:
        return value.p[0] == '-';
    case 2:
        return value.p[0] == ':' && value.p[1] == ':';
    case 3:
        return value.p[1] == '/' && (value.p[0] | 32) == 'n' && (value.p[2] | 32) == 'a';
    case 6:
        return memcmp(value.p, "#null#", 6) == 0;
    case 7:
        return memcmp(value.p, "0.0.0.0", 7) == 0;
    default:
        return false;
    }
}

/* What a value says: without blanks around it, and empty when it is absent. */
static inline struct slice convert_said(struct slice value)
{
    if (value.n && ((unsigned char)value.p[0] <= ' ' || (unsigned char)value.p[value.n - 1] <= ' '))
        value = slice_trim(value);
    return convert_is_absent(value) ? SLICE_NONE : value;
}

/* An IPv4 address in dotted decimal or an IPv6 address; brackets, a zone id and leading zeros,
 * which some read as octal, are not taken. */
bool convert_is_ip(struct slice text);
enum { CONVERT_PADDED_IP_BYTES = sizeof "010.001.002.003" - 1 };

/* The same as text, one for an address however it was written: of IPv4 padded to three digits a
 * part, as some consoles print it, without its zeros; of IPv6 as RFC 5952 has it, and IPv4 where
 * that is mapped into it; brackets and a zone, a stop at the end are none of it. New text is in the
 * arena. Empty when it is none, or says nothing. */
struct slice convert_ip(struct slice text, struct arena *arena);

/* An InetAddress of 4 or 16 octets as people write it. Empty for another number of them, and for 16
   that are all of printable ASCII: "192.168.1.1:8080" far sooner than an address. */
struct slice convert_octets_ip(struct slice octets, struct arena *arena);
/* The same of "0x" and hexadecimal, which is how octets that are no text come; anything else as it
   is. */
struct slice convert_hex_ip(struct slice text, struct arena *arena);

/**
 * A version as one number that grows with it: up to four parts of 16 bits, "9.950.1006" above
 * "9.950.1005" and "9.900.2000". A part above 65535 counts as that, a first one above 32767 as
 * 32767. False when it is none.
 */
bool convert_version(struct slice text, int64_t *number);

/**
 * A Trend Micro pattern number: an integer as it is (1771500), "17.715.00" as 1771500, "12.97" as
 * 1297, so that both ways of writing compare; anything else by convert_version().
 */
bool convert_pattern(struct slice text, int64_t *number);

/* "\\host\share\path" or "//host/share": the host. Anything else: empty. */
struct slice convert_unc_host(struct slice text);
/* "host.example.com" to "host"; an address as it is. */
struct slice convert_short_host(struct slice text);
/* "CORP\ann" as the domain and the name in it, parted by the last backslash; of ".\ann", an account
 * of the computer itself, the domain is empty. False, with both left alone: it is none, as of a
 * path, and of a text with what no account's name may hold: "/[]:;|=,+*?<>. "ann@example.com" is a
 * name. Source: Microsoft, "Naming conventions in Active Directory". */
bool convert_account(struct slice text, struct slice *domain, struct slice *name);
/* 12 hex digits in any common grouping to "00:11:22:33:44:55"; empty when it is none. */
struct slice convert_mac(struct slice text, struct arena *arena);
struct slice convert_case(struct slice text, bool upper, struct arena *arena);

/* The same host: equal without case, or equal up to the first dot where neither is an address; of a
   UNC path its host counts. */
bool convert_same_host(struct slice a, struct slice b);

#endif
