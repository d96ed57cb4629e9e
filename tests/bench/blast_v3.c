/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SNMPv3 messages made before the clock runs: RFC 3412 section 6, RFC 3414 (USM), RFC 3826 (AES),
 * RFC 7860 (HMAC-SHA-2). */
#include "tests/bench/blast_v3.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/ctl/ber_write.h"

enum {
    PASSPHRASE_BYTES = 1 << 20, /* RFC 3414 section A.2: so much of it, over and over */
    MAC_BYTES = 24,             /* usmHMAC192SHA256AuthProtocol */
    SALT_BYTES = 8,
    IV_BYTES = 16,
    BOOTS = 1,
    TIME_S = 1000,
    SCOPED_MAX = 1024
};

static void must(int is_done)
{
    if (!is_done) {
        fputs("OpenSSL refuses\n", stderr);
        exit(1);
    }
}

static void passphrase_to_key(const char *passphrase, uint8_t *key)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t n = strlen(passphrase);
    must(context && EVP_DigestInit_ex(context, EVP_sha256(), NULL));
    for (size_t done = 0; done < PASSPHRASE_BYTES; done += n)
        must(EVP_DigestUpdate(context, passphrase,
                              PASSPHRASE_BYTES - done < n ? PASSPHRASE_BYTES - done : n));
    must(EVP_DigestFinal_ex(context, key, NULL));
    EVP_MD_CTX_free(context);
}

static void localize(const uint8_t *key, const uint8_t *engine, uint8_t *out)
{
    uint8_t text[2 * V3_KEY_BYTES + V3_ENGINE_BYTES];
    memcpy(text, key, V3_KEY_BYTES);
    memcpy(text + V3_KEY_BYTES, engine, V3_ENGINE_BYTES);
    memcpy(text + V3_KEY_BYTES + V3_ENGINE_BYTES, key, V3_KEY_BYTES);
    must(EVP_Digest(text, sizeof text, out, NULL, EVP_sha256(), NULL));
}

void v3_senders_init(struct v3_senders *senders, const char *user)
{
    uint8_t auth[V3_KEY_BYTES], privacy[V3_KEY_BYTES];
    senders->user = user;
    passphrase_to_key("authentication", auth);
    passphrase_to_key("privacy words", privacy);
    for (unsigned i = 0; i < V3_ENGINES; i++) {
        const uint8_t id[V3_ENGINE_BYTES] = {0x80, 0, 0, 0, 5, 'e', 'o', 'g', (uint8_t)i};
        memcpy(senders->engines[i].id, id, sizeof id);
        localize(auth, id, senders->engines[i].auth);
        localize(privacy, id, senders->engines[i].privacy);
    }
}

static struct slice bytes_of(const uint8_t *p, size_t n)
{
    return slice_of((const char *)p, n);
}

/* RFC 3826 section 3.1.2.1: boots, time, salt. In place. */
static void encrypt(const uint8_t *key, const uint8_t *salt, uint8_t *p, size_t n)
{
    uint8_t iv[IV_BYTES] = {0, 0, 0, BOOTS, 0, 0, TIME_S >> 8, TIME_S & 0xff};
    int done;
    memcpy(iv + 8, salt, SALT_BYTES);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    must(context && EVP_EncryptInit_ex(context, EVP_aes_128_cfb128(), NULL, key, iv) &&
         EVP_EncryptUpdate(context, p, &done, p, (int)n) && (size_t)done == n);
    EVP_CIPHER_CTX_free(context);
}

/* From the last to the first. Returns where the MAC goes. */
static size_t put_security(struct ber_writer *w, const char *user, struct slice engine,
                           const uint8_t *salt)
{
    static const uint8_t none[MAC_BYTES];
    size_t end = w->at;
    ber_put_octets(w, BER_OCTETS, bytes_of(salt, SALT_BYTES));
    size_t mac = w->at - MAC_BYTES;
    ber_put_octets(w, BER_OCTETS, bytes_of(none, MAC_BYTES));
    ber_put_octets(w, BER_OCTETS, slice_from(user));
    ber_put_int(w, BER_INTEGER, TIME_S);
    ber_put_int(w, BER_INTEGER, BOOTS);
    ber_put_octets(w, BER_OCTETS, engine);
    ber_wrap(w, BER_SEQUENCE, end);
    ber_wrap(w, BER_OCTETS, end);
    return mac;
}

static void put_header(struct ber_writer *w, unsigned number)
{
    size_t end = w->at;
    ber_put_int(w, BER_INTEGER, 3);             /* USM */
    ber_put_octets(w, BER_OCTETS, SLICE("\3")); /* authPriv, no report wanted */
    ber_put_int(w, BER_INTEGER, 65507);
    ber_put_int(w, BER_INTEGER, 0x10000 + number);
    ber_wrap(w, BER_SEQUENCE, end);
    ber_put_int(w, BER_INTEGER, 3);
}

struct slice v3_seal(const struct v3_senders *senders, unsigned i, struct slice pdu, uint8_t *room,
                     size_t cap)
{
    uint8_t scoped[SCOPED_MAX], mac[V3_KEY_BYTES];
    const uint8_t salt[SALT_BYTES] = {0,         0, 0, 1, 0, (uint8_t)(i >> 16), (uint8_t)(i >> 8),
                                      (uint8_t)i};
    unsigned number = i % V3_ENGINES;
    struct slice engine = bytes_of(senders->engines[number].id, V3_ENGINE_BYTES);
    if (pdu.n > SCOPED_MAX - 64)
        return SLICE_NONE;
    struct ber_writer inner = ber_writer_of(scoped, sizeof scoped);
    inner.at -= pdu.n;
    memcpy(scoped + inner.at, pdu.p, pdu.n);
    ber_put_octets(&inner, BER_OCTETS, SLICE_NONE);
    ber_put_octets(&inner, BER_OCTETS, engine);
    ber_wrap(&inner, BER_SEQUENCE, sizeof scoped);
    encrypt(senders->engines[number].privacy, salt, scoped + inner.at, sizeof scoped - inner.at);

    struct ber_writer w = ber_writer_of(room, cap);
    ber_put_octets(&w, BER_OCTETS, ber_encoding(&inner));
    size_t mac_at = put_security(&w, senders->user, engine, salt);
    put_header(&w, i);
    ber_wrap(&w, BER_SEQUENCE, cap);
    struct slice whole = ber_encoding(&w);
    if (whole.n == 0)
        return whole;
    must(HMAC(EVP_sha256(), senders->engines[number].auth, V3_KEY_BYTES, (const uint8_t *)whole.p,
              whole.n, mac, NULL) != NULL);
    memcpy(room + mac_at, mac, MAC_BYTES);
    return whole;
}
