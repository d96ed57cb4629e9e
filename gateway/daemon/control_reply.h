/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_CONTROL_REPLY_H
#define GATEWAY_DAEMON_CONTROL_REPLY_H

#include "gateway/base/buf.h"
#include "gateway/daemon/control.h"
#include "gateway/daemon/control_request.h"

/* Which rows of indicators. */
struct control_kpis {
    char site[65];  /* "": every site's */
    uint32_t kpi;   /* 0: each */
    bool wants_bad; /* only what is not ok */
    size_t limit;
};

/* One line of JSON each, with its line end: what `eogctl ... --json` prints as it is. Any thread.
 */
void control_reply_status(const struct control_options *options, struct buf *out);
/* The status without its rows of indicators and alerts; instead how many of each state a site has.
 */
void control_reply_overview(const struct control_options *options, struct buf *out);
/* The rows asked for, critical ones first, and how many there are of each state. */
void control_reply_kpis(const struct control_options *options, const struct control_kpis *asked,
                        struct buf *out);
void control_reply_alerts(const struct control_options *options, struct buf *out);
void control_reply_top(const struct control_options *options, const struct control_top *asked,
                       struct buf *out);
void control_reply_sources(const struct control_options *options, struct buf *out);

#endif
