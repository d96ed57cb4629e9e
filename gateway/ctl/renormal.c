/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the record does not keep is made good or refused: of an SNMPv3 notification raw holds the
 * decrypted message as version 2c, and user and engine are fields; of a file or socket of this
 * machine the name is gone (sources.h).
 */
#include "gateway/ctl/renormal.h"

#include "gateway/schema/event_diff.h"
#include "parsers/registry.h"

enum { ARENA_CAP = 1024 * 1024 }; /* as the pipeline's: what was cut there is cut here */

void renormal_init(struct renormal *renormal, const struct mapping_set *set,
                   struct sources *sources)
{
    renormal->set = set;
    renormal->sources = sources;
    renormal->normalizer = normalizer_new();
    arena_init(&renormal->arena, ARENA_CAP);
}

void renormal_fini(struct renormal *renormal)
{
    normalizer_free(renormal->normalizer);
    arena_fini(&renormal->arena);
}

bool renormal_is_message(const struct gw_event *record)
{
    return record->transport != GW_TRANSPORT_NONE && gw_event_has(record, GW_FIELD_PEER);
}

static void begin_event(struct gw_event *event, const struct gw_event *record)
{
    gw_event_clear(event);
    event->raw = event->text = record->raw;
    event->transport = record->transport;
    event->received_ms = record->received_ms;
    if (record->full_size_bytes) {
        event->full_size_bytes = record->full_size_bytes;
        event->flags |= GW_EVENT_TRUNCATED;
    }
    event->flags |= record->flags & GW_EVENT_RESENT;
    gw_event_set_text(event, GW_FIELD_PEER, gw_event_text(record, GW_FIELD_PEER));
    gw_event_set_text(event, GW_FIELD_RELAY, gw_event_text(record, GW_FIELD_RELAY));
    if (gw_event_has(record, GW_FIELD_RELAY_TIME))
        gw_event_set_int(event, GW_FIELD_RELAY_TIME, gw_event_int(record, GW_FIELD_RELAY_TIME, 0));
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "0x80001f88..." as octets; false: it is none. */
static bool read_hex(struct slice text, struct arena *arena, struct slice *out)
{
    if (text.n % 2 || !slice_starts_with(text, SLICE("0x")))
        return false;
    char *octets = arena_bytes(arena, text.n / 2 - 1);
    for (size_t i = 0; octets && i < text.n / 2 - 1; i++) {
        int high = digit_of(text.p[2 + 2 * i]), low = digit_of(text.p[3 + 2 * i]);
        if (high < 0 || low < 0)
            return false;
        octets[i] = (char)(high << 4 | low);
    }
    *out = slice_of(octets, octets ? text.n / 2 - 1 : 0);
    return octets;
}

static bool parse_trap(struct renormal *renormal, const struct gw_event *record,
                       const struct source_profile *profile)
{
    struct notification *notification = &renormal->notification;
    struct slice engine = gw_event_text(record, GW_FIELD_SNMP_ENGINE_ID);
    parse_notification(record->raw, notification);
    if (gw_event_int(record, GW_FIELD_SNMP_VERSION, -1) == SNMP_MESSAGE_V3) {
        notification->version = SNMP_MESSAGE_V3;
        notification->user = gw_event_text(record, GW_FIELD_SNMP_USER);
        if (engine.n && !read_hex(engine, &renormal->arena, &notification->engine))
            return false;
    }
    parse_varbinds(notification, profile->charset, &renormal->arena, &renormal->fields);
    return true;
}

static void parse_text(struct renormal *renormal, const struct source_profile *profile)
{
    struct gw_event *event = &renormal->event;
    normalize_text(profile->charset, &renormal->arena, event);
    parse_message(event->text, NULL, &renormal->arena, &renormal->fields);
}

static enum renormal_result refuse(struct renormal *renormal, const char *why)
{
    renormal->why = why;
    return RENORMAL_FAILED;
}

enum renormal_result renormal_run(struct renormal *renormal, const struct gw_event *record)
{
    struct gw_event *event = &renormal->event;
    const struct source_profile *profile = sources_find(renormal->sources, record);
    renormal->trace.mapping = NULL;
    if (record->raw.n == 0)
        return refuse(renormal, "no raw text is kept");
    if (!profile)
        return refuse(renormal, "which file or socket of this machine it came by is not kept");
    arena_reset(&renormal->arena);
    begin_event(event, record);
    if (record->transport != GW_TRANSPORT_SNMP)
        parse_text(renormal, profile);
    else if (!parse_trap(renormal, record, profile))
        return refuse(renormal, "its SNMPv3 engine id cannot be read");
    normalize_event_traced(renormal->normalizer, renormal->set, profile, &renormal->fields,
                           &renormal->arena, event, &renormal->trace);
    if (gw_event_is_same(record, event))
        return RENORMAL_SAME;
    bool was_known = record->kind != GW_KIND_GATEWAY_UNTRANSLATABLE,
         is_known = event->kind != GW_KIND_GATEWAY_UNTRANSLATABLE;
    return was_known == is_known ? RENORMAL_CHANGED
           : is_known            ? RENORMAL_UNDERSTOOD
                                 : RENORMAL_LOST;
}
