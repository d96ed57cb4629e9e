/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_REGISTRY_H
#define PARSERS_REGISTRY_H

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"
#include "parsers/fields.h"
#include "parsers/options.h"

/**
 * Read one message: the syslog header, or the sender's own behind a relay's (parsers/relayed.h),
 * then the body format whose body begins first in what follows it. Behind an APP-NAME or tag a body
 * counts at the text's beginning alone, or behind one more header: in what a program says others'
 * words may be quoted. A body that none recognises is GW_FORMAT_TEXT without fields: the text is
 * out->syslog.msg.
 *
 * in       one whole message; borrowed; any bytes
 * arena    receives what escapes were removed from; values live until arena_reset()
 * out      cleared first
 *
 * Returns PARSE_OK, or PARSE_MALFORMED with error and error_at (bytes from in.p); out then holds
 * what was understood all the same. Never PARSE_MORE. Strict: a body that begins the message needs
 * no syslog header.
 */
enum parse_status parse_message(struct slice in, const struct parse_options *options,
                                struct arena *arena, struct fields *out);

#endif
