/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reader thread. The journal leads it past messages (journal_reader_pass()), which are no
 * alerts; of the gateway's own records it peeks at the kind. The cursor is noted after each
 * notification and synced at most once a second; now and then also while nothing is told, so that
 * retention need not keep what was only passed over.
 *
 * Faults of the gateway are looked for by a thread of their own: the reader's cursor is on the disk
 * that may be what fails, and a write to it may not return.
 */
#include "gateway/notify/notify.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/pause.h"
#include "gateway/base/thread.h"
#include "gateway/notify/build.h"
#include "gateway/notify/faults.h"
#include "gateway/schema/event.h"

enum {
    WAIT_MS = 500,  /* for records */
    FAULT_MS = 500, /* so a fault is told within a second */
    SEND_MS = 2000,
    RETRY_MS = 1000,
    PASSED_MAX = 100000, /* records passed over between two writes of the cursor */
    KEEP_MS = 1000       /* the cursor is synced at most so often */
};
#define READER "notify"

struct notify {
    struct notify_options options;
    struct journal *journal;
    struct journal_reader *reader;
    pthread_t thread, faults_thread;
    bool is_running, looks_for_faults;
    pthread_mutex_t lock; /* of what is waited for: stopping */
    pthread_cond_t stopping;
    atomic_bool is_stopping;
    uint64_t passed;    /* last sequence seen and not committed to the cursor; 0: none */
    uint64_t committed; /* as the cursor was written last */
    int64_t kept_ms;    /* when that was; monotonic */
    struct gw_event event;
    struct gwsnmp_notification notification;

    /* of the thread that looks for faults */
    struct faults faults;
    struct gw_event fault_event;
    struct gwsnmp_notification fault_notification;
};

static void *look_for_faults(void *context)
{
    struct notify *notify = context;
    while (!atomic_load(&notify->is_stopping)) {
        struct timespec until = pause_deadline(FAULT_MS);
        faults_look(&notify->faults, &notify->fault_event, &notify->fault_notification);
        pthread_mutex_lock(&notify->lock);
        while (!atomic_load(&notify->is_stopping) &&
               pthread_cond_timedwait(&notify->stopping, &notify->lock, &until) == 0)
            ;
        pthread_mutex_unlock(&notify->lock);
    }
    return NULL;
}

/* Whether this cursor alone keeps the journal's oldest records from retention. */
static bool holds_journal(const struct notify *notify)
{
    struct journal_status status;
    journal_get_status(notify->journal, &status);
    return strcmp(status.held_by, READER) == 0;
}

/* Moves the cursor to the last record passed, but not beyond one that still waits for a sink, so
   that a restart tells that one again. Unless it would hold up retention: a sink that is away for
   ever must not fill the disk (what waits for it is in memory all the same). Between two syncs the
   place is noted, so that a kill repeats nothing; a power cut may. */
static void keep_cursor(struct notify *notify, bool is_last)
{
    const struct notify_options *options = &notify->options;
    uint64_t oldest = options->oldest_waiting ? options->oldest_waiting(options->send_context) : 0;
    bool is_held = oldest && oldest <= notify->passed && !holds_journal(notify);
    uint64_t to = is_held ? oldest - 1 : notify->passed;
    int64_t now_ms = clock_read(&clock_system).mono_ms;
    bool is_due = is_last || now_ms - notify->kept_ms >= KEEP_MS;
    if (to > notify->committed && !is_due) {
        journal_reader_note(notify->reader, to);
        return; /* it is synced later */
    }
    notify->kept_ms = now_ms;
    if (to > notify->committed) {
        if (journal_reader_commit(notify->reader, to) != GW_OK)
            log_warn("notify", "cursor not written; a restart may tell alerts again");
        notify->committed = to;
    }
    if (!is_held)
        notify->passed = 0;
}

/* Tries until every sink has sent or queued it. False: the daemon stops, and its next start tells
 * it.
 */
static bool hand_over(struct notify *notify)
{
    unsigned attempts = 0;
    while (!atomic_load(&notify->is_stopping)) {
        int result =
            notify->options.send(notify->options.send_context, &notify->notification, SEND_MS);
        if (result == GW_OK)
            return true;
        if (attempts++ == 0)
            log_warn("notify", "notification waits: %s", gw_error_text(result));
        journal_reader_wait(notify->reader, RETRY_MS);
    }
    return false;
}

/* False: stopping. */
static bool tell(struct notify *notify, const struct journal_record *record)
{
    char uid[160];
    int kind = gw_event_peek_kind(record->payload);
    bool may_tell = kind == GW_KIND_ALERT_RAISED || kind == GW_KIND_ALERT_CHANGED ||
                    kind == GW_KIND_ALERT_ACKNOWLEDGED || kind == GW_KIND_ALERT_CLEARED ||
                    kind == GW_KIND_ALERT_REPEATED ||
                    (kind == GW_KIND_KPI_CHANGED && notify->options.tells_changes);
    if (!may_tell || gw_event_decode(record->payload, &notify->event) != GW_OK ||
        gw_event_is_correction(&notify->event))
        return true;
    int n = snprintf(uid, sizeof uid, "%.100s.%s.%" PRIu64, notify->options.gateway_id,
                     journal_epoch(notify->journal), record->sequence);
    if (!notify_build(&notify->event, slice_from(notify->options.gateway_id),
                      slice_of(uid, (size_t)n), notify->options.tells_changes,
                      &notify->notification))
        return true;
    notify->notification.number = record->sequence;
    if (!hand_over(notify))
        return false;
    notify->passed = record->sequence;
    keep_cursor(notify, false);
    return true;
}

static void *run(void *context)
{
    struct notify *notify = context;
    struct journal_record record;
    uint64_t since = 0;
    while (!atomic_load(&notify->is_stopping)) {
        journal_reader_pass(notify->reader, &notify->passed);
        int result = journal_reader_next(notify->reader, &record);
        if (result != GW_OK) {
            if (clock_read(&clock_system).mono_ms - notify->kept_ms >= KEEP_MS)
                keep_cursor(notify, false);
            journal_reader_wait(notify->reader, WAIT_MS);
            continue;
        }
        if (!tell(notify, &record))
            break;
        notify->passed = record.sequence;
        if (++since % PASSED_MAX == 0)
            keep_cursor(notify, false);
    }
    keep_cursor(notify, true);
    return NULL;
}

int notify_start(const struct notify_options *options, struct journal *journal, struct notify **out)
{
    struct notify *notify = gw_alloc(sizeof *notify);
    *notify = (struct notify){.options = *options, .journal = journal};
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&notify->lock, NULL);
    pthread_cond_init(&notify->stopping, &attributes);
    pthread_condattr_destroy(&attributes);
    faults_init(&notify->faults, &notify->options, journal);
    int result = journal_reader_open(journal, READER, UINT64_MAX, &notify->reader);
    if (result == GW_OK) {
        notify->is_running = gw_thread_start(&notify->thread, "notify", run, notify) == 0;
        notify->looks_for_faults =
            gw_thread_start(&notify->faults_thread, "faults", look_for_faults, notify) == 0;
        if (notify->is_running && notify->looks_for_faults) {
            *out = notify;
            return GW_OK;
        }
        result = GW_ERR_IO;
    }
    notify_stop(notify);
    return result;
}

void notify_stop(struct notify *notify)
{
    if (!notify)
        return;
    pthread_mutex_lock(&notify->lock);
    atomic_store(&notify->is_stopping, true);
    pthread_cond_broadcast(&notify->stopping);
    pthread_mutex_unlock(&notify->lock);
    if (notify->looks_for_faults)
        pthread_join(notify->faults_thread, NULL);
    if (notify->is_running) {
        journal_reader_wake(notify->reader);
        pthread_join(notify->thread, NULL);
    }
    journal_reader_close(notify->reader);
    faults_fini(&notify->faults);
    pthread_cond_destroy(&notify->stopping);
    pthread_mutex_destroy(&notify->lock);
    free(notify);
}
