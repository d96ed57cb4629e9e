/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Times as gear writes them. One reader with a position; every take_ function moves it only when it
 * returns true. Whether a date exists is asked once, at the end.
 * Source: RFC 3339, RFC 3164 section 4.1.2, RFC 5424 section 6.2.3; the rest from messages seen.
 */
#include "parsers/timestamp.h"

#include <string.h>

#include "gateway/base/civil.h"
#include "parsers/epoch.h"

enum { DAY_S = 86400 };

struct reader {
    const char *p, *end;
};

/* Nothing may be added to the NULL of an absent text. */
static struct reader reader_of(struct slice in)
{
    const char *p = in.n ? in.p : "";
    return (struct reader){p, p + in.n};
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Three capitals as one number. */
#define WORD3(a, b, c) ((uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c))

static const uint32_t months[] = {
    WORD3('J', 'A', 'N'), WORD3('F', 'E', 'B'), WORD3('M', 'A', 'R'), WORD3('A', 'P', 'R'),
    WORD3('M', 'A', 'Y'), WORD3('J', 'U', 'N'), WORD3('J', 'U', 'L'), WORD3('A', 'U', 'G'),
    WORD3('S', 'E', 'P'), WORD3('O', 'C', 'T'), WORD3('N', 'O', 'V'), WORD3('D', 'E', 'C'),
};
static const uint32_t weekdays[] = {
    WORD3('M', 'O', 'N'), WORD3('T', 'U', 'E'), WORD3('W', 'E', 'D'), WORD3('T', 'H', 'U'),
    WORD3('F', 'R', 'I'), WORD3('S', 'A', 'T'), WORD3('S', 'U', 'N'),
};

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

static bool at(const struct reader *r, char c)
{
    return r->p < r->end && *r->p == c;
}

static bool take(struct reader *r, char c)
{
    if (!at(r, c))
        return false;
    r->p++;
    return true;
}

static bool take_listed(struct reader *r, const char *const *words)
{
    struct slice rest = slice_of(r->p, (size_t)(r->end - r->p));
    for (; *words; words++)
        if (slice_starts_with(rest, slice_from(*words))) {
            r->p += strlen(*words);
            return true;
        }
    return false;
}

/* One of the words, which a NULL ends; none is ASCII, as most times are. */
static inline bool take_any(struct reader *r, const char *const *words)
{
    return r->p < r->end && (unsigned char)*r->p >= 0x80 && take_listed(r, words);
}

/* Behind numbers in Chinese and Japanese, and before a clock of twelve hours. */
static const char *const year_words[] = {"年", NULL}, *const month_words[] = {"月", NULL},
                         *const day_words[] = {"日", NULL},
                         *const hour_words[] = {"时", "時", NULL},
                         *const minute_words[] = {"分", NULL}, *const second_words[] = {"秒", NULL},
                         *const am_words[] = {"上午", "午前", NULL},
                         *const pm_words[] = {"下午", "午後", NULL};

static bool take_blanks(struct reader *r)
{
    const char *start = r->p;
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\t'))
        r->p++;
    return r->p > start;
}

/* min to max digits, no digit behind them. */
static bool take_digits(struct reader *r, int min, int max, int *out)
{
    int n = 0, value = 0;
    while (r->p + n < r->end && is_digit(r->p[n])) {
        if (n == max)
            return false;
        value = value * 10 + (r->p[n++] - '0');
    }
    if (n < min)
        return false;
    r->p += n;
    *out = value;
    return true;
}

/* Exactly n digits, whatever follows. */
static bool take_fixed(struct reader *r, int n, int *out)
{
    int value = 0;
    if (r->end - r->p < n)
        return false;
    for (int i = 0; i < n; i++) {
        if (!is_digit(r->p[i]))
            return false;
        value = value * 10 + (r->p[i] - '0');
    }
    r->p += n;
    *out = value;
    return true;
}

/* One of n words, any case; *out is the index from 1. */
static bool take_word3(struct reader *r, const uint32_t *words, int n, int *out)
{
    if (r->end - r->p < 3)
        return false;
    const unsigned char *p = (const unsigned char *)r->p;
    uint32_t word = WORD3(p[0], p[1], p[2]) & WORD3(0xDF, 0xDF, 0xDF); /* letters to capitals */
    for (int i = 0; i < n; i++)
        if (words[i] == word) {
            r->p += 3;
            *out = i + 1;
            return true;
        }
    return false;
}

/* Three letters, or the four that some write of June and July. */
static bool take_month(struct reader *r, int *out)
{
    if (!take_word3(r, months, 12, out))
        return false;
    if ((*out == 6 && at(r, 'e')) || (*out == 7 && at(r, 'y')))
        r->p++;
    return true;
}

/* Fraction digits behind '.', ',' or ':' (H3C). A lone dot is taken as well (syslog-ng sees it). */
static void take_fraction(struct reader *r, struct parsed_time *out)
{
    if (r->p >= r->end || (*r->p != '.' && *r->p != ',' && *r->p != ':'))
        return;
    const char *p = r->p + 1;
    if (*r->p != '.' && (p >= r->end || !is_digit(*p)))
        return;
    int scale = 100, value = 0;
    for (; p < r->end && is_digit(*p); p++) {
        value += (*p - '0') * scale;
        scale /= 10;
    }
    /* Huawei writes a second part: "33.270.1". */
    if (p + 1 < r->end && *p == '.' && is_digit(p[1]) && p > r->p + 1)
        for (p++; p < r->end && is_digit(*p); p++)
            continue;
    out->millisecond = value;
    r->p = p;
}

/* half: 'A' or 'P'. */
static bool apply_half(struct parsed_time *out, char half)
{
    if (out->hour > 12)
        return false;
    out->hour = out->hour % 12 + (half == 'P' ? 12 : 0);
    return true;
}

static bool take_ampm(struct reader *r, struct parsed_time *out)
{
    struct reader ahead = *r;
    take_blanks(&ahead);
    if (ahead.end - ahead.p < 2 || upper(ahead.p[1]) != 'M')
        return true;
    char c = upper(ahead.p[0]);
    if ((c != 'A' && c != 'P') || (ahead.end - ahead.p > 2 && is_alpha(ahead.p[2])))
        return true;
    if (out->hour < 1 || !apply_half(out, c))
        return false;
    r->p = ahead.p + 2;
    if (at(r, '.')) /* "05:50:19 PM.484", Cisco's call managers */
        take_fraction(r, out);
    return true;
}

/* h时mm分[ss秒], behind h时. */
static bool take_clock_words(struct reader *r, struct parsed_time *out)
{
    if (!take_digits(r, 1, 2, &out->minute) || !take_any(r, minute_words))
        return false;
    struct reader ahead = *r;
    if (take_digits(&ahead, 1, 2, &out->second) && take_any(&ahead, second_words))
        *r = ahead;
    else
        out->second = 0;
    return true;
}

/* Behind h: mm[:ss[.frac]]. */
static bool take_clock_digits(struct reader *r, struct parsed_time *out)
{
    if (!take_digits(r, 1, 2, &out->minute))
        return false;
    struct reader ahead = *r;
    if (take(&ahead, ':') && take_digits(&ahead, 1, 2, &out->second)) {
        *r = ahead;
        take_fraction(r, out);
    } else {
        out->second = 0;
    }
    return true;
}

/* h:mm[:ss[.frac]] [AM|PM], 下午 h:mm ..., h时mm分[ss秒] */
static bool take_clock(struct reader *r, struct parsed_time *out)
{
    struct reader save = *r;
    char half = take_any(r, am_words) ? 'A' : take_any(r, pm_words) ? 'P' : '\0';
    if (half)
        take_blanks(r);
    out->millisecond = 0;
    if (take_digits(r, 1, 2, &out->hour) &&
        (take(r, ':')              ? take_clock_digits(r, out)
         : take_any(r, hour_words) ? take_clock_words(r, out)
                                   : false) &&
        out->minute <= 59 && out->second <= 60 &&
        (half ? apply_half(out, half) : take_ampm(r, out)) && out->hour <= 23)
        return true;
    *r = save;
    return false;
}

/*
 * ±hh, ±hhmm, ±hh:mm; Check Point writes "--5:00". An offset beyond a day cannot be and is read
 * over; +0360 is four hours.
 */
static bool take_offset(struct reader *r, struct parsed_time *out)
{
    struct reader ahead = *r;
    int sign, hours, minutes = 0;
    if (take(&ahead, '+'))
        sign = 1;
    else if (take(&ahead, '-'))
        sign = -1;
    else
        return false;
    if (sign < 0)
        take(&ahead, '-');
    if (!take_fixed(&ahead, 2, &hours)) {
        if (!take_digits(&ahead, 1, 1, &hours))
            return false;
    }
    struct reader more = ahead;
    if (take(&more, ':')) {
        if (take_digits(&more, 2, 2, &minutes))
            ahead = more;
    } else if (take_fixed(&more, 2, &minutes)) {
        ahead = more;
    }
    if (ahead.p < ahead.end && is_digit(*ahead.p))
        return false;
    int offset_s = sign * (hours * 3600 + minutes * 60);
    out->has_zone = offset_s > -DAY_S && offset_s < DAY_S;
    out->offset_s = out->has_zone ? offset_s : 0;
    *r = ahead;
    return true;
}

struct zone_name {
    char name[6];
    bool is_ambiguous;
    short minutes;
};

/* Names with one meaning in practice; those with several are known, so that they are consumed. */
static const struct zone_name zone_names[] = {
    {"UTC", false, 0},    {"GMT", false, 0},    {"Z", false, 0},      {"WET", false, 0},
    {"WEST", false, 60},  {"CET", false, 60},   {"MEZ", false, 60},   {"CEST", false, 120},
    {"MEST", false, 120}, {"MESZ", false, 120}, {"EET", false, 120},  {"EEST", false, 180},
    {"MSK", false, 180},  {"SGT", false, 480},  {"HKT", false, 480},  {"AWST", false, 480},
    {"JST", false, 540},  {"KST", false, 540},  {"ACST", false, 570}, {"AEST", false, 600},
    {"ACDT", false, 630}, {"AEDT", false, 660}, {"NZST", false, 720}, {"NZDT", false, 780},
    {"EST", false, -300}, {"EDT", false, -240}, {"CDT", false, -300}, {"MST", false, -420},
    {"MDT", false, -360}, {"PST", false, -480}, {"PDT", false, -420}, {"CST", true, 0},
    {"IST", true, 0},     {"BST", true, 0},     {"AST", true, 0},     {"DST", true, 0},
    {"BJT", false, 480},
};

static const struct zone_name *find_zone(const char *p, size_t n)
{
    for (size_t i = 0; i < sizeof zone_names / sizeof *zone_names; i++) {
        const char *name = zone_names[i].name;
        size_t k = 0;
        while (k < n && name[k] && name[k] == upper(p[k]))
            k++;
        if (k == n && !name[k])
            return &zone_names[i];
    }
    return NULL;
}

static bool ends_word(const struct reader *r)
{
    return r->p == r->end || (!is_alpha(*r->p) && !is_digit(*r->p) && *r->p != '_' &&
                              *r->p != '.' && *r->p != '-' && *r->p != '/' && *r->p != '=');
}

/* A zone word, maybe with an offset ("GMT+08:00", "TZ-6"), maybe in parentheses. */
static bool take_zone_word(struct reader *r, struct parsed_time *out)
{
    struct reader ahead = *r;
    bool in_brackets = take(&ahead, '(');
    const char *start = ahead.p;
    while (ahead.p < ahead.end && is_alpha(*ahead.p) && ahead.p - start < 6)
        ahead.p++;
    size_t n = (size_t)(ahead.p - start);
    if (n == 0 || n > 5)
        return false;
    const struct zone_name *zone = find_zone(start, n);
    bool is_tz = n == 2 && upper(start[0]) == 'T' && upper(start[1]) == 'Z';
    bool is_base = is_tz || (zone && zone->minutes == 0 && !zone->is_ambiguous);
    if (is_base && take_offset(&ahead, out)) {
        /* the offset says it all */
    } else if (is_tz) {
        return false;
    } else if (zone && ends_word(&ahead)) {
        if (!zone->is_ambiguous) {
            out->has_zone = true;
            out->offset_s = zone->minutes * 60;
        }
    } else if (!in_brackets && n >= 2 && ahead.end - ahead.p > 2 &&
               memcmp(ahead.p, ": %", 3) == 0) {
        /* A word of the device's own between the time and ": %FAC-...": its offset is unknown. */
    } else {
        return false;
    }
    if (in_brackets && !take(&ahead, ')'))
        return false;
    *r = ahead;
    return true;
}

static void take_zone(struct reader *r, struct parsed_time *out)
{
    struct reader ahead = *r;
    bool has_blank = take_blanks(&ahead);
    if (ahead.p >= ahead.end)
        return;
    if (*ahead.p == '+' || *ahead.p == '-') {
        /* "12:00:00 -text" is no zone: behind a blank four digits or hh:mm are asked for. */
        if (has_blank &&
            (ahead.end - ahead.p < 5 || !is_digit(ahead.p[1]) || !is_digit(ahead.p[2])))
            return;
        if (!take_offset(&ahead, out))
            return;
        *r = ahead;
        if (!has_blank && take(&ahead, 'Z') && ends_word(&ahead)) /* "+00:00Z" */
            *r = ahead;
        return;
    }
    if (!has_blank && upper(*ahead.p) == 'Z' &&
        (ahead.p + 1 == ahead.end || !is_alpha(ahead.p[1]))) {
        ahead.p++;
        out->has_zone = true;
        out->offset_s = 0;
        struct reader more = ahead;
        if (take_offset(&more, out)) /* "Z+0000" */
            ahead = more;
        *r = ahead;
        return;
    }
    if (take_zone_word(&ahead, out))
        *r = ahead;
}

/* A year of four digits that a blank, ':' or the end follows. */
static bool take_year_word(struct reader *r, struct parsed_time *out)
{
    struct reader ahead = *r;
    int year;
    if (!take_fixed(&ahead, 4, &year) || year < 1970 || year > 2199)
        return false;
    /* "2001:db8::1" is a host. */
    bool is_word = ahead.p == ahead.end || *ahead.p == ' ' || *ahead.p == '\t' ||
                   (*ahead.p == ':' && (ahead.p + 1 == ahead.end || ahead.p[1] == ' '));
    if (!is_word)
        return false;
    out->year = year;
    out->has_year = true;
    *r = ahead;
    return true;
}

/* Behind a month: d[d] [yyyy ]hh:mm:ss[.frac][ yyyy][ zone] */
static bool take_behind_month(struct reader *r, struct parsed_time *out)
{
    if (!take_digits(r, 1, 2, &out->day))
        return false;
    if (!take(r, ','))
        take_any(r, day_words);
    if (!take_blanks(r))
        return false;
    if (!out->has_year && take_year_word(r, out))
        take_blanks(r);
    if (!take_clock(r, out))
        return false;
    struct reader ahead = *r;
    if (!out->has_year && take_blanks(&ahead) && take_year_word(&ahead, out))
        *r = ahead;
    take_zone(r, out);
    ahead = *r;
    if (!out->has_year && take_blanks(&ahead) && take_year_word(&ahead, out))
        *r = ahead; /* date(1): "Wed Feb 28 03:17:47 UTC 2018" */
    return true;
}

/* [yyyy ]Mmm d[d] ... */
static bool take_named_month(struct reader *r, struct parsed_time *out)
{
    return take_month(r, &out->month) && take_blanks(r) && take_behind_month(r, out);
}

/* Behind "2026年": "3月2日 上午8:01:02" */
static bool take_date_words(struct reader *r, struct parsed_time *out)
{
    out->has_year = true;
    if (!take_digits(r, 1, 2, &out->month) || !take_any(r, month_words) ||
        !take_digits(r, 1, 2, &out->day) || !take_any(r, day_words))
        return false;
    take_blanks(r);
    if (!take_clock(r, out))
        return false;
    take_zone(r, out);
    return true;
}

/* Behind yyyy and its separator: m-d or Mmm-d, 'T' or blank, clock, zone. */
static bool take_year_first(struct reader *r, char separator, struct parsed_time *out)
{
    out->has_year = true;
    if ((!take_digits(r, 1, 2, &out->month) && !take_month(r, &out->month)) || !take(r, separator))
        return false;
    take(r, ' '); /* Opengear: "2018-Nov- 9" */
    if (!take_digits(r, 1, 2, &out->day))
        return false;
    bool is_utm = separator == ':' && take(r, '-'); /* Sophos: "2023:03:08-15:20:40" */
    if (!is_utm && !take(r, 'T') && !take(r, 't') && !take(r, '_') && !take_blanks(r))
        return false;
    if (!take_clock(r, out))
        return false;
    take_zone(r, out);
    return true;
}

/* Behind a first number of one or two digits: "11/29/2017 2:27 PM", "28/Feb/2018:03:17:47", "2 Nov
 * 2017 1:00". */
static bool take_day_or_month_first(struct reader *r, int first, struct parsed_time *out)
{
    char separator;
    if (take_any(r, month_words)) { /* "3月 2 08:01:02" */
        out->month = first;
        take_blanks(r);
        return take_behind_month(r, out);
    }
    if (take(r, '/'))
        separator = '/';
    else if (take(r, '-'))
        separator = '-';
    else if (take(r, '.'))
        separator = '.';
    else if (take_blanks(r))
        separator = ' ';
    else
        return false;
    int second = 0;
    if (take_month(r, &out->month)) {
        out->day = first;
    } else if (separator != ' ' && take_digits(r, 1, 2, &second)) {
        /* The console's locale is unknown: month first, as Trend's consoles print it, unless that
         * cannot be. */
        bool is_day_first = separator == '.' || (first > 12 && second <= 12);
        out->month = is_day_first ? second : first;
        out->day = is_day_first ? first : second;
    } else {
        return false;
    }
    if (!(separator == ' ' ? take_blanks(r) : take(r, separator)) ||
        !take_digits(r, 4, 4, &out->year))
        return false;
    out->has_year = true;
    take(r, ',');
    if (!take(r, ':') && !take_blanks(r))
        return false;
    if (!take_clock(r, out))
        return false;
    take_zone(r, out);
    return true;
}

static bool exists(const struct parsed_time *time)
{
    struct civil civil = {time->has_year ? time->year : 2000,
                          time->month,
                          time->day,
                          time->hour,
                          time->minute,
                          time->second,
                          time->millisecond};
    return civil_is_valid(&civil);
}

static bool take_time(struct reader *r, struct parsed_time *out)
{
    int first;
    if (at(r, '*') || at(r, '.') || at(r, '%'))
        r->p++;
    if (r->p >= r->end)
        return false;
    if (!is_digit(*r->p)) {
        struct reader ahead = *r;
        int weekday;
        if (take_word3(&ahead, weekdays, 7, &weekday)) {
            take(&ahead, ',');
            if (take_blanks(&ahead)) {
                *r = ahead;
                if (r->p < r->end && is_digit(*r->p))
                    return take_digits(r, 1, 2, &first) && take_day_or_month_first(r, first, out);
            }
        }
        return take_named_month(r, out);
    }
    struct reader ahead = *r;
    if (take_digits(&ahead, 4, 4, &out->year)) {
        *r = ahead;
        if (take(r, '-'))
            return take_year_first(r, '-', out);
        if (take(r, '/'))
            return take_year_first(r, '/', out);
        if (take(r, ':'))
            return take_year_first(r, ':', out);
        if (take_any(r, year_words))
            return take_date_words(r, out);
        if (!take_blanks(r))
            return false;
        out->has_year = true;
        return take_named_month(r, out);
    }
    return take_digits(r, 1, 2, &first) && take_day_or_month_first(r, first, out);
}

bool parse_timestamp_prefix(struct slice in, struct parsed_time *out, size_t *used)
{
    struct reader r = reader_of(in);
    struct parsed_time time = {.is_set = true};
    if (in.n < 8 || !take_time(&r, &time) || !exists(&time))
        return false;
    *out = time;
    *used = (size_t)(r.p - in.p);
    return true;
}

/* "161220", maybe with milliseconds behind. */
static bool take_glued_clock(struct reader *r, struct parsed_time *out)
{
    if (!take_fixed(r, 2, &out->hour) || !take_fixed(r, 2, &out->minute) ||
        !take_fixed(r, 2, &out->second))
        return false;
    take_fixed(r, 3, &out->millisecond);
    return true;
}

/* A clock that is a number whose hours lost their zeros: 950 is 09:50, 5 is 00:05, 95007 09:50:07.
 */
static bool take_number_clock(struct reader *r, struct parsed_time *out)
{
    const char *start = r->p;
    int number = 0;
    while (r->p < r->end && is_digit(*r->p) && r->p - start < 6)
        number = number * 10 + (*r->p++ - '0');
    if (r->p == start)
        return false;
    if (r->p - start <= 4)
        number *= 100;
    out->hour = number / 10000;
    out->minute = number / 100 % 100;
    out->second = number % 100;
    return true;
}

/* A date of digits alone: "20261124161220", "20261124T161220Z", "20261124 16:12:20", and of log
 * files "20261124 950". */
static bool parse_digits(struct slice in, struct parsed_time *out)
{
    struct reader r = reader_of(in);
    struct parsed_time time = {.is_set = true, .has_year = true};
    if (!take_fixed(&r, 4, &time.year) || !take_fixed(&r, 2, &time.month) ||
        !take_fixed(&r, 2, &time.day))
        return false;
    bool has_clock = take_blanks(&r) ? take_clock(&r, &time) || take_number_clock(&r, &time)
                                     : (take(&r, 'T'), take_glued_clock(&r, &time));
    if (!has_clock)
        return false;
    take_zone(&r, &time);
    if (r.p != r.end || !exists(&time))
        return false;
    *out = time;
    return true;
}

bool parse_timestamp(struct slice in, struct parsed_time *out)
{
    size_t used;
    struct parsed_time time;
    in = slice_trim(in);
    if (!parse_epoch_prefix(in, &time, &used) || used != in.n) {
        if ((!parse_timestamp_prefix(in, &time, &used) || used != in.n) && !parse_digits(in, &time))
            return false;
    }
    *out = time;
    return true;
}

bool parse_timestamp_rfc5424(struct slice in, struct parsed_time *out)
{
    struct reader r = reader_of(in);
    struct parsed_time time = {.is_set = true, .has_year = true, .has_zone = true};
    if (!take_fixed(&r, 4, &time.year) || !take(&r, '-') || !take_fixed(&r, 2, &time.month) ||
        !take(&r, '-') || !take_fixed(&r, 2, &time.day) || !take(&r, 'T') ||
        !take_fixed(&r, 2, &time.hour) || !take(&r, ':') || !take_fixed(&r, 2, &time.minute) ||
        !take(&r, ':') || !take_fixed(&r, 2, &time.second))
        return false;
    if (at(&r, '.')) {
        const char *start = r.p;
        take_fraction(&r, &time);
        if (r.p - start < 2 || r.p - start > 7 || memchr(start + 1, '.', (size_t)(r.p - start - 1)))
            return false;
    }
    if (!take(&r, 'Z')) {
        int hours, minutes;
        if (r.p == r.end || (*r.p != '+' && *r.p != '-'))
            return false;
        int sign = *r.p++ == '+' ? 1 : -1;
        if (!take_fixed(&r, 2, &hours) || !take(&r, ':') || !take_fixed(&r, 2, &minutes) ||
            hours > 23 || minutes > 59)
            return false;
        time.offset_s = sign * (hours * 3600 + minutes * 60);
    }
    /* RFC 5424 section 6.2.3: leap seconds must not be used. */
    if (r.p != r.end || time.second > 59 || !exists(&time))
        return false;
    *out = time;
    return true;
}

bool parse_timestamp_rfc3164(struct slice in, struct parsed_time *out)
{
    struct reader r = reader_of(in);
    struct parsed_time time = {.is_set = true};
    if (!take_month(&r, &time.month) || !take(&r, ' '))
        return false;
    if (take(&r, ' ')) {
        if (!take_fixed(&r, 1, &time.day))
            return false;
    } else if (!take_fixed(&r, 2, &time.day) || time.day < 10) {
        return false;
    }
    if (!take(&r, ' ') || !take_fixed(&r, 2, &time.hour) || !take(&r, ':') ||
        !take_fixed(&r, 2, &time.minute) || !take(&r, ':') || !take_fixed(&r, 2, &time.second) ||
        time.second > 59 || !exists(&time))
        return false;
    *out = time;
    return true;
}
