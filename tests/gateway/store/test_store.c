/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The thread: whatever becomes of its database, the journal keeps its records and they come in. */
#include "gateway/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "gateway/store/file.h"
#include "tests/gateway/store/support.h"

struct fixture {
    struct st_world *world; /* makes records */
    char dir[JT_PATH], state[JT_PATH], path[JT_PATH + 16];
    struct store_section section;
    struct journal *journal;
    struct store *store;
    struct store_status status;
    uint64_t last;
    const char *word;
    const struct clock *clock; /* NULL: the system's */
};

static void start(struct fixture *f)
{
    struct store_options options = {.state_dir = f->state,
                                    .section = &f->section,
                                    .journal = f->journal,
                                    .clock = f->clock ? f->clock : &clock_system,
                                    .read_sites = st_read_sites};
    CU_ASSERT_EQUAL_FATAL(store_start(&options, &f->store), GW_OK);
}

static struct jt_disk disk;

static void open_journal(struct fixture *f)
{
    struct journal_options options = jt_options(1 << 20, false);
    struct journal_setup setup;
    journal_setup_default(&setup);
    jt_disk_init(&disk);
    setup.io = &disk.io;
    CU_ASSERT_EQUAL_FATAL(journal_open_with(f->dir, &options, &setup, &f->journal), GW_OK);
}

static struct fixture begin(const char *name)
{
    struct fixture f = {.world = st_begin("store-records"),
                        .section = {.is_enabled = true,
                                    .hours_ms = INT64_C(86400000) * 40,
                                    .days_ms = INT64_C(86400000) * 400,
                                    .max_bytes = INT64_MAX}};
    char state[JT_PATH];
    jt_dir(f.dir, name);
    snprintf(state, sizeof state, "%.100s-state", name);
    jt_dir(f.state, state);
    mkdir(f.state, 0700);
    snprintf(f.path, sizeof f.path, "%s/%s", f.state, STORE_FILE);
    open_journal(&f);
    return f;
}

static void end(struct fixture *f)
{
    store_stop(f->store);
    journal_close(f->journal);
    jt_remove(f->dir);
    jt_remove(f->state);
    st_end(f->world);
}

static void append(struct fixture *f)
{
    struct buf bytes = {0};
    gw_event_encode(f->world->event, &bytes);
    CU_ASSERT_EQUAL(journal_append(f->journal, buf_get(&bytes), &f->last), GW_OK);
    buf_free(&bytes);
}

static void detections(struct fixture *f, int n)
{
    for (int i = 0; i < n; i++) {
        char name[24];
        snprintf(name, sizeof name, "wks-%d", i % 13);
        st_malware(f->world, st_utc(2026, 11, 24, 12, i % 60), name, i % 3 ? "A" : "B");
        append(f);
    }
}

static bool is_in(void *context)
{
    struct fixture *f = context;
    return store_get_status(f->store, &f->status) && f->status.cursor >= f->last &&
           !f->status.is_filling;
}

/* It says so, and everything that was appended waits on the disk. */
static bool has_trouble(void *context)
{
    struct fixture *f = context;
    store_get_status(f->store, &f->status);
    return strstr(f->status.trouble, f->word) != NULL && journal_committed(f->journal) >= f->last;
}

static int64_t total(struct fixture *f)
{
    return st_sql(f->path, "SELECT coalesce(sum(n), 0) FROM detection_day");
}

static void expect_in(struct fixture *f, int64_t n)
{
    CU_ASSERT(jt_until(is_in, f));
    CU_ASSERT_EQUAL(total(f), n);
    CU_ASSERT_EQUAL(f->status.backlog_records, 0);
    CU_ASSERT_STRING_EQUAL(f->status.trouble, "");
}

/* The journal's cursor of the store; UINT64_MAX: there is none. */
static uint64_t place(struct fixture *f)
{
    struct journal_cursor all[8];
    size_t n = journal_list_cursors(f->journal, all, 8);
    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i].name, STORE_CURSOR) == 0)
            return all[i].sequence;
    return UINT64_MAX;
}

static void test_restart(void)
{
    struct fixture f = begin("store-restart");
    detections(&f, 500);
    start(&f);
    CU_ASSERT_NOT_EQUAL(place(&f), UINT64_MAX); /* retention waits for it from the first moment */
    expect_in(&f, 500);
    CU_ASSERT(place(&f) <= f.status.cursor);
    for (int i = 0; i < 3; i++) {
        detections(&f, 100);
        store_stop(f.store);
        start(&f);
    }
    expect_in(&f, 800);
    store_stop(f.store);
    CU_ASSERT_EQUAL(place(&f), f.last);
    start(&f);
    end(&f);
}

static void test_rebuild(void)
{
    struct fixture f = begin("store-rebuild");
    char old[JT_PATH + 32];
    snprintf(old, sizeof old, "%s.old", f.path);
    start(&f);
    detections(&f, 500);
    expect_in(&f, 500);
    int64_t b = st_sql(f.path, "SELECT sum(n) FROM detection_hour JOIN name ON name.id = malware"
                               " WHERE text = 'B'");
    st_sql(f.path, "DELETE FROM pack WHERE is_day = 1 RETURNING 1"); /* it is wrong now */
    CU_ASSERT_NOT_EQUAL(total(&f), 500);
    store_rebuild(f.store);
    expect_in(&f, 500);
    CU_ASSERT_EQUAL(st_sql(f.path, "SELECT sum(n) FROM detection_hour JOIN name ON name.id ="
                                   " malware WHERE text = 'B'"),
                    b);
    CU_ASSERT_EQUAL(f.status.rebuilds, 1);
    CU_ASSERT_EQUAL(access(old, F_OK), 0);
    end(&f);
}

static void overwrite(const char *path, char byte)
{
    struct stat st = {0};
    int fd = open(path, O_RDWR);
    CU_ASSERT_FATAL(fd >= 0 && fstat(fd, &st) == 0);
    for (off_t at = 0; at < st.st_size; at++)
        CU_ASSERT_EQUAL(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

/* Noise in place of the database: set aside, said, and filled anew. */
static void test_damage(void)
{
    struct fixture f = begin("store-damage");
    char aside[JT_PATH + 32];
    snprintf(aside, sizeof aside, "%s.damaged", f.path);
    start(&f);
    detections(&f, 300);
    expect_in(&f, 300);
    store_stop(f.store);
    overwrite(f.path, 'x');
    start(&f);
    detections(&f, 10);
    expect_in(&f, 310);
    CU_ASSERT_EQUAL(access(aside, F_OK), 0);
    CU_ASSERT(jt_log_has("set aside"));
    CU_ASSERT_EQUAL(f.status.rebuilds, 1);
    end(&f);
}

/* A table is gone while it runs. */
static void test_damage_within(void)
{
    struct fixture f = begin("store-damage-within");
    start(&f);
    detections(&f, 300);
    expect_in(&f, 300);
    st_sql(f.path, "DROP TABLE pack");
    detections(&f, 10);
    f.word = "anything";
    expect_in(&f, 310);
    CU_ASSERT_EQUAL(f.status.rebuilds, 1);
    end(&f);
}

static void test_other_journal(void)
{
    struct fixture f = begin("store-other");
    char aside[JT_PATH + 32];
    snprintf(aside, sizeof aside, "%s.other", f.path);
    start(&f);
    detections(&f, 50);
    expect_in(&f, 50);
    store_stop(f.store);
    journal_close(f.journal);
    jt_remove(f.dir);
    open_journal(&f);
    detections(&f, 20);
    start(&f);
    expect_in(&f, 20);
    CU_ASSERT_EQUAL(access(aside, F_OK), 0);
    end(&f);
}

static void test_locked(void)
{
    struct fixture f = begin("store-locked");
    sqlite3 *sqlite = NULL;
    start(&f);
    detections(&f, 50);
    expect_in(&f, 50);
    CU_ASSERT_EQUAL(sqlite3_open(f.path, &sqlite), SQLITE_OK);
    sqlite3_busy_timeout(sqlite, 10000);
    CU_ASSERT_EQUAL(sqlite3_exec(sqlite, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    detections(&f, 50);
    f.word = "locked";
    CU_ASSERT(jt_until(has_trouble, &f));
    CU_ASSERT_EQUAL(f.status.state, STORE_WARNING);
    CU_ASSERT_EQUAL(f.status.backlog_records, 50);
    CU_ASSERT_EQUAL(f.status.rebuilds, 0);
    sqlite3_exec(sqlite, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(sqlite);
    expect_in(&f, 100);
    end(&f);
}

static void test_unread(void)
{
    struct fixture f = begin("store-unread");
    detections(&f, 50);
    jt_disk_refuse(&disk, "open", ".seg", EMFILE);
    start(&f);
    f.word = "the journal cannot be read";
    CU_ASSERT(jt_until(has_trouble, &f));
    CU_ASSERT_EQUAL(f.status.state, STORE_WARNING);
    CU_ASSERT_EQUAL(f.status.backlog_records, 50);
    jt_disk_refuse(&disk, NULL, NULL, 0);
    expect_in(&f, 50);
    end(&f);
}

static void test_newer(void)
{
    struct fixture f = begin("store-newer");
    start(&f);
    detections(&f, 50);
    expect_in(&f, 50);
    store_stop(f.store);
    st_sql(f.path, "PRAGMA user_version = 9");
    start(&f);
    detections(&f, 10);
    f.word = "store.db has a newer format";
    CU_ASSERT(jt_until(has_trouble, &f));
    CU_ASSERT_EQUAL(f.status.cursor, 50);
    CU_ASSERT_EQUAL(f.status.backlog_records, 10);
    store_stop(f.store); /* though it waits to try again */
    CU_ASSERT_EQUAL(st_sql(f.path, "PRAGMA user_version"), 9);
    st_sql(f.path, "PRAGMA user_version = 2");
    start(&f);
    expect_in(&f, 60);
    end(&f);
}

/* Switched off it holds nothing back. */
static void test_off(void)
{
    struct fixture f = begin("store-off");
    start(&f);
    detections(&f, 50);
    expect_in(&f, 50);
    store_stop(f.store);
    f.section.is_enabled = false;
    start(&f);
    CU_ASSERT_PTR_NULL(f.store);
    CU_ASSERT(!store_get_status(f.store, &f.status));
    CU_ASSERT_EQUAL(place(&f), UINT64_MAX);
    end(&f);
}

/* Corrections of records of before, read in the journal again. */
static void test_corrections(void)
{
    struct fixture f = begin("store-thread-corrections");
    start(&f);
    detections(&f, 300);
    expect_in(&f, 300);
    for (uint64_t of = 1; of <= 300; of += 2) {
        st_malware(f.world, st_utc(2026, 11, 24, 12, 0), "wks-1", "C");
        st_correction(f.world, of, 2);
        append(&f);
    }
    expect_in(&f, 300);
    CU_ASSERT_EQUAL(f.status.figures.corrections, 150);
    CU_ASSERT_EQUAL(st_sql(f.path, "SELECT sum(n) FROM detection_day JOIN name ON name.id = malware"
                                   " WHERE text = 'C'"),
                    150);
    end(&f);
}

/* Moved by hand. */
static struct {
    struct clock clock;
    _Atomic int64_t mono_ms;
} hand;

static struct clock_reading read_hand(const struct clock *clock)
{
    (void)clock;
    return (struct clock_reading){.wall_ms = st_utc(2026, 11, 24, 13, 0), .mono_ms = hand.mono_ms};
}

static bool has_begun(void *context)
{
    struct fixture *f = context;
    hand.mono_ms += 2;
    store_get_status(f->store, &f->status);
    return f->status.records > 0;
}

static bool is_in_later(void *context)
{
    hand.mono_ms += 100;
    return is_in(context);
}

static void test_pressed(void)
{
    enum { BEGUN_MS = 1000, STANDS_BACK_MS = 1000, ENOUGH = 9000 /* to be written at once */ };
    struct fixture f = begin("store-pressed");
    hand.clock.read = read_hand;
    hand.mono_ms = BEGUN_MS;
    f.clock = &hand.clock;
    journal_press(f.journal, BEGUN_MS);
    CU_ASSERT(journal_is_pressed(f.journal, BEGUN_MS + JOURNAL_PRESS_MS - 1));
    CU_ASSERT_FALSE(journal_is_pressed(f.journal, BEGUN_MS + JOURNAL_PRESS_MS));
    journal_press(f.journal, INT32_MAX); /* from now on for ever; and yet the figures come */
    detections(&f, ENOUGH);
    start(&f);
    CU_ASSERT(jt_until(has_begun, &f));
    CU_ASSERT(hand.mono_ms >= BEGUN_MS + STANDS_BACK_MS);
    CU_ASSERT(jt_until(is_in_later, &f));
    CU_ASSERT_EQUAL(total(&f), ENOUGH);
    end(&f);
}

int main(void)
{
    static const struct jt_test tests[] = {
        {"goes on where it was", test_restart},
        {"rebuilt it has the same figures", test_rebuild},
        {"damaged it is set aside and filled anew", test_damage},
        {"damaged while it runs", test_damage_within},
        {"of another journal", test_other_journal},
        {"locked by somebody", test_locked},
        {"of a newer format it is left alone", test_newer},
        {"the journal's disk does not give it", test_unread},
        {"switched off", test_off},
        {"while datagrams wait it stands back", test_pressed},
        {"corrections", test_corrections},
    };
    return jt_main("store: thread", tests, sizeof tests / sizeof *tests);
}
