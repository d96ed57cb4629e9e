/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ranges of a command line, as the plugins' guidelines write them. */
#include "gateway/ctl/check_range.h"

#include <inttypes.h>

enum { DIGITS_MAX = 12 };

/* "-12", "3.5", "0.25" in hundredths. */
static bool to_hundredths(struct slice text, int64_t *out)
{
    struct slice whole, decimals = SLICE_NONE;
    bool is_negative = text.n && text.p[0] == '-', has_point;
    int64_t n = 0;

    if (is_negative)
        text = slice_skip(text, 1);
    has_point = slice_cut(text, '.', &whole, &decimals);
    if (!has_point)
        whole = text;
    if (!whole.n || whole.n > DIGITS_MAX || (has_point && (!decimals.n || decimals.n > 2)))
        return false;
    for (size_t i = 0; i < whole.n + 2; i++) {
        struct slice part = i < whole.n ? whole : decimals;
        size_t at = i < whole.n ? i : i - whole.n;
        char c = at < part.n ? part.p[at] : '0';
        if (c < '0' || c > '9')
            return false;
        n = n * 10 + (c - '0');
    }
    *out = is_negative ? -n : n;
    return true;
}

bool check_range_parse(struct slice text, struct check_range *out)
{
    struct slice start, end;
    *out = (struct check_range){.is_set = true, .start = 0, .end = INT64_MAX};
    if (text.n && text.p[0] == '@') {
        out->is_inside = true;
        text = slice_skip(text, 1);
    }
    if (!slice_cut(text, ':', &start, &end)) {
        start = SLICE_NONE;
        end = text;
        if (!end.n)
            return false;
    } else if (!start.n && !end.n) {
        return false;
    }
    if (slice_equal(start, SLICE("~")))
        out->start = INT64_MIN;
    else if (start.n && !to_hundredths(start, &out->start))
        return false;
    if (end.n && !to_hundredths(end, &out->end))
        return false;
    return out->start <= out->end;
}

bool check_range_alerts(const struct check_range *range, int64_t hundredths)
{
    bool is_in = hundredths >= range->start && hundredths <= range->end;
    return range->is_set && is_in == range->is_inside;
}

static void add(struct buf *out, int64_t n)
{
    int64_t size = n < 0 ? -n : n;
    buf_printf(out, "%s%" PRId64, n < 0 ? "-" : "", size / 100);
    if (size % 100)
        buf_printf(out, ".%02" PRId64, size % 100);
}

void check_range_add(const struct check_range *range, struct buf *out)
{
    if (!range->is_set)
        return;
    if (range->is_inside)
        buf_byte(out, '@');
    if (range->start == INT64_MIN)
        buf_slice(out, SLICE("~:"));
    else if (range->start != 0 || range->end == INT64_MAX) {
        add(out, range->start);
        buf_byte(out, ':');
    }
    if (range->end != INT64_MAX)
        add(out, range->end);
}
