/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_SEND_TARGET_H
#define GATEWAY_CTL_SEND_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"

enum send_transport { SEND_UDP, SEND_TCP, SEND_RELP };

struct send_target_options {
    enum send_transport transport;
    const char *address;   /* HOST:PORT or [IPV6]:PORT */
    bool is_octet_counted; /* TCP: RFC 6587 section 3.4.1; else LF after each message */
    bool wants_responses;  /* UDP: informs */
    int connections;       /* TCP, RELP: messages go round them */
    int window;            /* RELP: messages of a session that wait for acknowledgement */
    int64_t wait_ms;       /* for the target to listen, and for what it owes us at the end */
};

/** Where messages go. One thread. */
struct send_target;

/* NULL with a reason in error. Tries again until wait_ms passed while the target refuses. */
struct send_target *send_target_open(const struct send_target_options *options, struct buf *error);
void send_target_close(struct send_target *target);

/**
 * Hand over one message; it may wait in a batch until send_target_flush(). id is the request-id of
 * an inform. False, with a reason in error, when the target is gone or a stop was asked for.
 */
bool send_target_put(struct send_target *target, struct slice message, int32_t id,
                     struct buf *error);
bool send_target_flush(struct send_target *target, struct buf *error);

/**
 * After the last message: TCP says that it is done and waits until the target has read it all and
 * closed, and not before; informs wait for their responses, repeated each second, and RELP for its
 * acknowledgements. False when wait_ms passed first, or the target broke off.
 */
bool send_target_finish(struct send_target *target, struct buf *error);

/* SIGINT or SIGTERM came (they are blocked while a target is open). */
bool send_target_is_stopped(struct send_target *target);
/* Responses to informs, acknowledgements over RELP. */
uint64_t send_target_answered(const struct send_target *target);

#endif
