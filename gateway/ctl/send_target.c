/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sockets of the load tool. UDP goes out in batches of one sendmmsg(); TCP in writes of 64 KiB.
 * SIGINT and SIGTERM are blocked and asked for between waits, so that an endless replay ends with
 * its summary and without a handler. Sources: RFC 6587 (framing), RFC 3416 section 4.2.7 (informs).
 */
#include "gateway/ctl/send_target.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/clock.h"
#include "gateway/ctl/send_relp.h"
#include "gateway/ctl/trap_encode.h"

enum {
    BATCH_MAX = 64,
    WRITE_BYTES = 64 * 1024,
    WAIT_SLICE_MS = 100,
    RESEND_MS = 1000,
};

/* A datagram of the batch, or an inform that waits for its response. */
struct slot {
    struct buf bytes;
    int32_t id;
    bool is_open;
    int64_t sent_ms;
};

struct send_target {
    struct send_target_options options;
    sigset_t old_mask, stop_signals;
    bool is_stopped;
    int *fds;
    struct buf *pending;         /* TCP: one a connection */
    struct send_relp **sessions; /* RELP: one a connection */
    int n_fds, next_fd;
    struct slot slots[BATCH_MAX];
    int n_slots;
    uint64_t answered;
};

static int64_t now_ms(void)
{
    return clock_read(&clock_system).mono_ms;
}

bool send_target_is_stopped(struct send_target *target)
{
    static const struct timespec at_once = {0, 0};
    if (!target->is_stopped && sigtimedwait(&target->stop_signals, NULL, &at_once) > 0)
        target->is_stopped = true;
    return target->is_stopped;
}

/* HOST:PORT; an address with colons stands in brackets. Of a number above 65535 the resolver would
 * take the lower bits. */
static bool split_address(const char *text, char *host, size_t cap, const char **port)
{
    const char *colon = strrchr(text, ':');
    int64_t number = 1;
    if (!colon || colon[1] == '\0')
        return false;
    slice_to_int(slice_from(colon + 1), &number);
    if (number < 1 || number > 65535)
        return false;
    size_t n = (size_t)(colon - text);
    if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
        text++;
        n -= 2;
    } else if (memchr(text, ':', n)) {
        return false;
    }
    if (n == 0 || n >= cap)
        return false;
    memcpy(host, text, n);
    host[n] = '\0';
    *port = colon + 1;
    return true;
}

static int try_connect(const struct addrinfo *list)
{
    int saved = ECONNREFUSED;
    for (const struct addrinfo *a = list; a; a = a->ai_next) {
        int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, 0);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            return fd;
        saved = errno;
        if (fd >= 0)
            close(fd);
    }
    errno = saved;
    return -1;
}

static int connect_within(struct send_target *target, const struct addrinfo *list)
{
    int64_t until = now_ms() + target->options.wait_ms;
    for (;;) {
        int fd = try_connect(list);
        if (fd >= 0 || errno != ECONNREFUSED || now_ms() >= until || send_target_is_stopped(target))
            return fd;
        poll(NULL, 0, WAIT_SLICE_MS);
    }
}

/* Writes return at least each WAIT_SLICE_MS, so that a stalled target can be left by a signal. */
static void set_up_socket(int fd)
{
    static const struct timeval slice = {0, WAIT_SLICE_MS * 1000};
    static const int bytes = 4 << 20;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &slice, sizeof slice);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

static bool open_session(struct send_target *target, int i, struct buf *error)
{
    const struct send_target_options *options = &target->options;
    target->sessions[i] =
        send_relp_open(target, target->fds[i], options->window, options->wait_ms, error);
    return target->sessions[i] != NULL;
}

static bool open_sockets(struct send_target *target, struct buf *error)
{
    char host[256];
    const char *port, *text = target->options.address;
    struct addrinfo hints = {.ai_socktype =
                                 target->options.transport == SEND_UDP ? SOCK_DGRAM : SOCK_STREAM};
    struct addrinfo *list = NULL;
    if (!split_address(text, host, sizeof host, &port)) {
        buf_printf(error, "'%s' is no HOST:PORT", text);
        return false;
    }
    int rc = getaddrinfo(host, port, &hints, &list);
    if (rc != 0) {
        buf_printf(error, "%s: %s", text, gai_strerror(rc));
        return false;
    }
    for (int i = 0; i < target->options.connections; i++) {
        int fd = connect_within(target, list);
        if (fd < 0) {
            buf_printf(error, "cannot connect to %s: %s", text, strerror(errno));
            break;
        }
        set_up_socket(fd);
        target->fds[target->n_fds++] = fd;
        if (target->sessions && !open_session(target, target->n_fds - 1, error))
            break;
    }
    freeaddrinfo(list);
    return target->n_fds == target->options.connections && error->n == 0;
}

struct send_target *send_target_open(const struct send_target_options *options, struct buf *error)
{
    struct send_target *target = gw_alloc(sizeof *target);
    target->options = *options;
    target->fds = gw_alloc((size_t)options->connections * sizeof *target->fds);
    target->pending = gw_alloc((size_t)options->connections * sizeof *target->pending);
    if (options->transport == SEND_RELP)
        target->sessions = gw_alloc((size_t)options->connections * sizeof *target->sessions);
    sigemptyset(&target->stop_signals);
    sigaddset(&target->stop_signals, SIGINT);
    sigaddset(&target->stop_signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &target->stop_signals, &target->old_mask);
    if (open_sockets(target, error))
        return target;
    send_target_close(target);
    return NULL;
}

void send_target_close(struct send_target *target)
{
    if (!target)
        return;
    for (int i = 0; i < target->n_fds; i++)
        close(target->fds[i]);
    for (int i = 0; i < target->options.connections; i++) {
        buf_free(&target->pending[i]);
        if (target->sessions)
            send_relp_free(target->sessions[i]);
    }
    for (int i = 0; i < BATCH_MAX; i++)
        buf_free(&target->slots[i].bytes);
    pthread_sigmask(SIG_SETMASK, &target->old_mask, NULL);
    free(target->fds);
    free(target->pending);
    free(target->sessions);
    free(target);
}

/* ---- TCP ---- */

static bool write_pending(struct send_target *target, int i, struct buf *error)
{
    struct buf *pending = &target->pending[i];
    size_t done = 0;
    while (done < pending->n) {
        ssize_t n = send(target->fds[i], pending->p + done, pending->n - done, MSG_NOSIGNAL);
        if (n > 0) {
            done += (size_t)n;
        } else if (n < 0 && errno != EAGAIN && errno != EINTR) {
            buf_printf(error, "%s: %s", target->options.address, strerror(errno));
            return false;
        } else if (send_target_is_stopped(target)) {
            buf_printf(error, "stopped");
            return false;
        }
    }
    buf_clear(pending);
    return true;
}

static bool put_tcp(struct send_target *target, struct slice message, struct buf *error)
{
    int i = target->next_fd;
    struct buf *pending = &target->pending[i];
    target->next_fd = (i + 1) % target->n_fds;
    if (target->options.is_octet_counted)
        buf_printf(pending, "%zu ", message.n);
    buf_slice(pending, message);
    if (!target->options.is_octet_counted)
        buf_byte(pending, '\n');
    return pending->n < WRITE_BYTES || write_pending(target, i, error);
}

/* A target that closes before we do has not read everything: it is at its limit of connections, or
   was restarted. */
static bool is_open(struct send_target *target, int fd, struct buf *error)
{
    char byte;
    ssize_t n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
        return true;
    buf_printf(error, "%s closed the connection early%s%s: it may not have read everything",
               target->options.address, n < 0 ? ": " : "", n < 0 ? strerror(errno) : "");
    return false;
}

static bool finish_tcp(struct send_target *target, struct buf *error)
{
    int64_t until = now_ms() + target->options.wait_ms;
    for (int i = 0; i < target->n_fds; i++)
        if (!is_open(target, target->fds[i], error))
            return false;
    for (int i = 0; i < target->n_fds; i++)
        shutdown(target->fds[i], SHUT_WR);
    for (int i = 0; i < target->n_fds; i++) {
        struct pollfd wait = {.fd = target->fds[i], .events = POLLIN};
        char ignored[4096];
        for (;;) {
            ssize_t n = 1;
            if (poll(&wait, 1, WAIT_SLICE_MS) > 0)
                n = recv(wait.fd, ignored, sizeof ignored, 0);
            if (n == 0)
                break;
            if (n < 0 && errno != EAGAIN && errno != EINTR) {
                buf_printf(error, "%s: %s: it may not have read everything",
                           target->options.address, strerror(errno));
                return false;
            }
            if (now_ms() >= until || send_target_is_stopped(target)) {
                buf_printf(error,
                           "%s did not close the connection: it may not have read everything",
                           target->options.address);
                return false;
            }
        }
    }
    return true;
}

/* ---- UDP ---- */

/* A refused datagram (ECONNREFUSED tells of an earlier one) is no end: devices do not stop either.
 */
static bool flush_datagrams(struct send_target *target, struct buf *error)
{
    struct mmsghdr messages[BATCH_MAX];
    struct iovec parts[BATCH_MAX];
    int n = target->n_slots, done = 0;
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < n; i++) {
        parts[i] = (struct iovec){target->slots[i].bytes.p, target->slots[i].bytes.n};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    while (done < n) {
        int sent = sendmmsg(target->fds[0], messages + done, (unsigned)(n - done), 0);
        if (sent > 0) {
            done += sent;
        } else if (errno == EMSGSIZE) {
            buf_printf(error, "a message of %zu bytes does not fit a datagram",
                       parts[done].iov_len);
            return false;
        } else if (errno != ECONNREFUSED && errno != EAGAIN && errno != EINTR && errno != ENOBUFS) {
            buf_printf(error, "%s: %s", target->options.address, strerror(errno));
            return false;
        } else if (send_target_is_stopped(target)) {
            buf_printf(error, "stopped");
            return false;
        }
    }
    target->n_slots = 0;
    return true;
}

static bool put_datagram(struct send_target *target, struct slice message, struct buf *error)
{
    struct slot *slot = &target->slots[target->n_slots++];
    buf_clear(&slot->bytes);
    buf_slice(&slot->bytes, message);
    return target->n_slots < BATCH_MAX || flush_datagrams(target, error);
}

/* ---- informs: a window of BATCH_MAX ---- */

static void take_responses(struct send_target *target, int timeout_ms)
{
    struct pollfd wait = {.fd = target->fds[0], .events = POLLIN};
    char bytes[2048];
    ssize_t n;
    if (poll(&wait, 1, timeout_ms) <= 0)
        return;
    while ((n = recv(wait.fd, bytes, sizeof bytes, MSG_DONTWAIT)) >= 0) {
        int32_t id;
        if (!trap_read_response(slice_of(bytes, (size_t)n), &id))
            continue;
        for (int i = 0; i < BATCH_MAX; i++) {
            if (target->slots[i].is_open && target->slots[i].id == id) {
                target->slots[i].is_open = false;
                target->answered++;
                break;
            }
        }
    }
}

/* Returns a free slot, or -1 with all of them waiting. Sends again what is late. */
static int turn_window(struct send_target *target)
{
    int64_t now = now_ms();
    int is_free = -1;
    for (int i = 0; i < BATCH_MAX; i++) {
        struct slot *slot = &target->slots[i];
        if (!slot->is_open) {
            is_free = i;
        } else if (now - slot->sent_ms >= RESEND_MS) {
            slot->sent_ms = now;
            (void)!send(target->fds[0], slot->bytes.p, slot->bytes.n, 0); /* lost: sent again */
        }
    }
    return is_free;
}

static bool put_inform(struct send_target *target, struct slice message, int32_t id,
                       struct buf *error)
{
    int64_t until = now_ms() + target->options.wait_ms;
    int i;
    take_responses(target, 0);
    while ((i = turn_window(target)) < 0) {
        take_responses(target, WAIT_SLICE_MS);
        if (now_ms() >= until || send_target_is_stopped(target)) {
            buf_printf(error, "%s does not answer informs", target->options.address);
            return false;
        }
    }
    struct slot *slot = &target->slots[i];
    buf_clear(&slot->bytes);
    buf_slice(&slot->bytes, message);
    slot->id = id;
    slot->is_open = true;
    slot->sent_ms = now_ms();
    (void)!send(target->fds[0], slot->bytes.p, slot->bytes.n, 0);
    return true;
}

static int count_open(const struct send_target *target)
{
    int n = 0;
    for (int i = 0; i < BATCH_MAX; i++)
        n += target->slots[i].is_open;
    return n;
}

static bool finish_informs(struct send_target *target, struct buf *error)
{
    int64_t until = now_ms() + target->options.wait_ms;
    while (count_open(target) > 0) {
        take_responses(target, WAIT_SLICE_MS);
        turn_window(target);
        if (now_ms() >= until || send_target_is_stopped(target)) {
            buf_printf(error, "%d informs were not answered", count_open(target));
            return false;
        }
    }
    return true;
}

/* ---- all ---- */

static bool put_relp(struct send_target *target, struct slice message, struct buf *error)
{
    int i = target->next_fd;
    target->next_fd = (i + 1) % target->n_fds;
    return send_relp_put(target->sessions[i], message, error);
}

static bool each_session(struct send_target *target,
                         bool (*act)(struct send_relp *session, struct buf *error),
                         struct buf *error)
{
    for (int i = 0; i < target->n_fds; i++)
        if (!act(target->sessions[i], error))
            return false;
    return true;
}

bool send_target_put(struct send_target *target, struct slice message, int32_t id,
                     struct buf *error)
{
    if (target->options.transport == SEND_RELP)
        return put_relp(target, message, error);
    if (target->options.transport == SEND_TCP)
        return put_tcp(target, message, error);
    if (target->options.wants_responses)
        return put_inform(target, message, id, error);
    return put_datagram(target, message, error);
}

bool send_target_flush(struct send_target *target, struct buf *error)
{
    if (target->options.transport == SEND_RELP)
        return each_session(target, send_relp_flush, error);
    if (target->options.transport == SEND_UDP)
        return target->options.wants_responses || flush_datagrams(target, error);
    for (int i = 0; i < target->n_fds; i++)
        if (!write_pending(target, i, error))
            return false;
    return true;
}

bool send_target_finish(struct send_target *target, struct buf *error)
{
    if (!send_target_flush(target, error))
        return false;
    if (target->options.transport == SEND_TCP)
        return finish_tcp(target, error);
    if (target->options.transport == SEND_RELP)
        return each_session(target, send_relp_finish, error);
    return !target->options.wants_responses || finish_informs(target, error);
}

uint64_t send_target_answered(const struct send_target *target)
{
    uint64_t answered = target->answered;
    for (int i = 0; target->sessions && i < target->n_fds; i++)
        answered += send_relp_acknowledged(target->sessions[i]);
    return answered;
}
