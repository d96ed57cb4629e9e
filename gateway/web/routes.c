/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which page a path is, and who may have it. */
#include "gateway/web/routes.h"

#include <stdio.h>
#include <string.h>

#include "gateway/base/address.h"
#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/web/metrics_internal.h"
#include "gateway/web/page.h"

/* Nothing from elsewhere, no script but ours, in no frame. */
static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; "
                             "img-src data:; connect-src 'self'; base-uri 'none'; "
                             "form-action 'none'; frame-ancestors 'none'";

/* What the routes answer; what is no HTTP is answered by the server itself. */
static const int statuses[] = {200, 400, 401, 403, 404, 405, 415, 421, 429, 503};
_Static_assert(sizeof statuses / sizeof *statuses == WEB_STATUSES, "a counter each");

/* ---- pages ---- */

static void put_own(struct web_routes *routes, struct exposition *e)
{
    struct http_counters counters = http_count(routes->http);
    exposition_family(e, "eog_web_answers", EXPOSITION_COUNTER, "Pages answered, by status.");
    for (size_t i = 0; i < WEB_STATUSES; i++) {
        char code[12];
        snprintf(code, sizeof code, "%d", statuses[i]);
        exposition_sample(e);
        metrics_label(e, "code", code);
        exposition_uint(e, routes->answered[i]);
    }
    metrics_counter(e, "eog_web_accepted_connections", counters.accepted,
                    "Connections to this page.");
    metrics_counter(e, "eog_web_displaced_connections", counters.displaced,
                    "Connections closed to make room for another.");
    metrics_counter(e, "eog_web_expired_connections", counters.expired,
                    "Connections that took too long in all.");
}

static void answer_metrics(struct web_routes *routes, const struct http_request *request,
                           struct http_reply *reply)
{
    struct exposition e;
    enum exposition_form form = exposition_choose(request->accept);
    exposition_begin(&e, &reply->body, form);
    metrics_write(&routes->from, &e);
    put_own(routes, &e);
    exposition_end(&e);
    reply->status = 200;
    reply->type = exposition_media_type(form);
}

static void answer_health(struct web_routes *routes, const struct http_request *request,
                          struct http_reply *reply)
{
    struct journal_status status;
    (void)request;
    journal_get_status(routes->from.journal, &status);
    reply->status = status.is_failing ? 503 : 200;
    if (status.is_failing)
        buf_printf(&reply->body, "failing: the journal's disk refuses: %s\n", status.failure);
    else
        buf_slice(&reply->body, SLICE("ok\n"));
}

/* Paths that are no file of the page and no answer of the daemon's. */
static const struct page {
    const char *path;
    bool is_open; /* without the token: for those that only ask whether the gateway lives */
    void (*answer)(struct web_routes *routes, const struct http_request *request,
                   struct http_reply *reply);
} pages[] = {
    {"/metrics", false, answer_metrics},
    {"/healthz", true, answer_health},
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

static bool has_token(struct web_routes *routes, const struct http_request *request,
                      struct http_reply *reply)
{
    switch (web_access_judge(&routes->access, request->peer, request->authorization,
                             clock_read(&clock_system).mono_ms)) {
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
    if (request->authorization.n)
        log_warn("web", "wrong token peer=%s", request->peer);
    reply->wants_token = true;
    refuse(reply, 401, "wrong token");
    return false;
}

static bool may_change(struct web_routes *routes, const struct http_request *request,
                       struct http_reply *reply)
{
    struct slice type, rest;
    slice_cut(request->content_type, ';', &type, &rest);
    if (slice_equal_nocase(slice_trim(type), SLICE("application/json")))
        return has_token(routes, request, reply);
    refuse(reply, 415, "send application/json");
    return false;
}

static bool may_read(struct web_routes *routes, const struct http_request *request,
                     struct http_reply *reply)
{
    return routes->is_local || has_token(routes, request, reply);
}

/* False: no answer of the daemon's has this path. */
static bool answer_json(struct web_routes *routes, const struct http_request *request,
                        struct http_reply *reply)
{
    for (size_t i = 0; i < routes->n_answers; i++) {
        const struct web_answer *row = &routes->answers[i];
        if (strcmp(row->path, request->path) != 0)
            continue;
        if (row->is_post ? request->method != HTTP_POST : !is_read(request)) {
            reply->allow = row->is_post ? "POST" : "GET, HEAD";
            refuse(reply, 405, row->is_post ? "only POST" : "only GET and HEAD");
        } else if (row->is_post ? may_change(routes, request, reply)
                                : may_read(routes, request, reply)) {
            reply->type = "application/json";
            reply->status = row->answer(
                routes->context, row->is_post ? request->body : request->query, &reply->body);
        }
        return true;
    }
    return false;
}

static bool answer_file(const struct http_request *request, struct http_reply *reply)
{
    struct slice body;
    const char *type = page_find(request->path, &body);
    if (!type)
        return false;
    reply->status = 200;
    reply->type = type;
    reply->policy = policy;
    buf_slice(&reply->body, body);
    return true;
}

static void route(struct web_routes *routes, const struct http_request *request,
                  struct http_reply *reply)
{
    if (routes->is_local && !is_host_local(request->host)) {
        refuse(reply, 421, "ask by an address or as localhost, not by another name");
        return;
    }
    if (answer_json(routes, request, reply))
        return;
    if (!is_read(request)) {
        reply->allow = "GET, HEAD";
        refuse(reply, 405, "only GET and HEAD");
        return;
    }
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if (strcmp(pages[i].path, request->path) == 0) {
            if (pages[i].is_open || may_read(routes, request, reply))
                pages[i].answer(routes, request, reply);
            return;
        }
    if (!answer_file(request, reply))
        refuse(reply, 404, "there are /, /metrics, /healthz and /api/...");
}

void web_routes_answer(struct web_routes *routes, const struct http_request *request,
                       struct http_reply *reply)
{
    route(routes, request, reply);
    for (size_t i = 0; i < WEB_STATUSES; i++)
        routes->answered[i] += statuses[i] == reply->status;
}
