/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_FEED_FEED_H
#define GATEWAY_FEED_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/clock.h"
#include "gateway/config/config.h"
#include "gateway/feed/settings.h"
#include "gateway/journal/journal.h"
#include "gateway/kpi/snapshot.h"

/**
 * The feed to the core: every <feed> of the configuration as a target of its own (target.h).
 *
 * Records arrive in order and at least once; each carries its uid (gateway.epoch.sequence), by
 * which the receiver drops repeats. What may be repeated: after a break of the connection, what was
 * in flight; after a kill of the gateway, also what was acknowledged in the last turn of the
 * target's thread; after the machine's death, also what was acknowledged since the cursor was last
 * synced, at most a second or 10,000 records ago.
 */
struct feeds;

struct feeds_options {
    const char *gateway_id, *version; /* these outlive the feeds */
    struct journal *journal;
    const struct clock *clock;
};

/* Starts every target of the configuration, which is not needed afterwards. One that cannot be
   started (no room for its cursor, no descriptor) is logged, and its row says so. */
struct feeds *feeds_start(const struct feeds_options *options, const struct config *config);
/* Targets that are the same run on; others are stopped, started, changed, each from its cursor. */
void feeds_reload(struct feeds *feeds, const struct config *config);
/* Tries again those that could not be started; config: as of the start or the last reload. */
void feeds_mend(struct feeds *feeds, const struct config *config);
/* Gives what is in flight up to a second. NULL is fine. */
void feeds_stop(struct feeds *feeds);

/* ---- looking at them; thread-safe ---- */

struct feed_counters {
    uint64_t sent;     /* handed to the driver for the first time */
    uint64_t acked;    /* safe at the target */
    uint64_t resent;   /* handed over again after a break */
    uint64_t refused;  /* passed over: too long, cannot be read, the target does not want it */
    uint64_t filtered; /* not for this target */
    uint64_t bytes;    /* of what was handed over */
    uint64_t connects; /* connections that stood */
    uint64_t sent_to;  /* the last sequence among those sent */
};

enum feed_standing {
    FEED_STANDING_WAITING,    /* the next try comes */
    FEED_STANDING_CONNECTING, /* not yet there */
    FEED_STANDING_CONNECTED,
    FEED_STANDING_REMOVED /* no <feed> of this name any more; its cursor holds the journal */
};
const char *feed_standing_name(enum feed_standing standing);

enum { FEED_TARGET_MAX = 256, FEED_TROUBLE_MAX = 200 };
struct feed_row {
    char name[FEED_NAME_MAX + 1];
    char target[FEED_TARGET_MAX]; /* "relp 192.0.2.1:2514" */
    enum kpi_state state;
    enum feed_standing standing;
    uint64_t backlog_records; /* in the journal behind the cursor, filtered ones too */
    uint64_t backlog_s;       /* age of the oldest that waits */
    uint64_t in_flight, cursor;
    struct feed_counters counters;
    char trouble[FEED_TROUBLE_MAX]; /* the last; empty: none yet */
    int64_t trouble_ms;             /* wall clock */
};
/* At most max rows: the targets, then cursors of feeds that are no longer configured. */
size_t feeds_list(struct feeds *feeds, struct feed_row *out, size_t max);

/* KPI_CRITICAL when records wait for any of them for too long: "feed/NAME " of each is appended to
   who; how long, and its trouble, of the first in reason, of size bytes. Else KPI_OK. */
enum kpi_state feeds_state(struct feeds *feeds, struct buf *who, char *reason, size_t size);

/**
 * Drop the cursor of a feed that is not configured any more, so that the journal need not keep its
 * records: GW_OK; GW_ERR_NOT_FOUND; GW_ERR_BUSY: it is configured.
 */
int feeds_forget(struct feeds *feeds, const char *name);

#endif
