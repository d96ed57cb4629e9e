/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file: what is acknowledged is in it, whole lines, whatever the disk does. */
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "tests/gateway/feed/support.h"
#include "tests/support/suite.h"
#include "tests/support/unit.h"

static struct ft_driver driver;
static char dir[] = "/tmp/eog-feed-file-XXXXXX", path[64];
static struct buf content;

static struct slice read_file(const char *end)
{
    char name[80], bytes[4096];
    size_t n;
    snprintf(name, sizeof name, "%s%s", path, end);
    buf_clear(&content);
    FILE *file = fopen(name, "r");
    while (file && (n = fread(bytes, 1, sizeof bytes, file)) > 0)
        buf_append(&content, bytes, n);
    if (file)
        fclose(file);
    return buf_get(&content);
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

static void clean(void)
{
    static const char *const ends[] = {"", ".1", ".2", ".3"};
    for (int i = 0; i < 4; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

static void begin(int64_t rotate_bytes, int64_t rotate_age_ms, int64_t keep)
{
    clean();
    struct feed_section section = {.name = "t",
                                   .file = path,
                                   .rotate_bytes = rotate_bytes,
                                   .rotate_age_ms = rotate_age_ms,
                                   .keep = keep};
    ft_driver_create(&driver, &feed_driver_file, &section);
}

static void open_it(void)
{
    CU_ASSERT_EQUAL(driver.ops->open(driver.at), GW_OK);
}

/* Sends one and has it written. */
static void put(uint64_t sequence, const char *text)
{
    size_t before = driver.n_acked;
    CU_ASSERT_EQUAL(ft_send(&driver, sequence, text), FEED_TAKEN);
    CU_ASSERT_EQUAL(driver.n_acked, before);
    CU_ASSERT_TRUE(ft_poll_acked(&driver, before + 1));
    CU_ASSERT_EQUAL(driver.acked[before], sequence);
}

static void test_append(void)
{
    begin(0, 0, 1);
    write_file("before\n");
    open_it();
    put(1, "one");
    put(2, "two");
    UNIT_TEXT(read_file(""), "before\none\ntwo\n");
    driver.ops->close(driver.at);
    open_it();
    put(3, "three");
    UNIT_TEXT(read_file(""), "before\none\ntwo\nthree\n");
    ft_driver_destroy(&driver);
}

/* A line that a crash tore is ended. */
static void test_torn(void)
{
    begin(0, 0, 1);
    write_file("whole\nto");
    open_it();
    put(1, "one");
    UNIT_TEXT(read_file(""), "whole\nto\none\n");
    ft_driver_destroy(&driver);
}

static void test_size(void)
{
    begin(8, 0, 2);
    open_it();
    put(1, "aaaaaaa"); /* 8 bytes with its end: full */
    put(2, "bbbb");
    UNIT_TEXT(read_file(".1"), "aaaaaaa\n");
    UNIT_TEXT(read_file(""), "bbbb\n");
    put(3, "cccc");
    UNIT_TEXT(read_file(""), "bbbb\ncccc\n");
    put(4, "dddddddd");
    put(5, "e");
    UNIT_TEXT(read_file(""), "e\n");
    UNIT_TEXT(read_file(".1"), "dddddddd\n");
    UNIT_TEXT(read_file(".2"), "bbbb\ncccc\n");
    UNIT_TEXT(read_file(".3"), "");
    ft_driver_destroy(&driver);
}

static void test_age(void)
{
    begin(0, 60000, 1);
    open_it();
    put(1, "a");
    driver.wall_ms += 59999;
    put(2, "b");
    UNIT_TEXT(read_file(""), "a\nb\n");
    driver.wall_ms += 1;
    put(3, "c");
    UNIT_TEXT(read_file(""), "c\n");
    UNIT_TEXT(read_file(".1"), "a\nb\n");
    /* It is that of the first record, also where the file was there before, or was emptied. */
    driver.wall_ms += 59999;
    CU_ASSERT_EQUAL(truncate(path, 0), 0);
    put(4, "d");
    driver.wall_ms += 59999;
    put(5, "e");
    UNIT_TEXT(read_file(""), "d\ne\n");
    UNIT_TEXT(read_file(".1"), "a\nb\n");
    ft_driver_destroy(&driver);
    begin(0, 60000, 1);
    open_it();
    driver.wall_ms += 59999;
    put(1, "a");
    driver.wall_ms += 59999;
    put(2, "b");
    UNIT_TEXT(read_file(""), "a\nb\n");
    ft_driver_destroy(&driver);
}

/* A clock that was set back: what began in the future is of now, not a year too young. */
static void test_age_clock_back(void)
{
    begin(0, 60000, 1);
    driver.wall_ms += INT64_C(366) * 86400 * 1000;
    open_it();
    put(1, "a");
    driver.wall_ms -= INT64_C(366) * 86400 * 1000;
    put(2, "b");
    driver.wall_ms += 59999;
    put(3, "c");
    UNIT_TEXT(read_file(""), "a\nb\nc\n");
    driver.wall_ms += 1;
    put(4, "d");
    UNIT_TEXT(read_file(""), "d\n");
    UNIT_TEXT(read_file(".1"), "a\nb\nc\n");
    ft_driver_destroy(&driver);
}

/* Fewer are kept than before: those beyond go with the next rotation. */
static void test_keep_fewer(void)
{
    begin(2, 0, 3);
    open_it();
    put(1, "a");
    put(2, "b");
    put(3, "c");
    put(4, "d");
    UNIT_TEXT(read_file(".3"), "a\n");
    ft_driver_destroy(&driver);
    struct feed_section section = {.name = "t", .file = path, .rotate_bytes = 2, .keep = 1};
    ft_driver_create(&driver, &feed_driver_file, &section);
    open_it();
    put(5, "e");
    UNIT_TEXT(read_file(""), "e\n");
    UNIT_TEXT(read_file(".1"), "d\n");
    UNIT_TEXT(read_file(".2"), "");
    UNIT_TEXT(read_file(".3"), "");
    ft_driver_destroy(&driver);
}

/* Somebody else moved it, or took it away. */
static void test_moved(void)
{
    char moved[80];
    begin(0, 0, 1);
    open_it();
    put(1, "a");
    snprintf(moved, sizeof moved, "%s.1", path);
    CU_ASSERT_EQUAL(rename(path, moved), 0);
    put(2, "b");
    UNIT_TEXT(read_file(""), "b\n");
    UNIT_TEXT(read_file(".1"), "a\n");
    unlink(path);
    put(3, "c");
    UNIT_TEXT(read_file(""), "c\n");
    ft_driver_destroy(&driver);
}

/* A disk that takes half of it: nothing of it stays, nothing of it is acknowledged. */
static void test_full_disk(void)
{
    struct rlimit before, limit;
    begin(0, 0, 1);
    open_it();
    put(1, "fits");
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = 12;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    CU_ASSERT_EQUAL(ft_send(&driver, 2, "does not fit"), FEED_TAKEN);
    CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_LOST));
    setrlimit(RLIMIT_FSIZE, &before);
    CU_ASSERT_EQUAL(driver.n_acked, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(driver.trouble, "cannot write"));
    UNIT_TEXT(read_file(""), "fits\n");
    driver.ops->close(driver.at);
    open_it();
    put(2, "does not fit");
    UNIT_TEXT(read_file(""), "fits\ndoes not fit\n");
    ft_driver_destroy(&driver);
}

/* logrotate's copytruncate: its size is what it is, not what was written. */
static void test_emptied(void)
{
    struct rlimit before, limit;
    char rotated[80];
    begin(40, 0, 1);
    open_it();
    put(1, "some thirty bytes of a record");
    CU_ASSERT_EQUAL(truncate(path, 0), 0);
    put(2, "a record of the same length..");
    CU_ASSERT_EQUAL(truncate(path, 0), 0);
    put(3, "now");
    UNIT_TEXT(read_file(""), "now\n");
    snprintf(rotated, sizeof rotated, "%s.1", path);
    CU_ASSERT_NOT_EQUAL(access(rotated, F_OK), 0);
    CU_ASSERT_EQUAL(truncate(path, 0), 0);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = 12;
    setrlimit(RLIMIT_FSIZE, &limit);
    CU_ASSERT_EQUAL(ft_send(&driver, 4, "does not fit"), FEED_TAKEN);
    CU_ASSERT_TRUE(ft_poll_until(&driver, FEED_LINK_LOST));
    setrlimit(RLIMIT_FSIZE, &before);
    UNIT_TEXT(read_file(""), "");
    ft_driver_destroy(&driver);
}

/* No folder, a folder in its place, a link that leads elsewhere. */
static void test_refused(void)
{
    char target[80];
    begin(0, 0, 1);
    snprintf(target, sizeof target, "%s/elsewhere", dir);
    CU_ASSERT_EQUAL(symlink(target, path), 0);
    CU_ASSERT_EQUAL(driver.ops->open(driver.at), GW_ERR_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(driver.trouble, "cannot open"));
    CU_ASSERT_NOT_EQUAL(access(target, F_OK), 0);
    driver.ops->close(driver.at);
    unlink(path);
    CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
    CU_ASSERT_EQUAL(driver.ops->open(driver.at), GW_ERR_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(driver.trouble, "no plain file"));
    driver.ops->close(driver.at);
    unlink(path);
    open_it();
    put(1, "a");
    ft_driver_destroy(&driver);

    struct diag diag = {0};
    struct feed_section section = {.file = "/no/such/folder/file"};
    CU_ASSERT_FALSE(feed_driver_file.check(&section, &diag));
    section.file = NULL;
    CU_ASSERT_FALSE(feed_driver_file.check(&section, &diag));
    section.file = path;
    CU_ASSERT_TRUE(feed_driver_file.check(&section, &diag));
    CU_ASSERT_EQUAL(diag.total, 2);
    diag_free(&diag);
}

/* It takes so much and no more before it writes. */
static void test_bound(void)
{
    static char text[64 * 1024];
    uint64_t n = 0;
    begin(0, 0, 1);
    open_it();
    memset(text, 'x', sizeof text - 1);
    while (ft_send(&driver, n + 1, text) == FEED_TAKEN)
        n++;
    CU_ASSERT_TRUE(n >= 16 && n <= 17);
    CU_ASSERT_TRUE(ft_poll_acked(&driver, n));
    CU_ASSERT_EQUAL(read_file("").n, n * sizeof text);
    ft_driver_destroy(&driver);
}

/* Bytes of the file's first n that the page cache holds. */
static size_t cached(size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = n / page, found = 0;
    int fd = open(path, O_RDONLY);
    unsigned char *is_there = calloc(pages, 1);
    void *at = mmap(NULL, n, PROT_READ, MAP_SHARED, fd, 0);
    CU_ASSERT_TRUE_FATAL(at != MAP_FAILED && mincore(at, n, is_there) == 0);
    for (size_t i = 0; i < pages; i++)
        found += is_there[i] & 1;
    munmap(at, n);
    free(is_there);
    close(fd);
    return found * page;
}

/* What was written long ago is not kept in memory, what is new is. A file system in memory has no
   other place for it. */
static void test_cache(void)
{
    enum { TEXT = 64 * 1024, N = 48 * 16, MIB = 1024 * 1024 };
    static char text[TEXT];
    struct statfs system;
    begin(0, 0, 1);
    open_it();
    memset(text, 'x', sizeof text - 1);
    for (uint64_t n = 1; n <= N; n++) {
        if (ft_send(&driver, n, text) != FEED_TAKEN) {
            CU_ASSERT_TRUE(ft_poll_acked(&driver, n - 1));
            CU_ASSERT_EQUAL(ft_send(&driver, n, text), FEED_TAKEN);
        }
    }
    CU_ASSERT_TRUE(ft_poll_acked(&driver, N));
    if (statfs(dir, &system) == 0 && system.f_type == TMPFS_MAGIC) {
        CU_ASSERT_EQUAL(cached(N * TEXT), N * TEXT);
    } else {
        CU_ASSERT_TRUE(cached(8 * MIB) < MIB);
        CU_ASSERT_TRUE(cached(N * TEXT) >= MIB && cached(N * TEXT) < 40 * MIB);
    }
    ft_driver_destroy(&driver);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"append", test_append},         {"torn", test_torn},
        {"by size", test_size},          {"by age", test_age},
        {"moved away", test_moved},      {"full disk", test_full_disk},
        {"refused", test_refused},       {"bound", test_bound},
        {"emptied", test_emptied},       {"page cache", test_cache},
        {"keep fewer", test_keep_fewer}, {"clock set back", test_age_clock_back},
    };
    if (!mkdtemp(dir))
        return 1;
    snprintf(path, sizeof path, "%s/out", dir);
    int status = suite_run("file", tests, sizeof tests / sizeof *tests);
    clean();
    rmdir(dir);
    buf_free(&content);
    return status;
}
