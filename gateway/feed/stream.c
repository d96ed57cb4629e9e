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

bool feed_stream_check(const struct feed_section *section, struct diag *diag)
{
    char name[RESOLVE_HOST_MAX];
    unsigned port;
    if (section->address && resolve_split(slice_from(section->address), name, &port))
        return true;
    diag_add(diag, section->place.file, section->place.line,
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

static void set_options(int fd, int64_t ack_timeout_ms)
{
    const struct {
        int level, name, value;
    } options[] = {
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_NODELAY, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_S},
        {IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTERVAL_S},
        {IPPROTO_TCP, TCP_KEEPCNT, KEEP_PROBES},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, (int)ack_timeout_ms},
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
    set_options(stream->fd, stream->section->ack_timeout_ms);
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

void feed_stream_close(struct feed_stream *stream)
{
    if (stream->fd >= 0)
        close(stream->fd);
    stream->fd = -1;
    stream->is_connected = false;
    resolve_end(stream->resolve);
    stream->resolve = NULL;
    buf_clear(&stream->out);
    buf_clear(&stream->in);
}

static enum feed_link take_answer(struct feed_stream *stream)
{
    const char *reason;
    if (!resolve_get(stream->resolve, stream->found, &stream->n_found, &reason))
        return FEED_LINK_OPENING;
    resolve_end(stream->resolve);
    stream->resolve = NULL;
    if (!stream->n_found) {
        stream->host->trouble(stream->host->context, "cannot look up %s: %s", stream->name, reason);
        return FEED_LINK_LOST;
    }
    return begin_connect(stream) == GW_OK ? FEED_LINK_OPENING : FEED_LINK_LOST;
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
    stream->next_found = stream->current; /* is good: tried first the next time */
    return FEED_LINK_UP;
}

/* ---- working ---- */

/* False: broken. */
static bool write_out(struct feed_stream *stream)
{
    size_t done = 0;
    while (done < stream->out.n) {
        ssize_t n = send(stream->fd, stream->out.p + done, stream->out.n - done, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN) {
            failed(stream, "cannot write to", errno);
            return false;
        }
        if (n < 0)
            break;
        done += (size_t)n;
    }
    if (done) {
        memmove(stream->out.p, stream->out.p + done, stream->out.n - done);
        stream->out.n -= done;
        stream->written += done;
    }
    return true;
}

static bool read_in(struct feed_stream *stream)
{
    if (stream->in.n >= IN_MAX)
        return true; /* the driver takes it off first */
    ssize_t n = recv(stream->fd, buf_reserve(&stream->in, READ_BYTES), READ_BYTES, 0);
    if (n > 0)
        stream->in.n += (size_t)n;
    else if (n == 0)
        stream->is_closed = true;
    else if (errno != EAGAIN && errno != EINTR) {
        failed(stream, "cannot read from", errno);
        return false;
    }
    return true;
}

static enum feed_link work_connected(struct feed_stream *stream, int ready)
{
    if (stream->is_closed) {
        stream->host->trouble(stream->host->context, "the target closed the connection");
        return FEED_LINK_LOST;
    }
    if ((ready & (POLLIN | POLLHUP | POLLERR)) && !read_in(stream))
        return FEED_LINK_LOST;
    return write_out(stream) ? FEED_LINK_UP : FEED_LINK_LOST;
}

enum feed_link feed_stream_work(struct feed_stream *stream, int wake_fd, int timeout_ms)
{
    short wanted = POLLIN;
    if (stream->fd >= 0 && (!stream->is_connected || stream->out.n))
        wanted |= POLLOUT;
    struct pollfd fds[] = {
        {.fd = stream->resolve ? resolve_fd(stream->resolve) : stream->fd,
         .events = stream->resolve ? POLLIN : wanted},
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
