/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_REPORT_PDF_H
#define GATEWAY_REPORT_PDF_H

#include "gateway/report/pdf_sheet.h"
#include "gateway/report/summary.h"
#include "gateway/report/words.h"

/* Everything between the first sheet's top and the last one's end, in the order of the HTML form.
 */
void pdf_body(struct pdf_sheet *s);

/* Its sections, a file each: each begins with its heading, and is nothing where there is nothing to
   say of it. */
void pdf_cover(struct pdf_sheet *s);
void pdf_alerts(struct pdf_sheet *s);
void pdf_detections(struct pdf_sheet *s);
void pdf_indicators(struct pdf_sheet *s);
void pdf_inspection(struct pdf_sheet *s);
void pdf_unknown(struct pdf_sheet *s);

/* Words of the report's language; those that are made live until this drawing is over. */
const char *pdf_word(const struct pdf_sheet *s, enum report_word word);
const char *pdf_number(struct pdf_sheet *s, int64_t n);
const char *pdf_before(struct pdf_sheet *s, int64_t before);
const char *pdf_change(struct pdf_sheet *s, int64_t n, int64_t before);
const char *pdf_time(struct pdf_sheet *s, int64_t ms);
const char *pdf_duration(struct pdf_sheet *s, int64_t ms);
const char *pdf_day(struct pdf_sheet *s, int64_t day);
const char *pdf_share(struct pdf_sheet *s, int64_t n, int64_t total);
/* The buffer's text, kept; it is freed. */
const char *pdf_keep(struct pdf_sheet *s, struct buf *text);

/* A sentence of a list; context: the sheet. Of report_sentence_fn's form. */
void pdf_item(void *context, const struct report_sentence *sentence);
/* What the gateway says in English, as the report's language has it; NULL where it says nothing. */
const char *pdf_reason(struct pdf_sheet *s, const char *text);
/* What is not in a table, below it: "Not listed: 12 more."; n 0: nothing. */
void pdf_more(struct pdf_sheet *s, enum report_word word, size_t n);

#endif
