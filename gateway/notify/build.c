/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Record to varbinds. The order is the OBJECTS clause of mibs/EOG-GATEWAY-MIB.txt.in. */
#include "gateway/notify/build.h"

#include <string.h>

#include "gateway/base/address.h"
#include "gateway/snmp/eog_mib.h"

static const uint32_t notifications[] = {EOG_ENTERPRISE_OID_ARCS, EOG_ARC_NOTIFICATIONS};
static const uint32_t gateway_group[] = {EOG_SCALARS_BASE(EOG_GROUP_GATEWAY)};
static const uint32_t notify_group[] = {EOG_SCALARS_BASE(EOG_GROUP_NOTIFY)};

/* A row that ends while it is unknown changes no state. */
static bool is_change(const struct gw_event *event)
{
    return gw_event_int(event, GW_FIELD_KPI_OLD_STATE, -1) !=
           gw_event_int(event, GW_FIELD_KPI_STATE, -2);
}

/* 0: none. */
static uint32_t notification_of(const struct gw_event *event, bool tells_changes)
{
    if (gw_event_int(event, GW_FIELD_ALERT_MUTED, 0))
        return 0;
    switch (event->kind) {
    case GW_KIND_ALERT_RAISED:
    case GW_KIND_ALERT_REPEATED:
        return EOG_NOTIFICATION_ALERT_RAISED;
    case GW_KIND_ALERT_CHANGED:
        return EOG_NOTIFICATION_ALERT_CHANGED;
    case GW_KIND_ALERT_ACKNOWLEDGED:
        return gw_event_has(event, GW_FIELD_EMISSION) ? EOG_NOTIFICATION_ALERT_ACKNOWLEDGED : 0;
    case GW_KIND_ALERT_CLEARED:
        return EOG_NOTIFICATION_ALERT_CLEARED;
    case GW_KIND_KPI_CHANGED:
        return tells_changes && is_change(event) ? EOG_NOTIFICATION_KPI_STATE_CHANGE : 0;
    default:
        return 0;
    }
}

static struct gwsnmp_value *add(struct gwsnmp_notification *out, const uint32_t *group, size_t n,
                                uint32_t object)
{
    struct gwsnmp_varbind *varbind = &out->v[out->n++];
    memcpy(varbind->name.v, group, n * sizeof *group);
    varbind->name.v[n] = object;
    varbind->name.v[n + 1] = 0;
    varbind->name.n = n + 2;
    return &varbind->value;
}

static struct gwsnmp_value *add_own(struct gwsnmp_notification *out, uint32_t object)
{
    return add(out, notify_group, sizeof notify_group / sizeof *notify_group, object);
}

static void add_text(struct gwsnmp_notification *out, uint32_t object, const struct gw_event *event,
                     enum gw_field field)
{
    gwsnmp_set_text(add_own(out, object), gw_event_text(event, field));
}

static void add_number(struct gwsnmp_notification *out, uint32_t object,
                       const struct gw_event *event, enum gw_field field)
{
    int64_t number = gw_event_int(event, field, 0);
    gwsnmp_set_gauge(add_own(out, object), number > 0 ? (uint64_t)number : 0);
}

static void add_integer(struct gwsnmp_notification *out, uint32_t object,
                        const struct gw_event *event, enum gw_field field, int64_t fallback)
{
    int64_t number = gw_event_int(event, field, fallback);
    number = number > INT32_MAX ? INT32_MAX : number < INT32_MIN ? INT32_MIN : number;
    gwsnmp_set_integer(add_own(out, object), (int32_t)number);
}

static void set_origin(struct gwsnmp_notification *out, struct slice text)
{
    struct network address;
    out->has_origin = network_parse(text, &address) && address.n == 4;
    if (out->has_origin)
        memcpy(out->origin, address.bytes, sizeof out->origin);
}

void notify_fill(uint32_t number, const struct gw_event *event, struct slice gateway,
                 struct slice uid, struct gwsnmp_notification *out)
{
    enum { UNKNOWN_STATE = 3 };
    out->number = 0;
    out->n = 0;
    memcpy(out->trap_oid.v, notifications, sizeof notifications);
    out->trap_oid.n = sizeof notifications / sizeof *notifications;
    out->trap_oid.v[out->trap_oid.n++] = number;
    set_origin(out, gw_event_text(event, GW_FIELD_ORIGIN_IP));

    gwsnmp_set_text(
        add(out, gateway_group, sizeof gateway_group / sizeof *gateway_group, EOG_GATEWAY_NAME),
        gateway);
    add_number(out, EOG_NOTIFY_ALERT_NUMBER, event, GW_FIELD_ALERT_ID);
    add_number(out, EOG_NOTIFY_KPI_NUMBER, event, GW_FIELD_KPI_ID);
    add_text(out, EOG_NOTIFY_KPI_KEY, event, GW_FIELD_KPI_KEY);
    add_text(out, EOG_NOTIFY_SCOPE, event, GW_FIELD_KPI_SCOPE);
    add_text(out, EOG_NOTIFY_SCOPE_NAME, event, GW_FIELD_KPI_SCOPE_NAME);
    add_integer(out, EOG_NOTIFY_OLD_STATE, event, GW_FIELD_KPI_OLD_STATE, UNKNOWN_STATE);
    add_integer(out, EOG_NOTIFY_NEW_STATE, event, GW_FIELD_KPI_STATE, UNKNOWN_STATE);
    add_integer(out, EOG_NOTIFY_VALUE, event, GW_FIELD_KPI_VALUE, 0);
    add_text(out, EOG_NOTIFY_VALUE_TEXT, event, GW_FIELD_KPI_VALUE_TEXT);
    add_text(out, EOG_NOTIFY_UNIT, event, GW_FIELD_KPI_UNIT);
    add_text(out, EOG_NOTIFY_REASON, event, GW_FIELD_REASON);
    add_text(out, EOG_NOTIFY_ADVICE, event, GW_FIELD_ADVICE);
    gwsnmp_set_date(add_own(out, EOG_NOTIFY_TIME), event->time_ms);
    add_text(out, EOG_NOTIFY_ORIGIN, event, GW_FIELD_ORIGIN_IP);
    add_text(out, EOG_NOTIFY_PERSON, event, GW_FIELD_ALERT_ACK_NAME);
    add_text(out, EOG_NOTIFY_NOTE, event, GW_FIELD_ALERT_ACK_NOTE);
    gwsnmp_set_text(add_own(out, EOG_NOTIFY_UID), uid);
}

bool notify_build(const struct gw_event *event, struct slice gateway, struct slice uid,
                  bool tells_changes, struct gwsnmp_notification *out)
{
    uint32_t number = notification_of(event, tells_changes);
    if (number == 0)
        return false;
    notify_fill(number, event, gateway, uid, out);
    return true;
}
