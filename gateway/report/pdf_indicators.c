/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the indicators fared: a strip of states over the period for each scope. */
#include "gateway/report/pdf.h"
#include "gateway/report/pdf_chart.h"
#include "gateway/report/pdf_table.h"

static void write_line(struct pdf_table *table, const struct report_line *line)
{
    struct pdf_sheet *s = table->sheet;
    int64_t bad = line->ms_in[1] + line->ms_in[2] + line->ms_in[3];
    const struct pdf_cell cells[] = {
        {.text = line->scope},
        {.kind = PDF_STRIP, .line = line},
        {.kind = PDF_STATE, .state = line->state},
        {.text = bad > 0 ? pdf_duration(s, bad) : "–"},
    };
    pdf_table_row(table, cells);
}

static void write_kpi(struct pdf_table *table, const struct report_kpi *kpi)
{
    struct pdf_sheet *s = table->sheet;
    const char *name = kpi->name[s->language];
    pdf_table_group(table, name && *name ? name : kpi->key,
                    kpi->is_on ? NULL : pdf_word(s, WORD_NOT_ON), kpi->worst);
    for (size_t i = 0; i < kpi->n_lines; i++)
        write_line(table, &kpi->lines[i]);
    if (kpi->n_left > 0)
        pdf_more(s, kpi->n_left);
}

void pdf_indicators(struct pdf_sheet *s)
{
    const struct report_view *view = s->view;
    const struct pdf_column columns[] = {
        {.title = pdf_word(s, WORD_SCOPE), .width = -2, .lines = 2},
        {.title = "", .width = -4, .is_time = true},
        {.title = pdf_word(s, WORD_AT_END), .width = 66},
        {.title = pdf_word(s, WORD_IN_TROUBLE), .width = 62, .align = PDF_END},
    };
    struct pdf_table table;
    pdf_sheet_heading(s, pdf_word(s, WORD_INDICATORS));
    if (view->n_kpis == 0) {
        pdf_sheet_paragraph(s, PDF_BODY, PDF_MUTED, pdf_word(s, WORD_NO_INDICATORS));
        return;
    }
    pdf_state_legend(s);
    for (size_t i = 0; i < view->n_kpis; i++) {
        enum report_word category = report_category(view->kpis[i].id);
        if (i == 0 || category != report_category(view->kpis[i - 1].id)) {
            pdf_sheet_minor(s, pdf_word(s, category));
            pdf_table_begin(&table, s, columns, sizeof columns / sizeof *columns);
        }
        write_kpi(&table, &view->kpis[i]);
    }
}
