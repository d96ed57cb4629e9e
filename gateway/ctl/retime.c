/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two passes over a file of messages: find the newest time, then move all by the same distance.
 * Only the digits of date and time are rewritten, by whole seconds; zone and fraction stay as sent.
 * Sources: RFC 3164 section 4.1.2, RFC 5424 section 6.2.3, and the time forms met in samples of
 * Apex Central, Control Manager, Deep Security and Deep Discovery.
 */
#include "gateway/ctl/retime.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

enum place { PLACE_HEADER, PLACE_BODY };
enum form {
    FORM_MONTH_NAME,
    FORM_ISO,
    FORM_YEAR_SLASH,
    FORM_MONTH_SLASH,
    FORM_EPOCH_S,
    FORM_EPOCH_MS
};
enum half { HALF_NONE, HALF_UPPER, HALF_LOWER }; /* AM/PM, am/pm */

/* One time found in a line. */
struct stamp {
    size_t at, n; /* what is rewritten: date and time, not the zone */
    enum place place;
    enum form form;
    int64_t when_s;
    int64_t epoch; /* EPOCH forms: the number itself */
    bool has_zone, has_year, has_seconds, pad_date, pad_hour;
    int offset_s;             /* east of UTC; has_zone */
    int day_width;            /* MONTH_NAME: 1, or 2 filled with day_fill */
    char day_fill, separator; /* separator: between ISO date and time */
    enum half half;
    bool counts; /* an event's time; an expiry date moves along but is not "the newest" */
};

enum { STAMPS_MAX = 8 };

static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* Reader over a line: at beyond the end gives '\0'. */
struct reader {
    struct slice s;
    size_t at;
};

static char peek(const struct reader *r, size_t ahead)
{
    return r->at + ahead < r->s.n ? r->s.p[r->at + ahead] : '\0';
}

static bool take_char(struct reader *r, char c)
{
    if (r->at >= r->s.n || peek(r, 0) != c)
        return false;
    r->at++;
    return true;
}

/* min to max digits; the number stands whole (no further digit). */
static bool take_number(struct reader *r, int min, int max, int *out)
{
    int n = 0, value = 0;
    while (n < max && isdigit((unsigned char)peek(r, (size_t)n)))
        value = value * 10 + (peek(r, (size_t)n++) - '0');
    if (n < min || isdigit((unsigned char)peek(r, (size_t)n)))
        return false;
    r->at += (size_t)n;
    *out = value;
    return true;
}

static bool take_word(struct reader *r, const char *word)
{
    size_t n = strlen(word);
    if (r->s.n - r->at < n || strncasecmp(r->s.p + r->at, word, n) != 0)
        return false;
    r->at += n;
    return true;
}

/* h:mm[:ss], then AM or PM. */
static bool take_clock(struct reader *r, struct tm *tm, struct stamp *stamp)
{
    stamp->pad_hour = peek(r, 1) != ':' && (peek(r, 0) == '0' || stamp->pad_date);
    if (!take_number(r, 1, 2, &tm->tm_hour) || !take_char(r, ':') ||
        !take_number(r, 2, 2, &tm->tm_min))
        return false;
    stamp->has_seconds = take_char(r, ':');
    if (stamp->has_seconds && !take_number(r, 2, 2, &tm->tm_sec))
        return false;
    struct reader half = *r;
    if (take_char(&half, ' ') &&
        (toupper(peek(&half, 0)) == 'A' || toupper(peek(&half, 0)) == 'P') &&
        toupper(peek(&half, 1)) == 'M' && !isalnum((unsigned char)peek(&half, 2))) {
        bool is_pm = toupper(peek(&half, 0)) == 'P';
        stamp->half = islower((unsigned char)peek(&half, 0)) ? HALF_LOWER : HALF_UPPER;
        tm->tm_hour = tm->tm_hour % 12 + (is_pm ? 12 : 0);
        r->at = half.at + 2;
    }
    return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec <= 60;
}

/* Mmm dd [yyyy] hh:mm:ss */
static bool take_month_name(struct reader *r, struct tm *tm, struct stamp *stamp)
{
    int month = 0;
    while (month < 12 && !take_word(r, months[month]))
        month++;
    if (month == 12 || !take_char(r, ' '))
        return false;
    tm->tm_mon = month;
    stamp->form = FORM_MONTH_NAME;
    stamp->day_fill = peek(r, 0) == '0' ? '0' : ' ';
    stamp->day_width = 2;
    if (!take_char(r, ' ') && isdigit((unsigned char)peek(r, 0)) &&
        !isdigit((unsigned char)peek(r, 1)))
        stamp->day_width = 1;
    if (!take_number(r, 1, 2, &tm->tm_mday) || !take_char(r, ' '))
        return false;
    struct reader year = *r;
    stamp->has_year = take_number(&year, 4, 4, &tm->tm_year) && take_char(&year, ' ');
    if (stamp->has_year) {
        *r = year;
        tm->tm_year -= 1900;
        /* Consoles that write a year write 02, and a day of two digits does not tell. */
        if (tm->tm_mday >= 10)
            stamp->day_fill = '0';
    }
    stamp->pad_date = true;
    return take_clock(r, tm, stamp) && stamp->has_seconds;
}

/* yyyy-mm-dd[T ]hh:mm:ss and yyyy/m/d h:mm:ss */
static bool take_year_first(struct reader *r, struct tm *tm, struct stamp *stamp)
{
    if (!take_number(r, 4, 4, &tm->tm_year))
        return false;
    char dash = peek(r, 0);
    stamp->form = dash == '-' ? FORM_ISO : FORM_YEAR_SLASH;
    stamp->has_year = true;
    if ((dash != '-' && dash != '/') || !take_char(r, dash))
        return false;
    stamp->pad_date = peek(r, 0) == '0';
    if (!take_number(r, 1, 2, &tm->tm_mon) || !take_char(r, dash))
        return false;
    stamp->pad_date = stamp->pad_date || peek(r, 0) == '0' || dash == '-';
    if (!take_number(r, 1, 2, &tm->tm_mday))
        return false;
    stamp->separator = peek(r, 0);
    if (stamp->separator != ' ' && stamp->separator != 'T' && stamp->separator != 't')
        return false;
    r->at++;
    tm->tm_year -= 1900;
    tm->tm_mon--;
    return take_clock(r, tm, stamp);
}

/* m/d/yyyy h:mm[:ss] [AM|PM] */
static bool take_month_first(struct reader *r, struct tm *tm, struct stamp *stamp)
{
    stamp->form = FORM_MONTH_SLASH;
    stamp->has_year = true;
    stamp->pad_date = peek(r, 0) == '0';
    if (!take_number(r, 1, 2, &tm->tm_mon) || !take_char(r, '/'))
        return false;
    stamp->pad_date = stamp->pad_date || peek(r, 0) == '0';
    if (!take_number(r, 1, 2, &tm->tm_mday) || !take_char(r, '/') ||
        !take_number(r, 4, 4, &tm->tm_year) || !take_char(r, ' '))
        return false;
    tm->tm_year -= 1900;
    tm->tm_mon--;
    return take_clock(r, tm, stamp);
}

/* 10 digits: seconds, 13: milliseconds; nothing but digits up to a blank or the end. */
static bool take_epoch(struct reader *r, struct stamp *stamp)
{
    size_t n = 0;
    int64_t number = 0;
    while (n < 14 && isdigit((unsigned char)peek(r, n)))
        number = number * 10 + (peek(r, n++) - '0');
    char next = peek(r, n);
    if ((n != 10 && n != 13) || (next != '\0' && next != ' ' && next != '\t'))
        return false;
    stamp->form = n == 10 ? FORM_EPOCH_S : FORM_EPOCH_MS;
    stamp->epoch = number;
    stamp->when_s = n == 10 ? number : number / 1000;
    r->at += n;
    return true;
}

/* [.fraction] then Z, +hh:mm, +hhmm, " GMT+hh:mm" or " (UTC)". Read only: it stays as it is. */
static void read_zone(struct reader r, struct stamp *stamp)
{
    int hours, minutes = 0;
    if (take_char(&r, '.') || take_char(&r, ','))
        while (isdigit((unsigned char)peek(&r, 0)))
            r.at++;
    if (take_char(&r, 'Z') || take_char(&r, 'z') || take_word(&r, " (UTC)")) {
        stamp->has_zone = true;
        return;
    }
    bool is_named = take_word(&r, " GMT") || take_word(&r, " UTC");
    char sign = peek(&r, 0);
    stamp->has_zone = is_named;
    if ((sign != '+' && sign != '-') || !take_char(&r, sign))
        return;
    if (take_number(&r, 4, 4, &hours)) {
        minutes = hours % 100;
        hours /= 100;
    } else if (!take_number(&r, 1, 2, &hours) || !take_char(&r, ':') ||
               !take_number(&r, 2, 2, &minutes)) {
        return;
    }
    stamp->has_zone = true;
    stamp->offset_s = (hours * 60 + minutes) * (sign == '-' ? -60 : 60);
}

static int64_t tm_to_s(struct tm tm, const struct stamp *stamp)
{
    if (stamp->has_zone)
        return timegm(&tm) - stamp->offset_s;
    tm.tm_isdst = -1;
    return mktime(&tm);
}

/* Without a year: the one nearest to now. */
static int64_t nearest_year(struct tm tm, const struct stamp *stamp, int64_t now_s)
{
    struct tm today;
    time_t now = (time_t)now_s;
    int64_t best = INT64_MIN;
    localtime_r(&now, &today);
    for (int year = today.tm_year - 1; year <= today.tm_year + 1; year++) {
        tm.tm_year = year;
        int64_t s = tm_to_s(tm, stamp);
        if (best == INT64_MIN || llabs(s - now_s) < llabs(best - now_s))
            best = s;
    }
    return best;
}

/* The time that begins at `at`. */
static bool find_stamp(struct slice line, size_t at, int64_t now_s, struct stamp *out)
{
    static bool (*const forms[])(struct reader *, struct tm *, struct stamp *) = {
        take_month_name, take_year_first, take_month_first};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct reader r = {line, at};
        struct tm tm = {0};
        struct stamp stamp = {.at = at, .counts = true};
        if (!forms[i](&r, &tm, &stamp) || tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday < 1 ||
            tm.tm_mday > 31)
            continue;
        stamp.n = r.at - at;
        read_zone(r, &stamp);
        stamp.when_s = stamp.has_year ? tm_to_s(tm, &stamp) : nearest_year(tm, &stamp, now_s);
        *out = stamp;
        return true;
    }
    struct reader r = {line, at};
    *out = (struct stamp){.at = at, .counts = true};
    if (!take_epoch(&r, out))
        return false;
    out->n = r.at - at;
    return true;
}

/* Where a header's time begins: behind <PRI> and the version of RFC 5424. */
static size_t header_start(struct slice line)
{
    struct reader r = {line, 0};
    int number;
    if (take_char(&r, '<') && (!take_number(&r, 1, 3, &number) || !take_char(&r, '>')))
        return 0;
    struct reader version = r;
    if (take_number(&version, 1, 2, &number) && take_char(&version, ' '))
        return version.at;
    return r.at;
}

static bool stands_alone(struct slice line, size_t at)
{
    return at == 0 || line.p[at - 1] == ' ' || line.p[at - 1] == '|' || line.p[at - 1] == '\t';
}

static size_t find_stamps(struct slice line, int64_t now_s, struct stamp out[STAMPS_MAX])
{
    static const struct {
        struct slice key;
        bool counts;
    } keys[] = {{{"rt=", 3}, true},
                {{"devTime=", 8}, true},
                {{"Event time=\"", 12}, true},
                {{"Event time (local)=\"", 20}, true},
                {{"start=", 6}, false},
                {{"end=", 4}, false}};
    size_t n = 0, body = header_start(line);
    if (find_stamp(line, body, now_s, &out[n]) && out[n].form <= FORM_ISO) {
        out[n].place = PLACE_HEADER;
        body += out[n++].n;
    }
    for (size_t at = body; at < line.n && n < STAMPS_MAX; at++) {
        if (!stands_alone(line, at))
            continue;
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            if (!slice_starts_with(slice_skip(line, at), keys[k].key))
                continue;
            if (find_stamp(line, at + keys[k].key.n, now_s, &out[n])) {
                out[n].place = PLACE_BODY;
                out[n].counts = keys[k].counts;
                at = out[n].at + out[n].n - 1;
                n++;
            }
            break;
        }
    }
    return n;
}

void retime_begin(struct retime *retime, int64_t now_s)
{
    *retime = (struct retime){{INT64_MIN, INT64_MIN}, now_s};
}

void retime_see(struct retime *retime, struct slice line)
{
    struct stamp stamps[STAMPS_MAX];
    size_t n = find_stamps(line, retime->now_s, stamps);
    for (size_t i = 0; i < n; i++)
        if (stamps[i].counts && stamps[i].when_s > retime->newest_s[stamps[i].place])
            retime->newest_s[stamps[i].place] = stamps[i].when_s;
}

static void write_clock(const struct stamp *stamp, const struct tm *tm, struct buf *out)
{
    int hour = tm->tm_hour;
    if (stamp->half != HALF_NONE)
        hour = hour % 12 == 0 ? 12 : hour % 12;
    buf_printf(out, stamp->pad_hour ? "%02d:%02d" : "%d:%02d", hour, tm->tm_min);
    if (stamp->has_seconds)
        buf_printf(out, ":%02d", tm->tm_sec);
    if (stamp->half == HALF_UPPER)
        buf_printf(out, tm->tm_hour < 12 ? " AM" : " PM");
    else if (stamp->half == HALF_LOWER)
        buf_printf(out, tm->tm_hour < 12 ? " am" : " pm");
}

static void write_stamp(const struct stamp *stamp, int64_t shift_s, struct buf *out)
{
    time_t when = (time_t)(stamp->when_s + shift_s);
    struct tm tm;
    if (stamp->form >= FORM_EPOCH_S) {
        buf_printf(out, "%lld",
                   (long long)(stamp->epoch + shift_s * (stamp->form == FORM_EPOCH_MS ? 1000 : 1)));
        return;
    }
    if (stamp->has_zone) {
        when += stamp->offset_s;
        gmtime_r(&when, &tm);
    } else {
        localtime_r(&when, &tm);
    }
    int year = tm.tm_year + 1900, month = tm.tm_mon + 1;
    switch (stamp->form) {
    case FORM_MONTH_NAME:
        if (stamp->day_width == 1)
            buf_printf(out, "%s %d ", months[tm.tm_mon], tm.tm_mday);
        else if (stamp->day_fill == '0')
            buf_printf(out, "%s %02d ", months[tm.tm_mon], tm.tm_mday);
        else
            buf_printf(out, "%s %2d ", months[tm.tm_mon], tm.tm_mday);
        if (stamp->has_year)
            buf_printf(out, "%04d ", year);
        break;
    case FORM_ISO:
        buf_printf(out, "%04d-%02d-%02d%c", year, month, tm.tm_mday, stamp->separator);
        break;
    case FORM_YEAR_SLASH:
        if (stamp->pad_date)
            buf_printf(out, "%04d/%02d/%02d%c", year, month, tm.tm_mday, stamp->separator);
        else
            buf_printf(out, "%04d/%d/%d%c", year, month, tm.tm_mday, stamp->separator);
        break;
    default:
        if (stamp->pad_date)
            buf_printf(out, "%02d/%02d/%04d ", month, tm.tm_mday, year);
        else
            buf_printf(out, "%d/%d/%04d ", month, tm.tm_mday, year);
    }
    write_clock(stamp, &tm, out);
}

void retime_write(const struct retime *retime, struct slice line, struct buf *out)
{
    struct stamp stamps[STAMPS_MAX];
    size_t n = find_stamps(line, retime->now_s, stamps), at = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t newest = retime->newest_s[stamps[i].place];
        buf_append(out, line.p + at, stamps[i].at - at);
        write_stamp(&stamps[i], newest == INT64_MIN ? 0 : retime->now_s - newest, out);
        at = stamps[i].at + stamps[i].n;
    }
    buf_append(out, line.p + at, line.n - at);
}
