/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TZif reader: the transitions of the file, then its footer, a POSIX TZ rule, for all later times.
 * The file is trusted no more than the network: counts are bounded before memory is taken.
 * Source: RFC 8536 (version 4: RFC 9636), POSIX.1 chapter 8.3 with the footer's wider hours.
 */
#include "gateway/base/zone.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/ascii.h"
#include "gateway/base/civil.h"
#include "gateway/base/cursor.h"

enum {
    FILE_MAX = 256 * 1024,
    TRANSITIONS_MAX = 8192,
    TYPES_MAX = 256,
    OFFSET_MAX_S = 26 * 3600, /* RFC 8536 section 3.2: -25 h to +26 h */
    DAY_S = 86400
};

/* When daylight saving begins or ends in a year. */
struct rule_date {
    enum { RULE_MONTH, RULE_JULIAN, RULE_DAY } form;
    int month, week, day; /* RULE_MONTH; day alone for the others */
    int time_s;           /* of local time, may be negative or above a day */
};

struct rule {
    bool is_set, has_dst;
    int std_s, dst_s; /* east of UTC */
    struct rule_date begin, end;
};

struct zone {
    size_t n;
    int64_t *at;      /* UTC seconds, rising */
    int32_t *offset;  /* from at[i] on */
    int32_t first_s;  /* before at[0] */
    struct rule rule; /* after at[n - 1] */
};

/* ---- the footer ---- */

static bool take_char(struct slice *s, char c)
{
    if (!s->n || s->p[0] != c)
        return false;
    *s = slice_skip(*s, 1);
    return true;
}

static bool take_number(struct slice *s, int max, int *out)
{
    int value = 0;
    size_t n = 0;
    while (n < s->n && n < 4 && s->p[n] >= '0' && s->p[n] <= '9')
        value = value * 10 + (s->p[n++] - '0');
    if (n == 0 || value > max)
        return false;
    *s = slice_skip(*s, n);
    *out = value;
    return true;
}

/* Names are not kept: only offsets matter here. */
static bool take_name(struct slice *s)
{
    size_t n = 0;
    if (take_char(s, '<')) {
        size_t end = slice_find(*s, '>');
        if (end == s->n)
            return false;
        *s = slice_skip(*s, end + 1);
        return true;
    }
    while (n < s->n && ((s->p[n] >= 'A' && s->p[n] <= 'Z') || (s->p[n] >= 'a' && s->p[n] <= 'z')))
        n++;
    *s = slice_skip(*s, n);
    return n >= 3;
}

/* [+-]hh[:mm[:ss]] */
static bool take_hms(struct slice *s, int hour_max, int *out_s)
{
    int sign = 1, h = 0, m = 0, sec = 0;
    if (take_char(s, '-'))
        sign = -1;
    else
        take_char(s, '+');
    if (!take_number(s, hour_max, &h))
        return false;
    if (take_char(s, ':')) {
        if (!take_number(s, 59, &m))
            return false;
        if (take_char(s, ':') && !take_number(s, 59, &sec))
            return false;
    }
    *out_s = sign * (h * 3600 + m * 60 + sec);
    return true;
}

static bool take_date(struct slice *s, struct rule_date *out)
{
    out->time_s = 2 * 3600;
    if (take_char(s, 'M')) {
        out->form = RULE_MONTH;
        if (!take_number(s, 12, &out->month) || !take_char(s, '.') ||
            !take_number(s, 5, &out->week) || !take_char(s, '.') || !take_number(s, 6, &out->day) ||
            !out->month || !out->week)
            return false;
    } else if (take_char(s, 'J')) {
        out->form = RULE_JULIAN;
        if (!take_number(s, 365, &out->day) || !out->day)
            return false;
    } else {
        out->form = RULE_DAY;
        if (!take_number(s, 365, &out->day))
            return false;
    }
    return !take_char(s, '/') || take_hms(s, 167, &out->time_s);
}

static bool rule_parse(struct slice s, struct rule *rule)
{
    int west_s;
    *rule = (struct rule){0};
    if (s.n == 0)
        return true; /* no rule is known: the last transition's offset holds */
    if (!take_name(&s) || !take_hms(&s, 24, &west_s))
        return false;
    rule->std_s = -west_s;
    if (s.n) {
        rule->has_dst = true;
        if (!take_name(&s))
            return false;
        rule->dst_s = rule->std_s + 3600;
        if (s.n && s.p[0] != ',') {
            if (!take_hms(&s, 24, &west_s))
                return false;
            rule->dst_s = -west_s;
        }
        if (!take_char(&s, ',') || !take_date(&s, &rule->begin) || !take_char(&s, ',') ||
            !take_date(&s, &rule->end))
            return false;
    }
    rule->is_set = s.n == 0;
    return rule->is_set;
}

/* ---- rules to instants ---- */

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t day_number(int year, int month, int day)
{
    struct civil civil = {.year = year, .month = month, .day = day};
    return civil_to_ms(&civil) / 1000 / DAY_S;
}

/* Local seconds, as if UTC, of the rule's date in that year. */
static int64_t rule_local_s(const struct rule_date *date, int year)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t day;
    if (date->form == RULE_MONTH) {
        int64_t first = day_number(year, date->month, 1);
        int weekday = (int)(((first + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
        int in_month = days[date->month - 1] + (date->month == 2 && is_leap(year));
        int offset = (date->day - weekday + 7) % 7 + (date->week - 1) * 7;
        if (offset >= in_month)
            offset -= 7;
        day = first + offset;
    } else {
        day = day_number(year, 1, 1) + date->day;
        /* Jn counts from 1 and never counts February 29. */
        if (date->form == RULE_JULIAN)
            day += (is_leap(year) && date->day >= 60 ? 1 : 0) - 1;
    }
    return day * DAY_S + date->time_s;
}

static int rule_offset(const struct rule *rule, int64_t utc_s)
{
    if (!rule->has_dst)
        return rule->std_s;
    /* The years 1 to about 9890: what a calendar of four digits can hold. */
    int64_t clamped = utc_s > 250000000000 ? 250000000000 : utc_s;
    if (clamped < -62000000000)
        clamped = -62000000000;
    int year = civil_from_ms((clamped + rule->std_s) * 1000).year;
    int64_t begin = rule_local_s(&rule->begin, year) - rule->std_s;
    int64_t end = rule_local_s(&rule->end, year) - rule->dst_s;
    bool in_dst =
        begin < end ? clamped >= begin && clamped < end : clamped >= begin || clamped < end;
    return in_dst ? rule->dst_s : rule->std_s;
}

/* ---- the file ---- */

struct tzif_counts {
    uint8_t version;
    uint32_t isut, isstd, leap, time, type, text;
};

static uint32_t u32be(struct cursor *c)
{
    uint32_t b0 = cursor_u8(c), b1 = cursor_u8(c), b2 = cursor_u8(c), b3 = cursor_u8(c);
    return b0 << 24 | b1 << 16 | b2 << 8 | b3;
}

static bool read_header(struct cursor *c, struct tzif_counts *out)
{
    struct slice magic = cursor_take(c, 4);
    out->version = cursor_u8(c);
    cursor_take(c, 15);
    out->isut = u32be(c);
    out->isstd = u32be(c);
    out->leap = u32be(c);
    out->time = u32be(c);
    out->type = u32be(c);
    out->text = u32be(c);
    return !c->failed && slice_equal(magic, SLICE("TZif")) && out->time <= TRANSITIONS_MAX &&
           out->type >= 1 && out->type <= TYPES_MAX && out->isut <= TYPES_MAX &&
           out->isstd <= TYPES_MAX && out->leap <= 1024 && out->text <= 4096;
}

static size_t data_size(const struct tzif_counts *n, size_t time_size)
{
    return n->time * (time_size + 1) + (size_t)n->type * 6 + n->text + n->leap * (time_size + 4) +
           n->isstd + n->isut;
}

static bool read_data(struct cursor *c, const struct tzif_counts *n, bool is_wide,
                      struct zone *zone)
{
    int32_t type_offset[TYPES_MAX];
    zone->at = gw_alloc(n->time * sizeof *zone->at);
    zone->offset = gw_alloc(n->time * sizeof *zone->offset);
    zone->n = n->time;
    for (size_t i = 0; i < n->time; i++) {
        uint64_t high = u32be(c);
        zone->at[i] = is_wide ? (int64_t)(high << 32 | u32be(c)) : (int64_t)(int32_t)high;
        if (i && zone->at[i] <= zone->at[i - 1])
            return false;
    }
    struct slice index = cursor_take(c, n->time);
    for (size_t i = 0; i < n->type; i++) {
        type_offset[i] = (int32_t)u32be(c);
        cursor_take(c, 2);
        if (type_offset[i] > OFFSET_MAX_S || type_offset[i] < -OFFSET_MAX_S)
            return false;
    }
    cursor_take(c, n->text + n->leap * ((is_wide ? 8u : 4u) + 4u) + n->isstd + n->isut);
    if (c->failed)
        return false;
    zone->first_s = type_offset[0];
    for (size_t i = 0; i < n->time; i++) {
        uint8_t type = (uint8_t)index.p[i];
        if (type >= n->type)
            return false;
        zone->offset[i] = type_offset[type];
    }
    return true;
}

static bool read_footer(struct cursor *c, struct rule *rule)
{
    if (cursor_u8(c) != '\n' || c->failed)
        return false;
    struct slice rest = cursor_take(c, cursor_left(c));
    struct slice text, after;
    return slice_cut(rest, '\n', &text, &after) && rule_parse(text, rule);
}

struct zone *zone_read(struct slice tzif)
{
    struct tzif_counts counts;
    struct cursor c = cursor_of(tzif);
    struct zone *zone = gw_alloc(sizeof *zone);
    bool ok = tzif.n <= FILE_MAX && read_header(&c, &counts);

    if (ok && counts.version >= '2') {
        /* The first block has 32-bit times for old readers; the second says all. */
        cursor_take(&c, data_size(&counts, 4));
        ok = read_header(&c, &counts) && read_data(&c, &counts, true, zone) &&
             read_footer(&c, &zone->rule);
    } else if (ok) {
        ok = counts.version == 0 && read_data(&c, &counts, false, zone);
    }
    if (!ok) {
        zone_free(zone);
        return NULL;
    }
    return zone;
}

static bool name_is_plain(const char *name)
{
    return ascii_is_word(name, "_+-./", 128) && name[0] != '/' && name[0] != '.' &&
           !strstr(name, "..");
}

static struct zone *zone_fixed(int offset_s)
{
    struct zone *zone = gw_alloc(sizeof *zone);
    zone->first_s = offset_s;
    return zone;
}

static bool read_bytes(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return false;
    ssize_t got;
    buf_clear(out);
    while (out->n <= FILE_MAX && (got = read(fd, buf_reserve(out, 16384), 16384)) > 0)
        out->n += (size_t)got;
    close(fd);
    return true;
}

struct zone *zone_open_bytes(const char *name, struct buf *out)
{
    static const char *const folders[] = {"/usr/share/zoneinfo", "/usr/lib/zoneinfo",
                                          "/usr/share/lib/zoneinfo", "/etc/zoneinfo"};
    char path[192];
    buf_clear(out);
    for (size_t i = 0; name_is_plain(name) && i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%s/%s", folders[i], name);
        struct zone *zone = read_bytes(path, out) ? zone_read(buf_get(out)) : NULL;
        if (zone)
            return zone;
    }
    buf_clear(out);
    return NULL;
}

struct zone *zone_open(const char *name)
{
    struct buf bytes = {0};
    if (strcmp(name, "UTC") == 0 || strcmp(name, "GMT") == 0 || strcmp(name, "Etc/UTC") == 0)
        return zone_fixed(0);
    struct zone *zone = zone_open_bytes(name, &bytes);
    buf_free(&bytes);
    return zone;
}

void zone_free(struct zone *zone)
{
    if (!zone)
        return;
    free(zone->at);
    free(zone->offset);
    free(zone);
}

/* ---- queries ---- */

static int64_t floor_s(int64_t ms)
{
    return ms / 1000 - (ms % 1000 < 0);
}

int zone_offset_at_utc(const struct zone *zone, int64_t utc_ms)
{
    if (!zone)
        return 0;
    int64_t utc_s = floor_s(utc_ms);
    if (zone->rule.is_set && (zone->n == 0 || utc_s >= zone->at[zone->n - 1]))
        return rule_offset(&zone->rule, utc_s);
    size_t low = 0, high = zone->n; /* the first transition after utc_s */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->at[middle] <= utc_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? zone->offset[low - 1] : zone->first_s;
}

int64_t zone_local_to_utc(const struct zone *zone, int64_t local_ms)
{
    if (!zone)
        return local_ms;
    /* Offsets never reach 27 h: these two stand safely on both sides of the reading. */
    int64_t margin_ms = (int64_t)27 * 3600 * 1000;
    int64_t before_s = zone_offset_at_utc(zone, local_ms - margin_ms);
    int64_t after_s = zone_offset_at_utc(zone, local_ms + margin_ms);
    int64_t early = local_ms - before_s * 1000;
    int64_t late = local_ms - after_s * 1000;
    if (zone_offset_at_utc(zone, early) == before_s)
        return early;
    if (zone_offset_at_utc(zone, late) == after_s)
        return late;
    return early;
}
