/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A record as one OCSF event: chooses the class, writes what every class has, and lets the class's
 * writer fill the rest. Order: head, metadata, class, profile security_control, unmapped, raw_data:
 * metadata comes first so that a reader of a cut line still has the identity.
 *
 * A form whose required attributes the record cannot fill hands over to its fallback, which asks
 * for less; Detection Finding and Base Event ask for nothing. Source: OCSF 1.8.0.
 */
#include "gateway/schema/ocsf.h"

#include "gateway/schema/ocsf_internal.h"

struct form {
    bool (*fits)(const struct ocsf_writer *w); /* NULL: always */
    void (*write)(struct ocsf_writer *w);
    int (*activity)(const struct ocsf_writer *w); /* NULL: the kind's */
    enum ocsf_form fallback;
    uint16_t class_uid;
    uint8_t fallback_activity_id; /* for a kind of another class */
    bool has_security_control;
};

static const struct form forms[OCSF_FORM_END] = {
    [OCSF_FORM_BASE] = {NULL, ocsf_write_base, NULL, OCSF_FORM_BASE, 0, 99, false},
    [OCSF_FORM_FINDING] = {NULL, ocsf_write_finding, NULL, OCSF_FORM_FINDING, 2004, 1, true},
    [OCSF_FORM_STATE] = {NULL, ocsf_write_state, NULL, OCSF_FORM_BASE, 5019, 1, false},
    [OCSF_FORM_APPLICATION] = {NULL, ocsf_write_application, NULL, OCSF_FORM_BASE, 6002, 0, false},
    [OCSF_FORM_HTTP] = {ocsf_fits_http, ocsf_write_http, NULL, OCSF_FORM_FINDING, 4002, 0, true},
    [OCSF_FORM_DNS] = {ocsf_fits_network, ocsf_write_dns, NULL, OCSF_FORM_FINDING, 4003, 6, true},
    [OCSF_FORM_NETWORK] = {ocsf_fits_network, ocsf_write_network, NULL, OCSF_FORM_BASE, 4001, 0,
                           true},
    [OCSF_FORM_DATA] = {NULL, ocsf_write_data, NULL, OCSF_FORM_FINDING, 2006, 1, true},
    [OCSF_FORM_PERIPHERAL] = {ocsf_fits_peripheral, ocsf_write_peripheral, NULL, OCSF_FORM_FINDING,
                              1010, 1, true},
    [OCSF_FORM_EMAIL] = {ocsf_fits_email, ocsf_write_email, NULL, OCSF_FORM_FINDING, 4009, 3, true},
    [OCSF_FORM_SCAN] = {NULL, ocsf_write_scan, NULL, OCSF_FORM_BASE, 6007, 2, false},
    [OCSF_FORM_VULNERABILITY] = {ocsf_fits_vulnerability, ocsf_write_vulnerability, NULL,
                                 OCSF_FORM_FINDING, 2002, 1, false},
    [OCSF_FORM_AUTHENTICATION] = {ocsf_fits_authentication, ocsf_write_authentication, NULL,
                                  OCSF_FORM_BASE, 3002, 1, false},
    [OCSF_FORM_ACCOUNT] = {ocsf_fits_account, ocsf_write_account, ocsf_account_activity,
                           OCSF_FORM_BASE, 3001, 0, false},
    [OCSF_FORM_ENTITY] = {ocsf_fits_entity, ocsf_write_entity, ocsf_entity_activity, OCSF_FORM_BASE,
                          3004, 3, false},
    [OCSF_FORM_ERROR] = {NULL, ocsf_write_error, NULL, OCSF_FORM_BASE, 6008, 1, false},
};

struct kind {
    uint16_t class_uid;
    uint8_t activity_id, form;
    struct slice label; /* quoted */
};

#define LABEL(text) "\"eog.kind:" text "\""
static const struct kind kinds[GW_KIND_END] = {
#define GW_KIND(number, NAME, text, class_uid, activity, FORM, WORD)                               \
    [number] = {class_uid, activity, OCSF_FORM_##FORM, {LABEL(text), sizeof LABEL(text) - 1}},
#include "gateway/schema/kinds.def"
#undef GW_KIND
};

/* ---- identity ---- */

void ocsf_append_quoted(struct buf *out, char first, struct slice text)
{
    /* out ends in a quote: it becomes first, and the opening quote of text is written over it. */
    size_t at = out->n - 1;
    out->n = at;
    json_quote(out, text);
    out->p[at] = first;
}

/* Eight bytes a step; no defence against chosen collisions, and none is needed: the sender of two
   messages with one hash only hides one of them. */
static uint64_t hash_bytes(uint64_t hash, struct slice s)
{
    while (s.n) {
        uint64_t word = 0;
        size_t n = s.n < sizeof word ? s.n : sizeof word;
        memcpy(&word, s.p, n);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
        s = slice_skip(s, n);
    }
    return hash;
}

static uint64_t offline_hash(struct ocsf_writer *w)
{
    if (!w->offline_hash) {
        unsigned kind = w->event->kind < GW_KIND_END ? w->event->kind : GW_KIND_NONE;
        w->offline_hash = hash_bytes(hash_bytes(w->event->raw.n, w->event->raw), kinds[kind].label);
    }
    return w->offline_hash;
}

static size_t format_hex(uint64_t value, char *out)
{
    for (int i = 15; i >= 0; i--, value >>= 4)
        out[i] = "0123456789abcdef"[value & 15];
    return 16;
}

static void append_number(struct buf *out, char first, uint64_t number)
{
    out->p[out->n - 1] = first;
    buf_uint(out, number);
    buf_byte(out, '"');
}

void ocsf_put_uid(struct ocsf_writer *w)
{
    struct buf *out = w->json.out;
    char hash[16];
    json_member_string(&w->json, JSON_KEY("uid"), w->context->gateway_id);
    if (w->event->sequence) {
        ocsf_append_quoted(out, '.', w->context->epoch);
        append_number(out, '.', gw_event_origin(w->event));
    } else {
        ocsf_append_quoted(out, '.', SLICE("0"));
        ocsf_append_quoted(out, '.', slice_of(hash, format_hex(offline_hash(w), hash)));
    }
}

/* ---- metadata ---- */

static void put_product(struct ocsf_writer *w)
{
    struct json *json = &w->json;
    json_member_object(json, JSON_KEY("product"));
    if (!ocsf_take_text(w, JSON_KEY("name"), GW_FIELD_PRODUCT_NAME))
        json_member_string(json, JSON_KEY("name"),
                           gw_kind_is_own(w->event->kind) ? SLICE("eog-gateway")
                                                          : SLICE("Unknown"));
    if (!ocsf_take_text(w, JSON_KEY("vendor_name"), GW_FIELD_PRODUCT_VENDOR))
        json_member_string(json, JSON_KEY("vendor_name"),
                           gw_kind_is_own(w->event->kind) ? SLICE("eog-gateway")
                                                          : SLICE("Unknown"));
    ocsf_take_text(w, JSON_KEY("version"), GW_FIELD_PRODUCT_VERSION);
    if (ocsf_has(w, GW_FIELD_PRODUCT_MODULE)) {
        json_member_object(json, JSON_KEY("feature"));
        ocsf_take_text(w, JSON_KEY("name"), GW_FIELD_PRODUCT_MODULE);
        json_end_object(json);
    }
    json_end_object(json);
}

/* Who reported it: the console, by its own word or by where the bytes came from. */
static void put_reporter(struct ocsf_writer *w)
{
    enum gw_field address =
        ocsf_has_ip(w, GW_FIELD_PRODUCT_IP) ? GW_FIELD_PRODUCT_IP : GW_FIELD_PEER;
    bool has_address = address == GW_FIELD_PRODUCT_IP || ocsf_has_ip(w, address);
    if (!ocsf_has(w, GW_FIELD_PRODUCT_HOST) && !has_address)
        return;
    json_member_object(&w->json, JSON_KEY("reporter"));
    ocsf_take_text(w, JSON_KEY("hostname"), GW_FIELD_PRODUCT_HOST);
    if (has_address)
        ocsf_take_text(w, JSON_KEY("ip"), address);
    json_end_object(&w->json);
}

/* The relay that brought it, and when it had it. */
static void put_relay(struct ocsf_writer *w)
{
    json_member_object(&w->json, JSON_ITEM);
    json_member_string(&w->json, JSON_KEY("name"), SLICE("relay"));
    ocsf_take_int(w, JSON_KEY("logged_time"), GW_FIELD_RELAY_TIME);
    json_member_object(&w->json, JSON_KEY("device"));
    json_member_int(&w->json, JSON_KEY("type_id"), 0);
    ocsf_take_text(w, JSON_KEY("ip"), GW_FIELD_RELAY);
    json_end_object(&w->json);
    json_end_object(&w->json);
}

static void put_loggers(struct ocsf_writer *w)
{
    struct json *json = &w->json;
    json_member_array(json, JSON_KEY("loggers"));
    json_member_raw(json, JSON_ITEM, SLICE("{\"name\":\"eog-gateway\",\"uid\":"));
    json_quote(json->out, w->context->gateway_id);
    if (w->context->version.n) {
        buf_slice(json->out, SLICE(",\"version\":"));
        json_quote(json->out, w->context->version);
    }
    buf_byte(json->out, '}');
    if (ocsf_has_ip(w, GW_FIELD_RELAY))
        put_relay(w);
    json_end_array(json);
}

static void put_profiles(struct ocsf_writer *w)
{
    static const struct slice lists[8] = {
        SLICE_NONE,
        {"[\"security_control\"]", 20},
        {"[\"host\"]", 8},
        {"[\"security_control\",\"host\"]", 27},
        {"[\"incident\"]", 12},
        {"[\"security_control\",\"incident\"]", 31},
        {"[\"host\",\"incident\"]", 19},
        {"[\"security_control\",\"host\",\"incident\"]", 38},
    };
    unsigned set =
        w->has_security_control | (unsigned)w->has_host << 1 | (unsigned)w->has_incident << 2;
    if (set)
        json_member_raw(&w->json, JSON_KEY("profiles"), lists[set]);
}

static void put_label(struct ocsf_writer *w, struct slice prefix, enum gw_field field)
{
    if (!ocsf_has(w, field))
        return;
    json_member_string(&w->json, JSON_ITEM, prefix);
    ocsf_append_quoted(w->json.out, ':', ocsf_text(w, field));
    ocsf_mark(w, field);
}

static void put_labels(struct ocsf_writer *w, const struct kind *kind)
{
    struct json *json = &w->json;
    unsigned flags = w->event->flags;
    json_member_array(json, JSON_KEY("labels"));
    json_member_raw(json, JSON_ITEM, kind->label);
    if (gw_event_is_correction(w->event)) {
        json_member_string(json, JSON_ITEM, SLICE("eog.revision"));
        append_number(json->out, ':', w->event->correction.revision);
    }
    put_label(w, SLICE("eog.site"), GW_FIELD_SITE);
    put_label(w, SLICE("eog.mapping"), GW_FIELD_MAPPING);
    if (flags & GW_EVENT_MALFORMED)
        json_member_raw(json, JSON_ITEM, SLICE("\"eog.flag:malformed\""));
    if (flags & GW_EVENT_TIME_AHEAD)
        json_member_raw(json, JSON_ITEM, SLICE("\"eog.flag:time-ahead\""));
    if (flags & GW_EVENT_NO_TIME)
        json_member_raw(json, JSON_ITEM, SLICE("\"eog.flag:no-time\""));
    if (flags & GW_EVENT_REPLACED)
        json_member_raw(json, JSON_ITEM, SLICE("\"eog.flag:replaced\""));
    if (flags & GW_EVENT_GUESSED)
        json_member_raw(json, JSON_ITEM, SLICE("\"eog.flag:guessed\""));
    if (flags & GW_EVENT_RESENT)
        json_member_raw(json, JSON_ITEM, SLICE("\"eog.flag:resent\""));
    json_end_array(json);
}

static void put_event_code(struct ocsf_writer *w)
{
    if (!ocsf_take_text(w, JSON_KEY("event_code"), GW_FIELD_EVENT_CODE))
        ocsf_take_text(w, JSON_KEY("event_code"), GW_FIELD_SNMP_TRAP_OID);
    else if (slice_equal(ocsf_text(w, GW_FIELD_EVENT_CODE), ocsf_text(w, GW_FIELD_SNMP_TRAP_OID)))
        ocsf_mark(w, GW_FIELD_SNMP_TRAP_OID);
}

static void put_metadata(struct ocsf_writer *w, const struct kind *kind)
{
    const struct gw_event *event = w->event;
    struct json *json = &w->json;
    json_member_object(json, JSON_KEY("metadata"));
    json_member_raw(json, JSON_KEY("version"), SLICE("\"" OCSF_VERSION "\""));
    ocsf_put_uid(w);
    put_product(w);
    put_event_code(w);
    ocsf_take_text(w, JSON_KEY("original_event_uid"), GW_FIELD_EVENT_KEY);
    if (event->transport != GW_TRANSPORT_NONE)
        json_member_string(json, JSON_KEY("log_provider"),
                           slice_from(gw_transport_name(event->transport)));
    if (event->format != GW_FORMAT_NONE)
        json_member_string(json, JSON_KEY("log_format"), slice_from(gw_format_name(event->format)));
    ocsf_take_text(w, JSON_KEY("log_name"), GW_FIELD_SYSLOG_APPNAME);
    ocsf_take_text(w, JSON_KEY("log_source"), GW_FIELD_SYSLOG_HOSTNAME);
    ocsf_take_text(w, JSON_KEY("original_time"), GW_FIELD_ORIGINAL_TIME);
    json_member_int(json, JSON_KEY("logged_time"), event->received_ms);
    if (event->sequence && event->sequence <= INT64_MAX)
        json_member_int(json, JSON_KEY("sequence"), (int64_t)event->sequence);
    ocsf_take_text(w, JSON_KEY("tenant_uid"), GW_FIELD_TENANT);
    put_reporter(w);
    put_loggers(w);
    put_profiles(w);
    put_labels(w, kind);
    if (event->flags & GW_EVENT_TRUNCATED)
        json_member_raw(json, JSON_KEY("is_truncated"), SLICE("true"));
    if (event->full_size_bytes)
        json_member_int(json, JSON_KEY("untruncated_size"), event->full_size_bytes);
    if (ocsf_has(w, GW_FIELD_PARSE_ERROR)) {
        json_member_array(json, JSON_KEY("debug"));
        json_member_string(json, JSON_ITEM, ocsf_text(w, GW_FIELD_PARSE_ERROR));
        json_end_array(json);
        ocsf_mark(w, GW_FIELD_PARSE_ERROR);
    }
    json_end_object(json);
}

/* ---- the event ---- */

static void put_head(struct ocsf_writer *w, const struct form *form, const struct kind *kind)
{
    struct json *json = &w->json;
    int64_t class_uid = form->class_uid;
    bool is_own_class = class_uid == kind->class_uid;
    int64_t activity_id = form->activity ? form->activity(w)
                          : is_own_class ? kind->activity_id
                                         : form->fallback_activity_id;
    json_member_int(json, JSON_KEY("class_uid"), class_uid);
    json_member_int(json, JSON_KEY("category_uid"), class_uid / 1000);
    json_member_int(json, JSON_KEY("activity_id"), activity_id);
    json_member_int(json, JSON_KEY("type_uid"), class_uid * 100 + activity_id);
    json_member_int(json, JSON_KEY("severity_id"),
                    w->event->severity <= GW_SEVERITY_FATAL ? w->event->severity
                                                            : GW_SEVERITY_UNKNOWN);
    json_member_int(json, JSON_KEY("time"), w->event->time_ms);
    ocsf_take_int(w, JSON_KEY("count"), GW_FIELD_EVENT_COUNT);
    if (!ocsf_take_text(w, JSON_KEY("message"), GW_FIELD_MESSAGE) && class_uid != 2004)
        ocsf_take_text(w, JSON_KEY("message"), GW_FIELD_EVENT_NAME);
    if (!ocsf_take_text(w, JSON_KEY("status_detail"), GW_FIELD_STATUS_DETAIL) &&
        !ocsf_take_text(w, JSON_KEY("status_detail"), GW_FIELD_REASON))
        ocsf_take_text(w, JSON_KEY("status_detail"), GW_FIELD_ACTION);
}

static void choose_profiles(struct ocsf_writer *w, const struct form *form)
{
    const struct gw_event *event = w->event;
    w->has_security_control = form->has_security_control || ocsf_has(w, GW_FIELD_ACTION_ID) ||
                              ocsf_has(w, GW_FIELD_DISPOSITION_ID) ||
                              ocsf_has(w, GW_FIELD_MALWARE_NAME);
    w->has_incident =
        form == &forms[OCSF_FORM_FINDING] &&
        (event->kind == GW_KIND_MALWARE_OUTBREAK || event->kind == GW_KIND_MALWARE_OUTBREAK_END);
    w->has_host =
        !w->has_incident && (form == &forms[OCSF_FORM_FINDING] || form == &forms[OCSF_FORM_BASE] ||
                             ocsf_has_device(w) || ocsf_has_actor(w));
}

/* A notification's datagram is no text: its bytes are written as hexadecimal digits. */
static void write_raw(struct json *json, const struct gw_event *event)
{
    static const char digits[] = "0123456789abcdef";
    json_key(json, JSON_KEY("raw_data"));
    if (event->format != GW_FORMAT_VARBINDS) {
        json_quote(json->out, event->text.n ? event->text : event->raw);
        return;
    }
    buf_byte(json->out, '"');
    char *to = buf_reserve(json->out, event->raw.n * 2);
    for (size_t i = 0; i < event->raw.n; i++) {
        *to++ = digits[(unsigned char)event->raw.p[i] >> 4];
        *to++ = digits[(unsigned char)event->raw.p[i] & 15];
    }
    json->out->n += event->raw.n * 2;
    buf_byte(json->out, '"');
}

void ocsf_write(const struct gw_event *event, const struct ocsf_context *context, struct buf *out)
{
    struct ocsf_writer w;
    w.event = event;
    w.context = context;
    w.offline_hash = 0;
    w.has_scan = w.has_policy = w.has_rule = false;
    memset(w.is_taken, 0, event->n_values);
    const struct kind *kind = &kinds[event->kind < GW_KIND_END ? event->kind : GW_KIND_NONE];
    if (!kind->label.p)
        kind = &kinds[GW_KIND_NONE];
    const struct form *form = &forms[kind->form];
    while (form->fits && !form->fits(&w))
        form = &forms[form->fallback];
    choose_profiles(&w, form);

    json_begin(&w.json, out);
    json_put_object(&w.json);
    put_head(&w, form, kind);
    put_metadata(&w, kind);
    form->write(&w);
    if (w.has_security_control)
        ocsf_put_control(&w);
    if (context->has_unmapped)
        ocsf_put_unmapped(&w);
    if (context->has_raw)
        write_raw(&w.json, event);
    json_end_object(&w.json);
}
