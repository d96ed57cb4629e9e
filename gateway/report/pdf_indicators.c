/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the indicators fared: a strip of states over the period for each scope. */
#include "gateway/report/pdf.h"
#include "gateway/report/pdf_chart.h"
#include "gateway/report/pdf_table.h"

/* More scopes that were always ok are told in a sentence, not in a strip each. */
enum { OK_SHOWN = 4 };

static void write_line(struct pdf_table *table, const struct report_line *line)
{
    struct pdf_sheet *s = table->sheet;
    int64_t bad = line->ms_in[1] + line->ms_in[2] + line->ms_in[3];
    const struct pdf_cell cells[] = {
        {.text = report_site_name(s->view, line->scope),
         .below = pdf_reason(s, report_why_unknown(line))},
        {.kind = PDF_STRIP, .line = line},
        {.kind = PDF_STATE, .state = line->state},
        {.text = bad > 0 ? pdf_duration(s, bad) : "–"},
    };
    pdf_table_row(table, cells);
}

static bool is_always_ok(const struct report_line *line)
{
    return line->worst == 0 && line->state == 0;
}

/* None of its scopes has a strip: its name, and how it stands. */
static void write_alone(struct pdf_table *table, const char *name, const char *note, int state)
{
    const struct pdf_cell cells[] = {
        {.text = name, .below = note, .is_strong = true},
        {.text = NULL},
        {.kind = PDF_STATE, .state = state},
        {.text = NULL},
    };
    table->group = NULL;
    table->group_waits = false;
    pdf_table_row(table, cells);
}

static void write_kpi(struct pdf_table *table, const struct report_kpi *kpi)
{
    struct pdf_sheet *s = table->sheet;
    const char *name = kpi->name[s->language] ? kpi->name[s->language] : kpi->key;
    const char *note = kpi->is_on ? NULL : pdf_word(s, WORD_NOT_ON);
    size_t n_ok = 0;
    for (size_t i = 0; i < kpi->n_lines; i++)
        n_ok += is_always_ok(&kpi->lines[i]);
    n_ok = n_ok > OK_SHOWN ? n_ok : 0;
    if (n_ok == kpi->n_lines)
        write_alone(table, name, note, kpi->state);
    else
        pdf_table_group(table, name, note, kpi->worst);
    for (size_t i = 0; i < kpi->n_lines; i++)
        if (n_ok == 0 || !is_always_ok(&kpi->lines[i]))
            write_line(table, &kpi->lines[i]);
    pdf_more(s, WORD_ALWAYS_OK, n_ok);
    pdf_more(s, WORD_MORE, kpi->n_left);
}

/* The legend, the first heading and table head, a group and a row. */
enum { LEGEND_AND_MORE = 150 };

void pdf_indicators(struct pdf_sheet *s)
{
    const struct report_view *view = s->view;
    const struct pdf_column columns[] = {
        {.title = pdf_word(s, WORD_SCOPE), .width = -2, .lines = 2},
        {.title = "", .width = -4, .is_time = true},
        {.title = pdf_word(s, WORD_AT_END), .width = 66},
        {.title = pdf_word(s, WORD_IN_TROUBLE), .width = 76, .align = PDF_END},
    };
    struct pdf_table table;
    pdf_sheet_heading(s, pdf_word(s, WORD_INDICATORS));
    if (view->n_kpis == 0) {
        pdf_sheet_paragraph(s, PDF_BODY, PDF_MUTED, pdf_word(s, WORD_NO_INDICATORS));
        return;
    }
    pdf_sheet_need(s, LEGEND_AND_MORE);
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
