/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Readers: each its own descriptor, buffer and position; what may be read ends at the committed
 * offset that the writer published. Read with pread and not mapped: a disk that refuses to read
 * gives an error here, and not a signal. The only thing readers share with the writer is
 * state_lock, once a buffer, not once a record.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/pause.h"
#include "gateway/journal/journal_internal.h"

enum {
    READ_BYTES = 128 * 1024, /* so small that it is still in the processor's cache when used */
    NEWEST_GROWTH = 8        /* of the stretches that journal_reader_seek_newest() looks at */
};

/* Where the head of a record is, or of one that is yet to come will be: segment and offset. */
struct place {
    uint64_t first;
    int64_t offset;
    uint64_t sequence;
};

struct journal_reader {
    struct journal *journal;
    char *name; /* NULL: no cursor */
    uint64_t cursor;
    uint64_t next;          /* the sequence wanted */
    uint64_t segment_first; /* of the open segment */
    uint64_t limit_last;    /* the last sequence before walk.limit; only for a segment that grows */
    struct place passed;    /* where the last pass ended */
    int fd;                 /* -1: none */
    int note_fd;            /* -1: no note was written yet */
    bool is_woken;          /* state_lock */
    bool is_refused;        /* the disk would not read when it was asked last */
    struct cache_place place; /* a named reader's */
    int64_t forget_at;        /* the open segment's offset where it is told next */
    struct walk walk;
};

int journal_reader_open(struct journal *journal, const char *name, uint64_t from_sequence,
                        struct journal_reader **out)
{
    *out = NULL;
    if (name && !cursor_name_is_valid(name))
        return GW_ERR_INVALID;
    uint64_t oldest = journal_oldest(journal), end = journal_committed(journal) + 1;
    uint64_t next = from_sequence > end ? end : from_sequence < oldest ? oldest : from_sequence;
    uint64_t cursor = next - 1; /* the oldest is 1 at least */
    if (name) {
        int error = cursor_claim(journal, name, cursor, &cursor);
        if (error != GW_OK)
            return error;
        next = cursor + 1;
    }
    struct journal_reader *reader = gw_alloc(sizeof *reader);
    reader->journal = journal;
    reader->name = name ? gw_strdup(name) : NULL;
    reader->cursor = cursor;
    reader->next = next;
    reader->fd = reader->note_fd = -1;
    walk_init(&reader->walk, journal->io, READ_BYTES);
    reader->place.sequence = next;
    if (name)
        cache_join(journal, &reader->place);
    *out = reader;
    return GW_OK;
}

static void close_segment(struct journal_reader *reader)
{
    if (reader->fd >= 0)
        reader->journal->io->close(reader->journal->io->context, reader->fd);
    reader->fd = -1;
}

void journal_reader_close(struct journal_reader *reader)
{
    if (!reader)
        return;
    close_segment(reader);
    if (reader->note_fd >= 0)
        reader->journal->io->close(reader->journal->io->context, reader->note_fd);
    if (reader->name) {
        cache_leave(reader->journal, &reader->place);
        cursor_release(reader->journal, reader->name);
    }
    walk_fini(&reader->walk);
    free(reader->name);
    free(reader);
}

static int64_t stand(struct journal_reader *reader, uint64_t segment, int64_t offset)
{
    return reader->name
               ? cache_go_on(reader->journal, &reader->place, segment, offset, reader->next)
               : 0;
}

/* What lies behind it, and behind every other, need not stay in memory. */
static void forget(struct journal_reader *reader)
{
    const struct journal_io *io = reader->journal->io;
    int64_t unwanted = stand(reader, reader->segment_first, reader->walk.position);
    if (unwanted > 0)
        io->forget(io->context, reader->fd, unwanted);
    reader->forget_at = reader->walk.position + CACHE_STEP;
}

/* Index of the last segment that begins at or before sequence; SIZE_MAX: none. state_lock is held.
 */
static size_t find_segment(const struct journal *journal, uint64_t sequence)
{
    size_t low = 0, high = journal->n_segments;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (journal->segments[middle].first <= sequence)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? low - 1 : SIZE_MAX;
}

/* Sequences from next to `to` are lost in this segment. */
static void lose(struct journal_reader *reader, uint64_t to, int64_t offset)
{
    if (to < reader->next)
        return;
    struct walk_gap gap = {reader->next, to, offset};
    journal_report_damage(reader->journal, reader->segment_first, &gap);
    reader->next = to + 1;
}

/* How far the open segment may be read now. state_lock is held. */
static void set_limits(struct journal_reader *reader, size_t i)
{
    const struct journal *journal = reader->journal;
    bool is_last = i + 1 == journal->n_segments;
    reader->walk.limit = journal->segments[i].end >= 0 ? journal->segments[i].end : INT64_MAX;
    reader->walk.end_sequence = is_last ? UINT64_MAX : journal->segments[i + 1].first;
    reader->limit_last =
        is_last ? atomic_load(&journal->committed) : journal->segments[i + 1].first - 1;
}

/* Step over the records before next without handing them out. */
static int hop(struct journal_reader *reader)
{
    struct walk *walk = &reader->walk;
    walk->skips_payload_crc = true;
    enum walk_result result = WALK_RECORD;
    while (walk->next_sequence < reader->next && result == WALK_RECORD) {
        struct journal_record record;
        struct walk_gap gap;
        int64_t position = walk->position;
        uint64_t sequence = walk->next_sequence, known = walk->known_end;
        result = walk_next(walk, &record, &gap);
        if (result == WALK_RECORD && record.sequence >= reader->next) {
            /* next itself lies in damage: step back before it, so that it is reported. */
            walk->position = position;
            walk->next_sequence = sequence;
            walk->known_end = known;
            break;
        }
    }
    walk->skips_payload_crc = false;
    return result == WALK_IO ? GW_ERR_IO : GW_OK;
}

/* Opens the segment that holds next. GW_ERR_NOT_FOUND: try again (it went away, or is damaged). */
static int open_segment(struct journal_reader *reader)
{
    struct journal *journal = reader->journal;
    const struct journal_io *io = journal->io;
    pthread_mutex_lock(&journal->state_lock);
    size_t i = find_segment(journal, reader->next);
    if (i == SIZE_MAX && journal->n_segments > 0) {
        i = 0; /* retention has taken what was to be read */
        reader->next = journal->segments[0].first;
    }
    if (i == SIZE_MAX) {
        reader->next = atomic_load(&journal->committed) + 1;
        pthread_mutex_unlock(&journal->state_lock);
        return GW_ERR_NOT_FOUND;
    }
    reader->segment_first = journal->segments[i].first;
    pthread_mutex_unlock(&journal->state_lock);

    char name[FORMAT_NAME_MAX];
    struct format_segment header;
    format_segment_name(reader->segment_first, name);
    reader->fd = io->open(io->context, journal->dir_fd, name, O_RDONLY, 0);
    int error = reader->fd < 0 ? (errno == ENOENT ? GW_ERR_NOT_FOUND : GW_ERR_IO)
                               : segments_read_header(io, reader->fd, &header, NULL);
    if (error == GW_OK && (header.epoch != journal->epoch || header.first != reader->segment_first))
        error = GW_ERR_DAMAGED;

    pthread_mutex_lock(&journal->state_lock);
    i = find_segment(journal, reader->segment_first);
    bool is_gone = i == SIZE_MAX || journal->segments[i].first != reader->segment_first;
    if (error == GW_OK) {
        const struct place *passed = &reader->passed;
        walk_begin(&reader->walk, reader->fd, &header);
        if (passed->first == reader->segment_first && passed->sequence <= reader->next)
            walk_jump(&reader->walk, passed->offset, passed->sequence);
        reader->forget_at = reader->walk.position + CACHE_STEP;
    }
    if (!is_gone)
        set_limits(reader, i);
    pthread_mutex_unlock(&journal->state_lock);
    if (error == GW_OK && !is_gone) {
        error = hop(reader);
        if (error == GW_OK)
            return error;
    }
    close_segment(reader);
    if (is_gone)
        return GW_ERR_NOT_FOUND;
    if (error != GW_ERR_IO) {
        /* Damaged, of another journal, or a file that somebody removed: all of it is lost. */
        log_error("journal", "segment cannot be used segment=%s reason=\"%s\"", name,
                  gw_error_text(error));
        lose(reader, reader->limit_last, 0);
        return GW_ERR_NOT_FOUND;
    }
    return error;
}

/* The walk came to its end: goes on behind it where more was committed since, or in the next
   segment; what the walk did not find is lost. */
static void move_on(struct journal_reader *reader)
{
    struct journal *journal = reader->journal;
    int64_t old_limit = reader->walk.limit;
    uint64_t old_last = reader->limit_last;
    pthread_mutex_lock(&journal->state_lock);
    size_t i = find_segment(journal, reader->segment_first);
    bool is_gone = i == SIZE_MAX || journal->segments[i].first != reader->segment_first;
    bool is_last = !is_gone && i + 1 == journal->n_segments;
    if (!is_gone)
        set_limits(reader, i);
    pthread_mutex_unlock(&journal->state_lock);
    if (is_gone) {
        close_segment(reader);
        return;
    }
    if (reader->walk.limit != old_limit)
        return;
    /* All that may be read here was read: what is missing is lost. */
    lose(reader, is_last ? old_last : reader->limit_last, reader->walk.position);
    if (!is_last) {
        forget(reader);
        close_segment(reader);
    }
}

static int read_next(struct journal_reader *reader, struct journal_record *out)
{
    while (reader->next <= journal_committed(reader->journal)) {
        if (reader->fd < 0) {
            int error = open_segment(reader);
            if (error == GW_ERR_NOT_FOUND)
                continue;
            if (error != GW_OK)
                return error;
        }
        struct walk_gap gap;
        switch (walk_next(&reader->walk, out, &gap)) {
        case WALK_RECORD:
            if (out->sequence < reader->next)
                continue;
            lose(reader, out->sequence - 1, gap.offset);
            reader->next = out->sequence + 1;
            if (reader->walk.position >= reader->forget_at)
                forget(reader);
            return GW_OK;
        case WALK_IO:
            return GW_ERR_IO;
        case WALK_END:
        case WALK_TORN:
            move_on(reader);
            break;
        }
    }
    return GW_ERR_NOT_FOUND;
}

int journal_reader_next(struct journal_reader *reader, struct journal_record *out)
{
    int error = read_next(reader, out);
    reader->is_refused = error == GW_ERR_IO;
    return error;
}

static bool may_pass(const struct journal_reader *reader)
{
    uint64_t committed = journal_committed(reader->journal); /* read before `marked`, which grows */
    return reader->next <= committed && atomic_load_explicit(&reader->journal->staging.marked,
                                                             memory_order_relaxed) < reader->next;
}

bool journal_reader_pass(struct journal_reader *reader, uint64_t *last)
{
    struct journal *journal = reader->journal;
    if (!may_pass(reader))
        return false;
    pthread_mutex_lock(&journal->state_lock);
    struct segment segment = {.end = -1};
    if (journal->n_segments > 0)
        segment = journal->segments[journal->n_segments - 1];
    struct place end = {segment.first, segment.end, journal_committed(journal) + 1};
    pthread_mutex_unlock(&journal->state_lock);
    if (segment.end < 0 || !may_pass(reader))
        return false;
    reader->passed = end;
    reader->next = end.sequence;
    stand(reader, end.first, end.offset);
    if (reader->fd >= 0 && reader->segment_first == end.first)
        walk_jump(&reader->walk, end.offset, end.sequence);
    else
        close_segment(reader);
    *last = end.sequence - 1;
    return true;
}

int journal_reader_seek(struct journal_reader *reader, uint64_t sequence)
{
    uint64_t oldest = journal_oldest(reader->journal), end = journal_committed(reader->journal) + 1;
    close_segment(reader);
    reader->next = sequence > end ? end : sequence < oldest ? oldest : sequence;
    stand(reader, 0, 0);
    return GW_OK;
}

/* Reads the records from..to - 1 until `most` of them are wanted. Returns how many were. */
static uint64_t count_wanted(struct journal_reader *reader, uint64_t from, uint64_t to,
                             uint64_t most, journal_wanted_fn *is_wanted, void *context)
{
    struct journal_record record;
    uint64_t n = 0;
    journal_reader_seek(reader, from);
    while (n < most && journal_reader_next(reader, &record) == GW_OK && record.sequence < to)
        n += is_wanted(context, record.payload);
    return n;
}

/* A reader goes forwards alone: so stretches are counted from the end on, each longer than the one
   behind it, and the last of them is read once more. */
void journal_reader_seek_newest(struct journal_reader *reader, uint64_t n, uint64_t after,
                                journal_wanted_fn *is_wanted, void *context)
{
    uint64_t begin = journal_committed(reader->journal) + 1, found = 0, stretch = n;
    uint64_t most = n > JOURNAL_NEWEST_LOOK ? n : JOURNAL_NEWEST_LOOK;
    uint64_t first = begin > most ? begin - most : 1;
    first = first > after ? first : after + 1;
    if (n > JOURNAL_NEWEST_LOOK)
        begin = first;
    while (found < n && begin > first) {
        uint64_t from = begin - first > stretch ? begin - stretch : first;
        uint64_t wanted = count_wanted(reader, from, begin, UINT64_MAX, is_wanted, context);
        if (found + wanted > n) {
            count_wanted(reader, from, begin, found + wanted - n, is_wanted, context);
            return;
        }
        found += wanted;
        begin = from;
        stretch *= NEWEST_GROWTH;
    }
    journal_reader_seek(reader, begin);
}

int journal_reader_commit(struct journal_reader *reader, uint64_t sequence)
{
    if (!reader->name || sequence == reader->cursor)
        return GW_OK;
    if (sequence > journal_committed(reader->journal))
        return GW_ERR_INVALID;
    int error = cursor_store(reader->journal, reader->name, sequence);
    if (error == GW_OK)
        reader->cursor = sequence;
    return error;
}

void journal_reader_note(struct journal_reader *reader, uint64_t sequence)
{
    if (!reader->name || sequence <= reader->cursor ||
        sequence > journal_committed(reader->journal))
        return;
    if (reader->note_fd < 0)
        reader->note_fd = cursor_open_note(reader->journal, reader->name);
    if (reader->note_fd >= 0)
        cursor_put_note(reader->journal, reader->note_fd, sequence);
}

uint64_t journal_reader_cursor(const struct journal_reader *reader)
{
    return reader->cursor;
}

void journal_reader_wait(struct journal_reader *reader, int timeout_ms)
{
    struct journal *journal = reader->journal;
    struct timespec until = pause_deadline(timeout_ms);
    pthread_mutex_lock(&journal->state_lock);
    int wait = 0;
    /* After a read that the disk refused, wait in any case: asking at once, again and again, would
       use up the attempts (walk.c) after which its records are taken for lost. */
    while ((reader->is_refused || reader->next > journal_committed(journal)) && !reader->is_woken &&
           wait == 0)
        wait = pthread_cond_timedwait(&journal->changed, &journal->state_lock, &until);
    reader->is_woken = false;
    pthread_mutex_unlock(&journal->state_lock);
}

void journal_reader_wake(struct journal_reader *reader)
{
    pthread_mutex_lock(&reader->journal->state_lock);
    reader->is_woken = true;
    pthread_cond_broadcast(&reader->journal->changed);
    pthread_mutex_unlock(&reader->journal->state_lock);
}
