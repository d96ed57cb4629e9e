/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Aligned columns; widths are counted in terminal columns, not bytes. */
#include "gateway/ctl/table.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/utf8.h"

enum { COLUMN_MAX = 64, INDENT = 4, PIPE_COLUMNS = 100000 };

struct table {
    struct arena arena;
    int n_columns, n_rows, cap;
    const char **cells; /* row by row, headings first */
};

/* Columns of one character: 2 for the East Asian wide ranges that names and reports are made of. */
static int char_columns(const unsigned char *p, size_t n)
{
    uint32_t c = n == 3   ? (uint32_t)(p[0] & 15) << 12 | (uint32_t)(p[1] & 63) << 6 | (p[2] & 63)
                 : n == 4 ? (uint32_t)(p[0] & 7) << 18 | (uint32_t)(p[1] & 63) << 12
                          : 0;
    return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
                   (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
                   (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
                   (c >= 0x1f300 && c <= 0x1f64f) || (c >= 0x1f900 && c <= 0x1f9ff) ||
                   (c >= 0x20000 && c <= 0x3ffff)
               ? 2
               : 1;
}

/* What does not fit in max columns is left in text. */
static int put_part(const char **text, int max, FILE *out)
{
    const unsigned char *p = (const unsigned char *)*text;
    size_t left = strlen(*text);
    int used = 0;
    while (left) {
        size_t n = utf8_char(p, left);
        int is_bad = n == 0 || utf8_is_steering(utf8_code(p, n));
        int columns = is_bad ? 1 : char_columns(p, n);
        if (used + columns > max)
            break;
        if (out && is_bad)
            putc('?', out);
        else if (out)
            fwrite(p, 1, n, out);
        used += columns;
        p += n ? n : 1;
        left -= n ? n : 1;
    }
    *text = (const char *)p;
    return used;
}

int table_put_text(const char *text, int max, FILE *out)
{
    return put_part(&text, max, out);
}

struct table *table_new(const char *const *headings, int n_columns)
{
    struct table *table = gw_alloc(sizeof *table);
    arena_init(&table->arena, 0);
    table->n_columns = n_columns;
    table_add(table, headings);
    return table;
}

void table_free(struct table *table)
{
    if (!table)
        return;
    arena_fini(&table->arena);
    free(table->cells);
    free(table);
}

void table_add(struct table *table, const char *const *cells)
{
    if (table->n_rows == table->cap) {
        table->cap = table->cap ? table->cap * 2 : 32;
        table->cells = gw_realloc(table->cells, (size_t)table->cap * (size_t)table->n_columns *
                                                    sizeof *table->cells);
    }
    for (int i = 0; i < table->n_columns; i++)
        table->cells[table->n_rows * table->n_columns + i] =
            arena_text(&table->arena, slice_from(cells[i]));
    table->n_rows++;
}

/* A state may be followed by a word on it: "critical, muted". */
static const char *colour(const char *cell)
{
    static const char *const states[][2] = {{"ok", "\033[32m"},
                                            {"warning", "\033[33m"},
                                            {"critical", "\033[31m"},
                                            {"unknown", "\033[35m"}};
    size_t n = strcspn(cell, ",");
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (n == strlen(states[i][0]) && strncmp(cell, states[i][0], n) == 0)
            return states[i][1];
    return NULL;
}

/* https://no-color.org and CLICOLOR_FORCE, which --color sets too: see main.c. */
static bool wants_colour(FILE *out)
{
    const char *no = getenv("NO_COLOR"), *force = getenv("CLICOLOR_FORCE"), *term = getenv("TERM");
    if (no && *no)
        return false;
    if (force && *force && strcmp(force, "0") != 0)
        return true;
    return isatty(fileno(out)) == 1 && term && *term && strcmp(term, "dumb") != 0;
}

static int terminal_columns(FILE *out)
{
    struct winsize size;
    if (isatty(fileno(out)) && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 20)
        return size.ws_col;
    return PIPE_COLUMNS; /* a pipe gets everything */
}

static int new_line(FILE *out)
{
    fprintf(out, "\n%*s", INDENT, "");
    return INDENT;
}

/* What the line has no room for goes on below. Returns the column behind it. */
static int put_cell(const char *cell, const char *paint, int at, int room, FILE *out)
{
    if (paint)
        fputs(paint, out);
    at += put_part(&cell, room - at, out);
    while (*cell)
        at = new_line(out) + put_part(&cell, room - INDENT, out);
    if (paint)
        fputs("\033[0m", out);
    return at;
}

void table_print(const struct table *table, FILE *out)
{
    int widths[COLUMN_MAX] = {0}, room = terminal_columns(out), n = table->n_columns;
    bool has_colour = wants_colour(out);
    for (int i = 0; i < table->n_rows * n; i++) {
        int columns = table_put_text(table->cells[i], PIPE_COLUMNS, NULL);
        if (columns > widths[i % n])
            widths[i % n] = columns;
    }
    for (int row = 0; row < table->n_rows; row++) {
        int at = 0;
        for (int i = 0; i < n; i++) {
            const char *cell = table->cells[row * n + i];
            if (at > INDENT && at + table_put_text(cell, PIPE_COLUMNS, NULL) > room)
                at = new_line(out);
            int end = at + widths[i] + 2;
            at = put_cell(cell, has_colour && row > 0 ? colour(cell) : NULL, at, room, out);
            for (; i + 1 < n && at < end && at < room; at++)
                putc(' ', out);
        }
        putc('\n', out);
    }
}
