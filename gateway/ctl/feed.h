/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_FEED_H
#define GATEWAY_CTL_FEED_H

#include <jansson.h>

/* eogctl feed [forget NAME]: the targets that records are sent to. */
int ctl_feed(int argc, char **argv);

/* A line a feed, for the head of eogctl status. */
void feed_show_lines(const json_t *feeds);

#endif
