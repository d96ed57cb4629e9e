/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_ZONE_HINT_H
#define GATEWAY_DAEMON_ZONE_HINT_H

#include "gateway/base/zone.h"
#include "gateway/schema/event.h"
#include "gateway/stats/stats.h"

/**
 * A sender whose times name no zone, and whose <source> declares none or a wrong one, is off by
 * whole half hours, message after message. Nothing is corrected: a person is told.
 */

enum { ZONE_HINT_NOTHING = INT32_MIN };

/* Seconds by which a message's time is ahead of its receipt as a wrong zone makes it (negative:
   behind it); 0: it is right; ZONE_HINT_NOTHING: it says nothing of that. zone: the source's. */
int32_t zone_hint_of(const struct gw_event *event, const struct zone *zone);

/* Notes what zone_hint_of() gave. True: it was the same so often now that a person is to be told.
   Thread-safe. */
bool zone_hint_note(struct stats_source *source, int32_t hint);

/* What is known of a sender; 0: it is right, or not known. Thread-safe. */
int32_t zone_hint_get(const struct stats_source *source);

#endif
