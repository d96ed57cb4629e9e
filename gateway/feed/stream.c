/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connections of the drivers. */
#include "gateway/feed/stream.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "gateway/loop/loop.h"

enum {
    READ_BYTES = 64 * 1024,
    IN_MAX = 256 * 1024,
    KEEP_IDLE_S = 60,
    KEEP_INTERVAL_S = 10,
    KEEP_PROBES = 3
};

int feed_stream_init(struct feed_stream *stream, const struct feed_section *section,
                     const struct feed_host *host)
{
    *stream = (struct feed_stream){.section = section, .host = host, .fd = -1};
    return resolve_split(slice_from(section->address), stream->name, &stream->port)
               ? GW_OK
               : GW_ERR_INVALID;
}

void feed_stream_fini(struct feed_stream *stream)
{
    feed_stream_close(stream);
    buf_free(&stream->out);
    buf_free(&stream->in);
}

static bool check_tls(const struct feed_section *section, struct diag *diag)
{
    struct buf reason = {0};
    bool is_fine = tls_check(&section->tls, false, &reason);
    if (!is_fine)
        diag_add_at(diag, section->place, "<feed tls>: %s", buf_text(&reason));
    buf_free(&reason);
    return is_fine;
}

bool feed_stream_check(const struct feed_section *section, struct diag *diag)
{
    char name[RESOLVE_HOST_MAX];
    unsigned port;
    if (section->has_tls && !check_tls(section, diag))
        return false;
    if (section->address && resolve_split(slice_from(section->address), name, &port))
        return true;
    diag_add_at(
        diag, section->place,
        "<feed address=\"%s\">: is no target; write core.example.net:2514, 192.0.2.1:2514 or "
        "[2001:db8::1]:2514",
        section->address ? section->address : "");
    return false;
}

/* ---- opening ---- */

static int failed(struct feed_stream *stream, const char *what, int error)
{
    char where[ADDRESS_TEXT_MAX] = "";
    if (stream->fd >= 0)
        address_format((struct sockaddr *)&stream->found[stream->current].storage, where);
    stream->host->trouble(stream->host->context, "%s%s%s: %s", what, *where ? " " : "", where,
                          strerror(error));
    return GW_ERR_IO;
}

static void set_options(int fd)
{
    const struct {
        int level, name, value;
    } options[] = {
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_NODELAY, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_S},
        {IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTERVAL_S},
        {IPPROTO_TCP, TCP_KEEPCNT, KEEP_PROBES},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        setsockopt(fd, options[i].level, options[i].name, &options[i].value,
                   sizeof options[i].value);
}

static int begin_connect(struct feed_stream *stream)
{
    stream->current = stream->next_found++;
    const struct address *to = &stream->found[stream->current];
    stream->fd =
        socket(to->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (stream->fd < 0)
        return failed(stream, "no socket", errno);
    set_options(stream->fd);
    if (connect(stream->fd, (const struct sockaddr *)&to->storage, to->length) != 0 &&
        errno != EINPROGRESS)
        return failed(stream, "cannot connect to", errno);
    return GW_OK;
}

int feed_stream_open(struct feed_stream *stream)
{
    stream->written = 0;
    stream->is_closed = false;
    if (stream->next_found < stream->n_found)
        return begin_connect(stream);
    stream->n_found = stream->next_found = 0;
    stream->resolve = resolve_start(stream->name, stream->port);
    return stream->resolve ? GW_OK : failed(stream, "cannot look up the name", errno);
}

/* The name could not be looked up: the last good address is most probably still right. */
static void fall_back(struct feed_stream *stream)
{
    if (stream->good.length)
        stream->found[stream->n_found++] = stream->good;
}

void feed_stream_close(struct feed_stream *stream)
{
    if (stream->is_good) {
        stream->good = stream->found[stream->current];
        stream->n_found = 0;
    }
    if (stream->resolve)
        fall_back(stream);
    stream->is_good = false;
    tls_session_free(stream->tls);
    stream->tls = NULL;
    if (stream->fd >= 0)
        close(stream->fd);
    stream->fd = -1;
    stream->is_connected = stream->is_secure = false;
    resolve_end(stream->resolve);
    stream->resolve = NULL;
    buf_clear(&stream->out);
    buf_clear(&stream->in);
}

/* The good address goes to the front, if it is among those found. */
static void prefer_good(struct feed_stream *stream)
{
    const struct address good = stream->good;
    for (size_t i = 0; i < stream->n_found; i++)
        if (stream->found[i].length == good.length &&
            memcmp(&stream->found[i].storage, &good.storage, good.length) == 0) {
            stream->found[i] = stream->found[0];
            stream->found[0] = good;
        }
}

static enum feed_link take_answer(struct feed_stream *stream)
{
    const char *reason;
    if (!resolve_get(stream->resolve, stream->found, &stream->n_found, &reason))
        return FEED_LINK_OPENING;
    resolve_end(stream->resolve);
    stream->resolve = NULL;
    prefer_good(stream);
    if (!stream->n_found)
        fall_back(stream);
    if (!stream->n_found) {
        stream->host->trouble(stream->host->context, "cannot look up %s: %s", stream->name, reason);
        return FEED_LINK_LOST;
    }
    return begin_connect(stream) == GW_OK ? FEED_LINK_OPENING : FEED_LINK_LOST;
}

static enum feed_link tls_failed(struct feed_stream *stream, const char *what, const char *reason)
{
    stream->host->trouble(stream->host->context, "%s %s: %s", what, stream->name, reason);
    return FEED_LINK_LOST;
}

static enum feed_link shake_hands(struct feed_stream *stream)
{
    switch (tls_handshake(stream->tls)) {
    case TLS_OK:
        stream->is_secure = true;
        return FEED_LINK_UP;
    case TLS_AGAIN:
        return FEED_LINK_OPENING;
    default:
        return tls_failed(stream, "no TLS with", tls_reason(stream->tls));
    }
}

static enum feed_link begin_tls(struct feed_stream *stream)
{
    struct buf reason = {0};
    struct tls_context *context = tls_context_new(&stream->section->tls, false, &reason);
    if (context)
        stream->tls = tls_connect(context, stream->fd, stream->name);
    if (!stream->tls)
        tls_failed(stream, "no TLS with", reason.n ? buf_text(&reason) : "no memory");
    tls_context_put(context);
    buf_free(&reason);
    stream->write_wants = LOOP_WRITE;
    return stream->tls ? shake_hands(stream) : FEED_LINK_LOST;
}

static enum feed_link finish_connect(struct feed_stream *stream)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        error = errno;
    if (error) {
        failed(stream, "cannot connect to", error);
        return FEED_LINK_LOST;
    }
    stream->is_connected = true;
    return stream->section->has_tls ? begin_tls(stream) : FEED_LINK_UP;
}

/* ---- working ---- */

/* False: broken, and told. *n: how many bytes went. */
static bool write_plain(struct feed_stream *stream, struct slice bytes, size_t *n)
{
    ssize_t sent = send(stream->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
    *n = sent > 0 ? (size_t)sent : 0;
    if (sent >= 0 || errno == EAGAIN || errno == EINTR)
        return true;
    failed(stream, "cannot write to", errno);
    return false;
}

static bool write_tls(struct feed_stream *stream, struct slice bytes, size_t *n)
{
    enum tls_status status = tls_write(stream->tls, bytes, n);
    if (status == TLS_AGAIN)
        stream->write_wants = tls_wants(stream->tls);
    if (status == TLS_OK || status == TLS_AGAIN)
        return true;
    tls_failed(stream, "TLS broke with", tls_reason(stream->tls));
    return false;
}

static bool write_out(struct feed_stream *stream)
{
    size_t done = 0, n = 1;
    bool is_fine = true;
    while (is_fine && n && done < stream->out.n) {
        struct slice left = slice_skip(buf_get(&stream->out), done);
        is_fine = stream->tls ? write_tls(stream, left, &n) : write_plain(stream, left, &n);
        done += n;
    }
    if (done) {
        memmove(stream->out.p, stream->out.p + done, stream->out.n - done);
        stream->out.n -= done;
        stream->written += done;
    }
    return is_fine;
}

static bool read_plain(struct feed_stream *stream, char *p)
{
    ssize_t n = recv(stream->fd, p, READ_BYTES, 0);
    if (n > 0)
        stream->in.n += (size_t)n;
    stream->is_closed = n == 0;
    if (n >= 0 || errno == EAGAIN || errno == EINTR)
        return true;
    failed(stream, "cannot read from", errno);
    return false;
}

static bool read_tls(struct feed_stream *stream, char *p)
{
    size_t n = 0;
    enum tls_status status = tls_read(stream->tls, p, READ_BYTES, &n);
    stream->in.n += n;
    stream->write_wants = LOOP_WRITE; /* what a write waited for may be there: try again */
    stream->is_closed = status == TLS_CLOSED;
    if (status != TLS_FAILED)
        return true;
    tls_failed(stream, "TLS broke with", tls_reason(stream->tls));
    return false;
}

/* Reads once: the driver takes out what came before more is read. */
static bool read_in(struct feed_stream *stream)
{
    if (stream->in.n >= IN_MAX)
        return true;
    char *p = buf_reserve(&stream->in, READ_BYTES);
    return stream->tls ? read_tls(stream, p) : read_plain(stream, p);
}

static enum feed_link work_connected(struct feed_stream *stream, int ready)
{
    if (stream->tls && !stream->is_secure)
        return ready ? shake_hands(stream) : FEED_LINK_OPENING;
    if (stream->is_closed) {
        stream->host->trouble(stream->host->context, "the target closed the connection");
        return FEED_LINK_LOST;
    }
    if ((ready & (POLLIN | POLLHUP | POLLERR)) && !read_in(stream))
        return FEED_LINK_LOST;
    bool is_broken = !write_out(stream);
    if (is_broken && stream->in.n) { /* what it said before it went is for the driver first */
        stream->is_closed = true;
        return FEED_LINK_UP;
    }
    return is_broken ? FEED_LINK_LOST : FEED_LINK_UP;
}

static short events_of(const struct feed_stream *stream)
{
    int wants = LOOP_READ;
    if (stream->resolve)
        return POLLIN;
    if (!stream->is_connected)
        return POLLOUT;
    if (stream->tls && !stream->is_secure)
        wants = tls_wants(stream->tls);
    else if (stream->out.n)
        wants |= stream->tls ? stream->write_wants : LOOP_WRITE;
    return (short)((wants & LOOP_READ ? POLLIN : 0) | (wants & LOOP_WRITE ? POLLOUT : 0));
}

enum feed_link feed_stream_work(struct feed_stream *stream, int wake_fd, int timeout_ms)
{
    struct pollfd fds[] = {
        {.fd = stream->resolve ? resolve_fd(stream->resolve) : stream->fd,
         .events = events_of(stream)},
        {.fd = wake_fd, .events = POLLIN},
    };
    if (poll(fds, 2, stream->is_closed ? 0 : timeout_ms) < 0)
        fds[0].revents = 0;
    if (stream->resolve)
        return take_answer(stream);
    if (stream->is_connected)
        return work_connected(stream, fds[0].revents);
    if (!fds[0].revents)
        return FEED_LINK_OPENING;
    return finish_connect(stream);
}

uint64_t feed_stream_undelivered(const struct feed_stream *stream)
{
    int n = 0;
    if (stream->fd < 0 || ioctl(stream->fd, SIOCOUTQ, &n) != 0 || n < 0)
        return UINT64_MAX;
    return (uint64_t)n;
}
