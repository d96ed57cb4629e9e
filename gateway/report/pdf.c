/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The report as PDF, by cairo and pango: drawn twice by the same code, first for the number of
 * pages. Fonts are the machine's, so the same view gives the same bytes where the same fonts are.
 */
#include "gateway/report/pdf.h"

#include <cairo-pdf.h>
#include <stdio.h>

#include "gateway/base/civil.h"
#include "gateway/base/error.h"
#include "gateway/report/pdf_text.h"
#include "gateway/report/words.h"
#include "gateway/report/write.h"

#define INSTALL "install fonts-noto-cjk or fonts-wqy-microhei"
static const char no_chinese[] = "no font for Chinese: " INSTALL;

#ifdef __has_feature /* clang's word for what gcc defines */
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
/* cairo 1.16 forgets an array for each OpenType font that it makes a part of (768 bytes, none for
   TrueType), fontconfig its configuration's; neither has a call that gives them back. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libcairo.so\nleak:libfontconfig.so\n";
}
#endif

static cairo_status_t take(void *closure, const unsigned char *data, unsigned int length)
{
    buf_append(closure, data, length);
    return CAIRO_STATUS_SUCCESS;
}

static void draw(struct pdf_sheet *s, cairo_surface_t *surface, bool is_final)
{
    pdf_sheet_begin(s, surface, is_final);
    pdf_body(s);
    pdf_sheet_end(s);
}

static void count_pages(struct pdf_sheet *s)
{
    cairo_surface_t *nothing = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    draw(s, nothing, false);
    cairo_surface_destroy(nothing);
}

/* Two numbers in the file would else be the clock's: of a report they are when it was made. */
static void describe(struct pdf_sheet *s, cairo_surface_t *surface)
{
    struct civil made = civil_from_ms(s->view->plan->made_ms);
    struct buf text = {0};
    buf_printf(&text, "%s, ", report_title(s->view, s->language));
    buf_slice(&text, buf_get(&s->running));
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, buf_text(&text));
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "eog-gateway");
    buf_clear(&text);
    buf_printf(&text, "%04d-%02d-%02dT%02d:%02d:%02dZ", made.year, made.month, made.day, made.hour,
               made.minute, made.second);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, buf_text(&text));
    buf_free(&text);
}

static int write_file(struct pdf_sheet *s, struct buf *out, char *trouble, size_t size)
{
    size_t before = out->n;
    cairo_surface_t *surface =
        cairo_pdf_surface_create_for_stream(take, out, PDF_WIDTH, PDF_HEIGHT);
    cairo_status_t status;
    cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_5);
    describe(s, surface);
    draw(s, surface, true);
    cairo_surface_finish(surface);
    status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    if (status == CAIRO_STATUS_SUCCESS)
        return GW_OK;
    out->n = before;
    snprintf(trouble, size, "cairo: %s", cairo_status_to_string(status));
    return GW_ERR_IO;
}

int report_write_pdf(const struct report_view *view, enum report_language language, struct buf *out,
                     char *trouble, size_t size)
{
    struct pdf_sheet sheet;
    int error = GW_ERR_NOT_FOUND;
    if (size > 0)
        *trouble = 0;
    if (!pdf_sheet_init(&sheet, view, language)) {
        snprintf(trouble, size, "no font at all: " INSTALL);
    } else {
        count_pages(&sheet);
        if (language == REPORT_ZH && sheet.lacks_chinese)
            snprintf(trouble, size, "%s", no_chinese);
        else
            error = write_file(&sheet, out, trouble, size);
        if (error == GW_OK && sheet.lacks_chinese)
            snprintf(trouble, size, "Chinese names are shown as numbers: %s", no_chinese);
    }
    pdf_sheet_fini(&sheet);
    return error;
}
