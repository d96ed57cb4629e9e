/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Figures: added up in memory for a batch, then to the rows of their hour and day. What is older
 * than what is kept is not added, nor taken away again: its rows are gone, or never were.
 *
 * Retention goes by the journal's ticks. After a step of more than a day and an hour it waits until
 * they were steady for a day, as the journal's does: a clock that stood in 2038 for a minute must
 * not take years of figures.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/store/period.h"
#include "gateway/store/store_internal.h"

static const int64_t HOUR_S = 3600, STEP_MS = 25 * 3600000, DAY_MS = 86400000;
enum { LOOK_MS = 30000, SEEN_DAYS = 2 };

static void add_detection(struct store_fill *fill, const struct store_fact *fact, int64_t site,
                          const struct zone *zone, int sign)
{
    if (fill->n_counts == fill->cap_counts) {
        fill->cap_counts = fill->cap_counts ? 2 * fill->cap_counts : 64;
        fill->counts = gw_realloc(fill->counts, fill->cap_counts * sizeof *fill->counts);
    }
    struct rollup_key key = {
        .hour = store_hour(zone, fact->time_ms),
        .day = store_day(zone, fact->time_ms),
        .site = site,
        .kind = fact->kind,
        .product = store_name_id(fill, fact->product),
        .malware = store_name_id(fill, fact->malware),
        .source = store_name_id(fill, fact->source),
        .computer = store_computer_id(fill, site, fact),
        .action = fact->action,
    };
    fill->counts[fill->n_counts++] = (struct rollup_count){key, sign * fact->n};
}

void store_rollup_add(struct store_fill *fill, const struct store_fact *fact, uint64_t sequence,
                      int sign)
{
    const struct zone *zone = store_zone_at(fill, fact->site, sequence);
    int64_t day = store_day(zone, fact->time_ms);
    if (day < fill->days_from) {
        fill->figures.late += sign > 0;
        return;
    }
    int64_t site = store_name_id(fill, fact->site);
    if (fact->is_detection)
        add_detection(fill, fact, site, zone, sign);
    if (!fact->is_unknown && !fact->is_malformed)
        return;
    struct unknown_key key = {day, site, store_name_id(fill, fact->sender),
                              fact->is_unknown ? 0 : store_name_id(fill, fact->product)};
    struct slice bytes = slice_of((const char *)&key, sizeof key);
    struct unknown_count *count = map_get(fill->unknowns, bytes);
    if (!count) {
        count = gw_alloc(sizeof *count);
        map_put(fill->unknowns, bytes, count);
    }
    count->n += fact->is_unknown ? sign : 0;
    count->malformed += fact->is_malformed ? sign : 0;
}

/* ---- into the rows ---- */

#define KEYS "site, kind, product, malware, source, computer, action"
#define ROW  "(?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define ROW4 ROW ", " ROW ", " ROW ", " ROW
#define ADD  " ON CONFLICT DO UPDATE SET n = n + excluded.n"
enum { COLUMNS = 9, ROWS = 16 };

/* Rows of one table that go in by one statement: one after the other costs an eighth more. */
struct rows {
    const char *add_one, *add_all, *drop_zero;
    int64_t values[ROWS][COLUMNS];
    size_t n;
};

static const struct rows hour_rows = {.add_one = "INSERT INTO detection_hour VALUES" ROW ADD,
                                      .add_all = "INSERT INTO detection_hour VALUES" ROW4 ", " ROW4
                                                 ", " ROW4 ", " ROW4 ADD,
                                      .drop_zero = "DELETE FROM detection_hour WHERE (hour, " KEYS
                                                   ", n) = (?, ?, ?, ?, ?, ?, ?, ?, 0)"};
static const struct rows day_rows = {.add_one = "INSERT INTO detection_day VALUES" ROW ADD,
                                     .add_all = "INSERT INTO detection_day VALUES" ROW4 ", " ROW4
                                                ", " ROW4 ", " ROW4 ADD,
                                     .drop_zero = "DELETE FROM detection_day WHERE (day, " KEYS
                                                  ", n) = (?, ?, ?, ?, ?, ?, ?, ?, 0)"};

static void put_rows(struct store_db *db, struct rows *rows)
{
    if (rows->n == ROWS)
        store_db_run_ints(db, rows->add_all, *rows->values, ROWS * COLUMNS);
    for (size_t i = 0; rows->n < ROWS && i < rows->n; i++)
        store_db_run_ints(db, rows->add_one, rows->values[i], COLUMNS);
    rows->n = 0;
}

static void add_row(struct store_db *db, struct rows *rows, int64_t period,
                    const struct rollup_key *k, int64_t n)
{
    const int64_t row[COLUMNS] = {period,    k->site,     k->kind,   k->product, k->malware,
                                  k->source, k->computer, k->action, n};
    memcpy(rows->values[rows->n++], row, sizeof row);
    if (rows->n == ROWS || n < 0)
        put_rows(db, rows);
    if (n < 0)
        store_db_run_ints(db, rows->drop_zero, row, COLUMNS - 1);
}

static void flush_unknown(struct store_fill *fill, const struct unknown_key *k,
                          const struct unknown_count *count)
{
    store_db_run(
        &fill->db,
        "INSERT INTO unknown_day VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " unknown = unknown + excluded.unknown, malformed = malformed + excluded.malformed",
        "iiiiii", k->day, k->site, k->sender, k->product, count->n, count->malformed);
    if (count->n < 0 || count->malformed < 0)
        store_db_run(&fill->db,
                     "DELETE FROM unknown_day WHERE (day, site, sender, product) = (?, ?, ?, ?)"
                     " AND unknown = 0 AND malformed = 0",
                     "iiii", k->day, k->site, k->sender, k->product);
}

static int compare_keys(const void *a, const void *b)
{
    const int64_t *x = a, *y = b; /* the key's members, in the order of the rows' */
    for (size_t i = 0; i < sizeof(struct rollup_key) / sizeof *x; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

/* One figure of those of one key; without those that come to nothing. Returns how many are left. */
static size_t add_up(struct rollup_count *counts, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n;) {
        struct rollup_count sum = counts[i++];
        while (i < n && compare_keys(&counts[i], &sum) == 0)
            sum.n += counts[i++].n;
        if (sum.n)
            counts[kept++] = sum;
    }
    return kept;
}

/* In the order of the rows: SQLite then goes on where it is, which takes a quarter less. */
static void flush_detections(struct store_fill *fill)
{
    struct rows hours = hour_rows, days = day_rows;
    if (fill->n_counts)
        qsort(fill->counts, fill->n_counts, sizeof *fill->counts, compare_keys);
    size_t n = add_up(fill->counts, fill->n_counts);
    for (size_t i = 0; i < n; i++) {
        const struct rollup_key *k = &fill->counts[i].key;
        if (k->hour >= fill->hours_from)
            add_row(&fill->db, &hours, k->hour, k, fill->counts[i].n);
        add_row(&fill->db, &days, k->day, k, fill->counts[i].n);
    }
    put_rows(&fill->db, &hours);
    put_rows(&fill->db, &days);
    fill->n_counts = 0;
}

void store_rollup_flush(struct store_fill *fill)
{
    size_t at = 0;
    struct slice key;
    void *value;
    flush_detections(fill);
    while (map_next(fill->unknowns, &at, &key, &value)) {
        struct unknown_key k;
        const struct unknown_count *count = value;
        memcpy(&k, key.p, sizeof k);
        if (count->n || count->malformed)
            flush_unknown(fill, &k, count);
    }
    map_free(fill->unknowns, free);
    fill->unknowns = map_new();
}

/* ---- what goes ---- */

static void drop_before(struct store_fill *fill, int64_t hours_from, int64_t days_from)
{
    struct store_db *db = &fill->db;
    store_rollup_flush(fill);
    if (hours_from > fill->hours_from)
        fill->hours_from = hours_from;
    if (days_from > fill->days_from)
        fill->days_from = days_from;
    store_db_put_meta(db, "hours_from", fill->hours_from);
    store_db_put_meta(db, "days_from", fill->days_from);
    store_db_run(db, "DELETE FROM detection_hour WHERE hour < ?", "i", fill->hours_from);
    store_db_run(db, "DELETE FROM detection_day WHERE day < ?", "i", fill->days_from);
    store_db_run(db, "DELETE FROM unknown_day WHERE day < ?", "i", fill->days_from);
    if (fill->days_from != INT64_MIN)
        store_history_sweep(fill, fill->days_from * DAY_MS);
    store_names_prune(fill);
}

void store_rollup_sweep(struct store_fill *fill, int64_t tick_ms)
{
    struct store_db *db = &fill->db;
    int64_t step_ms = tick_ms - fill->now_ms, day = store_day(NULL, tick_ms);
    if (!fill->steady_ms)
        store_db_put_meta(db, "begun_ms", tick_ms);
    if (step_ms < -STEP_MS || step_ms > STEP_MS || !fill->steady_ms) {
        fill->steady_ms = tick_ms;
        store_db_put_meta(db, "steady_ms", tick_ms);
    }
    fill->now_ms = tick_ms;
    if (day == fill->swept_day || tick_ms - fill->steady_ms < DAY_MS)
        return;
    fill->swept_day = day;
    store_db_put_meta(db, "swept_day", day);
    store_seen_sweep(fill->seen, db, day - SEEN_DAYS);
    store_db_run(db, "DELETE FROM repeat WHERE sequence < ?", "i", (int64_t)fill->options.oldest);
    store_db_run(db, "DELETE FROM correction WHERE at < ?", "i", (int64_t)fill->options.oldest);
    int64_t hours_from = store_hour(NULL, tick_ms - fill->options.hours_ms),
            days_from = day - fill->options.days_ms / DAY_MS;
    if (hours_from > fill->hours_from || days_from > fill->days_from)
        drop_before(fill, hours_from, days_from);
}

/* Half a day of hours a time, as long as there are more than two days of them; then days. */
static void drop_oldest(struct store_fill *fill)
{
    int64_t first = store_db_int(&fill->db, 0, "SELECT min(hour) FROM detection_hour", ""),
            last = store_db_int(&fill->db, 0, "SELECT max(hour) FROM detection_hour", ""),
            day = store_db_int(&fill->db, 0, "SELECT min(day) FROM detection_day", ""),
            today = store_db_int(&fill->db, 0, "SELECT max(day) FROM detection_day", "");
    if (last - first > 48 * HOUR_S)
        drop_before(fill, first + 12 * HOUR_S, fill->days_from);
    else if (today > day)
        drop_before(fill, fill->hours_from, day + 1);
    else
        return;
    log_warn("store",
             "too large, the oldest figures go, though they are not old enough; "
             "<store max-size=.../> bytes=%" PRId64,
             store_fill_bytes(fill));
}

void store_rollup_bound(struct store_fill *fill)
{
    int64_t now_ms = clock_read(&clock_system).mono_ms;
    if (fill->sized_ms && now_ms - fill->sized_ms < LOOK_MS)
        return;
    fill->sized_ms = now_ms;
    if (store_fill_bytes(fill) > fill->options.max_bytes)
        drop_oldest(fill);
}
