/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which writer writes what. */
#include "gateway/report/write.h"

#include "gateway/base/error.h"

static const char *const formats[REPORT_FORMATS] = {
    [REPORT_HTML] = "html", [REPORT_PDF] = "pdf", [REPORT_CSV] = "csv", [REPORT_JSON] = "json"};

int report_write(const struct report_view *view, enum report_format format,
                 enum report_language language, struct buf *out, char *trouble, size_t size)
{
    switch (format) {
    case REPORT_HTML:
        report_write_html(view, language, out);
        return GW_OK;
    case REPORT_CSV:
        report_write_csv(view, language, out);
        return GW_OK;
    case REPORT_JSON:
        report_write_json(view, out);
        return GW_OK;
    default:
        return report_write_pdf(view, language, out, trouble, size);
    }
}

bool report_format_of(const char *name, enum report_format *out)
{
    for (int i = 0; i < REPORT_FORMATS; i++)
        if (slice_equal(slice_from(name), slice_from(formats[i]))) {
            *out = (enum report_format)i;
            return true;
        }
    return false;
}
