/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_CSV_H
#define GATEWAY_CTL_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"

/**
 * A scanner's report, a table with a head (RFC 4180), as messages: each record one line of JSON, an
 * object by the head's names, as mappings of format json read it.
 *
 * The delimiter is comma, semicolon or tab, whichever makes most of a table: records with one
 * number of columns. The head is the first of these; reports begin with a few lines of their own.
 * Line ends and delimiters inside quotes belong to a value; a quote there is written twice. A
 * column without a name is left out; a name that comes twice is an error. Empty values are left
 * out. A value is cut at CSV_VALUE_MAX bytes, all of a record once more where it would be longer
 * than a message.
 */
enum {
    CSV_COLUMNS_MAX = 512,
    CSV_VALUE_MAX = 2000,
    CSV_VALUE_MIN = 100,    /* of a record that would be too long */
    CSV_MESSAGE_MAX = 60000 /* less than what a listener takes by default */
};

struct csv_options {
    const char *charset; /* NULL: UTF-8 */
    /* The column that names computers. For each of its values one more message is made, before all
       others: that value's first record, with "eog.each" = the column. It says that the report
       covers this computer, so that what it had before and has no longer is known. NULL: none. */
    const char *each;
};

struct csv_figures {
    size_t records;      /* as messages, without those of each */
    size_t each;         /* messages of each */
    size_t before;       /* records before the head */
    size_t odd;          /* records behind it with another number of columns: left out */
    size_t odd_line;     /* of the first of them */
    size_t cut;          /* records with a value that was cut */
    unsigned replaced;   /* bytes that are no character */
    const char *guessed; /* the charset that was likely, where none was given; NULL: not so */
};

/* Lines are appended to out. False: error says what, and at which line. */
bool csv_to_json(struct slice text, const struct csv_options *options, struct buf *out,
                 struct csv_figures *figures, struct buf *error);

#endif
