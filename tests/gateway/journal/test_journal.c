/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The journal as its users see it: append, commit, read, wait, reopen, cursors, bounds. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "tests/gateway/journal/support.h"

static char dir[JT_PATH];

static struct journal *open_journal(int64_t segment_bytes)
{
    struct journal_options options = jt_options(segment_bytes, true);
    struct journal *journal = NULL;
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &options, &journal), GW_OK);
    return journal;
}

static void test_append_read_reopen(void)
{
    jt_dir(dir, "basic");
    struct journal *journal = open_journal(64 << 10);
    char epoch[17];
    snprintf(epoch, sizeof epoch, "%s", journal_epoch(journal));
    CU_ASSERT_EQUAL(strlen(epoch), 16);
    CU_ASSERT_EQUAL(journal_committed(journal), 0);
    CU_ASSERT_TRUE(jt_append(journal, 1, 5000));
    CU_ASSERT_EQUAL(journal_committed(journal), 5000);
    CU_ASSERT_EQUAL(journal_oldest(journal), 1);
    CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), 5000);
    struct journal_status status;
    journal_get_status(journal, &status);
    CU_ASSERT_EQUAL(status.committed, 5000);
    CU_ASSERT_EQUAL(status.staged, 5000);
    CU_ASSERT_TRUE(status.commits > 0 && status.bytes > 5000 * 40);
    CU_ASSERT_FALSE(status.is_failing);
    journal_close(journal);

    for (uint64_t round = 1; round <= 3; round++) {
        journal = open_journal(64 << 10);
        CU_ASSERT_STRING_EQUAL(journal_epoch(journal), epoch);
        CU_ASSERT_EQUAL(journal_committed(journal), 5000 + 10 * (round - 1));
        CU_ASSERT_TRUE(jt_append(journal, 5001 + 10 * (round - 1), 5000 + 10 * round));
        CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), (int64_t)(5000 + 10 * round));
        journal_get_status(journal, &status);
        CU_ASSERT_EQUAL(status.damaged_records, 0);
        journal_close(journal);
    }
    struct journal_scan scan;
    CU_ASSERT_EQUAL(journal_scan_dir(dir, &scan, NULL, NULL), GW_OK);
    CU_ASSERT_TRUE(scan.first == 1 && scan.last == 5030 && scan.records == 5030);
    CU_ASSERT_TRUE(scan.damaged == 0 && scan.damaged_marks == 0 && !scan.is_torn);
    jt_remove(dir);
}

/* Starts without records in between leave no files behind. */
static void test_empty_reopen(void)
{
    jt_dir(dir, "empty");
    for (int i = 0; i < 5; i++)
        journal_close(open_journal(64 << 10));
    struct journal *journal = open_journal(64 << 10);
    CU_ASSERT_TRUE(jt_append(journal, 1, 1));
    journal_close(journal);
    for (int i = 0; i < 5; i++) {
        journal = open_journal(64 << 10);
        CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), 1);
        journal_close(journal);
    }
    struct jt_image image;
    jt_image_read(&image, dir);
    CU_ASSERT_EQUAL(image.n, 1);
    jt_image_free(&image);
    jt_remove(dir);
}

enum { THREADS = 4, EACH = 20000 };

struct appender {
    pthread_t thread;
    struct journal *journal;
    uint64_t id;
    uint64_t sequences[EACH];
    bool failed;
};

static void *append_main(void *context)
{
    struct appender *appender = context;
    for (uint64_t i = 0; i < EACH; i++) {
        uint64_t pair[2] = {appender->id, i};
        int error;
        do
            error = journal_append(appender->journal, slice_of((char *)pair, sizeof pair),
                                   &appender->sequences[i]);
        while (error == GW_ERR_FULL);
        if (error != GW_OK)
            appender->failed = true;
        if (i % 1000 == 0 &&
            journal_wait_committed(appender->journal, appender->sequences[i], 10000) != GW_OK)
            appender->failed = true;
    }
    return NULL;
}

/* Order of sequence is order on disk and, within a thread, order of appending; no number twice. */
static void test_group_commit(void)
{
    jt_dir(dir, "group");
    struct journal_options options = jt_options(256 << 10, true);
    options.staging_bytes = 64 << 10; /* small: full is met too */
    struct journal *journal;
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &options, &journal), GW_OK);
    struct appender *appenders = calloc(THREADS, sizeof *appenders);
    for (uint64_t i = 0; i < THREADS; i++) {
        appenders[i].journal = journal;
        appenders[i].id = i;
        pthread_create(&appenders[i].thread, NULL, append_main, &appenders[i]);
    }
    struct journal_reader *reader;
    struct journal_record record;
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "group", 0, &reader), GW_OK);
    uint64_t expected = 1, next[THREADS] = {0};
    bool in_order = true;
    uint64_t *at = calloc(THREADS * EACH + 1, sizeof *at);
    while (expected <= THREADS * EACH) {
        int error = journal_reader_next(reader, &record);
        if (error == GW_ERR_NOT_FOUND) {
            journal_reader_wait(reader, 10000);
            continue;
        }
        CU_ASSERT_EQUAL_FATAL(error, GW_OK);
        uint64_t pair[2];
        CU_ASSERT_EQUAL_FATAL(record.payload.n, sizeof pair);
        memcpy(pair, record.payload.p, sizeof pair);
        in_order &= record.sequence == expected && pair[0] < THREADS &&
                    pair[1] == next[pair[0]]++ && record.sequence <= journal_committed(journal);
        at[expected++] = pair[0] * EACH + pair[1];
    }
    CU_ASSERT_TRUE(in_order);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(appenders[i].thread, NULL);
        CU_ASSERT_FALSE(appenders[i].failed);
        for (uint64_t k = 0; k < EACH; k++)
            in_order &= at[appenders[i].sequences[k]] == (uint64_t)i * EACH + k;
    }
    CU_ASSERT_TRUE(in_order);
    struct journal_status status;
    journal_get_status(journal, &status);
    CU_ASSERT_TRUE(status.commits < THREADS * EACH / 4); /* it is a group commit */
    journal_reader_close(reader);
    journal_close(journal);
    free(appenders);
    free(at);
    jt_remove(dir);
}

static void test_bounds(void)
{
    jt_dir(dir, "bounds");
    struct journal_options options = jt_options(1 << 20, true);
    options.staging_bytes = 4096;
    struct journal *journal, *second;
    uint64_t sequence = 77;
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &options, &journal), GW_OK);
    CU_ASSERT_EQUAL(journal_open(dir, &options, &second), GW_ERR_BUSY);
    CU_ASSERT_TRUE(jt_log_has("another process has the journal"));
    struct stat st;
    CU_ASSERT_TRUE(stat(dir, &st) == 0 && (st.st_mode & 0777) == 0700);

    char *big = calloc(1, (size_t)JOURNAL_RECORD_MAX + 1);
    CU_ASSERT_EQUAL(
        journal_append(journal, slice_of(big, (size_t)JOURNAL_RECORD_MAX + 1), &sequence),
        GW_ERR_INVALID);
    CU_ASSERT_EQUAL(sequence, 77);
    /* Larger than staging and than a segment: alone it is taken. */
    memset(big, 'b', 3 << 20);
    CU_ASSERT_EQUAL(journal_append(journal, slice_of(big, 3 << 20), &sequence), GW_OK);
    CU_ASSERT_EQUAL(journal_wait_committed(journal, 1, 10000), GW_OK);
    int error; /* what is committed may hold its room for a moment yet */
    while ((error = journal_append(journal, SLICE_NONE, &sequence)) == GW_ERR_FULL)
        ;
    CU_ASSERT_EQUAL(error, GW_OK);
    CU_ASSERT_EQUAL(journal_wait_committed(journal, 2, 10000), GW_OK);
    CU_ASSERT_EQUAL(journal_wait_committed(journal, 3, 1), GW_ERR_BUSY);

    struct journal_reader *reader;
    struct journal_record record;
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, NULL, 0, &reader), GW_OK);
    CU_ASSERT_EQUAL(journal_reader_next(reader, &record), GW_OK);
    CU_ASSERT_TRUE(record.payload.n == 3 << 20 && memcmp(record.payload.p, big, 3 << 20) == 0);
    CU_ASSERT_EQUAL(journal_reader_next(reader, &record), GW_OK);
    CU_ASSERT_TRUE(record.payload.n == 0 && record.sequence == 2);
    CU_ASSERT_EQUAL(journal_reader_next(reader, &record), GW_ERR_NOT_FOUND);
    journal_reader_close(reader);
    journal_close(journal);

    struct jt_image image;
    jt_image_read(&image, dir);
    for (size_t i = 0; i < image.n; i++) {
        char path[JT_PATH + 80];
        snprintf(path, sizeof path, "%s/%s", dir, image.files[i].name);
        CU_ASSERT_TRUE(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
    }
    jt_image_free(&image);
    free(big);
    CU_ASSERT_EQUAL(journal_open("/nonexistent-folder/journal", &options, &journal), GW_ERR_IO);
    struct journal_scan scan;
    CU_ASSERT_EQUAL(journal_scan_dir("/nonexistent-folder/journal", &scan, NULL, NULL),
                    GW_ERR_NOT_FOUND);
    jt_remove(dir);
}

/* Staging fills while the writer is held up in a sync: GW_ERR_FULL, nothing staged; then it goes
 * on. */
static struct {
    pthread_mutex_t lock;
    struct journal_io io;
} held = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int held_datasync(void *context, int fd)
{
    pthread_mutex_lock(&held.lock);
    pthread_mutex_unlock(&held.lock);
    return journal_io_system.datasync(context, fd);
}

/* Room comes right after a commit is told, so the first try may be too early. */
static bool has_room_for(void *context)
{
    uint64_t sequence, id = journal_committed(context) + 1;
    return journal_append(context, jt_payload(id), &sequence) == GW_OK && sequence == id &&
           journal_wait_committed(context, id, 10000) == GW_OK;
}

static void test_full(void)
{
    jt_dir(dir, "full");
    struct journal_options options = jt_options(1 << 20, true);
    struct journal_setup setup;
    struct journal *journal;
    options.staging_bytes = 64 << 10;
    journal_setup_default(&setup);
    held.io = journal_io_system;
    held.io.datasync = held_datasync;
    setup.io = &held.io;
    CU_ASSERT_EQUAL_FATAL(journal_open_with(dir, &options, &setup, &journal), GW_OK);
    pthread_mutex_lock(&held.lock);
    uint64_t sequence = 0, taken = 0;
    int error;
    while ((error = journal_append(journal, jt_payload(taken + 1), &sequence)) == GW_OK)
        taken++;
    CU_ASSERT_EQUAL(error, GW_ERR_FULL);
    CU_ASSERT_TRUE(taken > 100 && sequence == taken);
    CU_ASSERT_EQUAL(journal_committed(journal), 0);
    pthread_mutex_unlock(&held.lock);
    CU_ASSERT_EQUAL(journal_wait_committed(journal, taken, 10000), GW_OK);
    for (int i = 0; i < 10; i++)
        CU_ASSERT_TRUE(jt_until(has_room_for, journal));
    CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), (int64_t)taken + 10);
    journal_close(journal);
    jt_remove(dir);
}

static void wake_eventfd(void *context)
{
    uint64_t one = 1;
    if (write(*(int *)context, &one, sizeof one) != sizeof one)
        abort();
}

static void test_watch(void)
{
    jt_dir(dir, "watch");
    struct journal *journal = open_journal(1 << 20);
    int fd = eventfd(0, EFD_NONBLOCK);
    int id = journal_watch(journal, wake_eventfd, &fd);
    CU_ASSERT_TRUE(id > 0);
    CU_ASSERT_TRUE(jt_append(journal, 1, 3));
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    CU_ASSERT_EQUAL(poll(&poller, 1, 10000), 1);
    journal_unwatch(journal, id);
    uint64_t count;
    while (read(fd, &count, sizeof count) == sizeof count)
        ;
    CU_ASSERT_TRUE(jt_append(journal, 4, 6));
    journal_close(journal);
    CU_ASSERT_EQUAL(poll(&poller, 1, 0), 0);
    close(fd);
    jt_remove(dir);
}

static void *wait_main(void *context)
{
    journal_reader_wait(context, 60000);
    return NULL;
}

static void test_reader(void)
{
    jt_dir(dir, "reader");
    struct journal *journal = open_journal(4096);
    struct journal_reader *reader, *other;
    struct journal_record record;
    CU_ASSERT_TRUE(jt_append(journal, 1, 300));

    CU_ASSERT_EQUAL(journal_reader_open(journal, "../evil", 0, &reader), GW_ERR_INVALID);
    CU_ASSERT_EQUAL(journal_reader_open(journal, "", 0, &reader), GW_ERR_INVALID);
    CU_ASSERT_EQUAL(journal_reader_open(journal, "x.tmp", 0, &reader), GW_ERR_INVALID);
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "kpi", 0, &reader), GW_OK);
    CU_ASSERT_EQUAL(journal_reader_open(journal, "kpi", 0, &other), GW_ERR_BUSY);
    CU_ASSERT_EQUAL(journal_reader_cursor(reader), 0);
    for (uint64_t target = 300; target >= 7; target -= 7) {
        journal_reader_seek(reader, target);
        CU_ASSERT_TRUE(journal_reader_next(reader, &record) == GW_OK && record.sequence == target);
    }
    journal_reader_seek(reader, 0);
    CU_ASSERT_TRUE(journal_reader_next(reader, &record) == GW_OK && record.sequence == 1);
    journal_reader_seek(reader, UINT64_MAX);
    CU_ASSERT_EQUAL(journal_reader_next(reader, &record), GW_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(journal_reader_commit(reader, 301), GW_ERR_INVALID);
    CU_ASSERT_EQUAL(journal_reader_commit(reader, 123), GW_OK);
    CU_ASSERT_EQUAL(journal_cursor_remove(journal, "kpi"), GW_ERR_BUSY);

    /* A wait ends by a wake, and by a commit. */
    pthread_t thread;
    pthread_create(&thread, NULL, wait_main, reader);
    journal_reader_wake(reader);
    pthread_join(thread, NULL);
    pthread_create(&thread, NULL, wait_main, reader);
    CU_ASSERT_TRUE(jt_append(journal, 301, 301));
    pthread_join(thread, NULL);
    CU_ASSERT_TRUE(journal_reader_next(reader, &record) == GW_OK && record.sequence == 301);

    /* One that begins at the end stays there over a restart, though it never committed. */
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "feed", UINT64_MAX, &other), GW_OK);
    journal_reader_close(other);
    journal_reader_close(reader);
    CU_ASSERT_TRUE(jt_append(journal, 302, 310));
    journal_close(journal);

    journal = open_journal(4096);
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "kpi", UINT64_MAX, &reader), GW_OK);
    CU_ASSERT_EQUAL(journal_reader_cursor(reader), 123);
    CU_ASSERT_TRUE(journal_reader_next(reader, &record) == GW_OK && record.sequence == 124);
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "feed", UINT64_MAX, &other), GW_OK);
    CU_ASSERT_TRUE(journal_reader_next(other, &record) == GW_OK && record.sequence == 302);
    journal_reader_close(other);
    journal_reader_close(reader);
    CU_ASSERT_EQUAL(journal_cursor_remove(journal, "feed"), GW_OK);
    CU_ASSERT_EQUAL(journal_cursor_remove(journal, "feed"), GW_ERR_NOT_FOUND);
    journal_close(journal);
    jt_remove(dir);
}

/* A damaged cursor, one of another journal, one ahead of the journal, one of a newer format. */
static void test_bad_cursors(void)
{
    jt_dir(dir, "cursors");
    struct journal *journal = open_journal(4096);
    struct journal_reader *reader;
    struct journal_record record;
    CU_ASSERT_TRUE(jt_append(journal, 1, 100));
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "a", 0, &reader), GW_OK);
    CU_ASSERT_EQUAL(journal_reader_commit(reader, 90), GW_OK);
    journal_reader_close(reader);
    uint64_t epoch = journal->epoch;
    journal_close(journal);
    struct jt_image image;
    jt_image_read(&image, dir);
    struct jt_file *cursor = &image.files[image.n - 1];
    CU_ASSERT_TRUE_FATAL(strcmp(cursor->name, "cursors/a") == 0 &&
                         cursor->n == FORMAT_CURSOR_BYTES);

    for (size_t bit = 0; bit < cursor->n * 8; bit += 37) {
        cursor->p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        jt_image_write(&image, dir);
        cursor->p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        journal = open_journal(4096);
        CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "a", UINT64_MAX, &reader), GW_OK);
        CU_ASSERT_TRUE(journal_reader_next(reader, &record) == GW_OK && record.sequence == 1);
        journal_reader_close(reader);
        journal_close(journal);
    }
    for (size_t bit = 0; bit < cursor->n * 8; bit++) {
        uint8_t bytes[FORMAT_CURSOR_BYTES];
        struct format_cursor read;
        memcpy(bytes, cursor->p, sizeof bytes);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CU_ASSERT_EQUAL(format_get_cursor(bytes, sizeof bytes, &read), GW_ERR_DAMAGED);
    }

    /* Ahead: what it passed is gone. The numbers are not given out again. */
    format_put_cursor(&(struct format_cursor){epoch, 150, 0}, cursor->p);
    jt_image_write(&image, dir);
    journal = open_journal(4096);
    CU_ASSERT_EQUAL(journal_committed(journal), 150);
    CU_ASSERT_TRUE(jt_append(journal, 151, 151));
    CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), 101);
    struct journal_status status;
    journal_get_status(journal, &status);
    CU_ASSERT_EQUAL(status.damaged_records, 50);
    CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), 101);
    journal_get_status(journal, &status);
    CU_ASSERT_EQUAL(status.damaged_records, 50); /* counted once */
    journal_close(journal);

    format_put_cursor(&(struct format_cursor){epoch + 1, 50, 0}, cursor->p);
    jt_image_write(&image, dir);
    journal = open_journal(4096);
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "a", UINT64_MAX, &reader), GW_OK);
    CU_ASSERT_TRUE(journal_reader_next(reader, &record) == GW_OK && record.sequence == 1);
    journal_reader_close(reader);
    journal_close(journal);
    jt_image_free(&image);
    jt_remove(dir);
}

static uint64_t cursor_now(uint64_t *next)
{
    struct journal_reader *reader;
    struct journal_record record = {0};
    struct journal *journal = open_journal(4096);
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "a", UINT64_MAX, &reader), GW_OK);
    uint64_t cursor = journal_reader_cursor(reader);
    CU_ASSERT_EQUAL(journal_reader_next(reader, &record), GW_OK);
    *next = record.sequence;
    journal_reader_close(reader);
    journal_close(journal);
    return cursor;
}

/* A note counts when it is whole and further than the cursor; it goes with the cursor. */
static void test_note(void)
{
    jt_dir(dir, "note");
    struct journal *journal = open_journal(4096);
    struct journal_reader *reader;
    char path[JT_PATH + 32];
    uint64_t next;
    snprintf(path, sizeof path, "%s/cursors/a.note", dir);
    CU_ASSERT_TRUE(jt_append(journal, 1, 100));
    CU_ASSERT_EQUAL(journal_reader_open(journal, "a.note", 0, &reader), GW_ERR_INVALID);
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "a", 0, &reader), GW_OK);
    journal_reader_note(reader, 10);
    CU_ASSERT_EQUAL(journal_reader_commit(reader, 20), GW_OK);
    journal_reader_note(reader, 15);  /* behind the cursor: no news */
    journal_reader_note(reader, 101); /* not there */
    journal_reader_close(reader);
    journal_close(journal);
    CU_ASSERT_EQUAL(cursor_now(&next), 20);
    CU_ASSERT_EQUAL(next, 21);

    journal = open_journal(4096);
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "a", 0, &reader), GW_OK);
    journal_reader_note(reader, 40);
    journal_reader_note(reader, 50);
    CU_ASSERT_EQUAL(journal_reader_cursor(reader), 20); /* what retention may lean on */
    journal_reader_close(reader);
    journal_close(journal);
    CU_ASSERT_EQUAL(cursor_now(&next), 50);
    CU_ASSERT_EQUAL(next, 51);

    /* Torn, damaged: the cursor alone. */
    CU_ASSERT_EQUAL(truncate(path, FORMAT_CURSOR_BYTES - 1), 0);
    CU_ASSERT_EQUAL(cursor_now(&next), 20);
    CU_ASSERT_EQUAL(truncate(path, 1), 0); /* the sum may end with a zero of its own */
    CU_ASSERT_EQUAL(truncate(path, FORMAT_CURSOR_BYTES), 0);
    CU_ASSERT_EQUAL(cursor_now(&next), 20);

    journal = open_journal(4096);
    CU_ASSERT_EQUAL(journal_cursor_remove(journal, "a"), GW_OK);
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    journal_close(journal);
    jt_remove(dir);
}

/* Who was refused and is woken finds room: no other commit may come to wake him again. */
static void test_room_when_woken(void)
{
    jt_dir(dir, "room");
    struct journal_options options = jt_options(8 << 20, true);
    options.staging_bytes = 4096;
    struct journal *journal;
    uint64_t sequence, count;
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &options, &journal), GW_OK);
    int fd = eventfd(0, EFD_NONBLOCK), refused = 0;
    int id = journal_watch(journal, wake_eventfd, &fd);
    char *big = calloc(1, 8192);
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    for (int i = 0; i < 300; i++) {
        refused += journal_append(journal, slice_of(big, 8192), &sequence) != GW_OK;
        CU_ASSERT_EQUAL_FATAL(poll(&poller, 1, 10000), 1);
        CU_ASSERT_EQUAL(read(fd, &count, sizeof count), sizeof count);
    }
    CU_ASSERT_EQUAL(refused, 0);
    journal_unwatch(journal, id);
    journal_close(journal);
    close(fd);
    free(big);
    jt_remove(dir);
}

int main(void)
{
    static const struct jt_test tests[] = {
        {"append, read, reopen", test_append_read_reopen},
        {"starts without records", test_empty_reopen},
        {"group commit by four threads", test_group_commit},
        {"bounds, lock, modes", test_bounds},
        {"staging full", test_full},
        {"watchers", test_watch},
        {"room when woken", test_room_when_woken},
        {"readers: seek, cursor, wait, wake", test_reader},
        {"cursors that cannot be trusted", test_bad_cursors},
        {"notes beside a cursor", test_note},
    };
    return jt_main("journal", tests, sizeof tests / sizeof *tests);
}
