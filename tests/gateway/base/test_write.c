/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing whole to what takes but parts, and to what takes nothing; a thread's signals. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "gateway/base/thread.h"
#include "gateway/base/write.h"
#include "tests/support/suite.h"

enum { BYTES = 1 << 20 };

static size_t seen;

static void *read_all(void *context)
{
    char bytes[1000];
    ssize_t n;
    while ((n = read(*(int *)context, bytes, sizeof bytes)) > 0)
        seen += (size_t)n;
    return NULL;
}

/* A pipe takes 64 KiB at a time. */
static void test_parts(void)
{
    int ends[2];
    pthread_t reader;
    char *bytes = calloc(1, BYTES);
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    CU_ASSERT_EQUAL_FATAL(gw_thread_start(&reader, "reader", read_all, &ends[0]), GW_OK);
    CU_ASSERT_EQUAL(write_whole(ends[1], slice_of(bytes, BYTES)), GW_OK);
    CU_ASSERT_EQUAL(write_whole(ends[1], SLICE_NONE), GW_OK);
    close(ends[1]);
    pthread_join(reader, NULL);
    CU_ASSERT_EQUAL(seen, BYTES);
    close(ends[0]);
    free(bytes);
}

static void test_refused(void)
{
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    CU_ASSERT_EQUAL(write_whole(fd, SLICE("x")), GW_ERR_IO);
    CU_ASSERT_EQUAL(errno, ENOSPC);
    close(fd);
    CU_ASSERT_EQUAL(write_whole(fd, SLICE("x")), GW_ERR_IO);
    CU_ASSERT_EQUAL(errno, EBADF);
}

static void *take_mask(void *context)
{
    pthread_sigmask(SIG_SETMASK, NULL, context);
    return NULL;
}

/* Whoever starts it: none but its own faults reach it, and its maker's mask is as before. */
static void test_signals(void)
{
    sigset_t of_thread, mine;
    pthread_t thread;
    CU_ASSERT_EQUAL_FATAL(gw_thread_start(&thread, "masked", take_mask, &of_thread), GW_OK);
    pthread_join(thread, NULL);
    pthread_sigmask(SIG_SETMASK, NULL, &mine);
    CU_ASSERT_TRUE(sigismember(&of_thread, SIGTERM) && sigismember(&of_thread, SIGHUP));
    CU_ASSERT_FALSE(sigismember(&of_thread, SIGSEGV) || sigismember(&of_thread, SIGABRT));
    CU_ASSERT_FALSE(sigismember(&mine, SIGTERM));
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"parts", test_parts}, {"refused", test_refused}, {"signals", test_signals}};
    return suite_run("write", tests, sizeof tests / sizeof *tests);
}
