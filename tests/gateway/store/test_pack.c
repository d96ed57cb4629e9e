/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures as bytes and back; runs of them against what is plain. */
#include "gateway/store/pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gateway/base/error.h"
#include "gateway/store/store_internal.h"
#include "tests/gateway/journal/support.h"
#include "tests/support/guard.h"
#include "tests/support/suite.h"

enum { FIGURES = 500 };

static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static int64_t any_number(void)
{
    static const int64_t odd[] = {INT64_MIN, INT64_MAX, -1, 0, 1, 127, 128};
    uint64_t n = next_random();
    return n % 3 ? (int64_t)(n >> n % 64) : odd[n / 3 % (sizeof odd / sizeof *odd)];
}

static void make(struct store_figure figures[FIGURES], struct buf *pack)
{
    struct store_figure last = {.n = 0};
    for (size_t i = 0; i < FIGURES; i++) {
        for (size_t k = 0; k < STORE_IDS; k++)
            figures[i].ids[k] = i && next_random() % 2 ? figures[i - 1].ids[k] : any_number();
        figures[i].n = any_number();
        size_t before = pack->n;
        store_pack_put(pack, &last, &figures[i]);
        CU_ASSERT(pack->n - before <= STORE_PACKED_MOST);
    }
}

static void test_there_and_back(void)
{
    struct store_figure figures[FIGURES] = {0}, figure = {.n = 0};
    struct buf pack = {0};
    make(figures, &pack);
    struct cursor bytes = cursor_of(buf_get(&pack));
    for (size_t i = 0; i < FIGURES; i++) {
        CU_ASSERT_FATAL(store_pack_next(&bytes, &figure));
        CU_ASSERT_EQUAL(memcmp(&figure, &figures[i], sizeof figure), 0);
    }
    CU_ASSERT_FALSE(store_pack_next(&bytes, &figure));
    CU_ASSERT_FALSE(bytes.failed);
    buf_free(&pack);
}

/* Cut at every byte, and of noise: never beyond its end. */
static void test_damage(void)
{
    struct store_figure figures[FIGURES] = {0};
    struct buf pack = {0};
    make(figures, &pack);
    struct guard guard = guard_new(pack.n);
    for (size_t n = 0; n <= pack.n; n++) {
        struct store_figure figure = {.n = 0};
        struct cursor bytes = cursor_of(guard_put(&guard, slice_of(pack.p, n)));
        size_t found = 0;
        while (store_pack_next(&bytes, &figure))
            found++;
        CU_ASSERT(found <= FIGURES);
        CU_ASSERT(bytes.p == bytes.end);
        CU_ASSERT(n < pack.n || (found == FIGURES && !bytes.failed));
    }
    for (size_t i = 0; i < pack.n; i++)
        pack.p[i] = (char)next_random();
    struct store_figure figure = {.n = 0};
    struct cursor bytes = cursor_of(guard_put(&guard, buf_get(&pack)));
    while (store_pack_next(&bytes, &figure))
        ;
    CU_ASSERT(bytes.p == bytes.end);
    guard_free(&guard);
    buf_free(&pack);
}

/* ---- runs ---- */

enum { COMPUTERS = 60, NAMES = 5, PERIODS = 3, BATCHES = 5000, OF_A_BATCH = 8 };

struct world {
    char dir[JT_PATH], path[JT_PATH + 16];
    struct store_db db;
    int64_t truth[PERIODS][COMPUTERS][NAMES];
};

static int in_order(const void *a, const void *b)
{
    return store_figure_compare(&((const struct rollup_count *)a)->figure,
                                &((const struct rollup_count *)b)->figure);
}

/* Takes away no more than there is. */
static void add_batch(struct world *w, int64_t period, bool is_kept)
{
    struct rollup_count counts[OF_A_BATCH];
    const struct store_runs runs = {true, period};
    for (size_t i = 0; i < OF_A_BATCH; i++) {
        size_t computer = next_random() % COMPUTERS, name = next_random() % NAMES;
        int64_t *n = &w->truth[period][computer][name],
                add = *n > 0 && next_random() % 3 == 0 ? -*n : (int64_t)(next_random() % 3);
        *n += is_kept ? add : 0;
        counts[i] = (struct rollup_count){.figure = {.n = add}};
        counts[i].figure.ids[STORE_ID_COMPUTER] = (int64_t)computer;
        counts[i].figure.ids[STORE_ID_MALWARE] = (int64_t)name;
    }
    qsort(counts, OF_A_BATCH, sizeof *counts, in_order);
    store_runs_add(&w->db, &runs, counts, OF_A_BATCH);
}

static void expect_truth(struct world *w)
{
    sqlite3_stmt *row;
    int64_t found[PERIODS][COMPUTERS][NAMES] = {{{0}}};
    for (bool has = store_db_row(&w->db, &row,
                                 "SELECT day, computer, malware, n, site FROM detection_day", "");
         has; has = store_db_next(&w->db, row)) {
        found[sqlite3_column_int64(row, 0)][sqlite3_column_int64(row, 1)]
             [sqlite3_column_int64(row, 2)] += sqlite3_column_int64(row, 3);
        CU_ASSERT_EQUAL(sqlite3_column_int64(row, 4), 0);
    }
    CU_ASSERT_EQUAL(w->db.result, GW_OK);
    CU_ASSERT_EQUAL(memcmp(found, w->truth, sizeof found), 0);
}

static int64_t count(struct world *w, const char *where)
{
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", where);
    sqlite3_stmt *row = NULL;
    CU_ASSERT_EQUAL_FATAL(sqlite3_prepare_v2(w->db.sqlite, sql, -1, &row, NULL), SQLITE_OK);
    int64_t n = sqlite3_step(row) == SQLITE_ROW ? sqlite3_column_int64(row, 0) : -1;
    sqlite3_finalize(row);
    return n;
}

static struct world *begin(const char *name)
{
    struct world *w = gw_alloc(sizeof *w);
    jt_dir(w->dir, name);
    mkdir(w->dir, 0700);
    snprintf(w->path, sizeof w->path, "%s/store.db", w->dir);
    CU_ASSERT_EQUAL_FATAL(store_db_open(&w->db, w->path, true), GW_OK);
    return w;
}

static void end(struct world *w)
{
    store_db_close(&w->db);
    jt_remove(w->dir);
    free(w);
}

static void test_runs(void)
{
    struct world *w = begin("store-runs");
    store_db_exec(&w->db, "BEGIN");
    for (int i = 0; i < BATCHES; i++) {
        if (i % 100 == 99) { /* what is given up leaves nothing, whatever it merged */
            store_db_exec(&w->db, "COMMIT; BEGIN");
            for (int k = 0; k < 20; k++)
                add_batch(w, 1, false);
            store_db_exec(&w->db, "ROLLBACK; BEGIN");
        }
        add_batch(w, i % 5 ? 1 : i % PERIODS, true);
        if (i % 256 == 255)
            expect_truth(w);
    }
    expect_truth(w);
    /* The runs of a tier are never more than are merged at a time, and what is merged is added up.
     */
    CU_ASSERT_EQUAL(count(w, "(SELECT 1 FROM pack WHERE tier < 4 GROUP BY period, tier"
                             " HAVING count(DISTINCT run) > 15)"),
                    0);
    CU_ASSERT(count(w, "pack WHERE tier = 3") > 0);
    CU_ASSERT(count(w, "pack") < 100);
    /* A bound is looked for, and what is beyond it is not in it. */
    CU_ASSERT_EQUAL(count(w, "detection_day WHERE day >= 3 OR day < 0"), 0);
    CU_ASSERT_EQUAL(count(w, "detection_day WHERE day >= 1 AND day < 3"),
                    count(w, "detection_day WHERE day > 0"));
    CU_ASSERT_EQUAL(count(w, "detection_hour"), 0);
    end(w);
}

/* Packs of many kilobytes; then bytes that are none. */
static void test_large(void)
{
    enum { MANY = 20000 };
    struct world *w = begin("store-runs-large");
    struct rollup_count *counts = gw_alloc(MANY * sizeof *counts);
    const struct store_runs runs = {false, 1764500400};
    for (int batch = 0; batch < 16; batch++) {
        for (int i = 0; i < MANY; i++)
            counts[i].figure = (struct store_figure){{1 + i * 7 + batch % 7, i % 100}, 2};
        store_runs_add(&w->db, &runs, counts, MANY);
    }
    CU_ASSERT_EQUAL(count(w, "pack WHERE tier = 0"), 0);
    CU_ASSERT(count(w, "pack WHERE tier = 1") > 50);
    CU_ASSERT_EQUAL(count(w, "pack WHERE length(figures) > 8000"), 0);
    CU_ASSERT_EQUAL(count(w, "detection_hour"), 7 * MANY);
    CU_ASSERT_EQUAL(count(w, "detection_hour WHERE n IN (4, 6)"), 7 * MANY);
    store_db_run(&w->db, "UPDATE pack SET tier = 0, figures = x'ff' WHERE part = 9", "");
    CU_ASSERT_EQUAL(count(w, "detection_hour"), -1);
    store_db_run(&w->db, "UPDATE pack SET tier = 0", "");
    for (int batch = 0; batch < 15; batch++)
        store_runs_add(&w->db, &runs, counts, 10);
    CU_ASSERT_EQUAL(w->db.result, GW_ERR_DAMAGED);
    CU_ASSERT_STRING_EQUAL(w->db.trouble, "a pack of figures cannot be read");
    free(counts);
    end(w);
}

static void count_below(void *context, const char *text)
{
    *(int *)context += strstr(text, "figures by the") && strstr(text, "are below 0");
}

/* More taken away than there was: said of hours and of days. */
static void test_below(void)
{
    struct world *w = begin("store-runs-below");
    struct store_reader *reader;
    char trouble[200];
    uint64_t findings;
    int below = 0;
    for (int n = 2; n >= -3; n -= 5)
        for (int is_day = 0; is_day < 2; is_day++) {
            const struct store_runs runs = {is_day, 20000};
            const struct rollup_count count = {.figure = {{1, 2, 3}, n}};
            store_runs_add(&w->db, &runs, &count, 1);
        }
    CU_ASSERT_EQUAL_FATAL(store_reader_open(w->path, &reader, trouble, sizeof trouble), GW_OK);
    CU_ASSERT_EQUAL(store_read_check(reader, count_below, &below, &findings), GW_OK);
    CU_ASSERT_EQUAL(findings, 2);
    CU_ASSERT_EQUAL(below, 2);
    store_reader_close(reader);
    end(w);
}

int main(void)
{
    static const struct suite_test tests[] = {{"there and back", test_there_and_back},
                                              {"cut, and noise", test_damage},
                                              {"runs, merged and given up", test_runs},
                                              {"large ones, and a damaged one", test_large},
                                              {"below 0", test_below}};
    return suite_run("store pack", tests, sizeof tests / sizeof *tests);
}
