/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_RETIME_H
#define GATEWAY_CTL_RETIME_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"

/**
 * Moves the times inside old messages so that the newest is now: a recorded day can be replayed as
 * today's. Distances between messages stay. Each time keeps its form (its zone, its padding, its
 * fraction), so the replay looks to a parser like the original.
 *
 * Understood: a header's `Mmm dd hh:mm:ss`, with or without a year, and ISO 8601 times; in the body
 * the values of rt, start, end, devTime (CEF, LEEF) and `Event time` (Control Manager) as
 * `Mmm dd yyyy hh:mm:ss [GMT+hh:mm]`, ISO, `yyyy/m/d h:mm:ss`, `m/d/yyyy h:mm[:ss] [AM|PM]`, and
 * seconds or milliseconds since 1970. Header and body move each by their own distance: in collected
 * samples the two are often years apart.
 */
struct retime {
    int64_t newest_s[2]; /* header, body; INT64_MIN: none seen */
    int64_t now_s;
};

void retime_begin(struct retime *retime, int64_t now_s);
/* First pass: every line. */
void retime_see(struct retime *retime, struct slice line);
/* Second pass: line with its times moved, appended to out. A line without a time is copied. */
void retime_write(const struct retime *retime, struct slice line, struct buf *out);

#endif
