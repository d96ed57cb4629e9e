/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_SYSLOG_H
#define PARSERS_SYSLOG_H

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"
#include "parsers/fields.h"
#include "parsers/options.h"

/**
 * Read a syslog header: RFC 5424, RFC 3164, and what is really sent.
 *
 * in       one whole message; borrowed; any bytes, NUL included. Line ends and NULs at its end, and
 *          a byte order mark, blanks and line ends before a PRI, are the transport's and left out.
 * options  NULL: lenient
 * out      cleared first; out->syslog is filled, body fields are not
 *
 * Whatever is not understood as header is out->syslog.msg: no byte is lost between them but a byte
 * order mark before the text, and what a field of RFC 5424 has beyond its length there, which is
 * cut. A message with no header at all is all msg, with is_present false.
 * Returns PARSE_OK, or PARSE_MALFORMED with out->error and error_at: lenient, only for a PRI above
 * 191 (of up to three digits it is read over, longer it stays in msg; pri is -1); strict, where RFC
 * 5424 or RFC 3164 forbid the message. out holds the lenient understanding in each case. Never
 * PARSE_MORE. The arena is not used today.
 */
enum parse_status parse_syslog(struct slice in, const struct parse_options *options,
                               struct arena *arena, struct fields *out);

#endif
