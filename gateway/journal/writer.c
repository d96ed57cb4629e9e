/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The writer thread: take what is staged, write it at the end of the segment, sync, publish. While
 * it syncs, appenders fill the other buffer, so the batch grows with the load and no delay is
 * added.
 *
 * When a write or a sync fails nothing of that batch is acknowledged and the segment is never used
 * again: after a failed fdatasync the kernel may have dropped the pages and marked them clean, so a
 * second fdatasync on it would succeed and lie. The batch stays in memory, appenders are refused,
 * and once a second the batch is written anew, to a new segment that begins with its sequence.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/thread.h"
#include "gateway/journal/journal_internal.h"

/* A taken buffer on its way to the disk. */
struct batch {
    struct staging_buffer *buffer;
    size_t done;       /* committed bytes */
    uint64_t sequence; /* of the record at done */
};

void writer_set_failing(struct journal *journal, const char *what, int error_number)
{
    const char *why = what ? strerror(error_number) : "";
    bool is_change = journal->is_failing != (what != NULL); /* only this thread writes it */
    if (is_change && what)
        log_error("journal", "the disk refuses, nothing is acknowledged dir=%s reason=\"%s: %s\"",
                  journal->dir, what, why);
    else if (is_change)
        log_notice("journal", "the disk takes records again dir=%s", journal->dir);
    pthread_mutex_lock(&journal->state_lock);
    journal->is_failing = what != NULL;
    snprintf(journal->failure, sizeof journal->failure, "%s%s%s", what ? what : "",
             what ? ": " : "", why);
    pthread_cond_broadcast(&journal->changed);
    pthread_mutex_unlock(&journal->state_lock);
    if (is_change)
        journal_notify(journal);
}

/* Completes the heads of the records from `done` on that still fit into the segment, at least one
   in an empty one. Returns their bytes. */
static size_t seal_part(struct journal *journal, const struct batch *batch, uint64_t *count)
{
    struct staging_buffer *buffer = batch->buffer;
    size_t at = batch->done;
    for (*count = 0; at < buffer->used; ++*count) {
        int64_t offset = journal->active_end + (int64_t)(at - batch->done);
        uint8_t *head = buffer->p + at;
        size_t bytes = format_record_bytes(format_staged_length(head));
        if (offset > FORMAT_DATA_START && offset + (int64_t)bytes > journal->options.segment_bytes)
            break;
        format_seal_head(&journal->active, offset, head);
        at += bytes;
    }
    return at - batch->done;
}

static void publish(struct journal *journal)
{
    pthread_mutex_lock(&journal->state_lock);
    struct segment *segment = &journal->segments[journal->n_segments - 1];
    segment->end = segment->bytes = journal->active_end;
    journal->commits++;
    atomic_store(&journal->oldest, journal->segments[0].first);
    atomic_store_explicit(&journal->committed, journal->active_next - 1, memory_order_release);
    pthread_cond_broadcast(&journal->changed);
    pthread_mutex_unlock(&journal->state_lock);
}

/* One segment's share of the batch: written, synced, published. */
static int commit_part(struct journal *journal, struct batch *batch, const char **what)
{
    const struct journal_io *io = journal->io;
    uint64_t count;
    size_t bytes = seal_part(journal, batch, &count);
    if (bytes == 0) { /* the segment is full */
        segments_seal(journal);
        journal->next_housekeeping_ms = 0;
        return GW_OK;
    }
    *what = "write";
    if (journal_io_write(io, journal->active_fd, batch->buffer->p + batch->done, bytes,
                         journal->active_end) != GW_OK)
        return GW_ERR_IO;
    journal_crash_point(io, "batch-written");
    *what = "sync";
    if (journal->options.sync && io->datasync(io->context, journal->active_fd) != 0)
        return GW_ERR_IO;
    journal_crash_point(io, "batch-synced");
    journal->active_end += (int64_t)bytes;
    journal->active_next += count;
    batch->done += bytes;
    batch->sequence += count;
    publish(journal);
    journal_crash_point(io, "batch-published");
    return GW_OK;
}

/* All of the batch, or the first failure. */
static int commit_all(struct journal *journal, struct batch *batch)
{
    while (batch->done < batch->buffer->used) {
        const char *what = "create segment";
        int error = GW_OK;
        if (journal->active_fd < 0)
            error = segments_create(journal, batch->sequence);
        if (error == GW_OK)
            error = commit_part(journal, batch, &what);
        if (error != GW_OK) {
            int why = errno;
            segments_abandon(journal);
            staging_refuse(&journal->staging, true);
            writer_set_failing(journal, what, why);
            return error;
        }
    }
    return GW_OK;
}

/* A disk may also say nothing at all: since when is seen by whoever asks for the state. */
static int commit(struct journal *journal, struct batch *batch)
{
    atomic_store(&journal->committing_since_ms, clock_read(journal->setup.clock).mono_ms);
    int error = commit_all(journal, batch);
    atomic_store(&journal->committing_since_ms, 0);
    return error;
}

/* Until the batch is on disk; false: closing, and the disk still refuses. */
static bool commit_patiently(struct journal *journal, struct batch *batch)
{
    if (commit(journal, batch) == GW_OK)
        return true;
    for (;;) {
        bool is_closing = staging_pause(&journal->staging, journal->setup.retry_ms);
        segments_retain(journal); /* the disk may be full of what is due to go */
        if (commit(journal, batch) == GW_OK)
            break;
        if (is_closing)
            return false;
    }
    staging_refuse(&journal->staging, false);
    writer_set_failing(journal, NULL, 0);
    return true;
}

/* A segment that is old is closed, so that retention by age can take hold of a quiet journal. */
static void housekeep(struct journal *journal)
{
    int64_t now_ms = clock_read(journal->setup.clock).mono_ms;
    if (now_ms < journal->next_housekeeping_ms)
        return;
    journal->next_housekeeping_ms = now_ms + journal->setup.housekeeping_ms;
    if (journal->active_fd >= 0 && journal->active_end > FORMAT_DATA_START &&
        now_ms - journal->active_mono_ms > journal->setup.segment_age_ms)
        segments_seal(journal);
    segments_retain(journal);
}

void *writer_main(void *context)
{
    struct journal *journal = context;
    bool is_closing = false, is_refused = false;
    gw_thread_goes_first(); /* little work, and every acknowledgement waits for it */
    while (!is_closing && !is_refused) {
        struct batch batch = {0};
        batch.buffer = staging_take(&journal->staging, journal->setup.housekeeping_ms, &is_closing);
        if (batch.buffer) {
            batch.sequence = batch.buffer->first;
            is_refused = !commit_patiently(journal, &batch);
            if (is_refused) /* nor is what came after it written, over a hole */
                log_error("journal", "closed with records that the disk refused first=%" PRIu64,
                          batch.sequence);
            staging_release(&journal->staging, batch.buffer);
            /* After the release: an appender that was refused for want of room, and is woken now,
               must find room, since no other commit may come to wake it. */
            if (!is_refused)
                journal_notify(journal);
        }
        housekeep(journal);
        if (batch.buffer)
            is_closing = false; /* the other buffer may have filled meanwhile */
    }
    segments_seal(journal);
    return NULL;
}
