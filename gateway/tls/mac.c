/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HMAC-SHA-256 of OpenSSL. */
#include "gateway/tls/mac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "gateway/base/arena.h"

struct tls_mac {
    EVP_MAC_CTX *context;
};

struct tls_mac *tls_mac_new(struct slice key)
{
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_END};
    EVP_MAC *kind = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = kind ? EVP_MAC_CTX_new(kind) : NULL;
    EVP_MAC_free(kind); /* the context holds it */
    /* No pointer would mean the key that there was. */
    const unsigned char *bytes = key.n ? (const unsigned char *)key.p : (const unsigned char *)"";
    if (!context || !EVP_MAC_init(context, bytes, key.n, parameters)) {
        EVP_MAC_CTX_free(context);
        return NULL;
    }
    struct tls_mac *mac = gw_alloc(sizeof *mac);
    mac->context = context;
    return mac;
}

void tls_mac_free(struct tls_mac *mac)
{
    if (!mac)
        return;
    EVP_MAC_CTX_free(mac->context);
    free(mac);
}

void tls_mac_begin(struct tls_mac *mac)
{
    EVP_MAC_init(mac->context, NULL, 0, NULL);
}

void tls_mac_add(struct tls_mac *mac, struct slice bytes)
{
    EVP_MAC_update(mac->context, (const unsigned char *)bytes.p, bytes.n);
}

void tls_mac_end(struct tls_mac *mac, uint8_t *out)
{
    size_t n;
    EVP_MAC_final(mac->context, out, &n, TLS_MAC_BYTES);
}
