/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts on the page: what comes of strangers is made inert and escaped here and nowhere else. */
#include "gateway/report/html_text.h"

#include <math.h>

void html_put(struct html *h, const char *markup)
{
    buf_slice(h->out, slice_from(markup));
}

static void escape(struct buf *out, struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        switch (s.p[i]) {
        case '<':
            buf_append(out, "&lt;", 4);
            break;
        case '>':
            buf_append(out, "&gt;", 4);
            break;
        case '&':
            buf_append(out, "&amp;", 5);
            break;
        case '"':
            buf_append(out, "&#34;", 5);
            break;
        case '\'':
            buf_append(out, "&#39;", 5);
            break;
        default:
            buf_byte(out, s.p[i]);
        }
    }
}

void html_text(struct html *h, const char *text)
{
    buf_clear(&h->scratch);
    report_inert(&h->scratch, text);
    escape(h->out, buf_get(&h->scratch));
}

void html_name(struct html *h, const char *text)
{
    html_put(h, "<bdi>");
    html_text(h, text);
    html_put(h, "</bdi>");
}

void html_reason(struct html *h, const char *text)
{
    struct buf said = {0};
    report_reason(&said, text, h->language);
    html_name(h, buf_text(&said));
    buf_free(&said);
}

void html_word(struct html *h, enum report_word word)
{
    html_text(h, report_word(word, h->language));
}

void html_say(struct html *h, enum report_word word, const char *const values[REPORT_SAY_MAX])
{
    struct buf said = {0};
    report_say(&said, word, h->language, values);
    html_text(h, buf_text(&said));
    buf_free(&said);
}

/* Each value in its own element: a stranger's keeps to itself, a number stands out. */
void html_sentence(struct html *h, const struct report_sentence *sentence)
{
    for (const char *p = report_word(sentence->word, h->language); *p; p++) {
        if (*p != '{') {
            buf_byte(h->out, *p);
            continue;
        }
        int i = p[1] - '1';
        p += 2;
        html_put(h, "<b>");
        if (sentence->strange & 1U << i)
            html_name(h, sentence->values[i]);
        else
            html_text(h, sentence->values[i]);
        html_put(h, "</b>");
    }
}

void html_number(struct html *h, int64_t n)
{
    report_number(h->out, n);
}

void html_share(struct html *h, int64_t n, int64_t total)
{
    struct buf text = {0};
    report_share(&text, n, total);
    html_text(h, buf_text(&text));
    buf_free(&text);
}

void html_change(struct html *h, int64_t n, int64_t before)
{
    report_change(h->out, h->view, n, before, h->language);
    double percent = before > 0 ? 100.0 * ((double)n - (double)before) / (double)before : 0;
    if (n > 0 && percent < -99)
        percent = -99; /* something is left */
    if (fabs(percent) >= 0.5 && !h->view->is_before_part)
        buf_printf(h->out, " <small>(%+.0f %%)</small>", percent);
}

void html_time(struct html *h, int64_t ms)
{
    report_time(h->out, h->view, ms, h->language);
}

void html_duration(struct html *h, int64_t ms)
{
    report_duration(h->out, ms, h->language);
}

const char *html_state_class(int state)
{
    static const char *const names[REPORT_STATES] = {"ok", "warning", "critical", "unknown"};
    return state < 0 || state >= REPORT_STATES ? "none" : names[state];
}

void html_state(struct html *h, int state)
{
    buf_printf(h->out, "<span class=\"state %s\">", html_state_class(state));
    html_text(h, report_state_word(state, h->language));
    html_put(h, "</span>");
}

void html_section(struct html *h, const char *id, enum report_word title)
{
    buf_printf(h->out, "</section>\n<section id=\"%s\">\n<h2>", id);
    html_word(h, title);
    html_put(h, "</h2>\n");
}

void html_none(struct html *h, enum report_word sentence)
{
    html_put(h, "<p class=\"nothing\">");
    html_word(h, sentence);
    html_put(h, "</p>\n");
}

void html_left(struct html *h, enum report_word word, size_t n)
{
    struct buf number = {0};
    if (n == 0)
        return;
    report_number(&number, (int64_t)n);
    html_put(h, "<p class=\"left\">");
    html_say(h, word, (const char *[REPORT_SAY_MAX]){buf_text(&number)});
    html_put(h, "</p>\n");
    buf_free(&number);
}

void html_cell(struct html *h, const char *css, enum report_word head)
{
    buf_printf(h->out, "<td class=\"%s\" data-label=\"", css);
    html_word(h, head);
    html_put(h, "\">");
}

void html_head(struct html *h, const char *css, enum report_word head)
{
    buf_printf(h->out, "<th scope=\"col\" class=\"%s\">", css);
    html_word(h, head);
    html_put(h, "</th>");
}
