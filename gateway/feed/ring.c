/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ordered by sequence, so a number is found by halving; mostly it is the first one. The first entry
   is never one that is done. */
#include "gateway/feed/ring.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/base/arena.h"

enum { REJECTIONS_MAX = 3, ENDS_MAX = 5 };

bool feed_sent_reject(struct feed_sent *sent, uint64_t acked)
{
    if (sent->rejections == 0)
        sent->acked = (uint32_t)acked;
    if (sent->rejections == 0 || sent->acked != (uint32_t)acked)
        sent->rejections++;
    return sent->rejections >= REJECTIONS_MAX;
}

bool feed_sent_end(struct feed_sent *sent, uint64_t acked, bool is_alone, unsigned ends)
{
    if (is_alone &&
        (sent->rejections ? sent->acked != (uint32_t)acked : ends >= FEED_SUSPECT_ENDS)) {
        sent->acked = (uint32_t)acked;
        sent->rejections++;
    }
    return sent->rejections >= ENDS_MAX;
}

void feed_ring_init(struct feed_ring *ring, size_t cap)
{
    assert(cap && (cap & (cap - 1)) == 0);
    *ring = (struct feed_ring){.entries = gw_alloc(cap * sizeof *ring->entries), .cap = cap};
}

void feed_ring_fini(struct feed_ring *ring)
{
    free(ring->entries);
    *ring = (struct feed_ring){0};
}

static struct feed_sent *at(const struct feed_ring *ring, size_t i)
{
    return &ring->entries[(ring->first + i) & (ring->cap - 1)];
}

static void forget_done(struct feed_ring *ring)
{
    size_t kept = 0;
    for (size_t i = 0; i < ring->n; i++)
        if (!at(ring, i)->is_done)
            *at(ring, kept++) = *at(ring, i);
    ring->n = kept;
}

void feed_ring_add(struct feed_ring *ring, uint64_t sequence, int64_t received_ms)
{
    assert(!feed_ring_is_full(ring));
    if (ring->n == ring->cap)
        forget_done(ring);
    assert(ring->n == 0 || at(ring, ring->n - 1)->sequence < sequence);
    *at(ring, ring->n++) = (struct feed_sent){.sequence = sequence, .received_ms = received_ms};
    ring->n_waiting++;
}

/* The place of the first that is not before sequence. */
static size_t place_of(const struct feed_ring *ring, uint64_t sequence)
{
    size_t low = 0, high = ring->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (at(ring, middle)->sequence < sequence)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct feed_sent *feed_ring_find(const struct feed_ring *ring, uint64_t sequence)
{
    size_t i = place_of(ring, sequence);
    return i < ring->n && at(ring, i)->sequence == sequence ? at(ring, i) : NULL;
}

struct feed_sent *feed_ring_after(const struct feed_ring *ring, uint64_t sequence)
{
    size_t i = place_of(ring, sequence + 1);
    while (i < ring->n && at(ring, i)->is_done)
        i++;
    return i < ring->n ? at(ring, i) : NULL;
}

bool feed_ring_done(struct feed_ring *ring, uint64_t sequence)
{
    struct feed_sent *entry =
        ring->n && at(ring, 0)->sequence == sequence ? at(ring, 0) : feed_ring_find(ring, sequence);
    if (!entry || entry->is_done)
        return false;
    entry->is_done = true;
    ring->n_waiting--;
    while (ring->n && at(ring, 0)->is_done) {
        ring->first = (ring->first + 1) & (ring->cap - 1);
        ring->n--;
    }
    return true;
}

bool feed_ring_is_left_out(struct feed_ring *ring, uint64_t acked, int64_t now_ms, int64_t most_ms)
{
    const struct feed_sent *oldest = feed_ring_oldest(ring);
    if (oldest && oldest->sequence != ring->head) {
        ring->head = oldest->sequence;
        ring->head_acked = acked;
        ring->head_ms = now_ms;
    }
    return oldest && acked != ring->head_acked && now_ms - ring->head_ms >= most_ms;
}
