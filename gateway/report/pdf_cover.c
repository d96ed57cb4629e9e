/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first sheet's upper half: whose report of what, and the whole of it in a few words. */
#include "gateway/report/pdf.h"
#include "gateway/report/pdf_chart.h"
#include "gateway/report/pdf_text.h"

/* ---- the head ---- */

static void write_fact(struct pdf_sheet *s, enum report_word word, const char *text)
{
    enum { LABEL = 96 };
    struct pdf_text label, value;
    double height;
    if (!text || !*text)
        return;
    label = pdf_text_set(s, PDF_BODY, pdf_word(s, word), LABEL - 6, 1, PDF_START);
    value = pdf_text_set(s, PDF_BODY, text, PDF_INSIDE - LABEL, 2, PDF_START);
    height = value.height > label.height ? value.height : label.height;
    pdf_text_draw(s, &label, PDF_MUTED, PDF_LEFT, s->y);
    pdf_text_draw(s, &value, PDF_INK, PDF_LEFT + LABEL, s->y);
    s->y += height + 1;
}

static const char *days(struct pdf_sheet *s, struct store_days of)
{
    const char *const values[REPORT_SAY_MAX] = {pdf_day(s, of.from), pdf_day(s, of.to - 1)};
    struct buf text = {0};
    if (of.to - of.from <= 1)
        return values[0];
    report_say(&text, WORD_DAYS_TO, s->language, values);
    return pdf_keep(s, &text);
}

static const char *sites(struct pdf_sheet *s)
{
    struct buf text = {0};
    if (s->view->plan->site)
        return report_site_name(s->view, s->view->plan->site);
    buf_printf(&text, "%s", pdf_word(s, WORD_ALL_SITES));
    for (size_t i = 0; i < s->view->n_sites; i++)
        buf_printf(&text, "%s%s", i == 0 ? pdf_word(s, WORD_COLON) : ", ",
                   report_site_name(s->view, s->view->sites[i]));
    return pdf_keep(s, &text);
}

static void write_head(struct pdf_sheet *s)
{
    const struct report_plan *plan = s->view->plan;
    const char *made = pdf_time(s, plan->made_ms);
    struct pdf_text title =
        pdf_text_set(s, PDF_COVER, report_title(s->view, s->language), PDF_INSIDE, 2, PDF_START);
    double height = title.height;
    pdf_box(s, PDF_ACCENT, PDF_LEFT, 40, PDF_INSIDE, 4);
    s->y = 52;
    pdf_text_draw(s, &title, PDF_INK, PDF_LEFT, s->y);
    s->y += height + 6;
    write_fact(s, WORD_PERIOD, days(s, plan->days));
    if (plan->before.to > plan->before.from)
        write_fact(s, WORD_COMPARED_WITH, days(s, plan->before));
    write_fact(s, plan->site ? WORD_SITE : WORD_SITES, sites(s));
    write_fact(s, WORD_GATEWAY, plan->gateway);
    write_fact(s, WORD_MADE_AT, made);
    write_fact(s, WORD_ZONE, plan->zone ? plan->zone_name : "UTC");
}

/* ---- tiles ---- */

static void write_tile(struct pdf_sheet *s, int place, enum report_word word, int64_t n,
                       const char *below, enum pdf_colour colour)
{
    enum { TILES = 4, GAP = 10, HEIGHT = 58 };
    double width = (PDF_INSIDE - (TILES - 1) * GAP) / TILES;
    double x = PDF_LEFT + place * (width + GAP);
    struct pdf_text label, number, note;
    pdf_box(s, PDF_WASH, x, s->y, width, HEIGHT);
    pdf_box(s, colour, x, s->y, width, 2);
    label = pdf_text_set(s, PDF_SMALL, pdf_word(s, word), width - 16, 1, PDF_START);
    number = pdf_text_set(s, PDF_FIGURE, pdf_number(s, n), width - 16, 1, PDF_START);
    note = pdf_text_set(s, PDF_SMALL, below, width - 16, 1, PDF_START);
    pdf_text_draw(s, &label, PDF_MUTED, x + 8, s->y + 6);
    pdf_text_draw(s, &number, PDF_INK, x + 8, s->y + 16);
    pdf_text_draw(s, &note, PDF_MUTED, x + 8, s->y + HEIGHT - 17);
    if (place == TILES - 1)
        s->y += HEIGHT;
}

static const char *against(struct pdf_sheet *s, int64_t n, int64_t before)
{
    struct buf text = {0};
    buf_printf(&text, "%s%s", pdf_word(s, WORD_CHANGE), pdf_word(s, WORD_COLON));
    report_change(&text, s->view, n, before, s->language);
    return pdf_keep(s, &text);
}

static const char *labelled(struct pdf_sheet *s, enum report_word word, int64_t n)
{
    struct buf text = {0};
    buf_printf(&text, "%s%s", pdf_word(s, word), pdf_word(s, WORD_COLON));
    report_number(&text, n);
    return pdf_keep(s, &text);
}

static int64_t infected_computers(const struct report_view *view)
{
    for (size_t i = 0; i < view->n_tables; i++)
        if (view->tables[i].group == STORE_BY_COMPUTER && view->tables[i].is_infection)
            return view->tables[i].total.names;
    return 0;
}

static void write_tiles(struct pdf_sheet *s)
{
    const struct report_view *view = s->view;
    struct report_sums sums;
    report_sum(view, &sums);
    pdf_sheet_skip(s, 12);
    write_tile(s, 0, WORD_DETECTIONS, sums.detections,
               against(s, sums.detections, sums.detections_before), PDF_ACCENT);
    write_tile(s, 1, WORD_INFECTIONS, sums.infections,
               against(s, sums.infections, sums.infections_before), PDF_ACCENT);
    write_tile(s, 2, WORD_COMPUTER, infected_computers(view), pdf_word(s, WORD_INFECTIONS),
               PDF_ACCENT);
    write_tile(s, 3, WORD_OPEN_NOW, (int64_t)view->n_open,
               labelled(s, WORD_ALERTS, (int64_t)(view->n_alerts + view->n_alerts_left)),
               view->n_open > 0 ? PDF_CRITICAL : PDF_OK);
}

void pdf_cover(struct pdf_sheet *s)
{
    write_head(s);
    if (!s->view->is_empty)
        write_tiles(s);
    pdf_sheet_heading(s, pdf_word(s, WORD_SUMMARY));
    report_summary(s->view, s->language, pdf_item, s);
}
