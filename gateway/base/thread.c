/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Threads by name. */
#include "gateway/base/thread.h"

#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

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

/* struct sched_attr as it first was: the kernel's header and the C library's exclude each other. */
struct turns {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime_ns, deadline_ns, period_ns;
};

void gw_thread_is_prompt(void)
{
    enum { TURN_NS = 100000 }; /* the least there is */
    struct turns turns;
    if (syscall(SYS_sched_getattr, 0, &turns, sizeof turns, 0) != 0)
        return;
    turns.runtime_ns = TURN_NS;
    /* Where a filter of system calls refuses it, it answers as well, if later. */
    (void)!syscall(SYS_sched_setattr, 0, &turns, 0);
}

/* Linux: of this thread alone. What it refuses is left as it is. */
static void set_niceness(int niceness)
{
    (void)!setpriority(PRIO_PROCESS, (id_t)gettid(), niceness);
}

static bool has_processors(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) != 0 || CPU_COUNT(&set) > 1;
}

int gw_thread_goes_first(void)
{
    enum { FIRST = -10 };
    int before = getpriority(PRIO_PROCESS, (id_t)gettid());
    if (has_processors())
        set_niceness(FIRST);
    return before;
}

void gw_thread_goes_back(int niceness)
{
    set_niceness(niceness);
}

void gw_thread_gives_way(enum gw_thread_way way)
{
    set_niceness((int)way);
}
