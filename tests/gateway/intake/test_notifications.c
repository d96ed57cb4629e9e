/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notifications of v1 and v2c over real loopback sockets into a real journal, whose disk is
 * scripted. */
#include "tests/gateway/intake/fixture.h"

/* v2c inform, community public, request-id 7, sysUpTime.0 and snmpTrapOID.0 = coldStart. */
static const unsigned char inform[] = {
    0x30, 0x39, 0x02, 0x01, 0x01, 0x04, 0x06, 'p',  'u',  'b',  'l',  'i',  'c',  0xa6, 0x2c,
    0x02, 0x01, 0x07, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x30, 0x21, 0x30, 0x0d, 0x06, 0x08,
    0x2b, 0x06, 0x01, 0x02, 0x01, 0x01, 0x03, 0x00, 0x43, 0x01, 0x01, 0x30, 0x10, 0x06, 0x0a,
    0x2b, 0x06, 0x01, 0x06, 0x03, 0x01, 0x01, 0x04, 0x01, 0x00, 0x06, 0x02, 0x2b, 0x06};

static bool gets_response(int fd)
{
    unsigned char bytes[512];
    struct timeval bound = {20, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    return n == sizeof inform && bytes[13] == 0xa2 &&
           memcmp(bytes + 15, inform + 15, sizeof inform - 15) == 0;
}

static void test_inform(void)
{
    struct fixture *f = start(1000, 10);
    int fd = open_to(f->traps.address, SOCK_DGRAM);
    CU_ASSERT_EQUAL(send(fd, inform, sizeof inform, 0), sizeof inform);
    CU_ASSERT_TRUE(gets_response(fd));
    CU_ASSERT_EQUAL(f->n, 1);
    CU_ASSERT_TRUE(journal_committed(f->journal) >= 1);
    /* the same again: answered again, journaled once */
    CU_ASSERT_EQUAL(send(fd, inform, sizeof inform, 0), sizeof inform);
    CU_ASSERT_TRUE(gets_response(fd));
    CU_ASSERT_EQUAL(f->n, 1);
    CU_ASSERT_EQUAL(stats_read(&f->stats->repeated_informs), 1);
    /* another request-id is another inform */
    unsigned char other[sizeof inform];
    memcpy(other, inform, sizeof inform);
    other[17] = 8;
    CU_ASSERT_EQUAL(send(fd, other, sizeof other, 0), sizeof other);
    CU_ASSERT_TRUE(wait_until(f, has_messages, 2));
    close(fd);
    stop(f);
}

static void *mend_disk(void *context)
{
    struct fixture *f = context;
    nanosleep(&(struct timespec){0, 200000000}, NULL);
    atomic_store(&f->sync_mode, SYNC_WORKS);
    return NULL;
}

/* The gateway stops: an inform that gets on disk meanwhile is answered. */
static void test_stop_informs(void)
{
    pthread_t mending;
    limits.window = -1;
    struct fixture *f = start(1000, 10);
    limits.window = 0;
    int fd = open_to(f->traps.address, SOCK_DGRAM);
    atomic_store(&f->sync_mode, SYNC_HANGS);
    CU_ASSERT_EQUAL(send(fd, inform, sizeof inform, 0), sizeof inform);
    CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, 1));
    CU_ASSERT_EQUAL_FATAL(pthread_create(&mending, NULL, mend_disk, f), 0);
    intake_stop(f->intake);
    f->intake = NULL;
    CU_ASSERT_TRUE(gets_response(fd));
    pthread_join(mending, NULL);
    close(fd);
    stop(f);
}

/* The inform with a request-id of its own. */
static void send_inform(int fd, uint32_t id)
{
    unsigned char bytes[sizeof inform + 3];
    memcpy(bytes, inform, 15);
    bytes[1] += 3; /* its length, and its PDU's */
    bytes[14] += 3;
    bytes[15] = 0x02;
    bytes[16] = 4;
    for (int i = 0; i < 4; i++)
        bytes[17 + i] = (unsigned char)(id >> (24 - 8 * i));
    memcpy(bytes + 21, inform + 18, sizeof inform - 18);
    CU_ASSERT_EQUAL(send(fd, bytes, sizeof bytes, 0), sizeof bytes);
}

/* All are taken, n in all then. */
static void send_informs(struct fixture *f, int fd, uint32_t first, uint32_t last)
{
    int before = f->n;
    for (uint32_t id = first; id <= last; id++) {
        send_inform(fd, id);
        if (id % 100 == 99 || id == last)
            CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, before + (long)(id - first) + 1));
    }
}

static bool has_repeats(struct fixture *f, long want)
{
    return stats_read(&f->stats->repeated_informs) >= (uint64_t)want;
}

/* More informs than are remembered: the oldest is forgotten if it was answered; while all wait for
 * the disk a new one is not taken, and counted. */
static void test_many_informs(void)
{
    enum { REMEMBERED = 20000 };
    struct fixture *f = start(1000, 10);
    int fd = open_to(f->traps.address, SOCK_DGRAM);
    send_informs(f, fd, 0, REMEMBERED);
    send_inform(fd, REMEMBERED);
    CU_ASSERT_TRUE(wait_until(f, has_repeats, 1));
    CU_ASSERT_EQUAL(f->n, REMEMBERED + 1);
    send_informs(f, fd, 0, 0); /* too late: a second record */

    for (int i = 0; i < WAIT_MS && journal_committed(f->journal) < REMEMBERED + 2; i++)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    atomic_store(&f->sync_mode, SYNC_HANGS);
    send_informs(f, fd, 100000, 100000 + REMEMBERED - 1);
    send_inform(fd, 200000);
    CU_ASSERT_TRUE(wait_until(f, has_dropped, 1));
    CU_ASSERT_EQUAL(f->n, 2 * REMEMBERED + 2);
    send_inform(fd, 100000); /* it is known, and waits like the others */
    CU_ASSERT_TRUE(wait_until(f, has_repeats, 2));
    atomic_store(&f->sync_mode, SYNC_WORKS);
    for (int i = 0; i < WAIT_MS && journal_committed(f->journal) < 2 * REMEMBERED + 2; i++)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    CU_ASSERT_EQUAL(stats_read(&f->stats->dropped_full), 1);
    close(fd);
    stop(f);
}

enum { LARGE = 60000 };

static unsigned char *put_head(unsigned char *p, unsigned char tag, unsigned n)
{
    *p++ = tag;
    *p++ = 0x82;
    *p++ = (unsigned char)(n >> 8);
    *p++ = (unsigned char)n;
    return p;
}

/* The inform with a request-id of its own and LARGE octets behind its varbinds. */
static size_t make_large_inform(unsigned char *bytes, uint32_t id)
{
    static const unsigned char name[] = {0x06, 0x08, 0x2b, 6, 1, 2, 1, 1, 1, 0};
    unsigned char *p = put_head(bytes, 0x30, 82 + LARGE);
    memcpy(p, inform + 2, 11);
    p = put_head(p + 11, 0xa6, 67 + LARGE);
    *p++ = 0x02;
    *p++ = 4;
    for (int i = 0; i < 4; i++)
        *p++ = (unsigned char)(id >> (24 - 8 * i));
    memcpy(p, inform + 18, 6); /* both errors */
    p = put_head(p + 6, 0x30, 51 + LARGE);
    memcpy(p, inform + 26, 33);
    p = put_head(p + 33, 0x30, 14 + LARGE);
    memcpy(p, name, sizeof name);
    p = put_head(p + sizeof name, 0x04, LARGE);
    memset(p, 'x', LARGE);
    return (size_t)(p + LARGE - bytes);
}

static bool gets_large_response(int fd, uint32_t id)
{
    static unsigned char bytes[LARGE + 100], wanted[LARGE + 100];
    size_t n = make_large_inform(wanted, id);
    wanted[15] = 0xa2;
    return recv(fd, bytes, sizeof bytes, 0) == (ssize_t)n && memcmp(bytes, wanted, n) == 0;
}

/* Of informs that are remembered no response is kept; of those that wait for the disk 8 MiB. */
static void test_large_informs(void)
{
    enum { MANY = 400, MOST = 12 << 20 };
    static unsigned char bytes[LARGE + 100];
    struct fixture *f = start(1000, 10);
    struct timeval bound = {20, 0};
    int fd = open_to(f->traps.address, SOCK_DGRAM);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
    size_t before = allocated(f);
    for (uint32_t id = 0; id < MANY; id++) {
        CU_ASSERT_TRUE_FATAL(send(fd, bytes, make_large_inform(bytes, id), 0) > 0);
        CU_ASSERT_TRUE_FATAL(gets_large_response(fd, id));
    }
    CU_ASSERT_TRUE(allocated(f) < before + MOST);
    CU_ASSERT_TRUE(send(fd, bytes, make_large_inform(bytes, 7), 0) > 0);
    CU_ASSERT_TRUE(gets_large_response(fd, 7)); /* it is known, and answered again */
    CU_ASSERT_EQUAL(f->n, MANY);

    atomic_store(&f->sync_mode, SYNC_HANGS);
    /* The kernel drops some of them while the thread has no processor. */
    for (uint32_t id = MANY; id < 50 * MANY && !has_dropped(f, 1); id++) {
        CU_ASSERT_TRUE_FATAL(send(fd, bytes, make_large_inform(bytes, id), 0) > 0);
        nanosleep(&(struct timespec){0, 500000}, NULL);
    }
    CU_ASSERT_TRUE(wait_until(f, has_dropped, 1));
    CU_ASSERT_TRUE(allocated(f) < before + MOST);
    atomic_store(&f->sync_mode, SYNC_WORKS);
    CU_ASSERT_TRUE(gets_large_response(fd, MANY));
    CU_ASSERT_TRUE(f->n >= MANY + 100);
    close(fd);
    stop(f);
}

static void test_notification_refused(void)
{
    struct fixture *f = start(1000, 10);
    int fd = open_to(f->traps.address, SOCK_DGRAM);
    unsigned char wrong[sizeof inform];
    memcpy(wrong, inform, sizeof inform);
    wrong[7] = 'X';
    CU_ASSERT_EQUAL(send(fd, wrong, sizeof wrong, 0), sizeof wrong);
    CU_ASSERT_EQUAL(send(fd, "garbage", 7, 0), 7);
    for (size_t n = 1; n < sizeof inform; n++)
        CU_ASSERT_EQUAL(send(fd, inform, n, 0), (ssize_t)n);
    CU_ASSERT_TRUE(wait_until(f, has_bad_snmp, 1 + 1 + sizeof inform - 1));
    CU_ASSERT_EQUAL(f->n, 0);
    CU_ASSERT_EQUAL(send(fd, inform, sizeof inform, 0), sizeof inform);
    CU_ASSERT_TRUE(wait_until(f, has_messages, 1));
    close(fd);
    stop(f);
}

/* A message of version 3 as short as can be. */
static const unsigned char v3[] = {
    0x30, 0x38, 0x02, 0x01, 0x03, 0x30, 0x0e, 0x02, 0x01, 0x01, 0x02, 0x03, 0x00, 0xff, 0xe3,
    0x04, 0x01, 0x04, 0x02, 0x01, 0x03, 0x04, 0x10, 0x30, 0x0e, 0x04, 0x00, 0x02, 0x01, 0x00,
    0x02, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00, 0x04, 0x00, 0x30, 0x11, 0x04, 0x00, 0x04, 0x00,
    0xa0, 0x0b, 0x02, 0x01, 0x01, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x30, 0x00};

/* The gateway stops: what of version 3 was read and nobody took is counted. */
static void test_stop_v3(void)
{
    struct fixture *f = start(1000, 10);
    int fd = open_to(f->traps.address, SOCK_DGRAM);
    for (int i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(send(fd, v3, sizeof v3, 0), sizeof v3);
    CU_ASSERT_EQUAL(send(fd, inform, sizeof inform, 0), sizeof inform);
    CU_ASSERT_TRUE(wait_until(f, has_messages, 1));
    intake_stop(f->intake);
    f->intake = NULL;
    CU_ASSERT_EQUAL(stats_read(&f->stats->dropped_full), 5);
    close(fd);
    stop(f);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"inform", test_inform},
        {"informs, more than are remembered", test_many_informs},
        {"informs, large ones", test_large_informs},
        {"the gateway stops, informs wait", test_stop_informs},
        {"the gateway stops, version 3 waits", test_stop_v3},
        {"notification refused", test_notification_refused},
    };
    return suite_run("notifications", tests, sizeof tests / sizeof *tests);
}
