/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Descriptors, timers, wake-ups from another thread, signals. Each test ends by its condition. */
#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/loop/loop.h"

struct seen {
    struct loop *loop;
    struct loop_io *io;
    int fd, count, want;
};

static void count_and_stop(void *context)
{
    struct seen *seen = context;
    if (++seen->count >= seen->want)
        loop_stop(seen->loop);
}

static void on_read(void *context, int ready)
{
    struct seen *seen = context;
    char byte;
    CU_ASSERT_EQUAL(ready, LOOP_READ);
    CU_ASSERT_EQUAL(read(seen->fd, &byte, 1), 1);
    count_and_stop(seen);
}

static void test_io(void)
{
    int pair[2];
    struct seen seen = {.want = 3};
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    seen.loop = loop_new();
    seen.fd = pair[0];
    seen.io = loop_io_new(seen.loop, pair[0], 0, on_read, &seen);
    CU_ASSERT_EQUAL(write(pair[1], "abc", 3), 3);
    loop_io_set(seen.io, LOOP_READ);
    loop_run(seen.loop);
    CU_ASSERT_EQUAL(seen.count, 3);
    loop_io_free(seen.io);
    loop_free(seen.loop);
    close(pair[0]);
    close(pair[1]);
}

static void test_timer(void)
{
    struct seen seen = {.want = 3};
    seen.loop = loop_new();
    struct loop_timer *timer = loop_timer_new(seen.loop, 1, count_and_stop, &seen);
    loop_run(seen.loop);
    CU_ASSERT_EQUAL(seen.count, 3);
    loop_timer_free(timer);
    loop_free(seen.loop);
}

static void *send_wakes(void *context)
{
    for (int i = 0; i < 1000; i++)
        loop_wake_send(context);
    return NULL;
}

static void test_wake(void)
{
    struct seen seen = {.want = 1};
    pthread_t thread;
    seen.loop = loop_new();
    struct loop_wake *wake = loop_wake_new(seen.loop, count_and_stop, &seen);
    pthread_create(&thread, NULL, send_wakes, wake);
    loop_run(seen.loop);
    pthread_join(thread, NULL);
    CU_ASSERT_TRUE(seen.count >= 1);
    loop_wake_free(wake);
    loop_free(seen.loop);
}

static void test_signal(void)
{
    struct seen seen = {.want = 1};
    seen.loop = loop_new();
    CU_ASSERT_TRUE(loop_on_signal(seen.loop, SIGUSR1, count_and_stop, &seen));
    kill(getpid(), SIGUSR1);
    loop_run(seen.loop);
    CU_ASSERT_EQUAL(seen.count, 1);
    loop_free(seen.loop);
}

/* What it is for is done once for all that came before: a reload takes a while. */
static void test_signals(void)
{
    struct seen seen = {.want = 1};
    seen.loop = loop_new();
    CU_ASSERT_TRUE(loop_on_signal(seen.loop, SIGUSR1, count_and_stop, &seen));
    for (int i = 0; i < 100; i++)
        kill(getpid(), SIGUSR1);
    loop_run(seen.loop);
    CU_ASSERT_EQUAL(seen.count, 1);
    loop_free(seen.loop);
}

static void test_stop_before_run(void)
{
    struct loop *loop = loop_new();
    loop_stop(loop);
    loop_run(loop); /* returns: a stop is not lost */
    loop_free(loop);
    CU_ASSERT_TRUE(true);
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("loop", NULL, NULL);
    CU_add_test(suite, "io", test_io);
    CU_add_test(suite, "timer", test_timer);
    CU_add_test(suite, "wake", test_wake);
    CU_add_test(suite, "signal", test_signal);
    CU_add_test(suite, "signals", test_signals);
    CU_add_test(suite, "stop before run", test_stop_before_run);
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failed ? 1 : 0;
}
