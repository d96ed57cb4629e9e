/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Starts that go wrong: no descriptors left, folders that are none or may not be used, a last
 * segment that cannot be opened, synced, read or cut, no address space. Each is refused with the
 * right word, nothing is left open, and the next start has every record.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "gateway/journal/settings.h"
#include "tests/gateway/journal/support.h"

enum { SEGMENT = 2048, RECORDS = 60, NOBODY = 65534 };

static char dir[JT_PATH];
static struct jt_disk disk;

static int open_here(struct journal **journal)
{
    struct journal_options options = jt_options(SEGMENT, true);
    return journal_open(dir, &options, journal);
}

static int open_on_disk(struct journal **journal)
{
    struct journal_options options = jt_options(SEGMENT, true);
    struct journal_setup setup;
    journal_setup_default(&setup);
    setup.io = &disk.io;
    return journal_open_with(dir, &options, &setup, journal);
}

static void path_of(char *out, const char *name)
{
    snprintf(out, JT_PATH + 80, "%s/%s", dir, name);
}

/* The name of the last segment file. */
static void last_name(char *out)
{
    struct jt_image image;
    jt_image_read(&image, dir);
    for (size_t i = 0; i < image.n; i++)
        if (strstr(image.files[i].name, ".seg"))
            snprintf(out, FORMAT_NAME_MAX, "%.31s", image.files[i].name);
    jt_image_free(&image);
}

/* All of 1..records can be read, none is missed, and it goes on. */
static bool is_whole(uint64_t records)
{
    struct journal *journal;
    struct journal_status status;
    if (open_here(&journal) != GW_OK)
        return false;
    bool ok = journal_committed(journal) == records &&
              jt_read_all(journal, NULL, 0) == (int64_t)records &&
              jt_append(journal, records + 1, records + 1);
    journal_get_status(journal, &status);
    journal_close(journal);
    return ok && status.damaged_records == 0;
}

static int lowest_descriptor(void)
{
    int fd = open("/dev/null", O_RDONLY);
    close(fd);
    return fd;
}

static void limit_descriptors(int n)
{
    struct rlimit limit;
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = n ? (rlim_t)n : limit.rlim_max;
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* One descriptor more each time, until it is enough. How many starts were refused. */
static unsigned start_with_few_descriptors(void)
{
    struct journal *journal;
    struct journal_scan scan;
    int lowest = lowest_descriptor();
    unsigned refused = 0;
    for (int more = 0; more < 20; more++, refused++) {
        limit_descriptors(lowest + more);
        int error = open_here(&journal);
        int scanned = journal_scan_dir(dir, &scan, NULL, NULL);
        limit_descriptors(0);
        if (more < 2)
            CU_ASSERT_TRUE(scanned == GW_ERR_IO || scanned == GW_ERR_NOT_FOUND);
        if (error == GW_OK) {
            journal_close(journal);
            break;
        }
        CU_ASSERT_EQUAL(error, GW_ERR_IO);
        CU_ASSERT_EQUAL(lowest_descriptor(), lowest); /* none is left open */
    }
    CU_ASSERT_EQUAL(lowest_descriptor(), lowest);
    return refused;
}

static void test_descriptors(void)
{
    struct journal *journal;
    struct journal_reader *reader;
    char epoch[17];
    jt_dir(dir, "descriptors");
    CU_ASSERT_TRUE(start_with_few_descriptors() >= 4); /* there was nothing yet */
    CU_ASSERT_EQUAL_FATAL(open_here(&journal), GW_OK);
    CU_ASSERT_TRUE(jt_append(journal, 1, RECORDS));
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "kpi", 0, &reader), GW_OK);
    CU_ASSERT_EQUAL(journal_reader_commit(reader, 33), GW_OK);
    journal_reader_close(reader);
    memcpy(epoch, journal_epoch(journal), sizeof epoch);
    journal_close(journal);
    CU_ASSERT_EQUAL(journal_skip(dir, epoch, 1000, 1000), GW_OK);
    CU_ASSERT_TRUE(start_with_few_descriptors() >= 5);
    CU_ASSERT_EQUAL_FATAL(open_here(&journal), GW_OK);
    CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), RECORDS);
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "kpi", 0, &reader), GW_OK);
    CU_ASSERT_EQUAL(journal_reader_cursor(reader), 33);
    journal_reader_close(reader);
    journal_close(journal);
    jt_remove(dir);
}

/* ---- folders ---- */

static void test_no_folders(void)
{
    struct journal *journal;
    char path[JT_PATH + 80];
    jt_dir(dir, "no-folders");
    jt_write_file(".", dir, "x", 1);
    CU_ASSERT_EQUAL(open_here(&journal), GW_ERR_IO);
    CU_ASSERT_PTR_NULL(journal);
    unlink(dir);

    mkdir(dir, 0700);
    path_of(path, "lock");
    mkdir(path, 0700);
    CU_ASSERT_EQUAL(open_here(&journal), GW_ERR_IO);
    rmdir(path);

    jt_write_file(dir, "cursors", "x", 1);
    CU_ASSERT_EQUAL(open_here(&journal), GW_ERR_IO);
    path_of(path, "cursors");
    unlink(path);

    /* A link in the place of a segment is none of ours, nor is a folder. */
    path_of(path, "00000000000000000009.seg");
    CU_ASSERT_EQUAL(symlink("/etc/passwd", path), 0);
    CU_ASSERT_EQUAL_FATAL(open_here(&journal), GW_OK);
    CU_ASSERT_TRUE(jt_append(journal, 1, 3));
    journal_close(journal);
    unlink(path);
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    CU_ASSERT_TRUE(is_whole(3));
    rmdir(path);
    jt_remove(dir);
}

/* As one who may do nothing that the modes do not say. */
static void be_nobody(bool is_nobody)
{
    if (getuid() == 0)
        CU_ASSERT_EQUAL_FATAL(seteuid(is_nobody ? NOBODY : 0), 0);
}

static int open_as_nobody(mode_t mode)
{
    struct journal *journal;
    struct journal_scan scan;
    CU_ASSERT_EQUAL(chmod(dir, mode), 0);
    be_nobody(true);
    int error = open_here(&journal);
    int scanned = journal_scan_dir(dir, &scan, NULL, NULL);
    be_nobody(false);
    chmod(dir, 0700);
    CU_ASSERT_EQUAL(scanned, mode & 4 ? GW_ERR_NOT_FOUND : GW_ERR_DENIED);
    return error;
}

static void test_rights(void)
{
    struct journal *journal;
    char path[JT_PATH + 80], outer[JT_PATH];
    jt_dir(dir, "rights");
    mkdir(dir, 0700);
    CU_ASSERT_EQUAL(open_as_nobody(0), GW_ERR_DENIED);
    CU_ASSERT_EQUAL(open_as_nobody(0555), GW_ERR_DENIED); /* no lock can be made */
    jt_write_file(dir, "lock", "", 0);
    path_of(path, "lock");
    CU_ASSERT_EQUAL(chmod(path, 0666), 0);
    CU_ASSERT_EQUAL(open_as_nobody(0555), GW_ERR_DENIED); /* nor the cursors' folder */

    memcpy(outer, dir, sizeof outer);
    chmod(outer, 0555);
    snprintf(dir + strlen(dir), 16, "/inner");
    be_nobody(true);
    CU_ASSERT_EQUAL(open_here(&journal), GW_ERR_DENIED);
    be_nobody(false);
    memcpy(dir, outer, sizeof outer);
    chmod(dir, 0700);
    CU_ASSERT_TRUE(is_whole(0)); /* nothing that was refused has left a trace */
    jt_remove(dir);
}

/* ---- the last segment ---- */

static void begin(const char *name)
{
    jt_dir(dir, name);
    jt_disk_init(&disk);
    CU_ASSERT_TRUE_FATAL(jt_make(dir, SEGMENT, RECORDS));
    jt_log_clear();
}

static void test_last_segment_refused(void)
{
    static const struct {
        const char *call;
        int error, expected;
        const char *said;
    } cases[] = {{"open", EIO, GW_ERR_IO, "cannot open segment="},
                 {"open", EACCES, GW_ERR_DENIED, "cannot open segment="},
                 {"open", EPERM, GW_ERR_DENIED, "cannot open segment="},
                 {"datasync", EIO, GW_ERR_IO, "cannot sync or read segment="}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct journal *journal;
        char name[FORMAT_NAME_MAX];
        begin("last-refused");
        last_name(name);
        jt_disk_refuse(&disk, cases[i].call, name, cases[i].error);
        CU_ASSERT_EQUAL(open_on_disk(&journal), cases[i].expected);
        CU_ASSERT_EQUAL(disk.refused, 1);
        CU_ASSERT_TRUE(jt_log_has(cases[i].said) && jt_log_has(name));
        CU_ASSERT_TRUE(is_whole(RECORDS));
        jt_remove(dir);
    }
}

/* Its records cannot be read: that is no damage, and no number may be given out. */
static void test_last_segment_unreadable(void)
{
    struct journal *journal;
    begin("last-unreadable");
    disk.bad_from = FORMAT_DATA_START;
    disk.bad_to = INT64_MAX;
    CU_ASSERT_EQUAL(open_on_disk(&journal), GW_ERR_IO);
    CU_ASSERT_TRUE(jt_log_has("cannot read the last segment"));
    CU_ASSERT_TRUE(is_whole(RECORDS));
    jt_remove(dir);
}

/* Its end cannot be read now: that is no torn tail. Nothing is cut, no number that may stand there
   is given out again, and what the disk reads later is served. */
static void test_last_end_unreadable(void)
{
    struct journal *journal;
    struct journal_status status;
    char name[FORMAT_NAME_MAX], path[JT_PATH + 80];
    struct stat st;
    begin("end-unreadable");
    jt_remove(dir);
    CU_ASSERT_TRUE_FATAL(jt_make(dir, 1 << 20, 2000));
    last_name(name);
    path_of(path, name);
    CU_ASSERT_EQUAL(stat(path, &st), 0);
    disk.bad_from = 40960;
    disk.bad_to = st.st_size;
    CU_ASSERT_EQUAL_FATAL(open_on_disk(&journal), GW_OK);
    CU_ASSERT_FALSE(jt_log_has("torn tail"));
    journal_get_status(journal, &status);
    uint64_t next = journal_committed(journal) + 1;
    CU_ASSERT_TRUE(next > 2000 && status.damaged_records >= 1000);
    CU_ASSERT_TRUE(jt_append(journal, next, next));
    disk.bad_to = 0;
    CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), 2001);
    journal_close(journal);
    jt_remove(dir);
}

/* One header copy's sector is enough; without any it is the disk's trouble. */
static void test_header_sectors(void)
{
    static const struct {
        int64_t from, to;
        int expected;
    } cases[] = {{0, FORMAT_HEADER_BYTES, GW_OK},
                 {FORMAT_HEADER_BYTES, FORMAT_DATA_START, GW_OK},
                 {0, FORMAT_DATA_START, GW_ERR_IO}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct journal *journal;
        begin("header-sectors");
        disk.bad_from = cases[i].from;
        disk.bad_to = cases[i].to;
        CU_ASSERT_EQUAL(open_on_disk(&journal), cases[i].expected);
        if (journal) {
            CU_ASSERT_TRUE(jt_log_has("one of two headers is damaged"));
            CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), RECORDS);
        }
        journal_close(journal);
        CU_ASSERT_TRUE(is_whole(RECORDS));
        jt_remove(dir);
    }
}

/* A torn tail that cannot be cut is passed over all the same, at this start and the next. */
static void test_tail_not_cut(void)
{
    struct journal *journal;
    char name[FORMAT_NAME_MAX], path[JT_PATH + 80];
    begin("not-cut");
    last_name(name);
    path_of(path, name);
    FILE *out = fopen(path, "ab");
    CU_ASSERT_TRUE_FATAL(out && fwrite("torn torn torn", 14, 1, out) == 1);
    fclose(out);
    struct stat st;
    CU_ASSERT_EQUAL(stat(path, &st), 0);
    CU_ASSERT_EQUAL(truncate(path, st.st_size - 14 - FORMAT_SEAL_BYTES), 0);
    out = fopen(path, "ab");
    CU_ASSERT_TRUE_FATAL(out && fwrite("torn torn torn", 14, 1, out) == 1);
    fclose(out);
    jt_disk_refuse(&disk, "truncate", NULL, EIO);
    CU_ASSERT_EQUAL_FATAL(open_on_disk(&journal), GW_OK);
    CU_ASSERT_TRUE(jt_log_has("torn tail cut"));
    CU_ASSERT_TRUE(disk.refused > 0);
    CU_ASSERT_TRUE(jt_append(journal, RECORDS + 1, RECORDS + 1));
    CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), RECORDS + 1);
    journal_close(journal);
    CU_ASSERT_TRUE(is_whole(RECORDS + 1));
    jt_remove(dir);
}

/* An empty file and a copy under another name stand behind the last one: neither is served, neither
   ends the journal, and no number that the copy may hold is given out again. */
static void test_strange_last(void)
{
    struct jt_image image;
    struct journal *journal;
    struct journal_status status;
    begin("strange-last");
    jt_write_file(dir, "00000000000000000500.seg", "", 0);
    CU_ASSERT_EQUAL_FATAL(open_here(&journal), GW_OK);
    journal_get_status(journal, &status);
    CU_ASSERT_EQUAL(status.damaged_records, 0); /* it had none */
    CU_ASSERT_TRUE(jt_log_has("both headers are damaged"));
    uint64_t next = journal_committed(journal) + 1;
    CU_ASSERT_TRUE(next >= 500 && jt_append(journal, next, next));
    CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), RECORDS + 1);
    journal_close(journal);
    jt_remove(dir);

    begin("strange-last");
    jt_image_read(&image, dir);
    jt_write_file(dir, "00000000000000000500.seg", image.files[0].p, image.files[0].n);
    CU_ASSERT_EQUAL_FATAL(open_here(&journal), GW_OK);
    next = journal_committed(journal) + 1;
    CU_ASSERT_TRUE(next >= 500 + image.files[0].n / FORMAT_HEAD_BYTES);
    CU_ASSERT_TRUE(jt_append(journal, next, next));
    CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), RECORDS + 1);
    journal_close(journal);
    jt_image_free(&image);
    jt_remove(dir);
}

/* ---- bounds ---- */

/* As much address space as there is once, not twice; 0: nobody knows. */
static int64_t find_once(void)
{
#ifndef __SANITIZE_THREAD__ /* it ends the program at addresses that it does not know */
    for (int shift = 56; shift > 40; shift--) {
        size_t n = (size_t)1 << shift;
        const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
        void *one = mmap(NULL, n, PROT_READ | PROT_WRITE, flags, -1, 0);
        if (one == MAP_FAILED)
            continue;
        void *other = mmap(NULL, n, PROT_READ | PROT_WRITE, flags, -1, 0);
        munmap(one, n);
        if (other == MAP_FAILED)
            return (int64_t)n;
        munmap(other, n);
        return 0;
    }
#endif
    return 0;
}

static void test_no_address_space(void)
{
    const int64_t limits[] = {INT64_C(1) << 60, find_once()}; /* no buffer; one of two */
    for (int is_new = 0; is_new < 2; is_new++)
        for (size_t i = 0; i < sizeof limits / sizeof *limits && limits[i]; i++) {
            struct journal_options options = jt_options(SEGMENT, false);
            struct journal *journal;
            begin("address-space");
            if (is_new)
                jt_remove(dir);
            options.staging_bytes = limits[i];
            int lowest = lowest_descriptor();
            CU_ASSERT_EQUAL(journal_open(dir, &options, &journal), GW_ERR_FULL);
            CU_ASSERT_TRUE(jt_log_has("no address space for staging"));
            CU_ASSERT_EQUAL(lowest_descriptor(), lowest);
            CU_ASSERT_TRUE(is_whole(is_new ? 0 : RECORDS));
            jt_remove(dir);
        }
}

/* More segments and cursors than the lists begin with. */
static void test_many(void)
{
    enum { MANY = 150, CURSORS = 40 };
    struct journal_options options = jt_options(1, false); /* a record a segment */
    struct journal *journal;
    struct journal_status status;
    struct journal_cursor cursors[CURSORS + 5];
    jt_dir(dir, "many");
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &options, &journal), GW_OK);
    CU_ASSERT_TRUE(jt_append(journal, 1, MANY));
    for (uint64_t i = 1; i <= CURSORS; i++) {
        struct journal_reader *reader;
        char name[16];
        snprintf(name, sizeof name, "r%d", (int)i);
        CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, name, 0, &reader), GW_OK);
        CU_ASSERT_EQUAL(journal_reader_commit(reader, i * 3), GW_OK);
        journal_reader_close(reader);
    }
    journal_close(journal);
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &options, &journal), GW_OK);
    journal_get_status(journal, &status);
    CU_ASSERT_EQUAL(status.segments, MANY);
    CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), MANY);
    struct journal_reader *open;
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "r7", 0, &open), GW_OK);
    CU_ASSERT_EQUAL(journal_list_cursors(journal, cursors, 5), 5);
    size_t n = journal_list_cursors(journal, cursors, CURSORS + 5);
    CU_ASSERT_EQUAL(n, CURSORS);
    bool seen[CURSORS + 1] = {false};
    for (size_t i = 0; i < n; i++) {
        long id = strtol(cursors[i].name + 1, NULL, 10);
        CU_ASSERT_TRUE_FATAL(id >= 1 && id <= CURSORS && !seen[id]);
        seen[id] = true;
        CU_ASSERT_EQUAL(cursors[i].sequence, (uint64_t)id * 3);
        CU_ASSERT_EQUAL(cursors[i].is_open, id == 7);
    }
    journal_reader_close(open);
    journal_close(journal);
    jt_remove(dir);
}

static void add_call(void *context)
{
    ++*(int *)context;
}

/* As many as want to, each called but for those that want it no more. */
static void test_watches(void)
{
    enum { WATCHES = 300 };
    struct journal *journal;
    int calls[WATCHES] = {0}, ids[WATCHES];
    jt_dir(dir, "watches");
    CU_ASSERT_EQUAL_FATAL(open_here(&journal), GW_OK);
    for (int i = 0; i < WATCHES; i++)
        CU_ASSERT_TRUE((ids[i] = journal_watch(journal, add_call, &calls[i])) > 0);
    journal_unwatch(journal, ids[5]);
    journal_unwatch(journal, ids[5]); /* it is gone, and no other for it */
    journal_unwatch(journal, ids[WATCHES - 1]);
    CU_ASSERT_TRUE(jt_append(journal, 1, 1));
    journal_close(journal); /* the writer has ended: what it called is seen here */
    for (int i = 0; i < WATCHES; i++)
        CU_ASSERT_EQUAL(calls[i] > 0, i != 5 && i != WATCHES - 1);
    jt_remove(dir);
}

/* Ranges that overlap in every way: each sequence counts once. */
static void test_damage_counted_once(void)
{
    static const struct {
        uint64_t from, to, sum;
    } cases[] = {{20, 29, 10}, {40, 49, 20}, {25, 34, 25}, {35, 39, 30}, {15, 22, 35}, {21, 28, 35},
                 {60, 69, 45}, {71, 79, 54}, {10, 99, 90}, {10, 99, 90}, {99, 100, 91}};
    struct journal *journal;
    struct journal_status status;
    jt_dir(dir, "once");
    CU_ASSERT_EQUAL_FATAL(open_here(&journal), GW_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct walk_gap gap = {cases[i].from, cases[i].to, 1024};
        journal_report_damage(journal, 1, &gap);
        journal_get_status(journal, &status);
        CU_ASSERT_EQUAL(status.damaged_records, cases[i].sum);
    }
    /* More places than are kept, of two readers: they are counted all the same, and once. */
    for (int reader = 0; reader < 2; reader++)
        for (uint64_t i = 0; i < DAMAGE_RANGES_MAX + 10; i++) {
            struct walk_gap gap = {1000 + 10 * i, 1000 + 10 * i, 1024};
            journal_report_damage(journal, 1, &gap);
        }
    journal_get_status(journal, &status);
    CU_ASSERT_EQUAL(status.damaged_records, 91 + DAMAGE_RANGES_MAX + 10);
    /* The nearest are kept as one, and only they. */
    struct walk_gap gap = {1000 + 10 * DAMAGE_RANGES_MAX - 1, 1000 + 10 * DAMAGE_RANGES_MAX, 1024};
    journal_report_damage(journal, 1, &gap);
    journal_get_status(journal, &status);
    CU_ASSERT_EQUAL(status.damaged_records, 91 + DAMAGE_RANGES_MAX + 11);
    journal_close(journal);
    jt_remove(dir);
}

/* ---- skips ---- */

static void read_epoch(char epoch[17])
{
    struct journal_scan scan;
    CU_ASSERT_EQUAL_FATAL(journal_scan_dir(dir, &scan, NULL, NULL), GW_OK);
    memcpy(epoch, scan.epoch, 17);
}

static void test_skips(void)
{
    struct journal *journal;
    struct journal_status status;
    struct journal_scan scan;
    char epoch[17];
    begin("skips");
    read_epoch(epoch);
    CU_ASSERT_EQUAL(journal_skip(dir, epoch, 0, 5), GW_ERR_INVALID);
    CU_ASSERT_EQUAL(journal_skip("/nonexistent-folder", epoch, 1, 5), GW_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(journal_skip("/proc", epoch, 1, 5), GW_ERR_IO);
    for (uint64_t i = 20; i > 0; i--) /* in falling order: they are sorted */
        CU_ASSERT_EQUAL(journal_skip(dir, epoch, 100 * i, 100 * i + 9), GW_OK);
    CU_ASSERT_EQUAL(journal_skip(dir, epoch, 100, 200), GW_ERR_EXISTS);
    jt_write_file(dir, "0000000000000000010x.skip", "x", 1); /* no skip's name */
    jt_write_file(dir, "00000000000000000100.text", "x", 1);
    CU_ASSERT_EQUAL_FATAL(open_here(&journal), GW_OK);
    CU_ASSERT_EQUAL(journal_committed(journal), 2009);
    journal_get_status(journal, &status);
    CU_ASSERT_EQUAL(status.records, 2009 - 20 * 10);
    CU_ASSERT_TRUE(jt_append(journal, 2010, 2010));
    CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), RECORDS + 1);
    journal_close(journal);
    /* Lost is what is between them, no more. */
    CU_ASSERT_EQUAL(journal_scan_dir(dir, &scan, NULL, NULL), GW_OK);
    CU_ASSERT_EQUAL(scan.damaged, 2009 - RECORDS - 10);

    /* One that ends before it begins. */
    struct format_cursor cursor = {strtoull(epoch, NULL, 16), 2999, 0};
    uint8_t bytes[FORMAT_CURSOR_BYTES];
    format_put_cursor(&cursor, bytes);
    jt_write_file(dir, "00000000000000003000.skip", bytes, sizeof bytes);
    CU_ASSERT_EQUAL(open_here(&journal), GW_ERR_DAMAGED);
    CU_ASSERT_TRUE(jt_log_has("00000000000000003000.skip cannot be used"));
    jt_remove(dir);
}

static void test_too_many_skips(void)
{
    struct journal *journal;
    char epoch[17];
    begin("too-many-skips");
    read_epoch(epoch);
    for (uint64_t i = 1; i <= SKIPS_MAX + 1; i++)
        CU_ASSERT_EQUAL(journal_skip(dir, epoch, 100 * i, 100 * i), GW_OK);
    CU_ASSERT_EQUAL(open_here(&journal), GW_ERR_FULL);
    char path[JT_PATH + 80];
    path_of(path, "00000000000000000100.skip");
    unlink(path);
    CU_ASSERT_EQUAL_FATAL(open_here(&journal), GW_OK);
    CU_ASSERT_EQUAL(journal_committed(journal), 100 * (SKIPS_MAX + 1));
    journal_close(journal);
    jt_remove(dir);
}

/* A skip that could not be written whole is refused at the start: numbers might be used twice. */
static void test_skip_not_written(void)
{
    struct journal *journal;
    struct rlimit limit, none;
    char epoch[17];
    begin("skip-not-written");
    read_epoch(epoch);
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &limit), 0);
    none = limit;
    none.rlim_cur = 0;
    signal(SIGXFSZ, SIG_IGN);
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &none), 0);
    int error = journal_skip(dir, epoch, 100, 200);
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_DFL);
    CU_ASSERT_EQUAL(error, GW_ERR_IO);
    CU_ASSERT_EQUAL(open_here(&journal), GW_ERR_DAMAGED);
    jt_remove(dir);
}

/* ---- small things ---- */

static void test_settings(void)
{
    struct journal_settings settings = {.options = {.segment_bytes = 11,
                                                    .staging_bytes = 12,
                                                    .max_bytes = 13,
                                                    .retention_ms = 14,
                                                    .replay_window_ms = 15,
                                                    .retention_force = true}};
    struct journal_options options, defaults;
    journal_options_default(&defaults);
    journal_settings_to_options(&settings, &options);
    CU_ASSERT_TRUE(options.segment_bytes == 11 && options.staging_bytes == 12);
    CU_ASSERT_TRUE(options.max_bytes == 13 && options.retention_ms == 14);
    CU_ASSERT_TRUE(options.replay_window_ms == 15 && options.retention_force);
    CU_ASSERT_TRUE(options.sync && options.pace_ms == defaults.pace_ms); /* not to be configured */
}

int main(void)
{
    static const struct jt_test tests[] = {
        {"descriptors run out", test_descriptors},
        {"folders that are none", test_no_folders},
        {"folders that may not be used", test_rights},
        {"the last segment is refused", test_last_segment_refused},
        {"the last segment cannot be read", test_last_segment_unreadable},
        {"the last segment's end cannot be read", test_last_end_unreadable},
        {"sectors of headers", test_header_sectors},
        {"a tail that cannot be cut", test_tail_not_cut},
        {"strange files behind the last", test_strange_last},
        {"no address space", test_no_address_space},
        {"many segments, many cursors", test_many},
        {"watches", test_watches},
        {"damage is counted once", test_damage_counted_once},
        {"skips", test_skips},
        {"too many skips", test_too_many_skips},
        {"a skip that was not written", test_skip_not_written},
        {"settings", test_settings},
    };
    return jt_main("journal start", tests, sizeof tests / sizeof *tests);
}
