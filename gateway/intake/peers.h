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
/* Valid until peers_free(); beyond the bound it is own, filled: the caller's, valid as long as that
 * is. Never NULL. */
struct intake_peer *peers_get(struct peers *peers, const struct sockaddr *address,
                              enum gw_transport transport, struct intake_peer *own);

/* A source of this machine: kind is "unix:" or "file:", path how a <source> names it. Not bounded:
 * the configuration has few. The same one for the same kind and path. Valid until peers_free(). */
struct intake_peer *peers_local(struct peers *peers, const char *kind, const char *path,
                                enum gw_transport transport);

#endif
