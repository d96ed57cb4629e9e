/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Figures: listed in memory for a batch, then added to those of their hour and day. What is older
 * than what is kept is not added, nor taken away again: its figures are gone, or never were.
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
    fill->counts[fill->n_counts++] = (struct rollup_count){
        .hour = store_hour(zone, fact->time_ms),
        .day = store_day(zone, fact->time_ms),
        .figure = {.ids = {[STORE_ID_COMPUTER] = store_computer_id(fill, site, fact),
                           [STORE_ID_MALWARE] = store_name_id(fill, fact->malware),
                           [STORE_ID_SOURCE] = store_name_id(fill, fact->source),
                           [STORE_ID_KIND] = fact->kind,
                           [STORE_ID_ACTION] = fact->action,
                           [STORE_ID_PRODUCT] = store_name_id(fill, fact->product),
                           [STORE_ID_SITE] = site},
                   .n = sign * fact->n},
    };
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

/* ---- into the database ---- */

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

static int by_hour(const void *a, const void *b)
{
    const struct rollup_count *x = a, *y = b;
    if (x->hour != y->hour)
        return x->hour < y->hour ? -1 : 1;
    return store_figure_compare(&x->figure, &y->figure);
}

static int by_day(const void *a, const void *b)
{
    const struct rollup_count *x = a, *y = b;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return store_figure_compare(&x->figure, &y->figure);
}

/* What is of one hour is of one day mostly, and in the order of days already. */
static void sort(struct rollup_count *counts, size_t n, int (*compare)(const void *, const void *))
{
    size_t i = 1;
    while (i < n && compare(&counts[i - 1], &counts[i]) <= 0)
        i++;
    if (i < n)
        qsort(counts, n, sizeof *counts, compare);
}

static int64_t period_of(const struct rollup_count *count, bool is_day)
{
    return is_day ? count->day : count->hour;
}

static void flush_periods(struct store_fill *fill, bool is_day, int64_t from)
{
    const struct rollup_count *counts = fill->counts;
    sort(fill->counts, fill->n_counts, is_day ? by_day : by_hour);
    for (size_t i = 0, end; i < fill->n_counts; i = end) {
        struct store_runs runs = {is_day, period_of(&counts[i], is_day)};
        for (end = i + 1; end < fill->n_counts; end++)
            if (period_of(&counts[end], is_day) != runs.period)
                break;
        if (runs.period >= from)
            store_runs_add(&fill->db, &runs, counts + i, end - i);
    }
}

static void flush_detections(struct store_fill *fill)
{
    flush_periods(fill, false, fill->hours_from);
    flush_periods(fill, true, INT64_MIN);
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
    store_db_run(db, "DELETE FROM hour_row WHERE hour < ?", "i", fill->hours_from);
    store_db_run(db, "DELETE FROM day_row WHERE day < ?", "i", fill->days_from);
    store_db_run(db, "DELETE FROM pack WHERE is_day = 0 AND period < ?", "i", fill->hours_from);
    store_db_run(db, "DELETE FROM pack WHERE is_day = 1 AND period < ?", "i", fill->days_from);
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

/* The first or last hour or day; rows first, which are of before. */
#define ENDS(which, period, is_day)                                                                \
    "SELECT " which "(p) FROM (SELECT " which "(" period ") p FROM " period "_row"                 \
    " UNION ALL SELECT " which "(period) FROM pack WHERE is_day = " is_day ")"

/* Half a day of hours a time, as long as there are more than two days of them; then days. */
static void drop_oldest(struct store_fill *fill)
{
    struct store_db *db = &fill->db;
    int64_t first = store_db_int(db, 0, ENDS("min", "hour", "0"), ""),
            last = store_db_int(db, 0, ENDS("max", "hour", "0"), ""),
            day = store_db_int(db, 0, ENDS("min", "day", "1"), ""),
            today = store_db_int(db, 0, ENDS("max", "day", "1"), "");
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
