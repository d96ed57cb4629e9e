/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions about sites, states, alerts and what was not understood. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/error.h"
#include "gateway/store/read.h"
#include "gateway/store/store_internal.h"

static const char *text(sqlite3_stmt *row, int column)
{
    const unsigned char *value = sqlite3_column_text(row, column);
    return value ? (const char *)value : "";
}

static int64_t number(sqlite3_stmt *row, int column, int64_t null)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL ? null
                                                           : sqlite3_column_int64(row, column);
}

/* Goes through what store_db_row() found, as long as the body says. */
#define EACH_ROW(db, row, has) for (; (has); (has) = (has) && store_db_next((db), (row)))

/* ---- sites ---- */

struct zone *store_site_zone(struct store_reader *reader, const char *site, char *name, size_t size)
{
    struct store_db *db = &reader->db;
    struct zone *zone = NULL;
    sqlite3_stmt *row;
    snprintf(name, size, "UTC");
    if (store_db_row(db, &row,
                     "SELECT zone FROM zone_rule WHERE site COLLATE NOCASE IN (?, '')"
                     " ORDER BY site = '', since DESC LIMIT 1",
                     "t", site ? site : "")) {
        zone = *text(row, 0) ? zone_open(text(row, 0)) : NULL;
        if (zone)
            snprintf(name, size, "%s", text(row, 0));
        store_db_done(row);
    }
    return zone;
}

int store_read_site_names(struct store_reader *reader, store_site_name_fn *on_name, void *context)
{
    struct store_db *db = &reader->db;
    sqlite3_stmt *row;
    if (!store_db_has_table(db, "site_name"))
        return db->result;
    bool has = store_db_row(
        db, &row, "SELECT site, name FROM site_name WHERE name NOT IN ('', site) ORDER BY site",
        "");
    EACH_ROW(db, row, has)
    on_name(context, text(row, 0), text(row, 1));
    return db->result;
}

/* ---- what was not understood ---- */

#define UNKNOWN_FROM                                                                               \
    " FROM unknown_day LEFT JOIN name s ON s.id = site LEFT JOIN name f ON f.id = sender"          \
    " LEFT JOIN name p ON p.id = product WHERE day >= ? AND day < ? AND (? IS NULL OR s.text = ?)"

int store_read_unknown(struct store_reader *reader, const char *site, int64_t from, int64_t to,
                       bool is_by_day, store_unknown_fn *on_row, void *context)
{
    struct store_db *db = &reader->db;
    sqlite3_stmt *row;
    bool has = store_db_row(
        db, &row,
        is_by_day ? "SELECT day, s.text, f.text, p.text, unknown, malformed" UNKNOWN_FROM
                    " ORDER BY day, unknown + malformed DESC, 2, 3, 4"
                  : "SELECT NULL, s.text, f.text, p.text, sum(unknown), sum(malformed)" UNKNOWN_FROM
                    " GROUP BY site, sender, product"
                    " ORDER BY sum(unknown + malformed) DESC, 2, 3, 4",
        "iitt", from, to, site, site);
    EACH_ROW(db, row, has)
    {
        const struct store_unknown out = {
            .day = number(row, 0, INT64_MIN),
            .site = text(row, 1),
            .sender = text(row, 2),
            .product = text(row, 3),
            .unknown = sqlite3_column_int64(row, 4),
            .malformed = sqlite3_column_int64(row, 5),
        };
        if (!on_row(context, &out)) {
            store_db_done(row);
            break;
        }
    }
    return db->result;
}

/* ---- the gateway itself ---- */

int store_read_downs(struct store_reader *reader, int64_t from_ms, int64_t to_ms,
                     store_down_fn *on_down, void *context)
{
    struct store_db *db = &reader->db;
    sqlite3_stmt *row;
    if (!store_db_has_table(db, "down"))
        return db->result;
    bool has = store_db_row(db, &row,
                            "SELECT max(from_ms, ?1) AS f, min(until_ms, ?2) AS u FROM down"
                            " WHERE from_ms < ?2 AND until_ms > ?1 ORDER BY u - f DESC, f",
                            "ii", from_ms, to_ms);
    EACH_ROW(db, row, has)
    {
        const struct store_down out = {sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1)};
        if (!on_down(context, &out)) {
            store_db_done(row);
            break;
        }
    }
    return db->result;
}

/* ---- indicators ---- */

#define BAND_COLUMNS                                                                               \
    "SELECT kpi, key, scope, site, from_ms, until_ms, state, value, value_text, unit, reason"      \
    " FROM kpi_state WHERE from_ms < ? AND (until_ms IS NULL OR until_ms > ?)"

static void get_band(sqlite3_stmt *row, struct store_band *out)
{
    *out = (struct store_band){
        .kpi = sqlite3_column_int64(row, 0),
        .key = text(row, 1),
        .scope = text(row, 2),
        .site = text(row, 3),
        .from_ms = sqlite3_column_int64(row, 4),
        .until_ms = number(row, 5, INT64_MAX),
        .state = sqlite3_column_int(row, 6),
        .value = sqlite3_column_int64(row, 7),
        .value_text = text(row, 8),
        .unit = text(row, 9),
        .reason = text(row, 10),
    };
}

int store_read_bands(struct store_reader *reader, const char *site, int64_t kpi, int64_t from_ms,
                     int64_t to_ms, store_band_fn *on_band, void *context)
{
    struct store_db *db = &reader->db;
    sqlite3_stmt *row;
    bool has = store_db_row(db, &row,
                            BAND_COLUMNS
                            " AND (? IS NULL OR site COLLATE NOCASE = ?) AND (? = 0 OR kpi = ?)"
                            " ORDER BY kpi, scope, from_ms, id",
                            "iittii", to_ms, from_ms, site, site, kpi, kpi);
    EACH_ROW(db, row, has)
    {
        struct store_band band;
        get_band(row, &band);
        if (!on_band(context, &band)) {
            store_db_done(row);
            break;
        }
    }
    return db->result;
}

int store_read_values(struct store_reader *reader, int64_t kpi, const char *scope, int64_t from,
                      int64_t to, store_value_fn *on_value, void *context)
{
    struct store_db *db = &reader->db;
    sqlite3_stmt *row;
    if (!store_db_has_table(db, "kpi_value"))
        return db->result;
    bool has =
        store_db_row(db, &row,
                     "SELECT time_ms, value, value_text FROM kpi_value WHERE kpi = ?1 AND"
                     " scope = ?2 AND day < ?4 AND day >= coalesce((SELECT max(day) FROM kpi_value"
                     " WHERE kpi = ?1 AND scope = ?2 AND day < ?3), ?3) ORDER BY day",
                     "itii", kpi, scope, from, to);
    EACH_ROW(db, row, has)
    {
        const struct store_value out = {.time_ms = sqlite3_column_int64(row, 0),
                                        .value = sqlite3_column_int64(row, 1),
                                        .value_text = text(row, 2)};
        if (!on_value(context, &out)) {
            store_db_done(row);
            break;
        }
    }
    return db->result;
}

/* ---- alerts ---- */

int store_read_alerts(struct store_reader *reader, const char *site, int64_t from_ms, int64_t to_ms,
                      store_alert_fn *on_alert, void *context)
{
    struct store_db *db = &reader->db;
    sqlite3_stmt *row;
    bool has = store_db_row(
        db, &row,
        "SELECT a.id, kpi, key, scope, scope_name, site, opened_ms, closed_ms, a.state, worst,"
        " coalesce(w.value_text, a.value_text), coalesce(w.reason, a.reason), ack_ms, a.ack_name,"
        " a.ack_note FROM alert a LEFT JOIN alert_event w ON w.sequence = (SELECT max(sequence)"
        " FROM alert_event WHERE alert = a.id AND state = worst AND closed_ms IS NOT NULL)"
        " WHERE opened_ms < ? AND (closed_ms IS NULL OR closed_ms >= ?)"
        " AND (? IS NULL OR site COLLATE NOCASE = ?)"
        " ORDER BY opened_ms, a.id",
        "iitt", to_ms, from_ms, site, site);
    EACH_ROW(db, row, has)
    {
        const struct store_alert out = {
            .id = sqlite3_column_int64(row, 0),
            .kpi = sqlite3_column_int64(row, 1),
            .key = text(row, 2),
            .scope = text(row, 3),
            .scope_name = text(row, 4),
            .site = text(row, 5),
            .opened_ms = sqlite3_column_int64(row, 6),
            .closed_ms = number(row, 7, INT64_MAX),
            .state = sqlite3_column_int(row, 8),
            .worst = sqlite3_column_int(row, 9),
            .value_text = text(row, 10),
            .reason = text(row, 11),
            .ack_ms = sqlite3_column_int64(row, 12),
            .ack_name = text(row, 13),
            .ack_note = text(row, 14),
        };
        if (!on_alert(context, &out)) {
            store_db_done(row);
            break;
        }
    }
    return db->result;
}

int store_read_alert_events(struct store_reader *reader, int64_t alert,
                            store_alert_event_fn *on_event, void *context)
{
    struct store_db *db = &reader->db;
    sqlite3_stmt *row;
    bool has = store_db_row(db, &row,
                            "SELECT sequence, kind, time_ms, state, old_state, value_text, reason,"
                            " ack_name, ack_note FROM alert_event WHERE alert = ? ORDER BY 1",
                            "i", alert);
    EACH_ROW(db, row, has)
    {
        const struct store_alert_event out = {
            .sequence = (uint64_t)sqlite3_column_int64(row, 0),
            .kind = sqlite3_column_int(row, 1),
            .time_ms = sqlite3_column_int64(row, 2),
            .state = sqlite3_column_int(row, 3),
            .old_state = sqlite3_column_int(row, 4),
            .value_text = text(row, 5),
            .reason = text(row, 6),
            .ack_name = text(row, 7),
            .ack_note = text(row, 8),
        };
        if (!on_event(context, &out)) {
            store_db_done(row);
            break;
        }
    }
    return db->result;
}
