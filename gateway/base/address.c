/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numeric addresses and networks; nothing is ever looked up by name. */
#include "gateway/base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static bool copy_text(struct slice s, char *out, size_t size)
{
    if (s.n == 0 || s.n >= size || memchr(s.p, 0, s.n))
        return false;
    memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    return true;
}

bool address_parse(struct slice text, struct address *out)
{
    char host[ADDRESS_TEXT_MAX];
    int64_t port;
    size_t colon = text.n;
    while (colon > 0 && text.p[colon - 1] != ':')
        colon--;
    if (colon == 0 || !slice_to_int(slice_skip(text, colon), &port) || port < 0 || port > 65535)
        return false;
    struct slice name = slice_head(text, colon - 1);
    *out = (struct address){0};
    if (name.n >= 2 && name.p[0] == '[' && name.p[name.n - 1] == ']') {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&out->storage;
        if (!copy_text(slice_of(name.p + 1, name.n - 2), host, sizeof host) ||
            inet_pton(AF_INET6, host, &in6->sin6_addr) != 1)
            return false;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons((uint16_t)port);
        out->length = sizeof *in6;
        return true;
    }
    struct sockaddr_in *in = (struct sockaddr_in *)&out->storage;
    if (!copy_text(name, host, sizeof host) || inet_pton(AF_INET, host, &in->sin_addr) != 1)
        return false;
    in->sin_family = AF_INET;
    in->sin_port = htons((uint16_t)port);
    out->length = sizeof *in;
    return true;
}

struct slice address_bytes(const struct sockaddr *sockaddr)
{
    if (sockaddr->sa_family == AF_INET)
        return slice_of((const char *)&((const struct sockaddr_in *)sockaddr)->sin_addr, 4);
    if (sockaddr->sa_family != AF_INET6)
        return SLICE_NONE;
    const struct in6_addr *in6 = &((const struct sockaddr_in6 *)sockaddr)->sin6_addr;
    return IN6_IS_ADDR_V4MAPPED(in6) ? slice_of((const char *)in6 + 12, 4)
                                     : slice_of((const char *)in6, 16);
}

static unsigned port_of(const struct address *address)
{
    return ntohs(address->storage.ss_family == AF_INET6
                     ? ((const struct sockaddr_in6 *)&address->storage)->sin6_port
                     : ((const struct sockaddr_in *)&address->storage)->sin_port);
}

bool address_clashes(const struct address *a, const struct address *b)
{
    static const char any[16];
    struct slice one = address_bytes((const struct sockaddr *)&a->storage);
    struct slice other = address_bytes((const struct sockaddr *)&b->storage);
    if (port_of(a) == 0 || port_of(a) != port_of(b))
        return false;
    if (slice_equal(one, other))
        return true;
    return (one.n >= other.n && memcmp(one.p, any, one.n) == 0) ||
           (other.n >= one.n && memcmp(other.p, any, other.n) == 0);
}

bool address_is_loopback(const struct address *address)
{
    struct slice bytes = address_bytes((const struct sockaddr *)&address->storage);
    return bytes.n == 4 ? *bytes.p == 127
                        : bytes.n == 16 && memcmp(bytes.p, &in6addr_loopback, 16) == 0;
}

size_t address_format_host(const struct sockaddr *sockaddr, char *out)
{
    struct slice bytes = address_bytes(sockaddr);
    out[0] = '\0';
    if (bytes.n)
        inet_ntop(bytes.n == 4 ? AF_INET : AF_INET6, bytes.p, out, ADDRESS_TEXT_MAX);
    return strlen(out);
}

size_t address_format(const struct sockaddr *sockaddr, char *out)
{
    char host[ADDRESS_TEXT_MAX];
    bool is_v6 = sockaddr->sa_family == AF_INET6;
    unsigned port = ntohs(is_v6 ? ((const struct sockaddr_in6 *)sockaddr)->sin6_port
                                : ((const struct sockaddr_in *)sockaddr)->sin_port);
    address_format_host(sockaddr, host);
    int n =
        snprintf(out, ADDRESS_TEXT_MAX, strchr(host, ':') ? "[%.46s]:%u" : "%.46s:%u", host, port);
    return n > 0 ? (size_t)n : 0;
}

bool network_parse(struct slice text, struct network *out)
{
    char host[ADDRESS_TEXT_MAX];
    struct slice name, bits;
    *out = (struct network){0};
    if (slice_equal(text, SLICE("any4")) || slice_equal(text, SLICE("any6"))) {
        out->n = text.p[3] == '4' ? 4 : 16;
        return true;
    }
    bool has_bits = slice_cut(text, '/', &name, &bits);
    if (!copy_text(name, host, sizeof host))
        return false;
    if (inet_pton(AF_INET, host, out->bytes) == 1)
        out->n = 4;
    else if (inet_pton(AF_INET6, host, out->bytes) == 1)
        out->n = 16;
    else
        return false;
    int64_t length = out->n * 8;
    if (has_bits && (!slice_to_int(bits, &length) || length < 0 || length > out->n * 8))
        return false;
    out->bits = (unsigned char)length;
    for (int bit = out->bits; bit < out->n * 8; bit++)
        if (out->bytes[bit / 8] >> (7 - bit % 8) & 1)
            return false;
    return true;
}

bool network_has(const struct network *network, struct slice bytes)
{
    if (bytes.n != network->n)
        return false;
    size_t whole = network->bits / 8, rest = network->bits % 8;
    if (memcmp(bytes.p, network->bytes, whole) != 0)
        return false;
    return rest == 0 || ((unsigned char)bytes.p[whole] ^ network->bytes[whole]) >> (8 - rest) == 0;
}

bool address_is_ip(struct slice text)
{
    char host[ADDRESS_TEXT_MAX];
    unsigned char bytes[16];
    return copy_text(text, host, sizeof host) &&
           (inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1);
}
