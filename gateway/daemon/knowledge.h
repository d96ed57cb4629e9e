/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_KNOWLEDGE_H
#define GATEWAY_DAEMON_KNOWLEDGE_H

#include "gateway/base/buf.h"
#include "gateway/base/diag.h"
#include "gateway/daemon/rules.h"
#include "gateway/journal/journal.h"
#include "gateway/kpi/record.h"
#include "gateway/store/fill.h"

/**
 * What the indicator engine must know beside records: catalogue, watchlist, inventory, settings.
 * The engine reads nothing but the journal, so each is read and checked here, then appended as a
 * record.
 */
struct knowledge {
    struct buf text[KPI_LOADS];
    char *file[KPI_LOADS]; /* NULL: none configured */
    size_t watch_entries;  /* of the configured watchlist */
};

/* Read and check all; every mistake in diag. Free also after a failure. */
int knowledge_load(const struct rules *rules, const char *data_dir, struct diag *diag,
                   struct knowledge *out);
void knowledge_free(struct knowledge *knowledge);
/* Wait until the journal has room for them, some seconds at most: GW_OK; GW_ERR_BUSY; GW_ERR_IO:
   the disk refuses. */
int knowledge_await_room(struct journal *journal);
/* Append all as records, or none; the engine ignores one whose hash it has already. gateway_id: the
   one in force, which a reload does not change. */
int knowledge_append(const struct knowledge *knowledge, const struct rules *rules,
                     const char *gateway_id, struct journal *journal, int64_t now_ms);

/* store_sites_fn: the sites and zones of a settings record. */
int knowledge_read_sites(struct slice settings, struct arena *arena, struct store_site **sites);

#endif
