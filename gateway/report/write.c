/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which writer writes what. */
#include "gateway/report/write.h"

#include "gateway/base/error.h"

static const struct {
    const char *name, *media_type;
} formats[REPORT_FORMATS] = {
    [REPORT_HTML] = {"html", "text/html; charset=utf-8"},
    [REPORT_PDF] = {"pdf", "application/pdf"},
    [REPORT_CSV] = {"csv", "text/csv; charset=utf-8"},
    [REPORT_JSON] = {"json", "application/json"},
};

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
        if (slice_equal(slice_from(name), slice_from(formats[i].name))) {
            *out = (enum report_format)i;
            return true;
        }
    return false;
}

const char *report_format_name(enum report_format format)
{
    return formats[format].name;
}

const char *report_media_type(enum report_format format)
{
    return formats[format].media_type;
}
