/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_CLIENT_ADDRESS_H
#define GATEWAY_SNMP_CLIENT_ADDRESS_H

#include <stdint.h>

#include "gateway/base/address.h"
#include "gateway/base/buf.h"

/**
 * Where the agent of a name is: of several addresses the first that an engine answers from, so that
 * a name that has IPv6 too finds an agent of IPv4; without an answer in patience_ms the first. A
 * name of one address is not asked. GW_OK, or GW_ERR_NOT_FOUND and error says why.
 */
int gwsnmp_client_address(const char *host, unsigned port, int patience_ms, struct address *out,
                          struct buf *error);

#endif
