/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The column chart: detections, and among them infections, by day or by hour. */
#include <math.h>

#include "gateway/report/pdf.h"
#include "gateway/report/pdf_chart.h"
#include "gateway/report/pdf_text.h"
#include "gateway/report/words.h"

enum { HEIGHT = 120, PARTS = 4, COLUMNS_MAX = 400, LABEL_GAP = 8 };

struct chart {
    double x, y, width; /* of the drawn part, without labels */
    double top;         /* the value at its upper edge */
    size_t each;        /* points that one column sums up, so that it can be seen */
    size_t columns;
};

struct sum {
    int64_t detections, infections;
};

static struct sum sum_of(const struct report_view *view, const struct chart *chart, size_t column)
{
    struct sum sum = {0};
    for (size_t i = column * chart->each; i < (column + 1) * chart->each && i < view->n_points;
         i++) {
        sum.detections += view->points[i].detections;
        sum.infections += view->points[i].infections;
    }
    return sum;
}

/* Labels are round: each part is a short number of tens, and whole. */
static double round_top(int64_t most)
{
    static const double steps[] = {1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10};
    double unit = 1;
    while (unit * 10 * PARTS < (double)most)
        unit *= 10;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (unit * steps[i] * PARTS >= (double)most && (unit > 1 || steps[i] == floor(steps[i])))
            return unit * steps[i] * PARTS;
    return unit * 10 * PARTS;
}

static void write_scale(struct pdf_sheet *s, const struct chart *chart)
{
    struct buf text = {0};
    for (int i = 0; i <= PARTS; i++) {
        double y = chart->y + HEIGHT - (double)HEIGHT * i / PARTS;
        buf_clear(&text);
        report_number(&text, (int64_t)(chart->top * i / PARTS));
        pdf_text_line(s, PDF_SMALL, PDF_MUTED, PDF_END, chart->x - 5, y - 6, buf_text(&text));
        pdf_line(s, i == 0 ? PDF_MUTED : PDF_LINE, chart->x, y, chart->x + chart->width, y);
    }
    buf_free(&text);
}

/* "03-31" or "08:15" below every so many columns that they do not touch. */
static void write_dates(struct pdf_sheet *s, const struct chart *chart)
{
    const struct report_view *view = s->view;
    bool is_by_hour = view->plan->days.to - view->plan->days.from <= 1;
    double step = chart->width / (double)chart->columns, free_from = chart->x - 100;
    struct buf text = {0};
    for (size_t i = 0; i < chart->columns; i++) {
        double middle = chart->x + step * ((double)i + 0.5);
        struct pdf_text label;
        buf_clear(&text);
        report_time(&text, view, view->points[i * chart->each].begin_ms, s->language);
        buf_text(&text);
        if (!is_by_hour)
            text.n = text.n > 10 ? 10 : text.n;
        label =
            pdf_text_set(s, PDF_SMALL, buf_text(&text) + (is_by_hour ? 11 : 5), 0, 1, PDF_START);
        if (middle - label.width / 2 < free_from ||
            middle + label.width / 2 > chart->x + chart->width + 12) {
            pdf_text_free(&label);
            continue;
        }
        free_from = middle + label.width / 2 + LABEL_GAP;
        pdf_text_draw(s, &label, PDF_MUTED, middle - label.width / 2, chart->y + HEIGHT + 3);
    }
    buf_free(&text);
}

static void draw_columns(struct pdf_sheet *s, const struct chart *chart)
{
    double step = chart->width / (double)chart->columns;
    double wide = step > 3 ? fmin(step * 0.72, 26) : step;
    for (size_t i = 0; i < chart->columns; i++) {
        struct sum sum = sum_of(s->view, chart, i);
        double x = chart->x + step * ((double)i + 0.5) - wide / 2, foot = chart->y + HEIGHT;
        double high = HEIGHT * (double)sum.detections / chart->top;
        double dark = HEIGHT * (double)sum.infections / chart->top;
        if (sum.detections > 0)
            pdf_box(s, PDF_ACCENT_LIGHT, x, foot - fmax(high, 0.7), wide, fmax(high, 0.7));
        if (sum.infections > 0)
            pdf_box(s, PDF_ACCENT, x, foot - fmax(dark, 0.7), wide, fmax(dark, 0.7));
    }
}

static void write_legend(struct pdf_sheet *s, double y)
{
    static const enum pdf_colour colours[] = {PDF_ACCENT_LIGHT, PDF_ACCENT};
    const enum report_word words[] = {WORD_DETECTIONS, WORD_INFECTIONS};
    double x = PDF_LEFT;
    for (int i = 0; i < 2; i++) {
        pdf_box(s, colours[i], x, y + 2, 8, 8);
        x += 12;
        x += 16 + pdf_text_line(s, PDF_SMALL, PDF_INK, PDF_START, x, y,
                                report_word(words[i], s->language));
    }
}

void pdf_columns(struct pdf_sheet *s)
{
    const struct report_view *view = s->view;
    struct chart chart = {.each = view->n_points / COLUMNS_MAX + 1};
    struct buf text = {0};
    struct pdf_text widest;
    int64_t most = 0;
    if (view->n_points == 0)
        return;
    chart.columns = (view->n_points + chart.each - 1) / chart.each;
    for (size_t i = 0; i < chart.columns; i++) {
        struct sum sum = sum_of(view, &chart, i);
        most = sum.detections > most ? sum.detections : most;
    }
    chart.top = round_top(most);
    report_number(&text, (int64_t)chart.top);
    widest = pdf_text_set(s, PDF_SMALL, buf_text(&text), 0, 1, PDF_START);
    pdf_sheet_need(s, HEIGHT + 44);
    write_legend(s, s->y);
    chart.x = PDF_LEFT + widest.width + 6;
    chart.width = PDF_RIGHT - chart.x;
    chart.y = s->y + 22;
    write_scale(s, &chart);
    draw_columns(s, &chart);
    write_dates(s, &chart);
    s->y = chart.y + HEIGHT + 18;
    pdf_text_free(&widest);
    buf_free(&text);
}
