/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_REPORT_PDF_CHART_H
#define GATEWAY_REPORT_PDF_CHART_H

#include "gateway/report/pdf_sheet.h"

/**
 * What is drawn instead of written. States are told apart by shape, height and hatching as well as
 * by colour: a print in grey, or a reader who sees no red, loses nothing.
 */

/* A state's sign, size high and wide. state -1: nothing is known. */
void pdf_mark(struct pdf_sheet *s, int state, double x, double y, double size);
/* Bands of the period from its begin to its end; what is too short to be seen is widened, the worst
   wins, so that never more is drawn than a strip has room for. */
void pdf_strip(struct pdf_sheet *s, const struct report_line *line, double x, double y,
               double width, double height);
/* Values one a day; INT64_MIN: not known, the line is broken there. */
void pdf_trend(struct pdf_sheet *s, const int64_t *values, size_t n, double x, double y,
               double width, double height);
/* The four states as strips show them, in words, over the whole width. */
void pdf_state_legend(struct pdf_sheet *s);
/* Detections, and among them infections, by day or hour. */
void pdf_columns(struct pdf_sheet *s);

/* Where a strip's axis has its i-th mark: every so many days at midnight, of one day every six
   hours. False: it has no more. */
bool pdf_tick(const struct report_view *view, int i, int64_t *at_ms);

#endif
