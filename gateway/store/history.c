/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the engine said: states of indicators, each from one word to the next or to the end of its
 * row, and the life of each alert. A person's acknowledgement counts when the engine repeats it (it
 * then has an EMISSION).
 */
#include "gateway/store/period.h"
#include "gateway/store/store_internal.h"

enum { DOWN_MS = 30000 }; /* as the engine's own downtime */

/* Copies that live as long as the record's turn. */
static const char *text(const struct gw_event *event, enum gw_field field, struct arena *arena)
{
    struct slice value = gw_event_text(event, field);
    return value.n ? arena_text(arena, value) : NULL;
}

static void take_state(struct store_fill *fill, const struct gw_event *event, struct arena *arena)
{
    struct store_db *db = &fill->db;
    int64_t kpi = gw_event_int(event, GW_FIELD_KPI_ID, 0),
            state = gw_event_int(event, GW_FIELD_KPI_STATE, 3),
            old = gw_event_int(event, GW_FIELD_KPI_OLD_STATE, 3);
    const char *scope = text(event, GW_FIELD_KPI_SCOPE, arena),
               *key = text(event, GW_FIELD_KPI_KEY, arena),
               *site = text(event, GW_FIELD_SITE, arena);
    store_db_run(db,
                 "UPDATE kpi_state SET until_ms = max(?, from_ms)"
                 " WHERE scope = ? AND kpi = ? AND until_ms IS NULL",
                 "iti", event->time_ms, scope, kpi);
    /* The first word of all tells what was before it, though not since when. */
    if (sqlite3_changes(db->sqlite) == 0 && old != 3)
        store_db_run(db,
                     "INSERT INTO kpi_state(kpi, key, scope, site, from_ms, until_ms, state)"
                     " VALUES(?, ?, ?, ?, 0, ?, ?)",
                     "itttii", kpi, key, scope, site, event->time_ms, old);
    if (slice_equal(gw_event_text(event, GW_FIELD_REASON), SLICE(GW_REASON_NOT_WATCHED)))
        return;
    store_db_run(db,
                 "INSERT INTO kpi_state(kpi, key, scope, site, from_ms, state, value, value_text,"
                 " unit, reason) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                 "itttiiittt", kpi, key, scope, site, event->time_ms, state,
                 gw_event_int(event, GW_FIELD_KPI_VALUE, 0),
                 text(event, GW_FIELD_KPI_VALUE_TEXT, arena), text(event, GW_FIELD_KPI_UNIT, arena),
                 text(event, GW_FIELD_REASON, arena));
}

/* The newest of each of the site's days. */
static void take_value(struct store_fill *fill, const struct gw_event *event, struct arena *arena)
{
    const char *site = text(event, GW_FIELD_SITE, arena);
    const struct zone *zone = store_zone_at(fill, site ? site : "", event->sequence);
    store_db_run(&fill->db, "INSERT OR REPLACE INTO kpi_value VALUES(?, ?, ?, ?, ?, ?)", "itiiit",
                 gw_event_int(event, GW_FIELD_KPI_ID, 0), text(event, GW_FIELD_KPI_SCOPE, arena),
                 store_day(zone, event->time_ms), event->time_ms,
                 gw_event_int(event, GW_FIELD_KPI_VALUE, 0),
                 text(event, GW_FIELD_KPI_VALUE_TEXT, arena));
}

/* Any of its words makes the alert: the first may be of a journal that is gone. */
static void take_alert(struct store_fill *fill, const struct gw_event *event, struct arena *arena)
{
    struct store_db *db = &fill->db;
    int64_t id = gw_event_int(event, GW_FIELD_ALERT_ID, 0),
            state = gw_event_int(event, GW_FIELD_KPI_STATE, 3);
    bool is_acknowledged = event->kind == GW_KIND_ALERT_ACKNOWLEDGED;
    const char *value = text(event, GW_FIELD_KPI_VALUE_TEXT, arena),
               *reason = text(event, GW_FIELD_REASON, arena),
               *name = text(event, GW_FIELD_ALERT_ACK_NAME, arena),
               *note = text(event, GW_FIELD_ALERT_ACK_NOTE, arena);
    store_db_run(db,
                 "INSERT OR IGNORE INTO alert(id, kpi, key, scope, scope_name, site, opened_ms)"
                 " VALUES(?, ?, ?, ?, ?, ?, ?)",
                 "iitttti", id, gw_event_int(event, GW_FIELD_KPI_ID, 0),
                 text(event, GW_FIELD_KPI_KEY, arena), text(event, GW_FIELD_KPI_SCOPE, arena),
                 text(event, GW_FIELD_KPI_SCOPE_NAME, arena), text(event, GW_FIELD_SITE, arena),
                 gw_event_int(event, GW_FIELD_ALERT_OPENED, event->time_ms));
    store_db_run(
        db, "UPDATE alert SET state = ?, worst = ?, value_text = ?, reason = ? WHERE id = ?",
        "iitti", state, gw_event_int(event, GW_FIELD_ALERT_WORST, state), value, reason, id);
    if (event->kind == GW_KIND_ALERT_CLEARED)
        store_db_run(db, "UPDATE alert SET closed_ms = ? WHERE id = ?", "ii", event->time_ms, id);
    if (is_acknowledged)
        store_db_run(db, "UPDATE alert SET ack_ms = ?, ack_name = ?, ack_note = ? WHERE id = ?",
                     "itti", event->time_ms, name, note, id);
    /* Worse than what somebody had in hand: nobody has this. */
    else if (!name &&
             (event->kind == GW_KIND_ALERT_CHANGED || event->kind == GW_KIND_ALERT_REPEATED))
        store_db_run(db,
                     "UPDATE alert SET ack_ms = NULL, ack_name = NULL, ack_note = NULL"
                     " WHERE id = ?",
                     "i", id);
    store_db_run(db, "INSERT OR REPLACE INTO alert_event VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                 "iiiiiitttt", (int64_t)event->sequence, id, (int64_t)event->kind, event->time_ms,
                 state, gw_event_int(event, GW_FIELD_KPI_OLD_STATE, 3), value, reason,
                 is_acknowledged ? name : NULL, is_acknowledged ? note : NULL);
}

void store_history_take(struct store_fill *fill, const struct gw_event *event)
{
    struct arena arena;
    if (!gw_event_has(event, GW_FIELD_EMISSION))
        return;
    arena_init(&arena, 0);
    if (event->kind == GW_KIND_KPI_CHANGED)
        take_state(fill, event, &arena);
    else if (event->kind == GW_KIND_KPI_VALUE)
        take_value(fill, event, &arena);
    else
        take_alert(fill, event, &arena);
    arena_fini(&arena);
}

/* It was off, slept, or could write nothing. A clock that is set back takes away what it had said.
 */
void store_history_tick(struct store_fill *fill, int64_t tick_ms)
{
    if (fill->now_ms && tick_ms - fill->now_ms > DOWN_MS)
        store_db_run(&fill->db, "INSERT OR REPLACE INTO down VALUES(?, ?)", "ii", fill->now_ms,
                     tick_ms);
    if (tick_ms < fill->now_ms) {
        store_db_run(&fill->db, "DELETE FROM down WHERE from_ms > ?", "i", tick_ms - DOWN_MS);
        store_db_run(&fill->db, "UPDATE down SET until_ms = ? WHERE until_ms > ?", "ii", tick_ms,
                     tick_ms);
    }
}

void store_history_sweep(struct store_fill *fill, int64_t before_ms)
{
    store_db_run(&fill->db, "DELETE FROM down WHERE until_ms < ?", "i", before_ms);
    store_db_run(&fill->db, "DELETE FROM kpi_state WHERE until_ms < ?", "i", before_ms);
    store_db_run(&fill->db,
                 "DELETE FROM kpi_value WHERE time_ms < ? AND (EXISTS(SELECT 1 FROM kpi_value AS n"
                 " WHERE n.kpi = kpi_value.kpi AND n.scope = kpi_value.scope AND n.day >"
                 " kpi_value.day) OR NOT EXISTS(SELECT 1 FROM kpi_state AS s WHERE s.kpi ="
                 " kpi_value.kpi AND s.scope = kpi_value.scope))",
                 "i", before_ms);
    store_db_run(&fill->db, "DELETE FROM alert WHERE closed_ms < ?", "i", before_ms);
    store_db_exec(&fill->db, "DELETE FROM alert_event WHERE alert NOT IN (SELECT id FROM alert);");
}
