/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_RELP_H
#define PARSERS_RELP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "parsers/fields.h"

/*
 * RELP frames, for server and client:
 *
 *     TXNR SP COMMAND SP DATALEN [SP DATA] LF
 *
 * Source: The Reliable Event Logging Protocol, version 1 of its description (relp_version 0), and
 * what librelp 1.11 sends and takes.
 */
enum {
    RELP_TXNR_MAX = 999999999, /* then 1 again; 0 only for what a server says unasked */
    RELP_COMMAND_MAX = 32,     /* letters */
    RELP_LENGTH_DIGITS = 9,
    RELP_HEADER_MAX = 9 + 1 + RELP_COMMAND_MAX + 1 + RELP_LENGTH_DIGITS + 1,
    RELP_OFFERS_MAX = 64 * 1024, /* bytes of an open */
    RELP_PORT = 2514
};

struct relp_frame {
    uint32_t txnr;
    struct slice command;
    struct slice data;
    uint64_t full_size_bytes; /* data as sent, when it was cut; else 0 */
};

/** One direction of a connection. Owned by it; not thread-safe. */
struct relp_reader {
    size_t max_data;   /* longer data is cut */
    const char *error; /* after PARSE_MALFORMED: what was wrong, constant text */

    /* private: the frame whose end is skipped */
    struct buf head;
    uint64_t skip_bytes, full_size;
    uint32_t txnr;
    char command[RELP_COMMAND_MAX];
    size_t command_n;
    bool is_skipping;
};

/* max_data in bytes. */
void relp_reader_init(struct relp_reader *reader, size_t max_data);
void relp_reader_fini(struct relp_reader *reader);

/**
 * Cut the next frame out of what is buffered.
 *
 * buffered  all bytes received and not yet consumed, from the first on. It need never hold more
 *           than max_data + RELP_HEADER_MAX + 1: with that much, PARSE_MORE always consumes.
 * frame     points into buffered or reader; valid until the next call
 * consumed  bytes the caller drops from the buffer's front, whatever the result
 * Returns PARSE_OK; PARSE_MORE when bytes are missing (consumed may be above 0); PARSE_MALFORMED,
 * after which nothing can be told from this stream: close it. Data longer than max_data comes once,
 * cut, when its end is known; the next frame is whole.
 */
enum parse_status relp_next(struct relp_reader *reader, struct slice buffered,
                            struct relp_frame *frame, size_t *consumed);

/* The number after this one. */
static inline uint32_t relp_txnr_next(uint32_t txnr)
{
    return txnr >= RELP_TXNR_MAX ? 1 : txnr + 1;
}
/* Whether txnr comes after last: it is greater, or the numbers have gone round. */
static inline bool relp_txnr_follows(uint32_t last, uint32_t txnr)
{
    return txnr > last || last - txnr > RELP_TXNR_MAX / 2;
}

/* Append a frame. Of command: 1 to RELP_COMMAND_MAX letters; data at most 999,999,999 bytes. */
void relp_write(struct buf *out, uint32_t txnr, struct slice command, struct slice data);
/* The same for data that is written in place: its header, data of data_n bytes, relp_write_end().
 */
void relp_write_begin(struct buf *out, uint32_t txnr, struct slice command, size_t data_n);
void relp_write_end(struct buf *out);
/* "TXNR rsp 6 200 OK": what acknowledges a message. */
void relp_write_ok(struct buf *out, uint32_t txnr);

/**
 * A response's data: code, text of its first line, what follows that line. False when it begins
 * with no code of three digits. Empty data (it answers a close) is code 200.
 */
bool relp_read_response(struct slice data, int *code, struct slice *text, struct slice *rest);

/* One offer, "name=value", of an open or of its response. False: there are no more. */
bool relp_next_offer(struct slice *rest, struct slice *name, struct slice *value);
/* Whether a comma-separated value has word. */
bool relp_has_word(struct slice value, struct slice word);

#endif
