/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forms a record has outside. RFC 5424 sections 6.2 (header) and 6.3 (structured data). */
#include "gateway/feed/format.h"

#include "config.h"
#include "gateway/base/civil.h"
#include "gateway/base/plain.h"
#include "gateway/feed/format_snmp.h"
#include "gateway/schema/cef_write.h"
#include "gateway/schema/ocsf.h"

enum { HOSTNAME_MAX = 255, MSGID_MAX = 32, PARAM_NAME_MAX = 32 };

/* Behind 1.3.6.1.4.1. */
static struct slice enterprise_number(void)
{
    return slice_skip(SLICE(EOG_ENTERPRISE_OID), sizeof "1.3.6.1.4.1." - 1);
}

void feed_format_uid(const struct feed_format_context *context, uint64_t sequence, struct buf *out)
{
    buf_clear(out);
    buf_slice(out, context->gateway_id);
    buf_byte(out, '.');
    buf_slice(out, context->epoch);
    buf_byte(out, '.');
    buf_uint(out, sequence);
}

/* ---- RFC 5424 ---- */

static const bool printable[256] = {['!' ... '~'] = 1}; /* PRINTUSASCII */
static const bool in_name[256] = {
    ['!'] = 1, ['#' ... '<'] = 1, ['>' ... '\\'] = 1, ['^' ... '~'] = 1}; /* SD-NAME */
/* What is written as it is: in MSG, and as PARAM-VALUE. */
static const bool is_plain_in_text[256] = {[' ' ... '~'] = 1};
static const bool is_plain_in_param[256] = {
    [' ' ... '!'] = 1, ['#' ... '['] = 1, ['^' ... '~'] = 1};
#define PLAIN_IN_TEXT  ((struct plain_set){0x7f, 0x7f, 0x7f, 0x7f, is_plain_in_text})
#define PLAIN_IN_PARAM ((struct plain_set){'"', '\\', ']', 0x7f, is_plain_in_param})

/* At most max bytes; "-" when nothing is left. */
static void put_word(struct buf *out, struct slice text, size_t max)
{
    buf_word(out, text.n ? text : SLICE("-"), max, printable);
}

void feed_format_header(const struct feed_format_context *context, const struct gw_event *event,
                        unsigned severity, int64_t time_ms, struct buf *out)
{
    char time[CIVIL_RFC3339_MAX];
    buf_byte(out, '<');
    buf_uint(out, (unsigned)context->facility * 8 + severity);
    buf_slice(out, SLICE(">1 "));
    buf_append(out, time, civil_format(time_ms, time));
    buf_byte(out, ' ');
    put_word(out, context->gateway_id, HOSTNAME_MAX);
    buf_slice(out, SLICE(" eog-gateway - "));
    put_word(out, slice_from(gw_kind_name((enum gw_kind)event->kind)), MSGID_MAX);
    buf_byte(out, ' ');
}

static void put_header(const struct feed_format_context *context, const struct gw_event *event,
                       struct buf *out)
{
    static const uint8_t severities[] = {6, 6, 5, 4, 3, 2, 1};
    unsigned severity =
        event->severity < sizeof severities ? severities[event->severity] : severities[0];
    feed_format_header(context, event, severity, event->time_ms, out);
}

static void put_param_name(struct buf *out, struct slice name)
{
    buf_byte(out, ' ');
    buf_word(out, name.n ? name : SLICE("_"), PARAM_NAME_MAX, in_name);
    buf_slice(out, SLICE("=\""));
}

static inline size_t copy_special(char **to, const char *p, size_t n)
{
    unsigned char c = (unsigned char)*p;
    if (c >= 0x80)
        return plain_copy_char(to, p, n);
    bool is_control = c < 0x20 || c == 0x7f;
    if (!is_control)
        *(*to)++ = '\\';
    *(*to)++ = is_control ? ' ' : (char)c;
    return 1;
}

void feed_format_text(struct buf *out, struct slice text, bool is_param)
{
    char *to = buf_reserve(out, text.n);
    if (is_param)
        plain_put(out, to, text, PLAIN_IN_PARAM, copy_special);
    else
        plain_put(out, to, text, PLAIN_IN_TEXT, copy_special);
}

static void put_param(struct buf *out, struct slice name, struct slice value)
{
    put_param_name(out, name);
    feed_format_text(out, value, true);
    buf_byte(out, '"');
}

static void put_element(struct buf *out, struct slice name)
{
    buf_byte(out, '[');
    buf_slice(out, name);
    buf_byte(out, '@');
    buf_slice(out, enterprise_number());
}

static void put_fields(const struct gw_event *event, struct buf *out)
{
    for (size_t i = 0; i < event->n_values; i++) {
        const struct gw_value *value = &event->values[i];
        struct slice name = slice_from(gw_field_name((enum gw_field)value->field));
        if (value->field == GW_FIELD_MESSAGE)
            continue; /* is MSG */
        if (value->type == GW_TYPE_TEXT || value->type == GW_TYPE_IP) {
            put_param(out, name, value->text);
            continue;
        }
        put_param_name(out, name);
        buf_int(out, value->number);
        buf_byte(out, '"');
    }
}

static void write_rfc5424(const struct feed_format_context *context, const struct gw_event *event,
                          struct slice uid, struct buf *out)
{
    put_header(context, event, out);
    put_element(out, SLICE("eog"));
    put_param(out, SLICE("uid"), uid);
    if (gw_event_is_correction(event)) {
        put_param_name(out, SLICE("revision"));
        buf_uint(out, event->correction.revision);
        buf_byte(out, '"');
    }
    put_param(out, SLICE("kind"), slice_from(gw_kind_name((enum gw_kind)event->kind)));
    put_param(out, SLICE("severity"),
              slice_from(gw_severity_name((enum gw_severity)event->severity)));
    put_fields(event, out);
    buf_byte(out, ']');
    if (event->n_unmapped) {
        put_element(out, SLICE("eogUnmapped"));
        for (size_t i = 0; i < event->n_unmapped; i++)
            put_param(out, event->unmapped[i].name, event->unmapped[i].value);
        buf_byte(out, ']');
    }
    struct slice message = gw_event_text(event, GW_FIELD_MESSAGE);
    if (context->has_raw)
        message = event->text.n ? event->text : event->raw;
    if (!message.n)
        message = gw_event_text(event, GW_FIELD_EVENT_NAME);
    if (message.n) {
        buf_byte(out, ' ');
        feed_format_text(out, message, false);
    }
}

/* ---- all ---- */

static void put_cef_value(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '=' || text.p[i] == '\\')
            buf_byte(out, '\\');
        buf_byte(out, text.p[i]);
    }
}

static void write_ocsf(const struct feed_format_context *context, const struct gw_event *event,
                       struct buf *out)
{
    struct ocsf_context ocsf = {.gateway_id = context->gateway_id,
                                .epoch = context->epoch,
                                .version = context->version,
                                .has_raw = context->has_raw,
                                .has_unmapped = true};
    ocsf_write(event, &ocsf, out);
}

bool feed_format(const struct feed_format_context *context, const struct gw_event *event,
                 struct buf *out)
{
    struct buf uid = {0};
    if (context->format == FEED_FORMAT_RFC5675)
        return feed_snmp_format(context, event, out);
    bool is_bare = context->format != FEED_FORMAT_RFC5424;
    if (is_bare && context->is_syslog) {
        put_header(context, event, out);
        buf_slice(out, SLICE("- "));
    }
    if (context->format == FEED_FORMAT_OCSF) {
        write_ocsf(context, event, out);
        return true;
    }
    feed_format_uid(context, gw_event_origin(event), &uid);
    if (context->format == FEED_FORMAT_CEF) {
        cef_write(event, out);
        buf_slice(out, SLICE(" ad.eog.uid="));
        put_cef_value(out, buf_get(&uid));
        if (gw_event_is_correction(event)) {
            buf_slice(out, SLICE(" ad.eog.revision="));
            buf_uint(out, event->correction.revision);
        }
    } else {
        write_rfc5424(context, event, buf_get(&uid), out);
    }
    buf_free(&uid);
    return true;
}
