/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_NOTIFY_TOLD_H
#define GATEWAY_NOTIFY_TOLD_H

#include <stddef.h>

#include "gateway/notify/fault.h"

/**
 * What the world was told of faults, over a restart: who was told that the disk is full must hear
 * that it is not any more, though the gateway was restarted in between. A file of the state folder,
 * of one size and written in place, since a full disk gives no room for another; never synced: a
 * disk that refuses may not come back from that. What a power cut takes with it is forgotten.
 */
enum { TOLD_FAULTS_MAX = 8 };

/* The file, made when it is not there. -1: there is none, and nothing is kept. */
int told_open(const char *state_dir);
/* Opens again those of v that were told and not yet told to be over. */
void told_load(int fd, struct fault *v, size_t n, struct clock_reading now);
void told_save(int fd, const struct fault *v, size_t n);

#endif
