/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_STORE_H
#define GATEWAY_CTL_STORE_H

#include <jansson.h>

/* eogctl store [rebuild|verify] [--json] [--state DIR] */
int ctl_store(int argc, char **argv);
/* What `eogctl status` has of it: a line, and one more when something is wrong. store: the member
   of the status's answer; null: it is switched off. */
void store_show_lines(const json_t *store);

#endif
