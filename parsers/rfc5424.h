/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_RFC5424_H
#define PARSERS_RFC5424_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"
#include "parsers/fields.h"

/**
 * Read what stands behind a PRI as RFC 5424, leniently: over-long fields, which are cut at the
 * RFC's length (the whole message alone has the rest), times without a zone or with a blank for the
 * 'T', structured data with blanks around '='. False when it is something else (no VERSION with a
 * time or '-' behind it, or too few fields); out is then untouched.
 */
bool parse_rfc5424(struct slice behind_pri, struct syslog_header *out);

/**
 * Check a whole message, PRI included, against RFC 5424 section 6. NULL when it conforms, else a
 * constant text, with *error_at in bytes from in.p.
 */
const char *parse_rfc5424_check(struct slice in, size_t *error_at);

struct sd_param {
    struct slice id;    /* SD-ID */
    struct slice name;  /* PARAM-NAME; empty for the element itself, which comes first */
    struct slice value; /* PARAM-VALUE, escapes removed */
};

/**
 * Take structured data apart. structured_data: as in struct syslog_header. Each element gives one
 * entry of an empty name, then its parameters. arena receives values that held escapes.
 * Returns the number of entries written, at most max. A damaged element ends the list.
 * Source: RFC 5424 section 6.3; a backslash before any other character is kept with it.
 */
size_t parse_structured_data(struct slice structured_data, struct arena *arena,
                             struct sd_param *out, size_t max);

/**
 * The first parameter `name` of the first element `id`, as sent, escapes and all. False: there is
 * none before structured data ends or is damaged.
 */
bool parse_structured_data_value(struct slice structured_data, struct slice id, struct slice name,
                                 struct slice *raw);

/* SD-IDs in their order, at most max; a damaged element ends the list. How many. */
size_t parse_structured_data_ids(struct slice structured_data, struct slice *ids, size_t max);

/* How many parameters there are, up to where it is damaged. */
size_t parse_structured_data_count(struct slice structured_data);
/* Whether there is an element of this SD-ID before a damaged one. */
bool parse_structured_data_has(struct slice structured_data, struct slice id);

/* The structured data at the start of text, up to its last bracket; empty: there is none. */
struct slice parse_structured_data_prefix(struct slice text);

#endif
