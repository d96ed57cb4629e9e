/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walking a segment. walk_begin(), then walk_next() until it does not return WALK_RECORD; raise
 * limit and call again where a segment still grows.
 *
 * Three kinds of bad bytes are told apart:
 * - head sound, payload not: the record is lost, its length leads to the next one;
 * - head not sound, a sound record behind it: the scan finds that one by marker and keyed CRC, and
 *   the sequences between are lost;
 * - no sound record behind: a torn tail. Files grow as they are written, so zeros there are no
 *   better than noise: the file system made the file longer and lost the data.
 * A region that the disk refuses to read is taken as zeros, page by page, and so becomes damage.
 */
#include "gateway/journal/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/crc32c.h"
#include "gateway/base/error.h"

enum { PAGE = 4096, READ_FAILURES_MAX = 30 };

void walk_init(struct walk *walk, const struct journal_io *io, size_t buffer_bytes)
{
    *walk = (struct walk){.io = io, .fd = -1, .cap = buffer_bytes, .usual = buffer_bytes};
    walk->buffer = gw_alloc(buffer_bytes);
}

void walk_fini(struct walk *walk)
{
    free(walk->buffer);
    walk->buffer = NULL;
}

void walk_begin(struct walk *walk, int fd, const struct format_segment *segment)
{
    walk->fd = fd;
    walk->segment = *segment;
    walk->position = walk->sound_end = FORMAT_DATA_START;
    walk->limit = INT64_MAX;
    walk->next_sequence = walk->known_end = segment->first;
    walk->end_sequence = UINT64_MAX;
    walk->is_sealed = walk->is_seal_damaged = false;
    walk->skips_payload_crc = false;
    walk->read_failures = 0;
    walk->unread_end = 0;
    walk->fill = 0;
    walk->buffer_at = 0;
    walk->is_end = false;
}

void walk_jump(struct walk *walk, int64_t position, uint64_t sequence)
{
    walk->position = walk->sound_end = position;
    walk->next_sequence = walk->known_end = sequence;
}

/* Page by page; what cannot be read is zeros. GW_ERR_IO when no page can be read. */
static int read_by_pages(struct walk *walk, int64_t offset, size_t want, size_t *got)
{
    bool any = false;
    for (*got = 0; *got < want;) {
        size_t n = PAGE - (size_t)((offset + (int64_t)*got) % PAGE), part;
        if (n > want - *got)
            n = want - *got;
        if (journal_io_read(walk->io, walk->fd, walk->buffer + *got, n, offset + (int64_t)*got,
                            &part) == GW_OK) {
            any = true;
            *got += part;
            if (part < n)
                break;
        } else {
            memset(walk->buffer + *got, 0, n);
            *got += n;
            walk->unread_end = offset + (int64_t)*got;
        }
    }
    if (any)
        return GW_OK;
    /* The whole disk may be away for a while: only after many tries is it taken as damage. */
    return ++walk->read_failures > READ_FAILURES_MAX ? GW_OK : GW_ERR_IO;
}

static int refill(struct walk *walk, int64_t offset, size_t need)
{
    if (need > walk->cap || (need <= walk->usual && walk->cap > walk->usual)) {
        /* A record of megabytes, such as an inventory, must not make the reader large for good. */
        walk->cap = need > walk->usual ? need : walk->usual;
        free(walk->buffer);
        walk->buffer = gw_alloc(walk->cap);
    }
    size_t want = walk->cap, got;
    if (walk->limit - offset < (int64_t)want)
        want = (size_t)(walk->limit - offset);
    walk->fill = 0;
    if (journal_io_read(walk->io, walk->fd, walk->buffer, want, offset, &got) != GW_OK) {
        int error = read_by_pages(walk, offset, want, &got);
        if (error != GW_OK)
            return error;
    } else {
        walk->read_failures = 0;
    }
    walk->buffer_at = offset;
    walk->fill = got;
    walk->is_end = got < want;
    return GW_OK;
}

/* Up to need bytes at offset in the buffer; *have is fewer only at the end. NULL: cannot be read.
 */
static const uint8_t *view(struct walk *walk, int64_t offset, size_t need, size_t *have)
{
    int64_t end = walk->buffer_at + (int64_t)walk->fill;
    if (offset < walk->buffer_at || offset + (int64_t)need > end) {
        bool is_known_end = walk->is_end && offset >= walk->buffer_at && offset <= end;
        if (!is_known_end && offset < walk->limit && refill(walk, offset, need) != GW_OK)
            return NULL;
        end = walk->buffer_at + (int64_t)walk->fill;
    }
    *have = offset >= end || offset >= walk->limit ? 0 : (size_t)(end - offset);
    if (*have > need)
        *have = need;
    return walk->buffer + (*have ? offset - walk->buffer_at : 0);
}

/**
 * Look behind position for the next sound head that can be true: WALK_RECORD and position moves
 * there; WALK_TORN when there is none; WALK_IO.
 */
static enum walk_result resynchronise(struct walk *walk)
{
    for (int64_t offset = walk->position;; offset += FORMAT_ALIGN) {
        size_t have;
        const uint8_t *p = view(walk, offset, FORMAT_HEAD_BYTES, &have);
        if (!p)
            return WALK_IO;
        if (have < FORMAT_HEAD_BYTES)
            return WALK_TORN;
        struct format_head head;
        if (offset == walk->position || !format_get_head(&walk->segment, offset, p, &head))
            continue;
        /* Each record lost took at least a head's room. */
        uint64_t room = (uint64_t)(offset - walk->position) / FORMAT_HEAD_BYTES;
        if (head.sequence >= walk->known_end && head.sequence - walk->known_end <= room &&
            head.sequence <= walk->end_sequence) {
            walk->position = offset;
            return WALK_RECORD;
        }
    }
}

static void set_gap(struct walk *walk, struct walk_gap *gap, uint64_t sequence)
{
    if (sequence > walk->next_sequence) {
        gap->from = walk->next_sequence;
        gap->to = sequence - 1;
    }
}

/* What is left when no sound record follows: heads that were sound had records that are lost. */
static enum walk_result end_with(struct walk *walk, struct walk_gap *gap, enum walk_result result)
{
    set_gap(walk, gap, walk->known_end);
    walk->next_sequence = walk->known_end;
    return result;
}

static enum walk_result end_at_seal(struct walk *walk, const struct format_head *head,
                                    struct walk_gap *gap)
{
    size_t have, bytes = format_record_bytes(head->length);
    const uint8_t *p = view(walk, walk->position, bytes, &have);
    if (!p)
        return WALK_IO;
    walk->is_sealed = true;
    walk->is_seal_damaged = have < bytes || crc32c(0, p + FORMAT_HEAD_BYTES,
                                                   bytes - FORMAT_HEAD_BYTES) != head->payload_crc;
    if (head->sequence <= walk->end_sequence)
        walk->known_end = head->sequence;
    return end_with(walk, gap, WALK_END);
}

enum walk_result walk_next(struct walk *walk, struct journal_record *out, struct walk_gap *gap)
{
    *gap = (struct walk_gap){.offset = walk->position};
    for (;;) {
        size_t have;
        const uint8_t *p = view(walk, walk->position, FORMAT_HEAD_BYTES, &have);
        if (!p)
            return WALK_IO;
        if (have == 0)
            return end_with(walk, gap, WALK_END);
        struct format_head head;
        if (have < FORMAT_HEAD_BYTES ||
            !format_get_head(&walk->segment, walk->position, p, &head) ||
            head.sequence < walk->known_end) {
            enum walk_result result = resynchronise(walk);
            if (result == WALK_RECORD)
                continue;
            return result == WALK_IO ? result : end_with(walk, gap, result);
        }
        if (head.type == FORMAT_SEAL || head.sequence >= walk->end_sequence) {
            return head.type == FORMAT_SEAL ? end_at_seal(walk, &head, gap)
                                            : end_with(walk, gap, WALK_END);
        }
        size_t bytes = format_record_bytes(head.length);
        p = view(walk, walk->position, bytes, &have);
        if (!p)
            return WALK_IO;
        if (have < bytes)
            return end_with(walk, gap, WALK_TORN);
        walk->position += (int64_t)bytes;
        walk->sound_end = walk->position;
        walk->known_end = head.sequence + 1;
        if (!walk->skips_payload_crc &&
            crc32c(0, p + FORMAT_HEAD_BYTES, bytes - FORMAT_HEAD_BYTES) != head.payload_crc)
            continue;
        set_gap(walk, gap, head.sequence);
        walk->next_sequence = head.sequence + 1;
        *out = (struct journal_record){head.sequence,
                                       slice_of((const char *)p + FORMAT_HEAD_BYTES, head.length)};
        return WALK_RECORD;
    }
}
