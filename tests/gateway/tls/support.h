/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_GATEWAY_TLS_SUPPORT_H
#define TESTS_GATEWAY_TLS_SUPPORT_H

#include "gateway/tls/tls.h"

/* The folder of tests/support/certificates.sh, made by support_begin(); support_end() removes it.
 * False: openssl made none. */
bool support_begin(void);
void support_end(void);
/* A file of it; valid until eight more were asked for. NULL for NULL. */
const char *support_path(const char *name);
/* "sha256:AB:CD..." of a certificate that has a NAME.print. */
const char *support_print(const char *name);

/* Certificate and key of that name (NULL: none), the CA, the rest as given. */
struct tls_settings support_settings(const char *name, const char *peers, bool has_crl);

/** Two ends of one socket pair, and how far each has come. */
struct support_pair {
    struct tls_session *server, *client;
    enum tls_status server_status, client_status;
    int fd[2]; /* server, client */
};

/* Shakes hands until both ends have an end: TLS_OK or worse. The contexts are given up. */
void support_shake(struct support_pair *pair, struct tls_context *server,
                   struct tls_context *client, const char *name);
void support_close(struct support_pair *pair);

#endif
