/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_WEB_WEB_H
#define GATEWAY_WEB_WEB_H

#include "gateway/web/metrics.h"
#include "gateway/web/routes.h"
#include "gateway/web/settings.h"

/**
 * The gateway's own HTTP pages, in a thread and a loop of their own: whoever asks, asks much or is
 * slow holds up neither ticks nor the control socket.
 *
 *     GET /          the status page (page.h), a browser's
 *     GET /metrics   counters and states (metrics.h), as Accept asks
 *     GET /healthz   200 "ok" while the journal takes records, else 503 and why
 *     GET /api/...   what the daemon answers, as JSON
 *     POST /api/...  the same, for who shows the token (access.h)
 *
 * HEAD is as GET, another method 405, another path 404. Without TLS, at a loopback address,
 * everybody may read; a Host that is neither an address nor localhost is refused (421): a page from
 * elsewhere in a local browser must not read this one under a name of its own. With TLS all but
 * /healthz and the page's own files want the token. For the same reason a POST must be
 * application/json, which such a page cannot send without being asked whether it may.
 */
struct web;

struct web_options {
    const struct web_section *settings;
    const struct metrics_sources *from;
    const struct web_answer *answers;
    size_t n_answers;
    void *context;
};

/* NULL address: nothing starts, *out is NULL. An address that is taken is tried again every 10 s:
   the gateway receives without its page. GW_OK; GW_ERR_IO: no thread or descriptors. What from,
   answers and context point to outlives the web. */
int web_start(const struct web_options *options, struct web **out);
void web_stop(struct web *web);

#endif
