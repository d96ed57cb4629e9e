/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON escapes what it must; a terminal obeys more than that. */
#include "gateway/ctl/inert.h"

#include <stdlib.h>

#include "gateway/base/utf8.h"

void inert_json(struct buf *out, struct slice json)
{
    const unsigned char *p = (const unsigned char *)json.p;
    size_t from = 0;
    for (size_t i = 0; i < json.n;) {
        if (p[i] < 0x7f) {
            i++;
            continue;
        }
        size_t n = utf8_char(p + i, json.n - i);
        if (n && utf8_is_steering(utf8_code(p + i, n))) {
            buf_append(out, p + from, i - from);
            buf_printf(out, "\\u%04x", (unsigned)utf8_code(p + i, n));
            from = i + n;
        }
        i += n ? n : 1;
    }
    buf_append(out, p + from, json.n - from);
}

void inert_print(struct slice json, FILE *out)
{
    struct buf text = {0};
    inert_json(&text, json);
    if (!slice_ends_with(json, SLICE("\n")))
        buf_byte(&text, '\n');
    fwrite(text.p, 1, text.n, out);
    buf_free(&text);
}

void inert_print_json(const json_t *json, FILE *out)
{
    char *text = json_dumps(json, JSON_COMPACT);
    if (text)
        inert_print(slice_from(text), out);
    free(text);
}
