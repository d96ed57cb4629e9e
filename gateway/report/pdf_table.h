/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_REPORT_PDF_TABLE_H
#define GATEWAY_REPORT_PDF_TABLE_H

#include "gateway/report/pdf_sheet.h"
#include "gateway/report/pdf_text.h"

/**
 * Tables over the whole width. Rows are never cut; on each sheet the head is repeated, and what
 * heads a group of rows. What is too long for its cell is wrapped, then left out in its middle.
 */
enum { PDF_COLUMNS_MAX = 8 };
struct pdf_column {
    const char *title;
    double width; /* points; negative: its share of what the others leave */
    enum pdf_align align;
    int lines;    /* most that a cell has; 0: 1 */
    bool is_time; /* of strips: its head is the period's axis */
};
enum pdf_cell_kind { PDF_TEXT, PDF_BAR, PDF_STATE, PDF_STRIP, PDF_TREND };
struct pdf_cell {
    enum pdf_cell_kind kind;
    const char *text;  /* NULL: nothing; of a state: none is its word */
    const char *below; /* smaller, under it; NULL */
    bool is_strong;
    double share, share_dark; /* of a bar: 0..1; the darker part of it */
    int state;
    const struct report_line *line; /* of a strip */
    const int64_t *values;          /* of a trend */
    size_t n_values;
};
struct pdf_table {
    struct pdf_sheet *sheet;
    const struct pdf_column *columns;
    size_t n;
    double x[PDF_COLUMNS_MAX], width[PDF_COLUMNS_MAX];
    bool has_begun, group_waits;
    int page; /* that has its head */
    const char *group, *group_note;
    bool keeps_next;  /* the next row stands on one page with the one behind it */
    const char *note; /* below the next row's cells, as wide as they are from the second on */
    int group_state;  /* of PDF_NO_STATE: no sign before it */
};
enum { PDF_NO_STATE = -2 };

void pdf_table_begin(struct pdf_table *table, struct pdf_sheet *s, const struct pdf_column *columns,
                     size_t n);
/* Before the first row of a group; texts live until the next one. note: at the right, or NULL. */
void pdf_table_group(struct pdf_table *table, const char *text, const char *note, int state);
void pdf_table_row(struct pdf_table *table, const struct pdf_cell *cells);

#endif
