/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing a backup: a folder, or a tar file. Source of the header: POSIX.1-2017, pax, "ustar". */
#include "gateway/ctl/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/crc32c.h"
#include "gateway/base/error.h"
#include "gateway/base/write.h"
#include "gateway/ctl/archive_internal.h"

bool archive_name_is_valid(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n >= ARCHIVE_NAME_MAX || name[0] == '.' || name[n - 1] == '/')
        return false;
    for (size_t i = 0; i < n; i++) {
        bool is_word = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= 'A' && name[i] <= 'Z') ||
                       (name[i] >= '0' && name[i] <= '9') || strchr("._-", name[i]);
        bool is_slash = name[i] == '/' && i > 0 && name[i + 1] != '.' && name[i + 1] != '/';
        if (!is_word && !is_slash)
            return false;
    }
    return true;
}

bool archive_fail(struct archive *archive, const char *what, const char *name)
{
    snprintf(archive->trouble, sizeof archive->trouble, "%s%s%s: %s", what, *name ? " " : "", name,
             strerror(errno));
    return false;
}

struct archive_entry *archive_add(struct archive *archive, const char *name, int64_t size)
{
    if (archive->n == archive->cap) {
        archive->cap = archive->cap ? archive->cap * 2 : 64;
        archive->entries = gw_realloc(archive->entries, archive->cap * sizeof *archive->entries);
    }
    struct archive_entry *entry = &archive->entries[archive->n++];
    *entry = (struct archive_entry){.name = gw_strdup(name), .size = size};
    return entry;
}

bool archive_make_parents(int dir_fd, const char *name, int owner_fd)
{
    char parent[ARCHIVE_NAME_MAX];
    for (const char *slash = name; (slash = strchr(slash, '/')); slash++) {
        snprintf(parent, sizeof parent, "%.*s", (int)(slash - name), name);
        if (mkdirat(dir_fd, parent, 0700) == 0)
            archive_give(dir_fd, parent, owner_fd);
        else if (errno != EEXIST)
            return false;
    }
    return true;
}

void archive_give(int dir_fd, const char *name, int owner_fd)
{
    struct stat owner;
    if (owner_fd >= 0 && geteuid() == 0 && fstat(owner_fd, &owner) == 0 &&
        fchownat(dir_fd, name, owner.st_uid, owner.st_gid, AT_SYMLINK_NOFOLLOW) != 0)
        fprintf(stderr, "eogctl: %s: its owner cannot be set: %s\n", name, strerror(errno));
}

bool archive_create(struct archive *archive, const char *path)
{
    size_t n = strlen(path);
    *archive = (struct archive){.fd = -1, .file_fd = -1};
    while (n > 1 && path[n - 1] == '/')
        n--;
    archive->is_tar = n > 4 && memcmp(path + n - 4, ".tar", 4) == 0;
    if (snprintf(archive->path, PATH_MAX, "%.*s", (int)n, path) >= PATH_MAX - 16) {
        errno = ENAMETOOLONG;
        return archive_fail(archive, "cannot make", "a backup of this name");
    }
    snprintf(archive->partial, PATH_MAX, "%.4000s.partial", archive->path);
    errno = EEXIST;
    if (access(archive->path, F_OK) == 0)
        return archive_fail(archive, "cannot make", archive->path);
    if (archive->is_tar)
        archive->fd =
            open(archive->partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    else if (mkdir(archive->partial, 0700) == 0)
        archive->fd = open(archive->partial, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    return archive->fd >= 0 || archive_fail(archive, "cannot make", archive->partial);
}

static bool write_header(struct archive *archive, const char *name, int64_t size)
{
    struct tar_header header;
    memset(&header, 0, sizeof header);
    memcpy(header.name, name, strlen(name)); /* valid, so it fits */
    snprintf(header.mode, sizeof header.mode, "0000600");
    snprintf(header.uid, sizeof header.uid, "0000000");
    snprintf(header.gid, sizeof header.gid, "0000000");
    snprintf(header.size, sizeof header.size, "%011llo", (unsigned long long)size);
    snprintf(header.mtime, sizeof header.mtime, "%011llo", (unsigned long long)time(NULL));
    header.type = '0';
    memcpy(header.magic,
           "ustar\0"
           "00",
           8);
    snprintf(header.checksum, sizeof header.checksum, "%06o", tar_checksum(&header));
    header.checksum[7] = ' ';
    return write_whole(archive->fd, slice_of((const char *)&header, sizeof header)) == GW_OK ||
           archive_fail(archive, "cannot write", archive->partial);
}

static bool begin(struct archive *archive, const char *name, int64_t size, const char *origin)
{
    errno = EINVAL;
    if (!archive_name_is_valid(name) || size < 0 || size > TAR_SIZE_MAX ||
        archive->n == ARCHIVE_FILES_MAX)
        return archive_fail(archive, "cannot keep", name);
    struct archive_entry *entry = archive_add(archive, name, size);
    entry->origin = origin ? gw_strdup(origin) : NULL;
    archive->left = size;
    return true;
}

bool archive_begin(struct archive *archive, const char *name, int64_t size, const char *origin)
{
    if (!begin(archive, name, size, origin))
        return false;
    if (archive->is_tar) {
        archive->file_fd = archive->fd;
        return write_header(archive, name, size);
    }
    archive->file_fd = -1;
    if (archive_make_parents(archive->fd, name, -1))
        archive->file_fd =
            openat(archive->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return archive->file_fd >= 0 || archive_fail(archive, "cannot make", name);
}

bool archive_begin_link(struct archive *archive, const char *name, int64_t size, int dir_fd,
                        const char *from)
{
    if (archive->is_tar || !archive_make_parents(archive->fd, name, -1) ||
        linkat(dir_fd, from, archive->fd, name, 0) != 0)
        return archive_begin(archive, name, size, NULL);
    archive->file_fd = -1;
    return begin(archive, name, size, NULL);
}

bool archive_write(struct archive *archive, struct slice bytes)
{
    struct archive_entry *entry = &archive->entries[archive->n - 1];
    errno = EFBIG;
    if ((int64_t)bytes.n > archive->left)
        return archive_fail(archive, "it grew while it was read:", entry->name);
    entry->crc = crc32c(entry->crc, bytes.p, bytes.n);
    archive->left -= (int64_t)bytes.n;
    return archive->file_fd < 0 || write_whole(archive->file_fd, bytes) == GW_OK ||
           archive_fail(archive, "cannot write", entry->name);
}

static bool pad(struct archive *archive, int64_t size)
{
    static const char zeros[2 * TAR_BLOCK];
    return write_whole(archive->fd, slice_of(zeros, (size_t)size)) == GW_OK ||
           archive_fail(archive, "cannot write", archive->partial);
}

bool archive_end(struct archive *archive)
{
    const struct archive_entry *entry = &archive->entries[archive->n - 1];
    errno = ENODATA;
    if (archive->left)
        return archive_fail(archive, "it shrank while it was read:", entry->name);
    if (archive->is_tar)
        return pad(archive, tar_padding(entry->size));
    if (archive->file_fd < 0)
        return true;
    bool is_synced = fsync(archive->file_fd) == 0;
    int why = errno;
    close(archive->file_fd);
    archive->file_fd = -1;
    errno = why;
    return is_synced || archive_fail(archive, "cannot write", entry->name);
}

static int sync_folder(int dir_fd, const char *name)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = fd >= 0 ? fsync(fd) : -1;
    if (fd >= 0)
        close(fd);
    return result;
}

bool archive_sync_folders(struct archive *archive, int dir_fd)
{
    char parent[ARCHIVE_NAME_MAX];
    for (size_t i = 0; i < archive->n && !archive->is_tar; i++) {
        snprintf(parent, sizeof parent, "%s", archive->entries[i].name);
        for (char *slash; (slash = strrchr(parent, '/'));) {
            *slash = '\0';
            bool is_last = i + 1 == archive->n ||
                           strncmp(archive->entries[i + 1].name, parent, strlen(parent)) != 0;
            if (is_last && sync_folder(dir_fd, parent) != 0)
                return archive_fail(archive, "cannot sync", parent);
        }
    }
    return fsync(dir_fd) == 0 || archive_fail(archive, "cannot sync", archive->partial);
}

bool archive_finish(struct archive *archive)
{
    if (archive->is_tar && !pad(archive, 2 * TAR_BLOCK))
        return false;
    if (!archive_sync_folders(archive, archive->fd)) /* of a tar file: itself */
        return false;
    if (rename(archive->partial, archive->path) != 0)
        return archive_fail(archive, "cannot name it", archive->path);
    archive->partial[0] = '\0';
    char parent[PATH_MAX];
    snprintf(parent, sizeof parent, "%s", archive->path);
    char *slash = strrchr(parent, '/');
    if (slash)
        slash[slash == parent] = '\0';
    return sync_folder(AT_FDCWD, slash ? parent : ".") == 0 ||
           archive_fail(archive, "cannot sync the folder of", archive->path);
}

static void remove_entries(struct archive *archive)
{
    char parent[ARCHIVE_NAME_MAX];
    for (size_t i = archive->n; i > 0; i--) {
        snprintf(parent, sizeof parent, "%s", archive->entries[i - 1].name);
        unlinkat(archive->fd, parent, 0);
        for (char *slash; (slash = strrchr(parent, '/'));) {
            *slash = '\0';
            unlinkat(archive->fd, parent, AT_REMOVEDIR); /* fails until it is empty */
        }
    }
}

static void remove_partial(struct archive *archive)
{
    if (archive->is_tar) {
        unlink(archive->partial);
        return;
    }
    remove_entries(archive);
    rmdir(archive->partial);
}

void archive_close(struct archive *archive)
{
    if (archive->partial[0] && archive->fd >= 0)
        remove_partial(archive);
    if (archive->file_fd >= 0 && archive->file_fd != archive->fd)
        close(archive->file_fd);
    if (archive->fd >= 0)
        close(archive->fd);
    for (size_t i = 0; i < archive->n; i++) {
        free(archive->entries[i].name);
        free(archive->entries[i].origin);
    }
    free(archive->entries);
    *archive = (struct archive){.fd = -1, .file_fd = -1};
}

const struct archive_entry *archive_find(const struct archive *archive, const char *name)
{
    for (size_t i = 0; i < archive->n; i++)
        if (strcmp(archive->entries[i].name, name) == 0)
            return &archive->entries[i];
    return NULL;
}
