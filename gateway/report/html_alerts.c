/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is open and who has it in hand; every alert of the period and how long it lasted. */
#include "gateway/report/html.h"

static bool is_open(const struct report_alert *alert)
{
    return alert->closed_ms == INT64_MAX;
}

static void put_what(struct html *h, const struct report_alert *a)
{
    html_cell(h, "what", WORD_INDICATOR);
    html_put(h, "<div><strong>");
    html_text(h, a->name[h->language] ? a->name[h->language] : a->key);
    html_put(h, "</strong><small>");
    html_name(h, report_alert_scope(h->view, a));
    html_put(h, "</small></div></td>");
}

static void put_reason(struct html *h, const struct report_alert *a)
{
    html_cell(h, "why", WORD_REASON);
    html_put(h, "<div>");
    html_reason(h, a->reason && *a->reason ? a->reason : a->value_text);
    html_put(h, "</div></td>");
}

static void put_in_hand(struct html *h, const struct report_alert *a)
{
    html_cell(h, "hand", WORD_IN_HAND);
    html_put(h, "<div>");
    if (a->ack_ms == 0) {
        html_put(h, is_open(a) ? "<b class=\"bad\">" : "<span class=\"soft\">");
        html_word(h, WORD_NOBODY);
        html_put(h, is_open(a) ? "</b>" : "</span>");
    } else {
        html_name(h, a->ack_name && *a->ack_name ? a->ack_name
                                                 : report_word(WORD_NOT_TOLD, h->language));
        html_put(h, "<small>");
        html_time(h, a->ack_ms);
        html_put(h, "</small><small>");
        html_name(h, a->ack_note);
        html_put(h, "</small>");
    }
    html_put(h, "</div></td>");
}

static void put_time(struct html *h, enum report_word head, int64_t ms)
{
    html_cell(h, "time", head);
    html_time(h, ms);
    html_put(h, "</td>");
}

static void put_lasted(struct html *h, const struct report_alert *a)
{
    html_cell(h, "time", WORD_LASTED);
    html_duration(h, a->lasted_ms);
    html_put(h, "</td>");
}

static void put_state(struct html *h, enum report_word head, int state)
{
    html_cell(h, "mark", head);
    html_state(h, state);
    html_put(h, "</td>");
}

static const char *advice_of(const struct html *h, int64_t kpi)
{
    for (size_t i = 0; i < h->view->n_kpis; i++)
        if (h->view->kpis[i].id == kpi)
            return h->view->kpis[i].advice[h->language];
    return NULL;
}

static void put_heads(struct html *h, const enum report_word *heads)
{
    html_put(h, "<div class=\"card\"><table class=\"stack\"><thead><tr>");
    for (size_t i = 0; heads[i] != WORD_WORDS; i++)
        html_head(h, "", heads[i]);
    html_put(h, "</tr></thead>\n");
}

static void put_open_case(struct html *h, const struct report_alert *a)
{
    const char *advice = advice_of(h, a->kpi);
    html_put(h, "<tbody><tr>");
    put_state(h, WORD_STATE, a->state);
    put_what(h, a);
    put_time(h, WORD_SINCE, a->opened_ms);
    put_lasted(h, a);
    put_reason(h, a);
    put_in_hand(h, a);
    html_put(h, "</tr>\n");
    if (advice && *advice) {
        html_put(h, "<tr class=\"advice\"><td></td><td colspan=\"5\"><b>");
        html_word(h, WORD_ADVICE);
        html_put(h, "</b> ");
        html_text(h, advice);
        html_put(h, "</td></tr>");
    }
    html_put(h, "</tbody>\n");
}

void html_open_cases(struct html *h)
{
    static const enum report_word heads[] = {WORD_STATE,  WORD_INDICATOR, WORD_SINCE, WORD_LASTED,
                                             WORD_REASON, WORD_IN_HAND,   WORD_WORDS};
    size_t n = 0;
    html_section(h, "open-cases", WORD_OPEN_CASES);
    for (size_t i = 0; i < h->view->n_alerts; i++) {
        if (!is_open(&h->view->alerts[i]))
            continue;
        if (n++ == 0)
            put_heads(h, heads);
        put_open_case(h, &h->view->alerts[i]);
    }
    if (n > 0)
        html_put(h, "</table></div>\n");
    if (h->view->n_open > n)
        html_left(h, WORD_MORE, h->view->n_open - n);
    if (n == 0 && h->view->n_open == 0)
        html_none(h, WORD_NO_OPEN_CASES);
}

void html_alerts(struct html *h)
{
    static const enum report_word heads[] = {WORD_WORST,  WORD_INDICATOR, WORD_OPENED,  WORD_CLOSED,
                                             WORD_LASTED, WORD_REASON,    WORD_IN_HAND, WORD_WORDS};
    html_section(h, "alerts", WORD_ALERTS);
    if (h->view->n_alerts == 0) {
        html_none(h, WORD_NO_ALERTS);
        return;
    }
    put_heads(h, heads);
    html_put(h, "<tbody>\n");
    for (size_t i = 0; i < h->view->n_alerts; i++) {
        const struct report_alert *a = &h->view->alerts[i];
        html_put(h, "<tr>");
        put_state(h, WORD_WORST, a->worst);
        put_what(h, a);
        put_time(h, WORD_OPENED, a->opened_ms);
        put_time(h, WORD_CLOSED, a->closed_ms);
        put_lasted(h, a);
        put_reason(h, a);
        put_in_hand(h, a);
        html_put(h, "</tr>\n");
    }
    html_put(h, "</tbody></table></div>\n");
    html_left(h, WORD_MORE, h->view->n_alerts_left);
}
