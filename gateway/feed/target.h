/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_FEED_TARGET_H
#define GATEWAY_FEED_TARGET_H

#include "gateway/base/clock.h"
#include "gateway/feed/driver.h"
#include "gateway/feed/feed.h"
#include "gateway/feed/settings.h"
#include "gateway/journal/journal.h"

/**
 * One target: a thread, a reader of the journal with the cursor feed-NAME, a driver. Slow, dead,
 * half-open and flapping targets cost nobody else anything: what waits for them waits in the
 * journal. Memory is bounded: what is in flight is remembered by number alone (feed_ring), one
 * record is ready to be sent, the rest is the driver's buffer.
 */
struct feed_target;

struct feed_target_options {
    const struct feed_section *section; /* copied */
    struct journal *journal;            /* these outlive the target */
    const struct clock *clock;
    const char *gateway_id, *version;
    const struct feed_driver *driver;  /* of section->kind; tests bring their own */
    const struct feed_counters *since; /* NULL: count from zero */
};

/* GW_OK, or an error that is logged. */
int feed_target_start(const struct feed_target_options *options, struct feed_target **out);
/* Ask it to end, so that several end at the same time; returns at once. */
void feed_target_end(struct feed_target *target);
/* Wait for the end: what is in flight gets up to a second to be acknowledged. NULL is fine. */
void feed_target_stop(struct feed_target *target);

const struct feed_section *feed_target_section(const struct feed_target *target);
/* Whether it would be the same if it were started as wanted; the key for hashes counts too. */
bool feed_target_is_same(const struct feed_target *target, const struct feed_section *wanted);
/* Thread-safe. */
void feed_target_get(struct feed_target *target, struct feed_row *out);

/* Its name and where to. */
void feed_describe(const struct feed_section *section, struct feed_row *out);
/* "feed-NAME"; out holds FEED_CURSOR_MAX bytes. */
enum { FEED_CURSOR_MAX = 64 };
void feed_cursor_name(const char *name, char *out);
/* Of a target whose oldest record waits so long, and that is not connected for so long. */
enum kpi_state feed_state_of(const struct feed_section *section, int64_t age_ms, int64_t down_ms);

#endif
