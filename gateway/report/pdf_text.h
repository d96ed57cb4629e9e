/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_REPORT_PDF_TEXT_H
#define GATEWAY_REPORT_PDF_TEXT_H

#include "gateway/report/pdf_sheet.h"
#include "gateway/report/words.h"

/**
 * Text set in a box. Markup is never read. What a reader would obey instead of showing, and what no
 * font has a glyph for, is shown as \u{202e}; texts run from left to right whatever is in them, and
 * since each is a layout of its own none turns round what stands beside it.
 */
enum pdf_align { PDF_START, PDF_CENTRE, PDF_END };
struct pdf_text {
    PangoLayout *layout;
    double width, height; /* of what is to be seen */
};

/**
 * width: of the box, 0 for one line as long as it is; of more than lines the rest is left out, by
 * an ellipsis in the middle of the last one. pdf_text_free() or pdf_text_draw() gives it back.
 */
struct pdf_text pdf_text_set(struct pdf_sheet *s, enum pdf_font font, const char *text,
                             double width, int lines, enum pdf_align align);
/* A sentence of ours with values, of strangers too; NULL: none. At most four lines. */
struct pdf_text pdf_text_say(struct pdf_sheet *s, enum pdf_font font, enum report_word word,
                             const char *const values[REPORT_SAY_MAX], double width);
void pdf_text_free(struct pdf_text *text);
/* The box's top left. Ink that leaves the box is clipped. */
void pdf_text_draw(struct pdf_sheet *s, struct pdf_text *text, enum pdf_colour colour, double x,
                   double y);
/* One line, at once. x is where it begins, has its middle, or ends. Returns its width. */
double pdf_text_line(struct pdf_sheet *s, enum pdf_font font, enum pdf_colour colour,
                     enum pdf_align align, double x, double y, const char *text);

#endif
