/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two generations of peers, so that the oldest go without a list of their ages. */
#include "gateway/intake/resent.h"

#include <pthread.h>
#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/base/map.h"

struct kept {
    uint64_t hashes[RESENT_KEPT]; /* a ring; 0: none, or taken */
    size_t next;
};

struct resent {
    pthread_mutex_t lock;
    struct map *young, *old; /* kept, by peer; old ones go when young is full */
};

struct resent *resent_new(void)
{
    struct resent *resent = gw_alloc(sizeof *resent);
    pthread_mutex_init(&resent->lock, NULL);
    resent->young = map_new();
    resent->old = map_new();
    return resent;
}

void resent_free(struct resent *resent)
{
    if (!resent)
        return;
    map_free(resent->young, free);
    map_free(resent->old, free);
    pthread_mutex_destroy(&resent->lock);
    free(resent);
}

uint64_t resent_hash(struct slice sender, struct slice message)
{
    return (map_hash(message) + 31 * map_hash(sender)) | 1;
}

static struct kept *kept_of(struct resent *resent, struct slice peer)
{
    struct kept *kept = map_get(resent->young, peer);
    return kept ? kept : map_get(resent->old, peer);
}

static struct kept *new_kept(struct resent *resent, struct slice peer)
{
    struct kept *kept = gw_alloc(sizeof *kept);
    if (map_count(resent->young) >= RESENT_PEERS_MAX) {
        map_free(resent->old, free);
        resent->old = resent->young;
        resent->young = map_new();
    }
    map_put(resent->young, peer, kept);
    return kept;
}

void resent_keep(struct resent *resent, struct slice peer, const uint64_t *hashes, size_t n)
{
    if (n == 0)
        return;
    pthread_mutex_lock(&resent->lock);
    struct kept *kept = kept_of(resent, peer);
    if (!kept)
        kept = new_kept(resent, peer);
    for (size_t i = 0; i < n; i++)
        kept->hashes[kept->next++ % RESENT_KEPT] = hashes[i];
    pthread_mutex_unlock(&resent->lock);
}

bool resent_take(struct resent *resent, struct slice peer, uint64_t hash)
{
    bool is_found = false;
    pthread_mutex_lock(&resent->lock);
    struct kept *kept = kept_of(resent, peer);
    for (size_t i = 0; kept && !is_found && i < RESENT_KEPT; i++) {
        is_found = kept->hashes[i] == hash;
        if (is_found)
            kept->hashes[i] = 0;
    }
    pthread_mutex_unlock(&resent->lock);
    return is_found;
}
