/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_REPORT_HTML_H
#define GATEWAY_REPORT_HTML_H

#include "gateway/report/html_text.h"

/* Sections of the page, each with its heading; what is empty says so. */
void html_open_cases(struct html *h);
void html_alerts(struct html *h);
void html_top_tens(struct html *h);
void html_all_detections(struct html *h);
void html_indicators(struct html *h);
void html_inspection(struct html *h);
void html_not_understood(struct html *h);

const char *html_style(void); /* what the page looks like */

#endif
