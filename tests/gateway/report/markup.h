/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_GATEWAY_REPORT_MARKUP_H
#define TESTS_GATEWAY_REPORT_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"

/** A page of a report, read strictly: open elements, and every tag with the names of its
    attributes, one behind the other. */
struct markup {
    struct slice open[32];
    size_t depth;
    struct buf skeleton;
    bool is_broken; /* an element, attribute or entity that is none of ours, or not closed */
};

/* m: zeroed; its skeleton is the caller's to free. */
void markup_read(const char *page, struct markup *m);

#endif
