/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_CLIENT_ADDRESS_H
#define GATEWAY_SNMP_CLIENT_ADDRESS_H

#include <stdint.h>

#include "gateway/base/address.h"
#include "gateway/base/buf.h"

/**
 * The address of a host's agent. A name may have several, of which the agent listens on some: a
 * host with IPv6 often has an agent on IPv4 alone. So all of them are sent the engine discovery,
 * and the first that answers is taken; without an answer in patience_ms, the first of the list. A
 * single address is taken unasked. GW_OK, or GW_ERR_NOT_FOUND and error says why.
 */
int gwsnmp_client_address(const char *host, unsigned port, int patience_ms, struct address *out,
                          struct buf *error);

#endif
