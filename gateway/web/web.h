/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_WEB_WEB_H
#define GATEWAY_WEB_WEB_H

#include "gateway/web/metrics.h"
#include "gateway/web/settings.h"

/**
 * The gateway's own HTTP pages, in a thread and a loop of their own: whoever asks, asks much or is
 * slow holds up neither ticks nor the control socket.
 *
 *     GET /metrics   counters and states (metrics.h), as Accept asks
 *     GET /healthz   200 "ok" while the journal takes records, else 503 and why
 *
 * HEAD is as GET, another method 405, another path 404. A Host that is neither an address nor
 * localhost is refused (421): a page from elsewhere in a local browser must not read this one under
 * a name of its own.
 */
struct web;

/* NULL address: nothing starts, *out is NULL. An address that is taken is tried again every 10 s:
   the gateway receives without its page. GW_OK; GW_ERR_IO: no thread or descriptors. What from
   points to outlives the web. */
int web_start(const struct web_section *settings, const struct metrics_sources *from,
              struct web **out);
void web_stop(struct web *web);

#endif
