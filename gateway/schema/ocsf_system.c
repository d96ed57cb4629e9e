/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * States and life of computers, products and the gateway: Device Config State Change 5019,
 * Application Lifecycle 6002, Scan Activity 6007, Application Error 6008, and the Base Event for
 * what OCSF has no class for. Source: OCSF 1.8.0 classes.
 */
#include "gateway/schema/ocsf_internal.h"

/* state_id 99 has no meaning without its text. security_id 0: no security state is known. */
struct state {
    struct slice text;
    uint8_t state_id, security_id;
    struct slice security_text; /* needed with 99 */
};

#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof literal - 1                                                                \
    }

static const struct state states[GW_KIND_END] = {
    [GW_KIND_CONTENT_CURRENT] = {TEXT("Content up to date"), 99, 99, TEXT("Content up to date")},
    [GW_KIND_CONTENT_OUTDATED] = {TEXT("Content out of date"), 99, 1,
                                  TEXT("Missing or outdated content")},
    [GW_KIND_AGENT_ONLINE] = {TEXT("Online"), 99, 99, TEXT("Agent online")},
    [GW_KIND_AGENT_OFFLINE] = {TEXT("Offline"), 99, 99, TEXT("Agent offline")},
    [GW_KIND_PRODUCT_ONLINE] = {TEXT("Product online"), 99, 99, TEXT("Product online")},
    [GW_KIND_PRODUCT_OFFLINE] = {TEXT("Product offline"), 99, 99, TEXT("Product offline")},
    [GW_KIND_PROTECTION_ON] = {TEXT("Enabled"), 2, 99, TEXT("Protection on")},
    [GW_KIND_PROTECTION_OFF] = {TEXT("Disabled"), 1, 4, TEXT("Protection off")},
    [GW_KIND_PROTECTION_FAULT] = {TEXT("Protection malfunction"), 99, 5,
                                  TEXT("Protection malfunction")},
    [GW_KIND_LICENSE_EXPIRING] = {TEXT("License expiring"), 99, 6, TEXT("Protection not licensed")},
};

void ocsf_write_state(struct ocsf_writer *w)
{
    const struct state *state = &states[w->event->kind];
    struct json *json = &w->json;
    ocsf_put_device_always(w, JSON_KEY("device"));
    json_member_int(json, JSON_KEY("state_id"), state->state_id);
    json_member_string(json, JSON_KEY("state"), state->text);
    json_member_array(json, JSON_KEY("security_states"));
    json_member_object(json, JSON_ITEM);
    json_member_int(json, JSON_KEY("state_id"), state->security_id);
    json_member_string(json, JSON_KEY("state"), state->security_text);
    json_end_object(json);
    json_end_array(json);
    ocsf_put_status(w, 0);
}

void ocsf_write_application(struct ocsf_writer *w)
{
    /* What was updated, installed or started: a component, a managed product, a program. */
    static const enum gw_field names[] = {
        GW_FIELD_COMPONENT_NAME, GW_FIELD_PRODUCT_MODULE, GW_FIELD_PROCESS_NAME, GW_FIELD_NET_APP,
        GW_FIELD_SYSLOG_APPNAME, GW_FIELD_COMPONENT_ID,   GW_FIELD_PRODUCT_NAME};
    struct json *json = &w->json;
    bool is_named = false;
    json_member_object(json, JSON_KEY("app"));
    for (size_t i = 0; i < sizeof names / sizeof *names && !is_named; i++)
        is_named = ocsf_take_text(w, JSON_KEY("name"), names[i]);
    if (!is_named)
        json_member_string(json, JSON_KEY("name"), SLICE("unknown"));
    ocsf_take_text(w, JSON_KEY("uid"), GW_FIELD_COMPONENT_ID);
    ocsf_take_text(w, JSON_KEY("vendor_name"), GW_FIELD_PRODUCT_VENDOR);
    ocsf_take_text(w, JSON_KEY("version"), GW_FIELD_COMPONENT_VERSION);
    json_end_object(json);
    ocsf_put_host(w);
    ocsf_put_status(w, w->event->kind == GW_KIND_CONTENT_UPDATE_FAILED ? 2 : 1);
}

void ocsf_write_scan(struct ocsf_writer *w)
{
    w->has_scan = true;
    ocsf_put_scan_info(w, JSON_KEY("scan"), SLICE("scan"));
    ocsf_take_int(w, JSON_KEY("num_detections"), GW_FIELD_COUNT_DETECTIONS);
    ocsf_put_host(w);
    ocsf_put_status(w, 0);
}

void ocsf_write_error(struct ocsf_writer *w)
{
    if (w->has_host)
        ocsf_put_device(w, JSON_KEY("device"));
    ocsf_put_status(w, 0);
}

/* activity_name of a Base Event: 99 says nothing else. Kinds of other classes stand here for the
   case that their record lacks what the class requires. */
static const struct slice activities[GW_KIND_END] = {
    [GW_KIND_NONE] = TEXT("Unclassified"),
    [GW_KIND_FW_ALLOW] = TEXT("Firewall Allow"),
    [GW_KIND_FW_DENY] = TEXT("Firewall Deny"),
    [GW_KIND_AUTH_LOGON_OK] = TEXT("Logon"),
    [GW_KIND_AUTH_LOGON_FAIL] = TEXT("Logon Failed"),
    [GW_KIND_AUTH_LOGOFF] = TEXT("Logoff"),
    [GW_KIND_ACCOUNT_CHANGE] = TEXT("Account Change"),
    [GW_KIND_CONFIG_CHANGE] = TEXT("Configuration Change"),
    [GW_KIND_ADMIN_AUDIT] = TEXT("Administration"),
    [GW_KIND_LINK_UP] = TEXT("Link Up"),
    [GW_KIND_LINK_DOWN] = TEXT("Link Down"),
    [GW_KIND_NET_NEIGHBOR_UP] = TEXT("Neighbor Up"),
    [GW_KIND_NET_NEIGHBOR_DOWN] = TEXT("Neighbor Down"),
    [GW_KIND_DEVICE_RESTART] = TEXT("Device Restart"),
    [GW_KIND_SYSTEM_STATUS] = TEXT("System Status"),
    [GW_KIND_HARDWARE_FAULT] = TEXT("Hardware Fault"),
    [GW_KIND_HARDWARE_OK] = TEXT("Hardware OK"),
    [GW_KIND_GATEWAY_TICK] = TEXT("Gateway Tick"),
    [GW_KIND_GATEWAY_CONFIG] = TEXT("Gateway Configuration"),
    [GW_KIND_KPI_CHANGED] = TEXT("Indicator Changed"),
    [GW_KIND_ALERT_RAISED] = TEXT("Alert Raised"),
    [GW_KIND_ALERT_CHANGED] = TEXT("Alert Changed"),
    [GW_KIND_ALERT_ACKNOWLEDGED] = TEXT("Alert Acknowledged"),
    [GW_KIND_ALERT_CLEARED] = TEXT("Alert Cleared"),
    [GW_KIND_ALERT_REPEATED] = TEXT("Alert Repeated"),
    [GW_KIND_KPI_VALUE] = TEXT("Indicator Value"),
};

static struct slice activity(const struct ocsf_writer *w)
{
    if (w->event->kind == GW_KIND_DEVICE_RESTART) {
        struct slice trap = ocsf_text(w, GW_FIELD_SNMP_TRAP_OID);
        if (slice_equal(trap, SLICE("1.3.6.1.6.3.1.1.5.1")))
            return SLICE("Cold Start");
        if (slice_equal(trap, SLICE("1.3.6.1.6.3.1.1.5.2")))
            return SLICE("Warm Start");
    }
    struct slice text = w->event->kind < GW_KIND_END ? activities[w->event->kind] : SLICE_NONE;
    return text.n ? text : slice_from(gw_kind_name((enum gw_kind)w->event->kind));
}

void ocsf_write_base(struct ocsf_writer *w)
{
    json_member_string(&w->json, JSON_KEY("activity_name"), activity(w));
    json_member_raw(&w->json, JSON_KEY("type_name"), SLICE("\"Base Event: Other\""));
    /* The gateway's own records are about no device, unless an alert names its host. */
    if (ocsf_has_device(w) || !gw_kind_is_own(w->event->kind))
        ocsf_put_device_always(w, JSON_KEY("device"));
    ocsf_put_actor(w);
    ocsf_put_status(w, w->event->kind == GW_KIND_AUTH_LOGON_FAIL ? 2 : 0);
}
