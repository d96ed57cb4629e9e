/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a backup: each file is written below a folder of ours and nowhere else. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dirent.h>

#include "gateway/base/arena.h"
#include "gateway/base/crc32c.h"
#include "gateway/base/error.h"
#include "gateway/base/write.h"
#include "gateway/ctl/archive_internal.h"

enum { COPY_BYTES = 1024 * 1024, DEPTH_MAX = 4 };

struct unpacking {
    struct archive *archive;
    int dir_fd, owner_fd;
    void (*on_bytes)(void *context, int64_t bytes);
    void *context;
    int64_t done;
    char *buffer; /* COPY_BYTES */
};

static ssize_t read_some(int fd, char *p, size_t n)
{
    ssize_t got;
    do
        got = read(fd, p, n);
    while (got < 0 && errno == EINTR);
    return got;
}

/* The next size bytes of from_fd become the file of that name. */
static bool copy_file(struct unpacking *u, const char *name, int64_t size, int from_fd)
{
    struct archive *archive = u->archive;
    errno = EINVAL;
    if (!archive_name_is_valid(name) || archive->n == ARCHIVE_FILES_MAX)
        return archive_fail(archive, "this is no name of a backup's file:", name);
    int fd = -1;
    if (archive_make_parents(u->dir_fd, name, u->owner_fd))
        fd = openat(u->dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return archive_fail(archive, "cannot make", name);
    struct archive_entry *entry = archive_add(archive, name, size);
    bool ok = true;
    for (int64_t left = size; ok && left > 0;) {
        size_t want = left < COPY_BYTES ? (size_t)left : COPY_BYTES;
        ssize_t n = read_some(from_fd, u->buffer, want);
        if (n == 0)
            errno = ENODATA;
        ok = n > 0 && write_whole(fd, slice_of(u->buffer, (size_t)n)) == GW_OK;
        if (!ok)
            break;
        entry->crc = crc32c(entry->crc, u->buffer, (size_t)n);
        left -= n;
        u->done += n;
        if (u->on_bytes)
            u->on_bytes(u->context, u->done);
    }
    ok = ok && fsync(fd) == 0;
    int why = errno;
    close(fd);
    archive_give(u->dir_fd, name, u->owner_fd);
    errno = why;
    return ok || archive_fail(archive, "cannot copy", name);
}

/* ---- a folder ---- */

static bool unpack_folder(struct unpacking *u, int fd, const char *prefix, int depth);

static bool unpack_entry(struct unpacking *u, int fd, const char *prefix, const char *file,
                         int depth)
{
    char name[ARCHIVE_NAME_MAX * 2];
    struct stat stat;
    bool ok = false;
    snprintf(name, sizeof name, "%s%s%.*s", prefix, *prefix ? "/" : "", ARCHIVE_NAME_MAX, file);
    int entry = openat(fd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (entry < 0 || fstat(entry, &stat) != 0) {
        archive_fail(u->archive, "cannot read", name);
    } else if (S_ISDIR(stat.st_mode) && depth < DEPTH_MAX && archive_name_is_valid(name)) {
        return unpack_folder(u, entry, name, depth + 1); /* closes it */
    } else if (S_ISREG(stat.st_mode)) {
        ok = copy_file(u, name, stat.st_size, entry);
    } else {
        errno = EINVAL;
        archive_fail(u->archive, "this has no place in a backup:", name);
    }
    if (entry >= 0)
        close(entry);
    return ok;
}

static bool unpack_folder(struct unpacking *u, int fd, const char *prefix, int depth)
{
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return archive_fail(u->archive, "cannot read", prefix);
    }
    struct dirent *entry;
    bool ok = true;
    while (ok && (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            ok = unpack_entry(u, dirfd(dir), prefix, entry->d_name, depth);
    closedir(dir);
    return ok;
}

/* ---- a tar file ---- */

static bool read_block(struct unpacking *u, int fd, struct tar_header *out)
{
    size_t have = 0;
    while (have < TAR_BLOCK) {
        ssize_t n = read_some(fd, (char *)out + have, TAR_BLOCK - have);
        if (n <= 0) {
            if (n == 0)
                errno = ENODATA;
            return archive_fail(u->archive, "the backup ends too early", "");
        }
        have += (size_t)n;
    }
    return true;
}

/* Digits of base eight up to a blank or NUL; -1: none. */
static int64_t octal(const char *p, size_t n)
{
    int64_t value = 0;
    size_t i = 0;
    for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
        value = value * 8 + (p[i] - '0');
    return i == 0 || (i < n && p[i] != '\0' && p[i] != ' ') ? -1 : value;
}

static bool is_zero(const struct tar_header *header)
{
    const char *p = (const char *)header;
    for (size_t i = 0; i < TAR_BLOCK; i++)
        if (p[i])
            return false;
    return true;
}

static bool unpack_tar(struct unpacking *u, int fd)
{
    struct tar_header header, padding;
    for (;;) {
        char name[sizeof header.name + 1] = "";
        if (!read_block(u, fd, &header))
            return false;
        if (is_zero(&header))
            return true;
        int64_t size = octal(header.size, sizeof header.size);
        errno = EINVAL;
        if (memcmp(header.magic, "ustar", 5) != 0 || size < 0 || header.prefix[0] ||
            octal(header.checksum, sizeof header.checksum) != (int64_t)tar_checksum(&header))
            return archive_fail(u->archive, "this is no backup, or it is damaged", "");
        if (header.type == '5') /* a folder that somebody's tar put in */
            continue;
        memcpy(name, header.name, sizeof header.name);
        if (header.type != '0')
            return archive_fail(u->archive, "this has no place in a backup:", name);
        if (!copy_file(u, name, size, fd))
            return false;
        int64_t rest = tar_padding(size);
        if (rest && read_some(fd, (char *)&padding, (size_t)rest) != rest)
            return archive_fail(u->archive, "the backup ends too early", "");
    }
}

bool archive_unpack(struct archive *archive, const char *path, int dir_fd, int owner_fd,
                    void (*on_bytes)(void *context, int64_t bytes), void *context)
{
    struct unpacking u = {archive, dir_fd, owner_fd, on_bytes, context, 0, NULL};
    struct stat stat;
    *archive = (struct archive){.fd = -1, .file_fd = -1};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &stat) != 0) {
        archive_fail(archive, "cannot read", path);
        if (fd >= 0)
            close(fd);
        return false;
    }
    u.buffer = gw_alloc(COPY_BYTES);
    bool ok;
    if (S_ISDIR(stat.st_mode)) {
        ok = unpack_folder(&u, fd, "", 0);
    } else {
        ok = unpack_tar(&u, fd);
        close(fd);
    }
    free(u.buffer);
    return ok;
}
