/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A TLS session as a stream. */
#include "gateway/intake/stream_tls.h"

#include <stdlib.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/loop/loop.h"
#include "gateway/tls/tls.h"

struct layer {
    struct tls_session *session;
    enum tls_status end; /* TLS_OK: none yet */
    int reads, writes;   /* what to wait for in order to do so */
    bool is_done;        /* the handshake */
    bool is_pending;     /* more may be had without an event */
};

static ssize_t end_of(const struct layer *layer)
{
    return layer->end == TLS_CLOSED ? 0 : STREAM_BROKEN;
}

/* TLS_OK: it is done. */
static enum tls_status shake(struct layer *layer)
{
    if (layer->is_done)
        return TLS_OK;
    enum tls_status status = tls_handshake(layer->session);
    layer->is_done = status == TLS_OK;
    layer->reads = status == TLS_AGAIN ? tls_wants(layer->session) : LOOP_READ;
    if (status != TLS_AGAIN)
        layer->end = status;
    return status;
}

static ssize_t read_tls(struct stream *stream, char *p, size_t n)
{
    struct layer *layer = stream->layer;
    size_t got = 0;
    layer->is_pending = false;
    if (layer->end != TLS_OK)
        return end_of(layer);
    enum tls_status status = shake(layer);
    if (status == TLS_OK)
        status = tls_read(layer->session, p, n, &got);
    if (status == TLS_AGAIN) {
        layer->reads = tls_wants(layer->session);
        return STREAM_AGAIN;
    }
    layer->reads = LOOP_READ;
    layer->end = status;
    layer->is_pending = status != TLS_OK || got == n;
    return got ? (ssize_t)got : end_of(layer);
}

static ssize_t write_tls(struct stream *stream, struct slice bytes)
{
    struct layer *layer = stream->layer;
    size_t n = 0;
    if (!layer->is_done)
        return STREAM_AGAIN;
    enum tls_status status = tls_write(layer->session, bytes, &n);
    layer->writes = status == TLS_AGAIN ? tls_wants(layer->session) : LOOP_WRITE;
    if (n)
        return (ssize_t)n;
    return status == TLS_AGAIN ? STREAM_AGAIN : STREAM_BROKEN;
}

static int wants_tls(const struct stream *stream, int interest)
{
    const struct layer *layer = stream->layer;
    return (interest & LOOP_READ ? layer->reads : 0) |
           (interest & LOOP_WRITE && layer->is_done ? layer->writes : 0);
}

static bool has_pending_tls(const struct stream *stream)
{
    return ((const struct layer *)stream->layer)->is_pending;
}

static void close_tls(struct stream *stream)
{
    struct layer *layer = stream->layer;
    tls_session_free(layer->session);
    free(layer);
    close(stream->fd);
    stream->fd = -1;
    stream->layer = NULL;
}

bool stream_tls_open(struct stream *stream, struct tls_context *context, struct slice early)
{
    static const struct stream_ops ops = {read_tls, write_tls, wants_tls, has_pending_tls,
                                          close_tls};
    struct tls_session *session = tls_accept(context, stream->fd, early);
    if (!session)
        return false;
    struct layer *layer = gw_alloc(sizeof *layer);
    *layer = (struct layer){
        .session = session, .reads = LOOP_READ, .writes = LOOP_WRITE, .is_pending = early.n > 0};
    stream->ops = &ops;
    stream->layer = layer;
    return true;
}

bool stream_tls_is_shaking(const struct stream *stream)
{
    return !((const struct layer *)stream->layer)->is_done;
}

bool stream_tls_is_silent(const struct stream *stream)
{
    return tls_is_silent(((const struct layer *)stream->layer)->session);
}

const char *stream_tls_reason(const struct stream *stream)
{
    return tls_reason(((const struct layer *)stream->layer)->session);
}

const char *stream_tls_peer(const struct stream *stream)
{
    return tls_peer(((const struct layer *)stream->layer)->session);
}
