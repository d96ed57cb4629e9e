/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_CONTROL_CORRECT_H
#define GATEWAY_DAEMON_CONTROL_CORRECT_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "gateway/daemon/control.h"

/**
 * A batch of corrections on its way into the journal: "correct BYTES", its line end, then so many
 * bytes (gateway/schema/corrections.h). The batch is looked at when it is whole: if one record in
 * it is no sound correction of a record that the journal has had, none is appended. What could not
 * come whole, since the client went, is not appended either. "correct 0" asks only whether it may.
 */
struct control_correct;

/* argument: the number of bytes. NULL after an answer in out that says what is wrong. */
struct control_correct *control_correct_new(const struct control_options *options,
                                            struct slice argument, struct buf *out);
void control_correct_free(struct control_correct *batch);

/**
 * Go on. in: what arrived; moved on behind what belongs to the batch. Answers {"appended":N} when
 * all are on disk, with "last", the sequence of the last one; or {"error":TEXT}.
 */
enum control_batch_state control_correct_pump(struct control_correct *batch, struct slice *in,
                                              struct buf *out);
/* Records of the batch that the journal has taken so far. */
uint64_t control_correct_appended(const struct control_correct *batch);

#endif
