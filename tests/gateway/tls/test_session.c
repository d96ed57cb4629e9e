/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes through sessions in small and large reads, handshakes cut short, junk, greetings that are
 * too long, ends with and without a goodbye, and contexts that outlive a reload. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/loop/loop.h"
#include "tests/gateway/tls/support.h"
#include "tests/support/suite.h"

static struct tls_context *make(const struct tls_settings *settings, bool is_server)
{
    struct buf error = {0};
    struct tls_context *context = tls_context_new(settings, is_server, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    buf_free(&error);
    return context;
}

static struct tls_context *server_context(void)
{
    struct tls_settings settings = support_settings("server", "client.example.net", false);
    return make(&settings, true);
}

static struct tls_context *client_context(void)
{
    struct tls_settings settings = support_settings("client", NULL, false);
    return make(&settings, false);
}

static void shake(struct support_pair *pair)
{
    support_shake(pair, server_context(), client_context(), "localhost");
    CU_ASSERT_EQUAL_FATAL(pair->client_status, TLS_OK);
    CU_ASSERT_EQUAL_FATAL(pair->server_status, TLS_OK);
}

static char byte_at(size_t i)
{
    return (char)(i * 31 + i / 251);
}

/* total bytes from the client in writes of at most step, read by reads of size. */
static void carry(size_t total, size_t step, size_t size)
{
    struct support_pair pair;
    char *out = malloc(total), *in = malloc(size);
    size_t sent = 0, got = 0, wrong = 0;
    shake(&pair);
    for (size_t i = 0; i < total; i++)
        out[i] = byte_at(i);
    for (int rounds = 0; got < total && rounds < 1000000; rounds++) {
        size_t n = 0, want = total - sent < step ? total - sent : step;
        if (want && tls_write(pair.client, slice_of(out + sent, want), &n) == TLS_FAILED)
            break;
        sent += n;
        enum tls_status status = tls_read(pair.server, in, size, &n);
        for (size_t i = 0; i < n; i++)
            wrong += in[i] != byte_at(got + i);
        got += n;
        if (status != TLS_OK && status != TLS_AGAIN)
            break;
    }
    CU_ASSERT_EQUAL(got, total);
    CU_ASSERT_EQUAL(wrong, 0);
    support_close(&pair);
    free(out);
    free(in);
}

static void test_carry(void)
{
    carry(3000000, 1000000, 512 * 1024);
    carry(3000000, 16384, TLS_READ_BATCH);
    carry(300000, 100, TLS_READ_BATCH);
    carry(300000, 70000, TLS_READ_BATCH - 1);
    carry(300000, 70000, 1000);
    carry(20000, 7, 3);
}

/* The ciphertext arrives in pieces of every size, so that records are cut everywhere; small and
 * large reads take turns. */
static void test_pieces(void)
{
    enum { TOTAL = 200000 };
    struct support_pair pair;
    int pipe_fd[2];
    char wire[4000], *in = malloc(TLS_READ_BATCH), *text = malloc(TOTAL);
    size_t sent = 0, got = 0, wrong = 0, turn = 0;
    shake(&pair);
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, pipe_fd), 0);
    for (size_t i = 0; i < TOTAL; i++)
        text[i] = byte_at(i);
    /* From here on the server's descriptor is fed by hand. */
    int wire_fd = dup(pair.fd[0]);
    dup2(pipe_fd[0], pair.fd[0]);
    while (got < TOTAL && turn < 1000000) {
        size_t n = 0, piece = 1 + turn++ % sizeof wire;
        if (sent < TOTAL)
            tls_write(pair.client, slice_of(text + sent, TOTAL - sent < 5000 ? TOTAL - sent : 5000),
                      &n);
        sent += n;
        ssize_t came = recv(wire_fd, wire, piece, MSG_DONTWAIT);
        if (came > 0)
            CU_ASSERT_EQUAL(send(pipe_fd[1], wire, (size_t)came, 0), came);
        enum tls_status status = tls_read(pair.server, in, turn % 3 ? TLS_READ_BATCH : 1000, &n);
        CU_ASSERT_FATAL(status == TLS_OK || status == TLS_AGAIN);
        for (size_t i = 0; i < n; i++)
            wrong += in[i] != byte_at(got + i);
        got += n;
    }
    CU_ASSERT_EQUAL(got, TOTAL);
    CU_ASSERT_EQUAL(wrong, 0);
    support_close(&pair);
    close(wire_fd);
    close(pipe_fd[0]);
    close(pipe_fd[1]);
    free(in);
    free(text);
}

/* A peer that does not read: what was not taken is offered again, from another place, and more. */
static void test_write_again(void)
{
    enum { TOTAL = 4 << 20 };
    struct support_pair pair;
    char *out = malloc(TOTAL), *other = malloc(TOTAL), *in = malloc(1 << 20);
    size_t sent = 0, got = 0, n = 0, wrong = 0;
    shake(&pair);
    for (size_t i = 0; i < TOTAL; i++)
        out[i] = byte_at(i);
    CU_ASSERT_EQUAL(tls_write(pair.client, slice_of(out, TOTAL / 2), &n), TLS_AGAIN);
    CU_ASSERT_EQUAL(tls_wants(pair.client), LOOP_WRITE);
    CU_ASSERT_TRUE(n < TOTAL / 2);
    sent = n;
    memcpy(other, out, TOTAL);
    memset(out, 0, TOTAL);
    for (int rounds = 0; got < TOTAL && rounds < 100000; rounds++) {
        tls_write(pair.client, slice_of(other + sent, TOTAL - sent), &n);
        sent += n;
        tls_read(pair.server, in, 1 << 20, &n);
        for (size_t i = 0; i < n; i++)
            wrong += in[i] != byte_at(got + i);
        got += n;
    }
    CU_ASSERT_EQUAL(got, TOTAL);
    CU_ASSERT_EQUAL(wrong, 0);
    support_close(&pair);
    free(out);
    free(other);
    free(in);
}

/* The last bytes and the goodbye together; a close without one; and bytes behind the handshake. */
static void test_ends(void)
{
    for (int is_polite = 0; is_polite < 2; is_polite++)
        for (size_t size = 100; size <= TLS_READ_BATCH; size += TLS_READ_BATCH - 100) {
            struct support_pair pair;
            char *in = malloc(size);
            size_t n = 0;
            shake(&pair);
            CU_ASSERT_EQUAL(tls_read(pair.server, in, size, &n), TLS_AGAIN);
            CU_ASSERT_EQUAL(tls_wants(pair.server), LOOP_READ);
            CU_ASSERT_EQUAL(tls_write(pair.client, SLICE("last words"), &n), TLS_OK);
            if (is_polite)
                tls_session_free(pair.client);
            shutdown(pair.fd[1], SHUT_RDWR);
            enum tls_status status = tls_read(pair.server, in, size, &n);
            CU_ASSERT_EQUAL(n, 10);
            CU_ASSERT_EQUAL(memcmp(in, "last words", 10), 0);
            if (status == TLS_OK)
                status = tls_read(pair.server, in, size, &n);
            CU_ASSERT_EQUAL(status, TLS_CLOSED);
            CU_ASSERT_STRING_EQUAL(tls_reason(pair.server),
                                   is_polite ? "" : "closed without a goodbye");
            if (is_polite)
                pair.client = NULL;
            support_close(&pair);
            free(in);
        }
}

/* A proper end without the end of the connection: nothing will become readable any more. */
static void test_goodbye_alone(void)
{
    struct support_pair pair;
    char *in = malloc(TLS_READ_BATCH);
    size_t n = 0;
    shake(&pair);
    tls_write(pair.client, SLICE("x"), &n);
    tls_session_free(pair.client);
    pair.client = NULL;
    CU_ASSERT_EQUAL(tls_read(pair.server, in, TLS_READ_BATCH, &n), TLS_CLOSED);
    CU_ASSERT_EQUAL(n, 1);
    support_close(&pair);
    free(in);
}

/* A record that was changed on the way is refused, and nothing more is taken. */
static void test_damaged(void)
{
    struct support_pair pair;
    char wire[200], in[100];
    size_t n = 0;
    shake(&pair);
    tls_write(pair.client, SLICE("to be changed"), &n);
    ssize_t came = recv(pair.fd[0], wire, sizeof wire, 0);
    CU_ASSERT_FATAL(came > 20);
    wire[came - 1] ^= 1;
    CU_ASSERT_EQUAL(send(pair.fd[1], wire, (size_t)came, 0), came);
    CU_ASSERT_EQUAL(tls_read(pair.server, in, sizeof in, &n), TLS_FAILED);
    CU_ASSERT_EQUAL(n, 0);
    CU_ASSERT_NOT_EQUAL(tls_reason(pair.server)[0], '\0');
    CU_ASSERT_EQUAL(tls_read(pair.server, in, sizeof in, &n), TLS_FAILED);
    CU_ASSERT_EQUAL(tls_write(pair.server, SLICE("x"), &n), TLS_FAILED);
    support_close(&pair);
}

/* ---- hostile greetings ---- */

/* What a client of ours says first. */
static struct slice greeting(char *out, size_t size)
{
    int fd[2];
    struct tls_context *context = client_context();
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    struct tls_session *client = tls_connect(context, fd[0], "localhost");
    CU_ASSERT_EQUAL(tls_handshake(client), TLS_AGAIN);
    ssize_t n = recv(fd[1], out, size, 0);
    CU_ASSERT_FATAL(n > 100);
    tls_session_free(client);
    tls_context_put(context);
    close(fd[0]);
    close(fd[1]);
    return slice_of(out, (size_t)n);
}

/* A server that hears these bytes and then, perhaps, the end; its words in reason. */
static enum tls_status hear(struct tls_context *context, struct slice bytes, size_t early,
                            bool is_ended, char *reason)
{
    int fd[2];
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    struct tls_session *server = tls_accept(context, fd[0], slice_head(bytes, early));
    struct slice rest = slice_skip(bytes, early);
    if (rest.n)
        CU_ASSERT_EQUAL(send(fd[1], rest.p, rest.n, 0), (ssize_t)rest.n);
    if (is_ended)
        shutdown(fd[1], SHUT_WR);
    enum tls_status status = tls_handshake(server);
    snprintf(reason, 256, "%s", tls_reason(server));
    tls_session_free(server);
    close(fd[0]);
    close(fd[1]);
    return status;
}

static void test_cut_short(void)
{
    char bytes[2048], reason[256];
    struct tls_context *context = server_context();
    struct slice whole = greeting(bytes, sizeof bytes);
    for (size_t n = 0; n <= whole.n; n++) {
        CU_ASSERT_EQUAL(hear(context, slice_head(whole, n), n / 2, true, reason), TLS_FAILED);
        CU_ASSERT_STRING_EQUAL(reason, "closed during the handshake");
        CU_ASSERT_EQUAL(hear(context, slice_head(whole, n), n, false, reason), TLS_AGAIN);
    }
    tls_context_put(context);
}

/* Each byte changed, and noise: refused or waited for, always with a reason. */
static void test_junk(void)
{
    char bytes[2048], noise[400], reason[256];
    struct tls_context *context = server_context();
    struct slice whole = greeting(bytes, sizeof bytes);
    unsigned seed = 1;
    for (size_t i = 0; i < whole.n; i++) {
        bytes[i] ^= (char)0xff;
        enum tls_status status = hear(context, whole, 0, true, reason);
        CU_ASSERT_EQUAL(status, TLS_FAILED);
        CU_ASSERT_NOT_EQUAL(reason[0], '\0');
        bytes[i] ^= (char)0xff;
    }
    for (int round = 0; round < 300; round++) {
        for (size_t i = 0; i < sizeof noise; i++)
            noise[i] = (char)(rand_r(&seed) >> 8);
        if (round % 2)
            memcpy(noise, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
        CU_ASSERT_EQUAL(hear(context, slice_of(noise, sizeof noise), 0, true, reason), TLS_FAILED);
        CU_ASSERT_NOT_EQUAL(reason[0], '\0');
    }
    CU_ASSERT_EQUAL(
        hear(context, SLICE("<13>Nov 28 10:00:00 host app: no TLS\n"), 0, false, reason),
        TLS_FAILED);
    CU_ASSERT_STRING_EQUAL(reason, "what it says is no TLS");
    CU_ASSERT_EQUAL(hear(context, SLICE("GET / HTTP/1.1\r\n\r\n"), 0, false, reason), TLS_FAILED);
    CU_ASSERT_STRING_EQUAL(reason, "what it says is no TLS");
    tls_context_put(context);
}

/* It announces 131,000 bytes: refused by the header alone, also one byte a record. */
static void test_long_greeting(void)
{
    static const char header[4] = {1, 1, (char)0xff, (char)0xb8};
    char bytes[64] = "\x16\x03\x01\x40\x00", reason[256];
    struct tls_context *context = server_context();
    memcpy(bytes + 5, header, sizeof header);
    CU_ASSERT_EQUAL(hear(context, slice_of(bytes, 9), 0, false, reason), TLS_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(reason, "certificate or greeting of more than"));
    for (int i = 0; i < 4; i++) {
        memcpy(bytes + 6 * i, "\x16\x03\x01\x00\x01", 5);
        bytes[6 * i + 5] = header[i];
    }
    CU_ASSERT_EQUAL(hear(context, slice_of(bytes, 24), 7, false, reason), TLS_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(reason, "certificate or greeting of more than"));
    tls_context_put(context);
}

/* Connections keep the context they began with when its maker lets it go. */
static void test_references(void)
{
    struct support_pair pair;
    struct tls_context *server = server_context();
    CU_ASSERT_PTR_EQUAL(tls_context_get(server), server);
    support_shake(&pair, server, client_context(), "localhost"); /* puts one */
    tls_context_put(server);
    size_t n = 0;
    char in[10];
    CU_ASSERT_EQUAL(tls_write(pair.client, SLICE("still"), &n), TLS_OK);
    CU_ASSERT_EQUAL(tls_read(pair.server, in, sizeof in, &n), TLS_OK);
    CU_ASSERT_EQUAL(n, 5);
    support_close(&pair);
    tls_context_put(NULL);
    tls_session_free(NULL);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"carry", test_carry},
        {"pieces", test_pieces},
        {"write again", test_write_again},
        {"ends", test_ends},
        {"goodbye alone", test_goodbye_alone},
        {"damaged", test_damaged},
        {"cut short", test_cut_short},
        {"junk", test_junk},
        {"long greeting", test_long_greeting},
        {"references", test_references},
    };
    int bad = !support_begin() || suite_run("tls session", tests, sizeof tests / sizeof *tests);
    support_end();
    return bad;
}
