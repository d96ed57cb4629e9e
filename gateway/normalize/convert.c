/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values: addresses, versions, names. */
#include "gateway/normalize/convert.h"

#include <arpa/inet.h>
#include <limits.h>
#include <string.h>

enum { IPV4_OCTETS = 4, IPV6_OCTETS = 16 };

/* Without leading zeros: least is what a part of so many digits must come to. */
static bool is_ipv4(struct slice text)
{
    static const unsigned least[] = {UINT_MAX, 0, 10, 100};
    unsigned parts = 0, digits = 0, value = 0;
    for (size_t i = 0; i <= text.n; i++) {
        if (i == text.n || text.p[i] == '.') {
            if (value < least[digits] || ++parts > 4)
                return false;
            digits = value = 0;
            continue;
        }
        unsigned digit = (unsigned char)text.p[i] - (unsigned)'0';
        value = value * 10 + digit;
        if (digit > 9 || ++digits > 3 || value > 255)
            return false;
    }
    return parts == 4;
}

static bool read_ipv6(struct slice text, struct in6_addr *address)
{
    char copy[INET6_ADDRSTRLEN];
    if (text.n < 2 || text.n >= sizeof copy || slice_find(text, ':') == text.n)
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    return strlen(copy) == text.n && inet_pton(AF_INET6, copy, address) == 1;
}

bool convert_is_ip(struct slice text)
{
    struct in6_addr address;
    return is_ipv4(text) || read_ipv6(text, &address);
}

/* text itself where it is as RFC 5952 has it; an address of IPv4 within is that one. */
static struct slice one_text(struct slice text, const struct in6_addr *address, struct arena *arena)
{
    char out[INET6_ADDRSTRLEN];
    if (IN6_IS_ADDR_V4MAPPED(address))
        inet_ntop(AF_INET, address->s6_addr + 12, out, sizeof out);
    else
        inet_ntop(AF_INET6, address, out, sizeof out);
    struct slice said = convert_said(slice_from(out));
    return slice_equal(said, text) ? text : arena_dup(arena, said);
}

/* "010.001.002.003" into out, which has as much room: its length as others write it, 0: none. */
static size_t without_padding(struct slice text, char *out)
{
    size_t n = 0;
    if (text.n != CONVERT_PADDED_IP_BYTES)
        return 0;
    for (size_t i = 0; i < text.n; i += 4) {
        size_t first = i;
        while (first < i + 2 && text.p[first] == '0')
            first++;
        if (i && text.p[i - 1] != '.')
            return 0;
        for (; first < i + 3; first++)
            out[n++] = text.p[first];
        if (i < 12)
            out[n++] = '.';
    }
    return is_ipv4(slice_of(out, n)) ? n : 0;
}

/* Without what a text puts around it: a URL's brackets, a sentence's stop, a zone (RFC 4007). */
static struct slice bare_address(struct slice text)
{
    if (text.n > 2 && text.p[0] == '[' && text.p[text.n - 1] == ']')
        text = slice_of(text.p + 1, text.n - 2);
    else if (text.n && text.p[text.n - 1] == '.')
        text.n--;
    return slice_find(text, ':') < text.n ? slice_head(text, slice_find(text, '%')) : text;
}

struct slice convert_ip(struct slice text, struct arena *arena)
{
    char out[CONVERT_PADDED_IP_BYTES];
    struct in6_addr address;
    text = bare_address(text);
    if (is_ipv4(text))
        return text;
    if (read_ipv6(text, &address))
        return one_text(text, &address, arena);
    size_t n = without_padding(text, out);
    return n ? arena_dup(arena, convert_said(slice_of(out, n))) : SLICE_NONE;
}

static bool is_ascii_text(struct slice octets)
{
    for (size_t i = 0; i < octets.n; i++)
        if (octets.p[i] < ' ' || octets.p[i] > '~')
            return false;
    return true;
}

struct slice convert_octets_ip(struct slice octets, struct arena *arena)
{
    char text[INET6_ADDRSTRLEN];
    int family = octets.n == IPV4_OCTETS                             ? AF_INET
                 : octets.n == IPV6_OCTETS && !is_ascii_text(octets) ? AF_INET6
                                                                     : AF_UNSPEC;
    if (family == AF_UNSPEC || !inet_ntop(family, octets.p, text, sizeof text))
        return SLICE_NONE;
    return arena_dup(arena, slice_from(text));
}

static bool read_octets(struct slice hex, char *octets)
{
    for (size_t i = 0; i < hex.n; i++) {
        char c = hex.p[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            return false;
        octets[i / 2] = (char)(i % 2 ? octets[i / 2] << 4 | digit : digit);
    }
    return true;
}

struct slice convert_hex_ip(struct slice text, struct arena *arena)
{
    char octets[IPV6_OCTETS];
    struct slice hex = slice_starts_with(text, SLICE("0x")) ? slice_skip(text, 2) : SLICE_NONE;
    if ((hex.n != 2 * IPV4_OCTETS && hex.n != 2 * IPV6_OCTETS) || !read_octets(hex, octets))
        return text;
    struct slice address = convert_octets_ip(slice_of(octets, hex.n / 2), arena);
    return address.n ? address : text;
}

/* Digits and dots into parts; false on anything else, an empty part, or more than max parts. */
static bool version_parts(struct slice text, uint64_t *parts, size_t max, size_t *n)
{
    struct slice part, rest = text;
    bool more = text.n > 0;
    *n = 0;
    while (more) {
        int64_t value;
        more = slice_cut(rest, '.', &part, &rest);
        if (*n == max || !slice_to_int(part, &value) || value < 0)
            return false;
        parts[(*n)++] = (uint64_t)value;
    }
    return *n > 0;
}

bool convert_version(struct slice text, int64_t *number)
{
    uint64_t parts[8], sum = 0;
    size_t n;
    if (!version_parts(text, parts, 8, &n))
        return false;
    for (size_t i = 0; i < 4; i++) {
        uint64_t part = i < n ? parts[i] : 0;
        uint64_t most = i == 0 ? 32767 : 65535; /* the sum stays a positive int64 */
        sum = sum << 16 | (part < most ? part : most);
    }
    *number = (int64_t)sum;
    return true;
}

bool convert_pattern(struct slice text, int64_t *number)
{
    uint64_t parts[4];
    size_t n;
    if (slice_to_int(text, number))
        return *number >= 0;
    if (version_parts(text, parts, 4, &n) && parts[0] < 1000000) {
        if (n == 3 && parts[1] < 10000 && parts[2] < 100) {
            *number = (int64_t)(parts[0] * 100000 + parts[1] * 100 + parts[2]);
            return true;
        }
        if (n == 2 && parts[1] < 100) {
            *number = (int64_t)(parts[0] * 100 + parts[1]);
            return true;
        }
    }
    return convert_version(text, number);
}

struct slice convert_unc_host(struct slice text)
{
    if (text.n < 3 || text.p[0] != text.p[1] || (text.p[0] != '\\' && text.p[0] != '/'))
        return SLICE_NONE;
    char separator = text.p[0];
    struct slice rest = slice_skip(text, 2);
    return slice_head(rest, slice_find(rest, separator));
}

static struct slice first_label(struct slice host)
{
    return slice_head(host, slice_find(host, '.'));
}

struct slice convert_short_host(struct slice text)
{
    char out[CONVERT_PADDED_IP_BYTES];
    return convert_is_ip(text) || without_padding(text, out) ? text : first_label(text);
}

static const bool is_in_no_account[256] = {
    ['\0'] = 1, ['"'] = 1, ['/'] = 1, ['\\'] = 1, ['['] = 1, [']'] = 1, [':'] = 1, [';'] = 1,
    ['|'] = 1,  ['='] = 1, [','] = 1, ['+'] = 1,  ['*'] = 1, ['?'] = 1, ['<'] = 1, ['>'] = 1,
};

static bool is_account_part(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (is_in_no_account[(unsigned char)text.p[i]])
            return false;
    return text.n > 0;
}

bool convert_account(struct slice text, struct slice *domain, struct slice *name)
{
    const char *slash = text.n ? memrchr(text.p, '\\', text.n) : NULL;
    if (!slash)
        return false;
    struct slice before = slice_head(text, (size_t)(slash - text.p)),
                 after = slice_skip(text, before.n + 1);
    if (slice_ends_with(before, SLICE("\\")))
        before.n--;
    if (!is_account_part(before) || !is_account_part(after))
        return false;
    *domain = slice_equal(before, SLICE(".")) ? SLICE_NONE : before;
    *name = after;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct slice convert_mac(struct slice text, struct arena *arena)
{
    static const char digits[] = "0123456789abcdef";
    char out[17];
    size_t n = 0, count = 0;
    for (size_t i = 0; i < text.n; i++) {
        int digit = hex_digit(text.p[i]);
        if (digit < 0) {
            if (!strchr(":-. ", text.p[i]) || text.p[i] == '\0')
                return SLICE_NONE;
            continue;
        }
        if (count == 12)
            return SLICE_NONE;
        if (count > 0 && count % 2 == 0)
            out[n++] = ':';
        out[n++] = digits[digit];
        count++;
    }
    return count == 12 ? arena_dup(arena, slice_of(out, n)) : SLICE_NONE;
}

struct slice convert_case(struct slice text, bool upper, struct arena *arena)
{
    char *out = arena_bytes(arena, text.n);
    if (!out)
        return SLICE_NONE;
    char first = upper ? 'a' : 'A', last = upper ? 'z' : 'Z';
    for (size_t i = 0; i < text.n; i++)
        out[i] = text.p[i] >= first && text.p[i] <= last ? (char)(text.p[i] ^ 32) : text.p[i];
    return slice_of(out, text.n);
}

bool convert_same_host(struct slice a, struct slice b)
{
    struct slice a_unc = convert_unc_host(a), b_unc = convert_unc_host(b);
    a = a_unc.n ? a_unc : a;
    b = b_unc.n ? b_unc : b;
    if (a.n == 0 || b.n == 0)
        return false;
    if (slice_equal_nocase(a, b))
        return true;
    /* Two addresses may begin alike; names that do are one host. Mostly the first letter tells. */
    return (a.p[0] | 32) == (b.p[0] | 32) && slice_equal_nocase(first_label(a), first_label(b)) &&
           !convert_is_ip(a) && !convert_is_ip(b);
}
