/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Accepting stream connections: on the first worker, dealt out in turn. */
#include "gateway/intake/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/intake/certificates.h"
#include "gateway/intake/connection.h"

/* Descriptors that connections leave to the journal's segments, the control socket, a reload. */
enum { DESCRIPTORS_KEPT = 16, RESUME_MS = 50 };

void listen_refuse(struct stream_listener *listener, struct log_limit *limit, const char *why)
{
    unsigned long held;
    stats_add(&listener->intake->options.stats->connections_refused, 1);
    if (log_allowed(limit, 5000, &held))
        log_warn("intake", "connections refused address=%s reason=%s refused=%lu",
                 listener->settings->address, why, held + 1);
}

/* The lowest free descriptor would be one that connections may have. */
static bool has_descriptor(const struct stream_listener *listener)
{
    int fd = fcntl(listener->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return false;
    close(fd);
    return fd <= listener->highest_fd;
}

static void resume_accept(void *context)
{
    struct stream_listener *listener = context;
    if (!has_descriptor(listener))
        return; /* the timer comes again */
    loop_timer_free(listener->resume);
    listener->resume = NULL;
    loop_io_set(listener->io, LOOP_READ);
}

/* No descriptor is left: a readable listener would spin. Who comes now waits in the kernel. */
static void pause_accept(struct stream_listener *listener)
{
    unsigned long held;
    if (log_allowed(&listener->refuse_log, 5000, &held))
        log_warn("intake", "connections wait: no descriptors left; raise LimitNOFILE address=%s",
                 listener->settings->address);
    loop_io_set(listener->io, 0);
    listener->resume =
        loop_timer_new(listener->intake->workers[0].loop, RESUME_MS, resume_accept, listener);
}

static void hand_over(struct stream_listener *listener, int fd, const struct sockaddr_storage *from)
{
    struct intake *intake = listener->intake;
    struct handover *handover = gw_alloc(sizeof *handover);
    int on = 1;
    *handover = (struct handover){.listener = listener, .from = *from, .fd = fd};
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    atomic_fetch_add(&listener->open, 1);
    atomic_fetch_add(&intake->options.stats->connections_open, 1);
    unsigned turn = listener->turn++ % (unsigned)intake->n_workers;
    connection_hand_over(intake->workers[turn].connections, handover);
}

/* Whoever may begin with a PROXY header names the sender. NULL: it may come in. */
static const char *reason_against(const struct stream_listener *listener,
                                  const struct sockaddr_storage *from)
{
    if (atomic_load(&listener->open) >= listener->settings->max_connections)
        return "max-connections";
    if (listener->settings->proxies &&
        !relays_have(&listener->proxies, (const struct sockaddr *)from))
        return "proxies";
    return NULL;
}

static void on_accept(void *context, int ready)
{
    struct stream_listener *listener = context;
    (void)ready;
    for (int i = 0; i < 64; i++) {
        struct sockaddr_storage from;
        socklen_t length = sizeof from;
        int fd =
            accept4(listener->fd, (struct sockaddr *)&from, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
            pause_accept(listener);
            return;
        }
        if (fd < 0)
            return;
        const char *why = reason_against(listener, &from);
        if (why) {
            listen_refuse(listener, &listener->refuse_log, why);
            close(fd);
        } else {
            hand_over(listener, fd, &from);
        }
        if (fd >= listener->highest_fd) { /* all below are taken */
            pause_accept(listener);
            return;
        }
    }
}

static int highest_descriptor(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX)
        return INT_MAX;
    int all = (int)limit.rlim_cur;
    return all - (all < 8 * DESCRIPTORS_KEPT ? all / 8 : DESCRIPTORS_KEPT) - 1;
}

int listen_open(struct intake *intake, const struct intake_listener *settings,
                const struct connection_protocol *protocol, struct diag *diag)
{
    struct address address;
    struct relays relays = {0}, proxies = {0};
    struct slice bad;
    int on = 1;
    if (!address_parse(slice_from(settings->address), &address) ||
        !relays_init(&relays, settings->relays, &bad) ||
        !relays_init(&proxies, settings->proxies, &bad)) {
        intake_check(settings, protocol->element, diag);
        relays_fini(&relays);
        return GW_ERR_INVALID;
    }
    int fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address.storage, address.length) < 0 ||
        listen(fd, 1024) < 0) {
        diag_add_at(diag, settings->place, "<%s address=\"%s\">: cannot listen: %s",
                    protocol->element, settings->address, strerror(errno));
        if (fd >= 0)
            close(fd);
        relays_fini(&relays);
        relays_fini(&proxies);
        return GW_ERR_IO;
    }
    struct stream_listener *listener = gw_alloc(sizeof *listener);
    *listener = (struct stream_listener){.next = intake->listeners,
                                         .intake = intake,
                                         .settings = settings,
                                         .protocol = protocol,
                                         .relays = relays,
                                         .proxies = proxies,
                                         .fd = fd,
                                         .highest_fd = highest_descriptor()};
    pthread_mutex_init(&listener->lock, NULL);
    if (intake->options.certificates)
        listener->tls = certificates_get(intake->options.certificates, settings->address);
    listener->has_tls = listener->tls != NULL;
    intake->listeners = listener;
    listener->io = loop_io_new(intake->workers[0].loop, fd, LOOP_READ, on_accept, listener);
    return listener->io ? GW_OK : GW_ERR_IO;
}

struct tls_context *listen_tls(struct stream_listener *listener)
{
    pthread_mutex_lock(&listener->lock);
    struct tls_context *context = listener->tls ? tls_context_get(listener->tls) : NULL;
    pthread_mutex_unlock(&listener->lock);
    return context;
}

void intake_reload(struct intake *intake, const struct certificates *certificates)
{
    for (struct stream_listener *l = intake->listeners; l; l = l->next) {
        struct tls_context *context = certificates_get(certificates, l->settings->address);
        bool is_swapped = l->has_tls && context;
        pthread_mutex_lock(&l->lock);
        struct tls_context *old = is_swapped ? l->tls : context;
        if (is_swapped)
            l->tls = context;
        pthread_mutex_unlock(&l->lock);
        tls_context_put(old);
        if (l->has_tls != (context != NULL))
            log_warn("intake", "TLS begins or ends only by a restart address=%s",
                     l->settings->address);
    }
}

void listen_close_all(struct intake *intake)
{
    while (intake->listeners) {
        struct stream_listener *listener = intake->listeners;
        intake->listeners = listener->next;
        loop_io_free(listener->io);
        loop_timer_free(listener->resume);
        close(listener->fd);
        tls_context_put(listener->tls);
        relays_fini(&listener->relays);
        relays_fini(&listener->proxies);
        pthread_mutex_destroy(&listener->lock);
        free(listener);
    }
}
