/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The option rows of the <web> section, and what is wrong with it. */
#include "gateway/web/settings.h"

#include "gateway/base/address.h"

#define AT(member) offsetof(struct web_section, member)

static const struct option rows[] = {
    {.name = "address",
     .type = OPTION_TEXT,
     .offset = AT(address),
     .help = "Where the status page, /metrics and /healthz are served over HTTP, e.g. "
             "127.0.0.1:8080: to every user of this machine, without a password, so a loopback "
             "address only; absent: nowhere.",
     .needs_restart = true},
    {.name = "token-file",
     .type = OPTION_FILE,
     .offset = AT(token_file),
     .help = "A file whose first line, of at least 16 bytes, is what people type to acknowledge an "
             "alert on the status page; absent: the page changes nothing. Read anew for each "
             "attempt."},
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

static bool is_loopback(const struct address *address)
{
    static const char *const loopbacks[] = {"127.0.0.0/8", "::1"};
    struct slice bytes = address_bytes((const struct sockaddr *)&address->storage);
    for (size_t i = 0; i < sizeof loopbacks / sizeof *loopbacks; i++) {
        struct network network;
        if (network_parse(slice_from(loopbacks[i]), &network) && network_has(&network, bytes))
            return true;
    }
    return false;
}

void web_check(const struct web_section *web, struct diag *diag)
{
    struct address address;
    if (!web->address)
        return;
    if (!address_parse(slice_from(web->address), &address))
        diag_add(diag, web->place.file, web->place.line,
                 "<web address=\"%s\">: is no address with port; write 127.0.0.1:9116 or "
                 "[::1]:9116",
                 web->address);
    else if (!is_loopback(&address))
        diag_add(diag, web->place.file, web->place.line,
                 "<web address=\"%s\">: others could read it, since there is neither TLS nor a "
                 "password yet; write a loopback address such as 127.0.0.1:9116, and let a proxy "
                 "that has both stand before it",
                 web->address);
}
