/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The system's wall and monotonic clock, in milliseconds. */
#include "gateway/base/clock.h"

#include <time.h>

static int64_t in_ms(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct clock_reading read_system(const struct clock *clock)
{
    (void)clock;
    return (struct clock_reading){in_ms(CLOCK_REALTIME), in_ms(CLOCK_MONOTONIC)};
}

const struct clock clock_system = {read_system};
