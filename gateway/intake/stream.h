/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_INTAKE_STREAM_H
#define GATEWAY_INTAKE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "gateway/base/slice.h"

/**
 * The bytes under a stream connection, both ways and never blocking: a socket as it is, or one with
 * a layer on it (its own ops). By value inside its connection; one thread.
 */
struct stream {
    const struct stream_ops *ops;
    void *layer; /* of the ops; NULL: plain */
    int fd;
};

/* What read and write return when they moved no byte. 0 from read: the peer has ended. */
enum { STREAM_AGAIN = -1, STREAM_BROKEN = -2 };

struct stream_ops {
    ssize_t (*read)(struct stream *stream, char *p, size_t n);
    ssize_t (*write)(struct stream *stream, struct slice bytes);
    /**
     * What the loop must wait for (LOOP_READ | LOOP_WRITE), when the connection waits to do what
     * interest says in the same words. A layer may have to write in order to read.
     */
    int (*wants)(const struct stream *stream, int interest);
    /* Bytes wait above the socket, which will not become readable for them: a read gets some. */
    bool (*has_pending)(const struct stream *stream);
    /* Frees the layer and closes the socket. */
    void (*close)(struct stream *stream);
};

/* Takes fd, which does not block. */
void stream_open_plain(struct stream *stream, int fd);

static inline ssize_t stream_read(struct stream *stream, char *p, size_t n)
{
    return stream->ops->read(stream, p, n);
}
static inline ssize_t stream_write(struct stream *stream, struct slice bytes)
{
    return stream->ops->write(stream, bytes);
}
static inline int stream_wants(const struct stream *stream, int interest)
{
    return stream->ops->wants(stream, interest);
}
static inline bool stream_has_pending(const struct stream *stream)
{
    return stream->ops->has_pending(stream);
}
static inline void stream_close(struct stream *stream)
{
    stream->ops->close(stream);
}

#endif
