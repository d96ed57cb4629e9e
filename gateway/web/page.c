/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of the status page, by the paths they are asked for. */
#include "gateway/web/page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/log.h"

enum { FILE_MAX = 256 * 1024 };

static const struct {
    const char *path, *file, *type;
} pages[] = {
    {"/", "index.html", "text/html; charset=utf-8"},
    {"/page.css", "page.css", "text/css; charset=utf-8"},
    {"/page.js", "page.js", "text/javascript; charset=utf-8"},
    {"/words.js", "words.js", "text/javascript; charset=utf-8"},
};
enum { N_PAGES = sizeof pages / sizeof *pages };

struct page_files {
    struct buf bodies[N_PAGES];
};

static bool read_whole(const char *path, struct buf *out)
{
    char bytes[16 * 1024];
    ssize_t n;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    while ((n = read(fd, bytes, sizeof bytes)) > 0 && out->n < FILE_MAX)
        buf_append(out, bytes, (size_t)n);
    int error = n > 0 ? EFBIG : errno;
    close(fd);
    errno = error;
    return n == 0;
}

struct page_files *page_files_load(const char *dir)
{
    struct page_files *files = gw_alloc(sizeof *files);
    for (size_t i = 0; i < N_PAGES; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%.4000s/%s", dir, pages[i].file);
        if (!read_whole(path, &files->bodies[i])) {
            log_error("web", "a file of the status page cannot be read file=%s reason=%s", path,
                      strerror(errno));
            buf_free(&files->bodies[i]);
        }
    }
    return files;
}

void page_files_free(struct page_files *files)
{
    for (size_t i = 0; files && i < N_PAGES; i++)
        buf_free(&files->bodies[i]);
    free(files);
}

const char *page_files_get(const struct page_files *files, const char *path, struct slice *body)
{
    for (size_t i = 0; i < N_PAGES; i++)
        if (strcmp(pages[i].path, path) == 0 && files->bodies[i].n) {
            *body = buf_get(&files->bodies[i]);
            return pages[i].type;
        }
    return NULL;
}
