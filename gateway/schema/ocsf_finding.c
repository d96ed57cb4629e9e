/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings: Detection 2004, Data Security 2006, Vulnerability 2002. Source: OCSF 1.8.0 classes. */
#include "gateway/schema/ocsf_internal.h"

/* finding_info.types[0] */
static const struct slice types[GW_KIND_END] = {
#define TYPE(kind, text) [GW_KIND_##kind] = {text, sizeof text - 1}
    TYPE(MALWARE_FOUND, "malware"),
    TYPE(MALWARE_CLEANED, "malware"),
    TYPE(MALWARE_QUARANTINED, "malware"),
    TYPE(MALWARE_DELETED, "malware"),
    TYPE(MALWARE_BLOCKED, "malware"),
    TYPE(MALWARE_PASSED, "malware"),
    TYPE(MALWARE_CLEAN_FAILED, "malware"),
    TYPE(MALWARE_SUSPECTED, "malware"),
    TYPE(MALWARE_GRAYWARE, "grayware"),
    TYPE(MALWARE_OUTBREAK, "outbreak"),
    TYPE(MALWARE_OUTBREAK_END, "outbreak"),
    TYPE(SANDBOX_DETECTED, "sandbox"),
    TYPE(BEHAVIOUR_VIOLATION, "behaviour"),
    TYPE(CNC_CALLBACK, "cnc"),
    TYPE(WEB_REPUTATION, "web_reputation"),
    TYPE(DNS_BLOCK, "dns"),
    TYPE(IPS_DETECT, "ips"),
    TYPE(INTEGRITY_CHANGE, "integrity"),
    TYPE(DLP_VIOLATION, "dlp"),
    TYPE(DEVCTL_BLOCK, "device_control"),
    TYPE(APPCTL_BLOCK, "application_control"),
    TYPE(EMAIL_THREAT, "email"),
    TYPE(VULN_FOUND, "vulnerability"),
    TYPE(VULN_RESOLVED, "vulnerability"),
#undef TYPE
};

static bool is_outbreak(const struct ocsf_writer *w)
{
    return w->event->kind == GW_KIND_MALWARE_OUTBREAK ||
           w->event->kind == GW_KIND_MALWARE_OUTBREAK_END;
}

/* An outbreak's start and end must name the same finding, though nothing in the messages links
   them but the console and the malware. */
static void put_outbreak_uid(struct ocsf_writer *w)
{
    static const enum gw_field parts[] = {GW_FIELD_PRODUCT_HOST, GW_FIELD_PRODUCT_NAME,
                                          GW_FIELD_MALWARE_NAME};
    json_key(&w->json, JSON_KEY("uid"));
    json_quote(w->json.out, SLICE("outbreak"));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        ocsf_append_quoted(w->json.out, '/', ocsf_text(w, parts[i]));
}

static void put_analytic(struct ocsf_writer *w)
{
    w->has_rule = true;
    json_member_object(&w->json, JSON_KEY("analytic"));
    json_member_int(&w->json, JSON_KEY("type_id"), 1);
    ocsf_take_text(w, JSON_KEY("uid"), GW_FIELD_RULE_ID);
    ocsf_take_text(w, JSON_KEY("name"), GW_FIELD_RULE_NAME);
    json_end_object(&w->json);
}

static void put_finding_info(struct ocsf_writer *w)
{
    static const enum gw_field titles[] = {GW_FIELD_MALWARE_NAME, GW_FIELD_RULE_NAME,
                                           GW_FIELD_EVENT_NAME, GW_FIELD_MESSAGE};
    enum { TITLES = sizeof titles / sizeof *titles };
    struct json *json = &w->json;
    json_member_object(json, JSON_KEY("finding_info"));
    if (ocsf_has(w, GW_FIELD_EVENT_KEY))
        ocsf_take_text(w, JSON_KEY("uid"), GW_FIELD_EVENT_KEY);
    else if (is_outbreak(w))
        put_outbreak_uid(w);
    else
        ocsf_put_uid(w);
    size_t title = 0;
    while (title < TITLES && !ocsf_has(w, titles[title]))
        title++;
    if (title < TITLES)
        ocsf_take_text(w, JSON_KEY("title"), titles[title]);
    else
        json_member_string(json, JSON_KEY("title"),
                           slice_from(gw_kind_name((enum gw_kind)w->event->kind)));
    if (title < TITLES && titles[title] != GW_FIELD_EVENT_NAME)
        ocsf_take_text(w, JSON_KEY("desc"), GW_FIELD_EVENT_NAME);
    json_member_array(json, JSON_KEY("types"));
    struct slice type = w->event->kind < GW_KIND_END ? types[w->event->kind] : SLICE_NONE;
    json_member_string(json, JSON_ITEM, type.n ? type : SLICE("event"));
    if (ocsf_has(w, GW_FIELD_CLASS)) {
        json_member_string(json, JSON_ITEM, ocsf_text(w, GW_FIELD_CLASS));
        ocsf_mark(w, GW_FIELD_CLASS);
    }
    json_end_array(json);
    if (ocsf_has(w, GW_FIELD_RULE_ID) || ocsf_has(w, GW_FIELD_RULE_NAME))
        put_analytic(w);
    json_end_object(json);
}

/* Several ids in one field are separated by commas, semicolons or blanks. */
static bool next_cve(struct slice *rest, struct slice *cve)
{
    return slice_next_between(rest, SLICE(",; \t"), cve);
}

static bool has_cve(const struct ocsf_writer *w)
{
    struct slice rest = ocsf_text(w, GW_FIELD_CVE), cve;
    return next_cve(&rest, &cve);
}

bool ocsf_fits_vulnerability(const struct ocsf_writer *w)
{
    return has_cve(w) || ocsf_has(w, GW_FIELD_RULE_ID);
}

/* By their CVE numbers; one that has none by the scanner's own. */
static void put_vulnerabilities(struct ocsf_writer *w)
{
    struct slice rest = ocsf_text(w, GW_FIELD_CVE), cve;
    bool is_named = false;
    json_member_array(&w->json, JSON_KEY("vulnerabilities"));
    while (next_cve(&rest, &cve)) {
        json_member_object(&w->json, JSON_ITEM);
        json_member_object(&w->json, JSON_KEY("cve"));
        json_member_string(&w->json, JSON_KEY("uid"), cve);
        json_end_object(&w->json);
        json_end_object(&w->json);
        is_named = true;
    }
    if (!is_named) {
        json_member_object(&w->json, JSON_ITEM);
        json_member_object(&w->json, JSON_KEY("advisory"));
        ocsf_take_text(w, JSON_KEY("uid"), GW_FIELD_RULE_ID);
        json_end_object(&w->json);
        json_end_object(&w->json);
    }
    json_end_array(&w->json);
    ocsf_mark(w, GW_FIELD_CVE);
}

/* The device that was plugged in has no object of its own among evidences: it names the item, whose
   device is the computer. */
static void put_peripheral_evidence(struct ocsf_writer *w)
{
    ocsf_take_text(w, JSON_KEY("name"), GW_FIELD_PERIPHERAL);
    ocsf_put_device_always(w, JSON_KEY("device"));
}

static void put_evidences(struct ocsf_writer *w)
{
    struct json *json = &w->json;
    bool has_src = ocsf_has_endpoint(w, &ocsf_src), has_source = ocsf_has_endpoint(w, &ocsf_source);
    bool has_peripheral = ocsf_has(w, GW_FIELD_PERIPHERAL);
    if (!has_src && !has_source && !has_peripheral && !ocsf_has_endpoint(w, &ocsf_dst) &&
        !ocsf_has_file(w) && !ocsf_has(w, GW_FIELD_URL) && !ocsf_has(w, GW_FIELD_DNS_QUERY) &&
        !ocsf_has_email(w) && !ocsf_has(w, GW_FIELD_DIRECTION) &&
        !ocsf_has(w, GW_FIELD_NET_PROTOCOL))
        return;
    json_member_array(json, JSON_KEY("evidences"));
    json_member_object(json, JSON_ITEM);
    if (has_peripheral)
        put_peripheral_evidence(w);
    ocsf_put_file(w, JSON_KEY("file"));
    ocsf_put_endpoint(w, JSON_KEY("src_endpoint"), has_src ? &ocsf_src : &ocsf_source);
    ocsf_put_endpoint(w, JSON_KEY("dst_endpoint"), &ocsf_dst);
    ocsf_put_connection(w);
    ocsf_put_url(w, JSON_KEY("url"));
    ocsf_put_query(w, JSON_KEY("query"));
    ocsf_put_email(w, JSON_KEY("email"));
    json_end_object(json);
    if (has_src && has_source) {
        json_member_object(json, JSON_ITEM);
        json_member_string(json, JSON_KEY("name"), SLICE("infection source"));
        ocsf_put_endpoint(w, JSON_KEY("src_endpoint"), &ocsf_source);
        json_end_object(json);
    }
    json_end_array(json);
}

/* Profile incident in place of host: how much, until when, how urgent, open or closed. */
static void put_outbreak(struct ocsf_writer *w)
{
    static const uint8_t priority[] = {0, 1, 1, 2, 3, 4, 4};
    unsigned severity = w->event->severity < sizeof priority ? w->event->severity : 0;
    if (!ocsf_has(w, GW_FIELD_EVENT_COUNT))
        ocsf_take_int(w, JSON_KEY("count"), GW_FIELD_COUNT_DETECTIONS);
    json_member_int(&w->json,
                    w->event->kind == GW_KIND_MALWARE_OUTBREAK ? JSON_KEY("start_time")
                                                               : JSON_KEY("end_time"),
                    w->event->time_ms);
    json_member_int(&w->json, JSON_KEY("priority_id"), priority[severity]);
    json_member_int(&w->json, JSON_KEY("status_id"),
                    w->event->kind == GW_KIND_MALWARE_OUTBREAK ? 1 : 4);
}

void ocsf_write_finding(struct ocsf_writer *w)
{
    put_finding_info(w);
    ocsf_put_device(w, JSON_KEY("device"));
    put_evidences(w);
    if (w->has_host)
        ocsf_put_actor(w);
    if (has_cve(w))
        put_vulnerabilities(w);
    if (is_outbreak(w))
        put_outbreak(w);
}

void ocsf_write_data(struct ocsf_writer *w)
{
    struct json *json = &w->json;
    bool has_pattern = ocsf_has(w, GW_FIELD_RULE_NAME);
    put_finding_info(w);
    if (has_pattern || ocsf_has(w, GW_FIELD_POLICY_NAME)) {
        json_member_object(json, JSON_KEY("data_security"));
        ocsf_take_text(w, JSON_KEY("detection_pattern"), GW_FIELD_RULE_NAME);
        if (ocsf_has(w, GW_FIELD_POLICY_NAME)) {
            w->has_policy = true;
            json_member_object(json, JSON_KEY("policy"));
            ocsf_take_text(w, JSON_KEY("name"), GW_FIELD_POLICY_NAME);
            json_end_object(json);
        }
        json_end_object(json);
    }
    ocsf_put_device(w, JSON_KEY("device"));
    ocsf_put_actor(w);
    ocsf_put_file(w, JSON_KEY("file"));
    ocsf_put_endpoint(w, JSON_KEY("src_endpoint"),
                      ocsf_has_endpoint(w, &ocsf_src) ? &ocsf_src : &ocsf_source);
    ocsf_put_endpoint(w, JSON_KEY("dst_endpoint"), &ocsf_dst);
}

void ocsf_write_vulnerability(struct ocsf_writer *w)
{
    put_finding_info(w);
    put_vulnerabilities(w);
    ocsf_put_device(w, JSON_KEY("device"));
}
