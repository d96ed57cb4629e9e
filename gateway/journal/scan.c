/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The offline view of a journal's folder: no lock, nothing is changed, so it may run beside the
 * daemon; then the last batch may look torn.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "gateway/journal/journal_internal.h"

enum { SCAN_BUFFER = 1024 * 1024 };

struct scan_job {
    struct journal_scan *out;
    const struct journal_scan_calls *calls;
    struct walk walk;                    /* one for all segments: its buffer is large */
    struct journal_scan_segment segment; /* being read */
    int64_t bytes_before;                /* of the segments before it */
    uint64_t epoch;
    struct skip skips[SKIPS_MAX];
    size_t n_skips;
    bool is_stopped;
};

static int read_header(int dir_fd, uint64_t first, int *fd, struct format_segment *header,
                       int *damaged)
{
    char name[FORMAT_NAME_MAX];
    format_segment_name(first, name);
    *damaged = 0;
    *fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (*fd < 0)
        return errno == ENOENT ? GW_ERR_NOT_FOUND : GW_ERR_IO;
    int error = segments_read_header(&journal_io_system, *fd, header, damaged);
    return error == GW_OK && header->first != first ? GW_ERR_DAMAGED : error;
}

/* The newest segment with a sound header says whose records these are. */
static int find_epoch(int dir_fd, const struct segment *segments, size_t n, uint64_t *epoch)
{
    *epoch = 0;
    for (size_t i = n; i > 0; i--) {
        struct format_segment header;
        int fd, damaged;
        int error = read_header(dir_fd, segments[i - 1].first, &fd, &header, &damaged);
        if (fd >= 0)
            close(fd);
        if (error == GW_ERR_VERSION)
            return error;
        if (error == GW_OK) {
            *epoch = header.epoch;
            break;
        }
    }
    return GW_OK;
}

static void report(struct scan_job *job, const char *what, int64_t offset, uint64_t from,
                   uint64_t to)
{
    struct journal_scan_damage damage = {job->segment.first, offset, from, to, what};
    if (job->calls->on_damage)
        job->calls->on_damage(job->calls->context, &damage);
}

static void lose(struct scan_job *job, int64_t offset, uint64_t from, uint64_t to)
{
    skips_trim(job->skips, job->n_skips, &from, &to);
    if (from == 0 || from > to)
        return;
    job->segment.damaged += to - from + 1;
    report(job, "records", offset, from, to);
}

static void mark(struct scan_job *job, const char *what, int64_t offset, int n)
{
    job->segment.damaged_marks += (uint64_t)n;
    report(job, what, offset, 0, 0);
}

static enum walk_result read_records(struct scan_job *job, struct walk *walk, struct walk_gap *gap)
{
    struct journal_scan *out = job->out;
    struct journal_record record;
    enum walk_result result;
    while ((result = walk_next(walk, &record, gap)) == WALK_RECORD) {
        lose(job, gap->offset, gap->from, gap->to);
        if (out->records++ == 0)
            out->first = record.sequence;
        out->last = job->segment.last = record.sequence;
        out->bytes_read = job->bytes_before + walk->position;
        job->segment.records++;
        if (job->calls->on_record && !job->calls->on_record(job->calls->context, &record)) {
            job->is_stopped = true;
            break;
        }
    }
    return result;
}

/* end: the next segment's first sequence, or UINT64_MAX. */
static void read_end(struct scan_job *job, const struct walk *walk, const struct walk_gap *gap,
                     enum walk_result result, uint64_t end)
{
    bool is_last = end == UINT64_MAX;
    lose(job, gap->offset, gap->from, gap->to);
    if (!is_last)
        lose(job, walk->position, walk->next_sequence, end - 1);
    job->segment.is_sealed = walk->is_sealed;
    if (is_last) /* it may have grown since it was listed */
        job->segment.sound_bytes =
            walk->is_sealed ? walk->position + FORMAT_SEAL_BYTES : walk->sound_end;
    if (is_last && result == WALK_TORN)
        job->segment.is_torn = job->out->is_torn = true;
    else if (walk->is_seal_damaged)
        mark(job, "seal", walk->position, 1);
    else if (result == WALK_TORN)
        mark(job, "bytes", walk->position, 1);
}

static int read_segment(struct scan_job *job, int dir_fd, uint64_t end)
{
    struct format_segment header;
    struct walk_gap gap;
    int fd, damaged;
    int error = read_header(dir_fd, job->segment.first, &fd, &header, &damaged);
    if (error == GW_OK)
        job->segment.created_ms = header.created_ms;
    if (error == GW_OK && header.epoch != job->epoch)
        error = GW_ERR_DAMAGED;
    if (damaged || error == GW_ERR_DAMAGED)
        mark(job, error == GW_ERR_DAMAGED ? "segment" : "header", 0, damaged ? damaged : 1);
    if (error != GW_OK) {
        if (fd >= 0)
            close(fd);
        if (error == GW_ERR_DAMAGED && end != UINT64_MAX)
            lose(job, 0, job->segment.first, end - 1);
        return error == GW_ERR_DAMAGED ? GW_OK : error;
    }
    walk_begin(&job->walk, fd, &header);
    job->walk.end_sequence = end;
    enum walk_result result = read_records(job, &job->walk, &gap);
    if (!job->is_stopped && result != WALK_IO)
        read_end(job, &job->walk, &gap, result, end);
    close(fd);
    return result == WALK_IO ? GW_ERR_IO : GW_OK;
}

static int scan_segment(struct scan_job *job, int dir_fd, const struct segment *segment,
                        uint64_t end)
{
    struct journal_scan *out = job->out;
    job->segment = (struct journal_scan_segment){
        .first = segment->first, .bytes = segment->bytes, .sound_bytes = segment->bytes};
    int error = read_segment(job, dir_fd, end);
    /* Retention of a daemon at work lets the oldest go, also between listing and opening. */
    bool is_gone = error == GW_ERR_NOT_FOUND && out->records == 0;
    job->bytes_before += segment->bytes;
    out->bytes_read = job->bytes_before;
    out->damaged += job->segment.damaged;
    out->damaged_marks += job->segment.damaged_marks;
    if (is_gone)
        return GW_OK;
    out->segments++;
    if (error == GW_OK && !job->is_stopped && job->calls->on_segment)
        job->calls->on_segment(job->calls->context, &job->segment);
    return error == GW_ERR_NOT_FOUND ? GW_ERR_IO : error;
}

int journal_scan_dir_calls(const char *dir, struct journal_scan *out,
                           const struct journal_scan_calls *calls)
{
    struct scan_job job = {.out = out, .calls = calls};
    struct segment *segments = NULL;
    size_t n = 0;
    *out = (struct journal_scan){0};
    int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? GW_ERR_NOT_FOUND
               : errno == EACCES                   ? GW_ERR_DENIED
                                                   : GW_ERR_IO;
    int error = segments_list(dir_fd, &segments, &n);
    if (error == GW_OK && n == 0)
        error = GW_ERR_NOT_FOUND;
    if (error == GW_OK)
        error = find_epoch(dir_fd, segments, n, &job.epoch);
    if (error == GW_OK && job.epoch)
        error = skips_load(&journal_io_system, dir_fd, job.epoch, job.skips, &job.n_skips);
    if (job.epoch)
        snprintf(out->epoch, sizeof out->epoch, "%016" PRIx64, job.epoch);
    for (size_t i = 0; i < n; i++)
        out->bytes += segments[i].bytes;
    walk_init(&job.walk, &journal_io_system, SCAN_BUFFER);
    for (size_t i = 0; i < n && error == GW_OK && !job.is_stopped; i++)
        error = scan_segment(&job, dir_fd, &segments[i],
                             i + 1 < n ? segments[i + 1].first : UINT64_MAX);
    walk_fini(&job.walk);
    free(segments);
    close(dir_fd);
    return error;
}

int journal_scan_dir(const char *dir, struct journal_scan *out,
                     bool (*on_record)(void *context, const struct journal_record *record),
                     void *context)
{
    struct journal_scan_calls calls = {.on_record = on_record, .context = context};
    return journal_scan_dir_calls(dir, out, &calls);
}

void journal_segment_name(uint64_t first, char *out)
{
    format_segment_name(first, out);
}
