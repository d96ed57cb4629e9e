/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What covers and protects, and what was not understood. */
#include "gateway/report/html.h"

#include "gateway/report/html_chart.h"
#include "gateway/report/summary.h"

static void put_line(struct html *h, const struct report_inspection *line, bool is_first)
{
    html_put(h, is_first ? "<tr class=\"first\">" : "<tr>");
    html_cell(h, "what", WORD_INDICATOR);
    html_put(h, "<div>");
    if (is_first) {
        html_put(h, "<strong>");
        html_text(h, line->name[h->language] ? line->name[h->language] : line->key);
        html_put(h, "</strong>");
    }
    html_put(h, "<small>");
    html_name(h, report_site_name(h->view, line->scope));
    html_put(h, "</small></div></td>");
    html_cell(h, "value", WORD_VALUE);
    if (line->value_text && *line->value_text)
        html_reason(h, line->value_text);
    else
        html_word(h, WORD_NO_DATA);
    html_put(h, "</td>");
    html_cell(h, "trending", WORD_TREND);
    html_chart_trend(h, line->by_day, line->by_day ? h->view->n_points : 0);
    html_put(h, "</td>");
    html_cell(h, "mark", WORD_AT_END);
    html_state(h, line->state);
    html_put(h, "</td>");
    html_cell(h, "mark", WORD_WORST);
    html_state(h, line->worst);
    html_put(h, "</td></tr>\n");
}

static void put_left(struct html *h, size_t n)
{
    if (n == 0)
        return;
    html_put(h, "<tr><td colspan=\"5\">");
    html_left(h, WORD_MORE_OK, n);
    html_put(h, "</td></tr>\n");
}

static void put_lines(struct html *h)
{
    struct report_listing listing = {0};
    int64_t shown = INT64_MIN; /* the indicator that was named last */
    for (size_t i = 0; i < h->view->n_inspection; i++) {
        const struct report_inspection *line = &h->view->inspection[i];
        if (line->kpi != listing.kpi)
            put_left(h, listing.n_left);
        if (!report_is_listed(&listing, line))
            continue;
        put_line(h, line, line->kpi != shown);
        shown = line->kpi;
    }
    put_left(h, listing.n_left);
}

void html_inspection(struct html *h)
{
    static const enum report_word heads[] = {WORD_INDICATOR, WORD_VALUE, WORD_TREND, WORD_AT_END,
                                             WORD_WORST};
    html_section(h, "inspection", WORD_INSPECTION);
    if (h->view->n_inspection == 0) {
        html_none(h, WORD_NO_INSPECTION);
        return;
    }
    html_put(h, "<div class=\"card\"><table class=\"stack inspection\"><thead><tr>");
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        html_head(h, "", heads[i]);
    html_put(h, "</tr></thead><tbody>\n");
    put_lines(h);
    html_put(h, "</tbody></table></div>\n");
    html_left(h, WORD_MORE, h->view->n_inspection_left);
}

static void put_text_cell(struct html *h, enum report_word head, const char *text)
{
    html_cell(h, "short", head);
    if (text && *text)
        html_name(h, text);
    else
        html_word(h, WORD_NOT_TOLD);
    html_put(h, "</td>");
}

static void put_number_cell(struct html *h, enum report_word head, int64_t n)
{
    html_cell(h, "number", head);
    html_number(h, n);
    html_put(h, "</td>");
}

static void put_total(struct html *h)
{
    html_put(h, "<tfoot><tr><th scope=\"row\" colspan=\"3\">");
    html_word(h, WORD_TOTAL);
    html_put(h, "</th>");
    put_number_cell(h, WORD_NO_MAPPING, h->view->not_understood);
    put_number_cell(h, WORD_MALFORMED, h->view->malformed);
    html_put(h, "</tr></tfoot>");
}

void html_not_understood(struct html *h)
{
    html_section(h, "not-understood", WORD_NOT_UNDERSTOOD);
    if (h->view->n_unknown == 0) {
        html_none(h, WORD_ALL_UNDERSTOOD);
        return;
    }
    html_put(h, "<div class=\"card\"><table class=\"stack\"><thead><tr>");
    html_head(h, "", WORD_SENDER);
    html_head(h, "", WORD_PRODUCT);
    html_head(h, "", WORD_SITE);
    html_head(h, "number", WORD_NO_MAPPING);
    html_head(h, "number", WORD_MALFORMED);
    html_put(h, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < h->view->n_unknown; i++) {
        const struct report_unknown *u = &h->view->unknown[i];
        html_put(h, "<tr>");
        put_text_cell(h, WORD_SENDER, u->sender);
        put_text_cell(h, WORD_PRODUCT, u->product);
        put_text_cell(h, WORD_SITE, report_site_name(h->view, u->site));
        put_number_cell(h, WORD_NO_MAPPING, u->unknown);
        put_number_cell(h, WORD_MALFORMED, u->malformed);
        html_put(h, "</tr>\n");
    }
    html_put(h, "</tbody>");
    put_total(h);
    html_put(h, "</table></div>\n");
    html_left(h, WORD_MORE, h->view->n_unknown_left);
}
