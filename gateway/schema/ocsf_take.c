/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fields with a form the schema checks. The tests here accept a subset of what the schema's regular
 * expressions accept: those have unescaped dots and blanks around an address.
 * Source: OCSF 1.8.0 types ip_t (40 characters at most), mac_t, email_t, port_t.
 */
#include "gateway/schema/ocsf_internal.h"

enum { IP_MAX = 40 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex_digit(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_ipv4(const char *p, const char *end)
{
    for (int points = 0;; points++) {
        if (p == end || !is_digit(*p))
            return false;
        unsigned value = (unsigned)(*p++ - '0');
        unsigned more = value ? 2 : 0; /* no zero before another digit */
        for (; more && p < end && is_digit(*p); more--)
            value = value * 10 + (unsigned)(*p++ - '0');
        if (value > 255)
            return false;
        if (points == 3)
            return p == end;
        if (p == end || *p++ != '.')
            return false;
    }
}

static bool is_ipv6(const char *p, const char *end)
{
    int groups = 0;
    bool has_gap = false;
    if (end - p >= 2 && p[0] == ':') {
        if (p[1] != ':')
            return false;
        has_gap = true;
        p += 2;
    }
    while (p < end) {
        const char *from = p;
        while (p < end && p - from < 4 && is_hex_digit(*p))
            p++;
        if (p == from)
            return false;
        if (p < end && *p == '.')
            return (has_gap ? groups < 6 : groups == 6) && is_ipv4(from, end);
        if (++groups > 8)
            return false;
        if (p == end)
            break;
        if (*p++ != ':')
            return false;
        if (p < end && *p == ':') {
            if (has_gap)
                return false;
            has_gap = true;
            p++;
        } else if (p == end) {
            return false; /* a single colon at the end */
        }
    }
    return has_gap ? groups < 8 : groups == 8;
}

bool ocsf_is_ip(struct slice text)
{
    if (text.n < 2 || text.n > IP_MAX)
        return false;
    const char *end = text.p + text.n;
    if (is_ipv4(text.p, end))
        return true;
    size_t zone = slice_find(text, '%');
    if (zone + 1 == text.n)
        return false;
    for (size_t i = zone; i < text.n; i++) /* the length counts characters: keep to ASCII */
        if (text.p[i] <= ' ' || text.p[i] == 0x7f)
            return false;
    return is_ipv6(text.p, text.p + zone);
}

bool ocsf_is_mac(struct slice text)
{
    if (text.n != 17)
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (i % 3 == 2 ? text.p[i] != ':' && text.p[i] != '-' : !is_hex_digit(text.p[i]))
            return false;
    return true;
}

bool ocsf_is_hex(struct slice text, size_t digits)
{
    static const bool hex[256] = {
        ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1,
        ['8'] = 1, ['9'] = 1, ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1,
        ['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1,
    };
    size_t n = 0;
    if (text.n == digits)
        for (size_t i = 0; i < digits; i++)
            n += hex[(unsigned char)text.p[i]];
    return n == digits;
}

static bool is_letter_or_digit(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool ocsf_is_email(struct slice text)
{
    size_t at = slice_find(text, '@');
    if (at == 0 || at == text.n)
        return false;
    for (size_t i = 0; i < at; i++)
        if (!is_letter_or_digit(text.p[i]) && !memchr("!#$%&'*+,-./=?^_`{|}~", text.p[i], 21))
            return false;
    struct slice label, rest;
    if (!slice_cut(slice_skip(text, at + 1), '.', &label, &rest) || label.n == 0 || rest.n == 0)
        return false;
    for (size_t i = at + 1; i < text.n; i++)
        if (!is_letter_or_digit(text.p[i]) && text.p[i] != '-' && text.p[i] != '.')
            return false;
    return true;
}

int64_t ocsf_take_enum(struct ocsf_writer *w, enum gw_field field, int64_t last, int64_t fallback)
{
    const struct gw_value *value = ocsf_peek(w, field);
    if (!value || ((value->number < 0 || value->number > last) && value->number != 99))
        return fallback;
    ocsf_mark(w, field);
    return value->number;
}
