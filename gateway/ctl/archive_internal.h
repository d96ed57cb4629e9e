/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_ARCHIVE_INTERNAL_H
#define GATEWAY_CTL_ARCHIVE_INTERNAL_H

#include "gateway/ctl/archive.h"

/** What archive.c and unpack.c share: the tar header and small steps. */
enum { TAR_BLOCK = 512 };
#define TAR_SIZE_MAX ((INT64_C(1) << 33) - 1)

struct tar_header {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8];
    char type, link[100], magic[8], user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};

/* The sum of its bytes, the checksum's own taken as blanks. */
static inline unsigned tar_checksum(const struct tar_header *header)
{
    const unsigned char *p = (const unsigned char *)header;
    unsigned sum = 0;
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += i >= offsetof(struct tar_header, checksum) && i < offsetof(struct tar_header, type)
                   ? ' '
                   : p[i];
    return sum;
}
static inline int64_t tar_padding(int64_t size)
{
    return (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
}

/* False, with what, name and errno in trouble. */
bool archive_fail(struct archive *archive, const char *what, const char *name);
struct archive_entry *archive_add(struct archive *archive, const char *name, int64_t size);
bool archive_make_parents(int dir_fd, const char *name, int owner_fd);
/* To the owner of owner_fd, when we are root and there is one (-1: none). */
void archive_give(int dir_fd, const char *name, int owner_fd);
/* The folders of all entries, and dir_fd. */
bool archive_sync_folders(struct archive *archive, int dir_fd);

#endif
