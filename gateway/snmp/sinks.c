/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The receivers of notifications together. An epoll descriptor with all their sockets and one timer
 * in it is what the library's loop knows of them: it takes no more than 32 descriptors.
 */
#include "gateway/snmp/sink_internal.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/library/fd_event_manager.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"

enum { BUDGET = 16 }; /* descriptors a turn: requests to the agent come first */

static int64_t mono_ms(void)
{
    return clock_read(&clock_system).mono_ms;
}

/* The number of the oldest that waits and has one (notification.h); 0: none. */
static uint64_t oldest_of(const struct sink *sink)
{
    uint64_t number = 0;
    for (const struct sink_waiting *at = sink->first; at && !number; at = at->next)
        number = gwsnmp_message_number(at->message);
    return number;
}

/* Sets the timer to the next deadline, and notes the oldest that waits. */
static void look_ahead(struct gwsnmp_sinks *sinks)
{
    int64_t next_ms = INT64_MAX, now_ms = mono_ms();
    uint64_t oldest = 0;
    for (size_t i = 0; i < sinks->n; i++) {
        const struct sink *sink = sinks->v[i];
        uint64_t number = oldest_of(sink);
        if (sink->state != IDLE && sink->deadline_ms < next_ms)
            next_ms = sink->deadline_ms;
        if (number && (!oldest || number < oldest))
            oldest = number;
    }
    atomic_store(&sinks->oldest, oldest);
    struct itimerspec timer = {{0, 0}, {0, 0}};
    if (next_ms != INT64_MAX) {
        int64_t wait_ms = next_ms > now_ms ? next_ms - now_ms : 1;
        timer.it_value.tv_sec = wait_ms / 1000;
        timer.it_value.tv_nsec = wait_ms % 1000 * 1000000;
    }
    timerfd_settime(sinks->timer_fd, 0, &timer, NULL);
}

static void on_timer(struct gwsnmp_sinks *sinks)
{
    uint64_t expirations;
    int64_t now_ms = mono_ms();
    if (read(sinks->timer_fd, &expirations, sizeof expirations) < 0)
        return;
    for (size_t i = 0; i < sinks->n; i++)
        if (sinks->v[i]->state != IDLE && sinks->v[i]->deadline_ms <= now_ms)
            gwsnmp_sink_on_due(sinks->v[i]);
}

static void on_ready(int fd, void *context)
{
    struct gwsnmp_sinks *sinks = context;
    struct epoll_event events[BUDGET];
    pthread_mutex_lock(&sinks->lock);
    int n = epoll_wait(fd, events, BUDGET, 0);
    for (int i = 0; i < n; i++) {
        const struct sink_watch *watch = events[i].data.ptr;
        if (!watch)
            on_timer(sinks);
        else if (watch->is_discovery)
            gwsnmp_sink_on_discovery(watch->sink);
        else
            gwsnmp_sink_on_session(watch->sink);
    }
    look_ahead(sinks);
    pthread_mutex_unlock(&sinks->lock);
}

/* ---- begin, change and end ---- */

static void drop_waiting(struct sink *sink)
{
    if (!sink->first)
        return;
    log_warn("snmp", "notifications for a sink that is removed are dropped address=%s dropped=%zu",
             sink->row.address, sink->row.waiting);
    stats_add(&sink->all->stats->notifications_dropped, sink->row.waiting);
}

static bool is_same(const struct gwsnmp_sink *a, const struct gwsnmp_sink *b)
{
    return strcmp(a->address, b->address) == 0 && a->version == b->version && a->kind == b->kind &&
           a->topic == b->topic && a->timeout_ms == b->timeout_ms && a->retries == b->retries &&
           a->n_engine == b->n_engine && memcmp(a->engine, b->engine, a->n_engine) == 0 &&
           (a->version == GWSNMP_SINK_V2C ? strcmp(a->community, b->community) == 0
                                          : gwsnmp_user_is_same(&a->user, &b->user));
}

/* A sink configured exactly as wanted that is not in v[0..n) already; NULL: none. */
static struct sink *find_same(const struct gwsnmp_sinks *sinks, const struct gwsnmp_sink *wanted,
                              struct sink *const *v, size_t n)
{
    for (size_t i = 0; i < sinks->n; i++) {
        bool is_taken = false;
        for (size_t k = 0; k < n; k++)
            is_taken |= v[k] == sinks->v[i];
        if (!is_taken && is_same(&sinks->v[i]->config, wanted))
            return sinks->v[i];
    }
    return NULL;
}

static bool is_among(const struct sink *sink, struct sink *const *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (v[i] == sink)
            return true;
    return false;
}

/* Which sink of v takes over what waits for one that goes: a new one of the same address, of the
   same topic if there is one, that has taken over nothing yet. NULL: none. */
static struct sink *find_heir(const struct gwsnmp_sinks *sinks, const struct sink *gone,
                              struct sink *const *v, size_t n)
{
    struct sink *heir = NULL;
    for (size_t i = 0; i < n; i++) {
        if (v[i]->first || strcmp(v[i]->config.address, gone->config.address) != 0 ||
            is_among(v[i], sinks->v, sinks->n))
            continue;
        if (v[i]->config.topic == gone->config.topic)
            return v[i];
        if (!heir)
            heir = v[i];
    }
    return heir;
}

/* Ends a sink that is no longer configured or, after an error, one that was just made. */
static void end_sink(struct gwsnmp_sinks *sinks, struct sink *gone, struct sink *const *v, size_t n)
{
    struct sink *heir = gone->first ? find_heir(sinks, gone, v, n) : NULL;
    if (heir)
        gwsnmp_sink_inherit(heir, gone);
    drop_waiting(gone);
    gwsnmp_sink_free(gone);
}

int gwsnmp_sinks_set(struct gwsnmp_sinks *sinks, const struct gwsnmp_sink *from, size_t n)
{
    struct sink **v = gw_alloc((n + 1) * sizeof *v);
    int error = n > GWSNMP_SINKS_MAX ? GW_ERR_INVALID : GW_OK;
    size_t made = 0;
    for (; made < n && !error; made++) {
        v[made] = find_same(sinks, &from[made], v, made);
        if (!v[made])
            error = gwsnmp_sink_new(sinks, &from[made], &v[made]);
    }
    pthread_mutex_lock(&sinks->lock);
    struct sink **others = error ? v : sinks->v;
    struct sink **kept = error ? sinks->v : v;
    size_t n_others = error ? made : sinks->n, n_kept = error ? sinks->n : n;
    for (size_t i = 0; i < n_others; i++)
        if (others[i] && !is_among(others[i], kept, n_kept))
            end_sink(sinks, others[i], kept, n_kept);
    free(others);
    sinks->v = kept;
    sinks->n = n_kept;
    look_ahead(sinks);
    pthread_mutex_unlock(&sinks->lock);
    return error;
}

int gwsnmp_sinks_new(const struct gwsnmp_engine *engine, struct stats *stats,
                     struct gwsnmp_receiving *const *receiving, struct gwsnmp_sinks **out)
{
    struct gwsnmp_sinks *sinks = gw_alloc(sizeof *sinks);
    sinks->engine = engine;
    sinks->stats = stats;
    sinks->receiving = receiving;
    pthread_mutex_init(&sinks->lock, NULL);
    sinks->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    sinks->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN};
    if (sinks->epoll_fd < 0 || sinks->timer_fd < 0 ||
        epoll_ctl(sinks->epoll_fd, EPOLL_CTL_ADD, sinks->timer_fd, &event) != 0 ||
        register_readfd(sinks->epoll_fd, on_ready, sinks) != FD_REGISTERED_OK) {
        log_error("snmp", "no descriptors for the sinks reason=\"%s\"", strerror(errno));
        gwsnmp_sinks_free(sinks);
        return GW_ERR_IO;
    }
    *out = sinks;
    return GW_OK;
}

void gwsnmp_sinks_free(struct gwsnmp_sinks *sinks)
{
    if (!sinks)
        return;
    for (size_t i = 0; i < sinks->n; i++)
        gwsnmp_sink_free(sinks->v[i]);
    free(sinks->v);
    if (sinks->epoll_fd >= 0) {
        unregister_readfd(sinks->epoll_fd);
        close(sinks->epoll_fd);
    }
    if (sinks->timer_fd >= 0)
        close(sinks->timer_fd);
    pthread_mutex_destroy(&sinks->lock);
    free(sinks);
}

bool gwsnmp_sinks_have(const struct gwsnmp_sinks *sinks, const char *user, struct slice engine)
{
    for (size_t i = 0; sinks && i < sinks->n; i++) {
        const struct sink *sink = sinks->v[i];
        if (sink->config.version == GWSNMP_SINK_V3 &&
            slice_equal(engine, slice_of((const char *)sink->engine.id, sink->engine.n_id)) &&
            strcmp(sink->config.user.name, user) == 0)
            return true;
    }
    return false;
}

void gwsnmp_sinks_add_users(struct gwsnmp_sinks *sinks)
{
    for (size_t i = 0; sinks && i < sinks->n; i++)
        gwsnmp_sink_add_user(sinks->v[i]);
}

void gwsnmp_sinks_send(struct gwsnmp_sinks *sinks, const struct gwsnmp_notification *notification,
                       uint32_t uptime)
{
    struct gwsnmp_message *message = gwsnmp_message_new(notification, uptime);
    pthread_mutex_lock(&sinks->lock);
    for (size_t i = 0; i < sinks->n; i++)
        if (gwsnmp_sink_wants(sinks->v[i], notification->is_message))
            gwsnmp_sink_push(sinks->v[i], message);
    look_ahead(sinks);
    pthread_mutex_unlock(&sinks->lock);
    gwsnmp_message_put(message);
}

size_t gwsnmp_sinks_list(struct gwsnmp_sinks *sinks, struct gwsnmp_sink_row *out, size_t max)
{
    size_t n = 0;
    if (!sinks)
        return 0;
    pthread_mutex_lock(&sinks->lock);
    for (; n < sinks->n && n < max; n++)
        out[n] = sinks->v[n]->row;
    pthread_mutex_unlock(&sinks->lock);
    return n;
}

uint64_t gwsnmp_sinks_oldest_waiting(struct gwsnmp_sinks *sinks)
{
    return sinks ? atomic_load(&sinks->oldest) : 0;
}
