/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The record as CEF, for tools that read nothing else. */
#include "gateway/schema/cef_write.h"

#include "gateway/base/slice.h"
#include "gateway/base/utf8.h"

/* The dictionary's key for a field; the first field of a key that is there takes it. */
static const struct {
    enum gw_field field;
    struct slice key; /* with a blank before it and '=' behind */
} keys[] = {
#define KEY(field, key)                                                                            \
    {                                                                                              \
        field,                                                                                     \
        {                                                                                          \
            " " key "=", sizeof key + 1                                                            \
        }                                                                                          \
    }
    KEY(GW_FIELD_MESSAGE, "msg"),
    KEY(GW_FIELD_EVENT_KEY, "externalId"),
    KEY(GW_FIELD_EVENT_COUNT, "cnt"),
    KEY(GW_FIELD_CLASS, "cat"),
    KEY(GW_FIELD_REASON, "reason"),
    KEY(GW_FIELD_ACTION, "act"),
    KEY(GW_FIELD_PRODUCT_HOST, "dvchost"),
    KEY(GW_FIELD_PRODUCT_IP, "dvc"),
    KEY(GW_FIELD_PRODUCT_MODULE, "deviceFacility"),
    KEY(GW_FIELD_DST_NAME, "dhost"),
    KEY(GW_FIELD_DST_IP, "dst"),
    KEY(GW_FIELD_DST_PORT, "dpt"),
    KEY(GW_FIELD_DST_MAC, "dmac"),
    KEY(GW_FIELD_HOST_NAME, "dhost"),
    KEY(GW_FIELD_HOST_IP, "dst"),
    KEY(GW_FIELD_HOST_MAC, "dmac"),
    KEY(GW_FIELD_HOST_DOMAIN, "dntdom"),
    KEY(GW_FIELD_SRC_NAME, "shost"),
    KEY(GW_FIELD_SRC_IP, "src"),
    KEY(GW_FIELD_SRC_PORT, "spt"),
    KEY(GW_FIELD_SRC_MAC, "smac"),
    KEY(GW_FIELD_SOURCE_NAME, "shost"),
    KEY(GW_FIELD_SOURCE_IP, "src"),
    KEY(GW_FIELD_SOURCE_USER, "suser"),
    KEY(GW_FIELD_USER_NAME, "duser"),
    KEY(GW_FIELD_FILE_NAME, "fname"),
    KEY(GW_FIELD_FILE_PATH, "filePath"),
    KEY(GW_FIELD_FILE_SHA256, "fileHash"),
    KEY(GW_FIELD_FILE_SHA1, "fileHash"),
    KEY(GW_FIELD_FILE_MD5, "fileHash"),
    KEY(GW_FIELD_PROCESS_NAME, "dproc"),
    KEY(GW_FIELD_PROCESS_ID, "dpid"),
    KEY(GW_FIELD_URL, "request"),
    KEY(GW_FIELD_NET_APP, "app"),
    KEY(GW_FIELD_NET_PROTOCOL, "proto"),
    KEY(GW_FIELD_INTERFACE_NAME, "deviceInboundInterface"),
#undef KEY
};

/* OCSF severity_id to CEF's 0 to 10. */
static const char *const severities[] = {"Unknown", "1", "3", "5", "7", "9", "10"};

/* What is written as it is, in the header and in the extension. */
static const bool plain_header[256] = {[' ' ... '['] = 1, [']' ... '{'] = 1, ['}' ... '~'] = 1};
static const bool plain_value[256] = {[' ' ... '<'] = 1, ['>' ... '['] = 1, [']' ... '~'] = 1};
static const bool plain_key[256] = {
    ['a' ... 'z'] = 1, ['A' ... 'Z'] = 1, ['0' ... '9'] = 1, ['.'] = 1};

/* is_header: a pipe is escaped and line ends are not allowed; else '=' is, and line ends are "\n".
 */
static void put_text(struct buf *out, struct slice text, bool is_header)
{
    for (;;) {
        size_t n = slice_span(text, is_header ? plain_header : plain_value);
        buf_slice(out, slice_head(text, n));
        text = slice_skip(text, n);
        if (!text.n)
            break;
        unsigned char c = (unsigned char)text.p[0];
        n = utf8_char((const unsigned char *)text.p, text.n);
        if (n == 0)
            buf_append(out, "\xEF\xBF\xBD", 3);
        else if (c == '\\' || c == (is_header ? '|' : '='))
            buf_append(out, (char[]){'\\', (char)c}, 2);
        else if (!is_header && (c == '\n' || c == '\r'))
            buf_append(out, c == '\n' ? "\\n" : "\\r", 2);
        else if (c < 0x20 || c == 0x7f)
            buf_byte(out, ' ');
        else
            buf_append(out, text.p, n);
        text = slice_skip(text, n ? n : 1);
    }
}

static void put_header(struct buf *out, struct slice text)
{
    put_text(out, text, true);
    buf_byte(out, '|');
}

static struct slice first_of(const struct gw_event *event, enum gw_field a, enum gw_field b,
                             struct slice fallback)
{
    struct slice text = gw_event_text(event, a);
    if (!text.n)
        text = gw_event_text(event, b);
    return text.n ? text : fallback;
}

/* A key may hold letters, digits, '_' and '.'; anything else becomes '_'. */
static void put_own_key(struct buf *out, struct slice name)
{
    buf_slice(out, SLICE(" ad."));
    buf_word(out, name, name.n, plain_key);
    buf_byte(out, '=');
}

static void put_value(struct buf *out, const struct gw_value *value)
{
    if (value->type == GW_TYPE_INT || value->type == GW_TYPE_TIME)
        buf_int(out, value->number);
    else
        put_text(out, value->text, false);
}

enum { KEYS = sizeof keys / sizeof *keys };

/* Writes the fields that have a key of the dictionary, and marks them. */
static void put_known(const struct gw_event *event, bool *is_taken, struct buf *out)
{
    struct slice written[KEYS];
    size_t n_written = 0;
    for (size_t i = 0; i < KEYS; i++) {
        const struct gw_value *value = gw_event_find(event, keys[i].field);
        size_t k = 0;
        while (value && k < n_written && !slice_equal(written[k], keys[i].key))
            k++;
        if (!value || k < n_written)
            continue;
        written[n_written++] = keys[i].key;
        is_taken[value - event->values] = true;
        buf_slice(out, keys[i].key);
        put_value(out, value);
    }
}

void cef_write(const struct gw_event *event, struct buf *out)
{
    static const enum gw_field in_header[] = {GW_FIELD_PRODUCT_VENDOR, GW_FIELD_PRODUCT_NAME,
                                              GW_FIELD_PRODUCT_VERSION, GW_FIELD_EVENT_CODE,
                                              GW_FIELD_EVENT_NAME};
    bool is_taken[GW_EVENT_VALUES_MAX] = {false};
    struct slice kind = slice_from(gw_kind_name((enum gw_kind)event->kind));
    buf_slice(out, SLICE("CEF:0|"));
    put_header(out,
               first_of(event, GW_FIELD_PRODUCT_VENDOR, GW_FIELD_PRODUCT_VENDOR, SLICE("Unknown")));
    put_header(out,
               first_of(event, GW_FIELD_PRODUCT_NAME, GW_FIELD_SYSLOG_APPNAME, SLICE("Unknown")));
    put_header(out, gw_event_text(event, GW_FIELD_PRODUCT_VERSION));
    put_header(out, first_of(event, GW_FIELD_EVENT_CODE, GW_FIELD_SNMP_TRAP_OID, kind));
    put_header(out, first_of(event, GW_FIELD_EVENT_NAME, GW_FIELD_MALWARE_NAME, kind));
    put_header(out,
               slice_from(severities[event->severity <= GW_SEVERITY_FATAL ? event->severity : 0]));
    buf_slice(out, SLICE("rt="));
    buf_int(out, event->time_ms);
    for (size_t i = 0; i < sizeof in_header / sizeof *in_header; i++) {
        const struct gw_value *value = gw_event_find(event, in_header[i]);
        if (value)
            is_taken[value - event->values] = true;
    }
    put_known(event, is_taken, out);
    put_own_key(out, SLICE("eog.kind"));
    put_text(out, kind, false);
    for (size_t i = 0; i < event->n_values; i++) {
        if (is_taken[i])
            continue;
        put_own_key(out, slice_from(gw_field_name((enum gw_field)event->values[i].field)));
        put_value(out, &event->values[i]);
    }
    for (size_t i = 0; i < event->n_unmapped; i++) {
        put_own_key(out, event->unmapped[i].name);
        put_text(out, event->unmapped[i].value, false);
    }
}
