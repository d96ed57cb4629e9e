/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_INTAKE_PROXY_H
#define GATEWAY_INTAKE_PROXY_H

#include <sys/socket.h>

#include "gateway/base/slice.h"
#include "parsers/fields.h"

/**
 * The PROXY protocol's header, version 2, by which a load balancer says who really sends.
 * PARSE_OK: *used bytes are the header; *from is the sender, or unchanged when the balancer speaks
 * for itself (LOCAL, or a family that is none of IPv4 and IPv6). PARSE_MORE: it goes on.
 * PARSE_MALFORMED: it is none. Source: The PROXY protocol, section 2.2.
 */
enum parse_status proxy_parse(struct slice bytes, struct sockaddr_storage *from, size_t *used);

enum { PROXY_HEADER_MAX = 16 + 2048 };

#endif
