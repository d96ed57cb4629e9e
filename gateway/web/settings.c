/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The option rows of the <web> section, and what is wrong with it. */
#include "gateway/web/settings.h"

#include <string.h>

#include "gateway/base/address.h"
#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/log.h"
#include "gateway/base/secret.h"
#include "gateway/web/access.h"

#define AT(member) offsetof(struct web_section, member)

static const struct option rows[] = {
    {.name = "address",
     .type = OPTION_TEXT,
     .offset = AT(address),
     .help = "Where the status page, /metrics and /healthz are served over HTTP, e.g. "
             "127.0.0.1:8080: to every user of this machine, without a password. Any address but "
             "a loopback one needs cert. Absent: nowhere.",
     .needs_restart = true},
    {.name = "token-file",
     .type = OPTION_FILE,
     .offset = AT(token_file),
     .help = "A file whose first line, of at least 16 bytes, is what people type to acknowledge an "
             "alert on the status page, and, where there is a cert, to see anything of it; of "
             "/metrics it is the bearer token. Absent: the page changes nothing. Read anew for "
             "each attempt.",
     .needs_restart = true},
    {.name = "cert",
     .type = OPTION_FILE,
     .offset = AT(cert),
     .help = "By TLS, and only to who has the token: PEM file of the certificate to show, then of "
             "the CAs between it and the root.",
     .needs_restart = true},
    {.name = "key",
     .type = OPTION_FILE,
     .offset = AT(key),
     .help = "PEM file of its key, without a passphrase; absent: in the file of cert.",
     .needs_restart = true},
    {.name = "max-connections",
     .type = OPTION_INT,
     .offset = AT(max_connections),
     .fallback = "16",
     .min = 1,
     .max = 256,
     .help = "At most so many connections at a time; one more takes the place of the oldest.",
     .needs_restart = true},
    {.name = "idle",
     .type = OPTION_DURATION,
     .offset = AT(idle_ms),
     .fallback = "10s",
     .min = 100,
     .max = 3600000,
     .unit = "ms",
     .help = "A connection on which no byte moves for so long is closed, any after three times as "
             "long.",
     .needs_restart = true},
};

const struct section web_section = {
    .element = "web",
    .rows = rows,
    .n_rows = sizeof rows / sizeof *rows,
    .size = sizeof(struct web_section),
    .help = "The gateway's own pages: states for people, metrics for Prometheus, health.",
};

struct tls_settings web_tls(const struct web_section *web)
{
    return (struct tls_settings){.cert = web->cert, .key = web->key, .verify = TLS_VERIFY_NONE};
}

static void check_tls(const struct web_section *web, struct diag *diag)
{
    struct tls_settings settings = web_tls(web);
    struct buf reason = {0};
    if (!tls_check(&settings, true, &reason))
        diag_add_at(diag, web->place, "<web>: %s", buf_text(&reason));
    buf_free(&reason);
}

static void check_token(const struct web_section *web, struct diag *diag)
{
    struct arena arena;
    struct buf error = {0};
    bool is_exposed = false;
    arena_init(&arena, 0);
    char *token = web_token_read(web->token_file, &arena, &is_exposed, &error);
    if (!token)
        diag_add_at(diag, web->place, "<web token-file>: %s", buf_text(&error));
    else if (is_exposed)
        log_warn("web", "everybody may read this secret: chmod o-r file=%s", web->token_file);
    if (token)
        secret_wipe(token, strlen(token));
    arena_fini(&arena);
    buf_free(&error);
}

void web_check(const struct web_section *web, struct diag *diag)
{
    struct address address;
    if (!web->address && (web->token_file || web->cert || web->key))
        diag_add_at(diag, web->place,
                    "<web>: its page is nowhere without address=\"127.0.0.1:8080\"");
    if (!web->address)
        return;
    if (web->cert)
        check_tls(web, diag);
    if (web->token_file)
        check_token(web, diag);
    if (web->cert && !web->token_file)
        diag_add_at(diag, web->place, "<web cert>: others could read it; add a token-file");
    if (web->key && !web->cert)
        diag_add_at(diag, web->place, "<web key>: needs cert");
    if (!address_parse(slice_from(web->address), &address))
        diag_add_at(diag, web->place,
                    "<web address=\"%s\">: is no address with port; write 127.0.0.1:9116 or "
                    "[::1]:9116",
                    web->address);
    else if (!address_is_loopback(&address) && !web->cert)
        diag_add_at(
            diag, web->place,
            "<web address=\"%s\">: others can reach it, so it needs cert (TLS) and token-file; "
            "or write a loopback address such as 127.0.0.1:9116",
            web->address);
}
