/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_JOURNAL_WALK_H
#define GATEWAY_JOURNAL_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/slice.h"
#include "gateway/journal/format.h"
#include "gateway/journal/io.h"
#include "gateway/journal/journal.h"

/**
 * Steps over the records of one segment file: what readers, recovery and the offline scan share.
 * Sound records come out in rising order of sequence, each checked; damage is stepped over and
 * shows as a gap. Used by one thread.
 */
struct walk {
    const struct journal_io *io;
    int fd; /* borrowed */
    struct format_segment segment;
    int64_t position;       /* of the next record head */
    int64_t limit;          /* nothing at or behind it is looked at; INT64_MAX: the file's end */
    uint64_t next_sequence; /* expected at position */
    uint64_t end_sequence;  /* the next segment's first, not to be passed; UINT64_MAX: unknown */
    uint64_t known_end;     /* one past the highest sequence whose head was sound */
    int64_t sound_end;      /* end of the last record whose head was sound */
    bool is_sealed;         /* the seal was met */
    bool is_seal_damaged;   /* its head is sound, its content not */
    bool skips_payload_crc; /* for a reader that only seeks: payloads are not checked */
    unsigned read_failures; /* in a row */
    int64_t unread_end;     /* end of the last page that the disk did not give; 0: none */

    uint8_t *buffer;
    size_t cap, fill, usual; /* usual: cap, but for a record that is larger */
    int64_t buffer_at;       /* file offset of buffer[0] */
    bool is_end;             /* the file ends at buffer_at + fill */
};

enum walk_result {
    WALK_RECORD,
    WALK_END,  /* limit, end of file, seal or end_sequence reached */
    WALK_TORN, /* bytes follow that are no record, and no sound one behind them */
    WALK_IO    /* the disk refuses to read; position is unchanged, a later call tries again */
};

/** Sequences that were passed over: from..to, none when from is 0. */
struct walk_gap {
    uint64_t from, to;
    int64_t offset; /* where the damage begins */
};

/* buffer_bytes: read at once; grows for a larger record. */
void walk_init(struct walk *walk, const struct journal_io *io, size_t buffer_bytes);
void walk_fini(struct walk *walk);
/* Begin at the first record of an open segment. */
void walk_begin(struct walk *walk, int fd, const struct format_segment *segment);
/* Go on at a record head, or at the end, that is known from elsewhere. */
void walk_jump(struct walk *walk, int64_t position, uint64_t sequence);
/* The next sound record; gap (never NULL) tells what was lost just before it. The payload is valid
   until the next call. */
enum walk_result walk_next(struct walk *walk, struct journal_record *out, struct walk_gap *gap);

#endif
