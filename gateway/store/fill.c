/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One record after the other. Order: open, take ..., commit, take ..., commit; the first failure
 * ends it: close, and open again.
 *
 * A correction takes away what the record before it added, and adds what it says itself. What that
 * was is read in the journal again: a figure holds no records. It is there, since the correction
 * was made of it; if retention was faster, the figures stand as they were, counted as unfit.
 */
#include "gateway/store/fill.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/schema/who.h"
#include "gateway/store/period.h"
#include "gateway/store/store_internal.h"

enum { NAMES_KEPT = 1 << 14, COMPUTERS_KEPT = 1 << 17 }; /* in memory, 12 bytes each */

/* ---- opening, closing ---- */

static const struct {
    const char *key;
    size_t offset;
} kept_figures[] = {
    {"detections", offsetof(struct store_fill_figures, detections)},
    {"repeats", offsetof(struct store_fill_figures, repeats)},
    {"corrections", offsetof(struct store_fill_figures, corrections)},
    {"unfit", offsetof(struct store_fill_figures, unfit)},
    {"late", offsetof(struct store_fill_figures, late)},
    {"unreadable", offsetof(struct store_fill_figures, unreadable)},
    {"missed", offsetof(struct store_fill_figures, missed)},
};
enum { N_FIGURES = sizeof kept_figures / sizeof *kept_figures };

static uint64_t *figure_at(struct store_fill_figures *figures, size_t i)
{
    return (uint64_t *)(void *)((char *)figures + kept_figures[i].offset);
}

static void put_epoch(struct store_fill *fill)
{
    store_db_run(&fill->db, "INSERT INTO meta VALUES('epoch', ?)", "t", fill->options.epoch);
    store_db_put_meta(&fill->db, "first", (int64_t)fill->options.oldest);
    store_db_put_meta(&fill->db, "cursor",
                      fill->options.oldest ? (int64_t)fill->options.oldest - 1 : 0);
    store_db_put_meta(&fill->db, "is_new", 1);
}

/* The database belongs to this journal, and is not ahead of it. */
static int check_epoch(struct store_fill *fill, char *trouble, size_t size)
{
    sqlite3_stmt *row;
    if (!store_db_row(&fill->db, &row, "SELECT value FROM meta WHERE key = 'epoch'", "")) {
        put_epoch(fill);
        return fill->db.result;
    }
    const char *epoch = (const char *)sqlite3_column_text(row, 0);
    bool is_ours = epoch && strcmp(epoch, fill->options.epoch) == 0;
    store_db_done(row);
    if (fill->db.result != GW_OK)
        return fill->db.result;
    if (is_ours && store_fill_cursor(fill) <= fill->options.committed)
        return GW_OK;
    snprintf(trouble, size, "%.120s is of another journal, or of a later time of this one",
             fill->options.path);
    return GW_ERR_EXISTS;
}

static void load(struct store_fill *fill)
{
    struct store_db *db = &fill->db;
    for (size_t i = 0; i < N_FIGURES; i++)
        *figure_at(&fill->figures, i) = (uint64_t)store_db_meta(db, kept_figures[i].key, 0);
    fill->first = (uint64_t)store_db_meta(db, "first", 0);
    fill->hours_from = store_db_meta(db, "hours_from", INT64_MIN);
    fill->days_from = store_db_meta(db, "days_from", INT64_MIN);
    fill->now_ms = store_db_meta(db, "now_ms", 0);
    fill->steady_ms = store_db_meta(db, "steady_ms", 0);
    fill->swept_day = store_db_meta(db, "swept_day", 0);
    store_zones_load(fill);
    fill->seen = store_seen_open(db);
    uint64_t cursor = store_fill_cursor(fill);
    if (fill->options.oldest > cursor + 1) {
        uint64_t missed = fill->options.oldest - cursor - 1;
        fill->figures.missed += missed;
        log_warn("store", "the journal let records go that reports will not have records=%" PRIu64,
                 missed);
    }
}

int store_fill_open(const struct store_fill_options *options, struct store_fill **out,
                    char *trouble, size_t size)
{
    struct store_fill *fill = gw_alloc(sizeof *fill);
    fill->options = *options;
    *out = NULL;
    fill->names = store_memo_new(NAMES_KEPT);
    fill->computers = store_memo_new(COMPUTERS_KEPT);
    fill->unknowns = map_new();
    *trouble = '\0';
    int result = store_db_open(&fill->db, options->path, true);
    if (result == GW_OK) {
        store_db_exec(&fill->db, "BEGIN IMMEDIATE");
        result = check_epoch(fill, trouble, size);
    }
    if (result == GW_OK) {
        load(fill);
        store_db_exec(&fill->db, "COMMIT");
        result = fill->db.result;
    }
    if (result == GW_OK) {
        *out = fill;
        return GW_OK;
    }
    if (!*trouble)
        snprintf(trouble, size, "%s", fill->db.trouble);
    store_fill_close(fill);
    return result;
}

void store_fill_close(struct store_fill *fill)
{
    if (!fill)
        return;
    store_db_close(&fill->db);
    store_seen_close(fill->seen);
    store_zones_free(fill);
    store_memo_free(fill->names);
    store_memo_free(fill->computers);
    free(fill->counts);
    map_free(fill->unknowns, free);
    free(fill);
}

void store_fill_interrupt(struct store_fill *fill)
{
    sqlite3_interrupt(fill->db.sqlite);
}

/* ---- asking ---- */

uint64_t store_fill_cursor(struct store_fill *fill)
{
    return (uint64_t)store_db_meta(&fill->db, "cursor", 0);
}

bool store_fill_is_new(struct store_fill *fill)
{
    return store_db_meta(&fill->db, "is_new", 1) != 0;
}

size_t store_fill_waiting(const struct store_fill *fill)
{
    return fill->n_counts + map_count(fill->unknowns);
}

const char *store_fill_trouble(const struct store_fill *fill)
{
    return fill->db.trouble;
}

void store_fill_get_figures(const struct store_fill *fill, struct store_fill_figures *out)
{
    *out = fill->figures;
}

int64_t store_fill_bytes(struct store_fill *fill)
{
    struct store_db *db = &fill->db;
    return (store_db_int(db, 0, "PRAGMA page_count", "") -
            store_db_int(db, 0, "PRAGMA freelist_count", "")) *
           store_db_int(db, 0, "PRAGMA page_size", "");
}

void store_fill_note_oldest(struct store_fill *fill, uint64_t oldest)
{
    fill->options.oldest = oldest;
}

bool store_fill_wants_settings(const struct store_fill *fill)
{
    return map_count(fill->zones) == 0;
}

/* ---- taking ---- */

static void begin(struct store_fill *fill)
{
    if (!fill->is_open)
        store_db_exec(&fill->db, "BEGIN IMMEDIATE");
    fill->is_open = true;
}

void store_fill_note_end(struct store_fill *fill)
{
    begin(fill);
    store_db_put_meta(&fill->db, "is_new", 0);
}

void store_fill_settings(struct store_fill *fill, const struct gw_event *event)
{
    begin(fill);
    store_zones_take(fill, event, 0);
}

/* Was another record before this one, `of`, with its key? Remembers the key. */
static bool is_known_key(struct store_fill *fill, const struct gw_event *event, uint64_t of)
{
    char text[GW_REPEAT_KEY_MAX];
    size_t n = gw_repeat_key(event, text);
    if (!n)
        return false;
    return store_seen_take(fill->seen, &fill->db, slice_of(text, n), of,
                           store_day(NULL, fill->now_ms));
}

/* Was this finding told before? of: the record's own number. */
static bool is_repeat(struct store_fill *fill, const struct gw_event *event, uint64_t of)
{
    if (!(event->flags & GW_EVENT_RESENT) && !is_known_key(fill, event, of))
        return false;
    store_db_run(&fill->db, "INSERT OR IGNORE INTO repeat VALUES(?)", "i", (int64_t)of);
    fill->figures.repeats++;
    return true;
}

static void take_message(struct store_fill *fill, const struct gw_event *event)
{
    store_fact_of(event, &fill->fact);
    if (fill->fact.is_detection && is_repeat(fill, event, event->sequence))
        return;
    store_rollup_add(fill, &fill->fact, event->sequence, 1);
    fill->figures.detections += fill->fact.is_detection;
}

/* False: it was added, and what it was nobody knows any more. */
static bool take_away(struct store_fill *fill, uint64_t at)
{
    struct gw_event *before = &fill->before;
    if (!fill->options.fetch || !fill->options.fetch(fill->options.context, at, before))
        return false;
    before->sequence = at;
    store_fact_of(before, &fill->fact);
    store_rollup_add(fill, &fill->fact, at, -1);
    return true;
}

static void take_correction(struct store_fill *fill, const struct gw_event *event)
{
    struct store_db *db = &fill->db;
    uint64_t of = event->correction.of;
    int64_t revision = store_db_int(db, 1, "SELECT revision FROM correction WHERE of = ?", "i",
                                    (int64_t)of),
            at = store_db_int(db, (int64_t)of, "SELECT at FROM correction WHERE of = ?", "i",
                              (int64_t)of);
    bool was_added = of >= fill->first || (uint64_t)at != of;
    if (revision >= event->correction.revision ||
        store_db_int(db, 0, "SELECT 1 FROM repeat WHERE sequence = ?", "i", (int64_t)of))
        return;
    if (was_added && !take_away(fill, (uint64_t)at)) {
        fill->figures.unfit++;
        return;
    }
    store_db_run(db, "INSERT OR REPLACE INTO correction VALUES(?, ?, ?)", "iii", (int64_t)of,
                 (int64_t)event->correction.revision, (int64_t)event->sequence);
    store_fact_of(event, &fill->fact);
    if (!fill->fact.is_detection || !is_repeat(fill, event, of))
        store_rollup_add(fill, &fill->fact, event->sequence, 1);
    fill->figures.corrections++;
}

/* What only the gateway itself may say. */
static void take_own(struct store_fill *fill, const struct gw_event *event)
{
    if (event->transport != GW_TRANSPORT_NONE || gw_event_has(event, GW_FIELD_PEER))
        return;
    if (event->kind == GW_KIND_GATEWAY_TICK) {
        store_history_tick(fill, event->time_ms);
        store_rollup_sweep(fill, event->time_ms);
    } else if (event->kind != GW_KIND_GATEWAY_CONFIG) {
        store_history_take(fill, event);
    } else if (slice_equal(gw_event_text(event, GW_FIELD_LOAD_TYPE), SLICE("settings"))) {
        store_zones_take(fill, event, event->sequence);
    }
}

/* Ticks, loads and judgements. What could not be translated is a sender's message; the errors that
 * the gateway reports are in no figure. */
static bool is_own(int kind)
{
    return kind == GW_KIND_GATEWAY_TICK || kind == GW_KIND_GATEWAY_CONFIG ||
           gw_kind_is_judgement(kind);
}

int store_fill_take(struct store_fill *fill, const struct journal_record *record)
{
    struct gw_correction correction;
    int kind = gw_event_peek_kind(record->payload);
    bool is_correction = gw_event_peek_correction(record->payload, &correction);
    if (!is_correction && kind >= 0 && !is_own(kind) && !store_is_detection(kind) &&
        kind != GW_KIND_GATEWAY_UNTRANSLATABLE &&
        !(gw_event_peek_flags(record->payload) & GW_EVENT_MALFORMED))
        return GW_OK;
    begin(fill);
    if (gw_event_decode_mapped(record->payload, &fill->event) != GW_OK) {
        fill->figures.unreadable++;
        return fill->db.result;
    }
    fill->event.sequence = record->sequence;
    if (is_correction)
        take_correction(fill, &fill->event);
    else if (is_own(kind))
        take_own(fill, &fill->event);
    else
        take_message(fill, &fill->event);
    return fill->db.result;
}

int store_fill_commit(struct store_fill *fill, uint64_t cursor)
{
    begin(fill);
    store_rollup_flush(fill);
    store_seen_flush(fill->seen, &fill->db);
    store_rollup_bound(fill);
    store_db_put_meta(&fill->db, "cursor", (int64_t)cursor);
    store_db_put_meta(&fill->db, "now_ms", fill->now_ms);
    for (size_t i = 0; i < N_FIGURES; i++)
        store_db_put_meta(&fill->db, kept_figures[i].key, (int64_t)*figure_at(&fill->figures, i));
    store_db_exec(&fill->db, "COMMIT");
    fill->is_open = fill->db.result != GW_OK;
    return fill->db.result;
}
