/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables that go on over sheets. */
#include "gateway/report/pdf_table.h"

#include <stdio.h>

#include "gateway/report/pdf_chart.h"
#include "gateway/report/words.h"

enum { PAD_X = 4, PAD_Y = 3, MARK = 7, STRIP_HEIGHT = 12, BAR_HEIGHT = 8, TREND_HEIGHT = 14 };
/* A heading and one row at the foot of a sheet look forgotten. */
enum { ROOM_BELOW = 44 };
enum { BELOW_LINES = 5, NOTE_LINES = 4 };

void pdf_table_begin(struct pdf_table *table, struct pdf_sheet *s, const struct pdf_column *columns,
                     size_t n)
{
    double fixed = 0, shares = 0, x = PDF_LEFT;
    *table = (struct pdf_table){.sheet = s, .columns = columns, .n = n};
    for (size_t i = 0; i < n; i++) {
        if (columns[i].width < 0)
            shares -= columns[i].width;
        else
            fixed += columns[i].width;
    }
    for (size_t i = 0; i < n; i++) {
        double width = columns[i].width;
        table->x[i] = x;
        table->width[i] = width < 0 ? (PDF_INSIDE - fixed) * -width / shares : width;
        x += table->width[i];
    }
}

static double inside(const struct pdf_table *table, size_t i)
{
    return table->width[i] - 2 * PAD_X;
}

/* ---- heads ---- */

/* When the period's parts begin, above the strips: "08:00" or "03-31", the year stands in the
   running head. */
static void write_axis(struct pdf_table *table, size_t i, double y)
{
    struct pdf_sheet *s = table->sheet;
    const struct report_view *view = s->view;
    double span = (double)(view->end_ms - view->begin_ms), width = inside(table, i);
    bool is_by_hour = view->plan->days.to - view->plan->days.from <= 1;
    struct buf text = {0};
    int64_t at_ms;
    for (int tick = 0; pdf_tick(view, tick, &at_ms); tick++) {
        double x = width * (double)(at_ms - view->begin_ms) / span;
        struct pdf_text label;
        buf_clear(&text);
        if (is_by_hour)
            report_time(&text, view, at_ms, s->language);
        else
            report_date(&text, view, at_ms);
        label =
            pdf_text_set(s, PDF_SMALL, buf_text(&text) + (is_by_hour ? 11 : 5), 0, 1, PDF_START);
        if (x + label.width <= width + PAD_X)
            pdf_text_draw(s, &label, PDF_MUTED, table->x[i] + PAD_X + x, y);
        pdf_text_free(&label);
    }
    buf_free(&text);
}

static double set_heads(struct pdf_table *table, struct pdf_text *heads)
{
    double height = 0;
    for (size_t i = 0; i < table->n; i++) {
        const struct pdf_column *column = &table->columns[i];
        heads[i] = pdf_text_set(table->sheet, PDF_SMALL, column->is_time ? "0" : column->title,
                                inside(table, i), 2, column->align);
        if (heads[i].height > height)
            height = heads[i].height;
    }
    return height + 2 * PAD_Y;
}

static void write_head(struct pdf_table *table, struct pdf_text *heads, double height)
{
    struct pdf_sheet *s = table->sheet;
    pdf_box(s, PDF_WASH, PDF_LEFT, s->y, PDF_INSIDE, height);
    pdf_line(s, PDF_MUTED, PDF_LEFT, s->y + height, PDF_RIGHT, s->y + height);
    for (size_t i = 0; i < table->n; i++) {
        double y = s->y + height - PAD_Y - heads[i].height; /* by the last line */
        if (table->columns[i].is_time) {
            pdf_text_free(&heads[i]);
            write_axis(table, i, y);
        } else {
            pdf_text_draw(s, &heads[i], PDF_MUTED, table->x[i] + PAD_X, y);
        }
    }
    s->y += height + 1;
}

/* ---- groups ---- */

void pdf_table_group(struct pdf_table *table, const char *text, const char *note, int state)
{
    table->group = text;
    table->group_note = note;
    table->group_state = state;
    table->group_waits = true;
}

static double group_height(struct pdf_table *table, struct pdf_text *group, struct pdf_text *note)
{
    struct pdf_sheet *s = table->sheet;
    double width = PDF_INSIDE - 2 * PAD_X - (MARK + 6);
    if (!table->group)
        return 0;
    *group = pdf_text_set(s, PDF_CELL_STRONG, table->group, width * 0.5, 1, PDF_START);
    if (table->group_note)
        *note = pdf_text_set(s, PDF_SMALL, table->group_note, width * 0.5, 1, PDF_END);
    return group->height + 2 * PAD_Y + 3;
}

static void write_group(struct pdf_table *table, struct pdf_text *group, struct pdf_text *note,
                        double height)
{
    struct pdf_sheet *s = table->sheet;
    double x = PDF_LEFT + PAD_X, y = s->y + 3 + PAD_Y;
    if (table->group_state != PDF_NO_STATE) {
        pdf_mark(s, table->group_state, x, y + (group->height - MARK) / 2, MARK);
        x += MARK + 6;
    }
    if (note->layout)
        pdf_text_draw(s, note, PDF_MUTED,
                      PDF_RIGHT - PAD_X - (PDF_INSIDE - 2 * PAD_X - (MARK + 6)) * 0.5, y + 1);
    pdf_text_draw(s, group, PDF_INK, x, y);
    s->y += height;
    table->group_waits = false;
}

/* ---- rows ---- */

struct set_cell {
    struct pdf_text text, below;
    double height;
};

static struct set_cell set_cell(struct pdf_table *table, size_t i, const struct pdf_cell *cell)
{
    static const double drawn[] = {[PDF_TEXT] = 0,
                                   [PDF_BAR] = BAR_HEIGHT,
                                   [PDF_STATE] = MARK,
                                   [PDF_STRIP] = STRIP_HEIGHT,
                                   [PDF_TREND] = TREND_HEIGHT};
    const struct pdf_column *column = &table->columns[i];
    struct pdf_sheet *s = table->sheet;
    struct set_cell out = {.height = drawn[cell->kind]};
    const char *text = cell->text;
    double width = inside(table, i), height;
    if (cell->kind == PDF_STATE) {
        width -= MARK + 4;
        text = text ? text : report_state_word(cell->state, s->language);
    }
    if (text && *text)
        out.text = pdf_text_set(s, cell->is_strong ? PDF_CELL_STRONG : PDF_CELL, text, width,
                                column->lines ? column->lines : 1, column->align);
    if (cell->below && *cell->below)
        out.below = pdf_text_set(s, PDF_SMALL, cell->below, width, BELOW_LINES, column->align);
    height = out.text.height + out.below.height;
    out.height = height > out.height ? height : out.height;
    return out;
}

static void draw_bar(struct pdf_sheet *s, const struct pdf_cell *cell, double x, double y,
                     double width)
{
    double light = cell->share > 1 ? 1 : cell->share;
    double dark = cell->share_dark > light ? light : cell->share_dark;
    if (light > 0)
        pdf_box(s, PDF_ACCENT_LIGHT, x, y, width * light < 1 ? 1 : width * light, BAR_HEIGHT);
    if (dark > 0)
        pdf_box(s, PDF_ACCENT, x, y, width * dark < 1 ? 1 : width * dark, BAR_HEIGHT);
}

static void draw_cell(struct pdf_table *table, size_t i, const struct pdf_cell *cell,
                      struct set_cell *set, double y, double height)
{
    struct pdf_sheet *s = table->sheet;
    double x = table->x[i] + PAD_X, width = inside(table, i);
    double first = set->text.height > 0 ? set->text.height : 12; /* line of the row's text */
    switch (cell->kind) {
    case PDF_BAR:
        draw_bar(s, cell, x, y + (first - BAR_HEIGHT) / 2, width);
        break;
    case PDF_STRIP:
        pdf_strip(s, cell->line, x, y + (height - STRIP_HEIGHT) / 2, width, STRIP_HEIGHT);
        break;
    case PDF_TREND:
        pdf_trend(s, cell->values, cell->n_values, x, y + (height - TREND_HEIGHT) / 2, width,
                  TREND_HEIGHT);
        break;
    case PDF_STATE:
        pdf_mark(s, cell->state, x, y + 2.5, MARK);
        x += MARK + 4;
        break;
    case PDF_TEXT:
        break;
    }
    if (set->text.layout)
        pdf_text_draw(s, &set->text, PDF_INK, x, y);
    if (set->below.layout)
        pdf_text_draw(s, &set->below, PDF_MUTED, x, y + first);
}

/* The first row comes with the head and room for some more; a later one where there is room. */
static void make_room(struct pdf_table *table, double height)
{
    struct pdf_sheet *s = table->sheet;
    struct pdf_text heads[PDF_COLUMNS_MAX], group = {0}, note = {0};
    double group_high = group_height(table, &group, &note);
    /* A sentence between two groups may have turned the page already. */
    bool is_turned = table->page != s->page ||
                     s->y + height + (table->group_waits ? group_high : 0) > PDF_BOTTOM;
    if (!table->has_begun || is_turned) {
        double head_high = set_heads(table, heads);
        double rows = table->has_begun ? height : height + ROOM_BELOW;
        pdf_sheet_need(s, head_high + group_high + rows);
        write_head(table, heads, head_high);
        table->group_waits = table->group != NULL;
        table->has_begun = true;
        table->page = s->page;
    }
    if (table->group_waits)
        write_group(table, &group, &note, group_high);
    pdf_text_free(&group);
    pdf_text_free(&note);
}

void pdf_table_row(struct pdf_table *table, const struct pdf_cell *cells)
{
    struct pdf_sheet *s = table->sheet;
    struct set_cell set[PDF_COLUMNS_MAX];
    struct pdf_text note = {0};
    double height = 0, below = 0;
    for (size_t i = 0; i < table->n; i++) {
        set[i] = set_cell(table, i, &cells[i]);
        if (set[i].height > height)
            height = set[i].height;
    }
    if (table->note) {
        double width = PDF_RIGHT - PAD_X - table->x[1] - PAD_X;
        note = pdf_text_set(s, PDF_SMALL, table->note, width, NOTE_LINES, PDF_START);
        below = note.height + 2;
        table->note = NULL;
    }
    make_room(table, (height + below + 2 * PAD_Y) * (table->keeps_next ? 2 : 1));
    table->keeps_next = false;
    for (size_t i = 0; i < table->n; i++)
        draw_cell(table, i, &cells[i], &set[i], s->y + PAD_Y, height);
    if (note.layout)
        pdf_text_draw(s, &note, PDF_MUTED, table->x[1] + PAD_X, s->y + PAD_Y + height + 2);
    s->y += height + below + 2 * PAD_Y;
    pdf_line(s, PDF_LINE, PDF_LEFT, s->y, PDF_RIGHT, s->y);
}
