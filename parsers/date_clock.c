/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Date and clock from two values, joined to the form that parsers/timestamp.c reads. */
#include "parsers/date_clock.h"

#include <stdio.h>

#include "parsers/timestamp.h"

enum { TEXT_MAX = 80 };

static bool is_all_digits(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0;
}

/* n: bytes written, or would be. */
static int put_date(char *to, size_t cap, struct slice date)
{
    if (date.n == 8 && is_all_digits(date))
        return snprintf(to, cap, "%.4s-%.2s-%.2s", date.p, date.p + 4, date.p + 6);
    return snprintf(to, cap, "%.*s", SLICE_FMT(date));
}

/* Digits are a number whose hours lost their zeros: hhmmss with more than four, else hhmm. */
static int put_clock(char *to, size_t cap, struct slice clock)
{
    int64_t number;
    if (clock.n > 6 || !is_all_digits(clock) || !slice_to_int(clock, &number))
        return snprintf(to, cap, "%.*s", SLICE_FMT(clock));
    if (clock.n <= 4)
        number *= 100;
    return snprintf(to, cap, "%02d:%02d:%02d", (int)(number / 10000), (int)(number / 100 % 100),
                    (int)(number % 100));
}

bool parse_date_and_clock(struct slice date, struct slice clock, struct parsed_time *out)
{
    char text[TEXT_MAX];
    date = slice_trim(date);
    clock = slice_trim(clock);
    if (date.n == 0 || clock.n == 0 || date.n + clock.n + 16 > sizeof text)
        return false;
    int n = put_date(text, sizeof text, date);
    text[n++] = ' ';
    n += put_clock(text + n, sizeof text - (size_t)n, clock);
    return parse_timestamp(slice_of(text, (size_t)n), out);
}
