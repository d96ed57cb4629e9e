/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_WEB_PAGE_BYTES_H
#define GATEWAY_WEB_PAGE_BYTES_H

#include "gateway/base/slice.h"

/* The files under gateway/web/page/, whole; page/embed.sh makes the source of them. */
extern const struct slice page_index, page_style, page_script, page_words;

#endif
