/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A segment file and what may become of one. Its heads and payloads have checksums that no search
 * would hit, so the input says how it is made: sound records, junk, heads that lie about their
 * length or number, seals, exchanged bytes. The walk over it ends, its records rise, gaps lie
 * between them, all that it hands out can be read, and of an undamaged file nothing is missing.
 * The input as it is, too, is read as a segment's and a cursor's beginning.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/base/buf.h"
#include "gateway/base/error.h"
#include "gateway/journal/walk.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_own_seeds[] = {"journal", NULL};
const char *const fuzz_shared_seeds[] = {NULL};

static const struct format_segment segment = {.version = FORMAT_VERSION,
                                              .epoch = 5,
                                              .first = 1,
                                              .created_ms = 1,
                                              .salt = 0x1122334455667788,
                                              .marker = 0xa1b2c3d4};

struct maker {
    struct slice in;
    struct buf out;
    uint64_t sequence;
    size_t n_sound;
    bool is_damaged;
};

static uint8_t next_byte(struct maker *m)
{
    uint8_t byte = m->in.n ? (uint8_t)m->in.p[0] : 0;
    m->in = slice_skip(m->in, m->in.n > 0);
    return byte;
}

static void put_record(struct maker *m, struct slice payload, uint32_t length, uint32_t crc)
{
    uint8_t head[FORMAT_HEAD_BYTES];
    struct format_head record = {FORMAT_RECORD, length, m->sequence++, crc};
    format_put_head(&record, head);
    format_seal_head(&segment, (int64_t)m->out.n, head);
    buf_append(&m->out, head, sizeof head);
    buf_slice(&m->out, payload);
    while (m->out.n % FORMAT_ALIGN)
        buf_byte(&m->out, 0);
}

static void put_sound(struct maker *m)
{
    struct slice payload = slice_head(m->in, (size_t)next_byte(m) + 1);
    m->in = slice_skip(m->in, payload.n);
    put_record(m, payload, (uint32_t)payload.n, format_payload_crc(payload.p, payload.n));
    m->n_sound++;
}

static void put_junk(struct maker *m)
{
    struct slice junk = slice_head(m->in, next_byte(m));
    m->in = slice_skip(m->in, junk.n);
    buf_slice(&m->out, junk);
    m->is_damaged = true;
}

static void exchange_byte(struct maker *m)
{
    size_t at = (size_t)next_byte(m) << 8;
    at = (at | next_byte(m)) % m->out.n;
    m->out.p[at] = (char)next_byte(m);
    m->is_damaged = true;
}

static void put_seal(struct maker *m)
{
    uint8_t seal[FORMAT_SEAL_BYTES];
    struct format_seal at = {m->n_sound, (int64_t)m->out.n, 2};
    format_put_seal(&segment, (int64_t)m->out.n, m->sequence, &at, seal);
    buf_append(&m->out, seal, sizeof seal);
    m->is_damaged |= m->in.n > 0; /* what stands behind it is not looked at */
}

static void make(struct maker *m)
{
    uint8_t header[FORMAT_DATA_START];
    format_put_segment(&segment, header);
    buf_append(&m->out, header, sizeof header);
    m->sequence = segment.first;
    while (m->in.n) {
        switch (next_byte(m) % 8) {
        case 3:
            put_junk(m);
            break;
        case 4: /* a head that lies */
            put_record(m, slice_head(m->in, 9), (uint32_t)next_byte(m) << 19 | next_byte(m),
                       next_byte(m));
            m->is_damaged = true;
            break;
        case 5:
            m->sequence += next_byte(m);
            m->is_damaged = true;
            break;
        case 6:
            put_seal(m);
            break;
        case 7:
            exchange_byte(m);
            break;
        default:
            put_sound(m);
        }
    }
}

static void walk_all(int fd, const struct maker *m)
{
    struct walk walk;
    struct journal_record record;
    struct walk_gap gap;
    enum walk_result result;
    uint64_t last = 0;
    size_t n = 0;
    walk_init(&walk, &journal_io_system, 4096);
    walk_begin(&walk, fd, &segment);
    while ((result = walk_next(&walk, &record, &gap)) == WALK_RECORD) {
        FUZZ_CHECK(record.sequence > last);
        FUZZ_CHECK(gap.from == 0 ||
                   (gap.from > last && gap.from <= gap.to && gap.to < record.sequence));
        fuzz_touch(record.payload);
        last = record.sequence;
        FUZZ_CHECK(++n <= m->out.n / FORMAT_HEAD_BYTES);
    }
    FUZZ_CHECK(result == WALK_END || result == WALK_TORN);
    FUZZ_CHECK(m->is_damaged || n == m->n_sound);
    walk_fini(&walk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct format_segment begin;
    struct format_cursor cursor;
    struct maker m = {.in = fuzz_slice(data, size)};
    format_get_cursor(data, size, &cursor);
    format_get_segment(data, size < FORMAT_DATA_START ? size : FORMAT_DATA_START, &begin, NULL);
    make(&m);
    int fd = memfd_create("segment", MFD_CLOEXEC);
    FUZZ_CHECK(fd >= 0 && write(fd, m.out.p, m.out.n) == (ssize_t)m.out.n);
    walk_all(fd, &m);
    close(fd);
    buf_free(&m.out);
    return 0;
}
