/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions about detections: one statement each, made of the constants below. */
#include "gateway/store/read.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/buf.h"
#include "gateway/base/error.h"
#include "gateway/store/store_internal.h"

int store_reader_open(const char *path, struct store_reader **out, char *trouble, size_t size)
{
    struct store_reader *reader = gw_alloc(sizeof *reader);
    int result = store_db_open(&reader->db, path, false);
    *out = reader;
    if (result == GW_OK)
        return GW_OK;
    snprintf(trouble, size, "%s", reader->db.trouble);
    store_reader_close(reader);
    *out = NULL;
    return result;
}

void store_reader_close(struct store_reader *reader)
{
    if (!reader)
        return;
    store_db_close(&reader->db);
    free(reader);
}

int store_reader_begin(struct store_reader *reader)
{
    store_db_exec(&reader->db, "BEGIN");
    /* The moment is that of the first look. */
    store_db_meta(&reader->db, "cursor", 0);
    return reader->db.result;
}

/* What failed is forgotten with it: the next begin tries again. */
void store_reader_end(struct store_reader *reader)
{
    if (!sqlite3_get_autocommit(reader->db.sqlite))
        sqlite3_exec(reader->db.sqlite, "ROLLBACK", NULL, NULL, NULL);
    reader->db.result = GW_OK;
}

const char *store_reader_trouble(const struct store_reader *reader)
{
    return reader->db.trouble;
}

int store_read_extent(struct store_reader *reader, struct store_extent *out)
{
    struct store_db *db = &reader->db;
    *out = (struct store_extent){
        .is_filling = store_db_meta(db, "is_new", 1) != 0,
        .first = (uint64_t)store_db_meta(db, "first", 0),
        .cursor = (uint64_t)store_db_meta(db, "cursor", 0),
        .now_ms = store_db_meta(db, "now_ms", 0),
        .begun_ms = store_db_meta(db, "begun_ms", INT64_MIN),
        .hours_from = store_db_meta(db, "hours_from", INT64_MIN),
        .days_from = store_db_meta(db, "days_from", INT64_MIN),
        .late = (uint64_t)store_db_meta(db, "late", 0),
        .missed = (uint64_t)store_db_meta(db, "missed", 0),
        .unfit = (uint64_t)store_db_meta(db, "unfit", 0),
    };
    return db->result;
}

/* ---- top ---- */

static const char *const columns[STORE_GROUPS] = {
    [STORE_BY_MALWARE] = "malware", [STORE_BY_SOURCE] = "source", [STORE_BY_COMPUTER] = "computer",
    [STORE_BY_PRODUCT] = "product", [STORE_BY_ACTION] = "action", [STORE_BY_KIND] = "kind",
    [STORE_BY_SITE] = "site",
};

static bool is_number(enum store_group group)
{
    return group == STORE_BY_ACTION || group == STORE_BY_KIND;
}

static void put_kinds(const struct store_query *query, struct buf *sql)
{
    const char *comma = "";
    if (query->kind) {
        buf_printf(sql, " AND kind = %d", query->kind);
        return;
    }
    if (!query->is_infection)
        return;
    buf_slice(sql, SLICE(" AND kind IN ("));
    for (int kind = 0; kind < GW_KIND_END; kind++)
        if (store_is_infection(kind)) {
            buf_printf(sql, "%s%d", comma, kind);
            comma = ", ";
        }
    buf_byte(sql, ')');
}

/* Count by number, of ?first up to ?first + 1. */
static void put_counts(const struct store_query *query, int first, struct buf *sql)
{
    const char *table = query->is_by_hour ? "detection_hour" : "detection_day",
               *time = query->is_by_hour ? "hour" : "day", *column = columns[query->group];
    buf_printf(sql, "SELECT %s g, sum(n) n FROM %s WHERE %s >= ?%d AND %s < ?%d", column, table,
               time, first, time, first + 1);
    if (query->site)
        buf_slice(sql, SLICE(" AND site = (SELECT id FROM name WHERE text = ?5)"));
    put_kinds(query, sql);
    buf_slice(sql, SLICE(" GROUP BY 1 HAVING sum(n) > 0")); /* what was taken away may be there */
}

/* The same by the computer that a key leads to: four links at the most. */
static void put_group(const struct store_query *query, const char *name, int first, struct buf *sql)
{
    buf_printf(sql, "%s(g, n) AS (", name);
    if (query->group == STORE_BY_COMPUTER)
        buf_slice(sql, SLICE("SELECT coalesce(e.id, d.id, c.id, b.id, a.id, 0), sum(n) FROM ("));
    put_counts(query, first, sql);
    if (query->group == STORE_BY_COMPUTER)
        buf_slice(sql, SLICE(") LEFT JOIN computer a ON a.id = g"
                             " LEFT JOIN computer b ON b.id = a.parent"
                             " LEFT JOIN computer c ON c.id = b.parent"
                             " LEFT JOIN computer d ON d.id = c.parent"
                             " LEFT JOIN computer e ON e.id = d.parent GROUP BY 1"));
    buf_byte(sql, ')');
}

static void put_query(const struct store_query *query, struct buf *sql)
{
    buf_slice(sql, SLICE("WITH "));
    put_group(query, "now", 1, sql);
    buf_slice(sql, SLICE(", "));
    put_group(query, "was", 3, sql);
    buf_slice(sql, SLICE(" SELECT now.g, now.n, coalesce(was.n, 0), count(*) OVER (),"
                         " sum(now.n) OVER (), (SELECT sum(n) FROM was"));
    if (!is_number(query->group))
        buf_slice(sql, SLICE(" WHERE g <> 0"));
    buf_byte(sql, ')');
    if (query->group == STORE_BY_COMPUTER)
        buf_slice(sql, SLICE(", label, (SELECT text FROM name WHERE id = computer.site)"
                             " FROM now LEFT JOIN was ON was.g = now.g JOIN computer"
                             " ON computer.id = now.g ORDER BY 2 DESC, label, now.g"));
    else if (is_number(query->group))
        buf_slice(sql, SLICE(", '', '' FROM now LEFT JOIN was ON was.g = now.g"
                             " ORDER BY 2 DESC, now.g"));
    else
        buf_slice(sql, SLICE(", text COLLATE BINARY, '' FROM now LEFT JOIN was ON was.g = now.g"
                             " JOIN name ON name.id = now.g ORDER BY 2 DESC, 7"));
}

static sqlite3_stmt *prepare(struct store_db *db, const struct store_query *query)
{
    struct buf sql = {0};
    sqlite3_stmt *row = NULL;
    put_query(query, &sql);
    if (db->result == GW_OK)
        store_db_note(db, sqlite3_prepare_v2(db->sqlite, buf_text(&sql), -1, &row, NULL));
    buf_free(&sql);
    if (!row)
        return NULL;
    sqlite3_bind_int64(row, 1, query->from);
    sqlite3_bind_int64(row, 2, query->to);
    sqlite3_bind_int64(row, 3, query->before_from);
    sqlite3_bind_int64(row, 4, query->before_to);
    if (query->site)
        sqlite3_bind_text(row, 5, query->site, -1, SQLITE_TRANSIENT);
    return row;
}

int store_read_top(struct store_reader *reader, const struct store_query *query,
                   struct store_top_row *rows, size_t *n, struct store_total *total)
{
    struct store_db *db = &reader->db;
    size_t max = *n;
    int code = SQLITE_DONE;
    *total = (struct store_total){0};
    *n = 0;
    sqlite3_stmt *row = prepare(db, query);
    while (row && (code = sqlite3_step(row)) == SQLITE_ROW) {
        *total = (struct store_total){.names = sqlite3_column_int64(row, 3),
                                      .n = sqlite3_column_int64(row, 4),
                                      .before = sqlite3_column_int64(row, 5)};
        if (*n == max)
            break;
        struct store_top_row *out = &rows[(*n)++];
        *out = (struct store_top_row){.number = sqlite3_column_int64(row, 0),
                                      .n = sqlite3_column_int64(row, 1),
                                      .before = sqlite3_column_int64(row, 2)};
        store_db_copy(row, 6, out->name, sizeof out->name);
        store_db_copy(row, 7, out->site, sizeof out->site);
    }
    store_db_note(db, code);
    sqlite3_finalize(row);
    return db->result;
}
