/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inspection (巡检): what covers and protects; and what was not understood. */
#include "gateway/report/pdf.h"
#include "gateway/report/pdf_table.h"
#include "gateway/report/summary.h"

void pdf_inspection(struct pdf_sheet *s)
{
    const struct report_view *view = s->view;
    const struct pdf_column columns[] = {
        {.title = pdf_word(s, WORD_SCOPE), .width = -3, .lines = 2},
        {.title = pdf_word(s, WORD_VALUE), .width = -2, .lines = 2},
        {.title = pdf_word(s, WORD_TREND), .width = -2},
        {.title = pdf_word(s, WORD_AT_END), .width = 66},
        {.title = pdf_word(s, WORD_WORST), .width = 66},
    };
    struct report_listing listing = {0};
    struct pdf_table table;
    int64_t kpi = INT64_MIN;
    pdf_sheet_heading(s, pdf_word(s, WORD_INSPECTION));
    if (view->n_inspection == 0) {
        pdf_sheet_paragraph(s, PDF_BODY, PDF_MUTED, pdf_word(s, WORD_NO_INSPECTION));
        return;
    }
    pdf_table_begin(&table, s, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < view->n_inspection; i++) {
        const struct report_inspection *row = &view->inspection[i];
        const char *name = row->name[s->language];
        const char *value = pdf_reason(s, row->value_text);
        const struct pdf_cell cells[] = {
            {.text = report_site_name(view, row->scope)},
            {.text = value ? value : pdf_word(s, WORD_NO_DATA)},
            {.kind = PDF_TREND,
             .values = row->by_day,
             .n_values = row->by_day ? view->n_points : 0},
            {.kind = PDF_STATE, .state = row->state},
            {.kind = PDF_STATE, .state = row->worst},
        };
        if (row->kpi != listing.kpi)
            pdf_more(s, WORD_MORE_OK, listing.n_left);
        if (!report_is_listed(&listing, row))
            continue;
        if (row->kpi != kpi)
            pdf_table_group(&table, name && *name ? name : row->key, NULL, PDF_NO_STATE);
        kpi = row->kpi;
        pdf_table_row(&table, cells);
    }
    pdf_more(s, WORD_MORE_OK, listing.n_left);
    pdf_more(s, WORD_MORE, s->view->n_inspection_left);
}

static const char *told(const struct pdf_sheet *s, const char *text)
{
    return text && *text ? text : pdf_word(s, WORD_NOT_TOLD);
}

void pdf_unknown(struct pdf_sheet *s)
{
    const struct report_view *view = s->view;
    const struct pdf_column columns[] = {
        {.title = pdf_word(s, WORD_SENDER), .width = -3, .lines = 2},
        {.title = pdf_word(s, WORD_PRODUCT), .width = -3, .lines = 2},
        {.title = pdf_word(s, WORD_SITE), .width = -2, .lines = 2},
        {.title = pdf_word(s, WORD_NO_MAPPING), .width = 76, .align = PDF_END},
        {.title = pdf_word(s, WORD_MALFORMED), .width = 76, .align = PDF_END},
    };
    struct pdf_table table;
    pdf_sheet_heading(s, pdf_word(s, WORD_NOT_UNDERSTOOD));
    if (view->n_unknown == 0) {
        pdf_sheet_paragraph(s, PDF_BODY, PDF_MUTED, pdf_word(s, WORD_ALL_UNDERSTOOD));
        return;
    }
    pdf_table_begin(&table, s, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < view->n_unknown; i++) {
        const struct report_unknown *row = &view->unknown[i];
        const struct pdf_cell cells[] = {
            {.text = told(s, row->sender)},
            {.text = told(s, row->product)},
            {.text = told(s, report_site_name(view, row->site))},
            {.text = pdf_number(s, row->unknown)},
            {.text = pdf_number(s, row->malformed)},
        };
        pdf_table_row(&table, cells);
    }
    const struct pdf_cell total[] = {
        {.text = pdf_word(s, WORD_TOTAL), .is_strong = true},
        {.text = NULL},
        {.text = NULL},
        {.text = pdf_number(s, view->not_understood), .is_strong = true},
        {.text = pdf_number(s, view->malformed), .is_strong = true},
    };
    pdf_table_row(&table, total);
    pdf_more(s, WORD_MORE, view->n_unknown_left);
}
