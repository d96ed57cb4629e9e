/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The body formats, in the order they are asked. A new format is a row: whether it stands in a
 * message, and its reader.
 */
#include "parsers/registry.h"

#include "parsers/cef.h"
#include "parsers/colon_list.h"
#include "parsers/json.h"
#include "parsers/kv.h"
#include "parsers/leef.h"
#include "parsers/mnemonic.h"
#include "parsers/relayed.h"
#include "parsers/syslog.h"
#include "parsers/tmcm.h"

struct body_format {
    /* Whether the format stands in msg, and where. */
    bool (*find)(struct slice msg, size_t *at);
    /* Fills format and fields; error_at counts from in.p. */
    enum parse_status (*parse)(struct slice in, const struct parse_options *options,
                               struct arena *arena, struct fields *out);
};

static const struct body_format body_formats[] = {
    {parse_cef_find, parse_cef},   {parse_leef_find, parse_leef},
    {parse_tmcm_find, parse_tmcm}, {parse_mnemonic_find, parse_mnemonic},
    {parse_json_find, parse_json}, {parse_colon_list_find, parse_colon_list},
    {parse_kv_find, parse_kv},
};

/* Where a text begins: behind blanks, of which relays leave one behind a tag, a byte order mark,
 * and what is left of RFC 5424's NILVALUEs where a host name with blanks moved them on. */
static size_t text_start(const struct syslog_header *header)
{
    struct slice msg = header->msg;
    size_t i = 0;
    while (i < msg.n && (msg.p[i] == ' ' || msg.p[i] == '\t'))
        i++;
    if (slice_starts_with(slice_skip(msg, i), SLICE("\xEF\xBB\xBF")))
        i += 3;
    while (i < msg.n && (msg.p[i] == ' ' || msg.p[i] == '\t' ||
                         (header->version && slice_starts_with(slice_skip(msg, i), SLICE("- ")))))
        i++;
    return i;
}

/* "LEEF - - - 2.0|V|P|": relays that write RFC 5424 take the format's name for a program's. Of CEF
 * its reader knows. */
static bool is_leef_by_name(const struct syslog_header *header, struct slice text)
{
    return header->version && slice_equal(header->appname, SLICE("LEEF")) && text.n > 4 &&
           (text.p[0] == '1' || text.p[0] == '2') && text.p[1] == '.' && text.p[2] == '0' &&
           text.p[3] == '|';
}

/* The body that begins first: another may stand in one of its values. */
static const struct body_format *find_body(const struct syslog_header *header, size_t *at)
{
    static const struct body_format leef = {parse_leef_find, parse_leef};
    const struct body_format *found = NULL;
    struct slice msg = header->msg;
    size_t start = text_start(header), where;
    struct slice text = slice_skip(msg, start);
    if (is_leef_by_name(header, text)) {
        *at = start;
        return &leef;
    }
    for (size_t i = 0; i < sizeof body_formats / sizeof *body_formats; i++) {
        if (!body_formats[i].find(text, &where) || (found && start + where >= *at))
            continue;
        found = &body_formats[i];
        *at = start + where;
        if (where == 0)
            break;
    }
    return found;
}

/*
 * A program's text may quote anybody, a login name that looks like a body: behind a tag a body
 * begins the text. Between them may stand another whole header, as a relay leaves behind. Where no
 * tag was taken, a few words may: the rest of a host name with blanks.
 */
static bool is_quoted(const struct syslog_header *header, size_t at)
{
    struct slice msg = header->msg;
    struct fields inner;
    size_t start = text_start(header);
    if (at <= start)
        return false;
    parse_syslog(slice_skip(msg, start), NULL, NULL, &inner);
    return (header->appname.n || inner.syslog.appname.n) &&
           msg.p + at > inner.syslog.msg.p + text_start(&inner.syslog);
}

enum parse_status parse_message(struct slice in, const struct parse_options *options,
                                struct arena *arena, struct fields *out)
{
    enum parse_status status = parse_syslog(in, options, arena, out);
    parse_relayed_inner(&out->syslog);
    struct slice msg = out->syslog.msg;
    size_t at;
    const struct body_format *format = find_body(&out->syslog, &at);
    if (!format || is_quoted(&out->syslog, at)) {
        out->format = GW_FORMAT_TEXT;
        return status;
    }
    struct slice body = slice_skip(msg, at);
    if (!out->syslog.is_present && at == 0)
        out->error = NULL; /* no header is no fault where the body says what it is */
    const char *header_error = out->error;
    size_t header_error_at = out->error_at;
    out->error = NULL;
    status = format->parse(body, options, arena, out);
    if (status == PARSE_MALFORMED)
        out->error_at += (size_t)(body.p - in.p);
    if (header_error) {
        out->error = header_error;
        out->error_at = header_error_at;
        status = PARSE_MALFORMED;
    }
    return status;
}
