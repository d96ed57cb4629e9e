/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_TLS_TLS_INTERNAL_H
#define GATEWAY_TLS_TLS_INTERNAL_H

#include <openssl/ssl.h>

#include "gateway/tls/tls.h"

/* A handshake message or certificate chain of the peer may be this long. OpenSSL reserves the
 * length that a greeting announces, up to 131 KB, before its bytes come. */
enum { TLS_MESSAGE_MAX = 20 * 1024 };
/* A certificate for more names is refused unread. */
enum { TLS_NAMES_MAX = 256 };
enum { TLS_REASON_MAX = 240, TLS_PEER_MAX = 128 };

enum tls_peer_kind { TLS_PEER_NAME, TLS_PEER_ADDRESS, TLS_PEER_PRINT };

/** One that is permitted. */
struct tls_peer {
    enum tls_peer_kind kind;
    struct slice text;       /* NAME: without a dot at the end; borrowed */
    unsigned char bytes[32]; /* ADDRESS, PRINT: SHA-256 of the certificate */
    size_t n;
};

struct tls_context {
    SSL_CTX *ssl;
    BIO_METHOD *io;
    bool is_server;
    int64_t verify;
    struct tls_peer *peers;
    size_t n_peers;
    char *peers_text; /* their names lie in it */
    int references;
};

/** Follows the client's handshake in the clear, for its bound. */
struct tls_greeting {
    unsigned char header[5], message[4];
    unsigned n_header, n_message;
    size_t record_left, message_left;
    bool is_over;
};

struct tls_session {
    struct tls_context *context;
    SSL *ssl;
    int fd;
    int wants;
    int io_error; /* errno of the descriptor */
    bool is_done; /* the handshake */
    bool is_over; /* nothing more may be sent */
    bool is_eof;
    bool has_heard;  /* bytes of the peer */
    bool is_batch;   /* what comes was read already: in */
    struct slice in; /* borrowed, for the call at hand */
    struct buf early;
    size_t early_used;
    struct tls_greeting greeting;
    struct tls_peer wanted; /* client: whom it called */
    char *wanted_text;      /* server: NULL */
    char reason[TLS_REASON_MAX];
    char peer[TLS_PEER_MAX];
};

/* peer.c */

/* blank or comma separated; false with a reason. */
bool peer_parse_list(const char *text, struct tls_context *context, struct buf *error);
/* One name or address, borrowed; false: it is neither, and will never match. */
bool peer_parse(struct slice text, struct tls_peer *out);
/* The certificate's own fingerprint is among the permitted ones. */
bool peer_is_pinned(const struct tls_context *context, X509 *certificate);
/* Whether the names of a certificate are sound, and one of them is permitted; false: reason (of
 * TLS_REASON_MAX bytes) says why. wanted: NULL, or who it must be where context permits nobody. */
bool peer_is_permitted(const struct tls_context *context, const struct tls_peer *wanted,
                       X509 *certificate, char *reason);
void peer_describe(X509 *certificate, char out[TLS_PEER_MAX]);

/* session.c: the method of each session's BIO; NULL: no memory. */
BIO_METHOD *session_io_new(void);

/* words.c */

/* The reason of a certificate's refusal. */
void words_of_verify(X509_STORE_CTX *store, char reason[TLS_REASON_MAX]);
/* Of what stands first in OpenSSL's queue of errors. */
void words_of_error(unsigned long code, char reason[TLS_REASON_MAX]);

#endif
