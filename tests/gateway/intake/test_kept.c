/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stream connections keep of what they have read: bounded, whatever their senders do. */
#include <sys/resource.h>

#include "tests/gateway/intake/fixture.h"

enum { LARGE = 60000 };
static char bytes[LARGE + 1];

static bool has_ended(struct fixture *f, long want)
{
    return stats_read(&f->stats->connections_open) <= (uint64_t)want;
}

static void send_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = send(fd, p, n, 0);
        CU_ASSERT_TRUE_FATAL(done > 0);
        p += done;
        n -= (size_t)done;
    }
}

/* Many senders begin a message each and are silent then: those go that were silent longest, with
 * what they sent as it is; who sends large messages in pieces meanwhile is heard. */
static void half_messages(void)
{
    enum { MANY = 3000, WHOLE = 3, BOUND = 160 << 20 };
    static int fds[MANY];
    struct fixture *f = start(LARGE + 5000, MANY + WHOLE);
    size_t before = allocated(f);
    for (int i = 0; i < MANY; i++) {
        fds[i] = open_to(f->tcp.address, SOCK_STREAM);
        CU_ASSERT_TRUE_FATAL(fds[i] >= 0);
        send_all(fds[i], "<13>half", 8);
        send_all(fds[i], bytes, LARGE);
        if (i % 100 == 99)
            CU_ASSERT_TRUE(allocated(f) < before + BOUND);
    }
    int whole = open_to(f->tcp.address, SOCK_STREAM), so_far = f->n;
    for (int i = 0; i < WHOLE; i++) {
        send_all(whole, "<13>whole", 9);
        send_all(whole, bytes, LARGE);
        nanosleep(&(struct timespec){0, 50000000}, NULL);
        send_all(whole, "\n", 1);
    }
    CU_ASSERT_TRUE(wait_until(f, has_messages, so_far + WHOLE));
    CU_ASSERT_TRUE(allocated(f) < before + BOUND);
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
    CU_ASSERT_TRUE(wait_until(f, has_ended, 1)); /* none of those that go is the last one */
    CU_ASSERT_TRUE(wait_until(f, has_messages, MANY + WHOLE));
    CU_ASSERT_EQUAL(f->n, MANY + WHOLE);
    close(whole);
    stop(f);
}

/* An oversize message's head is given back when the message is done. */
static void oversize(void)
{
    enum { MANY = 200, BOUND = 4 << 20 };
    static int fds[MANY];
    struct fixture *f = start(LARGE / 2, MANY);
    size_t before = allocated(f);
    for (int i = 0; i < MANY; i++) {
        fds[i] = open_to(f->tcp.address, SOCK_STREAM);
        send_all(fds[i], "<13>big", 7);
        send_all(fds[i], bytes, LARGE);
        send_all(fds[i], "\n<13>next\n", 11);
    }
    CU_ASSERT_TRUE(wait_until(f, has_messages, 2 * MANY));
    CU_ASSERT_TRUE(allocated(f) < before + BOUND);
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
    stop(f);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"half messages", half_messages},
        {"oversize", oversize},
    };
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < 8192)
        return 77; /* not so many descriptors may be had here */
    memset(bytes, 'x', LARGE);
    return suite_run("kept", tests, sizeof tests / sizeof *tests);
}
