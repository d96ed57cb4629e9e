/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of base/rate.h in a row that threads share. */
#include "gateway/intake/rate.h"

#include "gateway/base/rate.h"

bool rate_has_turn(const struct stats_source *source, int64_t per_s, int64_t now_ns)
{
    if (per_s <= 0)
        return true;
    int64_t due_ns = atomic_load_explicit(&source->due_ns, memory_order_relaxed);
    return rate_allows(due_ns, per_s, now_ns);
}

void rate_spend(struct stats_source *source, int64_t per_s, int64_t now_ns)
{
    if (per_s <= 0)
        return;
    int64_t due_ns = atomic_load_explicit(&source->due_ns, memory_order_relaxed), next_ns;
    do
        next_ns = rate_next(due_ns, per_s, now_ns);
    while (!atomic_compare_exchange_weak_explicit(&source->due_ns, &due_ns, next_ns,
                                                  memory_order_relaxed, memory_order_relaxed));
}
