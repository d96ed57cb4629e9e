/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a thread begins with, and that asking for short turns changes nothing else of it. */
#include "gateway/base/thread.h"

#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "tests/support/suite.h"

enum { NICE = 3 };

struct seen {
    pthread_barrier_t named; /* the maker names it once it runs */
    char name[16];
    sigset_t mask;
    int nice_before, nice_after;
};

static void *look(void *context)
{
    struct seen *seen = context;
    pthread_barrier_wait(&seen->named);
    pthread_getname_np(pthread_self(), seen->name, sizeof seen->name);
    pthread_sigmask(SIG_SETMASK, NULL, &seen->mask);
    setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
    seen->nice_before = getpriority(PRIO_PROCESS, (id_t)gettid());
    gw_thread_is_prompt();
    seen->nice_after = getpriority(PRIO_PROCESS, (id_t)gettid());
    return NULL;
}

static void test_begins(void)
{
    struct seen seen = {0};
    sigset_t own;
    pthread_t thread;
    pthread_barrier_init(&seen.named, NULL, 2);
    CU_ASSERT_EQUAL_FATAL(gw_thread_start(&thread, "looks", look, &seen), GW_OK);
    pthread_barrier_wait(&seen.named);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&seen.named);
    CU_ASSERT_STRING_EQUAL(seen.name, "looks");
    CU_ASSERT(sigismember(&seen.mask, SIGTERM) == 1 && sigismember(&seen.mask, SIGHUP) == 1);
    CU_ASSERT(sigismember(&seen.mask, SIGSEGV) == 0 && sigismember(&seen.mask, SIGABRT) == 0);
    CU_ASSERT_EQUAL(seen.nice_before, NICE);
    CU_ASSERT_EQUAL(seen.nice_after, NICE);
    pthread_sigmask(SIG_SETMASK, NULL, &own);
    CU_ASSERT(sigismember(&own, SIGTERM) == 0);
}

static void *hurry(void *context)
{
    int *seen = context;
    seen[0] = getpriority(PRIO_PROCESS, (id_t)gettid());
    seen[1] = gw_thread_goes_first();
    seen[2] = getpriority(PRIO_PROCESS, (id_t)gettid());
    gw_thread_goes_back(seen[1]);
    seen[3] = getpriority(PRIO_PROCESS, (id_t)gettid());
    return NULL;
}

static void *hurry_alone(void *context)
{
    cpu_set_t set;
    sched_getaffinity(0, sizeof set, &set);
    for (int cpu = 0, n = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &set) && n++ > 0)
            CPU_CLR(cpu, &set);
    sched_setaffinity(0, sizeof set, &set); /* of this thread alone */
    return hurry(context);
}

/* With one processor nobody goes before the others. */
static void test_alone(void)
{
    int seen[4];
    pthread_t thread;
    CU_ASSERT_EQUAL_FATAL(gw_thread_start(&thread, "alone", hurry_alone, seen), GW_OK);
    pthread_join(thread, NULL);
    CU_ASSERT_EQUAL(seen[2], seen[0]);
    CU_ASSERT_EQUAL(seen[3], seen[0]);
}

/* Where it may not nothing changes. */
static void test_first(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) == 1)
        return; /* as in test_alone() */
    int seen[4];
    int own = getpriority(PRIO_PROCESS, (id_t)gettid());
    pthread_t thread;
    CU_ASSERT_EQUAL_FATAL(gw_thread_start(&thread, "hurries", hurry, seen), GW_OK);
    pthread_join(thread, NULL);
    CU_ASSERT_EQUAL(seen[1], seen[0]);
    CU_ASSERT(seen[2] < seen[0] || (seen[2] == seen[0] && geteuid() != 0));
    CU_ASSERT_EQUAL(seen[3], seen[0]);
    CU_ASSERT_EQUAL(getpriority(PRIO_PROCESS, (id_t)gettid()), own);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"begins", test_begins}, {"first", test_first}, {"alone", test_alone}};
    return suite_run("thread", tests, sizeof tests / sizeof *tests);
}
