/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text and performance data of the plugin. */
#include "gateway/ctl/check_text.h"

#include <string.h>

#include "gateway/base/utf8.h"

void check_add_text(struct buf *out, struct slice text)
{
    const unsigned char *p = (const unsigned char *)text.p;
    size_t begin = out->n;

    for (size_t i = 0; i < text.n;) {
        size_t n = utf8_char(p + i, text.n - i);
        uint32_t code = n ? utf8_code(p + i, n) : 0;
        if (n == 0)
            buf_byte(out, '?');
        else if (utf8_is_steering(code))
            buf_byte(out, ' ');
        else if (code == '|')
            buf_byte(out, '/');
        else
            buf_append(out, p + i, n);
        i += n ? n : 1;
    }
    struct slice added = slice_of(out->p + begin, out->n - begin);
    struct slice trimmed = added.n ? slice_trim(added) : added;
    if (trimmed.n)
        memmove(out->p + begin, trimmed.p, trimmed.n);
    out->n = begin + trimmed.n;
}

static void add_label(struct buf *out, struct slice label)
{
    buf_byte(out, '\'');
    for (size_t i = 0; i < label.n && i < 64; i++) {
        char c = label.p[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || (c && strchr("-_./", c));
        buf_byte(out, is_plain ? c : '_');
    }
    if (!label.n)
        buf_slice(out, SLICE("value"));
    buf_slice(out, SLICE("'="));
}

static void add_number(struct buf *out, int32_t number, bool is_percent)
{
    int64_t n = number;
    if (is_percent)
        buf_printf(out, "%s%lld.%02lld", n < 0 ? "-" : "", (long long)(n < 0 ? -n : n) / 100,
                   (long long)(n < 0 ? -n : n) % 100);
    else
        buf_printf(out, "%lld", (long long)n);
}

static void add_level(struct buf *out, int32_t level, bool is_percent, bool is_floor)
{
    buf_byte(out, ';');
    if (level < 0)
        return;
    add_number(out, level, is_percent);
    if (is_floor)
        buf_byte(out, ':');
}

static void add_reading(struct buf *out, struct slice label, bool is_known, int32_t value,
                        bool is_percent)
{
    add_label(out, label);
    if (!is_known) {
        buf_byte(out, 'U');
        return;
    }
    add_number(out, value, is_percent);
    if (is_percent)
        buf_byte(out, '%');
}

static bool is_share(struct slice unit)
{
    return slice_equal(unit, SLICE("0.01 %"));
}

void check_add_value(struct buf *out, struct slice label, bool is_known, int32_t value,
                     struct slice unit, int32_t warning, int32_t critical)
{
    bool is_percent = is_share(unit);
    bool is_floor = critical >= 0 && warning > critical;

    add_reading(out, label, is_known, value, is_percent);
    add_level(out, warning, is_percent, is_floor);
    add_level(out, critical, is_percent, is_floor);
    buf_slice(out, is_percent ? SLICE(";0;100") : SLICE(";0"));
}

void check_add_ranged(struct buf *out, struct slice label, bool is_known, int32_t value,
                      struct slice unit, const struct check_range *warning,
                      const struct check_range *critical)
{
    add_reading(out, label, is_known, value, is_share(unit));
    buf_byte(out, ';');
    check_range_add(warning, out);
    buf_byte(out, ';');
    check_range_add(critical, out);
    buf_slice(out, is_share(unit) ? SLICE(";0;100") : SLICE(";0"));
}

void check_add_count(struct buf *out, const char *label, uint32_t count)
{
    add_label(out, slice_from(label));
    buf_printf(out, "%u;;;0", (unsigned)count);
}
