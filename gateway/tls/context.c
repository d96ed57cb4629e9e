/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates, keys, CAs and CRLs read into an OpenSSL context, and the peer's certificate judged.
 */
#include <assert.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gateway/base/arena.h"
#include "gateway/base/log.h"
#include "gateway/tls/tls_internal.h"

enum { WARN_DAYS = 30 };

/* Consulted for each certificate of a peer, in its handshake. */
static int on_chain(int is_sound, X509_STORE_CTX *store)
{
    /* Who lists what he revoked is asked; that every CA on the way up has a list is not. */
    if (is_sound || X509_STORE_CTX_get_error(store) != X509_V_ERR_UNABLE_TO_GET_CRL ||
        X509_STORE_CTX_get_error_depth(store) == 0)
        return is_sound;
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

/* A pinned certificate is its own anchor: dates, strength and use are checked, no CA and no CRL. */
static int verify_pinned(X509_STORE_CTX *store, X509 *certificate)
{
    STACK_OF(X509) *anchors = sk_X509_new_null();
    if (!anchors || !sk_X509_push(anchors, certificate)) {
        sk_X509_free(anchors);
        X509_STORE_CTX_set_error(store, X509_V_ERR_OUT_OF_MEM);
        return 0;
    }
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(store);
    X509_STORE_CTX_set0_trusted_stack(store, anchors);
    X509_VERIFY_PARAM_clear_flags(param, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    int result = X509_verify_cert(store);
    X509_STORE_CTX_set0_trusted_stack(store, NULL);
    sk_X509_free(anchors);
    return result;
}

static int on_verify(X509_STORE_CTX *store, void *unused)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_session *session = SSL_get_app_data(ssl);
    const struct tls_context *context = session->context;
    X509 *certificate = X509_STORE_CTX_get0_cert(store);
    (void)unused;
    peer_describe(certificate, session->peer);
    if (context->verify == TLS_VERIFY_NONE)
        return 1;
    bool is_pinned = peer_is_pinned(context, certificate);
    X509_STORE_CTX_set_verify_cb(store, on_chain);
    int result = is_pinned ? verify_pinned(store, certificate) : X509_verify_cert(store);
    if (result <= 0) {
        words_of_verify(store, session->reason);
        return 0;
    }
    const struct tls_peer *wanted = session->wanted_text ? &session->wanted : NULL;
    if (!is_pinned && !peer_is_permitted(context, wanted, certificate, session->reason)) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
        return 0;
    }
    return 1;
}

/* ---- loading ---- */

static void complain(struct buf *error, const char *what, const char *path)
{
    unsigned long code = ERR_peek_error();
    const char *reason =
        ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
    buf_printf(error, "%s: cannot use '%s': %s", what, path, reason ? reason : "unreadable");
    ERR_clear_error();
}

/* OpenSSL would wait at a pipe for who might write into it. What is not there it tells itself. */
static bool is_plain(const char *what, const char *path, struct buf *error)
{
    struct stat status;
    if (!path || stat(path, &status) != 0 || S_ISREG(status.st_mode))
        return true;
    buf_printf(error, "%s: '%s' is no plain file", what, path);
    return false;
}

static bool are_plain(const struct tls_settings *settings, struct buf *error)
{
    return is_plain("cert", settings->cert, error) && is_plain("key", settings->key, error) &&
           is_plain("ca", settings->ca, error) && is_plain("crl", settings->crl, error);
}

/* OpenSSL would ask on the terminal. */
static int no_passphrase(char *out, int size, int is_for_writing, void *context)
{
    (void)out;
    (void)size;
    (void)is_for_writing;
    *(bool *)context = true;
    return -1;
}

static bool load_own(SSL_CTX *ssl, const struct tls_settings *settings, struct buf *error)
{
    const char *key = settings->key ? settings->key : settings->cert;
    bool is_encrypted = false;
    if (!settings->cert)
        return true;
    if (SSL_CTX_use_certificate_chain_file(ssl, settings->cert) != 1) {
        complain(error, "cert", settings->cert);
        return false;
    }
    SSL_CTX_set_default_passwd_cb(ssl, no_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(ssl, &is_encrypted);
    bool is_loaded = SSL_CTX_use_PrivateKey_file(ssl, key, SSL_FILETYPE_PEM) == 1;
    SSL_CTX_set_default_passwd_cb_userdata(ssl, NULL);
    if (!is_loaded && is_encrypted)
        buf_printf(error,
                   "key: '%s' has a passphrase, which nobody can type here: write it without one, "
                   "and permit reading to the daemon's user alone",
                   key);
    else if (!is_loaded && ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH)
        buf_printf(error, "key: '%s' is not the key of the certificate in '%s'", key,
                   settings->cert);
    else if (!is_loaded)
        complain(error, "key", key);
    ERR_clear_error();
    return is_loaded;
}

static bool has_certificate(X509_STORE *store)
{
    const STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);
    for (int i = 0; i < sk_X509_OBJECT_num(objects); i++)
        if (X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i)))
            return true;
    return false;
}

static bool load_trust(SSL_CTX *ssl, const struct tls_settings *settings, bool is_server,
                       struct buf *error)
{
    X509_STORE *store = SSL_CTX_get_cert_store(ssl);
    if (settings->ca && SSL_CTX_load_verify_file(ssl, settings->ca) != 1) {
        complain(error, "ca", settings->ca);
        return false;
    }
    if (settings->ca && !has_certificate(store)) {
        buf_printf(error, "ca: cannot use '%s': it has no certificate in it", settings->ca);
        return false;
    }
    /* A client with several certificates chooses by this list. */
    if (settings->ca && is_server)
        SSL_CTX_set_client_CA_list(ssl, SSL_load_client_CA_file(settings->ca));
    if (!settings->crl)
        return true;
    X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    if (!lookup || X509_load_crl_file(lookup, settings->crl, X509_FILETYPE_PEM) < 1) {
        complain(error, "crl", settings->crl);
        return false;
    }
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    return true;
}

/* what: of which option; the end of a certificate or CRL is past, or comes within days. */
static void warn_of_end(const ASN1_TIME *end, int soon_days, const char *what, const char *path)
{
    int days = 0, seconds = 0;
    if (!end || !ASN1_TIME_diff(&days, &seconds, NULL, end))
        return;
    if (days < 0 || seconds < 0)
        log_error("tls", "out of date: peers refuse it, or are refused by it what=%s file=%s", what,
                  path);
    else if (days < soon_days)
        log_warn("tls", "ends soon: renew it and reload what=%s days=%d file=%s", what, days, path);
}

/* Whether anybody could ever be accepted. */
static bool check_rules(const struct tls_context *context, const struct tls_settings *settings,
                        struct buf *error)
{
    bool has_print = false;
    for (size_t i = 0; i < context->n_peers; i++)
        has_print |= context->peers[i].kind == TLS_PEER_PRINT;
    if (context->is_server && !settings->cert)
        buf_printf(error, "cert: a server shows a certificate; name its PEM file");
    else if (settings->key && !settings->cert)
        buf_printf(error, "key: needs the certificate it belongs to: cert");
    else if (context->verify != TLS_VERIFY_NONE && !settings->ca && !has_print)
        buf_printf(error, "ca: nobody could be accepted; name a PEM file of CAs, or permit "
                          "certificates by sha256: in peers");
    else if (settings->crl && !settings->ca)
        buf_printf(error, "crl: needs the CAs that it is of: ca");
    else if (!context->is_server && context->verify == TLS_VERIFY_OPTIONAL)
        buf_printf(error, "verify: a server always shows a certificate; write required or none");
    else
        return true;
    return false;
}

static void set_rules(struct tls_context *context)
{
    SSL_CTX *ssl = context->ssl;
    int mode = context->verify == TLS_VERIFY_NONE ? SSL_VERIFY_NONE : SSL_VERIFY_PEER;
    if (context->is_server && context->verify == TLS_VERIFY_REQUIRED)
        mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(ssl, "DEFAULT@SECLEVEL=2");
    SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_num_tickets(ssl, 0);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    /* RELEASE_BUFFERS: an idle connection holds none. */
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_max_cert_list(ssl, TLS_MESSAGE_MAX);
    SSL_CTX_set_verify(ssl, mode, NULL);
    SSL_CTX_set_cert_verify_callback(ssl, on_verify, NULL);
}

struct tls_context *tls_context_new(const struct tls_settings *settings, bool is_server,
                                    struct buf *error)
{
    struct tls_context *context = gw_alloc(sizeof *context);
    *context =
        (struct tls_context){.is_server = is_server, .verify = settings->verify, .references = 1};
    ERR_clear_error();
    context->io = session_io_new();
    context->ssl = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
    bool is_good = context->ssl && context->io;
    if (!is_good)
        buf_printf(error, "OpenSSL cannot start: no memory, or a mistake in its openssl.cnf");
    else
        set_rules(context);
    is_good = is_good && (!settings->peers || peer_parse_list(settings->peers, context, error)) &&
              check_rules(context, settings, error) && are_plain(settings, error) &&
              load_own(context->ssl, settings, error) &&
              load_trust(context->ssl, settings, is_server, error);
    ERR_clear_error();
    if (!is_good) {
        tls_context_put(context);
        return NULL;
    }
    return context;
}

void tls_context_warn(const struct tls_context *context, const struct tls_settings *settings)
{
    struct stat status;
    const char *key = settings->key ? settings->key : settings->cert;
    if (key && stat(key, &status) == 0 && status.st_mode & S_IROTH)
        log_warn("tls", "everybody may read this key: chmod o-r file=%s", key);
    if (settings->cert)
        warn_of_end(X509_get0_notAfter(SSL_CTX_get0_certificate(context->ssl)), WARN_DAYS, "cert",
                    settings->cert);
    const STACK_OF(X509_OBJECT) *objects =
        X509_STORE_get0_objects(SSL_CTX_get_cert_store(context->ssl));
    for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
        const X509_OBJECT *object = sk_X509_OBJECT_value(objects, i);
        X509 *ca = X509_OBJECT_get0_X509(object);
        X509_CRL *crl = X509_OBJECT_get0_X509_CRL((X509_OBJECT *)object);
        if (ca)
            warn_of_end(X509_get0_notAfter(ca), WARN_DAYS, "ca", settings->ca);
        /* A CRL's life is short: only its end is news. */
        if (crl)
            warn_of_end(X509_CRL_get0_nextUpdate(crl), 0, "crl", settings->crl);
    }
}

bool tls_check(const struct tls_settings *settings, bool is_server, struct buf *error)
{
    struct tls_context *context = tls_context_new(settings, is_server, error);
    if (!context)
        return false;
    tls_context_warn(context, settings);
    tls_context_put(context);
    return true;
}

void *tls_native_server(struct tls_context *context)
{
    assert(context->is_server && context->verify == TLS_VERIFY_NONE);
    SSL *ssl = SSL_new(context->ssl);
    ERR_clear_error();
    return ssl;
}

struct tls_context *tls_context_get(struct tls_context *context)
{
    __atomic_add_fetch(&context->references, 1, __ATOMIC_RELAXED);
    return context;
}

void tls_context_put(struct tls_context *context)
{
    if (!context || __atomic_sub_fetch(&context->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    SSL_CTX_free(context->ssl);
    BIO_meth_free(context->io);
    free(context->peers);
    free(context->peers_text);
    free(context);
}
