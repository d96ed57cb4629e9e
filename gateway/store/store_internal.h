/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_STORE_STORE_INTERNAL_H
#define GATEWAY_STORE_STORE_INTERNAL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/map.h"
#include "gateway/base/zone.h"
#include "gateway/store/fact.h"
#include "gateway/store/file.h"
#include "gateway/store/fill.h"
#include "gateway/store/memo.h"
#include "gateway/store/pack.h"
#include "gateway/store/read.h"
#include "gateway/store/seen.h"

enum { STORE_FORMAT = 2, STORE_APPLICATION = 0x656f6773, STORE_TROUBLE_MAX = 200 };

/**
 * A connection. The first failure sticks: what is asked after it does nothing, and the caller looks
 * at db->result once, at the end.
 */
struct store_db {
    sqlite3 *sqlite;
    struct map *statements; /* by their text */
    int result;             /* GW_OK or what failed first */
    char trouble[STORE_TROUBLE_MAX];
};

/**
 * has_writer: made when it is not there. GW_OK; GW_ERR_NOT_FOUND; GW_ERR_VERSION: of a newer
 * format; GW_ERR_DAMAGED: no database, or not one of ours; GW_ERR_BUSY; GW_ERR_IO. Close it in
 * every case.
 */
int store_db_open(struct store_db *db, const char *path, bool has_writer);
void store_db_close(struct store_db *db);
void store_db_exec(struct store_db *db, const char *sql);
/* False, with the first failure kept, when SQLite's code is one. */
bool store_db_note(struct store_db *db, int sqlite_code);
/* What SQLite holds whole makes no sense: GW_ERR_DAMAGED. */
void store_db_damaged(struct store_db *db, const char *what);

/**
 * Run a statement, which is kept by its text, a constant: types has a letter for each parameter,
 * i: int64_t, t: const char * (NULL is SQL's), b: struct slice, n: nothing, NULL. True: a row is
 * there, to be read by sqlite3_column_ from *row; store_db_next() goes on, store_db_done() ends it
 * early.
 */
bool store_db_row(struct store_db *db, sqlite3_stmt **row, const char *sql, const char *types, ...);
bool store_db_next(struct store_db *db, sqlite3_stmt *row);
void store_db_done(sqlite3_stmt *row);
/* A row's text, cut to size; "" for NULL. */
void store_db_copy(sqlite3_stmt *row, int column, char *out, size_t size);
/* A row's bytes, borrowed until the statement goes on. */
struct slice store_db_blob(sqlite3_stmt *row, int column);
/* A statement without rows. */
void store_db_run(struct store_db *db, const char *sql, const char *types, ...);
/* A statement without rows, of numbers alone: more than one's types can say. */
void store_db_run_ints(struct store_db *db, const char *sql, const int64_t *values, size_t n);
/* The one number that it selects; fallback without a row. */
int64_t store_db_int(struct store_db *db, int64_t fallback, const char *sql, const char *types,
                     ...);
/* For who reads a database of before there was that table, and which nobody wrote since. */
bool store_db_has_table(struct store_db *db, const char *name);
int64_t store_db_meta(struct store_db *db, const char *key, int64_t fallback);
void store_db_put_meta(struct store_db *db, const char *key, int64_t value);

/** A connection that reads, for who makes reports. */
struct store_reader {
    struct store_db db;
};

/* Different names that a table of store_read_tops() holds in memory, at 32 bytes each; of more
   SQLite makes the table. */
enum { STORE_TOPS_CELLS = 1 << 19 };
int store_read_tops_within(struct store_reader *reader, const struct store_query *query,
                           size_t cells_max, struct store_top *tops, size_t n,
                           struct store_count *slots, int64_t slot);

struct rollup_count {
    int64_t hour, day;
    struct store_figure figure;
};
struct unknown_key {
    int64_t day, site, sender, product;
};
struct unknown_count {
    int64_t n, malformed;
};

struct zone_rule {
    uint64_t since; /* from this record on */
    char *name;     /* "": UTC */
    struct zone *zone;
};
struct site_zones {
    struct zone_rule *rules;
    size_t n;
};

struct store_fill {
    struct store_fill_options options;
    struct store_db db;
    bool is_open; /* a transaction */
    struct gw_event event, before;
    struct store_fact fact;
    struct store_seen *seen;
    struct store_memo *names, *computers; /* ids */
    struct rollup_count *counts;          /* what the batch adds, a figure a record */
    size_t n_counts, cap_counts;
    struct map *unknowns; /* struct unknown_count by struct unknown_key */
    struct map *zones;    /* struct site_zones by site; "": of sites without one */
    struct store_fill_figures figures;
    uint64_t first;                /* what was before it is not in the figures */
    int64_t hours_from, days_from; /* what is older is not kept */
    int64_t now_ms, steady_ms, swept_day;
    int64_t sized_ms; /* monotonic */
};

/* names.c: ids of texts and computers; 0: none. */
int64_t store_name_id(struct store_fill *fill, const char *text);
int64_t store_computer_id(struct store_fill *fill, int64_t site, const struct store_fact *fact);
void store_names_prune(struct store_fill *fill);

/* zones.c */
const struct zone *store_zone_at(const struct store_fill *fill, const char *site,
                                 uint64_t sequence);
void store_zones_load(struct store_fill *fill);
void store_zones_free(struct store_fill *fill);
void store_zones_take(struct store_fill *fill, const struct gw_event *settings, uint64_t sequence);

/* rollup.c: sign 1 adds what the fact says, -1 takes it away. */
void store_rollup_add(struct store_fill *fill, const struct store_fact *fact, uint64_t sequence,
                      int sign);
void store_rollup_flush(struct store_fill *fill);
void store_rollup_sweep(struct store_fill *fill, int64_t tick_ms);
void store_rollup_bound(struct store_fill *fill);

/* runs.c: the figures of an hour (seconds since 1970) or a day. */
struct store_runs {
    bool is_day;
    int64_t period;
};
/* Adds a run of counts, which are in the figures' order. */
void store_runs_add(struct store_db *db, const struct store_runs *runs,
                    const struct rollup_count *counts, size_t n);

/* Those of hours or of days, of a period and the next. */
#define STORE_PACKS                                                                                \
    "SELECT period, figures FROM pack WHERE is_day = ? AND period >= ? AND period < ?"
#define STORE_PACK_DAMAGED "a pack of figures cannot be read"

/* figures.c: how SQLite reads them; for every connection. An SQLite code. */
int store_figures_register(sqlite3 *sqlite);

/* history.c: the gateway's own words about indicators and alerts, and when it said none. */
void store_history_take(struct store_fill *fill, const struct gw_event *event);
void store_history_tick(struct store_fill *fill, int64_t tick_ms);
void store_history_sweep(struct store_fill *fill, int64_t before_ms);

#endif
