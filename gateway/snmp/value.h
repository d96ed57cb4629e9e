/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_VALUE_H
#define GATEWAY_SNMP_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/slice.h"

/**
 * OIDs and values as plain structs: what the other rooms say to this one, without a header of
 * net-snmp. An OID has at most 128 arcs of 32 bits (RFC 2578 section 3.5).
 */
enum { GWSNMP_OID_MAX = 128, GWSNMP_TEXT_MAX = 255, GWSNMP_DATE_SIZE = 11 };

struct gwsnmp_oid {
    uint32_t v[GWSNMP_OID_MAX];
    size_t n;
};

enum gwsnmp_type {
    GWSNMP_NONE,    /* nothing there */
    GWSNMP_INTEGER, /* Integer32, enumerations, TruthValue */
    GWSNMP_GAUGE,   /* Gauge32, Unsigned32 */
    GWSNMP_COUNTER, /* Counter32 */
    GWSNMP_COUNTER64,
    GWSNMP_TIMETICKS, /* hundredths of a second */
    GWSNMP_OCTETS,    /* any bytes; SnmpAdminString is UTF-8 */
    GWSNMP_OBJECT_ID,
    GWSNMP_IP_ADDRESS, /* four octets */
    /* What a client may meet; an agent of ours never makes them. */
    GWSNMP_NO_SUCH_OBJECT,
    GWSNMP_NO_SUCH_INSTANCE,
    GWSNMP_END_OF_MIB_VIEW
};

struct gwsnmp_value {
    enum gwsnmp_type type;
    union {
        int32_t integer;
        uint32_t gauge; /* GAUGE, COUNTER, TIMETICKS */
        uint64_t counter64;
        struct slice octets; /* OCTETS, IP_ADDRESS; borrowed from the view, or from scratch */
        struct {
            const uint32_t *v;
            size_t n;
        } object_id;
    };
    char scratch[16]; /* where small octets made on the spot stand: DateAndTime, an address */
};

/* Lexicographic order of arcs, a shorter prefix first: <0, 0, >0. */
int gwsnmp_oid_compare(const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b);
/* Dotted text, a leading dot allowed: false when it is no OID of 2 to 128 arcs. */
bool gwsnmp_oid_parse(struct slice text, struct gwsnmp_oid *out);
enum { GWSNMP_OID_TEXT_MAX = 128 * 11 };
/* "1.3.6.1"; out holds GWSNMP_OID_TEXT_MAX bytes. Returns the length. */
size_t gwsnmp_oid_format(const uint32_t *v, size_t n, char *out);

/* Setters; each fills the whole value. text is cut at 255 bytes on a character's edge. */
void gwsnmp_set_integer(struct gwsnmp_value *value, int32_t number);
void gwsnmp_set_gauge(struct gwsnmp_value *value, uint64_t number); /* clamped to 32 bits */
void gwsnmp_set_counter(struct gwsnmp_value *value, uint32_t number);
void gwsnmp_set_counter64(struct gwsnmp_value *value, uint64_t number);
void gwsnmp_set_timeticks(struct gwsnmp_value *value, uint32_t hundredths);
void gwsnmp_set_text(struct gwsnmp_value *value, struct slice text);
void gwsnmp_set_object_id(struct gwsnmp_value *value, const uint32_t *v, size_t n);
/* UTC, 11 octets (RFC 2579 DateAndTime). ms <= 0: never, all zero but month and day, as the
   TC's fields allow: 0000-01-01T00:00. */
void gwsnmp_set_date(struct gwsnmp_value *value, int64_t ms);
/* TruthValue: true(1), false(2). */
void gwsnmp_set_truth(struct gwsnmp_value *value, bool truth);

/**
 * Arcs of a variable-length string index that is not IMPLIED: the length, then one arc an octet
 * (RFC 2578 section 7.7). Writes at most max arcs; returns how many (text is cut to fit).
 */
size_t gwsnmp_index_text(uint32_t *arcs, size_t max, struct slice text);

#endif
