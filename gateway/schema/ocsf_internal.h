/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SCHEMA_OCSF_INTERNAL_H
#define GATEWAY_SCHEMA_OCSF_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/json.h"
#include "gateway/schema/event.h"
#include "gateway/schema/ocsf.h"

/**
 * Shared by the writers of classes (ocsf_<group>.c). A writer takes fields out of the record: what
 * a helper wrote is marked, what nobody took ends in `unmapped`. A helper that finds nothing, or
 * nothing valid, writes nothing, key included, so that no object comes out empty by accident; where
 * an object has required members, an ocsf_has_*() or a local check stands before it.
 */
struct ocsf_writer {
    const struct gw_event *event;
    const struct ocsf_context *context;
    struct json json;
    bool has_security_control, has_host, has_incident; /* profiles that the event claims */
    bool has_scan, has_policy, has_rule; /* written by the class: the profile leaves them alone */
    uint64_t offline_hash;               /* of raw and kind; 0: not computed yet */
    bool is_taken[GW_EVENT_VALUES_MAX];  /* by place in event->values */
};

enum ocsf_form {
    OCSF_FORM_BASE,
    OCSF_FORM_FINDING,
    OCSF_FORM_STATE,
    OCSF_FORM_APPLICATION,
    OCSF_FORM_HTTP,
    OCSF_FORM_DNS,
    OCSF_FORM_NETWORK,
    OCSF_FORM_DATA,
    OCSF_FORM_PERIPHERAL,
    OCSF_FORM_EMAIL,
    OCSF_FORM_SCAN,
    OCSF_FORM_VULNERABILITY,
    OCSF_FORM_AUTHENTICATION,
    OCSF_FORM_ACCOUNT,
    OCSF_FORM_ENTITY,
    OCSF_FORM_ERROR,
    OCSF_FORM_END
};

/* ---- ocsf_take.c: the record's fields, one at a time ---- */

/* The value of a field, or NULL; marks nothing. */
static inline const struct gw_value *ocsf_peek(const struct ocsf_writer *w, enum gw_field field)
{
    size_t at = w->event->at[field];
    return at ? &w->event->values[at - 1] : NULL;
}

static inline bool ocsf_has(const struct ocsf_writer *w, enum gw_field field)
{
    return w->event->at[field] != 0;
}

static inline void ocsf_mark(struct ocsf_writer *w, enum gw_field field)
{
    size_t at = w->event->at[field];
    if (at)
        w->is_taken[at - 1] = true;
}

/* Text of a field, or an empty slice; marks nothing. */
static inline struct slice ocsf_text(const struct ocsf_writer *w, enum gw_field field)
{
    const struct gw_value *value = ocsf_peek(w, field);
    return value ? value->text : SLICE_NONE;
}

/* Write the field under key and mark it; false when absent. */
static inline bool ocsf_take_text(struct ocsf_writer *w, struct json_key key, enum gw_field field)
{
    size_t at = w->event->at[field];
    if (!at)
        return false;
    w->is_taken[at - 1] = true;
    json_member_string(&w->json, key, w->event->values[at - 1].text);
    return true;
}

/* The same for INT and TIME. */
static inline bool ocsf_take_int(struct ocsf_writer *w, struct json_key key, enum gw_field field)
{
    size_t at = w->event->at[field];
    if (!at)
        return false;
    w->is_taken[at - 1] = true;
    json_member_int(&w->json, key, w->event->values[at - 1].number);
    return true;
}

/* The fields' number when it is one of an enum 0..last (99 with it), else fallback, unmarked. */
int64_t ocsf_take_enum(struct ocsf_writer *w, enum gw_field field, int64_t last, int64_t fallback);

/* ip_t, mac_t and email_t as the schema's regular expressions accept them, less their slips. */
bool ocsf_is_ip(struct slice text);
bool ocsf_is_mac(struct slice text);
bool ocsf_is_email(struct slice text);
bool ocsf_is_hex(struct slice text, size_t digits);

static inline bool ocsf_has_ip(const struct ocsf_writer *w, enum gw_field field)
{
    const struct gw_value *value = ocsf_peek(w, field);
    return value && ocsf_is_ip(value->text);
}

/* The same when the value is valid. Here, so that each key is of a known length. */
static inline bool ocsf_take_ip(struct ocsf_writer *w, struct json_key key, enum gw_field field)
{
    return ocsf_has_ip(w, field) && ocsf_take_text(w, key, field);
}
static inline bool ocsf_take_mac(struct ocsf_writer *w, struct json_key key, enum gw_field field)
{
    return ocsf_is_mac(ocsf_text(w, field)) && ocsf_take_text(w, key, field);
}
/* An int in low..high, or nothing. */
static inline bool ocsf_take_range(struct ocsf_writer *w, struct json_key key, enum gw_field field,
                                   int64_t low, int64_t high)
{
    const struct gw_value *value = ocsf_peek(w, field);
    return value && value->number >= low && value->number <= high && ocsf_take_int(w, key, field);
}
static inline bool ocsf_take_port(struct ocsf_writer *w, struct json_key key, enum gw_field field)
{
    return ocsf_take_range(w, key, field, 0, 65535);
}

/* ---- ocsf_objects.c: objects that many classes share ---- */

/* device, of the computer the record is about; false when the record names none. */
bool ocsf_has_device(const struct ocsf_writer *w);
void ocsf_put_device(struct ocsf_writer *w, struct json_key key);
/* device where the class requires one: the host, else who reported, else {"name":"unknown"}. */
void ocsf_put_device_always(struct ocsf_writer *w, struct json_key key);

/* The names of an endpoint's fields; 0: it has none. */
struct ocsf_endpoint {
    enum gw_field ip, port, name, mac, user;
};
extern const struct ocsf_endpoint ocsf_src, ocsf_dst, ocsf_source, ocsf_host;
bool ocsf_has_endpoint(const struct ocsf_writer *w, const struct ocsf_endpoint *endpoint);
bool ocsf_put_endpoint(struct ocsf_writer *w, struct json_key key,
                       const struct ocsf_endpoint *endpoint);

bool ocsf_has_file(const struct ocsf_writer *w);
void ocsf_put_file(struct ocsf_writer *w, struct json_key key);
bool ocsf_put_user(struct ocsf_writer *w, struct json_key key, enum gw_field name,
                   enum gw_field domain);
/* actor: needs a user, or a process that can be named. */
bool ocsf_has_actor(const struct ocsf_writer *w);
bool ocsf_put_actor(struct ocsf_writer *w);
/* What the profile host adds, where the event claims it: device and actor. */
void ocsf_put_host(struct ocsf_writer *w);
bool ocsf_put_url(struct ocsf_writer *w, struct json_key key);
bool ocsf_put_query(struct ocsf_writer *w, struct json_key key);
bool ocsf_put_connection(struct ocsf_writer *w);
/* email of email_activity and evidences; needs a valid sender or receiver. */
bool ocsf_has_email(const struct ocsf_writer *w);
void ocsf_put_email(struct ocsf_writer *w, struct json_key key);
/* ---- ocsf_control.c ---- */

/* All that the profile security_control allows: outcome, malware, scan, policy, rule. */
void ocsf_put_control(struct ocsf_writer *w);
void ocsf_put_scan_info(struct ocsf_writer *w, struct json_key key, struct slice fallback_name);
/* status_id as Success or Failure; fallback 0: only when the record says it. Not for findings. */
void ocsf_put_status(struct ocsf_writer *w, int fallback);

/* ---- ocsf.c ---- */

/* Member uid: gateway.epoch.sequence. */
void ocsf_put_uid(struct ocsf_writer *w);
/* Out ends in a JSON string: lengthen it by first (plain) and text. */
void ocsf_append_quoted(struct buf *out, char first, struct slice text);

/* ---- one writer a form ---- */

bool ocsf_fits_vulnerability(const struct ocsf_writer *w);
void ocsf_write_finding(struct ocsf_writer *w);
void ocsf_write_data(struct ocsf_writer *w);
void ocsf_write_vulnerability(struct ocsf_writer *w);

void ocsf_write_state(struct ocsf_writer *w);
void ocsf_write_application(struct ocsf_writer *w);
void ocsf_write_scan(struct ocsf_writer *w);
void ocsf_write_base(struct ocsf_writer *w);
void ocsf_write_error(struct ocsf_writer *w);

bool ocsf_fits_http(const struct ocsf_writer *w);
bool ocsf_fits_network(const struct ocsf_writer *w);
bool ocsf_fits_email(const struct ocsf_writer *w);
void ocsf_write_http(struct ocsf_writer *w);
void ocsf_write_dns(struct ocsf_writer *w);
void ocsf_write_network(struct ocsf_writer *w);
void ocsf_write_email(struct ocsf_writer *w);

bool ocsf_fits_authentication(const struct ocsf_writer *w);
bool ocsf_fits_account(const struct ocsf_writer *w);
bool ocsf_fits_entity(const struct ocsf_writer *w);
bool ocsf_fits_peripheral(const struct ocsf_writer *w);
void ocsf_write_authentication(struct ocsf_writer *w);
void ocsf_write_account(struct ocsf_writer *w);
void ocsf_write_entity(struct ocsf_writer *w);
void ocsf_write_peripheral(struct ocsf_writer *w);
/* The activity that the record's wording names, else the kind's. */
int ocsf_account_activity(const struct ocsf_writer *w);
int ocsf_entity_activity(const struct ocsf_writer *w);

/* ---- ocsf_unmapped.c ---- */
void ocsf_put_unmapped(struct ocsf_writer *w);

#endif
