/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_RATE_H
#define GATEWAY_BASE_RATE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * A bound of so many things a second, with a burst of one second's worth. The state is one number,
 * the caller's: when the next would be due if all came evenly; 0 at first. How far that lies ahead
 * of now is how much of the burst is used up.
 * Source: the virtual scheduling form of the generic cell rate algorithm, ITU-T I.371 annex A.
 *
 * per_s   things a second, at least 1; below one a second the burst is one
 * now_ns  a monotonic clock
 */
enum { RATE_SECOND_NS = 1000000000 };

static inline int64_t rate_interval_ns(int64_t per_s)
{
    return per_s < RATE_SECOND_NS ? RATE_SECOND_NS / per_s : 1;
}

/* One more may come now. */
static inline bool rate_allows(int64_t due_ns, int64_t per_s, int64_t now_ns)
{
    return due_ns + rate_interval_ns(per_s) - now_ns <= RATE_SECOND_NS;
}

/* The state after one more. */
static inline int64_t rate_next(int64_t due_ns, int64_t per_s, int64_t now_ns)
{
    return (due_ns > now_ns ? due_ns : now_ns) + rate_interval_ns(per_s);
}

#endif
