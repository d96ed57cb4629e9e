/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_GATEWAY_INTAKE_RELP_CLIENT_H
#define TESTS_GATEWAY_INTAKE_RELP_CLIENT_H

#include <poll.h>

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

static inline struct client client_to(const struct fixture *f)
{
    struct client c = {.fd = open_to(f->relp.address, SOCK_STREAM)};
    struct timeval bound = {WAIT_MS / 1000, 0};
    setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
    relp_reader_init(&c.reader, 4096);
    return c;
}

static inline void client_end(struct client *c)
{
    close(c->fd);
    relp_reader_fini(&c->reader);
    buf_free(&c->in);
}

static inline void put(struct client *c, const char *command, struct slice data)
{
    struct buf out = {0};
    c->txnr = relp_txnr_next(c->txnr);
    relp_write(&out, c->txnr, slice_from(command), data);
    CU_ASSERT_EQUAL(send(c->fd, out.p, out.n, MSG_NOSIGNAL), (ssize_t)out.n);
    buf_free(&out);
}

/* The next frame from the server as text, "TXNR COMMAND DATA"; "end" when it has closed. Valid
 * until the next call. */
static inline const char *get(struct client *c)
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

static inline bool gets(struct client *c, const char *expected)
{
    const char *got = get(c);
    if (strcmp(got, expected) != 0)
        printf("\n    expected \"%s\", got \"%s\"\n", expected, got);
    return strcmp(got, expected) == 0;
}

static inline bool gets_ok(struct client *c, uint32_t txnr)
{
    char expected[32];
    snprintf(expected, sizeof expected, "%u rsp 200 OK", txnr);
    return gets(c, expected);
}

/* Nothing has come, though it had time to: what must not come is never proven by waiting, but an
 * answer given too early comes within this. */
static inline bool is_silent(struct client *c)
{
    struct pollfd wait = {.fd = c->fd, .events = POLLIN};
    return c->used == c->in.n && poll(&wait, 1, 100) == 0;
}

#define OFFERS   "relp_version=0\nrelp_software=test\ncommands=syslog"
#define ACCEPTED "1 rsp 200 OK\nrelp_version=0\nrelp_software=eog-gateway\ncommands=syslog"

static inline struct client session_to(const struct fixture *f)
{
    struct client c = client_to(f);
    put(&c, "open", SLICE(OFFERS));
    CU_ASSERT_TRUE(gets(&c, ACCEPTED));
    return c;
}

static inline void put_text(struct client *c, const char *text)
{
    put(c, "syslog", slice_from(text));
}

/* A record of another source: what waits for the journal is looked at again. */
static inline void wake(struct fixture *f)
{
    uint64_t sequence;
    CU_ASSERT_EQUAL(journal_append(f->journal, SLICE("wake"), &sequence), GW_OK);
}

#endif
