/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 of OpenSSL. */
#include "gateway/tls/digest.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "gateway/base/arena.h"

void tls_sha256(struct slice bytes, char out[TLS_SHA256_HEX])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    /* It fails for want of memory alone. */
    if (!EVP_Digest(bytes.n ? bytes.p : "", bytes.n, digest, &n, EVP_sha256(), NULL))
        gw_die_no_memory(bytes.n);
    for (unsigned i = 0; i < n && 2 * i + 2 < TLS_SHA256_HEX; i++)
        snprintf(out + (size_t)2 * i, 3, "%02x", digest[i]);
}
