/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening, closing, status and waiting. The order at the start: folder and lock, segments (epoch,
 * last sequence), cursors, staging, writer. At the end the writer commits what is staged first.
 */
#include "gateway/journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/pause.h"
#include "gateway/base/thread.h"
#include "gateway/journal/journal_internal.h"

void journal_options_default(struct journal_options *options)
{
    const int64_t hour_ms = 3600 * 1000;
    *options = (struct journal_options){.segment_bytes = 64 << 20,
                                        .staging_bytes = 32 << 20,
                                        .retention_ms = 180 * 24 * hour_ms,
                                        .max_bytes = 0,
                                        .replay_window_ms = 24 * hour_ms,
                                        .pace_ms = 5,
                                        .sync = true};
}

void journal_setup_default(struct journal_setup *setup)
{
    *setup = (struct journal_setup){.io = &journal_io_system,
                                    .clock = &clock_system,
                                    .retry_ms = 1000,
                                    .housekeeping_ms = 60 * 1000,
                                    .segment_age_ms = 24 * 3600 * 1000};
}

void journal_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* ---- opening ---- */

static int error_of_errno(void)
{
    return errno == EACCES || errno == EPERM ? GW_ERR_DENIED : GW_ERR_IO;
}

static void sync_parent(const char *dir)
{
    char *copy = gw_strdup(dir);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(copy);
}

static int open_folders(struct journal *journal, const char *dir)
{
    if (mkdir(dir, 0700) == 0)
        sync_parent(dir);
    else if (errno != EEXIST)
        return error_of_errno();
    journal->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (journal->dir_fd < 0)
        return error_of_errno();
    journal->lock_fd =
        openat(journal->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (journal->lock_fd < 0)
        return error_of_errno();
    if (flock(journal->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return GW_ERR_BUSY;
    if (mkdirat(journal->dir_fd, "cursors", 0700) == 0)
        fsync(journal->dir_fd);
    else if (errno != EEXIST)
        return error_of_errno();
    journal->cursors_fd = openat(journal->dir_fd, "cursors", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return journal->cursors_fd < 0 ? error_of_errno() : GW_OK;
}

/* The first sequence to give out. A cursor ahead of the last record means that the disk lost what
   it had promised: those numbers are never given out again, since readers passed them on. */
static uint64_t next_after(struct journal *journal, uint64_t last)
{
    uint64_t next = last + 1;
    for (size_t i = 0; i < journal->n_cursors; i++) {
        const struct cursor_entry *cursor = &journal->cursors[i];
        if (cursor->sequence > last)
            log_error("journal",
                      "records that a reader had passed are gone cursor=%s at=%" PRIu64
                      " last=%" PRIu64,
                      cursor->name, cursor->sequence, last);
        if (cursor->sequence >= next)
            next = cursor->sequence + 1;
    }
    return next;
}

/* Sequences that are skipped are known to be missing: no reader counts them as damage. */
static int load_skips(struct journal *journal, uint64_t *last)
{
    struct skip skips[SKIPS_MAX];
    size_t n;
    int error = skips_load(journal->io, journal->dir_fd, journal->epoch, skips, &n);
    for (size_t i = 0; i < n && error == GW_OK; i++) {
        damage_add(&journal->damage, skips[i].from, skips[i].to);
        journal->skipped += skips[i].to - skips[i].from + 1;
        if (skips[i].to > *last)
            *last = skips[i].to;
    }
    return error;
}

static int load(struct journal *journal)
{
    uint64_t last = 0;
    int error = segments_load(journal, &last);
    if (error != GW_OK)
        return error;
    bool is_new = journal->epoch == 0;
    int64_t known_ms = SEGMENT_AGE_UNKNOWN;
    if (journal->n_segments)
        known_ms = segments_created_ms(journal, journal->n_segments - 1);
    steady_init(&journal->time, "journal", known_ms == SEGMENT_AGE_UNKNOWN ? 0 : known_ms,
                clock_read(journal->setup.clock));
    while (journal->epoch == 0)
        if (getrandom(&journal->epoch, sizeof journal->epoch, 0) != sizeof journal->epoch)
            return GW_ERR_IO;
    snprintf(journal->epoch_text, sizeof journal->epoch_text, "%016" PRIx64, journal->epoch);
    error = cursors_load(journal);
    if (error == GW_OK)
        error = load_skips(journal, &last);
    if (error != GW_OK)
        return error;
    uint64_t next = next_after(journal, last);
    atomic_store(&journal->committed, next - 1);
    atomic_store(&journal->oldest, journal->n_segments ? journal->segments[0].first : next);
    if (is_new) { /* the epoch must last before any cursor is written with it */
        error = segments_create(journal, next);
        if (error != GW_OK) {
            log_error("journal", "cannot create the first segment dir=%s error=%s", journal->dir,
                      strerror(errno));
            return error;
        }
    }
    return staging_init(&journal->staging, journal->options.staging_bytes,
                        (int)journal->options.pace_ms, next);
}

static void destroy(struct journal *journal)
{
    if (journal->active_fd >= 0)
        journal->io->close(journal->io->context, journal->active_fd);
    if (journal->cursors_fd >= 0)
        close(journal->cursors_fd);
    if (journal->lock_fd >= 0)
        close(journal->lock_fd);
    if (journal->dir_fd >= 0)
        close(journal->dir_fd);
    cursors_free(journal);
    free(journal->segments);
    free(journal->watches);
    damage_fini(&journal->damage);
    free(journal->dir);
    pthread_mutex_destroy(&journal->state_lock);
    pthread_mutex_destroy(&journal->watch_lock);
    pthread_cond_destroy(&journal->changed);
    free(journal);
}

int journal_open(const char *dir, const struct journal_options *options, struct journal **out)
{
    struct journal_setup setup;
    journal_setup_default(&setup);
    return journal_open_with(dir, options, &setup, out);
}

int journal_open_with(const char *dir, const struct journal_options *options,
                      const struct journal_setup *setup, struct journal **out)
{
    struct journal *journal = gw_alloc(sizeof *journal);
    *out = NULL;
    journal->options = *options;
    journal->setup = *setup;
    journal->io = setup->io;
    journal->dir = gw_strdup(dir);
    journal->dir_fd = journal->cursors_fd = journal->lock_fd = journal->active_fd = -1;
    pthread_mutex_init(&journal->state_lock, NULL);
    pthread_mutex_init(&journal->watch_lock, NULL);
    journal_cond_init(&journal->changed);
    int error = open_folders(journal, dir);
    if (error == GW_ERR_BUSY)
        log_error("journal", "another process has the journal dir=%s", dir);
    else if (error != GW_OK)
        log_error("journal", "cannot open the journal's folder dir=%s error=%s", dir,
                  strerror(errno));
    if (error == GW_OK)
        error = load(journal);
    size_t segments = journal->n_segments; /* from here on retention may take some */
    if (error == GW_OK && gw_thread_start(&journal->writer, "journal", writer_main, journal) != 0) {
        staging_fini(&journal->staging);
        error = GW_ERR_FULL;
    }
    if (error != GW_OK) {
        destroy(journal);
        return error;
    }
    log_info("journal", "open dir=%s epoch=%s oldest=%" PRIu64 " last=%" PRIu64 " segments=%zu",
             dir, journal->epoch_text, journal_oldest(journal), journal_committed(journal),
             segments);
    *out = journal;
    return GW_OK;
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    staging_close(&journal->staging);
    pthread_join(journal->writer, NULL);
    staging_fini(&journal->staging);
    destroy(journal);
}

/* ---- asking ---- */

const char *journal_epoch(const struct journal *journal)
{
    return journal->epoch_text;
}

int journal_append(struct journal *journal, struct slice payload, uint64_t *sequence)
{
    return staging_append(&journal->staging, payload, sequence);
}

int journal_append_all(struct journal *journal, const struct slice *payloads, size_t n,
                       uint64_t *last)
{
    return staging_append_all(&journal->staging, payloads, n, last);
}

uint64_t journal_committed(const struct journal *journal)
{
    return atomic_load(&((struct journal *)journal)->committed);
}

void journal_press(struct journal *journal, int64_t mono_ms)
{
    atomic_store_explicit(&journal->pressed_until_ms, mono_ms + JOURNAL_PRESS_MS,
                          memory_order_relaxed);
}

bool journal_is_pressed(const struct journal *journal, int64_t mono_ms)
{
    return mono_ms < atomic_load_explicit(&((struct journal *)journal)->pressed_until_ms,
                                          memory_order_relaxed);
}

uint64_t journal_oldest(const struct journal *journal)
{
    return atomic_load(&((struct journal *)journal)->oldest);
}

bool journal_has_room(struct journal *journal, int eighths)
{
    return staging_has_room(&journal->staging, eighths);
}

void journal_hurry(struct journal *journal)
{
    staging_hurry(&journal->staging);
}

int journal_wait_committed(struct journal *journal, uint64_t sequence, int timeout_ms)
{
    journal_hurry(journal);
    struct timespec until = pause_deadline(timeout_ms);
    int wait = 0;
    pthread_mutex_lock(&journal->state_lock);
    while (journal_committed(journal) < sequence && !journal->is_failing && wait == 0)
        wait = pthread_cond_timedwait(&journal->changed, &journal->state_lock, &until);
    bool is_failing = journal->is_failing;
    pthread_mutex_unlock(&journal->state_lock);
    if (journal_committed(journal) >= sequence)
        return GW_OK;
    return is_failing ? GW_ERR_IO : GW_ERR_BUSY;
}

enum { HANGS_MS = 10000 };

/* As a disk behind a network does, or a dying one: no error, and no end. */
static bool hangs(struct journal *journal)
{
    int64_t since_ms = atomic_load(&journal->committing_since_ms);
    return since_ms && clock_read(journal->setup.clock).mono_ms - since_ms >= HANGS_MS;
}

void journal_get_status(const struct journal *constant, struct journal_status *out)
{
    struct journal *journal = (struct journal *)constant;
    *out = (struct journal_status){.staged = staging_last(&journal->staging)};
    pthread_mutex_lock(&journal->state_lock);
    out->oldest = journal_oldest(journal);
    out->committed = journal_committed(journal);
    for (size_t i = 0; i < journal->n_segments; i++)
        out->bytes += journal->segments[i].bytes;
    out->segments = journal->n_segments;
    out->oldest_ms = journal->n_segments ? segments_created_ms(journal, 0) : 0;
    out->damaged_records = journal->damaged_records;
    out->records = out->committed - journal->skipped;
    out->commits = journal->commits;
    out->dropped_unread = journal->dropped_unread;
    memcpy(out->held_by, journal->held_by, sizeof out->held_by);
    out->is_failing = journal->is_failing;
    memcpy(out->failure, journal->failure, sizeof out->failure);
    pthread_mutex_unlock(&journal->state_lock);
    if (out->is_failing || !hangs(journal))
        return;
    out->is_failing = true;
    snprintf(out->failure, sizeof out->failure, "a write or sync has not returned for %d s",
             HANGS_MS / 1000);
}

/* ---- watching ---- */

int journal_watch(struct journal *journal, journal_wake_fn *wake, void *context)
{
    pthread_mutex_lock(&journal->watch_lock);
    int id = ++journal->next_watch_id;
    if (journal->n_watches == journal->cap_watches) {
        journal->cap_watches = journal->cap_watches ? journal->cap_watches * 2 : 16;
        journal->watches =
            gw_realloc(journal->watches, journal->cap_watches * sizeof *journal->watches);
    }
    journal->watches[journal->n_watches++] = (struct journal_watch_entry){wake, context, id};
    pthread_mutex_unlock(&journal->watch_lock);
    return id;
}

void journal_unwatch(struct journal *journal, int id)
{
    pthread_mutex_lock(&journal->watch_lock);
    for (size_t i = 0; i < journal->n_watches; i++)
        if (journal->watches[i].id == id) {
            journal->watches[i] = journal->watches[--journal->n_watches];
            break;
        }
    pthread_mutex_unlock(&journal->watch_lock);
}

void journal_notify(struct journal *journal)
{
    pthread_mutex_lock(&journal->watch_lock);
    for (size_t i = 0; i < journal->n_watches; i++)
        journal->watches[i].wake(journal->watches[i].context);
    pthread_mutex_unlock(&journal->watch_lock);
}
