/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Alerts: first those that are open, then all of the period, with how long they lasted. In a layout
 * no word of ours comes after a text that others wrote: letters of a right-to-left script would
 * reverse what follows them.
 */
#include "gateway/report/pdf.h"
#include "gateway/report/pdf_table.h"

static const char *text_or(const char *text, const char *other)
{
    return text && *text ? text : other;
}

/* "2026-03-02 08:15: is being cleaned" */
static const char *taken(struct pdf_sheet *s, const struct report_alert *alert)
{
    struct buf text = {0};
    if (alert->ack_ms == 0)
        return NULL;
    report_time(&text, s->view, alert->ack_ms, s->language);
    if (alert->ack_note && *alert->ack_note)
        buf_printf(&text, "%s%s", pdf_word(s, WORD_COLON), alert->ack_note);
    return pdf_keep(s, &text);
}

/* "Advice: ...", as the catalogue has it. */
static const char *advice(struct pdf_sheet *s, const struct report_alert *alert)
{
    const struct report_view *view = s->view;
    for (size_t i = 0; i < view->n_kpis; i++) {
        const char *text = view->kpis[i].advice[s->language];
        struct buf all = {0};
        if (view->kpis[i].id != alert->kpi || !text || !*text)
            continue;
        buf_printf(&all, "%s%s%s", pdf_word(s, WORD_ADVICE), pdf_word(s, WORD_COLON), text);
        return pdf_keep(s, &all);
    }
    return NULL;
}

static void write_row(struct pdf_table *table, const struct report_alert *alert, bool is_open_case)
{
    struct pdf_sheet *s = table->sheet;
    const char *closed = pdf_time(s, alert->closed_ms);
    const struct pdf_cell cells[] = {
        {.kind = PDF_STATE, .state = is_open_case ? alert->state : alert->worst},
        {.text = text_or(alert->name[s->language], alert->key),
         .below = report_alert_scope(s->view, alert)},
        {.text = pdf_time(s, alert->opened_ms), .below = is_open_case ? NULL : closed},
        {.text = pdf_duration(s, alert->lasted_ms)},
        {.text = pdf_reason(s, alert->value_text), .below = pdf_reason(s, alert->reason)},
        {.text = alert->ack_ms == 0 ? pdf_word(s, WORD_NOBODY) : text_or(alert->ack_name, "?"),
         .below = taken(s, alert)},
    };
    if (is_open_case)
        table->note = advice(s, alert);
    pdf_table_row(table, cells);
}

static void write_table(struct pdf_sheet *s, bool is_open_case)
{
    const struct pdf_column columns[] = {
        {.title = pdf_word(s, WORD_STATE), .width = 60},
        {.title = pdf_word(s, WORD_INDICATOR), .width = -3, .lines = 2},
        {.title = pdf_word(s, is_open_case ? WORD_SINCE : WORD_FROM_TO), .width = 82},
        {.title = pdf_word(s, WORD_LASTED), .width = 80, .align = PDF_END},
        {.title = pdf_word(s, WORD_REASON), .width = -3, .lines = 2},
        {.title = pdf_word(s, WORD_IN_HAND), .width = -2, .lines = 2},
    };
    struct pdf_table table;
    pdf_table_begin(&table, s, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < s->view->n_alerts; i++)
        if (!is_open_case || s->view->alerts[i].closed_ms == INT64_MAX)
            write_row(&table, &s->view->alerts[i], is_open_case);
}

void pdf_alerts(struct pdf_sheet *s)
{
    const struct report_view *view = s->view;
    size_t open = 0;
    for (size_t i = 0; i < view->n_alerts; i++)
        open += view->alerts[i].closed_ms == INT64_MAX;
    pdf_sheet_heading(s, pdf_word(s, WORD_OPEN_CASES));
    if (open > 0)
        write_table(s, true);
    else if (view->n_open == 0)
        pdf_sheet_paragraph(s, PDF_BODY, PDF_MUTED, pdf_word(s, WORD_NO_OPEN_CASES));
    pdf_more(s, WORD_MORE, view->n_open > open ? view->n_open - open : 0);
    pdf_sheet_heading(s, pdf_word(s, WORD_ALERTS));
    if (view->n_alerts > 0)
        write_table(s, false);
    else
        pdf_sheet_paragraph(s, PDF_BODY, PDF_MUTED, pdf_word(s, WORD_NO_ALERTS));
    pdf_more(s, WORD_MORE, view->n_alerts_left);
}
