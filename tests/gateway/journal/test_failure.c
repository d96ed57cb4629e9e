/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A disk that refuses: call N of each kind fails, for every N. Nothing is acknowledged meanwhile, a
 * file whose sync failed is never written again, and the journal comes back by itself with all.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "tests/gateway/journal/support.h"

static char dir[JT_PATH];

enum call {
    CALL_OPEN,
    CALL_WRITE,
    CALL_SYNC,
    CALL_SYNC_DIR,
    CALL_RENAME,
    CALL_RESERVE,
    CALL_TRUNCATE,
    CALLS
};
static const char *const call_names[CALLS] = {"open",   "write",   "sync",    "sync dir",
                                              "rename", "reserve", "truncate"};

/* The first `from` calls of the kind go through, then `count` fail with error. */
static struct {
    _Atomic int kind, from, count, error;
    _Atomic int calls[CALLS], failed;
    _Atomic bool is_poisoned[1024]; /* by descriptor: its sync failed */
    _Atomic int misuse;             /* a poisoned file was written or synced again */
    struct journal *_Atomic closes; /* a call that fails waits until this one is being closed */
} fault;

static bool fails(enum call kind)
{
    int n = atomic_fetch_add(&fault.calls[kind], 1);
    if (fault.kind != (int)kind || n < fault.from || n >= fault.from + fault.count)
        return false;
    atomic_fetch_add(&fault.failed, 1);
    if (fault.closes)
        staging_pause(&fault.closes->staging, 10000);
    errno = fault.error;
    return true;
}

static int f_open(void *context, int dirfd, const char *name, int flags, int mode)
{
    if ((flags & O_CREAT) && fails(CALL_OPEN))
        return -1;
    int fd = journal_io_system.open(context, dirfd, name, flags, mode);
    if (fd >= 0 && fd < 1024)
        fault.is_poisoned[fd] = false;
    return fd;
}

static ssize_t f_pwrite(void *context, int fd, const void *p, size_t n, int64_t offset)
{
    if (fault.is_poisoned[fd])
        fault.misuse++;
    if (fails(CALL_WRITE)) {
        if (fault.error == ENOSPC && n > 1) /* the disk fills in the middle: part is written */
            return journal_io_system.pwrite(context, fd, p, n / 2, offset);
        return -1;
    }
    return journal_io_system.pwrite(context, fd, p, n, offset);
}

static int f_datasync(void *context, int fd)
{
    if (fault.is_poisoned[fd])
        fault.misuse++;
    if (fails(CALL_SYNC)) {
        fault.is_poisoned[fd] = true;
        return -1;
    }
    return journal_io_system.datasync(context, fd);
}

static int f_sync_dir(void *context, int fd)
{
    return fails(CALL_SYNC_DIR) ? -1 : journal_io_system.sync_dir(context, fd);
}

static int f_rename(void *context, int dirfd, const char *from, const char *to)
{
    return fails(CALL_RENAME) ? -1 : journal_io_system.rename(context, dirfd, from, to);
}

static int f_reserve(void *context, int fd, int64_t size)
{
    return fails(CALL_RESERVE) ? -1 : journal_io_system.reserve(context, fd, size);
}

static int f_truncate(void *context, int fd, int64_t size)
{
    return fails(CALL_TRUNCATE) ? -1 : journal_io_system.truncate(context, fd, size);
}

static struct journal_io faulty_io(void)
{
    struct journal_io io = journal_io_system;
    io.open = f_open;
    io.pwrite = f_pwrite;
    io.datasync = f_datasync;
    io.sync_dir = f_sync_dir;
    io.rename = f_rename;
    io.reserve = f_reserve;
    io.truncate = f_truncate;
    return io;
}

static void arm(int kind, int from, int count, int error)
{
    for (int i = 0; i < CALLS; i++)
        fault.calls[i] = 0;
    fault.failed = fault.misuse = 0;
    fault.from = from;
    fault.count = count;
    fault.error = error;
    fault.kind = kind;
}

static int open_faulty(const struct journal_io *io, int retry_ms, struct journal **journal)
{
    struct journal_options options = jt_options(1500, true);
    struct journal_setup setup;
    journal_setup_default(&setup);
    setup.io = io;
    setup.retry_ms = retry_ms;
    return journal_open_with(dir, &options, &setup, journal);
}

/* Append 1..n one by one through whatever happens. Never acknowledged before it is true. */
static bool append_stubbornly(struct journal *journal, uint64_t n)
{
    for (uint64_t id = 1; id <= n; id++) {
        uint64_t sequence = 0;
        int error, tries = 0;
        while ((error = journal_append(journal, jt_payload(id), &sequence)) != GW_OK) {
            if ((error != GW_ERR_IO && error != GW_ERR_FULL) || ++tries > 10000)
                return false;
            nanosleep(&(struct timespec){0, 1000000}, NULL);
        }
        if (sequence != id)
            return false;
        for (tries = 0; (error = journal_wait_committed(journal, id, 10000)) != GW_OK; tries++) {
            if (error != GW_ERR_IO || tries > 10000)
                return false;
            nanosleep(&(struct timespec){0, 500000}, NULL);
        }
    }
    return true;
}

static bool is_failing(void *context)
{
    struct journal_status status;
    journal_get_status(context, &status);
    return status.is_failing;
}

static bool is_well(void *context)
{
    return !is_failing(context);
}

enum { RECORDS = 40 };

static bool run_with_fault(int kind, int from, int count, int error)
{
    struct journal_io io = faulty_io();
    struct journal *journal;
    struct journal_status status;
    jt_dir(dir, "failure");
    arm(kind, from, count, error);
    if (open_faulty(&io, 1, &journal) != GW_OK) /* only the very first steps may refuse the start */
        return from < 3;
    bool ok = append_stubbornly(journal, RECORDS) && jt_read_all(journal, NULL, 0) == RECORDS;
    /* The fault may have met the roll of a segment after the last record: it heals by itself. */
    ok = ok && jt_until(is_well, journal);
    journal_get_status(journal, &status);
    ok = ok && !status.is_failing && status.failure[0] == '\0' && status.damaged_records == 0;
    journal_close(journal);
    fault.kind = -1;
    ok = ok && fault.misuse == 0;
    struct journal_scan scan;
    ok = ok && journal_scan_dir(dir, &scan, NULL, NULL) == GW_OK && scan.records == RECORDS &&
         scan.damaged == 0;
    ok = ok && open_faulty(&journal_io_system, 1, &journal) == GW_OK;
    if (ok) {
        ok = jt_read_all(journal, NULL, 0) == RECORDS;
        journal_close(journal);
    }
    jt_remove(dir);
    return ok;
}

static void test_every_call(void)
{
    for (int kind = 0; kind < CALLS; kind++) {
        bool was_reached = true;
        int n = 0;
        for (; was_reached && n < 200; n++) {
            for (int variant = 0; variant < 2 && was_reached; variant++) {
                int count = variant ? 3 : 1, error = (n + variant) % 2 ? EIO : ENOSPC;
                bool ok = run_with_fault(kind, n, count, error);
                was_reached = fault.failed > 0;
                if (!ok)
                    printf("\n    %s: call %d, %d times, error %d", call_names[kind], n, count,
                           error);
                CU_ASSERT_TRUE(ok);
            }
        }
        CU_ASSERT_TRUE(n > 3 || kind == CALL_TRUNCATE); /* each kind was met, and its end */
        CU_ASSERT_TRUE(n < 200);
    }
}

static void count_wake(void *context)
{
    atomic_fetch_add((_Atomic int *)context, 1);
}

/* The disk fills and has room again: what users of the journal see of it. */
static void test_states(void)
{
    struct journal_io io = faulty_io();
    struct journal *journal;
    struct journal_status status;
    _Atomic int wakes = 0;
    uint64_t sequence;
    jt_dir(dir, "states");
    arm(-1, 0, 0, 0);
    CU_ASSERT_EQUAL_FATAL(open_faulty(&io, 2, &journal), GW_OK);
    int id = journal_watch(journal, count_wake, &wakes);
    CU_ASSERT_TRUE(jt_append(journal, 1, 10));
    arm(CALL_SYNC, 0, 1 << 30, EIO);
    jt_log_clear();
    CU_ASSERT_EQUAL(journal_append(journal, jt_payload(11), &sequence), GW_OK);
    CU_ASSERT_EQUAL(journal_wait_committed(journal, 11, 10000), GW_ERR_IO);
    CU_ASSERT_TRUE(jt_until(is_failing, journal));
    int before = wakes;
    journal_get_status(journal, &status);
    CU_ASSERT_TRUE(strstr(status.failure, "Input/output error") != NULL);
    CU_ASSERT_TRUE(jt_log_has("the disk refuses"));
    CU_ASSERT_EQUAL(journal_append(journal, jt_payload(12), &sequence), GW_ERR_IO);
    CU_ASSERT_EQUAL(status.committed, 10);
    CU_ASSERT_EQUAL(status.staged, 11);
    CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), 10); /* not served before it is durable */
    arm(-1, 0, 0, 0);
    CU_ASSERT_TRUE(jt_until(is_well, journal));
    CU_ASSERT_EQUAL(journal_wait_committed(journal, 11, 10000), GW_OK);
    CU_ASSERT_TRUE(jt_log_has("takes records again"));
    CU_ASSERT_TRUE(jt_append(journal, 12, 20));
    CU_ASSERT_TRUE(wakes > before);
    CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), 20);
    journal_unwatch(journal, id);

    /* Closing while it still refuses ends, and loses only what was never acknowledged. */
    arm(CALL_WRITE, 0, 1 << 30, ENOSPC);
    journal_append(journal, jt_payload(21), &sequence);
    CU_ASSERT_TRUE(jt_until(is_failing, journal));
    journal_get_status(journal, &status);
    CU_ASSERT_TRUE(strstr(status.failure, "No space left") != NULL);
    journal_close(journal);
    arm(-1, 0, 0, 0);
    CU_ASSERT_EQUAL_FATAL(open_faulty(&io, 2, &journal), GW_OK);
    CU_ASSERT_TRUE(journal_committed(journal) >= 20);
    CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), (int64_t)journal_committed(journal));
    journal_close(journal);
    jt_remove(dir);
}

static bool is_at_fault(void *context)
{
    (void)context;
    return fault.failed > 0;
}

static void note_committed(void *context)
{
    *(uint64_t *)context = journal_committed(fault.closes);
}

/* What came while a batch was being refused is not kept without it, or the batch would count as
   committed too. */
static void test_refused_at_close(void)
{
    struct journal_io io = faulty_io();
    struct journal *journal;
    struct journal_status status;
    uint64_t sequence, told = 0;
    jt_dir(dir, "refused");
    arm(-1, 0, 0, 0);
    CU_ASSERT_EQUAL_FATAL(open_faulty(&io, 1, &journal), GW_OK);
    CU_ASSERT_TRUE(jt_append_each(journal, 1, 10));
    fault.closes = journal;
    journal_watch(journal, note_committed, &told);
    arm(CALL_WRITE, 0, 2, EIO);
    CU_ASSERT_EQUAL(journal_append(journal, jt_payload(11), &sequence), GW_OK);
    CU_ASSERT_TRUE(jt_until(is_at_fault, NULL));
    CU_ASSERT_EQUAL(journal_append(journal, jt_payload(12), &sequence), GW_OK);
    jt_log_clear();
    journal_close(journal);
    fault.closes = NULL;
    CU_ASSERT_EQUAL(fault.failed, 2);
    CU_ASSERT_EQUAL(told, 10);
    CU_ASSERT_TRUE(jt_log_has("the disk refused first=11"));
    CU_ASSERT_EQUAL_FATAL(open_faulty(&io, 1, &journal), GW_OK);
    CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), 10);
    journal_get_status(journal, &status);
    CU_ASSERT_EQUAL(status.damaged_records, 0);
    CU_ASSERT_EQUAL(status.committed, 10);
    journal_close(journal);
    jt_remove(dir);
}

static _Atomic bool is_hanging;
static _Atomic int64_t hung_ms;

static int h_datasync(void *context, int fd)
{
    while (is_hanging)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    return journal_io_system.datasync(context, fd);
}

static struct clock_reading h_read(const struct clock *clock)
{
    struct clock_reading now = clock_read(&clock_system);
    (void)clock;
    return (struct clock_reading){now.wall_ms, now.mono_ms + hung_ms};
}

/* A disk that says nothing is no better than one that refuses. */
static void test_hanging(void)
{
    struct journal_options options = jt_options(1500, true);
    struct journal_setup setup;
    struct journal_io io = journal_io_system;
    const struct clock clock = {h_read};
    struct journal *journal;
    struct journal_status status;
    uint64_t sequence;
    jt_dir(dir, "hanging");
    journal_setup_default(&setup);
    io.datasync = h_datasync;
    setup.io = &io;
    setup.clock = &clock;
    CU_ASSERT_EQUAL_FATAL(journal_open_with(dir, &options, &setup, &journal), GW_OK);
    hung_ms = 3600000; /* with nothing to write it waits for no disk */
    CU_ASSERT_FALSE(is_failing(journal));
    is_hanging = true;
    CU_ASSERT_EQUAL(journal_append(journal, jt_payload(1), &sequence), GW_OK);
    CU_ASSERT_EQUAL(journal_wait_committed(journal, 1, 50), GW_ERR_BUSY);
    CU_ASSERT_FALSE(is_failing(journal));
    hung_ms += 10000;
    journal_get_status(journal, &status);
    CU_ASSERT_TRUE(status.is_failing);
    CU_ASSERT_STRING_EQUAL(status.failure, "a write or sync has not returned for 10 s");
    is_hanging = false;
    CU_ASSERT_EQUAL(journal_wait_committed(journal, 1, 10000), GW_OK);
    CU_ASSERT_TRUE(jt_until(is_well, journal));
    journal_close(journal);
    jt_remove(dir);
}

/* A cursor that cannot be written stays where it was. */
static void test_cursor_failure(void)
{
    struct journal_io io = faulty_io();
    struct journal *journal;
    struct journal_reader *reader;
    jt_dir(dir, "cursor-failure");
    arm(-1, 0, 0, 0);
    CU_ASSERT_EQUAL_FATAL(open_faulty(&io, 2, &journal), GW_OK);
    CU_ASSERT_TRUE(jt_append(journal, 1, 10));
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "r", 0, &reader), GW_OK);
    CU_ASSERT_EQUAL(journal_reader_commit(reader, 5), GW_OK);
    for (int kind = CALL_OPEN; kind <= CALL_RENAME; kind++) {
        arm(kind, 0, 1, EIO);
        CU_ASSERT_EQUAL(journal_reader_commit(reader, 6), GW_ERR_IO);
        CU_ASSERT_EQUAL(journal_reader_cursor(reader), 5);
        arm(-1, 0, 0, 0);
        CU_ASSERT_EQUAL(journal_reader_commit(reader, 5), GW_OK);
    }
    struct journal_reader *fresh;
    arm(CALL_OPEN, 0, 1, EIO);
    CU_ASSERT_EQUAL(journal_reader_open(journal, "fresh", 0, &fresh), GW_ERR_IO);
    arm(-1, 0, 0, 0);
    CU_ASSERT_EQUAL(journal_reader_open(journal, "fresh", 0, &fresh), GW_OK);
    journal_reader_close(fresh);
    journal_reader_close(reader);
    journal_close(journal);
    jt_remove(dir);
}

/* A full disk has no room beside a cursor, and that which holds back retention must go on. */
static void test_cursor_full_disk(void)
{
    struct journal_io io = faulty_io();
    struct journal *journal;
    struct journal_reader *reader;
    jt_dir(dir, "cursor-full");
    arm(-1, 0, 0, 0);
    CU_ASSERT_EQUAL_FATAL(open_faulty(&io, 2, &journal), GW_OK);
    CU_ASSERT_TRUE(jt_append(journal, 1, 10));
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "r", 0, &reader), GW_OK);
    arm(CALL_OPEN, 0, 1 << 30, ENOSPC);
    CU_ASSERT_EQUAL(journal_reader_commit(reader, 6), GW_OK);
    arm(CALL_OPEN, 0, 1 << 30, EDQUOT);
    CU_ASSERT_EQUAL(journal_reader_commit(reader, 7), GW_OK);
    arm(CALL_SYNC, 0, 1 << 30, ENOSPC);
    CU_ASSERT_EQUAL(journal_reader_commit(reader, 8), GW_ERR_IO); /* not even in place */
    arm(CALL_OPEN, 0, 1 << 30, ENOSPC);
    struct journal_reader *fresh; /* of a new one there is none to write over */
    CU_ASSERT_EQUAL(journal_reader_open(journal, "fresh", 0, &fresh), GW_ERR_IO);
    arm(-1, 0, 0, 0);
    journal_reader_close(reader);
    journal_close(journal);
    CU_ASSERT_EQUAL_FATAL(open_faulty(&io, 2, &journal), GW_OK);
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "r", 0, &reader), GW_OK);
    CU_ASSERT_TRUE(journal_reader_cursor(reader) >= 7);
    journal_reader_close(reader);
    journal_close(journal);
    jt_remove(dir);
}

int main(void)
{
    static const struct jt_test tests[] = {
        {"call N fails, for every N and kind", test_every_call},
        {"what users see of a failing disk", test_states},
        {"what a disk refused at the end", test_refused_at_close},
        {"a disk that hangs", test_hanging},
        {"cursors on a failing disk", test_cursor_failure},
        {"cursors on a full disk", test_cursor_full_disk},
    };
    return jt_main("journal failure", tests, sizeof tests / sizeof *tests);
}
