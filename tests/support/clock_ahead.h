/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_SUPPORT_CLOCK_AHEAD_H
#define TESTS_SUPPORT_CLOCK_AHEAD_H

#include <stdatomic.h>

#include "gateway/base/clock.h"

/** The system's clock, whose wall time a test steps. */

static _Atomic int64_t ahead_ms; /* of the wall clock */

static struct clock_reading read_ahead(const struct clock *clock)
{
    (void)clock;
    struct clock_reading now = clock_read(&clock_system);
    now.wall_ms += atomic_load(&ahead_ms);
    return now;
}

static const struct clock clock_ahead = {read_ahead};

#endif
