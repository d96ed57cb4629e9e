/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_INTAKE_STREAM_TLS_H
#define GATEWAY_INTAKE_STREAM_TLS_H

#include "gateway/intake/stream.h"

struct tls_context;

/**
 * Puts TLS on a plain stream, as the server. early: bytes that were read from it already; copied.
 * Reading and writing drive the handshake, and move no byte before it is done: STREAM_BROKEN from
 * there is its failure. False: no memory, the stream is as it was.
 */
bool stream_tls_open(struct stream *stream, struct tls_context *context, struct slice early);

/* Of a stream with TLS: its handshake is not done; nothing at all has come yet. */
bool stream_tls_is_shaking(const struct stream *stream);
bool stream_tls_is_silent(const struct stream *stream);
/* Why it failed, and the name on the peer's certificate: gateway/tls/tls.h. */
const char *stream_tls_reason(const struct stream *stream);
const char *stream_tls_peer(const struct stream *stream);

#endif
