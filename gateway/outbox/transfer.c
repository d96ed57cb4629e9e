/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What mails and POSTs have in common. A transfer blocks in libcurl's own wait; on_progress() ends
 * that within a second, shutting its socket ends it at once.
 */
#include "gateway/outbox/transfer_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/log.h"
#include "gateway/base/secret.h"
#include "gateway/outbox/mime.h"
#include "gateway/tls/tls.h"

enum { BODY_MAX_BYTES = 65536 };

bool transfer_start_library(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

void transfer_stop_library(void)
{
    curl_global_cleanup();
}

void transfer_say(struct transfer_report *report, const char *format, ...)
{
    struct buf text = {0}, inert = {0};
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(&text, format, arguments);
    va_end(arguments);
    mime_clean(&inert, buf_get(&text), sizeof report->answer - 1);
    snprintf(report->answer, sizeof report->answer, "%s", buf_text(&inert));
    buf_free(&text);
    buf_free(&inert);
}

const char *transfer_secret(const char *path, struct arena *arena, struct transfer_report *report)
{
    struct buf error = {0};
    bool is_exposed = false;
    const char *text = path ? secret_read(path, arena, &is_exposed, &error) : NULL;
    if (path && !text)
        transfer_say(report, "%s", buf_text(&error));
    buf_free(&error);
    return text;
}

/* ---- what libcurl asks ---- */

static int on_progress(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct transfer *transfer = context;
    (void)a, (void)b, (void)c, (void)d;
    return atomic_load(&transfer->is_ending);
}

static curl_socket_t on_open(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *transfer = context;
    (void)purpose;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    pthread_mutex_lock(&transfer->lock);
    transfer->fd = fd;
    pthread_mutex_unlock(&transfer->lock);
    return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static int on_close(void *context, curl_socket_t fd)
{
    struct transfer *transfer = context;
    pthread_mutex_lock(&transfer->lock);
    if (transfer->fd == fd)
        transfer->fd = -1;
    close(fd);
    pthread_mutex_unlock(&transfer->lock);
    return 0;
}

void transfer_shut(struct transfer *transfer, int how)
{
    pthread_mutex_lock(&transfer->lock);
    if (transfer->fd >= 0)
        shutdown(transfer->fd, how);
    pthread_mutex_unlock(&transfer->lock);
}

static size_t on_read(char *to, size_t size, size_t n, void *context)
{
    struct transfer *transfer = context;
    struct slice part = slice_head(transfer->unsent, size * n);
    if (part.n)
        memcpy(to, part.p, part.n);
    transfer->unsent = slice_skip(transfer->unsent, part.n);
    return part.n;
}

/* The body of an answer: its beginning is kept for people, a long one is not waited for. */
static size_t on_body(char *from, size_t size, size_t n, void *context)
{
    struct transfer *transfer = context;
    size_t room = sizeof transfer->line - 1 - transfer->n_line;
    size_t kept = size * n < room ? size * n : room;
    memcpy(transfer->line + transfer->n_line, from, kept);
    transfer->n_line += kept;
    transfer->n_body += size * n;
    return transfer->n_body <= BODY_MAX_BYTES ? size * n : 0;
}

/* ---- one transfer ---- */

struct transfer *transfer_new(void)
{
    struct transfer *transfer = gw_alloc(sizeof *transfer);
    transfer->fd = -1;
    pthread_mutex_init(&transfer->lock, NULL);
    transfer->curl = curl_easy_init();
    if (transfer->curl)
        return transfer;
    transfer_free(transfer);
    return NULL;
}

void transfer_free(struct transfer *transfer)
{
    if (!transfer)
        return;
    transfer_shut(transfer, SHUT_RDWR);
    curl_easy_cleanup(transfer->curl);
    pthread_mutex_destroy(&transfer->lock);
    free(transfer);
}

void transfer_end(struct transfer *transfer)
{
    atomic_store(&transfer->is_ending, true);
    transfer_shut(transfer, SHUT_RDWR);
}

static void set_calls(struct transfer *transfer)
{
    CURL *curl = transfer->curl;
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer->error);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(curl, CURLOPT_READDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
}

void transfer_prepare(struct transfer *transfer, const struct outbox_section *section,
                      const char *url)
{
    CURL *curl = transfer->curl;
    long seconds = (long)(section->timeout_ms + 999) / 1000;
    curl_easy_reset(curl);
    transfer->error[0] = '\0';
    transfer->verb = "";
    transfer->n_line = transfer->n_body = 0;
    transfer->has_begun = transfer->is_over = false;
    set_calls(transfer);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L); /* does not wait for a resolver that hangs */
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)section->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, seconds);
    /* A connection for each: one that was kept may be dead at the other end. */
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (section->ca) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, section->ca);
        curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    }
}

/* ---- checking ---- */

static bool check_secret(const char *path, struct buf *error)
{
    struct arena arena;
    bool is_exposed = false;
    if (!path)
        return true;
    arena_init(&arena, 0);
    const char *text = secret_read(path, &arena, &is_exposed, error);
    if (text && is_exposed)
        log_warn("outbox", "everybody may read this secret: chmod o-r file=%s", path);
    arena_fini(&arena);
    return text != NULL;
}

/* By the room that reads such files for all others; libcurl would say it at each attempt. */
static bool check_certificates(const struct outbox_section *section, struct buf *error)
{
    const struct tls_settings settings = {
        .cert = section->cert,
        .key = section->key,
        .ca = section->ca,
        .verify = section->ca ? TLS_VERIFY_REQUIRED : TLS_VERIFY_NONE,
    };
    return tls_check(&settings, false, error);
}

bool transfer_check_files(const struct outbox_section *section, struct buf *error)
{
    return check_certificates(section, error) && check_secret(section->password_file, error) &&
           check_secret(section->token_file, error);
}
