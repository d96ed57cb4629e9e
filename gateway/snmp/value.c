/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OIDs and values of the wire as plain structs (RFC 2578, RFC 2579). No net-snmp in here. */
#include "gateway/snmp/value.h"

#include "gateway/base/civil.h"
#include "gateway/base/utf8.h"

int gwsnmp_oid_compare(const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b)
{
    size_t n = n_a < n_b ? n_a : n_b;
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return n_a < n_b ? -1 : n_a > n_b;
}

bool gwsnmp_oid_parse(struct slice text, struct gwsnmp_oid *out)
{
    out->n = 0;
    if (text.n && text.p[0] == '.')
        text = slice_skip(text, 1);
    while (text.n) {
        struct slice arc, rest;
        int64_t number;
        bool has_more = slice_cut(text, '.', &arc, &rest);
        if (!slice_to_int(arc, &number) || number < 0 || number > UINT32_MAX || arc.p[0] == '-')
            return false;
        if (out->n == GWSNMP_OID_MAX || (has_more && !rest.n))
            return false;
        out->v[out->n++] = (uint32_t)number;
        text = rest;
    }
    return out->n >= 2;
}

size_t gwsnmp_oid_format(const uint32_t *v, size_t n, char *out)
{
    size_t length = 0;
    for (size_t i = 0; i < n && i < GWSNMP_OID_MAX; i++) {
        char digits[10];
        size_t k = 0;
        uint32_t arc = v[i];
        do
            digits[k++] = (char)('0' + arc % 10);
        while (arc /= 10);
        if (i)
            out[length++] = '.';
        while (k)
            out[length++] = digits[--k];
    }
    out[length] = '\0';
    return length;
}

void gwsnmp_set_integer(struct gwsnmp_value *value, int32_t number)
{
    value->type = GWSNMP_INTEGER;
    value->integer = number;
}

void gwsnmp_set_gauge(struct gwsnmp_value *value, uint64_t number)
{
    value->type = GWSNMP_GAUGE;
    value->gauge = number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

void gwsnmp_set_counter(struct gwsnmp_value *value, uint32_t number)
{
    value->type = GWSNMP_COUNTER;
    value->gauge = number;
}

void gwsnmp_set_counter64(struct gwsnmp_value *value, uint64_t number)
{
    value->type = GWSNMP_COUNTER64;
    value->counter64 = number;
}

void gwsnmp_set_timeticks(struct gwsnmp_value *value, uint32_t hundredths)
{
    value->type = GWSNMP_TIMETICKS;
    value->gauge = hundredths;
}

void gwsnmp_set_text(struct gwsnmp_value *value, struct slice text)
{
    value->type = GWSNMP_OCTETS;
    value->octets = text.n > GWSNMP_TEXT_MAX ? utf8_head(text, GWSNMP_TEXT_MAX) : text;
}

void gwsnmp_set_object_id(struct gwsnmp_value *value, const uint32_t *v, size_t n)
{
    value->type = GWSNMP_OBJECT_ID;
    value->object_id.v = v;
    value->object_id.n = n;
}

void gwsnmp_set_date(struct gwsnmp_value *value, int64_t ms)
{
    struct civil civil = {.month = 1, .day = 1};
    if (ms > 0)
        civil = civil_from_ms(ms);
    unsigned char *p = (unsigned char *)value->scratch;
    p[0] = (unsigned char)(civil.year >> 8);
    p[1] = (unsigned char)civil.year;
    p[2] = (unsigned char)civil.month;
    p[3] = (unsigned char)civil.day;
    p[4] = (unsigned char)civil.hour;
    p[5] = (unsigned char)civil.minute;
    p[6] = (unsigned char)civil.second;
    p[7] = (unsigned char)(civil.millisecond / 100);
    p[8] = '+';
    p[9] = p[10] = 0;
    value->type = GWSNMP_OCTETS;
    value->octets = slice_of(value->scratch, GWSNMP_DATE_SIZE);
}

void gwsnmp_set_truth(struct gwsnmp_value *value, bool truth)
{
    gwsnmp_set_integer(value, truth ? 1 : 2);
}

size_t gwsnmp_index_text(uint32_t *arcs, size_t max, struct slice text)
{
    if (!max)
        return 0;
    text = slice_head(text, max - 1);
    arcs[0] = (uint32_t)text.n;
    for (size_t i = 0; i < text.n; i++)
        arcs[1 + i] = (unsigned char)text.p[i];
    return 1 + text.n;
}
