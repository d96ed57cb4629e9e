/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same words and numbers, in the agent's struct. */
#include "gateway/daemon/feed_rows.h"

#include <stdlib.h>

#include "gateway/base/arena.h"

void feed_rows_set(struct feed_rows *rows, struct feeds *feeds)
{
    atomic_store(&rows->feeds, feeds);
}

void feed_rows_set_outbox(struct feed_rows *rows, struct outbox *outbox)
{
    atomic_store(&rows->outbox, outbox);
}

void feed_rows_fini(struct feed_rows *rows)
{
    free(rows->rows);
    rows->rows = NULL;
}

size_t feed_rows_list(void *context, struct agent_feed *out, size_t max)
{
    struct feed_rows *rows = context;
    struct feeds *feeds = atomic_load(&rows->feeds);
    if (!feeds)
        return 0;
    if (!rows->rows)
        rows->rows = gw_alloc(AGENT_FEEDS_MAX * sizeof *rows->rows);
    size_t n = feeds_list(feeds, rows->rows, max < AGENT_FEEDS_MAX ? max : AGENT_FEEDS_MAX);
    for (size_t i = 0; i < n; i++) {
        const struct feed_row *row = &rows->rows[i];
        out[i] = (struct agent_feed){
            .name = row->name,
            .target = row->target,
            .state = row->state,
            .backlog_records = row->backlog_records,
            .backlog_s = row->backlog_s,
            .sent = row->counters.sent,
            .resent = row->counters.resent,
            .acknowledged = row->counters.acked,
            .refused = row->counters.refused,
            .trouble = row->trouble,
        };
    }
    return n;
}

enum kpi_state feed_rows_state(void *context, struct buf *who, char *reason, size_t size)
{
    struct feed_rows *rows = context;
    struct feeds *feeds = atomic_load(&rows->feeds);
    struct outbox *outbox = atomic_load(&rows->outbox);
    enum kpi_state state = feeds ? feeds_state(feeds, who, reason, size) : KPI_OK;
    bool is_fine = state == KPI_OK;
    enum kpi_state other =
        outbox ? outbox_state(outbox, who, is_fine ? reason : NULL, is_fine ? size : 0) : KPI_OK;
    return kpi_state_worse(state, other);
}
