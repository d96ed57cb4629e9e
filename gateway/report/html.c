/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The report as a page that needs nothing else: no script, nothing from elsewhere, and a policy
 * that would let neither. Read on a screen, a phone, or printed on A4.
 */
#include "gateway/report/html.h"

#include "gateway/report/html_chart.h"
#include "gateway/report/write.h"

/* A row of the cover: what it is called, then what the caller puts, then </dd>. */
static void put_term(struct html *h, enum report_word term)
{
    html_put(h, "<div><dt>");
    html_word(h, term);
    html_put(h, "</dt><dd>");
}

static void put_days(struct html *h, struct store_days days)
{
    struct buf from = {0}, to = {0};
    report_day(&from, days.from);
    report_day(&to, days.to - 1);
    if (days.to - days.from <= 1)
        html_text(h, buf_text(&from));
    else
        html_say(h, WORD_DAYS_TO, (const char *[REPORT_SAY_MAX]){buf_text(&from), buf_text(&to)});
    buf_free(&from);
    buf_free(&to);
}

static void put_sites(struct html *h)
{
    enum { SITES_SHOWN = 12 };
    const struct report_view *v = h->view;
    if (v->plan->site) {
        html_name(h, report_site_name(v, v->plan->site));
        return;
    }
    html_word(h, WORD_ALL_SITES);
    for (size_t i = 0; i < v->n_sites && i < SITES_SHOWN; i++) {
        html_put(h, i == 0 ? " <small>" : ", ");
        html_name(h, report_site_name(v, v->sites[i]));
    }
    if (v->n_sites > SITES_SHOWN)
        html_put(h, " …");
    html_put(h, v->n_sites > 0 ? "</small>" : "");
}

static void put_cover(struct html *h)
{
    const struct report_plan *plan = h->view->plan;
    html_put(h, "<header>\n<h1>");
    html_text(h, report_title(h->view, h->language));
    html_put(h, "</h1>\n<dl>");
    put_term(h, WORD_PERIOD);
    put_days(h, plan->days);
    html_put(h, "</dd></div>");
    put_term(h, plan->site ? WORD_SITE : WORD_SITES);
    put_sites(h);
    html_put(h, "</dd></div>");
    put_term(h, WORD_GATEWAY);
    html_name(h, plan->gateway);
    html_put(h, "</dd></div>");
    if (plan->before.from < plan->before.to) {
        put_term(h, WORD_COMPARED_WITH);
        put_days(h, plan->before);
        html_put(h, "</dd></div>");
    }
    put_term(h, WORD_ZONE);
    html_name(h, plan->zone_name ? plan->zone_name : "UTC");
    html_put(h, "</dd></div>");
    put_term(h, WORD_MADE_AT);
    html_time(h, plan->made_ms);
    html_put(h, "</dd></div></dl>\n</header>\n");
}

static void put_sentence(void *context, const struct report_sentence *sentence)
{
    struct html *h = context;
    html_put(h, sentence->is_bad ? "<li class=\"bad\">" : "<li>");
    html_sentence(h, sentence);
    html_put(h, "</li>\n");
}

static void put_tile(struct html *h, enum report_word word, int64_t n, const int64_t *before,
                     const char *css)
{
    buf_printf(h->out, "<div class=\"card tile %s\"><span>", css);
    html_word(h, word);
    html_put(h, "</span><strong>");
    html_number(h, n);
    html_put(h, "</strong><span>");
    if (before)
        html_change(h, n, *before);
    html_put(h, "</span></div>\n");
}

static void put_tiles(struct html *h)
{
    struct report_sums sums;
    report_sum(h->view, &sums);
    html_put(h, "<div class=\"tiles\">\n");
    put_tile(h, WORD_OPEN_NOW, (int64_t)h->view->n_open, NULL, h->view->n_open ? "critical" : "ok");
    put_tile(h, WORD_WAS_CRITICAL, (int64_t)sums.critical, NULL, sums.critical ? "critical" : "ok");
    put_tile(h, WORD_INFECTIONS, sums.infections, &sums.infections_before, "");
    put_tile(h, WORD_DETECTIONS, sums.detections, &sums.detections_before, "");
    html_put(h, "</div>\n");
}

static void put_summary(struct html *h)
{
    html_put(h, "<section id=\"summary\">\n<h2>");
    html_word(h, WORD_SUMMARY);
    html_put(h, "</h2>\n");
    if (!h->view->is_empty)
        put_tiles(h);
    html_put(h, "<ul class=\"card said\">\n");
    report_summary(h->view, h->language, put_sentence, h);
    html_put(h, "</ul>\n");
}

static void put_notes(struct html *h)
{
    html_section(h, "notes", WORD_NOTES);
    html_put(h, "<ul class=\"notes\">\n");
    report_notes(h->view, h->language, put_sentence, h);
    html_put(h, "</ul>\n</section>\n");
}

static void put_head(struct html *h)
{
    buf_printf(h->out,
               "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\"/>\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
               "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\"/>\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
               "<meta name=\"referrer\" content=\"no-referrer\"/>\n"
               "<meta name=\"format-detection\" content=\"telephone=no\"/>\n<title>",
               h->language == REPORT_ZH ? "zh-CN" : "en");
    html_text(h, report_title(h->view, h->language));
    html_put(h, " · ");
    html_text(h, h->view->plan->site ? report_site_name(h->view, h->view->plan->site)
                                     : h->view->plan->gateway);
    html_put(h, " · ");
    put_days(h, h->view->plan->days);
    html_put(h, "</title>\n<style>\n");
    html_put(h, html_style());
    html_put(h, "</style>\n</head>\n");
}

void report_write_html(const struct report_view *view, enum report_language language,
                       struct buf *out)
{
    struct html h = {.out = out, .view = view, .language = language};
    put_head(&h);
    html_put(&h, "<body>\n");
    html_chart_patterns(&h);
    put_cover(&h);
    html_put(&h, "<main>\n");
    put_summary(&h);
    if (!view->is_empty) {
        html_open_cases(&h);
        html_alerts(&h);
        html_top_tens(&h);
        html_all_detections(&h);
        html_indicators(&h);
        html_inspection(&h);
    }
    if (!view->is_empty || view->n_unknown > 0)
        html_not_understood(&h);
    put_notes(&h);
    html_put(&h, "</main>\n</body>\n</html>\n");
    buf_free(&h.scratch);
}
