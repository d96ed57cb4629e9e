/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_WEB_PAGE_H
#define GATEWAY_WEB_PAGE_H

#include "gateway/base/slice.h"

/**
 * The status page's own files (gateway/web/page/), built in and served as they are. Nothing of a
 * message is ever in them: the script asks for that as JSON and shows it as text.
 */

/* NULL: no file of ours has this path; else its media type, and its bytes in body. */
const char *page_find(const char *path, struct slice *body);

#endif
