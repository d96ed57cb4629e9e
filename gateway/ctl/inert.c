/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON escapes what it must; a terminal obeys more than that. */
#include "gateway/ctl/inert.h"

#include <stdlib.h>

#include "gateway/base/utf8.h"

/* Code point of a character that a terminal would obey although JSON allows it as it is (DEL, C1
   controls, marks that turn the direction of what follows); 0: a harmless one. */
static unsigned unsafe_code(const unsigned char *p, size_t n)
{
    if (n == 1)
        return *p == 0x7f ? 0x7f : 0;
    if (n == 2)
        return p[0] == 0xc2 && p[1] < 0xa0 ? p[1] : 0;
    if (n != 3 || p[0] != 0xe2 || (p[1] != 0x80 && p[1] != 0x81))
        return 0;
    unsigned code = 0x2000 | (unsigned)(p[1] & 1) << 6 | (p[2] & 63);
    return code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
                   (code >= 0x2066 && code <= 0x2069)
               ? code
               : 0;
}

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
        unsigned code = n ? unsafe_code(p + i, n) : 0;
        if (code) {
            buf_append(out, p + from, i - from);
            buf_printf(out, "\\u%04x", code);
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
