/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_WEB_ROUTES_H
#define GATEWAY_WEB_ROUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/loop/http.h"
#include "gateway/web/access.h"
#include "gateway/web/metrics.h"

/** A page of the daemon's: JSON. */
struct web_answer {
    const char *path;
    bool is_post;
    /* On the web's thread. argument: the query of a GET, the body of a POST; any bytes. The status,
       200, 400 or 503; out is JSON whatever it is. */
    int (*answer)(void *context, struct slice argument, struct buf *out);
};

enum { WEB_STATUSES = 10 }; /* that are counted */

/** What each request is answered from. One thread; all that is pointed to outlives it. */
struct web_routes {
    struct metrics_sources from;
    const struct http *http; /* whose connections /metrics counts */
    const struct web_answer *answers;
    size_t n_answers;
    void *context; /* of the answers */
    struct web_access access;
    bool is_local; /* who asks is a user of this machine: may read without the token */
    uint64_t answered[WEB_STATUSES];
};

/* reply: as http_fn has it; its status is set, and counted. */
void web_routes_answer(struct web_routes *routes, const struct http_request *request,
                       struct http_reply *reply);

#endif
