/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_OUTBOX_MIME_H
#define GATEWAY_OUTBOX_MIME_H

#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "gateway/base/zone.h"

/**
 * What a mail is written with. Lines end in CR LF; text is UTF-8. Whatever stands in text, none of
 * it can end a header or begin one. Any thread.
 * Sources: RFC 5322, RFC 2045, RFC 2047.
 */

/**
 * Text of others, made inert: steering characters (utf8_is_steering) become blanks, bytes that are
 * no UTF-8 become U+FFFD, a run of blanks becomes one, those at the ends go. At most max bytes;
 * what is longer is cut at a character and ends in "...".
 */
void mime_clean(struct buf *out, struct slice text, size_t max);

/* A header of free text, "Name: text", folded; encoded words where it is not plain ASCII. text has
   been cleaned. */
void mime_header(struct buf *out, const char *name, struct slice text);
/* From: with text as the name, `From: text <address>`. address: one that place_is_mailbox(). */
void mime_header_from(struct buf *out, struct slice text, const char *address);
/* "Tue, 31 Mar 2026 20:00:00 +0800"; zone NULL: UTC. */
void mime_header_date(struct buf *out, int64_t ms, const struct zone *zone);

/* Content-Type and the like, the empty line and the body, in quoted-printable or, where that is
   shorter, base64. text: lines that end in '\n'. */
void mime_body(struct buf *out, struct slice text);

/* The head of a mail of several parts; then the parts, the text first, then the end. */
void mime_begin_parts(struct buf *out);
void mime_part_text(struct buf *out, struct slice text);
/* A file, in base64. name: UTF-8, cleaned, without '/'; type: "application/pdf". Sources: RFC 2183,
   RFC 2231 section 4. For readers that know neither, the name is a parameter of the type too, by
   RFC 2047. */
void mime_part_file(struct buf *out, const char *name, const char *type, struct slice bytes);
void mime_end_parts(struct buf *out);

#endif
