/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notifications as structured syslog. RFC 5675 (by notes), RFC 3584 section 3.1. */
#include "gateway/feed/format_snmp.h"

#include <inttypes.h>
#include <string.h>

#include "gateway/base/utf8.h"
#include "parsers/ber.h"
#include "parsers/varbinds.h"

#define SYS_UPTIME_0        "1.3.6.1.2.1.1.3.0"
#define TRAP_OID_0          "1.3.6.1.6.3.1.1.4.1.0"
#define TRAP_ENTERPRISE_0   "1.3.6.1.6.3.1.1.4.3.0"
#define TRAP_ADDRESS_0      "1.3.6.1.6.3.18.1.3.0"
#define SYSLOG_NOTIFICATION "1.3.6.1.2.1.192.0.1"

/* The output, and the number of the varbind that is written next. */
struct writing {
    struct buf *out;
    unsigned n;
    bool has_address, has_enterprise;
    uint8_t address[4];
};

static void put_hex(struct buf *out, struct slice octets)
{
    for (size_t i = 0; i < octets.n; i++)
        buf_printf(out, "%02x", (unsigned)(uint8_t)octets.p[i]);
}

static void put_oid(struct buf *out, struct slice ber)
{
    char text[OID_TEXT_MAX];
    size_t n = parse_oid_text(ber, text);
    buf_slice(out, n ? slice_of(text, n) : SLICE("0.0"));
}

static void put_ip(struct buf *out, const uint8_t *a)
{
    buf_printf(out, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
}

static void open_param(struct writing *to, char letter)
{
    buf_printf(to->out, " %c%u=\"", letter, to->n);
}

static void put_name(struct writing *to, struct slice dotted)
{
    to->n++;
    open_param(to, 'v');
    buf_slice(to->out, dotted);
    buf_byte(to->out, '"');
}

static bool is_printable(struct slice text)
{
    bool is_fine = text.n > 0;
    while (is_fine && text.n) {
        unsigned char c = (unsigned char)text.p[0];
        size_t n = utf8_char((const unsigned char *)text.p, text.n);
        is_fine = n > 0 && c >= 0x20 && c != 0x7f;
        text = slice_skip(text, n ? n : 1);
    }
    return is_fine;
}

static void put_octets(struct writing *to, struct slice octets)
{
    open_param(to, 'x');
    put_hex(to->out, octets);
    if (!is_printable(octets))
        return;
    buf_byte(to->out, '"');
    open_param(to, 'a');
    feed_format_text(to->out, octets, true);
}

static char number_letter(uint8_t type)
{
    switch (type) {
    case BER_COUNTER32:
        return 'c';
    case BER_COUNTER64:
        return 'C';
    case BER_TIMETICKS:
        return 't';
    default:
        return 'u';
    }
}

static void put_value(struct writing *to, uint8_t type, struct slice value)
{
    int64_t number = 0;
    uint64_t positive = 0;
    switch (type) {
    case BER_INTEGER:
        ber_to_signed(value, &number);
        open_param(to, 'd');
        buf_int(to->out, number);
        break;
    case BER_COUNTER32:
    case BER_COUNTER64:
    case BER_TIMETICKS:
    case BER_GAUGE32:
    case BER_UINTEGER32:
        ber_to_unsigned(value, UINT64_MAX, &positive);
        open_param(to, number_letter(type));
        buf_uint(to->out, positive);
        break;
    case BER_OID:
        open_param(to, 'o');
        put_oid(to->out, value);
        break;
    case BER_IPADDRESS:
        open_param(to, 'i');
        put_ip(to->out, (const uint8_t *)value.p);
        break;
    case BER_OPAQUE:
        open_param(to, 'p');
        put_hex(to->out, value);
        break;
    case BER_OCTETS:
    case BER_NSAP:
        put_octets(to, value);
        break;
    default:
        open_param(to, 'n');
        break;
    }
    buf_byte(to->out, '"');
}

static void put_varbind(struct writing *to, const struct varbind *v)
{
    char text[OID_TEXT_MAX];
    struct slice name = slice_of(text, parse_oid_text(v->oid, text));
    if (v->type == BER_IPADDRESS && slice_equal(name, SLICE(TRAP_ADDRESS_0))) {
        to->has_address = true;
        memcpy(to->address, v->value.p, sizeof to->address);
    }
    to->has_enterprise |= slice_equal(name, SLICE(TRAP_ENTERPRISE_0));
    put_name(to, name);
    put_value(to, v->type, v->value);
}

/* RFC 3584 section 3.1: the two varbinds that a notification of version 2 begins with. */
static void put_v1_head(struct writing *to, const struct notification *notification)
{
    char text[OID_TEXT_MAX];
    put_name(to, SLICE(SYS_UPTIME_0));
    open_param(to, 't');
    buf_printf(to->out, "%" PRIu32 "\"", notification->uptime);
    put_name(to, SLICE(TRAP_OID_0));
    open_param(to, 'o');
    buf_slice(to->out, slice_of(text, notification_trap_oid(notification, text)));
    buf_byte(to->out, '"');
}

/* The same, (4): what only version 1 has a place for becomes varbinds at the end. */
static void put_v1_tail(struct writing *to, const struct notification *notification)
{
    if (!to->has_address) {
        put_name(to, SLICE(TRAP_ADDRESS_0));
        put_value(to, BER_IPADDRESS, slice_of((const char *)notification->agent_address, 4));
        memcpy(to->address, notification->agent_address, sizeof to->address);
        to->has_address = true;
    }
    if (!to->has_enterprise) {
        put_name(to, SLICE(TRAP_ENTERPRISE_0));
        put_value(to, BER_OID, notification->enterprise);
    }
}

static void put_context(const struct gw_event *event, struct buf *out)
{
    struct slice engine = gw_event_text(event, GW_FIELD_SNMP_ENGINE_ID);
    if (!engine.n)
        return;
    buf_slice(out, SLICE(" ctxEngine=\""));
    feed_format_text(out, slice_starts_with(engine, SLICE("0x")) ? slice_skip(engine, 2) : engine,
                     true);
    buf_slice(out, SLICE("\" ctxName=\"\""));
}

static void put_origin(const struct writing *to, const struct gw_event *event)
{
    static const uint8_t nowhere[4];
    struct slice peer = gw_event_text(event, GW_FIELD_PEER);
    bool has_address = to->has_address && memcmp(to->address, nowhere, sizeof nowhere) != 0;
    if (!has_address && !peer.n)
        return;
    buf_slice(to->out, SLICE("[origin ip=\""));
    if (has_address)
        put_ip(to->out, to->address);
    else
        feed_format_text(to->out, peer, true);
    buf_slice(to->out, SLICE("\"]"));
}

bool feed_snmp_wants(const struct gw_event *event)
{
    struct notification notification;
    char text[OID_TEXT_MAX];
    if (event->transport != GW_TRANSPORT_SNMP || event->correction.of)
        return false;
    if (parse_notification(event->raw, &notification) != PARSE_OK)
        return true; /* is counted as refused when it is written */
    size_t n = notification_trap_oid(&notification, text);
    return !slice_equal(slice_of(text, n), SLICE(SYSLOG_NOTIFICATION));
}

bool feed_snmp_format(const struct feed_format_context *context, const struct gw_event *event,
                      struct buf *out)
{
    struct notification notification;
    struct writing to = {.out = out};
    if (parse_notification(event->raw, &notification) != PARSE_OK)
        return false;
    feed_format_header(context, event, (unsigned)context->snmp_severity, event->received_ms, out);
    buf_slice(out, SLICE("[snmp"));
    put_context(event, out);
    bool is_v1 = notification.pdu == NOTIFICATION_TRAP_V1;
    if (is_v1)
        put_v1_head(&to, &notification);
    for (size_t i = 0; i < notification.n; i++)
        put_varbind(&to, &notification.v[i]);
    if (is_v1)
        put_v1_tail(&to, &notification);
    buf_byte(out, ']');
    put_origin(&to, event);
    struct slice message = gw_event_text(event, GW_FIELD_MESSAGE);
    if (!message.n)
        message = gw_event_text(event, GW_FIELD_EVENT_NAME);
    if (message.n) {
        buf_byte(out, ' ');
        feed_format_text(out, message, false);
    }
    return true;
}
