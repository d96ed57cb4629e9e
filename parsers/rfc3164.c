/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * BSD syslog as RFC 3164 observed it and as gear really sends it:
 *
 *     [preamble] TIME [zone][:] [host] [:] [tag[\[pid\]]:] msg
 *
 * A word is a host when it can be one: it holds a letter or digit and nothing that a host name or
 * address lacks. What stands before a tag and is none, by its characters or because it is a
 * daemon's name, is the tag itself ("%x snmpd[1]: ...", "ctld snmpd[1]: ..."), as syslog-ng has it.
 * A tag needs its ':' or its "[pid]", or is a small word before a sentence ("tag This is ...") or a
 * word alone; else the text is message: "Use the BFG!" has none. Mnemonics of gear
 * ("%LINK-3-UPDOWN") and the start of a body format (CEF:, LEEF:, TMCM:, key=value) are message
 * too, so that mappings see it whole.
 */
#include "parsers/rfc3164.h"

#include <string.h>

#include "gateway/base/ascii.h"
#include "parsers/epoch.h"
#include "parsers/mnemonic.h"
#include "parsers/priority.h"
#include "parsers/timestamp.h"

enum { HOST_MAX = 255, ADDRESS_MAX = 64, TAG_MAX = 128, PID_MAX = 128, PREAMBLE_MAX = 160 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
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
    case '%': /* of mnemonics none begins with a small letter */
        return !(s.p[1] >= 'a' && s.p[1] <= 'z');
    case '{':
        return true;
    case '@':
        return slice_starts_with(s, SLICE("@cee:"));
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

/* "1::", "2607:f0d0:1002:51::4", "fe80::7:8%eth0" (RFC 4007 section 11); not "22:14:15". */
static bool is_ipv6(struct slice s)
{
    int colons = 0;
    bool is_short = false;
    size_t zone = slice_find(s, '%');
    if (zone + 1 < s.n && ascii_is_alnum(s.p[zone + 1]))
        s = slice_head(s, zone);
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == ':') {
            is_short = is_short || (i && s.p[i - 1] == ':');
            colons++;
        } else if (!is_digit(c) && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F') && c != '.') {
            return false;
        }
    }
    return is_short || colons >= 6;
}

/* "192.0.2.1": digits and three dots. */
static bool is_ipv4(struct slice s)
{
    int dots = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.')
            dots++;
        else if (!is_digit(s.p[i]))
            return false;
    }
    return dots == 3 && s.n >= 7 && s.n <= 15;
}

/* "22:14", "22:14:15.25": where a time was not understood, its clock is no host. */
static bool is_clock(struct slice s)
{
    size_t i = 0;
    if (s.n < 4 || !is_digit(s.p[0]) || (s.p[1] != ':' && s.p[2] != ':') || is_ipv6(s))
        return false;
    while (i < s.n && (is_digit(s.p[i]) || s.p[i] == ':' || s.p[i] == '.'))
        i++;
    return i == s.n;
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
        if (ascii_is_alnum(c) || (unsigned char)c >= 0x80)
            has_alnum = true;
        else if (c != '-' && c != '.' && c != '_' && c != ':' && c != '/' && c != '@')
            return false;
    }
    return s.p[s.n - 1] == ':' ? is_ipv6(s) : has_alnum && !is_clock(s);
}

/* tag: or tag[pid]: or tag[pid] at i; true with *i behind it and its blank. */
static bool take_tag(struct slice s, size_t *i, struct syslog_header *out)
{
    size_t start = *i, end = start, digits = start;
    if (is_body_start(slice_skip(s, start)) || (start < s.n && s.p[start] == '<'))
        return false;
    while (digits < s.n && is_digit(s.p[digits]))
        digits++;
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
    /* A number and ':' is a clock or a counter, "2026-01-01T08:" the time of a header within. */
    struct parsed_time time;
    size_t used;
    if (s.p[end] == ':' && digits > start &&
        (end == digits || parse_timestamp_prefix(slice_skip(s, start), &time, &used)))
        return false;
    size_t next = end;
    struct slice pid = SLICE_NONE;
    if (s.p[end] == '[') {
        size_t close = end + 1;
        while (close < s.n && close - end <= PID_MAX && s.p[close] != ']' && s.p[close] != ' ')
            close++;
        bool is_empty = close == end + 1; /* "tag[]:" */
        if (close >= s.n || s.p[close] != ']' ||
            (is_empty && !slice_starts_with(slice_skip(s, close), SLICE("]:"))))
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
    if (used < rest.n && rest.p[used] == ':' &&
        (used + 1 == rest.n || rest.p[used + 1] == ' ' || rest.p[used + 1] == '%'))
        used++;
    *i += used;
    return true;
}

static bool is_year(struct slice s)
{
    return s.n == 4 && s.p[0] == '2' && s.p[1] == '0' && is_digit(s.p[2]) && is_digit(s.p[3]);
}

/* "3Com Baseline Switch %%10...": what stands before the mark of gear is its name, blanks and all;
 * but an address or a year before it is what a relay took for a host. */
static struct slice marked_host(struct slice s)
{
    struct slice head = slice_head(s, HOST_MAX);
    if (slice_find(head, '%') == head.n)
        return SLICE_NONE;
    size_t mark = slice_search(head, SLICE(" %%"));
    if (mark == head.n || mark == 0 || mark + 4 >= head.n || !is_digit(head.p[mark + 3]) ||
        !is_digit(head.p[mark + 4]) || s.p[0] == ' ')
        return SLICE_NONE;
    for (size_t i = 0; i < mark; i++)
        if (!ascii_is_alnum(s.p[i]) && !strchr(" -._/@", s.p[i]))
            return SLICE_NONE;
    struct slice name = slice_head(s, mark);
    for (size_t n; (n = slice_find(name, ' ')) < name.n; name = slice_skip(name, n + 1))
        if (!is_ipv4(slice_head(name, n)) && !is_year(slice_head(name, n)))
            break;
    size_t n = name.n;
    while (n && name.p[n - 1] != ' ')
        n--;
    return n && is_ipv4(slice_skip(name, n)) ? slice_head(name, n - 1) : name;
}

/* Length of the address that Huawei's gear may have behind its name, and of its blank. */
static size_t own_address(struct slice s)
{
    size_t n = slice_find(slice_head(s, HOST_MAX), ' ');
    if (n + 1 >= s.n || !is_ipv4(slice_head(s, n)))
        return 0;
    struct slice body = slice_skip(s, n + 1);
    return slice_starts_with(body, SLICE("%%")) || parse_mnemonic_is_plain(body) ? n + 1 : 0;
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
    if (slice_starts_with(body, SLICE(": "))) /* Cisco ASA: "host : %ASA-..." */
        body = slice_skip(body, 2);
    if (!is_host(slice_head(rest, n)) ||
        (!parse_mnemonic_is_plain(body) && !parse_mnemonic_numbered(body) &&
         !slice_starts_with(body, SLICE("%%"))))
        return 0;
    out->time = time;
    out->timestamp = slice_head(s, used);
    out->hostname = slice_head(rest, n);
    return (size_t)(body.p - s.p);
}

/* "00:01:01", "1w2d", "1 2" before ": %": how long a device runs whose clock was never set. */
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

/* "521: ", and ": " where no number is sent; an ASA's EMBLEM has ':' alone before the time. */
static bool take_sequence(struct slice s, size_t *at)
{
    size_t i = *at;
    while (i < s.n && is_digit(s.p[i]))
        i++;
    if (i + 1 >= s.n || s.p[i] != ':' || (s.p[i + 1] != ' ' && i > *at))
        return false;
    *at = skip_blanks(s, i + 1);
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

/* Up to max words: "gw LC/0/2/CPU0:", "gw:", "2001:db8::1:", "AP:0000.5e00.5301:", "*a task:"; *at
 * behind the ':'. */
static bool take_origin(struct slice s, size_t *at, int max, struct slice *host)
{
    size_t i = *at;
    for (int words = 0; words < max; words++) {
        size_t end = i;
        if (slice_starts_with(slice_skip(s, i), SLICE("AP:")))
            end += 3;
        while (end < s.n && s.p[end] != ' ' && s.p[end] != ':')
            end++;
        if (end + 1 < s.n && s.p[end] == ':' && s.p[end + 1] != ' ') {
            size_t blank = end + slice_find(slice_skip(s, end), ' ');
            if (s.p[blank - 1] == ':' && is_ipv6(slice_of(s.p + i, blank - 1 - i)))
                end = blank - 1;
        }
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

/* "RP/0/RSP0/CPU0:", "0/RP0/ADMIN0:": where in its chassis IOS XR speaks. */
static bool is_card(struct slice s)
{
    enum { CARD_MAX = 24 };
    size_t i = 0;
    int slashes = 0;
    for (; i < s.n && i < CARD_MAX && (ascii_is_alnum(s.p[i]) || s.p[i] == '/'); i++)
        slashes += s.p[i] == '/';
    return slashes >= 2 && i < s.n && s.p[i] == ':' && is_digit(s.p[i - 1]);
}

static bool has_card(struct slice s)
{
    size_t n = 0;
    while (n < s.n && n < ADDRESS_MAX && s.p[n] != ' ' && s.p[n] != ':')
        n++;
    return n + 1 < s.n && is_card(s.p[n] == ' ' ? slice_skip(s, n + 1) : s);
}

/* What Cisco's gear puts before the time: numbers, the origin (unless it was read already), a task,
 * in this order or with a number behind the origin. A time or an uptime must end it. */
static bool take_preamble(struct slice s, size_t *at, bool has_origin, struct syslog_header *out)
{
    enum { TASK_WORDS_MAX = 6 };
    struct slice head = slice_head(s, PREAMBLE_MAX);
    struct slice host = SLICE_NONE, task = SLICE_NONE;
    size_t i = *at;
    bool has_number = false;
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
        bool is_in_chassis = !has_number && has_card(slice_skip(head, i));
        int words = is_task ? TASK_WORDS_MAX : 1 + (has_number || is_in_chassis);
        bool is_sure = has_number || is_task || is_in_chassis || out->pri >= 0;
        if (!is_sure || (has_origin && !is_task) ||
            !take_origin(head, &i, words, is_task ? &task : &host))
            return false;
        has_origin = true;
    }
    return false;
}

/* Names that nobody gives a host: gear puts them where the host should be. */
static bool is_daemon(struct slice word)
{
    static const struct slice names[] = {
        {"crond", 5},   {"ctld", 4},    {"dhcpd", 5},   {"ftpd", 4},  {"httpd", 5},
        {"inetd", 5},   {"ipmid", 5},   {"klogd", 5},   {"lldpd", 5}, {"named", 5},
        {"ntpd", 4},    {"pppd", 4},    {"snmpd", 5},   {"sshd", 4},  {"snmptrapd", 9},
        {"syslogd", 7}, {"systemd", 7}, {"telnetd", 7},
    };
    if (word.n < 4 || word.p[word.n - 1] != 'd')
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_equal(names[i], word))
            return true;
    return false;
}

/* A program's level, which Untangle has where the host should be: "INFO  uvm[0]: {". */
static bool is_level(struct slice word)
{
    static const struct slice levels[] = {
        {"INFO", 4}, {"WARN", 4}, {"ERROR", 5}, {"DEBUG", 5}, {"FATAL", 5},
    };
    if (word.n < 4 || word.n > 5)
        return false;
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (slice_equal(levels[i], word))
            return true;
    return false;
}

static bool is_address(struct slice s)
{
    return is_ipv4(s) || is_ipv6(s);
}

/* What daemons write in place of a message that came again, the host left out. */
static bool is_repeat(struct slice s)
{
    return s.p[0] == 'l' ? slice_starts_with(s, SLICE("last message repeated "))
                         : slice_starts_with(s, SLICE("message repeated "));
}

static bool is_tagged(struct slice s, bool with_pid)
{
    struct syslog_header header = {0};
    size_t i = 0;
    return take_tag(s, &i, &header) && (!with_pid || header.procid.n);
}

/* "*a task: TIME: " of a wireless controller */
static bool is_task(struct slice s)
{
    struct syslog_header header = {.pri = -1};
    size_t i = 0;
    return s.n && s.p[0] == '*' && take_preamble(s, &i, true, &header);
}

/*
 * A host with a ':' behind it, which a tag would have: an address, whoever stands before the number
 * of an ASA's message or a controller's task, and UniFi's "model,address,version: daemon[pid]:".
 * word is without the ':'.
 */
static bool is_host_with_colon(struct slice word, struct slice behind)
{
    if (is_address(word))
        return true;
    return parse_mnemonic_numbered(behind) || is_task(behind)
               ? is_host(word)
               : slice_find(word, ',') < word.n && is_tagged(behind, true);
}

/*
 * A relay's header before what Cisco's gear wrote: "TIME relay 521: gw: *TIME: %...". The gear's
 * own time counts where it says its zone, which may be another than the relay's, and its clock is
 * set (no '*').
 */
static void take_inner_preamble(struct slice s, size_t *i, struct syslog_header *out)
{
    struct slice rest = slice_skip(s, *i);
    if (rest.n < 3)
        return;
    bool has_task = rest.p[0] == '*', is_by_relay = out->hostname.n && is_digit(out->hostname.p[0]);
    bool may_have_card = rest.p[1] == '/' || rest.p[2] == '/' || is_by_relay;
    if (!has_task && !is_digit(rest.p[0]) && !(may_have_card && has_card(rest)))
        return;
    struct syslog_header inner = {.pri = -1};
    if (!take_preamble(s, i, has_task, &inner))
        return;
    if (inner.time.has_zone && inner.timestamp.p[0] != '*') {
        out->time = inner.time;
        out->timestamp = inner.timestamp;
    }
    if (inner.hostname.n)
        out->hostname = inner.hostname;
    *i = skip_blanks(s, *i);
}

/* "local7.notice" in place of a PRI, and what parts it from the rest. */
static void take_priority(struct slice s, size_t *i, struct syslog_header *out)
{
    *i = skip_blanks(s, *i + parse_priority_prefix(slice_skip(s, *i), &out->pri));
}

/* Host at *i, and what else stands in its place. */
static void take_host(struct slice s, size_t *i, struct syslog_header *out)
{
    bool is_of_file = out->pri < 0;
    if (is_of_file)
        take_priority(s, i, out);
    struct slice rest = slice_skip(s, *i), marked = marked_host(rest);
    size_t n = marked.n ? (size_t)(marked.p - rest.p) + marked.n
                        : slice_find(slice_head(rest, HOST_MAX + 1), ' ');
    if (is_of_file)
        n = slice_find(slice_head(rest, n), '\t');
    struct slice word = marked.n ? marked : slice_head(rest, n);
    struct slice behind = slice_skip(rest, skip_blanks(rest, n));
    if (n > 1 && rest.p[n - 1] == ':' && is_host_with_colon(slice_head(word, n - 1), behind)) {
        out->hostname = slice_head(word, n - 1);
        *i += (size_t)(behind.p - rest.p);
        take_inner_preamble(s, i, out);
        return;
    }
    if (n > 2 && word.p[0] == '[' && word.p[n - 1] == ']' &&
        is_address(slice_of(word.p + 1, n - 2)))
        word = slice_of(word.p + 1, n - 2);
    bool is_name = marked.n || is_host(word);
    if ((is_name ? is_daemon(word) : n && rest.p[0] == '%') && is_tagged(behind, false)) {
        out->appname = word;
        *i += (size_t)(behind.p - rest.p);
    } else if (((n == 1 && word.p[0] == '-') || is_level(word)) && /* NILVALUE */
               is_tagged(behind, false)) {
        *i += (size_t)(behind.p - rest.p);
    } else if (is_name && !is_repeat(rest)) {
        out->hostname = word;
        *i += (size_t)(behind.p - rest.p);
        if (out->pri < 0)
            take_priority(s, i, out);
        *i += take_inner_header(slice_skip(s, *i), out);
        if (*i < s.n && is_digit(s.p[*i]))
            *i += own_address(slice_skip(s, *i));
        take_inner_preamble(s, i, out);
        /* Cisco ASA: "host : %ASA-..." */
        if (*i + 1 < s.n && s.p[*i] == ':' && (s.p[*i + 1] == ' ' || s.p[*i + 1] == '%'))
            *i = skip_blanks(s, *i + 1);
    }
}

/*
 * A tag that only a blank ends: MikroTik's topics ("system,error text"), and behind a host a small
 * word before a capital ("tag This is text"); but "user Anna ..." is all one sentence.
 */
static void take_bare_tag(struct slice s, size_t *i, struct syslog_header *out)
{
    enum { BARE_TAG_MAX = 32 }; /* RFC 3164 section 4.1.3 */
    static const struct slice nouns[] = {
        {"user", 4},   {"port", 4},   {"interface", 9}, {"host", 4},    {"link", 4},
        {"device", 6}, {"client", 6}, {"server", 6},    {"session", 7}, {"peer", 4},
    };
    size_t end = *i, commas = 0;
    for (; end < s.n && end - *i < BARE_TAG_MAX; end++) {
        char c = s.p[end];
        if (!(c >= 'a' && c <= 'z') &&
            (end == *i || (!is_digit(c) && c != '_' && c != '-' && c != ',')))
            break;
        commas += c == ',';
    }
    if (end - *i < 2 || end + 1 >= s.n || s.p[end] != ' ')
        return;
    struct slice word = slice_of(s.p + *i, end - *i);
    bool is_capital = s.p[end + 1] >= 'A' && s.p[end + 1] <= 'Z';
    bool is_topics = commas && s.p[end - 1] != ',';
    if (!is_topics && (commas || !out->hostname.n || !is_capital ||
                       parse_mnemonic_is_plain(slice_skip(s, end + 1))))
        return;
    for (size_t k = 0; k < sizeof nouns / sizeof *nouns; k++)
        if (slice_equal(nouns[k], word))
            return;
    out->appname = word;
    *i = end + 1;
}

/*
 * A word alone behind a host is the tag, as rsyslog and syslog-ng have it; normalize shows it as
 * the message, so that no reader misses it. One with '_' is the name of an event (Junos).
 */
static void take_lone_tag(struct slice s, size_t *i, struct syslog_header *out)
{
    struct slice word = slice_skip(s, *i);
    if (!out->hostname.n || !word.n || word.n > TAG_MAX || !ascii_is_alnum(word.p[0]) ||
        is_body_start(word))
        return;
    for (size_t k = 0; k < word.n; k++) {
        char c = word.p[k];
        if (!ascii_is_alnum(c) && c != '-' && c != '.' && c != '/')
            return;
    }
    out->appname = word;
    *i = s.n;
}

/* A byte order mark at i is part of no tag. */
static size_t skip_mark(struct slice s, size_t i)
{
    struct slice mark = SLICE("\xEF\xBB\xBF");
    return slice_starts_with(slice_skip(s, i), mark) ? i + mark.n : i;
}

/* Host, tag and message, from i on. */
static void take_rest(struct slice s, size_t i, bool may_have_host, struct syslog_header *out)
{
    i = skip_mark(s, skip_blanks(s, i));
    if (may_have_host && !is_body_start(slice_skip(s, i)))
        take_host(s, &i, out);
    i = skip_mark(s, i);
    if (!out->appname.n && !take_tag(s, &i, out))
        take_bare_tag(s, &i, out);
    if (!out->appname.n)
        take_lone_tag(s, &i, out);
    out->msg = slice_skip(s, i);
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
    if (take_preamble(in, &i, false, out)) {
        out->is_present = true;
        take_rest(in, i, !out->hostname.n && in.p[i - 1] != ':', out);
        return;
    }
    if (out->pri < 0) {
        out->msg = in;
        return;
    }
    /* No time: a tag at most, or an address before it, or an ASA's name: "fw1 : %ASA-". */
    out->is_present = true;
    struct slice rest = slice_skip(in, i);
    struct slice word = slice_head(rest, slice_find(slice_head(rest, ADDRESS_MAX), ' '));
    struct slice behind = slice_skip(rest, word.n + 1);
    if (slice_starts_with(behind, SLICE(": %")))
        behind = slice_skip(behind, 2);
    bool is_asa = parse_mnemonic_numbered(behind) && is_host(word);
    take_rest(in, i, is_asa || is_address(word), out);
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
