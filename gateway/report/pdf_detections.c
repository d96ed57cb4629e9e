/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was found: the top tens with their change, all detections by what they have in common, and
   when they came. */
#include "gateway/report/pdf.h"
#include "gateway/report/pdf_chart.h"
#include "gateway/report/pdf_table.h"
#include "gateway/report/summary.h"

static double part(int64_t n, int64_t of)
{
    return of > 0 ? (double)n / (double)of : 0;
}

static void write_row(struct pdf_table *table, const struct report_table *from, size_t i)
{
    struct pdf_sheet *s = table->sheet;
    const struct report_row *row = &from->rows[i];
    const char *name = report_row_name(from, row, s->language);
    double length = part(row->n, from->rows[0].n);
    const struct pdf_cell cells[] = {
        {.text = pdf_number(s, (int64_t)i + 1)},
        {.text = from->group == STORE_BY_SITE ? report_site_name(s->view, name) : name,
         .below = report_site_name(s->view, row->site)},
        {.kind = PDF_BAR, .share = length, .share_dark = from->is_infection ? length : 0},
        {.text = pdf_number(s, row->n), .is_strong = true},
        {.text = pdf_share(s, row->n, from->total.n)},
        {.text = pdf_before(s, row->before)},
        {.text = pdf_change(s, row->n, row->before)},
    };
    pdf_table_row(table, cells);
}

/* Of all of them, those too that are not listed. */
static void write_total(struct pdf_table *table, const struct report_table *from)
{
    struct pdf_sheet *s = table->sheet;
    const struct pdf_cell cells[] = {
        {.text = NULL},
        {.text = pdf_word(s, WORD_TOTAL), .is_strong = true},
        {.text = NULL},
        {.text = pdf_number(s, from->total.n), .is_strong = true},
        {.text = NULL},
        {.text = pdf_before(s, from->total.before)},
        {.text = pdf_change(s, from->total.n, from->total.before)},
    };
    pdf_table_row(table, cells);
    if (from->total.names > (int64_t)from->n_rows)
        pdf_more(s, WORD_MORE, (size_t)from->total.names - from->n_rows);
}

static void write_table(struct pdf_sheet *s, const struct report_table *from)
{
    const struct pdf_column columns[] = {
        {.title = "#", .width = 24, .align = PDF_END},
        {.title = pdf_word(s, report_name_word(from->group)), .width = -5, .lines = 3},
        {.title = "", .width = -3},
        {.title = pdf_word(s, WORD_COUNT), .width = 58, .align = PDF_END},
        {.title = pdf_word(s, WORD_SHARE), .width = 48, .align = PDF_END},
        {.title = pdf_word(s, WORD_BEFORE), .width = 58, .align = PDF_END},
        {.title = pdf_word(s, WORD_CHANGE), .width = 58, .align = PDF_END},
    };
    struct pdf_table table;
    pdf_table_begin(&table, s, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < from->n_rows; i++) {
        table.keeps_next = i + 1 == from->n_rows; /* the total, and what is more */
        write_row(&table, from, i);
    }
    write_total(&table, from);
}

static void write_tables(struct pdf_sheet *s, bool is_infection, int64_t found,
                         enum report_word nothing)
{
    if (found == 0)
        pdf_sheet_paragraph(s, PDF_BODY, PDF_MUTED, pdf_word(s, nothing));
    for (size_t i = 0; found > 0 && i < s->view->n_tables; i++) {
        const struct report_table *table = &s->view->tables[i];
        if (table->is_infection != is_infection)
            continue;
        pdf_sheet_minor(s, pdf_word(s, report_table_word(table)));
        if (table->n_rows > 0)
            write_table(s, table);
        else
            pdf_sheet_paragraph(s, PDF_BODY, PDF_MUTED,
                                pdf_word(s, is_infection ? WORD_NO_NAMES : WORD_NO_DETECTIONS));
    }
}

void pdf_detections(struct pdf_sheet *s)
{
    struct report_sums sums;
    report_sum(s->view, &sums);
    pdf_sheet_heading(s, pdf_word(s, WORD_TOP_TENS));
    write_tables(s, true, sums.infections, WORD_NO_INFECTIONS);
    if (s->view->n_points > 0) {
        pdf_sheet_heading(s, pdf_word(s, WORD_OVER_TIME));
        pdf_columns(s);
    }
    pdf_sheet_heading(s, pdf_word(s, WORD_ALL_DETECTIONS));
    write_tables(s, false, sums.detections, WORD_NO_DETECTIONS);
}
