/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *     no database ──open──► at its cursor ──take, commit ...──► an error: closed, tried again later
 *          ▲                                                        │ damaged: set aside
 *          └────────────────────────────────────────────────────────┘
 */
#include "gateway/store/store.h"

#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/pause.h"
#include "gateway/base/thread.h"
#include "gateway/store/file.h"

enum {
    WAIT_MS = 500,
    COMMIT_MS = 1000,
    COMMIT_RECORDS = 50000,
    WAITING_MAX = 4000, /* figures in memory, one a detection */
    PLACE_MS = 5000,    /* the place in the journal is synced no more often */
    PLACE_RETRY_MS = 30000,
    RETRY_FIRST_MS = 250,
    RETRY_MOST_MS = 30000,
    ANEW_MS = 3600000, /* a database that is damaged again so soon is not made again */
    CRITICAL_MS = 900000,
    STAND_BACK_MS = 1000, /* at most at a time: figures come slowly then, but they come */
    STAND_BACK_LOOK_MS = 10,
    STOP_MS = 2000,
    STOP_AGAIN_MS = 50,
    NEAR = 100000 /* records that are read on, rather than looked for */
};

struct store {
    struct store_options options;
    struct store_section section;
    char path[PATH_MAX];
    struct journal *journal;
    struct journal_reader *reader;
    struct journal_reader *past; /* for what corrections are of; NULL: not needed yet */
    uint64_t past_next;
    struct store_fill *fill; /* NULL: closed; set under the lock */
    pthread_t thread;
    bool is_running;
    atomic_bool is_stopping, must_rebuild;

    uint64_t taken, since_commit, records; /* the last record taken; how many */
    int64_t commit_at, place_at, anew_at;  /* monotonic */
    uint64_t placed;
    unsigned failures;      /* in a row */
    bool at_end, is_unread; /* the journal's end was met; its disk does not give the next */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t woken;
    bool is_done;
    struct store_status status;
    int64_t trouble_mono_ms;
};

static struct clock_reading now(const struct store *store)
{
    return clock_read(store->options.clock);
}

/* ---- trouble ---- */

static void set_trouble(struct store *store, const char *text)
{
    struct clock_reading at = now(store);
    pthread_mutex_lock(&store->lock);
    bool is_new = strcmp(store->status.trouble, text) != 0;
    if (!*store->status.trouble) {
        store->status.trouble_ms = at.wall_ms;
        store->trouble_mono_ms = at.mono_ms;
    }
    snprintf(store->status.trouble, sizeof store->status.trouble, "%s", text);
    pthread_mutex_unlock(&store->lock);
    if (is_new)
        log_error("store", "not written, records wait in the journal: %s", text);
}

static void clear_trouble(struct store *store)
{
    store->failures = 0;
    pthread_mutex_lock(&store->lock);
    bool was = *store->status.trouble != '\0';
    store->status.trouble[0] = '\0';
    pthread_mutex_unlock(&store->lock);
    if (was)
        log_notice("store", "written again");
}

/* A reader's wait ends at once when there are records, and there are. */
static void pause_ms(struct store *store, int64_t ms)
{
    struct timespec until = pause_deadline(ms);
    pthread_mutex_lock(&store->lock);
    while (!atomic_load(&store->is_stopping) && !atomic_load(&store->must_rebuild) &&
           pthread_cond_timedwait(&store->woken, &store->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&store->lock);
}

static void back_off(struct store *store)
{
    int64_t ms = RETRY_FIRST_MS;
    for (unsigned i = 0; i < store->failures && ms < RETRY_MOST_MS; i++)
        ms *= 2;
    store->failures++;
    pause_ms(store, ms < RETRY_MOST_MS ? ms : RETRY_MOST_MS);
}

/* ---- the database ---- */

static void set_fill(struct store *store, struct store_fill *fill)
{
    pthread_mutex_lock(&store->lock);
    store->fill = fill;
    pthread_mutex_unlock(&store->lock);
}

static void close_fill(struct store *store)
{
    struct store_fill *fill = store->fill;
    set_fill(store, NULL);
    store_fill_close(fill);
}

static void set_aside(struct store *store, const char *word, const char *why)
{
    bool is_asked = strcmp(word, "old") == 0;
    uint64_t oldest = journal_oldest(store->journal);
    if (store_file_set_aside(store->path, word) == GW_ERR_IO) {
        set_trouble(store, "the database cannot be set aside");
        return;
    }
    if (journal_reader_commit(store->reader, oldest ? oldest - 1 : 0) == GW_OK)
        store->placed = oldest ? oldest - 1 : 0; /* retention waits for the second reading */
    pthread_mutex_lock(&store->lock);
    store->status.rebuilds++;
    store->status.cursor = store->placed;
    pthread_mutex_unlock(&store->lock);
    log_line(is_asked ? LOG_LEVEL_NOTICE : LOG_LEVEL_ERROR, "store",
             "set aside as %s.%s and filled anew from record %" PRIu64
             "; what the journal has let go is in that file alone reason=\"%s\"",
             store->path, word, oldest, why);
}

/* Damage that comes back at once is not the file's. */
static void give_up(struct store *store, int result, const char *why)
{
    int64_t at = now(store).mono_ms;
    bool is_damaged = result == GW_ERR_DAMAGED || result == GW_ERR_EXISTS;
    char text[sizeof store->status.trouble];
    snprintf(text, sizeof text, "%s", why);
    close_fill(store);
    if (is_damaged && (!store->anew_at || at - store->anew_at >= ANEW_MS)) {
        store->anew_at = at ? at : 1;
        set_aside(store, result == GW_ERR_DAMAGED ? "damaged" : "other", text);
        return;
    }
    set_trouble(store, *text ? text : gw_error_text(result));
    back_off(store);
}

/* The record that a correction is of. They come in its order mostly, so it is read on. */
static bool fetch(void *context, uint64_t sequence, struct gw_event *out)
{
    struct store *store = context;
    struct journal_record record;
    if (!store->past && journal_reader_open(store->journal, NULL, 0, &store->past) != GW_OK)
        return false;
    if (sequence < store->past_next || sequence - store->past_next > NEAR || !store->past_next)
        journal_reader_seek(store->past, sequence);
    while (journal_reader_next(store->past, &record) == GW_OK) {
        store->past_next = record.sequence + 1;
        if (record.sequence == sequence)
            return gw_event_decode(record.payload, out) == GW_OK;
        if (record.sequence > sequence)
            break;
    }
    store->past_next = 0;
    return false;
}

/* Where the journal's beginning is gone, the first settings kept are those of all before them. */
static void find_settings(struct store *store)
{
    struct journal_reader *reader;
    struct journal_record record;
    struct gw_event *event = gw_alloc(sizeof *event);
    bool is_found = false;
    if (journal_reader_open(store->journal, NULL, 0, &reader) != GW_OK) {
        free(event);
        return;
    }
    while (!is_found && !atomic_load(&store->is_stopping) &&
           journal_reader_next(reader, &record) == GW_OK)
        is_found = gw_event_peek_kind(record.payload) == GW_KIND_GATEWAY_CONFIG &&
                   gw_event_decode(record.payload, event) == GW_OK &&
                   event->transport == GW_TRANSPORT_NONE && !gw_event_has(event, GW_FIELD_PEER) &&
                   slice_equal(gw_event_text(event, GW_FIELD_LOAD_TYPE), SLICE("settings"));
    if (is_found)
        store_fill_settings(store->fill, event);
    journal_reader_close(reader);
    free(event);
}

static void publish(struct store *store)
{
    struct store_fill_figures figures;
    uint64_t cursor = store_fill_cursor(store->fill);
    bool is_new = store_fill_is_new(store->fill);
    int64_t bytes = store_fill_bytes(store->fill);
    store_fill_get_figures(store->fill, &figures);
    pthread_mutex_lock(&store->lock);
    store->status.cursor = cursor;
    store->status.is_filling = is_new || atomic_load(&store->must_rebuild);
    store->status.bytes = bytes;
    store->status.records = store->records;
    store->status.figures = figures;
    pthread_mutex_unlock(&store->lock);
}

static bool open_fill(struct store *store)
{
    char trouble[200];
    struct store_fill_options options = {
        .path = store->path,
        .epoch = journal_epoch(store->journal),
        .oldest = journal_oldest(store->journal),
        .committed = journal_committed(store->journal),
        .hours_ms = store->section.hours_ms,
        .days_ms = store->section.days_ms,
        .max_bytes = store->section.max_bytes,
        .read_sites = store->options.read_sites,
        .fetch = fetch,
        .context = store,
    };
    struct store_fill *fill;
    int result = store_fill_open(&options, &fill, trouble, sizeof trouble);
    if (result != GW_OK) {
        give_up(store, result, trouble);
        return false;
    }
    set_fill(store, fill);
    store->taken = store_fill_cursor(store->fill);
    store->since_commit = 0;
    store->at_end = false;
    journal_reader_seek(store->reader, store->taken + 1);
    if (store_fill_wants_settings(store->fill))
        find_settings(store);
    store->commit_at = now(store).mono_ms;
    publish(store);
    return true;
}

/* ---- records ---- */

/* Behind the transaction, so that retention never lets go what the database does not have. */
static void keep_place(struct store *store, bool is_last)
{
    int64_t at = now(store).mono_ms;
    uint64_t to = store->status.cursor;
    if (to <= store->placed || (!is_last && at < store->place_at))
        return;
    bool is_kept = journal_reader_commit(store->reader, to) == GW_OK;
    store->placed = is_kept ? to : store->placed;
    store->place_at = at + (is_kept ? PLACE_MS : PLACE_RETRY_MS);
}

/* False: given up. */
static bool commit(struct store *store)
{
    store_fill_note_oldest(store->fill, journal_oldest(store->journal));
    int result = store_fill_commit(store->fill, store->taken);
    if (result != GW_OK) {
        give_up(store, result, store_fill_trouble(store->fill));
        return false;
    }
    clear_trouble(store);
    pthread_mutex_lock(&store->lock);
    store->status.commits++;
    store->status.committed_ms = now(store).wall_ms;
    pthread_mutex_unlock(&store->lock);
    publish(store);
    store->since_commit = 0;
    store->commit_at = now(store).mono_ms;
    keep_place(store, false);
    return true;
}

static bool is_due(const struct store *store)
{
    return store->since_commit && (store->since_commit >= COMMIT_RECORDS ||
                                   store_fill_waiting(store->fill) >= WAITING_MAX ||
                                   now(store).mono_ms - store->commit_at >= COMMIT_MS);
}

static void note_end(struct store *store)
{
    if (!store->at_end && store_fill_is_new(store->fill)) {
        store_fill_note_end(store->fill);
        store->since_commit++;
    }
    store->at_end = true;
}

/* One batch at the most. */
static void step(struct store *store)
{
    struct journal_record record;
    int result = GW_OK, taken = GW_OK;
    while (!is_due(store) && !atomic_load(&store->must_rebuild) && taken == GW_OK &&
           !atomic_load(&store->is_stopping) &&
           (result = journal_reader_next(store->reader, &record)) == GW_OK) {
        taken = store_fill_take(store->fill, &record);
        store->taken = record.sequence;
        store->since_commit++;
        store->records++;
    }
    if (taken != GW_OK) {
        give_up(store, taken, store_fill_trouble(store->fill));
        return;
    }
    if (store->is_unread && result != GW_ERR_IO)
        clear_trouble(store);
    store->is_unread = result == GW_ERR_IO;
    if (result == GW_ERR_NOT_FOUND)
        note_end(store);
    if (is_due(store) && !commit(store))
        return;
    if (store->is_unread)
        set_trouble(store, "the journal cannot be read");
    if (result != GW_OK)
        journal_reader_wait(store->reader, WAIT_MS);
}

/* While intake has more than it can take. */
static void stand_back(struct store *store)
{
    int64_t until = now(store).mono_ms + STAND_BACK_MS;
    pthread_mutex_lock(&store->lock);
    while (!atomic_load(&store->is_stopping) && now(store).mono_ms < until &&
           journal_is_pressed(store->journal, now(store).mono_ms)) {
        struct timespec look = pause_deadline(STAND_BACK_LOOK_MS);
        pthread_cond_timedwait(&store->woken, &store->lock, &look);
    }
    pthread_mutex_unlock(&store->lock);
    if (!store->since_commit)
        store->commit_at = now(store).mono_ms; /* else the first record were due at once */
}

static void *run(void *context)
{
    struct store *store = context;
    gw_thread_gives_way(GW_THREAD_STORE);
    while (!atomic_load(&store->is_stopping)) {
        if (atomic_exchange(&store->must_rebuild, false)) {
            close_fill(store);
            set_aside(store, "old", "asked for");
        }
        if (store->fill || open_fill(store)) {
            stand_back(store);
            step(store);
        }
    }
    if (store->fill && store->since_commit && commit(store))
        keep_place(store, true);
    close_fill(store);
    pthread_mutex_lock(&store->lock);
    store->is_done = true;
    pthread_cond_signal(&store->woken);
    pthread_mutex_unlock(&store->lock);
    return NULL;
}

/* ---- start, stop, status ---- */

static void drop_cursor(struct journal *journal)
{
    if (journal_cursor_remove(journal, STORE_CURSOR) == GW_OK)
        log_notice("store", "switched off: the journal keeps nothing for it");
}

static void free_store(struct store *store)
{
    journal_reader_close(store->reader);
    journal_reader_close(store->past);
    pthread_cond_destroy(&store->woken);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

int store_start(const struct store_options *options, struct store **out)
{
    *out = NULL;
    if (!options->section->is_enabled) {
        drop_cursor(options->journal);
        return GW_OK;
    }
    store_db_configure();
    struct store *store = gw_alloc(sizeof *store);
    pthread_condattr_t attributes;
    *store = (struct store){.options = *options,
                            .section = *options->section,
                            .journal = options->journal,
                            .status.is_filling = true};
    snprintf(store->path, sizeof store->path, "%.4000s/%s", options->state_dir, STORE_FILE);
    pthread_mutex_init(&store->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&store->woken, &attributes);
    pthread_condattr_destroy(&attributes);
    int result = journal_reader_open(store->journal, STORE_CURSOR, 0, &store->reader);
    if (result == GW_OK) {
        store->placed = journal_reader_cursor(store->reader);
        store->status.cursor = store->placed;
        result = gw_thread_start(&store->thread, "store", run, store);
    }
    if (result != GW_OK) {
        free_store(store);
        return result;
    }
    store->is_running = true;
    *out = store;
    return GW_OK;
}

static void wake(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    pthread_cond_signal(&store->woken);
    pthread_mutex_unlock(&store->lock);
    journal_reader_wake(store->reader);
}

void store_stop(struct store *store)
{
    if (!store)
        return;
    struct timespec until = pause_deadline(STOP_MS);
    atomic_store(&store->is_stopping, true);
    wake(store);
    pthread_mutex_lock(&store->lock);
    while (!store->is_done && pthread_cond_timedwait(&store->woken, &store->lock, &until) == 0)
        ;
    while (!store->is_done) { /* a statement over years of figures; between two it is not heard */
        if (store->fill)
            store_fill_interrupt(store->fill);
        until = pause_deadline(STOP_AGAIN_MS);
        pthread_cond_timedwait(&store->woken, &store->lock, &until);
    }
    pthread_mutex_unlock(&store->lock);
    pthread_join(store->thread, NULL);
    free_store(store);
}

void store_rebuild(struct store *store)
{
    atomic_store(&store->must_rebuild, true);
    pthread_mutex_lock(&store->lock);
    store->status.is_filling = true;
    pthread_mutex_unlock(&store->lock);
    wake(store);
}

bool store_get_status(struct store *store, struct store_status *out)
{
    if (!store)
        return false;
    uint64_t committed = journal_committed(store->journal);
    pthread_mutex_lock(&store->lock);
    *out = store->status;
    int64_t trouble_ms = now(store).mono_ms - store->trouble_mono_ms;
    pthread_mutex_unlock(&store->lock);
    out->backlog_records = committed > out->cursor ? committed - out->cursor : 0;
    if (*out->trouble)
        out->state = trouble_ms >= CRITICAL_MS ? STORE_CRITICAL : STORE_WARNING;
    return true;
}
