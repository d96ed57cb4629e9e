/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All tables of a report in one look at each figure: what a table for itself costs is the walk
 * through millions of figures and the sorting of them, and a report has seven and a course. Here
 * each is added to a hash table for each of them. They are in the order of time and computer, so
 * that one figure's place is mostly the next one's.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/base/error.h"
#include "gateway/store/read.h"
#include "gateway/store/store_internal.h"

enum { CELLS_FIRST = 256, CHAIN_MAX = STORE_KEYS_MAX, KINDS = GW_KIND_END };
static const int64_t NO_ID = INT64_MIN;

struct cell {
    int64_t id, now, before;
};
struct tally {
    struct cell *cells; /* size of them, a power of two; empty: NO_ID */
    size_t size, n, last;
    bool is_full; /* more ids than there is room for: nothing in it counts */
};
struct tops {
    struct store_db *db;
    const struct store_query *query;
    struct store_top *tops;
    struct tally *tallies;
    size_t n, cells_max;
    struct store_count *slots;
    int64_t slot; /* of how many of the query's units */
    uint64_t seed;
    bool is_infection[KINDS];
};

/* ---- tallies ---- */

static size_t place_of(const struct tops *t, const struct cell *cells, size_t size, int64_t id)
{
    uint64_t hash = ((uint64_t)id ^ t->seed) * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (size_t)(hash >> 32) & (size - 1);
    while (cells[at].id != id && cells[at].id != NO_ID)
        at = (at + 1) & (size - 1);
    return at;
}

static void resize(const struct tops *t, struct tally *tally, size_t size)
{
    struct cell *cells = gw_alloc(size * sizeof *cells);
    for (size_t i = 0; i < size; i++)
        cells[i].id = NO_ID;
    for (size_t i = 0; i < tally->size; i++)
        if (tally->cells[i].id != NO_ID)
            cells[place_of(t, cells, size, tally->cells[i].id)] = tally->cells[i];
    free(tally->cells);
    tally->cells = cells;
    tally->size = size;
    tally->last = 0;
}

static struct cell *cell_of(const struct tops *t, struct tally *tally, int64_t id)
{
    if (tally->size && tally->cells[tally->last].id == id)
        return &tally->cells[tally->last];
    if (tally->n * 4 >= tally->size * 3)
        resize(t, tally, tally->size ? tally->size * 2 : CELLS_FIRST);
    tally->last = place_of(t, tally->cells, tally->size, id);
    struct cell *cell = &tally->cells[tally->last];
    if (cell->id == NO_ID) {
        *cell = (struct cell){.id = id};
        tally->n++;
    }
    return cell;
}

static void add(const struct tops *t, struct tally *tally, int64_t id, int64_t now, int64_t before)
{
    if (tally->is_full)
        return;
    struct cell *cell = cell_of(t, tally, id == NO_ID ? NO_ID + 1 : id);
    cell->now += now;
    cell->before += before;
    tally->is_full = tally->n > t->cells_max;
}

/* ---- the figures ---- */

/* site: 0, or the only one that is asked for. */
static void take_figure(struct tops *t, int64_t site, int64_t period,
                        const struct store_figure *figure, bool is_now)
{
    static const int places[STORE_GROUPS] = {
        [STORE_BY_MALWARE] = STORE_ID_MALWARE,   [STORE_BY_SOURCE] = STORE_ID_SOURCE,
        [STORE_BY_COMPUTER] = STORE_ID_COMPUTER, [STORE_BY_PRODUCT] = STORE_ID_PRODUCT,
        [STORE_BY_ACTION] = STORE_ID_ACTION,     [STORE_BY_KIND] = STORE_ID_KIND,
        [STORE_BY_SITE] = STORE_ID_SITE};
    int64_t kind = figure->ids[STORE_ID_KIND], n = figure->n;
    bool is_infection = kind >= 0 && kind < KINDS && t->is_infection[kind];
    if ((t->query->kind && kind != t->query->kind) || (site && figure->ids[STORE_ID_SITE] != site))
        return;
    for (size_t i = 0; i < t->n; i++)
        if (is_infection || !t->tops[i].is_infection)
            add(t, &t->tallies[i], figure->ids[places[t->tops[i].group]], is_now ? n : 0,
                is_now ? 0 : n);
    if (!t->slots || !is_now)
        return;
    struct store_count *slot = &t->slots[(period - t->query->from) / t->slot];
    slot->detections += n;
    slot->infections += is_infection ? n : 0;
}

static void take_packs(struct tops *t, int64_t site, int64_t from, int64_t to, bool is_now)
{
    sqlite3_stmt *row;
    for (bool has = store_db_row(t->db, &row, STORE_PACKS, "iii", (int64_t)!t->query->is_by_hour,
                                 from, to);
         has; has = store_db_next(t->db, row)) {
        struct cursor bytes = cursor_of(store_db_blob(row, 1));
        struct store_figure figure = {.n = 0};
        while (store_pack_next(&bytes, &figure))
            take_figure(t, site, sqlite3_column_int64(row, 0), &figure, is_now);
        if (bytes.failed)
            store_db_damaged(t->db, STORE_PACK_DAMAGED);
    }
}

/* In the order of a figure's ids. */
#define ROWS(table, time)                                                                          \
    "SELECT " time ", computer, malware, source, kind, action, product, site, n FROM " table       \
    " WHERE " time " >= ? AND " time " < ?"

static void take_rows(struct tops *t, int64_t site, int64_t from, int64_t to, bool is_now,
                      const char *sql)
{
    sqlite3_stmt *row;
    for (bool has = store_db_row(t->db, &row, sql, "ii", from, to); has;
         has = store_db_next(t->db, row)) {
        struct store_figure figure = {.n = sqlite3_column_int64(row, 1 + STORE_IDS)};
        for (int i = 0; i < STORE_IDS; i++)
            figure.ids[i] = sqlite3_column_int64(row, 1 + i);
        take_figure(t, site, sqlite3_column_int64(row, 0), &figure, is_now);
    }
}

/* Packs, and rows of before; without SQLite's own look at packs, which takes four times as long. */
static void take_figures(struct tops *t, int64_t from, int64_t to, bool is_now)
{
    bool is_by_hour = t->query->is_by_hour, has_packs = store_db_has_table(t->db, "pack");
    int64_t site = t->query->site ? store_db_int(t->db, -1, "SELECT id FROM name WHERE text = ?",
                                                 "t", t->query->site)
                                  : 0;
    if (has_packs) {
        take_packs(t, site, from, to, is_now);
        take_rows(t, site, from, to, is_now,
                  is_by_hour ? ROWS("hour_row", "hour") : ROWS("day_row", "day"));
    } else {
        take_rows(t, site, from, to, is_now,
                  is_by_hour ? ROWS("detection_hour", "hour") : ROWS("detection_day", "day"));
    }
}

/* ---- computers ---- */

/* What is known to be one computer is one: by its links, four at the most. */
static void join_computers(struct tops *t, struct tally *tally)
{
    struct tally parents = {0}, joined = {0};
    sqlite3_stmt *row;
    for (bool has =
             store_db_row(t->db, &row, "SELECT id, parent FROM computer WHERE parent > 0", "");
         has; has = store_db_next(t->db, row))
        cell_of(t, &parents, sqlite3_column_int64(row, 0))->now = sqlite3_column_int64(row, 1);
    for (size_t i = 0; i < tally->size; i++) {
        const struct cell *cell = &tally->cells[i];
        int64_t id = cell->id;
        if (id == NO_ID)
            continue;
        for (int step = 1; step < CHAIN_MAX && parents.n; step++) {
            const struct cell *link = &parents.cells[place_of(t, parents.cells, parents.size, id)];
            id = link->id == NO_ID ? id : link->now;
        }
        add(t, &joined, id, cell->now, cell->before);
    }
    free(parents.cells);
    free(tally->cells);
    *tally = joined;
}

/* ---- the first of them ---- */

static bool is_number(enum store_group group)
{
    return group == STORE_BY_ACTION || group == STORE_BY_KIND;
}

static int by_count(const void *a, const void *b)
{
    const struct cell *one = a, *other = b;
    if (one->now != other->now)
        return one->now > other->now ? -1 : 1;
    return one->id < other->id ? -1 : one->id > other->id;
}

static int by_name(const void *a, const void *b)
{
    const struct store_top_row *one = a, *other = b;
    int names = strcmp(one->name, other->name);
    if (one->n != other->n)
        return one->n > other->n ? -1 : 1;
    return names ? names : one->number < other->number ? -1 : one->number > other->number;
}

/* Its name; number is for the order of those that have the same. */
static void name_row(struct tops *t, enum store_group group, const struct cell *cell,
                     struct store_top_row *out)
{
    sqlite3_stmt *row;
    *out = (struct store_top_row){.number = cell->id, .n = cell->now, .before = cell->before};
    if (is_number(group))
        return;
    if (!store_db_row(t->db, &row,
                      group == STORE_BY_COMPUTER
                          ? "SELECT label, (SELECT text FROM name WHERE id = computer.site)"
                            " FROM computer WHERE id = ?"
                          : "SELECT text, '' FROM name WHERE id = ?",
                      "i", cell->id))
        return;
    store_db_copy(row, 0, out->name, sizeof out->name);
    store_db_copy(row, 1, out->site, sizeof out->site);
    store_db_done(row);
}

/* cells: what was found, the most first. Of those that were found as often as the last that has
   room the names decide. */
static void rank(struct tops *t, struct store_top *top, const struct cell *cells, size_t n)
{
    size_t max = top->n < n ? top->n : n, end = max;
    while (end && end < n && cells[end].now == cells[max - 1].now)
        end++;
    struct store_top_row *rows = gw_alloc((end + 1) * sizeof *rows);
    for (size_t i = 0; i < end && t->db->result == GW_OK; i++)
        name_row(t, top->group, &cells[i], &rows[i]);
    qsort(rows, end, sizeof *rows, by_name);
    if (max)
        memcpy(top->rows, rows, max * sizeof *rows);
    top->n = max;
    free(rows);
}

static void finish(struct tops *t, struct store_top *top, struct tally *tally)
{
    size_t n = 0;
    top->total = (struct store_total){0};
    if (top->group == STORE_BY_COMPUTER)
        join_computers(t, tally);
    for (size_t i = 0; i < tally->size; i++) {
        struct cell cell = tally->cells[i];
        if (cell.id == NO_ID || (cell.id == 0 && !is_number(top->group)))
            continue;
        top->total.n += cell.now;
        top->total.before += cell.before;
        if (cell.now > 0)
            tally->cells[n++] = cell;
    }
    top->total.names = (int64_t)n;
    if (n)
        qsort(tally->cells, n, sizeof *tally->cells, by_count);
    rank(t, top, tally->cells, n);
}

/* Too many names to be held: SQLite sorts them where it has room. */
static void ask_alone(struct store_reader *reader, const struct store_query *query,
                      struct store_top *top)
{
    struct store_query alone = *query;
    alone.group = top->group;
    alone.is_infection = top->is_infection;
    store_read_top(reader, &alone, top->rows, &top->n, &top->total);
}

int store_read_tops_within(struct store_reader *reader, const struct store_query *query,
                           size_t cells_max, struct store_top *tops, size_t n,
                           struct store_count *slots, int64_t slot)
{
    struct tops t = {.db = &reader->db,
                     .query = query,
                     .tops = tops,
                     .n = n,
                     .cells_max = cells_max,
                     .slots = slots,
                     .slot = slot,
                     .seed = map_hash(SLICE("tops"))};
    for (int kind = 0; kind < KINDS; kind++)
        t.is_infection[kind] = store_is_infection(kind);
    t.tallies = gw_alloc((n + 1) * sizeof *t.tallies);
    take_figures(&t, query->from, query->to, true);
    take_figures(&t, query->before_from, query->before_to, false);
    for (size_t i = 0; i < n; i++) {
        bool is_full = t.tallies[i].is_full;
        if (!is_full)
            finish(&t, &tops[i], &t.tallies[i]);
        free(t.tallies[i].cells);
        if (is_full)
            ask_alone(reader, query, &tops[i]);
    }
    free(t.tallies);
    return reader->db.result;
}

int store_read_tops(struct store_reader *reader, const struct store_query *query,
                    struct store_top *tops, size_t n, struct store_count *slots, int64_t slot)
{
    return store_read_tops_within(reader, query, STORE_TOPS_CELLS, tops, n, slots, slot);
}
