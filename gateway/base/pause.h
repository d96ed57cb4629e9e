/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_PAUSE_H
#define GATEWAY_BASE_PAUSE_H

#include <stdint.h>
#include <time.h>

/** How long threads wait. */

/* In so many milliseconds: the deadline of a timed wait on a condition of CLOCK_MONOTONIC. */
struct timespec pause_deadline(int64_t ms);

/**
 * Before the next attempt, after so many failures in a row: first_ms, twice that after each one
 * more, most_ms at most; of that the second half by chance, so that many that failed together do
 * not come back together.
 */
int64_t pause_back_off_ms(unsigned failures, int64_t first_ms, int64_t most_ms);

#endif
