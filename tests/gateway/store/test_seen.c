/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Against what is plain: the first record of a key has it, all others repeat it. */
#include "gateway/store/seen.h"

#include <stdio.h>
#include <sys/stat.h>

#include "gateway/base/error.h"
#include "gateway/store/store_internal.h"
#include "tests/gateway/journal/support.h"
#include "tests/support/suite.h"

enum {
    KEYS = 60000,
    DAY = 20000,
    DAY_KEYS = 33333
}; /* the list is emptied and the filter grows several times */

struct world {
    char dir[JT_PATH], path[JT_PATH + 16];
    struct store_db db;
    struct store_seen *seen;
};

static void open_world(struct world *w)
{
    CU_ASSERT_EQUAL_FATAL(store_db_open(&w->db, w->path, true), GW_OK);
    store_db_exec(&w->db, "BEGIN IMMEDIATE");
    w->seen = store_seen_open(&w->db);
    store_db_exec(&w->db, "COMMIT");
    store_db_exec(&w->db, "BEGIN IMMEDIATE");
}

static void close_world(struct world *w)
{
    CU_ASSERT_EQUAL(w->db.result, GW_OK);
    store_seen_close(w->seen);
    store_db_close(&w->db);
}

static void begin(struct world *w, const char *name)
{
    jt_dir(w->dir, name);
    mkdir(w->dir, 0700);
    snprintf(w->path, sizeof w->path, "%s/store.db", w->dir);
    open_world(w);
}

static void commit(struct world *w)
{
    store_seen_flush(w->seen, &w->db);
    store_db_exec(&w->db, "COMMIT");
    store_db_exec(&w->db, "BEGIN IMMEDIATE");
}

static bool take(struct world *w, unsigned key, uint64_t of)
{
    char text[32];
    int n = snprintf(text, sizeof text, "finding %u", key);
    return store_seen_take(w->seen, &w->db, slice_of(text, (size_t)n), of, DAY + key / DAY_KEYS);
}

static void test_many(void)
{
    struct world w;
    unsigned wrong = 0;
    begin(&w, "store-seen");
    for (unsigned i = 0; i < KEYS; i++) {
        wrong += take(&w, i, i + 1);
        wrong += !take(&w, i / 2, KEYS + i); /* in the list, in the rows, or both have looked */
        wrong += take(&w, i / 2, i / 2 + 1);
        if (i % 7777 == 0)
            commit(&w);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    commit(&w);
    close_world(&w);
    open_world(&w);
    for (unsigned i = 0; i < KEYS; i++)
        wrong += take(&w, i, i + 1) || !take(&w, i, KEYS + 1) || take(&w, KEYS + i, KEYS + i + 1);
    CU_ASSERT_EQUAL(wrong, 0);
    close_world(&w); /* without a commit: as a kill does */
    open_world(&w);
    for (unsigned i = 0; i < KEYS; i++)
        wrong += take(&w, i, i + 1) || !take(&w, i, KEYS + 1);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_FALSE(take(&w, 2 * KEYS - 1, 1));
    close_world(&w);
    jt_remove(w.dir);
}

static void test_days(void)
{
    struct world w;
    begin(&w, "store-seen-days");
    for (unsigned i = 0; i < 9; i++) /* three of each day */
        CU_ASSERT_FALSE(take(&w, i + i / 3 * DAY_KEYS, i + 1));
    store_seen_sweep(w.seen, &w.db, DAY + 2);
    for (unsigned i = 0; i < 9; i++)
        CU_ASSERT_EQUAL(take(&w, i + i / 3 * DAY_KEYS, 100), i >= 6);
    close_world(&w);
    jt_remove(w.dir);
}

/* Each commit adds to the log, until there are so many that they become rows. */
static void test_log(void)
{
    struct world w;
    unsigned wrong = 0;
    int64_t logs = 0;
    begin(&w, "store-seen-log");
    for (unsigned i = 0; i < 30000; i++) {
        wrong += take(&w, i, i + 1);
        if (i % 500 != 499)
            continue;
        commit(&w);
        int64_t now = store_db_int(&w.db, 0, "SELECT count(*) FROM seen_log", "");
        CU_ASSERT(now == logs + 1 || (now == 1 && logs == 49));
        logs = now;
        if (i % 5000 != 4999)
            continue;
        wrong += take(&w, i + 1, i + 2); /* not committed */
        close_world(&w);
        open_world(&w);
        for (unsigned k = 0; k <= i; k += 7)
            wrong += take(&w, k, k + 1) || !take(&w, k, k + 2);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(store_db_int(&w.db, 0, "SELECT count(*) FROM seen_key", ""), 24576);
    store_db_run(&w.db, "UPDATE seen_log SET keys = x'ffffffffffffffffffffffff'", "");
    store_db_exec(&w.db, "COMMIT");
    close_world(&w);
    CU_ASSERT_EQUAL_FATAL(store_db_open(&w.db, w.path, true), GW_OK);
    w.seen = store_seen_open(&w.db);
    CU_ASSERT_EQUAL(w.db.result, GW_ERR_DAMAGED);
    store_seen_close(w.seen);
    store_db_close(&w.db);
    jt_remove(w.dir);
}

/* A database of before has texts, which are taken over once. */
static void test_texts(void)
{
    struct world w;
    begin(&w, "store-seen-texts");
    store_db_exec(&w.db,
                  "INSERT INTO seen VALUES('finding 1', 11, 20000), ('finding 2', 12, 20001)");
    commit(&w);
    close_world(&w);
    open_world(&w);
    CU_ASSERT_TRUE(take(&w, 1, 13));
    CU_ASSERT_FALSE(take(&w, 1, 11));
    CU_ASSERT_TRUE(take(&w, 2, 13));
    CU_ASSERT_FALSE(take(&w, 3, 13));
    CU_ASSERT_EQUAL(store_db_int(&w.db, -1, "SELECT count(*) FROM seen", ""), 0);
    store_seen_sweep(w.seen, &w.db, 20001);
    CU_ASSERT_FALSE(take(&w, 1, 13));
    CU_ASSERT_TRUE(take(&w, 2, 13));
    close_world(&w);
    jt_remove(w.dir);
}

int main(void)
{
    static const struct suite_test tests[] = {{"many keys, and a kill", test_many},
                                              {"days that go", test_days},
                                              {"the log", test_log},
                                              {"texts of before", test_texts}};
    return suite_run("store seen", tests, sizeof tests / sizeof *tests);
}
