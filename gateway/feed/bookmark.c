/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a cursor is worth a sync. */
#include "gateway/feed/bookmark.h"

#include "gateway/base/error.h"

enum { KEEP_MS = 1000, KEEP_RECORDS = 10000, KEEP_LEAST_MS = 100, RETRY_MS = 30000 };

void feed_bookmark_init(struct feed_bookmark *mark, struct journal_reader *reader, int64_t now_ms)
{
    *mark = (struct feed_bookmark){
        .reader = reader, .kept = journal_reader_cursor(reader), .kept_ms = now_ms};
}

void feed_bookmark_keep(struct feed_bookmark *mark, uint64_t to, int64_t now_ms, bool is_last)
{
    int64_t waited_ms = now_ms - mark->kept_ms;
    bool is_due =
        waited_ms >= KEEP_MS || (to - mark->kept >= KEEP_RECORDS && waited_ms >= KEEP_LEAST_MS);
    if (to > mark->noted) {
        journal_reader_note(mark->reader, to);
        mark->noted = to;
    }
    if (to <= mark->kept || !(is_due || is_last))
        return;
    if (journal_reader_commit(mark->reader, to) == GW_OK) {
        mark->kept = to;
        mark->kept_ms = now_ms;
    } else {
        mark->kept_ms = now_ms + RETRY_MS; /* a restart repeats; the journal says why */
    }
}
