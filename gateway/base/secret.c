/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Secrets from files. */
#include "gateway/base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *secret_read(const char *path, struct arena *arena, bool *is_exposed, struct buf *error)
{
    char bytes[1024];
    struct stat status;

    *is_exposed = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) != 0) {
        buf_printf(error, "cannot read '%s': %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    ssize_t n =
        S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode) ? read(fd, bytes, sizeof bytes) : -1;
    close(fd);
    if (n < 0) {
        buf_printf(error, "'%s' is no file that holds a secret", path);
        return NULL;
    }
    *is_exposed = (status.st_mode & S_IROTH) != 0;

    struct slice line = slice_of(bytes, (size_t)n);
    line = slice_head(line, slice_find(line, '\n'));
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    const char *text = NULL;
    if (!line.n)
        buf_printf(error, "'%s' is empty; its first line must be the secret", path);
    else if (line.n == sizeof bytes || memchr(line.p, '\0', line.n))
        buf_printf(error, "the first line of '%s' is no secret: too long, or with a NUL", path);
    else
        text = arena_text(arena, line);
    secret_wipe(bytes, sizeof bytes);
    return text;
}

bool secret_is_same(struct slice sent, struct slice secret)
{
    unsigned char difference = sent.n != secret.n;
    for (size_t i = 0; i < sent.n; i++)
        difference |= (unsigned char)(sent.p[i] ^ (secret.n ? secret.p[i % secret.n] : 0));
    return difference == 0;
}

void secret_wipe(void *p, size_t n)
{
    explicit_bzero(p, n);
}
