/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thin face before libevent. Cross-thread wake-ups go through an eventfd, so that libevent needs
 * no locks; a base is touched by its own thread only.
 */
#include "gateway/loop/loop.h"

#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/loop/loop_internal.h"

enum { SIGNALS_MAX = 8 };

struct loop_signal {
    struct event *event, *soon;
    loop_fn *fn;
    void *context;
};

struct loop {
    struct event_base *base;
    struct loop_wake *stopper;
    struct loop_signal signals[SIGNALS_MAX];
    int n_signals;
};

struct loop_io {
    struct loop *loop;
    struct event *event;
    int fd, interest;
    loop_io_fn *fn;
    void *context;
};

struct loop_timer {
    struct event *event;
    loop_fn *fn;
    void *context;
};

struct loop_wake {
    struct loop_io *io;
    int fd;
    loop_fn *fn;
    void *context;
};

static void end_loop(void *context)
{
    struct loop *loop = context;
    event_base_loopbreak(loop->base);
}

struct loop *loop_new(void)
{
    struct event_config *config = event_config_new();
    struct loop *loop = gw_alloc(sizeof *loop);
    if (config) {
        event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
        loop->base = event_base_new_with_config(config);
        event_config_free(config);
    }
    if (loop->base)
        loop->stopper = loop_wake_new(loop, end_loop, loop);
    if (!loop->stopper) {
        loop_free(loop);
        return NULL;
    }
    return loop;
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    for (int i = 0; i < loop->n_signals; i++) {
        event_free(loop->signals[i].event);
        event_free(loop->signals[i].soon);
    }
    loop_wake_free(loop->stopper);
    if (loop->base)
        event_base_free(loop->base);
    free(loop);
}

void loop_run(struct loop *loop)
{
    event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
}

void loop_stop(struct loop *loop)
{
    loop_wake_send(loop->stopper);
}

static void on_io(evutil_socket_t fd, short what, void *context)
{
    struct loop_io *io = context;
    (void)fd;
    io->fn(io->context, (what & EV_READ ? LOOP_READ : 0) | (what & EV_WRITE ? LOOP_WRITE : 0));
}

static short native_interest(int interest)
{
    return (short)(EV_PERSIST | (interest & LOOP_READ ? EV_READ : 0) |
                   (interest & LOOP_WRITE ? EV_WRITE : 0));
}

struct loop_io *loop_io_new(struct loop *loop, int fd, int interest, loop_io_fn *fn, void *context)
{
    struct loop_io *io = gw_alloc(sizeof *io);
    *io = (struct loop_io){.loop = loop, .fd = fd, .fn = fn, .context = context};
    io->event = event_new(loop->base, fd, native_interest(interest), on_io, io);
    if (!io->event || (interest && event_add(io->event, NULL) < 0)) {
        loop_io_free(io);
        return NULL;
    }
    io->interest = interest;
    return io;
}

void loop_io_set(struct loop_io *io, int interest)
{
    if (io->interest == interest)
        return;
    event_del(io->event);
    event_assign(io->event, io->loop->base, io->fd, native_interest(interest), on_io, io);
    if (interest)
        event_add(io->event, NULL);
    io->interest = interest;
}

void loop_io_free(struct loop_io *io)
{
    if (!io)
        return;
    if (io->event)
        event_free(io->event);
    free(io);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    struct loop_timer *timer = context;
    (void)fd;
    (void)what;
    timer->fn(timer->context);
}

struct loop_timer *loop_timer_new(struct loop *loop, int period_ms, loop_fn *fn, void *context)
{
    struct loop_timer *timer = gw_alloc(sizeof *timer);
    struct timeval period = {period_ms / 1000, period_ms % 1000 * 1000};
    *timer = (struct loop_timer){.fn = fn, .context = context};
    timer->event = event_new(loop->base, -1, EV_PERSIST, on_timer, timer);
    if (!timer->event || event_add(timer->event, &period) < 0) {
        loop_timer_free(timer);
        return NULL;
    }
    return timer;
}

void loop_timer_free(struct loop_timer *timer)
{
    if (!timer)
        return;
    if (timer->event)
        event_free(timer->event);
    free(timer);
}

static void on_wake(void *context, int ready)
{
    struct loop_wake *wake = context;
    uint64_t count;
    (void)ready;
    if (read(wake->fd, &count, sizeof count) == sizeof count)
        wake->fn(wake->context);
}

struct loop_wake *loop_wake_new(struct loop *loop, loop_fn *fn, void *context)
{
    struct loop_wake *wake = gw_alloc(sizeof *wake);
    *wake = (struct loop_wake){.fn = fn, .context = context};
    wake->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wake->fd >= 0)
        wake->io = loop_io_new(loop, wake->fd, LOOP_READ, on_wake, wake);
    if (!wake->io) {
        loop_wake_free(wake);
        return NULL;
    }
    return wake;
}

void loop_wake_send(struct loop_wake *wake)
{
    uint64_t one = 1;
    /* It fails only when the counter is full: then a wake-up is due anyway. */
    if (write(wake->fd, &one, sizeof one) < 0)
        return;
}

void loop_wake_free(struct loop_wake *wake)
{
    if (!wake)
        return;
    loop_io_free(wake->io);
    if (wake->fd >= 0)
        close(wake->fd);
    free(wake);
}

static void act_on_signal(evutil_socket_t fd, short what, void *context)
{
    struct loop_signal *row = context;
    (void)fd;
    (void)what;
    row->fn(row->context);
}

/* libevent calls once a signal, and nothing else between: of many that came meanwhile a timer makes
   one, in its turn. Unlike a wake it has no descriptor, of which a small limit leaves few. */
static void on_signal(evutil_socket_t number, short what, void *context)
{
    struct loop_signal *row = context;
    const struct timeval now = {0, 0};
    (void)number;
    (void)what;
    event_add(row->soon, &now);
}

bool loop_on_signal(struct loop *loop, int signal_number, loop_fn *fn, void *context)
{
    if (loop->n_signals == SIGNALS_MAX)
        return false;
    struct loop_signal *row = &loop->signals[loop->n_signals];
    *row = (struct loop_signal){.fn = fn, .context = context};
    row->soon = evtimer_new(loop->base, act_on_signal, row);
    row->event = evsignal_new(loop->base, signal_number, on_signal, row);
    if (row->soon && row->event && event_add(row->event, NULL) == 0) {
        loop->n_signals++;
        return true;
    }
    if (row->event)
        event_free(row->event);
    if (row->soon)
        event_free(row->soon);
    return false;
}
