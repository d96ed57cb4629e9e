/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process that writes a journal is killed: at random moments, and at every named crash point.
 * What it had acknowledged must be there, in order and true; cursors must not have gone ahead or
 * back.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "tests/gateway/journal/support.h"

static char dir[JT_PATH];

/* What the child tells, even when it dies. */
struct promise {
    _Atomic uint64_t acknowledged, cursor, oldest;
    _Atomic int is_up;
};
static struct promise *promise;

/* ---- the child ---- */

static const char *die_at; /* NULL: nowhere */
static int die_at_count;
static int fail_sync_in; /* the sync of that batch fails; 0: none */
static _Thread_local bool fails_next_sync;

static void on_point(void *context, const char *name)
{
    (void)context;
    if (strcmp(name, "batch-written") == 0 && fail_sync_in > 0 && --fail_sync_in == 0)
        fails_next_sync = true;
    if (die_at && strcmp(name, die_at) == 0 && --die_at_count == 0)
        kill(getpid(), SIGKILL);
}

static int child_datasync(void *context, int fd)
{
    if (fails_next_sync) {
        fails_next_sync = false;
        errno = EIO;
        return -1;
    }
    return journal_io_system.datasync(context, fd);
}

static void write_for_ever(bool with_retention)
{
    struct journal_options options = jt_options(8192, true);
    struct journal_setup setup;
    struct journal_io io = journal_io_system;
    struct journal *journal;
    struct journal_reader *reader;
    journal_setup_default(&setup);
    io.point = on_point;
    io.datasync = child_datasync;
    setup.io = &io;
    setup.retry_ms = 1;
    setup.housekeeping_ms = 1;
    if (with_retention) {
        options.max_bytes = 40000;
        options.replay_window_ms = -1;
    }
    if (journal_open_with(dir, &options, &setup, &journal) != GW_OK ||
        journal_reader_open(journal, "reader", 0, &reader) != GW_OK)
        _exit(3);
    promise->is_up = 1;
    uint64_t id = journal_committed(journal) + 1, sequence = 0;
    for (int batch = 0;; batch++) {
        for (int i = 0; i < batch % 20 + 1; i++) {
            int error;
            do
                error = journal_append(journal, jt_payload(id), &sequence);
            while (error == GW_ERR_FULL || error == GW_ERR_IO);
            if (error != GW_OK || sequence != id++)
                _exit(4);
        }
        int error;
        do
            error = journal_wait_committed(journal, sequence, 10000);
        while (error == GW_ERR_IO);
        if (error != GW_OK)
            _exit(5);
        promise->acknowledged = sequence;
        if (batch % 4 == 3) {
            struct journal_record record;
            while (journal_reader_next(reader, &record) == GW_OK)
                ;
            if (journal_reader_commit(reader, sequence) != GW_OK)
                _exit(6);
            promise->cursor = sequence;
        }
        if (batch == 400 && die_at)
            _exit(7); /* the point does not exist */
    }
}

/* ---- the parent ---- */

static pid_t start_child(bool with_retention)
{
    promise->is_up = 0;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        write_for_ever(with_retention);
        _exit(0);
    }
    return pid;
}

/* All that was promised, nothing false; the journal goes on. */
static void check_survivor(void)
{
    struct journal_options options = jt_options(8192, true);
    struct journal *journal;
    struct journal_status status;
    struct journal_reader *reader;
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &options, &journal), GW_OK);
    uint64_t last = journal_committed(journal), oldest = journal_oldest(journal);
    CU_ASSERT_TRUE(last >= promise->acknowledged);
    CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), (int64_t)(last + 1 - oldest));
    journal_get_status(journal, &status);
    CU_ASSERT_EQUAL(status.damaged_records, 0);
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "reader", 0, &reader), GW_OK);
    CU_ASSERT_TRUE(journal_reader_cursor(reader) >= promise->cursor &&
                   journal_reader_cursor(reader) <= last);
    /* Retention went no further than the cursor. */
    CU_ASSERT_TRUE(oldest <= journal_reader_cursor(reader) + 1);
    journal_reader_close(reader);
    CU_ASSERT_TRUE(jt_append(journal, last + 1, last + 2));
    promise->acknowledged = last + 2;
    journal_close(journal);
}

static void test_kill_at_random(void)
{
    int rounds = getenv("EOG_LONG") ? 400 : 60;
    unsigned seed = 4711;
    jt_dir(dir, "kill");
    memset(promise, 0, sizeof *promise);
    die_at = NULL;
    for (int round = 0; round < rounds; round++) {
        pid_t pid = start_child(round % 3 == 2);
        for (int i = 0; !promise->is_up && i < 10000; i++)
            nanosleep(&(struct timespec){0, 1000000}, NULL);
        CU_ASSERT_TRUE_FATAL(promise->is_up);
        nanosleep(&(struct timespec){0, rand_r(&seed) % 20000000}, NULL);
        kill(pid, SIGKILL);
        int status;
        CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
        CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        check_survivor();
    }
    CU_ASSERT_TRUE(promise->acknowledged > (uint64_t)rounds * 3);
    jt_remove(dir);
}

/* Bytes that are no record behind the last one, so that the start has something to cut. */
static void add_torn_tail(void)
{
    struct jt_image image;
    jt_image_read(&image, dir);
    for (size_t i = image.n; i-- > 0;) {
        uint64_t first;
        if (!format_parse_name(image.files[i].name, &first))
            continue;
        char path[JT_PATH + 80];
        snprintf(path, sizeof path, "%s/%s", dir, image.files[i].name);
        int fd = open(path, O_WRONLY);
        /* the first bytes of its seal, as if the machine died in the middle */
        CU_ASSERT_EQUAL(ftruncate(fd, (off_t)image.files[i].n - FORMAT_SEAL_BYTES + 10), 0);
        close(fd);
        break;
    }
    jt_image_free(&image);
}

static void test_crash_points(void)
{
    static const char *const points[] = {
        "segment-temporary", "segment-header-synced", "segment-renamed",
        "segment-created",   "batch-written",         "batch-synced",
        "batch-published",   "seal-written",          "segment-sealed",
        "segment-dropped",   "segment-unlinked",      "cursor-temporary",
        "cursor-synced",     "cursor-renamed",        "cursor-committed",
        "segment-abandoned", "recovery-scanned",      "tail-cut"};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        bool is_start =
            strcmp(points[i], "recovery-scanned") == 0 || strcmp(points[i], "tail-cut") == 0;
        jt_dir(dir, "point");
        memset(promise, 0, sizeof *promise);
        for (int repeat = 1; repeat <= 3; repeat++) {
            if (is_start && repeat == 1) {
                die_at = NULL;
                CU_ASSERT_TRUE_FATAL(jt_make(dir, 8192, 100));
                promise->acknowledged = 100;
            }
            if (is_start)
                add_torn_tail();
            die_at = points[i];
            die_at_count = is_start ? 1 : repeat;
            fail_sync_in = strcmp(points[i], "segment-abandoned") == 0 ? 20 * repeat : 0;
            if (fail_sync_in)
                die_at_count = 1;
            pid_t pid = start_child(true);
            int status;
            CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
            bool is_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
            if (!is_killed)
                printf("\n    point %s was not reached, status %#x", points[i], (unsigned)status);
            CU_ASSERT_TRUE(is_killed);
            die_at = NULL;
            fail_sync_in = 0;
            check_survivor();
        }
        jt_remove(dir);
    }
}

int main(void)
{
    static const struct jt_test tests[] = {
        {"kill -9 at every named point", test_crash_points},
        {"kill -9 at random moments", test_kill_at_random},
    };
    promise =
        mmap(NULL, sizeof *promise, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return jt_main("journal crash", tests, sizeof tests / sizeof *tests);
}
