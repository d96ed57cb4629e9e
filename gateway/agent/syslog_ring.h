/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_AGENT_SYSLOG_RING_H
#define GATEWAY_AGENT_SYSLOG_RING_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/agent/syslog_row.h"

/**
 * The newest rows, a bounded number: one thread adds, another takes a picture. A picture holds its
 * rows, so that a walk reads on in it while the ring lets them go.
 */
struct syslog_ring {
    pthread_mutex_t lock;
    struct syslog_row **v;
    size_t max, first, n;
    uint64_t added;
};

/* max: rows, at least 1. */
void syslog_ring_init(struct syslog_ring *ring, size_t max);
void syslog_ring_fini(struct syslog_ring *ring);

/* The last row takes the place of the oldest when the ring is full. Sequences grow; takes over the
   caller's hold. */
void syslog_ring_add(struct syslog_ring *ring, struct syslog_row *row);

/**
 * The rows in order of their index, each held for the caller; out has room for max. added: what
 * syslog_ring_picture() said before (0 at first). False: nothing has come since, out is untouched.
 */
bool syslog_ring_picture(struct syslog_ring *ring, uint64_t *added, struct syslog_row **out,
                         size_t *n);

#endif
