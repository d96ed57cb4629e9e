/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every named reader has had leaves the system's page cache. Nobody reads it again soon, and
 * the same few pages then take all that is written: where they are the first to be used, as on a
 * virtual machine whose host gives memory when it is touched, a page costs up to fifteen times as
 * much, and what other programs keep in the cache is not pushed out by a log.
 *
 * The slowest reader is the one that forgets, as it goes on; its pages are then surely clean, since
 * nobody reads what is not synced. Whom the others wait for is asked once in CACHE_STEP bytes.
 */
#include "gateway/journal/journal_internal.h"

void cache_join(struct journal *journal, struct cache_place *place)
{
    pthread_mutex_lock(&journal->state_lock);
    place->next = journal->places;
    journal->places = place;
    pthread_mutex_unlock(&journal->state_lock);
}

void cache_leave(struct journal *journal, struct cache_place *place)
{
    pthread_mutex_lock(&journal->state_lock);
    struct cache_place **at = &journal->places;
    while (*at && *at != place)
        at = &(*at)->next;
    if (*at)
        *at = place->next;
    pthread_mutex_unlock(&journal->state_lock);
}

int64_t cache_go_on(struct journal *journal, struct cache_place *place, uint64_t segment,
                    int64_t offset, uint64_t sequence)
{
    pthread_mutex_lock(&journal->state_lock);
    place->segment = segment;
    place->offset = offset;
    place->sequence = sequence;
    const struct cache_place *slowest = place;
    for (const struct cache_place *other = journal->places; other; other = other->next)
        if (other->sequence < slowest->sequence)
            slowest = other;
    int64_t unwanted = slowest->segment == segment ? slowest->offset : 0;
    pthread_mutex_unlock(&journal->state_lock);
    return unwanted;
}
