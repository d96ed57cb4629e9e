/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RELP sessions over loopback sockets. The disk is scripted: what is asked above all is that no
 * message is acknowledged before its commit, and each one after it, in the order sent.
 */
#include <sys/resource.h>

#include "tests/gateway/intake/relp_client.h"

static bool has_frame_errors(struct fixture *f, long want)
{
    return stats_read(&f->stats->dropped_frame) >= (uint64_t)want;
}

static void test_session(void)
{
    struct fixture *f = start(1000, 10);
    struct client c = session_to(f);
    put_text(&c, "<13>one");
    put_text(&c, "<13>two\n");
    CU_ASSERT_TRUE(gets_ok(&c, 2));
    CU_ASSERT_TRUE(journal_committed(f->journal) >= 1);
    CU_ASSERT_TRUE(gets_ok(&c, 3));
    put_text(&c, "");
    CU_ASSERT_TRUE(gets_ok(&c, 4)); /* nothing to keep */
    put_text(&c, "<13>three\nlines\n");
    put(&c, "close", SLICE_NONE);
    CU_ASSERT_TRUE(gets_ok(&c, 5));
    CU_ASSERT_TRUE(gets(&c, "6 rsp "));
    CU_ASSERT_TRUE(gets(&c, "end"));
    CU_ASSERT_EQUAL_FATAL(f->n, 3);
    CU_ASSERT_TRUE(is_message(f, 0, "<13>one"));
    CU_ASSERT_TRUE(is_message(f, 1, "<13>two"));
    CU_ASSERT_TRUE(is_message(f, 2, "<13>three\nlines"));
    CU_ASSERT_EQUAL(stats_read(&f->stats->dropped_frame), 0);
    struct stats_source *row = stats_source(f->stats, SLICE("127.0.0.1"), GW_TRANSPORT_RELP);
    CU_ASSERT_EQUAL(stats_read(&row->connections), 0);
    client_end(&c);
    stop(f);
}

/* While the disk hangs nothing is acknowledged; after it all is, in order. */
static void test_after_commit(void)
{
    struct fixture *f = start(1000, 10);
    struct client c = session_to(f), other = session_to(f);
    atomic_store(&f->sync_mode, SYNC_HANGS);
    char text[32];
    for (int i = 0; i < 500; i++) {
        snprintf(text, sizeof text, "<13>message %d", i);
        put_text(&c, text);
    }
    put(&c, "close", SLICE_NONE);
    put_text(&other, "<13>other");
    CU_ASSERT_TRUE(wait_until(f, has_messages, 501));
    CU_ASSERT_TRUE(is_silent(&c));
    CU_ASSERT_TRUE(is_silent(&other));
    atomic_store(&f->sync_mode, SYNC_WORKS);
    for (uint32_t i = 0; i < 500; i++)
        CU_ASSERT_TRUE_FATAL(gets_ok(&c, i + 2));
    CU_ASSERT_TRUE(gets(&c, "502 rsp "));
    CU_ASSERT_TRUE(gets(&c, "end"));
    CU_ASSERT_TRUE(gets_ok(&other, 2));
    client_end(&c);
    client_end(&other);
    stop(f);
}

static int64_t processor_ms(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

/* A disk that refuses: no acknowledgement, no busy loop; when it works again all are given. */
static void test_failing_disk(void)
{
    struct fixture *f = start(1000, 10);
    struct client c = session_to(f);
    atomic_store(&f->sync_mode, SYNC_FAILS);
    for (int i = 0; i < 50; i++)
        put_text(&c, "<13>kept");
    CU_ASSERT_TRUE(wait_until(f, has_messages, 1));
    struct journal_status status = {0};
    for (int i = 0; i < WAIT_MS && !status.is_failing; i++) {
        nanosleep(&(struct timespec){0, 1000000}, NULL);
        journal_get_status(f->journal, &status);
    }
    CU_ASSERT_TRUE(status.is_failing);
    for (int i = 0; i < 50; i++)
        put_text(&c, "<13>waits");
    int64_t before_ms = processor_ms();
    for (int i = 0; i < 5; i++)
        CU_ASSERT_TRUE(is_silent(&c)); /* half a second */
    CU_ASSERT_TRUE(processor_ms() - before_ms < 250);
    atomic_store(&f->sync_mode, SYNC_WORKS);
    for (uint32_t i = 0; i < 100; i++)
        CU_ASSERT_TRUE_FATAL(gets_ok(&c, i + 2));
    CU_ASSERT_EQUAL(f->n, 100);
    client_end(&c);
    stop(f);
}

/* The journal full: the session waits, and what was held comes once. */
static void test_full(void)
{
    struct fixture *f = start(1000, 10);
    struct client c = session_to(f);
    set_full(f, true);
    for (int i = 0; i < 10; i++)
        put_text(&c, "<13>held");
    CU_ASSERT_TRUE(wait_until(f, has_refused, 1));
    CU_ASSERT_TRUE(is_silent(&c));
    set_full(f, false);
    wake(f);
    for (uint32_t i = 0; i < 10; i++)
        CU_ASSERT_TRUE_FATAL(gets_ok(&c, i + 2));
    CU_ASSERT_EQUAL(f->n, 10);
    client_end(&c);
    stop(f);
}

/* Beyond the window of what waits for the disk, that session is not read from, and no other. */
static void test_window(void)
{
    limits.window = 10;
    struct fixture *f = start(1000, 10);
    limits.window = 0;
    struct client c = session_to(f), other = session_to(f);
    atomic_store(&f->sync_mode, SYNC_HANGS);
    for (int i = 0; i < 100; i++)
        put_text(&c, "<13>many");
    CU_ASSERT_TRUE(wait_until(f, has_messages, 10));
    put_text(&other, "<13>other");
    CU_ASSERT_TRUE(wait_until(f, has_messages, 11));
    CU_ASSERT_TRUE(is_silent(&c));
    CU_ASSERT_EQUAL(f->n, 11);
    atomic_store(&f->sync_mode, SYNC_WORKS);
    for (uint32_t i = 0; i < 100; i++)
        CU_ASSERT_TRUE_FATAL(gets_ok(&c, i + 2));
    CU_ASSERT_TRUE(gets_ok(&other, 2));
    CU_ASSERT_EQUAL(f->n, 101);
    client_end(&c);
    client_end(&other);
    stop(f);
}

/* A peer that does not read its answers is not read from for ever; when it reads, all are there. */
static void test_unread_answers(void)
{
    enum { FRAMES = 3000000, SMALL = 65536 }; /* more than the kernel buffers */
    struct fixture *f = start(1000, 10);
    struct client c = session_to(f);
    struct buf out = {0};
    int small = SMALL;
    setsockopt(c.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    setsockopt(c.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    for (uint32_t i = 0; i < FRAMES; i++)
        relp_write(&out, i + 2, SLICE("syslog"), SLICE_NONE);
    size_t sent = 0;
    int stalls = 0;
    while (sent < out.n && stalls < 50) {
        ssize_t n = send(c.fd, out.p + sent, out.n - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0)
            sent += (size_t)n;
        stalls = n > 0 ? 0 : stalls + 1;
        if (n <= 0)
            nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
    /* Acknowledgements are longer than these frames: both ways are full long before the last. */
    uint32_t answered = 0;
    while (answered < FRAMES) {
        while (sent < out.n) {
            ssize_t n = send(c.fd, out.p + sent, out.n - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (n <= 0)
                break;
            sent += (size_t)n;
        }
        CU_ASSERT_TRUE_FATAL(gets_ok(&c, answered + 2));
        answered++;
        if (c.used == c.in.n)
            c.used = c.in.n = 0;
    }
    CU_ASSERT_EQUAL(stalls, 50);
    buf_free(&out);
    client_end(&c);
    stop(f);
}

static void test_oversize(void)
{
    struct fixture *f = start(1000, 10);
    struct client c = session_to(f);
    size_t n = 300000;
    char *big = malloc(n);
    memset(big, 'x', n);
    put(&c, "syslog", slice_of(big, n));
    put_text(&c, "<13>next");
    CU_ASSERT_TRUE(gets_ok(&c, 2));
    CU_ASSERT_TRUE(gets_ok(&c, 3));
    CU_ASSERT_EQUAL_FATAL(f->n, 2);
    CU_ASSERT_EQUAL(f->messages[0].n, 1000);
    CU_ASSERT_EQUAL(f->full_sizes[0], n);
    CU_ASSERT_TRUE(is_message(f, 1, "<13>next"));
    CU_ASSERT_EQUAL(f->full_sizes[1], 0);
    free(big);
    client_end(&c);
    stop(f);
}

/* What ends a session: the answers that it still gets, then the end, and it is counted. */
static void test_refused(void)
{
    static const struct {
        bool is_open;
        const char *bytes, *answer;
    } cases[] = {
        {false, "1 open 14 relp_version=0\n", "1 rsp 500 command syslog is not offered"},
        {false, "1 open 14 commands=other\n", "1 rsp 500 command syslog is not offered"},
        {false, "1 open 0\n", "1 rsp 500 command syslog is not offered"},
        {false, "0 open 15 commands=syslog\n", NULL},
        {false, "1 syslog 1 x\n", NULL},
        {false, "1 close 0\n", NULL},
        {false, "GET / HTTP/1.1\r\n\r\n", NULL},
        {true, "2 syslog 1 x\n2 syslog 1 y\n", "2 rsp 200 OK"},
        {true, "5 syslog 1 x\n4 syslog 1 y\n", "5 rsp 200 OK"},
        {true, "2 syslog 1 x\n3 rsp 6 200 OK\n", "2 rsp 200 OK"},
        {true, "2 syslog 1 x\ngarbage\n", "2 rsp 200 OK"},
        {true, "2 syslog 2 xyz\n", NULL},
        {true, "2 open 15 commands=syslog\n", NULL},
        {true, "2 starttls 0\n", NULL},
        {true, "2 syslog 9999999999 x\n", NULL},
    };
    struct fixture *f = start(1000, 10);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct client c = cases[i].is_open ? session_to(f) : client_to(f);
        send_text(c.fd, cases[i].bytes);
        if (cases[i].answer)
            CU_ASSERT_TRUE(gets(&c, cases[i].answer));
        CU_ASSERT_TRUE(gets(&c, "end"));
        CU_ASSERT_TRUE(wait_until(f, has_frame_errors, (long)i + 1));
        client_end(&c);
    }
    struct stats_source *row = stats_source(f->stats, SLICE("127.0.0.1"), GW_TRANSPORT_RELP);
    CU_ASSERT_EQUAL(stats_read(&row->malformed), sizeof cases / sizeof *cases);
    CU_ASSERT_EQUAL(stats_read(&f->stats->dropped_frame), sizeof cases / sizeof *cases);
    stop(f);
}

/* A peer that sends no more still gets its answers; one that cut a frame is no error. */
static void test_half_closed(void)
{
    struct fixture *f = start(1000, 10);
    struct client c = session_to(f);
    atomic_store(&f->sync_mode, SYNC_HANGS);
    put_text(&c, "<13>last");
    send_text(c.fd, "3 syslog 20 <13>cut");
    shutdown(c.fd, SHUT_WR);
    CU_ASSERT_TRUE(wait_until(f, has_messages, 1));
    CU_ASSERT_TRUE(is_silent(&c));
    atomic_store(&f->sync_mode, SYNC_WORKS);
    CU_ASSERT_TRUE(gets_ok(&c, 2));
    CU_ASSERT_TRUE(gets(&c, "end"));
    CU_ASSERT_EQUAL(f->n, 1);
    CU_ASSERT_EQUAL(stats_read(&f->stats->dropped_frame), 0);
    client_end(&c);
    stop(f);
}

static _Atomic int64_t passed_ms; /* beside the time that really passes */

static struct clock_reading read_ahead(const struct clock *clock)
{
    struct clock_reading now = clock_read(&clock_system);
    (void)clock;
    now.mono_ms += atomic_load(&passed_ms);
    return now;
}

/* A disk takes longer than sessions may be idle: who was answered just now is not idle, who said
 * and heard nothing is. Each worker has one of those. */
static void test_late_answer(void)
{
    static const struct clock ahead = {read_ahead};
    fixture_clock = &ahead;
    struct fixture *f = start(1000, 10);
    struct client c = session_to(f), idle = session_to(f), other_idle = session_to(f);
    atomic_store(&f->sync_mode, SYNC_HANGS);
    put_text(&c, "<13>late");
    CU_ASSERT_TRUE(wait_until(f, has_messages, 1));
    atomic_store(&passed_ms, IDLE_MS + 1);
    atomic_store(&f->sync_mode, SYNC_WORKS);
    CU_ASSERT_TRUE(gets_ok(&c, 2));
    CU_ASSERT_TRUE(gets(&idle, "end"));
    CU_ASSERT_TRUE(gets(&other_idle, "end"));
    put_text(&c, "<13>next");
    CU_ASSERT_TRUE(gets_ok(&c, 3));
    client_end(&c);
    client_end(&idle);
    client_end(&other_idle);
    stop(f);
    fixture_clock = &clock_system;
}

/* The end of the gateway: what was taken is answered, then each session is told. */
static void test_stop(void)
{
    struct fixture *f = start(1000, 10);
    struct client c = session_to(f), idle = session_to(f);
    for (int i = 0; i < 100; i++)
        put_text(&c, "<13>taken");
    CU_ASSERT_TRUE(wait_until(f, has_messages, 100));
    intake_stop(f->intake);
    f->intake = NULL;
    CU_ASSERT_TRUE(journal_committed(f->journal) >= 100);
    for (uint32_t i = 0; i < 100; i++)
        CU_ASSERT_TRUE_FATAL(gets_ok(&c, i + 2));
    CU_ASSERT_TRUE(gets(&c, "0 serverclose "));
    CU_ASSERT_TRUE(gets(&c, "end"));
    CU_ASSERT_TRUE(gets(&idle, "0 serverclose "));
    CU_ASSERT_TRUE(gets(&idle, "end"));
    client_end(&c);
    client_end(&idle);
    stop(f);
}

/* It ends in time though the disk fails, and nothing is acknowledged. */
static void test_stop_failing(void)
{
    struct fixture *f = start(1000, 10);
    struct client c = session_to(f);
    atomic_store(&f->sync_mode, SYNC_FAILS);
    put_text(&c, "<13>never on disk");
    CU_ASSERT_TRUE(wait_until(f, has_messages, 1));
    int64_t begun_ms = clock_read(&clock_system).mono_ms;
    intake_stop(f->intake);
    f->intake = NULL;
    CU_ASSERT_TRUE(clock_read(&clock_system).mono_ms - begun_ms < 10000);
    CU_ASSERT_TRUE(gets(&c, "0 serverclose "));
    CU_ASSERT_TRUE(gets(&c, "end"));
    client_end(&c);
    stop(f);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"a session", test_session},
        {"acknowledged after the commit", test_after_commit},
        {"a disk that fails", test_failing_disk},
        {"the journal full", test_full},
        {"beyond the window", test_window},
        {"answers that nobody reads", test_unread_answers},
        {"oversize", test_oversize},
        {"refused", test_refused},
        {"half closed", test_half_closed},
        {"an answer later than idle", test_late_answer},
        {"the gateway stops", test_stop},
        {"the gateway stops, the disk fails", test_stop_failing},
    };
    return suite_run("relp", tests, sizeof tests / sizeof *tests);
}
