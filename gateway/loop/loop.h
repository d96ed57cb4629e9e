/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_LOOP_LOOP_H
#define GATEWAY_LOOP_LOOP_H

#include <stdbool.h>

/**
 * One event loop a thread: descriptors, timers, signals, and a way in for other threads. The only
 * room that sees libevent. All calls but loop_stop() and loop_wake_send() belong to the loop's own
 * thread (or come before it runs). Callbacks may free the object they were called for.
 */
struct loop;
struct loop_io;
struct loop_timer;
struct loop_wake;

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

typedef void loop_fn(void *context);
typedef void loop_io_fn(void *context, int ready); /* ready: LOOP_READ | LOOP_WRITE */

/* NULL when the system has no descriptors left. */
struct loop *loop_new(void);
/* After its objects are freed. */
void loop_free(struct loop *loop);
/* Until loop_stop(). */
void loop_run(struct loop *loop);
/* Any thread; the loop ends after the callback at hand. */
void loop_stop(struct loop *loop);

/* Level-triggered; fd stays the caller's. interest may be 0 (paused). NULL: no descriptors left. */
struct loop_io *loop_io_new(struct loop *loop, int fd, int interest, loop_io_fn *fn, void *context);
void loop_io_set(struct loop_io *io, int interest);
void loop_io_free(struct loop_io *io);

/* By the monotonic clock; first after period_ms, then again each period_ms, until freed. */
struct loop_timer *loop_timer_new(struct loop *loop, int period_ms, loop_fn *fn, void *context);
void loop_timer_free(struct loop_timer *timer);

/* fn runs on the loop's thread soon after any thread called loop_wake_send(); many sends, one call.
 */
struct loop_wake *loop_wake_new(struct loop *loop, loop_fn *fn, void *context);
void loop_wake_send(struct loop_wake *wake);
void loop_wake_free(struct loop_wake *wake);

/* Deliver a signal to the loop, once for as many as came since; one loop a process takes signals.
   False when it cannot. */
bool loop_on_signal(struct loop *loop, int signal_number, loop_fn *fn, void *context);

#endif
