/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A reader of cells that forgives nothing. */
#include "tests/gateway/report/cells.h"

#include <string.h>

/* As Excel and LibreOffice see it, in East Asia in full width too; behind blanks as well. */
static bool is_formula(struct slice cell)
{
    static const char *const blanks[] = {" ", "\u00a0", "\u3000"};
    static const char *const begins[] = {"=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"};
    for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++)
        if (slice_starts_with(cell, slice_from(blanks[i])))
            return is_formula(slice_skip(cell, strlen(blanks[i])));
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (slice_starts_with(cell, slice_from(begins[i])))
            return true;
    return false;
}

/* Behind the opening quote, to behind the closing one. */
static void read_quoted(struct slice *rest, struct cells *out)
{
    struct slice cell = *rest;
    out->has_formula |= is_formula(cell);
    for (;;) {
        size_t n = slice_find(*rest, '"');
        out->is_broken |= n == rest->n || slice_find(slice_head(*rest, n), '\n') < n;
        *rest = slice_skip(*rest, n + (n < rest->n));
        if (!slice_starts_with(*rest, SLICE("\"")))
            return;
        *rest = slice_skip(*rest, 1);
    }
}

static void read_cell(struct slice *rest, struct cells *out)
{
    if (slice_starts_with(*rest, SLICE("\""))) {
        *rest = slice_skip(*rest, 1);
        read_quoted(rest, out);
        return;
    }
    size_t n = 0;
    while (n < rest->n && strchr("-0123456789", rest->p[n]) && rest->p[n])
        n++;
    out->is_broken |= n == 0;
    *rest = slice_skip(*rest, n);
}

struct cells cells_read(struct slice file)
{
    struct cells out = {0};
    out.is_broken = !slice_starts_with(file, SLICE("\xef\xbb\xbf"));
    for (file = slice_skip(file, 3); file.n && !out.is_broken; out.n_rows++) {
        for (bool is_first = true; !slice_starts_with(file, SLICE("\r\n")) && !out.is_broken;
             is_first = false) {
            if (!is_first) {
                out.is_broken |= !slice_starts_with(file, SLICE(","));
                file = slice_skip(file, file.n > 0);
            }
            read_cell(&file, &out);
            out.n_cells++;
        }
        file = slice_skip(file, file.n < 2 ? file.n : 2);
    }
    return out;
}
