/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_WEB_METRICS_H
#define GATEWAY_WEB_METRICS_H

#include "gateway/agent/agent.h"
#include "gateway/base/buf.h"
#include "gateway/feed/feed.h"
#include "gateway/journal/journal.h"
#include "gateway/kpi/core.h"
#include "gateway/kpi/snapshot.h"
#include "gateway/outbox/outbox.h"
#include "gateway/outbox/postbox.h"
#include "gateway/report/schedule.h"
#include "gateway/stats/stats.h"
#include "gateway/store/store.h"
#include "gateway/web/exposition.h"

/**
 * Everything the counters, the journal, the feeds, the sinks and the published snapshot say, as
 * metrics: what `eogctl status` and the MIB read, read from the same places. Nothing is computed
 * that they do not have, nothing waits for more than a short lock of theirs.
 *
 * Label sets are bounded: of the indicators' rows METRICS_KPIS_MAX, the worst states first; of
 * sources, products and SNMP engines the first ones. eog_metrics_left_out{table} says how many
 * rows did not come; sums (eog_kpi_scopes, eog_intake_...) have them all.
 */
enum {
    METRICS_KPIS_MAX = 2000,
    METRICS_SOURCES_MAX = 500,
    METRICS_PRODUCTS_MAX = 500,
    METRICS_ENGINES_MAX = 200
};

struct metrics_sources {
    const char *gateway_id, *version;
    int64_t started_ms;
    struct journal *journal;
    struct snapshot_board *board;
    struct kpi_core *core;
    struct stats *stats;
    struct agent *agent;
    struct feeds *feeds;
    struct store *store;                   /* NULL: switched off */
    struct outbox *outbox;                 /* NULL: none */
    struct schedule *schedule;             /* NULL: none; of reports */
    struct postbox *postbox;               /* NULL: none; their letters */
    uint64_t (*generation)(void *context); /* of the rules; any thread */
    void *context;
};

/* Any thread; whoever has opened a page on out ends it. */
void metrics_write(const struct metrics_sources *from, struct exposition *e);

#endif
