/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_CONTROL_REPLY_H
#define GATEWAY_DAEMON_CONTROL_REPLY_H

#include "gateway/base/buf.h"
#include "gateway/daemon/control.h"
#include "gateway/daemon/control_request.h"

/* One line of JSON each, with its line end: what `eogctl ... --json` prints as it is. */
void control_reply_status(const struct control_options *options, struct buf *out);
void control_reply_alerts(const struct control_options *options, struct buf *out);
void control_reply_top(const struct control_options *options, const struct control_top *asked,
                       struct buf *out);
void control_reply_sources(const struct control_options *options, struct buf *out);

#endif
