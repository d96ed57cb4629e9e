/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Old messages that are sent late, and clocks that are wrong, are off by anything: what is off by
 * the same half hours several times in a row, to the minute, is a zone.
 */
#include "gateway/daemon/zone_hint.h"

#include "parsers/instant.h"
#include "parsers/timestamp.h"

enum { STEP_S = 1800, NEAR_S = 90, ENOUGH = 5, ZONES_S = 15 * 3600 };

/* Of a message that is dated near its receipt nothing is asked further: nearly all are. */
static bool is_near(const struct gw_event *event)
{
    return !(event->flags & GW_EVENT_TIME_AHEAD) &&
           event->received_ms - event->time_ms < (STEP_S - NEAR_S) * 1000;
}

int32_t zone_hint_of(const struct gw_event *event, const struct zone *zone)
{
    struct parsed_time time;
    int64_t ms;
    if (event->flags & (GW_EVENT_NO_TIME | GW_EVENT_RESENT))
        return ZONE_HINT_NOTHING;
    if (is_near(event))
        return 0;
    if (!parse_timestamp(gw_event_text(event, GW_FIELD_ORIGINAL_TIME), &time) || time.has_zone ||
        !parsed_time_to_ms(&time, zone, event->received_ms, &ms))
        return ZONE_HINT_NOTHING;
    int64_t off_s = (ms - event->received_ms) / 1000;
    if (off_s > ZONES_S || off_s < -ZONES_S)
        return ZONE_HINT_NOTHING;
    int64_t steps = (off_s + (off_s < 0 ? -STEP_S / 2 : STEP_S / 2)) / STEP_S;
    int64_t rest = off_s - steps * STEP_S;
    return steps && rest <= NEAR_S && rest >= -NEAR_S ? (int32_t)(steps * STEP_S)
                                                      : ZONE_HINT_NOTHING;
}

bool zone_hint_note(struct stats_source *source, int32_t hint)
{
    int32_t before = atomic_load_explicit(&source->zone_hint, memory_order_relaxed);
    uint32_t n = atomic_load_explicit(&source->zone_hints, memory_order_relaxed);
    if (hint == 0 && n == 0)
        return false; /* as nearly always: nothing is written */
    bool is_same = hint != 0 && hint != ZONE_HINT_NOTHING && hint == before;
    if (is_same && n == ENOUGH)
        return false;
    uint32_t now = is_same ? n + 1 : hint != 0 && hint != ZONE_HINT_NOTHING;
    atomic_store_explicit(&source->zone_hint, hint, memory_order_relaxed);
    atomic_store_explicit(&source->zone_hints, now, memory_order_relaxed);
    return now == ENOUGH;
}

int32_t zone_hint_get(const struct stats_source *source)
{
    bool is_sure = atomic_load_explicit(&source->zone_hints, memory_order_relaxed) >= ENOUGH;
    return is_sure ? atomic_load_explicit(&source->zone_hint, memory_order_relaxed) : 0;
}
