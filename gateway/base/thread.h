/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_THREAD_H
#define GATEWAY_BASE_THREAD_H

#include <pthread.h>

/**
 * A thread with a name (at most 15 bytes), so that `top -H`, a debugger and a stack trace say which
 * room is busy. Signals are the main thread's: it gets none but those of its own faults. GW_OK;
 * GW_ERR_IO: the system has no thread left, *thread is not set.
 */
int gw_thread_start(pthread_t *thread, const char *name, void *(*run)(void *context),
                    void *context);

/**
 * Called by a thread that mostly waits and whose answer somebody waits for: its turns on a
 * processor are short, and in return it need not wait for the turns of busy threads to end. Linux
 * 6.12 and later; older ones do it without being asked. Source: sched_setattr(2), EEVDF.
 */
void gw_thread_is_prompt(void);

/**
 * Called by a thread whose work is lost when it is late: it goes before the rest of the machine
 * until it goes back. Returns the niceness it had. Where the system does not allow it (LimitNICE=
 * of the unit; root may) nothing changes, nor where it has one processor only: what would be taken
 * sooner there, nobody would have time to judge.
 */
int gw_thread_goes_first(void);
void gw_thread_goes_back(int niceness);

/**
 * Called by a thread that reads the journal: where there is too much to do, those that receive go
 * first, since what it does later is not lost, and a datagram is. Least of all waits the engine,
 * whose alerts somebody waits for (it goes first when they are late); longest the store, whose
 * figures are for reports.
 */
enum gw_thread_way {
    GW_THREAD_ENGINE = 5,
    GW_THREAD_FEED = 5,
    GW_THREAD_STORE = 10
}; /* niceness */
void gw_thread_gives_way(enum gw_thread_way way);

#endif
