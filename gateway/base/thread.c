/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Threads by name. */
#include "gateway/base/thread.h"

#include <signal.h>

#include "gateway/base/error.h"

int gw_thread_start(pthread_t *thread, const char *name, void *(*run)(void *context), void *context)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};
    sigset_t mask, before;
    sigfillset(&mask);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&mask, faults[i]);
    pthread_sigmask(SIG_SETMASK, &mask, &before); /* a thread begins with its maker's */
    int error = pthread_create(thread, NULL, run, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        return GW_ERR_IO;
    pthread_setname_np(*thread, name); /* a thread without its name works as well */
    return GW_OK;
}
