/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_WATCHLIST_H
#define GATEWAY_CTL_WATCHLIST_H

#include <jansson.h>

/* `eogctl watchlist ...`. Returns an exit code. */
int ctl_watchlist(int argc, char **argv);

/* The member "watchlist" of the status for a person: a line, and one for each trouble. */
void watchlist_show_lines(const json_t *watchlist);

#endif
