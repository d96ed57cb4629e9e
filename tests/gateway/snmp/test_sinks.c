/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Informs by version 2c to receivers that are scripted here: silent, lying, slow. The queue is
 * bounded and in order, each outcome is counted, and a reload takes nothing from those that stay.
 * The SNMP thread is real, and one of the process; each test gives it sinks of its own.
 */
#include "gateway/snmp/session.h"

#include <CUnit/Basic.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/snmp/guard.h"
#include "tests/support/suite.h"

enum { PATIENCE_MS = 20000, TAG_RESPONSE = 0xa2, TAG_INFORM = 0xa6 };

static struct gwsnmp_session *session;
static struct stats *stats;

/* ---- a receiver ---- */

struct receiver {
    int fd;
    char address[32];
    unsigned char bytes[4096];
    size_t n; /* of the last inform; 0: none came */
    struct sockaddr_in from;
    size_t at_pdu;
};

static struct receiver receiver_open(void)
{
    struct receiver r = {.fd = socket(AF_INET, SOCK_DGRAM, 0)};
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval wait = {0, 50000};
    socklen_t n = sizeof own;
    CU_ASSERT_EQUAL_FATAL(bind(r.fd, (struct sockaddr *)&own, sizeof own), 0);
    CU_ASSERT_EQUAL_FATAL(getsockname(r.fd, (struct sockaddr *)&own, &n), 0);
    setsockopt(r.fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    snprintf(r.address, sizeof r.address, "127.0.0.1:%u", ntohs(own.sin_port));
    return r;
}

/* Offset of the request id's octets. */
static size_t at_request(const struct receiver *r)
{
    unsigned char length = r->bytes[r->at_pdu + 1];
    return r->at_pdu + 2 + (length < 0x80 ? 0 : length & 0x7f) + 2;
}

/* It is of four octets most often. */
static size_t behind_request(const struct receiver *r)
{
    return at_request(r) + r->bytes[at_request(r) - 1];
}

/* The number behind "n=" in the next inform; 0: none came in a while. */
static unsigned next(struct receiver *r)
{
    socklen_t n_from = sizeof r->from;
    ssize_t n =
        recvfrom(r->fd, r->bytes, sizeof r->bytes - 1, 0, (struct sockaddr *)&r->from, &n_from);
    r->n = 0;
    if (n <= 0)
        return 0;
    r->n = (size_t)n;
    r->bytes[r->n] = '\0';
    /* SEQUENCE (short or 0x81 or 0x82 length), version, community "told", PDU */
    size_t at = r->bytes[1] < 0x80 ? 2 : 2 + (size_t)(r->bytes[1] & 0x7f);
    r->at_pdu = at + 3 + 6;
    CU_ASSERT_EQUAL_FATAL(r->bytes[r->at_pdu], TAG_INFORM);
    /* Behind the request id: it is random, and spells "n=" in one run of twenty. */
    const unsigned char *from = r->bytes + behind_request(r);
    const char *text = memmem(from, r->n - (size_t)(from - r->bytes), "n=", 2);
    return text ? (unsigned)atoi(text + 2) : 0;
}

static void put(struct receiver *r)
{
    sendto(r->fd, r->bytes, r->n, 0, (struct sockaddr *)&r->from, sizeof r->from);
}

static void acknowledge(struct receiver *r)
{
    r->bytes[r->at_pdu] = TAG_RESPONSE;
    put(r);
    r->bytes[r->at_pdu] = TAG_INFORM;
}

/* ---- what is told ---- */

static void tell_of(unsigned number, bool is_message)
{
    static struct gwsnmp_notification notification;
    char text[16];
    snprintf(text, sizeof text, "n=%u;", number);
    memset(&notification, 0, sizeof notification);
    notification.number = is_message ? 0 : number;
    notification.is_message = is_message;
    CU_ASSERT(gwsnmp_oid_parse(SLICE("1.3.6.1.6.3.1.1.5.1"), &notification.trap_oid));
    notification.n = 1;
    CU_ASSERT(gwsnmp_oid_parse(SLICE("1.3.6.1.2.1.1.5.0"), &notification.v[0].name));
    gwsnmp_set_text(&notification.v[0].value, slice_from(text));
    CU_ASSERT_EQUAL(gwsnmp_session_notify(session, &notification, PATIENCE_MS), GW_OK);
}

static void tell(unsigned number)
{
    tell_of(number, false);
}

static struct gwsnmp_sink inform_to(const struct receiver *r, int64_t timeout_ms, int retries)
{
    return (struct gwsnmp_sink){.address = r->address,
                                .kind = GWSNMP_SINK_INFORM,
                                .community = "told",
                                .timeout_ms = timeout_ms,
                                .retries = retries};
}

static void set(const struct gwsnmp_sink *sinks, size_t n)
{
    const struct gwsnmp_access nobody = {0};
    CU_ASSERT_EQUAL_FATAL(gwsnmp_session_reload(session, &nobody, sinks, n), GW_OK);
}

static struct gwsnmp_sink_row row(size_t i)
{
    static struct gwsnmp_sink_row rows[GWSNMP_SINKS_MAX];
    CU_ASSERT_FATAL(i < gwsnmp_session_sinks(session, rows, GWSNMP_SINKS_MAX));
    return rows[i];
}

static int64_t now_ms(void)
{
    return clock_read(&clock_system).mono_ms;
}

/* Until so many are acknowledged, or one more that was under way; in this order. */
static unsigned serve(struct receiver *r, size_t at, uint64_t wanted, unsigned *order, unsigned max)
{
    int64_t until_ms = now_ms() + PATIENCE_MS;
    unsigned n = 0;
    while (row(at).acknowledged < wanted && now_ms() < until_ms) {
        unsigned number = next(r);
        if (!number)
            continue;
        if (n < max && (n == 0 || order[n - 1] != number))
            order[n++] = number;
        acknowledge(r);
    }
    CU_ASSERT(row(at).acknowledged >= wanted);
    return n;
}

/* ---- the tests ---- */

static void test_overflow(void)
{
    enum { MORE = 5, ALL = GWSNMP_SINK_WAITING_MAX + MORE };
    static unsigned order[ALL];
    struct receiver r = receiver_open();
    struct gwsnmp_sink sink = inform_to(&r, PATIENCE_MS, 0);
    uint64_t dropped = stats_read(&stats->notifications_dropped);
    set(&sink, 1);
    for (unsigned i = 1; i <= ALL; i++)
        tell(i);
    struct gwsnmp_sink_row seen = row(0);
    CU_ASSERT_EQUAL(seen.waiting, GWSNMP_SINK_WAITING_MAX);
    CU_ASSERT_EQUAL(seen.dropped, MORE);
    CU_ASSERT_EQUAL(stats_read(&stats->notifications_dropped), dropped + MORE);
    CU_ASSERT_EQUAL(gwsnmp_session_oldest_waiting(session), 1);
    /* The first is under way and stays; the next oldest made room. */
    unsigned n = serve(&r, 0, GWSNMP_SINK_WAITING_MAX, order, ALL);
    CU_ASSERT_EQUAL_FATAL(n, GWSNMP_SINK_WAITING_MAX);
    CU_ASSERT_EQUAL(order[0], 1);
    for (unsigned i = 1; i < n; i++)
        CU_ASSERT_EQUAL(order[i], i + 1 + MORE);
    seen = row(0);
    CU_ASSERT_EQUAL(seen.waiting, 0);
    CU_ASSERT_EQUAL(seen.sent, GWSNMP_SINK_WAITING_MAX);
    CU_ASSERT_EQUAL(seen.failed, 0);
    CU_ASSERT_EQUAL(gwsnmp_session_oldest_waiting(session), 0);
    set(NULL, 0);
    close(r.fd);
}

/* Syslog messages: few wait, and no alert is dropped for one, nor hidden behind one. */
static void test_messages(void)
{
    enum { MORE = 5, ALERTS = GWSNMP_SINK_WAITING_MAX - 60, MESSAGE = 10000 };
    static unsigned order[GWSNMP_SINK_WAITING_MAX];
    struct receiver r = receiver_open(), other = receiver_open();
    struct gwsnmp_sink sinks[] = {inform_to(&r, PATIENCE_MS, 0), inform_to(&other, 200, 0)};
    sinks[0].topic = GWSNMP_SINK_ALL;
    set(sinks, 2);
    for (unsigned i = 1; i <= GWSNMP_SINK_MESSAGES_MAX + MORE; i++)
        tell_of(MESSAGE + i, true);
    CU_ASSERT_EQUAL(row(0).waiting, GWSNMP_SINK_MESSAGES_MAX);
    CU_ASSERT_EQUAL(row(0).dropped, MORE);
    CU_ASSERT_EQUAL(row(1).waiting, 0); /* did not ask for them */
    CU_ASSERT_EQUAL(gwsnmp_session_oldest_waiting(session), 0);
    for (unsigned i = 1; i <= ALERTS; i++)
        tell(i);
    CU_ASSERT_EQUAL(gwsnmp_session_oldest_waiting(session), 1);
    CU_ASSERT_EQUAL(row(0).waiting, GWSNMP_SINK_WAITING_MAX);
    CU_ASSERT_EQUAL(row(0).dropped, MORE + 40);
    CU_ASSERT_EQUAL(row(1).waiting, ALERTS);
    unsigned n = serve(&r, 0, GWSNMP_SINK_WAITING_MAX, order, GWSNMP_SINK_WAITING_MAX);
    CU_ASSERT_EQUAL_FATAL(n, GWSNMP_SINK_WAITING_MAX);
    CU_ASSERT_EQUAL(order[0], MESSAGE + 1);
    for (unsigned i = 1; i < 60; i++)
        CU_ASSERT_EQUAL(order[i], MESSAGE + MORE + 40 + 1 + i);
    for (unsigned i = 0; i < ALERTS; i++)
        CU_ASSERT_EQUAL(order[60 + i], i + 1);
    set(NULL, 0);
    sinks[1].topic = GWSNMP_SINK_MESSAGES;
    set(sinks + 1, 1);
    tell(1);
    tell_of(2, true);
    CU_ASSERT_EQUAL(row(0).waiting, 1);
    set(NULL, 0);
    /* Where alerts alone wait, a message takes no alert's place. */
    set(sinks, 1);
    for (unsigned i = 1; i <= GWSNMP_SINK_WAITING_MAX; i++)
        tell(i);
    CU_ASSERT_EQUAL(row(0).dropped, 0);
    tell_of(MESSAGE, true);
    CU_ASSERT_EQUAL(row(0).dropped, 1);
    CU_ASSERT_EQUAL(row(0).waiting, GWSNMP_SINK_WAITING_MAX);
    n = serve(&r, 0, GWSNMP_SINK_WAITING_MAX, order, GWSNMP_SINK_WAITING_MAX);
    CU_ASSERT_EQUAL_FATAL(n, GWSNMP_SINK_WAITING_MAX);
    for (unsigned i = 0; i < n; i++)
        CU_ASSERT_EQUAL(order[i], i + 1);
    set(NULL, 0);
    close(r.fd);
    close(other.fd);
}

/* Nobody answers: sent once and again so often as it was said, the same each time; then the next.
 */
static void test_retries(void)
{
    enum { RETRIES = 2 };
    struct receiver r = receiver_open();
    struct gwsnmp_sink sink = inform_to(&r, 100, RETRIES);
    unsigned char first[2][4096];
    unsigned copies[3] = {0};
    int64_t until_ms = now_ms() + PATIENCE_MS;
    set(&sink, 1);
    tell(1);
    tell(2);
    while (row(0).failed < 2 && now_ms() < until_ms) {
        unsigned number = next(&r);
        if (!number || number > 2)
            continue;
        CU_ASSERT_EQUAL(number, copies[1] <= RETRIES ? 1 : 2);
        if (copies[number]++ == 0)
            memcpy(first[number - 1], r.bytes, r.n);
        CU_ASSERT_EQUAL(memcmp(first[number - 1], r.bytes, r.n), 0);
    }
    struct gwsnmp_sink_row seen = row(0);
    CU_ASSERT_EQUAL(copies[1], 1 + RETRIES);
    CU_ASSERT_EQUAL(copies[2], 1 + RETRIES);
    CU_ASSERT_EQUAL(seen.failed, 2);
    CU_ASSERT_EQUAL(seen.sent, 2);
    CU_ASSERT_EQUAL(seen.resent, 2 * RETRIES);
    CU_ASSERT_EQUAL(seen.waiting, 0);
    CU_ASSERT_FATAL(seen.trouble != NULL);
    CU_ASSERT_STRING_EQUAL(seen.trouble, "no answer");
    set(NULL, 0);
    close(r.fd);
}

/* Without retries it is repeated, less and less often, until the receiver is there. */
static void test_for_ever(void)
{
    enum { COPIES = 5, TIMEOUT_MS = 100 };
    struct receiver r = receiver_open();
    struct gwsnmp_sink sink = inform_to(&r, TIMEOUT_MS, 0);
    int64_t until_ms = now_ms() + PATIENCE_MS, came_ms[COPIES] = {0};
    unsigned copies = 0, order[2];
    set(&sink, 1);
    tell(1);
    while (copies < COPIES && now_ms() < until_ms)
        if (next(&r))
            came_ms[copies++] = now_ms();
    CU_ASSERT_EQUAL_FATAL(copies, COPIES);
    CU_ASSERT(came_ms[COPIES - 1] - came_ms[0] > 10 * TIMEOUT_MS); /* 1 + 2 + 4 + 8 */
    CU_ASSERT_EQUAL(row(0).failed, 0);
    CU_ASSERT_EQUAL(row(0).waiting, 1);
    /* Nothing is under way between two attempts: the oldest is the one that goes. */
    for (unsigned i = 2; row(0).failed == 0 && now_ms() < until_ms; i++)
        tell(i);
    CU_ASSERT(gwsnmp_session_oldest_waiting(session) > 1);
    CU_ASSERT_EQUAL(row(0).waiting, GWSNMP_SINK_WAITING_MAX);
    serve(&r, 0, 1, order, 2);
    CU_ASSERT_EQUAL(row(0).failed, 1);
    set(NULL, 0);
    close(r.fd);
}

/* A receiver that refuses one inform each time does not keep the others for ever. */
static void test_refused(void)
{
    struct receiver r = receiver_open();
    struct gwsnmp_sink sink = inform_to(&r, 20, 0);
    int64_t until_ms = now_ms() + PATIENCE_MS;
    unsigned order[2];
    set(&sink, 1);
    tell(1);
    tell(2);
    while (row(0).failed == 0 && now_ms() < until_ms)
        if (next(&r) == 1) {
            r.bytes[behind_request(&r) + 2] = 1; /* tooBig */
            acknowledge(&r);
        }
    CU_ASSERT_EQUAL(row(0).failed, 1);
    serve(&r, 0, 1, order, 2);
    CU_ASSERT_EQUAL(row(0).waiting, 0);
    set(NULL, 0);
    close(r.fd);
}

/* What is no acknowledgement is none: another's, an error, garbage, an answer from elsewhere. */
static void test_lies(void)
{
    struct receiver r = receiver_open(), other = receiver_open();
    struct gwsnmp_sink sink = inform_to(&r, 300, 100000);
    uint64_t refused = gwsnmp_session_refused(session);
    set(&sink, 1);
    tell(1);
    while (!next(&r))
        ;
    size_t last = behind_request(&r) - 1;
    r.bytes[last] ^= 1; /* another request id */
    acknowledge(&r);
    r.bytes[last] ^= 1;
    for (size_t n = 1, whole = r.n; n < whole; n += 7) { /* cut */
        r.n = n;
        put(&r);
        r.n = whole;
    }
    put(&r);        /* the inform itself */
    int own = r.fd; /* the right answer, from another port */
    r.fd = other.fd;
    acknowledge(&r);
    r.fd = own;
    while (!next(&r)) /* it is asked again: none of these was believed */
        ;
    CU_ASSERT_EQUAL(row(0).acknowledged, 0);
    CU_ASSERT(gwsnmp_session_refused(session) > refused);
    r.bytes[behind_request(&r) + 2] = 5; /* genErr */
    acknowledge(&r);
    while (!next(&r))
        ;
    CU_ASSERT_EQUAL(row(0).acknowledged, 0);
    CU_ASSERT_STRING_EQUAL(row(0).trouble, "it answers with an error");
    unsigned order[4];
    acknowledge(&r);
    CU_ASSERT(serve(&r, 0, 1, order, 4) <= 1);
    CU_ASSERT_PTR_NULL(row(0).trouble);
    set(NULL, 0);
    close(r.fd);
    close(other.fd);
}

static void test_reload(void)
{
    struct receiver a = receiver_open(), b = receiver_open();
    struct gwsnmp_sink sinks[] = {inform_to(&a, 200, 100000), inform_to(&b, 200, 100000)};
    unsigned order[8];
    uint64_t dropped = stats_read(&stats->notifications_dropped);
    set(sinks, 2);
    for (unsigned i = 1; i <= 3; i++)
        tell(i);
    CU_ASSERT_EQUAL(row(0).waiting, 3);
    CU_ASSERT_EQUAL(row(1).waiting, 3);
    /* Something that cannot be changes nothing. */
    struct gwsnmp_sink bad[] = {sinks[1], {.address = "nowhere", .community = "x"}};
    const struct gwsnmp_access nobody = {0};
    CU_ASSERT_EQUAL(gwsnmp_session_reload(session, &nobody, bad, 2), GW_ERR_INVALID);
    CU_ASSERT_EQUAL(row(0).waiting, 3);
    CU_ASSERT_EQUAL(row(1).waiting, 3);
    CU_ASSERT_EQUAL(stats_read(&stats->notifications_dropped), dropped);
    struct gwsnmp_user user = {.name = "nms", .auth_passphrase = "short"};
    struct gwsnmp_sender sender = {.user = user};
    const struct gwsnmp_access no_user = {.users = &user, .n_users = 1};
    const struct gwsnmp_access no_sender = {.senders = &sender, .n_senders = 1};
    CU_ASSERT_EQUAL(gwsnmp_session_reload(session, &no_user, sinks, 1), GW_ERR_INVALID);
    CU_ASSERT_EQUAL(gwsnmp_session_reload(session, &no_sender, sinks, 1), GW_ERR_INVALID);
    CU_ASSERT_EQUAL(row(0).waiting, 3);
    CU_ASSERT_EQUAL_FATAL(row(1).waiting, 3);
    /* The second stays, in another place; the first is mended: what waits is the new one's. */
    struct gwsnmp_sink changed[] = {sinks[1], inform_to(&a, 300, 0)};
    changed[1].community = "TOLD";
    changed[1].topic = GWSNMP_SINK_ALL;
    set(changed, 2);
    CU_ASSERT_EQUAL(row(0).waiting, 3);
    CU_ASSERT_EQUAL_FATAL(row(1).waiting, 3);
    CU_ASSERT_EQUAL(stats_read(&stats->notifications_dropped), dropped);
    while (next(&a) != 1 || memcmp(a.bytes + a.at_pdu - 4, "TOLD", 4) != 0)
        ;
    CU_ASSERT_EQUAL(serve(&a, 1, 3, order, 8), 3);
    for (unsigned i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(order[i], i + 1);
    CU_ASSERT_EQUAL(serve(&b, 0, 3, order, 8), 3);
    for (unsigned i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(order[i], i + 1);
    /* The same twice are two. */
    struct gwsnmp_sink twice[] = {sinks[1], sinks[1]};
    set(twice, 2);
    tell(4);
    CU_ASSERT_EQUAL(row(0).acknowledged, 3);
    CU_ASSERT_EQUAL(row(1).waiting, 1);
    /* What one of them waits for is not the other's. */
    set(twice, 1);
    CU_ASSERT_EQUAL(row(0).waiting, 1);
    /* What the new one does not want is dropped. */
    sinks[1].topic = GWSNMP_SINK_MESSAGES;
    set(sinks + 1, 1);
    CU_ASSERT_EQUAL(row(0).waiting, 0);
    CU_ASSERT(stats_read(&stats->notifications_dropped) > dropped);
    set(NULL, 0);
    close(a.fd);
    close(b.fd);
}

static bool is_safe(struct slice message)
{
    return gwsnmp_guard_message_size(message) == message.n;
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"more than may wait", test_overflow},
        {"syslog messages and alerts", test_messages},
        {"given up after the retries", test_retries},
        {"never given up without them", test_for_ever},
        {"refused each time", test_refused},
        {"answers that are none", test_lies},
        {"a reload", test_reload},
    };
    char dir[] = "/tmp/eog-sinks-XXXXXX", command[64];
    if (!mkdtemp(dir))
        return 99;
    stats = stats_new();
    struct gwsnmp_session_options options = {.mode = GWSNMP_MODE_OFF,
                                             .state_dir = dir,
                                             .name = "test",
                                             .description = "test",
                                             .is_safe = is_safe,
                                             .stats = stats};
    if (gwsnmp_session_start(&options, &session) != GW_OK)
        return 99;
    int code = suite_run("sinks", tests, sizeof tests / sizeof *tests);
    gwsnmp_session_stop(session);
    stats_free(stats);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) == 0 ? code : 99;
}
