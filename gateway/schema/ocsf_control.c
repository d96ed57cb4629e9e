/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a security control found and did: the attributes of the security_control profile, which any
 * class may carry, and the outcome. Source: OCSF 1.8.0 profile security_control.
 */
#include "gateway/schema/ocsf.h"
#include "gateway/schema/ocsf_internal.h"

#define DISPOSITION_LAST 27 /* the last of the enum but 99, Other */

/* What a kind says about action_id and disposition_id when the record does not. */
static const struct {
    uint8_t action_id, disposition_id;
} outcomes[GW_KIND_END] = {
    [GW_KIND_MALWARE_FOUND] = {3, 15},        /* Observed, Detected */
    [GW_KIND_MALWARE_CLEANED] = {4, 11},      /* Modified, Corrected */
    [GW_KIND_MALWARE_QUARANTINED] = {2, 3},   /* Denied, Quarantined */
    [GW_KIND_MALWARE_DELETED] = {2, 5},       /* Denied, Deleted */
    [GW_KIND_MALWARE_BLOCKED] = {2, 2},       /* Denied, Blocked */
    [GW_KIND_MALWARE_PASSED] = {1, 16},       /* Allowed, No Action */
    [GW_KIND_MALWARE_CLEAN_FAILED] = {1, 13}, /* Allowed, Uncorrected */
    [GW_KIND_MALWARE_SUSPECTED] = {3, 15},
    [GW_KIND_MALWARE_GRAYWARE] = {3, 15},
    [GW_KIND_MALWARE_OUTBREAK] = {3, 19},     /* Observed, Alert */
    [GW_KIND_MALWARE_OUTBREAK_END] = {3, 17}, /* Observed, Logged */
    [GW_KIND_SANDBOX_DETECTED] = {3, 15},
    [GW_KIND_BEHAVIOUR_VIOLATION] = {0, 15},
    [GW_KIND_CNC_CALLBACK] = {0, 15},
    [GW_KIND_DNS_BLOCK] = {2, 2},
    [GW_KIND_FW_ALLOW] = {1, 1},
    [GW_KIND_FW_DENY] = {2, 2},
    [GW_KIND_IPS_DETECT] = {0, 15},
    [GW_KIND_INTEGRITY_CHANGE] = {3, 15},
    [GW_KIND_DLP_VIOLATION] = {0, 15},
    [GW_KIND_DEVCTL_BLOCK] = {2, 2},
    [GW_KIND_APPCTL_BLOCK] = {2, 2},
    [GW_KIND_EMAIL_THREAT] = {0, 15},
};

static bool matches(struct slice text, const char *word)
{
    struct slice w = slice_from(word);
    return text.n >= w.n && slice_equal_nocase(slice_head(text, w.n), w);
}

struct classification {
    struct slice word; /* as products write it, whatever its case */
    int id;
    struct slice caption; /* OCSF's */
};

/* NULL: OCSF has no such; it is 99 with the product's word. */
static const struct classification *find_classification(struct slice class)
{
#define ROW(word, id, caption)                                                                     \
    {                                                                                              \
        {word, sizeof word - 1}, id,                                                               \
        {                                                                                          \
            caption, sizeof caption - 1                                                            \
        }                                                                                          \
    }
    static const struct classification rows[] = {
        ROW("virus", 19, "Virus"),
        ROW("virus/malware", 19, "Virus"),
        ROW("worm", 22, "Worm"),
        ROW("trojan", 18, "Trojan"),
        ROW("spyware", 17, "Spyware"),
        ROW("ransomware", 10, "Ransomware"),
        ROW("adware", 1, "Adware"),
        ROW("backdoor", 2, "Backdoor"),
        ROW("bot", 3, "Bot"),
        ROW("downloader", 6, "Downloader"),
        ROW("dropper", 7, "Dropper"),
        ROW("exploit", 8, "Exploit-Kit"),
        ROW("rootkit", 15, "Rootkit"),
        ROW("keylogger", 9, "Keylogger"),
        ROW("webshell", 20, "Webshell"),
        ROW("wiper", 21, "Wiper"),
        ROW("coinminer", 13, "Resource-Exploitation"),
    };
#undef ROW
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (slice_equal_nocase(class, rows[i].word))
            return &rows[i];
    return NULL;
}

/* A product's word that its caption does not hold stays in unmapped, too. */
static void put_classification(struct ocsf_writer *w)
{
    struct slice class = ocsf_text(w, GW_FIELD_MALWARE_CLASS);
    const struct classification *found = find_classification(class);
    struct slice caption = found ? found->caption : class;
    json_member_array(&w->json, JSON_KEY("classification_ids"));
    json_member_int(&w->json, JSON_ITEM, found ? found->id : class.n ? 99 : 0);
    json_end_array(&w->json);
    if (!class.n)
        return;
    json_member_array(&w->json, JSON_KEY("classifications"));
    json_member_string(&w->json, JSON_ITEM, caption);
    json_end_array(&w->json);
    if (slice_equal_nocase(class, caption))
        ocsf_mark(w, GW_FIELD_MALWARE_CLASS);
}

static void put_malware(struct ocsf_writer *w)
{
    json_member_array(&w->json, JSON_KEY("malware"));
    json_member_object(&w->json, JSON_ITEM);
    ocsf_take_text(w, JSON_KEY("name"), GW_FIELD_MALWARE_NAME);
    put_classification(w);
    /* 2 medium, 3 high; 0 and 1 are both low, so these stay in unmapped too. */
    const struct gw_value *risk = ocsf_peek(w, GW_FIELD_MALWARE_RISK);
    if (risk && risk->number >= 0 && risk->number <= 3) {
        json_member_int(&w->json, JSON_KEY("severity_id"), risk->number < 2 ? 2 : risk->number + 1);
        if (risk->number >= 2)
            ocsf_mark(w, GW_FIELD_MALWARE_RISK);
    }
    json_end_object(&w->json);
    json_end_array(&w->json);
}

/* scan and malware_scan_info have the same members. */
void ocsf_put_scan_info(struct ocsf_writer *w, struct json_key key, struct slice fallback_name)
{
    static const struct {
        const char *word;
        int id;
    } rows[] = {{"manual", 1}, {"on demand", 1}, {"schedule", 2}};
    struct slice text = ocsf_text(w, GW_FIELD_SCAN_TYPE);
    int id = text.n ? 99 : 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows && id == 99; i++)
        if (matches(text, rows[i].word))
            id = rows[i].id;
    json_member_object(&w->json, key);
    json_member_int(&w->json, JSON_KEY("type_id"), id);
    if (id == 99)
        json_member_string(&w->json, JSON_KEY("type"), text);
    if (!ocsf_take_text(w, JSON_KEY("name"), GW_FIELD_SCAN_TYPE))
        json_member_string(&w->json, JSON_KEY("name"), fallback_name);
    json_end_object(&w->json);
}

static void put_firewall_rule(struct ocsf_writer *w)
{
    json_member_object(&w->json, JSON_KEY("firewall_rule"));
    ocsf_take_text(w, JSON_KEY("uid"), GW_FIELD_RULE_ID);
    ocsf_take_text(w, JSON_KEY("name"), GW_FIELD_RULE_NAME);
    json_end_object(&w->json);
}

/* An id of 99 must say in its sibling what it is. */
static void put_sibling(struct ocsf_writer *w, struct json_key key)
{
    if (!ocsf_take_text(w, key, GW_FIELD_ACTION))
        json_member_string(&w->json, key, SLICE("Other"));
}

static unsigned kind_of(const struct gw_event *event)
{
    return event->kind < GW_KIND_END ? event->kind : GW_KIND_NONE;
}

/* Kinds that are an outcome: a mapping's disposition beside one is the same in other words. */
static bool is_outcome(unsigned kind)
{
    return kind >= GW_KIND_MALWARE_CLEANED && kind <= GW_KIND_MALWARE_CLEAN_FAILED;
}

int64_t gw_ocsf_disposition(const struct gw_event *event)
{
    unsigned kind = kind_of(event);
    int64_t own = outcomes[kind].disposition_id;
    int64_t told = gw_event_int(event, GW_FIELD_DISPOSITION_ID, own);
    bool is_known = (told >= 0 && told <= DISPOSITION_LAST) || told == 99;
    return is_known && !is_outcome(kind) ? told : own;
}

void ocsf_put_control(struct ocsf_writer *w)
{
    unsigned kind = kind_of(w->event);
    int64_t action_id = ocsf_take_enum(w, GW_FIELD_ACTION_ID, 4, outcomes[kind].action_id);
    if (is_outcome(kind))
        action_id = outcomes[kind].action_id;
    ocsf_take_enum(w, GW_FIELD_DISPOSITION_ID, DISPOSITION_LAST, 0);
    int64_t disposition_id = gw_ocsf_disposition(w->event);
    json_member_int(&w->json, JSON_KEY("action_id"), action_id);
    if (action_id == 99)
        put_sibling(w, JSON_KEY("action"));
    json_member_int(&w->json, JSON_KEY("disposition_id"), disposition_id);
    if (disposition_id == 99)
        put_sibling(w, JSON_KEY("disposition"));
    if (kind != GW_KIND_FW_ALLOW && kind != GW_KIND_MALWARE_OUTBREAK_END)
        json_member_raw(&w->json, JSON_KEY("is_alert"), SLICE("true"));
    if (ocsf_has(w, GW_FIELD_MALWARE_NAME))
        put_malware(w);
    if (ocsf_has(w, GW_FIELD_SCAN_TYPE) && !w->has_scan)
        ocsf_put_scan_info(w, JSON_KEY("malware_scan_info"), SLICE("scan"));
    if (ocsf_has(w, GW_FIELD_POLICY_NAME) && !w->has_policy) {
        json_member_object(&w->json, JSON_KEY("policy"));
        ocsf_take_text(w, JSON_KEY("name"), GW_FIELD_POLICY_NAME);
        json_end_object(&w->json);
    }
    if (!w->has_rule && (ocsf_has(w, GW_FIELD_RULE_ID) || ocsf_has(w, GW_FIELD_RULE_NAME)))
        put_firewall_rule(w);
    ocsf_take_range(w, JSON_KEY("confidence_score"), GW_FIELD_CONFIDENCE, 0, 100);
}

void ocsf_put_status(struct ocsf_writer *w, int fallback)
{
    int64_t status_id = ocsf_take_enum(w, GW_FIELD_STATUS_ID, 2, fallback);
    if (status_id == 99)
        json_member_string(&w->json, JSON_KEY("status"), SLICE("Other"));
    if (status_id)
        json_member_int(&w->json, JSON_KEY("status_id"), status_id);
}
