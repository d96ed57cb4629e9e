/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A report in sentences, the most important first; all formats have the same. */
#include "gateway/report/summary.h"

#include <string.h>

#include "gateway/kpi/snapshot.h"
#include "gateway/report/words.h"

/** A sentence in the making: its values one behind the other. */
struct speech {
    const struct report_view *view;
    enum report_language language;
    report_sentence_fn *on_sentence;
    void *context;
    struct buf values[REPORT_SAY_MAX];
    size_t n;
    unsigned strange;
};

static void put_number(struct speech *s, int64_t n)
{
    report_number(&s->values[s->n++], n);
}

static void put_time(struct speech *s, int64_t ms)
{
    report_time(&s->values[s->n++], s->view, ms, s->language);
}

static void put_text(struct speech *s, const char *text)
{
    buf_slice(&s->values[s->n++], slice_from(text));
}

static void put_stranger(struct speech *s, const char *text)
{
    s->strange |= 1U << s->n;
    put_text(s, text);
}

static void say(struct speech *s, enum report_word word, bool is_bad)
{
    struct report_sentence sentence = {.word = word, .is_bad = is_bad, .strange = s->strange};
    for (size_t i = 0; i < REPORT_SAY_MAX; i++)
        sentence.values[i] = buf_text(&s->values[i]);
    s->on_sentence(s->context, &sentence);
    for (size_t i = 0; i < REPORT_SAY_MAX; i++)
        buf_clear(&s->values[i]);
    s->n = 0;
    s->strange = 0;
}

static void end(struct speech *s)
{
    for (size_t i = 0; i < REPORT_SAY_MAX; i++)
        buf_free(&s->values[i]);
}

void report_sum(const struct report_view *view, struct report_sums *out)
{
    *out = (struct report_sums){.infections = view->infections.n,
                                .infections_before = view->infections.before};
    for (size_t i = 0; i < view->n_tables; i++) {
        const struct report_table *t = &view->tables[i];
        if (!t->is_infection && t->group == STORE_BY_KIND) {
            out->detections = t->total.n;
            out->detections_before = t->total.before;
        }
    }
    for (size_t i = 0; i < view->n_kpis; i++) {
        const struct report_kpi *k = &view->kpis[i];
        out->critical += k->worst == 2;
        out->warning += k->worst == 1;
        out->ok += k->worst == 0;
        out->unknown_at_end += k->is_on && (k->state == 3 || k->state < 0);
    }
}

static void say_part(struct speech *s)
{
    const struct report_view *v = s->view;
    int64_t full_end_ms = store_day_begin_ms(v->plan->zone, v->plan->days.to);
    if (v->plan->made_ms < full_end_ms) {
        put_time(s, v->end_ms);
        say(s, WORD_IS_NOT_OVER, false);
    } else if (v->end_ms < full_end_ms) {
        put_time(s, v->end_ms);
        say(s, WORD_ENDS_EARLY, true);
    }
    if (v->late_site && v->plan->made_ms >= full_end_ms) {
        put_stranger(s, report_site_name(v, v->late_site));
        say(s, WORD_SITE_NOT_OVER, false);
    }
    if (v->extent.begun_ms > v->begin_ms) {
        put_time(s, v->extent.begun_ms);
        say(s, WORD_BEGAN, false);
    }
    if (v->extent.days_from != INT64_MIN && v->extent.days_from > v->plan->days.from) {
        report_day(&s->values[s->n++], v->extent.days_from);
        say(s, WORD_IS_PART, true);
    }
}

static void say_cover(struct speech *s)
{
    const struct report_view *v = s->view;
    if (v->is_empty)
        say(s, WORD_IS_EMPTY, false);
    if (v->extent.is_filling)
        say(s, WORD_IS_FILLING, true);
    if (v->down_times > 0) {
        report_duration(&s->values[s->n++], v->down_ms, s->language);
        put_number(s, v->down_times);
        put_time(s, v->longest_down.from_ms);
        put_time(s, v->longest_down.until_ms);
        say(s, WORD_WAS_DOWN, true);
    }
    if (v->is_part)
        say_part(s);
    if (v->is_before_part && !v->is_empty) {
        put_time(s, v->known_ms);
        say(s, WORD_BEFORE_IS_PART, false);
    }
}

/* The scope that was in the worst state of all for longest. */
static const struct report_line *find_worst(const struct report_view *view,
                                            const struct report_kpi **kpi)
{
    const struct report_line *worst = NULL;
    for (size_t i = 0; i < view->n_kpis; i++)
        for (size_t j = 0; j < view->kpis[i].n_lines; j++) {
            const struct report_line *l = &view->kpis[i].lines[j];
            if (l->worst != 1 && l->worst != 2)
                continue;
            if (worst &&
                (l->worst < worst->worst ||
                 (l->worst == worst->worst && l->ms_in[l->worst] <= worst->ms_in[worst->worst])))
                continue;
            worst = l;
            *kpi = &view->kpis[i];
        }
    return worst;
}

static void say_worst(struct speech *s, const struct report_kpi *kpi,
                      const struct report_line *line)
{
    bool is_so_still = line->state == line->worst;
    put_stranger(s, kpi->name[s->language] ? kpi->name[s->language] : kpi->key);
    put_stranger(s, report_site_name(s->view, line->scope));
    put_text(s, report_state_word(line->worst, s->language));
    report_duration(&s->values[s->n++], line->ms_in[line->worst], s->language);
    say(s, is_so_still ? WORD_WORST_IS : WORD_WORST_WAS, is_so_still);
}

static void say_states(struct speech *s, const struct report_sums *sums)
{
    const struct report_kpi *kpi = NULL;
    const struct report_line *worst = find_worst(s->view, &kpi);
    if (sums->critical + sums->warning + sums->ok == 0)
        say(s, WORD_NO_INDICATORS, true);
    else {
        if (worst)
            say_worst(s, kpi, worst);
        else
            say(s, WORD_NONE_BAD, false);
        put_number(s, (int64_t)s->view->n_kpis);
        put_number(s, (int64_t)sums->critical);
        put_number(s, (int64_t)sums->warning);
        put_number(s, (int64_t)sums->ok);
        say(s, WORD_STATES_ARE, false);
    }
    if (sums->unknown_at_end > 0) {
        put_number(s, (int64_t)sums->unknown_at_end);
        say(s, WORD_STATES_UNKNOWN, true);
    }
}

static void say_alerts(struct speech *s)
{
    const struct report_view *v = s->view;
    if (v->n_alerts == 0) {
        say(s, WORD_NO_ALERTS, false);
        return;
    }
    put_number(s, (int64_t)v->n_opened);
    put_number(s, (int64_t)v->n_closed);
    put_number(s, (int64_t)v->n_open);
    say(s, WORD_ALERTS_ARE, false);
    if (v->n_unhandled > 0) {
        put_number(s, (int64_t)v->n_unhandled);
        say(s, WORD_UNHANDLED, true);
    }
}

static void say_count(struct speech *s, enum report_word word, int64_t n, int64_t before)
{
    put_number(s, n);
    put_number(s, before);
    report_change(&s->values[s->n++], s->view, n, before, s->language);
    say(s, word, false);
}

static void say_first(struct speech *s, enum store_group group, enum report_word word)
{
    for (size_t i = 0; i < s->view->n_tables; i++) {
        const struct report_table *t = &s->view->tables[i];
        if (!t->is_infection || t->group != group || t->n_rows == 0)
            continue;
        put_stranger(s, report_row_name(t, &t->rows[0], s->language));
        put_number(s, t->rows[0].n);
        say(s, word, false);
    }
}

void report_cover(const struct report_view *view, enum report_language language,
                  report_sentence_fn *on_sentence, void *context)
{
    struct speech s = {
        .view = view, .language = language, .on_sentence = on_sentence, .context = context};
    say_cover(&s);
    end(&s);
}

void report_summary(const struct report_view *view, enum report_language language,
                    report_sentence_fn *on_sentence, void *context)
{
    struct speech s = {
        .view = view, .language = language, .on_sentence = on_sentence, .context = context};
    struct report_sums sums;
    report_sum(view, &sums);
    say_cover(&s);
    if (!view->is_empty) {
        say_states(&s, &sums);
        say_alerts(&s);
        say_count(&s, WORD_INFECTIONS_ARE, sums.infections, sums.infections_before);
        say_count(&s, WORD_DETECTIONS_ARE, sums.detections, sums.detections_before);
        say_first(&s, STORE_BY_MALWARE, WORD_MOST_MALWARE);
        say_first(&s, STORE_BY_SOURCE, WORD_MOST_SOURCE);
        say_first(&s, STORE_BY_COMPUTER, WORD_MOST_COMPUTER);
    }
    if (view->not_understood > 0 || view->malformed > 0) {
        put_number(&s, view->not_understood);
        put_number(&s, view->malformed);
        say(&s, WORD_NOT_UNDERSTOOD_ARE, false);
    }
    end(&s);
}

static void note_count(struct speech *s, enum report_word word, uint64_t n)
{
    if (n == 0)
        return;
    put_number(s, n > INT64_MAX ? INT64_MAX : (int64_t)n);
    say(s, word, true);
}

void report_notes(const struct report_view *view, enum report_language language,
                  report_sentence_fn *on_sentence, void *context)
{
    struct speech s = {
        .view = view, .language = language, .on_sentence = on_sentence, .context = context};
    const struct store_extent *e = &view->extent;
    note_count(&s, WORD_NOTE_MISSED, e->missed);
    note_count(&s, WORD_NOTE_LATE, e->late);
    note_count(&s, WORD_NOTE_UNFIT, e->unfit);
    say(&s, WORD_NOTE_COUNTED, false);
    say(&s, WORD_NOTE_INFECTION, false);
    say(&s, WORD_NOTE_SHARE, false);
    if (view->plan->before.from < view->plan->before.to && !view->is_before_part) {
        report_day(&s.values[s.n++], view->plan->before.from);
        report_day(&s.values[s.n++], view->plan->before.to - 1);
        say(&s, WORD_NOTE_COMPARED, false);
    }
    say(&s, WORD_NOTE_NO_NEWS, false);
    if (e->hours_from != INT64_MIN) {
        put_time(&s, e->hours_from * 1000);
        say(&s, WORD_NOTE_KEPT_HOURS, false);
    }
    if (e->days_from != INT64_MIN) {
        report_day(&s.values[s.n++], e->days_from);
        say(&s, WORD_NOTE_KEPT_DAYS, false);
    }
    end(&s);
}

enum { SITES_OK_MAX = 40, PRODUCTS_OK_MAX = 10 };

bool report_is_listed(struct report_listing *listing, const struct report_inspection *line)
{
    bool is_product = strchr(line->scope, '/') != NULL;
    size_t *n = is_product ? &listing->n_products : &listing->n_sites;
    if (line->kpi != listing->kpi) {
        *listing = (struct report_listing){.kpi = line->kpi};
    }
    if (!line->is_always_ok)
        return true;
    if (*n >= (is_product ? PRODUCTS_OK_MAX : SITES_OK_MAX)) {
        listing->n_left++;
        return false;
    }
    ++*n;
    return true;
}
