/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_CONTROL_MAIL_H
#define GATEWAY_DAEMON_CONTROL_MAIL_H

#include "gateway/base/buf.h"
#include "gateway/base/json.h"
#include "gateway/outbox/outbox.h"

/* Member "mails": each receiver of mails and each webhook, its state and counters. */
void control_mail_put(struct outbox *outbox, struct json *json);

/**
 * The request "mail ...", answered by a line of JSON; nobody waits for a mail server meanwhile:
 *
 *   test NAME   {"test":N}: one is on its way to each target of that name
 *   result N    {"done":false}, or {"done":true,"results":[{"name","target","passed","answer"}]}
 *               when each of them has its answer
 */
void control_mail_answer(struct outbox *outbox, struct slice argument, struct buf *out);

#endif
