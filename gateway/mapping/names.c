/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names by OID: rows in the order of the OIDs' numbers, found by halving. The row found is the last
 * that is not behind the OID; the longest that the OID begins with is it or one of those above it.
 */
#include "gateway/mapping/names.h"

#include <stdbool.h>
#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/error.h"
#include "gateway/mapping/compile.h"
#include "gateway/schema/event.h"
#include "gateway/xml/document.h"

enum { OID_TEXT_LONGEST = 400, NAME_LONGEST = 100, ARC_DIGITS = 10, ROWS_MAX = 1000000 };

struct names {
    struct arena arena;
    struct names_row *rows;
    size_t n, cap;
};

struct reader {
    struct names *names;
    struct diag *diag;
    const char *path;
    int line;
    struct slice base;
};

/* ---- OIDs ---- */

static size_t arc_end(struct slice oid, size_t at)
{
    while (at < oid.n && oid.p[at] != '.')
        at++;
    return at;
}

/* How many bytes are the same in front: OIDs have long heads in common. */
static size_t common_head(struct slice a, struct slice b)
{
    size_t least = a.n < b.n ? a.n : b.n, same = 0;
    while (least - same >= 8 && memcmp(a.p + same, b.p + same, 8) == 0)
        same += 8;
    while (same < least && a.p[same] == b.p[same])
        same++;
    return same;
}

/* By numbers: an arc with fewer digits is smaller, since none begins with 0. */
static int oid_compare(struct slice a, struct slice b)
{
    size_t same = common_head(a, b);
    if (same == a.n && same == b.n)
        return 0;
    size_t a_end = arc_end(a, same), b_end = arc_end(b, same);
    if (a_end != b_end)
        return a_end < b_end ? -1 : 1;
    if (same < a_end)
        return (unsigned char)a.p[same] < (unsigned char)b.p[same] ? -1 : 1;
    return a.n < b.n ? -1 : 1;
}

static bool oid_is_below(struct slice oid, struct slice above)
{
    return slice_starts_with(oid, above) && (oid.n == above.n || oid.p[above.n] == '.');
}

/* Numbers between single dots, none with a needless 0. */
static bool oid_is_sound(struct slice oid)
{
    if (oid.n == 0 || oid.n > OID_TEXT_LONGEST)
        return false;
    for (size_t at = 0; at <= oid.n; at++) {
        size_t end = arc_end(oid, at);
        if (end == at || end - at > ARC_DIGITS || (oid.p[at] == '0' && end > at + 1))
            return false;
        for (; at < end; at++)
            if (oid.p[at] < '0' || oid.p[at] > '9')
                return false;
    }
    return true;
}

/* ---- the file ---- */

/* base and tail are its OID. */
static void add_row(struct reader *r, struct slice base, struct slice tail, struct slice name,
                    struct names_row row)
{
    struct names *names = r->names;
    tail = slice_head(tail, 1024);
    const char *text = arena_printf(&names->arena, "%.*s%.*s%.*s", SLICE_FMT(base), SLICE_FMT(tail),
                                    SLICE_FMT(name));
    struct slice oid = slice_of(text, base.n + tail.n);
    if (!oid_is_sound(oid) || name.n == 0 || name.n > NAME_LONGEST) {
        diag_add(r->diag, r->path, r->line, "is no OID with a name");
        return;
    }
    if (names->n > 0 && oid_compare(names_oid(&names->rows[names->n - 1]), oid) >= 0) {
        diag_add(r->diag, r->path, r->line, "%.*s does not stand in the order of the numbers",
                 SLICE_FMT(oid));
        return;
    }
    if (names->n == names->cap) {
        names->cap = names->cap ? names->cap * 2 : 1024;
        names->rows = gw_realloc(names->rows, names->cap * sizeof *names->rows);
    }
    row.text = text;
    row.n_oid = (uint16_t)oid.n;
    row.n_name = (uint8_t)name.n;
    row.above = (int32_t)names->n - 1;
    while (row.above >= 0 && !oid_is_below(oid, names_oid(&names->rows[row.above])))
        row.above = names->rows[row.above].above;
    names->rows[names->n++] = row;
}

static bool read_meaning(struct slice kind, struct slice severity, struct names_row *row)
{
    int number = gw_kind_by_name(kind), level = compile_severity(severity);
    if (number <= 0 || level < 0)
        return false;
    row->kind = (uint16_t)number;
    row->severity = (uint8_t)level;
    return true;
}

/* "=interface.name @interface.index", either or both, of an object. */
static bool read_fields(struct slice words, struct names_row *row)
{
    while (words.n > 0) {
        struct slice word, rest;
        if (!slice_cut(words, ' ', &word, &rest)) {
            word = words;
            rest = SLICE_NONE;
        }
        uint16_t *place = word.n && word.p[0] == '=' ? &row->value_field : &row->instance_field;
        if (word.n < 2 || (word.p[0] != '=' && word.p[0] != '@') || *place != 0)
            return false;
        *place = (uint16_t)gw_field_by_name(slice_skip(word, 1));
        if (*place == 0)
            return false;
        words = rest;
    }
    return true;
}

/* ".2.0.1 name", ".2.0.1 name =field @field" or ".2.0.1 name kind severity" */
static void read_name(struct reader *r, struct slice tail, struct slice rest)
{
    struct names_row row = {.what = NAMES_OBJECT};
    struct slice name, meaning, kind, severity;
    bool has_meaning = slice_cut(rest, ' ', &name, &meaning);
    if (has_meaning && meaning.n && (meaning.p[0] == '=' || meaning.p[0] == '@')) {
        if (!read_fields(meaning, &row)) {
            diag_add(r->diag, r->path, r->line, "expected NAME =FIELD, @FIELD or both");
            return;
        }
    } else if (has_meaning) {
        row.what = NAMES_NOTIFICATION;
        if (!slice_cut(meaning, ' ', &kind, &severity) || !read_meaning(kind, severity, &row)) {
            diag_add(r->diag, r->path, r->line, "expected NAME, or NAME KIND SEVERITY");
            return;
        }
    }
    add_row(r, r->base, tail, name, row);
}

static void read_line(struct reader *r, struct slice line)
{
    struct slice oid, rest;
    line = slice_trim(line);
    if (line.n == 0 || line.p[0] == '#')
        return;
    if (!slice_cut(line, ' ', &oid, &rest)) {
        r->base = arena_dup(&r->names->arena, oid);
        if (!oid_is_sound(oid))
            diag_add(r->diag, r->path, r->line, "is no OID");
    } else if (oid.n && oid.p[0] == '.') {
        read_name(r, oid, rest);
    } else {
        add_row(r, SLICE_NONE, oid, rest, (struct names_row){.what = NAMES_VENDOR});
    }
}

int names_load(const char *path, struct diag *diag, struct names **out)
{
    size_t errors = diag->total;
    struct buf text = {0};
    *out = NULL;
    int result = xml_read_file(path, &text, diag);
    if (result != GW_OK) {
        buf_free(&text);
        return result;
    }
    struct names *names = gw_alloc(sizeof *names);
    arena_init(&names->arena, 0);
    struct reader r = {.names = names, .diag = diag, .path = path};
    struct slice rest = buf_get(&text);
    while (rest.n > 0 && names->n < ROWS_MAX) {
        size_t n = slice_find(rest, '\n');
        r.line++;
        read_line(&r, slice_head(rest, n));
        rest = slice_skip(rest, n < rest.n ? n + 1 : rest.n);
    }
    buf_free(&text);
    if (rest.n > 0)
        diag_add(diag, path, r.line, "has more than %d names", ROWS_MAX);
    if (diag->total > errors) {
        names_free(names);
        return GW_ERR_INVALID;
    }
    names->rows = gw_realloc(names->rows, names->n * sizeof *names->rows);
    names->cap = names->n;
    *out = names;
    return GW_OK;
}

void names_free(struct names *names)
{
    if (!names)
        return;
    arena_fini(&names->arena);
    free(names->rows);
    free(names);
}

/* ---- questions ---- */

/* The row of the longest OID that this one begins with; NULL: none. */
static const struct names_row *find_above(const struct names *names, struct slice oid)
{
    size_t from = 0, to = names ? names->n : 0;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (oid_compare(names_oid(&names->rows[middle]), oid) <= 0)
            from = middle + 1;
        else
            to = middle;
    }
    int32_t at = (int32_t)from - 1;
    while (at >= 0 && !oid_is_below(oid, names_oid(&names->rows[at])))
        at = names->rows[at].above;
    return at >= 0 ? &names->rows[at] : NULL;
}

static const struct names_row *above(const struct names *names, const struct names_row *row)
{
    return row->above >= 0 ? &names->rows[row->above] : NULL;
}

static const struct names_row *exact_notification(const struct names *names, struct slice oid)
{
    const struct names_row *row = find_above(names, oid);
    return row && row->what == NAMES_NOTIFICATION && row->n_oid == oid.n ? row : NULL;
}

const struct names_row *names_notification(const struct names *names, struct slice oid)
{
    char text[OID_TEXT_LONGEST];
    const struct names_row *row = exact_notification(names, oid);
    size_t last = oid.n;
    while (last > 0 && oid.p[last - 1] != '.')
        last--;
    if (row || last < 3 || oid.n > sizeof text || memcmp(oid.p + last - 3, ".0.", 3) != 0)
        return row;
    memcpy(text, oid.p, last - 2);
    memcpy(text + last - 2, oid.p + last, oid.n - last);
    return exact_notification(names, slice_of(text, oid.n - 2));
}

const struct names_row *names_object(const struct names *names, struct slice oid,
                                     struct slice *instance)
{
    const struct names_row *row = find_above(names, oid);
    while (row && row->what != NAMES_OBJECT)
        row = above(names, row);
    *instance = row ? slice_skip(oid, row->n_oid) : SLICE_NONE;
    return row;
}

struct slice names_vendor(const struct names *names, struct slice oid)
{
    const struct names_row *row = find_above(names, oid);
    while (row && row->what != NAMES_VENDOR)
        row = above(names, row);
    return row ? names_name(row) : SLICE_NONE;
}
