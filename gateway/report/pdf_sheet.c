/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A4 sheets, their running heads and numbers, headings that never stand alone, and the outline. */
#include "gateway/report/pdf_sheet.h"

#include <cairo-pdf.h>
#include <stdio.h>

#include "gateway/report/pdf_text.h"
#include "gateway/report/words.h"

/* The first that has a character gives it. A Chinese font first: its Latin letters go with its own
   Chinese ones, and it has the forms of Han characters that are used in China. */
#define FAMILIES                                                                                   \
    "Noto Sans CJK SC, Noto Sans SC, Source Han Sans SC, WenQuanYi Micro Hei, WenQuanYi Zen Hei, " \
    "Noto Sans, DejaVu Sans, sans-serif"

static const struct {
    double points;
    bool is_bold;
} fonts[PDF_FONTS] = {
    [PDF_COVER] = {22, true},        [PDF_HEADING] = {13, true}, [PDF_MINOR] = {10.5, true},
    [PDF_BODY] = {9.5, false},       [PDF_STRONG] = {9.5, true}, [PDF_CELL] = {8.5, false},
    [PDF_CELL_STRONG] = {8.5, true}, [PDF_SMALL] = {7.5, false}, [PDF_FIGURE] = {17, true},
};

/* Light and dark enough to be told apart in grey, too. */
static const double colours[PDF_COLOURS][3] = {
    [PDF_INK] = {0.11, 0.13, 0.17},      [PDF_MUTED] = {0.38, 0.42, 0.48},
    [PDF_LINE] = {0.84, 0.86, 0.89},     [PDF_WASH] = {0.955, 0.962, 0.972},
    [PDF_ACCENT] = {0.13, 0.36, 0.62},   [PDF_ACCENT_LIGHT] = {0.66, 0.78, 0.90},
    [PDF_OK] = {0.45, 0.70, 0.50},       [PDF_WARNING] = {0.93, 0.62, 0.12},
    [PDF_CRITICAL] = {0.72, 0.11, 0.13}, [PDF_UNKNOWN] = {0.58, 0.61, 0.66},
};

void pdf_colour(struct pdf_sheet *s, enum pdf_colour colour)
{
    const double *c = colours[colour];
    cairo_set_source_rgb(s->cr, c[0], c[1], c[2]);
}

void pdf_box(struct pdf_sheet *s, enum pdf_colour colour, double x, double y, double width,
             double height)
{
    pdf_colour(s, colour);
    cairo_rectangle(s->cr, x, y, width, height);
    cairo_fill(s->cr);
}

void pdf_line(struct pdf_sheet *s, enum pdf_colour colour, double x, double y, double to_x,
              double to_y)
{
    pdf_colour(s, colour);
    cairo_set_line_width(s->cr, 0.5);
    cairo_move_to(s->cr, x, y);
    cairo_line_to(s->cr, to_x, to_y);
    cairo_stroke(s->cr);
}

/* "2026-03-01 – 2026-03-31, hq": the last day is the one before the end. A stranger's text comes
   last. */
static void say_period(struct pdf_sheet *s)
{
    const struct report_plan *plan = s->view->plan;
    report_day(&s->running, plan->days.from);
    if (plan->days.to - 1 > plan->days.from) {
        buf_printf(&s->running, " – ");
        report_day(&s->running, plan->days.to - 1);
    }
    buf_printf(&s->running, ", %s",
               plan->site ? report_site_name(s->view, plan->site)
                          : report_word(WORD_ALL_SITES, s->language));
}

/* Of one font map of this report's own: nothing is left behind in the library's. */
bool pdf_sheet_init(struct pdf_sheet *s, const struct report_view *view,
                    enum report_language language)
{
    /* Chinese fonts have quotation marks as wide as a Han character; English has them narrow. */
    static const char *const features[REPORT_LANGUAGES] = {"tnum=1, pwid=1", "tnum=1"};
    cairo_font_options_t *options = cairo_font_options_create();
    *s = (struct pdf_sheet){.view = view, .language = language};
    arena_init(&s->words, 0);
    s->fonts = pango_cairo_font_map_new();
    pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(s->fonts), 72); /* points */
    s->context = pango_font_map_create_context(s->fonts);
    /* Not by the screen's pixels: on paper letters stand where the font wants them. */
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(s->context, options);
    cairo_font_options_destroy(options);
    pango_context_set_round_glyph_positions(s->context, FALSE);
    pango_context_set_base_dir(s->context, PANGO_DIRECTION_LTR);
    pango_context_set_language(s->context, pango_language_from_string("zh-cn"));
    for (int i = 0; i < PDF_FONTS; i++) {
        s->font[i] = pango_font_description_new();
        pango_font_description_set_family_static(s->font[i], FAMILIES);
        pango_font_description_set_weight(s->font[i], fonts[i].is_bold ? PANGO_WEIGHT_BOLD
                                                                       : PANGO_WEIGHT_NORMAL);
        pango_font_description_set_absolute_size(s->font[i], fonts[i].points * PANGO_SCALE);
    }
    s->attributes = pango_attr_list_new();
    pango_attr_list_insert(s->attributes, pango_attr_font_features_new(features[language]));
    /* A name that is broken has no hyphen that is not its own. */
    pango_attr_list_insert(s->attributes, pango_attr_insert_hyphens_new(FALSE));
    say_period(s);
    PangoFont *first = pango_context_load_font(s->context, s->font[PDF_BODY]);
    if (first)
        g_object_unref(first);
    return first != NULL;
}

void pdf_sheet_fini(struct pdf_sheet *s)
{
    for (int i = 0; i < PDF_FONTS; i++)
        pango_font_description_free(s->font[i]);
    pango_attr_list_unref(s->attributes);
    g_object_unref(s->context);
    g_object_unref(s->fonts);
    buf_free(&s->running);
    buf_free(&s->scratch);
    arena_fini(&s->words);
}

/* "Security report · gw-1 ... 2026-03-01 – 2026-03-31" and "3 / 12"; the first has its title. */
static void furnish(struct pdf_sheet *s)
{
    const char *right = buf_text(&s->running);
    double foot = PDF_HEIGHT - 36;
    char number[48];
    if (s->page > 1) {
        struct pdf_text text;
        pdf_text_line(s, PDF_SMALL, PDF_MUTED, PDF_END, PDF_RIGHT, 32, right);
        text = pdf_text_set(s, PDF_SMALL, report_title(s->view, s->language), PDF_INSIDE / 2, 1,
                            PDF_START);
        pdf_text_draw(s, &text, PDF_MUTED, PDF_LEFT, 32);
        pdf_line(s, PDF_LINE, PDF_LEFT, 45.5, PDF_RIGHT, 45.5);
    }
    snprintf(number, sizeof number, "%d / %d", s->page, s->pages);
    pdf_text_line(s, PDF_SMALL, PDF_MUTED, PDF_END, PDF_RIGHT, foot, number);
    if (s->view->plan->gateway) {
        struct pdf_text text =
            pdf_text_set(s, PDF_SMALL, s->view->plan->gateway, PDF_INSIDE * 0.7, 1, PDF_START);
        pdf_text_draw(s, &text, PDF_MUTED, PDF_LEFT, foot);
    }
}

static void turn(struct pdf_sheet *s)
{
    if (s->page > 0)
        cairo_show_page(s->cr);
    s->page++;
    s->y = PDF_TOP;
    furnish(s);
}

void pdf_sheet_begin(struct pdf_sheet *s, cairo_surface_t *surface, bool is_final)
{
    s->surface = surface;
    s->is_final = is_final;
    s->cr = cairo_create(surface);
    if (!is_final) { /* nothing is to be seen of it: cairo does not even try */
        cairo_rectangle(s->cr, 0, 0, 0, 0);
        cairo_clip(s->cr);
    }
    s->page = 0;
    arena_reset(&s->words);
    turn(s);
}

void pdf_sheet_end(struct pdf_sheet *s)
{
    cairo_show_page(s->cr);
    cairo_destroy(s->cr);
    s->cr = NULL;
    s->pages = s->page;
}

enum { ABOVE_HEADING = 20, BELOW_HEADING = 7, ABOVE_MINOR = 14, BELOW_MINOR = 5, INDENT = 10 };

/* The place is counted from the top, as cairo's surfaces are. */
static int enter_outline(struct pdf_sheet *s, int parent, const char *text)
{
    char where[64];
    if (!s->is_final)
        return 0;
    snprintf(where, sizeof where, "page=%d pos=[%d %d]", s->page, (int)PDF_LEFT, (int)s->y - 8);
    return cairo_pdf_surface_add_outline(s->surface, parent, text, where, 0);
}

static void write_heading(struct pdf_sheet *s, struct pdf_text *set)
{
    double height = set->height;
    if (s->y > PDF_TOP)
        s->y += ABOVE_HEADING;
    s->outline = enter_outline(s, CAIRO_PDF_OUTLINE_ROOT, s->heading);
    pdf_box(s, PDF_ACCENT, PDF_LEFT, s->y + 2, 3, height - 4);
    pdf_text_draw(s, set, PDF_INK, PDF_LEFT + INDENT, s->y);
    s->y += height + BELOW_HEADING;
    s->heading = NULL;
}

static void write_minor(struct pdf_sheet *s, struct pdf_text *set, bool is_below_heading)
{
    double height = set->height;
    if (s->y > PDF_TOP && !is_below_heading)
        s->y += ABOVE_MINOR;
    enter_outline(s, s->outline, s->minor);
    pdf_text_draw(s, set, PDF_INK, PDF_LEFT, s->y);
    s->y += height + BELOW_MINOR;
    s->minor = NULL;
}

void pdf_sheet_need(struct pdf_sheet *s, double height)
{
    struct pdf_text heading = {0}, minor = {0};
    bool has_heading = s->heading != NULL;
    double all = height;
    if (s->heading) {
        heading = pdf_text_set(s, PDF_HEADING, s->heading, PDF_INSIDE - INDENT, 2, PDF_START);
        all += ABOVE_HEADING + heading.height + BELOW_HEADING;
    }
    if (s->minor) {
        minor = pdf_text_set(s, PDF_MINOR, s->minor, PDF_INSIDE, 2, PDF_START);
        all += ABOVE_MINOR + minor.height + BELOW_MINOR;
    }
    if (s->y + all > PDF_BOTTOM && s->y > PDF_TOP)
        turn(s);
    if (s->heading)
        write_heading(s, &heading);
    if (s->minor)
        write_minor(s, &minor, has_heading);
}

void pdf_sheet_heading(struct pdf_sheet *s, const char *text)
{
    s->heading = text;
    s->minor = NULL;
}

void pdf_sheet_minor(struct pdf_sheet *s, const char *text)
{
    s->minor = text;
}

void pdf_sheet_skip(struct pdf_sheet *s, double height)
{
    if (s->y > PDF_TOP)
        s->y += height;
}

void pdf_sheet_paragraph(struct pdf_sheet *s, enum pdf_font font, enum pdf_colour colour,
                         const char *text)
{
    struct pdf_text set = pdf_text_set(s, font, text, PDF_INSIDE, 12, PDF_START);
    double height = set.height;
    pdf_sheet_need(s, height);
    pdf_text_draw(s, &set, colour, PDF_LEFT, s->y);
    s->y += height + 3;
}
