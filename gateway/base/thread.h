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

#endif
