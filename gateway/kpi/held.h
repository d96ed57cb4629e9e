/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_HELD_H
#define GATEWAY_KPI_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/kpi/table.h"

/**
 * States that last: an entity is put into one by one kind of record and out of it by another. The
 * newest event time wins, whatever order they arrive in; of two at the same time the later record.
 */
struct kpi_held_entry {
    uint64_t key; /* first, as kpi_index wants it */
    int64_t time_ms : 48;
    uint64_t site : 15, is_on : 1;
};
struct kpi_held {
    struct kpi_index numbers; /* of entries */
    struct kpi_held_entry *entries;
    size_t n, cap;
    uint64_t refused;
};
enum { KPI_HELD_MAX = 400000, KPI_HELD_SITES_MAX = 1 << 15 };

void kpi_held_free(struct kpi_held *held);
/* True when the entry changed. */
bool kpi_held_set(struct kpi_held *held, uint64_t key, uint32_t site, int64_t time_ms, bool is_on);
/* Set it off; true when it was on. */
bool kpi_held_end(struct kpi_held *held, uint64_t key, uint32_t site, int64_t time_ms);
/* NULL when never set. */
const struct kpi_held_entry *kpi_held_get(const struct kpi_held *held, uint64_t key);
/* On, and not forgotten (expire_ms 0: never). */
static inline bool kpi_held_is_on(const struct kpi_held_entry *e, int64_t now_ms, int64_t expire_ms)
{
    return e && e->is_on && (expire_ms == 0 || e->time_ms > now_ms - expire_ms);
}
/* Drop what is older than before_ms and off, or expired; give keys their number of today (NULL:
 * keep; 0: drop it, too). */
void kpi_held_rebuild(struct kpi_held *held, int64_t now_ms, int64_t expire_ms, int64_t before_ms,
                      uint64_t (*remap)(void *context, uint64_t key), void *context);
void kpi_held_encode(const struct kpi_held *held, struct buf *out);
bool kpi_held_decode(struct kpi_held *held, struct cursor *in);

#endif
