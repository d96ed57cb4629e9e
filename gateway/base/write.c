/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing whole. */
#include "gateway/base/write.h"

#include <errno.h>
#include <unistd.h>

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
