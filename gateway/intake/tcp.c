/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Syslog over TCP: LF, NUL or octet-counted frames, detected per connection. Source: RFC 6587. */
#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/intake/connection.h"
#include "gateway/intake/intake_internal.h"
#include "gateway/intake/listen.h"
#include "parsers/framing.h"

static void open_session(struct connection *connection)
{
    struct framing *framing = gw_alloc(sizeof *framing);
    framing_init(framing, FRAMING_AUTO, (size_t)connection->listener->settings->max_message_bytes);
    connection->session = framing;
}

static void close_session(struct connection *connection)
{
    framing_fini(connection->session);
    free(connection->session);
}

static enum connection_step step(struct connection *connection, struct slice bytes, size_t *used)
{
    struct framing *framing = connection->session;
    struct slice frame = SLICE_NONE;
    enum parse_status status = connection->is_ended ? framing_end(framing, bytes, &frame, used)
                                                    : framing_next(framing, bytes, &frame, used);
    if (status == PARSE_MORE)
        return connection->is_ended ? CONNECTION_CLOSE : CONNECTION_MORE;
    connection->is_damaged = status == PARSE_MALFORMED; /* kept all the same, so none is lost */
    if (frame.n)
        connection_deliver(connection, frame, framing->is_truncated ? framing->full_size_bytes : 0);
    return CONNECTION_GO_ON;
}

static size_t kept_bytes(const struct connection *connection)
{
    const struct framing *framing = connection->session;
    return framing->head.cap;
}

const struct connection_protocol tcp_protocol = {
    .element = "syslog-tcp",
    .transport = GW_TRANSPORT_TCP,
    .open = open_session,
    .close = close_session,
    .step = step,
    .kept_bytes = kept_bytes,
};

const struct connection_protocol tcp_tls_protocol = {
    .element = "syslog-tls",
    .transport = GW_TRANSPORT_TLS,
    .open = open_session,
    .close = close_session,
    .step = step,
    .kept_bytes = kept_bytes,
};
