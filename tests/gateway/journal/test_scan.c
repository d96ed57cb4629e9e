/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The offline view, where the folder is none, or changes while it is read: files that go, that
 * cannot be opened, of another name, of a newer format, without any sound header.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "tests/gateway/journal/support.h"

enum { SEGMENT = 2048, RECORDS = 100, NOBODY = 65534 };

static char dir[JT_PATH];

/* What the calls told, and what is to be done while they tell it. */
struct seen {
    uint64_t records, lost, marks, segments, torn;
    uint64_t stop_at;   /* a record's sequence; 0: never */
    uint64_t remove;    /* the segment to go; 0: none */
    uint64_t remove_at; /* with this record; 0: with the first damage */
    const char *what;   /* the last mark's */
};

static void remove_segment(struct seen *seen)
{
    char name[FORMAT_NAME_MAX], path[JT_PATH + 80];
    format_segment_name(seen->remove, name);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    unlink(path);
}

static bool on_record(void *context, const struct journal_record *record)
{
    struct seen *seen = context;
    uint64_t id;
    CU_ASSERT_TRUE(jt_check(record->payload, &id) && id == record->sequence);
    seen->records++;
    if (seen->remove && seen->remove_at == record->sequence)
        remove_segment(seen);
    return record->sequence != seen->stop_at;
}

static void on_segment(void *context, const struct journal_scan_segment *segment)
{
    struct seen *seen = context;
    seen->segments++;
    seen->torn += segment->is_torn;
}

static void on_damage(void *context, const struct journal_scan_damage *damage)
{
    struct seen *seen = context;
    if (seen->remove && !seen->remove_at)
        remove_segment(seen);
    if (damage->from)
        seen->lost += damage->to - damage->from + 1;
    else
        seen->marks++, seen->what = damage->what;
}

static int scan_with(struct seen *seen, struct journal_scan *scan)
{
    struct journal_scan_calls calls = {on_record, on_segment, on_damage, seen};
    return journal_scan_dir_calls(dir, scan, &calls);
}

static uint64_t first_of(const struct jt_image *image, size_t i)
{
    uint64_t first = 0;
    CU_ASSERT_TRUE_FATAL(i < image->n && format_parse_name(image->files[i].name, &first));
    return first;
}

static void begin(const char *name, struct jt_image *image)
{
    jt_dir(dir, name);
    CU_ASSERT_TRUE_FATAL(jt_make(dir, SEGMENT, RECORDS));
    jt_image_read(image, dir);
    CU_ASSERT_TRUE_FATAL(image->n >= 4);
}

static void end(struct jt_image *image)
{
    jt_image_free(image);
    jt_remove(dir);
}

/* Whoever reads says stop: nothing of what follows is read, nor taken for lost. */
static void test_stopped(void)
{
    struct jt_image image;
    struct journal_scan scan;
    struct seen seen = {.stop_at = 30};
    begin("scan-stopped", &image);
    CU_ASSERT_EQUAL(scan_with(&seen, &scan), GW_OK);
    CU_ASSERT_TRUE(seen.records == 30 && scan.records == 30 && scan.last == 30);
    CU_ASSERT_TRUE(seen.lost == 0 && scan.damaged == 0 && seen.marks == 0);
    CU_ASSERT_TRUE(seen.segments > 0 && seen.segments == scan.segments - 1); /* whole ones */
    seen = (struct seen){0};
    CU_ASSERT_EQUAL(scan_with(&seen, &scan), GW_OK);
    CU_ASSERT_TRUE(seen.records == RECORDS && seen.segments == image.n && scan.segments == image.n);
    end(&image);
}

/* A file that goes while others are read: the oldest ones may, by retention; one in the middle may
   not, and is an error that nobody takes for a whole journal. */
static void test_gone_meanwhile(void)
{
    struct jt_image image;
    struct journal_scan scan;
    begin("scan-gone", &image);
    struct seen seen = {.remove = first_of(&image, 2), .remove_at = 5};
    CU_ASSERT_EQUAL(scan_with(&seen, &scan), GW_ERR_IO);
    CU_ASSERT_TRUE(scan.records == first_of(&image, 2) - 1 && scan.records == seen.records);

    memset(image.files[0].p, 0, FORMAT_DATA_START); /* nothing of the first can be read */
    jt_image_write(&image, dir);
    seen = (struct seen){.remove = first_of(&image, 1)};
    CU_ASSERT_EQUAL(scan_with(&seen, &scan), GW_OK);
    CU_ASSERT_EQUAL(scan.first, first_of(&image, 2));
    CU_ASSERT_EQUAL(scan.records, RECORDS + 1 - first_of(&image, 2));
    CU_ASSERT_EQUAL(scan.segments, image.n - 1);
    CU_ASSERT_EQUAL(scan.damaged, first_of(&image, 1) - 1); /* the first's; not what went */
    CU_ASSERT_EQUAL(scan.bytes_read, scan.bytes);
    end(&image);
}

/* Headers that are none: of all segments, of another's name, of a format to come. */
static void test_headers(void)
{
    struct jt_image image;
    struct journal_scan scan;
    struct seen seen = {0};
    begin("scan-headers", &image);
    uint64_t second = first_of(&image, 1), third = first_of(&image, 2);
    jt_write_file(dir, image.files[1].name, image.files[0].p, image.files[0].n);
    CU_ASSERT_EQUAL(scan_with(&seen, &scan), GW_OK);
    CU_ASSERT_TRUE(scan.damaged == third - second && seen.lost == scan.damaged);
    CU_ASSERT_TRUE(seen.marks == 1 && strcmp(seen.what, "segment") == 0);
    CU_ASSERT_EQUAL(scan.records, RECORDS - (third - second));

    struct format_segment header;
    jt_image_write(&image, dir);
    CU_ASSERT_EQUAL(format_get_segment(image.files[1].p, image.files[1].n, &header, NULL), GW_OK);
    uint8_t bytes[FORMAT_DATA_START];
    header.version = FORMAT_VERSION + 1;
    format_put_segment(&header, bytes);
    jt_write_file(dir, image.files[1].name, bytes, sizeof bytes);
    seen = (struct seen){0};
    CU_ASSERT_EQUAL(scan_with(&seen, &scan), GW_ERR_VERSION);
    CU_ASSERT_EQUAL(scan.records, second - 1);

    for (size_t i = 0; i < image.n; i++)
        memset(image.files[i].p, 0, FORMAT_DATA_START);
    jt_image_write(&image, dir);
    seen = (struct seen){0};
    CU_ASSERT_EQUAL(scan_with(&seen, &scan), GW_OK);
    CU_ASSERT_STRING_EQUAL(scan.epoch, ""); /* nothing says whose they are */
    CU_ASSERT_EQUAL(scan.records, 0);
    CU_ASSERT_EQUAL(seen.marks, image.n);
    /* Of the last nobody knows how many it had. */
    CU_ASSERT_EQUAL(scan.damaged, first_of(&image, image.n - 1) - 1);
    end(&image);
}

static void be_nobody(bool is_nobody)
{
    if (getuid() == 0)
        CU_ASSERT_EQUAL_FATAL(seteuid(is_nobody ? NOBODY : 0), 0);
}

/* What is no folder, is empty, may not be read, or has files that may not. */
static void test_not_there(void)
{
    struct journal_scan scan;
    struct jt_image image;
    jt_dir(dir, "scan-none");
    CU_ASSERT_EQUAL(journal_scan_dir(dir, &scan, NULL, NULL), GW_ERR_NOT_FOUND);
    jt_write_file(".", dir, "x", 1);
    CU_ASSERT_EQUAL(journal_scan_dir(dir, &scan, NULL, NULL), GW_ERR_NOT_FOUND);
    unlink(dir);
    CU_ASSERT_EQUAL(symlink(dir, dir), 0); /* a link to itself */
    CU_ASSERT_EQUAL(journal_scan_dir(dir, &scan, NULL, NULL), GW_ERR_IO);
    unlink(dir);
    mkdir(dir, 0700);
    CU_ASSERT_EQUAL(journal_scan_dir(dir, &scan, NULL, NULL), GW_ERR_NOT_FOUND);
    CU_ASSERT_STRING_EQUAL(scan.epoch, "");
    jt_remove(dir);

    begin("scan-rights", &image);
    chmod(dir, 0755);
    for (size_t i = 0; i < image.n; i++) {
        char path[JT_PATH + 80];
        snprintf(path, sizeof path, "%s/%s", dir, image.files[i].name);
        chmod(path, i ? 0644 : 0);
    }
    be_nobody(true);
    CU_ASSERT_EQUAL(journal_scan_dir(dir, &scan, NULL, NULL), GW_ERR_IO); /* not: no journal */
    be_nobody(false);
    CU_ASSERT_EQUAL(scan.records, 0);
    end(&image);
}

int main(void)
{
    static const struct jt_test tests[] = {
        {"stopped", test_stopped},
        {"gone meanwhile", test_gone_meanwhile},
        {"headers that are none", test_headers},
        {"not there", test_not_there},
    };
    return jt_main("journal scan", tests, sizeof tests / sizeof *tests);
}
