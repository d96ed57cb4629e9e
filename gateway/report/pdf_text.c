/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strangers' text, made inert and set in a box that it does not leave. */
#include "gateway/report/pdf_text.h"

#include <string.h>

#include "gateway/base/utf8.h"

/* Bytes of a text that are set at most: its beginning and its end, what lies between is left out.
   Three lines of a whole page's width have fewer letters. */
enum { TEXT_MAX = 720 };

static bool is_chinese(uint32_t code)
{
    return (code >= 0x3400 && code <= 0x9fff) || (code >= 0x20000 && code <= 0x323af) ||
           (code >= 0xf900 && code <= 0xfaff) || (code >= 0x3000 && code <= 0x303f);
}

static gboolean has_glyph(PangoFontset *fontset, PangoFont *font, gpointer context)
{
    uint32_t *code = context;
    (void)fontset;
    if (!pango_font_has_char(font, *code))
        return FALSE;
    *code = 0; /* found */
    return TRUE;
}

/* Whether a font of ours has it; notes what is lacking. */
static bool is_in_fonts(struct pdf_sheet *s, PangoFontset *fontset, uint32_t code)
{
    uint32_t asked = code;
    if (code < 0x80)
        return true;
    pango_fontset_foreach(fontset, has_glyph, &asked);
    if (asked == 0)
        return true;
    s->lacks_glyphs = true;
    s->lacks_chinese |= is_chinese(code);
    return false;
}

/* What keeps the direction of a name within a sentence from what stands beside it. */
static bool is_isolate(uint32_t code)
{
    return code == 0x2068 || code == 0x2069;
}

/* Append piece: each character that is no valid one, steers, or (with a fontset) has no glyph as
   its number. */
static void make_inert(struct pdf_sheet *s, PangoFontset *fontset, struct slice piece,
                       bool is_sentence)
{
    const unsigned char *p = (const unsigned char *)piece.p;
    for (size_t i = 0, n; i < piece.n; i += n) {
        uint32_t code;
        n = utf8_char(p + i, piece.n - i);
        code = n > 0 ? utf8_code(p + i, n) : p[i];
        if ((is_sentence && is_isolate(code)) ||
            (n > 0 && !utf8_is_steering(code) && (!fontset || is_in_fonts(s, fontset, code))))
            buf_append(&s->scratch, p + i, n);
        else
            buf_printf(&s->scratch, n > 0 ? "\\u{%x}" : "\\x%02x", (unsigned)code);
        n = n > 0 ? n : 1;
    }
}

static void put_text(struct pdf_sheet *s, PangoLayout *layout, PangoFontset *fontset,
                     const char *text, bool is_sentence)
{
    struct slice all = slice_from(text ? text : "");
    buf_clear(&s->scratch);
    if (all.n <= TEXT_MAX)
        make_inert(s, fontset, all, is_sentence);
    else {
        size_t tail = all.n - TEXT_MAX / 2;
        while (tail < all.n && ((unsigned char)all.p[tail] & 0xc0) == 0x80)
            tail++;
        make_inert(s, fontset, utf8_head(all, TEXT_MAX / 2), is_sentence);
        buf_printf(&s->scratch, "…");
        make_inert(s, fontset, slice_of(all.p + tail, all.n - tail), is_sentence);
    }
    pango_layout_set_text(layout, buf_text(&s->scratch), (int)s->scratch.n);
}

static struct pdf_text set(struct pdf_sheet *s, enum pdf_font font, const char *text, double width,
                           int lines, enum pdf_align align, bool is_sentence)
{
    static const PangoAlignment alignments[] = {PANGO_ALIGN_LEFT, PANGO_ALIGN_CENTER,
                                                PANGO_ALIGN_RIGHT};
    struct pdf_text out = {.layout = pango_layout_new(s->context)};
    PangoRectangle logical;
    pango_layout_set_auto_dir(out.layout, FALSE);
    pango_layout_set_font_description(out.layout, s->font[font]);
    pango_layout_set_attributes(out.layout, s->attributes);
    pango_layout_set_alignment(out.layout, alignments[align]);
    if (width > 0) {
        pango_layout_set_width(out.layout, (int)(width * PANGO_SCALE));
        pango_layout_set_wrap(out.layout, PANGO_WRAP_WORD_CHAR);
        pango_layout_set_height(out.layout, -lines);
        pango_layout_set_ellipsize(out.layout, PANGO_ELLIPSIZE_MIDDLE);
    }
    put_text(s, out.layout, NULL, text, is_sentence);
    if (pango_layout_get_unknown_glyphs_count(out.layout) > 0) {
        PangoFontset *fontset = pango_context_load_fontset(s->context, s->font[font],
                                                           pango_context_get_language(s->context));
        put_text(s, out.layout, fontset, text, is_sentence);
        g_object_unref(fontset);
    }
    pango_layout_get_extents(out.layout, NULL, &logical);
    out.width = (double)logical.width / PANGO_SCALE;
    out.height = (double)logical.height / PANGO_SCALE;
    return out;
}

struct pdf_text pdf_text_set(struct pdf_sheet *s, enum pdf_font font, const char *text,
                             double width, int lines, enum pdf_align align)
{
    return set(s, font, text, width, lines, align, false);
}

struct pdf_text pdf_text_say(struct pdf_sheet *s, enum pdf_font font, enum report_word word,
                             const char *const values[REPORT_SAY_MAX], double width)
{
    struct buf parts[REPORT_SAY_MAX] = {{0}}, all = {0};
    const char *inert[REPORT_SAY_MAX];
    struct pdf_text out;
    for (int i = 0; i < REPORT_SAY_MAX; i++) {
        buf_printf(&parts[i], "\u2068");
        report_inert(&parts[i], values && values[i] ? values[i] : "");
        buf_printf(&parts[i], "\u2069");
        inert[i] = buf_text(&parts[i]);
    }
    report_say(&all, word, s->language, inert);
    out = set(s, font, buf_text(&all), width, 4, PDF_START, true);
    buf_free(&all);
    for (int i = 0; i < REPORT_SAY_MAX; i++)
        buf_free(&parts[i]);
    return out;
}

void pdf_text_free(struct pdf_text *text)
{
    if (text->layout)
        g_object_unref(text->layout);
    *text = (struct pdf_text){0};
}

/* Marks piled up on a letter reach beyond its line; then the box is the end of them. */
void pdf_text_draw(struct pdf_sheet *s, struct pdf_text *text, enum pdf_colour colour, double x,
                   double y)
{
    PangoRectangle ink, logical;
    bool is_clipped;
    pango_layout_get_pixel_extents(text->layout, &ink, &logical);
    is_clipped = ink.y < logical.y - 2 || ink.y + ink.height > logical.y + logical.height + 2;
    if (is_clipped) {
        cairo_save(s->cr);
        cairo_rectangle(s->cr, x - 1 + logical.x, y - 1, text->width + 2, text->height + 2);
        cairo_clip(s->cr);
    }
    pdf_colour(s, colour);
    cairo_move_to(s->cr, x, y);
    pango_cairo_show_layout(s->cr, text->layout);
    if (is_clipped)
        cairo_restore(s->cr);
    pdf_text_free(text);
}

double pdf_text_line(struct pdf_sheet *s, enum pdf_font font, enum pdf_colour colour,
                     enum pdf_align align, double x, double y, const char *text)
{
    struct pdf_text set = pdf_text_set(s, font, text, 0, 1, PDF_START);
    double width = set.width;
    pdf_text_draw(s, &set, colour, x - width * (double)align / 2, y);
    return width;
}
