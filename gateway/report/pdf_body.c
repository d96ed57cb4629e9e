/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report's sections in their order, and their words. */
#include "gateway/report/pdf.h"

#include "gateway/report/pdf_text.h"

void pdf_body(struct pdf_sheet *s)
{
    pdf_cover(s);
    if (s->view->is_empty)
        return;
    pdf_alerts(s);
    pdf_detections(s);
    pdf_indicators(s);
    pdf_inspection(s);
    pdf_unknown(s);
    pdf_sheet_heading(s, pdf_word(s, WORD_NOTES));
    report_notes(s->view, s->language, pdf_item, s);
}

const char *pdf_word(const struct pdf_sheet *s, enum report_word word)
{
    return report_word(word, s->language);
}

const char *pdf_keep(struct pdf_sheet *s, struct buf *text)
{
    const char *kept = arena_text(&s->words, buf_get(text));
    buf_free(text);
    return kept;
}

const char *pdf_number(struct pdf_sheet *s, int64_t n)
{
    struct buf text = {0};
    report_number(&text, n);
    return pdf_keep(s, &text);
}

const char *pdf_before(struct pdf_sheet *s, int64_t before)
{
    struct buf text = {0};
    report_before(&text, s->view, before);
    return pdf_keep(s, &text);
}

const char *pdf_change(struct pdf_sheet *s, int64_t n, int64_t before)
{
    struct buf text = {0};
    report_change(&text, s->view, n, before, s->language);
    return pdf_keep(s, &text);
}

const char *pdf_time(struct pdf_sheet *s, int64_t ms)
{
    struct buf text = {0};
    report_time(&text, s->view, ms, s->language);
    return pdf_keep(s, &text);
}

const char *pdf_duration(struct pdf_sheet *s, int64_t ms)
{
    struct buf text = {0};
    report_duration(&text, ms, s->language);
    return pdf_keep(s, &text);
}

const char *pdf_day(struct pdf_sheet *s, int64_t day)
{
    struct buf text = {0};
    report_day(&text, day);
    return pdf_keep(s, &text);
}

const char *pdf_share(struct pdf_sheet *s, int64_t n, int64_t total)
{
    struct buf text = {0};
    report_share(&text, n, total);
    return pdf_keep(s, &text);
}

/* What somebody has to mend is marked as a critical state is. */
void pdf_item(void *context, const struct report_sentence *sentence)
{
    enum { INDENT = 12 };
    struct pdf_sheet *s = context;
    struct pdf_text set =
        pdf_text_say(s, PDF_BODY, sentence->word, sentence->values, PDF_INSIDE - INDENT);
    double height = set.height, size = sentence->is_bad ? 5 : 3;
    pdf_sheet_need(s, height);
    pdf_box(s, sentence->is_bad ? PDF_CRITICAL : PDF_ACCENT, PDF_LEFT + 4.5 - size / 2,
            s->y + 7 - size / 2, size, size);
    pdf_text_draw(s, &set, PDF_INK, PDF_LEFT + INDENT, s->y);
    s->y += height + 3;
}

const char *pdf_reason(struct pdf_sheet *s, const char *text)
{
    struct buf out = {0};
    if (!text || !*text)
        return NULL;
    report_reason(&out, text, s->language);
    return pdf_keep(s, &out);
}

void pdf_more(struct pdf_sheet *s, enum report_word word, size_t n)
{
    const char *const values[REPORT_SAY_MAX] = {pdf_number(s, (int64_t)n)};
    struct pdf_text set;
    double height;
    if (n == 0)
        return;
    set = pdf_text_say(s, PDF_SMALL, word, values, PDF_INSIDE - 8);
    height = set.height;
    pdf_sheet_need(s, height + 3);
    pdf_text_draw(s, &set, PDF_MUTED, PDF_LEFT + 4, s->y + 3);
    s->y += height + 3;
}
