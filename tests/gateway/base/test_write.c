/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing whole to what takes but parts, and to what takes nothing; a file replaced; a thread's
   signals. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

static const char *content(const char *path)
{
    static char bytes[64];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof bytes - 1);
    if (fd >= 0)
        close(fd);
    bytes[n < 0 ? 0 : n] = '\0';
    return n < 0 ? "(none)" : bytes;
}

/* Until it is adopted the old one stands, whatever lies beside. */
static void test_replaced(void)
{
    char folder[] = "/tmp/eog-write-XXXXXX", path[64], beside[80];
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/f", folder);
    snprintf(beside, sizeof beside, "%s.new", path);
    CU_ASSERT_EQUAL(write_beside(path, SLICE("one")), GW_OK);
    CU_ASSERT_STRING_EQUAL(content(path), "(none)");
    CU_ASSERT_EQUAL(write_adopt(path), GW_OK);
    CU_ASSERT_STRING_EQUAL(content(path), "one");
    CU_ASSERT_EQUAL(write_beside(path, SLICE("a longer one")), GW_OK);
    CU_ASSERT_STRING_EQUAL(content(path), "one");
    /* What a death left beside is written over, not behind. */
    CU_ASSERT_EQUAL(write_beside(path, SLICE("two")), GW_OK);
    CU_ASSERT_EQUAL(write_adopt(path), GW_OK);
    CU_ASSERT_STRING_EQUAL(content(path), "two");
    CU_ASSERT_EQUAL(write_adopt(path), GW_ERR_IO); /* there is none */
    CU_ASSERT_EQUAL(errno, ENOENT);
    CU_ASSERT_EQUAL(write_beside(path, SLICE("three")), GW_OK);
    write_forget(path);
    CU_ASSERT_STRING_EQUAL(content(beside), "(none)");
    CU_ASSERT_STRING_EQUAL(content(path), "two");
    unlink(path);
    CU_ASSERT_EQUAL(rmdir(folder), 0);
    CU_ASSERT_EQUAL(write_beside(path, SLICE("no folder")), GW_ERR_IO);
    CU_ASSERT_EQUAL(errno, ENOENT);
    CU_ASSERT_EQUAL(write_sync_folder(path), GW_ERR_IO);
}

/* A link that somebody laid there leads nowhere; a name that cannot be taken leaves nothing. */
static void test_not_replaced(void)
{
    char folder[] = "/tmp/eog-write-XXXXXX", path[64], beside[80], other[80];
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/f", folder);
    snprintf(beside, sizeof beside, "%s.new", path);
    snprintf(other, sizeof other, "%s/other", folder);
    CU_ASSERT_EQUAL_FATAL(symlink(other, beside), 0);
    CU_ASSERT_EQUAL(write_beside(path, SLICE("x")), GW_ERR_IO);
    CU_ASSERT_STRING_EQUAL(content(other), "(none)");
    unlink(beside);
    CU_ASSERT_EQUAL_FATAL(mkdir(path, 0700), 0);
    CU_ASSERT_EQUAL(write_beside(path, SLICE("x")), GW_OK);
    CU_ASSERT_EQUAL(write_adopt(path), GW_ERR_IO);
    CU_ASSERT_EQUAL(errno, EISDIR);
    CU_ASSERT_STRING_EQUAL(content(beside), "(none)");
    rmdir(path);
    CU_ASSERT_EQUAL(rmdir(folder), 0);
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
    static const struct suite_test tests[] = {{"parts", test_parts},
                                              {"refused", test_refused},
                                              {"replaced", test_replaced},
                                              {"not replaced", test_not_replaced},
                                              {"signals", test_signals}};
    return suite_run("write", tests, sizeof tests / sizeof *tests);
}
