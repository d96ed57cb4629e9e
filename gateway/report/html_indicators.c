/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How each indicator fared, in the catalogue's groups: a strip a scope. */
#include "gateway/report/html.h"

#include "gateway/report/html_chart.h"

/* More scopes that were always ok are told in a sentence, not in a strip each. */
enum { OK_SHOWN = 4 };

static int64_t trouble_ms(const int64_t *ms_in)
{
    return ms_in[1] + ms_in[2] + ms_in[3];
}

/* ms_in NULL: of many scopes; their times added up would be longer than the period. */
static void put_end(struct html *h, int state, const int64_t *ms_in)
{
    html_put(h, "<td class=\"mark\">");
    html_state(h, state);
    html_put(h, "</td><td class=\"time\">");
    if (ms_in && trouble_ms(ms_in) > 0)
        html_duration(h, trouble_ms(ms_in));
    html_put(h, "</td></tr>\n");
}

static void put_line(struct html *h, const struct report_line *line)
{
    html_put(h, "<tr><td class=\"scope\">");
    const char *why = report_why_unknown(line);
    html_name(h, report_site_name(h->view, line->scope));
    if (*why) {
        html_put(h, "<small>");
        html_reason(h, why);
        html_put(h, "</small>");
    }
    html_put(h, "</td><td class=\"over\">");
    html_chart_strip(h, line);
    html_put(h, "</td>");
    put_end(h, line->state, line->ms_in);
}

static bool is_always_ok(const struct report_line *line)
{
    return line->worst == 0 && line->state == 0;
}

static void put_left(struct html *h, enum report_word word, size_t n)
{
    if (n == 0)
        return;
    html_put(h, "<tr><td colspan=\"4\">");
    html_left(h, word, n);
    html_put(h, "</td></tr>\n");
}

static void put_kpi(struct html *h, const struct report_kpi *k)
{
    size_t n_ok = 0;
    html_put(h, "<tbody class=\"kpi\"><tr><th scope=\"rowgroup\" colspan=\"2\">");
    html_text(h, k->name[h->language] ? k->name[h->language] : k->key);
    if (!k->is_on) {
        html_put(h, " <small>");
        html_word(h, WORD_NOT_ON);
        html_put(h, "</small>");
    }
    html_put(h, "</th>");
    put_end(h, k->state, NULL);
    for (size_t i = 0; i < k->n_lines; i++)
        n_ok += is_always_ok(&k->lines[i]);
    for (size_t i = 0; i < k->n_lines; i++)
        if (n_ok <= OK_SHOWN || !is_always_ok(&k->lines[i]))
            put_line(h, &k->lines[i]);
    put_left(h, WORD_ALWAYS_OK, n_ok <= OK_SHOWN ? 0 : n_ok);
    put_left(h, WORD_MORE, k->n_left);
    html_put(h, "</tbody>\n");
}

/* From when to when the strips go, above them. */
static void put_ends(struct html *h)
{
    html_put(h, "<th scope=\"col\" class=\"over\"><span class=\"ends\"><span>");
    report_date(h->out, h->view, h->view->begin_ms);
    html_put(h, "</span><span>");
    report_date(h->out, h->view,
                h->view->end_ms > h->view->begin_ms ? h->view->end_ms - 1 : h->view->begin_ms);
    html_put(h, "</span></span></th>");
}

static void put_group(struct html *h, enum report_word category)
{
    bool is_begun = false;
    for (size_t i = 0; i < h->view->n_kpis; i++) {
        if (report_category(h->view->kpis[i].id) != category)
            continue;
        if (!is_begun) {
            is_begun = true;
            html_put(h, "<h3>");
            html_word(h, category);
            html_put(h, "</h3>\n<div class=\"card\"><table class=\"indicators\"><thead><tr>");
            html_head(h, "scope", WORD_SCOPE);
            put_ends(h);
            html_head(h, "mark", WORD_AT_END);
            html_head(h, "time", WORD_IN_TROUBLE);
            html_put(h, "</tr></thead>\n");
        }
        put_kpi(h, &h->view->kpis[i]);
    }
    if (is_begun)
        html_put(h, "</table></div>\n");
}

void html_indicators(struct html *h)
{
    static const enum report_word groups[] = {WORD_MANAGEMENT, WORD_VIRUS, WORD_NETWORK, WORD_OWN};
    html_section(h, "indicators", WORD_INDICATORS);
    if (h->view->n_kpis == 0) {
        html_none(h, WORD_NO_INDICATORS);
        return;
    }
    html_chart_legend(h);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        put_group(h, groups[i]);
}
