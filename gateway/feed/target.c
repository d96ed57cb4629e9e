/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The thread of a target. One record is made ready at a time (load) and offered to the driver; what
 * the driver took stands in the ring until it is acknowledged.
 *
 *     passed   every record up to this sequence was sent or passed over; grows
 *     ring     those of them that wait for their acknowledgement
 *     cursor   just before the oldest in the ring, or at passed when it is empty
 *     reread   how far the reader has come since it went back; beyond passed: nothing to repeat
 *
 * After a break the reader goes back to the oldest in the ring and comes by all that was sent
 * since; only what still waits in the ring is sent again. What it does not find any more (damage,
 * retention that was forced) counts as refused.
 *
 * One record may be the cause of a break: the target rejects it, hangs up at it, is mute at it, or
 * answers all but it. Such a suspect is sent last and alone, after others got their answer, so that
 * it is known whose fault it is; in the end (ring.h) it is refused: passed over, counted, logged.
 */
#include "gateway/feed/target.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/pause.h"
#include "gateway/base/thread.h"
#include "gateway/feed/bookmark.h"
#include "gateway/feed/outgoing.h"
#include "gateway/feed/ring.h"

enum {
    RING_CAP = 16384,
    SEND_BATCH = 512,   /* records between two polls */
    LOOK_BATCH = 16384, /* records passed over between two polls */
    UNREAD_MS = 1000,   /* between two attempts to read */
    IDLE_MS = 1000,     /* longest wait for a condition that wakes */
    DIRTY_MS = 200,     /* the same while a cursor is to be written */
    RETRY_FIRST_MS = 100,
    RETRY_MOST_MS = 30000,
    STEADY_MS = 10000, /* a connection that lived so long is good, even with nothing to send */
    LEAVE_MS = 1000,
    WORD_MS = 600000 /* between two lines about a target that stays away */
};

struct feed_target {
    struct arena arena;
    struct feed_section *section; /* in arena */
    const struct feed_driver *driver;
    void *at; /* the driver's own */
    struct journal *journal;
    struct journal_reader *reader;
    struct feed_bookmark bookmark;
    const struct clock *clock;
    int watch_id, wake_fd;
    pthread_t thread;
    bool is_running;
    atomic_bool is_stopping, is_waiting, is_woken;

    struct feed_outgoing outgoing; /* its record is the one that is ready */
    bool is_ready;
    struct feed_ring ring;
    uint64_t passed, reread;
    int64_t unread_until; /* monotonic: a read was refused, and is not tried before; 0: none was */
    struct feed_counters counters;

    enum feed_standing standing;
    uint64_t first_open, careful_to;    /* first in flight; up to here records go one by one */
    size_t n_open, n_rejected;          /* of this connection: in flight; to be sent again */
    size_t n_held;                      /* suspects, held back on this connection until the last */
    bool has_acked, is_last_round;      /* on this connection; the suspects' turn */
    bool is_left_out;                   /* the first in line */
    bool is_lost;                       /* and the log says so */
    unsigned failures, hang_ups;        /* in a row: for the back-off; with a rejection or silent */
    int64_t retry_at, opened_at, up_at; /* monotonic */
    int64_t progress_at;                /* the last acknowledgement, or when it began to be due */
    bool has_progress;                  /* since the clock was last looked at: once a poll */
    int64_t word_at;                    /* the next line about trouble */
    struct log_limit refusal_limit, reject_limit;
    pthread_mutex_t lock; /* of what others look at */
    struct feed_row row;
    int64_t oldest_ms, down_since; /* received; monotonic, 0: connected */
    bool is_unread;                /* the journal cannot be read: nobody knows what waits */
    enum kpi_state told;           /* the thread's: as the log knows it */
};

static int64_t now_ms(const struct feed_target *target)
{
    return clock_read(target->clock).mono_ms;
}

/* ---- being woken ---- */

static void wake(struct feed_target *target)
{
    uint64_t one = 1;
    atomic_store(&target->is_woken, true);
    (void)!write(target->wake_fd, &one, sizeof one);
}

/* On the journal's writer thread, which it costs a write only while the target waits. */
static void on_commit(void *context)
{
    struct feed_target *target = context;
    if (atomic_exchange(&target->is_waiting, false))
        wake(target);
}

static void drain_wake(struct feed_target *target)
{
    uint64_t count;
    if (atomic_exchange(&target->is_woken, false))
        (void)!read(target->wake_fd, &count, sizeof count);
}

/* ---- what the driver tells ---- */

static void on_acknowledged(void *context, uint64_t sequence)
{
    struct feed_target *target = context;
    if (!feed_ring_done(&target->ring, sequence))
        return;
    target->n_open -= target->n_open > 0;
    target->counters.acked++;
    target->has_acked = true;
    target->failures = target->hang_ups = 0; /* the target works */
    target->has_progress = true;
}

__attribute__((format(printf, 2, 3))) static void on_trouble(void *context, const char *format, ...)
{
    struct feed_target *target = context;
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&target->lock);
    vsnprintf(target->row.trouble, sizeof target->row.trouble, format, arguments);
    target->row.trouble_ms = clock_read(target->clock).wall_ms;
    pthread_mutex_unlock(&target->lock);
    va_end(arguments);
}

static void refuse(struct feed_target *target, uint64_t sequence, const char *reason)
{
    unsigned long held = 0;
    target->counters.refused++;
    if (sequence > target->passed)
        target->passed = sequence;
    else
        feed_ring_done(&target->ring, sequence);
    if (log_allowed(&target->refusal_limit, 1000, &held))
        log_warn("feed", "record passed over feed=%s sequence=%" PRIu64 " reason=\"%s\" more=%lu",
                 target->section->name, sequence, reason, held);
}

static void on_rejected(void *context, uint64_t sequence, bool is_final, const char *reason)
{
    struct feed_target *target = context;
    struct feed_sent *entry = feed_ring_find(&target->ring, sequence);
    if (!entry || entry->is_done)
        return;
    target->n_open -= target->n_open > 0;
    on_trouble(target, "the target refuses record %" PRIu64 ": %s", sequence, reason);
    if (feed_sent_reject(entry, target->counters.acked) || is_final)
        refuse(target, sequence, reason);
    else
        target->n_rejected++;
}

/* The connection ended without a word of the first in line: perhaps the target dies of it. */
static void note_end(struct feed_target *target)
{
    struct feed_sent *entry = feed_ring_find(&target->ring, target->first_open);
    if (target->driver->is_indifferent || !target->n_open || !entry || entry->is_done)
        return;
    if (++target->hang_ups == FEED_SUSPECT_ENDS)
        target->careful_to = target->passed;
    bool is_guilty =
        feed_sent_end(entry, target->counters.acked, target->n_open == 1, target->hang_ups);
    if (entry->rejections)
        on_trouble(target, "the target hangs up or is mute at record %" PRIu64, entry->sequence);
    if (is_guilty)
        refuse(target, entry->sequence, "the target hangs up or is mute at it and takes others");
}

/* ---- making a record ready ---- */

/* The reader has come to `to`, and between reread and there was nothing. */
static void note_read(struct feed_target *target, uint64_t to)
{
    const struct feed_sent *sent;
    while (target->reread < target->passed &&
           (sent = feed_ring_after(&target->ring, target->reread)) && sent->sequence < to)
        refuse(target, sent->sequence, "is in the journal no more");
    target->reread = to;
}

/* A suspect is held back once the target hung up again when all was sent again in order. */
static bool is_held(const struct feed_target *target, const struct feed_sent *sent)
{
    return sent->rejections && target->hang_ups >= 2 && !target->is_last_round;
}

/* Makes the record ready to be sent. False: it is not for this target, or not to be sent now. */
static bool prepare(struct feed_target *target, const struct journal_record *record)
{
    const char *reason = "";
    bool is_again = record->sequence <= target->passed;
    const struct feed_sent *sent =
        is_again ? feed_ring_find(&target->ring, record->sequence) : NULL;
    bool is_waiting = sent && !sent->is_done, is_later = is_waiting && is_held(target, sent);
    target->n_held += is_later;
    if (is_again && (!is_waiting || is_later))
        return false;
    switch (feed_outgoing_make(&target->outgoing, record, is_again, &reason)) {
    case FEED_MADE:
        return true;
    case FEED_UNFIT:
        refuse(target, record->sequence, reason);
        break;
    case FEED_NOT_WANTED:
        target->counters.filtered++;
        target->passed = record->sequence;
    }
    return false;
}

/* After a refused read the disk is left alone for a while: the journal counts the attempts, and
   takes for damage what it does not get in the end. */
static void note_disk(struct feed_target *target, bool gives)
{
    if (gives && target->unread_until)
        log_notice("feed", "the journal is read again feed=%s", target->section->name);
    if (!gives && !target->unread_until) {
        on_trouble(target, "the journal cannot be read");
        log_error("feed", "the journal cannot be read feed=%s", target->section->name);
    }
    target->unread_until = gives ? 0 : now_ms(target) + UNREAD_MS;
}

enum loaded { LOADED, LOAD_MORE, LOAD_END };

static enum loaded load(struct feed_target *target)
{
    struct journal_record record;
    if (!target->is_ready && target->unread_until && now_ms(target) < target->unread_until)
        return LOAD_END;
    for (int looked = 0; !target->is_ready && looked < LOOK_BATCH; looked++) {
        int result = journal_reader_next(target->reader, &record);
        note_disk(target, result != GW_ERR_IO);
        if (result == GW_ERR_NOT_FOUND) {
            note_read(target, target->passed + 1);
            /* From here on a commit wakes us; one that came just before is seen by asking again. */
            if (atomic_exchange(&target->is_waiting, true))
                return LOAD_END;
            continue;
        }
        if (result != GW_OK)
            return LOAD_END;
        note_read(target, record.sequence);
        target->is_ready = prepare(target, &record);
    }
    return target->is_ready ? LOADED : LOAD_MORE;
}

/* ---- the connection ---- */

static void set_standing(struct feed_target *target, enum feed_standing standing)
{
    int64_t now = now_ms(target);
    pthread_mutex_lock(&target->lock);
    target->standing = standing;
    if (standing == FEED_STANDING_CONNECTED)
        target->down_since = 0;
    else if (!target->down_since)
        target->down_since = now ? now : 1;
    pthread_mutex_unlock(&target->lock);
}

/* A target that stays away, or comes and goes, is logged once and then every ten minutes. */
static void tell_trouble(struct feed_target *target, bool was_up, int64_t now)
{
    if (now < target->word_at)
        return;
    target->word_at = now + WORD_MS;
    target->is_lost = true;
    log_warn("feed", "%s feed=%s target=\"%s\" reason=\"%s\" waiting=%zu",
             was_up ? "connection lost" : "target cannot be reached", target->section->name,
             target->row.target, target->row.trouble, target->ring.n_waiting);
}

static void go_back(struct feed_target *target)
{
    const struct feed_sent *oldest = feed_ring_oldest(&target->ring);
    target->n_held = 0;
    if (oldest) {
        target->is_ready = false;
        target->reread = oldest->sequence - 1;
        journal_reader_seek(target->reader, oldest->sequence);
    }
}

static void lose(struct feed_target *target)
{
    int64_t now = now_ms(target);
    bool was_up = target->standing == FEED_STANDING_CONNECTED;
    target->driver->close(target->at);
    if (was_up && now - target->up_at >= STEADY_MS)
        target->failures = 0;
    target->failures++;
    target->n_rejected = target->n_open = 0;
    target->has_acked = target->is_last_round = false;
    target->retry_at = now + pause_back_off_ms(target->failures, RETRY_FIRST_MS, RETRY_MOST_MS);
    tell_trouble(target, was_up, now);
    set_standing(target, FEED_STANDING_WAITING);
    go_back(target);
}

static void open_link(struct feed_target *target)
{
    target->opened_at = now_ms(target);
    set_standing(target, FEED_STANDING_CONNECTING);
    if (target->driver->open(target->at) != GW_OK)
        lose(target);
}

static void note_up(struct feed_target *target)
{
    target->up_at = target->progress_at = now_ms(target);
    feed_ring_start_anew(&target->ring);
    target->counters.connects++;
    if (target->is_lost || target->counters.connects == 1)
        log_notice("feed", "connected feed=%s target=\"%s\" waiting=%" PRIu64,
                   target->section->name, target->row.target,
                   journal_committed(target->journal) -
                       feed_ring_cursor(&target->ring, target->passed));
    target->is_lost = false;
    set_standing(target, FEED_STANDING_CONNECTED);
}

/* Twice as long after each end that counts against a record: a part of the target, as a Kafka
   partition, may be away for a while. */
static int64_t patience_ms(const struct feed_target *target, const struct feed_sent *first)
{
    return target->section->ack_timeout_ms << (first ? first->rejections : 0);
}

static bool is_mute(const struct feed_target *target, int64_t silent_ms)
{
    return target->ring.n_waiting &&
           silent_ms >= patience_ms(target, feed_ring_find(&target->ring, target->first_open));
}

/* True: all but the first in line have their answer, and it had its time. Until then nothing new is
   sent, so that a target that is slow at many is not taken for one that has none for this. */
static bool is_without_answer(struct feed_target *target, int64_t now)
{
    const struct feed_sent *oldest = feed_ring_oldest(&target->ring);
    target->is_left_out = !target->n_rejected && !target->n_held &&
                          feed_ring_is_left_out(&target->ring, target->counters.acked, now,
                                                patience_ms(target, oldest));
    if (!target->is_left_out || target->n_open != 1)
        return false;
    target->first_open = oldest->sequence;
    target->hang_ups = FEED_SUSPECT_ENDS; /* there is no doubt of the others */
    return true;
}

static void note_link(struct feed_target *target, enum feed_link link)
{
    int64_t now = now_ms(target), connect_ms = target->section->connect_timeout_ms;
    if (target->has_progress)
        target->progress_at = now;
    target->has_progress = false;
    if (link == FEED_LINK_UP && target->standing == FEED_STANDING_CONNECTING)
        note_up(target);
    if (link == FEED_LINK_OPENING && now - target->opened_at >= connect_ms) {
        on_trouble(target, "no connection within %" PRId64 " ms", connect_ms);
        link = FEED_LINK_LOST;
    } else if (link == FEED_LINK_UP && is_mute(target, now - target->progress_at)) {
        on_trouble(target, "nothing acknowledged for %" PRId64 " ms", now - target->progress_at);
        link = FEED_LINK_LOST;
    } else if (link == FEED_LINK_UP && is_without_answer(target, now)) {
        link = FEED_LINK_LOST;
    }
    /* When all others are answered, a new connection sends what was rejected again. */
    bool is_answered =
        target->n_rejected && target->n_rejected + target->n_held >= target->ring.n_waiting;
    target->hang_ups += link == FEED_LINK_LOST && target->n_rejected;
    if (link == FEED_LINK_LOST && !target->n_rejected)
        note_end(target);
    if (link == FEED_LINK_LOST || is_answered)
        lose(target);
    else if (link == FEED_LINK_UP && now - target->up_at >= STEADY_MS) {
        target->failures = 0;
        target->word_at = 0;
    }
}

/* ---- sending ---- */

static void note_taken(struct feed_target *target)
{
    struct feed_counters *counters = &target->counters;
    const struct feed_record *record = &target->outgoing.record;
    if (target->n_open++ == 0) {
        target->first_open = record->sequence;
        target->progress_at = now_ms(target);
    }
    if (record->sequence > target->passed) {
        feed_ring_add(&target->ring, record->sequence, target->outgoing.received_ms);
        target->passed = record->sequence;
    }
    /* Not by the ring: it begins anew with each reload that changes the target. */
    if (record->sequence > counters->sent_to) {
        counters->sent_to = record->sequence;
        counters->sent++;
    } else {
        counters->resent++;
    }
    counters->bytes += record->bytes.n;
    target->is_ready = false;
}

/* Whether a new record has to wait: there is no room, or the rejected ones come first. */
static bool is_to_wait(const struct feed_target *target)
{
    return target->outgoing.record.sequence > target->passed &&
           (target->n_rejected || target->is_left_out || feed_ring_is_full(&target->ring) ||
            (target->n_held && target->has_acked));
}

/* True: the poll may wait; there is nothing to send, or no room. */
static bool fill(struct feed_target *target)
{
    for (int n = 0; n < SEND_BATCH; n++) {
        if (target->is_last_round && target->n_open)
            return true; /* it is waited for alone */
        enum loaded loaded = load(target);
        if (loaded == LOAD_MORE)
            return false;
        if (loaded == LOAD_END || is_to_wait(target)) {
            target->is_last_round = target->n_held && target->n_held >= target->ring.n_waiting;
            if (!target->is_last_round)
                return true;
            go_back(target);
            continue;
        }
        if (target->n_open && target->outgoing.record.sequence <= target->careful_to)
            return true;
        target->is_last_round &= target->outgoing.record.sequence <= target->passed;
        switch (target->driver->send(target->at, &target->outgoing.record)) {
        case FEED_TAKEN:
            note_taken(target);
            break;
        case FEED_FULL:
            return true;
        case FEED_REFUSED:
            target->is_ready = false;
            refuse(target, target->outgoing.record.sequence, target->row.trouble);
            break;
        case FEED_LOST:
            lose(target);
            return false;
        }
    }
    return false;
}

static void keep_cursor(struct feed_target *target, bool is_last)
{
    feed_bookmark_keep(&target->bookmark, feed_ring_cursor(&target->ring, target->passed),
                       now_ms(target), is_last);
}

static void publish(struct feed_target *target)
{
    const struct feed_sent *oldest = feed_ring_oldest(&target->ring);
    pthread_mutex_lock(&target->lock);
    target->row.standing = target->standing;
    target->row.counters = target->counters;
    target->row.cursor = feed_ring_cursor(&target->ring, target->passed);
    target->row.in_flight = target->ring.n_waiting;
    target->is_unread = target->unread_until != 0;
    target->oldest_ms = oldest             ? oldest->received_ms
                        : target->is_ready ? target->outgoing.received_ms
                                           : 0;
    pthread_mutex_unlock(&target->lock);
}

/* A backlog that gets too old wants an operator. */
static void tell_state(struct feed_target *target)
{
    struct clock_reading now = clock_read(target->clock);
    int64_t age_ms = target->oldest_ms ? now.wall_ms - target->oldest_ms : 0;
    enum kpi_state state = feed_state_of(target->section, age_ms, 0);
    if ((state == KPI_CRITICAL) == (target->told == KPI_CRITICAL))
        return;
    target->told = state;
    if (state == KPI_CRITICAL)
        log_error("feed",
                  "records wait for too long feed=%s target=\"%s\" oldest_s=%" PRId64
                  " trouble=\"%s\"",
                  target->section->name, target->row.target, age_ms / 1000, target->row.trouble);
    else
        log_notice("feed", "records wait no longer feed=%s target=\"%s\"", target->section->name,
                   target->row.target);
}

static void step(struct feed_target *target)
{
    drain_wake(target);
    if (target->standing == FEED_STANDING_WAITING) {
        struct pollfd fd = {.fd = target->wake_fd, .events = POLLIN};
        int64_t left = target->retry_at - now_ms(target);
        enum loaded loaded = load(target); /* so that the age of what waits is known */
        if (left <= 0)
            open_link(target);
        else if (loaded != LOAD_MORE)
            poll(&fd, 1, (int)(left < IDLE_MS ? left : IDLE_MS));
    }
    if (target->standing != FEED_STANDING_WAITING) {
        bool may_wait =
            target->standing == FEED_STANDING_CONNECTED ? fill(target) : load(target) != LOAD_MORE;
        if (target->standing != FEED_STANDING_WAITING) {
            bool is_dirty = target->ring.n || target->passed != target->bookmark.kept ||
                            target->standing == FEED_STANDING_CONNECTING;
            int timeout_ms = !may_wait ? 0 : is_dirty ? DIRTY_MS : IDLE_MS;
            note_link(target, target->driver->poll(target->at, target->wake_fd, timeout_ms));
        }
    }
    keep_cursor(target, false);
    publish(target);
    tell_state(target);
}

/* What is in flight may still be acknowledged; then it need not be sent again. */
static void leave(struct feed_target *target)
{
    int64_t until = now_ms(target) + LEAVE_MS, now;
    while (target->standing == FEED_STANDING_CONNECTED && target->ring.n_waiting &&
           (now = now_ms(target)) < until)
        if (target->driver->poll(target->at, -1, (int)(until - now)) != FEED_LINK_UP)
            break;
    if (target->standing != FEED_STANDING_WAITING)
        target->driver->close(target->at);
    keep_cursor(target, true);
}

static void *run(void *context)
{
    struct feed_target *target = context;
    gw_thread_gives_way(GW_THREAD_FEED);
    while (!atomic_load(&target->is_stopping))
        step(target);
    leave(target);
    return NULL;
}

/* ---- start and end ---- */

static int open_reader(struct feed_target *target)
{
    char cursor[FEED_CURSOR_MAX];
    feed_cursor_name(target->section->name, cursor);
    int result = journal_reader_open(target->journal, cursor,
                                     target->section->from == FEED_FROM_NOW ? UINT64_MAX : 0,
                                     &target->reader);
    if (result != GW_OK)
        return result;
    feed_bookmark_init(&target->bookmark, target->reader, now_ms(target));
    target->passed = target->reread = target->bookmark.kept;
    return GW_OK;
}

static int create_driver(struct feed_target *target, const char *gateway_id)
{
    struct feed_driver_options options = {
        .section = target->section,
        .host = {.context = target,
                 .acknowledged = on_acknowledged,
                 .rejected = on_rejected,
                 .trouble = on_trouble},
        .clock = target->clock,
        .gateway_id = gateway_id,
    };
    return target->driver->create(&options, &target->at);
}

int feed_target_start(const struct feed_target_options *options, struct feed_target **out)
{
    struct feed_target *target = gw_alloc(sizeof *target);
    char name[16];
    *out = NULL;
    snprintf(name, sizeof name, "feed-%.10s", options->section->name);
    arena_init(&target->arena, 0);
    feed_ring_init(&target->ring, RING_CAP);
    pthread_mutex_init(&target->lock, NULL);
    target->section = section_dup(&feed_section, options->section, &target->arena);
    target->driver = options->driver;
    target->journal = options->journal;
    target->clock = options->clock;
    target->watch_id = -1;
    target->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (options->since)
        target->counters = *options->since;
    feed_describe(target->section, &target->row);
    set_standing(target, FEED_STANDING_WAITING);
    struct feed_format_context context = {
        .gateway_id = slice_from(options->gateway_id),
        .epoch = slice_from(journal_epoch(options->journal)),
        .version = slice_from(options->version),
        .is_syslog = options->driver->is_syslog,
    };
    int result = target->wake_fd < 0 ? GW_ERR_IO : GW_OK;
    if (!feed_outgoing_init(&target->outgoing, target->section, &context))
        result = GW_ERR_INVALID;
    if (result == GW_OK)
        result = open_reader(target);
    if (result == GW_OK)
        result = create_driver(target, options->gateway_id);
    if (result == GW_OK) {
        publish(target);
        target->watch_id = journal_watch(target->journal, on_commit, target);
        result = gw_thread_start(&target->thread, name, run, target);
        target->is_running = result == GW_OK;
    }
    if (result != GW_OK) {
        log_error("feed", "cannot start feed=%s reason=\"%s\" trouble=\"%s\"",
                  target->section->name, gw_error_text(result), target->row.trouble);
        feed_target_stop(target);
        return result;
    }
    *out = target;
    return GW_OK;
}

void feed_target_end(struct feed_target *target)
{
    atomic_store(&target->is_stopping, true);
    wake(target);
}

void feed_target_stop(struct feed_target *target)
{
    if (!target)
        return;
    if (target->is_running) {
        feed_target_end(target);
        pthread_join(target->thread, NULL);
    }
    if (target->watch_id >= 0)
        journal_unwatch(target->journal, target->watch_id);
    if (target->at)
        target->driver->destroy(target->at);
    journal_reader_close(target->reader);
    if (target->wake_fd >= 0)
        close(target->wake_fd);
    feed_outgoing_fini(&target->outgoing);
    feed_ring_fini(&target->ring);
    arena_fini(&target->arena);
    pthread_mutex_destroy(&target->lock);
    free(target);
}

bool feed_target_is_same(const struct feed_target *target, const struct feed_section *wanted)
{
    return section_is_same(&feed_section, target->section, wanted) &&
           feed_privacy_is_same_key(&target->outgoing.privacy, wanted);
}

const struct feed_section *feed_target_section(const struct feed_target *target)
{
    return target->section;
}

void feed_target_get(struct feed_target *target, struct feed_row *out)
{
    struct clock_reading now = clock_read(target->clock);
    uint64_t committed = journal_committed(target->journal);
    pthread_mutex_lock(&target->lock);
    *out = target->row;
    int64_t age_ms = target->oldest_ms ? now.wall_ms - target->oldest_ms : 0;
    int64_t down_ms = target->down_since ? now.mono_ms - target->down_since : 0;
    bool is_unread = target->is_unread;
    pthread_mutex_unlock(&target->lock);
    out->backlog_records = committed > out->cursor ? committed - out->cursor : 0;
    out->backlog_s = age_ms > 0 ? (uint64_t)age_ms / 1000 : 0;
    out->state = feed_state_of(target->section, age_ms, down_ms);
    if (is_unread)
        out->state = kpi_state_worse(out->state, KPI_WARNING);
}
