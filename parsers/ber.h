/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_BER_H
#define PARSERS_BER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/slice.h"

/* Tags that SNMP uses (RFC 3416, RFC 2578). */
enum {
    BER_INTEGER = 0x02,
    BER_OCTETS = 0x04,
    BER_NULL = 0x05,
    BER_OID = 0x06,
    BER_SEQUENCE = 0x30,
    BER_IPADDRESS = 0x40,
    BER_COUNTER32 = 0x41,
    BER_GAUGE32 = 0x42,
    BER_TIMETICKS = 0x43,
    BER_OPAQUE = 0x44,
    BER_NSAP = 0x45,
    BER_COUNTER64 = 0x46,
    BER_UINTEGER32 = 0x47,
    BER_NO_SUCH_OBJECT = 0x80,
    BER_NO_SUCH_INSTANCE = 0x81,
    BER_END_OF_MIB_VIEW = 0x82
};

/** Reads BER that may lie. The first error sticks: later reads give nothing. */
struct ber {
    const uint8_t *p, *end, *start;
    const char *error; /* constant text; NULL: none */
    size_t error_at;   /* from start */
};

struct ber ber_of(struct slice s);
/* A reader for contents that lie inside parent; its errors count from the same start. */
struct ber ber_inside(const struct ber *parent, struct slice contents);

static inline bool ber_is_end(const struct ber *b)
{
    return b->error || b->p == b->end;
}

/* Note an error at the place reached, unless there is one already. */
void ber_fail(struct ber *b, const char *error);

/* The next value of any low tag with a definite length; *tag is 0 after an error. */
struct slice ber_any(struct ber *b, uint8_t *tag);
/* The next value, which must have that tag. */
struct slice ber_take(struct ber *b, uint8_t tag, const char *error);
/* An INTEGER that fits 32 bits. */
int32_t ber_int32(struct ber *b, const char *error);

/* Contents of INTEGER and its kin; false when empty or too long for the type. */
bool ber_to_signed(struct slice contents, int64_t *out);
bool ber_to_unsigned(struct slice contents, uint64_t max, uint64_t *out);

/* Number of arcs of an OID's contents, 0 when they are none: cut short, an arc of 2^32 or more, too
 * many. */
unsigned ber_oid_arcs(struct slice contents);

/* Whether contents can be a value of an SNMP varbind with that tag. */
bool ber_is_value(uint8_t tag, struct slice contents);

#endif
