/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_FEED_ROWS_H
#define GATEWAY_DAEMON_FEED_ROWS_H

#include <stdatomic.h>

#include "gateway/agent/agent.h"
#include "gateway/feed/feed.h"
#include "gateway/outbox/outbox.h"

/**
 * Rows of eogFeedTable out of the room feed, which the agent cannot see. The agent starts first, so
 * the feeds are handed in later; until then there is no row. {0} is a valid start.
 */
struct feed_rows {
    _Atomic(struct feeds *) feeds;
    _Atomic(struct outbox *) outbox; /* for the state alone */
    struct feed_row *rows;           /* of the SNMP thread: the text of its last look */
};
void feed_rows_set(struct feed_rows *rows, struct feeds *feeds);
void feed_rows_set_outbox(struct feed_rows *rows, struct outbox *outbox);
/* When the agent has stopped. */
void feed_rows_fini(struct feed_rows *rows);

/* agent_options.list_feeds; context is a struct feed_rows. */
size_t feed_rows_list(void *context, struct agent_feed *out, size_t max);

/* notify_options.feeds_state, of mails and webhooks too; context is a struct feed_rows. */
enum kpi_state feed_rows_state(void *context, struct buf *who, char *reason, size_t size);

#endif
