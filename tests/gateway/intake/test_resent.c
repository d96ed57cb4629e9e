/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a RELP client sends again behind a broken session is known, by whichever thread its sessions
 * are served and in whichever order their bytes are read.
 */
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
    struct resent_session *first = resent_begin(resent, SLICE("192.0.2.0"));
    struct resent_session *last = resent_begin(resent, slice_from(name));
    CU_ASSERT_FALSE(resent_take(first, hash));
    CU_ASSERT_FALSE(resent_take(last, hash ^ 2));
    CU_ASSERT_TRUE(resent_take(last, hash));
    CU_ASSERT_FALSE(resent_take(last, hash));
    resent_end(first, false);
    resent_end(last, false);
    resent_free(resent);
}

/* Beginning and end of many sessions of a peer, in any order: what is looked at is bounded. */
static void test_resent_crowd(void)
{
    enum { CROWD = 100, WAYS = 7 }; /* prime to each other */
    struct resent *resent = resent_new();
    struct resent_session *sessions[CROWD];
    for (uint64_t i = 0; i < CROWD; i++) {
        sessions[i] = resent_begin(resent, SLICE("192.0.2.1"));
        CU_ASSERT_FALSE(resent_take(sessions[i], 2 * i + 1));
    }
    CU_ASSERT_TRUE(resent_take(sessions[CROWD - 1], 2 * (CROWD - RESENT_CROWD) + 1));
    CU_ASSERT_FALSE(resent_take(sessions[CROWD - 1], 2 * (CROWD - RESENT_CROWD - 1) + 1));
    for (int i = 0; i < CROWD; i++)
        resent_end(sessions[i * WAYS % CROWD], i % 2);
    struct resent_session *next = resent_begin(resent, SLICE("192.0.2.1"));
    CU_ASSERT_TRUE(resent_take(next, 2 * 0 + 1));
    CU_ASSERT_FALSE(resent_take(next, 2 * WAYS + 1));
    resent_end(next, true);
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
        {"many peers", test_resent_bound},
        {"many sessions", test_resent_crowd},
    };
    return suite_run("resent", tests, sizeof tests / sizeof *tests);
}
