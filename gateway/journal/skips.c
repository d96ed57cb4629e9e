/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sequences left out on purpose. Written before the journal goes on behind them, never changed. */
#include "gateway/journal/skips.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/journal/journal_internal.h"

static int by_from(const void *a, const void *b)
{
    const struct skip *x = a, *y = b;
    return x->from < y->from ? -1 : x->from > y->from;
}

/* "00000000000000000001.skip" */
static bool parse_name(const char *name, uint64_t *from)
{
    char segment[FORMAT_NAME_MAX];
    if (strlen(name) != 25 || strcmp(name + 20, ".skip") != 0)
        return false;
    snprintf(segment, sizeof segment, "%.20s.seg", name);
    return format_parse_name(segment, from);
}

static int load_one(const struct journal_io *io, int dir_fd, const char *name, uint64_t epoch,
                    struct skip *out)
{
    struct format_cursor cursor = {0};
    int error = cursor_read(io, dir_fd, name, &cursor);
    if (error == GW_OK && (cursor.epoch != epoch || cursor.sequence < out->from))
        error = GW_ERR_DAMAGED;
    out->to = cursor.sequence;
    if (error != GW_OK)
        log_error("journal", "%s cannot be used: %s; restore the backup again", name,
                  gw_error_text(error));
    return error;
}

int skips_load(const struct journal_io *io, int dir_fd, uint64_t epoch, struct skip *out, size_t *n)
{
    *n = 0;
    int error = GW_OK;
    DIR *dir = journal_io_list(dir_fd);
    if (!dir)
        return GW_ERR_IO;
    struct dirent *entry;
    while (error == GW_OK && (entry = readdir(dir))) {
        struct skip skip;
        if (!parse_name(entry->d_name, &skip.from))
            continue;
        error = *n == SKIPS_MAX ? GW_ERR_FULL : load_one(io, dir_fd, entry->d_name, epoch, &skip);
        if (error == GW_OK)
            out[(*n)++] = skip;
    }
    closedir(dir);
    qsort(out, *n, sizeof *out, by_from);
    return error;
}

void skips_trim(const struct skip *skips, size_t n, uint64_t *from, uint64_t *to)
{
    for (size_t i = 0; i < n; i++)
        if (skips[i].from <= *from && *from <= skips[i].to)
            *from = skips[i].to + 1;
    for (size_t i = n; i > 0 && *from <= *to; i--)
        if (skips[i - 1].from <= *to && *to <= skips[i - 1].to)
            *to = skips[i - 1].from - 1;
}

static int write_skip(int dir_fd, const char *name, const uint8_t *bytes)
{
    const struct journal_io *io = &journal_io_system;
    int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST ? GW_ERR_EXISTS : GW_ERR_IO;
    int error = journal_io_write(io, fd, bytes, FORMAT_CURSOR_BYTES, 0);
    if (error == GW_OK && (fsync(fd) != 0 || fsync(dir_fd) != 0))
        error = GW_ERR_IO;
    close(fd);
    return error;
}

int journal_skip(const char *dir, const char *epoch, uint64_t from, uint64_t to)
{
    uint8_t bytes[FORMAT_CURSOR_BYTES];
    char name[FORMAT_NAME_MAX];
    struct format_cursor cursor = {strtoull(epoch, NULL, 16), to,
                                   clock_read(&clock_system).wall_ms};
    if (from == 0 || from > to || cursor.epoch == 0)
        return GW_ERR_INVALID;
    format_put_cursor(&cursor, bytes);
    snprintf(name, sizeof name, "%020" PRIu64 ".skip", from);
    int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0)
        return GW_ERR_NOT_FOUND;
    int error = write_skip(dir_fd, name, bytes);
    close(dir_fd);
    return error;
}
