/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signs, strips of states, small trends. */
#include "gateway/report/pdf_chart.h"

#include <math.h>

#include "gateway/base/arena.h"
#include "gateway/report/pdf_text.h"
#include "gateway/report/words.h"

static enum pdf_colour state_colour(int state)
{
    static const enum pdf_colour colours[REPORT_STATES] = {PDF_OK, PDF_WARNING, PDF_CRITICAL,
                                                           PDF_UNKNOWN};
    return state < 0 || state >= REPORT_STATES ? PDF_LINE : colours[state];
}

void pdf_mark(struct pdf_sheet *s, int state, double x, double y, double size)
{
    pdf_colour(s, state_colour(state));
    cairo_set_line_width(s->cr, 1);
    cairo_new_path(s->cr);
    switch (state) {
    case 0:
        cairo_arc(s->cr, x + size / 2, y + size / 2, size / 2, 0, 2 * M_PI);
        break;
    case 1:
        cairo_move_to(s->cr, x + size / 2, y);
        cairo_line_to(s->cr, x + size, y + size);
        cairo_line_to(s->cr, x, y + size);
        cairo_close_path(s->cr);
        break;
    case 2:
        cairo_rectangle(s->cr, x, y, size, size);
        break;
    case 3:
        cairo_arc(s->cr, x + size / 2, y + size / 2, size / 2 - 0.5, 0, 2 * M_PI);
        cairo_stroke(s->cr);
        return;
    default:
        cairo_rectangle(s->cr, x, y + size / 2 - 0.5, size, 1);
    }
    cairo_fill(s->cr);
}

/* ok low, a warning higher, critical all the height; unknown low and hatched. */
static void band(struct pdf_sheet *s, int state, double x, double y, double width, double height)
{
    static const double share[REPORT_STATES] = {0.34, 0.68, 1.0, 0.34};
    double top, high;
    if (state < 0 || state >= REPORT_STATES)
        return;
    high = height * share[state];
    top = y + height - high;
    if (state != 3) {
        pdf_box(s, state_colour(state), x, top, width, high);
        return;
    }
    cairo_save(s->cr);
    cairo_rectangle(s->cr, x, top, width, high);
    cairo_clip_preserve(s->cr);
    pdf_colour(s, PDF_WASH);
    cairo_fill_preserve(s->cr);
    pdf_colour(s, PDF_UNKNOWN);
    cairo_set_line_width(s->cr, 0.8);
    cairo_stroke(s->cr);
    /* Lines of one grid for all bands, so that neighbours fit. */
    for (double at = floor(x / 3) * 3 - high; at < x + width; at += 3) {
        cairo_move_to(s->cr, at, top + high);
        cairo_line_to(s->cr, at + high, top);
    }
    cairo_set_line_width(s->cr, 0.5);
    cairo_stroke(s->cr);
    cairo_restore(s->cr);
}

/* Worse than: critical, warning, unknown, ok, nothing. */
static int rank(int state)
{
    static const int ranks[REPORT_STATES] = {1, 3, 4, 2};
    return state < 0 || state >= REPORT_STATES ? 0 : ranks[state];
}

bool pdf_tick(const struct report_view *view, int i, int64_t *at_ms)
{
    enum { TICKS_MAX = 8, SIX_HOURS_MS = 6 * 3600 * 1000 };
    const struct store_days days = view->plan->days;
    int64_t n = days.to - days.from, step = (n + TICKS_MAX - 1) / TICKS_MAX;
    *at_ms = n <= 1 ? view->begin_ms + i * (int64_t)SIX_HOURS_MS
                    : store_day_begin_ms(view->plan->zone, days.from + i * step);
    return *at_ms < view->end_ms && i <= TICKS_MAX;
}

/* Hairlines, so that strips below one another can be compared. */
static void draw_ticks(struct pdf_sheet *s, double x, double y, double width, double height)
{
    const struct report_view *view = s->view;
    double span = (double)(view->end_ms - view->begin_ms);
    int64_t at_ms;
    for (int i = 1; pdf_tick(view, i, &at_ms); i++) {
        double at = x + width * (double)(at_ms - view->begin_ms) / span;
        pdf_line(s, PDF_LINE, at, y, at, y + height);
    }
}

enum { SLOT_TENTHS = 8, SLOTS_MAX = 800 }; /* a slot is 0.8 pt wide */

void pdf_strip(struct pdf_sheet *s, const struct report_line *line, double x, double y,
               double width, double height)
{
    const struct report_view *view = s->view;
    signed char worst[SLOTS_MAX];
    int slots = (int)(width * 10 / SLOT_TENTHS);
    double span = (double)(view->end_ms - view->begin_ms);
    slots = slots > SLOTS_MAX ? SLOTS_MAX : slots;
    for (int i = 0; i < slots; i++)
        worst[i] = -1;
    for (size_t b = 0; b < line->n_bands && span > 0; b++) {
        const struct report_band *one = &line->bands[b];
        double from = ((double)one->from_ms - (double)view->begin_ms) / span;
        double until = ((double)one->until_ms - (double)view->begin_ms) / span;
        int first = (int)(fmin(fmax(from, 0), 1) * slots);
        int end = (int)ceil(fmin(fmax(until, 0), 1) * slots - 1e-6);
        first = first >= slots ? slots - 1 : first;
        end = end <= first ? first + 1 : end;
        for (int i = first; i < end; i++)
            if (rank(one->state) > rank(worst[i]))
                worst[i] = (signed char)one->state;
    }
    draw_ticks(s, x, y, width, height);
    for (int i = 0, end; i < slots; i = end) {
        for (end = i + 1; end < slots && worst[end] == worst[i]; end++)
            ;
        band(s, worst[i], x + width * i / slots, y, width * (end - i) / slots, height);
    }
    pdf_line(s, PDF_LINE, x, y + height + 0.25, x + width, y + height + 0.25);
}

struct scale {
    double low, high; /* of values that are known */
    size_t known, last;
};

static struct scale scale_of(const int64_t *values, size_t n)
{
    struct scale scale = {0};
    for (size_t i = 0; i < n; i++) {
        double value = (double)values[i];
        if (values[i] == INT64_MIN)
            continue;
        scale.low = scale.known == 0 ? value : fmin(scale.low, value);
        scale.high = scale.known == 0 ? value : fmax(scale.high, value);
        scale.known++;
        scale.last = i;
    }
    return scale;
}

void pdf_trend(struct pdf_sheet *s, const int64_t *values, size_t n, double x, double y,
               double width, double height)
{
    struct scale scale = scale_of(values, n);
    double range = scale.high - scale.low, step = n > 1 ? (width - 4) / (double)(n - 1) : 0;
    double at_x = x, at_y = y;
    bool is_line = false;
    if (scale.known == 0)
        return;
    pdf_colour(s, PDF_ACCENT);
    cairo_set_line_width(s->cr, 1);
    cairo_set_line_join(s->cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(s->cr, CAIRO_LINE_CAP_ROUND);
    for (size_t i = 0; i <= scale.last; i++) {
        if (values[i] == INT64_MIN) {
            is_line = false;
            continue;
        }
        at_x = x + 2 + step * (double)i;
        at_y = y + height / 2;
        if (range > 0) /* else it never changed: a line in the middle */
            at_y = y + 1 + (height - 2) * (scale.high - (double)values[i]) / range;
        if (is_line)
            cairo_line_to(s->cr, at_x, at_y);
        else
            cairo_move_to(s->cr, at_x, at_y);
        is_line = true;
    }
    cairo_stroke(s->cr);
    cairo_set_line_cap(s->cr, CAIRO_LINE_CAP_BUTT);
    cairo_arc(s->cr, at_x, at_y, 1.8, 0, 2 * M_PI);
    cairo_fill(s->cr);
}

void pdf_state_legend(struct pdf_sheet *s)
{
    double x = PDF_LEFT;
    pdf_sheet_need(s, 16);
    for (int state = 0; state < REPORT_STATES; state++) {
        band(s, state, x, s->y + 1, 22, 9);
        x += 27;
        x += pdf_text_line(s, PDF_SMALL, PDF_INK, PDF_START, x, s->y,
                           report_state_word(state, s->language));
        x += 16;
    }
    pdf_line(s, PDF_LINE, x, s->y + 10, x + 22, s->y + 10);
    pdf_text_line(s, PDF_SMALL, PDF_INK, PDF_START, x + 27, s->y,
                  report_state_word(-1, s->language));
    s->y += 16;
}
