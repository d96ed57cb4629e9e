/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_TLS_TLS_H
#define GATEWAY_TLS_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/option.h"
#include "gateway/base/slice.h"

/**
 * TLS 1.2 and 1.3 over non-blocking descriptors, server and client. The only room that sees
 * OpenSSL. No session tickets: a sender that only writes would close with one unread, and its last
 * messages be lost. No renegotiation, no compression, OpenSSL's default ciphers at level 2.
 * Sources: RFC 5425, RFC 9325, RFC 9525, RFC 5280.
 */

enum tls_verify {
    TLS_VERIFY_REQUIRED, /* the peer shows a certificate that is in order, or is refused */
    TLS_VERIFY_OPTIONAL, /* server: a client may show none, but none that is not in order */
    TLS_VERIFY_NONE      /* nobody is asked: encrypted, but with whom? */
};

/** What a section of the configuration says about TLS; embedded in its struct, see TLS_ROWS(). */
struct tls_settings {
    const char *cert;  /* PEM: ours, then the CAs between; NULL: none (client only) */
    const char *key;   /* PEM, without a passphrase; NULL: in cert's file */
    const char *ca;    /* PEM: who may issue the peer's */
    const char *crl;   /* PEM: what they revoked; NULL: not asked */
    const char *peers; /* permitted names, addresses, sha256:FINGERPRINTs; NULL: see TLS_ROWS() */
    int64_t verify;    /* enum tls_verify */
};

#define TLS_ROW(type_, name_, where_, member_, help_)                                              \
    {                                                                                              \
        .name = name_, .type = type_, .offset = (where_) + offsetof(struct tls_settings, member_), \
        .help = help_                                                                              \
    }
/* The rows, for a section's table. where: offsetof() of its struct tls_settings. */
#define TLS_ROWS(where)                                                                            \
    TLS_ROW(OPTION_FILE, "cert", where, cert,                                                      \
            "PEM file of the certificate to show, then of the CAs between it and the root."),      \
        TLS_ROW(OPTION_FILE, "key", where, key,                                                    \
                "PEM file of its key, without a passphrase; absent: in the file of cert."),        \
        TLS_ROW(OPTION_FILE, "ca", where, ca,                                                      \
                "PEM file of the CAs that may have issued the peer's certificate."),               \
        TLS_ROW(OPTION_FILE, "crl", where, crl,                                                    \
                "PEM file of the CRLs of these CAs; absent: nothing counts as revoked."),          \
        TLS_ROW(OPTION_TEXT, "peers", where, peers,                                                \
                "Whom to accept, blank separated: DNS names (*.example.net: one label), "          \
                "addresses, or sha256:AB:CD... of a certificate, which then needs no CA; "         \
                "absent: whomever ca issued one for, of a server the one that was named."),        \
    {                                                                                              \
        .name = "verify", .type = OPTION_ENUM,                                                     \
        .offset = (where) + offsetof(struct tls_settings, verify), .fallback = "required",         \
        .choices = "required optional none",                                                       \
        .help = "Whether the peer must show a certificate that is in order; optional: a client "   \
                "may show none; none: it is not asked for."                                        \
    }

/* Any of its files or peers is given: who does that wants TLS. */
static inline bool tls_settings_are_given(const struct tls_settings *tls)
{
    return tls->cert || tls->key || tls->ca || tls->crl || tls->peers;
}

/**
 * Certificates and rules of one listener or feed. Never changes, so any thread may use it: a reload
 * makes a new one for new connections, and connections keep theirs. Counted by references.
 */
struct tls_context;

/**
 * Reads all files. NULL, with the reason in words in error, when one cannot be used, the key is not
 * the certificate's, or nobody could ever be accepted.
 */
struct tls_context *tls_context_new(const struct tls_settings *settings, bool is_server,
                                    struct buf *error);
/* Logs what is no mistake yet of those that it was made of: a certificate that ends within 30 days,
 * a CRL that is out of date, a key that everybody may read. For a start or a reload, not a
 * connection. */
void tls_context_warn(const struct tls_context *context, const struct tls_settings *settings);
/* As both, of what is made of them later. */
bool tls_check(const struct tls_settings *settings, bool is_server, struct buf *error);
struct tls_context *tls_context_get(struct tls_context *context); /* one more reference */
void tls_context_put(struct tls_context *context);                /* NULL is fine */

/**
 * For a library that speaks TLS by OpenSSL itself: an SSL * of a server's context, without a
 * descriptor yet, the taker's to free. Only where the peer is not asked for a certificate
 * (TLS_VERIFY_NONE). NULL: no memory.
 */
void *tls_native_server(struct tls_context *context);

/** One connection. Belongs to one thread at a time; the descriptor stays the caller's, who closes
 * it after tls_session_free(). Holds a reference of its context. */
struct tls_session;

enum tls_status {
    TLS_OK,
    TLS_AGAIN,  /* nothing now: wait until the descriptor is ready for tls_wants() */
    TLS_CLOSED, /* the peer has ended the stream; tls_reason() says how when it was not proper */
    TLS_FAILED  /* refused, by us or by the peer, or broken; tls_reason() says why */
};

/* As the server. early: bytes that were read from the descriptor already; copied. NULL: no memory.
 */
struct tls_session *tls_accept(struct tls_context *context, int fd, struct slice early);
/* As the client. name: the server's, a DNS name or an address; its certificate must be for it,
 * unless peers says whom to accept. */
struct tls_session *tls_connect(struct tls_context *context, int fd, const char *name);
/* Says goodbye if it can do so at once. NULL is fine. A client that only wrote should have read
 * all there was first: closing a descriptor with bytes unread loses what is on its way. */
void tls_session_free(struct tls_session *session);

/* Until TLS_OK. Reads and writes may then follow. The time limit is the caller's affair. */
enum tls_status tls_handshake(struct tls_session *session);

/**
 * Up to size bytes to p; *n is how many, whatever the status: the last bytes and the end may come
 * together. Reads until nothing is there or p is full, so *n < size means that a level-triggered
 * wait for the descriptor may follow. With size >= TLS_READ_BATCH the descriptor is read once, and
 * the wait may always follow; the bytes behind *n in p are overwritten then.
 */
enum { TLS_READ_BATCH = 64 * 1024 };
enum tls_status tls_read(struct tls_session *session, char *p, size_t size, size_t *n);

/**
 * As many of bytes as go now; *n is how many, whatever the status. After TLS_AGAIN the next call
 * must begin with the bytes not taken, of which some may be under way already: they may have moved,
 * and more may follow them.
 */
enum tls_status tls_write(struct tls_session *session, struct slice bytes, size_t *n);

/* After TLS_AGAIN: LOOP_READ or LOOP_WRITE (gateway/loop/loop.h). */
int tls_wants(const struct tls_session *session);
/* Nothing has come from the peer yet. */
bool tls_is_silent(const struct tls_session *session);
/* In words, of one line; "" while there is nothing to say. Valid until the next call. */
const char *tls_reason(const struct tls_session *session);
/* The name on the peer's certificate, for logs, printable without blanks, also of one that was
 * refused; "" when it showed none. Its first DNS name or address, else its subject. */
const char *tls_peer(const struct tls_session *session);

#endif
