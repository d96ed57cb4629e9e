/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What relays leave of a message that they send on under a header of their own: rsyslog and
 * syslog-ng as they come, which read RFC 3164 and write RFC 5424, or do not read RFC 5424 at all
 * (syslog-ng's network() takes its VERSION for a tag). Source: what rsyslog 8.2302 and syslog-ng
 * 3.38 sent of messages of all mappings.
 */
#include "parsers/relayed.h"

#include <stdio.h>
#include <string.h>

#include "gateway/base/ascii.h"
#include "parsers/rfc5424.h"
#include "parsers/syslog.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Whether a header may begin a text: "<134>", "1 ", "2026-", or three letters and a day. */
static bool may_begin(struct slice s)
{
    if (s.n < 8)
        return false;
    if (is_digit(s.p[0]))
        return s.p[1] == ' ' || (s.p[0] == '2' && s.p[4] == '-');
    return (s.p[0] == '<' && is_digit(s.p[1])) ||
           (ascii_is_alnum(s.p[0]) && s.p[3] == ' ' && (s.p[4] == ' ' || is_digit(s.p[4])));
}

/* A date may begin any text: it is a header's where a machine's name is behind it, told by a digit
 * or a mark in it, or by the tag that follows. */
static bool is_dated_header(const struct syslog_header *header)
{
    struct slice host = header->hostname;
    bool is_marked = header->appname.n > 0;
    for (size_t i = 0; i < host.n; i++)
        is_marked |= !ascii_is_alnum(host.p[i]) || is_digit(host.p[i]);
    return host.n && is_marked;
}

/* "1 TIME 2026 sw - - %%10...": a relay took the year of Comware, or an address of its own, for the
 * host, and the host for a program. */
static void shift_host(struct syslog_header *header)
{
    struct slice host = header->hostname, text = slice_trim(header->msg);
    bool is_number = host.n >= 4;
    for (size_t i = 0; i < host.n; i++)
        is_number &= is_digit(host.p[i]) || host.p[i] == '.';
    if (!header->appname.n || header->procid.n || !slice_starts_with(text, SLICE("%%")) ||
        !is_number)
        return;
    header->hostname = header->appname;
    header->appname = SLICE_NONE;
}

void parse_relayed_inner(struct syslog_header *header)
{
    /* "LOGSTASH[-]: TIME host <189>...": its output names itself, its codec what its input said. */
    bool is_logstash = header->appname.n && slice_equal(header->appname, SLICE("LOGSTASH"));
    struct slice text = header->msg;
    struct fields inner; /* only its header is touched */
    while (text.n && text.p[0] == ' ')
        text = slice_skip(text, 1);
    if (!header->is_present || (header->appname.n && !is_logstash) || header->msgid.n ||
        header->structured_data.n || !may_begin(text)) {
        if (header->version)
            shift_host(header);
        return;
    }
    parse_syslog(text, NULL, NULL, &inner);
    if (inner.syslog.pri < 0) {
        if (!inner.syslog.timestamp.n || (!inner.syslog.version && !is_dated_header(&inner.syslog)))
            return;
        inner.syslog.pri = header->pri;
    } else {
        if (!inner.syslog.timestamp.n) {
            inner.syslog.timestamp = header->timestamp;
            inner.syslog.time = header->time;
        }
        if (!inner.syslog.hostname.n)
            inner.syslog.hostname = header->hostname;
    }
    *header = inner.syslog;
    if (is_logstash)
        parse_relayed_inner(header);
}

/* What syslog-ng adds of its own is IANA's or its "meta"; a sender's names an enterprise. */
static bool has_senders_data(struct slice structured_data)
{
    struct slice ids[8];
    size_t n = parse_structured_data_ids(structured_data, ids, 8);
    for (size_t i = 0; i < n; i++)
        if (slice_find(ids[i], '@') < ids[i].n)
            return true;
    return false;
}

/* Names of events have '_', keys '=' behind them; names of programs seldom have either. */
static bool is_likely_tag(struct slice word)
{
    return slice_starts_with(word, SLICE("%")) ||
           (slice_find(word, '_') == word.n && slice_find(word, '=') == word.n);
}

/* A mnemonic has '%', '_' or "-5-" in it, a key '=', a column a mark behind it. */
static bool is_program(struct slice word)
{
    bool has_letter = false;
    for (size_t i = 0; i < word.n; i++) {
        char c = word.p[i];
        bool is_digit = c >= '0' && c <= '9';
        if ((!ascii_is_alnum(c) && c != '.' && c != '-') ||
            (is_digit && i > 0 && word.p[i - 1] == '-'))
            return false;
        has_letter |= !is_digit && ascii_is_alnum(c);
    }
    return has_letter && !slice_equal(word, SLICE("CEF")) && !slice_equal(word, SLICE("LEEF")) &&
           !slice_equal(word, SLICE("TMCM"));
}

bool parse_relayed_is_program(const struct syslog_header *header)
{
    struct slice text = slice_trim(header->msg);
    return is_program(header->appname) && text.n && ascii_is_alnum(text.p[0]) &&
           !(text.p[0] >= '0' && text.p[0] <= '9'); /* a month's name would have a day behind it */
}

static struct slice join(const struct slice *pieces, size_t n_pieces, struct arena *arena)
{
    size_t size = 0, n = 0;
    for (size_t i = 0; i < n_pieces; i++)
        size += pieces[i].n;
    char *to = arena_bytes(arena, size);
    for (size_t i = 0; to && i < n_pieces; i++) {
        memcpy(to + n, pieces[i].n ? pieces[i].p : "", pieces[i].n);
        n += pieces[i].n;
    }
    return slice_of(to, n);
}

enum { PRI_ROOM = 16 };

static struct slice pri_of(const struct syslog_header *header, char *to)
{
    return slice_of(to, header->pri < 0 ? 0 : (size_t)sprintf(to, "<%d>", header->pri));
}

/* Whether the header can come from a relay that read the text in the numbered way, and what then
 * stood behind the word. */
static bool may_be_relayed(const struct syslog_header *header, unsigned number,
                           struct slice *behind)
{
    bool is_word = is_likely_tag(header->appname) == (number == 1);
    if (!header->version || !header->timestamp.n || !header->hostname.n || !header->appname.n ||
        header->msgid.n || (is_word && header->procid.n) ||
        has_senders_data(header->structured_data))
        return false;
    bool has_blank = header->msg.n && header->msg.p[0] == ' ';
    *behind = !is_word ? SLICE(":") : has_blank ? SLICE_NONE : SLICE(" ");
    return true;
}

struct slice parse_relayed_begin(const struct syslog_header *header, unsigned number,
                                 char room[RELAYED_BEGIN])
{
    struct slice pid = header->procid, behind;
    size_t n = 0;
    if (!may_be_relayed(header, number, &behind))
        return SLICE_NONE;
    const struct slice pieces[] = {header->appname,
                                   pid.n ? SLICE("[") : SLICE_NONE,
                                   pid,
                                   pid.n ? SLICE("]") : SLICE_NONE,
                                   behind,
                                   header->msg};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct slice piece = slice_head(pieces[i], RELAYED_BEGIN - n);
        memcpy(room + n, piece.n ? piece.p : "", piece.n);
        n += piece.n;
    }
    return slice_of(room, n);
}

struct slice parse_relayed_text(const struct syslog_header *header, unsigned number,
                                struct arena *arena)
{
    char pri[PRI_ROOM];
    struct slice pid = header->procid, behind;
    if (!may_be_relayed(header, number, &behind))
        return SLICE_NONE;
    const struct slice pieces[] = {pri_of(header, pri),
                                   header->timestamp,
                                   SLICE(" "),
                                   header->hostname,
                                   SLICE(" "),
                                   header->appname,
                                   pid.n ? SLICE("[") : SLICE_NONE,
                                   pid,
                                   pid.n ? SLICE("]") : SLICE_NONE,
                                   behind,
                                   header->msg};
    return join(pieces, sizeof pieces / sizeof *pieces, arena);
}

struct slice parse_relayed_alone(const struct syslog_header *header, struct arena *arena)
{
    char pri[PRI_ROOM];
    if (!header->timestamp.n || !header->hostname.n || header->appname.n || header->msgid.n ||
        !header->msg.n || has_senders_data(header->structured_data))
        return SLICE_NONE;
    const struct slice pieces[] = {pri_of(header, pri), header->msg};
    return join(pieces, 2, arena);
}
