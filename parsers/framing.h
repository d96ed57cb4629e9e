/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_FRAMING_H
#define PARSERS_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "parsers/fields.h"

enum framing_mode {
    FRAMING_AUTO,  /* not known yet */
    FRAMING_OCTET, /* "LEN SP message", RFC 6587 section 3.4.1, RFC 5425 section 4.3 */
    FRAMING_LF,    /* CR before it and NUL before that are dropped */
    FRAMING_NUL
};

enum {
    FRAMING_MESSAGE_MAX = 64 * 1024,     /* default */
    FRAMING_COUNT_MAX = 16 * 1024 * 1024 /* a larger octet count is no count but an attack */
};

/**
 * How one connection's byte stream is cut into messages. What the peer sends first decides: digits,
 * a blank and '<' count octets; else the first LF or NUL is the end mark from then on; empty lines
 * decide nothing. After damage it is decided anew. Owned by the connection; not thread-safe.
 */
struct framing {
    enum framing_mode mode;
    size_t max_bytes;
    /* Of the frame delivered last: */
    bool is_truncated;
    uint64_t full_size_bytes; /* as sent; 0 when not truncated */

    /* private */
    bool is_open;        /* the mode was detected, and no line has come yet */
    size_t count_digits; /* of the last good count */
    enum { FRAMING_READ, FRAMING_SKIP_COUNT, FRAMING_SKIP_MARK, FRAMING_JUNK } state;
    size_t scanned;      /* bytes of the buffer known to hold no end mark */
    uint64_t skip_bytes; /* left of an oversize counted frame */
    struct buf head;     /* first max_bytes of an oversize frame, until its size is known */
    uint64_t head_full;
    unsigned nul_frames; /* cut by NUL, up to 2 */
    bool is_junk;        /* the oversize frame is what damage left */
};

/* mode: FRAMING_AUTO, or a fixed one. max_bytes 0: the default. */
void framing_init(struct framing *framing, enum framing_mode mode, size_t max_bytes);
void framing_fini(struct framing *framing);

/**
 * Cut the next message out of what is buffered.
 *
 * buffered  all bytes received and not yet consumed, from the first on. It need never hold more
 *           than max_bytes + 32: with that much, PARSE_MORE always consumes.
 * frame     the message without its framing; points into buffered or framing; valid until the next
 *           call. Never empty.
 * consumed  bytes the caller drops from the buffer's front, whatever the result
 * Returns PARSE_OK; PARSE_MORE when bytes are missing (consumed may be above 0); PARSE_MALFORMED
 * with the bytes that could not be framed in frame, up to an LF, or a count and a PRI: keep them as
 * a damaged message, go on calling.
 * A message longer than max_bytes comes once, cut, when its end is known; the next is whole.
 */
enum parse_status framing_next(struct framing *framing, struct slice buffered, struct slice *frame,
                               size_t *consumed);

/**
 * The same at the connection's end, called until PARSE_MORE, which now means nothing is left: the
 * last message may lack its end mark; a counted one that was cut is PARSE_MALFORMED.
 */
enum parse_status framing_end(struct framing *framing, struct slice buffered, struct slice *frame,
                              size_t *consumed);

#endif
