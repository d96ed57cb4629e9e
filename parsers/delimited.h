/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_DELIMITED_H
#define PARSERS_DELIMITED_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"
#include "parsers/fields.h"
#include "parsers/options.h"

enum { DELIMITER_MAX_BYTES = 8 };

/**
 * Lines of columns: comma, tab, semicolon, pipe or any other text between them. Nothing in such a
 * line says that it is one, so the registry never asks for this format: who knows the product knows
 * the delimiter, and cuts the text that the registry left whole.
 */
struct delimited {
    struct slice rest;
    struct slice delimiter; /* 1 to DELIMITER_MAX_BYTES */
    bool is_done;
    bool is_open; /* a quote without an end: the last column holds all that follows it */
};

struct delimited_column {
    struct slice text;       /* without the quotes around it */
    bool has_doubled_quotes; /* "" in it stands for one quote */
};

/* line: without its line end; borrowed. */
struct delimited delimited_begin(struct slice line, struct slice delimiter);
/* The next column; false: no more. An empty line has one empty column, as "a," has two. */
bool delimited_next(struct delimited *line, struct delimited_column *column);
/* The texts of a line's first columns, at most max; how many. */
size_t delimited_first(struct slice line, struct slice delimiter, struct slice *texts, size_t max);

/* Whether line has min to max columns. */
bool delimited_has_columns(struct slice line, struct slice delimiter, size_t min, size_t max);

/**
 * Read the columns of a line.
 *
 * in         the line; a line end is left out; borrowed
 * delimiter  1 to DELIMITER_MAX_BYTES bytes
 * arena      receives columns that held doubled quotes
 * out        not cleared: format, v and n_header (none) are set; the syslog header stays. Names are
 *            the columns' numbers: "1", "2" ... Blanks around values stay.
 *
 * Between single bytes a column may stand in quotes, with blanks before them: delimiters in it are
 * text, "" is one quote, any other quote that no delimiter follows is text too. So text of one
 * column never moves those behind it; a quote that has no end makes the rest one column.
 * Returns PARSE_OK, or PARSE_MALFORMED with error and error_at (bytes from in.p) for such a quote.
 * Source: RFC 4180 section 2.
 */
enum parse_status parse_delimited(struct slice in, struct slice delimiter, struct arena *arena,
                                  struct fields *out);

#endif
