/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_FEED_RING_H
#define GATEWAY_FEED_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * What was sent to a target and is not acknowledged yet, oldest first, by the journal's sequence;
 * and with it the rule of the cursor: it may stand on a sequence when every record up to it was
 * acknowledged, refused for good or passed over by the filter (such records are simply not in the
 * ring). Acknowledgements may come in any order, twice, or for what is not here; none of that moves
 * the cursor further. Nothing is allocated after init. One thread.
 */
struct feed_sent {
    uint64_t sequence;
    int64_t received_ms; /* when the gateway had it, for the age of a backlog */
    uint32_t acked;      /* records acknowledged in all when it was last rejected; wraps around */
    uint8_t rejections;  /* by an answer, or by hanging up */
    bool is_done;
};

/* The target answered that it does not want the record; acked: records it has acknowledged in all.
   True: this was the third time, and it takes others, so the record is to be passed over. */
bool feed_sent_reject(struct feed_sent *sent, uint64_t acked);
/**
 * The target hung up when it was the first in line, or was mute for too long, for the ends-th time
 * in a row without a word of any. It counts when it was the only one that the target had; the first
 * time, from the third on; then, when it took others since the time before. True: it is that
 * record, so often was it.
 */
enum { FEED_SUSPECT_ENDS = 3 };
bool feed_sent_end(struct feed_sent *sent, uint64_t acked, bool is_alone, unsigned ends);

struct feed_ring {
    struct feed_sent *entries;
    size_t cap, first, n; /* cap: a power of two */
    size_t n_waiting;     /* entries that are not done */
};

/* cap: a power of two. */
void feed_ring_init(struct feed_ring *ring, size_t cap);
void feed_ring_fini(struct feed_ring *ring);

static inline bool feed_ring_is_full(const struct feed_ring *ring)
{
    return ring->n == ring->cap;
}

/* sequence is greater than every one before; the ring is not full. */
void feed_ring_add(struct feed_ring *ring, uint64_t sequence, int64_t received_ms);

/* The entry, done or not; NULL: not here. */
struct feed_sent *feed_ring_find(const struct feed_ring *ring, uint64_t sequence);

/* The first behind sequence that waits; NULL: none. */
struct feed_sent *feed_ring_after(const struct feed_ring *ring, uint64_t sequence);

/* False: not here, or done already. */
bool feed_ring_done(struct feed_ring *ring, uint64_t sequence);

/* The oldest that waits; NULL: none. */
static inline const struct feed_sent *feed_ring_oldest(const struct feed_ring *ring)
{
    return ring->n ? &ring->entries[ring->first] : NULL;
}

/* Where the cursor may stand when everything up to `passed` was sent or passed over. */
static inline uint64_t feed_ring_cursor(const struct feed_ring *ring, uint64_t passed)
{
    return ring->n ? ring->entries[ring->first].sequence - 1 : passed;
}

#endif
