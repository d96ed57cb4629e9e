/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_BER_WRITE_H
#define GATEWAY_CTL_BER_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/slice.h"

/**
 * Writes BER as SNMP uses it (X.690 section 8, RFC 3417 section 8), from the last byte to the
 * first: a length is known when its header is written, so nothing moves and every length is
 * minimal. Elements are therefore put in reverse order. Too little room sticks in failed; check it
 * once.
 */
struct ber_writer {
    uint8_t *p;
    size_t at; /* first byte written: p[at .. cap) is the encoding */
    size_t cap;
    bool failed; /* did not fit, or a value that has no encoding */
};

enum ber_tag {
    BER_INTEGER = 0x02,
    BER_OCTETS = 0x04,
    BER_NULL = 0x05,
    BER_OID = 0x06,
    BER_SEQUENCE = 0x30,
    BER_IP_ADDRESS = 0x40,
    BER_COUNTER32 = 0x41,
    BER_GAUGE32 = 0x42,
    BER_TIME_TICKS = 0x43,
    BER_OPAQUE = 0x44,
    BER_COUNTER64 = 0x46,
    BER_GET = 0xa0,
    BER_GET_NEXT = 0xa1,
    BER_RESPONSE = 0xa2,
    BER_TRAP_V1 = 0xa4,
    BER_GET_BULK = 0xa5,
    BER_INFORM = 0xa6,
    BER_TRAP_V2 = 0xa7
};

static inline struct ber_writer ber_writer_of(void *p, size_t cap)
{
    return (struct ber_writer){p, cap, cap, false};
}

/* The encoding; empty after a failure. */
static inline struct slice ber_encoding(const struct ber_writer *w)
{
    return w->failed ? SLICE_NONE : slice_of((const char *)w->p + w->at, w->cap - w->at);
}

void ber_put_octets(struct ber_writer *w, uint8_t tag, struct slice octets);
void ber_put_int(struct ber_writer *w, uint8_t tag, int64_t value);
/* Counters and gauges: never negative, so a leading zero octet where the top bit is set. */
void ber_put_unsigned(struct ber_writer *w, uint8_t tag, uint64_t value);
/* Dotted numbers, a leading dot is fine: at least two arcs, each below 2^32. Anything else fails.
 */
void ber_put_oid(struct ber_writer *w, struct slice dotted);
/* Tag and length over everything put since mark (a value of w->at taken before). */
void ber_wrap(struct ber_writer *w, uint8_t tag, size_t mark);

#endif
