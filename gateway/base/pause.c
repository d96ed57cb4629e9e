/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deadlines, and pauses that grow. */
#include "gateway/base/pause.h"

#include <sys/random.h>

struct timespec pause_deadline(int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ms % 1000 * 1000000;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return until;
}

int64_t pause_back_off_ms(unsigned failures, int64_t first_ms, int64_t most_ms)
{
    uint32_t chance = 0;
    int64_t ms = first_ms;
    for (unsigned i = 1; i < failures && ms < most_ms; i++)
        ms *= 2;
    ms = ms > most_ms ? most_ms : ms;
    (void)!getrandom(&chance, sizeof chance, GRND_NONBLOCK);
    return ms / 2 + chance % (ms / 2 + 1);
}
