/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_FEED_OUTGOING_H
#define GATEWAY_FEED_OUTGOING_H

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/feed/driver.h"
#include "gateway/feed/filter.h"
#include "gateway/feed/format.h"
#include "gateway/feed/privacy.h"
#include "gateway/journal/journal.h"
#include "gateway/schema/event.h"

/**
 * From the journal's record to what is sent to one target: filter, privacy, format. One record at a
 * time, in the same memory. One thread.
 */
struct feed_outgoing {
    struct feed_record record; /* made last; points into the rest, and into the journal's record */
    int64_t received_ms;       /* when the gateway had it */

    /* private */
    struct feed_filter filter;
    struct feed_privacy privacy;
    struct feed_format_context format;
    size_t max_bytes;
    struct arena settings, scratch;
    struct gw_event event;
    struct buf bytes, uid;
    char key[64];
};

/* section and context's text outlive it; of context only the gateway's names and is_syslog count,
   the rest is as section says. False: the key for hashes cannot be read (logged). */
bool feed_outgoing_init(struct feed_outgoing *outgoing, const struct feed_section *section,
                        const struct feed_format_context *context);
void feed_outgoing_fini(struct feed_outgoing *outgoing);

enum feed_made {
    FEED_MADE,       /* record is it */
    FEED_NOT_WANTED, /* the filter says no */
    FEED_UNFIT /* cannot be sent, ever: unreadable, or longer than max-message; *reason says */
};
/* is_again: it was wanted before, so the filter is not asked. */
enum feed_made feed_outgoing_make(struct feed_outgoing *outgoing,
                                  const struct journal_record *record, bool is_again,
                                  const char **reason);

#endif
