/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_CONTROL_REPLY_H
#define GATEWAY_DAEMON_CONTROL_REPLY_H

#include "gateway/base/buf.h"
#include "gateway/base/json.h"
#include "gateway/daemon/control.h"
#include "gateway/daemon/control_request.h"

/* Which rows of indicators. */
struct control_kpis {
    char site[65];  /* "": every site's */
    uint32_t kpi;   /* 0: each */
    bool wants_bad; /* only what is not ok */
    size_t limit;
};

/**
 * The status, or its alerts alone (which `alerts` asks): one line of JSON, made as its asker takes
 * it, since 30,000 rows of indicators are 7 MB. It shows one snapshot from end to end, and holds
 * it until it is freed.
 */
struct control_rows;
struct control_rows *control_rows_new(const struct control_options *options, bool alerts_alone,
                                      struct buf *out);
/* Rows until out holds that many bytes, or a row more. True: the line is whole. */
bool control_rows_put(struct control_rows *rows, size_t enough);
void control_rows_free(struct control_rows *rows);

/* One line of JSON each, with its line end: what `eogctl ... --json` prints as it is. Any thread.
 */
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
/* {"error":TEXT} and its line end. */
void control_reply_error(struct buf *out, struct slice text);
/* A member of any of them: RFC 3339 in UTC, null for 0. */
void control_reply_time(struct json *json, struct slice key, int64_t ms);

#endif
