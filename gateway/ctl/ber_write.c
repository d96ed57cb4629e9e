/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * BER from back to front, for the load tool and the benchmarks. The gateway's own notifications go
 * out through net-snmp; this encoder exists so that a sender can make half a million packets a
 * second, and strange ones, without that library.
 */
#include "gateway/ctl/ber_write.h"

static void put_byte(struct ber_writer *w, uint8_t byte)
{
    if (w->at == 0)
        w->failed = true;
    else
        w->p[--w->at] = byte;
}

static void put_bytes(struct ber_writer *w, struct slice bytes)
{
    if (bytes.n > w->at) {
        w->failed = true;
        return;
    }
    w->at -= bytes.n;
    if (bytes.n > 0)
        memcpy(w->p + w->at, bytes.p, bytes.n);
}

/* X.690 section 8.1.3: short form below 128, else the fewest octets. */
static void put_header(struct ber_writer *w, uint8_t tag, size_t length)
{
    if (length < 128) {
        put_byte(w, (uint8_t)length);
    } else {
        uint8_t octets = 0;
        for (; length > 0; length >>= 8, octets++)
            put_byte(w, (uint8_t)length);
        put_byte(w, 0x80 | octets);
    }
    put_byte(w, tag);
}

void ber_wrap(struct ber_writer *w, uint8_t tag, size_t mark)
{
    if (!w->failed)
        put_header(w, tag, mark - w->at);
}

void ber_put_octets(struct ber_writer *w, uint8_t tag, struct slice octets)
{
    size_t mark = w->at;
    put_bytes(w, octets);
    ber_wrap(w, tag, mark);
}

void ber_put_int(struct ber_writer *w, uint8_t tag, int64_t value)
{
    size_t mark = w->at;
    uint8_t byte;
    do {
        byte = (uint8_t)value;
        put_byte(w, byte);
        value >>= 8;
    } while (!(value == 0 && byte < 0x80) && !(value == -1 && byte >= 0x80));
    ber_wrap(w, tag, mark);
}

void ber_put_unsigned(struct ber_writer *w, uint8_t tag, uint64_t value)
{
    size_t mark = w->at;
    uint8_t byte;
    do {
        byte = (uint8_t)value;
        put_byte(w, byte);
        value >>= 8;
    } while (value != 0);
    if (byte >= 0x80)
        put_byte(w, 0);
    ber_wrap(w, tag, mark);
}

/* Base 128, high first, all but the last octet with the top bit (X.690 section 8.19). */
static void put_arc(struct ber_writer *w, uint64_t arc)
{
    put_byte(w, arc & 0x7f);
    while (arc >>= 7)
        put_byte(w, 0x80 | (arc & 0x7f));
}

/* Takes the last arc off text. False where it is no number below 2^32. */
static bool take_last_arc(struct slice *text, uint64_t *arc)
{
    uint64_t value = 0, unit = 1;
    size_t digits = 0;
    while (text->n > 0 && text->p[text->n - 1] >= '0' && text->p[text->n - 1] <= '9') {
        if (++digits > 10)
            return false;
        value += unit * (uint64_t)(text->p[--text->n] - '0');
        unit *= 10;
    }
    if (digits == 0 || value > UINT32_MAX)
        return false;
    if (text->n > 0 && text->p[--text->n] != '.')
        return false;
    *arc = value;
    return true;
}

void ber_put_oid(struct ber_writer *w, struct slice dotted)
{
    size_t mark = w->at, dots = 0;
    uint64_t arc, first;
    if (dotted.n > 0 && dotted.p[0] == '.')
        dotted = slice_skip(dotted, 1);
    for (size_t i = 0; i < dotted.n; i++)
        dots += dotted.p[i] == '.';
    if (dots == 0)
        w->failed = true;
    for (; dots > 1 && !w->failed; dots--) {
        if (!take_last_arc(&dotted, &arc))
            w->failed = true;
        else
            put_arc(w, arc);
    }
    if (w->failed || !take_last_arc(&dotted, &arc) || !take_last_arc(&dotted, &first) ||
        dotted.n > 0 || first > 2 || (first < 2 && arc > 39))
        w->failed = true;
    else
        put_arc(w, first * 40 + arc);
    ber_wrap(w, BER_OID, mark);
}
