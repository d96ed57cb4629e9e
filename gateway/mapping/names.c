/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names by OID: rows in the order of the OIDs' numbers, each knowing the row above it. An OID's
 * beginnings, which end before a dot, are hashed in one pass and looked up from the longest on; the
 * table is made once, of the file alone, so that no sender can crowd it.
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
/* A slot: the row's number from 1 in the lower bits, above it more of the hash; 0: free. */
enum { SLOT_ROW_BITS = 20, SLOT_ROW_MASK = (1 << SLOT_ROW_BITS) - 1 };

struct names {
    struct arena arena;
    struct names_row *rows;
    size_t n, cap;
    uint32_t *slots;
    size_t slot_mask; /* their number is a power of two, at least a third of them free */
    size_t longest;   /* OID's text among the rows */
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

/* By numbers: an arc with fewer digits is smaller, since none begins with 0. */
static int oid_compare(struct slice a, struct slice b)
{
    size_t least = a.n < b.n ? a.n : b.n, same = 0;
    while (same < least && a.p[same] == b.p[same])
        same++;
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

/* FNV-1a, so that an OID's hash goes on from its beginning's. */
static uint32_t hash_on(uint32_t hash, char c)
{
    return (hash ^ (uint8_t)c) * 16777619U;
}

enum { HASH_BEGIN = 0x811C9DC5 };

/* The lower bits of FNV are the poorer ones. */
static size_t slot_of(const struct names *names, uint32_t hash)
{
    return (hash ^ hash >> 15) & names->slot_mask;
}

static uint32_t tag_of(uint32_t hash)
{
    return hash & ~(uint32_t)SLOT_ROW_MASK;
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
    int number = gw_kind_by_name(kind), level = gw_severity_by_name(severity);
    if (number <= 0 || level < 0)
        return false;
    row->kind = (uint16_t)number;
    row->severity = (uint8_t)level;
    return true;
}

/* "src.ip:text": src.ip, and true. */
static bool cut_text(struct slice *field)
{
    static const struct slice mark = {":text", 5};
    if (field->n <= mark.n || !slice_equal(slice_skip(*field, field->n - mark.n), mark))
        return false;
    field->n -= mark.n;
    return true;
}

/* "=interface.name @interface.index", either or both, of an object; or "=src.ip:text". */
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
        if (place == &row->value_field)
            row->value_is_text = cut_text(&word);
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

static void make_slots(struct names *names)
{
    size_t slots = 16;
    while (slots < names->n + names->n / 2)
        slots *= 2;
    names->slots = gw_alloc(slots * sizeof *names->slots);
    names->slot_mask = slots - 1;
    for (size_t i = 0; i < names->n; i++) {
        struct slice oid = names_oid(&names->rows[i]);
        uint32_t hash = HASH_BEGIN;
        for (size_t k = 0; k < oid.n; k++)
            hash = hash_on(hash, oid.p[k]);
        size_t at = slot_of(names, hash);
        while (names->slots[at])
            at = (at + 1) & names->slot_mask;
        names->slots[at] = tag_of(hash) | (uint32_t)(i + 1);
        if (oid.n > names->longest)
            names->longest = oid.n;
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
    make_slots(names);
    *out = names;
    return GW_OK;
}

void names_free(struct names *names)
{
    if (!names)
        return;
    arena_fini(&names->arena);
    free(names->rows);
    free(names->slots);
    free(names);
}

/* ---- questions ---- */

static const struct names_row *find(const struct names *names, struct slice oid, uint32_t hash)
{
    for (size_t at = slot_of(names, hash); names->slots[at]; at = (at + 1) & names->slot_mask) {
        if ((names->slots[at] ^ hash) & ~(uint32_t)SLOT_ROW_MASK)
            continue;
        const struct names_row *row = &names->rows[(names->slots[at] & SLOT_ROW_MASK) - 1];
        if (slice_equal(names_oid(row), oid))
            return row;
    }
    return NULL;
}

/* The row of the longest OID that this one begins with; NULL: none. */
static const struct names_row *find_above(const struct names *names, struct slice oid)
{
    struct {
        uint32_t hash, n;
    } heads[OID_TEXT_LONGEST + 1];
    size_t n_heads = 0;
    uint32_t hash = HASH_BEGIN;
    for (size_t i = 0; names && i <= oid.n && i <= names->longest; i++) {
        if (i == oid.n || oid.p[i] == '.') {
            heads[n_heads].hash = hash;
            heads[n_heads++].n = (uint32_t)i;
        }
        if (i < oid.n)
            hash = hash_on(hash, oid.p[i]);
    }
    while (n_heads-- > 0) {
        const struct names_row *row =
            find(names, slice_head(oid, heads[n_heads].n), heads[n_heads].hash);
        if (row)
            return row;
    }
    return NULL;
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
