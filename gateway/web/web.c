/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The thread and its server. A page is made whole for each request; what it costs in memory is
   bounded by the server's connections. */
#include "gateway/web/web.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/address.h"
#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/thread.h"
#include "gateway/loop/http.h"
#include "gateway/loop/loop.h"

enum { RETRY_MS = 10000, HEADER_MAX = 8192, BODY_MAX = 4096, BACKLOG = 64 };

struct web {
    struct web_routes routes;
    struct http_options limits;
    struct tls_context *tls; /* NULL: without */
    char *address, *token_file;
    struct loop *loop;
    struct loop_timer *retry;
    struct http *http;
    pthread_t thread;
    bool is_running;
    bool has_complained; /* that the address is taken */
};

static void on_request(void *context, const struct http_request *request, struct http_reply *reply)
{
    struct web *web = context;
    web->routes.http = web->http;
    web_routes_answer(&web->routes, request, reply);
}

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

static void *new_tls(void *context)
{
    return tls_native_server(context);
}

/* False: said in the log. */
static bool prepare_tls(struct web *web, const struct web_section *settings)
{
    struct tls_settings tls = web_tls(settings);
    struct buf reason = {0};
    if (!settings->cert)
        return true;
    web->tls = tls_context_new(&tls, true, &reason);
    if (!web->tls)
        log_error("web", "no TLS: %s", buf_text(&reason));
    buf_free(&reason);
    web->limits.new_tls = new_tls;
    web->limits.tls = web->tls;
    return web->tls != NULL;
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
        .routes = {.from = *options->from,
                   .answers = options->answers,
                   .n_answers = options->n_answers,
                   .context = options->context,
                   .is_local = !settings->cert},
        .limits = {.max_connections = (int)settings->max_connections,
                   .max_header_bytes = HEADER_MAX,
                   .max_body_bytes = BODY_MAX,
                   .idle_ms = (int)settings->idle_ms,
                   .total_ms = 3 * (int)settings->idle_ms},
        .address = gw_strdup(settings->address),
        .token_file = settings->token_file ? gw_strdup(settings->token_file) : NULL,
        .loop = loop_new(),
    };
    web->routes.access.token_file = web->token_file;
    if (web->loop && prepare_tls(web, settings))
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
    tls_context_put(web->tls);
    free(web->address);
    free(web->token_file);
    free(web);
}
