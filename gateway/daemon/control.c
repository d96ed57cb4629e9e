/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Clients of the control socket. Everything is bounded: clients, the length of a request, what
 * waits to be read. A client that does not read holds up nobody: it is not read from either, and
 * its tail does not go on. What had to stop goes on when there is room, or at the next turn. A
 * place is lost by being idle only when somebody else wants it: a tail may be paged through at
 * leisure.
 */
#include "gateway/daemon/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/daemon/control_ack.h"
#include "gateway/daemon/control_correct.h"
#include "gateway/daemon/control_feed.h"
#include "gateway/daemon/control_mail.h"
#include "gateway/daemon/control_reply.h"
#include "gateway/daemon/control_request.h"
#include "gateway/daemon/control_store.h"
#include "gateway/daemon/control_watch.h"
#include "gateway/schema/ocsf.h"

enum {
    CLIENTS_MAX = 32,
    LOOK_EVERY_MS = 500,
    GROUPS_MAX = 1024,
    WAITING_MAX = 512 * 1024,
    LOOK_MAX = 4096
};

struct client {
    struct client *next, **place;
    struct control *control;
    struct loop_io *io;
    struct buf in, out;
    struct journal_reader *tail;   /* NULL: no tail */
    struct control_correct *batch; /* of corrections; NULL: none */
    struct control_rows *rows;     /* an answer under way, which no other may break; NULL: none */
    uint64_t corrected;            /* records, by all his batches */
    struct control_watch *watch;   /* a watchlist on its way in; NULL: none */
    bool is_batch_waiting;         /* for the journal; nothing is read meanwhile */
    uint64_t ack;     /* sequence of an acknowledgement that is not on disk yet; 0: none */
    int64_t moved_ms; /* by the monotonic clock: when its last byte came or went */
    uid_t uid;
    int fd;
    uint64_t until;  /* the tail's last record; 0: it goes on for ever */
    bool is_unknown; /* tail shows what no mapping knew, alone */
    bool has_own;    /* tail shows the gateway's own ticks and loads too */
    bool is_ending;  /* close when out is empty */
    bool has_more;   /* requests or records that were stopped before their end */
};

struct control {
    struct control_options options;
    char *path;
    struct loop *loop;
    struct loop_io *io;
    struct loop_wake *committed;
    struct loop_timer *unread;
    struct client *clients;
    struct client *corrector; /* who asked to correct, until he goes; two would undo each other */
    struct client *pusher;    /* whose watchlist is on its way */
    struct log_limit wait_log;
    int n_clients, fd, watch_id;
};

static void end_correcting(struct client *client)
{
    struct control *control = client->control;
    if (client->batch)
        client->corrected += control_correct_appended(client->batch);
    control_correct_free(client->batch);
    if (control->corrector != client)
        return;
    control->corrector = NULL;
    if (client->corrected)
        log_notice("control", "renormalized corrections=%llu uid=%lu",
                   (unsigned long long)client->corrected, (unsigned long)client->uid);
}

static void end_watch(struct client *client)
{
    control_watch_free(client->watch);
    client->watch = NULL;
    if (client->control->pusher == client)
        client->control->pusher = NULL;
}

static void client_free(struct client *client)
{
    *client->place = client->next;
    if (client->next)
        client->next->place = client->place;
    client->control->n_clients--;
    loop_io_free(client->io);
    journal_reader_close(client->tail);
    control_rows_free(client->rows);
    end_correcting(client);
    end_watch(client);
    close(client->fd);
    buf_free(&client->in);
    buf_free(&client->out);
    free(client);
}

static int64_t now_ms(const struct control *control)
{
    return clock_read(control->options.clock).mono_ms;
}

static bool has_room(const struct client *client)
{
    return client->out.n < WAITING_MAX && !client->is_ending && !client->is_batch_waiting &&
           !client->rows;
}

/* Send what waits. False: the client is gone. */
static bool flush(struct client *client)
{
    size_t done = 0;
    while (done < client->out.n) {
        ssize_t n = send(client->fd, client->out.p + done, client->out.n - done,
                         MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    if (done) {
        client->moved_ms = now_ms(client->control);
        memmove(client->out.p, client->out.p + done, client->out.n - done);
        client->out.n -= done;
    }
    if (client->has_more && !client->out.n)
        loop_wake_send(client->control->committed); /* nothing else would call it up again */
    loop_io_set(client->io, (has_room(client) && !client->has_more ? LOOP_READ : 0) |
                                (client->out.n ? LOOP_WRITE : 0));
    return client->out.n || !client->is_ending;
}

static bool is_wanted(void *context, struct slice payload)
{
    const struct client *client = context;
    struct gw_correction correction;
    int kind = gw_event_peek_kind(payload);
    if (client->is_unknown) /* a correction is no further message */
        return kind == GW_KIND_GATEWAY_UNTRANSLATABLE &&
               !gw_event_peek_correction(payload, &correction);
    bool is_own = kind == GW_KIND_GATEWAY_TICK || kind == GW_KIND_GATEWAY_CONFIG;
    return !is_own || client->has_own; /* the engine's business, nobody's to watch */
}

/* As many records as fit into what may wait; after so many that nobody wanted, others' turn. */
static void pump_tail(struct client *client)
{
    const struct control_options *options = &client->control->options;
    int looked = 0, result = GW_OK;
    struct ocsf_context context = {
        .gateway_id = slice_from(options->gateway_id),
        .epoch = slice_from(journal_epoch(options->journal)),
        .version = slice_from(options->version),
        .has_raw = true,
        .has_unmapped = true,
    };
    struct journal_record record;
    struct gw_event *event = gw_alloc(sizeof *event);
    while (has_room(client) && looked++ < LOOK_MAX &&
           (result = journal_reader_next(client->tail, &record)) == GW_OK) {
        if (client->until && record.sequence >= client->until)
            client->is_ending = true;
        if (is_wanted(client, record.payload) && gw_event_decode(record.payload, event) == GW_OK) {
            event->sequence = record.sequence;
            ocsf_write(event, &context, &client->out);
            buf_byte(&client->out, '\n');
        }
    }
    if (client->until && result != GW_OK)
        client->is_ending = true; /* the last one is damaged: this is the end all the same */
    client->has_more |= result == GW_OK && !client->is_ending;
    free(event);
}

static void start_tail(struct client *client, struct slice argument)
{
    struct journal *journal = client->control->options.journal;
    struct control_tail asked;
    const char *wrong = control_request_tail(argument, &asked);
    if (wrong) {
        control_reply_error(&client->out, slice_from(wrong));
        return;
    }
    uint64_t committed = journal_committed(journal);
    journal_reader_close(client->tail);
    client->tail = NULL;
    client->has_own = asked.has_own;
    client->is_unknown = asked.is_unknown;
    client->until = client->is_unknown ? committed : 0;
    client->is_ending = client->is_unknown && (committed == 0 || asked.n == 0);
    if (client->is_ending)
        return;
    if (journal_reader_open(journal, NULL, UINT64_MAX, &client->tail) != GW_OK) {
        control_reply_error(&client->out, SLICE("the journal cannot be read"));
        return;
    }
    if (client->is_unknown) /* n are looked at, not shown */
        journal_reader_seek(client->tail, committed >= asked.n ? committed - asked.n + 1 : 1);
    else
        journal_reader_seek_newest(client->tail, asked.n, 0, is_wanted, client);
    pump_tail(client);
}

/* What is said to be acknowledged is on disk: the answer waits for that, or for bad news. */
static void pump_ack(struct client *client)
{
    struct journal_status status;
    const struct control_options *options = &client->control->options;
    if (!client->ack || client->rows)
        return;
    if (journal_committed(options->journal) >= client->ack) {
        control_ack_answer(client->ack, &client->out);
        client->ack = 0;
        return;
    }
    journal_get_status(options->journal, &status);
    if (status.is_failing) {
        control_reply_error(&client->out, SLICE("the journal's disk refuses to write; the "
                                                "acknowledgement waits with everything else"));
        client->ack = 0;
    }
}

static void start_ack(struct client *client, struct slice argument)
{
    const struct control_options *options = &client->control->options;
    if (client->ack) {
        control_reply_error(&client->out, SLICE("one acknowledgement at a time"));
        return;
    }
    char asker[32];
    snprintf(asker, sizeof asker, "uid=%lu", (unsigned long)client->uid);
    client->ack = control_ack_append(options, asker, argument, &client->out);
    pump_ack(client);
}

static void answer_top(struct client *client, struct slice argument)
{
    struct control_top asked;
    const char *wrong = control_request_top(argument, &asked);
    if (wrong)
        control_reply_error(&client->out, slice_from(wrong));
    else
        control_reply_top(&client->control->options, &asked, &client->out);
}

static void start_correct(struct client *client, struct slice argument)
{
    struct control *control = client->control;
    if (control->corrector && control->corrector != client) {
        control_reply_error(&client->out, SLICE("somebody renormalizes already; one at a time"));
    } else {
        control->corrector = client;
        client->batch = control_correct_new(&control->options, argument, &client->out);
    }
    client->is_ending = !client->batch; /* what follows would be taken for requests */
}

static void start_watch(struct client *client, struct slice argument)
{
    char asker[32];
    struct control *control = client->control;
    struct control_watch_request asked;
    const char *wrong = control_request_watch(argument, &asked);
    if (!wrong && asked.what == CONTROL_WATCH_SHOW) {
        control_watch_answer(control->options.watch, &client->out);
        return;
    }
    if (!wrong && control->pusher)
        wrong = "somebody loads a watchlist already; one at a time";
    if (wrong) {
        control_reply_error(&client->out, slice_from(wrong));
        client->is_ending = true; /* what follows would be taken for requests */
        return;
    }
    snprintf(asker, sizeof asker, "uid=%lu", (unsigned long)client->uid);
    control->pusher = client;
    client->watch = control_watch_new(&control->options, asker, &asked);
}

static bool pump_watch(struct client *client, struct slice *in)
{
    enum control_batch_state state = control_watch_pump(client->watch, in, &client->out);
    client->is_batch_waiting = state == CONTROL_BATCH_WAITS;
    if (state == CONTROL_BATCH_DONE)
        end_watch(client);
    return state == CONTROL_BATCH_DONE;
}

/* True: no batch is in the way of the next request. */
static bool pump_batch(struct client *client, struct slice *in)
{
    if (client->watch)
        return pump_watch(client, in);
    if (!client->batch)
        return true;
    enum control_batch_state state = control_correct_pump(client->batch, in, &client->out);
    client->is_batch_waiting = state == CONTROL_BATCH_WAITS;
    if (state != CONTROL_BATCH_DONE)
        return false;
    client->corrected += control_correct_appended(client->batch);
    control_correct_free(client->batch);
    client->batch = NULL;
    return true;
}

static void pump_rows(struct client *client)
{
    if (!client->rows)
        return;
    if (control_rows_put(client->rows, WAITING_MAX / 2)) {
        control_rows_free(client->rows);
        client->rows = NULL;
    }
    client->has_more |= client->rows != NULL;
}

static void start_rows(struct client *client, bool alerts_alone)
{
    client->rows = control_rows_new(&client->control->options, alerts_alone, &client->out);
    pump_rows(client);
}

static void answer(struct client *client, struct slice line)
{
    const struct control_options *options = &client->control->options;
    struct slice word, argument;
    slice_cut(slice_trim(line), ' ', &word, &argument);
    if (slice_equal(word, SLICE("status")))
        start_rows(client, false);
    else if (slice_equal(word, SLICE("alerts")))
        start_rows(client, true);
    else if (slice_equal(word, SLICE("sources")))
        control_reply_sources(options, &client->out);
    else if (slice_equal(word, SLICE("top")))
        answer_top(client, argument);
    else if (slice_equal(word, SLICE("tail")))
        start_tail(client, argument);
    else if (slice_equal(word, SLICE("ack")))
        start_ack(client, argument);
    else if (slice_equal(word, SLICE("feed")))
        control_feed_answer(options->feeds, argument, &client->out);
    else if (slice_equal(word, SLICE("store")))
        control_store_answer(options->store, options->journal, argument, &client->out);
    else if (slice_equal(word, SLICE("mail")))
        control_mail_answer(options->outbox, argument, &client->out);
    else if (slice_equal(word, SLICE("correct")))
        start_correct(client, argument);
    else if (slice_equal(word, SLICE("watchlist")))
        start_watch(client, argument);
    else
        control_reply_error(&client->out, SLICE("unknown request; ask status, alerts, sources, "
                                                "top, tail, ack, feed, mail, store, correct "
                                                "or watchlist"));
}

/* As many as there is room for answers; the rest waits, and nothing more is read until then. */
static void answer_requests(struct client *client)
{
    struct slice rest = buf_get(&client->in), line;
    enum control_cut cut = CONTROL_CUT_LINE;
    while (pump_batch(client, &rest) && has_room(client) &&
           (cut = control_request_cut(&rest, &line)) == CONTROL_CUT_LINE)
        answer(client, line);
    if (cut == CONTROL_CUT_TOO_LONG) {
        control_reply_error(&client->out, SLICE("a request has at most 1024 bytes"));
        client->is_ending = true;
    }
    client->has_more |=
        cut == CONTROL_CUT_LINE && rest.n > 0 && !client->is_ending && !client->is_batch_waiting;
    memmove(client->in.p, rest.p ? rest.p : client->in.p, rest.n);
    client->in.n = rest.n;
}

/* False: the client is gone. */
static bool receive(struct client *client)
{
    char bytes[64 * 1024];
    bool is_batch = client->batch || client->watch;
    size_t most = is_batch ? sizeof bytes : CONTROL_REQUEST_MAX;
    ssize_t n = recv(client->fd, bytes, most, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (n <= 0)
        return false;
    client->moved_ms = now_ms(client->control);
    buf_append(&client->in, bytes, (size_t)n);
    return true;
}

/* Whatever can go on goes on. The client may be gone afterwards. */
static void serve(struct client *client)
{
    client->has_more = false;
    pump_rows(client);
    pump_ack(client);
    answer_requests(client);
    if (client->tail && !client->is_ending)
        pump_tail(client);
    if (!flush(client))
        client_free(client);
}

static void on_client(void *context, int ready)
{
    struct client *client = context;
    bool is_here = !(ready & LOOP_READ) || !has_room(client) || client->has_more || receive(client);
    if (is_here && ready & LOOP_WRITE)
        is_here = flush(client); /* makes room first */
    if (is_here)
        serve(client);
    else
        client_free(client);
}

static void on_committed(void *context)
{
    struct control *control = context;
    struct client *next;
    for (struct client *client = control->clients; client; client = next) {
        next = client->next;
        if (client->tail || client->ack || client->has_more || client->is_batch_waiting)
            serve(client);
    }
}

static void on_journal_wake(void *context)
{
    struct control *control = context;
    loop_wake_send(control->committed);
}

/* By any of the asker's groups: its primary one is seldom the gateway's. */
static bool is_in_group(int fd, const struct ucred *peer, gid_t wanted)
{
    gid_t groups[GROUPS_MAX];
    socklen_t length = sizeof groups;
    if (peer->gid == wanted)
        return true;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length) < 0)
        return false; /* in more groups than that: by its primary one only */
    for (size_t i = 0; i < length / sizeof *groups; i++)
        if (groups[i] == wanted)
            return true;
    return false;
}

static bool may_enter(int fd, uid_t *uid)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
        return false;
    *uid = peer.uid;
    return peer.uid == 0 || peer.uid == geteuid() || is_in_group(fd, &peer, getegid());
}

/* Says why, as far as the socket takes it at once, and closes. */
static void refuse(int fd, struct slice why)
{
    struct buf out = {0};
    control_reply_error(&out, why);
    (void)!send(fd, out.p, out.n, MSG_DONTWAIT | MSG_NOSIGNAL);
    buf_free(&out);
    close(fd);
}

/* It waits for nothing of ours: neither for records, a commit or room in the journal, nor for its
   turn. */
static bool is_idle(const struct client *client)
{
    bool is_waiting = client->tail || client->ack || client->has_more || client->is_batch_waiting;
    return client->out.n > 0 || !is_waiting;
}

/* The place of who was idle for longest, if for long enough. False: there is none. */
static bool make_room(struct control *control)
{
    struct client *oldest = NULL;
    int64_t since_ms = now_ms(control) - control->options.idle_ms;
    for (struct client *client = control->clients; client; client = client->next)
        if (is_idle(client) && client->moved_ms <= since_ms &&
            (!oldest || client->moved_ms <= oldest->moved_ms)) /* of equals who came before */
            oldest = client;
    if (!oldest)
        return false;
    log_notice("control", "an idle client makes room uid=%u", (unsigned)oldest->uid);
    if (!oldest->out.n) { /* else it would stand within another answer */
        control_reply_error(&oldest->out, SLICE("idle for too long, and another wants the place"));
        flush(oldest);
    }
    client_free(oldest);
    return true;
}

/* Whoever stops reading within a long answer keeps a picture of all states in memory: not for ever.
   A tail holds little, and its reader may think for as long as nobody wants the place. */
static void close_unread(void *context)
{
    struct control *control = context;
    loop_io_set(control->io, LOOP_READ); /* after wait_to_accept() */
    int64_t since_ms = now_ms(control) - control->options.idle_ms;
    struct client *next;
    for (struct client *client = control->clients; client; client = next) {
        next = client->next;
        if (!client->rows || !client->out.n || client->moved_ms > since_ms)
            continue;
        log_notice("control", "a client that does not read its answer is closed uid=%u",
                   (unsigned)client->uid);
        client_free(client);
    }
}

/* The socket stays readable, and would be asked on and on: not before the timer's next turn. */
static void wait_to_accept(struct control *control)
{
    unsigned long held;
    if (log_allowed(&control->wait_log, 5000, &held))
        log_warn("control", "clients wait: no descriptors left; raise LimitNOFILE");
    loop_io_set(control->io, 0);
}

static void on_accept(void *context, int ready)
{
    struct control *control = context;
    uid_t uid = 0;
    (void)ready;
    int fd = accept4(control->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            wait_to_accept(control);
        return;
    }
    if (!may_enter(fd, &uid)) {
        refuse(fd, SLICE("only root, the gateway's own user and members of its group may ask"));
        return;
    }
    if (control->n_clients == CLIENTS_MAX && !make_room(control)) {
        refuse(fd, SLICE("too many ask at once: 32 are here, and none has been idle for long "
                         "(control-idle); end a tail or try again"));
        return;
    }
    struct client *client = gw_alloc(sizeof *client);
    *client = (struct client){.control = control,
                              .uid = uid,
                              .fd = fd,
                              .moved_ms = now_ms(control),
                              .next = control->clients,
                              .place = &control->clients};
    if (client->next)
        client->next->place = &client->next;
    control->clients = client;
    control->n_clients++;
    client->io = loop_io_new(control->loop, fd, LOOP_READ, on_client, client);
    if (!client->io)
        client_free(client);
}

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    unlink(path); /* the journal's lock has shown that no other daemon owns this state */
    mode_t old = umask(0117);
    int result = fd < 0 ? -1 : bind(fd, (struct sockaddr *)&address, sizeof address);
    umask(old);
    if (result < 0 || listen(fd, CLIENTS_MAX) < 0) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return fd;
}

int control_start(struct loop *loop, const char *path, const struct control_options *options,
                  struct control **out)
{
    struct control *control = gw_alloc(sizeof *control);
    *control = (struct control){
        .options = *options, .path = gw_strdup(path), .loop = loop, .watch_id = -1};
    control->fd = listen_at(control->path);
    if (control->fd < 0) {
        log_error("control", "socket cannot be made path=%s reason=%s", control->path,
                  strerror(errno));
        control_stop(control);
        return GW_ERR_IO;
    }
    control->io = loop_io_new(loop, control->fd, LOOP_READ, on_accept, control);
    control->committed = loop_wake_new(loop, on_committed, control);
    control->unread = loop_timer_new(loop, LOOK_EVERY_MS, close_unread, control);
    if (!control->io || !control->committed || !control->unread) {
        control_stop(control);
        return GW_ERR_IO;
    }
    control->watch_id = journal_watch(options->journal, on_journal_wake, control);
    *out = control;
    return GW_OK;
}

void control_stop(struct control *control)
{
    if (!control)
        return;
    if (control->watch_id >= 0)
        journal_unwatch(control->options.journal, control->watch_id);
    while (control->clients)
        client_free(control->clients);
    loop_io_free(control->io);
    loop_wake_free(control->committed);
    loop_timer_free(control->unread);
    if (control->fd >= 0) {
        close(control->fd);
        unlink(control->path);
    }
    free(control->path);
    free(control);
}
