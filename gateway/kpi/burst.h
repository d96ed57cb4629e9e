/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_BURST_H
#define GATEWAY_KPI_BURST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/kpi/table.h"

/**
 * Bursts: many records of one key in a short time. The record that completes a burst counts for all
 * of it, and counting begins anew. The newest times of each key are kept in order, so that late
 * records fall where they belong. At most KPI_BURSTS_MAX keys are followed; records of further ones
 * are only counted.
 */
enum { KPI_BURSTS_MAX = 20000, KPI_BURST_LEAST_MAX = 16 };

struct kpi_burst {
    uint64_t key;
    int64_t within_ms;
    int64_t times[KPI_BURST_LEAST_MAX]; /* ascending */
    int64_t newest_ms;                  /* ever; of last */
    uint16_t last;                      /* kind of the newest record */
    uint8_t n;
};
struct kpi_bursts {
    struct kpi_table numbers; /* key -> place in all */
    struct kpi_burst *all;
    size_t n, cap;
    uint64_t refused;
};

void kpi_bursts_free(struct kpi_bursts *bursts); /* {0} is a valid empty one */
/* One more of key at time_ms; true when it is the least-th (2..KPI_BURST_LEAST_MAX) in within_ms.
   of_changes: only what is of another kind than the newest before it counts. */
bool kpi_burst_add(struct kpi_bursts *bursts, uint64_t key, uint16_t kind, int64_t time_ms,
                   int64_t within_ms, unsigned least, bool of_changes);
/* Forget what could not be part of a burst at now_ms any more, and is older than keep_ms. */
void kpi_bursts_collect(struct kpi_bursts *bursts, int64_t now_ms, int64_t keep_ms);
void kpi_bursts_encode(const struct kpi_bursts *bursts, struct buf *out);
/* Into an empty one; fails the cursor when the bytes cannot be bursts. */
void kpi_bursts_decode(struct kpi_bursts *bursts, struct cursor *in);

#endif
