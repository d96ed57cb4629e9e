/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_ADDRESS_H
#define GATEWAY_BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "gateway/base/slice.h"

/** An IPv4 or IPv6 address with a port. */
struct address {
    struct sockaddr_storage storage;
    socklen_t length; /* 0: none */
};

enum { ADDRESS_TEXT_MAX = 64 };

/* "127.0.0.1:514", "[::1]:514"; numeric only, no name is looked up. False when it is neither. */
bool address_parse(struct slice text, struct address *out);
/* Without port; IPv4 mapped into IPv6 is written as IPv4. Returns the length; out holds
 * ADDRESS_TEXT_MAX. */
size_t address_format_host(const struct sockaddr *sockaddr, char *out);
/* With port, "[v6]:port". */
size_t address_format(const struct sockaddr *sockaddr, char *out);
/* The 4 or 16 bytes of the address, mapped IPv4 as 4; empty for other families. */
struct slice address_bytes(const struct sockaddr *sockaddr);
/* Two sockets of one protocol cannot be bound to both: one port (not 0), and one host or 0.0.0.0 or
 * [::] beside it, which takes IPv4 too. */
bool address_clashes(const struct address *a, const struct address *b);
/* 127.0.0.0/8 or ::1 */
bool address_is_loopback(const struct address *address);

/** A network: address and prefix length. */
struct network {
    unsigned char bytes[16];
    unsigned char n;    /* 4 or 16 */
    unsigned char bits; /* of the prefix */
};

/* "192.0.2.0/24", "2001:db8::/32", a bare address (its full length), or "any4", "any6". Bits beyond
   the prefix must be zero. */
bool network_parse(struct slice text, struct network *out);
bool network_has(const struct network *network, struct slice address_bytes);

/* The text is an IPv4 or IPv6 address (no port, no zone). */
bool address_is_ip(struct slice text);

#endif
