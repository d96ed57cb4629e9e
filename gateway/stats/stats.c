/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counters and the table of senders; rows are never moved or freed before stats_free(). */
#include "gateway/stats/stats.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/crc32c.h"
#include "gateway/base/map.h"

/* Of senders without a row one bit each is remembered, so that each is counted once. */
enum { REFUSED_BITS = 65536 };

struct stats_sources {
    pthread_mutex_t lock;
    struct map *by_key;
    struct stats_source *rows[STATS_SOURCES_MAX];
    size_t n;
    struct stats_source others;
    uint8_t refused[REFUSED_BITS / 8];
};

struct stats *stats_new(void)
{
    struct stats *stats = gw_alloc(sizeof *stats);
    stats->sources = gw_alloc(sizeof *stats->sources);
    pthread_mutex_init(&stats->sources->lock, NULL);
    stats->sources->by_key = map_new();
    memcpy(stats->sources->others.peer, "(others)", sizeof "(others)");
    return stats;
}

void stats_free(struct stats *stats)
{
    if (!stats)
        return;
    map_free(stats->sources->by_key, free);
    pthread_mutex_destroy(&stats->sources->lock);
    free(stats->sources);
    free(stats);
}

static bool is_refused_first(struct stats_sources *sources, struct slice key)
{
    uint32_t bit = crc32c(0, key.p, key.n) % REFUSED_BITS;
    uint8_t *byte = &sources->refused[bit / 8], mask = (uint8_t)(1 << bit % 8);
    bool is_first = !(*byte & mask);
    *byte |= mask;
    return is_first;
}

struct stats_source *stats_source(struct stats *stats, struct slice peer,
                                  enum gw_transport transport)
{
    struct stats_sources *sources = stats->sources;
    char key[sizeof sources->others.peer + 1];
    struct stats_source *row;

    peer = slice_head(peer, sizeof row->peer - 1);
    key[0] = (char)transport;
    if (peer.n)
        memcpy(key + 1, peer.p, peer.n);
    struct slice wanted = slice_of(key, peer.n + 1);

    pthread_mutex_lock(&sources->lock);
    row = map_get(sources->by_key, wanted);
    if (!row && sources->n == STATS_SOURCES_MAX) {
        row = &sources->others;
        if (is_refused_first(sources, wanted))
            stats_add(&stats->sources_refused, 1);
    } else if (!row) {
        row = gw_alloc(sizeof *row);
        if (peer.n)
            memcpy(row->peer, peer.p, peer.n);
        row->transport = transport;
        map_put(sources->by_key, wanted, row);
        sources->rows[sources->n++] = row;
    }
    pthread_mutex_unlock(&sources->lock);
    return row;
}

size_t stats_list_sources(struct stats *stats, size_t from, struct stats_source **out, size_t max)
{
    struct stats_sources *sources = stats->sources;
    pthread_mutex_lock(&sources->lock);
    size_t n = 0;
    for (size_t i = from; i < sources->n && n < max; i++)
        out[n++] = sources->rows[i];
    if (n < max && sources->n == STATS_SOURCES_MAX && stats_read(&stats->sources_refused))
        out[n++] = &sources->others;
    pthread_mutex_unlock(&sources->lock);
    return n;
}
