/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NATS JetStream, by libnats: records are published without waiting, and each is acknowledged by
 * the stream that stored it. Nats-Msg-Id is the record's uid: what a break repeats within the
 * stream's duplicate window the server drops. A connection that breaks is not mended by the
 * library: the feed makes a new one and sends again from its cursor.
 *
 * Connecting blocks in libnats, so each connection (struct link) has a thread that connects, looks
 * for the stream, waits for its end and takes everything down. The library's threads leave
 * acknowledgements in the link, ring its bell, and poll() tells of them.
 *
 * When a stream's leader dies, what was in flight may be stored out of order: receivers that need
 * order go by the sequence in uid.
 */
#include <inttypes.h>
#include <nats/nats.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gateway/base/ascii.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/secret.h"
#include "gateway/base/thread.h"
#include "gateway/feed/broker.h"
#include "gateway/feed/driver.h"

enum {
    SERVERS_MAX = 16,
    SUBJECT_MAX = 256,
    SITE_MAX = 64,
    WORD_MAX = 129,
    FLIGHT_BYTES = 8 * 1024 * 1024, /* published and not acknowledged; one alone may be longer */
    WRITE_MS = 500,                 /* longest that a send may wait for a stuck connection */
    GRACE_MS = 1000,
    LOG_PERIOD_MS = 10000,
    REASON_MAX = 256,
    TOO_LARGE = 10054 /* JSStreamMessageExceedsMaximumErr */
};

struct told {
    uint64_t sequence;
    size_t bytes;
    bool is_rejected; /* else acknowledged */
};

struct link {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    natsOptions *options;
    natsConnection *connection;
    jsCtx *js;
    int bell;
    atomic_bool is_up, is_lost;
    bool is_closed, is_ending; /* by lock, as all below */
    char reason[REASON_MAX];
    struct told *told;
    size_t n, cap;

    char name[FEED_NAME_MAX + 1], stream[WORD_MAX], subject[WORD_MAX];
    bool must_create;
    int64_t replicas, duplicate_window_ms;
    struct log_limit limit;
};

struct nats {
    const struct feed_section *section;
    struct feed_host host;
    const char *gateway_id;
    int bell;
    struct link *link; /* NULL: closed */
    struct told *told; /* being told */
    struct buf uid;    /* of the record that is sent */
    size_t in_flight, flight_bytes;
};

/* Letters, digits, '-' and '_', with dots between when they may be. */
static bool is_word(const char *text, bool may_have_dots)
{
    return ascii_is_word(text, may_have_dots ? "-_." : "-_", WORD_MAX - 1) && text[0] != '.' &&
           text[strlen(text) - 1] != '.' && !strstr(text, "..");
}

static bool check(const struct feed_section *section, struct diag *diag)
{
    const struct section_place place = section->place;
    size_t before = diag->total;
    feed_broker_check(section, diag);
    if (!is_word(section->subject, true))
        diag_add_at(diag, place,
                    "<feed subject=\"%s\">: write letters, digits, '-' or '_', dots between them",
                    section->subject);
    if (!is_word(section->stream, false))
        diag_add_at(diag, place, "<feed stream=\"%s\">: write letters, digits, '-' or '_'",
                    section->stream);
    if (section->has_tls && section->tls.crl)
        diag_add_at(diag, place, "<feed crl>: libnats reads none; leave it out");
    return diag->total == before;
}

static int create(const struct feed_driver_options *options, void **out)
{
    struct nats *nats = gw_alloc(sizeof *nats);
    *out = nats;
    nats->section = options->section;
    nats->host = options->host;
    nats->gateway_id = options->gateway_id;
    nats->told = gw_alloc((size_t)options->section->window * sizeof *nats->told);
    nats->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (nats->bell >= 0)
        return GW_OK;
    nats->host.trouble(nats->host.context, "no descriptor is left");
    return GW_ERR_IO;
}

static void destroy(void *driver)
{
    struct nats *nats = driver;
    if (!nats)
        return;
    if (nats->bell >= 0)
        close(nats->bell);
    free(nats->told);
    buf_free(&nats->uid);
    free(nats);
}

/* ---- on the library's threads, and the link's ---- */

static void ring(struct link *link)
{
    uint64_t one = 1;
    (void)!write(link->bell, &one, sizeof one);
}

/* Keeps the first reason: later ones follow from it. */
static void lose(struct link *link, const char *what, const char *detail)
{
    pthread_mutex_lock(&link->lock);
    if (!link->reason[0])
        snprintf(link->reason, sizeof link->reason, "%s%s%s", what, detail && *detail ? ": " : "",
                 detail ? detail : "");
    pthread_mutex_unlock(&link->lock);
    atomic_store(&link->is_lost, true);
    ring(link);
}

/* uid is gateway.epoch.sequence. */
static uint64_t sequence_of(natsMsg *message)
{
    const char *uid = NULL;
    if (natsMsgHeader_Get(message, "Nats-Msg-Id", &uid) != NATS_OK || !uid)
        return 0;
    const char *dot = strrchr(uid, '.');
    return dot ? strtoull(dot + 1, NULL, 10) : 0;
}

static void on_ack(jsCtx *js, natsMsg *message, jsPubAck *ack, jsPubAckErr *error, void *closure)
{
    struct link *link = closure;
    struct told told = {sequence_of(message), (size_t)natsMsg_GetDataLength(message), false};
    (void)js, (void)ack;
    if (error && (int)error->ErrCode == TOO_LARGE)
        told.is_rejected = true;
    else if (error)
        lose(link, "the stream did not take a record",
             error->ErrText && *error->ErrText ? error->ErrText : natsStatus_GetText(error->Err));
    if (!error || told.is_rejected) {
        pthread_mutex_lock(&link->lock);
        if (link->n < link->cap)
            link->told[link->n++] = told;
        pthread_mutex_unlock(&link->lock);
        ring(link);
    }
    natsMsg_Destroy(message);
}

static void on_closed(natsConnection *connection, void *closure)
{
    struct link *link = closure;
    const char *text = NULL;
    natsConnection_GetLastError(connection, &text);
    lose(link, "the connection was closed", text);
    pthread_mutex_lock(&link->lock);
    link->is_closed = true;
    pthread_cond_broadcast(&link->changed);
    pthread_mutex_unlock(&link->lock);
}

static void on_error(natsConnection *connection, natsSubscription *subscription, natsStatus status,
                     void *closure)
{
    struct link *link = closure;
    const char *text = NULL;
    unsigned long held = 0;
    (void)subscription;
    natsConnection_GetLastError(connection, &text);
    if (log_allowed(&link->limit, LOG_PERIOD_MS, &held))
        log_warn("feed", "libnats says feed=%s text=\"%s\" detail=\"%s\" more=%lu", link->name,
                 natsStatus_GetText(status), text ? text : "", held);
}

static natsStatus create_stream(struct link *link)
{
    jsStreamConfig config;
    jsErrCode code = 0;
    char subjects[SUBJECT_MAX + 2];
    const char *list[] = {subjects};
    snprintf(subjects, sizeof subjects, "%s.>", link->subject);
    jsStreamConfig_Init(&config);
    config.Name = link->stream;
    config.Subjects = list;
    config.SubjectsLen = 1;
    config.Storage = js_FileStorage;
    config.Replicas = link->replicas;
    config.Duplicates = link->duplicate_window_ms * 1000000;
    natsStatus status = js_AddStream(NULL, link->js, &config, NULL, &code);
    if (status == NATS_OK)
        log_notice("feed", "stream created feed=%s stream=%s subjects=%s replicas=%" PRId64,
                   link->name, link->stream, subjects, link->replicas);
    return status;
}

static void find_stream(struct link *link)
{
    jsStreamInfo *info = NULL;
    jsErrCode code = 0;
    natsStatus status = js_GetStreamInfo(&info, link->js, link->stream, NULL, &code);
    jsStreamInfo_Destroy(info);
    if (status == NATS_NOT_FOUND && link->must_create)
        status = create_stream(link);
    if (status == NATS_NOT_FOUND)
        lose(link, "the server has no such stream", link->stream);
    else if (status != NATS_OK)
        lose(link, "the stream cannot be asked for or created", natsStatus_GetText(status));
    else
        atomic_store(&link->is_up, true);
    ring(link);
}

static void connect_link(struct link *link)
{
    jsOptions options;
    natsStatus status = natsConnection_Connect(&link->connection, link->options);
    if (status != NATS_OK) {
        const char *text = nats_GetLastError(NULL);
        lose(link, "cannot connect", text && *text ? text : natsStatus_GetText(status));
        return;
    }
    jsOptions_Init(&options);
    options.PublishAsync.MaxPending = (int64_t)link->cap * 2; /* so that publishing never waits */
    options.PublishAsync.AckHandler = on_ack;
    options.PublishAsync.AckHandlerClosure = link;
    if (natsConnection_JetStream(&link->js, link->connection, &options) != NATS_OK)
        lose(link, "no JetStream", nats_GetLastError(NULL));
    else
        find_stream(link);
}

static void free_link(struct link *link)
{
    natsOptions_Destroy(link->options);
    if (link->bell >= 0)
        close(link->bell);
    pthread_cond_destroy(&link->changed);
    pthread_mutex_destroy(&link->lock);
    free(link->told);
    free(link);
}

/* The link's thread. */
static void *run(void *context)
{
    struct link *link = context;
    connect_link(link);
    pthread_mutex_lock(&link->lock);
    while (!link->is_ending)
        pthread_cond_wait(&link->changed, &link->lock);
    pthread_mutex_unlock(&link->lock);
    if (link->connection) {
        jsCtx_Destroy(link->js);
        natsConnection_Close(link->connection);
        pthread_mutex_lock(&link->lock);
        while (!link->is_closed)
            pthread_cond_wait(&link->changed, &link->lock);
        pthread_mutex_unlock(&link->lock);
        natsConnection_Destroy(link->connection);
        /* A thread of the library may just be entering on_ack(). */
        nats_Sleep(GRACE_MS);
    }
    free_link(link);
    nats_ReleaseThreadMemory();
    return NULL;
}

/* ---- opening; on the target's thread ---- */

static bool set_servers(natsOptions *options, const struct feed_section *section)
{
    const char *urls[SERVERS_MAX];
    struct arena arena;
    struct slice list = slice_from(section->address), server;
    int n = 0;
    arena_init(&arena, 0);
    while (n < SERVERS_MAX && feed_broker_next(&list, &server))
        urls[n++] = arena_printf(&arena, "nats://%.*s", (int)server.n, server.p);
    bool is_fine = natsOptions_SetServers(options, urls, n) == NATS_OK;
    arena_fini(&arena);
    return is_fine;
}

static bool set_tls(natsOptions *options, const struct tls_settings *tls)
{
    return natsOptions_SetSecure(options, true) == NATS_OK &&
           (!tls->ca || natsOptions_LoadCATrustedCertificates(options, tls->ca) == NATS_OK) &&
           (!tls->cert || natsOptions_LoadCertificatesChain(
                              options, tls->cert, tls->key ? tls->key : tls->cert) == NATS_OK) &&
           (tls->verify == TLS_VERIFY_REQUIRED ||
            natsOptions_SkipServerVerification(options, true) == NATS_OK);
}

static bool set_login(natsOptions *options, const struct feed_section *section, struct buf *error)
{
    struct arena arena;
    if (section->nkey_file)
        return natsOptions_SetNKeyFromSeed(options, section->user, section->nkey_file) == NATS_OK;
    arena_init(&arena, 0);
    char *password = feed_broker_secret(section->password_file, &arena, error);
    bool is_fine = password && natsOptions_SetUserInfo(options, section->user, password) == NATS_OK;
    if (password)
        secret_wipe(password, strlen(password));
    arena_fini(&arena);
    return is_fine;
}

static bool set_always(natsOptions *options, struct link *link, const struct nats *nats)
{
    const struct feed_section *section = nats->section;
    return natsOptions_SetAllowReconnect(options, false) == NATS_OK &&
           natsOptions_SetTimeout(options, section->connect_timeout_ms) == NATS_OK &&
           natsOptions_SetWriteDeadline(options, WRITE_MS) == NATS_OK &&
           natsOptions_SetPingInterval(options, 10000) == NATS_OK &&
           natsOptions_SetName(options, nats->gateway_id) == NATS_OK &&
           natsOptions_SetClosedCB(options, on_closed, link) == NATS_OK &&
           natsOptions_SetErrorHandler(options, on_error, link) == NATS_OK;
}

static struct link *new_link(const struct nats *nats)
{
    const struct feed_section *section = nats->section;
    struct link *link = gw_alloc(sizeof *link);
    pthread_mutex_init(&link->lock, NULL);
    pthread_cond_init(&link->changed, NULL);
    link->bell = dup(nats->bell);
    link->cap = (size_t)section->window;
    link->told = gw_alloc(link->cap * sizeof *link->told);
    snprintf(link->name, sizeof link->name, "%s", section->name);
    snprintf(link->stream, sizeof link->stream, "%s", section->stream);
    snprintf(link->subject, sizeof link->subject, "%s", section->subject);
    link->must_create = section->must_create;
    link->replicas = section->replicas;
    link->duplicate_window_ms = section->duplicate_window_ms;
    return link;
}

static int begin(void *driver)
{
    struct nats *nats = driver;
    const struct feed_section *section = nats->section;
    struct buf error = {0};
    pthread_t thread;
    struct link *link = new_link(nats);
    nats->in_flight = nats->flight_bytes = 0;
    bool is_fine = link->bell >= 0 && natsOptions_Create(&link->options) == NATS_OK &&
                   set_always(link->options, link, nats) && set_servers(link->options, section) &&
                   (!section->has_tls || set_tls(link->options, &section->tls)) &&
                   (!section->user || set_login(link->options, section, &error)) &&
                   gw_thread_start(&thread, "feed-nats", run, link) == GW_OK;
    if (is_fine) {
        pthread_detach(thread);
        nats->link = link;
    } else {
        const char *text = error.n ? buf_text(&error) : nats_GetLastError(NULL);
        nats->host.trouble(nats->host.context, "cannot connect: %s",
                           text && *text ? text : "no thread or descriptor is left");
        free_link(link);
    }
    buf_free(&error);
    return is_fine ? GW_OK : GW_ERR_IO;
}

/* The link's own thread takes it down, in its own time. */
static void drop(void *driver)
{
    struct nats *nats = driver;
    struct link *link = nats->link;
    nats->link = NULL;
    if (!link)
        return;
    pthread_mutex_lock(&link->lock);
    link->is_ending = true;
    pthread_cond_broadcast(&link->changed);
    pthread_mutex_unlock(&link->lock);
}

/* ---- work ---- */

/* PREFIX.SITE.KIND. A site's name is made one token: no dots, blanks, wildcards. An indicator's key
   is site/product; a kind is of our own table, its dots are levels. */
static void make_subject(const struct link *link, const struct feed_record *record, char *out)
{
    char site[SITE_MAX + 1];
    size_t n = 0;
    for (; n < record->key.n && n < SITE_MAX && record->key.p[n] != '/'; n++) {
        char c = record->key.p[n];
        bool is_safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_';
        site[n] = is_safe ? c : '_';
    }
    site[n] = '\0';
    snprintf(out, SUBJECT_MAX, "%s.%s.%.*s", link->subject, n ? site : "_", (int)record->kind.n,
             record->kind.n ? record->kind.p : "");
}

static enum feed_answer fail(struct nats *nats, const char *what, enum feed_answer answer)
{
    nats->host.trouble(nats->host.context, "%s", what);
    return answer;
}

static enum feed_answer take(void *driver, const struct feed_record *record)
{
    struct nats *nats = driver;
    struct link *link = nats->link;
    char subject[SUBJECT_MAX];
    jsPubOptions options;
    if (atomic_load(&link->is_lost) || !atomic_load(&link->is_up) || nats->in_flight == link->cap ||
        (nats->in_flight && nats->flight_bytes + record->bytes.n > FLIGHT_BYTES))
        return FEED_FULL;
    make_subject(link, record, subject);
    buf_clear(&nats->uid);
    buf_slice(&nats->uid, record->uid);
    jsPubOptions_Init(&options);
    options.MsgId = buf_text(&nats->uid);
    options.ExpectStream = link->stream;
    options.MaxWait = nats->section->ack_timeout_ms;
    natsStatus status =
        js_PublishAsync(link->js, subject, record->bytes.p, (int)record->bytes.n, &options);
    if (status == NATS_MAX_PAYLOAD)
        return fail(nats, "longer than the server's max_payload", FEED_REFUSED);
    if (status != NATS_OK)
        return fail(nats, natsStatus_GetText(status), FEED_LOST);
    nats->in_flight++;
    nats->flight_bytes += record->bytes.n;
    return FEED_TAKEN;
}

static void tell(struct nats *nats)
{
    struct link *link = nats->link;
    pthread_mutex_lock(&link->lock);
    size_t n = link->n;
    memcpy(nats->told, link->told, n * sizeof *nats->told);
    link->n = 0;
    pthread_mutex_unlock(&link->lock);
    for (size_t i = 0; i < n; i++) {
        const struct told *told = &nats->told[i];
        nats->in_flight--;
        nats->flight_bytes -= told->bytes;
        if (told->is_rejected)
            nats->host.rejected(nats->host.context, told->sequence, true,
                                "longer than the stream's max_msg_size");
        else
            nats->host.acknowledged(nats->host.context, told->sequence);
    }
}

static enum feed_link work(void *driver, int wake_fd, int timeout_ms)
{
    struct nats *nats = driver;
    struct link *link = nats->link;
    struct pollfd fds[] = {{.fd = nats->bell, .events = POLLIN}, {.fd = wake_fd, .events = POLLIN}};
    uint64_t rings;
    poll(fds, 2, atomic_load(&link->is_lost) ? 0 : timeout_ms);
    (void)!read(nats->bell, &rings, sizeof rings); /* first: what comes now rings again */
    tell(nats);
    if (!atomic_load(&link->is_lost))
        return atomic_load(&link->is_up) ? FEED_LINK_UP : FEED_LINK_OPENING;
    pthread_mutex_lock(&link->lock);
    nats->host.trouble(nats->host.context, "%s", link->reason);
    pthread_mutex_unlock(&link->lock);
    return FEED_LINK_LOST;
}

const struct feed_driver feed_driver_nats = {
    .kind = "nats",
    .check = check,
    .create = create,
    .destroy = destroy,
    .open = begin,
    .send = take,
    .poll = work,
    .close = drop,
};
