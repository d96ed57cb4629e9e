/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * BSD syslog as RFC 3164 observed it and as gear really sends it:
 *
 *     [preamble] TIME [zone][:] [host] [:] [tag[\[pid\]]:] msg
 *
 * A word is a host when it can be one: it holds a letter or digit and nothing that a host name or
 * address lacks. A tag needs its ':' or its "[pid]", else the text is message: "Use the BFG!" has
 * none. What begins with '%' (Cisco, Huawei, H3C mnemonics) or is the start of a body format (CEF:,
 * LEEF:, TMCM:, key=value) is message too, so that mappings see it whole.
 */
#include "parsers/rfc3164.h"

#include <string.h>

#include "parsers/mnemonic.h"
#include "parsers/timestamp.h"

enum { HOST_MAX = 255, TAG_MAX = 128, PID_MAX = 128, PREAMBLE_MAX = 160 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static size_t skip_blanks(struct slice s, size_t i)
{
    while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\t'))
        i++;
    return i;
}

static bool is_body_start(struct slice s)
{
    if (s.n < 4)
        return false;
    switch (s.p[0]) {
    case '%':
    case '{':
        return true;
    case 'C':
        if (slice_starts_with(s, SLICE("CEF:")))
            return true;
        break;
    case 'L':
        if (slice_starts_with(s, SLICE("LEEF:")))
            return true;
        break;
    case 'T':
        if (slice_starts_with(s, SLICE("TMCM:")) || slice_starts_with(s, SLICE("TMEF:")))
            return true;
        break;
    default:
        if (is_digit(s.p[0]) && s.p[1] == '|')
            return true;
    }
    return parse_mnemonic_is_plain(s);
}

/* "1::", "2607:f0d0:1002:51::4", "fe80::7:8%eth0" (RFC 4007 section 11) */
static bool is_ipv6(struct slice s)
{
    int colons = 0;
    size_t zone = slice_find(s, '%');
    if (zone + 1 < s.n && is_alnum(s.p[zone + 1]))
        s = slice_head(s, zone);
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == ':')
            colons++;
        else if (!is_digit(c) && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F') && c != '.')
            return false;
    }
    return colons >= 2;
}

static bool is_host(struct slice s)
{
    bool has_alnum = false;
    if (s.n == 0 || s.n > HOST_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%' && i > 0)
            return is_ipv6(s);
        if (is_alnum(c) || (unsigned char)c >= 0x80)
            has_alnum = true;
        else if (c != '-' && c != '.' && c != '_' && c != ':' && c != '/' && c != '@')
            return false;
    }
    return s.p[s.n - 1] == ':' ? is_ipv6(s) : has_alnum;
}

/* tag: or tag[pid]: or tag[pid] at i; true with *i behind it and its blank. */
static bool take_tag(struct slice s, size_t *i, struct syslog_header *out)
{
    size_t start = *i, end = start;
    if (is_body_start(slice_skip(s, start)))
        return false;
    while (end < s.n && end - start <= TAG_MAX && s.p[end] != ':' && s.p[end] != '[' &&
           s.p[end] != ' ' && s.p[end] != '\t' && s.p[end] != '\n' && s.p[end] != '|' &&
           s.p[end] != '=')
        end++;
    /* fluentd saw tags with '|' or '=' inside, before a "[pid]": only that form may hold them. */
    if (end < s.n && (s.p[end] == '|' || s.p[end] == '=')) {
        while (end < s.n && end - start <= TAG_MAX && s.p[end] != '[' && s.p[end] != ' ')
            end++;
        if (end >= s.n || s.p[end] != '[')
            return false;
    }
    if (end >= s.n || end == start || end - start > TAG_MAX || (s.p[end] != ':' && s.p[end] != '['))
        return false;
    size_t next = end;
    struct slice pid = SLICE_NONE;
    if (s.p[end] == '[') {
        size_t close = end + 1;
        while (close < s.n && close - end <= PID_MAX && s.p[close] != ']' && s.p[close] != ' ')
            close++;
        if (close >= s.n || s.p[close] != ']' || close == end + 1)
            return false;
        pid = slice_of(s.p + end + 1, close - end - 1);
        next = close + 1;
        if (next < s.n && s.p[next] != ':' && s.p[next] != ' ')
            return false;
    }
    if (next < s.n && s.p[next] == ':')
        next++;
    if (next < s.n && s.p[next] == ' ')
        next++;
    out->appname = slice_of(s.p + start, end - start);
    out->procid = pid;
    *i = next;
    return true;
}

/* "Wed 28 03:17:47": a weekday and a day, a slip seen in the field. No time is made of it. */
static size_t weekday_slip(struct slice s)
{
    static const char days[] = "MonTueWedThuFriSatSun";
    if (s.n < 15 || s.p[3] != ' ' || !is_digit(s.p[4]) || !is_digit(s.p[5]) || s.p[6] != ' ' ||
        s.p[9] != ':' || s.p[12] != ':' || !is_digit(s.p[7]) || !is_digit(s.p[14]))
        return 0;
    for (size_t i = 0; i + 3 < sizeof days; i += 3)
        if (memcmp(s.p, days + i, 3) == 0)
            return 15;
    return 0;
}

/* A time at i; *i moves behind it, its ':' and one blank. */
static bool take_time(struct slice s, size_t *i, struct syslog_header *out)
{
    struct slice rest = slice_skip(s, *i);
    size_t used;
    if (!parse_timestamp_prefix(rest, &out->time, &used)) {
        used = weekday_slip(rest);
        if (!used && out->pri >= 0 && parse_epoch_prefix(rest, &out->time, &used) &&
            used < rest.n && rest.p[used] != ' ')
            used = 0;
        if (!used) {
            out->time = (struct parsed_time){0};
            return false;
        }
    }
    /* "12:00:00abc" is no time. */
    if (used < rest.n && rest.p[used] != ' ' && rest.p[used] != ':' && rest.p[used] != '\t') {
        out->time = (struct parsed_time){0};
        return false;
    }
    out->timestamp = slice_head(rest, used);
    used = skip_blanks(rest, used);
    if (used < rest.n && rest.p[used] == ':' && (used + 1 == rest.n || rest.p[used + 1] == ' '))
        used++;
    *i += used;
    return true;
}

/* "3Com Baseline Switch %%10...": what stands before the mark of gear is its name, blanks and all.
 */
static size_t marked_host(struct slice s)
{
    struct slice head = slice_head(s, HOST_MAX);
    if (slice_find(head, '%') == head.n)
        return 0;
    size_t mark = slice_search(head, SLICE(" %%"));
    if (mark == head.n || mark == 0 || mark + 4 >= head.n || !is_digit(head.p[mark + 3]) ||
        !is_digit(head.p[mark + 4]))
        return 0;
    for (size_t i = 0; i < mark; i++)
        if (!is_alnum(s.p[i]) && !strchr(" -._/@", s.p[i]))
            return 0;
    return s.p[0] == ' ' ? 0 : mark;
}

/* A relay's header in front of the device's own: "TIME relay TIME yyyy host MODULE/n/...". */
static size_t take_inner_header(struct slice s, struct syslog_header *out)
{
    struct parsed_time time;
    size_t used;
    if (!parse_timestamp_prefix(s, &time, &used) || !time.has_year || used >= s.n ||
        s.p[used] != ' ')
        return 0;
    struct slice rest = slice_skip(s, used + 1);
    size_t n = slice_find(slice_head(rest, HOST_MAX + 1), ' ');
    struct slice body = slice_skip(rest, n + 1);
    if (!is_host(slice_head(rest, n)) ||
        (!parse_mnemonic_is_plain(body) && !slice_starts_with(body, SLICE("%%"))))
        return 0;
    out->time = time;
    out->timestamp = slice_head(s, used);
    out->hostname = slice_head(rest, n);
    return used + 1 + n + 1;
}

/* Host, tag and message, from i on. */
static void take_rest(struct slice s, size_t i, bool may_have_host, struct syslog_header *out)
{
    i = skip_blanks(s, i);
    if (may_have_host && !is_body_start(slice_skip(s, i))) {
        struct slice rest = slice_skip(s, i);
        size_t marked = marked_host(rest);
        size_t n = marked ? marked : slice_find(slice_head(rest, HOST_MAX + 1), ' ');
        struct slice word = slice_head(rest, n);
        if (marked || is_host(word)) {
            out->hostname = word;
            i = skip_blanks(s, i + n);
            i += take_inner_header(slice_skip(s, i), out);
            /* Cisco ASA: "host : %ASA-..." */
            if (i + 1 < s.n && s.p[i] == ':' && s.p[i + 1] == ' ')
                i += 2;
        }
    }
    take_tag(s, &i, out);
    out->msg = slice_skip(s, i);
}

/* "00:01:01", "1w2d", "1 2" before ": %": how long the device runs, where its clock was never set.
 */
static bool take_uptime(struct slice s, size_t *at)
{
    size_t i = *at, parts = 0;
    if (i < s.n && (s.p[i] == '*' || s.p[i] == '.'))
        i++;
    while (i < s.n && is_digit(s.p[i]) && parts < 4) {
        while (i < s.n && is_digit(s.p[i]))
            i++;
        parts++;
        if (i < s.n && (s.p[i] == 'y' || s.p[i] == 'w' || s.p[i] == 'd' || s.p[i] == 'h'))
            i++;
        else if (i + 1 < s.n && (s.p[i] == ':' || s.p[i] == ' ') && is_digit(s.p[i + 1]))
            i++;
    }
    if (parts < 2 || i + 2 >= s.n || s.p[i] != ':' || s.p[i + 1] != ' ' || s.p[i + 2] != '%')
        return false;
    *at = i + 2;
    return true;
}

/* "521: ", and ": " where no number is sent. */
static bool take_sequence(struct slice s, size_t *at)
{
    size_t i = *at;
    while (i < s.n && is_digit(s.p[i]))
        i++;
    if (i + 1 >= s.n || s.p[i] != ':' || s.p[i + 1] != ' ')
        return false;
    *at = i + 2;
    return true;
}

/* "xxxxx" stands where somebody took a name out. */
static bool is_placeholder(struct slice word)
{
    size_t i = 0;
    while (i < word.n && (word.p[i] | 32) == 'x')
        i++;
    return i == word.n && i > 2;
}

/* One word behind a number, or none: "gw LC/0/2/CPU0:", "gw:", "*task:"; *at behind the ':'. */
static bool take_origin(struct slice s, size_t *at, bool may_be_two, struct slice *host)
{
    size_t i = *at;
    for (int words = 0; words < 1 + may_be_two; words++) {
        size_t end = i;
        while (end < s.n && s.p[end] != ' ' && s.p[end] != ':')
            end++;
        if (end >= s.n || end == i)
            return false;
        struct slice word = slice_of(s.p + i, end - i);
        if (!host->n && is_host(word) && slice_find(word, '/') == word.n && /* a card has '/' */
            !is_placeholder(word))
            *host = word;
        i = skip_blanks(s, end + 1);
        if (s.p[end] == ':') {
            *at = i;
            return true;
        }
    }
    return false;
}

/* "[syslog@9 s_id="x:514"]: " */
static bool take_origin_block(struct slice s, size_t *at)
{
    size_t close = *at + slice_find(slice_skip(s, *at), ']');
    if (*at >= s.n || s.p[*at] != '[' || close + 2 >= s.n || s.p[close + 1] != ':')
        return false;
    *at = skip_blanks(s, close + 2);
    return true;
}

/*
 * What Cisco's gear puts before the time: numbers, the origin, a task, in this order or with a
 * number behind the origin. It counts only where a time or an uptime ends it.
 */
static bool take_preamble(struct slice s, size_t *at, struct syslog_header *out)
{
    struct slice head = slice_head(s, PREAMBLE_MAX);
    struct slice host = SLICE_NONE;
    size_t i = *at;
    bool has_number = false, has_origin = false;
    for (int parts = 0; parts < 6; parts++) {
        if ((parts > 0 && take_time(s, &i, out)) || take_uptime(s, &i)) {
            out->hostname = host;
            *at = i;
            return true;
        }
        if (take_sequence(head, &i)) {
            has_number = true;
            continue;
        }
        if (has_number && take_origin_block(head, &i))
            continue;
        bool is_task = has_origin && i < head.n && head.p[i] == '*';
        if ((!has_number && out->pri < 0) || (has_origin && !is_task) ||
            !take_origin(head, &i, has_number, &host))
            return false;
        has_origin = true;
    }
    return false;
}

void parse_rfc3164(struct slice in, struct syslog_header *out)
{
    size_t i = skip_blanks(in, 0);
    if (is_body_start(slice_skip(in, i)) && in.p[i] != '%') {
        out->is_present = out->pri >= 0;
        out->msg = slice_skip(in, i);
        return;
    }
    if (take_time(in, &i, out)) {
        out->is_present = true;
        take_rest(in, i, true, out);
        return;
    }
    if (take_preamble(in, &i, out)) {
        out->is_present = true;
        take_rest(in, i, !out->hostname.n && in.p[i - 1] != ':', out);
        return;
    }
    if (out->pri < 0) {
        out->msg = in;
        return;
    }
    /* A PRI and no time: a tag at most. */
    out->is_present = true;
    take_rest(in, i, false, out);
}

const char *parse_rfc3164_check(struct slice in, size_t *error_at)
{
    size_t i = 1;
    int value = 0;
    *error_at = 0;
    if (in.n < 3 || in.p[0] != '<')
        return "PRI does not begin with '<'";
    while (i < in.n && i < 5 && is_digit(in.p[i]))
        value = value * 10 + (in.p[i++] - '0');
    *error_at = 1;
    if (i == 1 || i > 4 || value > 191 || (i > 2 && in.p[1] == '0'))
        return "PRI is not a number from 0 to 191";
    *error_at = i;
    if (i >= in.n || in.p[i] != '>')
        return "PRI does not end with '>'";
    struct parsed_time time;
    *error_at = ++i;
    if (in.n - i < 16 || !parse_timestamp_rfc3164(slice_skip(in, i), &time) || in.p[i + 15] != ' ')
        return "TIMESTAMP is not \"Mmm dd hh:mm:ss\"";
    *error_at = i += 16;
    size_t n = slice_find(slice_skip(in, i), ' ');
    if (n == 0 || n == in.n - i)
        return "HOSTNAME is missing";
    return NULL;
}
