/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_CONTROL_ACK_H
#define GATEWAY_DAEMON_CONTROL_ACK_H

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "gateway/daemon/control.h"
#include <stdbool.h>
#include <stdint.h>

/**
 * Append a person's acknowledgement to the journal. asker: for the log, "uid=1000". argument: as
 * control_request_ack has it. The sequence of the record, or 0 after an answer in out that says
 * what is wrong: no such open alert, no name, text too long or not printable, a journal that takes
 * nothing.
 */
uint64_t control_ack_append(const struct control_options *options, const char *asker,
                            struct slice argument, struct buf *out);

/* The record of that sequence is on disk. */
void control_ack_answer(uint64_t sequence, struct buf *out);

#endif
