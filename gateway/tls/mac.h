/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_TLS_MAC_H
#define GATEWAY_TLS_MAC_H

#include <stdint.h>

#include "gateway/base/slice.h"

/**
 * HMAC-SHA-256 (RFC 2104) of OpenSSL: names that cannot be turned back by who has not the key. One
 * thread at a time.
 */
struct tls_mac;
enum { TLS_MAC_BYTES = 32 };

/* The key is copied, whatever its length. NULL: no memory. */
struct tls_mac *tls_mac_new(struct slice key);
/* The copy of the key is wiped. NULL is fine. */
void tls_mac_free(struct tls_mac *mac);
/* Forget what was added and not ended; with the same key again. */
void tls_mac_begin(struct tls_mac *mac);
void tls_mac_add(struct tls_mac *mac, struct slice bytes);
/* out holds TLS_MAC_BYTES. */
void tls_mac_end(struct tls_mac *mac, uint8_t *out);

#endif
