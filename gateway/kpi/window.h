/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_WINDOW_H
#define GATEWAY_KPI_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/kpi/table.h"

/**
 * What happened in (now - window, now], by event time, in buckets of 1/60 of the window. Buckets
 * are numbered from 1970; the newest of 60 holds now. What is older is not counted, what is late
 * falls into its own bucket, what is ahead of now waits until now is there.
 */
enum { KPI_WINDOW_BUCKETS = 60, KPI_WINDOW_SLOTS = 64, KPI_WINDOW_AHEAD = 120 };

uint32_t kpi_bucket_of(int64_t time_ms, int64_t window_ms);
/* Is bucket b inside the window whose newest bucket is now? */
static inline bool kpi_bucket_is_in(uint32_t b, uint32_t now)
{
    return b <= now && now - b < KPI_WINDOW_BUCKETS;
}

/** A plain count. {0} is valid and empty. */
struct kpi_ring {
    uint32_t bucket[KPI_WINDOW_SLOTS];
    uint32_t count[KPI_WINDOW_SLOTS];
};
/* False when b is older than the window: not counted. */
bool kpi_ring_add(struct kpi_ring *ring, uint32_t b, uint32_t now, uint32_t n);
uint64_t kpi_ring_total(const struct kpi_ring *ring, uint32_t now);

/**
 * Groups, each with its distinct members (a member counts while its newest event is in the window),
 * or with a plain count. At most KPI_PAIRS_MAX cells: up to there it is exact. Beyond, new members
 * are refused and counted, while those known go on: then a value is never too high, and too low by
 * at most what was refused in the window. A count of different computers at a site is always exact,
 * as fewer of them are known (KPI_ENTITIES_MAX) than there are cells.
 */
enum { KPI_PAIRS_MAX = 400000 };
struct kpi_group {
    uint64_t key;
    uint32_t total; /* in the window as of the last roll and the adds since */
};
struct kpi_pairs {
    bool is_count;          /* cells are (group, bucket) -> count; else (group, member) -> bucket */
    uint32_t now;           /* bucket of the last roll */
    struct kpi_table cells; /* key: group number << 32 | member or bucket, plus 1 << 63 */
    struct kpi_index numbers; /* of groups */
    struct kpi_group *groups;
    size_t n_groups, cap_groups;
    uint64_t refused;
};
void kpi_pairs_free(struct kpi_pairs *pairs);
/* key: not 0. False when too old or refused. */
bool kpi_pairs_add(struct kpi_pairs *pairs, uint64_t key, uint32_t member, uint32_t b, uint32_t n);
/**
 * Bring the totals to now: the expired go. remap gives the number that stands for a member today
 * (hosts that turned out to be one), NULL: itself; remap_key the same for keys. Does nothing when
 * now is unchanged and is_forced is not set.
 */
void kpi_pairs_roll(struct kpi_pairs *pairs, uint32_t now, bool is_forced,
                    uint32_t (*remap)(void *context, uint32_t member),
                    uint64_t (*remap_key)(void *context, uint64_t key), void *context);
/* Every group that has the largest total, in no order; 0 and no call when there is none. */
uint32_t kpi_pairs_max(const struct kpi_pairs *pairs, void (*on_group)(void *context, uint64_t key),
                       void *context);
void kpi_pairs_encode(const struct kpi_pairs *pairs, struct buf *out);
bool kpi_pairs_decode(struct kpi_pairs *pairs, struct cursor *in);

#endif
