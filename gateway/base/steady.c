/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A wall clock that steps are not believed of at once. */
#include "gateway/base/steady.h"

#include <inttypes.h>

#include "gateway/base/log.h"

void steady_init(struct steady *steady, const char *room, int64_t known_ms,
                 struct clock_reading now)
{
    *steady = (struct steady){room, known_ms ? known_ms : now.wall_ms, now.mono_ms, 0, false};
}

int64_t steady_read(struct steady *steady, struct clock_reading now)
{
    int64_t expected_ms = steady->wall_ms + (now.mono_ms - steady->mono_ms);
    int64_t step_ms = now.wall_ms - expected_ms;
    bool is_step = step_ms > STEADY_TOLERANCE_MS || step_ms < -STEADY_TOLERANCE_MS;
    bool is_over = steady->is_doubted && now.mono_ms - steady->doubted_ms >= STEADY_DOUBT_MS;
    if (is_step && !steady->is_doubted) {
        steady->doubted_ms = now.mono_ms;
        log_warn(steady->room,
                 "the clock stepped, it is believed in a day at the earliest step_s=%" PRId64,
                 step_ms / 1000);
    } else if (steady->is_doubted && (!is_step || is_over)) {
        log_notice(steady->room, "the clock is believed again step_s=%" PRId64, step_ms / 1000);
    }
    steady->is_doubted = is_step && !is_over;
    steady->wall_ms = steady->is_doubted ? expected_ms : now.wall_ms;
    steady->mono_ms = now.mono_ms;
    return steady->wall_ms;
}
