/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stream connections keep of what they have read: bounded, whatever their senders do. */
#include <sys/resource.h>

#include "tests/gateway/intake/fixture.h"
#include "tests/gateway/intake/relp_client.h"

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
    int whole = open_to(f->tcp.address, SOCK_STREAM), so_far = n_messages(f);
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
    CU_ASSERT_EQUAL(n_messages(f), MANY + WHOLE);
    close(whole);
    stop(f);
}

/* Frames that are answered at once, until neither the kernel nor the session takes more of them. */
static void ask_much(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    struct buf out = {0};
    uint32_t txnr = 2;
    while (poll(&wait, 1, 200) == 1) {
        for (int i = 0; out.n == 0 && i < 1000; i++)
            relp_write(&out, txnr++, SLICE("syslog"), SLICE_NONE);
        ssize_t n = send(fd, out.p, out.n, MSG_DONTWAIT);
        CU_ASSERT_TRUE_FATAL(n > 0);
        out.n -= (size_t)n;
        memmove(out.p, out.p + n, out.n);
    }
    buf_free(&out);
}

enum { UNREAD = 4 };
static struct client unread[UNREAD];

/* Not all: those of the older half go, until it is enough. */
static bool are_cut(struct fixture *f, long want)
{
    (void)f;
    for (int i = 0; i < UNREAD; i++) {
        struct pollfd wait = {.fd = unread[i].fd};
        want -= poll(&wait, 1, 0) == 1 && wait.revents & (POLLERR | POLLHUP);
    }
    return want <= 0;
}

/* Who does not read what he is answered keeps memory too, and goes like those who are silent in the
 * middle of a message. */
static void unread_answers(void)
{
    enum { MANY = 2500 };
    static int fds[MANY];
    struct fixture *f = start(LARGE + 5000, MANY + UNREAD);
    for (int i = 0; i < UNREAD; i++) {
        unread[i] = session_to(f);
        ask_much(unread[i].fd);
    }
    for (int i = 0; i < MANY; i++) {
        fds[i] = open_to(f->tcp.address, SOCK_STREAM);
        send_all(fds[i], bytes, LARGE);
    }
    CU_ASSERT_TRUE(wait_until(f, are_cut, 1));
    for (int i = 0; i < UNREAD; i++)
        client_end(&unread[i]);
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
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
        {"answers that nobody reads", unread_answers},
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
