/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Twice over the text: once for its form (delimiter, head), once for its records. */
#include "gateway/ctl/csv.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/charset.h"
#include "gateway/base/json.h"
#include "gateway/base/map.h"
#include "gateway/base/utf8.h"

struct field {
    struct slice text; /* between its quotes, if it has some */
    bool has_pairs;    /* of quotes, that stand for one */
};

struct record {
    struct field fields[CSV_COLUMNS_MAX];
    size_t n; /* of all columns, more than fields where there are too many */
    size_t line;
};

struct reader {
    struct slice rest;
    char delimiter;
    size_t line; /* of the next record */
};

struct table {
    struct reader begin; /* behind the head */
    struct slice names[CSV_COLUMNS_MAX];
    size_t n_names;
};

/* The records with one number of columns. */
struct width {
    size_t records;
    struct reader first;
};

struct job {
    const struct csv_options *options;
    struct csv_figures *figures;
    struct buf *error;
    struct arena arena;
    struct table table;
    struct record record;
    struct width widths[CSV_COLUMNS_MAX + 2]; /* by number; the last: more */
    struct buf value;                         /* one without its pairs of quotes */
};

/* ---- reading ---- */

static size_t count_lines(struct slice text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

/* Reader stands at a quote. False: it does not end. */
static bool read_quoted(struct reader *reader, struct field *field)
{
    struct slice s = slice_skip(reader->rest, 1);
    size_t i = 0;
    while (i < s.n && (s.p[i] != '"' || (i + 1 < s.n && s.p[i + 1] == '"'))) {
        field->has_pairs |= s.p[i] == '"';
        i += s.p[i] == '"' ? 2 : 1;
    }
    if (i >= s.n)
        return false;
    field->text = slice_head(s, i);
    reader->rest = slice_skip(s, i + 1);
    return true;
}

static size_t find_end(struct slice s, char delimiter)
{
    size_t i = 0;
    while (i < s.n && s.p[i] != delimiter && s.p[i] != '\n' && s.p[i] != '\r')
        i++;
    return i;
}

/* Over the end of a field; true: it was the record's last one too. */
static bool end_field(struct reader *reader)
{
    struct slice *rest = &reader->rest;
    /* What stands between a closing quote and the delimiter is nobody's. */
    *rest = slice_skip(*rest, find_end(*rest, reader->delimiter));
    if (rest->n && rest->p[0] == reader->delimiter) {
        *rest = slice_skip(*rest, 1);
        return false;
    }
    if (slice_starts_with(*rest, SLICE("\r\n")))
        *rest = slice_skip(*rest, 1);
    *rest = slice_skip(*rest, rest->n > 0);
    return true;
}

enum read { READ_RECORD, READ_END, READ_OPEN_QUOTE };

/* Empty lines are no records. */
static enum read next_record(struct reader *reader, struct record *record)
{
    while (reader->rest.n && (reader->rest.p[0] == '\n' || reader->rest.p[0] == '\r')) {
        reader->line += reader->rest.p[0] == '\n';
        reader->rest = slice_skip(reader->rest, 1);
    }
    if (reader->rest.n == 0)
        return READ_END;
    const char *begin = reader->rest.p;
    bool is_last = false;
    record->line = reader->line;
    for (record->n = 0; !is_last; record->n++) {
        struct field field = {0};
        if (reader->rest.n && reader->rest.p[0] == '"') {
            if (!read_quoted(reader, &field))
                return READ_OPEN_QUOTE;
        } else {
            field.text = slice_head(reader->rest, find_end(reader->rest, reader->delimiter));
            reader->rest = slice_skip(reader->rest, field.text.n);
        }
        if (record->n < CSV_COLUMNS_MAX)
            record->fields[record->n] = field;
        is_last = end_field(reader);
    }
    reader->line += count_lines(slice_of(begin, (size_t)(reader->rest.p - begin)));
    return READ_RECORD;
}

/* A value as it is meant; valid until the next one. */
static struct slice value_of(struct job *job, const struct field *field)
{
    if (!field->has_pairs)
        return field->text;
    buf_clear(&job->value);
    for (size_t i = 0; i < field->text.n; i++) {
        buf_byte(&job->value, field->text.p[i]);
        if (field->text.p[i] == '"')
            i++;
    }
    return buf_get(&job->value);
}

/* ---- the head ---- */

/* How well a delimiter makes a table of text: of the records that have a number of columns, times
   that number, the most. A head alone is none. */
struct fit {
    size_t score, columns;
    struct reader head;
    size_t open_line; /* a quoted value that begins there does not end; 0: all do */
};

static struct fit fit_of(struct job *job, struct slice text, char delimiter)
{
    struct reader reader = {text, delimiter, 1}, before = reader;
    struct width *widths = job->widths;
    struct fit fit = {0};
    enum read read;
    memset(job->widths, 0, sizeof job->widths);
    while ((read = next_record(&reader, &job->record)) == READ_RECORD) {
        size_t n = job->record.n < CSV_COLUMNS_MAX ? job->record.n : CSV_COLUMNS_MAX + 1;
        if (widths[n].records++ == 0)
            widths[n].first = before;
        before = reader;
    }
    for (size_t n = 2; n <= CSV_COLUMNS_MAX + 1; n++)
        if (widths[n].records >= 2 && widths[n].records * n >= fit.score)
            fit = (struct fit){widths[n].records * n, n, widths[n].first, 0};
    if (read == READ_OPEN_QUOTE)
        fit.open_line = reader.line;
    return fit;
}

static bool find_head(struct job *job, struct slice text, struct reader *head)
{
    static const char delimiters[] = {',', ';', '\t'};
    struct fit best = {0};
    size_t open_line = 0;
    for (size_t i = 0; i < sizeof delimiters; i++) {
        struct fit fit = fit_of(job, text, delimiters[i]);
        open_line = open_line ? open_line : fit.open_line;
        if (fit.score > best.score)
            best = fit;
    }
    *head = best.head;
    if (best.open_line || (best.score == 0 && open_line))
        buf_printf(job->error, "line %zu: a quoted value does not end; is the file cut?",
                   best.open_line ? best.open_line : open_line);
    else if (best.score == 0)
        buf_printf(job->error, "no table: a head, and records with as many columns, are expected");
    else if (best.columns > CSV_COLUMNS_MAX)
        buf_printf(job->error, "more than %d columns", CSV_COLUMNS_MAX);
    return job->error->n == 0;
}

static bool read_names(struct job *job)
{
    struct table *table = &job->table;
    struct map *seen = map_new();
    bool is_good = true;
    table->n_names = job->record.n;
    for (size_t i = 0; i < table->n_names && is_good; i++) {
        struct slice name = slice_trim(value_of(job, &job->record.fields[i]));
        table->names[i] = arena_dup(&job->arena, utf8_head(name, 200));
        if (name.n && map_put(seen, name, table)) {
            buf_printf(job->error, "line %zu: two columns are called \"%.*s\"", job->record.line,
                       SLICE_FMT(name));
            is_good = false;
        }
    }
    map_free(seen, NULL);
    return is_good;
}

static bool read_head(struct job *job, struct slice text)
{
    struct reader head, reader;
    if (!find_head(job, text, &head))
        return false;
    reader = (struct reader){text, head.delimiter, 1};
    while (reader.rest.p != head.rest.p && next_record(&reader, &job->record) == READ_RECORD)
        job->figures->before++;
    next_record(&reader, &job->record);
    job->table.begin = reader;
    return read_names(job);
}

static bool find_column(struct job *job, const char *name, size_t *column)
{
    const struct table *table = &job->table;
    for (size_t i = 0; i < table->n_names; i++) {
        if (slice_equal(table->names[i], slice_from(name))) {
            *column = i;
            return true;
        }
    }
    buf_printf(job->error, "no column \"%s\"; there are:", name);
    for (size_t i = 0; i < table->n_names && i < 60; i++)
        buf_printf(job->error, "%s %.*s", i ? "," : "", SLICE_FMT(table->names[i]));
    return false;
}

/* ---- records as lines ---- */

/* False: a value was cut. */
static bool put_object(struct job *job, const char *each, size_t value_max, struct buf *out)
{
    const struct table *table = &job->table;
    struct json json;
    bool is_whole = true;
    json_begin(&json, out);
    json_begin_object(&json, SLICE_NONE);
    if (each)
        json_text(&json, SLICE("eog.each"), slice_from(each));
    for (size_t i = 0; i < table->n_names; i++) {
        struct slice value = slice_trim(value_of(job, &job->record.fields[i]));
        if (table->names[i].n == 0 || value.n == 0)
            continue;
        is_whole &= value.n <= value_max;
        json_text(&json, table->names[i], utf8_head(value, value_max));
    }
    json_end_object(&json);
    return is_whole;
}

static void put_line(struct job *job, const char *each, struct buf *out)
{
    size_t before = out->n;
    bool is_whole = put_object(job, each, CSV_VALUE_MAX, out);
    if (out->n - before > CSV_MESSAGE_MAX) {
        out->n = before;
        is_whole = put_object(job, each, CSV_VALUE_MIN, out);
    }
    buf_byte(out, '\n');
    if (!each)
        job->figures->cut += !is_whole;
}

static void put_each(struct job *job, struct map *seen, size_t column, struct buf *out)
{
    struct slice value = slice_trim(value_of(job, &job->record.fields[column]));
    if (value.n == 0 || map_put(seen, value, seen))
        return;
    put_line(job, job->options->each, out);
    job->figures->each++;
}

static bool put_records(struct job *job, struct buf *out)
{
    const char *each = job->options->each;
    struct csv_figures *figures = job->figures;
    struct reader reader = job->table.begin;
    struct buf lines = {0};
    size_t column = 0;
    if (each && !find_column(job, each, &column))
        return false;
    struct map *seen = map_new();
    while (next_record(&reader, &job->record) == READ_RECORD) {
        if (job->record.n != job->table.n_names) {
            if (figures->odd++ == 0)
                figures->odd_line = job->record.line;
            continue;
        }
        figures->records++;
        if (each)
            put_each(job, seen, column, out);
        put_line(job, NULL, &lines);
    }
    map_free(seen, NULL);
    buf_slice(out, buf_get(&lines));
    buf_free(&lines);
    if (figures->records == 0)
        buf_printf(job->error, "no record behind the head");
    return figures->records > 0;
}

static bool to_utf8(struct job *job, struct slice *text)
{
    if (slice_starts_with(*text, SLICE("\xff\xfe")) ||
        slice_starts_with(*text, SLICE("\xfe\xff"))) {
        buf_printf(job->error, "the file is UTF-16: save it as CSV in UTF-8");
        return false;
    }
    struct charset *charset = charset_open(job->options->charset);
    if (!charset) {
        buf_printf(job->error, "no charset \"%s\" is known", job->options->charset);
        return false;
    }
    struct charset_loss loss;
    *text = charset_to_utf8(charset, *text, &job->arena, &loss);
    job->figures->replaced += loss.replaced;
    job->figures->guessed = loss.guessed;
    charset_close(charset);
    if (slice_starts_with(*text, SLICE("\xef\xbb\xbf")))
        *text = slice_skip(*text, 3);
    return true;
}

bool csv_to_json(struct slice text, const struct csv_options *options, struct buf *out,
                 struct csv_figures *figures, struct buf *error)
{
    struct job *job = gw_alloc(sizeof *job);
    *figures = (struct csv_figures){0};
    job->options = options;
    job->figures = figures;
    job->error = error;
    arena_init(&job->arena, 4 * text.n + 4096 * CSV_COLUMNS_MAX);
    bool is_good = to_utf8(job, &text) && read_head(job, text) && put_records(job, out);
    arena_fini(&job->arena);
    buf_free(&job->value);
    free(job);
    return is_good;
}
