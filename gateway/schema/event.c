/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The record in memory and its tables. The journal's form of it is in event_codec.c. */
#include "gateway/schema/event.h"

const uint8_t gw_field_types[GW_FIELD_END] = {
#define GW_FIELD(number, NAME, text, TYPE) [number] = GW_TYPE_##TYPE,
#include "gateway/schema/fields.def"
#undef GW_FIELD
};

static const char *const field_names[GW_FIELD_END] = {
#define GW_FIELD(number, NAME, text, TYPE) [number] = text,
#include "gateway/schema/fields.def"
#undef GW_FIELD
};

enum kind_word { WORD_SENDER, WORD_GATEWAY, WORD_JUDGEMENT };

struct kind_row {
    const char *name;
    uint16_t class_uid;
    uint8_t activity_id;
    uint8_t word;
};

static const struct kind_row kinds[GW_KIND_END] = {
#define GW_KIND(number, NAME, text, class_uid, activity, FORM, WORD)                               \
    [number] = {text, class_uid, activity, WORD_##WORD},
#include "gateway/schema/kinds.def"
#undef GW_KIND
};

void gw_event_clear(struct gw_event *event)
{
    memset(event, 0, offsetof(struct gw_event, values));
}

int64_t gw_event_int(const struct gw_event *event, enum gw_field field, int64_t fallback)
{
    const struct gw_value *value = gw_event_find(event, field);
    return value && (value->type == GW_TYPE_INT || value->type == GW_TYPE_TIME) ? value->number
                                                                                : fallback;
}

bool gw_event_add_unmapped(struct gw_event *event, struct slice name, struct slice value)
{
    if (event->n_unmapped == GW_EVENT_UNMAPPED_MAX) {
        event->flags |= GW_EVENT_TRUNCATED;
        return false;
    }
    event->unmapped[event->n_unmapped++] = (struct gw_pair){name, value};
    return true;
}

const char *gw_field_name(enum gw_field field)
{
    return (unsigned)field < GW_FIELD_END ? field_names[field] : NULL;
}

enum gw_field gw_field_by_name(struct slice name)
{
    for (int i = 1; i < GW_FIELD_END; i++)
        if (field_names[i] && slice_equal(slice_from(field_names[i]), name))
            return (enum gw_field)i;
    return (enum gw_field)0;
}

const char *gw_kind_name(enum gw_kind kind)
{
    return (unsigned)kind < GW_KIND_END && kinds[kind].name ? kinds[kind].name : "none";
}

int gw_kind_by_name(struct slice name)
{
    for (int i = 0; i < GW_KIND_END; i++)
        if (kinds[i].name && slice_equal(slice_from(kinds[i].name), name))
            return i;
    return -1;
}

int gw_kind_class_uid(enum gw_kind kind)
{
    return (unsigned)kind < GW_KIND_END ? kinds[kind].class_uid : 0;
}

int gw_kind_activity_id(enum gw_kind kind)
{
    return (unsigned)kind < GW_KIND_END ? kinds[kind].activity_id : 0;
}

bool gw_kind_is_own(enum gw_kind kind)
{
    return (unsigned)kind < GW_KIND_END && kinds[kind].word != WORD_SENDER;
}

bool gw_kind_is_judgement(enum gw_kind kind)
{
    return (unsigned)kind < GW_KIND_END && kinds[kind].word == WORD_JUDGEMENT;
}

static const char *const format_names[GW_FORMAT_END] = {
    "none", "cef", "leef", "tmef", "tmcm", "kv", "csv", "json", "text", "varbinds",
};

const char *gw_format_name(enum gw_format format)
{
    return (unsigned)format < GW_FORMAT_END ? format_names[format] : "none";
}

int gw_format_by_name(struct slice name)
{
    for (int i = 0; i < GW_FORMAT_END; i++)
        if (slice_equal(slice_from(format_names[i]), name))
            return i;
    return -1;
}

const char *gw_severity_name(enum gw_severity severity)
{
    static const char *const names[] = {"Unknown", "Informational", "Low",  "Medium",
                                        "High",    "Critical",      "Fatal"};
    return (unsigned)severity < sizeof names / sizeof *names ? names[severity] : "Unknown";
}

int gw_severity_by_name(struct slice name)
{
    for (int i = 0; i <= GW_SEVERITY_FATAL; i++)
        if (slice_equal_nocase(name, slice_from(gw_severity_name((enum gw_severity)i))))
            return i;
    return -1;
}

enum gw_severity gw_severity_from_syslog(int severity)
{
    static const uint8_t map[] = {
        GW_SEVERITY_FATAL,         /* emergency */
        GW_SEVERITY_CRITICAL,      /* alert */
        GW_SEVERITY_CRITICAL,      /* critical */
        GW_SEVERITY_HIGH,          /* error */
        GW_SEVERITY_MEDIUM,        /* warning */
        GW_SEVERITY_LOW,           /* notice */
        GW_SEVERITY_INFORMATIONAL, /* informational */
        GW_SEVERITY_INFORMATIONAL, /* debug */
    };
    return severity >= 0 && severity <= 7 ? (enum gw_severity)map[severity] : GW_SEVERITY_UNKNOWN;
}
