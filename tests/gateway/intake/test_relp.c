/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RELP sessions over loopback sockets. The disk is scripted: what is asked above all is that no
 * message is acknowledged before its commit, and each one after it, in the order sent.
 */
#include <poll.h>
#include <sys/resource.h>

#include "parsers/relp.h"
#include "tests/gateway/intake/fixture.h"

/* A client: what it sends is written as it is, what comes back is read frame by frame. */
struct client {
    int fd;
    uint32_t txnr;
    struct relp_reader reader;
    struct buf in;
    size_t used;
};

static struct client client_to(const struct fixture *f)
{
    struct client c = {.fd = open_to(f->relp.address, SOCK_STREAM)};
    struct timeval bound = {WAIT_MS / 1000, 0};
    setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
    relp_reader_init(&c.reader, 4096);
    return c;
}

static void client_end(struct client *c)
{
    close(c->fd);
    relp_reader_fini(&c->reader);
    buf_free(&c->in);
}

static void put(struct client *c, const char *command, struct slice data)
{
    struct buf out = {0};
    c->txnr = relp_txnr_next(c->txnr);
    relp_write(&out, c->txnr, slice_from(command), data);
    CU_ASSERT_EQUAL(send(c->fd, out.p, out.n, MSG_NOSIGNAL), (ssize_t)out.n);
    buf_free(&out);
}

/* The next frame from the server as text, "TXNR COMMAND DATA"; "end" when it has closed. Valid
 * until the next call. */
static const char *get(struct client *c)
{
    static char text[8192];
    struct relp_frame frame;
    size_t consumed;
    for (;;) {
        enum parse_status status =
            relp_next(&c->reader, slice_skip(buf_get(&c->in), c->used), &frame, &consumed);
        c->used += consumed;
        if (status == PARSE_OK) {
            snprintf(text, sizeof text, "%u %.*s %.*s", frame.txnr, SLICE_FMT(frame.command),
                     SLICE_FMT(frame.data));
            return text;
        }
        if (status == PARSE_MALFORMED)
            return "malformed";
        ssize_t n = recv(c->fd, buf_reserve(&c->in, 4096), 4096, 0);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return "silence";
        if (n <= 0)
            return "end";
        c->in.n += (size_t)n;
    }
}

static bool gets(struct client *c, const char *expected)
{
    const char *got = get(c);
    if (strcmp(got, expected) != 0)
        printf("\n    expected \"%s\", got \"%s\"\n", expected, got);
    return strcmp(got, expected) == 0;
}

static bool gets_ok(struct client *c, uint32_t txnr)
{
    char expected[32];
    snprintf(expected, sizeof expected, "%u rsp 200 OK", txnr);
    return gets(c, expected);
}

/* Nothing has come, though it had time to: what must not come is never proven by waiting, but an
 * answer given too early comes within this. */
static bool is_silent(struct client *c)
{
    struct pollfd wait = {.fd = c->fd, .events = POLLIN};
    return c->used == c->in.n && poll(&wait, 1, 100) == 0;
}

#define OFFERS   "relp_version=0\nrelp_software=test\ncommands=syslog"
#define ACCEPTED "1 rsp 200 OK\nrelp_version=0\nrelp_software=eog-gateway\ncommands=syslog"

static struct client session_to(const struct fixture *f)
{
    struct client c = client_to(f);
    put(&c, "open", SLICE(OFFERS));
    CU_ASSERT_TRUE(gets(&c, ACCEPTED));
    return c;
}

static void put_text(struct client *c, const char *text)
{
    put(c, "syslog", slice_from(text));
}

static bool has_frame_errors(struct fixture *f, long want)
{
    return stats_read(&f->stats->dropped_frame) >= (uint64_t)want;
}

static void wake(struct fixture *f)
{
    uint64_t sequence;
    CU_ASSERT_EQUAL(journal_append(f->journal, SLICE("wake"), &sequence), GW_OK);
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

static bool has_no_session(struct fixture *f, long want)
{
    struct stats_source *row = stats_source(f->stats, SLICE("127.0.0.1"), GW_TRANSPORT_RELP);
    return stats_read(&row->connections) == (uint64_t)want;
}

/* Numbers from first to last, each answered. */
static void put_numbers(struct client *c, int first, int last)
{
    char text[32];
    for (int i = first; i <= last; i++) {
        snprintf(text, sizeof text, "<13>number %d", i);
        put_text(c, text);
        CU_ASSERT_TRUE_FATAL(gets_ok(c, c->txnr));
    }
}

/* Behind a session that broke the last messages are known again, once each, at the beginning of
   the sender's next one; behind one that was closed they are not. */
static void test_resent(void)
{
    enum { SENT = 300, AGAIN = SENT - RESENT_WINDOW + 1 };
    struct fixture *f = start(1000, 10);
    struct client c = session_to(f);
    put_numbers(&c, 1, SENT);
    client_end(&c);
    CU_ASSERT_TRUE(wait_until(f, has_no_session, 0));

    c = session_to(f);
    put_numbers(&c, AGAIN - 1, SENT - 2); /* the first is older than the window */
    put_numbers(&c, SENT - 2, SENT - 2);  /* the same text once more is another event */
    put_numbers(&c, SENT, SENT);          /* behind the window: nobody sends that late */
    CU_ASSERT_EQUAL_FATAL(f->n, SENT + RESENT_WINDOW + 1);
    CU_ASSERT_FALSE(f->is_resent[SENT]);
    for (int i = 1; i < RESENT_WINDOW - 1; i++)
        CU_ASSERT_TRUE(f->is_resent[SENT + i]);
    CU_ASSERT_FALSE(f->is_resent[SENT + RESENT_WINDOW - 1]);
    CU_ASSERT_FALSE(f->is_resent[SENT + RESENT_WINDOW]);
    put(&c, "close", SLICE_NONE);
    get(&c);
    CU_ASSERT_TRUE(gets(&c, "end"));
    client_end(&c);
    CU_ASSERT_TRUE(wait_until(f, has_no_session, 0));

    c = session_to(f);
    put_numbers(&c, SENT - 10, SENT - 2);
    for (int i = f->n - 9; i < f->n; i++)
        CU_ASSERT_FALSE(f->is_resent[i]);
    client_end(&c);
    stop(f);
}

/* One that the journal could not take at once is still known as sent again when it does. */
static void test_resent_held(void)
{
    struct fixture *f = start(1000, 10);
    struct client c = session_to(f);
    put_numbers(&c, 1, 3);
    client_end(&c);
    CU_ASSERT_TRUE(wait_until(f, has_no_session, 0));
    c = session_to(f);
    set_full(f, true);
    put_text(&c, "<13>number 3");
    put_text(&c, "<13>number 4");
    CU_ASSERT_TRUE(wait_until(f, has_refused, 1));
    set_full(f, false);
    wake(f);
    CU_ASSERT_TRUE(gets_ok(&c, 2));
    CU_ASSERT_TRUE(gets_ok(&c, 3));
    CU_ASSERT_TRUE(f->is_resent[3]);
    CU_ASSERT_FALSE(f->is_resent[4]);
    client_end(&c);
    stop(f);
}

/* Who comes again before the disk has what his broken session brought is known already. */
static void test_resent_soon(void)
{
    struct fixture *f = start(1000, 10);
    struct client c = session_to(f), between = session_to(f); /* the third has the first's thread */
    atomic_store(&f->sync_mode, SYNC_HANGS);
    put_text(&c, "<13>number 1");
    put_text(&c, "<13>number 2");
    CU_ASSERT_TRUE(wait_until(f, has_messages, 2));
    client_end(&c);
    c = session_to(f);
    put_text(&c, "<13>number 1");
    put_text(&c, "<13>number 2");
    put_text(&c, "<13>number 3");
    CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, 5));
    CU_ASSERT_TRUE(has_no_session(f, 3)); /* the broken one is there still */
    CU_ASSERT_TRUE(f->is_resent[2] && f->is_resent[3]);
    CU_ASSERT_FALSE(f->is_resent[4]);
    atomic_store(&f->sync_mode, SYNC_WORKS);
    wake(f);
    for (uint32_t i = 2; i <= 4; i++)
        CU_ASSERT_TRUE(gets_ok(&c, i));
    client_end(&between);
    client_end(&c);
    stop(f);
}

/* Peers beyond the bound push out those that broke first; the last ones are known. */
static void test_resent_bound(void)
{
    struct resent *resent = resent_new();
    char name[32];
    uint64_t hash = resent_hash(SLICE("192.0.2.1"), SLICE("<13>x"));
    for (int i = 0; i < 5 * RESENT_PEERS_MAX; i++) {
        snprintf(name, sizeof name, "192.0.2.%d", i);
        resent_keep(resent, slice_from(name), &hash, 1);
    }
    CU_ASSERT_FALSE(resent_take(resent, SLICE("192.0.2.0"), hash));
    CU_ASSERT_FALSE(resent_take(resent, slice_from(name), hash ^ 2));
    CU_ASSERT_TRUE(resent_take(resent, slice_from(name), hash));
    CU_ASSERT_FALSE(resent_take(resent, slice_from(name), hash));
    resent_free(resent);
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
        {"sent again", test_resent},
        {"sent again and held", test_resent_held},
        {"sent again before the disk has it", test_resent_soon},
        {"sent again, many peers", test_resent_bound},
        {"the gateway stops", test_stop},
        {"the gateway stops, the disk fails", test_stop_failing},
    };
    return suite_run("relp", tests, sizeof tests / sizeof *tests);
}
