/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of the status page, by the paths they are asked for. */
#include "gateway/web/page.h"

#include <string.h>

#include "gateway/web/page_bytes.h"

static const struct {
    const char *path, *type;
    const struct slice *body;
} files[] = {
    {"/", "text/html; charset=utf-8", &page_index},
    {"/page.css", "text/css; charset=utf-8", &page_style},
    {"/page.js", "text/javascript; charset=utf-8", &page_script},
    {"/words.js", "text/javascript; charset=utf-8", &page_words},
};

const char *page_find(const char *path, struct slice *body)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(files[i].path, path) == 0) {
            *body = *files[i].body;
            return files[i].type;
        }
    return NULL;
}
