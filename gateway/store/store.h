/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_STORE_STORE_H
#define GATEWAY_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/clock.h"
#include "gateway/journal/journal.h"
#include "gateway/store/fill.h"
#include "gateway/store/settings.h"

/**
 * The store's thread: a reader of the journal (cursor "store") that fills state/store.db, a
 * transaction a second or so many records. Nobody waits for it: while the database is locked, full
 * or not to be written, its records wait in the journal, and the status says so. A database that is
 * damaged or of another journal is set aside (store.db.damaged, store.db.other) and filled anew
 * from the oldest record kept; one of a newer format is left alone and not filled.
 *
 * The place in the journal is written after the transaction that holds the same: it tells
 * retention, and is never ahead. Where reading goes on after a start the database says.
 */
struct store;

struct store_options {
    const char *state_dir; /* borrowed during store_start() */
    const struct store_section *section;
    struct journal *journal;
    const struct clock *clock;
    store_sites_fn *read_sites;
};

/* GW_OK, and *out NULL when it is switched off: then the journal keeps nothing for it. Else
   GW_ERR_IO: no thread. */
int store_start(const struct store_options *options, struct store **out);
/* Commits what was read. NULL is fine. */
void store_stop(struct store *store);

/* Sets the database aside (store.db.old) and fills it anew from the oldest record kept. It is done
   by the thread, soon. Thread-safe. */
void store_rebuild(struct store *store);

/** The numbers of enum kpi_state. */
enum store_state { STORE_OK, STORE_WARNING, STORE_CRITICAL };

struct store_status {
    enum store_state state;
    bool is_filling;          /* it has not come to the journal's end since it was made */
    uint64_t cursor;          /* the last record that is in it */
    uint64_t backlog_records; /* in the journal behind that */
    uint64_t records;         /* read since the start */
    uint64_t commits;         /* since the start */
    uint64_t rebuilds;        /* since the start, asked for or not */
    int64_t committed_ms;     /* wall clock; 0: not yet since the start */
    int64_t bytes;
    struct store_fill_figures figures;
    char trouble[200];  /* why nothing is written now; empty: all is well */
    int64_t trouble_ms; /* since when, wall clock */
};
/* Thread-safe. NULL: false, it is switched off. */
bool store_get_status(struct store *store, struct store_status *out);

#endif
