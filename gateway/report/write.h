/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_REPORT_WRITE_H
#define GATEWAY_REPORT_WRITE_H

#include "gateway/base/buf.h"
#include "gateway/report/report.h"

/**
 * A whole report as a file. Nothing in it depends on anything but the view and the language: the
 * same numbers give the same bytes (a PDF's own date is plan.made_ms). GW_OK; a PDF may fail for
 * want of memory or of a library's, with the reason in trouble.
 */
int report_write(const struct report_view *view, enum report_format format,
                 enum report_language language, struct buf *out, char *trouble, size_t size);

/* "html", "pdf", "csv", "json"; false: there is none of that name. */
bool report_format_of(const char *name, enum report_format *out);

/* The writers themselves. */
void report_write_html(const struct report_view *view, enum report_language language,
                       struct buf *out);
/* GW_ERR_NOT_FOUND: no font is installed, or in a Chinese report none for Chinese. With GW_OK
   trouble is "", or what is to be told besides: names that no font of this machine can show. */
int report_write_pdf(const struct report_view *view, enum report_language language, struct buf *out,
                     char *trouble, size_t size);
void report_write_csv(const struct report_view *view, enum report_language language,
                      struct buf *out);
void report_write_json(const struct report_view *view, struct buf *out);

#endif
