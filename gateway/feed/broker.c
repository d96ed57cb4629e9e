/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Servers, TLS and secrets of the drivers that a foreign library speaks for. */
#include "gateway/feed/broker.h"

#include <string.h>

#include "gateway/base/log.h"
#include "gateway/base/resolve.h"
#include "gateway/base/secret.h"

static bool is_between(char c)
{
    return c == ' ' || c == ',' || c == '\t' || c == '\n';
}

bool feed_broker_next(struct slice *list, struct slice *server)
{
    size_t n = 0;
    while (list->n && is_between(list->p[0]))
        *list = slice_skip(*list, 1);
    while (n < list->n && !is_between(list->p[n]))
        n++;
    *server = slice_head(*list, n);
    *list = slice_skip(*list, n);
    return n > 0;
}

static bool is_address(const char *text)
{
    char name[RESOLVE_HOST_MAX];
    unsigned port;
    struct slice list = slice_from(text), server;
    size_t n = 0;
    for (; feed_broker_next(&list, &server); n++)
        if (!resolve_split(server, name, &port))
            return false;
    return n > 0;
}

char *feed_broker_secret(const char *path, struct arena *arena, struct buf *error)
{
    bool is_exposed;
    return (char *)(uintptr_t)secret_read(path, arena, &is_exposed, error);
}

static void check_secret(const struct feed_section *section, const char *path, struct diag *diag)
{
    struct arena arena;
    struct buf error = {0};
    bool is_exposed = false;
    arena_init(&arena, 0);
    char *text = (char *)(uintptr_t)secret_read(path, &arena, &is_exposed, &error);
    if (!text)
        diag_add_at(diag, section->place, "<feed>: %s", buf_text(&error));
    else if (is_exposed)
        log_warn("feed", "everybody may read this secret: chmod o-r file=%s", path);
    if (text)
        secret_wipe(text, strlen(text));
    arena_fini(&arena);
    buf_free(&error);
}

static void check_tls(const struct feed_section *section, struct diag *diag)
{
    struct buf reason = {0};
    if (!tls_check(&section->tls, false, &reason))
        diag_add_at(diag, section->place, "<feed tls>: %s", buf_text(&reason));
    if (section->tls.peers)
        diag_add_at(diag, section->place,
                    "<feed peers>: kafka and nats go by the names in address; leave it out");
    buf_free(&reason);
}

bool feed_broker_check(const struct feed_section *section, struct diag *diag)
{
    const struct section_place place = section->place;
    size_t before = diag->total;
    if (!section->address || !is_address(section->address))
        diag_add_at(diag, place,
                    "<feed address=\"%s\">: needs one server or more, with their ports: "
                    "\"k1.example.net:9092 k2.example.net:9092\"",
                    section->address ? section->address : "");
    if (section->has_tls)
        check_tls(section, diag);
    if (!section->user != (!section->password_file && !section->nkey_file))
        diag_add_at(diag, place,
                    "<feed>: user and password-file (or nkey-file) go together; one is missing");
    if (section->password_file && section->nkey_file)
        diag_add_at(diag, place, "<feed>: a user has a password-file or an nkey-file, not both");
    if (section->password_file)
        check_secret(section, section->password_file, diag);
    if (section->nkey_file)
        check_secret(section, section->nkey_file, diag);
    return diag->total == before;
}
