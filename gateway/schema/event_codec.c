/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The record's form in the journal:
 *
 *   version(1) kind severity flags transport format      1 + varint + 4 x 1 byte
 *   time received full_size                              zigzag, zigzag delta, varint
 *   raw_n raw[raw_n]                                     varint, bytes
 *   extra_n extra[extra_n]                               text that is not part of raw
 *   text: 0 (same as raw) | 1 offset n                   place
 *   n_values { field * 2 + is number, number | place }   place: offset in raw ++ extra, then length
 *   n_unmapped { place, place }
 *
 * That is version 1. A correction is version 2, so that one byte tells it and an older program,
 * which would count it again, refuses it:
 *
 *   version(1) flags(1) revision of, then as version 1 from kind on; flags: 1 for feeds, others 0
 *
 * Offsets are written as the zigzag difference to the end of the place before, since fields come
 * in the order of the message: mostly one byte. Everything is bounds-checked on the way back.
 */
#include "gateway/base/cursor.h"
#include "gateway/base/error.h"
#include "gateway/schema/event.h"

enum { CODEC_VERSION = 1, CODEC_CORRECTION = 2 };
enum { CORRECTION_FOR_FEED = 1 };

static uint64_t zigzag(int64_t v)
{
    return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}

static int64_t unzigzag(uint64_t v)
{
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

/* ---- encode ---- */

/* Where the bytes of a record lie on disk: raw, then extra = the text that differs, then the rest.
 */
struct places {
    struct slice raw;
    struct slice text;    /* empty when it is raw */
    uint64_t next_extra;  /* offset of the next bytes that neither holds */
    uint64_t previous;    /* end of the place before */
    struct slice *extras; /* those bytes */
    size_t n_extras;
};

enum {
    VARINT_MAX = 10,
    HEADER_MAX = 2 + 3 * VARINT_MAX + 4 + 5 * VARINT_MAX,
    PLACE_MAX = 2 * VARINT_MAX,
    VALUE_MAX = VARINT_MAX + PLACE_MAX,
    TABLE_MAX =
        4 * VARINT_MAX + GW_EVENT_VALUES_MAX * VALUE_MAX + GW_EVENT_UNMAPPED_MAX * 2 * PLACE_MAX,
    EXTRAS_MAX = GW_EVENT_VALUES_MAX + 2 * GW_EVENT_UNMAPPED_MAX
};

static inline bool inside(struct slice outer, struct slice s)
{
    return outer.n >= s.n && (uintptr_t)s.p - (uintptr_t)outer.p <= outer.n - s.n;
}

static bool is_number(const struct gw_value *v)
{
    return v->type == GW_TYPE_INT || v->type == GW_TYPE_TIME;
}

static inline char *put_varint(char *to, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *to++ = (char)(value | 0x80);
    *to++ = (char)value;
    return to;
}

static inline char *put_slice(char *to, struct slice s)
{
    if (s.n)
        memcpy(to, s.p, s.n);
    return to + s.n;
}

static inline char *put_place(char *to, struct places *places, struct slice s)
{
    uint64_t offset = places->previous;
    if (s.n && inside(places->raw, s)) {
        offset = (uint64_t)(s.p - places->raw.p);
    } else if (s.n && inside(places->text, s)) {
        offset = places->raw.n + (uint64_t)(s.p - places->text.p);
    } else if (s.n) {
        offset = places->next_extra;
        places->next_extra += s.n;
        places->extras[places->n_extras++] = s;
    }
    to = put_varint(to, zigzag((int64_t)(offset - places->previous)));
    places->previous = offset + s.n;
    return put_varint(to, s.n);
}

static char *put_header(char *to, const struct gw_event *event)
{
    const struct gw_correction *correction = &event->correction;
    *to++ = correction->of ? CODEC_CORRECTION : CODEC_VERSION;
    if (correction->of) {
        *to++ = correction->is_for_feed ? CORRECTION_FOR_FEED : 0;
        to = put_varint(to, correction->revision);
        to = put_varint(to, correction->of);
    }
    to = put_varint(to, event->kind);
    *to++ = (char)event->severity;
    *to++ = (char)event->flags;
    *to++ = (char)event->transport;
    *to++ = (char)event->format;
    to = put_varint(to, zigzag(event->time_ms));
    to = put_varint(to, zigzag((int64_t)((uint64_t)event->received_ms - (uint64_t)event->time_ms)));
    to = put_varint(to, event->full_size_bytes);
    return put_varint(to, event->raw.n);
}

/* Most of what a record costs: on places of its own, in registers. Returns the table's end. */
static char *put_table(char *to, const struct gw_event *event, struct places *out)
{
    struct places places = *out;
    *to++ = places.text.n != 0;
    if (places.text.n)
        to = put_varint(to, places.text.n);
    to = put_varint(to, event->n_values);
    for (size_t i = 0; i < event->n_values; i++) {
        const struct gw_value *v = &event->values[i];
        to = put_varint(to, v->field << 1 | is_number(v));
        to = is_number(v) ? put_varint(to, zigzag(v->number)) : put_place(to, &places, v->text);
    }
    to = put_varint(to, event->n_unmapped);
    for (size_t i = 0; i < 2 * (size_t)event->n_unmapped; i++) {
        const struct gw_pair *pair = &event->unmapped[i / 2];
        to = put_place(to, &places, i % 2 ? pair->value : pair->name);
    }
    *out = places;
    return to;
}

void gw_event_encode(const struct gw_event *event, struct buf *out)
{
    bool same = event->text.p == event->raw.p && event->text.n == event->raw.n;
    char table[TABLE_MAX]; /* it says what is extra, and stands behind it */
    struct slice extras[EXTRAS_MAX];
    struct places places = {.raw = event->raw, .extras = extras};
    if (!same)
        places.text = event->text;
    places.next_extra = places.raw.n + places.text.n;
    size_t table_n = (size_t)(put_table(table, event, &places) - table);
    size_t extra_n = (size_t)places.next_extra - places.raw.n;

    char *to = buf_reserve(out, HEADER_MAX + places.raw.n + extra_n + table_n);
    to = put_slice(put_header(to, event), places.raw);
    to = put_slice(put_varint(to, extra_n), places.text);
    for (size_t i = 0; i < places.n_extras; i++)
        to = put_slice(to, extras[i]);
    to = put_slice(to, slice_of(table, table_n));
    out->n = (size_t)(to - out->p);
}

/* ---- decode ---- */

/* What places are offsets into: raw, then extra. */
struct source {
    const char *p; /* of raw */
    uint64_t raw_n, total;
    uint64_t gap; /* between the two: the length of extra */
    uint64_t previous;
};

enum { IS_NUMBER_TEXT, IS_NUMBER_IP = 0, IS_NUMBER_INT, IS_NUMBER_TIME = 1 };
enum { KEYS = 2 * GW_FIELD_END, WRONG_TYPE = 255 };

static struct source source_of(struct slice raw, struct slice extra)
{
    struct source source = {.p = raw.p, .raw_n = raw.n, .total = raw.n + extra.n};
    if (extra.n)
        source.gap = (uint64_t)(extra.p - (raw.p + raw.n));
    return source;
}

/* The type of a field by the number it is written with; GW_TYPE_NONE: of a newer version. */
static const uint8_t types[KEYS] = {
#define GW_FIELD(number, NAME, text, TYPE)                                                         \
    [2 * number + IS_NUMBER_##TYPE] = GW_TYPE_##TYPE, [2 * number + !IS_NUMBER_##TYPE] = WRONG_TYPE,
#include "gateway/schema/fields.def"
#undef GW_FIELD
};

/* Most numbers of places are of one or two bytes. Returns its end; NULL: it is longer. */
static inline const uint8_t *get_short(const uint8_t *p, uint64_t *value)
{
    uint64_t first = p[0], second = p[1];
    if (first < 0x80) {
        *value = first;
        return p + 1;
    }
    *value = first - 0x80 + (second << 7);
    return second < 0x80 ? p + 2 : NULL;
}

static inline struct slice get_place(struct cursor *c, struct source *source)
{
    uint64_t delta, n;
    const uint8_t *end = cursor_left(c) >= 4 ? get_short(c->p, &delta) : NULL;
    end = end ? get_short(end, &n) : NULL;
    if (end) {
        c->p = end;
    } else {
        delta = cursor_varint(c);
        n = cursor_varint(c);
    }
    /* Unsigned on purpose: what wraps around lies outside of all. */
    uint64_t offset = source->previous + (uint64_t)unzigzag(delta);
    bool is_extra = offset >= source->raw_n;
    uint64_t limit = is_extra ? source->total : source->raw_n; /* none goes across the border */
    if (offset > limit || n > limit - offset) {
        cursor_fail(c);
        return SLICE_NONE;
    }
    source->previous = offset + n;
    return slice_of(source->p + offset + (is_extra ? source->gap : 0), n);
}

/* Most of what a record costs its reader. What is stored after a failure nobody sees: the record is
   cleared then. */
static inline void get_value(struct cursor *c, struct source *source, struct gw_event *event,
                             size_t *n)
{
    uint64_t key = cursor_varint(c), field = key >> 1;
    uint8_t type = key < KEYS ? types[key] : GW_TYPE_NONE;
    bool is_known = type - 1u < WRONG_TYPE - 1u;
    if (!is_known || event->at[field] || *n == GW_EVENT_VALUES_MAX) {
        if (key & 1)
            cursor_varint(c);
        else
            get_place(c, source);
        if (type == WRONG_TYPE && !event->at[field] && *n < GW_EVENT_VALUES_MAX)
            cursor_fail(c);
        return; /* of a newer version, or one too many: passed over */
    }
    struct gw_value *value = &event->values[*n];
    *n += 1;
    event->at[field] = (uint8_t)*n;
    value->field = (uint16_t)field;
    value->type = type;
    if (key & 1)
        value->number = unzigzag(cursor_varint(c));
    else
        value->text = get_place(c, source);
}

/* On a cursor and a source of its own, in registers. */
static void get_values(struct cursor *in, struct source *from, struct gw_event *event)
{
    struct cursor c = {in->p, in->end, in->failed};
    struct source source = *from;
    size_t n = 0;
    for (uint64_t left = cursor_varint(&c); left && !c.failed; left--)
        get_value(&c, &source, event, &n);
    event->n_values = (uint16_t)n;
    *in = c;
    *from = source;
}

/* Up to the kind: GW_OK, GW_ERR_DAMAGED, GW_ERR_VERSION. */
static int get_version(struct cursor *c, struct gw_correction *out)
{
    uint8_t version = cursor_u8(c);
    *out = (struct gw_correction){0};
    if (version == CODEC_VERSION)
        return GW_OK;
    if (version != CODEC_CORRECTION)
        return version > CODEC_CORRECTION ? GW_ERR_VERSION : GW_ERR_DAMAGED;
    uint8_t flags = cursor_u8(c);
    uint64_t revision = cursor_varint(c), of = cursor_varint(c);
    if (c->failed || flags > CORRECTION_FOR_FEED || revision < 2 || revision > UINT32_MAX || !of)
        return GW_ERR_DAMAGED;
    *out = (struct gw_correction){of, (uint32_t)revision, flags & CORRECTION_FOR_FEED};
    return GW_OK;
}

static void get_unmapped(struct cursor *in, struct source *source, struct gw_event *event)
{
    struct cursor c = {in->p, in->end, in->failed};
    size_t n = 0;
    for (uint64_t left = cursor_varint(&c); left && !c.failed; left--) {
        struct slice name = get_place(&c, source);
        struct slice value = get_place(&c, source);
        if (n < GW_EVENT_UNMAPPED_MAX)
            event->unmapped[n++] = (struct gw_pair){name, value};
    }
    event->n_unmapped = (uint16_t)n;
    *in = c;
}

static int decode(struct slice bytes, bool has_unmapped, struct gw_event *event)
{
    struct cursor c = cursor_of(bytes);
    gw_event_clear(event);
    int error = get_version(&c, &event->correction);
    if (error != GW_OK)
        return error;
    uint64_t kind = cursor_varint(&c);
    event->severity = cursor_u8(&c);
    event->flags = cursor_u8(&c);
    event->transport = cursor_u8(&c);
    event->format = cursor_u8(&c);
    event->time_ms = unzigzag(cursor_varint(&c));
    event->received_ms =
        (int64_t)((uint64_t)event->time_ms + (uint64_t)unzigzag(cursor_varint(&c)));
    uint64_t full_size = cursor_varint(&c);
    if (kind > UINT16_MAX || full_size > UINT32_MAX)
        cursor_fail(&c);
    event->kind = (uint16_t)kind;
    event->full_size_bytes = (uint32_t)full_size;
    event->raw = cursor_text(&c);
    struct slice extra = cursor_text(&c);
    event->text = event->raw;
    uint8_t has_text = cursor_u8(&c);
    uint64_t text_n = has_text ? cursor_varint(&c) : 0;
    if (has_text > 1 || text_n > extra.n)
        cursor_fail(&c);
    if (has_text)
        event->text = slice_head(extra, (size_t)text_n);
    struct source source = source_of(event->raw, extra);
    get_values(&c, &source, event);
    if (has_unmapped)
        get_unmapped(&c, &source, event);
    if (!c.failed)
        return GW_OK;
    gw_event_clear(event); /* nobody reads half a record by mistake */
    return GW_ERR_DAMAGED;
}

int gw_event_decode(struct slice bytes, struct gw_event *event)
{
    return decode(bytes, true, event);
}

int gw_event_decode_mapped(struct slice bytes, struct gw_event *event)
{
    return decode(bytes, false, event);
}

int gw_event_peek_kind(struct slice bytes)
{
    struct cursor c = cursor_of(bytes);
    struct gw_correction correction;
    if (get_version(&c, &correction) != GW_OK)
        return -1;
    uint64_t kind = cursor_varint(&c);
    return c.failed || kind >= GW_KIND_END ? -1 : (int)kind;
}

unsigned gw_event_peek_flags(struct slice bytes)
{
    struct cursor c = cursor_of(bytes);
    struct gw_correction correction;
    if (get_version(&c, &correction) != GW_OK)
        return 0;
    cursor_varint(&c);
    cursor_u8(&c); /* severity */
    return cursor_u8(&c);
}

bool gw_event_peek_correction(struct slice bytes, struct gw_correction *out)
{
    struct cursor c = cursor_of(bytes);
    return get_version(&c, out) == GW_OK && out->of;
}
