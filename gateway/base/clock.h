/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_CLOCK_H
#define GATEWAY_BASE_CLOCK_H

#include <stdint.h>

/** One reading. wall_ms: UTC since 1970, may jump; mono_ms: CLOCK_MONOTONIC, never goes back. */
struct clock_reading {
    int64_t wall_ms;
    int64_t mono_ms;
};

/** Where time comes from. Handed in, so that tests bring their own. */
struct clock {
    struct clock_reading (*read)(const struct clock *clock);
};

/* The system's clocks. */
extern const struct clock clock_system;

static inline struct clock_reading clock_read(const struct clock *clock)
{
    return clock->read(clock);
}

#endif
