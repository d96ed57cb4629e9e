/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_WEB_SETTINGS_H
#define GATEWAY_WEB_SETTINGS_H

#include "gateway/base/diag.h"
#include "gateway/base/option.h"

/* <web>: the gateway's own pages. */
struct web_section {
    struct section_place place;
    const char *address;    /* NULL: none are served */
    const char *token_file; /* NULL: nothing can be changed by the page */
    int64_t max_connections, idle_ms;
};
extern const struct section web_section;

/* The address can be read and is one of this machine's loopback, and there is a token in its file.
 */
void web_check(const struct web_section *web, struct diag *diag);

#endif
