/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *     key ──hash──► number ─┬─► in the batch's list? ──► known
 *                           └─► both its bits in the filter? ──► perhaps: a row is looked for
 *                                    └─ no: new; into the list ──full──► rows, in order of numbers
 *                                                        └──flush──► the log, as they came
 *
 * Numbers are spread over the whole table: each put in alone would read one page of it and write
 * another. Tens of thousands in order take each page once; until there are so many a commit puts
 * what is new in the list behind the log, from which the list is made again. And most keys are new,
 * which the filter says without any page.
 *
 * The number is SipHash of the key, by a secret of the database: of a million keys two are taken
 * for one with a chance of one in thirty million, and nobody outside can choose two.
 */
#include "gateway/store/seen.h"

#include <stdlib.h>

#include "gateway/base/map.h"
#include "gateway/store/store_internal.h"

/* Two bits a key. At 16 bits a key one of 70 new ones is looked for in vain, at 8 one of 20; beyond
   four million keys it becomes more. */
enum { FILTER_LEAST = 1 << 17, FILTER_MOST = 1 << 25, KEY_BITS = 8 };
enum { LIST_SLOTS = 1 << 15, LIST_MAX = LIST_SLOTS / 4 * 3 };

struct seen_key {
    int64_t number;
    uint64_t of; /* 0: a free slot */
};

struct store_seen {
    uint64_t secret[2];
    uint64_t *filter;
    size_t filter_bits; /* a power of two */
    size_t n_keys;
    struct seen_key list[LIST_SLOTS]; /* all of one day */
    size_t n_list;
    int64_t day;
    struct buf log; /* of the list's, what the log in the database does not have yet */
};

/* ---- the filter ---- */

static void add_bits(struct store_seen *seen, int64_t number)
{
    uint64_t a = (uint64_t)number & (seen->filter_bits - 1),
             b = (uint64_t)number >> 32 & (seen->filter_bits - 1);
    seen->filter[a / 64] |= UINT64_C(1) << a % 64;
    seen->filter[b / 64] |= UINT64_C(1) << b % 64;
}

static bool has_bits(const struct store_seen *seen, int64_t number)
{
    uint64_t a = (uint64_t)number & (seen->filter_bits - 1),
             b = (uint64_t)number >> 32 & (seen->filter_bits - 1);
    return (seen->filter[a / 64] >> a % 64 & 1) && (seen->filter[b / 64] >> b % 64 & 1);
}

/* Of the rows alone: the list is empty, and so is the log. */
static void make_filter(struct store_seen *seen, struct store_db *db)
{
    sqlite3_stmt *row;
    seen->n_keys = (size_t)store_db_int(db, 0, "SELECT count(*) FROM seen_key", "");
    seen->filter_bits = FILTER_LEAST;
    while (seen->filter_bits < FILTER_MOST && seen->filter_bits < 2 * KEY_BITS * seen->n_keys)
        seen->filter_bits *= 2;
    free(seen->filter);
    seen->filter = gw_alloc(seen->filter_bits / 8);
    bool has_row = store_db_row(db, &row, "SELECT number FROM seen_key", "");
    for (; has_row; has_row = store_db_next(db, row))
        add_bits(seen, sqlite3_column_int64(row, 0));
}

/* ---- the list ---- */

static struct seen_key *slot_of(struct store_seen *seen, int64_t number)
{
    size_t at = (uint64_t)number % LIST_SLOTS;
    while (seen->list[at].of && seen->list[at].number != number)
        at = (at + 1) % LIST_SLOTS;
    return &seen->list[at];
}

static int compare_numbers(const void *a, const void *b)
{
    const struct seen_key *x = a, *y = b;
    return x->number < y->number ? -1 : x->number > y->number;
}

#define PUT  "INSERT OR IGNORE INTO seen_key VALUES"
#define ROW  "(?, ?, ?)"
#define ROW4 ROW ", " ROW ", " ROW ", " ROW
enum { ROWS = 16, COLUMNS = 3 };

static void put_keys(struct store_db *db, const struct seen_key *keys, size_t n, int64_t day)
{
    for (size_t i = 0; i < n;) {
        size_t rows = n - i < ROWS ? 1 : ROWS;
        int64_t values[ROWS][COLUMNS];
        for (size_t k = 0; k < rows; k++, i++)
            memcpy(values[k], (int64_t[]){keys[i].number, (int64_t)keys[i].of, day},
                   sizeof values[k]);
        store_db_run_ints(db, rows == 1 ? PUT ROW : PUT ROW4 ", " ROW4 ", " ROW4 ", " ROW4, *values,
                          rows * COLUMNS);
    }
}

static void empty_list(struct store_seen *seen, struct store_db *db)
{
    size_t n = 0;
    for (size_t i = 0; i < LIST_SLOTS && n < seen->n_list; i++)
        if (seen->list[i].of)
            seen->list[n++] = seen->list[i];
    qsort(seen->list, n, sizeof *seen->list, compare_numbers);
    put_keys(db, seen->list, n, seen->day);
    memset(seen->list, 0, sizeof seen->list);
    seen->n_list = 0;
    buf_clear(&seen->log);
    store_db_run(db, "DELETE FROM seen_log", "");
    if (seen->filter_bits < FILTER_MOST && seen->filter_bits < KEY_BITS * seen->n_keys)
        make_filter(seen, db);
}

static void put_in_list(struct store_seen *seen, struct seen_key *slot, int64_t number, uint64_t of)
{
    *slot = (struct seen_key){number, of};
    add_bits(seen, number);
    seen->n_keys++;
    seen->n_list++;
}

/* ---- the log: the day, then number and record of each ---- */

void store_seen_flush(struct store_seen *seen, struct store_db *db)
{
    if (seen->log.n)
        store_db_run(db, "INSERT INTO seen_log(day, keys) VALUES(?, ?)", "ib", seen->day,
                     buf_get(&seen->log));
    buf_clear(&seen->log);
}

static void read_log(struct store_seen *seen, struct store_db *db)
{
    sqlite3_stmt *row;
    for (bool has = store_db_row(db, &row, "SELECT day, keys FROM seen_log", ""); has;
         has = store_db_next(db, row)) {
        struct cursor keys = cursor_of(store_db_blob(row, 1));
        seen->day = sqlite3_column_int64(row, 0);
        while (cursor_left(&keys) && seen->n_list < LIST_MAX) {
            int64_t number = (int64_t)cursor_varint(&keys);
            uint64_t of = cursor_varint(&keys);
            if (of)
                put_in_list(seen, slot_of(seen, number), number, of);
        }
        if (keys.failed)
            store_db_damaged(db, "the log of findings cannot be read");
    }
}

/* ---- in and out ---- */

static int64_t number_of(const struct store_seen *seen, struct slice key)
{
    return (int64_t)map_hash_by(seen->secret, key);
}

bool store_seen_take(struct store_seen *seen, struct store_db *db, struct slice key, uint64_t of,
                     int64_t day)
{
    int64_t number = number_of(seen, key);
    struct seen_key *slot = slot_of(seen, number);
    uint64_t by = slot->of;
    if (!by && has_bits(seen, number))
        by = (uint64_t)store_db_int(db, 0, "SELECT sequence FROM seen_key WHERE number = ?", "i",
                                    number);
    if (by)
        return by != of;
    if (seen->n_list == LIST_MAX || (seen->n_list && seen->day != day)) {
        empty_list(seen, db);
        slot = slot_of(seen, number);
    }
    put_in_list(seen, slot, number, of);
    buf_varint(&seen->log, (uint64_t)number);
    buf_varint(&seen->log, of);
    seen->day = day;
    return false;
}

void store_seen_sweep(struct store_seen *seen, struct store_db *db, int64_t before_day)
{
    empty_list(seen, db);
    store_db_run(db, "DELETE FROM seen_key WHERE day < ?", "i", before_day);
    make_filter(seen, db);
}

static void read_secret(struct store_seen *seen, struct store_db *db)
{
    static const char *const names[] = {"seen_secret_1", "seen_secret_2"};
    for (size_t i = 0; i < 2; i++) {
        seen->secret[i] = (uint64_t)store_db_meta(db, names[i], 0);
        if (seen->secret[i])
            continue;
        seen->secret[i] = map_hash(slice_from(names[i])) | 1; /* random: of this process's secret */
        store_db_put_meta(db, names[i], (int64_t)seen->secret[i]);
    }
}

/* Of the time when keys were kept as texts. */
static void take_texts(struct store_seen *seen, struct store_db *db)
{
    sqlite3_stmt *row;
    bool has_row = store_db_row(db, &row, "SELECT key, sequence, day FROM seen ORDER BY day", ""),
         any = has_row;
    for (; has_row; has_row = store_db_next(db, row)) {
        const char *text = (const char *)sqlite3_column_text(row, 0);
        uint64_t of = (uint64_t)sqlite3_column_int64(row, 1);
        if (text && of)
            store_seen_take(seen, db, slice_from(text), of, sqlite3_column_int64(row, 2));
    }
    store_seen_flush(seen, db);
    if (any)
        store_db_run(db, "DELETE FROM seen", "");
}

struct store_seen *store_seen_open(struct store_db *db)
{
    struct store_seen *seen = gw_alloc(sizeof *seen);
    read_secret(seen, db);
    make_filter(seen, db);
    read_log(seen, db);
    take_texts(seen, db);
    return seen;
}

void store_seen_close(struct store_seen *seen)
{
    if (!seen)
        return;
    free(seen->filter);
    buf_free(&seen->log);
    free(seen);
}
