/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is on disk at customers' sites. v1.hex is a journal of format 1 as it was when that format
 * was made: this program reads it, and goes on with it. It is never made anew; when the format
 * changes, `test_format write > v2.hex` makes the next one beside it, and both are read.
 */
#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/crc32c.h"
#include "gateway/base/error.h"
#include "gateway/journal/journal_internal.h"
#include "tests/gateway/journal/support.h"

enum { LAST = 40, CURSOR = 25, SKIP_TO = 1000, SEGMENT = 2048, LINE = 32 };

static char dir[JT_PATH];

/* ---- the fixture ---- */

static int write_fixture(void)
{
    struct journal_options options = jt_options(SEGMENT, false);
    struct journal *journal;
    struct journal_reader *reader;
    struct jt_image image;
    jt_dir(dir, "fixture");
    if (journal_open(dir, &options, &journal) != GW_OK || !jt_append(journal, 1, LAST) ||
        journal_reader_open(journal, "kpi", 0, &reader) != GW_OK ||
        journal_reader_commit(reader, CURSOR) != GW_OK)
        return 1;
    journal_reader_close(reader);
    char epoch[17];
    memcpy(epoch, journal_epoch(journal), sizeof epoch);
    journal_close(journal);
    if (journal_skip(dir, epoch, LAST + 1, SKIP_TO) != GW_OK)
        return 1;
    jt_image_read(&image, dir);
    for (size_t i = 0; i < image.n; i++) {
        printf("%s %zu\n", image.files[i].name, image.files[i].n);
        for (size_t at = 0; at < image.files[i].n; at++)
            printf("%02x%s", image.files[i].p[at],
                   at % LINE == LINE - 1 || at + 1 == image.files[i].n ? "\n" : "");
    }
    jt_image_free(&image);
    jt_remove(dir);
    return 0;
}

static void read_fixture(const char *name, struct jt_image *image)
{
    const char *top = getenv("top_srcdir");
    char path[1024], file[64];
    size_t n;
    *image = (struct jt_image){0};
    snprintf(path, sizeof path, "%s/tests/gateway/journal/%s", top ? top : ".", name);
    FILE *in = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(in);
    while (fscanf(in, "%63s %zu", file, &n) == 2 && n < 100000) {
        struct jt_file one = {.n = n, .p = calloc(n, 1)};
        snprintf(one.name, sizeof one.name, "%s", file);
        for (size_t i = 0; i < n; i++) {
            unsigned byte = 0;
            CU_ASSERT_EQUAL_FATAL(fscanf(in, "%2x", &byte), 1);
            one.p[i] = (uint8_t)byte;
        }
        image->files = realloc(image->files, (image->n + 1) * sizeof *image->files);
        image->files[image->n++] = one;
    }
    fclose(in);
}

static struct jt_file *find(struct jt_image *image, const char *part)
{
    for (size_t i = 0; i < image->n; i++)
        if (strstr(image->files[i].name, part))
            return &image->files[i];
    CU_FAIL_FATAL("the fixture lacks a file");
    return NULL;
}

/* ---- tests ---- */

static void expect_content(struct journal *journal, uint64_t behind)
{
    bool *seen = calloc(SKIP_TO + 100, sizeof *seen);
    CU_ASSERT_EQUAL(jt_read_all(journal, seen, SKIP_TO + 99), (int64_t)(LAST + behind));
    for (uint64_t i = 1; i <= LAST; i++)
        CU_ASSERT_TRUE(seen[i]);
    for (uint64_t i = SKIP_TO + 1; i <= SKIP_TO + behind; i++)
        CU_ASSERT_TRUE(seen[i]);
    free(seen);
}

static void test_version_1(void)
{
    struct jt_image image;
    struct journal_options options = jt_options(SEGMENT, false);
    struct journal *journal;
    struct journal_reader *reader;
    struct journal_status status;
    struct journal_scan scan;
    jt_dir(dir, "format");
    read_fixture("v1.hex", &image);
    CU_ASSERT_TRUE(image.n >= 4);
    jt_image_write(&image, dir);
    jt_image_free(&image);
    for (int turn = 0; turn < 2; turn++) { /* as it was, and with what this program added */
        uint64_t behind = turn ? 5 : 0;
        CU_ASSERT_EQUAL(journal_scan_dir(dir, &scan, NULL, NULL), GW_OK);
        CU_ASSERT_EQUAL(scan.records, LAST + behind);
        CU_ASSERT_EQUAL(scan.damaged + scan.damaged_marks, 0);
        CU_ASSERT_EQUAL_FATAL(journal_open(dir, &options, &journal), GW_OK);
        CU_ASSERT_STRING_EQUAL(journal_epoch(journal), scan.epoch);
        CU_ASSERT_EQUAL(journal_committed(journal), SKIP_TO + behind);
        CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, "kpi", 0, &reader), GW_OK);
        CU_ASSERT_EQUAL(journal_reader_cursor(reader), CURSOR);
        journal_reader_close(reader);
        expect_content(journal, behind);
        if (turn == 0)
            CU_ASSERT_TRUE(jt_append(journal, SKIP_TO + 1, SKIP_TO + 5));
        expect_content(journal, 5);
        journal_get_status(journal, &status);
        CU_ASSERT_EQUAL(status.records, LAST + 5);
        CU_ASSERT_EQUAL(status.damaged_records, 0); /* what is skipped is not lost */
        journal_close(journal);
    }
    jt_remove(dir);
}

/* One file of a format to come: refused by name, and not touched. */
static void expect_refused(struct jt_image *image, const struct jt_file *changed, int expected)
{
    struct journal_options options = jt_options(SEGMENT, false);
    struct journal *journal = NULL;
    struct jt_image after;
    jt_image_write(image, dir);
    jt_log_clear();
    CU_ASSERT_EQUAL(journal_open(dir, &options, &journal), expected);
    CU_ASSERT_TRUE(jt_log_has(changed->name));
    jt_image_read(&after, dir);
    CU_ASSERT_EQUAL_FATAL(after.n, image->n);
    for (size_t i = 0; i < image->n; i++)
        CU_ASSERT_TRUE(after.files[i].n == image->files[i].n &&
                       memcmp(after.files[i].p, image->files[i].p, after.files[i].n) == 0);
    jt_image_free(&after);
    journal_close(journal);
}

static void test_newer(void)
{
    static const char *const parts[] = {"cursors/kpi", ".skip"};
    jt_dir(dir, "newer");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct jt_image image;
        read_fixture("v1.hex", &image);
        struct jt_file *file = find(&image, parts[i]);
        file->p[8] = FORMAT_VERSION + 1;
        uint32_t crc = crc32c(0, file->p, FORMAT_CURSOR_BYTES - 4);
        for (int k = 0; k < 4; k++)
            file->p[FORMAT_CURSOR_BYTES - 4 + k] = (uint8_t)(crc >> 8 * k);
        expect_refused(&image, file, GW_ERR_VERSION);
        jt_image_free(&image);
    }
    jt_remove(dir);
}

/* Without a sound skip file numbers might be given out twice: that is refused too. */
static void test_damaged_skip(void)
{
    struct jt_image image;
    jt_dir(dir, "skip");
    read_fixture("v1.hex", &image);
    struct jt_file *file = find(&image, ".skip");
    for (size_t i = 0; i < file->n; i++) {
        file->p[i] ^= 0x10;
        expect_refused(&image, file, GW_ERR_DAMAGED);
        file->p[i] ^= 0x10;
    }
    CU_ASSERT_EQUAL(journal_skip(dir, "", 1, 2), GW_ERR_INVALID);
    CU_ASSERT_EQUAL(journal_skip(dir, "00000000000000aa", 5, 4), GW_ERR_INVALID);
    jt_image_free(&image);
    jt_remove(dir);
}

static void test_trim(void)
{
    const struct skip skips[] = {{10, 19}, {20, 29}, {50, 59}};
    static const struct {
        uint64_t from, to, from_after, to_after;
    } cases[] = {{1, 9, 1, 9},     {1, 15, 1, 9},    {12, 40, 30, 40}, {10, 29, 30, 29},
                 {15, 55, 30, 49}, {30, 49, 30, 49}, {1, 100, 1, 100}, {55, 57, 60, 57}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t from = cases[i].from, to = cases[i].to;
        skips_trim(skips, 3, &from, &to);
        CU_ASSERT_EQUAL(from, cases[i].from_after);
        CU_ASSERT_EQUAL(to, cases[i].to_after);
    }
}

static void test_names(void)
{
    static const struct {
        const char *name;
        uint64_t first; /* 0: no segment's name */
    } cases[] = {
        {"00000000000000000001.seg", 1},  {"18446744073709551615.seg", UINT64_MAX},
        {"18446744073709551616.seg", 0},  {"99999999999999999999.seg", 0},
        {"00000000000000000000.seg", 0},  {"0000000000000000001.seg", 0},
        {"000000000000000000001.seg", 0}, {"00000000000000000001.tmp", 0},
        {"0000000000000000000/.seg", 0},  {"0000000000000000000:.seg", 0},
        {"-0000000000000000001.seg", 0},  {"", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t first = 0;
        char name[FORMAT_NAME_MAX];
        CU_ASSERT_EQUAL(format_parse_name(cases[i].name, &first), cases[i].first != 0);
        if (cases[i].first) {
            CU_ASSERT_EQUAL(first, cases[i].first);
            format_segment_name(first, name);
            CU_ASSERT_STRING_EQUAL(name, cases[i].name);
        }
    }
}

/* A header that is cut short, and a sound one whose first sequence cannot be. */
static void test_short_header(void)
{
    struct format_segment segment = {FORMAT_VERSION, 5, 9, 1700000000000, 1800000000000, 7, 3},
                          read;
    uint8_t bytes[FORMAT_DATA_START];
    int damaged = 9;
    format_put_segment(&segment, bytes);
    for (size_t n = 0; n <= sizeof bytes; n++) {
        bool is_one = n >= FORMAT_HEADER_BYTES;
        CU_ASSERT_EQUAL(format_get_segment(bytes, n, &read, &damaged),
                        is_one ? GW_OK : GW_ERR_DAMAGED);
        CU_ASSERT_EQUAL(damaged, n == sizeof bytes ? 0 : is_one ? 1 : 2);
        CU_ASSERT_EQUAL(read.first, is_one ? 9 : 0);
        CU_ASSERT_EQUAL(read.created_ms, is_one ? 1700000000000 : 0);
        CU_ASSERT_EQUAL(read.wall_ms, is_one ? 1800000000000 : 0);
    }
    segment.first = 0;
    format_put_segment(&segment, bytes);
    CU_ASSERT_EQUAL(format_get_segment(bytes, sizeof bytes, &read, NULL), GW_ERR_DAMAGED);
}

int main(int argc, char **argv)
{
    static const struct jt_test tests[] = {
        {"a journal of version 1", test_version_1},
        {"newer cursors and skips", test_newer},
        {"a damaged skip", test_damaged_skip},
        {"trimming by skips", test_trim},
        {"segments' names", test_names},
        {"headers that are cut", test_short_header},
    };
    if (argc == 2 && strcmp(argv[1], "write") == 0)
        return write_fixture();
    return jt_main("journal format", tests, sizeof tests / sizeof *tests);
}
