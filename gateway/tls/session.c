/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One connection. Between OpenSSL and the descriptor stands a BIO of ours:
 *
 *   - bytes that were read before the handshake (behind a PROXY header) come first;
 *   - a large read takes all that the descriptor has by one recv(2), to the end of the caller's own
 *     buffer, and OpenSSL decrypts from there to its beginning: by itself it would call twice a
 *     record, of which a syslog sender makes one a message;
 *   - a client's greeting is measured as it passes, since OpenSSL believes the length it announces.
 *
 *     p                                    p + BATCH_GAP                       p + size
 *     |  plaintext, growing to the right  ->  |  ciphertext, consumed from the left  |
 *
 * Plaintext never overtakes: it is shorter than its ciphertext, and what OpenSSL may hold of an
 * unfinished record from before is shorter than the gap.
 */
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "gateway/base/arena.h"
#include "gateway/loop/loop.h"
#include "gateway/tls/tls_internal.h"

/* One record: header, text, and what RFC 8446 and RFC 5246 allow an encryption to add. */
enum { BATCH_GAP = 5 + 16384 + 2048 };
_Static_assert(TLS_READ_BATCH >= 2 * BATCH_GAP, "a batch is worth its gap");

enum { RECORD_CHANGE_CIPHER = 20, RECORD_HANDSHAKE = 22 };

/* ---- the bound on a greeting ---- */

/* Handshake messages, cut into records as the client likes. False: one is too long. */
static bool follow_messages(struct tls_greeting *g, const unsigned char *p, size_t n)
{
    while (n) {
        size_t step = g->message_left < n ? g->message_left : n;
        if (step == 0) {
            g->message[g->n_message++] = *p;
            step = 1;
            if (g->n_message == sizeof g->message) {
                g->n_message = 0;
                g->message_left =
                    (size_t)g->message[1] << 16 | (size_t)g->message[2] << 8 | g->message[3];
            }
            if (g->message_left > TLS_MESSAGE_MAX)
                return false;
        } else {
            g->message_left -= step;
        }
        p += step;
        n -= step;
    }
    return true;
}

/* Only what is in the clear: from a change of cipher on, TLS 1.2 encrypts; TLS 1.3 gives encrypted
 * records another type. Source: RFC 8446 section 5, RFC 5246 section 6. */
static bool follow_greeting(struct tls_session *session, const char *bytes, size_t n)
{
    struct tls_greeting *g = &session->greeting;
    const unsigned char *p = (const unsigned char *)bytes;
    while (n && !g->is_over) {
        size_t step = g->record_left < n ? g->record_left : n;
        if (step == 0) {
            g->header[g->n_header++] = *p;
            step = 1;
            if (g->n_header == sizeof g->header) {
                g->n_header = 0;
                g->record_left = (size_t)g->header[3] << 8 | g->header[4];
                g->is_over = g->header[0] == RECORD_CHANGE_CIPHER &&
                             SSL_version(session->ssl) != TLS1_3_VERSION;
            }
        } else {
            if (g->header[0] == RECORD_HANDSHAKE && !follow_messages(g, p, step))
                return false;
            g->record_left -= step;
        }
        p += step;
        n -= step;
    }
    return true;
}

/* ---- the BIO ---- */

static size_t take(struct slice *from, char *out, size_t size)
{
    size_t n = from->n < size ? from->n : size;
    if (n)
        memcpy(out, from->p, n);
    *from = slice_skip(*from, n);
    return n;
}

static ssize_t receive(struct tls_session *session, char *out, size_t size)
{
    struct slice early = slice_skip(buf_get(&session->early), session->early_used);
    if (early.n) {
        size_t n = take(&early, out, size);
        session->early_used += n;
        if (early.n == 0) {
            buf_free(&session->early);
            session->early_used = 0;
        }
        return (ssize_t)n;
    }
    if (session->in.n)
        return (ssize_t)take(&session->in, out, size);
    if (session->is_eof)
        return 0;
    errno = session->io_error ? session->io_error : EAGAIN;
    return session->is_batch || session->io_error ? -1 : recv(session->fd, out, size, MSG_DONTWAIT);
}

/* Of a recv(2) or send(2) that failed: again, or an error to remember. */
static void note_failure(struct tls_session *session, BIO *bio, int retry)
{
    if (errno == EAGAIN || errno == EINTR)
        BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
    else
        session->io_error = errno;
}

static int on_bio_read(BIO *bio, char *out, int size)
{
    struct tls_session *session = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t n = receive(session, out, (size_t)size);
    if (n < 0)
        note_failure(session, bio, BIO_FLAGS_READ);
    session->is_eof |= n == 0;
    session->has_heard |= n > 0;
    if (n > 0 && session->context->is_server && !session->is_done &&
        !follow_greeting(session, out, (size_t)n)) {
        snprintf(session->reason, sizeof session->reason,
                 "a certificate or greeting of more than %d bytes", TLS_MESSAGE_MAX);
        session->io_error = EMSGSIZE;
        return -1;
    }
    return (int)n;
}

static int on_bio_write(BIO *bio, const char *p, int n)
{
    struct tls_session *session = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t sent = send(session->fd, p, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0)
        note_failure(session, bio, BIO_FLAGS_WRITE);
    return (int)sent;
}

static long on_bio_control(BIO *bio, int command, long number, void *p)
{
    struct tls_session *session = BIO_get_data(bio);
    (void)number;
    (void)p;
    if (command == BIO_CTRL_EOF)
        return session->is_eof;
    return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *session_io_new(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "descriptor of a session");
    if (method) {
        BIO_meth_set_read(method, on_bio_read);
        BIO_meth_set_write(method, on_bio_write);
        BIO_meth_set_ctrl(method, on_bio_control);
    }
    return method;
}

/* ---- life ---- */

static struct tls_session *make(struct tls_context *context, int fd)
{
    struct tls_session *session = gw_alloc(sizeof *session);
    BIO *bio = BIO_new(context->io);
    *session = (struct tls_session){
        .context = tls_context_get(context), .fd = fd, .ssl = SSL_new(context->ssl)};
    if (!session->ssl || !bio) {
        BIO_free(bio);
        tls_session_free(session);
        ERR_clear_error();
        return NULL;
    }
    BIO_set_data(bio, session);
    BIO_set_init(bio, 1);
    SSL_set_bio(session->ssl, bio, bio);
    SSL_set_app_data(session->ssl, session);
    return session;
}

struct tls_session *tls_accept(struct tls_context *context, int fd, struct slice early)
{
    struct tls_session *session = make(context, fd);
    if (!session)
        return NULL;
    SSL_set_accept_state(session->ssl);
    buf_slice(&session->early, early);
    return session;
}

struct tls_session *tls_connect(struct tls_context *context, int fd, const char *name)
{
    struct tls_session *session = make(context, fd);
    if (!session)
        return NULL;
    SSL_set_connect_state(session->ssl);
    session->wanted_text = gw_strdup(name);
    peer_parse(slice_from(name), &session->wanted);
    if (session->wanted.kind == TLS_PEER_NAME) {
        session->wanted_text[session->wanted.text.n] = '\0';
        session->wanted.text.p = session->wanted_text;
        SSL_set_tlsext_host_name(session->ssl, session->wanted_text);
    }
    return session;
}

void tls_session_free(struct tls_session *session)
{
    if (!session)
        return;
    if (session->is_done && !session->is_over)
        SSL_shutdown(session->ssl);
    SSL_free(session->ssl);
    ERR_clear_error();
    buf_free(&session->early);
    free(session->wanted_text);
    tls_context_put(session->context);
    free(session);
}

/* ---- traffic ---- */

static void set_reason(struct tls_session *session, const char *text)
{
    snprintf(session->reason, sizeof session->reason, "%s", text);
}

/* What a call of OpenSSL that did not succeed means; result is what it returned. */
static enum tls_status classify(struct tls_session *session, int result)
{
    int error = SSL_get_error(session->ssl, result);
    unsigned long code = ERR_peek_error();
    session->wants = error == SSL_ERROR_WANT_WRITE ? LOOP_WRITE : LOOP_READ;
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return TLS_AGAIN;
    if (error == SSL_ERROR_ZERO_RETURN)
        return TLS_CLOSED;
    session->is_over = true;
    /* The judge of its certificate has said more than OpenSSL's word for it. */
    bool is_said = session->reason[0] != '\0';
    if (!is_said && session->is_eof)
        set_reason(session,
                   session->is_done ? "closed without a goodbye" : "closed during the handshake");
    else if (!is_said && session->io_error)
        set_reason(session, strerror(session->io_error));
    else if (!is_said)
        words_of_error(code, session->reason);
    ERR_clear_error();
    return session->is_eof && session->is_done ? TLS_CLOSED : TLS_FAILED;
}

enum tls_status tls_handshake(struct tls_session *session)
{
    ERR_clear_error();
    int result = SSL_do_handshake(session->ssl);
    if (result != 1)
        return classify(session, result);
    session->is_done = true;
    session->reason[0] = '\0';
    return TLS_OK;
}

/* One recv(2) into the end of the caller's buffer. */
static void fill_batch(struct tls_session *session, char *p, size_t size)
{
    ssize_t n = recv(session->fd, p, size, MSG_DONTWAIT);
    if (n > 0)
        session->in = slice_of(p, (size_t)n);
    else if (n == 0)
        session->is_eof = true;
    else if (errno != EAGAIN && errno != EINTR)
        session->io_error = errno;
    session->is_batch = true;
}

enum tls_status tls_read(struct tls_session *session, char *p, size_t size, size_t *n)
{
    enum tls_status status = TLS_OK;
    *n = 0;
    if (session->is_over)
        return TLS_FAILED;
    ERR_clear_error();
    if (size >= TLS_READ_BATCH && session->early.n == 0)
        fill_batch(session, p + BATCH_GAP, size - BATCH_GAP);
    while (*n < size && status == TLS_OK) {
        size_t one = 0;
        if (SSL_read_ex(session->ssl, p + *n, size - *n, &one) == 1)
            *n += one;
        else
            status = classify(session, 0);
    }
    session->is_batch = false;
    session->in = SLICE_NONE;
    return status == TLS_AGAIN && *n ? TLS_OK : status;
}

enum tls_status tls_write(struct tls_session *session, struct slice bytes, size_t *n)
{
    *n = 0;
    if (session->is_over)
        return TLS_FAILED;
    ERR_clear_error();
    while (*n < bytes.n) {
        size_t one = 0;
        if (SSL_write_ex(session->ssl, bytes.p + *n, bytes.n - *n, &one) != 1)
            return classify(session, 0);
        *n += one;
    }
    return TLS_OK;
}

int tls_wants(const struct tls_session *session)
{
    return session->wants;
}

bool tls_is_silent(const struct tls_session *session)
{
    return !session->has_heard;
}

const char *tls_reason(const struct tls_session *session)
{
    return session->reason;
}

const char *tls_peer(const struct tls_session *session)
{
    return session->peer;
}
