/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SQLite: what the room asks of it. WAL, so that readers and the writer do not wait for each other;
 * synchronous=FULL, since the journal lets go what the database says it has.
 * Source: https://www.sqlite.org/wal.html, https://www.sqlite.org/pragma.html
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "gateway/store/store_internal.h"

enum { BUSY_MS = 1000 };

/* Texts of people's things are one whatever their case, as the top tens see them. host 0 of a link:
   two computers bore that name. until_ms NULL: still so. */
static const char schema[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE name(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE COLLATE NOCASE);"
    "CREATE TABLE computer(id INTEGER PRIMARY KEY, site INTEGER NOT NULL, key TEXT NOT NULL,"
    " label TEXT NOT NULL, parent INTEGER, UNIQUE(site, key));"
    "CREATE TABLE link(site INTEGER NOT NULL, key TEXT NOT NULL, computer INTEGER NOT NULL,"
    " PRIMARY KEY(site, key)) WITHOUT ROWID;"
    "CREATE INDEX link_computer ON link(computer);"
    "CREATE TABLE detection_hour(hour INTEGER, site INTEGER, kind INTEGER, product INTEGER,"
    " malware INTEGER, source INTEGER, computer INTEGER, action INTEGER, n INTEGER NOT NULL,"
    " PRIMARY KEY(hour, computer, malware, source, kind, action, product, site)) WITHOUT ROWID;"
    "CREATE TABLE detection_day(day INTEGER, site INTEGER, kind INTEGER, product INTEGER,"
    " malware INTEGER, source INTEGER, computer INTEGER, action INTEGER, n INTEGER NOT NULL,"
    " PRIMARY KEY(day, computer, malware, source, kind, action, product, site)) WITHOUT ROWID;"
    "CREATE TABLE unknown_day(day INTEGER, site INTEGER, sender INTEGER, product INTEGER,"
    " unknown INTEGER NOT NULL, malformed INTEGER NOT NULL,"
    " PRIMARY KEY(day, site, sender, product)) WITHOUT ROWID;"
    "CREATE TABLE kpi_state(id INTEGER PRIMARY KEY, kpi INTEGER, key TEXT, scope TEXT, site TEXT,"
    " from_ms INTEGER, until_ms INTEGER, state INTEGER, value INTEGER, value_text TEXT, unit TEXT,"
    " reason TEXT);"
    "CREATE INDEX kpi_state_scope ON kpi_state(scope, kpi, until_ms);"
    "CREATE INDEX kpi_state_time ON kpi_state(until_ms, from_ms);"
    "CREATE TABLE alert(id INTEGER PRIMARY KEY, kpi INTEGER, key TEXT, scope TEXT,"
    " scope_name TEXT, site TEXT, opened_ms INTEGER, closed_ms INTEGER, state INTEGER,"
    " worst INTEGER, value_text TEXT, reason TEXT, ack_ms INTEGER, ack_name TEXT, ack_note TEXT);"
    "CREATE INDEX alert_time ON alert(closed_ms, opened_ms);"
    "CREATE TABLE alert_event(sequence INTEGER PRIMARY KEY, alert INTEGER NOT NULL, kind INTEGER,"
    " time_ms INTEGER, state INTEGER, old_state INTEGER, value_text TEXT, reason TEXT,"
    " ack_name TEXT, ack_note TEXT);"
    "CREATE INDEX alert_event_alert ON alert_event(alert);"
    "CREATE TABLE correction(of INTEGER PRIMARY KEY, revision INTEGER, at INTEGER);"
    "CREATE TABLE seen(key TEXT PRIMARY KEY, sequence INTEGER, day INTEGER) WITHOUT ROWID;"
    "CREATE TABLE repeat(sequence INTEGER PRIMARY KEY);"
    "CREATE TABLE zone_rule(site TEXT, since INTEGER, zone TEXT, PRIMARY KEY(site, since))"
    " WITHOUT ROWID;";

/* Format 2: figures are in packs. What rows there were are read beside them until they are too old;
   a day's and an hour's figure may be in several pieces, which are to be added up. */
#define FIGURE "site, kind, product, malware, source, computer, action, n"
static const char second[] =
    "ALTER TABLE detection_hour RENAME TO hour_row;"
    "ALTER TABLE detection_day RENAME TO day_row;"
    "CREATE TABLE pack(is_day INTEGER, period INTEGER, tier INTEGER, run INTEGER, part INTEGER,"
    " figures BLOB NOT NULL, PRIMARY KEY(is_day, period, tier, run, part)) WITHOUT ROWID;"
    "CREATE VIEW detection_hour AS SELECT hour, " FIGURE " FROM hour_row"
    " UNION ALL SELECT period, " FIGURE " FROM figure(0);"
    "CREATE VIEW detection_day AS SELECT day, " FIGURE " FROM day_row"
    " UNION ALL SELECT period, " FIGURE " FROM figure(1);"
    "PRAGMA user_version = 2;";

/* What came to be without a format of its own: programs that do not know it pass it by. */
static const char added[] =
    "CREATE TABLE IF NOT EXISTS kpi_value(kpi INTEGER, scope TEXT, day INTEGER,"
    " time_ms INTEGER, value INTEGER, value_text TEXT, PRIMARY KEY(kpi, scope, day)) WITHOUT "
    "ROWID;"
    "CREATE TABLE IF NOT EXISTS seen_key(number INTEGER PRIMARY KEY, sequence INTEGER,"
    " day INTEGER);"
    "CREATE TABLE IF NOT EXISTS seen_log(id INTEGER PRIMARY KEY, day INTEGER,"
    " keys BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS down(from_ms INTEGER PRIMARY KEY, until_ms INTEGER);"
    "CREATE TABLE IF NOT EXISTS site_name(site TEXT PRIMARY KEY, name TEXT NOT NULL)"
    " WITHOUT ROWID;";

/* ---- errors ---- */

static int code_of(int sqlite_code)
{
    switch (sqlite_code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return GW_OK;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* a table is not as it was made */
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT:
        return GW_ERR_DAMAGED;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return GW_ERR_BUSY;
    case SQLITE_FULL:
        return GW_ERR_FULL;
    default:
        return GW_ERR_IO;
    }
}

bool store_db_note(struct store_db *db, int sqlite_code)
{
    int result = code_of(sqlite_code);
    if (result != GW_OK && db->result == GW_OK) {
        int system = db->sqlite ? sqlite3_system_errno(db->sqlite) : 0;
        bool has_system = result == GW_ERR_IO && system;
        snprintf(db->trouble, sizeof db->trouble, "%s%s%s",
                 db->sqlite ? sqlite3_errmsg(db->sqlite) : sqlite3_errstr(sqlite_code),
                 has_system ? ": " : "", has_system ? strerror(system) : "");
        db->result = result;
    }
    return db->result == GW_OK;
}

void store_db_damaged(struct store_db *db, const char *what)
{
    if (db->result != GW_OK)
        return;
    snprintf(db->trouble, sizeof db->trouble, "%s", what);
    db->result = GW_ERR_DAMAGED;
}

/* ---- statements ---- */

static void finalize(void *statement)
{
    sqlite3_finalize(statement);
}

static sqlite3_stmt *prepare(struct store_db *db, const char *sql)
{
    struct slice key = slice_of((const char *)&sql, sizeof sql);
    sqlite3_stmt *statement = map_get(db->statements, key);
    if (statement)
        return statement;
    int code = sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    if (!store_db_note(db, code))
        return NULL;
    map_put(db->statements, key, statement);
    return statement;
}

static sqlite3_stmt *begin_statement(struct store_db *db, const char *sql)
{
    sqlite3_stmt *statement = db->result == GW_OK ? prepare(db, sql) : NULL;
    if (statement)
        sqlite3_reset(statement); /* whoever ended early may have left it at a row */
    return statement;
}

static sqlite3_stmt *bind(struct store_db *db, const char *sql, const char *types, va_list values)
{
    sqlite3_stmt *statement = begin_statement(db, sql);
    for (int i = 0; statement && types[i]; i++) {
        int code = SQLITE_OK;
        if (types[i] == 'i')
            code = sqlite3_bind_int64(statement, i + 1, va_arg(values, int64_t));
        else if (types[i] == 't')
            code = sqlite3_bind_text(statement, i + 1, va_arg(values, const char *), -1,
                                     SQLITE_TRANSIENT);
        else if (types[i] == 'b') {
            struct slice bytes = va_arg(values, struct slice);
            code = sqlite3_bind_blob64(statement, i + 1, bytes.p, bytes.n, SQLITE_TRANSIENT);
        } else
            code = sqlite3_bind_null(statement, i + 1);
        if (!store_db_note(db, code))
            return NULL;
    }
    return statement;
}

bool store_db_next(struct store_db *db, sqlite3_stmt *row)
{
    int code = sqlite3_step(row);
    if (code == SQLITE_ROW)
        return true;
    store_db_note(db, code);
    sqlite3_reset(row);
    return false;
}

void store_db_done(sqlite3_stmt *row)
{
    sqlite3_reset(row);
}

bool store_db_row(struct store_db *db, sqlite3_stmt **row, const char *sql, const char *types, ...)
{
    va_list values;
    va_start(values, types);
    *row = bind(db, sql, types, values);
    va_end(values);
    return *row && store_db_next(db, *row);
}

void store_db_run(struct store_db *db, const char *sql, const char *types, ...)
{
    va_list values;
    va_start(values, types);
    sqlite3_stmt *row = bind(db, sql, types, values);
    va_end(values);
    if (row && store_db_next(db, row))
        store_db_done(row);
}

void store_db_run_ints(struct store_db *db, const char *sql, const int64_t *values, size_t n)
{
    sqlite3_stmt *statement = begin_statement(db, sql);
    for (size_t i = 0; statement && i < n; i++)
        if (!store_db_note(db, sqlite3_bind_int64(statement, (int)i + 1, values[i])))
            return;
    if (statement && store_db_next(db, statement))
        store_db_done(statement);
}

int64_t store_db_int(struct store_db *db, int64_t fallback, const char *sql, const char *types, ...)
{
    va_list values;
    va_start(values, types);
    sqlite3_stmt *row = bind(db, sql, types, values);
    va_end(values);
    if (!row || !store_db_next(db, row))
        return fallback;
    if (sqlite3_column_type(row, 0) != SQLITE_NULL)
        fallback = sqlite3_column_int64(row, 0);
    store_db_done(row);
    return fallback;
}

void store_db_copy(sqlite3_stmt *row, int column, char *out, size_t size)
{
    const unsigned char *text = sqlite3_column_text(row, column);
    snprintf(out, size, "%s", text ? (const char *)text : "");
}

struct slice store_db_blob(sqlite3_stmt *row, int column)
{
    const char *bytes = sqlite3_column_blob(row, column);
    return slice_of(bytes, (size_t)sqlite3_column_bytes(row, column));
}

void store_db_exec(struct store_db *db, const char *sql)
{
    if (db->result == GW_OK)
        store_db_note(db, sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL));
}

bool store_db_has_table(struct store_db *db, const char *name)
{
    return store_db_int(db, 0, "SELECT count(*) FROM sqlite_master WHERE name = ?", "t", name);
}

int64_t store_db_meta(struct store_db *db, const char *key, int64_t fallback)
{
    return store_db_int(db, fallback, "SELECT value FROM meta WHERE key = ?", "t", key);
}

void store_db_put_meta(struct store_db *db, const char *key, int64_t value)
{
    store_db_run(db, "INSERT OR REPLACE INTO meta VALUES(?, ?)", "ti", key, value);
}

/* ---- opening ---- */

/* format: what is there already; 0: nothing. */
static void make(struct store_db *db, int64_t format)
{
    char mark[64];
    snprintf(mark, sizeof mark, "PRAGMA application_id = %d;", STORE_APPLICATION);
    store_db_exec(db, "BEGIN IMMEDIATE");
    if (format < 1) {
        store_db_exec(db, schema);
        store_db_exec(db, mark);
    }
    store_db_exec(db, second);
    store_db_exec(db, "COMMIT");
}

static int refuse(struct store_db *db, int result, const char *path, const char *why)
{
    db->result = result;
    snprintf(db->trouble, sizeof db->trouble, "%.120s %s", path, why);
    return result;
}

static int check_marks(struct store_db *db, const char *path, bool has_writer)
{
    int64_t format = store_db_int(db, -1, "PRAGMA user_version", ""),
            application = store_db_int(db, -1, "PRAGMA application_id", ""),
            tables = store_db_int(db, -1, "SELECT count(*) FROM sqlite_master", "");
    if (db->result != GW_OK)
        return db->result;
    if (application == STORE_APPLICATION && format > STORE_FORMAT)
        return refuse(db, GW_ERR_VERSION, path, "has a newer format than this program reads");
    bool is_ours = application == STORE_APPLICATION && format >= 1;
    if (!is_ours && (tables != 0 || !has_writer))
        return refuse(db, GW_ERR_DAMAGED, path, "is no store of a gateway");
    if (has_writer && format < STORE_FORMAT)
        make(db, is_ours ? format : 0);
    return db->result;
}

int store_db_open(struct store_db *db, const char *path, bool has_writer)
{
    int flags = has_writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE;
    *db = (struct store_db){.statements = map_new()};
    if (!has_writer && access(path, R_OK) != 0)
        return errno == EACCES ? refuse(db, GW_ERR_DENIED, path, "may not be read")
                               : refuse(db, GW_ERR_NOT_FOUND, path, "is not there");
    /* Nobody else's to read, and what SQLite puts beside it is as it is. Only one that is new: to
       close a file that a reader of this process has open would take his locks away. */
    if (has_writer && access(path, F_OK) != 0) {
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd >= 0)
            close(fd);
    }
    /* A reader of a WAL opens it for writing, too, where it may: the log needs a shared index. */
    int code = sqlite3_open_v2(path, &db->sqlite, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_CANTOPEN && !has_writer) {
        sqlite3_close(db->sqlite);
        code = sqlite3_open_v2(path, &db->sqlite, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    }
    if (!store_db_note(db, code))
        return db->result;
    sqlite3_busy_timeout(db->sqlite, BUSY_MS);
    sqlite3_extended_result_codes(db->sqlite, 1);
    store_db_note(db, store_figures_register(db->sqlite));
    if (has_writer)
        store_db_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                          "PRAGMA cache_size = -4000; PRAGMA journal_size_limit = 16777216;"
                          "PRAGMA wal_autocheckpoint = 2000;");
    else
        store_db_exec(db, "PRAGMA query_only = 1; PRAGMA cache_size = -2000;");
    int result = db->result == GW_OK ? check_marks(db, path, has_writer) : db->result;
    if (result != GW_OK || !has_writer)
        return result;
    store_db_exec(db, added);
    return db->result;
}

void store_db_close(struct store_db *db)
{
    map_free(db->statements, finalize);
    sqlite3_close(db->sqlite);
    *db = (struct store_db){0};
}

void store_db_configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/* ---- the file ---- */

int store_file_set_aside(const char *path, const char *word)
{
    static const char *const parts[] = {"", "-wal", "-shm"};
    int result = access(path, F_OK) == 0 ? GW_OK : GW_ERR_NOT_FOUND;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char from[PATH_MAX], to[PATH_MAX];
        snprintf(from, sizeof from, "%.4000s%s", path, parts[i]);
        snprintf(to, sizeof to, "%.4000s.%.32s%s", path, word, parts[i]);
        if (rename(from, to) == 0)
            continue;
        if (errno != ENOENT)
            result = GW_ERR_IO;
        unlink(to); /* a log of another database must not stand beside this one */
    }
    return result;
}
