/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SCHEMA_EVENT_DIFF_H
#define GATEWAY_SCHEMA_EVENT_DIFF_H

#include <stdbool.h>

#include "gateway/schema/event.h"

/**
 * Two readings of one message compared: kind, severity, time, flags, format, the text as UTF-8,
 * fields and unmapped pairs. The order of fields means nothing; the envelope (raw bytes, transport,
 * receipt), the sequence and the revision are not looked at. Thread-safe, allocates nothing.
 */
bool gw_event_is_same(const struct gw_event *a, const struct gw_event *b);

/**
 * One difference: name is "kind", "severity", "time", "flags", "format", "text", a field's name, or
 * the name of an unmapped pair after "unmapped.". Numbers are decimal, times RFC 3339; a reading
 * that lacks it has an empty slice. All are valid during the call; texts are a message's: any
 * UTF-8.
 */
typedef void gw_difference_fn(void *context, struct slice name, struct slice was, struct slice is);

/* All that gw_event_is_same() would find, in the order of the struct and of the fields' numbers. */
void gw_event_differences(const struct gw_event *was, const struct gw_event *is,
                          gw_difference_fn *tell, void *context);

#endif
