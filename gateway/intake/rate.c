/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of base/rate.h in a row that threads share. */
#include "gateway/intake/rate.h"

#include "gateway/base/rate.h"

bool rate_has_turn(const struct stats_source *source, int64_t per_s, int64_t now_us)
{
    if (per_s <= 0)
        return true;
    int64_t due_us = atomic_load_explicit(&source->due_us, memory_order_relaxed);
    return rate_allows(due_us, per_s, now_us);
}

void rate_spend(struct stats_source *source, int64_t per_s, int64_t now_us)
{
    if (per_s <= 0)
        return;
    int64_t due_us = atomic_load_explicit(&source->due_us, memory_order_relaxed), next_us;
    do
        next_us = rate_next(due_us, per_s, now_us);
    while (!atomic_compare_exchange_weak_explicit(&source->due_us, &due_us, next_us,
                                                  memory_order_relaxed, memory_order_relaxed));
}
