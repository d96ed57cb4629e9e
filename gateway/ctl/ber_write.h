/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_BER_WRITE_H
#define GATEWAY_CTL_BER_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/slice.h"
#include "parsers/ber.h"

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

/* PDUs (RFC 1157, RFC 3416). The tags of values are parsers/ber.h's. */
enum {
    BER_PDU_GET = 0xa0,
    BER_PDU_GET_NEXT = 0xa1,
    BER_PDU_RESPONSE = 0xa2,
    BER_PDU_TRAP_V1 = 0xa4,
    BER_PDU_GET_BULK = 0xa5,
    BER_PDU_INFORM = 0xa6,
    BER_PDU_TRAP_V2 = 0xa7
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
