/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The header of a syslog message: PRI, then RFC 5424 when VERSION and a time follow, else BSD
 * syslog. The lenient reader never refuses; strict mode adds the verdict of the standards.
 * Source: RFC 5424 section 6, RFC 3164 section 4.
 */
#include "parsers/syslog.h"

#include "parsers/rfc3164.h"
#include "parsers/rfc5424.h"
#include "parsers/timestamp.h"

/* What the transport or a C string left at the end. */
static struct slice without_end(struct slice in)
{
    while (in.n && (in.p[in.n - 1] == '\n' || in.p[in.n - 1] == '\r' || in.p[in.n - 1] == '\0'))
        in.n--;
    return in;
}

static struct slice without_mark(struct slice in)
{
    return slice_starts_with(in, SLICE("\xEF\xBB\xBF")) ? slice_skip(in, 3) : in;
}

/* A byte order mark, blanks and line ends before a PRI are the transport's too. */
static struct slice without_start(struct slice in)
{
    struct slice text = without_mark(in);
    while (text.n && (text.p[0] == ' ' || text.p[0] == '\n' || text.p[0] == '\r'))
        text = slice_skip(text, 1);
    bool is_pri = text.n > 2 && text.p[0] == '<' && text.p[1] >= '0' && text.p[1] <= '9';
    return is_pri ? text : in;
}

/* "1 2026-11-24T...": RFC 5424 of a file that leaves out the PRI. */
static bool is_5424_without_pri(struct slice s)
{
    struct parsed_time time;
    if (s.n < 22 || s.p[0] != '1' || s.p[1] != ' ' || s.p[6] != '-')
        return false;
    struct slice behind = slice_skip(s, 2);
    return parse_timestamp_rfc5424(slice_head(behind, slice_find(behind, ' ')), &time);
}

/* "<d>" to "<ddd>": the bytes read and *pri, -1 when above 191. 0 bytes: no PRI. */
static size_t take_pri(struct slice in, int *pri)
{
    size_t i = 1;
    int value = 0;
    *pri = -1;
    if (in.n < 3 || in.p[0] != '<')
        return 0;
    while (i < in.n && i < 4 && in.p[i] >= '0' && in.p[i] <= '9')
        value = value * 10 + (in.p[i++] - '0');
    if (i == 1 || i >= in.n || in.p[i] != '>')
        return 0;
    if (value <= 191)
        *pri = value;
    return i + 1;
}

/* "<999999>", "<00000...": meant as PRI, and none. It stays in the message. */
static bool is_broken_pri(struct slice in)
{
    return in.n > 4 && in.p[0] == '<' && in.p[1] >= '0' && in.p[1] <= '9' && in.p[2] >= '0' &&
           in.p[2] <= '9' && in.p[3] >= '0' && in.p[3] <= '9' && in.p[4] >= '0' && in.p[4] <= '9';
}

static const char *strict_error(struct slice in, size_t *error_at)
{
    size_t at_5424, at_3164;
    const char *why_5424 = parse_rfc5424_check(in, &at_5424);
    if (!why_5424)
        return NULL;
    const char *why_3164 = parse_rfc3164_check(in, &at_3164);
    if (!why_3164)
        return NULL;
    /* The one that came further knows better what the sender meant. */
    *error_at = at_3164 > at_5424 ? at_3164 : at_5424;
    return at_3164 > at_5424 ? why_3164 : why_5424;
}

enum parse_status parse_syslog(struct slice in, const struct parse_options *options,
                               struct arena *arena, struct fields *out)
{
    struct syslog_header *header = &out->syslog;
    (void)arena;
    fields_clear(out);
    struct slice text = without_end(in);
    if (text.n && text.p[0] != '<')
        text = without_start(text);
    size_t pri_n = take_pri(text, &header->pri);
    struct slice rest = without_mark(slice_skip(text, pri_n));
    if ((pri_n && header->pri < 0) || is_broken_pri(text)) {
        out->error = "PRI is not a number from 0 to 191";
        out->error_at = 1;
    }
    header->is_present = pri_n > 0;
    struct slice version = rest;
    while (pri_n && version.n && version.p[0] == ' ') /* "<134> 1 2026-..." */
        version = slice_skip(version, 1);
    bool is_5424 = (pri_n || is_5424_without_pri(rest)) && parse_rfc5424(version, header);
    header->is_present = header->is_present || is_5424;
    if (!is_5424) {
        /* Meraki and others put a VERSION before a header of the old kind. */
        struct slice behind = rest;
        if (pri_n && rest.n > 2 && rest.p[0] == '1' && rest.p[1] == ' ')
            behind = slice_skip(rest, 2);
        parse_rfc3164(behind, header);
        if (behind.p != rest.p && !header->timestamp.n) {
            int pri = header->pri;
            *header = (struct syslog_header){.pri = pri, .is_present = true};
            parse_rfc3164(rest, header);
        }
        header->is_present = header->is_present || pri_n > 0;
    }
    header->msg =
        without_mark(header->msg); /* RFC 5424 section 6.4: it says what charset follows */
    if (parse_options_strict(options)) {
        const char *why = strict_error(in, &out->error_at);
        out->error = why;
    }
    return out->error ? PARSE_MALFORMED : PARSE_OK;
}
