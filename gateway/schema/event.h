/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SCHEMA_EVENT_H
#define GATEWAY_SCHEMA_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "gateway/base/transport.h"

/* Fields, kinds: the tables are fields.def and kinds.def. */
enum gw_field {
#define GW_FIELD(number, NAME, text, TYPE) GW_FIELD_##NAME = number,
#include "gateway/schema/fields.def"
#undef GW_FIELD
    GW_FIELD_END = 256 /* every number is below */
};

enum gw_kind {
#define GW_KIND(number, NAME, text, class_uid, activity, FORM, WORD) GW_KIND_##NAME = number,
#include "gateway/schema/kinds.def"
#undef GW_KIND
    GW_KIND_END = 256
};

enum gw_type { GW_TYPE_NONE, GW_TYPE_TEXT, GW_TYPE_INT, GW_TYPE_TIME, GW_TYPE_IP };

/* OCSF severity_id. */
enum gw_severity {
    GW_SEVERITY_UNKNOWN,
    GW_SEVERITY_INFORMATIONAL,
    GW_SEVERITY_LOW,
    GW_SEVERITY_MEDIUM,
    GW_SEVERITY_HIGH,
    GW_SEVERITY_CRITICAL,
    GW_SEVERITY_FATAL
};

/* agent.connection */
enum gw_connection { GW_CONNECTION_OFFLINE, GW_CONNECTION_ONLINE, GW_CONNECTION_ROAMING };
/* component.type */
enum gw_component { GW_COMPONENT_OTHER, GW_COMPONENT_ENGINE, GW_COMPONENT_PATTERN };

/* The wire format of the body; numbers are on disk. */
enum gw_format {
    GW_FORMAT_NONE,
    GW_FORMAT_CEF,
    GW_FORMAT_LEEF,
    GW_FORMAT_TMEF,
    GW_FORMAT_TMCM,
    GW_FORMAT_KV,
    GW_FORMAT_CSV,
    GW_FORMAT_JSON,
    GW_FORMAT_TEXT,
    GW_FORMAT_VARBINDS,
    GW_FORMAT_END
};

enum {
    GW_EVENT_TRUNCATED = 1, /* cut at a bound: message size or record arena */
    GW_EVENT_MALFORMED = 2, /* a parser refused part of it; error says why */
    GW_EVENT_TIME_AHEAD =
        4, /* dated more than 5 minutes ahead of its receipt, here or by a relay; time_ms is that */
    GW_EVENT_NO_TIME = 8,   /* it carried no usable time; time_ms is the receipt, as above */
    GW_EVENT_REPLACED = 16, /* bytes that are no character became U+FFFD */
    GW_EVENT_RESENT = 32,   /* the same bytes came before, and their sender was not told: counted
                               once, by indicators and figures */
    GW_EVENT_BY_AGENT = 64, /* its mapping says agents="yes": found on a computer by its agent */
    GW_EVENT_GUESSED = 128  /* no charset is declared, and the likeliest was taken */
};

/* Of a kpi.changed: its row is gone, and has no state from then on. */
#define GW_REASON_NOT_WATCHED "no longer watched"

/* At most 255 values: gw_event.at holds bytes. */
enum { GW_EVENT_VALUES_MAX = 96, GW_EVENT_UNMAPPED_MAX = 160 };

struct gw_value {
    uint16_t field; /* enum gw_field */
    uint8_t type;   /* enum gw_type */
    union {
        struct slice text; /* TEXT, IP: UTF-8, borrowed from raw, text or the record's arena */
        int64_t number;    /* INT, TIME */
    };
};

/* A parsed field that no mapping placed. */
struct gw_pair {
    struct slice name, value;
};

/**
 * What makes a record a correction (`eogctl renormalize`): newer mappings ran over the raw text of
 * a record of before. It is a record of its own at the journal's end and is whole by itself: raw
 * text, envelope and fields. The highest revision of one `of` is what holds; a record that has none
 * is revision 1 of itself.
 */
struct gw_correction {
    uint64_t of;       /* sequence of the record as first taken; 0: this is no correction */
    uint32_t revision; /* from 2 */
    bool is_for_feed;  /* feeds send it too; else it is for the journal and the store alone */
};

/**
 * One normalized record: what every room after normalize speaks of. Flat and typed; all slices
 * are borrowed from the receive buffer, the record's arena, or (decoded) the journal's memory.
 */
struct gw_event {
    uint64_t sequence;   /* the journal's number; 0 before it has one */
    int64_t time_ms;     /* when it happened, UTC */
    int64_t received_ms; /* when the gateway had it */
    uint16_t kind;       /* enum gw_kind */
    uint8_t severity;    /* enum gw_severity */
    uint8_t flags;       /* GW_EVENT_... */
    uint8_t transport;   /* enum gw_transport */
    uint8_t format;      /* enum gw_format */
    uint16_t n_values, n_unmapped;
    struct slice raw;  /* as received: any bytes */
    struct slice text; /* raw as UTF-8 when a charset was applied; else the same bytes as raw */
    uint32_t full_size_bytes; /* size before truncation; 0: not truncated */
    struct gw_correction correction;
    uint8_t at[GW_FIELD_END]; /* by field: its place in values, from 1; 0: absent. Kept by the
                                 functions below */
    struct gw_value values[GW_EVENT_VALUES_MAX];
    struct gw_pair unmapped[GW_EVENT_UNMAPPED_MAX];
};

/* Empty it; cheap: the arrays are not touched. */
void gw_event_clear(struct gw_event *event);

extern const uint8_t gw_field_types[GW_FIELD_END]; /* enum gw_type */
static inline enum gw_type gw_field_type(enum gw_field field)
{
    return (unsigned)field < GW_FIELD_END ? (enum gw_type)gw_field_types[field] : GW_TYPE_NONE;
}

/* For the two below: the field's value, a new one where it has none; NULL: the table is full. */
static inline struct gw_value *gw_event_slot(struct gw_event *event, enum gw_field field,
                                             enum gw_type type)
{
    size_t at = event->at[field];
    if (at == 0) {
        if (event->n_values == GW_EVENT_VALUES_MAX) {
            event->flags |= GW_EVENT_TRUNCATED;
            return NULL;
        }
        at = ++event->n_values;
        event->at[field] = (uint8_t)at;
    }
    struct gw_value *value = &event->values[at - 1];
    value->field = (uint16_t)field;
    value->type = (uint8_t)type;
    return value;
}

/**
 * Set a field; a second set replaces the first. Text and IP take slices, INT and TIME numbers;
 * an empty text is not stored. False when the table is full or the type does not fit the field.
 */
static inline bool gw_event_set_text(struct gw_event *event, enum gw_field field, struct slice text)
{
    enum gw_type type = gw_field_type(field);
    if (type != GW_TYPE_TEXT && type != GW_TYPE_IP)
        return false;
    if (text.n == 0)
        return true;
    struct gw_value *value = gw_event_slot(event, field, type);
    if (value)
        value->text = text;
    return value != NULL;
}
static inline bool gw_event_set_int(struct gw_event *event, enum gw_field field, int64_t number)
{
    enum gw_type type = gw_field_type(field);
    if (type != GW_TYPE_INT && type != GW_TYPE_TIME)
        return false;
    struct gw_value *value = gw_event_slot(event, field, type);
    if (value)
        value->number = number;
    return value != NULL;
}

/* NULL when absent. */
static inline const struct gw_value *gw_event_find(const struct gw_event *event,
                                                   enum gw_field field)
{
    size_t at = (unsigned)field < GW_FIELD_END ? event->at[field] : 0;
    return at ? &event->values[at - 1] : NULL;
}
static inline bool gw_event_has(const struct gw_event *event, enum gw_field field)
{
    return (unsigned)field < GW_FIELD_END && event->at[field];
}
/* Empty slice when absent. */
static inline struct slice gw_event_text(const struct gw_event *event, enum gw_field field)
{
    const struct gw_value *value = gw_event_find(event, field);
    return value && (value->type == GW_TYPE_TEXT || value->type == GW_TYPE_IP) ? value->text
                                                                               : SLICE_NONE;
}
/* fallback when absent. */
int64_t gw_event_int(const struct gw_event *event, enum gw_field field, int64_t fallback);

/* Keep what no mapping placed; false when full (the event is then marked truncated). */
bool gw_event_add_unmapped(struct gw_event *event, struct slice name, struct slice value);

/**
 * The form in the journal: a version byte, fixed header, raw bytes, text that is not in raw, then
 * fields as offsets, so that a record is little larger than its message. Appends to out.
 */
void gw_event_encode(const struct gw_event *event, struct buf *out);
/**
 * The reverse; slices point into bytes. GW_OK, GW_ERR_DAMAGED, or GW_ERR_VERSION. Fields of a
 * number this version does not know are skipped.
 */
int gw_event_decode(struct slice bytes, struct gw_event *event);
/* The same without what is unmapped, for who has no use for it: n_unmapped is 0. */
int gw_event_decode_mapped(struct slice bytes, struct gw_event *event);

/* The kind of an encoded record without decoding it; -1 when it cannot be read. */
int gw_event_peek_kind(struct slice bytes);
/* Its flags the same way; 0 when it cannot be read. */
unsigned gw_event_peek_flags(struct slice bytes);
/**
 * Whether an encoded record is a correction, without decoding it: for all others that is a look at
 * its first byte. out is filled, or cleared. A correction that cannot be read is none.
 */
bool gw_event_peek_correction(struct slice bytes, struct gw_correction *out);

/* ---- corrections: whoever counts leaves them out, whoever keeps takes the highest revision ----
 */

static inline bool gw_event_is_correction(const struct gw_event *event)
{
    return event->correction.of != 0;
}
static inline bool gw_event_is_for_feed(const struct gw_event *event)
{
    return event->correction.of == 0 || event->correction.is_for_feed;
}
/* The sequence that its uid is made of: that of the record as first taken. */
static inline uint64_t gw_event_origin(const struct gw_event *event)
{
    return event->correction.of ? event->correction.of : event->sequence;
}

/* ---- the tables ---- */

/* NULL for a number that is no field. */
const char *gw_field_name(enum gw_field field);
/* 0 when no field has this name. */
enum gw_field gw_field_by_name(struct slice name);

const char *gw_kind_name(enum gw_kind kind);
/* -1 when no kind has this name. */
int gw_kind_by_name(struct slice name);
int gw_kind_class_uid(enum gw_kind kind);
int gw_kind_activity_id(enum gw_kind kind);
/* The gateway's own word: about itself or, a judgement, about an indicator or an alert. */
bool gw_kind_is_own(enum gw_kind kind);
bool gw_kind_is_judgement(enum gw_kind kind);

const char *gw_format_name(enum gw_format format); /* "cef", ... as `eogctl decode` prints */
/* -1 when unknown. */
int gw_format_by_name(struct slice name);
const char *gw_severity_name(enum gw_severity severity);
/* In any case of letters; -1 when unknown. */
int gw_severity_by_name(struct slice name);
/* syslog severity 0..7 (RFC 5424 table 2) to OCSF. */
enum gw_severity gw_severity_from_syslog(int severity);

#endif
