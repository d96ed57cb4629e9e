/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a time that was read means: the instant, with what it leaves out supplied; and its text. */
#include "parsers/instant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/civil.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct civil civil_of(const struct parsed_time *time, int year)
{
    return (struct civil){year,         time->month,  time->day,        time->hour,
                          time->minute, time->second, time->millisecond};
}

static int64_t place(const struct parsed_time *time, int year, const struct zone *source_zone)
{
    struct civil civil = civil_of(time, year);
    int64_t local_ms = civil_to_ms(&civil);
    return time->has_zone ? local_ms - (int64_t)time->offset_s * 1000
                          : zone_local_to_utc(source_zone, local_ms);
}

bool parsed_time_to_ms(const struct parsed_time *time, const struct zone *source_zone,
                       int64_t received_ms, int64_t *out_ms)
{
    struct civil civil = civil_of(time, time->has_year ? time->year : 2000);
    if (!time->is_set || !civil_is_valid(&civil))
        return false;
    if (time->has_year) {
        *out_ms = place(time, time->year, source_zone);
        return true;
    }
    /* On February 29 the nearest such day may be years away. */
    int reach = time->month == 2 && time->day == 29 ? 8 : 1;
    int year = civil_from_ms(received_ms).year, best = 0;
    int64_t best_distance = INT64_MAX;
    for (int y = year - reach; y <= year + reach; y++) {
        civil = civil_of(time, y);
        if (!civil_is_valid(&civil))
            continue;
        int64_t at_ms = civil_to_ms(&civil);
        int64_t distance = at_ms > received_ms ? at_ms - received_ms : received_ms - at_ms;
        if (distance < best_distance) {
            best_distance = distance;
            best = y;
        }
    }
    if (best_distance == INT64_MAX)
        return false;
    *out_ms = place(time, best, source_zone);
    return true;
}

/* The fraction's digits in the text as sent: behind the third number of the clock. */
static struct slice fraction_of(struct slice as_sent)
{
    size_t i = slice_find(as_sent, ':');
    if (i + 3 < as_sent.n && as_sent.p[i + 3] == ':' && i == 4) /* "2023:03:08-15:20:40" */
        i += 5;
    else if (i >= 4 && is_digit(as_sent.p[i - 3]) &&
             is_digit(as_sent.p[i - 4])) /* "28/Feb/2018:03:17:47" */
        i++;
    for (int colons = 0; i < as_sent.n && colons < 2; i++)
        if (as_sent.p[i] == ':')
            colons++;
    while (i < as_sent.n && is_digit(as_sent.p[i]))
        i++;
    if (i + 1 >= as_sent.n || (as_sent.p[i] != '.' && as_sent.p[i] != ',' && as_sent.p[i] != ':'))
        return SLICE_NONE;
    size_t start = ++i;
    while (i < as_sent.n && is_digit(as_sent.p[i]))
        i++;
    while (i > start + 3 && as_sent.p[i - 1] == '0')
        i--;
    return slice_of(as_sent.p + start, i - start);
}

struct slice parsed_time_text(const struct parsed_time *time, struct slice as_sent,
                              struct arena *arena)
{
    if (!time->is_set)
        return SLICE_NONE;
    char text[128], zone[16] = "", milliseconds[16];
    struct slice fraction = slice_head(fraction_of(as_sent), 64);
    int n;
    if (!fraction.n && time->millisecond) { /* of a number of seconds, or behind "PM" */
        snprintf(milliseconds, sizeof milliseconds, "%03d", time->millisecond);
        fraction = slice_from(milliseconds);
    }
    if (time->has_zone && time->offset_s == 0)
        strcpy(zone, "Z");
    else if (time->has_zone)
        snprintf(zone, sizeof zone, "%c%02d:%02d", time->offset_s < 0 ? '-' : '+',
                 abs(time->offset_s) / 3600, abs(time->offset_s) / 60 % 60);
    if (time->has_year)
        n = snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d%s%.*s%s", time->year,
                     time->month, time->day, time->hour, time->minute, time->second,
                     fraction.n ? "." : "", SLICE_FMT(fraction), zone);
    else
        n = snprintf(text, sizeof text, "%02d-%02dT%02d:%02d:%02d%s%.*s", time->month, time->day,
                     time->hour, time->minute, time->second, fraction.n ? "." : "",
                     SLICE_FMT(fraction));
    return n > 0 ? arena_dup(arena, slice_of(text, (size_t)n)) : SLICE_NONE;
}
