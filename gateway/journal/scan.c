/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The offline view of a journal's folder: no lock, nothing is changed, so it may run beside the
 * daemon; then the last batch may look torn.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "gateway/journal/journal_internal.h"

enum { SCAN_BUFFER = 1024 * 1024 };

struct scan_job {
    struct journal_scan *out;
    bool (*on_record)(void *context, const struct journal_record *record);
    void *context;
    uint64_t epoch;
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
        return GW_ERR_IO;
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

static void lose(struct scan_job *job, uint64_t from, uint64_t to)
{
    if (from <= to)
        job->out->damaged += to - from + 1;
}

/* end: the next segment's first sequence, or UINT64_MAX. */
static int scan_segment(struct scan_job *job, int dir_fd, uint64_t first, uint64_t end)
{
    struct format_segment header;
    struct walk walk;
    struct walk_gap gap;
    struct journal_record record;
    int fd, damaged;
    bool is_last = end == UINT64_MAX;
    int error = read_header(dir_fd, first, &fd, &header, &damaged);
    job->out->damaged_marks += (uint64_t)damaged;
    if (error == GW_OK && header.epoch != job->epoch)
        error = GW_ERR_DAMAGED;
    if (error != GW_OK) {
        if (fd >= 0)
            close(fd);
        if (error == GW_ERR_DAMAGED && !is_last)
            lose(job, first, end - 1);
        return error == GW_ERR_DAMAGED ? GW_OK : error;
    }
    walk_init(&walk, &journal_io_system, SCAN_BUFFER);
    walk_begin(&walk, fd, &header);
    walk.end_sequence = end;
    enum walk_result result;
    while ((result = walk_next(&walk, &record, &gap)) == WALK_RECORD && !job->is_stopped) {
        if (gap.from)
            lose(job, gap.from, gap.to);
        if (job->out->records++ == 0)
            job->out->first = record.sequence;
        job->out->last = record.sequence;
        if (job->on_record && !job->on_record(job->context, &record))
            job->is_stopped = true;
        if (job->is_stopped)
            break;
    }
    if (!job->is_stopped && result != WALK_IO) {
        if (gap.from)
            lose(job, gap.from, gap.to);
        if (!is_last)
            lose(job, walk.next_sequence, end - 1);
        if (is_last && result == WALK_TORN)
            job->out->is_torn = true;
        else if (result == WALK_TORN || walk.is_seal_damaged)
            job->out->damaged_marks++;
    }
    walk_fini(&walk);
    close(fd);
    return result == WALK_IO ? GW_ERR_IO : GW_OK;
}

int journal_scan_dir(const char *dir, struct journal_scan *out,
                     bool (*on_record)(void *context, const struct journal_record *record),
                     void *context)
{
    struct scan_job job = {.out = out, .on_record = on_record, .context = context};
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
    for (size_t i = 0; i < n && error == GW_OK && !job.is_stopped; i++) {
        out->bytes += segments[i].bytes;
        error = scan_segment(&job, dir_fd, segments[i].first,
                             i + 1 < n ? segments[i + 1].first : UINT64_MAX);
    }
    free(segments);
    close(dir_fd);
    return error;
}
