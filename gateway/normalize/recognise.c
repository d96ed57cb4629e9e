/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whose message is this, though others had it first? The mappings are asked for the message as it
 * came, for the line in a collector's wrapper, and for what a relay may have made it of.
 */
#include "gateway/normalize/recognise.h"

#include "parsers/registry.h"
#include "parsers/relayed.h"
#include "parsers/wrapped.h"

/* r->again is what the message says. */
static const struct mapping *find_as(const struct recogniser *r, struct slice message,
                                     bool must_have_time)
{
    if (!message.n)
        return NULL;
    parse_message(message, NULL, r->arena, r->again);
    if (must_have_time && !r->again->syslog.timestamp.n)
        return NULL;
    return mapping_find(r->set, r->again, r->scratch, r->match);
}

/* Of the text alone, which must have a header of its own. */
static const struct mapping *find_alone(const struct recogniser *r,
                                        const struct syslog_header *header)
{
    return find_as(r, parse_relayed_alone(header, r->arena), true);
}

/* Most programs' names are just that. */
static bool may_begin(const struct mapping_set *set, const struct syslog_header *header,
                      unsigned number)
{
    char room[RELAYED_BEGIN];
    struct slice text = parse_relayed_begin(header, number, room);
    return text.n && mapping_may_begin(set, text, header->appname.n);
}

/* Of a message as it was before a relay took it apart or put a header before it. */
static const struct mapping *find_taken_apart(const struct recogniser *r, struct fields *fields)
{
    const struct syslog_header *header = &fields->syslog;
    const struct mapping *mapping = find_alone(r, header);
    bool is_program = parse_relayed_is_program(header);
    for (unsigned i = 0; i < RELAYED_TEXTS && !mapping; i++) {
        if (is_program && !may_begin(r->set, header, i))
            continue;
        struct slice message = parse_relayed_text(header, i, r->arena);
        mapping = find_as(r, message, false);
        if (!mapping && message.n)
            mapping = find_alone(r, &r->again->syslog);
    }
    if (!mapping)
        return NULL;
    if (fields->format == GW_FORMAT_TEXT && !r->again->error) /* of the header, or the frame */
        r->again->error = fields->error;
    *fields = *r->again;
    return mapping;
}

/* A body may be quoted by whoever wrote the line: it counts where it begins the text. */
static bool begins_with_body(const struct fields *fields)
{
    struct slice text = slice_trim(fields->syslog.msg);
    switch (fields->format) {
    case GW_FORMAT_CEF:
    case GW_FORMAT_TMEF:
        return slice_starts_with(text, SLICE("CEF:")) || slice_starts_with(text, SLICE("TMEF:")) ||
               slice_equal(fields->syslog.appname, SLICE("CEF")); /* a relay took it for a tag */
    case GW_FORMAT_LEEF:
        return slice_starts_with(text, SLICE("LEEF:"));
    case GW_FORMAT_JSON:
        return slice_starts_with(text, SLICE("{")) || slice_starts_with(text, SLICE("@cee:"));
    default:
        return true;
    }
}

/* Of the line that a collector wrapped in an object. */
static const struct mapping *find_wrapped(const struct recogniser *r, struct fields *fields)
{
    const struct mapping *mapping = NULL;
    for (unsigned i = 0; i < WRAPPED_LINES && !mapping; i++) {
        struct slice line = parse_wrapped_line(fields, i);
        if (!line.n)
            break;
        parse_message(line, NULL, r->arena, r->again);
        if (!begins_with_body(r->again))
            continue;
        parse_wrapped_header(fields, &r->again->syslog);
        mapping = mapping_find(r->set, r->again, r->scratch, r->match);
    }
    if (!mapping)
        return NULL;
    if (!r->again->error)
        r->again->error = fields->error;
    r->again->is_truncated |= fields->is_truncated;
    *fields = *r->again;
    return mapping;
}

/* No program's name begins with '%', which is the mark of gear. */
const struct mapping *recognise(const struct recogniser *r, struct fields *fields)
{
    const struct mapping *mapping = NULL;
    bool has_mark = slice_starts_with(fields->syslog.appname, SLICE("%"));
    if (has_mark)
        mapping = find_taken_apart(r, fields);
    if (!mapping)
        mapping = mapping_find(r->set, fields, r->scratch, r->match);
    if (!mapping && fields->format == GW_FORMAT_JSON)
        mapping = find_wrapped(r, fields);
    if (!mapping && !has_mark)
        mapping = find_taken_apart(r, fields);
    return mapping;
}
