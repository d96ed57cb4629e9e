/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Readers in trouble: into damage, over segments that go while they are read, on a disk that
 * refuses for a while; cursors and notes that cannot be read or written. What is lost is counted
 * once, what is not lost is given out once.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "tests/gateway/journal/support.h"

enum { SEGMENT = 4096, RECORDS = 200 };
static const int64_t HOUR_MS = 3600 * 1000;

static char dir[JT_PATH];
static struct jt_disk disk;
static struct jt_clock now;

static struct journal *open_on_disk(void)
{
    struct journal_options options = jt_options(SEGMENT, true);
    struct journal_setup setup;
    struct journal *journal = NULL;
    journal_setup_default(&setup);
    setup.io = &disk.io;
    setup.clock = &now.clock;
    setup.housekeeping_ms = 1;
    options.retention_ms = options.replay_window_ms = HOUR_MS;
    CU_ASSERT_EQUAL_FATAL(journal_open_with(dir, &options, &setup, &journal), GW_OK);
    return journal;
}

static void begin(const char *name)
{
    jt_dir(dir, name);
    jt_disk_init(&disk);
    jt_clock_init(&now);
    jt_log_clear();
}

static struct journal_reader *open_reader(struct journal *journal, const char *name, uint64_t from)
{
    struct journal_reader *reader = NULL;
    CU_ASSERT_EQUAL_FATAL(journal_reader_open(journal, name, from, &reader), GW_OK);
    return reader;
}

static bool gives(struct journal_reader *reader, uint64_t sequence)
{
    struct journal_record record;
    uint64_t id;
    return journal_reader_next(reader, &record) == GW_OK && record.sequence == sequence &&
           jt_check(record.payload, &id) && id == sequence;
}

static int next(struct journal_reader *reader)
{
    struct journal_record record;
    return journal_reader_next(reader, &record);
}

static uint64_t damaged(struct journal *journal)
{
    struct journal_status status;
    journal_get_status(journal, &status);
    return status.damaged_records;
}

static void segment_path(char *out, uint64_t first)
{
    char name[FORMAT_NAME_MAX];
    format_segment_name(first, name);
    snprintf(out, JT_PATH + 80, "%s/%s", dir, name);
}

/* Where the heads of the first segment's records 1.. lie, and how many there are. */
static size_t find_heads(const struct jt_file *file, int64_t *at, size_t max)
{
    struct format_segment header;
    struct format_head head;
    size_t n = 0;
    CU_ASSERT_EQUAL_FATAL(format_get_segment(file->p, file->n, &header, NULL), GW_OK);
    for (int64_t offset = FORMAT_DATA_START;
         n < max && offset + FORMAT_HEAD_BYTES <= (int64_t)file->n &&
         format_get_head(&header, offset, file->p + offset, &head) && head.type == FORMAT_RECORD;
         offset += (int64_t)format_record_bytes(head.length))
        at[n++] = offset;
    return n;
}

/* ---- the newest of some sort ---- */

static bool is_hundredth(void *context, struct slice payload)
{
    uint64_t id = 0;
    (void)context;
    return jt_check(payload, &id) && id % 100 == 7;
}

static uint64_t count_hundredths(struct journal_reader *reader)
{
    struct journal_record record;
    uint64_t n = 0;
    while (journal_reader_next(reader, &record) == GW_OK)
        n += is_hundredth(NULL, record.payload);
    return n;
}

/* However few of the records are wanted, and wherever segments end: as many as asked for follow, or
   all that there are. */
static void test_seek_newest(void)
{
    enum { ALL = 20, EACH = 100 };
    begin("newest");
    struct journal *journal = open_on_disk();
    struct journal_reader *reader = open_reader(journal, NULL, 0);
    journal_reader_seek_newest(reader, 3, 0, is_hundredth, NULL);
    CU_ASSERT_EQUAL(next(reader), GW_ERR_NOT_FOUND);
    CU_ASSERT_TRUE_FATAL(jt_append(journal, 1, ALL * EACH));
    for (uint64_t n = 0; n <= ALL + 5; n++) {
        uint64_t most = n < ALL ? n : ALL;
        journal_reader_seek_newest(reader, n, 0, is_hundredth, NULL);
        CU_ASSERT_EQUAL(count_hundredths(reader), most);
        journal_reader_seek_newest(reader, n, (ALL - 4) * EACH, is_hundredth, NULL);
        CU_ASSERT_EQUAL(count_hundredths(reader), n < 4 ? n : 4);
    }
    journal_reader_seek_newest(reader, 3, UINT64_MAX - 1, is_hundredth, NULL);
    CU_ASSERT_EQUAL(next(reader), GW_ERR_NOT_FOUND);
    journal_reader_seek_newest(reader, JOURNAL_NEWEST_LOOK + 1, 0, is_hundredth, NULL);
    CU_ASSERT_TRUE(gives(reader, 1));
    journal_reader_close(reader);
    journal_close(journal);
    jt_remove(dir);
}

/* ---- damage ---- */

/* A reader that is set into the middle of damage counts what of it it was to read, and no more; the
   next one, from the front, counts the rest. */
static void test_seek_into_damage(void)
{
    struct jt_image image;
    int64_t at[40] = {0};
    begin("into-damage");
    CU_ASSERT_TRUE_FATAL(jt_make(dir, SEGMENT, RECORDS));
    jt_image_read(&image, dir);
    CU_ASSERT_TRUE_FATAL(find_heads(&image.files[0], at, 40) > 20);
    for (size_t i = 9; i < 14; i++) /* records 10..14 */
        image.files[0].p[at[i] + 4] ^= 1;
    jt_image_write(&image, dir);
    jt_image_free(&image);
    struct journal *journal = open_on_disk();
    struct journal_reader *reader = open_reader(journal, NULL, 12);
    CU_ASSERT_TRUE(gives(reader, 15));
    CU_ASSERT_EQUAL(damaged(journal), 3);
    CU_ASSERT_TRUE(gives(reader, 16));
    journal_reader_seek(reader, 9);
    CU_ASSERT_TRUE(gives(reader, 9));
    CU_ASSERT_TRUE(gives(reader, 15));
    CU_ASSERT_EQUAL(damaged(journal), 5);
    journal_reader_close(reader);
    journal_close(journal);
    jt_remove(dir);
}

/* A segment that another program replaced, took away or wrote in a newer format while the journal
   is open: all of it is lost, said by name, and the reader goes on behind it. */
static void test_segment_changed(void)
{
    enum { COPIED, REMOVED, NEWER, CASES };
    for (int what = 0; what < CASES; what++) {
        struct jt_image image;
        struct format_segment header;
        uint64_t first = 0, behind = 0;
        char path[JT_PATH + 80];
        begin("changed");
        CU_ASSERT_TRUE_FATAL(jt_make(dir, SEGMENT, RECORDS));
        jt_image_read(&image, dir);
        struct jt_file *file = &image.files[1];
        CU_ASSERT_TRUE_FATAL(image.n > 3 && format_parse_name(file->name, &first) &&
                             format_parse_name(image.files[2].name, &behind));
        struct journal *journal = open_on_disk();
        segment_path(path, first);
        if (what == COPIED) {
            jt_write_file(dir, file->name, image.files[0].p, image.files[0].n);
        } else if (what == REMOVED) {
            unlink(path);
        } else {
            CU_ASSERT_EQUAL(format_get_segment(file->p, file->n, &header, NULL), GW_OK);
            header.version = FORMAT_VERSION + 1;
            format_put_segment(&header, file->p);
            jt_write_file(dir, file->name, file->p, file->n);
        }
        CU_ASSERT_EQUAL(jt_read_all(journal, NULL, 0), (int64_t)(RECORDS - (behind - first)));
        CU_ASSERT_EQUAL(damaged(journal), behind - first);
        CU_ASSERT_TRUE(jt_log_has("segment cannot be used segment=") && jt_log_has(file->name));
        journal_close(journal);
        jt_image_free(&image);
        jt_remove(dir);
    }
}

/* ---- a disk that refuses for a while ---- */

/* Opening, or reading, fails: an error each time, nothing counted, and then every record. */
static void test_refused_for_a_while(void)
{
    begin("refused");
    struct journal *journal = open_on_disk();
    CU_ASSERT_TRUE(jt_append(journal, 1, RECORDS));
    struct journal_reader *reader = open_reader(journal, NULL, 0);
    jt_disk_refuse(&disk, "open", ".seg", EIO);
    for (int i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(next(reader), GW_ERR_IO);
    jt_disk_refuse(&disk, NULL, NULL, 0);
    CU_ASSERT_TRUE(gives(reader, 1));
    journal_reader_close(reader);

    /* The header can be read, no record can; and while it steps to the one it wants. */
    for (uint64_t from = 1; from <= 20; from += 19) {
        reader = open_reader(journal, NULL, from);
        disk.bad_from = FORMAT_DATA_START;
        disk.bad_to = INT64_MAX;
        for (int i = 0; i < 5; i++)
            CU_ASSERT_EQUAL(next(reader), GW_ERR_IO);
        disk.bad_to = 0;
        for (uint64_t i = from; i <= RECORDS; i++)
            CU_ASSERT_TRUE(gives(reader, i));
        CU_ASSERT_EQUAL(next(reader), GW_ERR_NOT_FOUND);
        journal_reader_close(reader);
    }
    CU_ASSERT_EQUAL(damaged(journal), 0);
    journal_close(journal);
    jt_remove(dir);
}

/* Sectors that were taken as lost and can be read again later: what was passed over is not given
   out behind what came after it. */
static void test_sectors_come_back(void)
{
    begin("come-back");
    struct journal_options options = jt_options(1 << 20, true);
    struct journal_setup setup;
    struct journal *journal;
    journal_setup_default(&setup);
    setup.io = &disk.io;
    CU_ASSERT_EQUAL_FATAL(journal_open_with(dir, &options, &setup, &journal), GW_OK);
    CU_ASSERT_TRUE(jt_append(journal, 1, 500));
    struct journal_reader *reader = open_reader(journal, NULL, 0);
    disk.bad_from = 16384;
    disk.bad_to = INT64_MAX;
    struct journal_record record;
    uint64_t last = 0;
    int error, tries = 0; /* of reads of nothing but what is bad: that may be the whole disk */
    while ((error = journal_reader_next(reader, &record)) != GW_ERR_NOT_FOUND && tries < 100) {
        if (error == GW_OK)
            last = record.sequence;
        tries += error != GW_OK;
    }
    CU_ASSERT_TRUE(tries > 0 && tries < 100);
    CU_ASSERT_TRUE(last > 100 && last < 400);
    CU_ASSERT_EQUAL(damaged(journal), 500 - last);
    disk.bad_to = 0;
    CU_ASSERT_TRUE(jt_append(journal, 501, 510));
    for (uint64_t i = 501; i <= 510; i++)
        CU_ASSERT_TRUE(gives(reader, i));
    CU_ASSERT_EQUAL(next(reader), GW_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(damaged(journal), 500 - last);
    journal_reader_close(reader);
    journal_close(journal);
    jt_remove(dir);
}

/* ---- retention meanwhile ---- */

static bool is_first_gone(void *context)
{
    atomic_fetch_add(&now.wall_ms, 2);
    atomic_fetch_add(&now.mono_ms, 2);
    return journal_oldest(context) > 150;
}

/* Time goes on until retention has taken the first segments. */
static void let_go(struct journal *journal)
{
    uint64_t last = journal_committed(journal);
    atomic_fetch_add(&now.wall_ms, 3 * HOUR_MS);
    atomic_fetch_add(&now.mono_ms, 3 * HOUR_MS);
    CU_ASSERT_TRUE(jt_append(journal, last + 1, last + 1));
    CU_ASSERT_TRUE(jt_until(is_first_gone, journal));
}

/* The segment goes while a reader without a name stands in it: it reads on to its end, then goes on
   with the oldest there is; what went by retention is not damage. */
static void test_gone_while_read(void)
{
    begin("gone-read");
    struct journal *journal = open_on_disk();
    CU_ASSERT_TRUE(jt_append_each(journal, 1, RECORDS));
    struct journal_reader *reader = open_reader(journal, NULL, 0);
    CU_ASSERT_TRUE(gives(reader, 1));
    let_go(journal);
    uint64_t oldest = journal_oldest(journal), at = 2;
    struct journal_record record;
    while (journal_reader_next(reader, &record) == GW_OK && record.sequence == at)
        at++;
    CU_ASSERT_TRUE(at > 20 && at < 150); /* the first segment's last was before this */
    CU_ASSERT_EQUAL(record.sequence, oldest);
    CU_ASSERT_TRUE(gives(reader, oldest + 1));
    CU_ASSERT_EQUAL(damaged(journal), 0);
    journal_reader_close(reader);
    journal_close(journal);
    jt_remove(dir);
}

/* The same between a reader's choice of the segment and its opening. */
static struct journal *opening;
static void let_go_once(const char *name)
{
    if (strcmp(name, "00000000000000000001.seg") != 0)
        return;
    disk.before_open = NULL;
    let_go(opening);
}

static void test_gone_while_opened(void)
{
    begin("gone-opened");
    struct journal *journal = opening = open_on_disk();
    CU_ASSERT_TRUE(jt_append_each(journal, 1, RECORDS));
    struct journal_reader *reader = open_reader(journal, NULL, 5);
    disk.before_open = let_go_once;
    struct journal_record record;
    CU_ASSERT_EQUAL(journal_reader_next(reader, &record), GW_OK);
    CU_ASSERT_EQUAL(record.sequence, journal_oldest(journal));
    CU_ASSERT_EQUAL(damaged(journal), 0);
    journal_reader_close(reader);
    journal_close(journal);
    jt_remove(dir);
}

/* A file that retention cannot remove is said, and holds up neither it nor what follows. */
static void test_not_removed(void)
{
    begin("not-removed");
    struct journal *journal = open_on_disk();
    CU_ASSERT_TRUE(jt_append_each(journal, 1, RECORDS));
    jt_disk_refuse(&disk, "unlink", ".seg", EACCES);
    let_go(journal);
    CU_ASSERT_TRUE(disk.refused > 1);
    CU_ASSERT_TRUE(jt_log_has("cannot remove segment=00000000000000000001.seg"));
    CU_ASSERT_TRUE(jt_read_all(journal, NULL, 0) > 0);
    journal_close(journal);
    jt_remove(dir);
}

static bool is_held(void *context)
{
    struct journal_status status;
    is_first_gone(context);
    journal_get_status(context, &status);
    return status.held_by[0];
}

/* Two readers hold it: the slower one is told of, in whichever order they came. */
static void test_slowest(void)
{
    static const char *const names[2][2] = {{"fast", "slow"}, {"slow", "fast"}};
    for (int i = 0; i < 2; i++) {
        struct journal_reader *readers[2];
        begin("slowest");
        struct journal *journal = open_on_disk();
        CU_ASSERT_TRUE(jt_append_each(journal, 1, 300));
        for (int k = 0; k < 2; k++) {
            readers[k] = open_reader(journal, names[i][k], 0);
            CU_ASSERT_EQUAL(journal_reader_commit(readers[k], *names[i][k] == 'f' ? 270 : 190),
                            GW_OK);
        }
        let_go(journal);
        struct journal_status status;
        CU_ASSERT_TRUE(journal_oldest(journal) <= 191);
        CU_ASSERT_TRUE(jt_until(is_held, journal));
        journal_get_status(journal, &status);
        CU_ASSERT_STRING_EQUAL(status.held_by, "slow");
        journal_reader_close(readers[0]);
        journal_reader_close(readers[1]);
        journal_close(journal);
        jt_remove(dir);
    }
}

/* A journal that has nothing but numbers that are skipped: a cursor behind them reads no record,
   loses none, and has the first that comes. */
static void test_only_skipped(void)
{
    begin("only-skipped");
    struct journal *journal = open_on_disk();
    journal_reader_close(open_reader(journal, "kpi", 0));
    char epoch[17];
    memcpy(epoch, journal_epoch(journal), sizeof epoch);
    journal_close(journal);
    CU_ASSERT_EQUAL(journal_skip(dir, epoch, 1, 1000), GW_OK);
    journal = open_on_disk();
    struct journal_reader *reader = open_reader(journal, "kpi", 0);
    CU_ASSERT_EQUAL(journal_committed(journal), 1000);
    CU_ASSERT_EQUAL(next(reader), GW_ERR_NOT_FOUND);
    CU_ASSERT_TRUE(jt_append(journal, 1001, 1001));
    CU_ASSERT_TRUE(gives(reader, 1001));
    CU_ASSERT_EQUAL(damaged(journal), 0);
    journal_reader_close(reader);
    journal_close(journal);
    jt_remove(dir);
}

/* ---- cursors and notes ---- */

static void test_names(void)
{
    static const struct {
        const char *name;
        bool is_valid;
    } cases[] = {
        {"kpi", true},
        {"KPI", true},
        {"Zz09", true},
        {"a.b_c-d", true},
        {"-", true},
        {"", false},
        {".a", false},
        {"a/b", false},
        {"a b", false},
        {"a:b", false},
        {"a@b", false},
        {"a[b", false},
        {"a`b", false},
        {"a{b", false},
        {"a\x7f", false},
        {"\xe4\xba", false},
        {"tmp", true},
        {".tmp", false},
        {"a.tmp", false},
        {"a.note", false},
        {"note", true},
        {"a.tmpx", true},
        {"0123456789012345678901234567890123456789012345678901234567890123", true},
        {"01234567890123456789012345678901234567890123456789012345678901234", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CU_ASSERT_EQUAL(cursor_name_is_valid(cases[i].name), cases[i].is_valid);
}

/* A cursor whose file the disk refuses at the start: its reader reads all again, and that is said.
   So it is where it cannot be opened and where it cannot be read. */
static void test_cursor_unreadable(void)
{
    for (int is_open = 0; is_open < 2; is_open++) {
        begin("unreadable-cursor");
        struct journal *journal = open_on_disk();
        CU_ASSERT_TRUE(jt_append(journal, 1, 20));
        struct journal_reader *reader = open_reader(journal, "kpi", 0);
        CU_ASSERT_EQUAL(journal_reader_commit(reader, 7), GW_OK);
        journal_reader_close(reader);
        journal_close(journal);
        if (is_open) {
            char path[JT_PATH + 80];
            snprintf(path, sizeof path, "%s/cursors/kpi", dir);
            CU_ASSERT_EQUAL(truncate(path, FORMAT_CURSOR_BYTES + 1), 0); /* longer than one is */
        } else {
            jt_disk_refuse(&disk, "open", "kpi", EIO);
        }
        journal = open_on_disk();
        jt_disk_refuse(&disk, NULL, NULL, 0);
        CU_ASSERT_TRUE(jt_log_has("cursor cannot be read, its reader begins at the oldest record "
                                  "cursor=kpi"));
        reader = open_reader(journal, "kpi", UINT64_MAX);
        CU_ASSERT_EQUAL(journal_reader_cursor(reader), 0);
        CU_ASSERT_TRUE(gives(reader, 1));
        journal_reader_close(reader);
        journal_close(journal);
        jt_remove(dir);
    }
}

/* No step of writing a cursor may fail unseen; none leaves a file behind that counts. */
static void test_cursor_not_written(void)
{
    static const char *const calls[] = {"open", "pwrite", "datasync", "sync_dir"};
    begin("cursor-not-written");
    struct journal *journal = open_on_disk();
    CU_ASSERT_TRUE(jt_append(journal, 1, 20));
    struct journal_reader *reader = open_reader(journal, "kpi", 0);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        jt_disk_refuse(&disk, calls[i], NULL, EIO);
        CU_ASSERT_EQUAL(journal_reader_commit(reader, 10 + i), GW_ERR_IO);
        CU_ASSERT_TRUE(disk.refused == 1 && jt_log_has("cursor cannot be written cursor=kpi"));
        jt_disk_refuse(&disk, NULL, NULL, 0);
        CU_ASSERT_EQUAL(journal_reader_cursor(reader), i);
        CU_ASSERT_EQUAL(journal_reader_commit(reader, i + 1), GW_OK);
        jt_log_clear();
    }
    journal_reader_close(reader);
    journal_close(journal);
    struct jt_image image;
    jt_image_read(&image, dir);
    for (size_t i = 0; i < image.n; i++)
        CU_ASSERT_PTR_NULL(strstr(image.files[i].name, ".tmp"));
    jt_image_free(&image);
    jt_remove(dir);
}

/* A note that cannot be made is nobody's trouble, one of another journal is nobody's hint, and a
   reader without a name has neither. */
static void test_notes(void)
{
    begin("notes");
    struct journal *journal = open_on_disk();
    CU_ASSERT_TRUE(jt_append(journal, 1, 20));
    struct journal_reader *reader = open_reader(journal, NULL, 0);
    journal_reader_note(reader, 5);
    CU_ASSERT_EQUAL(journal_reader_commit(reader, 5), GW_OK);
    CU_ASSERT_EQUAL(journal_reader_cursor(reader), 0);
    journal_reader_close(reader);
    struct jt_image image;
    jt_image_read(&image, dir);
    CU_ASSERT_EQUAL(image.n, 1); /* the segment alone */
    jt_image_free(&image);

    reader = open_reader(journal, "kpi", 0);
    CU_ASSERT_EQUAL(journal_reader_commit(reader, 3), GW_OK);
    jt_disk_refuse(&disk, "open", ".note", ENOSPC);
    journal_reader_note(reader, 9);
    CU_ASSERT_EQUAL(disk.refused, 1);
    jt_disk_refuse(&disk, NULL, NULL, 0);
    uint64_t epoch = journal->epoch;
    journal_reader_close(reader);
    journal_close(journal);

    uint8_t bytes[FORMAT_CURSOR_BYTES];
    for (uint64_t other = 0; other < 2; other++) {
        format_put_cursor(&(struct format_cursor){epoch + other, 12, 0}, bytes);
        jt_write_file(dir, "cursors/kpi.note", bytes, sizeof bytes);
        journal = open_on_disk();
        reader = open_reader(journal, "kpi", 0);
        CU_ASSERT_EQUAL(journal_reader_cursor(reader), other ? 3 : 12);
        journal_reader_close(reader);
        journal_close(journal);
    }
    jt_remove(dir);
}

/* Where nothing is synced, a cursor that is removed is gone all the same. */
static void test_remove_without_sync(void)
{
    struct journal_options options = jt_options(SEGMENT, false);
    struct journal *journal;
    begin("remove");
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &options, &journal), GW_OK);
    journal_reader_close(open_reader(journal, "kpi", 0));
    CU_ASSERT_EQUAL(journal_cursor_remove(journal, "kpi"), GW_OK);
    journal_close(journal);
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &options, &journal), GW_OK);
    struct journal_cursor cursor;
    CU_ASSERT_EQUAL(journal_list_cursors(journal, &cursor, 1), 0);
    journal_close(journal);
    jt_remove(dir);
}

static int64_t waited_ms(struct journal_reader *reader, int timeout_ms)
{
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    journal_reader_wait(reader, timeout_ms);
    clock_gettime(CLOCK_MONOTONIC, &after);
    return (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
}

static void test_wait(void)
{
    begin("wait");
    struct journal *journal = open_on_disk();
    struct journal_reader *reader = open_reader(journal, NULL, 0);
    int64_t ms = waited_ms(reader, 20);
    CU_ASSERT_TRUE(ms >= 19 && ms < 60000);

    /* There is more, but the disk does not give it: asking again at once would spin. */
    CU_ASSERT_TRUE(jt_append(journal, 1, 3));
    jt_disk_refuse(&disk, "open", ".seg", EIO);
    CU_ASSERT_EQUAL(next(reader), GW_ERR_IO);
    CU_ASSERT_TRUE(waited_ms(reader, 20) >= 19);
    journal_reader_wake(reader);
    CU_ASSERT_TRUE(waited_ms(reader, 60000) < 60000);
    jt_disk_refuse(&disk, NULL, NULL, 0);
    CU_ASSERT_TRUE(gives(reader, 1));
    CU_ASSERT_TRUE(waited_ms(reader, 60000) < 60000);
    journal_reader_close(reader);
    journal_reader_close(NULL);
    journal_close(journal);
    jt_remove(dir);
}

/* ---- passing ---- */

static bool append_unmarked(struct journal *journal, uint64_t from, uint64_t to)
{
    for (uint64_t id = from; id <= to; id++) {
        struct slice payload = jt_payload(id);
        uint64_t last;
        if (journal_append_all(journal, &payload, 1, &last) != GW_OK || last != id)
            return false;
    }
    return journal_wait_committed(journal, to, 10000) == GW_OK;
}

static bool passes(struct journal_reader *reader, uint64_t to)
{
    uint64_t last = 0;
    return journal_reader_pass(reader, &last) && last == to;
}

/* Only over what is not marked, within a segment and over many, and never over what is to come. */
static void test_pass(void)
{
    uint64_t last = 7;
    begin("pass");
    struct journal *journal = open_on_disk();
    struct journal_reader *reader = open_reader(journal, "told", 0);
    CU_ASSERT_FALSE(journal_reader_pass(reader, &last)); /* nothing is there */
    CU_ASSERT_TRUE(append_unmarked(journal, 1, 5) && passes(reader, 5));
    CU_ASSERT_FALSE(journal_reader_pass(reader, &last));
    CU_ASSERT_EQUAL(next(reader), GW_ERR_NOT_FOUND);
    CU_ASSERT_TRUE(append_unmarked(journal, 6, 6) && gives(reader, 6));
    CU_ASSERT_TRUE(append_unmarked(journal, 7, 9) && passes(reader, 9)); /* in the open segment */
    CU_ASSERT_TRUE(append_unmarked(journal, 10, 10) && jt_append(journal, 11, 11));
    CU_ASSERT_TRUE(append_unmarked(journal, 12, 12));
    CU_ASSERT_FALSE(journal_reader_pass(reader, &last));
    CU_ASSERT_TRUE(gives(reader, 10) && !journal_reader_pass(reader, &last));
    CU_ASSERT_TRUE(gives(reader, 11) && passes(reader, 12));
    CU_ASSERT_TRUE(append_unmarked(journal, 13, RECORDS) && passes(reader, RECORDS));
    CU_ASSERT_TRUE(jt_append(journal, RECORDS + 1, RECORDS + 1) && gives(reader, RECORDS + 1));
    CU_ASSERT_EQUAL(journal_reader_commit(reader, RECORDS + 1), GW_OK);

    /* Back to what was passed: it is all there. */
    CU_ASSERT_EQUAL(journal_reader_seek(reader, 2), GW_OK);
    for (uint64_t id = 2; id <= RECORDS + 1; id++)
        CU_ASSERT_TRUE(gives(reader, id));
    CU_ASSERT_EQUAL(damaged(journal), 0);
    journal_reader_close(reader);
    journal_close(journal);
    CU_ASSERT_EQUAL(last, 7);
}

/* Nobody knows of what was there at a start whether it is marked. */
static void test_pass_after_start(void)
{
    uint64_t last;
    struct journal *journal = open_on_disk();
    struct journal_reader *reader = open_reader(journal, NULL, RECORDS);
    CU_ASSERT_FALSE(journal_reader_pass(reader, &last));
    CU_ASSERT_TRUE(append_unmarked(journal, RECORDS + 2, 2 * RECORDS));
    CU_ASSERT_FALSE(journal_reader_pass(reader, &last));
    CU_ASSERT_TRUE(gives(reader, RECORDS) && !journal_reader_pass(reader, &last));
    CU_ASSERT_TRUE(gives(reader, RECORDS + 1) && passes(reader, 2 * RECORDS));
    journal_reader_close(reader);
    journal_close(journal);
    jt_remove(dir);
}

int main(void)
{
    static const struct jt_test tests[] = {
        {"the newest of some sort", test_seek_newest},
        {"into the middle of damage", test_seek_into_damage},
        {"a segment that others changed", test_segment_changed},
        {"refused for a while", test_refused_for_a_while},
        {"sectors that come back", test_sectors_come_back},
        {"gone while it is read", test_gone_while_read},
        {"gone while it is opened", test_gone_while_opened},
        {"a file that cannot be removed", test_not_removed},
        {"the slowest holds it", test_slowest},
        {"nothing but skipped numbers", test_only_skipped},
        {"names of cursors", test_names},
        {"a cursor that cannot be read", test_cursor_unreadable},
        {"a cursor that cannot be written", test_cursor_not_written},
        {"notes", test_notes},
        {"a cursor is removed without sync", test_remove_without_sync},
        {"waiting", test_wait},
        {"passing over what is not marked", test_pass},
        {"passing after a start", test_pass_after_start},
    };
    return jt_main("journal reader", tests, sizeof tests / sizeof *tests);
}
