/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_REPORT_PDF_SHEET_H
#define GATEWAY_REPORT_PDF_SHEET_H

#include <pango/pangocairo.h>
#include <stdbool.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/report/report.h"

/**
 * A4 sheets that fill from the top: what is written asks for its height first and gets a new sheet
 * where there is too little left, so that nothing is cut. Everything is in points of 1/72 inch.
 *
 * A report is drawn twice: first on a surface of nothing, for the number of pages; both times by
 * the same code, so that it comes out the same. Room-private.
 */
enum pdf_font {
    PDF_COVER, /* the report's title */
    PDF_HEADING,
    PDF_MINOR,
    PDF_BODY,
    PDF_STRONG,
    PDF_CELL, /* of tables */
    PDF_CELL_STRONG,
    PDF_SMALL,  /* table heads, running heads, what is said beside */
    PDF_FIGURE, /* one large number */
    PDF_FONTS
};
enum pdf_colour {
    PDF_INK,
    PDF_MUTED,
    PDF_LINE, /* hairlines */
    PDF_WASH, /* behind table heads and charts */
    PDF_ACCENT,
    PDF_ACCENT_LIGHT,
    PDF_OK, /* of the four states, in their order */
    PDF_WARNING,
    PDF_CRITICAL,
    PDF_UNKNOWN,
    PDF_COLOURS
};

#define PDF_WIDTH  595.28
#define PDF_HEIGHT 841.89
#define PDF_LEFT   46.0
#define PDF_RIGHT  (PDF_WIDTH - 46.0)
#define PDF_INSIDE (PDF_RIGHT - PDF_LEFT)
#define PDF_TOP    58.0
#define PDF_BOTTOM (PDF_HEIGHT - 54.0)

struct pdf_sheet {
    const struct report_view *view;
    enum report_language language;
    cairo_surface_t *surface;
    cairo_t *cr;
    bool is_final; /* else it is drawn for the number of pages */
    int page, pages;
    double y;                         /* what is written next begins here */
    const char *heading, *minor;      /* wait for what they head; NULL */
    int outline;                      /* the section's entry in it */
    bool lacks_chinese, lacks_glyphs; /* there was text that no font has */
    PangoFontMap *fonts;
    PangoContext *context;
    PangoFontDescription *font[PDF_FONTS];
    PangoAttrList *attributes; /* all digits as wide as one another, no hyphens */
    struct buf running; /* "2026-03-01 – 2026-03-31, hq": over each sheet, and in the title */
    struct buf scratch;
    struct arena words; /* of this drawing */
};

/* The fonts, for both drawings; false: there are none at all. */
bool pdf_sheet_init(struct pdf_sheet *s, const struct report_view *view,
                    enum report_language language);
void pdf_sheet_fini(struct pdf_sheet *s);
/* Draw on it from here on; the first sheet begins. */
void pdf_sheet_begin(struct pdf_sheet *s, cairo_surface_t *surface, bool is_final);
/* The last sheet ends. */
void pdf_sheet_end(struct pdf_sheet *s);

/* Room for height below y, and for the heading that waits, which is written then. */
void pdf_sheet_need(struct pdf_sheet *s, double height);
/* A section, or a part of one, begins with what is written next; texts are ours and outlive that.
 */
void pdf_sheet_heading(struct pdf_sheet *s, const char *text);
void pdf_sheet_minor(struct pdf_sheet *s, const char *text);
void pdf_sheet_skip(struct pdf_sheet *s, double height);
/* A paragraph over the whole width, of a stranger's text or ours. */
void pdf_sheet_paragraph(struct pdf_sheet *s, enum pdf_font font, enum pdf_colour colour,
                         const char *text);

void pdf_colour(struct pdf_sheet *s, enum pdf_colour colour);
void pdf_box(struct pdf_sheet *s, enum pdf_colour colour, double x, double y, double width,
             double height);
void pdf_line(struct pdf_sheet *s, enum pdf_colour colour, double x, double y, double to_x,
              double to_y);

#endif
