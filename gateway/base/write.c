/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing whole; replacing a file. */
#include "gateway/base/write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"

int write_whole(int fd, struct slice bytes)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ENOSPC; /* POSIX leaves it open; no progress is no space */
        if (n <= 0)
            return GW_ERR_IO;
        bytes = slice_skip(bytes, (size_t)n);
    }
    return GW_OK;
}

/* out holds PATH_MAX. */
static bool name_beside(const char *path, char *out)
{
    int n = snprintf(out, PATH_MAX, "%s.new", path);
    if (n >= 0 && n < PATH_MAX)
        return true;
    errno = ENAMETOOLONG;
    return false;
}

/* errno of what failed first survives the cleaning up. */
static int give_up(const char *beside)
{
    int why = errno;
    unlink(beside);
    errno = why;
    return GW_ERR_IO;
}

int write_beside(const char *path, struct slice bytes)
{
    char beside[PATH_MAX];
    if (!name_beside(path, beside))
        return GW_ERR_IO;
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return GW_ERR_IO;
    bool is_fine = write_whole(fd, bytes) == GW_OK && fsync(fd) == 0;
    int why = errno;
    is_fine = close(fd) == 0 && is_fine;
    errno = why;
    return is_fine ? GW_OK : give_up(beside);
}

int write_adopt(const char *path)
{
    char beside[PATH_MAX];
    if (!name_beside(path, beside))
        return GW_ERR_IO;
    return rename(beside, path) == 0 ? write_sync_folder(path) : give_up(beside);
}

void write_forget(const char *path)
{
    char beside[PATH_MAX];
    if (name_beside(path, beside))
        unlink(beside);
}

int write_sync_folder(const char *path)
{
    char *folder = gw_strdup(path), *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder ? 1 : 0] = '\0';
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = fd < 0 || fsync(fd) ? GW_ERR_IO : GW_OK;
    int why = errno;
    if (fd >= 0)
        close(fd);
    free(folder);
    errno = why;
    return error;
}

void write_hold_standard(void)
{
    static const int useless[] = {O_WRONLY, O_RDONLY, O_RDONLY}; /* the lowest free one is taken */
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", useless[fd]) != fd)
            _exit(3); /* nobody could be told */
}

enum write_end write_end_output(const char *program)
{
    struct pollfd fd = {.fd = STDOUT_FILENO};
    bool has_failed = ferror(stdout) != 0;
    errno = 0;
    if (fflush(stdout) == 0 && !has_failed)
        return WRITE_ARRIVED;
    int why = errno;
    if (why == EPIPE || (poll(&fd, 1, 0) == 1 && (fd.revents & POLLERR)))
        return WRITE_UNREAD;
    fprintf(stderr, "%s: standard output: %s\n", program,
            why ? strerror(why) : "cannot be written");
    return WRITE_LOST;
}
