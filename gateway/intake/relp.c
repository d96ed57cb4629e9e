/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Syslog over RELP. A message is acknowledged after the commit that holds it, and not before; what
 * is committed together is answered together, in the order sent, by one write.
 *
 *     open --offers--> 200, or 500 when syslog is not among its commands
 *     syslog ... ----> into the journal; number and sequence into the session's ring
 *     commit --------> 200 for each of the ring up to what is on disk
 *     close ---------> its response behind those before it, then the end
 *
 * An end that the peer makes, by close, by damage or by closing the connection, is an entry of the
 * ring too, so that what came before it is still answered. When the ring holds `window` messages,
 * or the peer does not read its answers, that session alone is not read from.
 * Source: The Reliable Event Logging Protocol, relp_version 0.
 */
#include "parsers/relp.h"

#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/base/log.h"
#include "gateway/intake/connection.h"
#include "gateway/intake/intake_internal.h"
#include "gateway/intake/listen.h"
#include "gateway/intake/relay.h"
#include "gateway/intake/resent.h"

/* RING_MIN: entries of a ring that is kept while nothing waits. UNSENT_ENOUGH: bytes of answers
 * that may wait for the peer to read before nothing more is read from it. */
enum { RING_MIN = 64, UNSENT_ENOUGH = 64 * 1024 };

enum answer { ANSWER_OK, ANSWER_CLOSE, ANSWER_END };

/* A frame that waits for its answer, until sequence is on disk. */
struct unanswered {
    uint64_t sequence;
    uint32_t txnr;
    enum answer answer;
};

struct session {
    struct relp_reader reader;
    struct unanswered *ring; /* cap is a power of two */
    uint32_t cap, first, n;
    uint32_t txnr;                 /* of the last frame */
    uint64_t last_sequence;        /* of the last message taken */
    struct resent_session *resent; /* what came by it, once it is open */
    bool is_open;
    bool is_ending;  /* its last entry is in the ring: what comes now is not looked at */
    bool has_closed; /* in order; the answer is in out */
};

static void open_session(struct connection *connection)
{
    struct session *session = gw_alloc(sizeof *session);
    relp_reader_init(&session->reader, RELP_OFFERS_MAX);
    connection->session = session;
}

static void close_session(struct connection *connection)
{
    struct session *session = connection->session;
    if (session->resent)
        resent_end(session->resent, session->has_closed && !connection_unsent(connection));
    relp_reader_fini(&session->reader);
    free(session->ring);
    free(session);
}

/* ---- the ring ---- */

static void grow(struct session *session)
{
    uint32_t cap = session->cap ? session->cap * 2 : RING_MIN;
    struct unanswered *ring = gw_alloc(cap * sizeof *ring);
    for (uint32_t i = 0; i < session->n; i++)
        ring[i] = session->ring[(session->first + i) & (session->cap - 1)];
    free(session->ring);
    session->ring = ring;
    session->cap = cap;
    session->first = 0;
}

static void push(struct connection *connection, enum answer answer, uint64_t sequence)
{
    struct session *session = connection->session;
    if (session->n == session->cap)
        grow(session);
    session->ring[(session->first + session->n++) & (session->cap - 1)] =
        (struct unanswered){.sequence = sequence, .txnr = session->txnr, .answer = answer};
    connection->is_owing = true;
}

static void on_committed(struct connection *connection, uint64_t committed)
{
    struct session *session = connection->session;
    while (session->n && session->ring[session->first].sequence <= committed) {
        const struct unanswered *next = &session->ring[session->first];
        if (next->answer == ANSWER_OK)
            relp_write_ok(&connection->out, next->txnr);
        else if (next->answer == ANSWER_CLOSE)
            relp_write(&connection->out, next->txnr, SLICE("rsp"), SLICE_NONE);
        connection->is_closing |= next->answer != ANSWER_OK;
        session->has_closed = next->answer == ANSWER_CLOSE;
        session->first = (session->first + 1) & (session->cap - 1);
        session->n--;
    }
    connection->is_owing = session->n > 0;
    if (session->n == 0 && session->cap > RING_MIN) {
        free(session->ring);
        session->ring = NULL;
        session->cap = session->first = 0;
    }
}

/* Nothing of its own has to get on disk: it is answered when those before it are. */
static void push_behind(struct connection *connection, enum answer answer)
{
    const struct session *session = connection->session;
    push(connection, answer, session->last_sequence);
    on_committed(connection, journal_committed(connection->worker->intake->options.journal));
}

static void on_taken(struct connection *connection, uint64_t sequence)
{
    struct session *session = connection->session;
    session->last_sequence = sequence;
    push(connection, ANSWER_OK, sequence);
}

/* ---- frames ---- */

static enum connection_step end(struct connection *connection, enum answer answer)
{
    struct session *session = connection->session;
    session->is_ending = true;
    push_behind(connection, answer);
    return CONNECTION_WAIT;
}

static enum connection_step end_badly(struct connection *connection, const char *why)
{
    unsigned long held;
    connection_count_malformed(connection);
    if (log_allowed(&connection->worker->protocol_log, 5000, &held))
        log_warn("intake", "RELP session ended peer=%s reason=\"%s\" ended=%lu",
                 connection->peer->text, why, held + 1);
    return end(connection, ANSWER_END);
}

static enum connection_step refuse(struct connection *connection, const char *why)
{
    struct session *session = connection->session;
    struct buf text = {0};
    buf_printf(&text, "500 %s", why);
    relp_write(&connection->out, session->txnr, SLICE("rsp"), buf_get(&text));
    buf_free(&text);
    return end_badly(connection, why);
}

static enum connection_step on_open(struct connection *connection, struct slice offers)
{
    struct session *session = connection->session;
    struct slice name, value;
    bool has_syslog = false;
    if (session->is_open)
        return end_badly(connection, "a second open");
    while (relp_next_offer(&offers, &name, &value))
        has_syslog |= slice_equal(name, SLICE("commands")) && relp_has_word(value, SLICE("syslog"));
    if (!has_syslog)
        return refuse(connection, "command syslog is not offered");
    relp_write(&connection->out, session->txnr, SLICE("rsp"),
               SLICE("200 OK\nrelp_version=0\nrelp_software=eog-gateway\ncommands=syslog"));
    session->is_open = true;
    session->resent =
        resent_begin(connection->worker->intake->options.resent, connection->peer->ip);
    session->reader.max_data = (size_t)connection->listener->settings->max_message_bytes;
    return CONNECTION_GO_ON;
}

/* Of the message and its sender as the record will have them. */
static uint64_t hash_of(const struct connection *connection, struct slice message)
{
    struct relay_word word;
    char text[ADDRESS_TEXT_MAX];
    struct slice sender = connection->peer->ip;
    if (!connection->is_relay)
        return resent_hash(sender, message);
    relay_read(message, connection->now.wall_ms, &word);
    if (word.finding == RELAY_SENDER)
        sender = slice_of(text, address_format_host((struct sockaddr *)&word.from, text));
    return resent_hash(sender, word.message);
}

static bool on_offer(struct connection *connection, struct slice message)
{
    struct session *session = connection->session;
    return resent_take(session->resent, hash_of(connection, message));
}

/* It may never be taken: another session's must not be called the second for it. */
static void on_refused(struct connection *connection)
{
    struct session *session = connection->session;
    resent_untake(session->resent);
}

static enum connection_step on_message(struct connection *connection,
                                       const struct relp_frame *frame)
{
    struct slice message = without_end(frame->data);
    if (message.n == 0) {
        push_behind(connection, ANSWER_OK); /* nothing to keep */
        return CONNECTION_GO_ON;
    }
    connection_deliver(connection, message, frame->full_size_bytes);
    return CONNECTION_GO_ON;
}

static enum connection_step on_frame(struct connection *connection, const struct relp_frame *frame)
{
    struct session *session = connection->session;
    if (frame->txnr == 0 || (session->txnr && !relp_txnr_follows(session->txnr, frame->txnr)))
        return end_badly(connection, "a transaction number that does not follow the last");
    session->txnr = frame->txnr;
    if (session->is_open && slice_equal(frame->command, SLICE("syslog")))
        return on_message(connection, frame);
    if (slice_equal(frame->command, SLICE("open")))
        return on_open(connection, frame->data);
    if (!session->is_open)
        return end_badly(connection, "a command before open");
    if (slice_equal(frame->command, SLICE("close")))
        return end(connection, ANSWER_CLOSE);
    return end_badly(connection, "a command that was not offered");
}

static enum connection_step step(struct connection *connection, struct slice bytes, size_t *used)
{
    struct session *session = connection->session;
    struct relp_frame frame;
    if (session->is_ending) {
        *used = bytes.n;
        return CONNECTION_WAIT;
    }
    if (session->n >= connection->listener->settings->window ||
        connection_unsent(connection) > UNSENT_ENOUGH)
        return CONNECTION_WAIT;
    enum parse_status status = relp_next(&session->reader, bytes, &frame, used);
    if (status == PARSE_OK)
        return on_frame(connection, &frame);
    if (status == PARSE_MALFORMED)
        return end_badly(connection, session->reader.error);
    /* A frame that the end cuts was not acknowledged: its sender has it still. */
    return connection->is_ended ? end(connection, ANSWER_END) : CONNECTION_MORE;
}

static size_t kept_bytes(const struct connection *connection)
{
    const struct session *session = connection->session;
    return session->reader.head.cap;
}

static void on_stop(struct connection *connection)
{
    const struct session *session = connection->session;
    if (session->is_open && !connection->is_closing)
        relp_write(&connection->out, 0, SLICE("serverclose"), SLICE_NONE);
}

const struct connection_protocol relp_protocol = {
    .element = "syslog-relp",
    .transport = GW_TRANSPORT_RELP,
    .is_acknowledged = true,
    .open = open_session,
    .close = close_session,
    .step = step,
    .kept_bytes = kept_bytes,
    .offer = on_offer,
    .refused = on_refused,
    .taken = on_taken,
    .committed = on_committed,
    .stop = on_stop,
};
