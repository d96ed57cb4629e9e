/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages read offline take the same steps as in the daemon; notifications of samples are encoded
 * first and decoded again, so that a sample proves the whole road.
 */
#include "gateway/ctl/offline.h"

#include <stdlib.h>

#include "gateway/base/charset.h"
#include "gateway/base/zone.h"
#include "gateway/ctl/ber_write.h"
#include "parsers/registry.h"
#include "parsers/varbinds.h"

enum { ARENA_CAP = 4 * 1024 * 1024, DATAGRAM_MAX = 65536 };

void offline_init(struct offline *offline)
{
    offline->normalizer = normalizer_new();
    arena_init(&offline->arena, ARENA_CAP);
}

void offline_fini(struct offline *offline)
{
    normalizer_free(offline->normalizer);
    arena_fini(&offline->arena);
}

const char *offline_mappings(struct arena *arena, const char *data_dir)
{
    const char *dir = data_dir ? data_dir : getenv("EOG_DATA");
    return arena_printf(arena, "%s/mappings", dir && *dir ? dir : EOG_DATA_DIR);
}

static void begin(struct offline *offline, int64_t received_ms)
{
    arena_reset(&offline->arena);
    gw_event_clear(&offline->event);
    fields_clear(&offline->fields);
    offline->event.received_ms = received_ms;
}

static void put_peer(struct offline *offline, struct slice peer)
{
    if (peer.n)
        gw_event_set_text(&offline->event, GW_FIELD_PEER, peer);
}

void offline_message(struct offline *offline, const struct mapping_set *set,
                     const struct source_profile *profile, struct slice peer, struct slice message,
                     int64_t received_ms)
{
    begin(offline, received_ms);
    put_peer(offline, peer);
    offline->event.raw = message;
    normalize_text(profile->charset, &offline->arena, &offline->event);
    parse_message(offline->event.text, NULL, &offline->arena, &offline->fields);
    normalize_event_traced(offline->normalizer, set, profile, &offline->fields, &offline->arena,
                           &offline->event, &offline->trace);
}

/* ---- a sample's notification ---- */

static void put_value(struct ber_writer *w, const struct sample_varbind *varbind)
{
    int64_t number = 0;
    switch (varbind->type) {
    case 'i':
    case 't':
        if (!slice_to_int(varbind->value, &number))
            w->failed = true;
        if (varbind->type == 'i')
            ber_put_int(w, BER_INTEGER, number);
        else
            ber_put_unsigned(w, BER_TIMETICKS, (uint64_t)number);
        break;
    case 'o':
        ber_put_oid(w, varbind->value);
        break;
    default:
        ber_put_octets(w, BER_OCTETS, varbind->value);
        break;
    }
}

static bool address_octets(struct slice text, char *out)
{
    struct slice part, rest = text;
    bool more = true;
    int64_t octet;
    for (int i = 0; i < 4; i++) {
        if (!more)
            return false;
        more = slice_cut(rest, '.', &part, &rest);
        if (!slice_to_int(part, &octet) || octet < 0 || octet > 255)
            return false;
        out[i] = (char)octet;
    }
    return !more;
}

static void put_varbind(struct ber_writer *w, const struct sample_varbind *varbind)
{
    size_t mark = w->at;
    char octets[4];
    if (varbind->type == 'a') {
        if (!address_octets(varbind->value, octets))
            w->failed = true;
        ber_put_octets(w, BER_IPADDRESS, slice_of(octets, 4));
    } else {
        put_value(w, varbind);
    }
    ber_put_oid(w, varbind->oid);
    ber_wrap(w, BER_SEQUENCE, mark);
}

static void put_standard(struct ber_writer *w, const struct sample *sample)
{
    struct sample_varbind trap = {SLICE("1.3.6.1.6.3.1.1.4.1.0"), sample->trap_oid, 'o'};
    struct sample_varbind uptime = {SLICE("1.3.6.1.2.1.1.3.0"), SLICE("1"), 't'};
    put_varbind(w, &trap);
    put_varbind(w, &uptime);
}

/* From the last byte to the first, as ber_write.h wants it. */
static struct slice encode_trap(const struct sample *sample, char *datagram)
{
    struct ber_writer w = ber_writer_of(datagram, DATAGRAM_MAX);
    char octets[4];
    size_t end = w.at;
    for (size_t i = sample->n_varbinds; i-- > 0;)
        put_varbind(&w, &sample->varbinds[i]);
    if (!sample->is_v1)
        put_standard(&w, sample);
    ber_wrap(&w, BER_SEQUENCE, end);
    if (sample->is_v1) {
        if (!address_octets(sample->agent_address, octets))
            w.failed = true;
        ber_put_unsigned(&w, BER_TIMETICKS, 1);
        ber_put_int(&w, BER_INTEGER, sample->specific);
        ber_put_int(&w, BER_INTEGER, sample->generic);
        ber_put_octets(&w, BER_IPADDRESS, slice_of(octets, 4));
        ber_put_oid(&w, sample->trap_oid);
    } else {
        ber_put_int(&w, BER_INTEGER, 0);
        ber_put_int(&w, BER_INTEGER, 0);
        ber_put_int(&w, BER_INTEGER, 1);
    }
    ber_wrap(&w, sample->is_v1 ? BER_PDU_TRAP_V1 : BER_PDU_TRAP_V2, end);
    ber_put_octets(&w, BER_OCTETS, SLICE("public"));
    ber_put_int(&w, BER_INTEGER, sample->is_v1 ? 0 : 1);
    ber_wrap(&w, BER_SEQUENCE, end);
    return ber_encoding(&w);
}

static const char *run_trap(struct offline *offline, const struct mapping_set *set,
                            const struct source_profile *profile, const struct sample *sample)
{
    begin(offline, sample->received_ms);
    put_peer(offline, sample->peer);
    char *room = arena_bytes(&offline->arena, DATAGRAM_MAX);
    struct notification *notification = arena_alloc(&offline->arena, sizeof *notification);
    struct slice datagram = encode_trap(sample, room);
    if (datagram.n == 0)
        return "its notification cannot be encoded: an OID, a number or an address is none";
    parse_notification(datagram, notification);
    offline->event.raw = offline->event.text = datagram;
    offline->event.transport = GW_TRANSPORT_SNMP;
    parse_varbinds(notification, profile->charset, &offline->arena, &offline->fields);
    normalize_event_traced(offline->normalizer, set, profile, &offline->fields, &offline->arena,
                           &offline->event, &offline->trace);
    return NULL;
}

const char *offline_sample(struct offline *offline, const struct mapping_set *set,
                           const struct sample *sample)
{
    const char *wrong = NULL;
    struct charset *charset = charset_open(sample->charset);
    struct zone *zone = sample->zone ? zone_open(sample->zone) : NULL;
    struct source_profile profile = {.charset = charset, .zone = zone};
    if (!charset)
        wrong = "its charset is not known";
    else if (sample->zone && !zone)
        wrong = "its zone is not known";
    else if (sample->is_trap)
        wrong = run_trap(offline, set, &profile, sample);
    else
        offline_message(offline, set, &profile, sample->peer, sample->message, sample->received_ms);
    charset_close(charset);
    zone_free(zone);
    return wrong;
}
