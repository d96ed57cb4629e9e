/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_UNKNOWN_H
#define GATEWAY_CTL_UNKNOWN_H

#include "gateway/ctl/client.h"
#include "gateway/ctl/shape.h"

/* How many of the journal's last records are looked at unless -n says otherwise. */
enum { UNKNOWN_LOOK = 100000 };

/* "-n N" out of the arguments; false after a message. */
bool unknown_take_count(int *argc, char **argv, int64_t *out);

/* Shapes of the messages that no mapping knew among the last n records of the running gateway, the
   most frequent first; NULL after a message on stderr. */
struct shapes *unknown_ask(const struct client_options *options, int64_t n);

/* eogctl sources --unknown, its other options understood. Returns a code of exit.h. */
int unknown_show(const struct client_options *options, int64_t n);

#endif
