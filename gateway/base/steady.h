/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_STEADY_H
#define GATEWAY_BASE_STEADY_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/clock.h"

/**
 * Wall clock that is not believed at once when it jumps: retention by age must not take half a year
 * of records because a clock stood in 2038 for a minute, nor keep everything because it stood in
 * 1970. A step of more than STEADY_TOLERANCE_MS counts only when it has lasted STEADY_DOUBT_MS on
 * the monotonic clock; until then time goes on as it was going. What is stamped meanwhile notes the
 * wall clock beside it, so that its age is right on both sides. What is older than a step that came
 * to be believed has the age that the new time gives it. Used by one thread.
 */
enum { STEADY_TOLERANCE_MS = 25 * 3600 * 1000, STEADY_DOUBT_MS = 24 * 3600 * 1000 };

struct steady {
    const char *room;         /* whose it is, to the log */
    int64_t wall_ms, mono_ms; /* as believed last */
    int64_t doubted_ms;       /* monotonic; since when the wall clock is not believed */
    bool is_doubted;
};

/* room: static. known_ms: a wall clock time that was true once (a segment's creation); 0: none, and
   now is believed. A day and an hour later is still no step: segments live for a day. */
void steady_init(struct steady *steady, const char *room, int64_t known_ms,
                 struct clock_reading now);
/* Milliseconds since 1970; logs when it begins to doubt, and when it believes again. */
int64_t steady_read(struct steady *steady, struct clock_reading now);

#endif
