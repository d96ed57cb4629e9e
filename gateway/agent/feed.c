/* SPDX-License-Identifier: GPL-3.0-or-later */
/* eogFeedTable: targets that records are forwarded to, as the room feed tells through a callback.
 */
#include "gateway/agent/agent_internal.h"

#include <stdlib.h>

static const uint32_t base[] = {EOG_TABLE_BASE(EOG_GROUP_FEED)};

static int compare(const void *a, const void *b)
{
    const struct agent_feed *x = a, *y = b;
    return snapshot_compare_scope(x->name, y->name);
}

static const struct agent_view *view_of(const void *context)
{
    struct agent_view *view = (struct agent_view *)(uintptr_t)context;
    if (!view->has_feeds) {
        size_t n = view->list_feeds
                       ? view->list_feeds(view->feeds_context, view->feeds, AGENT_FEEDS_MAX)
                       : 0;
        qsort(view->feeds, n, sizeof *view->feeds, compare);
        view->n_feeds = n;
        view->has_feeds = true;
    }
    return view;
}

static size_t count(const void *context)
{
    return view_of(context)->n_feeds;
}

static size_t index_of(const void *context, size_t i, uint32_t *arcs)
{
    return gwsnmp_index_text(arcs, GWSNMP_INDEX_MAX, slice_from(view_of(context)->feeds[i].name));
}

static bool cell(const void *context, size_t i, uint32_t column, struct gwsnmp_value *out)
{
    const struct agent_feed *row = &view_of(context)->feeds[i];

    switch (column) {
    case EOG_FEED_TARGET:
        agent_set_text(out, row->target);
        return true;
    case EOG_FEED_STATE:
        agent_set_state(out, row->state);
        return true;
    case EOG_FEED_BACKLOG_RECORDS:
        gwsnmp_set_gauge(out, row->backlog_records);
        return true;
    case EOG_FEED_BACKLOG_AGE:
        gwsnmp_set_gauge(out, row->backlog_s);
        return true;
    case EOG_FEED_SENT:
        gwsnmp_set_counter64(out, row->sent);
        return true;
    case EOG_FEED_RESENT:
        gwsnmp_set_counter64(out, row->resent);
        return true;
    case EOG_FEED_ACKNOWLEDGED:
        gwsnmp_set_counter64(out, row->acknowledged);
        return true;
    case EOG_FEED_REFUSED:
        gwsnmp_set_counter64(out, row->refused);
        return true;
    case EOG_FEED_TROUBLE:
        agent_set_text(out, row->trouble);
        return true;
    }
    return false;
}

const struct gwsnmp_group agent_group_feed = {
    .base = base,
    .n_base = AGENT_COUNT(base),
    .table = {EOG_FEED_TARGET, EOG_FEED_TROUBLE, count, index_of, cell},
};
