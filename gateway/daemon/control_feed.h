/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_CONTROL_FEED_H
#define GATEWAY_DAEMON_CONTROL_FEED_H

#include "gateway/base/buf.h"
#include "gateway/base/json.h"
#include "gateway/feed/feed.h"

/* Member "feeds": each target's state, backlog and counters. feeds NULL: an empty array. */
void control_feed_put(struct feeds *feeds, struct json *json);

/* The request "feed ...": argument is "forget NAME"; the answer is a line of JSON. */
void control_feed_answer(struct feeds *feeds, struct slice argument, struct buf *out);

#endif
