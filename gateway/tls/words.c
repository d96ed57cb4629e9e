/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why a handshake was refused, in words that tell a person what to mend. */
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>

#include "gateway/tls/tls_internal.h"

/* "2026-11-28" */
static void date_of(const ASN1_TIME *time, char out[16])
{
    struct tm tm;
    if (!time || !ASN1_TIME_to_tm(time, &tm) || !strftime(out, 16, "%Y-%m-%d", &tm))
        snprintf(out, 16, "?");
}

void words_of_verify(X509_STORE_CTX *store, char reason[TLS_REASON_MAX])
{
    int error = X509_STORE_CTX_get_error(store);
    X509 *at = X509_STORE_CTX_get_current_cert(store);
    const char *whose =
        X509_STORE_CTX_get_error_depth(store) > 0 ? "a CA of its certificate" : "its certificate";
    char date[16];
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        date_of(at ? X509_get0_notAfter(at) : NULL, date);
        snprintf(reason, TLS_REASON_MAX, "%s expired on %s", whose, date);
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        date_of(at ? X509_get0_notBefore(at) : NULL, date);
        snprintf(reason, TLS_REASON_MAX, "%s is not valid before %s", whose, date);
        break;
    case X509_V_ERR_CERT_REVOKED:
        snprintf(reason, TLS_REASON_MAX, "%s is revoked", whose);
        break;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT: /* of one that is in the file of ca */
        snprintf(reason, TLS_REASON_MAX,
                 "the file of ca has its CA, but not the CA above it: add those up to the root");
        break;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        snprintf(reason, TLS_REASON_MAX, "its certificate is of an unknown CA");
        break;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        snprintf(reason, TLS_REASON_MAX,
                 "its certificate is of an unknown CA: signed by itself, and not in peers");
        break;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
        snprintf(reason, TLS_REASON_MAX, "the file of crl has no CRL of its certificate's issuer");
        break;
    case X509_V_ERR_CRL_HAS_EXPIRED:
        snprintf(reason, TLS_REASON_MAX, "the CRL of its issuer is out of date: renew it, reload");
        break;
    case X509_V_ERR_INVALID_PURPOSE:
        snprintf(reason, TLS_REASON_MAX, "%s is not for this use (extended key usage)", whose);
        break;
    default:
        snprintf(reason, TLS_REASON_MAX, "%s: %s", whose, X509_verify_cert_error_string(error));
    }
}

void words_of_error(unsigned long code, char reason[TLS_REASON_MAX])
{
    int number = ERR_GET_REASON(code);
    const char *text = NULL;
    if (ERR_GET_LIB(code) == ERR_LIB_SSL && number >= SSL_AD_REASON_OFFSET) {
        snprintf(reason, TLS_REASON_MAX, "the peer refused: %s",
                 SSL_alert_desc_string_long(number - SSL_AD_REASON_OFFSET));
        return;
    }
    switch (ERR_GET_LIB(code) == ERR_LIB_SSL ? number : 0) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        text = "no client certificate";
        break;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_UNEXPECTED_MESSAGE:
    case SSL_R_BAD_RECORD_TYPE:
        text = "what it says is no TLS";
        break;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
        text = "a TLS version below 1.2";
        break;
    case SSL_R_NO_SHARED_CIPHER:
        text = "no cipher in common";
        break;
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
        text = "closed without a goodbye";
        break;
    case SSL_R_EXCESSIVE_MESSAGE_SIZE:
        snprintf(reason, TLS_REASON_MAX, "a certificate or greeting of more than %d bytes",
                 TLS_MESSAGE_MAX);
        return;
    }
    if (!text)
        text = ERR_reason_error_string(code);
    snprintf(reason, TLS_REASON_MAX, "%s", text ? text : "broken");
}
