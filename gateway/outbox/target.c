/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The thread of a target.
 *
 *     index: the next change ──load──► message, ready ──attempt──► done or refused: passed
 *                                        ▲      │
 *                                        └──────┘ for later: back-off
 *
 * A receiver gets at most per-minute mails in any minute: half of them at once (the burst), the
 * rest evenly spaced. When the burst is used up, what has come meanwhile goes in one mail, a
 * digest. If the server refuses a digest its changes are told one by one, as it may mind a single
 * one of them.
 */
#include "gateway/outbox/target.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/base/crc32c.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/pause.h"
#include "gateway/base/thread.h"
#include "gateway/outbox/mail.h"
#include "gateway/outbox/payload.h"
#include "gateway/outbox/place.h"
#include "gateway/outbox/transfer.h"

enum {
    IDLE_MS = 5000,
    DIGEST_MAX = 200, /* changes in one mail */
    MINUTE_MS = 60000,
    RETRY_FIRST_MS = 1000,
    WORD_MS = 600000, /* between two lines about a target that stays away */
    CURSOR_MS = 5000, /* between two writes for what was only passed over */
    WARNING_MS = 30000,
    CRITICAL_MS = 600000
};

struct message {
    bool is_ready, is_digest;
    struct buf bytes;
    char key[128];       /* of a webhook */
    uint64_t last;       /* sequence of the last change in it */
    size_t n;            /* changes in it */
    int64_t received_ms; /* the first of them */
};

struct outbox_target {
    const struct outbox_section *section;
    const struct outbox_options *common;
    const struct kpi_catalogue *catalogue;
    char *receiver; /* NULL: a webhook */
    struct journal_reader *reader;
    struct index *index;
    struct transfer *transfer;
    pthread_t thread;
    bool is_running;
    atomic_bool is_stopping, is_done;
    _Atomic uint64_t test_wanted;
    uint64_t test_done;

    struct outbox_template template;
    struct zone *zone;
    struct mail_writer writer;
    struct mail_digest digest;
    struct gw_event event;
    struct arena arena;
    struct message message;

    _Atomic uint64_t passed;
    uint64_t single_until; /* no digests up to this sequence: one was refused */
    uint64_t kept, seen;
    int64_t kept_at;
    int64_t due_at; /* monotonic: when the next mail would be due if all came evenly */
    bool is_tight;  /* the burst was used up by the mail before */
    int64_t retry_at, word_at;
    unsigned failures;
    struct log_limit refusal_limit;

    pthread_mutex_t lock; /* of what others look at */
    struct outbox_row row;
    int64_t oldest_ms, down_since; /* received; monotonic, 0: fine */
    bool was_refused;              /* the last that was answered */
};

void outbox_target_cursor(const struct outbox_section *section, struct slice receiver, char *out)
{
    if (section->url)
        snprintf(out, OUTBOX_CURSOR_MAX, "webhook-%.*s", OUTBOX_NAME_MAX, section->name);
    else
        snprintf(out, OUTBOX_CURSOR_MAX, "mail-%.*s-%08" PRIx32, OUTBOX_NAME_MAX, section->name,
                 crc32c(0, receiver.p, receiver.n));
}

static struct clock_reading now_of(const struct outbox_target *target)
{
    return clock_read(target->common->clock);
}

static bool is_mail(const struct outbox_target *target)
{
    return target->receiver != NULL;
}

/* ---- how many a minute ---- */

static int64_t burst_of(const struct outbox_target *target)
{
    return target->section->per_minute > 1 ? target->section->per_minute / 2 : 1;
}

static int64_t interval_of(const struct outbox_target *target)
{
    int64_t evenly = target->section->per_minute - burst_of(target);
    return evenly > 0 ? (MINUTE_MS + evenly - 1) / evenly : MINUTE_MS;
}

/* How long until a mail may go; 0: now. */
static int64_t wait_for_turn(const struct outbox_target *target, int64_t now)
{
    int64_t ahead = target->due_at - now - (burst_of(target) - 1) * interval_of(target);
    return is_mail(target) && ahead > 0 ? ahead : 0;
}

static void note_turn(struct outbox_target *target, int64_t now)
{
    target->due_at = (target->due_at > now ? target->due_at : now) + interval_of(target);
    target->is_tight = wait_for_turn(target, now) > 0;
}

/* ---- making a message ready ---- */

enum found { FOUND, NOT_FOR_US, NOT_NOW };

/* Reads the change at sequence. One that damage has taken is passed over; the journal counts it. */
static enum found read_change(struct outbox_target *target, uint64_t sequence, struct change *out)
{
    struct journal_record record;
    if (journal_reader_seek(target->reader, sequence) != GW_OK ||
        journal_reader_next(target->reader, &record) != GW_OK)
        return NOT_NOW;
    if (record.sequence != sequence || gw_event_decode(record.payload, &target->event) != GW_OK)
        return NOT_FOR_US;
    target->event.sequence = sequence;
    arena_reset(&target->arena);
    if (!change_from(&target->event, target->common->gateway_id,
                     journal_epoch(target->common->journal), target->catalogue, &target->arena,
                     out))
        return NOT_FOR_US;
    if (change_is_wanted(out, target->section))
        return FOUND;
    pthread_mutex_lock(&target->lock);
    target->row.counters.filtered++;
    pthread_mutex_unlock(&target->lock);
    return NOT_FOR_US;
}

/* The number of the next change after `after`; 0: none now, and all up to *scanned holds none. */
static uint64_t find_change(struct outbox_target *target, uint64_t after, uint64_t *scanned,
                            struct change *out)
{
    uint64_t sequence;
    while ((sequence = index_next(target->index, after, scanned)) != 0) {
        enum found found = read_change(target, sequence, out);
        if (found == FOUND)
            return sequence;
        if (found == NOT_NOW) {
            *scanned = after;
            return 0;
        }
        after = sequence;
    }
    return 0;
}

static void write_single(struct outbox_target *target, const struct change *change)
{
    struct message *message = &target->message;
    snprintf(message->key, sizeof message->key, "%s.%" PRIu64, change->uid, change->revision);
    buf_clear(&message->bytes);
    if (is_mail(target))
        mail_write(&target->writer, change, &message->bytes);
    else
        payload_write(change, &message->bytes);
}

/* Writes one mail of all that has come while the rate held mails back. */
static void write_digest(struct outbox_target *target, const struct change *first)
{
    struct message *message = &target->message;
    struct change change;
    uint64_t sequence, scanned;
    mail_digest_clear(&target->digest);
    mail_digest_add(&target->digest, &target->writer, first, message->last);
    while (target->digest.n < DIGEST_MAX &&
           (sequence = find_change(target, message->last, &scanned, &change)) != 0) {
        mail_digest_add(&target->digest, &target->writer, &change, sequence);
        message->last = sequence;
    }
    message->n = target->digest.n;
    message->is_digest = message->n > 1;
    if (!message->is_digest)
        return; /* only one: the mail that is written already does */
    buf_clear(&message->bytes);
    mail_write_digest(&target->writer, &target->digest, &message->bytes);
}

static void show_waiting(struct outbox_target *target)
{
    pthread_mutex_lock(&target->lock);
    target->row.waiting = target->message.is_ready ? target->message.n : 0;
    target->oldest_ms = target->message.is_ready ? target->message.received_ms : 0;
    pthread_mutex_unlock(&target->lock);
}

static void load(struct outbox_target *target)
{
    struct message *message = &target->message;
    struct change change;
    uint64_t scanned = 0, sequence = find_change(target, target->passed, &scanned, &change);
    if (sequence == 0) {
        if (scanned > target->passed)
            target->passed = scanned;
        return;
    }
    message->last = sequence;
    message->n = 1;
    message->received_ms = target->event.received_ms;
    message->is_digest = false;
    write_single(target, &change);
    if (target->is_tight && sequence > target->single_until)
        write_digest(target, &change);
    message->is_ready = true;
    show_waiting(target);
}

/* ---- the cursor ---- */

static void keep_cursor(struct outbox_target *target, bool is_due)
{
    int64_t now = now_of(target).mono_ms;
    if (target->passed <= target->kept || (!is_due && now - target->kept_at < CURSOR_MS))
        return;
    target->kept_at = now;
    if (journal_reader_commit(target->reader, target->passed) == GW_OK)
        target->kept = target->passed;
    else
        log_warn("outbox", "cursor not written; a restart may tell alerts again target=\"%s\"",
                 target->row.target);
}

/* ---- sending ---- */

static void note_trouble(struct outbox_target *target, const char *text)
{
    struct clock_reading now = now_of(target);
    pthread_mutex_lock(&target->lock);
    snprintf(target->row.trouble, sizeof target->row.trouble, "%s", text);
    target->row.trouble_ms = now.wall_ms;
    pthread_mutex_unlock(&target->lock);
}

static void set_down(struct outbox_target *target, int64_t since)
{
    pthread_mutex_lock(&target->lock);
    target->down_since = since;
    pthread_mutex_unlock(&target->lock);
}

static void pass(struct outbox_target *target)
{
    target->passed = target->message.last;
    target->message.is_ready = false;
    target->failures = 0;
    show_waiting(target);
    keep_cursor(target, true);
}

static void done(struct outbox_target *target, int64_t now)
{
    struct outbox_counters *counters = &target->row.counters;
    pthread_mutex_lock(&target->lock);
    counters->sent++;
    counters->told += target->message.n;
    counters->digests += target->message.is_digest;
    target->was_refused = false;
    pthread_mutex_unlock(&target->lock);
    if (target->word_at)
        log_notice("outbox", "alerts are told again target=\"%s\"", target->row.target);
    target->word_at = 0;
    set_down(target, 0);
    note_turn(target, now);
    pass(target);
}

static void give_up(struct outbox_target *target, uint64_t *counter, const char *what,
                    const char *reason)
{
    unsigned long held = 0;
    pthread_mutex_lock(&target->lock);
    *counter += target->message.n;
    pthread_mutex_unlock(&target->lock);
    if (log_allowed(&target->refusal_limit, 1000, &held))
        log_error("outbox",
                  "%s target=\"%s\" changes=%zu record=%" PRIu64 " reason=\"%s\" more=%lu", what,
                  target->row.target, target->message.n, target->message.last, reason, held);
    pass(target);
}

/* A digest was refused: nothing of it is passed yet, so load() takes its changes again, singly. */
static void take_apart(struct outbox_target *target, const char *reason)
{
    log_warn("outbox",
             "digest refused, told change by change target=\"%s\" changes=%zu reason=\"%s\"",
             target->row.target, target->message.n, reason);
    target->single_until = target->message.last;
    target->message.is_ready = false;
    show_waiting(target);
}

static void refuse(struct outbox_target *target, const char *reason, int64_t now)
{
    note_trouble(target, reason);
    set_down(target, 0);
    pthread_mutex_lock(&target->lock);
    target->was_refused = true;
    pthread_mutex_unlock(&target->lock);
    note_turn(target, now);
    if (target->message.is_digest) {
        take_apart(target, reason);
        return;
    }
    give_up(target, &target->row.counters.refused, "alert refused, passed over", reason);
}

static int64_t back_off_ms(const struct outbox_target *target, int retry_after_s)
{
    int64_t delay = pause_back_off_ms(target->failures, RETRY_FIRST_MS, target->section->retry_ms);
    int64_t asked = (int64_t)retry_after_s * 1000;
    asked = asked > CRITICAL_MS ? CRITICAL_MS : asked;
    return asked > delay ? asked : delay;
}

static void put_off(struct outbox_target *target, const struct transfer_report *report,
                    struct clock_reading now)
{
    if (atomic_load(&target->is_stopping))
        return;
    note_trouble(target, report->answer);
    pthread_mutex_lock(&target->lock);
    target->row.counters.retried++;
    if (!target->down_since)
        target->down_since = now.mono_ms ? now.mono_ms : 1;
    pthread_mutex_unlock(&target->lock);
    target->failures++;
    target->retry_at = now.mono_ms + back_off_ms(target, report->retry_after_s);
    if (now.mono_ms >= target->word_at) {
        target->word_at = now.mono_ms + WORD_MS;
        log_warn("outbox", "alerts wait target=\"%s\" reason=\"%s\"", target->row.target,
                 report->answer);
    }
    if (outbox_gives_up(target->section, target->message.received_ms, target->down_since, now))
        give_up(target, &target->row.counters.expired,
                "alert given up: nobody took it for too long", report->answer);
}

static enum transfer_result hand_over(struct outbox_target *target, const char *key,
                                      struct slice bytes, struct transfer_report *report)
{
    return is_mail(target)
               ? transfer_mail(target->transfer, target->section, target->receiver, bytes, report)
               : transfer_post(target->transfer, target->section, key, bytes, report);
}

static void attempt(struct outbox_target *target)
{
    struct transfer_report report;
    enum transfer_result result =
        hand_over(target, target->message.key, buf_get(&target->message.bytes), &report);
    struct clock_reading now = now_of(target);
    switch (result) {
    case TRANSFER_DONE:
        done(target, now.mono_ms);
        break;
    case TRANSFER_REFUSED:
        refuse(target, report.answer, now.mono_ms);
        break;
    case TRANSFER_LATER:
        put_off(target, &report, now);
        break;
    }
}

static void send_test(struct outbox_target *target)
{
    struct transfer_report report;
    struct buf bytes = {0};
    char key[64];
    uint64_t number = atomic_load(&target->test_wanted);
    int64_t now_ms = now_of(target).wall_ms;
    snprintf(key, sizeof key, "%s.test-%" PRId64, journal_epoch(target->common->journal), now_ms);
    if (is_mail(target))
        mail_write_test(&target->writer, now_ms, &bytes);
    else
        payload_write_test(target->common->gateway_id, now_ms, &bytes);
    enum transfer_result result = hand_over(target, key, buf_get(&bytes), &report);
    buf_free(&bytes);
    pthread_mutex_lock(&target->lock);
    target->row.test = target->test_done = number;
    target->row.has_passed = result == TRANSFER_DONE;
    snprintf(target->row.answer, sizeof target->row.answer, "%s", report.answer);
    pthread_mutex_unlock(&target->lock);
    target->retry_at = 0; /* somebody who tests has probably just mended something */
}

/* ---- the thread ---- */

static void step(struct outbox_target *target)
{
    if (atomic_load(&target->test_wanted) != target->test_done)
        send_test(target);
    int64_t now = now_of(target).mono_ms, wait_ms = 0;
    if (!target->message.is_ready && (wait_ms = wait_for_turn(target, now)) == 0) {
        load(target);
        keep_cursor(target, false);
        wait_ms = target->message.is_ready ? 0 : IDLE_MS;
    } else if (target->message.is_ready) {
        wait_ms = target->retry_at - now;
    }
    if (target->message.is_ready && wait_ms <= 0)
        attempt(target);
    else if (wait_ms > 0)
        index_wait(target->index, &target->seen, wait_ms < IDLE_MS ? wait_ms : IDLE_MS);
}

static void *run(void *context)
{
    struct outbox_target *target = context;
    while (!atomic_load(&target->is_stopping))
        step(target);
    keep_cursor(target, true);
    atomic_store(&target->is_done, true);
    return NULL;
}

/* ---- start and end ---- */

static void describe(struct outbox_target *target, const struct outbox_section *section)
{
    struct place place = {0};
    if (section->url)
        place_of_url(section->url, &place);
    else
        place_of_server(section->address, &place);
    snprintf(target->row.name, sizeof target->row.name, "%s", section->name);
    if (section->url)
        snprintf(target->row.target, sizeof target->row.target, "webhook %s", place.shown);
    else
        snprintf(target->row.target, sizeof target->row.target, "mail %s by %s", target->receiver,
                 place.shown);
}

/* --check has told of a template that cannot be read; if it comes to that, the built-in one does.
 */
static void init_writer(struct outbox_target *target)
{
    const struct outbox_section *section = target->section;
    struct buf error = {0};
    bool is_loaded = section->template_file &&
                     outbox_template_load(section->template_file, &target->template, &error);
    if (section->template_file && !is_loaded)
        log_error("outbox", "the built-in template serves reason=\"%s\"", buf_text(&error));
    if (!is_loaded) {
        outbox_template_free(&target->template);
        outbox_template_built_in((enum outbox_language)section->language, &target->template);
    }
    target->zone = section->zone ? zone_open(section->zone) : NULL;
    target->writer = (struct mail_writer){
        .section = section,
        .template = &target->template,
        .zone = target->zone,
        .gateway = target->common->gateway_id,
        .epoch = journal_epoch(target->common->journal),
    };
    buf_free(&error);
}

int outbox_target_open(const struct outbox_target_options *options, struct outbox_target **out)
{
    struct outbox_target *target = gw_alloc(sizeof *target);
    char cursor[OUTBOX_CURSOR_MAX];
    target->section = options->section;
    target->common = options->common;
    target->catalogue = options->catalogue;
    pthread_mutex_init(&target->lock, NULL);
    arena_init(&target->arena, 0);
    if (options->receiver.n) {
        struct buf text = {0};
        buf_slice(&text, options->receiver);
        target->receiver = gw_strdup(buf_text(&text));
        buf_free(&text);
    }
    if (options->since)
        target->row.counters = *options->since;
    describe(target, options->section);
    init_writer(target);
    outbox_target_cursor(options->section, options->receiver, cursor);
    target->transfer = transfer_new();
    int result = target->transfer ? journal_reader_open(options->common->journal, cursor,
                                                        UINT64_MAX, &target->reader)
                                  : GW_ERR_IO;
    if (result != GW_OK) {
        log_error("outbox", "cannot start target=\"%s\" reason=\"%s\"", target->row.target,
                  gw_error_text(result));
        outbox_target_close(target);
        return result;
    }
    target->passed = target->kept = journal_reader_cursor(target->reader);
    *out = target;
    return GW_OK;
}

uint64_t outbox_target_passed(struct outbox_target *target)
{
    return target->passed;
}

int outbox_target_start(struct outbox_target *target, struct index *index)
{
    char name[16];
    snprintf(name, sizeof name, "mail-%.10s", target->section->name);
    target->index = index;
    int result = gw_thread_start(&target->thread, name, run, target);
    target->is_running = result == GW_OK;
    return result;
}

void outbox_target_end(struct outbox_target *target)
{
    atomic_store(&target->is_stopping, true);
    if (target->index)
        index_wake(target->index);
}

void outbox_target_abort(struct outbox_target *target)
{
    transfer_end(target->transfer);
}

bool outbox_target_is_done(const struct outbox_target *target)
{
    return !target->is_running || atomic_load(&target->is_done);
}

void outbox_target_close(struct outbox_target *target)
{
    if (!target)
        return;
    if (target->is_running)
        pthread_join(target->thread, NULL);
    transfer_free(target->transfer);
    journal_reader_close(target->reader);
    outbox_template_free(&target->template);
    zone_free(target->zone);
    buf_free(&target->digest.lines);
    buf_free(&target->message.bytes);
    arena_fini(&target->arena);
    pthread_mutex_destroy(&target->lock);
    free(target->receiver);
    free(target);
}

/* ---- looking at it ---- */

static enum kpi_state state_of(const struct outbox_target *target, int64_t age_ms, int64_t down_ms)
{
    if (target->row.waiting && age_ms >= CRITICAL_MS && down_ms > 0)
        return KPI_CRITICAL;
    return target->was_refused || down_ms >= WARNING_MS ? KPI_WARNING : KPI_OK;
}

void outbox_target_get(struct outbox_target *target, struct outbox_row *out)
{
    struct clock_reading now = now_of(target);
    pthread_mutex_lock(&target->lock);
    *out = target->row;
    int64_t age_ms = target->oldest_ms ? now.wall_ms - target->oldest_ms : 0;
    int64_t down_ms = target->down_since ? now.mono_ms - target->down_since : 0;
    out->state = state_of(target, age_ms, down_ms);
    pthread_mutex_unlock(&target->lock);
    out->backlog_s = age_ms > 0 ? (uint64_t)age_ms / 1000 : 0;
    out->cursor = target->passed;
    out->test_wanted = atomic_load(&target->test_wanted);
}

void outbox_target_test(struct outbox_target *target, uint64_t number)
{
    atomic_store(&target->test_wanted, number);
    if (target->index)
        index_wake(target->index);
}
