/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_INTAKE_RATE_H
#define GATEWAY_INTAKE_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/stats/stats.h"

/**
 * How much one sender may send: a bound of messages a second, with a burst of one second's worth
 * (gateway/base/rate.h). The state is one number in the sender's row of statistics, so that it
 * holds for all connections and threads together; senders beyond STATS_SOURCES_MAX share one.
 * Lock-free; two threads at once may be one message too generous each.
 *
 * per_s   messages a second; 0: no bound, always true
 * now_ns  a monotonic clock
 */
bool rate_has_turn(const struct stats_source *source, int64_t per_s, int64_t now_ns);
/* One message was taken. */
void rate_spend(struct stats_source *source, int64_t per_s, int64_t now_ns);

#endif
