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
 * the cursor further. What is done behind one that waits is forgotten when its room is needed.
 * Nothing is allocated after init. One thread.
 */
struct feed_sent {
    uint64_t sequence;
    int64_t received_ms; /* when the gateway had it, for the age of a backlog */
    uint32_t acked;      /* records acknowledged in all when it was last rejected; wraps around */
    uint8_t rejections;  /* by an answer, or by ends that counted */
    bool is_done;
};

/* Notes that the target answered that it does not want the record; acked: records that it has
   acknowledged in all. True: pass it over. It has refused it three times, and taken others between
   any two of them. */
bool feed_sent_reject(struct feed_sent *sent, uint64_t acked);
/**
 * Notes that a connection ended, by the target or because it was mute, while this record was the
 * first without an answer. Only an end at which it was alone in flight (is_alone) speaks against
 * it. Of a record that nothing speaks against yet such an end counts from the third end in a row on
 * without any answer (ends); later, when others were acknowledged since the end counted last.
 * True: pass it over. Five ends count.
 */
enum { FEED_SUSPECT_ENDS = 3 };
bool feed_sent_end(struct feed_sent *sent, uint64_t acked, bool is_alone, unsigned ends);

struct feed_ring {
    struct feed_sent *entries;
    size_t cap, first, n; /* cap: a power of two */
    size_t n_waiting;     /* entries that are not done */

    uint64_t head, head_acked; /* the oldest; records acknowledged in all when it got to be that */
    int64_t head_ms;           /* and when */
};

/* cap: a power of two. */
void feed_ring_init(struct feed_ring *ring, size_t cap);
void feed_ring_fini(struct feed_ring *ring);

static inline bool feed_ring_is_full(const struct feed_ring *ring)
{
    return ring->n_waiting == ring->cap;
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

/* Whether the oldest has been that for most_ms, and others were acknowledged meanwhile; acked:
   records acknowledged in all. */
bool feed_ring_is_left_out(struct feed_ring *ring, uint64_t acked, int64_t now_ms, int64_t most_ms);
/* On a new connection. */
static inline void feed_ring_start_anew(struct feed_ring *ring)
{
    ring->head = 0;
}

/* Where the cursor may stand when everything up to `passed` was sent or passed over. */
static inline uint64_t feed_ring_cursor(const struct feed_ring *ring, uint64_t passed)
{
    return ring->n ? ring->entries[ring->first].sequence - 1 : passed;
}

#endif
