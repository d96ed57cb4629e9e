/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The top tens and all detections by product, action, kind and site. */
#include "gateway/report/html.h"

#include "gateway/report/html_chart.h"
#include "gateway/report/summary.h"

static void put_row(struct html *h, const struct report_table *t, size_t i)
{
    const struct report_row *row = &t->rows[i];
    const char *name = report_row_name(t, row, h->language);
    html_put(h, "<tr><td class=\"named\">");
    html_name(h, t->group == STORE_BY_SITE ? report_site_name(h->view, name) : name);
    if (row->site && *row->site) {
        html_put(h, " <small>");
        html_name(h, report_site_name(h->view, row->site));
        html_put(h, "</small>");
    }
    html_chart_bar(h, row->n, t->rows[0].n);
    html_put(h, "</td><td class=\"number\">");
    html_number(h, row->n);
    html_put(h, "</td><td class=\"number wide\">");
    html_share(h, row->n, t->total.n);
    html_put(h, "</td><td class=\"number wide\">");
    report_before(h->out, h->view, row->before);
    html_put(h, "</td><td class=\"number change\">");
    html_change(h, row->n, row->before);
    html_put(h, "</td></tr>\n");
}

static void put_total(struct html *h, const struct report_table *t)
{
    html_put(h, "<tfoot><tr><th scope=\"row\">");
    html_word(h, WORD_TOTAL);
    html_put(h, "</th><td class=\"number\">");
    html_number(h, t->total.n);
    html_put(h, "</td><td class=\"number wide\"></td><td class=\"number wide\">");
    report_before(h->out, h->view, t->total.before);
    html_put(h, "</td><td class=\"number change\">");
    html_change(h, t->total.n, t->total.before);
    html_put(h, "</td></tr></tfoot>\n");
}

static void put_table(struct html *h, const struct report_table *t)
{
    html_put(h, "<div class=\"card counted\"><h3>");
    html_word(h, report_table_word(t));
    html_put(h, "</h3>\n");
    if (t->n_rows == 0) {
        html_none(h, t->is_infection ? WORD_NO_NAMES : WORD_NO_DETECTIONS);
        html_put(h, "</div>\n");
        return;
    }
    html_put(h, "<table><thead><tr>");
    html_head(h, "", report_name_word(t->group));
    html_head(h, "number", WORD_COUNT);
    html_head(h, "number wide", WORD_SHARE);
    html_head(h, "number wide", WORD_BEFORE);
    html_head(h, "number", WORD_CHANGE);
    html_put(h, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < t->n_rows; i++)
        put_row(h, t, i);
    html_put(h, "</tbody>\n");
    put_total(h, t);
    html_put(h, "</table>\n");
    if (t->total.names > (int64_t)t->n_rows)
        html_left(h, WORD_MORE, (size_t)t->total.names - t->n_rows);
    html_put(h, "</div>\n");
}

static void put_tables(struct html *h, bool is_infection)
{
    html_put(h, "<div class=\"tables\">\n");
    for (size_t i = 0; i < h->view->n_tables; i++)
        if (h->view->tables[i].is_infection == is_infection)
            put_table(h, &h->view->tables[i]);
    html_put(h, "</div>\n");
}

void html_top_tens(struct html *h)
{
    html_section(h, "top-tens", WORD_TOP_TENS);
    if (h->view->infections.n == 0)
        html_none(h, WORD_NO_INFECTIONS);
    else
        put_tables(h, true);
}

void html_all_detections(struct html *h)
{
    struct report_sums sums;
    report_sum(h->view, &sums);
    html_section(h, "over-time", WORD_OVER_TIME);
    html_chart_columns(h);
    html_section(h, "detections", WORD_ALL_DETECTIONS);
    if (sums.detections == 0)
        html_none(h, WORD_NO_DETECTIONS);
    else
        put_tables(h, false);
}
