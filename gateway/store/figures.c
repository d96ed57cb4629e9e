/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packs as rows: figure(is_day), a table that SQLite asks. The views detection_hour and
 * detection_day are made of it. A bound of the period from below or above is looked for in the
 * packs' key. Of one figure there may be several rows: they are to be added up, and may come to 0.
 * Source: https://www.sqlite.org/vtab.html
 */
#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/store/store_internal.h"

enum { PERIOD, FIRST_ID, N = FIRST_ID + STORE_IDS, IS_DAY };
enum { HAS_FROM = 1, HAS_TO = 2 };

struct table {
    sqlite3_vtab base;
    sqlite3 *sqlite;
};

struct rows {
    sqlite3_vtab_cursor base;
    sqlite3_stmt *packs; /* at the pack that is read */
    int64_t period, is_day, number;
    struct cursor bytes;
    struct store_figure figure;
    bool is_at_end;
};

static int connect(sqlite3 *sqlite, void *context, int argc, const char *const *argv,
                   sqlite3_vtab **out, char **error)
{
    (void)context, (void)argc, (void)argv, (void)error;
    int code = sqlite3_declare_vtab(
        sqlite, "CREATE TABLE figure(period INTEGER, computer INTEGER, malware INTEGER,"
                " source INTEGER, kind INTEGER, action INTEGER, product INTEGER, site INTEGER,"
                " n INTEGER, is_day INTEGER HIDDEN)");
    if (code != SQLITE_OK)
        return code;
    sqlite3_vtab_config(sqlite, SQLITE_VTAB_INNOCUOUS); /* it may stand in a view */
    struct table *table = gw_alloc(sizeof *table);
    table->sqlite = sqlite;
    *out = &table->base;
    return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *table)
{
    free(table);
    return SQLITE_OK;
}

static int plan(sqlite3_vtab *table, sqlite3_index_info *info)
{
    int at[3] = {-1, -1, -1}, n = 0; /* is_day, from, to */
    (void)table;
    for (int i = 0; i < info->nConstraint; i++) {
        int column = info->aConstraint[i].iColumn, op = info->aConstraint[i].op;
        if (!info->aConstraint[i].usable)
            continue;
        if (column == IS_DAY && op == SQLITE_INDEX_CONSTRAINT_EQ)
            at[0] = i;
        else if (column == PERIOD && op == SQLITE_INDEX_CONSTRAINT_GE)
            at[1] = i;
        else if (column == PERIOD && op == SQLITE_INDEX_CONSTRAINT_LT)
            at[2] = i;
    }
    if (at[0] < 0)
        return SQLITE_CONSTRAINT;
    for (int i = 0; i < 3; i++)
        if (at[i] >= 0)
            info->aConstraintUsage[at[i]].argvIndex = ++n;
    info->aConstraintUsage[at[0]].omit = 1;
    info->idxNum = (at[1] >= 0 ? HAS_FROM : 0) | (at[2] >= 0 ? HAS_TO : 0);
    info->estimatedCost = 1e6 / n;
    return SQLITE_OK;
}

static int open_rows(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
    (void)table;
    struct rows *rows = gw_alloc(sizeof *rows);
    *out = &rows->base;
    return SQLITE_OK;
}

static int close_rows(sqlite3_vtab_cursor *cursor)
{
    struct rows *rows = (struct rows *)cursor;
    sqlite3_finalize(rows->packs);
    free(rows);
    return SQLITE_OK;
}

static int next(sqlite3_vtab_cursor *cursor)
{
    struct rows *rows = (struct rows *)cursor;
    rows->number++;
    while (!store_pack_next(&rows->bytes, &rows->figure)) {
        if (rows->bytes.failed)
            return SQLITE_CORRUPT_VTAB;
        int code = sqlite3_step(rows->packs);
        rows->is_at_end = code != SQLITE_ROW;
        if (rows->is_at_end)
            return code == SQLITE_DONE ? SQLITE_OK : code;
        rows->period = sqlite3_column_int64(rows->packs, 0);
        rows->bytes = cursor_of(store_db_blob(rows->packs, 1));
        rows->figure = (struct store_figure){.n = 0};
    }
    return SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *cursor, int index, const char *text, int argc,
                  sqlite3_value **argv)
{
    struct rows *rows = (struct rows *)cursor;
    int at = 0;
    (void)text, (void)argc;
    int code = rows->packs ? sqlite3_reset(rows->packs)
                           : sqlite3_prepare_v2(((struct table *)cursor->pVtab)->sqlite,
                                                STORE_PACKS, -1, &rows->packs, NULL);
    if (code != SQLITE_OK)
        return code;
    rows->is_day = sqlite3_value_int64(argv[at++]);
    sqlite3_bind_int64(rows->packs, 1, rows->is_day);
    sqlite3_bind_int64(rows->packs, 2,
                       index & HAS_FROM ? sqlite3_value_int64(argv[at++]) : INT64_MIN);
    sqlite3_bind_int64(rows->packs, 3,
                       index & HAS_TO ? sqlite3_value_int64(argv[at++]) : INT64_MAX);
    rows->bytes = cursor_of(SLICE_NONE);
    return next(cursor);
}

static int is_at_end(sqlite3_vtab_cursor *cursor)
{
    return ((struct rows *)cursor)->is_at_end;
}

static int column(sqlite3_vtab_cursor *cursor, sqlite3_context *out, int at)
{
    const struct rows *rows = (const struct rows *)cursor;
    sqlite3_result_int64(out, at == PERIOD   ? rows->period
                              : at == N      ? rows->figure.n
                              : at == IS_DAY ? rows->is_day
                                             : rows->figure.ids[at - FIRST_ID]);
    return SQLITE_OK;
}

static int row_number(sqlite3_vtab_cursor *cursor, sqlite3_int64 *out)
{
    *out = ((struct rows *)cursor)->number;
    return SQLITE_OK;
}

int store_figures_register(sqlite3 *sqlite)
{
    static const sqlite3_module module = {
        .xConnect = connect,
        .xBestIndex = plan,
        .xDisconnect = disconnect,
        .xOpen = open_rows,
        .xClose = close_rows,
        .xFilter = filter,
        .xNext = next,
        .xEof = is_at_end,
        .xColumn = column,
        .xRowid = row_number,
    };
    return sqlite3_create_module(sqlite, "figure", &module, NULL);
}
