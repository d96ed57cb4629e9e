/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_CONTROL_WATCH_H
#define GATEWAY_DAEMON_CONTROL_WATCH_H

#include "gateway/base/buf.h"
#include "gateway/base/json.h"
#include "gateway/base/slice.h"
#include "gateway/daemon/control.h"
#include "gateway/daemon/control_request.h"

/**
 * A watchlist on its way in ("watchlist load BYTES FILE", its line end, then so many bytes), or the
 * configured one on its way back ("watchlist reset"). A list is looked at when it is whole; nothing
 * changes if it has a mistake or does not come whole.
 */
struct control_watch;

/* asker: for the record and the log, "uid=1000". */
struct control_watch *control_watch_new(const struct control_options *options, const char *asker,
                                        const struct control_watch_request *request);
/* What is not in the journal yet is dropped. NULL is fine. */
void control_watch_free(struct control_watch *change);

/**
 * Go on. in: what arrived; moved on behind what belongs to the list. Answers, when the change is on
 * disk, {"entries":N,"sha256":TEXT,"record":N,"kept":BOOL}; or {"error":TEXT,"problems":[...]},
 * or "error" alone where it is not the list that is wrong.
 */
enum control_batch_state control_watch_pump(struct control_watch *change, struct slice *in,
                                            struct buf *out);

/* Member "watchlist": which one is in force, whose, since when; counters. */
void control_watch_put(struct watch *watch, struct json *json);
/* The same as a line of its own. */
void control_watch_answer(struct watch *watch, struct buf *out);

#endif
