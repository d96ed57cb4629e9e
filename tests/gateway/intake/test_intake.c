/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Intake over real loopback sockets into a real journal; the sink is scripted, so that the journal
 * can be "full" for as long as a test wants. Every wait is for a condition, with a generous bound.
 */
#include <limits.h>

#include "gateway/intake/listen.h"
#include "tests/gateway/intake/fixture.h"

static void end_intake(struct fixture *f)
{
    intake_stop(f->intake);
    f->intake = NULL;
}

static void test_udp(void)
{
    struct fixture *f = start(1000, 10);
    int fd = open_to(f->udp.address, SOCK_DGRAM);
    char big[2001];
    memset(big, 'x', sizeof big);
    big[2000] = '\0';
    send_text(fd, "<13>one\n");
    CU_ASSERT_EQUAL(send(fd, "", 0, 0), 0);
    send_text(fd, big);
    CU_ASSERT_EQUAL(send(fd, "nul\0s", 5, 0), 5);
    CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, 3));
    CU_ASSERT_TRUE(is_message(f, 0, "<13>one"));
    CU_ASSERT_EQUAL(f->messages[1].n, 1000);
    CU_ASSERT_EQUAL(f->full_sizes[1], 2000);
    CU_ASSERT_TRUE(slice_equal(buf_get(&f->messages[2]), slice_of("nul\0s", 5)));
    CU_ASSERT_EQUAL(f->full_sizes[2], 0);
    close(fd);
    stop(f);
}

static void test_udp_full(void)
{
    struct fixture *f = start(1000, 10);
    int fd = open_to(f->udp.address, SOCK_DGRAM);
    set_full(f, true);
    send_text(fd, "lost");
    CU_ASSERT_TRUE(wait_until(f, has_dropped, 1));
    set_full(f, false);
    send_text(fd, "kept");
    CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, 1));
    CU_ASSERT_TRUE(is_message(f, 0, "kept"));
    CU_ASSERT_EQUAL(stats_read(&f->stats->dropped_full), 1);
    close(fd);
    stop(f);
}

static bool has_no_room(struct fixture *f, long want)
{
    (void)want;
    return !journal_has_room(f->journal, JOURNAL_ROOM_DATAGRAM);
}

/* Either of the two, as what is sent is read or is not. */
static bool has_messages_or_no_room(struct fixture *f, long want)
{
    return has_messages(f, want) || has_no_room(f, 0);
}

enum { STALL_AHEAD = 256 }; /* the kernel holds twice as many */

/* More datagrams than staging holds, while the disk stands still. Returns how many. */
static int send_stalled(struct fixture *f, int fd)
{
    char text[1024];
    int n = 0;
    atomic_store(&f->sync_mode, SYNC_HANGS);
    for (int more = STALL_AHEAD; more > 0; more -= has_no_room(f, 0)) {
        snprintf(text, sizeof text, "<13>%d%980s.", n++, "");
        send_text(fd, text);
        CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages_or_no_room, n - STALL_AHEAD));
    }
    return n;
}

static struct fixture *start_small(int *fd)
{
    staging_bytes = 1 << 20;
    struct fixture *f = start(1000, 10);
    staging_bytes = 0;
    *fd = open_to(f->udp.address, SOCK_DGRAM);
    return f;
}

/* A disk that stands still for a moment loses nothing: what there is no room for stays with the
 * kernel, and a little of staging is left. */
static void test_udp_stall(void)
{
    int fd;
    struct fixture *f = start_small(&fd);
    int sent = send_stalled(f, fd), wrong = 0;
    CU_ASSERT(n_messages(f) < sent);
    atomic_store(&f->sync_mode, SYNC_WORKS);
    CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, sent));
    for (int i = 0; i < sent; i++)
        wrong += atoi(buf_text(&f->messages[i]) + 4) != i;
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(stats_read(&f->stats->dropped_full), 0);
    CU_ASSERT_EQUAL(stats_read(&f->stats->dropped_kernel), 0);
    close(fd);
    stop(f);
}

/* The same when it is to stop: what the kernel has is recorded, or counted where time is short. */
static void test_udp_stall_stop(void)
{
    int fd;
    struct fixture *f = start_small(&fd);
    int sent = send_stalled(f, fd);
    atomic_store(&f->sync_mode, SYNC_WORKS);
    end_intake(f);
    CU_ASSERT_EQUAL(f->n + (long)stats_read(&f->stats->dropped_full), sent);
    close(fd);
    stop(f);
}

static void test_tcp_framings(void)
{
    struct fixture *f = start(1000, 10);
    int lf = open_to(f->tcp.address, SOCK_STREAM), octet = open_to(f->tcp.address, SOCK_STREAM);
    send_text(lf, "<13>a\n<13>b\r\n<13>unfin");
    CU_ASSERT_TRUE(wait_until(f, has_messages, 2));
    send_text(lf, "ished\n");
    CU_ASSERT_TRUE(wait_until(f, has_messages, 3));
    send_text(octet, "6 <13>\nd5 <13>e");
    CU_ASSERT_TRUE(wait_until(f, has_messages, 5));
    send_text(lf, "<13>no end mark");
    shutdown(lf, SHUT_WR);
    CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, 6));
    CU_ASSERT_TRUE(is_message(f, 0, "<13>a"));
    CU_ASSERT_TRUE(is_message(f, 1, "<13>b"));
    CU_ASSERT_TRUE(is_message(f, 2, "<13>unfinished"));
    CU_ASSERT_TRUE(is_message(f, 3, "<13>\nd"));
    CU_ASSERT_TRUE(is_message(f, 4, "<13>e"));
    CU_ASSERT_TRUE(is_message(f, 5, "<13>no end mark"));
    close(lf);
    close(octet);
    stop(f);
}

/* The journal full in the middle of a stream: the sender is slowed, nothing is lost, order is kept.
 */
static void test_tcp_back_pressure(void)
{
    struct fixture *f = start(1000, 10);
    int fd = open_to(f->tcp.address, SOCK_STREAM);
    char text[64];
    set_full(f, true);
    for (int i = 0; i < 2000; i++) {
        snprintf(text, sizeof text, "<13>message %d\n", i);
        send_text(fd, text);
    }
    CU_ASSERT_TRUE(wait_until(f, has_refused, 1));
    set_full(f, false);
    uint64_t sequence;
    /* any commit wakes those who wait */
    CU_ASSERT_EQUAL(journal_append(f->journal, SLICE("wake"), &sequence), GW_OK);
    CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, 2000));
    for (int i = 0; i < 2000; i++) {
        snprintf(text, sizeof text, "<13>message %d", i);
        CU_ASSERT_TRUE(is_message(f, i, text));
    }
    CU_ASSERT_EQUAL(stats_read(&f->stats->dropped_full), 0);
    close(fd);
    stop(f);
}

/* A sender that has gone before the journal took his messages loses none of them. */
static void test_tcp_closed_while_full(void)
{
    struct fixture *f = start(1000, 10);
    int fd = open_to(f->tcp.address, SOCK_STREAM);
    set_full(f, true);
    send_text(fd, "<13>a\n<13>b\n<13>c");
    CU_ASSERT_TRUE(wait_until(f, has_refused, 1));
    close(fd);
    set_full(f, false);
    uint64_t sequence;
    CU_ASSERT_EQUAL(journal_append(f->journal, SLICE("wake"), &sequence), GW_OK);
    CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, 3));
    CU_ASSERT_TRUE(is_message(f, 2, "<13>c"));
    stop(f);
}

static void test_tcp_oversize(void)
{
    struct fixture *f = start(1000, 10);
    int fd = open_to(f->tcp.address, SOCK_STREAM);
    size_t n = 300000;
    char *big = malloc(n + 1);
    memset(big, 'x', n);
    big[n] = '\n';
    CU_ASSERT_EQUAL(send(fd, big, n + 1, 0), (ssize_t)n + 1);
    send_text(fd, "<13>next\n");
    CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, 2));
    CU_ASSERT_EQUAL(f->messages[0].n, 1000);
    CU_ASSERT_EQUAL(f->full_sizes[0], n);
    CU_ASSERT_TRUE(is_message(f, 1, "<13>next"));
    free(big);
    close(fd);
    stop(f);
}

/* They are in the journal, so they are not lost: they are marked. */
static void test_tcp_damaged(void)
{
    static const struct {
        const char *text;
        bool is_damaged;
    } wanted[] = {{"<13>whole", false}, {"JUNK", true}, {"<13>whole", false}, {"99 <13>cut", true}};
    struct fixture *f = start(1000, 10);
    int fd = open_to(f->tcp.address, SOCK_STREAM);
    send_text(fd, "9 <13>whole");
    CU_ASSERT_TRUE(wait_until(f, has_messages, 1));
    set_full(f, true);
    send_text(fd, "JUNK\n9 <13>whole99 <13>cut");
    close(fd);
    CU_ASSERT_TRUE(wait_until(f, has_refused, 1));
    set_full(f, false);
    uint64_t sequence;
    CU_ASSERT_EQUAL(journal_append(f->journal, SLICE("wake"), &sequence), GW_OK);
    CU_ASSERT_TRUE(wait_until(f, has_messages, 4));
    for (int i = 0; i < 4; i++) {
        CU_ASSERT_TRUE(is_message(f, i, wanted[i].text));
        CU_ASSERT_EQUAL(f->is_damaged[i], wanted[i].is_damaged);
    }
    CU_ASSERT_EQUAL(stats_read(&f->stats->dropped_frame), 0);
    stop(f);
}

static void test_tcp_too_many(void)
{
    struct fixture *f = start(1000, 2);
    int a = open_to(f->tcp.address, SOCK_STREAM), b = open_to(f->tcp.address, SOCK_STREAM);
    send_text(a, "<13>a\n");
    send_text(b, "<13>b\n");
    CU_ASSERT_TRUE(wait_until(f, has_messages, 2));
    int c = open_to(f->tcp.address, SOCK_STREAM);
    CU_ASSERT_TRUE(wait_until(f, has_refused_connections, 1));
    char byte;
    CU_ASSERT_TRUE(recv(c, &byte, 1, 0) <= 0);
    send_text(a, "<13>still here\n");
    CU_ASSERT_TRUE(wait_until(f, has_messages, 3));
    close(a);
    close(b);
    close(c);
    stop(f);
}

/* Dealing out goes on behind the 2^31st connection. */
static void test_many_turns(void)
{
    struct fixture *f = start(1000, 10);
    int udp = open_to(f->udp.address, SOCK_DGRAM), fds[4];
    pthread_mutex_lock(&f->lock);
    for (struct stream_listener *l = f->intake->listeners; l; l = l->next)
        l->turn = INT_MAX;
    pthread_mutex_unlock(&f->lock);
    send_text(udp, "<13>the first worker has seen it");
    CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, 1));
    for (int i = 0; i < 4; i++) {
        fds[i] = open_to(f->tcp.address, SOCK_STREAM);
        send_text(fds[i], "<13>served\n");
        CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, i + 2));
    }
    for (int i = 0; i < 4; i++)
        close(fds[i]);
    close(udp);
    stop(f);
}

static bool has_connections(const struct stats_source *row, uint64_t want)
{
    for (int i = 0; i < WAIT_MS && stats_read(&row->connections) != want; i++)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    return stats_read(&row->connections) == want;
}

/* As many senders by the first worker as its table holds; the sink is full meanwhile. */
static void fill_senders(struct fixture *f)
{
    char text[80];
    int fd = open_to(f->udp.address, SOCK_DGRAM);
    set_full(f, true);
    for (int i = 0; i < STATS_SOURCES_MAX; i++) {
        snprintf(text, sizeof text, "<13>1 - - - - - [origin ip=\"10.1.%d.%d\"] x", i / 256,
                 i % 256);
        send_text(fd, text);
        if (i % 100 == 99)
            CU_ASSERT_TRUE_FATAL(wait_until(f, has_dropped, i + 1));
    }
    set_full(f, false);
    close(fd);
}

/* Beyond the bound a connection is its own sender's still, whoever comes after him. */
static void test_strangers(void)
{
    static const char *const from[] = {"127.0.0.2", "127.0.0.4", "127.0.0.3"};
    limits.relays = "127.0.0.1";
    struct fixture *f = start(1000, 10);
    limits.relays = NULL;
    struct stats_source *rows[3];
    int fds[3];
    char address[32];
    for (int i = 0; i < 3; i++)
        rows[i] = stats_source(f->stats, slice_from(from[i]), GW_TRANSPORT_TCP);
    fill_senders(f);
    for (int i = 0; i < 3; i++) { /* the first and the third are the first worker's */
        snprintf(address, sizeof address, "%s:0", from[i]);
        fds[i] = open_from(address, f->tcp.address);
        send_text(fds[i], "<13>hello\n");
        CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, i + 1));
        CU_ASSERT_STRING_EQUAL(f->ways[i], from[i]);
    }
    for (int i = 0; i < 3; i++) {
        send_text(fds[i], "<13>again\n");
        CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, i + 4));
        CU_ASSERT_STRING_EQUAL(f->ways[i + 3], from[i]);
        CU_ASSERT_EQUAL(stats_read(&rows[i]->connections), 1);
    }
    for (int i = 0; i < 3; i++) {
        close(fds[i]);
        CU_ASSERT_TRUE(has_connections(rows[i], 0));
    }
    stop(f);
}

/* Datagrams that two threads read come in the order of the socket: while one is held up with what
 * it read, the other reads on, and waits with that. */
static void test_order(void)
{
    enum { N = 2000, HELD = 1500 }; /* a turn is 1,024 */
    if (geteuid() != 0)
        return; /* the socket's queue may be too short */
    struct fixture *f = start(1000, 10);
    char text[32];
    int fd = open_to(f->udp.address, SOCK_DGRAM);
    atomic_store(&f->is_gated, true);
    pthread_mutex_lock(&f->lock); /* nothing is put, so nobody reads on */
    for (int i = 0; i < N; i++) {
        snprintf(text, sizeof text, i == HELD ? GATED : "<13>%d", i);
        send_text(fd, text);
    }
    pthread_mutex_unlock(&f->lock);
    CU_ASSERT_TRUE_FATAL(wait_until(f, is_at_gate, 1));
    CU_ASSERT_TRUE(wait_until(f, has_noted, HELD + 1));
    pthread_mutex_lock(&f->lock);
    CU_ASSERT(f->n > HELD - INTAKE_BATCH && f->n <= HELD);
    pthread_mutex_unlock(&f->lock);
    atomic_store(&f->is_gated, false);
    CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, N));
    int wrong = 0;
    for (int i = 0; i < N; i++) {
        snprintf(text, sizeof text, i == HELD ? GATED : "<13>%d", i);
        wrong += !is_message(f, i, text);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(stats_read(&f->stats->dropped_kernel), 0);
    close(fd);
    stop(f);
}

/* Only who is named may say whose connection it is. */
static void test_proxies(void)
{
    static const char header[] = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"
                                 "\xc0\0\x02\x07\x7f\0\0\1\0\1\0\2<13>hello\n";
    limits.has_proxy = true;
    limits.proxies = "192.0.2.0/24 127.0.0.2";
    struct fixture *f = start(1000, 10);
    limits.has_proxy = false;
    limits.proxies = NULL;
    int stranger = open_from("127.0.0.3:0", f->tcp.address);
    send(stranger, header, sizeof header - 1, MSG_NOSIGNAL);
    CU_ASSERT_TRUE(wait_until(f, has_refused_connections, 1));
    int proxy = open_from("127.0.0.2:0", f->tcp.address);
    CU_ASSERT_EQUAL(send(proxy, header, sizeof header - 1, 0), sizeof header - 1);
    CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, 1));
    CU_ASSERT_STRING_EQUAL(f->ways[0], "192.0.2.7");
    CU_ASSERT_EQUAL(f->n, 1);
    close(stranger);
    close(proxy);
    stop(f);
}

static void test_proxies_checked(void)
{
    static const struct {
        struct intake_listener listener;
        const char *complaint; /* NULL: none */
    } cases[] = {
        {{.address = "[::]:514", .has_proxy = true, .proxies = "192.0.2.7 2001:db8::/32"}, NULL},
        {{.address = "[::]:514", .has_proxy = true, .proxies = "192.0.2.7 lb1"}, "'lb1' is no"},
        {{.address = "[::]:514", .proxies = "192.0.2.7"}, "without proxy=\"yes\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct diag diag = {0};
        intake_check(&cases[i].listener, "syslog-tcp", &diag);
        CU_ASSERT_EQUAL_FATAL(diag.n, cases[i].complaint != NULL);
        if (cases[i].complaint)
            CU_ASSERT_PTR_NOT_NULL(strstr(diag.items[0].text, cases[i].complaint));
        diag_free(&diag);
    }
}

/* The gateway stops: what was read of streams is taken, whatever it waited for. */
static void test_stop_streams(void)
{
    limits.max_rate = 1;
    struct fixture *f = start(1000, 10);
    limits.max_rate = 0;
    int lines = open_to(f->tcp.address, SOCK_STREAM);
    send_text(lines, "<13>a\n<13>b\n<13>c\n<13>d\n<13>no end mark");
    CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, 1));
    end_intake(f);
    CU_ASSERT_EQUAL(f->n, 5);
    CU_ASSERT_TRUE(is_message(f, 3, "<13>d"));
    CU_ASSERT_TRUE(is_message(f, 4, "<13>no end mark"));
    CU_ASSERT_EQUAL(stats_read(&f->stats->dropped_full), 0);
    close(lines);
    stop(f);
}

/* The same, but the journal takes nothing: each is counted. */
static void test_stop_streams_full(void)
{
    struct fixture *f = start(1000, 10);
    int lines = open_to(f->tcp.address, SOCK_STREAM);
    set_full(f, true);
    send_text(lines, "<13>a\n<13>b\n<13>c\n<13>d\n<13>no end mark");
    CU_ASSERT_TRUE_FATAL(wait_until(f, has_refused, 1));
    end_intake(f);
    CU_ASSERT_EQUAL(f->n, 0);
    CU_ASSERT_EQUAL(stats_read(&f->stats->dropped_full), 5);
    struct stats_source *row = stats_source(f->stats, SLICE("127.0.0.1"), GW_TRANSPORT_TCP);
    CU_ASSERT_EQUAL(stats_read(&row->dropped), 5);
    close(lines);
    stop(f);
}

static void test_address_in_use(void)
{
    struct fixture *f = start(1000, 10);
    const struct intake_listener *udp = &f->udp;
    struct intake_listener bad = {
        .place = {"x.xml", 7}, .address = "localhost:514", .receive_buffer_bytes = 65536};
    const struct intake_listener *worse = &bad;
    struct intake_options options = {.udp = &udp,
                                     .n_udp = 1,
                                     .tcp = &worse,
                                     .n_tcp = 1,
                                     .threads = 1,
                                     .sink = {lane_new, lane_free, take, keep, append_kept, f},
                                     .journal = f->journal,
                                     .stats = f->stats,
                                     .clock = &clock_system};
    struct intake *second = NULL;
    struct diag diag = {0};
    CU_ASSERT_NOT_EQUAL(intake_start(&options, &diag, &second), GW_OK);
    CU_ASSERT_PTR_NULL(second);
    CU_ASSERT_EQUAL_FATAL(diag.n, 2); /* both mistakes in one run */
    CU_ASSERT_EQUAL(diag.items[1].line, 7);
    diag_free(&diag);
    stop(f);
}

static int64_t mono_ms(void)
{
    return clock_read(&clock_system).mono_ms;
}

static bool has_settled_datagrams(struct fixture *f, long want)
{
    return f->n + (long)stats_read(&f->stats->dropped_rate) >= want;
}

/* At one message a second thirty at once are one, and the others are counted as dropped. */
static void test_rate_of_datagrams(void)
{
    limits.max_rate = 1;
    struct fixture *f = start(2048, 10);
    limits.max_rate = 0;
    int fd = open_to(f->addresses[0], SOCK_DGRAM);
    for (int i = 0; i < 30; i++)
        CU_ASSERT_EQUAL(send(fd, "message", 7, 0), 7);
    CU_ASSERT_TRUE(wait_until(f, has_settled_datagrams, 30));
    CU_ASSERT_TRUE(f->n >= 1 && f->n < 30);
    CU_ASSERT_EQUAL(f->n + (int)stats_read(&f->stats->dropped_rate), 30);
    struct stats_source *row = stats_source(f->stats, SLICE("127.0.0.1"), GW_TRANSPORT_UDP);
    CU_ASSERT_EQUAL(stats_read(&row->dropped), stats_read(&f->stats->dropped_rate));
    close(fd);
    stop(f);
}

/* Over TCP the sender waits, on both of his connections together, and nothing is lost. */
static void test_rate_of_connections(void)
{
    enum { RATE = 20, LINES = 30 };
    limits.max_rate = RATE;
    struct fixture *f = start(2048, 10);
    limits.max_rate = 0;
    int64_t begun_ms = mono_ms();
    int fds[2];
    for (int c = 0; c < 2; c++) {
        fds[c] = open_to(f->addresses[1], SOCK_STREAM);
        for (int i = 0; i < LINES; i++)
            CU_ASSERT_EQUAL(send(fds[c], "line\n", 5, 0), 5);
        close(fds[c]); /* what is read late is read all the same */
    }
    CU_ASSERT_TRUE(wait_until(f, has_messages, 2 * LINES));
    CU_ASSERT_TRUE(mono_ms() - begun_ms >= (2 * LINES - RATE) * 1000 / RATE - 100);
    CU_ASSERT_EQUAL(f->n, 2 * LINES);
    CU_ASSERT_EQUAL(stats_read(&f->stats->dropped_rate), 0);
    stop(f);
}

/* The third connection of one sender is closed at once; when one goes, another may come. */
static void test_connections_of_source(void)
{
    limits.max_connections_per_source = 2;
    struct fixture *f = start(2048, 10);
    limits.max_connections_per_source = 0;
    int fds[4];
    for (int i = 0; i < 4; i++) {
        fds[i] = open_to(f->addresses[1], SOCK_STREAM);
        if (i < 2) {
            CU_ASSERT_EQUAL(send(fds[i], "mine\n", 5, 0), 5);
            CU_ASSERT_TRUE(wait_until(f, has_messages, i + 1));
        }
    }
    CU_ASSERT_TRUE(wait_until(f, has_refused_connections, 2));
    char byte;
    CU_ASSERT_TRUE(recv(fds[2], &byte, 1, 0) <= 0);
    CU_ASSERT_TRUE(recv(fds[3], &byte, 1, 0) <= 0);
    struct stats_source *row = stats_source(f->stats, SLICE("127.0.0.1"), GW_TRANSPORT_TCP);
    close(fds[0]);
    CU_ASSERT_TRUE(has_connections(row, 1));
    close(fds[2]);
    fds[2] = open_to(f->addresses[1], SOCK_STREAM);
    CU_ASSERT_EQUAL(send(fds[2], "next\n", 5, 0), 5);
    CU_ASSERT_TRUE(wait_until(f, has_messages, 3));
    CU_ASSERT_EQUAL(stats_read(&f->stats->connections_refused), 2);
    for (int i = 1; i < 4; i++)
        close(fds[i]);
    stop(f);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"udp", test_udp},
        {"udp, journal full", test_udp_full},
        {"udp, the disk stands still", test_udp_stall},
        {"udp, the disk stands still, the gateway stops", test_udp_stall_stop},
        {"udp, by two threads", test_order},
        {"udp, more than a sender may", test_rate_of_datagrams},
        {"tcp framings", test_tcp_framings},
        {"tcp back-pressure", test_tcp_back_pressure},
        {"tcp closed while full", test_tcp_closed_while_full},
        {"tcp oversize", test_tcp_oversize},
        {"tcp damaged", test_tcp_damaged},
        {"tcp too many", test_tcp_too_many},
        {"tcp, too many of one sender", test_connections_of_source},
        {"tcp, faster than a sender may", test_rate_of_connections},
        {"tcp, many turns", test_many_turns},
        {"tcp, more senders than are known", test_strangers},
        {"tcp, who may speak PROXY", test_proxies},
        {"tcp, who may speak PROXY, checked", test_proxies_checked},
        {"the gateway stops, streams wait", test_stop_streams},
        {"the gateway stops, the journal full", test_stop_streams_full},
        {"address in use", test_address_in_use},
    };
    return suite_run("intake", tests, sizeof tests / sizeof *tests);
}
