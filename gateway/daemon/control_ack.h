/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_CONTROL_ACK_H
#define GATEWAY_DAEMON_CONTROL_ACK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "gateway/daemon/control.h"

/* Bytes that an acknowledgement may carry; the engine keeps no more. */
enum { CONTROL_ACK_NAME_MAX = 127, CONTROL_ACK_NOTE_MAX = 511 };

/**
 * Append a person's acknowledgement to the journal. argument: "ID TAB NAME TAB NOTE", the note may
 * be missing. The sequence of the record, or 0 after an answer in out that says what is wrong: no
 * such open alert, no name, text too long or not printable, a journal that takes nothing.
 */
uint64_t control_ack_append(const struct control_options *options, uid_t asker,
                            struct slice argument, struct buf *out);

/* The record of that sequence is on disk. */
void control_ack_answer(uint64_t sequence, struct buf *out);

/* {"error":TEXT} and its line end. */
void control_reply_error(struct buf *out, struct slice text);

#endif
