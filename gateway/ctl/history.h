/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_HISTORY_H
#define GATEWAY_CTL_HISTORY_H

#include "gateway/ctl/client.h"

/* eogctl alerts --history: every alert that the store knows and that was open since then, the
   newest first. since: a date, UTC; NULL: all. Returns the exit code. */
int history_show(const struct client_options *options, const char *since);

/* The store's file of the state folder that options name, or that is found. */
void history_store_path(const struct client_options *options, char *out, size_t size);

#endif
