/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RELAX NG and the manual's option list, both written from the option rows. */
#include "gateway/config/config.h"

/* Any of them in any order. That some stand but once is config.c's to say: an <interleave> would
   say it too, but libxml2 takes the square of so many sections as long for one. */
void config_write_schema(const struct section *const *sections, size_t n, struct buf *out)
{
    buf_printf(out, "<grammar xmlns=\"http://relaxng.org/ns/structure/1.0\">\n<start>"
                    "<element name=\"eog-gateway\"><zeroOrMore><choice>\n");
    for (size_t i = 0; i < n; i++) {
        const struct section *section = sections[i];
        buf_printf(out, "<element name=\"%s\">", section->element);
        for (size_t k = 0; k < section->n_rows; k++) {
            const struct option *row = &section->rows[k];
            buf_printf(out,
                       row->is_required ? "<attribute name=\"%s\"/>"
                                        : "<optional><attribute name=\"%s\"/></optional>",
                       row->name);
        }
        buf_printf(out, "<empty/></element>\n");
    }
    buf_printf(out, "</choice></zeroOrMore></element></start></grammar>\n");
}

static const char *const type_names[] = {"yes | no", "number", "size", "duration",
                                         "text",     "",       "path"};

void config_write_manual(const struct section *const *sections, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        const struct section *section = sections[i];
        buf_printf(out, "<%s>%s\n    %s\n", section->element,
                   section->is_many ? " (may be repeated)" : "", section->help);
        for (size_t k = 0; k < section->n_rows; k++) {
            const struct option *row = &section->rows[k];
            buf_printf(out, "    %s = %s", row->name,
                       row->type == OPTION_ENUM ? row->choices : type_names[row->type]);
            if (row->fallback)
                buf_printf(out, ", default \"%s\"", row->fallback);
            if (row->is_required)
                buf_printf(out, ", required");
            buf_printf(out, "; applied by %s\n        %s\n",
                       row->needs_restart ? "restart" : "reload", row->help);
        }
        buf_byte(out, '\n');
    }
}
