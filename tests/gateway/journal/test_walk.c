/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walking a segment whose bytes are made here, one by one: heads that are sound and cannot be true,
 * seals, cuts, buffers that grow and go back; and a disk that reads in parts, or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "tests/gateway/journal/support.h"

enum { FILE_MAX = 64 * 1024, NO_FD = 7, FIRST = 10 };

/* A file in memory, read as a disk would: in parts, with sectors that fail. */
static struct {
    uint8_t bytes[FILE_MAX];
    int64_t size;
    struct format_segment segment;
    struct journal_io io;
    int64_t bad_from, bad_to; /* a read that touches them fails */
    int64_t reads_from;       /* and one at or behind this */
    size_t part;              /* bytes a read gives at most; 0: all */
    unsigned interrupts;      /* reads to come that a signal ends */
    unsigned calls;
} file;

static ssize_t file_pread(void *context, int fd, void *p, size_t n, int64_t offset)
{
    (void)context;
    CU_ASSERT_EQUAL(fd, NO_FD);
    file.calls++;
    if (file.interrupts > 0) {
        file.interrupts--;
        errno = EINTR;
        return -1;
    }
    if ((offset < file.bad_to && offset + (int64_t)n > file.bad_from) ||
        offset >= file.reads_from) {
        errno = EIO;
        return -1;
    }
    if (offset >= file.size)
        return 0;
    if ((int64_t)n > file.size - offset)
        n = (size_t)(file.size - offset);
    if (file.part && n > file.part)
        n = file.part;
    memcpy(p, file.bytes + offset, n);
    return (ssize_t)n;
}

static void begin_file(void)
{
    memset(&file, 0, sizeof file);
    file.io = journal_io_system;
    file.io.pread = file_pread;
    file.segment = (struct format_segment){FORMAT_VERSION, 0x1111,    FIRST, 1700000000000, 0,
                                           0x2222,         0x33333333};
    format_put_segment(&file.segment, file.bytes);
    file.size = FORMAT_DATA_START;
    file.reads_from = INT64_MAX;
}

/* One more record at the end; where it begins. */
static int64_t put(uint64_t sequence, size_t n)
{
    static const char text[FILE_MAX] = "a record";
    int64_t at = file.size;
    uint8_t *head = file.bytes + at;
    struct format_head fields = {
        .length = (uint32_t)n, .sequence = sequence, .payload_crc = format_payload_crc(text, n)};
    format_put_head(&fields, head);
    format_seal_head(&file.segment, at, head);
    memcpy(head + FORMAT_HEAD_BYTES, text, n);
    file.size += (int64_t)format_record_bytes(n);
    return at;
}

static int64_t put_seal(uint64_t sequence)
{
    int64_t at = file.size;
    struct format_seal seal = {sequence - FIRST, at, 1700000001000};
    format_put_seal(&file.segment, at, sequence, &seal, file.bytes + at);
    file.size += FORMAT_SEAL_BYTES;
    return at;
}

static void begin_walk(struct walk *walk, size_t buffer)
{
    walk_init(walk, &file.io, buffer);
    walk_begin(walk, NO_FD, &file.segment);
}

static enum walk_result step(struct walk *walk, uint64_t *sequence, struct walk_gap *gap)
{
    struct journal_record record = {0};
    enum walk_result result = walk_next(walk, &record, gap);
    *sequence = result == WALK_RECORD ? record.sequence : 0;
    return result;
}

/* The walk's next is this record, with exactly this lost before it (0: nothing). */
static bool gives(struct walk *walk, uint64_t sequence, uint64_t from, uint64_t to)
{
    struct walk_gap gap;
    uint64_t got;
    return step(walk, &got, &gap) == WALK_RECORD && got == sequence && gap.from == from &&
           gap.to == to;
}

static bool ends(struct walk *walk, enum walk_result expected, uint64_t from, uint64_t to)
{
    struct walk_gap gap;
    uint64_t got;
    return step(walk, &got, &gap) == expected && gap.from == from && gap.to == to;
}

/* ---- heads ---- */

/* A head whose CRC is right and whose sequence cannot be there: a sector of an earlier state, come
   back, or a writer gone mad. What cannot be true is not believed, what follows is found. */
static void test_impossible_sequences(void)
{
    static const uint64_t sequences[] = {FIRST + 1, 1}; /* once more; of an earlier segment */
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++) {
        struct walk walk;
        begin_file();
        put(FIRST, 40);
        put(FIRST + 1, 40);
        put(sequences[i], 40);
        put(FIRST + 3, 40);
        begin_walk(&walk, 4096);
        CU_ASSERT_TRUE(gives(&walk, FIRST, 0, 0));
        CU_ASSERT_TRUE(gives(&walk, FIRST + 1, 0, 0));
        CU_ASSERT_TRUE(gives(&walk, FIRST + 3, FIRST + 2, FIRST + 2));
        CU_ASSERT_TRUE(ends(&walk, WALK_END, 0, 0));
        walk_fini(&walk);
    }
}

/* Behind a damaged head a sound one is believed if the bytes between have room for what would be
   missing, and if it is not of the next segment. */
static void test_resynchronise(void)
{
    static const struct {
        uint64_t behind; /* the sequence of the first sound head after the damage */
        uint64_t end;
        bool is_believed;
    } cases[] = {
        {FIRST + 2, UINT64_MAX, true},  {FIRST + 3, UINT64_MAX, true},
        {FIRST + 4, UINT64_MAX, false}, /* 64 bytes hold two records at most */
        {FIRST, UINT64_MAX, false},     {FIRST + 2, FIRST + 2, true},
        {FIRST + 3, FIRST + 2, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct walk walk;
        begin_file();
        put(FIRST, 40);
        file.bytes[put(FIRST + 1, 40) + 9] ^= 1;
        put(cases[i].behind, 40);
        put(FIRST + 5, 40);
        begin_walk(&walk, 4096);
        walk.end_sequence = cases[i].end;
        CU_ASSERT_TRUE(gives(&walk, FIRST, 0, 0));
        bool ok;
        if (cases[i].behind == cases[i].end)
            ok = ends(&walk, WALK_END, 0, 0);
        else if (cases[i].is_believed)
            ok = gives(&walk, cases[i].behind, FIRST + 1, cases[i].behind - 1);
        else if (cases[i].end == UINT64_MAX)
            ok = gives(&walk, FIRST + 5, FIRST + 1, FIRST + 4);
        else
            ok = ends(&walk, WALK_TORN, 0, 0);
        CU_ASSERT_TRUE(ok);
        walk_fini(&walk);
    }
}

/* A record of the next segment's in this one's file: the end, and nothing of it is given out. */
static void test_end_sequence(void)
{
    struct walk walk;
    begin_file();
    put(FIRST, 16);
    put(FIRST + 1, 16);
    begin_walk(&walk, 4096);
    walk.end_sequence = FIRST + 1;
    CU_ASSERT_TRUE(gives(&walk, FIRST, 0, 0));
    CU_ASSERT_TRUE(ends(&walk, WALK_END, 0, 0));
    CU_ASSERT_FALSE(walk.is_sealed);
    walk_fini(&walk);
}

/* ---- seals ---- */

static void test_seals(void)
{
    struct walk walk;
    begin_file();
    put(FIRST, 16);
    int64_t at = put_seal(FIRST + 1);
    begin_walk(&walk, 4096);
    CU_ASSERT_TRUE(gives(&walk, FIRST, 0, 0) && ends(&walk, WALK_END, 0, 0));
    CU_ASSERT_TRUE(walk.is_sealed && !walk.is_seal_damaged && walk.position == at);

    file.size -= 8; /* cut: what it says is not there, the records are */
    walk_begin(&walk, NO_FD, &file.segment);
    CU_ASSERT_TRUE(gives(&walk, FIRST, 0, 0) && ends(&walk, WALK_END, 0, 0));
    CU_ASSERT_TRUE(walk.is_sealed && walk.is_seal_damaged);
    file.size += 8;

    file.bytes[at + FORMAT_HEAD_BYTES] ^= 1;
    walk_begin(&walk, NO_FD, &file.segment);
    CU_ASSERT_TRUE(gives(&walk, FIRST, 0, 0) && ends(&walk, WALK_END, 0, 0));
    CU_ASSERT_TRUE(walk.is_sealed && walk.is_seal_damaged);
    walk_fini(&walk);

    /* It tells of records that are not there: they are lost; but not those of the next segment. */
    begin_file();
    put(FIRST, 16);
    put_seal(FIRST + 4);
    begin_walk(&walk, 4096);
    CU_ASSERT_TRUE(gives(&walk, FIRST, 0, 0));
    CU_ASSERT_TRUE(ends(&walk, WALK_END, FIRST + 1, FIRST + 3));
    walk_begin(&walk, NO_FD, &file.segment);
    walk.end_sequence = FIRST + 2;
    CU_ASSERT_TRUE(gives(&walk, FIRST, 0, 0));
    CU_ASSERT_TRUE(ends(&walk, WALK_END, 0, 0));
    walk_fini(&walk);
}

/* ---- the buffer ---- */

/* It grows for a large record and goes back behind it; a second large one finds it grown. */
static void test_large_records(void)
{
    struct walk walk;
    begin_file();
    put(FIRST, 16);
    put(FIRST + 1, 9000);
    put(FIRST + 2, 8000);
    for (uint64_t i = 3; i < 8; i++)
        put(FIRST + i, 500);
    begin_walk(&walk, 1024);
    CU_ASSERT_TRUE(gives(&walk, FIRST, 0, 0));
    CU_ASSERT_TRUE(gives(&walk, FIRST + 1, 0, 0));
    CU_ASSERT_TRUE(walk.cap >= 9000);
    CU_ASSERT_TRUE(gives(&walk, FIRST + 2, 0, 0));
    for (uint64_t i = 3; i < 8; i++)
        CU_ASSERT_TRUE(gives(&walk, FIRST + i, 0, 0));
    CU_ASSERT_TRUE(ends(&walk, WALK_END, 0, 0));
    CU_ASSERT_EQUAL(walk.cap, 1024);
    walk_fini(&walk);
}

/* A limit within what is buffered already hides what is behind it; raised, that is found. */
static void test_limit(void)
{
    struct walk walk;
    begin_file();
    put(FIRST, 16);
    int64_t second = put(FIRST + 1, 16), third = put(FIRST + 2, 16);
    begin_walk(&walk, 4096);
    CU_ASSERT_TRUE(gives(&walk, FIRST, 0, 0));
    walk.limit = second;
    CU_ASSERT_TRUE(ends(&walk, WALK_END, 0, 0));
    walk.limit = third;
    CU_ASSERT_TRUE(gives(&walk, FIRST + 1, 0, 0));
    CU_ASSERT_TRUE(ends(&walk, WALK_END, 0, 0));
    walk.limit = INT64_MAX;
    CU_ASSERT_TRUE(gives(&walk, FIRST + 2, 0, 0));
    /* The end was seen once: it is not read again, nor is what lies before the buffer lost. */
    CU_ASSERT_TRUE(ends(&walk, WALK_END, 0, 0));
    unsigned calls = file.calls;
    CU_ASSERT_TRUE(ends(&walk, WALK_END, 0, 0));
    CU_ASSERT_EQUAL(file.calls, calls);
    walk.position = FORMAT_DATA_START;
    walk.next_sequence = walk.known_end = FIRST;
    CU_ASSERT_TRUE(gives(&walk, FIRST, 0, 0));
    walk_fini(&walk);
}

/* A small buffer steps back and forth over damage: before the buffer's begin all is read anew. */
static void test_back_before_the_buffer(void)
{
    struct walk walk;
    begin_file();
    int64_t at[40];
    for (uint64_t i = 0; i < 40; i++)
        at[i] = put(FIRST + i, 100);
    begin_walk(&walk, 512);
    for (uint64_t i = 0; i < 40; i++)
        CU_ASSERT_TRUE(gives(&walk, FIRST + i, 0, 0));
    CU_ASSERT_TRUE(ends(&walk, WALK_END, 0, 0));
    walk.position = at[3];
    walk.next_sequence = walk.known_end = FIRST + 3;
    CU_ASSERT_TRUE(gives(&walk, FIRST + 3, 0, 0));
    walk.position = file.size + 4096; /* beyond the end: nothing, and no error */
    CU_ASSERT_TRUE(ends(&walk, WALK_END, 0, 0));
    walk_fini(&walk);
}

/* ---- the disk ---- */

/* Reads that are short, or ended by a signal, are carried on. */
static void test_short_reads(void)
{
    struct walk walk;
    begin_file();
    for (uint64_t i = 0; i < 50; i++)
        put(FIRST + i, 100);
    file.part = 7;
    file.interrupts = 3;
    begin_walk(&walk, 2048);
    for (uint64_t i = 0; i < 50; i++)
        CU_ASSERT_TRUE(gives(&walk, FIRST + i, 0, 0));
    CU_ASSERT_TRUE(ends(&walk, WALK_END, 0, 0));
    CU_ASSERT_EQUAL(file.interrupts, 0);
    walk_fini(&walk);
}

/* One page fails: what lies in it is lost, what is before and behind it is not, to the byte where
   the file ends. */
static void test_bad_page(void)
{
    struct walk walk;
    begin_file();
    uint64_t n = 0, lost_from = 0, lost_to = 0;
    while (file.size < 12 * 1024 + 300) {
        int64_t at = put(FIRST + n, 100);
        if (at < 8192 && file.size > 4096) {
            lost_from = lost_from ? lost_from : FIRST + n;
            lost_to = FIRST + n;
        }
        n++;
    }
    file.bad_from = 4096;
    file.bad_to = 8192;
    begin_walk(&walk, 32 * 1024);
    for (uint64_t i = 0; FIRST + i < lost_from; i++)
        CU_ASSERT_TRUE(gives(&walk, FIRST + i, 0, 0));
    CU_ASSERT_TRUE(gives(&walk, lost_to + 1, lost_from, lost_to));
    for (uint64_t i = lost_to + 2; i < FIRST + n; i++)
        CU_ASSERT_TRUE(gives(&walk, i, 0, 0));
    CU_ASSERT_TRUE(ends(&walk, WALK_END, 0, 0));
    walk_fini(&walk);
}

/* No page can be read: that is the disk's trouble and no loss, for thirty tries; from then on it is
   damage, and a walk ends. */
static void test_dead_disk(void)
{
    struct walk walk;
    begin_file();
    put(FIRST, 100);
    put(FIRST + 1, 100);
    file.reads_from = 0;
    begin_walk(&walk, 4096);
    for (int i = 0; i < 30; i++)
        CU_ASSERT_TRUE(ends(&walk, WALK_IO, 0, 0));
    CU_ASSERT_EQUAL(walk.position, FORMAT_DATA_START);
    file.reads_from = INT64_MAX;
    CU_ASSERT_TRUE(gives(&walk, FIRST, 0, 0));
    CU_ASSERT_EQUAL(walk.read_failures, 0);
    walk_begin(&walk, NO_FD, &file.segment);
    file.reads_from = 0;
    walk.limit = file.size;
    for (int i = 0; i < 30; i++)
        CU_ASSERT_TRUE(ends(&walk, WALK_IO, 0, 0));
    CU_ASSERT_TRUE(ends(&walk, WALK_TORN, 0, 0));
    walk_fini(&walk);
}

/* The disk goes away in the middle: at a record's payload, at a seal, while a head is looked for.
   The position stays, and when it is back nothing was lost by it. */
static void test_disk_goes_away(void)
{
    struct walk walk;
    begin_file();
    put(FIRST, 16);
    int64_t large = put(FIRST + 1, 5000);
    put(FIRST + 2, 16);
    begin_walk(&walk, 64);
    CU_ASSERT_TRUE(gives(&walk, FIRST, 0, 0));
    for (int round = 0; round < 3; round++) {
        file.reads_from = large; /* the head stands in the buffer, the payload does not */
        CU_ASSERT_TRUE(ends(&walk, WALK_IO, 0, 0));
        CU_ASSERT_EQUAL(walk.position, large);
    }
    file.reads_from = INT64_MAX;
    CU_ASSERT_TRUE(gives(&walk, FIRST + 1, 0, 0));
    CU_ASSERT_TRUE(gives(&walk, FIRST + 2, 0, 0));
    walk_fini(&walk);

    begin_file();
    put(FIRST, 16);
    int64_t seal = put_seal(FIRST + 1);
    begin_walk(&walk, 32);
    CU_ASSERT_TRUE(gives(&walk, FIRST, 0, 0));
    file.bad_from = seal + 40;
    file.bad_to = seal + 41;
    CU_ASSERT_TRUE(ends(&walk, WALK_IO, 0, 0));
    CU_ASSERT_FALSE(walk.is_sealed);
    file.bad_to = 0;
    CU_ASSERT_TRUE(ends(&walk, WALK_END, 0, 0));
    CU_ASSERT_TRUE(walk.is_sealed && !walk.is_seal_damaged);
    walk_fini(&walk);

    begin_file();
    put(FIRST, 16);
    file.bytes[put(FIRST + 1, 5000)] ^= 1;
    int64_t third = put(FIRST + 2, 16);
    begin_walk(&walk, 64);
    CU_ASSERT_TRUE(gives(&walk, FIRST, 0, 0));
    file.reads_from = third - 200;
    CU_ASSERT_TRUE(ends(&walk, WALK_IO, 0, 0));
    file.reads_from = INT64_MAX;
    CU_ASSERT_TRUE(gives(&walk, FIRST + 2, FIRST + 1, FIRST + 1));
    walk_fini(&walk);
}

/* ---- whole reads and writes ---- */

static struct {
    unsigned calls, interrupts;
    ssize_t most; /* bytes taken by a call; 0: none */
    uint8_t bytes[64];
} drain;

static ssize_t drain_pwrite(void *context, int fd, const void *p, size_t n, int64_t offset)
{
    (void)context, (void)fd;
    drain.calls++;
    if (drain.interrupts > 0) {
        drain.interrupts--;
        errno = EINTR;
        return -1;
    }
    size_t took = (ssize_t)n < drain.most ? n : (size_t)drain.most;
    memcpy(drain.bytes + offset, p, took);
    return (ssize_t)took;
}

static void test_whole_writes(void)
{
    struct journal_io io = journal_io_system;
    io.pwrite = drain_pwrite;
    memset(&drain, 0, sizeof drain);
    drain.interrupts = 2;
    drain.most = 4;
    CU_ASSERT_EQUAL(journal_io_write(&io, NO_FD, "0123456789", 10, 5), GW_OK);
    CU_ASSERT_EQUAL(drain.calls, 5);
    CU_ASSERT_EQUAL(memcmp(drain.bytes + 5, "0123456789", 11), 0);
    drain.most = 0; /* no progress and no error: a disk without room, and no endless loop */
    errno = 0;
    CU_ASSERT_EQUAL(journal_io_write(&io, NO_FD, "x", 1, 0), GW_ERR_IO);
    CU_ASSERT_EQUAL(errno, ENOSPC);
}

/* What the real calls say of a descriptor that is none, and of one that cannot be written ahead. */
static void test_system_calls(void)
{
    const struct journal_io *io = &journal_io_system;
    uint8_t byte;
    size_t got = 9;
    CU_ASSERT_EQUAL(io->datasync(NULL, -1), -1);
    CU_ASSERT_EQUAL(errno, EBADF);
    CU_ASSERT_EQUAL(io->sync_dir(NULL, -1), -1);
    CU_ASSERT_EQUAL(errno, EBADF);
    CU_ASSERT_EQUAL(journal_io_read(io, -1, &byte, 1, 0, &got), GW_ERR_IO);
    CU_ASSERT_EQUAL(got, 0);
    int fd = open(".", O_RDONLY | O_DIRECTORY);
    CU_ASSERT_EQUAL(io->datasync(NULL, fd),
                    0); /* fallocate refuses, but says nothing of the disk */
    close(fd);
}

int main(void)
{
    static const struct jt_test tests[] = {
        {"sequences that cannot be", test_impossible_sequences},
        {"what is believed behind damage", test_resynchronise},
        {"the next segment's first", test_end_sequence},
        {"seals", test_seals},
        {"large records", test_large_records},
        {"a limit that moves", test_limit},
        {"back before the buffer", test_back_before_the_buffer},
        {"short reads", test_short_reads},
        {"a page that cannot be read", test_bad_page},
        {"no page can be read", test_dead_disk},
        {"the disk goes away", test_disk_goes_away},
        {"whole writes", test_whole_writes},
        {"the system's calls", test_system_calls},
    };
    return jt_main("journal walk", tests, sizeof tests / sizeof *tests);
}
