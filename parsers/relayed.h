/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_RELAYED_H
#define PARSERS_RELAYED_H

#include <stdbool.h>

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"
#include "parsers/fields.h"

/**
 * A relay that does not understand a message sends all of it as the text behind a header of its
 * own, which names no program, MSGID or structured data. Where such a header's text begins with one
 * that has a PRI or a time, header becomes that one; its own PRI, or time and host, stay where the
 * sender's are missing. Without a PRI, and not of RFC 5424, it must name a host that is none by
 * chance.
 */
void parse_relayed_inner(struct syslog_header *header);

enum { RELAYED_TEXTS = 2, RELAYED_BEGIN = 128 };

/**
 * What relays make of a BSD message when they send it on as RFC 5424: the text's first word,
 * whether a tag or not, becomes APP-NAME, a number in brackets behind it PROCID, and nobody notes
 * what stood between it and the rest. The message as it may have been, in the arena:
 * "word[1]:text" or "word text", of which number 0 is the likelier. Empty where header cannot come
 * from one, or at the arena's cap.
 */
struct slice parse_relayed_text(const struct syslog_header *header, unsigned number,
                                struct arena *arena);
/* How the text of that begins, with the word. */
struct slice parse_relayed_begin(const struct syslog_header *header, unsigned number,
                                 char room[RELAYED_BEGIN]);

/* Whether the header names a program, and what is behind it is prose: a body of no format begins
 * with that word. */
bool parse_relayed_is_program(const struct syslog_header *header);

/* The text behind a header that names no program, as a message of its own with the header's PRI;
 * empty as above. */
struct slice parse_relayed_alone(const struct syslog_header *header, struct arena *arena);

#endif
