/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_SEND_RELP_H
#define GATEWAY_CTL_SEND_RELP_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
struct send_target;

/**
 * One RELP session of the load tool: at most window messages are unacknowledged. Answers come in
 * the order sent, so what is acknowledged are always the first ones. Calls that wait end when the
 * target is asked to stop, or after wait_ms without a byte either way; they return false then, with
 * a reason in error.
 */
struct send_relp;

/* Opens a session on a connected socket, which stays the caller's. NULL with a reason in error. */
struct send_relp *send_relp_open(struct send_target *target, int fd, int window, int64_t wait_ms,
                                 struct buf *error);
void send_relp_free(struct send_relp *session);

/* Messages wait in a batch until flush, or until there is enough of them. */
bool send_relp_put(struct send_relp *session, struct slice message, struct buf *error);
bool send_relp_flush(struct send_relp *session, struct buf *error);
/* Waits for all acknowledgements and ends the session. */
bool send_relp_finish(struct send_relp *session, struct buf *error);
uint64_t send_relp_acknowledged(const struct send_relp *session);

#endif
