/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_LOOP_HTTP_H
#define GATEWAY_LOOP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "gateway/loop/loop.h"

/**
 * An HTTP/1.1 server in a loop: libevent's evhttp, with the bounds that it lacks. A connection
 * serves one request and is closed. One more than max_connections takes the place of the oldest, so
 * that who connects and says nothing keeps nobody out. All calls belong to the loop's thread.
 */
struct http;

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_OTHER };

struct http_request {
    enum http_method method;
    const char *path;   /* as sent, without the query; "" when there is none */
    struct slice query; /* behind the '?', as sent */
    struct slice accept, host, authorization, content_type; /* headers; empty when absent */
    struct slice body; /* of a POST. Of all slices: any bytes */
};

/* The body is taken over; type is constant text. HEAD: the body's length is told, not the body. */
struct http_reply {
    int status;
    const char *type;
    const char *allow;  /* header Allow; NULL: none */
    const char *policy; /* header Content-Security-Policy; NULL: none */
    struct buf body;
};
typedef void http_fn(void *context, const struct http_request *request, struct http_reply *reply);

struct http_options {
    int max_connections;
    size_t max_header_bytes, max_body_bytes; /* more: 400, 413 */
    int idle_ms;                             /* no byte for so long, in or out: closed */
    int total_ms;                            /* from the connection to its end */
};

struct http_counters {
    uint64_t accepted;
    uint64_t displaced; /* made room for another */
    uint64_t expired;   /* total_ms were over */
    int open;
};

/* fd: a listening socket, non-blocking; it is the server's from here on, whatever comes of it.
   NULL: no memory or descriptors. */
struct http *http_new(struct loop *loop, int fd, const struct http_options *options, http_fn *fn,
                      void *context);
/* Before the loop. NULL is fine. */
void http_free(struct http *http);
struct http_counters http_count(const struct http *http);

#endif
