/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parsed fields as JSON, for `eogctl decode --format fields`. */
#include "gateway/ctl/fields_write.h"

#include "gateway/base/json.h"
#include "parsers/instant.h"
#include "parsers/mnemonic.h"
#include "parsers/rfc5424.h"

enum { SD_MAX = 512 };

static void put_text(struct json *json, struct json_key key, struct slice text)
{
    if (text.n)
        json_member_string(json, key, text);
    else
        json_member_raw(json, key, SLICE("null"));
}

static void put_number(struct json *json, struct json_key key, bool is_there, int value)
{
    if (is_there)
        json_member_int(json, key, value);
    else
        json_member_raw(json, key, SLICE("null"));
}

/* The time as it was understood, without what the message does not say. */
static void put_time(struct json *json, const struct syslog_header *header, struct arena *arena)
{
    bool is_as_sent = header->version || !header->time.is_set;
    put_text(json, JSON_KEY("timestamp"),
             is_as_sent ? header->timestamp
                        : parsed_time_text(&header->time, header->timestamp, arena));
}

/* ---- structured data ---- */

static bool is_same(const struct sd_param *a, const struct sd_param *b)
{
    return slice_equal(a->id, b->id) && slice_equal(a->name, b->name);
}

static bool is_first(const struct sd_param *list, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (is_same(&list[k], &list[i]))
            return false;
    return true;
}

/* A name is never without p, which would make it an item. */
static struct slice key_of(struct slice name)
{
    return name.p ? name : SLICE("");
}

static void put_param(struct json *json, const struct sd_param *list, size_t n, size_t i)
{
    size_t count = 0;
    for (size_t k = i; k < n; k++)
        count += is_same(&list[k], &list[i]);
    if (count == 1) {
        json_text(json, key_of(list[i].name), list[i].value);
        return;
    }
    json_begin_array(json, key_of(list[i].name));
    for (size_t k = i; k < n; k++)
        if (is_same(&list[k], &list[i]))
            json_text(json, SLICE_NONE, list[k].value);
    json_end_array(json);
}

static void put_structured_data(struct json *json, struct slice text, struct arena *arena)
{
    struct sd_param list[SD_MAX];
    bool is_truncated = false; /* what keeps its escapes is shown so */
    size_t n = text.n ? parse_structured_data(text, arena, list, SD_MAX, &is_truncated) : 0;
    if (n == 0) {
        json_member_raw(json, JSON_KEY("structured_data"), SLICE("null"));
        return;
    }
    json_member_object(json, JSON_KEY("structured_data"));
    for (size_t i = 0; i < n; i++) {
        if (list[i].name.n || !is_first(list, i))
            continue; /* an element comes with an empty name first */
        json_begin_object(json, key_of(list[i].id));
        for (size_t k = i; k < n; k++)
            if (list[k].name.n && slice_equal(list[k].id, list[i].id) && is_first(list, k))
                put_param(json, list, n, k);
        json_end_object(json);
    }
    json_end_object(json);
}

/*
 * "%ASA-6-302014: text" as other receivers see it: what ends in ':' is the tag. Mappings read it as
 * the head of the body, which is why the parsers leave it there.
 */
static void cut_number(struct slice *appname, struct slice *msg)
{
    size_t n = appname->n ? 0 : parse_mnemonic_numbered(*msg);
    if (!n || n >= msg->n || msg->p[n] != ':')
        return;
    *appname = slice_head(*msg, n);
    *msg = slice_skip(*msg, n + 1);
    if (msg->n && msg->p[0] == ' ')
        *msg = slice_skip(*msg, 1);
}

static void put_syslog(struct json *json, const struct syslog_header *header, struct arena *arena)
{
    bool has_pri = header->pri >= 0;
    struct slice appname = header->appname, msg = header->msg;
    cut_number(&appname, &msg);
    json_member_object(json, JSON_KEY("syslog"));
    put_number(json, JSON_KEY("pri"), has_pri, header->pri);
    put_number(json, JSON_KEY("facility"), has_pri, header->pri >> 3);
    put_number(json, JSON_KEY("severity"), has_pri, header->pri & 7);
    put_number(json, JSON_KEY("version"), header->version != 0, header->version);
    put_time(json, header, arena);
    put_text(json, JSON_KEY("hostname"), header->hostname);
    put_text(json, JSON_KEY("appname"), appname);
    put_text(json, JSON_KEY("procid"), header->procid);
    put_text(json, JSON_KEY("msgid"), header->msgid);
    put_structured_data(json, header->structured_data, arena);
    put_text(json, JSON_KEY("msg"), msg);
    json_end_object(json);
}

/* ---- the body ---- */

static void put_fields(struct json *json, struct json_key key, const struct field *v, size_t n)
{
    json_member_object(json, key);
    for (size_t i = 0; i < n; i++) {
        bool is_repeat = false;
        for (size_t k = 0; k < i && !is_repeat; k++)
            is_repeat = slice_equal(v[k].name, v[i].name);
        if (!is_repeat)
            json_text(json, key_of(v[i].name), v[i].value);
    }
    json_end_object(json);
}

void fields_write(const struct fields *fields, const struct gw_event *event, struct arena *arena,
                  struct buf *out)
{
    struct json json;
    json_begin(&json, out);
    json_put_object(&json);
    json_member_string(&json, JSON_KEY("format"), slice_from(gw_format_name(fields->format)));
    put_text(&json, JSON_KEY("product"), gw_event_text(event, GW_FIELD_MAPPING));
    json_member_string(&json, JSON_KEY("kind"),
                       slice_from(gw_kind_name((enum gw_kind)event->kind)));
    put_syslog(&json, &fields->syslog, arena);
    put_fields(&json, JSON_KEY("header"), fields->v, fields->n_header);
    put_fields(&json, JSON_KEY("extensions"), fields->v + fields->n_header,
               fields->n - fields->n_header);
    put_text(&json, JSON_KEY("error"), slice_from(fields->error));
    json_end_object(&json);
}
