/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FIPS 180-4 section 6.2, written for size: what is hashed here is short. */
#include "gateway/base/sha256.h"

#include <string.h>

static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static uint32_t get_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_be32(uint8_t *p, uint32_t x)
{
    for (int i = 3; i >= 0; i--, x >>= 8)
        p[i] = (uint8_t)x;
}

static void compress(uint32_t *state, const uint8_t *block)
{
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++)
        w[i] = get_be32(block + 4 * i);
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) +
               (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
    memcpy(s, state, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t t1 = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) +
                      ((s[4] & s[5]) ^ (~s[4] & s[6])) + round_constants[i] + w[i];
        uint32_t t2 = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) +
                      ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        state[i] += s[i];
}

void sha256_init(struct sha256 *hash)
{
    *hash = (struct sha256){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                                      0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void sha256_add(struct sha256 *hash, struct slice bytes)
{
    while (bytes.n) {
        size_t at = hash->n % sizeof hash->block, room = sizeof hash->block - at;
        size_t n = bytes.n < room ? bytes.n : room;
        memcpy(hash->block + at, bytes.p, n);
        hash->n += n;
        bytes = slice_skip(bytes, n);
        if (n == room)
            compress(hash->state, hash->block);
    }
}

void sha256_end(struct sha256 *hash, uint8_t *out)
{
    static const char padding[64] = {(char)0x80};
    uint64_t bits = hash->n * 8;
    uint8_t length[8];
    size_t at = hash->n % 64;
    sha256_add(hash, slice_of(padding, at < 56 ? 56 - at : 120 - at));
    put_be32(length, (uint32_t)(bits >> 32));
    put_be32(length + 4, (uint32_t)bits);
    sha256_add(hash, slice_of((const char *)length, sizeof length));
    for (int i = 0; i < 8; i++)
        put_be32(out + 4 * i, hash->state[i]);
}

void hmac_sha256_init(struct hmac_sha256 *code, struct slice key)
{
    uint8_t pad[64] = {0};
    if (key.n > sizeof pad) {
        struct sha256 hash;
        sha256_init(&hash);
        sha256_add(&hash, key);
        sha256_end(&hash, pad);
    } else if (key.n) {
        memcpy(pad, key.p, key.n);
    }
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36;
    sha256_init(&code->inner);
    sha256_add(&code->inner, slice_of((const char *)pad, sizeof pad));
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    sha256_init(&code->outer);
    sha256_add(&code->outer, slice_of((const char *)pad, sizeof pad));
    explicit_bzero(pad, sizeof pad);
}

void hmac_sha256_add(struct hmac_sha256 *code, struct slice bytes)
{
    sha256_add(&code->inner, bytes);
}

void hmac_sha256_end(struct hmac_sha256 *code, uint8_t *out)
{
    uint8_t inner[SHA256_BYTES];
    sha256_end(&code->inner, inner);
    sha256_add(&code->outer, slice_of((const char *)inner, sizeof inner));
    sha256_end(&code->outer, out);
}
