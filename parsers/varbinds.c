/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SNMP v1 and v2c notifications, decoded without net-snmp: one packet kills Debian's snmptrapd.
 * Order: parse_notification(), then parse_varbinds() or notification_make_response().
 * Source: RFC 1157 section 4.1.6, RFC 3416 sections 3 and 4.2, RFC 3584 section 3.1.
 */
#include "parsers/varbinds.h"

#include <string.h>

#include "parsers/ber.h"

/* BER contents of the objects that notifications carry about themselves. */
static const char sys_uptime_0[] = "\x2b\x06\x01\x02\x01\x01\x03\x00"; /* 1.3.6.1.2.1.1.3.0 */
static const char trap_oid_0[] =
    "\x2b\x06\x01\x06\x03\x01\x01\x04\x01\x00"; /* 1.3.6.1.6.3.1.1.4.1.0 */
static const char trap_enterprise_0[] = "\x2b\x06\x01\x06\x03\x01\x01\x04\x03\x00"; /* ...4.3.0 */
static const char trap_address_0[] =
    "\x2b\x06\x01\x06\x03\x12\x01\x03\x00"; /* 1.3.6.1.6.3.18.1.3.0 */

static bool is_oid(struct slice oid, const char *contents, size_t size)
{
    return slice_equal(oid, slice_of(contents, size - 1));
}

enum snmp_message_version parse_snmp_version(struct slice datagram)
{
    struct ber outer = ber_of(datagram);
    struct ber message = ber_inside(&outer, ber_take(&outer, BER_SEQUENCE, "no message"));
    int32_t version = ber_int32(&message, "no version");
    if (outer.error || message.error)
        return SNMP_MESSAGE_OTHER;
    return version == 0 || version == 1 || version == 3 ? (enum snmp_message_version)version
                                                        : SNMP_MESSAGE_OTHER;
}

/* ---- decoding ---- */

static void read_varbinds(struct ber *list, struct notification *out)
{
    while (!ber_is_end(list)) {
        if (out->n == VARBINDS_MAX) {
            ber_fail(list, "more varbinds than are taken");
            return;
        }
        struct varbind *v = &out->v[out->n];
        struct slice pair = ber_take(list, BER_SEQUENCE, "varbind is no sequence");
        struct ber b = ber_inside(list, pair);
        v->oid = ber_take(&b, BER_OID, "varbind has no name");
        if (!b.error && ber_oid_arcs(v->oid) == 0)
            ber_fail(&b, "varbind's name is no OID of 2 to 128 arcs");
        v->value = ber_any(&b, &v->type);
        if (!b.error && (!ber_is_value(v->type, v->value) || b.p != b.end))
            ber_fail(&b, "varbind's value does not fit its type");
        if (b.error) {
            list->error = b.error;
            list->error_at = b.error_at;
            return;
        }
        out->n++;
    }
}

static void read_trap_v1(struct ber *b, struct notification *out)
{
    out->enterprise = ber_take(b, BER_OID, "trap has no enterprise");
    unsigned arcs = ber_oid_arcs(out->enterprise);
    if (!b->error && arcs == 0)
        ber_fail(b, "enterprise is no OID of 2 to 128 arcs");
    struct slice address = ber_take(b, BER_IPADDRESS, "trap has no agent address");
    if (!b->error && address.n != 4)
        ber_fail(b, "agent address is not of four bytes");
    if (!b->error)
        memcpy(out->agent_address, address.p, 4);
    out->generic = ber_int32(b, "trap has no generic number");
    if (!b->error && (out->generic < 0 || out->generic > 6))
        ber_fail(b, "generic trap number is not 0 to 6");
    out->specific = ber_int32(b, "trap has no specific number");
    if (!b->error && (out->specific < 0 || (out->generic == 6 && arcs + 2 > OID_ARCS_MAX)))
        ber_fail(b, "enterprise and specific number make no OID of 128 arcs");
    struct slice ticks = ber_take(b, BER_TIMETICKS, "trap has no time stamp");
    uint64_t uptime = 0;
    if (!b->error &&
        (!ber_is_value(BER_TIMETICKS, ticks) || !ber_to_unsigned(ticks, UINT32_MAX, &uptime)))
        ber_fail(b, "time stamp is not of 32 bits");
    out->uptime = (uint32_t)uptime;
    out->has_uptime = !b->error;
}

static struct slice since(const uint8_t *start, const struct ber *b)
{
    return slice_of((const char *)start, (size_t)(b->p - start));
}

static void read_pdu_head_v2(struct ber *b, struct notification *out)
{
    const uint8_t *start = b->p;
    out->request_id = ber_int32(b, "PDU has no request-id");
    out->request_id_raw = since(start, b);
    struct ber again = *b;
    (void)ber_int32(b, "PDU has no error-status");
    out->error_status = ber_take(&again, BER_INTEGER, "");
    again = *b;
    (void)ber_int32(b, "PDU has no error-index");
    out->error_index = ber_take(&again, BER_INTEGER, "");
}

/* sysUpTime.0 and snmpTrapOID.0 come first; some senders mix the order, and that is read too. */
static void find_identity(struct ber *b, struct notification *out)
{
    for (size_t i = 0; i < out->n; i++) {
        const struct varbind *v = &out->v[i];
        uint64_t ticks;
        if (v->type == BER_TIMETICKS && !out->has_uptime &&
            is_oid(v->oid, sys_uptime_0, sizeof sys_uptime_0)) {
            if (!ber_to_unsigned(v->value, UINT32_MAX, &ticks))
                continue;
            out->uptime = (uint32_t)ticks;
            out->has_uptime = true;
        } else if (v->type == BER_OID && !out->trap_oid.n &&
                   is_oid(v->oid, trap_oid_0, sizeof trap_oid_0)) {
            out->trap_oid = v->value;
        }
    }
    if (!out->trap_oid.n)
        ber_fail(b, "notification has no snmpTrapOID.0");
}

static void read_message(struct ber *message, struct notification *out)
{
    int32_t version = ber_int32(message, "message has no version");
    if (!message->error && version != 0 && version != 1)
        ber_fail(message, "version is neither 1 nor 2c");
    out->version = message->error ? SNMP_MESSAGE_OTHER : (enum snmp_message_version)version;
    out->community = ber_take(message, BER_OCTETS, "message has no community");
    out->pdu_at = (size_t)(message->p - message->start);
    uint8_t tag;
    struct slice pdu = ber_any(message, &tag);
    bool is_v1 = version == 0;
    if (!message->error && !(is_v1 ? tag == NOTIFICATION_TRAP_V1
                                   : tag == NOTIFICATION_TRAP_V2 || tag == NOTIFICATION_INFORM))
        ber_fail(message, "PDU is no notification of this version");
    if (!message->error && message->p != message->end)
        ber_fail(message, "bytes stand behind the PDU");
    if (message->error)
        return;
    out->pdu = (enum notification_pdu)tag;
    struct ber b = ber_inside(message, pdu);
    if (is_v1)
        read_trap_v1(&b, out);
    else
        read_pdu_head_v2(&b, out);
    const uint8_t *start = b.p;
    struct slice list_contents = ber_take(&b, BER_SEQUENCE, "PDU has no varbind list");
    out->varbinds_raw = since(start, &b);
    if (!b.error && b.p != b.end)
        ber_fail(&b, "bytes stand behind the varbind list");
    struct ber list = ber_inside(&b, list_contents);
    read_varbinds(&list, out);
    if (!is_v1 && !list.error)
        find_identity(&list, out);
    message->error = list.error;
    message->error_at = list.error_at;
}

enum parse_status parse_notification(struct slice datagram, struct notification *out)
{
    /* The varbind array is large and need not be cleared. */
    memset(out, 0, offsetof(struct notification, v));
    out->error = NULL;
    out->error_at = 0;
    out->datagram = datagram;
    out->version = SNMP_MESSAGE_OTHER;
    struct ber outer = ber_of(datagram);
    struct slice contents = ber_take(&outer, BER_SEQUENCE, "message is no sequence");
    if (!outer.error && outer.p != outer.end)
        ber_fail(&outer, "bytes stand behind the message");
    struct ber message = ber_inside(&outer, contents);
    read_message(&message, out);
    out->error = message.error;
    out->error_at = message.error_at;
    return out->error ? PARSE_MALFORMED : PARSE_OK;
}

/* ---- text ---- */

size_t parse_oid_text(struct slice ber, char *text)
{
    if (ber_oid_arcs(ber) == 0)
        return 0;
    size_t n = 0;
    uint32_t arc = 0;
    for (size_t i = 0; i < ber.n; i++) {
        uint8_t byte = (uint8_t)ber.p[i];
        arc = arc << 7 | (byte & 0x7F);
        if (byte & 0x80)
            continue;
        if (n == 0) { /* X * 40 + Y; X is 2 for all above */
            uint32_t x = arc >= 80 ? 2 : arc / 40;
            text[n++] = (char)('0' + x);
            arc -= x * 40;
        }
        text[n++] = '.';
        n += gw_put_uint(text + n, arc);
        arc = 0;
    }
    return n;
}

/* Behind the n bytes of text; how many it has then. */
static size_t put_arc(char *text, size_t n, const char *before, int32_t arc)
{
    size_t before_n = strlen(before);
    memcpy(text + n, before, before_n);
    n += before_n;
    return n + gw_put_uint(text + n, (uint64_t)arc);
}

size_t notification_trap_oid(const struct notification *notification, char *text)
{
    if (notification->version != SNMP_MESSAGE_V1)
        return parse_oid_text(notification->trap_oid, text);
    if (notification->pdu != NOTIFICATION_TRAP_V1)
        return 0;
    if (notification->generic < 6)
        return put_arc(text, 0, "1.3.6.1.6.3.1.1.5.", notification->generic + 1);
    unsigned arcs = ber_oid_arcs(notification->enterprise);
    if (arcs == 0 || arcs + 2 > OID_ARCS_MAX || notification->specific < 0)
        return 0;
    size_t n = parse_oid_text(notification->enterprise, text);
    return put_arc(text, n, ".0.", notification->specific);
}

static struct slice oid_slice(struct slice ber, struct arena *arena)
{
    char text[OID_TEXT_MAX];
    size_t n = parse_oid_text(ber, text);
    return n ? arena_dup(arena, slice_of(text, n)) : SLICE("0.0");
}

static struct slice unsigned_slice(struct arena *arena, uint64_t value)
{
    char text[GW_DIGITS_MAX];
    return arena_dup(arena, slice_of(text, gw_put_uint(text, value)));
}

static struct slice signed_slice(struct arena *arena, int64_t value)
{
    char text[1 + GW_DIGITS_MAX] = "-";
    bool is_negative = value < 0;
    size_t n = gw_put_uint(text + is_negative, is_negative ? -(uint64_t)value : (uint64_t)value);
    return arena_dup(arena, slice_of(text, is_negative + n));
}

static struct slice address_slice(struct arena *arena, const uint8_t *a)
{
    char text[4 * 4];
    size_t n = 0;
    for (int i = 0; i < 4; i++) {
        n += gw_put_uint(text + n, a[i]);
        text[n++] = '.';
    }
    return arena_dup(arena, slice_of(text, n - 1));
}

static struct slice hex_slice(struct arena *arena, struct slice octets)
{
    static const char digits[] = "0123456789abcdef";
    char *p = arena_bytes(arena, 2 + octets.n * 2);
    if (!p)
        return SLICE_NONE;
    memcpy(p, "0x", 2);
    for (size_t i = 0; i < octets.n; i++) {
        p[2 + i * 2] = digits[(uint8_t)octets.p[i] >> 4];
        p[3 + i * 2] = digits[(uint8_t)octets.p[i] & 15];
    }
    return slice_of(p, 2 + octets.n * 2);
}

/* No text of that length begins with a line's end; an InetAddress of 10.0.0.0/8 does. */
static bool begins_like_address(struct slice octets)
{
    return (octets.n == 4 || octets.n == 16) && octets.p[0] == '\n';
}

/* Octets that are a hardware address (6 or 8) or a DateAndTime without its zone (8). */
enum { NUMBERS_MAX = 8 };

/* Text, or hexadecimal when control characters, or too many bytes that are no character, say that
 * it is none. out is told what was lost. */
static struct slice octets_slice(struct slice octets, struct charset *charset, struct arena *arena,
                                 struct fields *out)
{
    struct slice text = octets;
    if (begins_like_address(octets))
        return hex_slice(arena, octets);
    while (text.n && text.p[text.n - 1] == '\0')
        text.n--;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c >= 32 && c != 127)
            continue; /* as nearly all are */
        if (c != '\t' && c != '\n' && c != '\r' && c != 27)
            return hex_slice(arena, octets);
    }
    if (text.n == 0)
        return octets.n ? hex_slice(arena, octets) : SLICE_NONE;
    struct charset_loss loss;
    bool is_declared = charset && *charset_name(charset);
    if (!is_declared && text.n <= NUMBERS_MAX)
        charset = NULL;
    struct slice utf8 = charset_to_utf8(charset, text, arena, &loss);
    size_t replaced = loss.replaced;
    bool is_sure = is_declared || loss.guessed;
    if (replaced && (!is_sure || replaced * 8 > text.n) && replaced * 16 > text.n)
        return hex_slice(arena, octets);
    if (loss.guessed)
        out->guessed = loss.guessed;
    out->has_replaced |= replaced > 0;
    out->is_truncated |= loss.is_cut;
    return utf8;
}

static struct slice value_slice(const struct varbind *v, struct charset *charset,
                                struct arena *arena, struct fields *out)
{
    int64_t number = 0;
    uint64_t positive = 0;
    switch (v->type) {
    case BER_INTEGER:
        ber_to_signed(v->value, &number);
        return signed_slice(arena, number);
    case BER_COUNTER32:
    case BER_GAUGE32:
    case BER_TIMETICKS:
    case BER_UINTEGER32:
    case BER_COUNTER64:
        ber_to_unsigned(v->value, UINT64_MAX, &positive);
        return unsigned_slice(arena, positive);
    case BER_OID:
        return oid_slice(v->value, arena);
    case BER_IPADDRESS:
        return address_slice(arena, (const uint8_t *)v->value.p);
    case BER_OCTETS:
        return octets_slice(v->value, charset, arena, out);
    case BER_OPAQUE:
    case BER_NSAP:
        return hex_slice(arena, v->value);
    default:
        return SLICE_NONE; /* NULL and the exceptions carry nothing */
    }
}

/* ---- fields ---- */

static void add_v1_header(const struct notification *n, struct arena *arena, struct fields *out)
{
    fields_add(out, SLICE("enterprise"), oid_slice(n->enterprise, arena));
    fields_add(out, SLICE("generic"), signed_slice(arena, n->generic));
    fields_add(out, SLICE("specific"), signed_slice(arena, n->specific));
    fields_add(out, SLICE("agent_addr"), address_slice(arena, n->agent_address));
}

static void add_proxied_header(const struct notification *n, struct arena *arena,
                               struct fields *out)
{
    for (size_t i = 0; i < n->n; i++) {
        const struct varbind *v = &n->v[i];
        if (v->type == BER_OID && is_oid(v->oid, trap_enterprise_0, sizeof trap_enterprise_0))
            fields_add(out, SLICE("enterprise"), oid_slice(v->value, arena));
        else if (v->type == BER_IPADDRESS && is_oid(v->oid, trap_address_0, sizeof trap_address_0))
            fields_add(out, SLICE("agent_addr"), address_slice(arena, (const uint8_t *)v->value.p));
        if (out->n >= 8) /* a list of nothing but these is no reason to fill the table */
            return;
    }
}

enum parse_status parse_varbinds(const struct notification *notification, struct charset *charset,
                                 struct arena *arena, struct fields *out)
{
    char text[OID_TEXT_MAX];
    fields_clear(out);
    out->format = GW_FORMAT_VARBINDS;
    out->error = notification->error;
    out->error_at = notification->error_at;
    size_t n = notification_trap_oid(notification, text);
    if (n)
        fields_add(out, SLICE("trap_oid"), arena_dup(arena, slice_of(text, n)));
    if (notification->version != SNMP_MESSAGE_OTHER)
        fields_add(out, SLICE("version"),
                   notification->version == SNMP_MESSAGE_V1    ? SLICE("1")
                   : notification->version == SNMP_MESSAGE_V2C ? SLICE("2c")
                                                               : SLICE("3"));
    if (notification->user.n)
        fields_add(out, SLICE("user"), arena_dup(arena, notification->user));
    if (notification->engine.n)
        fields_add(out, SLICE("engine_id"), hex_slice(arena, notification->engine));
    if (notification->pdu == NOTIFICATION_TRAP_V1)
        add_v1_header(notification, arena, out);
    else
        add_proxied_header(notification, arena, out);
    if (notification->has_uptime)
        fields_add(out, SLICE("uptime"), unsigned_slice(arena, notification->uptime));
    out->n_header = out->n;
    out->varbinds = notification->v;
    for (size_t i = 0; i < notification->n; i++) {
        const struct varbind *v = &notification->v[i];
        struct slice value = value_slice(v, charset, arena, out);
        if (!fields_add(out, oid_slice(v->oid, arena), value))
            break;
    }
    if (arena->cap_bytes && arena->used_bytes >= arena->cap_bytes)
        out->is_truncated = true;
    return out->error ? PARSE_MALFORMED : PARSE_OK;
}

struct slice varbinds_octets(const struct fields *fields, size_t number)
{
    if (!fields->varbinds || number < fields->n_header || number >= fields->n)
        return SLICE_NONE;
    const struct varbind *v = &fields->varbinds[number - fields->n_header];
    return v->type == BER_OCTETS ? v->value : SLICE_NONE;
}

/* ---- the response ---- */

static void put_header(struct buf *out, uint8_t tag, size_t length)
{
    buf_byte(out, (char)tag);
    if (length < 0x80) {
        buf_byte(out, (char)length);
    } else if (length <= 0xFFFF) {
        buf_append(out, "\x82", 1);
        buf_byte(out, (char)(length >> 8));
        buf_byte(out, (char)length);
    } else {
        buf_append(out, "\x83", 1);
        buf_byte(out, (char)(length >> 16));
        buf_byte(out, (char)(length >> 8));
        buf_byte(out, (char)length);
    }
}

static size_t header_size(size_t length)
{
    return length < 0x80 ? 2 : length <= 0xFFFF ? 4 : 5;
}

bool notification_make_response(const struct notification *n, struct buf *out)
{
    static const char no_errors[] = "\x02\x01\x00\x02\x01\x00";
    if (n->pdu != NOTIFICATION_INFORM || n->version != SNMP_MESSAGE_V2C || !n->varbinds_raw.n)
        return false;
    if (n->error_status.n == 1 && n->error_index.n == 1) {
        size_t base = out->n;
        buf_slice(out, n->datagram);
        out->p[base + n->pdu_at] = (char)0xA2;
        out->p[base + (size_t)(n->error_status.p - n->datagram.p)] = 0;
        out->p[base + (size_t)(n->error_index.p - n->datagram.p)] = 0;
        return true;
    }
    size_t pdu = n->request_id_raw.n + 6 + n->varbinds_raw.n;
    size_t message = 3 + header_size(n->community.n) + n->community.n + header_size(pdu) + pdu;
    put_header(out, BER_SEQUENCE, message);
    buf_append(out, "\x02\x01\x01", 3);
    put_header(out, BER_OCTETS, n->community.n);
    buf_slice(out, n->community);
    put_header(out, 0xA2, pdu);
    buf_slice(out, n->request_id_raw);
    buf_append(out, no_errors, 6);
    buf_slice(out, n->varbinds_raw);
    return true;
}
