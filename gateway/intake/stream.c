/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plain socket as a stream. */
#include "gateway/intake/stream.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t result_of(ssize_t n)
{
    if (n >= 0)
        return n;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? STREAM_AGAIN : STREAM_BROKEN;
}

static ssize_t plain_read(struct stream *stream, char *p, size_t n)
{
    return result_of(recv(stream->fd, p, n, MSG_DONTWAIT));
}

static ssize_t plain_write(struct stream *stream, struct slice bytes)
{
    return result_of(send(stream->fd, bytes.p, bytes.n, MSG_DONTWAIT | MSG_NOSIGNAL));
}

static int plain_wants(const struct stream *stream, int interest)
{
    (void)stream;
    return interest;
}

static bool plain_has_pending(const struct stream *stream)
{
    (void)stream;
    return false;
}

static void plain_close(struct stream *stream)
{
    close(stream->fd);
    stream->fd = -1;
}

void stream_open_plain(struct stream *stream, int fd)
{
    static const struct stream_ops plain = {plain_read, plain_write, plain_wants, plain_has_pending,
                                            plain_close};
    *stream = (struct stream){.ops = &plain, .fd = fd};
}
