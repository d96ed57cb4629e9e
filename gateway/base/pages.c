/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file that is read once, in memory that goes back meanwhile. */
#include "gateway/base/pages.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"

int pages_read(struct pages *pages, int fd)
{
    struct stat stat;
    *pages = (struct pages){0};
    if (fstat(fd, &stat))
        return GW_ERR_IO;
    if (stat.st_size <= 0)
        return GW_ERR_DAMAGED;
    size_t wanted = (size_t)stat.st_size, n = 0;
    char *bytes = mmap(NULL, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED)
        gw_die_no_memory(wanted);
    while (n < wanted) {
        ssize_t got = read(fd, bytes + n, wanted - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            munmap(bytes, wanted);
            return got < 0 ? GW_ERR_IO : GW_ERR_DAMAGED;
        }
        n += (size_t)got;
    }
    *pages = (struct pages){.bytes = bytes, .n = wanted};
    return GW_OK;
}

void pages_pass(struct pages *pages, const void *byte)
{
    if (!pages->bytes)
        return;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t read = (size_t)((const char *)byte - pages->bytes) / page * page;
    if (read <= pages->passed)
        return;
    madvise(pages->bytes + pages->passed, read - pages->passed, MADV_DONTNEED);
    pages->passed = read;
}

void pages_free(struct pages *pages)
{
    if (pages->bytes)
        munmap(pages->bytes, pages->n);
    *pages = (struct pages){0};
}
