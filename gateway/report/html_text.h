/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_REPORT_HTML_TEXT_H
#define GATEWAY_REPORT_HTML_TEXT_H

#include "gateway/report/summary.h"
#include "gateway/report/words.h"

/** A page in the making. */
struct html {
    struct buf *out;
    const struct report_view *view;
    enum report_language language;
    struct buf scratch; /* of the functions below; nobody else's */
};

/* Markup of our own, as it is. */
void html_put(struct html *h, const char *markup);
/* Any text, made inert, with <, >, &, " and ' escaped: for an element, or an attribute in double
   quotes. NULL is "". */
void html_text(struct html *h, const char *text);
/* A stranger's text in an element of its own, whose letters turn no others' direction. */
void html_name(struct html *h, const char *text);
void html_reason(struct html *h, const char *text); /* in the report's language */
void html_word(struct html *h, enum report_word word);
void html_say(struct html *h, enum report_word word, const char *const values[REPORT_SAY_MAX]);
void html_sentence(struct html *h, const struct report_sentence *sentence);

void html_number(struct html *h, int64_t n);
void html_share(struct html *h, int64_t n, int64_t total);
void html_change(struct html *h, int64_t n, int64_t before); /* "+25 (+50 %)" */
void html_time(struct html *h, int64_t ms);
void html_duration(struct html *h, int64_t ms);
void html_state(struct html *h, int state); /* a word with a mark and a colour */
const char *html_state_class(int state);

/* <h2 id=...>, which closes the section before. */
void html_section(struct html *h, const char *id, enum report_word title);
void html_none(struct html *h, enum report_word sentence); /* <p> that says that there is nothing */
/* <p> of WORD_MORE or another word that says how many; 0: nothing. */
void html_left(struct html *h, enum report_word word, size_t n);
/* <td>; with a word: that it is called by where the table's head is not seen. */
void html_cell(struct html *h, const char *css, enum report_word head);
void html_head(struct html *h, const char *css, enum report_word head);

#endif
