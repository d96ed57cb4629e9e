/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_CLIENT_H
#define GATEWAY_CTL_CLIENT_H

#include <stdbool.h>
#include <stdio.h>

/**
 * The connection to a running eogd: one request line out, lines of JSON back.
 * Options every live command takes: --state DIR (where control.sock is), --json, --help.
 */
struct client_options {
    const char
        *state; /* --state, else $EOG_STATE, else the first of ./var and the packaged folder */
    bool is_json;
    bool is_help;
    int n_rest; /* arguments that are no option, moved to argv[1..] */
};

/* Understands the options above and leaves the rest; false after a message for an unknown option.
 */
bool client_parse(int argc, char **argv, struct client_options *out);

/* A stream to write the request to and read answers from; NULL after a message on stderr. */
FILE *client_connect(const struct client_options *options);

/* Request and one line of answer, NUL-terminated, malloc'd; NULL after a message on stderr. */
char *client_ask(const struct client_options *options, const char *request);

/* Where a packaged gateway keeps its state. */
const char *client_packaged_state(void);

#endif
