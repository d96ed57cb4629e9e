/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What retention lets go and what it must keep: by age, by size, for readers, within the replay
 * window, and whatever the wall clock says. */
#include <CUnit/Basic.h>
#include <errno.h>
#include <string.h>

#include "gateway/base/error.h"
#include "gateway/journal/journal_internal.h"
#include "tests/gateway/journal/support.h"

enum { SEGMENT = 2048 };
static const int64_t HOUR_MS = 3600 * 1000, DAY_MS = 24 * 3600 * 1000;

static char dir[JT_PATH];
static struct jt_clock now;

static void advance(int64_t ms)
{
    atomic_fetch_add(&now.wall_ms, ms);
    atomic_fetch_add(&now.mono_ms, ms);
}

static struct journal *open_on(const struct journal_io *io, const struct journal_options *options)
{
    struct journal_setup setup;
    struct journal *journal = NULL;
    journal_setup_default(&setup);
    setup.io = io;
    setup.clock = &now.clock;
    setup.housekeeping_ms = setup.retry_ms = 1;
    CU_ASSERT_EQUAL_FATAL(journal_open_with(dir, options, &setup, &journal), GW_OK);
    return journal;
}

static struct journal *open_with(const struct journal_options *options)
{
    return open_on(&journal_io_system, options);
}

static struct journal_options keep_days(int days)
{
    struct journal_options options = jt_options(SEGMENT, false);
    options.retention_ms = days * DAY_MS;
    options.replay_window_ms = HOUR_MS;
    return options;
}

static void begin(const char *name)
{
    jt_dir(dir, name);
    jt_clock_init(&now);
    jt_log_clear();
}

struct expected {
    struct journal *journal;
    uint64_t oldest;
    const char *held_by;
};

/* Housekeeping goes by the fake clock too, so it is moved a little at each look. */
static bool is_so(void *context)
{
    const struct expected *e = context;
    struct journal_status status;
    advance(2);
    journal_get_status(e->journal, &status);
    return status.oldest >= e->oldest && (!e->held_by || strcmp(status.held_by, e->held_by) == 0);
}

static bool becomes(struct journal *journal, uint64_t oldest, const char *held_by)
{
    struct expected e = {journal, oldest, held_by};
    return jt_until(is_so, &e);
}

/* A round of housekeeping has gone by: a record was committed after the clock was moved, and
   another one after that. */
static void let_it_pass(struct journal *journal)
{
    for (int i = 0; i < 3; i++) {
        uint64_t last = journal_committed(journal);
        advance(2);
        CU_ASSERT_TRUE(jt_append_each(journal, last + 1, last + 1));
    }
}

static bool is_taking(void *context)
{
    struct journal_status status;
    journal_get_status(context, &status);
    return !status.is_failing;
}

static void test_by_age(void)
{
    struct journal_options options = keep_days(10);
    begin("retention-age");
    struct journal *journal = open_with(&options);
    CU_ASSERT_TRUE(jt_append_each(journal, 1, 100));
    advance(9 * DAY_MS);
    let_it_pass(journal);
    CU_ASSERT_EQUAL(journal_oldest(journal), 1);
    advance(2 * DAY_MS);
    let_it_pass(journal);
    CU_ASSERT_TRUE(becomes(journal, 50, ""));
    uint64_t oldest = journal_oldest(journal);
    CU_ASSERT_TRUE(oldest > 50 && oldest <= 100); /* the segment that was open lived on */
    CU_ASSERT_TRUE(jt_read_all(journal, NULL, 0) > 0);
    journal_close(journal);
    jt_remove(dir);
}

static void test_by_size(void)
{
    struct journal_options options = keep_days(1000);
    begin("retention-size");
    options.max_bytes = 4 * SEGMENT;
    struct journal *journal = open_with(&options);
    CU_ASSERT_TRUE(jt_append_each(journal, 1, 200));
    let_it_pass(journal);
    CU_ASSERT_EQUAL(journal_oldest(journal), 1); /* all of it is within the replay window */
    advance(2 * HOUR_MS);
    let_it_pass(journal);
    CU_ASSERT_TRUE(becomes(journal, 100, ""));
    struct journal_status status;
    journal_get_status(journal, &status);
    CU_ASSERT_TRUE(status.bytes <= 5 * SEGMENT);
    CU_ASSERT_EQUAL(status.dropped_unread, 0);
    journal_close(journal);
    jt_remove(dir);
}

/* A reader that is behind keeps all it needs, and that is told; when it goes on, the rest goes. */
static void test_reader_holds(void)
{
    struct journal_options options = keep_days(10);
    struct journal_reader *reader;
    struct journal_status status;
    begin("retention-held");
    struct journal *journal = open_with(&options);
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "feed", 0, &reader), GW_OK);
    CU_ASSERT_TRUE(jt_append_each(journal, 1, 100));
    CU_ASSERT_EQUAL(journal_reader_commit(reader, 40), GW_OK);
    advance(20 * DAY_MS);
    let_it_pass(journal);
    CU_ASSERT_TRUE(becomes(journal, 1, "feed"));
    CU_ASSERT_TRUE(journal_oldest(journal) <= 41);
    CU_ASSERT_TRUE(jt_log_has("a reader still needs the oldest records cursor=feed"));
    journal_get_status(journal, &status);
    CU_ASSERT_EQUAL(status.dropped_unread, 0);
    CU_ASSERT_EQUAL(journal_reader_commit(reader, journal_committed(journal)), GW_OK);
    CU_ASSERT_TRUE(becomes(journal, 80, ""));
    journal_reader_close(reader);
    journal_close(journal);
    jt_remove(dir);
}

/* A full disk has room again when the reader that held the oldest goes on: retention does not wait
   for the disk that waits for it. */
static void test_on_full_disk(void)
{
    struct journal_options options = keep_days(10);
    struct journal_reader *reader;
    struct jt_disk disk;
    struct journal_status status;
    uint64_t sequence;
    begin("retention-full");
    jt_disk_init(&disk);
    struct journal *journal = open_on(&disk.io, &options);
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "feed", 0, &reader), GW_OK);
    CU_ASSERT_TRUE(jt_append_each(journal, 1, 100));
    advance(20 * DAY_MS);
    let_it_pass(journal);
    CU_ASSERT_EQUAL(journal_oldest(journal), 1);
    jt_disk_refuse(&disk, "open", "segment.tmp", ENOSPC);
    do /* until a segment is full, and there is no other */
        journal_append(journal, jt_payload(1), &sequence);
    while (journal_wait_committed(journal, sequence, 10000) == GW_OK);
    CU_ASSERT_EQUAL(journal_reader_commit(reader, journal_committed(journal)), GW_OK);
    CU_ASSERT_TRUE(becomes(journal, 80, ""));
    journal_get_status(journal, &status);
    CU_ASSERT_TRUE(status.is_failing);
    jt_disk_refuse(&disk, NULL, NULL, 0);
    CU_ASSERT_TRUE(jt_until(is_taking, journal));
    CU_ASSERT_EQUAL(journal_wait_committed(journal, sequence, 10000), GW_OK);
    journal_reader_close(reader);
    journal_close(journal);
    jt_remove(dir);
}

/* retention_force: what the reader had not had is gone, each record of it counted, and it is said.
 */
static void test_forced(void)
{
    struct journal_options options = keep_days(10);
    struct journal_reader *reader;
    struct journal_record record;
    struct journal_status status;
    begin("retention-forced");
    options.retention_force = true;
    struct journal *journal = open_with(&options);
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "feed", 0, &reader), GW_OK);
    CU_ASSERT_TRUE(jt_append_each(journal, 1, 100));
    CU_ASSERT_EQUAL(journal_reader_commit(reader, 40), GW_OK);
    advance(20 * DAY_MS);
    let_it_pass(journal);
    CU_ASSERT_TRUE(becomes(journal, 80, ""));
    journal_get_status(journal, &status);
    CU_ASSERT_EQUAL(status.dropped_unread, journal_oldest(journal) - 41);
    CU_ASSERT_TRUE(jt_log_has("records go that a reader has not had cursor=feed"));
    CU_ASSERT_EQUAL(journal_reader_next(reader, &record), GW_OK);
    CU_ASSERT_EQUAL(record.sequence, journal_oldest(journal));
    CU_ASSERT_EQUAL(status.damaged_records, 0); /* gone is not damaged */
    journal_reader_close(reader);
    journal_close(journal);
    jt_remove(dir);
}

/* A clock that stands in 2038 or 1970 for a while lets nothing go that is young. */
static void test_clock_steps(void)
{
    static const int64_t steps_ms[] = {INT64_C(400000000000), INT64_C(-1699999999000)};
    for (size_t i = 0; i < sizeof steps_ms / sizeof *steps_ms; i++) {
        struct journal_options options = keep_days(10);
        begin("retention-steps");
        struct journal *journal = open_with(&options);
        CU_ASSERT_TRUE(jt_append_each(journal, 1, 100));
        atomic_fetch_add(&now.wall_ms, steps_ms[i]);
        let_it_pass(journal);
        CU_ASSERT_TRUE(jt_append_each(journal, 104, 150)); /* segments are made meanwhile */
        CU_ASSERT_TRUE(jt_log_has("the clock stepped"));
        advance(23 * HOUR_MS);
        let_it_pass(journal);
        CU_ASSERT_EQUAL(journal_oldest(journal), 1);
        atomic_fetch_sub(&now.wall_ms, steps_ms[i]);
        let_it_pass(journal);
        CU_ASSERT_TRUE(jt_log_has("believed again"));
        CU_ASSERT_EQUAL(journal_oldest(journal), 1);
        advance(12 * DAY_MS); /* and then all of it goes in its time */
        let_it_pass(journal);
        CU_ASSERT_TRUE(becomes(journal, 120, ""));
        journal_close(journal);
        jt_remove(dir);
    }
}

/* At a start too; a step that lasts a day is believed. */
static void test_step_at_start(void)
{
    struct journal_options options = keep_days(10);
    begin("retention-start");
    struct journal *journal = open_with(&options);
    CU_ASSERT_TRUE(jt_append_each(journal, 1, 100));
    journal_close(journal);
    atomic_fetch_add(&now.wall_ms, 3000 * DAY_MS);
    atomic_store(&now.mono_ms, 1000); /* the machine was started anew */
    journal = open_with(&options);
    CU_ASSERT_TRUE(jt_append_each(journal, 101, 110));
    let_it_pass(journal);
    CU_ASSERT_EQUAL(journal_oldest(journal), 1);
    advance(25 * HOUR_MS);
    let_it_pass(journal);
    CU_ASSERT_TRUE(becomes(journal, 80, ""));
    journal_close(journal);
    jt_remove(dir);
}

/* A clock that was wrong is set right: what was recorded while that was doubted is as old as it is,
   over a restart too. It goes when its time has come, not before and not decades later. */
static void test_clock_mended(void)
{
    static const struct {
        int days;
        uint64_t before; /* records before the step */
        bool restarts;
    } cases[] = {{3000, 0, false}, {3000, 0, true}, {-3000, 50, false}, {-3000, 50, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct journal_options options = keep_days(10);
        begin("retention-mended");
        struct journal *journal = open_with(&options);
        CU_ASSERT_TRUE(jt_append_each(journal, 1, cases[i].before));
        atomic_fetch_add(&now.wall_ms, cases[i].days * DAY_MS);
        CU_ASSERT_TRUE(jt_append_each(journal, cases[i].before + 1, 100));
        advance(12 * HOUR_MS);
        let_it_pass(journal);
        if (cases[i].restarts) {
            journal_close(journal);
            atomic_store(&now.mono_ms, 1000);
            journal = open_with(&options);
        }
        advance(12 * HOUR_MS);
        CU_ASSERT_TRUE(jt_append_each(journal, 104, 150));
        CU_ASSERT_TRUE(jt_log_has("the clock stepped"));
        advance(25 * HOUR_MS);
        let_it_pass(journal);
        CU_ASSERT_TRUE(jt_log_has("believed again"));
        CU_ASSERT_EQUAL(journal_oldest(journal), 1);
        advance(7 * DAY_MS);
        let_it_pass(journal);
        CU_ASSERT_EQUAL(journal_oldest(journal), 1);
        advance(5 * DAY_MS);
        let_it_pass(journal);
        CU_ASSERT_TRUE(becomes(journal, 120, ""));
        journal_close(journal);
        jt_remove(dir);
    }
}

/* The header that says when a segment was closed cannot be read, or says nothing: the one behind it
   says it. What is young stays, what is old goes. */
static void test_damaged_header(void)
{
    for (int what = 0; what < 2; what++) {
        struct journal_options options = keep_days(10);
        struct jt_image image;
        struct format_segment header;
        begin("retention-header");
        struct journal *journal = open_with(&options);
        CU_ASSERT_TRUE(jt_append_each(journal, 1, 100));
        journal_close(journal);
        jt_image_read(&image, dir);
        CU_ASSERT_TRUE_FATAL(image.n > 3);
        for (size_t i = 1; i < 3; i++) {
            struct jt_file *file = &image.files[i];
            CU_ASSERT_EQUAL(format_get_segment(file->p, file->n, &header, NULL), GW_OK);
            header.created_ms = header.wall_ms = 0;
            format_put_segment(&header, file->p);
            if (what == 0)
                memset(file->p, 0, FORMAT_DATA_START);
        }
        jt_image_write(&image, dir);
        jt_image_free(&image);
        journal = open_with(&options);
        let_it_pass(journal);
        advance(9 * DAY_MS);
        let_it_pass(journal);
        CU_ASSERT_EQUAL(journal_oldest(journal), 1);
        advance(2 * DAY_MS);
        let_it_pass(journal);
        CU_ASSERT_TRUE(becomes(journal, 80, ""));
        journal_close(journal);
        jt_remove(dir);
    }
}

int main(void)
{
    static const struct jt_test tests[] = {
        {"by age", test_by_age},
        {"by size", test_by_size},
        {"a reader holds records, and is told", test_reader_holds},
        {"a full disk has room again by retention", test_on_full_disk},
        {"retention_force counts what it takes", test_forced},
        {"clock steps", test_clock_steps},
        {"a clock step at the start", test_step_at_start},
        {"a clock that was set right", test_clock_mended},
        {"a header that cannot be read", test_damaged_header},
    };
    return jt_main("journal retention", tests, sizeof tests / sizeof *tests);
}
