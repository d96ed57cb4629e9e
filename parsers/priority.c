/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A priority by its names, as files have it where the network had a PRI: BusyBox ("authpriv.warn"),
 * FreeBSD's syslogd -v ("<auth.info>"), Kiwi Syslog ("Local7.Notice").
 */
#include "parsers/priority.h"

#include "gateway/base/ascii.h"

static const struct name {
    struct slice name;
    int number;
} facilities[] =
    {
        {{"kern", 4}, 0},    {{"kernel", 6}, 0},    {{"user", 4}, 1},    {{"mail", 4}, 2},
        {{"daemon", 6}, 3},  {{"system", 6}, 3},    {{"auth", 4}, 4},    {{"security", 8}, 4},
        {{"syslog", 6}, 5},  {{"lpr", 3}, 6},       {{"news", 4}, 7},    {{"uucp", 4}, 8},
        {{"cron", 4}, 9},    {{"authpriv", 8}, 10}, {{"ftp", 3}, 11},    {{"ntp", 3}, 12},
        {{"audit", 5}, 13},  {{"console", 7}, 14},  {{"local0", 6}, 16}, {{"local1", 6}, 17},
        {{"local2", 6}, 18}, {{"local3", 6}, 19},   {{"local4", 6}, 20}, {{"local5", 6}, 21},
        {{"local6", 6}, 22}, {{"local7", 6}, 23},
},
  levels[] = {
      {{"emerg", 5}, 0},          {{"emergency", 9}, 0}, {{"panic", 5}, 0},  {{"alert", 5}, 1},
      {{"crit", 4}, 2},           {{"critical", 8}, 2},  {{"err", 3}, 3},    {{"error", 5}, 3},
      {{"warn", 4}, 4},           {{"warning", 7}, 4},   {{"notice", 6}, 5}, {{"info", 4}, 6},
      {{"informational", 13}, 6}, {{"debug", 5}, 7},
};

static int number_of(const struct name *names, size_t n, struct slice word)
{
    for (size_t i = 0; i < n; i++)
        if (slice_equal_nocase(names[i].name, word))
            return names[i].number;
    return -1;
}

size_t parse_priority_prefix(struct slice in, int *pri)
{
    size_t start = in.n && in.p[0] == '<', dot = start;
    while (dot < in.n && ascii_is_alnum(in.p[dot]))
        dot++;
    if (dot == start || dot >= in.n || in.p[dot] != '.')
        return 0;
    size_t end = dot + 1;
    while (end < in.n && ascii_is_alnum(in.p[end]))
        end++;
    int facility = number_of(facilities, sizeof facilities / sizeof *facilities,
                             slice_of(in.p + start, dot - start));
    int level =
        number_of(levels, sizeof levels / sizeof *levels, slice_of(in.p + dot + 1, end - dot - 1));
    size_t next = end + start;
    if (facility < 0 || level < 0 || (start && (end >= in.n || in.p[end] != '>')) ||
        (next < in.n && in.p[next] != ' ' && in.p[next] != '\t'))
        return 0;
    *pri = facility * 8 + level;
    return next;
}
