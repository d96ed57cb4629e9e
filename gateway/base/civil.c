/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calendar arithmetic without the C library's zone state. Days are counted from 1970-01-01. */
#include "gateway/base/civil.h"

#include <stdio.h>
#include <string.h>

enum { DAY_MS = 86400000 };

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

bool civil_is_valid(const struct civil *c)
{
    return c->year >= 1 && c->year <= 9999 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= month_days(c->year, c->month) && c->hour >= 0 && c->hour <= 23 &&
           c->minute >= 0 && c->minute <= 59 && c->second >= 0 && c->second <= 60 &&
           c->millisecond >= 0 && c->millisecond <= 999;
}

/* The year begins in March here, so that the leap day is its last. */
static int64_t days_from_civil(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

int64_t civil_to_ms(const struct civil *c)
{
    int64_t seconds = days_from_civil(c->year, c->month, c->day) * 86400 + c->hour * 3600 +
                      c->minute * 60 + c->second;
    return seconds * 1000 + c->millisecond;
}

struct civil civil_from_ms(int64_t ms)
{
    int64_t days = ms / DAY_MS, rest = ms % DAY_MS;
    if (rest < 0) {
        days--;
        rest += DAY_MS;
    }
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t mp = (5 * day_of_year + 2) / 153;
    int month = (int)(mp < 10 ? mp + 3 : mp - 9);
    return (struct civil){
        .year = (int)(year_of_era + era * 400 + (month <= 2)),
        .month = month,
        .day = (int)(day_of_year - (153 * mp + 2) / 5 + 1),
        .hour = (int)(rest / 3600000),
        .minute = (int)(rest / 60000 % 60),
        .second = (int)(rest / 1000 % 60),
        .millisecond = (int)(rest % 1000),
    };
}

/* printf would take longer than all the arithmetic. */
static void put_digits(char *to, int n, int value)
{
    while (n--) {
        to[n] = (char)('0' + value % 10);
        value /= 10;
    }
}

size_t civil_format(int64_t ms, char *out)
{
    struct civil c = civil_from_ms(ms);
    if (c.year >= 0 && c.year <= 9999) {
        put_digits(out, 4, c.year);
        out[4] = '-';
        put_digits(out + 5, 2, c.month);
        out[7] = '-';
        put_digits(out + 8, 2, c.day);
        out[10] = 'T';
        put_digits(out + 11, 2, c.hour);
        out[13] = ':';
        put_digits(out + 14, 2, c.minute);
        out[16] = ':';
        put_digits(out + 17, 2, c.second);
        out[19] = '.';
        put_digits(out + 20, 3, c.millisecond);
        memcpy(out + 23, "Z", 2);
        return 24;
    }
    int n = snprintf(out, CIVIL_RFC3339_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", c.year, c.month,
                     c.day, c.hour, c.minute, c.second, c.millisecond);
    return n > 0 && n < CIVIL_RFC3339_MAX ? (size_t)n : 0;
}
