/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_WEB_SETTINGS_H
#define GATEWAY_WEB_SETTINGS_H

#include "gateway/base/diag.h"
#include "gateway/base/option.h"
#include "gateway/tls/tls.h"

/* <web>: the gateway's own pages. */
struct web_section {
    struct section_place place;
    const char *address;    /* NULL: none are served */
    const char *token_file; /* NULL: nothing can be changed by the page */
    const char *cert, *key; /* NULL: no TLS; the key in cert's file */
    int64_t max_connections, idle_ms;
};
extern const struct section web_section;

/* How TLS is spoken: as a server that asks for no certificate. */
struct tls_settings web_tls(const struct web_section *web);
/* The address can be read; one that is not this machine's loopback needs TLS, and that a token. */
void web_check(const struct web_section *web, struct diag *diag);

#endif
