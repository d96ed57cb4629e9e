/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_SHA256_H
#define GATEWAY_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/base/slice.h"

/**
 * SHA-256 and HMAC-SHA-256, so that rooms without a library of cryptography can name things by
 * their hash. Small values are passed by pointer and may be copied: a key that was set up once
 * starts any number of codes. Thread-safe: no state but the caller's.
 * Source: FIPS 180-4, RFC 2104, test cases of RFC 4231.
 */
enum { SHA256_BYTES = 32 };

struct sha256 {
    uint32_t state[8];
    uint64_t n; /* bytes so far */
    uint8_t block[64];
};
void sha256_init(struct sha256 *hash);
void sha256_add(struct sha256 *hash, struct slice bytes);
/* out holds SHA256_BYTES; hash is used up. */
void sha256_end(struct sha256 *hash, uint8_t *out);

struct hmac_sha256 {
    struct sha256 inner, outer;
};
/* key: any length; wiped from the stack, not from where it came. */
void hmac_sha256_init(struct hmac_sha256 *code, struct slice key);
void hmac_sha256_add(struct hmac_sha256 *code, struct slice bytes);
void hmac_sha256_end(struct hmac_sha256 *code, uint8_t *out);

#endif
