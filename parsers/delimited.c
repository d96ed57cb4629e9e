/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Delimited lines. One pass: a quote that has no end takes the rest of the line, so no byte is
 * looked at twice however many quotes there are.
 */
#include "parsers/delimited.h"

#include <string.h>

#include "parsers/escape.h"

#define TEN(tens)                                                                                  \
    tens "0", tens "1", tens "2", tens "3", tens "4", tens "5", tens "6", tens "7", tens "8",      \
        tens "9"

/* By column number, so that a name costs nothing and lives for ever. */
static const char names[][4] = {
    TEN(""),   TEN("1"),  TEN("2"),  TEN("3"),  TEN("4"),  TEN("5"),  TEN("6"),
    TEN("7"),  TEN("8"),  TEN("9"),  TEN("10"), TEN("11"), TEN("12"), TEN("13"),
    TEN("14"), TEN("15"), TEN("16"), TEN("17"), TEN("18"), TEN("19"), TEN("20"),
    TEN("21"), TEN("22"), TEN("23"), TEN("24"), TEN("25"),
};
_Static_assert(sizeof names / sizeof *names > FIELDS_MAX, "every column has a name");

struct delimited delimited_begin(struct slice line, struct slice delimiter)
{
    return (struct delimited){.rest = line, .delimiter = delimiter};
}

/* Where the next delimiter stands in s, or s.n. */
static size_t find_delimiter(struct slice s, struct slice delimiter)
{
    return delimiter.n == 1 ? slice_find(s, delimiter.p[0]) : slice_search(s, delimiter);
}

/* The column is the first n bytes of the rest; a delimiter, or the end, is at behind. */
static void take(struct delimited *line, size_t behind)
{
    line->is_done = behind >= line->rest.n;
    line->rest = slice_skip(line->rest, behind + (line->is_done ? 0 : line->delimiter.n));
}

/* Bytes up to and with the opening quote; 0: the column is not quoted. */
static size_t opening(const struct delimited *line)
{
    size_t i = 0;
    if (line->delimiter.n != 1 || line->delimiter.p[0] == '"')
        return 0;
    while (i < line->rest.n && line->rest.p[i] == ' ' && line->delimiter.p[0] != ' ')
        i++;
    return i < line->rest.n && line->rest.p[i] == '"' ? i + 1 : 0;
}

/* Behind the opening quote, up to the one that a delimiter or the line's end follows. */
static void take_quoted(struct delimited *line, size_t start, struct delimited_column *column)
{
    struct slice s = line->rest;
    for (size_t i = start; i < s.n; i++) {
        i += slice_find(slice_skip(s, i), '"');
        if (i >= s.n)
            break;
        if (i + 1 == s.n || s.p[i + 1] == line->delimiter.p[0]) {
            column->text = slice_of(s.p + start, i - start);
            take(line, i + 1);
            return;
        }
        if (s.p[i + 1] == '"') {
            column->has_doubled_quotes = true;
            i++;
        }
    }
    line->is_open = true;
    column->text = slice_skip(s, start);
    take(line, s.n);
}

bool delimited_next(struct delimited *line, struct delimited_column *column)
{
    if (line->is_done)
        return false;
    size_t quote = opening(line);
    *column = (struct delimited_column){.text = SLICE_NONE};
    if (quote) {
        take_quoted(line, quote, column);
        return true;
    }
    size_t n = find_delimiter(line->rest, line->delimiter);
    column->text = slice_head(line->rest, n);
    take(line, n);
    return true;
}

/* Between delimiters of one byte, up to one in quotes or an empty last one. */
static size_t plain_first(struct delimited *line, struct slice *texts, size_t max)
{
    char delimiter = line->delimiter.p[0];
    const char *p = line->rest.p, *end = p + line->rest.n;
    size_t n = 0;
    while (n < max && p < end) {
        const char *start = p;
        while (start < end && *start == ' ' && delimiter != ' ')
            start++;
        if (start < end && *start == '"')
            break;
        const char *at = memchr(start, delimiter, (size_t)(end - start));
        line->is_done = !at;
        texts[n++] = slice_of(p, (size_t)((at ? at : end) - p));
        p = at ? at + 1 : end;
    }
    line->rest = slice_of(p, (size_t)(end - p));
    return n;
}

size_t delimited_first(struct slice line, struct slice delimiter, struct slice *texts, size_t max)
{
    struct delimited reader = delimited_begin(line, delimiter);
    struct delimited_column column;
    size_t n = line.n && delimiter.n == 1 ? plain_first(&reader, texts, max) : 0;
    for (; n < max && delimited_next(&reader, &column); n++)
        texts[n] = column.text;
    return n;
}

bool delimited_has_columns(struct slice line, struct slice delimiter, size_t min, size_t max)
{
    struct delimited reader = delimited_begin(parse_without_line_end(line), delimiter);
    struct delimited_column column;
    size_t n = 0;
    while (n <= max && delimited_next(&reader, &column))
        n++;
    return n >= min && n <= max;
}

static struct slice single_quotes(struct slice text, struct arena *arena, struct fields *out)
{
    char *to = arena_bytes(arena, text.n);
    if (!to) {
        out->is_truncated = true;
        return text;
    }
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        to[n++] = text.p[i];
        if (text.p[i] == '"' && i + 1 < text.n && text.p[i + 1] == '"')
            i++;
    }
    return slice_of(to, n);
}

enum parse_status parse_delimited(struct slice in, struct slice delimiter, struct arena *arena,
                                  struct fields *out)
{
    struct delimited line = delimited_begin(parse_without_line_end(in), delimiter);
    struct delimited_column column;
    out->format = GW_FORMAT_CSV;
    out->n_header = out->n;
    for (size_t number = 1; delimited_next(&line, &column); number++) {
        if (out->n == FIELDS_MAX) {
            out->is_truncated = true;
            break;
        }
        struct slice text =
            column.has_doubled_quotes ? single_quotes(column.text, arena, out) : column.text;
        fields_add(out, slice_of(names[number], number < 10 ? 1 : number < 100 ? 2 : 3), text);
    }
    if (!line.is_open)
        return PARSE_OK;
    out->error = "a quoted column has no end";
    out->error_at = in.n;
    return PARSE_MALFORMED;
}
