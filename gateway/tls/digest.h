/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_TLS_DIGEST_H
#define GATEWAY_TLS_DIGEST_H

#include "gateway/base/slice.h"

enum { TLS_SHA256_HEX = 65 }; /* with its NUL */

/* SHA-256 (FIPS 180-4) of all the bytes, 64 lower-case hexadecimal digits, as sha256sum prints it.
   Any thread. */
void tls_sha256(struct slice bytes, char out[TLS_SHA256_HEX]);

#endif
