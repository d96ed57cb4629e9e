/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CSV of what should be there. Quoted fields may hold commas, quotes (doubled) and line ends.
 * Source: RFC 4180; what it does not know and people write (comments, blanks around, a byte order
 * mark, a bare LF) is accepted.
 */
#include "gateway/kpi/inventory.h"

#include <stdlib.h>

#include "gateway/base/address.h"
#include "gateway/base/civil.h"
#include "gateway/base/error.h"
#include "gateway/base/utf8.h"
#include "gateway/kpi/table.h"

enum column {
    SITE,
    NAME,
    ROLE,
    PRODUCT,
    ADDRESS,
    EXPECTED,
    HEARTBEAT,
    LICENSE_END,
    UPLINKS,
    COLUMNS
};
static const char *const column_names[] = {"site",      "name",        "role",
                                           "product",   "address",     "expected",
                                           "heartbeat", "license_end", "uplinks"};
enum { CELLS_MAX = 32 };

struct reader {
    struct diag *diag;
    const char *file;
    struct slice rest;
    int line; /* of the row being read */
    int next_line;
    struct kpi_inventory *inventory;
    size_t cap_rows;
    int place[COLUMNS]; /* cell number of each column, -1: absent */
    struct kpi_table seen;
};

static bool read_quoted(struct reader *r, struct slice *cell)
{
    size_t i = 1, n = 0;
    while (i < r->rest.n && (r->rest.p[i] != '"' || (i + 1 < r->rest.n && r->rest.p[i + 1] == '"')))
        i += r->rest.p[i] == '"' ? 2 : 1;
    if (i >= r->rest.n) {
        diag_add(r->diag, r->file, r->line, "a quoted field is not closed");
        r->rest = slice_skip(r->rest, r->rest.n);
        return false;
    }
    char *text = arena_bytes(&r->inventory->arena, i);
    for (size_t j = 1; j < i; j++) {
        text[n++] = r->rest.p[j];
        r->next_line += r->rest.p[j] == '\n';
        j += r->rest.p[j] == '"';
    }
    r->rest = slice_skip(r->rest, i + 1);
    *cell = slice_trim(slice_of(text, n));
    while (r->rest.n && (r->rest.p[0] == ' ' || r->rest.p[0] == '\t' || r->rest.p[0] == '\r'))
        r->rest = slice_skip(r->rest, 1);
    if (r->rest.n && r->rest.p[0] != ',' && r->rest.p[0] != '\n') {
        diag_add(r->diag, r->file, r->line,
                 "text behind a closing quote; write \"\" for a quote inside quotes");
        return false;
    }
    return true;
}

static void skip_line(struct reader *r)
{
    size_t end = slice_find(r->rest, '\n');
    r->rest = slice_skip(r->rest, end + 1);
}

/* One row into cells; -1 at the end, -2 when it cannot be read. */
static int read_row(struct reader *r, struct slice *cells)
{
    for (;;) {
        if (r->rest.n == 0)
            return -1;
        struct slice line = slice_trim(slice_head(r->rest, slice_find(r->rest, '\n')));
        r->line = r->next_line;
        if (line.n && line.p[0] != '#')
            break;
        r->next_line++;
        skip_line(r);
    }
    int n = 0;
    for (;;) {
        struct slice cell;
        size_t blanks = 0;
        while (blanks < r->rest.n && (r->rest.p[blanks] == ' ' || r->rest.p[blanks] == '\t'))
            blanks++;
        if (blanks < r->rest.n && r->rest.p[blanks] == '"') {
            r->rest = slice_skip(r->rest, blanks);
            if (!read_quoted(r, &cell)) {
                r->next_line++;
                skip_line(r);
                return -2;
            }
        } else {
            size_t end = 0;
            while (end < r->rest.n && r->rest.p[end] != ',' && r->rest.p[end] != '\n')
                end++;
            cell = slice_trim(slice_head(r->rest, end));
            r->rest = slice_skip(r->rest, end);
        }
        if (n < CELLS_MAX)
            cells[n] = cell;
        n++;
        if (r->rest.n == 0 || r->rest.p[0] == '\n')
            break;
        r->rest = slice_skip(r->rest, 1);
    }
    r->next_line++;
    r->rest = slice_skip(r->rest, 1);
    if (n <= CELLS_MAX)
        return n;
    diag_add(r->diag, r->file, r->line, "%d fields; at most %d are read", n, CELLS_MAX);
    return -2;
}

/* False when the rows below cannot be understood. */
static bool read_header(struct reader *r)
{
    struct slice cells[CELLS_MAX];
    int n = read_row(r, cells);
    for (int c = 0; c < COLUMNS; c++)
        r->place[c] = -1;
    if (n < 0) {
        diag_add(r->diag, r->file, r->line,
                 "no header row; the first line names the columns: site,name,role,...");
        return false;
    }
    for (int i = 0; i < n; i++) {
        int c = 0;
        while (c < COLUMNS && !slice_equal_nocase(cells[i], slice_from(column_names[c])))
            c++;
        if (c == COLUMNS)
            diag_add(r->diag, r->file, r->line,
                     "column \"%.*s\" is not known; known: site, name, role, product, address, "
                     "expected, heartbeat, license_end, uplinks",
                     SLICE_FMT(cells[i]));
        else if (r->place[c] >= 0)
            diag_add(r->diag, r->file, r->line, "column \"%s\" stands twice", column_names[c]);
        else
            r->place[c] = i;
    }
    for (int c = SITE; c <= ROLE; c++)
        if (r->place[c] < 0)
            diag_add(r->diag, r->file, r->line, "column \"%s\" is missing", column_names[c]);
    return r->place[SITE] >= 0 && r->place[NAME] >= 0 && r->place[ROLE] >= 0;
}

static int64_t read_duration(struct reader *r, struct slice text)
{
    int64_t n, unit = 0;
    char last = text.n ? text.p[text.n - 1] : '\0';
    unit = last == 's'   ? 1000
           : last == 'm' ? 60000
           : last == 'h' ? 3600000
           : last == 'd' ? 86400000
                         : 0;
    if (!unit || !slice_to_int(slice_head(text, text.n - 1), &n) || n < 1 || n > 1000000) {
        diag_add(r->diag, r->file, r->line,
                 "heartbeat \"%.*s\" is no duration; write 90s, 5m, 24h or 7d", SLICE_FMT(text));
        return 0;
    }
    return n * unit;
}

static int64_t read_date(struct reader *r, struct slice text)
{
    int64_t year, month, day;
    struct civil civil = {0};
    if (text.n == 10 && text.p[4] == '-' && text.p[7] == '-' &&
        slice_to_int(slice_head(text, 4), &year) && slice_to_int(slice_of(text.p + 5, 2), &month) &&
        slice_to_int(slice_of(text.p + 8, 2), &day)) {
        civil = (struct civil){.year = (int)year, .month = (int)month, .day = (int)day};
        if (civil_is_valid(&civil))
            return civil_to_ms(&civil) + 86400000 - 1;
    }
    diag_add(r->diag, r->file, r->line, "license_end \"%.*s\" is no date; write 2026-12-31",
             SLICE_FMT(text));
    return 0;
}

static void check_row(struct reader *r, const struct kpi_inventory_row *row, struct slice role)
{
    if (!row->site.n)
        diag_add(r->diag, r->file, r->line, "no site");
    if (!row->name.n)
        diag_add(r->diag, r->file, r->line, "no name");
    if (row->name.n > 255 || row->site.n > 63)
        diag_add(r->diag, r->file, r->line,
                 "a name is longer than 255 bytes, or a site longer than 63");
    if (!slice_equal_nocase(role, SLICE("host")) && !slice_equal_nocase(role, SLICE("product")) &&
        !slice_equal_nocase(role, SLICE("device")))
        diag_add(r->diag, r->file, r->line,
                 "role \"%.*s\" is not known; write host, product or device", SLICE_FMT(role));
    if (row->address.n && !address_is_ip(row->address))
        diag_add(r->diag, r->file, r->line, "address \"%.*s\" is no IPv4 or IPv6 address",
                 SLICE_FMT(row->address));
    if (row->uplinks.n && row->role != KPI_ROLE_DEVICE)
        diag_add(r->diag, r->file, r->line, "uplinks are of a device");
    uint64_t key =
        kpi_hash_nocase(kpi_hash_nocase(1, (uint64_t)row->role + 1, row->site), 2, row->name);
    bool is_new;
    uint32_t *first = kpi_table_put(&r->seen, key, &is_new);
    if (!is_new)
        diag_add(r->diag, r->file, r->line, "\"%.*s\" of site \"%.*s\" stands in line %u already",
                 SLICE_FMT(row->name), SLICE_FMT(row->site), *first);
    else
        *first = (uint32_t)r->line;
}

static void take_row(struct reader *r, const struct slice *cells, int n)
{
    struct kpi_inventory *inventory = r->inventory;
    struct slice value[COLUMNS];
    for (int c = 0; c < COLUMNS; c++)
        value[c] = r->place[c] >= 0 && r->place[c] < n ? cells[r->place[c]] : SLICE_NONE;
    if (inventory->n_rows == KPI_INVENTORY_MAX) {
        diag_add(r->diag, r->file, r->line, "more than %d lines", KPI_INVENTORY_MAX);
        r->rest = SLICE_NONE;
        return;
    }
    if (inventory->n_rows == r->cap_rows) {
        r->cap_rows = r->cap_rows ? r->cap_rows * 2 : 256;
        inventory->rows = gw_realloc(inventory->rows, r->cap_rows * sizeof *inventory->rows);
    }
    struct kpi_inventory_row *row = &inventory->rows[inventory->n_rows++];
    *row = (struct kpi_inventory_row){.line = r->line};
    row->site = arena_dup(&inventory->arena, value[SITE]);
    row->name = arena_dup(&inventory->arena, value[NAME]);
    row->product = arena_dup(&inventory->arena, value[PRODUCT]);
    row->address = arena_dup(&inventory->arena, value[ADDRESS]);
    row->role = slice_equal_nocase(value[ROLE], SLICE("product"))  ? KPI_ROLE_PRODUCT
                : slice_equal_nocase(value[ROLE], SLICE("device")) ? KPI_ROLE_DEVICE
                                                                   : KPI_ROLE_HOST;
    row->is_expected = !slice_equal_nocase(value[EXPECTED], SLICE("no"));
    if (row->is_expected && value[EXPECTED].n && !slice_equal_nocase(value[EXPECTED], SLICE("yes")))
        diag_add(r->diag, r->file, r->line, "expected \"%.*s\" is not known; write yes or no",
                 SLICE_FMT(value[EXPECTED]));
    if (value[HEARTBEAT].n)
        row->heartbeat_ms = read_duration(r, value[HEARTBEAT]);
    if (value[LICENSE_END].n)
        row->license_end_ms = read_date(r, value[LICENSE_END]);
    row->uplinks = arena_dup(&inventory->arena, value[UPLINKS]);
    check_row(r, row, value[ROLE]);
}

static bool check_utf8(struct reader *r, struct slice text)
{
    int line = 1;
    if (utf8_is_valid(text))
        return true;
    for (size_t i = 0; i < text.n;) {
        size_t length = utf8_char((const unsigned char *)text.p + i, text.n - i);
        if (!length) {
            diag_add(r->diag, r->file, line,
                     "not UTF-8; save the file as UTF-8 (Excel: \"CSV UTF-8\")");
            return false;
        }
        line += text.p[i] == '\n';
        i += length;
    }
    return false;
}

int kpi_inventory_load_text(struct slice text, const char *name, struct diag *diag,
                            struct kpi_inventory **out)
{
    size_t before = diag->total;
    struct reader r = {.diag = diag, .file = name, .rest = text, .line = 1, .next_line = 1};
    r.inventory = gw_alloc(sizeof *r.inventory);
    arena_init(&r.inventory->arena, 0);
    if (slice_starts_with(text, SLICE("\xef\xbb\xbf")))
        r.rest = slice_skip(text, 3);
    if (check_utf8(&r, r.rest) && read_header(&r)) {
        struct slice cells[CELLS_MAX];
        int n;
        while ((n = read_row(&r, cells)) != -1)
            if (n > 0)
                take_row(&r, cells, n);
    }
    kpi_table_free(&r.seen);
    if (diag->total != before) {
        kpi_inventory_free(r.inventory);
        return GW_ERR_INVALID;
    }
    *out = r.inventory;
    return GW_OK;
}

void kpi_inventory_free(struct kpi_inventory *inventory)
{
    if (!inventory)
        return;
    free(inventory->rows);
    arena_fini(&inventory->arena);
    free(inventory);
}
