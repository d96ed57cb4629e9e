/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The PROXY protocol, version 2. */
#include "gateway/intake/proxy.h"

#include <netinet/in.h>
#include <string.h>

static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";
enum {
    SIGNATURE = sizeof signature - 1,
    FIXED = 16,
    VERSION_2_LOCAL = 0x20,
    VERSION_2_PROXY = 0x21,
    TCP_OVER_IPV4 = 0x11,
    TCP_OVER_IPV6 = 0x21
};

enum parse_status proxy_parse(struct slice bytes, struct sockaddr_storage *from, size_t *used)
{
    const unsigned char *p = (const unsigned char *)bytes.p;
    size_t known = bytes.n < SIGNATURE ? bytes.n : SIGNATURE;
    if (known && memcmp(p, signature, known) != 0)
        return PARSE_MALFORMED;
    if (bytes.n < FIXED)
        return PARSE_MORE;
    size_t length = (size_t)p[14] << 8 | p[15];
    if ((p[12] != VERSION_2_LOCAL && p[12] != VERSION_2_PROXY) || FIXED + length > PROXY_HEADER_MAX)
        return PARSE_MALFORMED;
    if (p[12] == VERSION_2_PROXY &&
        ((p[13] == TCP_OVER_IPV4 && length < 12) || (p[13] == TCP_OVER_IPV6 && length < 36)))
        return PARSE_MALFORMED;
    if (bytes.n < FIXED + length)
        return PARSE_MORE;
    *used = FIXED + length;
    if (p[12] == VERSION_2_PROXY && p[13] == TCP_OVER_IPV4) {
        struct sockaddr_in address = {.sin_family = AF_INET};
        memcpy(&address.sin_addr, p + 16, 4);
        memcpy(&address.sin_port, p + 24, 2);
        memcpy(from, &address, sizeof address);
    } else if (p[12] == VERSION_2_PROXY && p[13] == TCP_OVER_IPV6) {
        struct sockaddr_in6 address = {.sin6_family = AF_INET6};
        memcpy(&address.sin6_addr, p + 16, 16);
        memcpy(&address.sin6_port, p + 48, 2);
        memcpy(from, &address, sizeof address);
    }
    return PARSE_OK;
}
