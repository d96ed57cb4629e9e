/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sender's rate: when its next message would be due if all came evenly. How far that lies ahead
 * of now is how much of its burst is used up. */
#include "gateway/intake/rate.h"

enum { SECOND_US = 1000000 };

/* Below a message a second the burst is one message. */
static int64_t interval_us(int64_t per_s)
{
    return per_s < SECOND_US ? SECOND_US / per_s : 1;
}

bool rate_has_turn(const struct stats_source *source, int64_t per_s, int64_t now_us)
{
    if (per_s <= 0)
        return true;
    int64_t due_us = atomic_load_explicit(&source->due_us, memory_order_relaxed);
    return due_us + interval_us(per_s) - now_us <= SECOND_US;
}

void rate_spend(struct stats_source *source, int64_t per_s, int64_t now_us)
{
    if (per_s <= 0)
        return;
    int64_t due_us = atomic_load_explicit(&source->due_us, memory_order_relaxed), next_us;
    do
        next_us = (due_us > now_us ? due_us : now_us) + interval_us(per_s);
    while (!atomic_compare_exchange_weak_explicit(&source->due_us, &due_us, next_us,
                                                  memory_order_relaxed, memory_order_relaxed));
}
