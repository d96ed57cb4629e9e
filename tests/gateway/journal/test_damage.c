/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Damage on disk: cut at every byte, bits flipped, headers lost, sectors that cannot be read,
 * records forged inside payloads. No crash, everything found, only the damaged record lost, never a
 * false one.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "tests/gateway/journal/support.h"

enum { RECORDS = 200, SEGMENT = 4096 };
static char dir[JT_PATH];

/* Which record has this byte of this file: its sequence; 0: header, seal. */
struct place {
    uint64_t sequence;
    int64_t start, end;
};
static struct place places[RECORDS + 1];
static char place_names[RECORDS + 1][FORMAT_NAME_MAX];

/* Where each record of an image lies. */
static void find_places(const struct jt_image *image)
{
    char at[JT_PATH];
    jt_dir(at, "places");
    jt_image_write(image, at);
    for (size_t i = 0; i < image->n; i++) {
        const struct jt_file *file = &image->files[i];
        struct format_segment header;
        if (format_get_segment(file->p, file->n, &header, NULL) != GW_OK)
            continue;
        struct walk walk;
        struct journal_record record;
        struct walk_gap gap;
        char path[JT_PATH + 80];
        snprintf(path, sizeof path, "%s/%s", at, file->name);
        int fd = open(path, O_RDONLY);
        walk_init(&walk, &journal_io_system, 4096);
        walk_begin(&walk, fd, &header);
        for (int64_t start = walk.position; walk_next(&walk, &record, &gap) == WALK_RECORD;
             start = walk.position) {
            CU_ASSERT_TRUE_FATAL(record.sequence <= RECORDS);
            places[record.sequence] = (struct place){record.sequence, start, walk.position};
            snprintf(place_names[record.sequence], FORMAT_NAME_MAX, "%.31s", file->name);
        }
        walk_fini(&walk);
        close(fd);
    }
    jt_remove(at);
}

static uint64_t sequence_at(const char *name, int64_t offset)
{
    for (uint64_t i = 1; i <= RECORDS; i++)
        if (strcmp(place_names[i], name) == 0 && offset >= places[i].start &&
            offset < places[i].end)
            return i;
    return 0;
}

struct seen {
    bool has[RECORDS + 2];
    uint64_t last;
    bool is_false;
};

static bool note(void *context, const struct journal_record *record)
{
    struct seen *seen = context;
    uint64_t id;
    if (record->sequence <= seen->last || record->sequence > RECORDS ||
        !jt_check(record->payload, &id) || id != record->sequence) {
        seen->is_false = true;
        return true;
    }
    seen->last = record->sequence;
    seen->has[record->sequence] = true;
    return true;
}

/* All but `lost` (0: none) are there, nothing false. */
static bool is_all_but(const struct seen *seen, uint64_t lost)
{
    for (uint64_t i = 1; i <= RECORDS; i++)
        if (seen->has[i] != (i != lost))
            return false;
    return !seen->is_false;
}

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* A journal of RECORDS records; without its last seal when it was not closed in order. */
static void make_image(struct jt_image *image, bool is_sealed)
{
    jt_dir(dir, "damage");
    CU_ASSERT_TRUE_FATAL(jt_make(dir, SEGMENT, RECORDS));
    jt_image_read(image, dir);
    CU_ASSERT_TRUE_FATAL(image->n > 4);
    if (!is_sealed)
        image->files[image->n - 1].n -= FORMAT_SEAL_BYTES;
    find_places(image);
    jt_image_write(image, dir);
    for (uint64_t i = 1; i <= RECORDS; i++)
        CU_ASSERT_EQUAL_FATAL(places[i].sequence, i);
}

/* Open for real on a damaged image: what is read, what is counted, and that it goes on. */
static bool opens_with(const struct jt_image *image, uint64_t lost, bool may_cut_last)
{
    struct journal_options options = jt_options(SEGMENT, false);
    struct journal *journal;
    struct journal_status status;
    bool seen[RECORDS + 12] = {false};
    jt_image_write(image, dir);
    if (journal_open(dir, &options, &journal) != GW_OK)
        return false;
    uint64_t last = journal_committed(journal);
    bool is_cut = may_cut_last && last == RECORDS - 1 && lost == RECORDS;
    bool ok = (last == RECORDS || is_cut) && jt_append(journal, last + 1, last + 5) &&
              jt_read_all(journal, seen, RECORDS + 10) >= 0;
    for (uint64_t i = 1; i <= last + 5; i++)
        ok = ok && (seen[i] || i == lost);
    journal_get_status(journal, &status);
    ok = ok && (lost == 0 || is_cut || (!seen[lost] && status.damaged_records == 1));
    ok = ok && (lost != 0 || status.damaged_records == 0);
    journal_close(journal);
    return ok;
}

/* What the scan says of places adds up to its counts, and a lost record is in the right file. */
struct placed {
    const struct jt_file *file;
    uint64_t lost, marks;
    bool is_false;
};

static void note_place(void *context, const struct journal_scan_damage *damage)
{
    struct placed *seen = context;
    char name[JOURNAL_SEGMENT_NAME_MAX];
    journal_segment_name(damage->segment, name);
    seen->is_false |= strcmp(name, seen->file->name) != 0 || damage->offset < 0 ||
                      damage->offset > (int64_t)seen->file->n;
    if (damage->from)
        seen->lost += damage->to - damage->from + 1;
    else
        seen->marks++;
}

static bool is_placed(const struct jt_file *file, const struct journal_scan *counted)
{
    struct journal_scan scan;
    struct placed seen = {.file = file};
    struct journal_scan_calls calls = {.on_damage = note_place, .context = &seen};
    return journal_scan_dir_calls(dir, &scan, &calls) == GW_OK && !seen.is_false &&
           seen.lost == counted->damaged && seen.marks == counted->damaged_marks &&
           scan.bytes_read == scan.bytes && scan.epoch[0];
}

static void flip_bits(bool is_sealed, unsigned flips, unsigned open_each)
{
    struct jt_image image;
    make_image(&image, is_sealed);
    uint64_t state = 0x2545f4914f6cdd1du + is_sealed;
    size_t total = 0;
    unsigned not_found = 0, wrong = 0, not_opened = 0, in_records = 0;
    for (size_t i = 0; i < image.n; i++)
        total += image.files[i].n;
    for (unsigned flip = 0; flip < flips; flip++) {
        size_t at = random_next(&state) % total, i = 0;
        uint8_t mask = (uint8_t)(1 << random_next(&state) % 8);
        while (at >= image.files[i].n)
            at -= image.files[i++].n;
        struct jt_file *file = &image.files[i];
        uint64_t lost = sequence_at(file->name, (int64_t)at);
        file->p[at] ^= mask;
        jt_write_file(dir, file->name, file->p, file->n);
        struct journal_scan scan;
        struct seen seen = {{false}, 0, false};
        if (journal_scan_dir(dir, &scan, note, &seen) != GW_OK || !is_all_but(&seen, lost))
            wrong++;
        bool is_found = lost ? scan.damaged == 1 || (lost == RECORDS && scan.is_torn)
                             : scan.damaged == 0 && (scan.damaged_marks == 1 || scan.is_torn);
        not_found += !is_found || !is_placed(file, &scan);
        in_records += lost != 0;
        if (flip % open_each == 0)
            not_opened += !opens_with(&image, lost, !is_sealed);
        file->p[at] ^= mask;
        if (flip % open_each == 0)
            jt_image_write(&image, dir);
        else
            jt_write_file(dir, file->name, file->p, file->n);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(not_found, 0);
    CU_ASSERT_EQUAL(not_opened, 0);
    CU_ASSERT_TRUE(in_records > flips / 2);
    jt_image_free(&image);
    jt_remove(dir);
}

static void test_bit_flips(void)
{
    bool is_long = getenv("EOG_LONG") != NULL;
    flip_bits(true, is_long ? 60000 : 6000, 16);
    flip_bits(false, is_long ? 60000 : 6000, 16);
}

/* The file ends anywhere within the last two records: what is whole is kept, the rest is cut. */
static void test_cut_everywhere(void)
{
    struct jt_image image;
    make_image(&image, false);
    struct jt_file *file = &image.files[image.n - 1];
    size_t whole = file->n;
    unsigned wrong = 0, cuts = 0;
    CU_ASSERT_EQUAL_FATAL(places[RECORDS].end, (int64_t)whole);
    for (int64_t cut = places[RECORDS - 1].start; cut <= (int64_t)whole; cut++, cuts++) {
        uint64_t last = cut == (int64_t)whole            ? RECORDS
                        : cut >= places[RECORDS - 1].end ? RECORDS - 1
                                                         : RECORDS - 2;
        bool is_torn = cut != places[RECORDS - 1].start && cut != places[RECORDS - 1].end &&
                       cut != (int64_t)whole;
        file->n = (size_t)cut;
        jt_image_write(&image, dir);
        struct journal_scan scan;
        struct seen seen = {{false}, 0, false};
        wrong += journal_scan_dir(dir, &scan, note, &seen) != GW_OK || scan.last != last ||
                 scan.records != last || seen.is_false || scan.damaged != 0 ||
                 scan.is_torn != is_torn;

        struct journal_options options = jt_options(SEGMENT, false);
        struct journal *journal;
        if (journal_open(dir, &options, &journal) != GW_OK) {
            wrong++;
            continue;
        }
        struct journal_status status;
        wrong += journal_committed(journal) != last || !jt_append(journal, last + 1, last + 3) ||
                 jt_read_all(journal, NULL, 0) != (int64_t)last + 3;
        journal_get_status(journal, &status);
        wrong += status.damaged_records != 0;
        journal_close(journal);
        wrong += journal_scan_dir(dir, &scan, NULL, NULL) != GW_OK || scan.records != last + 3 ||
                 scan.damaged != 0 || scan.is_torn;
    }
    file->n = whole;
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_TRUE(cuts > 80);
    jt_image_free(&image);
    jt_remove(dir);
}

/* What a file system leaves that grew the file before the data, or instead of it. */
static void test_zero_and_garbage_tail(void)
{
    struct jt_image image;
    make_image(&image, false);
    struct jt_file *file = &image.files[image.n - 1];
    size_t whole = file->n;
    file->p = gw_realloc(file->p, whole + 5000);
    memset(file->p + whole, 0, 5000);
    file->n = whole + 5000;
    jt_image_write(&image, dir);
    struct journal_scan scan;
    CU_ASSERT_EQUAL(journal_scan_dir(dir, &scan, NULL, NULL), GW_OK);
    CU_ASSERT_TRUE(scan.is_torn && scan.damaged == 0 && scan.records == RECORDS);
    CU_ASSERT_TRUE(opens_with(&image, 0, false));
    for (size_t i = 0; i < 5000; i++)
        file->p[whole + i] = (uint8_t)(i * 7 + 1);
    jt_image_write(&image, dir);
    CU_ASSERT_EQUAL(journal_scan_dir(dir, &scan, NULL, NULL), GW_OK);
    CU_ASSERT_TRUE(scan.is_torn && scan.damaged == 0 && scan.records == RECORDS);
    CU_ASSERT_TRUE(opens_with(&image, 0, false));
    jt_image_free(&image);
    jt_remove(dir);
}

/* 4,000 bytes of noise over a few records: those only are lost, however they lie. */
static void test_large_damage(void)
{
    struct jt_image image;
    make_image(&image, true);
    uint64_t state = 99;
    for (int round = 0; round < 300; round++) {
        struct jt_file *file = &image.files[random_next(&state) % image.n];
        uint8_t *saved = gw_alloc(file->n);
        memcpy(saved, file->p, file->n);
        size_t from = FORMAT_DATA_START + random_next(&state) % (file->n - FORMAT_DATA_START);
        size_t n = random_next(&state) % 900 + 1;
        if (n > file->n - from)
            n = file->n - from;
        for (size_t i = 0; i < n; i++)
            file->p[from + i] = round % 3 ? (uint8_t)random_next(&state) : 0;
        jt_image_write(&image, dir);
        struct journal_scan scan;
        struct seen seen = {{false}, 0, false};
        CU_ASSERT_EQUAL(journal_scan_dir(dir, &scan, note, &seen), GW_OK);
        bool ok = !seen.is_false;
        uint64_t lost = 0;
        for (uint64_t i = 1; i <= RECORDS; i++) {
            bool is_hit = strcmp(place_names[i], file->name) == 0 &&
                          places[i].start < (int64_t)(from + n) && places[i].end > (int64_t)from &&
                          memcmp(saved + places[i].start, file->p + places[i].start,
                                 (size_t)(places[i].end - places[i].start)) != 0;
            lost += is_hit;
            ok &= seen.has[i] == !is_hit;
        }
        CU_ASSERT_TRUE(ok);
        CU_ASSERT_TRUE(scan.damaged == lost || (scan.is_torn && scan.damaged <= lost));
        memcpy(file->p, saved, file->n);
        free(saved);
    }
    jt_image_free(&image);
    jt_remove(dir);
}

static void test_headers(void)
{
    struct jt_image image;
    struct journal_options options = jt_options(SEGMENT, false);
    struct journal *journal;
    struct journal_scan scan;
    make_image(&image, true);
    struct jt_file *middle = &image.files[1], *last = &image.files[image.n - 1];
    uint8_t saved[FORMAT_DATA_START];

    /* Both copies in the middle: that segment is lost, and counted. */
    memcpy(saved, middle->p, sizeof saved);
    memset(middle->p, 0xee, sizeof saved);
    jt_image_write(&image, dir);
    uint64_t first = 0, next = 0;
    CU_ASSERT_TRUE(format_parse_name(middle->name, &first));
    CU_ASSERT_TRUE(format_parse_name(image.files[2].name, &next));
    CU_ASSERT_EQUAL(journal_scan_dir(dir, &scan, NULL, NULL), GW_OK);
    CU_ASSERT_TRUE(scan.damaged == next - first && scan.records == RECORDS - (next - first));
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &options, &journal), GW_OK);
    CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), (int64_t)(RECORDS - (next - first)));
    struct journal_status status;
    journal_get_status(journal, &status);
    CU_ASSERT_EQUAL(status.damaged_records, next - first);
    journal_close(journal);

    /* A file that somebody removed. */
    jt_image_write(&image, dir);
    char path[JT_PATH + 80];
    snprintf(path, sizeof path, "%s/%s", dir, middle->name);
    unlink(path);
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &options, &journal), GW_OK);
    CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), (int64_t)(RECORDS - (next - first)));
    journal_get_status(journal, &status);
    CU_ASSERT_EQUAL(status.damaged_records, next - first);
    journal_close(journal);
    memcpy(middle->p, saved, sizeof saved);

    /* A segment of another journal under our name is never served. */
    struct format_segment header;
    CU_ASSERT_EQUAL(format_get_segment(middle->p, middle->n, &header, NULL), GW_OK);
    header.epoch++;
    format_put_segment(&header, middle->p);
    jt_image_write(&image, dir);
    CU_ASSERT_EQUAL(journal_scan_dir(dir, &scan, NULL, NULL), GW_OK);
    CU_ASSERT_EQUAL(scan.records, RECORDS - (next - first));
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &options, &journal), GW_OK);
    CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), (int64_t)(RECORDS - (next - first)));
    journal_close(journal);
    memcpy(middle->p, saved, sizeof saved);

    /* Both copies of the newest: its records are lost, no number is used twice. */
    memcpy(saved, last->p, sizeof saved);
    memset(last->p, 0, sizeof saved);
    jt_image_write(&image, dir);
    format_parse_name(last->name, &first);
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &options, &journal), GW_OK);
    CU_ASSERT_TRUE(journal_committed(journal) >= RECORDS);
    uint64_t at = journal_committed(journal) + 1;
    CU_ASSERT_TRUE(jt_append(journal, at, at + 4));
    CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), (int64_t)first - 1 + 5);
    journal_get_status(journal, &status);
    CU_ASSERT_EQUAL(status.damaged_records, at - first);
    journal_close(journal);
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &options, &journal), GW_OK);
    CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), (int64_t)first - 1 + 5);
    journal_close(journal);
    memcpy(last->p, saved, sizeof saved);

    /* All of them: refused, nothing is overwritten. */
    for (size_t i = 0; i < image.n; i++)
        memset(image.files[i].p, 0, FORMAT_DATA_START);
    jt_image_write(&image, dir);
    CU_ASSERT_EQUAL(journal_open(dir, &options, &journal), GW_ERR_DAMAGED);
    jt_image_free(&image);
    jt_remove(dir);
}

static void test_newer_version(void)
{
    struct jt_image image;
    struct journal_options options = jt_options(SEGMENT, false);
    struct journal *journal;
    struct journal_scan scan;
    make_image(&image, true);
    struct jt_file *last = &image.files[image.n - 1];
    struct format_segment header;
    CU_ASSERT_EQUAL(format_get_segment(last->p, last->n, &header, NULL), GW_OK);
    header.version = FORMAT_VERSION + 1;
    format_put_segment(&header, last->p);
    jt_image_write(&image, dir);
    jt_log_clear();
    CU_ASSERT_EQUAL(journal_open(dir, &options, &journal), GW_ERR_VERSION);
    CU_ASSERT_TRUE(jt_log_has(last->name) && jt_log_has("format version 2"));
    CU_ASSERT_EQUAL(journal_scan_dir(dir, &scan, NULL, NULL), GW_ERR_VERSION);
    struct jt_image after;
    jt_image_read(&after, dir);
    CU_ASSERT_EQUAL(after.n, image.n);
    jt_image_free(&after);
    jt_image_free(&image);
    jt_remove(dir);
}

/* A message that holds a copy of the journal itself, every record of it, and the head of the one
   that carries it is damaged: the scan must not take the copy for records. */
static void test_forged_records(void)
{
    struct jt_image image;
    make_image(&image, true);
    struct jt_file *first = &image.files[0];
    struct journal_options options = jt_options(64 << 10, false);
    struct journal *journal;
    uint64_t sequence;
    char forged[JT_PATH];
    jt_dir(forged, "forged");
    CU_ASSERT_EQUAL_FATAL(journal_open(forged, &options, &journal), GW_OK);
    /* The best case for the forger: an earlier state of this very journal. */
    CU_ASSERT_TRUE(jt_append(journal, 1, 10));
    struct jt_image own;
    jt_image_read(&own, forged);
    CU_ASSERT_EQUAL(
        journal_append(journal, slice_of((char *)own.files[0].p, own.files[0].n), &sequence),
        GW_OK);
    CU_ASSERT_EQUAL(journal_append(journal, slice_of((char *)first->p, first->n), &sequence),
                    GW_OK);
    CU_ASSERT_TRUE(jt_append(journal, 13, 20));
    journal_close(journal);
    size_t carrier = own.files[0].n;
    jt_image_free(&own);
    jt_image_read(&own, forged);
    own.files[0].p[carrier + 5] ^= 0x10; /* length of record 11 */
    jt_image_write(&own, forged);
    struct journal_scan scan;
    CU_ASSERT_EQUAL(journal_scan_dir(forged, &scan, NULL, NULL), GW_OK);
    CU_ASSERT_TRUE(scan.damaged == 1 && scan.records == 19 && scan.last == 20);
    jt_image_free(&own);
    jt_image_free(&image);
    jt_remove(forged);
    jt_remove(dir);
}

/* ---- a disk that refuses to read ---- */

static struct {
    struct journal_io io;
    _Atomic int64_t bad_from, bad_to;
    _Atomic int bad_reads; /* that many fail, whatever they ask for */
} disk;

static ssize_t bad_pread(void *context, int fd, void *p, size_t n, int64_t offset)
{
    if (atomic_load(&disk.bad_reads) > 0) {
        atomic_fetch_sub(&disk.bad_reads, 1);
        errno = EIO;
        return -1;
    }
    if (offset < disk.bad_to && offset + (int64_t)n > disk.bad_from) {
        errno = EIO;
        return -1;
    }
    return journal_io_system.pread(context, fd, p, n, offset);
}

static void test_unreadable_sectors(void)
{
    jt_dir(dir, "unreadable");
    struct journal_options options = jt_options(1 << 20, false);
    struct journal_setup setup;
    struct journal *journal;
    struct journal_reader *reader;
    struct journal_record record;
    struct journal_status status;
    journal_setup_default(&setup);
    disk.io = journal_io_system;
    disk.io.pread = bad_pread;
    setup.io = &disk.io;
    CU_ASSERT_EQUAL_FATAL(journal_open_with(dir, &options, &setup, &journal), GW_OK);
    CU_ASSERT_TRUE(jt_append(journal, 1, 2000));
    disk.bad_from = 40960;
    disk.bad_to = 45056;
    int64_t n = jt_read_all(journal, NULL, 0);
    CU_ASSERT_TRUE(n > 1900 && n < 2000);
    journal_get_status(journal, &status);
    CU_ASSERT_EQUAL(status.damaged_records, (uint64_t)(2000 - n));

    /* All of it for a while: an error, and no record is given up. */
    disk.bad_from = disk.bad_to = 0;
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, NULL, 0, &reader), GW_OK);
    disk.bad_reads = 1 << 20;
    for (int i = 0; i < 10; i++)
        CU_ASSERT_EQUAL(journal_reader_next(reader, &record), GW_ERR_IO);
    disk.bad_reads = 0;
    for (uint64_t i = 1; i <= 2000; i++)
        CU_ASSERT_TRUE(journal_reader_next(reader, &record) == GW_OK && record.sequence == i);
    CU_ASSERT_EQUAL(journal_reader_next(reader, &record), GW_ERR_NOT_FOUND);
    journal_reader_close(reader);
    journal_close(journal);
    jt_remove(dir);
}

int main(void)
{
    static const struct jt_test tests[] = {
        {"cut at every byte of the last two records", test_cut_everywhere},
        {"12,000 flipped bits", test_bit_flips},
        {"a tail of zeros, a tail of noise", test_zero_and_garbage_tail},
        {"larger damage", test_large_damage},
        {"headers lost, a segment gone, a foreign one", test_headers},
        {"a newer format is refused by name", test_newer_version},
        {"records forged in a payload", test_forged_records},
        {"sectors that cannot be read", test_unreadable_sectors},
    };
    return jt_main("journal damage", tests, sizeof tests / sizeof *tests);
}
