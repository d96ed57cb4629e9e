/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The record's form in the journal:
 *
 *   version(1) kind severity flags transport format      1 + varint + 4 x 1 byte
 *   time received full_size                              zigzag, zigzag delta, varint
 *   raw_n raw[raw_n]                                     varint, bytes
 *   extra_n extra[extra_n]                               text that is not part of raw
 *   text: 0 (same as raw) | 1 offset n                   place
 *   n_values { field, number | place }                   place: offset in raw ++ extra, then length
 *   n_unmapped { place, place }
 *
 * Offsets are written as the zigzag difference to the end of the place before, since fields come
 * in the order of the message: mostly one byte. Everything is bounds-checked on the way back.
 */
#include "gateway/base/cursor.h"
#include "gateway/base/error.h"
#include "gateway/schema/event.h"

enum { CODEC_VERSION = 1 };

static uint64_t zigzag(int64_t v)
{
    return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}

static int64_t unzigzag(uint64_t v)
{
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

/* ---- encode ---- */

struct places {
    struct slice raw;
    struct slice text; /* lies at text_at in extra, when it differs from raw */
    size_t text_at;
    struct buf *out;   /* where places are written */
    struct buf *extra; /* bytes that raw lacks */
    uint64_t previous; /* end of the place before */
};

static bool inside(struct slice outer, struct slice s)
{
    return outer.n >= s.n && s.p >= outer.p && s.p <= outer.p + (outer.n - s.n);
}

static void put_place(struct places *places, struct slice s)
{
    uint64_t offset;
    if (s.n == 0) {
        offset = places->previous;
    } else if (inside(places->raw, s)) {
        offset = (uint64_t)(s.p - places->raw.p);
    } else if (places->text.n && inside(places->text, s)) {
        offset = places->raw.n + places->text_at + (uint64_t)(s.p - places->text.p);
    } else {
        offset = places->raw.n + places->extra->n;
        buf_slice(places->extra, s);
    }
    buf_varint(places->out, zigzag((int64_t)(offset - places->previous)));
    buf_varint(places->out, s.n);
    places->previous = offset + s.n;
}

void gw_event_encode(const struct gw_event *event, struct buf *out)
{
    /* The field table is built first: only then is extra known. Both are scratch of this thread. */
    static _Thread_local struct buf table, extra;
    buf_clear(&table);
    buf_clear(&extra);
    struct places places = {.raw = event->raw, .out = &table, .extra = &extra};
    bool same = event->text.p == event->raw.p && event->text.n == event->raw.n;

    if (same || event->text.n == 0) {
        buf_byte(&table, 0);
    } else {
        places.text = event->text;
        buf_byte(&table, 1);
        buf_slice(&extra, event->text);
        buf_varint(&table, event->text.n);
    }
    buf_varint(&table, event->n_values);
    for (size_t i = 0; i < event->n_values; i++) {
        const struct gw_value *v = &event->values[i];
        buf_varint(&table, v->field);
        if (v->type == GW_TYPE_INT || v->type == GW_TYPE_TIME) {
            buf_byte(&table, 0);
            buf_varint(&table, zigzag(v->number));
        } else {
            buf_byte(&table, 1);
            put_place(&places, v->text);
        }
    }
    buf_varint(&table, event->n_unmapped);
    for (size_t i = 0; i < event->n_unmapped; i++) {
        put_place(&places, event->unmapped[i].name);
        put_place(&places, event->unmapped[i].value);
    }

    buf_reserve(out, event->raw.n + extra.n + table.n + 64);
    buf_byte(out, CODEC_VERSION);
    buf_varint(out, event->kind);
    buf_byte(out, (char)event->severity);
    buf_byte(out, (char)event->flags);
    buf_byte(out, (char)event->transport);
    buf_byte(out, (char)event->format);
    buf_varint(out, zigzag(event->time_ms));
    buf_varint(out, zigzag((int64_t)((uint64_t)event->received_ms - (uint64_t)event->time_ms)));
    buf_varint(out, event->full_size_bytes);
    buf_varint(out, event->raw.n);
    buf_slice(out, event->raw);
    buf_varint(out, extra.n);
    buf_append(out, extra.p, extra.n);
    buf_append(out, table.p, table.n);
}

/* ---- decode ---- */

struct source {
    struct slice raw, extra;
    uint64_t previous;
};

static struct slice get_place(struct cursor *c, struct source *source)
{
    uint64_t offset = source->previous + (uint64_t)unzigzag(cursor_varint(c));
    uint64_t n = cursor_varint(c);
    uint64_t raw_n = source->raw.n, total = raw_n + source->extra.n;
    if (c->failed || n > total || offset > total - n) {
        cursor_fail(c);
        return SLICE_NONE;
    }
    source->previous = offset + n;
    if (n == 0)
        return SLICE_NONE;
    if (offset + n <= raw_n)
        return slice_of(source->raw.p + offset, n);
    if (offset >= raw_n)
        return slice_of(source->extra.p + (offset - raw_n), n);
    cursor_fail(c); /* a place across the border was never written */
    return SLICE_NONE;
}

static void get_value(struct cursor *c, struct source *source, struct gw_event *event)
{
    uint64_t field = cursor_varint(c);
    uint8_t form = cursor_u8(c);
    int64_t number = form == 0 ? unzigzag(cursor_varint(c)) : 0;
    struct slice text = form == 1 ? get_place(c, source) : SLICE_NONE;
    if (form > 1)
        cursor_fail(c);
    if (c->failed || field >= GW_FIELD_END || !gw_field_name((enum gw_field)field))
        return; /* of a newer version: skipped */
    if (event->n_values == GW_EVENT_VALUES_MAX || event->at[field])
        return;
    enum gw_type type = gw_field_type((enum gw_field)field);
    if ((type == GW_TYPE_INT || type == GW_TYPE_TIME) != (form == 0)) {
        cursor_fail(c);
        return;
    }
    struct gw_value *v = &event->values[event->n_values++];
    event->at[field] = (uint8_t)event->n_values;
    *v = (struct gw_value){.field = (uint16_t)field, .type = (uint8_t)type};
    if (form == 0)
        v->number = number;
    else
        v->text = text;
}

int gw_event_decode(struct slice bytes, struct gw_event *event)
{
    struct cursor c = cursor_of(bytes);
    gw_event_clear(event);
    uint8_t version = cursor_u8(&c);
    if (c.failed)
        return GW_ERR_DAMAGED;
    if (version != CODEC_VERSION)
        return version > CODEC_VERSION ? GW_ERR_VERSION : GW_ERR_DAMAGED;
    event->kind = (uint16_t)cursor_varint(&c);
    event->severity = cursor_u8(&c);
    event->flags = cursor_u8(&c);
    event->transport = cursor_u8(&c);
    event->format = cursor_u8(&c);
    event->time_ms = unzigzag(cursor_varint(&c));
    event->received_ms = (int64_t)((uint64_t)event->time_ms + (uint64_t)unzigzag(cursor_varint(&c)));
    event->full_size_bytes = (uint32_t)cursor_varint(&c);
    event->raw = cursor_text(&c);
    struct source source = {.raw = event->raw, .extra = cursor_text(&c)};
    event->text = event->raw;
    uint8_t has_text = cursor_u8(&c);
    if (has_text == 1)
        event->text = slice_head(source.extra, (size_t)cursor_varint(&c));
    else if (has_text)
        cursor_fail(&c);
    uint64_t n = cursor_varint(&c);
    for (uint64_t i = 0; i < n && !c.failed; i++)
        get_value(&c, &source, event);
    n = cursor_varint(&c);
    for (uint64_t i = 0; i < n && !c.failed; i++) {
        struct slice name = get_place(&c, &source);
        struct slice value = get_place(&c, &source);
        if (!c.failed && event->n_unmapped < GW_EVENT_UNMAPPED_MAX)
            event->unmapped[event->n_unmapped++] = (struct gw_pair){name, value};
    }
    return c.failed ? GW_ERR_DAMAGED : GW_OK;
}
