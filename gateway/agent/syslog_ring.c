/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows in the order they came, which is that of their index but for one place, where it begins anew
 * (RFC 5676: from 4294967295 to 1). What lies a whole turn of the index behind is let go, though
 * there were room: two rows never have one index.
 */
#include "gateway/agent/syslog_ring.h"

#include <stdlib.h>

#include "gateway/base/arena.h"

void syslog_ring_init(struct syslog_ring *ring, size_t max)
{
    *ring = (struct syslog_ring){.max = max};
    ring->v = gw_alloc(max * sizeof *ring->v);
    pthread_mutex_init(&ring->lock, NULL);
}

static struct syslog_row *at(const struct syslog_ring *ring, size_t i)
{
    return ring->v[(ring->first + i) % ring->max];
}

static void drop_oldest(struct syslog_ring *ring)
{
    syslog_row_put(at(ring, 0));
    ring->first = (ring->first + 1) % ring->max;
    ring->n--;
}

void syslog_ring_fini(struct syslog_ring *ring)
{
    while (ring->n)
        drop_oldest(ring);
    free(ring->v);
    pthread_mutex_destroy(&ring->lock);
}

void syslog_ring_add(struct syslog_ring *ring, struct syslog_row *row)
{
    pthread_mutex_lock(&ring->lock);
    while (ring->n && (ring->n == ring->max || row->sequence - at(ring, 0)->sequence >= UINT32_MAX))
        drop_oldest(ring);
    ring->v[(ring->first + ring->n++) % ring->max] = row;
    ring->added++;
    pthread_mutex_unlock(&ring->lock);
}

/* Where the index begins anew; 0: nowhere. */
static size_t seam(const struct syslog_ring *ring)
{
    for (size_t i = 1; i < ring->n; i++)
        if (at(ring, i)->index < at(ring, i - 1)->index)
            return i;
    return 0;
}

bool syslog_ring_picture(struct syslog_ring *ring, uint64_t *added, struct syslog_row **out,
                         size_t *n)
{
    pthread_mutex_lock(&ring->lock);
    bool is_new = ring->added != *added;
    if (is_new) {
        size_t start = seam(ring);
        for (size_t i = 0; i < ring->n; i++)
            out[i] = syslog_row_hold(at(ring, (start + i) % ring->n));
        *n = ring->n;
        *added = ring->added;
    }
    pthread_mutex_unlock(&ring->lock);
    return is_new;
}
