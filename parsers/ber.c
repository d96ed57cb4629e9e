/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The part of BER that SNMP may use: low tags, definite lengths of at most four bytes.
 * Source: X.690 as restricted by RFC 3417 section 8. Lengths need not be of the shortest form:
 * net-snmp and others always write long ones.
 */
#include "parsers/ber.h"

#include "parsers/varbinds.h"

struct ber ber_of(struct slice s)
{
    const uint8_t *p = (const uint8_t *)s.p;
    return (struct ber){.p = p, .end = s.n ? p + s.n : p, .start = p};
}

struct ber ber_inside(const struct ber *parent, struct slice contents)
{
    struct ber b = ber_of(contents);
    b.start = parent->start;
    b.error = parent->error;
    b.error_at = parent->error_at;
    if (b.error)
        b.p = b.end;
    return b;
}

void ber_fail(struct ber *b, const char *error)
{
    if (b->error)
        return;
    b->error = error;
    b->error_at = (size_t)(b->p - b->start);
}

struct slice ber_any(struct ber *b, uint8_t *tag)
{
    *tag = 0;
    if (b->error)
        return SLICE_NONE;
    const uint8_t *p = b->p;
    size_t left = (size_t)(b->end - p);
    if (left < 2 || (p[0] & 0x1F) == 0x1F) {
        ber_fail(b, left < 2 ? "BER value is cut short" : "BER tag is of the long form");
        return SLICE_NONE;
    }
    size_t length = p[1], header = 2;
    if (length >= 0x80) {
        size_t bytes = length & 0x7F;
        if (bytes == 0 || bytes > 4 || left < 2 + bytes) {
            ber_fail(b, bytes == 0 ? "BER length is indefinite" : "BER length is too long");
            return SLICE_NONE;
        }
        length = 0;
        for (size_t i = 0; i < bytes; i++)
            length = length << 8 | p[2 + i];
        header += bytes;
    }
    if (length > left - header) {
        ber_fail(b, "BER length reaches past the end");
        return SLICE_NONE;
    }
    *tag = p[0];
    b->p = p + header + length;
    return slice_of((const char *)p + header, length);
}

struct slice ber_take(struct ber *b, uint8_t tag, const char *error)
{
    const uint8_t *before = b->p;
    uint8_t found;
    struct slice contents = ber_any(b, &found);
    if (!b->error && found != tag) {
        b->p = before;
        ber_fail(b, error);
    }
    return b->error ? SLICE_NONE : contents;
}

int32_t ber_int32(struct ber *b, const char *error)
{
    const uint8_t *before = b->p;
    struct slice contents = ber_take(b, BER_INTEGER, error);
    int64_t value = 0;
    if (!b->error && (!ber_to_signed(contents, &value) || value != (int32_t)value)) {
        b->p = before;
        ber_fail(b, error);
        return 0;
    }
    return (int32_t)value;
}

bool ber_to_signed(struct slice contents, int64_t *out)
{
    if (contents.n == 0 || contents.n > 8)
        return false;
    uint64_t value = contents.p[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < contents.n; i++)
        value = value << 8 | (uint8_t)contents.p[i];
    *out = (int64_t)value;
    return true;
}

bool ber_to_unsigned(struct slice contents, uint64_t max, uint64_t *out)
{
    if (contents.n == 0 || contents.n > 9 || (contents.n == 9 && contents.p[0] != 0))
        return false;
    /* Some agents forget the zero byte before a high bit: four bytes mean 32 bits all the same. */
    uint64_t value = 0;
    for (size_t i = 0; i < contents.n; i++)
        value = value << 8 | (uint8_t)contents.p[i];
    if (value > max)
        return false;
    *out = value;
    return true;
}

unsigned ber_oid_arcs(struct slice contents)
{
    unsigned arcs = 1; /* the first byte group holds two */
    uint64_t arc = 0;
    bool is_open = false;
    for (size_t i = 0; i < contents.n; i++) {
        uint8_t byte = (uint8_t)contents.p[i];
        arc = arc << 7 | (byte & 0x7F);
        if (arc > UINT32_MAX)
            return 0;
        is_open = byte & 0x80;
        if (!is_open) {
            arc = 0;
            if (++arcs > OID_ARCS_MAX)
                return 0;
        }
    }
    return contents.n && !is_open ? arcs : 0;
}

bool ber_is_value(uint8_t tag, struct slice contents)
{
    int64_t number;
    uint64_t positive;
    switch (tag) {
    case BER_INTEGER:
        return ber_to_signed(contents, &number) && number == (int32_t)number;
    case BER_COUNTER32:
    case BER_GAUGE32:
    case BER_TIMETICKS:
    case BER_UINTEGER32:
        return contents.n <= 5 && ber_to_unsigned(contents, UINT32_MAX, &positive);
    case BER_COUNTER64:
        return ber_to_unsigned(contents, UINT64_MAX, &positive);
    case BER_OID:
        return contents.n == 0 || ber_oid_arcs(contents) > 0; /* some agents write 0.0 as nothing */
    case BER_IPADDRESS:
        return contents.n == 4;
    case BER_OCTETS:
    case BER_OPAQUE:
    case BER_NSAP:
        return true;
    case BER_NULL:
    case BER_NO_SUCH_OBJECT:
    case BER_NO_SUCH_INSTANCE:
    case BER_END_OF_MIB_VIEW:
        return contents.n == 0;
    default:
        return false;
    }
}
