/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_ARCHIVE_H
#define GATEWAY_CTL_ARCHIVE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/slice.h"

/**
 * A backup on disk: a folder of files, or a tar file (POSIX ustar) of the same. Names are relative,
 * "journal/cursors/kpi": letters, digits, '.', '_', '-' in each part, no part begins with '.', at
 * most ARCHIVE_NAME_MAX - 1 bytes. Written beside its name and renamed at the end, so that half a
 * backup never has it.
 */
enum { ARCHIVE_NAME_MAX = 100, ARCHIVE_FILES_MAX = 1000000 };

bool archive_name_is_valid(const char *name);

struct archive_entry {
    char *name;
    char *origin; /* the path it was copied from, when that tells something; NULL */
    int64_t size;
    uint32_t crc; /* CRC-32C */
};

struct archive {
    bool is_tar;
    char path[PATH_MAX], partial[PATH_MAX];
    int fd;      /* the tar file, or the folder */
    int file_fd; /* being written: the tar file, or one in the folder; -1: a link */
    int64_t left;
    struct archive_entry *entries;
    size_t n, cap;
    char trouble[PATH_MAX + 128]; /* why the last call failed, in words */
};

/* path: ends in .tar, or a folder; neither may exist. False: trouble says why. */
bool archive_create(struct archive *archive, const char *path);
/* Begin a file of exactly size bytes. origin: kept for the manifest, or NULL. */
bool archive_begin(struct archive *archive, const char *name, int64_t size, const char *origin);
/* The same, but the file is made a hard link of dir_fd/from where that is possible; what is written
   then only goes into the CRC. Folders only. */
bool archive_begin_link(struct archive *archive, const char *name, int64_t size, int dir_fd,
                        const char *from);
bool archive_write(struct archive *archive, struct slice bytes);
bool archive_end(struct archive *archive);
/* Everything on disk, under its name. */
bool archive_finish(struct archive *archive);
/* Frees; takes away what archive_finish() did not finish. */
void archive_close(struct archive *archive);

/**
 * Unpack what archive_create() made into folder dir_fd, computing sizes and CRCs on the way. The
 * input may be hostile: names are checked, no link is followed, nothing is overwritten. owner_fd:
 * as root, the files get the owner of this. on_bytes may be NULL. False: trouble says why.
 */
bool archive_unpack(struct archive *archive, const char *path, int dir_fd, int owner_fd,
                    void (*on_bytes)(void *context, int64_t bytes), void *context);
/* By name; NULL: none. */
const struct archive_entry *archive_find(const struct archive *archive, const char *name);

#endif
