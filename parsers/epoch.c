/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times that are a number since 1970. How many digits it has tells its unit. */
#include "parsers/epoch.h"

#include "gateway/base/civil.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void from_epoch_ms(int64_t ms, struct parsed_time *out)
{
    struct civil civil = civil_from_ms(ms);
    *out = (struct parsed_time){
        .is_set = true,
        .has_year = true,
        .has_zone = true,
        .year = civil.year,
        .month = civil.month,
        .day = civil.day,
        .hour = civil.hour,
        .minute = civil.minute,
        .second = civil.second,
        .millisecond = civil.millisecond,
    };
}

bool parse_epoch_prefix(struct slice in, struct parsed_time *out, size_t *used)
{
    size_t n = 0;
    int64_t value = 0;
    while (n < in.n && n < 20 && is_digit(in.p[n])) {
        if (n < 18)
            value = value * 10 + (in.p[n] - '0');
        n++;
    }
    /* Nine digits are 2000 or 2001, where a clock was never set: believed with a fraction alone. */
    bool has_fraction = n + 1 < in.n && in.p[n] == '.' && is_digit(in.p[n + 1]);
    int64_t ms;
    if (n == 10 || (n == 9 && has_fraction))
        ms = value * 1000;
    else if (n == 13)
        ms = value;
    else if (n == 16)
        ms = value / 1000;
    else if (n == 19)
        ms = value / 100000; /* 18 digits were gathered */
    else
        return false;
    if (in.p[0] == '0')
        return false;
    if (n < 11 && has_fraction) {
        int scale = 100;
        for (n++; n < in.n && is_digit(in.p[n]); n++) {
            ms += (in.p[n] - '0') * scale;
            scale /= 10;
        }
    }
    from_epoch_ms(ms, out);
    *used = n;
    return true;
}
