/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A RELP client for load and replay. It writes and reads by turns, whichever the socket is ready
 * for: a server may stop reading from a client that does not read its answers.
 */
#include "gateway/ctl/send_relp.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "gateway/base/arena.h"
#include "gateway/base/clock.h"
#include "gateway/ctl/send_target.h"
#include "parsers/relp.h"

enum { BATCH_BYTES = 64 * 1024, READ_BYTES = 64 * 1024, WAIT_SLICE_MS = 100, ANSWER_MAX = 4096 };

struct send_relp {
    struct send_target *target;
    int fd;
    uint64_t window;
    int64_t wait_ms;
    uint32_t txnr;               /* of the last frame */
    uint32_t answer;             /* expected next */
    uint64_t sent, acknowledged; /* frames but open and close */
    struct relp_reader reader;
    struct buf out, in;
    bool is_open, is_closed; /* answered: the open, the close */
    bool is_closing;         /* the close is said */
};

static int64_t now_ms(void)
{
    return clock_read(&clock_system).mono_ms;
}

/* ---- answers ---- */

static bool on_answer(struct send_relp *s, const struct relp_frame *frame, struct buf *error)
{
    struct slice text, rest;
    int code;
    if (slice_equal(frame->command, SLICE("serverclose"))) {
        s->is_closed = s->is_closing && s->acknowledged == s->sent;
        if (s->is_closed)
            return true; /* librelp says so behind, or instead of, its answer to a close */
        buf_printf(error, "the server ends the session");
        return false;
    }
    if (!slice_equal(frame->command, SLICE("rsp")) || frame->txnr != s->answer ||
        !relp_read_response(frame->data, &code, &text, &rest)) {
        buf_printf(error, "the server answers what was not asked");
        return false;
    }
    if (code != 200) {
        buf_printf(error, "the server refuses: %d %.*s", code, SLICE_FMT(text));
        return false;
    }
    if (!s->is_open)
        s->is_open = true;
    else if (s->acknowledged < s->sent)
        s->acknowledged++;
    else
        s->is_closed = true;
    s->answer = relp_txnr_next(s->answer);
    return true;
}

static bool take_answers(struct send_relp *s, struct buf *error)
{
    struct slice rest = buf_get(&s->in);
    struct relp_frame frame;
    size_t used;
    enum parse_status status;
    while ((status = relp_next(&s->reader, rest, &frame, &used)) == PARSE_OK) {
        rest = slice_skip(rest, used);
        if (!on_answer(s, &frame, error))
            return false;
    }
    rest = slice_skip(rest, used);
    if (status == PARSE_MALFORMED) {
        buf_printf(error, "the server does not speak RELP: %s", s->reader.error);
        return false;
    }
    if (rest.n)
        memmove(s->in.p, rest.p, rest.n);
    s->in.n = rest.n;
    return true;
}

/* ---- turns ---- */

static bool is_broken(ssize_t n, struct buf *error)
{
    if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
        return false;
    buf_printf(error, "the connection ended: %s",
               n == 0 ? "closed by the server" : strerror(errno));
    return true;
}

static bool read_answers(struct send_relp *s, size_t *moved, struct buf *error)
{
    ssize_t n = recv(s->fd, buf_reserve(&s->in, READ_BYTES), READ_BYTES, MSG_DONTWAIT);
    if (is_broken(n, error))
        return false;
    if (n <= 0)
        return true;
    *moved += (size_t)n;
    s->in.n += (size_t)n;
    return take_answers(s, error);
}

/* Writes and reads what goes without waiting. *moved: bytes, either way. */
static bool turn(struct send_relp *s, size_t *moved, struct buf *error)
{
    ssize_t n = 1;
    *moved = 0;
    if (s->out.n)
        n = send(s->fd, s->out.p, s->out.n, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        /* What the server said before it went is still there. */
        while (read_answers(s, moved, error))
            ;
        return false;
    }
    if (n > 0 && s->out.n) {
        *moved += (size_t)n;
        s->out.n -= (size_t)n;
        memmove(s->out.p, s->out.p + n, s->out.n);
    }
    return read_answers(s, moved, error);
}

static bool is_written(const struct send_relp *s)
{
    return s->out.n == 0;
}

static bool has_room(const struct send_relp *s)
{
    return s->sent - s->acknowledged < s->window;
}

static bool is_opened(const struct send_relp *s)
{
    return s->is_open;
}

static bool is_all_acknowledged(const struct send_relp *s)
{
    return s->acknowledged == s->sent;
}

static bool is_closed(const struct send_relp *s)
{
    return s->is_closed;
}

static bool turn_until(struct send_relp *s, bool (*is_so)(const struct send_relp *s),
                       struct buf *error)
{
    int64_t until = now_ms() + s->wait_ms;
    size_t moved;
    for (;;) {
        if (!turn(s, &moved, error))
            return false;
        if (is_so(s))
            return true;
        if (moved) {
            until = now_ms() + s->wait_ms;
            continue;
        }
        if (send_target_is_stopped(s->target) || now_ms() >= until) {
            buf_printf(error, "%s",
                       send_target_is_stopped(s->target) ? "stopped"
                                                         : "the server does not answer");
            return false;
        }
        struct pollfd wait = {.fd = s->fd, .events = (short)(POLLIN | (s->out.n ? POLLOUT : 0))};
        poll(&wait, 1, WAIT_SLICE_MS);
    }
}

/* ---- a session ---- */

struct send_relp *send_relp_open(struct send_target *target, int fd, int window, int64_t wait_ms,
                                 struct buf *error)
{
    struct send_relp *s = gw_alloc(sizeof *s);
    *s = (struct send_relp){.target = target,
                            .fd = fd,
                            .window = (uint64_t)window,
                            .wait_ms = wait_ms,
                            .txnr = 1,
                            .answer = 1};
    relp_reader_init(&s->reader, ANSWER_MAX);
    relp_write(&s->out, 1, SLICE("open"),
               SLICE("relp_version=0\nrelp_software=eogctl\ncommands=syslog"));
    if (turn_until(s, is_opened, error))
        return s;
    send_relp_free(s);
    return NULL;
}

void send_relp_free(struct send_relp *s)
{
    if (!s)
        return;
    relp_reader_fini(&s->reader);
    buf_free(&s->out);
    buf_free(&s->in);
    free(s);
}

bool send_relp_put(struct send_relp *s, struct slice message, struct buf *error)
{
    if (!has_room(s) && !turn_until(s, has_room, error))
        return false;
    s->txnr = relp_txnr_next(s->txnr);
    relp_write(&s->out, s->txnr, SLICE("syslog"), message);
    s->sent++;
    return s->out.n < BATCH_BYTES || send_relp_flush(s, error);
}

bool send_relp_flush(struct send_relp *s, struct buf *error)
{
    return turn_until(s, is_written, error);
}

bool send_relp_finish(struct send_relp *s, struct buf *error)
{
    if (!turn_until(s, is_all_acknowledged, error))
        return false;
    s->txnr = relp_txnr_next(s->txnr);
    s->is_closing = true;
    relp_write(&s->out, s->txnr, SLICE("close"), SLICE_NONE);
    return turn_until(s, is_closed, error);
}

uint64_t send_relp_acknowledged(const struct send_relp *s)
{
    return s->acknowledged;
}
