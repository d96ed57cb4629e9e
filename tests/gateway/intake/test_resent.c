/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a RELP client sends again behind a broken session is known, by whichever thread its sessions
 * are served and in whichever order their bytes are read.
 */
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>

#include "tests/gateway/intake/relp_client.h"

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

/* Behind a session that broke its messages are known again, once each; behind one that was closed
   they are not. */
static void test_resent(void)
{
    enum { SENT = 300, AGAIN = 40 };
    struct fixture *f = start(1000, 10);
    struct client c = session_to(f);
    put_numbers(&c, 1, SENT);
    client_end(&c);
    CU_ASSERT_TRUE(wait_until(f, has_no_session, 0));

    c = session_to(f);
    put_numbers(&c, AGAIN, SENT + 1);
    put_numbers(&c, SENT, SENT); /* the same text once more is another event */
    CU_ASSERT_EQUAL_FATAL(f->n, SENT + SENT - AGAIN + 3);
    for (int i = SENT; i <= SENT + SENT - AGAIN; i++)
        CU_ASSERT_TRUE(f->is_resent[i]);
    CU_ASSERT_FALSE(f->is_resent[f->n - 2]);
    CU_ASSERT_FALSE(f->is_resent[f->n - 1]);
    put(&c, "close", SLICE_NONE);
    get(&c);
    CU_ASSERT_TRUE(gets(&c, "end"));
    client_end(&c);
    CU_ASSERT_TRUE(wait_until(f, has_no_session, 0));

    c = session_to(f);
    put_numbers(&c, SENT - 10, SENT + 1);
    for (int i = f->n - 12; i < f->n; i++)
        CU_ASSERT_FALSE(f->is_resent[i]);
    client_end(&c);
    stop(f);
}

static void take_all(struct resent_session *session, uint64_t first, uint64_t last, bool want)
{
    uint64_t n = 0;
    for (uint64_t i = first; i <= last; i++)
        n += resent_take(session, resent_hash(SLICE_NONE, slice_of((char *)&i, sizeof i))) != want;
    CU_ASSERT_EQUAL(n, 0);
}

/* As many as a client's window holds at most are known, and looked up among the first of its next
   session: neither an older one nor a later one. */
static void test_resent_window(void)
{
    enum { SENT = 3 * RESENT_WINDOW + 77 };
    struct resent *resent = resent_new();
    struct resent_session *session = resent_begin(resent, SLICE("192.0.2.1"));
    take_all(session, 1, SENT, false);
    resent_end(session, false);
    session = resent_begin(resent, SLICE("192.0.2.1"));
    take_all(session, SENT - RESENT_WINDOW, SENT - RESENT_WINDOW, false);
    take_all(session, SENT - RESENT_WINDOW + 1, SENT - 1, true);
    take_all(session, SENT, SENT, false);
    resent_end(session, true);
    resent_free(resent);
}

/* One text again and again: as often as it was told it came before, and what is told later pushes
   out what is as old as any other. */
static void test_resent_alike(void)
{
    enum { ALIKE = 1000 };
    struct resent *resent = resent_new();
    struct resent_session *broken = resent_begin(resent, SLICE("192.0.2.1"));
    for (int i = 0; i < ALIKE; i++)
        CU_ASSERT_FALSE(resent_take(broken, 7));
    take_all(broken, 1000, 1000 + RESENT_WINDOW - 11, false); /* ten are left */
    resent_end(broken, false);
    struct resent_session *session = resent_begin(resent, SLICE("192.0.2.1"));
    int n = 0;
    for (int i = 0; i < ALIKE; i++)
        n += resent_take(session, 7);
    CU_ASSERT_EQUAL(n, 10);
    resent_end(session, true);
    session = resent_begin(resent, SLICE("192.0.2.1"));
    CU_ASSERT_FALSE(resent_take(session, 7));
    resent_end(session, true);
    resent_free(resent);
}

/* One that is taken back is nobody's, and leaves its place. */
static void test_resent_untake(void)
{
    struct resent *resent = resent_new();
    struct resent_session *first = resent_begin(resent, SLICE("192.0.2.1")),
                          *second = resent_begin(resent, SLICE("192.0.2.1"));
    for (uint64_t i = 0; i < RESENT_WINDOW; i++) {
        take_all(first, i, i, false);
        resent_untake(first);
        take_all(first, i, i, false);
    }
    take_all(second, 0, RESENT_WINDOW - 1, true);
    resent_end(first, false);
    resent_end(second, false);
    resent_free(resent);
}

/* What another session had is given back too, and the looking up is not used up. */
static void test_resent_untake_found(void)
{
    struct resent *resent = resent_new();
    struct resent_session *first = resent_begin(resent, SLICE("192.0.2.1"));
    take_all(first, 1, 1, false);
    resent_end(first, false);
    struct resent_session *second = resent_begin(resent, SLICE("192.0.2.1"));
    for (int i = 0; i < RESENT_WINDOW; i++) {
        take_all(second, 1, 1, true);
        resent_untake(second);
    }
    resent_end(second, false);
    struct resent_session *third = resent_begin(resent, SLICE("192.0.2.1"));
    take_all(third, 1, 1, true); /* once, of either */
    take_all(third, 1, 1, false);
    resent_end(third, false);
    resent_free(resent);
}

/* While one waits for the journal, another session brings it: that one is the first. */
static void test_resent_held_first(void)
{
    struct fixture *f = start(1000, 10);
    struct client held = session_to(f), other = session_to(f);
    set_full(f, true);
    put_text(&held, "<13>number 1");
    CU_ASSERT_TRUE(wait_until(f, has_refused, 1));
    set_full(f, false);
    put_text(&other, "<13>number 1");
    CU_ASSERT_TRUE(gets_ok(&other, 2));
    CU_ASSERT_TRUE(gets_ok(&held, 2)); /* its commit woke it */
    CU_ASSERT_EQUAL_FATAL(f->n, 2);
    CU_ASSERT_FALSE(f->is_resent[0]);
    CU_ASSERT_TRUE(f->is_resent[1]);
    client_end(&held);
    client_end(&other);
    stop(f);
}

static bool has_committed(struct fixture *f, long want)
{
    return journal_committed(f->journal) >= (uint64_t)want;
}

/* All that was sent was read; the other end is a socket of this process too. */
static void wait_until_read(int fd)
{
    struct sockaddr_in own, peer;
    socklen_t size = sizeof own, n;
    int there = 2, sent = 1, unread = 1;
    CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)&own, &size), 0);
    do
        there++, n = sizeof peer;
    while (there < 1024 && (getpeername(there, (struct sockaddr *)&peer, &n) != 0 ||
                            n != sizeof peer || peer.sin_port != own.sin_port));
    for (int i = 0; i < WAIT_MS && sent + unread > 0; i++) {
        CU_ASSERT_EQUAL_FATAL(ioctl(fd, SIOCOUTQ, &sent), 0);
        CU_ASSERT_EQUAL_FATAL(ioctl(there, FIONREAD, &unread), 0);
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    CU_ASSERT_EQUAL(sent + unread, 0);
}

/* A close whose answer never left did not close in order. */
static void test_resent_unanswered_close(void)
{
    enum { FRAMES = 400000, SMALL = 4096 }; /* answers for more than the kernel buffers */
    limits.window = 1000000;
    struct fixture *f = start(1000, 10);
    limits.window = 0;
    struct client c = session_to(f);
    struct buf out = {0};
    int small = SMALL;
    setsockopt(c.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    atomic_store(&f->sync_mode, SYNC_HANGS);
    relp_write(&out, 2, SLICE("syslog"), SLICE("<13>number 1"));
    for (uint32_t i = 0; i < FRAMES; i++)
        relp_write(&out, i + 3, SLICE("syslog"), SLICE_NONE);
    relp_write(&out, FRAMES + 3, SLICE("close"), SLICE_NONE);
    CU_ASSERT_EQUAL(send(c.fd, out.p, out.n, MSG_NOSIGNAL), (ssize_t)out.n);
    buf_free(&out);
    CU_ASSERT_TRUE(wait_until(f, has_messages, 1));
    wait_until_read(c.fd);
    struct pollfd wait = {.fd = c.fd, .events = POLLIN};
    atomic_store(&f->sync_mode, SYNC_WORKS);
    CU_ASSERT_TRUE(wait_until(f, has_committed, 1));
    CU_ASSERT_EQUAL(poll(&wait, 1, WAIT_MS), 1);
    client_end(&c); /* nothing was read of it: a reset */
    CU_ASSERT_TRUE(wait_until(f, has_no_session, 0));

    c = session_to(f);
    put_numbers(&c, 1, 1);
    CU_ASSERT_TRUE(f->is_resent[f->n - 1]);
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

/* Two threads, and their sessions in turn; the first thread accepts. The second one can be kept
   busy with a message that is being taken, until let_on(). */
struct two_threads {
    struct client idle, broken, other_idle, busy;
};

static struct two_threads begin_two(struct fixture *f)
{
    struct two_threads t = {session_to(f), session_to(f), session_to(f), session_to(f)};
    put_numbers(&t.broken, 1, 2);
    return t;
}

static void keep_busy(struct fixture *f, struct two_threads *t)
{
    atomic_store(&f->is_gated, true);
    put_text(&t->busy, GATED);
    CU_ASSERT_TRUE_FATAL(wait_until(f, is_at_gate, 1));
}

static void let_on(struct fixture *f)
{
    atomic_store(&f->is_gated, false);
}

static void end_two(struct two_threads *t)
{
    client_end(&t->idle);
    client_end(&t->other_idle);
    client_end(&t->busy);
}

/* A session has ended, which its busy thread has not read: another thread's session knows what came
   by it. */
static void test_resent_unread_end(void)
{
    struct fixture *f = start(1000, 10);
    struct two_threads t = begin_two(f);
    keep_busy(f, &t);
    client_end(&t.broken);
    struct client c = session_to(f);
    put_numbers(&c, 1, 3);
    CU_ASSERT_TRUE(f->is_resent[2] && f->is_resent[3]);
    CU_ASSERT_FALSE(f->is_resent[4]);
    let_on(f);
    client_end(&c);
    end_two(&t);
    stop(f);
}

/* Nor have its last messages been read. What came by the next session by then is known when they
   are, and what they bring first is known to that one. */
static void test_resent_unread_messages(void)
{
    struct fixture *f = start(1000, 10);
    struct two_threads t = begin_two(f);
    keep_busy(f, &t);
    for (int i = 3; i <= 5; i++) {
        char text[32];
        snprintf(text, sizeof text, "<13>number %d", i);
        put_text(&t.broken, text);
    }
    shutdown(t.broken.fd, SHUT_WR); /* not reset: all is there for the gateway */
    struct client c = session_to(f);
    put_numbers(&c, 1, 4);
    CU_ASSERT_TRUE(f->is_resent[2] && f->is_resent[3]);
    CU_ASSERT_FALSE(f->is_resent[4] || f->is_resent[5]);
    let_on(f);
    CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, 10)); /* the gated one among them */
    for (int i = 6; i < 10; i++)
        CU_ASSERT_EQUAL(f->is_resent[i],
                        is_message(f, i, "<13>number 3") || is_message(f, i, "<13>number 4"));
    put_numbers(&c, 5, 6);
    CU_ASSERT_TRUE(f->is_resent[10]);
    CU_ASSERT_FALSE(f->is_resent[11]);
    client_end(&t.broken);
    client_end(&c);
    end_two(&t);
    stop(f);
}

/* A client whose connection is cut again and again before it is answered, and which is here again
   at once: each of its messages is the first of its kind once, whoever of two threads takes it. */
static void test_resent_cut(void)
{
    enum { TURNS = 60, AGAIN = 4, EACH = 12 };
    struct fixture *f = start(1000, 1000);
    int firsts[TURNS * EACH] = {0};
    for (int turn = 0; turn < TURNS; turn++) {
        for (int again = 1; again <= AGAIN; again++) {
            struct client c = session_to(f);
            char text[32];
            for (int i = 0; i < EACH; i++) {
                snprintf(text, sizeof text, "<13>number %d", turn * EACH + i);
                put_text(&c, text);
            }
            for (uint32_t i = 2; again == AGAIN && i < EACH + 2; i++)
                CU_ASSERT_TRUE_FATAL(gets_ok(&c, i));
            client_end(&c);
        }
    }
    CU_ASSERT_TRUE(wait_until(f, has_no_session, 0));
    for (int i = 0; i < f->n; i++) {
        char text[32];
        snprintf(text, sizeof text, "%.*s", SLICE_FMT(buf_get(&f->messages[i])));
        firsts[atoi(text + strlen("<13>number "))] += !f->is_resent[i];
    }
    for (int i = 0; i < TURNS * EACH; i++)
        CU_ASSERT_EQUAL(firsts[i], 1);
    CU_ASSERT_TRUE(f->n > TURNS * EACH); /* some came again */
    stop(f);
}

/* Sessions beyond the bound push out those that broke first; the last ones are known. */
static void test_resent_bound(void)
{
    struct resent *resent = resent_new();
    struct resent_session *first, *session;
    char name[32];
    uint64_t hash = resent_hash(SLICE("192.0.2.1"), SLICE("<13>x"));
    for (int i = 0; i <= RESENT_BROKEN; i++) {
        snprintf(name, sizeof name, "192.0.2.%d", i);
        session = resent_begin(resent, slice_from(name));
        CU_ASSERT_FALSE(resent_take(session, hash));
        resent_end(session, false);
    }
    session = resent_begin(resent, SLICE("192.0.2.0"));
    CU_ASSERT_FALSE(resent_take(session, hash));
    resent_end(session, true);
    first = resent_begin(resent, SLICE("192.0.2.1"));
    session = resent_begin(resent, slice_from(name));
    CU_ASSERT_TRUE(resent_take(first, hash));
    CU_ASSERT_FALSE(resent_take(session, hash ^ 2));
    CU_ASSERT_TRUE(resent_take(session, hash));
    CU_ASSERT_FALSE(resent_take(session, hash));
    resent_end(first, false);
    resent_end(session, false);
    resent_free(resent);
}

/* What sessions had that broke is bounded by its messages too. */
static void test_resent_bound_of_messages(void)
{
    enum { KEPT = RESENT_PLACES / 2 / RESENT_WINDOW };
    struct resent *resent = resent_new();
    for (uint64_t i = 0; i <= KEPT; i++) {
        struct resent_session *session = resent_begin(resent, SLICE("192.0.2.1"));
        take_all(session, i << 32, (i << 32) + RESENT_WINDOW - 1, false);
        resent_end(session, false);
    }
    struct resent_session *session = resent_begin(resent, SLICE("192.0.2.1"));
    take_all(session, 0, 0, false);
    take_all(session, (uint64_t)1 << 32, ((uint64_t)1 << 32) + 99, true);
    take_all(session, (uint64_t)KEPT << 32, ((uint64_t)KEPT << 32) + 99, true);
    resent_end(session, true);
    resent_free(resent);
}

/* Where the sessions that live need more room than there is, each has its last ones all the same.
 */
static void test_resent_room(void)
{
    enum { WIDE = RESENT_PLACES / 2 / RESENT_WINDOW, COMMON = RESENT_PLACES / 2 / RESENT_COMMON };
    struct resent *resent = resent_new();
    static struct resent_session *sessions[WIDE + COMMON + 2];
    int n = 0;
    for (int i = 0; i < WIDE + COMMON + 2; i++) {
        bool is_wide = i < WIDE + 1;
        sessions[n] = resent_begin(resent, SLICE("192.0.2.1"));
        take_all(sessions[n++], (uint64_t)i << 32,
                 ((uint64_t)i << 32) + (is_wide ? RESENT_WINDOW : RESENT_COMMON) - 1, false);
    }
    struct resent_session *session = resent_begin(resent, SLICE("192.0.2.1"));
    const uint64_t common = (uint64_t)WIDE << 32, least = (uint64_t)(n - 1) << 32;
    take_all(session, 0, 0, true); /* the first has its whole window */
    take_all(session, common + RESENT_WINDOW - RESENT_COMMON - 1,
             common + RESENT_WINDOW - RESENT_COMMON - 1, false);
    take_all(session, common + RESENT_WINDOW - RESENT_COMMON, common + RESENT_WINDOW - 1, true);
    take_all(session, least + RESENT_COMMON - RESENT_LEAST - 1,
             least + RESENT_COMMON - RESENT_LEAST - 1, false);
    take_all(session, least + RESENT_COMMON - RESENT_LEAST, least + RESENT_COMMON - 1, true);
    for (int i = 0; i < n; i++)
        resent_end(sessions[i], i % 2);
    resent_end(session, true);
    resent_free(resent);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"behind a break", test_resent},
        {"held", test_resent_held},
        {"before the disk has it", test_resent_soon},
        {"the end not read yet", test_resent_unread_end},
        {"messages not read yet", test_resent_unread_messages},
        {"cut again and again", test_resent_cut},
        {"a whole window", test_resent_window},
        {"one text", test_resent_alike},
        {"taken back", test_resent_untake},
        {"taken back, found", test_resent_untake_found},
        {"held, another was first", test_resent_held_first},
        {"closed, but not answered", test_resent_unanswered_close},
        {"many sessions that broke", test_resent_bound},
        {"many messages of theirs", test_resent_bound_of_messages},
        {"more than there is room for", test_resent_room},
    };
    return suite_run("resent", tests, sizeof tests / sizeof *tests);
}
