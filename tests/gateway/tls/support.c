/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Certificates in a folder, and two ends that shake hands. */
#include "tests/gateway/tls/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char folder[64];

bool support_begin(void)
{
    char command[512];
    const char *top = getenv("top_srcdir");
    snprintf(folder, sizeof folder, "test_tls.XXXXXX");
    if (!mkdtemp(folder))
        return false;
    snprintf(command, sizeof command, "sh '%.300s/tests/support/certificates.sh' %s",
             top ? top : ".", folder);
    return system(command) == 0; /* NOLINT(cert-env33-c): a test's own words */
}

void support_end(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0) /* NOLINT(cert-env33-c): a test's own words */
        perror(folder);
}

const char *support_path(const char *name)
{
    static char paths[8][128];
    static int turn;
    if (!name)
        return NULL;
    char *path = paths[turn++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

const char *support_print(const char *name)
{
    static char print[128];
    char line[160] = "";
    snprintf(line, sizeof line, "%s.print", name);
    FILE *file = fopen(support_path(line), "r");
    if (!file || !fgets(line, sizeof line, file))
        line[0] = '\0';
    if (file)
        fclose(file);
    const char *digits = strchr(line, '=');
    snprintf(print, sizeof print, "sha256:%.95s", digits ? digits + 1 : "");
    return print;
}

struct tls_settings support_settings(const char *name, const char *peers, bool has_crl)
{
    char file[64];
    struct tls_settings settings = {.ca = support_path("ca.pem"), .peers = peers};
    if (name) {
        snprintf(file, sizeof file, "%s.pem", name);
        settings.cert = support_path(file);
        snprintf(file, sizeof file, "%s.key", name);
        settings.key = support_path(file);
    }
    if (has_crl)
        settings.crl = support_path("crl.pem");
    return settings;
}

/* One end's turn; what it does not need to do any more is done. */
static enum tls_status turn(struct tls_session *session, enum tls_status status)
{
    return status == TLS_AGAIN ? tls_handshake(session) : status;
}

void support_shake(struct support_pair *pair, struct tls_context *server,
                   struct tls_context *client, const char *name)
{
    *pair = (struct support_pair){.server_status = TLS_AGAIN, .client_status = TLS_AGAIN};
    if (!server || !client || socketpair(AF_UNIX, SOCK_STREAM, 0, pair->fd) < 0)
        abort();
    pair->server = tls_accept(server, pair->fd[0], SLICE_NONE);
    pair->client = tls_connect(client, pair->fd[1], name);
    tls_context_put(server);
    tls_context_put(client);
    for (int i = 0; i < 100; i++) {
        pair->client_status = turn(pair->client, pair->client_status);
        pair->server_status = turn(pair->server, pair->server_status);
    }
}

void support_close(struct support_pair *pair)
{
    tls_session_free(pair->client);
    tls_session_free(pair->server);
    close(pair->fd[0]);
    close(pair->fd[1]);
}
