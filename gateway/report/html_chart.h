/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_REPORT_HTML_CHART_H
#define GATEWAY_REPORT_HTML_CHART_H

#include "gateway/report/html_text.h"

/**
 * Charts as SVG of the page: they stretch with it, while their texts are the page's own and keep
 * their size on a phone. Each says in words what it shows.
 */

/* The patterns that the others are filled with; once a page, before them. */
void html_chart_patterns(struct html *h);
/* Detections and infections over the period, with its figures as a table to open. */
void html_chart_columns(struct html *h);
/* n of most. */
void html_chart_bar(struct html *h, int64_t n, int64_t most);
/* How one scope fared: the height and the pattern tell the state, not the colour alone. */
void html_chart_strip(struct html *h, const struct report_line *line);
void html_chart_legend(struct html *h); /* of the strips */
/* n values; where INT64_MIN is, the line is broken. */
void html_chart_trend(struct html *h, const int64_t *values, size_t n);

#endif
