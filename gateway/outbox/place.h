/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_OUTBOX_PLACE_H
#define GATEWAY_OUTBOX_PLACE_H

#include <stdbool.h>

#include "gateway/base/slice.h"

/** Where something is sent, as the configuration has it. Any thread. */
struct place {
    bool is_loopback;  /* this machine, by name or number */
    bool is_encrypted; /* https */
    char shown[128];   /* for people: a URL without what follows the host, which may be a secret */
};

/* "name:port", "192.0.2.1:port" or "[v6]:port", and nothing else. */
bool place_of_server(const char *address, struct place *out);
/* "https://name/path" or "http://..."; without user or password. */
bool place_of_url(const char *url, struct place *out);

/**
 * name@example.net: a dot-atom, '@', a domain; ASCII alone, so that it can be put into a header and
 * an SMTP command as it is.
 * Source: RFC 5321 section 4.1.2, RFC 5322 section 3.2.3; quoted strings and literals are left out.
 */
bool place_is_mailbox(struct slice text);

#endif
