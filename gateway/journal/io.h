/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_JOURNAL_IO_H
#define GATEWAY_JOURNAL_IO_H

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * The system calls that the journal's promises rest on, as a table: tests put failures, crash
 * points and a power-loss recorder in their place. Every call returns as the system call does and
 * sets errno; names are relative to dirfd. May be called from the writer and from readers at once.
 */
struct journal_io {
    void *context;
    int (*open)(void *context, int dirfd, const char *name, int flags, int mode);
    int (*close)(void *context, int fd);
    ssize_t (*pread)(void *context, int fd, void *p, size_t n, int64_t offset);
    ssize_t (*pwrite)(void *context, int fd, const void *p, size_t n, int64_t offset);
    int (*datasync)(void *context, int fd);
    int (*sync_dir)(void *context, int fd); /* fsync: fdatasync may skip new directory entries */
    int (*truncate)(void *context, int fd, int64_t size);
    int (*reserve)(void *context, int fd, int64_t size); /* blocks ahead; the size stays */
    /* Drop the first n bytes' clean cached pages; 0: all. */
    int (*forget)(void *context, int fd, int64_t n);
    int (*rename)(void *context, int dirfd, const char *from, const char *to);
    int (*unlink)(void *context, int dirfd, const char *name);
    /* A named moment between two steps; NULL outside tests. A test dies here. */
    void (*point)(void *context, const char *name);
};

extern const struct journal_io journal_io_system;

static inline void journal_crash_point(const struct journal_io *io, const char *name)
{
    if (io->point)
        io->point(io->context, name);
}

/* All n bytes, or a negative enum gw_error with errno set; partial writes are carried on. */
int journal_io_write(const struct journal_io *io, int fd, const void *p, size_t n, int64_t offset);
/* As many as there are up to n; fewer only at the end of the file. GW_ERR_IO with errno set. */
int journal_io_read(const struct journal_io *io, int fd, void *p, size_t n, int64_t offset,
                    size_t *got);
/* The names in an open folder, from the first one on; for closedir(). NULL: they cannot be read. */
DIR *journal_io_list(int dir_fd);

#endif
