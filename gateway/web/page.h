/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_WEB_PAGE_H
#define GATEWAY_WEB_PAGE_H

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"

/**
 * The status page's own files: data that is read once, served as it is. Nothing of a message is
 * ever in them: the script asks for that as JSON and shows it as text.
 */
struct page_files;

/* dir: the folder "page" of the data. What cannot be read is said in the log, and is not served. */
struct page_files *page_files_load(const char *dir);
void page_files_free(struct page_files *files);

/* NULL: no page of ours has this path; else its media type, and its bytes in body. */
const char *page_files_get(const struct page_files *files, const char *path, struct slice *body);

#endif
