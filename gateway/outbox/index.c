/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sorted array of sequences that grows at its end and is cut at its beginning. */
#include "gateway/outbox/index.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/pause.h"
#include "gateway/base/thread.h"
#include "gateway/outbox/change.h"
#include "gateway/schema/event.h"

enum { WAIT_MS = 1000, FIRST_CAP = 64, NOTE_EVERY = 256, TRIM_EVERY = 1024 };

struct index {
    struct journal_reader *reader;
    uint64_t (*least)(void *context);
    void *context;
    pthread_t thread;
    bool is_running;
    atomic_bool is_stopping;
    _Atomic int64_t unread_ms;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t generation;
    uint64_t *sequences; /* n of them from first on; changed by the index's thread alone */
    size_t first, n, cap, trim_at;
    uint64_t scanned;
};

static void add(struct index *index, uint64_t sequence)
{
    if (index->first + index->n == index->cap) {
        memmove(index->sequences, index->sequences + index->first,
                index->n * sizeof *index->sequences);
        index->first = 0;
        if (index->n * 2 > index->cap) {
            index->cap *= 2;
            index->sequences = gw_realloc(index->sequences, index->cap * sizeof *index->sequences);
        }
    }
    index->sequences[index->first + index->n++] = sequence;
    index->generation++;
    pthread_cond_broadcast(&index->changed);
}

/* The first in the array that is greater. */
static size_t find_after(const struct index *index, uint64_t after)
{
    size_t low = 0, high = index->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index->sequences[index->first + middle] <= after)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Forgets what all targets have passed. False: there is still no room for one more. */
static bool make_room(struct index *index)
{
    uint64_t least = index->least(index->context);
    pthread_mutex_lock(&index->lock);
    size_t n = find_after(index, least);
    index->first += n;
    index->n -= n;
    index->trim_at = index->n + TRIM_EVERY;
    bool has_room = index->n < INDEX_MAX;
    pthread_mutex_unlock(&index->lock);
    return has_room;
}

static void note(struct index *index, uint64_t sequence, bool is_change)
{
    pthread_mutex_lock(&index->lock);
    if (is_change)
        add(index, sequence);
    index->scanned = sequence;
    pthread_mutex_unlock(&index->lock);
}

static void note_read(struct index *index, bool is_read)
{
    if (is_read == (atomic_load(&index->unread_ms) == 0))
        return;
    atomic_store(&index->unread_ms, is_read ? 0 : clock_read(&clock_system).wall_ms);
    if (is_read)
        log_notice("outbox", "the journal is read again");
    else
        log_error("outbox", "the journal cannot be read: nobody is told of what it holds");
}

static void *run(void *context)
{
    struct index *index = context;
    struct journal_record record;
    uint64_t seen = 0, last = 0;
    while (!atomic_load(&index->is_stopping)) {
        if ((index->n >= index->trim_at || index->n >= INDEX_MAX) && !make_room(index)) {
            index_wait(index, &seen, WAIT_MS);
            continue;
        }
        int result = journal_reader_next(index->reader, &record);
        note_read(index, result != GW_ERR_IO);
        if (result != GW_OK) {
            if (last)
                note(index, last, false);
            if (result == GW_ERR_NOT_FOUND)
                journal_reader_wait(index->reader, WAIT_MS);
            else /* there is more, but the disk refuses to read it */
                index_wait(index, &seen, WAIT_MS);
            continue;
        }
        last = record.sequence;
        bool is_change = change_is_candidate(gw_event_peek_kind(record.payload));
        if (is_change || last % NOTE_EVERY == 0)
            note(index, last, is_change);
    }
    return NULL;
}

struct index *index_start(struct journal *journal, uint64_t from, uint64_t (*least)(void *context),
                          void *context)
{
    struct index *index = gw_alloc(sizeof *index);
    pthread_condattr_t attributes;
    index->least = least;
    index->context = context;
    index->trim_at = TRIM_EVERY;
    index->scanned = from;
    index->cap = FIRST_CAP;
    index->sequences = gw_alloc(index->cap * sizeof *index->sequences);
    pthread_mutex_init(&index->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&index->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    int result = journal_reader_open(journal, NULL, from + 1, &index->reader);
    if (result == GW_OK)
        result = gw_thread_start(&index->thread, "outbox", run, index);
    index->is_running = result == GW_OK;
    if (index->is_running)
        return index;
    log_error("outbox", "cannot read the journal for mails reason=\"%s\"", gw_error_text(result));
    index_stop(index);
    return NULL;
}

void index_stop(struct index *index)
{
    if (!index)
        return;
    if (index->is_running) {
        atomic_store(&index->is_stopping, true);
        index_wake(index);
        journal_reader_wake(index->reader);
        pthread_join(index->thread, NULL);
    }
    journal_reader_close(index->reader);
    pthread_cond_destroy(&index->changed);
    pthread_mutex_destroy(&index->lock);
    free(index->sequences);
    free(index);
}

uint64_t index_next(struct index *index, uint64_t after, uint64_t *scanned)
{
    pthread_mutex_lock(&index->lock);
    size_t at = find_after(index, after);
    uint64_t next = at < index->n ? index->sequences[index->first + at] : 0;
    *scanned = index->scanned;
    pthread_mutex_unlock(&index->lock);
    return next;
}

int64_t index_unread_ms(const struct index *index)
{
    return atomic_load(&index->unread_ms);
}

void index_wait(struct index *index, uint64_t *seen, int64_t timeout_ms)
{
    struct timespec until = pause_deadline(timeout_ms);
    pthread_mutex_lock(&index->lock);
    while (index->generation == *seen &&
           pthread_cond_timedwait(&index->changed, &index->lock, &until) == 0)
        ;
    *seen = index->generation;
    pthread_mutex_unlock(&index->lock);
}

void index_wake(struct index *index)
{
    pthread_mutex_lock(&index->lock);
    index->generation++;
    pthread_cond_broadcast(&index->changed);
    pthread_mutex_unlock(&index->lock);
}
