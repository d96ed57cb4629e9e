/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The load tool against receivers of our own on loopback: what arrives is what the file holds. */
#include <CUnit/Basic.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/buf.h"
#include "gateway/ctl/ber_write.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/send.h"

/** Receives until told to end: TCP, each connection to its end; or UDP, each datagram with an LF
 * after it. */
struct receiver {
    int fd;
    char address[32];
    bool is_tcp, answers, is_deaf;
    bool is_early, is_reset; /* closes behind the first bytes; so that the rest is refused */
    int wants;               /* connections, or datagrams */
    struct buf got;
    pthread_t thread;
};

/* A Response-PDU to whatever inform came: its request-id stands at a fixed place in our packets. */
static void answer(struct receiver *r, const char *inform, size_t n, struct sockaddr_in *from)
{
    uint8_t room[64];
    struct ber_writer w = ber_writer_of(room, sizeof room);
    const char *pdu = memchr(inform, 0xa6, n);
    size_t end = w.at;
    int32_t id = 0;
    if (!pdu || pdu[2] != 0x02)
        return;
    for (int i = 0; i < pdu[3]; i++)
        id = id << 8 | (uint8_t)pdu[4 + i];
    ber_put_octets(&w, BER_SEQUENCE, SLICE_NONE);
    ber_put_int(&w, BER_INTEGER, 0);
    ber_put_int(&w, BER_INTEGER, 0);
    ber_put_int(&w, BER_INTEGER, id);
    ber_wrap(&w, BER_PDU_RESPONSE, end);
    ber_put_octets(&w, BER_OCTETS, SLICE("public"));
    ber_put_int(&w, BER_INTEGER, 1);
    ber_wrap(&w, BER_SEQUENCE, end);
    struct slice out = ber_encoding(&w);
    sendto(r->fd, out.p, out.n, 0, (struct sockaddr *)from, sizeof *from);
}

static void *receive(void *context)
{
    static const struct linger at_once = {.l_onoff = 1};
    struct receiver *r = context;
    char bytes[65536];
    ssize_t n;
    for (int i = 0; i < r->wants; i++) {
        if (r->is_tcp) {
            int fd = accept(r->fd, NULL, NULL);
            while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0) {
                buf_append(&r->got, bytes, (size_t)n);
                if (r->is_early)
                    break;
            }
            if (r->is_reset)
                setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            if (!r->is_deaf)
                close(fd);
        } else {
            struct sockaddr_in from;
            socklen_t length = sizeof from;
            n = recvfrom(r->fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &length);
            if (n < 0)
                break;
            buf_append(&r->got, bytes, (size_t)n);
            buf_byte(&r->got, '\n');
            if (r->answers)
                answer(r, bytes, (size_t)n, &from);
        }
    }
    return NULL;
}

static void receiver_start(struct receiver *r, bool is_tcp, int wants)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    static const struct timeval patience = {20, 0};
    r->is_tcp = is_tcp;
    r->wants = wants;
    r->fd = socket(AF_INET, is_tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
    setsockopt(r->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    CU_ASSERT_EQUAL_FATAL(bind(r->fd, (struct sockaddr *)&address, length), 0);
    getsockname(r->fd, (struct sockaddr *)&address, &length);
    snprintf(r->address, sizeof r->address, "127.0.0.1:%d", ntohs(address.sin_port));
    if (is_tcp)
        listen(r->fd, 16);
    pthread_create(&r->thread, NULL, receive, r);
}

static const char *receiver_end(struct receiver *r)
{
    pthread_join(r->thread, NULL);
    close(r->fd);
    return buf_text(&r->got);
}

static char *make_file(const char *text)
{
    char *path = strdup("/tmp/eog-test-send-XXXXXX");
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

enum { ARGUMENTS_MAX = 16 };

/* `eogctl send` with the blank-separated options and the file. */
static int run(const char *options, const char *address, const char *text)
{
    char words[256], *argv[ARGUMENTS_MAX] = {(char *)"send", (char *)"--to", (char *)address},
                     *save = NULL;
    char *path = make_file(text);
    int argc = 3;
    snprintf(words, sizeof words, "%s", options);
    for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save))
        argv[argc++] = word;
    argv[argc++] = path;
    fflush(stdout);
    int code = ctl_send(argc, argv);
    unlink(path);
    free(path);
    return code;
}

static void expect(const char *options, bool is_tcp, int wants, const char *text,
                   const char *arrives)
{
    struct receiver r = {0};
    receiver_start(&r, is_tcp, wants);
    CU_ASSERT_EQUAL(run(options, r.address, text), 0);
    CU_ASSERT_STRING_EQUAL(receiver_end(&r), arrives);
    buf_free(&r.got);
}

static void test_tcp(void)
{
    expect("--tcp", true, 1, "<13>a\n\n<13>bc\n<13>last", "<13>a\n<13>bc\n<13>last\n");
    expect("--tcp --framing octet", true, 1, "<13>a\n<13>bc\n", "5 <13>a6 <13>bc");
    expect("--tcp --framing lf", true, 1, "0|CEF\n", "0|CEF\n");
    /* A digit in front would be taken for an octet count. */
    expect("", true, 1, "<13>a\n0|CEF\n", "5 <13>a5 0|CEF");
    expect("--count 5", true, 1, "a\nb\n", "a\nb\na\nb\na\n");
}

static void test_connections(void)
{
    struct receiver r = {0};
    receiver_start(&r, true, 3);
    CU_ASSERT_EQUAL(run("--tcp --connections 3", r.address, "a\nb\nc\nd\ne\nf\n"), 0);
    CU_ASSERT_STRING_EQUAL(receiver_end(&r), "a\nd\nb\ne\nc\nf\n");
    buf_free(&r.got);
}

static void test_udp(void)
{
    expect("--udp", false, 3, "<13>a\n<13>bc\n<13>d\n", "<13>a\n<13>bc\n<13>d\n");
    char many[401] = "";
    for (int i = 0; i < 200; i++)
        memcpy(many + 2 * i, "x\n", 3);
    expect("--udp --count 200 --rate 100000", false, 200, "x\n", many);
}

/* Never faster than asked: 20 messages at 100/s take 190 ms at least. */
static void test_rate(void)
{
    struct receiver r = {0};
    struct timespec begun, ended;
    receiver_start(&r, false, 20);
    clock_gettime(CLOCK_MONOTONIC, &begun);
    CU_ASSERT_EQUAL(run("--udp --rate 100 --count 20", r.address, "x\n"), 0);
    receiver_end(&r);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    CU_ASSERT((ended.tv_sec - begun.tv_sec) * 1000 + (ended.tv_nsec - begun.tv_nsec) / 1000000 >=
              185);
    buf_free(&r.got);
}

static const char trap[] = "{\"version\":\"v2c\",\"trap_oid\":\"1.3.6.1.6.3.1.1.5.3\"}\n";

static void test_informs(void)
{
    struct receiver r = {.answers = true};
    receiver_start(&r, false, 100);
    CU_ASSERT_EQUAL(run("--inform --count 100", r.address, trap), 0);
    receiver_end(&r);
    buf_free(&r.got);
    /* Nobody answers: it says so, within its wait. */
    r = (struct receiver){0};
    receiver_start(&r, false, 1);
    CU_ASSERT_EQUAL(run("--inform --wait 0.3", r.address, trap), CTL_CANNOT);
    receiver_end(&r);
    buf_free(&r.got);
}

/* Lines that cannot be sent are counted, the others go out, and the exit code tells. */
static void test_bad_lines(void)
{
    struct receiver r = {0};
    char text[256];
    snprintf(text, sizeof text, "not json\n%s{}\n%s", trap, trap);
    receiver_start(&r, false, 2);
    CU_ASSERT_EQUAL(run("--trap", r.address, text), CTL_NO);
    receiver_end(&r);
    CU_ASSERT(r.got.n > 0);
    buf_free(&r.got);
}

static void test_nobody_there(void)
{
    struct receiver r = {0};
    receiver_start(&r, true, 0);
    receiver_end(&r); /* its port is free again */
    CU_ASSERT_EQUAL(run("--tcp --wait 0.2", r.address, "a\n"), CTL_CANNOT);
    buf_free(&r.got);
}

/* Who ends the connection before it is told that this was all has not read it all. */
static void test_closed_early(void)
{
    for (int i = 0; i < 2; i++) {
        struct receiver r = {.is_early = true, .is_reset = i == 1};
        receiver_start(&r, true, 1);
        CU_ASSERT_EQUAL(run("--tcp --rate 5", r.address, "a\nb\n"), CTL_CANNOT);
        CU_ASSERT_STRING_EQUAL(receiver_end(&r), "a\n");
        buf_free(&r.got);
    }
    struct receiver r = {.is_reset = true}; /* the whole is read, but the end is none */
    receiver_start(&r, true, 1);
    CU_ASSERT_EQUAL(run("--tcp", r.address, "a\nb\n"), CTL_CANNOT);
    CU_ASSERT_STRING_EQUAL(receiver_end(&r), "a\nb\n");
    buf_free(&r.got);
}

static void test_usage(void)
{
    static const char *const wrong[] = {
        "--rate many",  "--rate -1",  "--framing none", "--connections 0", "--count 0",
        "--trap --tcp", "--nonsense", "--wait soon",    "another-file",    "--csv --each a --udp"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CU_ASSERT_EQUAL(run(wrong[i], "127.0.0.1:1", "a\n"), CTL_USAGE);
    CU_ASSERT_EQUAL(run("", "nowhere", "a\n"), CTL_CANNOT);
    CU_ASSERT_EQUAL(run("", "::1:514", "a\n"), CTL_CANNOT);
    CU_ASSERT_EQUAL(run("", "127.0.0.1:1", ""), CTL_CANNOT);
    char *help[] = {(char *)"send", (char *)"--help"};
    CU_ASSERT_EQUAL(ctl_send(2, help), 0);
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("send", NULL, NULL);
    CU_add_test(suite, "TCP", test_tcp);
    CU_add_test(suite, "connections", test_connections);
    CU_add_test(suite, "UDP", test_udp);
    CU_add_test(suite, "rate", test_rate);
    CU_add_test(suite, "informs", test_informs);
    CU_add_test(suite, "bad lines", test_bad_lines);
    CU_add_test(suite, "nobody there", test_nobody_there);
    CU_add_test(suite, "closed early", test_closed_early);
    CU_add_test(suite, "usage", test_usage);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures != 0;
}
