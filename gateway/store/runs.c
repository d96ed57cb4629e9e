/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Figures by hour and by day, in runs: what a batch adds to an hour is a run in the order of the
 * figures, put behind those that are there; what it adds to the day another. Sixteen of a tier are
 * merged into one of the next, so that a figure is written a few times at most, whatever comes
 * between, and nobody looks for the place of a row. What is asked adds up the runs.
 *
 *     tier 0  ▯▯▯▯▯▯   tier 1  ▭▭▭   tier 2  ▬          of one hour, or day
 *
 * A run is in packs of some kilobytes, each to be read by itself: merging holds one of each run.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/base/error.h"
#include "gateway/store/store_internal.h"

enum {
    FAN_IN = 16,
    TIER_LAST = 4, /* is not merged any more: 65,536 batches */
    PACK_BYTES = 8000
};

/* ---- writing ---- */

struct writer {
    struct store_db *db;
    struct store_runs runs;
    int64_t tier, run, part;
    struct store_figure sum, last; /* what is added up; what is in the pack */
    struct buf pack;
};

static int64_t last_run(struct store_db *db, const struct store_runs *runs, int64_t tier)
{
    return store_db_int(db, 0,
                        "SELECT max(run) FROM pack WHERE is_day = ? AND period = ? AND tier = ?",
                        "iii", (int64_t)runs->is_day, runs->period, tier);
}

static struct writer writer_of(struct store_db *db, const struct store_runs *runs, int64_t tier)
{
    return (struct writer){db, *runs, .tier = tier, .run = last_run(db, runs, tier) + 1};
}

static void end_pack(struct writer *w)
{
    if (w->pack.n)
        store_db_run(w->db, "INSERT INTO pack VALUES(?, ?, ?, ?, ?, ?)", "iiiiib",
                     (int64_t)w->runs.is_day, w->runs.period, w->tier, w->run, w->part++,
                     buf_get(&w->pack));
    buf_clear(&w->pack);
    w->last = (struct store_figure){.n = 0};
}

static void end_sum(struct writer *w)
{
    if (w->sum.n)
        store_pack_put(&w->pack, &w->last, &w->sum);
    if (w->pack.n > PACK_BYTES - STORE_PACKED_MOST)
        end_pack(w);
}

/* In their order. */
static void put(struct writer *w, const struct store_figure *figure)
{
    if (store_figure_compare(&w->sum, figure) == 0) {
        w->sum.n += figure->n;
        return;
    }
    end_sum(w);
    w->sum = *figure;
}

/* How many runs there are of its tier. */
static int64_t end(struct writer *w)
{
    end_sum(w);
    end_pack(w);
    buf_free(&w->pack);
    return w->part ? w->run : w->run - 1;
}

/* ---- merging ---- */

struct source {
    int64_t run, part; /* the one that is read next */
    struct buf pack;
    struct cursor bytes;
    struct store_figure figure;
    bool is_at_end;
};

static bool next_pack(struct store_db *db, const struct store_runs *runs, int64_t tier,
                      struct source *s)
{
    sqlite3_stmt *row;
    if (!store_db_row(db, &row,
                      "SELECT figures FROM pack WHERE is_day = ? AND period = ? AND tier = ?"
                      " AND run = ? AND part = ?",
                      "iiiii", (int64_t)runs->is_day, runs->period, tier, s->run, s->part))
        return false;
    s->part++;
    buf_clear(&s->pack);
    buf_slice(&s->pack, store_db_blob(row, 0));
    store_db_done(row);
    s->bytes = cursor_of(buf_get(&s->pack));
    s->figure = (struct store_figure){.n = 0};
    return true;
}

static void advance(struct store_db *db, const struct store_runs *runs, int64_t tier,
                    struct source *s)
{
    while (!store_pack_next(&s->bytes, &s->figure)) {
        if (s->bytes.failed)
            store_db_damaged(db, STORE_PACK_DAMAGED);
        s->is_at_end = !next_pack(db, runs, tier, s);
        if (s->is_at_end)
            return;
    }
}

static struct source *first_of(struct source sources[FAN_IN])
{
    struct source *first = NULL;
    for (struct source *s = sources; s < sources + FAN_IN; s++)
        if (!s->is_at_end && (!first || store_figure_compare(&s->figure, &first->figure) < 0))
            first = s;
    return first;
}

static int64_t merge(struct store_db *db, const struct store_runs *runs, int64_t tier)
{
    struct writer w = writer_of(db, runs, tier + 1);
    struct source *sources = gw_alloc(FAN_IN * sizeof *sources), *s;
    for (size_t i = 0; i < FAN_IN; i++) {
        sources[i].run = (int64_t)i + 1;
        sources[i].bytes = cursor_of(SLICE_NONE);
        advance(db, runs, tier, &sources[i]);
    }
    while ((s = first_of(sources)) && db->result == GW_OK) {
        put(&w, &s->figure);
        advance(db, runs, tier, s);
    }
    for (size_t i = 0; i < FAN_IN; i++)
        buf_free(&sources[i].pack);
    free(sources);
    store_db_run(db, "DELETE FROM pack WHERE is_day = ? AND period = ? AND tier = ?", "iii",
                 (int64_t)runs->is_day, runs->period, tier);
    return end(&w);
}

void store_runs_add(struct store_db *db, const struct store_runs *runs,
                    const struct rollup_count *counts, size_t n)
{
    struct writer w = writer_of(db, runs, 0);
    for (size_t i = 0; i < n; i++)
        put(&w, &counts[i].figure);
    int64_t there = end(&w);
    for (int64_t tier = 0; tier < TIER_LAST && there == FAN_IN && db->result == GW_OK; tier++)
        there = merge(db, runs, tier);
}
