/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * evhttp of libevent 2.1 bounds neither how many connect nor how long they take in all, and tells
 * nobody when a connection ends. So each connection's bufferevent is made here and a reference
 * kept: evhttp takes its callbacks away when it is done with one, by which it is known, and the
 * last reference closes the descriptor. Who must go has his socket shut down, which evhttp then
 * notices as the end of a connection like any other.
 */
#include "gateway/loop/http.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/clock.h"
#include "gateway/loop/loop_internal.h"

enum { SWEEP_MS = 50, INPUT_MAX = 64 * 1024 };

struct connection {
    struct connection *next; /* older */
    struct bufferevent *bev;
    int64_t opened_ms;
    bool is_ending;
};

struct http {
    struct http_options options;
    http_fn *fn;
    void *context;
    struct evhttp *server;
    struct evconnlistener *listener;
    struct loop_timer *sweeper;
    struct connection *connections; /* newest first */
    struct http_counters counters;
};

static int64_t now_ms(void)
{
    return clock_read(&clock_system).mono_ms;
}

static bool is_over(const struct connection *connection)
{
    bufferevent_event_cb on_event;
    bufferevent_getcb(connection->bev, NULL, NULL, &on_event, NULL);
    return !on_event;
}

static void end(struct connection *connection, uint64_t *why)
{
    if (connection->is_ending)
        return;
    connection->is_ending = true;
    ++*why;
    shutdown(bufferevent_getfd(connection->bev), SHUT_RDWR);
}

/* Lets go of what is over, ends what takes too long. */
static void sweep(void *context)
{
    struct http *http = context;
    int64_t since_ms = now_ms() - http->options.total_ms;
    struct connection **place = &http->connections, *connection;
    while ((connection = *place)) {
        if (is_over(connection)) {
            *place = connection->next;
            bufferevent_decref(connection->bev);
            free(connection);
            http->counters.open--;
            continue;
        }
        if (connection->opened_ms <= since_ms)
            end(connection, &http->counters.expired);
        place = &connection->next;
    }
    /* Too many at a time, or no descriptor left, had stopped it. */
    if (http->counters.open <= http->options.max_connections)
        evconnlistener_enable(http->listener);
}

/* What is being ended has still a place; as many again and nobody is accepted until the sweep. */
static void make_room(struct http *http)
{
    struct connection *oldest = NULL;
    int n = 0;
    for (struct connection *one = http->connections; one; one = one->next)
        if (!one->is_ending && !is_over(one)) {
            oldest = one;
            n++;
        }
    if (n >= http->options.max_connections)
        end(oldest, &http->counters.displaced);
    if (http->counters.open >= 2 * http->options.max_connections)
        evconnlistener_disable(http->listener);
}

/* evhttp asks for what a connection that was just accepted is served through. */
static struct bufferevent *on_connection(struct event_base *base, void *context)
{
    struct http *http = context;
    make_room(http);
    struct bufferevent *bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (!bev)
        return NULL; /* evhttp makes one that nobody counts, or closes */
    bufferevent_setwatermark(bev, EV_READ, 0, INPUT_MAX);
    bufferevent_incref(bev);
    struct connection *connection = gw_alloc(sizeof *connection);
    *connection = (struct connection){.next = http->connections, .bev = bev, .opened_ms = now_ms()};
    http->connections = connection;
    http->counters.accepted++;
    http->counters.open++;
    return bev;
}

/* No descriptor left: it would be told so again and again until there is one. */
static void on_accept_error(struct evconnlistener *listener, void *context)
{
    (void)context;
    evconnlistener_disable(listener);
}

static struct slice header(struct evhttp_request *native, const char *name)
{
    return slice_from(evhttp_find_header(evhttp_request_get_input_headers(native), name));
}

static void free_body(const void *bytes, size_t n, void *context)
{
    (void)n;
    (void)context;
    free((void *)bytes);
}

static void send_reply(struct evhttp_request *native, enum http_method method,
                       struct http_reply *reply)
{
    char length[24];
    struct evkeyvalq *headers = evhttp_request_get_output_headers(native);
    struct evbuffer *body = evbuffer_new();
    snprintf(length, sizeof length, "%zu", reply->body.n);
    evhttp_add_header(headers, "Content-Type", reply->type);
    evhttp_add_header(headers, "Content-Length", length);
    evhttp_add_header(headers, "Connection", "close");
    evhttp_add_header(headers, "Cache-Control", "no-store");
    evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
    evhttp_add_header(headers, "Referrer-Policy", "no-referrer");
    if (reply->allow)
        evhttp_add_header(headers, "Allow", reply->allow);
    if (reply->policy)
        evhttp_add_header(headers, "Content-Security-Policy", reply->policy);
    if (body && method != HTTP_HEAD && reply->body.n &&
        evbuffer_add_reference(body, reply->body.p, reply->body.n, free_body, NULL) == 0)
        reply->body = (struct buf){0};
    evhttp_send_reply(native, reply->status, NULL, body);
    if (body)
        evbuffer_free(body);
}

static enum http_method method_of(const struct evhttp_request *native)
{
    switch (evhttp_request_get_command(native)) {
    case EVHTTP_REQ_GET:
        return HTTP_GET;
    case EVHTTP_REQ_HEAD:
        return HTTP_HEAD;
    case EVHTTP_REQ_POST:
        return HTTP_POST;
    default:
        return HTTP_OTHER;
    }
}

static void on_request(struct evhttp_request *native, void *context)
{
    struct http *http = context;
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(native);
    const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
    struct http_request request = {
        .method = method_of(native),
        .path = path ? path : "",
        .query = slice_from(uri ? evhttp_uri_get_query(uri) : NULL),
        .accept = header(native, "Accept"),
        .host = header(native, "Host"),
        .authorization = header(native, "Authorization"),
        .content_type = header(native, "Content-Type"),
    };
    struct evbuffer *body = evhttp_request_get_input_buffer(native);
    if (request.method == HTTP_POST && body)
        request.body = slice_of((const char *)evbuffer_pullup(body, -1), evbuffer_get_length(body));
    struct http_reply reply = {.status = 500, .type = "text/plain; charset=utf-8"};
    http->fn(http->context, &request, &reply);
    send_reply(native, request.method, &reply);
    buf_free(&reply.body);
}

static bool start(struct http *http, struct loop *loop, int fd)
{
    struct event_base *base = loop_base(loop);
    struct timeval idle = {http->options.idle_ms / 1000, http->options.idle_ms % 1000 * 1000};
    http->server = evhttp_new(base);
    if (http->server)
        http->listener = evconnlistener_new(base, NULL, NULL,
                                            LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    if (!http->listener) {
        close(fd);
        return false;
    }
    if (!evhttp_bind_listener(http->server, http->listener)) {
        evconnlistener_free(http->listener);
        return false;
    }
    evconnlistener_set_error_cb(http->listener, on_accept_error);
    evhttp_set_timeout_tv(http->server, &idle);
    evhttp_set_max_headers_size(http->server, (ev_ssize_t)http->options.max_header_bytes);
    evhttp_set_max_body_size(http->server, (ev_ssize_t)http->options.max_body_bytes);
    /* Each known one: the answer to a method that is not allowed is ours. */
    evhttp_set_allowed_methods(http->server, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
                                                 EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE |
                                                 EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE |
                                                 EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH);
    evhttp_set_bevcb(http->server, on_connection, http);
    evhttp_set_gencb(http->server, on_request, http);
    http->sweeper = loop_timer_new(loop, SWEEP_MS, sweep, http);
    return http->sweeper;
}

struct http *http_new(struct loop *loop, int fd, const struct http_options *options, http_fn *fn,
                      void *context)
{
    struct http *http = gw_alloc(sizeof *http);
    *http = (struct http){.options = *options, .fn = fn, .context = context};
    if (start(http, loop, fd))
        return http;
    http_free(http);
    return NULL;
}

void http_free(struct http *http)
{
    if (!http)
        return;
    loop_timer_free(http->sweeper);
    if (http->server)
        evhttp_free(http->server); /* its connections and the listener with it */
    while (http->connections) {
        struct connection *connection = http->connections;
        http->connections = connection->next;
        bufferevent_decref(connection->bev);
        free(connection);
    }
    free(http);
}

struct http_counters http_count(const struct http *http)
{
    return http->counters;
}
