/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Charts: columns over time, bars, strips of states, small trends. */
#include "gateway/report/html_chart.h"

#include <string.h>

#define COUNT_MAX (INT64_MAX / 16) /* more is drawn no higher */
enum {
    STRIP_UNITS = 400, /* what a strip is cut into at most, whatever happened in it */
    STRIP_HEIGHT = 20,
    PLOT_HEIGHT = 200,
    GRID_LINES = 4,
    LABELS = 8, /* of the axis of time */
    TREND_WIDTH = 120,
    TREND_HEIGHT = 28
};

/* In the page's colours; lines across where a state must be told from another in black and white.
 */
void html_chart_patterns(struct html *h)
{
    html_put(h,
             "<svg class=\"defs\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>\n"
             "<pattern id=\"p-warning\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
             "<rect width=\"6\" height=\"6\" class=\"f-warning\"/>"
             "<path d=\"M0 6 6 0\" class=\"s-card\"/></pattern>\n"
             "<pattern id=\"p-unknown\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">"
             "<rect width=\"5\" height=\"5\" class=\"f-unknown-back\"/>"
             "<rect width=\"2\" height=\"5\" class=\"f-unknown\"/></pattern>\n"
             "</defs></svg>\n");
}

/* ---- columns ---- */

/* 1, 2 or 5 with zeros: the least of which GRID_LINES reach most. */
static int64_t grid_step(int64_t most)
{
    static const int64_t firsts[] = {1, 2, 5};
    int64_t least = (most + GRID_LINES - 1) / GRID_LINES;
    for (int64_t unit = 1;; unit *= 10)
        for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++)
            if (firsts[i] * unit >= least)
                return firsts[i] * unit;
}

static bool is_by_hour(const struct report_view *view)
{
    return view->n_points > 1 && view->points[0].day == view->points[view->n_points - 1].day;
}

static void put_point_label(struct html *h, struct buf *out, const struct report_point *p,
                            bool is_short)
{
    struct buf whole = {0};
    if (is_by_hour(h->view)) {
        report_time(&whole, h->view, p->begin_ms, h->language);
        buf_slice(out, slice_skip(buf_get(&whole), 11));
    } else {
        report_day(&whole, p->day);
        buf_slice(out, slice_skip(buf_get(&whole), is_short ? 5 : 0));
    }
    buf_free(&whole);
}

static void put_axis_of_counts(struct html *h, int64_t step, int lines)
{
    html_put(h, "<div class=\"counts\" aria-hidden=\"true\">");
    for (int i = lines; i >= 0; i--) {
        html_put(h, "<span>");
        html_number(h, step * i);
        html_put(h, "</span>");
    }
    html_put(h, "</div>");
}

static void put_column(struct html *h, const char *css, size_t i, int64_t n, int64_t top)
{
    double height = (double)n * PLOT_HEIGHT / (double)top;
    if (n <= 0)
        return;
    if (height < 1)
        height = 1; /* one of many is seen, too */
    if (height > PLOT_HEIGHT)
        height = PLOT_HEIGHT;
    buf_printf(h->out, "<rect class=\"%s\" x=\"%zu\" y=\"%.1f\" width=\"8\" height=\"%.1f\"/>", css,
               i * 10 + 1, PLOT_HEIGHT - height, height);
}

static void put_plot(struct html *h, int64_t step, int lines, const struct report_point *most)
{
    struct buf number = {0}, label = {0};
    report_number(&number, most->detections);
    put_point_label(h, &label, most, false);
    buf_printf(h->out,
               "<svg class=\"plot\" role=\"img\" viewBox=\"0 0 %zu %d\" "
               "preserveAspectRatio=\"none\" aria-label=\"",
               h->view->n_points * 10, PLOT_HEIGHT);
    html_say(h, is_by_hour(h->view) ? WORD_CHART_HOURS : WORD_CHART_DAYS,
             (const char *[REPORT_SAY_MAX]){buf_text(&number), buf_text(&label)});
    html_put(h, "\">");
    for (int i = 0; i <= lines; i++)
        buf_printf(h->out, "<path class=\"grid\" d=\"M0 %dH%zu\"/>", PLOT_HEIGHT * i / lines,
                   h->view->n_points * 10);
    for (size_t i = 0; i < h->view->n_points; i++) {
        put_column(h, "detections", i, h->view->points[i].detections, step * lines);
        put_column(h, "infections", i, h->view->points[i].infections, step * lines);
    }
    html_put(h, "</svg>");
    buf_free(&number);
    buf_free(&label);
}

/* A label stands at the first column of those that share it. */
static void put_axis_of_time(struct html *h)
{
    size_t n = h->view->n_points, step = (n + LABELS - 1) / LABELS;
    html_put(h, "<div class=\"times\" aria-hidden=\"true\">");
    for (size_t i = 0; i < n; i += step) {
        buf_printf(h->out, "<span style=\"flex-grow:%zu\">", n - i < step ? n - i : step);
        put_point_label(h, h->out, &h->view->points[i], true);
        html_put(h, "</span>");
    }
    html_put(h, "</div>");
}

static void put_figures(struct html *h)
{
    html_put(h, "<details><summary>");
    html_word(h, WORD_FIGURES);
    html_put(h, "</summary>\n<table class=\"figures\"><thead><tr>");
    html_head(h, "", is_by_hour(h->view) ? WORD_HOUR : WORD_DATE);
    html_head(h, "number", WORD_DETECTIONS);
    html_head(h, "number", WORD_INFECTIONS);
    html_put(h, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < h->view->n_points; i++) {
        html_put(h, "<tr><td>");
        put_point_label(h, h->out, &h->view->points[i], false);
        html_put(h, "</td><td class=\"number\">");
        html_number(h, h->view->points[i].detections);
        html_put(h, "</td><td class=\"number\">");
        html_number(h, h->view->points[i].infections);
        html_put(h, "</td></tr>\n");
    }
    html_put(h, "</tbody></table></details>\n");
}

void html_chart_columns(struct html *h)
{
    const struct report_point *most = NULL;
    int64_t step;
    int lines;
    for (size_t i = 0; i < h->view->n_points; i++)
        if (!most || h->view->points[i].detections > most->detections)
            most = &h->view->points[i];
    if (!most || most->detections <= 0) {
        html_none(h, WORD_NO_DETECTIONS);
        return;
    }
    int64_t top = most->detections < COUNT_MAX ? most->detections : COUNT_MAX;
    step = grid_step(top);
    lines = (int)((top - 1) / step) + 1;
    html_put(h, "<figure class=\"card chart\"><figcaption class=\"key\">"
                "<span><i class=\"detections\"></i>");
    html_word(h, WORD_DETECTIONS);
    html_put(h, "</span><span><i class=\"infections\"></i>");
    html_word(h, WORD_INFECTIONS);
    html_put(h, "</span></figcaption>\n<div class=\"axes\">");
    put_axis_of_counts(h, step, lines);
    put_plot(h, step, lines, most);
    put_axis_of_time(h);
    html_put(h, "</div>\n</figure>\n");
    put_figures(h);
}

/* ---- bars ---- */

void html_chart_bar(struct html *h, int64_t n, int64_t most)
{
    double width = most > 0 && n > 0 ? 100.0 * (double)n / (double)most : 0;
    buf_printf(h->out,
               "<svg class=\"bar\" viewBox=\"0 0 100 4\" preserveAspectRatio=\"none\" "
               "aria-hidden=\"true\"><rect width=\"%.1f\" height=\"4\"/></svg>",
               width > 0 && width < 1 ? 1 : width);
}

/* ---- strips ---- */

/* Which of two states is shown where both were within one unit: critical, warning, unknown, ok. */
static int rank_of(int state)
{
    static const int ranks[REPORT_STATES] = {1, 3, 4, 2};
    return state < 0 || state >= REPORT_STATES ? 0 : ranks[state];
}

/* Runs of one state among units, as one shape. */
static void put_runs(struct html *h, int state, const signed char *units, size_t n)
{
    static const int heights[REPORT_STATES] = {6, 13, 20, 9};
    bool is_begun = false;
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin + 1; end < n && units[end] == units[begin];)
            end++;
        if (units[begin] != state)
            continue;
        if (!is_begun)
            buf_printf(h->out, "<path class=\"%s\" d=\"", html_state_class(state));
        is_begun = true;
        buf_printf(h->out, "M%zu %dh%zuv%dh-%zuz", begin, STRIP_HEIGHT, end - begin,
                   -heights[state], end - begin);
    }
    if (is_begun)
        html_put(h, "\"/>");
}

/* "critical 3 h, ok 2 d 4 h" */
static void put_durations(struct html *h, const int64_t *ms_in)
{
    static const int order[REPORT_STATES] = {2, 1, 3, 0};
    const char *between = "";
    for (size_t i = 0; i < REPORT_STATES; i++) {
        if (ms_in[order[i]] <= 0)
            continue;
        html_put(h, between);
        html_text(h, report_state_word(order[i], h->language));
        html_put(h, " ");
        html_duration(h, ms_in[order[i]]);
        between = ", ";
    }
    if (!*between)
        html_word(h, WORD_NO_DATA);
}

/* Units of the period that a band touches; a short one has one, too. */
static void paint(const struct report_view *view, const struct report_band *band,
                  signed char *units)
{
    double span = (double)(view->end_ms - view->begin_ms);
    int64_t from_ms = band->from_ms < view->begin_ms ? view->begin_ms : band->from_ms;
    int64_t until_ms = band->until_ms > view->end_ms ? view->end_ms : band->until_ms;
    if (span <= 0 || from_ms >= until_ms)
        return;
    size_t from = (size_t)((double)(from_ms - view->begin_ms) * STRIP_UNITS / span);
    size_t to = (size_t)((double)(until_ms - view->begin_ms) * STRIP_UNITS / span + 0.5);
    if (from >= STRIP_UNITS)
        from = STRIP_UNITS - 1;
    if (to <= from)
        to = from + 1;
    for (size_t i = from; i < to && i < STRIP_UNITS; i++)
        if (rank_of(band->state) > rank_of(units[i]))
            units[i] = (signed char)band->state;
}

void html_chart_strip(struct html *h, const struct report_line *line)
{
    signed char units[STRIP_UNITS];
    memset(units, -1, sizeof units);
    for (size_t i = 0; i < line->n_bands; i++)
        paint(h->view, &line->bands[i], units);
    buf_printf(h->out,
               "<svg class=\"strip\" role=\"img\" viewBox=\"0 0 %d %d\" "
               "preserveAspectRatio=\"none\" aria-label=\"",
               STRIP_UNITS, STRIP_HEIGHT);
    put_durations(h, line->ms_in);
    html_put(h, "\">");
    for (int state = 0; state < REPORT_STATES; state++)
        put_runs(h, state, units, STRIP_UNITS);
    html_put(h, "</svg>");
}

void html_chart_legend(struct html *h)
{
    static const signed char order[] = {0, 3, 1, 2, -1};
    signed char units[STRIP_HEIGHT];
    html_put(h, "<p class=\"key\">");
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        memset(units, order[i], sizeof units);
        buf_printf(h->out,
                   "<span><svg class=\"swatch\" viewBox=\"0 0 %d %d\" aria-hidden=\"true\">",
                   STRIP_HEIGHT, STRIP_HEIGHT);
        if (order[i] >= 0)
            put_runs(h, order[i], units, sizeof units);
        html_put(h, "</svg>");
        html_text(h, report_state_word(order[i], h->language));
        html_put(h, "</span>");
    }
    html_put(h, "</p>\n");
}

/* ---- trends ---- */

void html_chart_trend(struct html *h, const int64_t *values, size_t n)
{
    int64_t least = INT64_MAX, most = INT64_MIN;
    bool is_broken = true;
    for (size_t i = 0; i < n; i++)
        if (values[i] != INT64_MIN) {
            least = values[i] < least ? values[i] : least;
            most = values[i] > most ? values[i] : most;
        }
    if (most == INT64_MIN) {
        html_word(h, WORD_NO_DATA);
        return;
    }
    buf_printf(h->out,
               "<svg class=\"trend\" viewBox=\"-2 -2 %d %d\" aria-hidden=\"true\"><path d=\"",
               TREND_WIDTH + 4, TREND_HEIGHT + 4);
    for (size_t i = 0; i < n; i++) {
        if (values[i] == INT64_MIN) {
            is_broken = true;
            continue;
        }
        double x = n > 1 ? (double)i * TREND_WIDTH / (double)(n - 1) : TREND_WIDTH / 2.0;
        double y = most > least ? TREND_HEIGHT * ((double)most - (double)values[i]) /
                                      ((double)most - (double)least)
                                : TREND_HEIGHT / 2.0;
        /* h0: one value between two gaps is a dot, as the line's ends are round */
        buf_printf(h->out, "%s%.1f %.1f%s", is_broken ? "M" : "L", x, y, is_broken ? "h0" : "");
        is_broken = false;
    }
    html_put(h, "\"/></svg>");
}
