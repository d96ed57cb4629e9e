/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A report for a spreadsheet: blocks with a heading, a row of heads and rows, an empty line between
 * them; UTF-8 with its mark and CR LF, as Excel wants it (RFC 4180). Texts that a spreadsheet would
 * take for a formula begin with an apostrophe; numbers stay numbers. The full-width forms of the
 * signs begin a formula too in East Asia, and so does a sign behind blanks, which some programs
 * trim (OWASP, CSV Injection).
 */
#include "gateway/report/write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/utf8.h"
#include "gateway/report/summary.h"
#include "gateway/report/words.h"

struct csv {
    const struct report_view *view;
    enum report_language language;
    struct buf *out;
    bool has_cell; /* in this row */
};

static void comma(struct csv *csv)
{
    if (csv->has_cell)
        buf_byte(csv->out, ',');
    csv->has_cell = true;
}

static bool begins_with_one(struct slice text, const char *const *words)
{
    for (; *words; words++)
        if (slice_starts_with(text, slice_from(*words)))
            return true;
    return false;
}

static bool is_formula(struct slice text)
{
    static const char *const blanks[] = {" ", "\u00a0", "\u3000", NULL};
    static const char *const signs[] = {"=",  "+",  "-",  "@",  "\t", "\r",
                                        "＝", "＋", "－", "＠", NULL};
    while (begins_with_one(text, blanks))
        text = slice_skip(text, utf8_char((const unsigned char *)text.p, text.n));
    return begins_with_one(text, signs);
}

static void put_bytes(struct csv *csv, const char *text)
{
    comma(csv);
    buf_byte(csv->out, '"');
    if (is_formula(slice_from(text)))
        buf_byte(csv->out, '\'');
    for (; *text; text++) {
        if (*text == '"')
            buf_byte(csv->out, '"');
        buf_byte(csv->out, *text);
    }
    buf_byte(csv->out, '"');
}

/* A stranger's. */
static void put_text(struct csv *csv, const char *text)
{
    struct buf inert = {0};
    report_inert(&inert, text);
    put_bytes(csv, buf_text(&inert));
    buf_free(&inert);
}

static void put_reason(struct csv *csv, const char *text)
{
    struct buf said = {0};
    report_reason(&said, text, csv->language);
    put_text(csv, buf_text(&said));
    buf_free(&said);
}

static void put_word(struct csv *csv, enum report_word word)
{
    put_bytes(csv, report_word(word, csv->language));
}

static void put_number(struct csv *csv, int64_t n)
{
    comma(csv);
    buf_printf(csv->out, "%" PRId64, n);
}

/* Empty where none is known. */
static void put_before(struct csv *csv, int64_t before)
{
    if (csv->view->is_before_unknown)
        put_bytes(csv, "");
    else
        put_number(csv, before);
}

static void put_time(struct csv *csv, int64_t ms)
{
    struct buf text = {0};
    if (ms)
        report_time(&text, csv->view, ms, csv->language);
    put_bytes(csv, buf_text(&text));
    buf_free(&text);
}

static void put_days(struct csv *csv, struct store_days days)
{
    struct buf text = {0};
    report_day(&text, days.from);
    put_bytes(csv, buf_text(&text));
    buf_clear(&text);
    report_day(&text, days.to - 1);
    put_bytes(csv, buf_text(&text));
    buf_free(&text);
}

static void end_row(struct csv *csv)
{
    buf_slice(csv->out, SLICE("\r\n"));
    csv->has_cell = false;
}

static void put_heads(struct csv *csv, const enum report_word *heads, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put_word(csv, heads[i]);
    end_row(csv);
}
#define HEADS(csv, ...)                                                                            \
    put_heads((csv), (const enum report_word[]){__VA_ARGS__},                                      \
              sizeof((const enum report_word[]){__VA_ARGS__}) / sizeof(enum report_word))

static void begin_block(struct csv *csv, enum report_word heading)
{
    end_row(csv);
    put_word(csv, heading);
    end_row(csv);
}

static void say(struct csv *csv, enum report_word word)
{
    put_word(csv, word);
    end_row(csv);
}

static void on_sentence(void *context, const struct report_sentence *sentence)
{
    struct csv *csv = context;
    struct buf text = {0};
    report_say(&text, sentence->word, csv->language, sentence->values);
    put_text(csv, buf_text(&text));
    end_row(csv);
    buf_free(&text);
}

static void say_more(struct csv *csv, size_t n)
{
    char number[24];
    const struct report_sentence more = {.word = WORD_MORE, .values = {number}};
    snprintf(number, sizeof number, "%zu", n);
    if (n)
        on_sentence(csv, &more);
}

static void put_head(struct csv *csv)
{
    const struct report_plan *plan = csv->view->plan;
    put_bytes(csv, report_title(csv->view, csv->language));
    end_row(csv);
    put_word(csv, WORD_GATEWAY);
    put_text(csv, plan->gateway);
    end_row(csv);
    put_word(csv, WORD_SITE);
    if (plan->site)
        put_text(csv, plan->site);
    else
        put_word(csv, WORD_ALL_SITES);
    end_row(csv);
    put_word(csv, WORD_PERIOD);
    put_days(csv, plan->days);
    end_row(csv);
    put_word(csv, WORD_COMPARED_WITH);
    put_days(csv, plan->before);
    end_row(csv);
    put_word(csv, WORD_ZONE);
    put_text(csv, plan->zone_name);
    end_row(csv);
    put_word(csv, WORD_MADE_AT);
    put_time(csv, plan->made_ms);
    end_row(csv);
    report_cover(csv->view, csv->language, on_sentence, csv);
}

static void put_table(struct csv *csv, const struct report_table *table)
{
    begin_block(csv, report_table_word(table));
    if (table->n_rows == 0) {
        say(csv, !table->is_infection           ? WORD_NO_DETECTIONS
                 : csv->view->infections.n == 0 ? WORD_NO_INFECTIONS
                                                : WORD_NO_NAMES);
        return;
    }
    HEADS(csv, report_name_word(table->group), WORD_SITE, WORD_COUNT, WORD_BEFORE);
    for (size_t i = 0; i < table->n_rows; i++) {
        put_text(csv, report_row_name(table, &table->rows[i], csv->language));
        put_text(csv, table->rows[i].site);
        put_number(csv, table->rows[i].n);
        put_before(csv, table->rows[i].before);
        end_row(csv);
    }
    put_word(csv, WORD_TOTAL);
    put_bytes(csv, "");
    put_number(csv, table->total.n);
    put_before(csv, table->total.before);
    end_row(csv);
}

static void put_course(struct csv *csv)
{
    const struct report_view *view = csv->view;
    begin_block(csv, WORD_OVER_TIME);
    HEADS(csv, WORD_DATE, WORD_DETECTIONS, WORD_INFECTIONS);
    for (size_t i = 0; i < view->n_points; i++) {
        put_time(csv, view->points[i].begin_ms);
        put_number(csv, view->points[i].detections);
        put_number(csv, view->points[i].infections);
        end_row(csv);
    }
}

static void put_alerts(struct csv *csv)
{
    const struct report_view *view = csv->view;
    begin_block(csv, WORD_ALERTS);
    if (view->n_alerts == 0) {
        say(csv, WORD_NO_ALERTS);
        return;
    }
    HEADS(csv, WORD_INDICATOR, WORD_SCOPE, WORD_SITE, WORD_WORST, WORD_OPENED, WORD_CLOSED,
          WORD_LASTED, WORD_VALUE, WORD_REASON, WORD_IN_HAND, WORD_NOTE);
    for (size_t i = 0; i < view->n_alerts; i++) {
        const struct report_alert *alert = &view->alerts[i];
        struct buf lasted = {0};
        report_duration(&lasted, alert->lasted_ms, csv->language);
        put_text(csv, alert->name[csv->language]);
        put_text(csv, alert->scope);
        put_text(csv, alert->site);
        put_bytes(csv, report_state_word(alert->worst, csv->language));
        put_time(csv, alert->opened_ms);
        put_time(csv, alert->closed_ms);
        put_bytes(csv, buf_text(&lasted));
        put_reason(csv, alert->value_text);
        put_reason(csv, alert->reason);
        put_text(csv, alert->ack_name);
        put_text(csv, alert->ack_note);
        end_row(csv);
        buf_free(&lasted);
    }
    say_more(csv, view->n_alerts_left);
}

static void put_line(struct csv *csv, const struct report_kpi *kpi, const struct report_line *line)
{
    put_text(csv, kpi->name[csv->language]);
    put_text(csv, line->scope);
    put_text(csv, line->site);
    put_bytes(csv, report_state_word(line->state, csv->language));
    put_bytes(csv, report_state_word(line->worst, csv->language));
    for (int state = 0; state < REPORT_STATES; state++)
        put_number(csv, line->ms_in[state] / 1000);
    put_reason(csv, report_why_unknown(line));
    end_row(csv);
}

/* How long each was in which state, in seconds; why it is unknown at the end. */
static void put_indicators(struct csv *csv)
{
    const struct report_view *view = csv->view;
    begin_block(csv, WORD_INDICATORS);
    if (view->n_kpis == 0) {
        say(csv, WORD_NO_INDICATORS);
        return;
    }
    static const enum report_word heads[] = {WORD_INDICATOR, WORD_SCOPE, WORD_SITE, WORD_AT_END,
                                             WORD_WORST};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        put_word(csv, heads[i]);
    for (int state = 0; state < REPORT_STATES; state++) {
        struct buf head = {0};
        buf_printf(&head, "%s (s)", report_state_word(state, csv->language));
        put_bytes(csv, buf_text(&head));
        buf_free(&head);
    }
    put_word(csv, WORD_REASON);
    end_row(csv);
    for (size_t i = 0; i < view->n_kpis; i++) {
        for (size_t j = 0; j < view->kpis[i].n_lines; j++)
            put_line(csv, &view->kpis[i], &view->kpis[i].lines[j]);
        say_more(csv, view->kpis[i].n_left);
    }
}

static void put_inspection(struct csv *csv)
{
    const struct report_view *view = csv->view;
    begin_block(csv, WORD_INSPECTION);
    if (view->n_inspection == 0) {
        say(csv, WORD_NO_INSPECTION);
        return;
    }
    HEADS(csv, WORD_INDICATOR, WORD_SCOPE, WORD_SITE, WORD_AT_END, WORD_WORST, WORD_VALUE);
    for (size_t i = 0; i < view->n_inspection; i++) {
        const struct report_inspection *row = &view->inspection[i];
        put_text(csv, row->name[csv->language]);
        put_text(csv, row->scope);
        put_text(csv, row->site);
        put_bytes(csv, report_state_word(row->state, csv->language));
        put_bytes(csv, report_state_word(row->worst, csv->language));
        put_reason(csv, row->value_text);
        end_row(csv);
    }
    say_more(csv, view->n_inspection_left);
}

static void put_unknown(struct csv *csv)
{
    const struct report_view *view = csv->view;
    begin_block(csv, WORD_NOT_UNDERSTOOD);
    if (view->n_unknown == 0) {
        say(csv, WORD_ALL_UNDERSTOOD);
        return;
    }
    HEADS(csv, WORD_SENDER, WORD_SITE, WORD_PRODUCT, WORD_NO_MAPPING, WORD_MALFORMED);
    for (size_t i = 0; i < view->n_unknown; i++) {
        put_text(csv, view->unknown[i].sender);
        put_text(csv, view->unknown[i].site);
        put_text(csv, view->unknown[i].product);
        put_number(csv, view->unknown[i].unknown);
        put_number(csv, view->unknown[i].malformed);
        end_row(csv);
    }
    say_more(csv, view->n_unknown_left);
}

void report_write_csv(const struct report_view *view, enum report_language language,
                      struct buf *out)
{
    struct csv csv = {.view = view, .language = language, .out = out};
    buf_slice(out, SLICE("\xef\xbb\xbf"));
    put_head(&csv);
    for (size_t i = 0; i < view->n_tables; i++)
        put_table(&csv, &view->tables[i]);
    put_course(&csv);
    put_indicators(&csv);
    put_alerts(&csv);
    put_inspection(&csv);
    put_unknown(&csv);
}
