/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_INTAKE_PEERS_H
#define GATEWAY_INTAKE_PEERS_H

#include <sys/socket.h>

#include "gateway/intake/envelope.h"

/** The senders of one intake thread, by address; bounded, since a datagram's address may be forged.
 */
struct peers;

struct peers *peers_new(struct stats *stats);
void peers_free(struct peers *peers);
/* Never NULL. Valid until peers_free(), but beyond the bound only until the next call. */
struct intake_peer *peers_get(struct peers *peers, const struct sockaddr *address,
                              enum gw_transport transport);

/* A source of this machine: kind is "unix:" or "file:", path how a <source> names it. Not bounded:
 * the configuration has few. The same one for the same kind and path. Valid until peers_free(). */
struct intake_peer *peers_local(struct peers *peers, const char *kind, const char *path,
                                enum gw_transport transport);

#endif
