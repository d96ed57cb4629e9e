/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file, one record a line. Acknowledged is what fdatasync() has seen: many records a sync, so
 * that the journal's own disk is left alone. A write that fails half way is cut off again; a line
 * that a crash tore is ended, so that the next one stands by itself: its record comes again, whole.
 *
 * Beyond its size or age FILE becomes FILE.1, FILE.1 becomes FILE.2 ..., between two records. A
 * file that somebody else moved away (logrotate) is begun anew.
 *
 * Whoever follows the file finds its newest part in the system's page cache; what lies further
 * behind is let go, as the journal does it (journal/cache.c).
 */
#include "gateway/feed/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/error.h"
#include "gateway/base/write.h"

enum { BATCH_BYTES = 1024 * 1024, BATCH_RECORDS = 8192, SYNC_MS = 50, MODE = 0640 };
enum { CACHED_BYTES = 32 * 1024 * 1024, FORGET_STEP = 4 * 1024 * 1024 };

struct file {
    const struct feed_section *section;
    struct feed_host host;
    const struct clock *clock;
    int fd;                 /* -1: closed */
    int64_t size, begun_ms; /* begun: by its first record */
    int64_t forgotten;      /* of its bytes: not in the page cache by us */
    dev_t device;
    ino_t inode;
    struct buf out; /* records that are not written yet */
    uint64_t *sequences;
    size_t n;
    int64_t written_at; /* monotonic; the last sync */
};

static bool check(const struct feed_section *section, struct diag *diag)
{
    struct stat status;
    char folder[PATH_MAX];
    if (!section->file) {
        diag_add_at(diag, section->place,
                    "<feed kind=\"file\">: needs file=\"...\": the path to append to");
        return false;
    }
    snprintf(folder, sizeof folder, "%s", section->file);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    if (stat(slash ? folder : ".", &status) == 0 && S_ISDIR(status.st_mode))
        return true;
    diag_add_at(diag, section->place, "<feed file=\"%s\">: there is no such folder", section->file);
    return false;
}

static int create(const struct feed_driver_options *options, void **out)
{
    struct file *file = gw_alloc(sizeof *file);
    *file = (struct file){
        .section = options->section, .host = options->host, .clock = options->clock, .fd = -1};
    file->sequences = gw_alloc(BATCH_RECORDS * sizeof *file->sequences);
    *out = file;
    return GW_OK;
}

static void destroy(void *driver)
{
    struct file *file = driver;
    if (!file)
        return;
    buf_free(&file->out);
    free(file->sequences);
    free(file);
}

static int fail(struct file *file, const char *what)
{
    file->host.trouble(file->host.context, "%s %s: %s", what, file->section->file, strerror(errno));
    return GW_ERR_IO;
}

/* When the file was begun, as well as the file system knows. */
static int64_t birth_ms(int fd, int64_t fallback_ms)
{
    struct statx x;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &x) != 0 || !(x.stx_mask & STATX_BTIME))
        return fallback_ms;
    return x.stx_btime.tv_sec * 1000 + x.stx_btime.tv_nsec / 1000000;
}

static int open_file(struct file *file)
{
    struct stat status;
    char last = '\n';
    const char *path = file->section->file;
    int64_t now_ms = clock_read(file->clock).wall_ms;
    file->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, MODE);
    if (file->fd < 0 || fstat(file->fd, &status) != 0)
        return fail(file, "cannot open");
    if (!S_ISREG(status.st_mode)) {
        errno = EINVAL;
        return fail(file, "is no plain file:");
    }
    file->size = file->forgotten = status.st_size;
    file->device = status.st_dev;
    file->inode = status.st_ino;
    file->begun_ms = birth_ms(file->fd, now_ms);
    if (file->size && pread(file->fd, &last, 1, file->size - 1) != 1)
        return fail(file, "cannot read");
    if (last != '\n') {
        if (write(file->fd, "\n", 1) != 1)
            return fail(file, "cannot write");
        file->size++;
    }
    return write_sync_folder(path) == GW_OK ? GW_OK : fail(file, "cannot sync the folder of");
}

static void close_file(struct file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

static void drop(void *driver)
{
    struct file *file = driver;
    close_file(file);
    buf_clear(&file->out);
    file->n = 0;
}

static int begin(void *driver)
{
    struct file *file = driver;
    file->written_at = clock_read(file->clock).mono_ms;
    return open_file(file);
}

/* ---- rotation ---- */

/* Whether somebody moved the file away. If not, its size is read anew: he may have emptied it. */
static bool is_moved(struct file *file)
{
    struct stat status;
    if (stat(file->section->file, &status) != 0 || status.st_ino != file->inode ||
        status.st_dev != file->device)
        return true;
    file->size = status.st_size;
    return false;
}

static bool is_full(struct file *file)
{
    const struct feed_section *section = file->section;
    int64_t age_ms = clock_read(file->clock).wall_ms - file->begun_ms;
    if (age_ms < 0) /* the clock was set back */
        file->begun_ms += age_ms;
    return file->size > 0 && ((section->rotate_bytes && file->size >= section->rotate_bytes) ||
                              (section->rotate_age_ms && age_ms >= section->rotate_age_ms));
}

/* FILE.keep is deleted, and those beyond it that an older configuration kept; each other one gets
   the next number. Gaps do not matter. */
static int shift(struct file *file)
{
    char from[PATH_MAX], to[PATH_MAX];
    const char *path = file->section->file;
    int64_t beyond = file->section->keep;
    do
        snprintf(to, sizeof to, "%.4000s.%" PRId64, path, ++beyond);
    while (unlink(to) == 0);
    for (int64_t i = file->section->keep; i > 0; i--) {
        snprintf(to, sizeof to, "%.4000s.%" PRId64, path, i);
        if (i > 1)
            snprintf(from, sizeof from, "%.4000s.%" PRId64, path, i - 1);
        else
            snprintf(from, sizeof from, "%.4000s", path);
        if (rename(from, to) != 0 && errno != ENOENT)
            return fail(file, "cannot rotate");
    }
    return GW_OK;
}

static int rotate_if_due(struct file *file)
{
    bool must_begin = is_moved(file);
    if (!must_begin && is_full(file)) {
        if (shift(file) != GW_OK)
            return GW_ERR_IO;
        must_begin = true;
    }
    if (!must_begin)
        return GW_OK;
    close_file(file);
    return open_file(file);
}

/* ---- records ---- */

static enum feed_answer take(void *driver, const struct feed_record *record)
{
    struct file *file = driver;
    if (file->out.n >= BATCH_BYTES || file->n == BATCH_RECORDS)
        return FEED_FULL;
    buf_slice(&file->out, record->bytes);
    buf_byte(&file->out, '\n');
    file->sequences[file->n++] = record->sequence;
    return FEED_TAKEN;
}

static int write_all(struct file *file)
{
    int result = write_whole(file->fd, buf_get(&file->out));
    return result == GW_OK && fdatasync(file->fd) == 0 ? GW_OK : GW_ERR_IO;
}

static void forget(struct file *file)
{
    if (file->size < file->forgotten) /* somebody emptied it */
        file->forgotten = 0;
    int64_t n = file->size - CACHED_BYTES - file->forgotten;
    if (n < FORGET_STEP)
        return;
    posix_fadvise(file->fd, file->forgotten, n, POSIX_FADV_DONTNEED);
    file->forgotten += n;
}

static enum feed_link flush(struct file *file)
{
    if (rotate_if_due(file) != GW_OK)
        return FEED_LINK_LOST;
    if (file->size == 0)
        file->begun_ms = clock_read(file->clock).wall_ms;
    if (write_all(file) != GW_OK) {
        fail(file, "cannot write");
        /* Half a batch is cut off: it is written again as a whole. If it cannot be cut off, the
           next open ends the torn line. */
        (void)!ftruncate(file->fd, file->size);
        return FEED_LINK_LOST;
    }
    file->size += (int64_t)file->out.n;
    forget(file);
    file->written_at = clock_read(file->clock).mono_ms;
    for (size_t i = 0; i < file->n; i++)
        file->host.acknowledged(file->host.context, file->sequences[i]);
    file->n = 0;
    buf_clear(&file->out);
    return FEED_LINK_UP;
}

static enum feed_link work(void *driver, int wake_fd, int timeout_ms)
{
    struct file *file = driver;
    struct pollfd fd = {.fd = wake_fd, .events = POLLIN};
    bool is_full_batch = file->out.n >= BATCH_BYTES || file->n == BATCH_RECORDS;
    int64_t due_ms = file->written_at + SYNC_MS - clock_read(file->clock).mono_ms;
    if (is_full_batch || (file->n && (due_ms <= 0 || wake_fd < 0)))
        return flush(file);
    if (file->n && timeout_ms > due_ms)
        timeout_ms = (int)due_ms;
    if (timeout_ms)
        poll(&fd, 1, timeout_ms);
    return FEED_LINK_UP;
}

const struct feed_driver feed_driver_file = {
    .kind = "file",
    .is_indifferent = true, /* a disk may be full for one, and not for a shorter one behind it */
    .check = check,
    .create = create,
    .destroy = destroy,
    .open = begin,
    .send = take,
    .poll = work,
    .close = drop,
};
