/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list of segments, and the order of steps that keeps it whole over a crash at any moment:
 *
 * make:  header into segment.tmp, sync, rename to its name, sync the folder; only then records.
 *        So a segment's name never stands over a header that is not on disk.
 * close: seal, sync. A missing seal harms nothing: the next segment's first sequence says where a
 *        segment ends, also when the disk failed in the middle of it and the rest was written anew.
 * start: the last segment alone is read, from the disk itself (sync, drop the cache), since after a
 *        failed sync the cache may show what the disk does not have. Bytes behind the last sound
 *        head are a torn tail and are cut, unless the disk would not read all of them. Nothing is
 *        ever appended to a segment of an earlier run.
 * drop:  oldest first; the list forgets it, unlink, sync the folder before the next one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/journal/journal_internal.h"

#define TEMPORARY "segment.tmp"
enum { SCAN_BUFFER = 1024 * 1024 };

static int by_first(const void *a, const void *b)
{
    const struct segment *x = a, *y = b;
    return x->first < y->first ? -1 : x->first > y->first;
}

int segments_list(int dir_fd, struct segment **out, size_t *n)
{
    *out = NULL;
    *n = 0;
    DIR *dir = journal_io_list(dir_fd);
    if (!dir)
        return GW_ERR_IO;
    size_t cap = 0;
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        struct segment segment = {.end = -1};
        struct stat st;
        if (!format_parse_name(entry->d_name, &segment.first) ||
            fstatat(dir_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
            continue;
        segment.bytes = st.st_size;
        if (*n == cap) {
            cap = cap ? cap * 2 : 64;
            *out = gw_realloc(*out, cap * sizeof **out);
        }
        (*out)[(*n)++] = segment;
    }
    closedir(dir);
    if (*n)
        qsort(*out, *n, sizeof **out, by_first);
    return GW_OK;
}

int segments_read_header(const struct journal_io *io, int fd, struct format_segment *out,
                         int *damaged_copies)
{
    uint8_t bytes[FORMAT_DATA_START];
    size_t got = 0;
    if (journal_io_read(io, fd, bytes, sizeof bytes, 0, &got) != GW_OK) {
        /* One unreadable sector must not hide the other copy. */
        memset(bytes, 0, sizeof bytes);
        size_t a = 0, b = 0;
        int first = journal_io_read(io, fd, bytes, FORMAT_HEADER_BYTES, 0, &a);
        int second = journal_io_read(io, fd, bytes + FORMAT_HEADER_BYTES, FORMAT_HEADER_BYTES,
                                     FORMAT_HEADER_BYTES, &b);
        if (first != GW_OK && second != GW_OK)
            return GW_ERR_IO;
        got = sizeof bytes;
    }
    return format_get_segment(bytes, got, out, damaged_copies);
}

/* ---- making and closing: the writer ---- */

static void list_add(struct journal *journal, struct segment segment)
{
    if (journal->n_segments == journal->cap_segments) {
        journal->cap_segments = journal->cap_segments ? journal->cap_segments * 2 : 64;
        journal->segments =
            gw_realloc(journal->segments, journal->cap_segments * sizeof *journal->segments);
    }
    journal->segments[journal->n_segments++] = segment;
}

static void draw_keys(struct format_segment *segment)
{
    do {
        if (getrandom(&segment->salt, sizeof segment->salt, 0) != sizeof segment->salt ||
            getrandom(&segment->marker, sizeof segment->marker, 0) != sizeof segment->marker)
            abort(); /* cannot fail for so few bytes */
    } while (segment->marker == 0);
}

static int write_header(const struct journal *journal, int fd, const struct format_segment *segment)
{
    const struct journal_io *io = journal->io;
    uint8_t header[FORMAT_DATA_START];
    format_put_segment(segment, header);
    /* Blocks ahead make a sync cheaper; a disk that has no room for them may have room for records.
     */
    io->reserve(io->context, fd, journal->options.segment_bytes);
    journal_crash_point(io, "segment-temporary");
    if (journal_io_write(io, fd, header, sizeof header, 0) != GW_OK)
        return GW_ERR_IO;
    return journal->options.sync && io->datasync(io->context, fd) != 0 ? GW_ERR_IO : GW_OK;
}

int segments_create(struct journal *journal, uint64_t first)
{
    const struct journal_io *io = journal->io;
    struct clock_reading now = clock_read(journal->setup.clock);
    struct format_segment segment = {.version = FORMAT_VERSION,
                                     .epoch = journal->epoch,
                                     .first = first,
                                     .created_ms = steady_read(&journal->time, now),
                                     .wall_ms = now.wall_ms};
    char name[FORMAT_NAME_MAX];
    format_segment_name(first, name);
    draw_keys(&segment);

    int fd = io->open(io->context, journal->dir_fd, TEMPORARY, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0)
        return GW_ERR_IO;
    int error = write_header(journal, fd, &segment), why = errno;
    if (error == GW_OK) {
        journal_crash_point(io, "segment-header-synced");
        if (io->rename(io->context, journal->dir_fd, TEMPORARY, name) != 0) {
            error = GW_ERR_IO;
            why = errno;
        }
    }
    if (error != GW_OK) {
        io->close(io->context, fd);
        io->unlink(io->context, journal->dir_fd, TEMPORARY);
        errno = why;
        return error;
    }
    journal_crash_point(io, "segment-renamed");
    if (journal->options.sync && io->sync_dir(io->context, journal->dir_fd) != 0) {
        /* The name may or may not last; the next attempt makes the same name anew. */
        why = errno;
        io->close(io->context, fd);
        io->unlink(io->context, journal->dir_fd, name);
        errno = why;
        return GW_ERR_IO;
    }
    journal_crash_point(io, "segment-created");
    journal->active = segment;
    journal->active_fd = fd;
    journal->active_end = FORMAT_DATA_START;
    journal->active_next = first;
    journal->active_mono_ms = now.mono_ms;
    pthread_mutex_lock(&journal->state_lock);
    list_add(journal, (struct segment){.first = first,
                                       .created_ms = segment.created_ms,
                                       .wall_ms = segment.wall_ms,
                                       .bytes = FORMAT_DATA_START,
                                       .end = FORMAT_DATA_START});
    pthread_mutex_unlock(&journal->state_lock);
    return GW_OK;
}

void segments_seal(struct journal *journal)
{
    const struct journal_io *io = journal->io;
    if (journal->active_fd < 0)
        return;
    uint8_t seal[FORMAT_SEAL_BYTES];
    struct format_seal content = {.records = journal->active_next - journal->active.first,
                                  .data_bytes = journal->active_end,
                                  .closed_ms = clock_read(journal->setup.clock).wall_ms};
    format_put_seal(&journal->active, journal->active_end, journal->active_next, &content, seal);
    int64_t size = journal->active_end + FORMAT_SEAL_BYTES;
    if (journal_io_write(io, journal->active_fd, seal, sizeof seal, journal->active_end) != GW_OK)
        log_warn("journal", "segment not sealed first=%" PRIu64 " error=%s", journal->active.first,
                 strerror(errno));
    else
        journal_crash_point(io, "seal-written");
    /* Gives back the blocks reserved ahead, and cuts half a seal. */
    io->truncate(io->context, journal->active_fd, size);
    if (journal->options.sync && io->datasync(io->context, journal->active_fd) != 0)
        log_warn("journal", "seal not synced first=%" PRIu64 " error=%s", journal->active.first,
                 strerror(errno));
    journal_crash_point(io, "segment-sealed");
    io->close(io->context, journal->active_fd);
    journal->active_fd = -1;
    pthread_mutex_lock(&journal->state_lock);
    journal->segments[journal->n_segments - 1].bytes = size;
    pthread_mutex_unlock(&journal->state_lock);
}

void segments_abandon(struct journal *journal)
{
    const struct journal_io *io = journal->io;
    if (journal->active_fd < 0)
        return;
    bool is_empty = journal->active_end == FORMAT_DATA_START;
    /* Best effort: space for others, and nothing half written to look at. Correctness rests on the
       next segment's first sequence. */
    io->truncate(io->context, journal->active_fd, journal->active_end);
    io->close(io->context, journal->active_fd);
    journal->active_fd = -1;
    pthread_mutex_lock(&journal->state_lock);
    if (is_empty)
        journal->n_segments--;
    else
        journal->segments[journal->n_segments - 1].bytes = journal->active_end;
    pthread_mutex_unlock(&journal->state_lock);
    if (is_empty) {
        char name[FORMAT_NAME_MAX];
        format_segment_name(journal->active.first, name);
        io->unlink(io->context, journal->dir_fd, name);
    }
    journal_crash_point(io, "segment-abandoned");
}

/* ---- the start ---- */

/* The disk does not give what is behind segment->end. Whatever records are there are lost for now,
   and no sequence that they may have is given out again. */
static void skip_end(struct journal *journal, struct segment *segment, uint64_t *last)
{
    uint64_t most = (uint64_t)(segment->bytes - segment->end) / FORMAT_HEAD_BYTES;
    struct walk_gap gap = {*last + 1, *last + most, segment->end};
    log_error("journal", "the end of the last segment cannot be read segment=%" PRIu64,
              segment->first);
    if (most)
        journal_report_damage(journal, segment->first, &gap);
    *last += most;
    segment->end = -1; /* read to the file's end: another time the disk may give it */
}

/* Reads the last segment to its end; cuts a torn tail. */
static int recover_last(struct journal *journal, struct segment *segment, int fd,
                        const struct format_segment *header, uint64_t *last)
{
    const struct journal_io *io = journal->io;
    struct walk walk;
    struct journal_record record;
    struct walk_gap gap;
    enum walk_result result;
    walk_init(&walk, io, SCAN_BUFFER);
    walk_begin(&walk, fd, header);
    while ((result = walk_next(&walk, &record, &gap)) == WALK_RECORD)
        if (gap.from)
            journal_report_damage(journal, segment->first, &gap);
    if (gap.from)
        journal_report_damage(journal, segment->first, &gap);
    *last = walk.next_sequence - 1;
    segment->end = walk.sound_end;
    bool is_sealed = walk.is_sealed, is_read = walk.unread_end <= walk.sound_end;
    walk_fini(&walk);
    if (result == WALK_IO) {
        log_error("journal", "cannot read the last segment first=%" PRIu64 " error=%s",
                  segment->first, strerror(errno));
        return GW_ERR_IO;
    }
    journal_crash_point(io, "recovery-scanned");
    if (!is_sealed && !is_read && segment->bytes > segment->end) {
        skip_end(journal, segment, last);
    } else if (!is_sealed && segment->bytes > segment->end) {
        log_notice("journal",
                   "torn tail cut segment=%" PRIu64 " offset=%" PRId64 " bytes=%" PRId64
                   " last_sequence=%" PRIu64,
                   segment->first, segment->end, segment->bytes - segment->end, *last);
        if (io->truncate(io->context, fd, segment->end) == 0)
            segment->bytes = segment->end;
        journal_crash_point(io, "tail-cut");
    }
    return GW_OK;
}

/* The last segment decides version and epoch, and where the sequence goes on. */
static int load_last(struct journal *journal, struct segment *segment, uint64_t *last)
{
    const struct journal_io *io = journal->io;
    char name[FORMAT_NAME_MAX];
    struct format_segment header;
    int damaged = 0;
    format_segment_name(segment->first, name);
    int fd = io->open(io->context, journal->dir_fd, name, O_RDWR, 0);
    if (fd < 0) {
        log_error("journal", "cannot open segment=%s error=%s", name, strerror(errno));
        return errno == EACCES || errno == EPERM ? GW_ERR_DENIED : GW_ERR_IO;
    }
    /* What an earlier run wrote without a sync is to be served from now on: sync it first. */
    int error = journal->options.sync && io->datasync(io->context, fd) != 0 ? GW_ERR_IO : GW_OK;
    if (error == GW_OK) {
        io->forget(io->context, fd, 0);
        error = segments_read_header(io, fd, &header, &damaged);
    }
    if (error == GW_ERR_VERSION)
        log_error("journal", "%s/%s has format version %u; this program reads up to %d",
                  journal->dir, name, header.version, FORMAT_VERSION);
    else if (error == GW_ERR_IO)
        log_error("journal", "cannot sync or read segment=%s error=%s", name, strerror(errno));
    else if (error == GW_OK && header.first != segment->first)
        error = GW_ERR_DAMAGED;
    if (error == GW_OK && damaged)
        log_warn("journal", "one of two headers is damaged segment=%s", name);
    if (error == GW_OK) {
        journal->epoch = header.epoch;
        segment->created_ms = header.created_ms;
        segment->wall_ms = header.wall_ms;
        error = recover_last(journal, segment, fd, &header, last);
    }
    io->close(io->context, fd);
    return error;
}

/* A last segment without a sound header: nothing in it can be told from noise. It stays for a
   person to look at; the sequence goes on behind anything it may hold. */
static void skip_unreadable(struct journal *journal, const struct segment *segment,
                            uint64_t *behind)
{
    uint64_t most = (uint64_t)segment->bytes / FORMAT_HEAD_BYTES;
    log_error("journal",
              "both headers are damaged, records are lost segment=%" PRIu64 " bytes=%" PRId64,
              segment->first, segment->bytes);
    struct walk_gap gap = {segment->first, segment->first + most - (most > 0), 0};
    if (segment->bytes > FORMAT_DATA_START)
        journal_report_damage(journal, segment->first, &gap);
    if (segment->first + most > *behind)
        *behind = segment->first + most;
}

int64_t segments_created_ms(struct journal *journal, size_t i)
{
    struct segment *segment = &journal->segments[i];
    if (segment->created_ms == 0) {
        const struct journal_io *io = journal->io;
        char name[FORMAT_NAME_MAX];
        struct format_segment header;
        format_segment_name(segment->first, name);
        int fd = io->open(io->context, journal->dir_fd, name, O_RDONLY, 0);
        segment->created_ms = SEGMENT_AGE_UNKNOWN;
        if (fd >= 0) {
            if (segments_read_header(io, fd, &header, NULL) == GW_OK && header.created_ms > 0) {
                segment->created_ms = header.created_ms;
                segment->wall_ms = header.wall_ms;
            }
            io->close(io->context, fd);
        }
    }
    return segment->created_ms;
}

int segments_load(struct journal *journal, uint64_t *last)
{
    const struct journal_io *io = journal->io;
    int error = segments_list(journal->dir_fd, &journal->segments, &journal->n_segments);
    if (error != GW_OK)
        return error;
    journal->cap_segments = journal->n_segments;
    io->unlink(io->context, journal->dir_fd, TEMPORARY);
    *last = 0;
    uint64_t behind = 0; /* sequences of unreadable segments end before this */
    size_t found = journal->n_segments, readable = found;
    error = GW_ERR_DAMAGED;
    while (readable > 0) {
        error = load_last(journal, &journal->segments[readable - 1], last);
        if (error != GW_ERR_DAMAGED)
            break;
        skip_unreadable(journal, &journal->segments[--readable], &behind);
    }
    if (found > 0 && error != GW_OK) {
        if (error == GW_ERR_DAMAGED)
            log_error(
                "journal",
                "no segment has a sound header dir=%s; move the folder away or restore a backup",
                journal->dir);
        return error;
    }
    journal->n_segments = readable;
    /* A last segment without a record is dropped: the next one to be made has the same name. */
    if (readable > 0 && *last < journal->segments[readable - 1].first)
        journal->n_segments--;
    if (behind > *last + 1)
        *last = behind - 1;
    if (journal->n_segments > 0)
        segments_created_ms(journal, 0);
    return GW_OK;
}

/* ---- retention ---- */

static uint64_t slowest_cursor(const struct journal *journal, const char **name)
{
    uint64_t slowest = UINT64_MAX;
    *name = NULL;
    for (size_t i = 0; i < journal->n_cursors; i++) {
        if (journal->cursors[i].sequence < slowest) {
            slowest = journal->cursors[i].sequence;
            *name = journal->cursors[i].name;
        }
    }
    return slowest;
}

/* When segment i was made, by the clock as it is believed now. A header that was written while a
   step of the wall clock was not yet believed (steady.h) has two times, without the step and with
   it. The later one is true, unless it is in the future: then the clock was wrong for a while.
   SEGMENT_AGE_UNKNOWN: both are, or the header cannot be read. */
static int64_t made_ms(struct journal *journal, size_t i, int64_t now_ms)
{
    int64_t created_ms = segments_created_ms(journal, i), wall_ms = journal->segments[i].wall_ms;
    int64_t latest_ms = created_ms <= now_ms ? created_ms : SEGMENT_AGE_UNKNOWN;
    return wall_ms <= now_ms && wall_ms > latest_ms ? wall_ms : latest_ms;
}

/* How long ago the oldest was closed, which is when the next one was made. If that is unknown, the
   one after it counts: too small an age, so a damaged header never lets young records go. */
static int64_t oldest_age_ms(struct journal *journal, int64_t now_ms)
{
    int64_t closed_ms = SEGMENT_AGE_UNKNOWN;
    for (size_t i = 1; i < journal->n_segments && closed_ms == SEGMENT_AGE_UNKNOWN; i++)
        closed_ms = made_ms(journal, i, now_ms);
    return closed_ms == SEGMENT_AGE_UNKNOWN ? 0 : now_ms - closed_ms;
}

/* May the oldest go? state_lock is held. *behind: the cursor that has not passed it; NULL: none.
 */
static bool may_drop(struct journal *journal, int64_t now_ms, const char **behind)
{
    *behind = NULL;
    if (journal->n_segments < 2)
        return false;
    int64_t total = 0;
    if (journal->options.max_bytes > 0)
        for (size_t i = 0; i < journal->n_segments; i++)
            total += journal->segments[i].bytes;
    int64_t age_ms = oldest_age_ms(journal, now_ms);
    bool is_due = age_ms > journal->options.retention_ms ||
                  (journal->options.max_bytes > 0 && total > journal->options.max_bytes);
    if (!is_due || age_ms <= journal->options.replay_window_ms)
        return false;
    const char *name;
    if (slowest_cursor(journal, &name) + 1 < journal->segments[1].first)
        *behind = name;
    return !*behind || journal->options.retention_force;
}

/* Count and log what a reader loses with the oldest segment. state_lock is held. */
static void drop_unread(struct journal *journal, const char *behind)
{
    const char *name;
    uint64_t from = slowest_cursor(journal, &name) + 1, end = journal->segments[1].first;
    if (from < journal->segments[0].first)
        from = journal->segments[0].first;
    journal->dropped_unread += end - from;
    log_error("journal",
              "retention is forced: records go that a reader has not had cursor=%s "
              "sequences=%" PRIu64 "..%" PRIu64,
              behind, from, end - 1);
}

/* Take the oldest out of the list when it may go; *first is what it began with. */
static bool take_oldest(struct journal *journal, int64_t now_ms, uint64_t *first)
{
    const char *behind;
    pthread_mutex_lock(&journal->state_lock);
    bool go = may_drop(journal, now_ms, &behind);
    bool is_held = behind && !go;
    *first = journal->n_segments ? journal->segments[0].first : 0;
    snprintf(journal->held_by, sizeof journal->held_by, "%s", is_held ? behind : "");
    if (is_held && journal->held_logged != *first) {
        journal->held_logged = *first;
        log_warn("journal",
                 "retention is over, but a reader still needs the oldest records cursor=%s "
                 "oldest=%" PRIu64,
                 behind, *first);
    }
    if (go) {
        if (behind)
            drop_unread(journal, behind);
        memmove(journal->segments, journal->segments + 1,
                --journal->n_segments * sizeof *journal->segments);
        atomic_store(&journal->oldest, journal->segments[0].first);
    }
    pthread_mutex_unlock(&journal->state_lock);
    return go;
}

void segments_retain(struct journal *journal)
{
    const struct journal_io *io = journal->io;
    int64_t now_ms = steady_read(&journal->time, clock_read(journal->setup.clock));
    uint64_t first;
    while (take_oldest(journal, now_ms, &first)) {
        char name[FORMAT_NAME_MAX];
        format_segment_name(first, name);
        journal_crash_point(io, "segment-dropped");
        if (io->unlink(io->context, journal->dir_fd, name) != 0)
            log_warn("journal", "cannot remove segment=%s error=%s", name, strerror(errno));
        journal_crash_point(io, "segment-unlinked");
        /* One by one: a power loss must never leave a hole in the middle. */
        io->sync_dir(io->context, journal->dir_fd);
        log_info("journal", "segment removed by retention segment=%s", name);
    }
}
