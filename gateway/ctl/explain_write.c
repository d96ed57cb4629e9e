/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message explained, as JSON. */
#include "gateway/ctl/explain_write.h"

#include <string.h>

#include "gateway/base/civil.h"
#include "gateway/base/json.h"

const struct normalize_step *explain_step(const struct normalize_trace *trace, unsigned field,
                                          const char *what)
{
    const struct normalize_step *found = NULL;
    for (size_t i = 0; i < trace->n_steps; i++) {
        const struct normalize_step *step = &trace->steps[i];
        bool same_what = what ? step->what && strcmp(step->what, what) == 0 : step->what == NULL;
        if (step->field == field && same_what)
            found = step;
    }
    return found;
}

static void put_time(struct json *json, int64_t ms)
{
    char time[CIVIL_RFC3339_MAX];
    json_member_string(json, JSON_KEY("value"), slice_of(time, civil_format(ms, time)));
}

static void put_origin(struct json *json, const struct normalize_step *step)
{
    if (step && step->source.n)
        json_member_string(json, JSON_KEY("source"), step->source);
    else
        json_nil(json, SLICE("source"));
    if (step && step->line > 0)
        json_member_int(json, JSON_KEY("line"), step->line);
    else
        json_nil(json, SLICE("line"));
}

static void put_parsed(struct json *json, const struct fields *fields)
{
    json_member_string(json, JSON_KEY("format"), slice_from(gw_format_name(fields->format)));
    if (fields->syslog.is_present)
        json_member_string(json, JSON_KEY("header"),
                           fields->syslog.version ? SLICE("RFC 5424") : SLICE("RFC 3164"));
    else
        json_nil(json, SLICE("header"));
    if (!fields->error) {
        json_nil(json, SLICE("error"));
        return;
    }
    json_member_object(json, JSON_KEY("error"));
    json_member_int(json, JSON_KEY("at"), (int64_t)fields->error_at);
    json_member_string(json, JSON_KEY("text"), slice_from(fields->error));
    json_end_object(json);
}

static void put_match(struct json *json, const struct normalize_trace *trace)
{
    if (trace->mapping) {
        json_member_object(json, JSON_KEY("mapping"));
        json_member_string(json, JSON_KEY("product"), slice_from(mapping_id(trace->mapping)));
        json_member_string(json, JSON_KEY("by"), slice_from(trace->how));
        json_member_string(json, JSON_KEY("file"), slice_from(mapping_file(trace->mapping)));
        json_end_object(json);
    } else {
        json_nil(json, SLICE("mapping"));
    }
    json_member_string(json, JSON_KEY("code"), trace->code);
    if (trace->notification.n)
        json_member_string(json, JSON_KEY("notification"), trace->notification);
    else
        json_nil(json, SLICE("notification"));
    if (trace->mapping && trace->template >= 0)
        json_member_int(json, JSON_KEY("template"), trace->template + 1);
    else
        json_nil(json, SLICE("template"));
    if (trace->mapping && trace->rule >= 0) {
        size_t rule = (size_t)trace->rule;
        json_member_object(json, JSON_KEY("rule"));
        json_member_string(json, JSON_KEY("name"),
                           slice_from(mapping_rule_name(trace->mapping, rule)));
        json_member_string(json, JSON_KEY("file"),
                           slice_from(mapping_rule_file(trace->mapping, rule)));
        json_member_int(json, JSON_KEY("line"), mapping_rule_line(trace->mapping, rule));
        json_end_object(json);
    } else {
        json_nil(json, SLICE("rule"));
    }
}

static void put_flags(struct json *json, unsigned flags)
{
    static const struct {
        unsigned bit;
        const char *name; /* as samples have them */
    } rows[] = {{GW_EVENT_TIME_AHEAD, "ahead"},    {GW_EVENT_NO_TIME, "no-time"},
                {GW_EVENT_MALFORMED, "malformed"}, {GW_EVENT_REPLACED, "replaced"},
                {GW_EVENT_RESENT, "resent"},       {GW_EVENT_TRUNCATED, "truncated"},
                {GW_EVENT_BY_AGENT, "by-agent"},   {GW_EVENT_GUESSED, "guessed"}};
    json_member_array(json, JSON_KEY("flags"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (flags & rows[i].bit)
            json_text(json, SLICE_NONE, slice_from(rows[i].name));
    json_end_array(json);
}

static void put_head(struct json *json, const struct gw_event *event,
                     const struct normalize_trace *trace)
{
    put_flags(json, event->flags);
    json_member_object(json, JSON_KEY("kind"));
    json_member_string(json, JSON_KEY("value"),
                       slice_from(gw_kind_name((enum gw_kind)event->kind)));
    put_origin(json, explain_step(trace, 0, "kind"));
    json_end_object(json);
    json_member_object(json, JSON_KEY("severity"));
    json_member_string(json, JSON_KEY("value"),
                       slice_from(gw_severity_name((enum gw_severity)event->severity)));
    put_origin(json, explain_step(trace, 0, "severity"));
    json_end_object(json);
    json_member_object(json, JSON_KEY("time"));
    put_time(json, event->time_ms);
    put_origin(json, explain_step(trace, 0, "time"));
    json_end_object(json);
}

static void put_field(struct json *json, const struct gw_value *value,
                      const struct normalize_step *step)
{
    json_begin_object(json, SLICE_NONE);
    json_member_string(json, JSON_KEY("name"),
                       slice_from(gw_field_name((enum gw_field)value->field)));
    if (value->type == GW_TYPE_TEXT || value->type == GW_TYPE_IP)
        json_member_string(json, JSON_KEY("value"), value->text);
    else if (value->type == GW_TYPE_TIME)
        put_time(json, value->number);
    else
        json_member_int(json, JSON_KEY("value"), value->number);
    put_origin(json, step);
    json_end_object(json);
}

void explain_write(const struct offline *offline, struct buf *out)
{
    const struct gw_event *event = &offline->event;
    const struct normalize_trace *trace = &offline->trace;
    struct json json;
    json_begin(&json, out);
    json_put_object(&json);
    put_parsed(&json, &offline->fields);
    put_match(&json, trace);
    put_head(&json, event, trace);
    json_member_array(&json, JSON_KEY("fields"));
    for (size_t i = 0; i < event->n_values; i++)
        put_field(&json, &event->values[i], explain_step(trace, event->values[i].field, NULL));
    json_end_array(&json);
    json_member_array(&json, JSON_KEY("unmapped"));
    for (size_t i = 0; i < event->n_unmapped; i++) {
        json_begin_object(&json, SLICE_NONE);
        json_member_string(&json, JSON_KEY("name"), event->unmapped[i].name);
        json_member_string(&json, JSON_KEY("value"), event->unmapped[i].value);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
}
