/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The thread, its server and the routes. A page is made whole for each request; what it costs in
   memory is bounded by the server's connections. */
#include "gateway/web/web.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/address.h"
#include "gateway/base/arena.h"
#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/thread.h"
#include "gateway/loop/http.h"
#include "gateway/loop/loop.h"
#include "gateway/web/access.h"
#include "gateway/web/metrics_internal.h"
#include "gateway/web/page.h"

enum { RETRY_MS = 10000, HEADER_MAX = 8192, BODY_MAX = 4096, BACKLOG = 64 };

/* Nothing from elsewhere, no script but ours, in no frame. */
static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; "
                             "img-src data:; connect-src 'self'; base-uri 'none'; "
                             "form-action 'none'; frame-ancestors 'none'";

/* What the routes answer; what is no HTTP is answered by the server itself. */
static const int statuses[] = {200, 400, 401, 403, 404, 405, 415, 421, 429, 503};
enum { N_STATUSES = sizeof statuses / sizeof *statuses };

struct web {
    struct metrics_sources from;
    struct web_options options; /* answers and context of it */
    struct http_options limits;
    struct web_access access;
    struct page_files *files;
    char *address, *token_file;
    struct loop *loop;
    struct loop_timer *retry;
    struct http *http;
    pthread_t thread;
    bool is_running;
    bool has_complained; /* that the address is taken */
    uint64_t answers[N_STATUSES];
};

/* ---- pages ---- */

static void put_own(struct web *web, struct exposition *e)
{
    struct http_counters counters = http_count(web->http);
    exposition_family(e, "eog_web_answers", EXPOSITION_COUNTER, "Pages answered, by status.");
    for (size_t i = 0; i < N_STATUSES; i++) {
        char code[12];
        snprintf(code, sizeof code, "%d", statuses[i]);
        exposition_sample(e);
        metrics_label(e, "code", code);
        exposition_uint(e, web->answers[i]);
    }
    metrics_counter(e, "eog_web_accepted_connections", counters.accepted,
                    "Connections to this page.");
    metrics_counter(e, "eog_web_displaced_connections", counters.displaced,
                    "Connections closed to make room for another.");
    metrics_counter(e, "eog_web_expired_connections", counters.expired,
                    "Connections that took too long in all.");
}

static void answer_metrics(struct web *web, const struct http_request *request,
                           struct http_reply *reply)
{
    struct exposition e;
    enum exposition_form form = exposition_choose(request->accept);
    exposition_begin(&e, &reply->body, form);
    metrics_write(&web->from, &e);
    put_own(web, &e);
    exposition_end(&e);
    reply->status = 200;
    reply->type = exposition_media_type(form);
}

static void answer_health(struct web *web, const struct http_request *request,
                          struct http_reply *reply)
{
    struct journal_status status;
    (void)request;
    journal_get_status(web->from.journal, &status);
    reply->status = status.is_failing ? 503 : 200;
    if (status.is_failing)
        buf_printf(&reply->body, "failing: the journal's disk refuses: %s\n", status.failure);
    else
        buf_slice(&reply->body, SLICE("ok\n"));
}

/* A row a page of its own. */
static const struct route {
    const char *path;
    void (*answer)(struct web *web, const struct http_request *request, struct http_reply *reply);
} routes[] = {
    {"/metrics", answer_metrics},
    {"/healthz", answer_health},
};

/* ---- requests ---- */

static void refuse(struct http_reply *reply, int status, const char *why)
{
    reply->status = status;
    buf_printf(&reply->body, "%s\n", why);
}

/* "127.0.0.1:9116", "[::1]", "localhost"; absent in HTTP/1.0. */
static bool is_host_local(struct slice host)
{
    if (host.n && host.p[0] == '[') {
        struct slice inner, rest;
        return slice_cut(slice_skip(host, 1), ']', &inner, &rest) && address_is_ip(inner);
    }
    struct slice name, port;
    slice_cut(host, ':', &name, &port);
    return host.n == 0 || address_is_ip(name) || slice_equal_nocase(name, SLICE("localhost"));
}

static bool is_read(const struct http_request *request)
{
    return request->method == HTTP_GET || request->method == HTTP_HEAD;
}

static bool may_change(struct web *web, const struct http_request *request,
                       struct http_reply *reply)
{
    struct slice type, rest;
    slice_cut(request->content_type, ';', &type, &rest);
    if (!slice_equal_nocase(slice_trim(type), SLICE("application/json"))) {
        refuse(reply, 415, "send application/json");
        return false;
    }
    switch (
        web_access_judge(&web->access, request->authorization, clock_read(&clock_system).mono_ms)) {
    case WEB_ALLOWED:
        return true;
    case WEB_NO_TOKEN:
        refuse(reply, 403,
               "nothing can be changed here: <web token-file> is not set or not usable");
        return false;
    case WEB_TOO_OFTEN:
        refuse(reply, 429, "too many wrong tokens; wait a minute");
        return false;
    case WEB_WRONG:
        break;
    }
    log_warn("web", "wrong token path=%s", request->path);
    refuse(reply, 401, "wrong token");
    return false;
}

/* False: no answer of the daemon's has this path. */
static bool answer_json(struct web *web, const struct http_request *request,
                        struct http_reply *reply)
{
    for (size_t i = 0; i < web->options.n_answers; i++) {
        const struct web_answer *row = &web->options.answers[i];
        if (strcmp(row->path, request->path) != 0)
            continue;
        if (row->is_post ? request->method != HTTP_POST : !is_read(request)) {
            reply->allow = row->is_post ? "POST" : "GET, HEAD";
            refuse(reply, 405, row->is_post ? "only POST" : "only GET and HEAD");
        } else if (!row->is_post || may_change(web, request, reply)) {
            reply->type = "application/json";
            reply->status = row->answer(
                web->options.context, row->is_post ? request->body : request->query, &reply->body);
        }
        return true;
    }
    return false;
}

static bool answer_file(const struct web *web, const struct http_request *request,
                        struct http_reply *reply)
{
    struct slice body;
    const char *type = page_files_get(web->files, request->path, &body);
    if (!type)
        return false;
    reply->status = 200;
    reply->type = type;
    reply->policy = policy;
    buf_slice(&reply->body, body);
    return true;
}

static void route(struct web *web, const struct http_request *request, struct http_reply *reply)
{
    if (!is_host_local(request->host)) {
        refuse(reply, 421, "ask by an address or as localhost, not by another name");
        return;
    }
    if (answer_json(web, request, reply))
        return;
    if (!is_read(request)) {
        reply->allow = "GET, HEAD";
        refuse(reply, 405, "only GET and HEAD");
        return;
    }
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (strcmp(routes[i].path, request->path) == 0) {
            routes[i].answer(web, request, reply);
            return;
        }
    if (!answer_file(web, request, reply))
        refuse(reply, 404, "there are /, /metrics, /healthz and /api/...");
}

static void on_request(void *context, const struct http_request *request, struct http_reply *reply)
{
    struct web *web = context;
    route(web, request, reply);
    for (size_t i = 0; i < N_STATUSES; i++)
        web->answers[i] += statuses[i] == reply->status;
}

/* ---- the server ---- */

static int listen_at(const char *text)
{
    struct address address;
    int on = 1;
    if (!address_parse(slice_from(text), &address)) {
        errno = EINVAL;
        return -1;
    }
    int fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address.storage, address.length) == 0 &&
        listen(fd, BACKLOG) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static void try_to_listen(void *context)
{
    struct web *web = context;
    if (web->http)
        return;
    int fd = listen_at(web->address);
    if (fd >= 0)
        web->http = http_new(web->loop, fd, &web->limits, on_request, web);
    if (web->http) {
        log_info("web", "listening address=%s", web->address);
        loop_timer_free(web->retry);
        web->retry = NULL;
    } else if (!web->has_complained) {
        web->has_complained = true;
        log_error("web", "no metrics: cannot listen, trying again every 10 s address=%s reason=%s",
                  web->address, strerror(errno));
    }
}

static void *run(void *context)
{
    struct web *web = context;
    loop_run(web->loop);
    return NULL;
}

int web_start(const struct web_options *options, struct web **out)
{
    const struct web_section *settings = options->settings;
    *out = NULL;
    if (!settings->address)
        return GW_OK;
    struct web *web = gw_alloc(sizeof *web);
    *web = (struct web){
        .from = *options->from,
        .options = *options,
        .limits = {.max_connections = (int)settings->max_connections,
                   .max_header_bytes = HEADER_MAX,
                   .max_body_bytes = BODY_MAX,
                   .idle_ms = (int)settings->idle_ms,
                   .total_ms = 3 * (int)settings->idle_ms},
        .address = gw_strdup(settings->address),
        .token_file = settings->token_file ? gw_strdup(settings->token_file) : NULL,
        .files = page_files_load(options->page_dir),
        .loop = loop_new(),
    };
    web->access.token_file = web->token_file;
    if (web->loop)
        web->retry = loop_timer_new(web->loop, RETRY_MS, try_to_listen, web);
    if (web->retry) {
        try_to_listen(web);
        web->is_running = gw_thread_start(&web->thread, "web", run, web) == GW_OK;
    }
    if (!web->is_running) {
        web_stop(web);
        return GW_ERR_IO;
    }
    *out = web;
    return GW_OK;
}

void web_stop(struct web *web)
{
    if (!web)
        return;
    if (web->is_running) {
        loop_stop(web->loop);
        pthread_join(web->thread, NULL);
    }
    http_free(web->http);
    loop_timer_free(web->retry);
    loop_free(web->loop);
    page_files_free(web->files);
    free(web->address);
    free(web->token_file);
    free(web);
}
