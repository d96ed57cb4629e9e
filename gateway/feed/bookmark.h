/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_FEED_BOOKMARK_H
#define GATEWAY_FEED_BOOKMARK_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/journal/journal.h"

/**
 * How far a target has come, as its reader's cursor says it: noted at once, which costs no sync, so
 * that a kill repeats no more than a batch; kept on the disk once a second, sooner after many
 * records.
 */
struct feed_bookmark {
    struct journal_reader *reader; /* borrowed */
    uint64_t kept, noted;
    int64_t kept_ms; /* monotonic; when it was kept last, or is to be tried again */
};

/* Where the reader's cursor stands. */
void feed_bookmark_init(struct feed_bookmark *mark, struct journal_reader *reader, int64_t now_ms);
/* Everything up to `to` is settled. is_last: there will be no other call. */
void feed_bookmark_keep(struct feed_bookmark *mark, uint64_t to, int64_t now_ms, bool is_last);

#endif
