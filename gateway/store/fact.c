/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One record as a row of the figures: who, what, where from, how often. */
#include "gateway/store/fact.h"

#include <stdio.h>

#include "gateway/schema/ocsf.h"
#include "gateway/schema/who.h"

enum { COUNT_MAX = 1000000 }; /* as the indicators bound it */

bool store_is_infection(int kind)
{
    return kind == GW_KIND_MALWARE_FOUND || kind == GW_KIND_MALWARE_CLEANED ||
           kind == GW_KIND_MALWARE_QUARANTINED || kind == GW_KIND_MALWARE_DELETED ||
           kind == GW_KIND_MALWARE_PASSED || kind == GW_KIND_MALWARE_CLEAN_FAILED;
}

bool store_is_detection(int kind)
{
    switch (kind) {
    case GW_KIND_MALWARE_BLOCKED:
    case GW_KIND_MALWARE_SUSPECTED:
    case GW_KIND_MALWARE_GRAYWARE:
    case GW_KIND_SANDBOX_DETECTED:
    case GW_KIND_BEHAVIOUR_VIOLATION:
    case GW_KIND_CNC_CALLBACK:
    case GW_KIND_WEB_REPUTATION:
    case GW_KIND_IPS_DETECT:
    case GW_KIND_DLP_VIOLATION:
    case GW_KIND_DEVCTL_BLOCK:
    case GW_KIND_APPCTL_BLOCK:
    case GW_KIND_EMAIL_THREAT:
        return true;
    default:
        return store_is_infection(kind);
    }
}

static void put(const struct gw_event *event, enum gw_field field, char *out, size_t max)
{
    struct slice text = slice_trim(gw_event_text(event, field));
    gw_clean_text(gw_is_nobody(text) ? SLICE_NONE : text, out, max, false);
}

static void add_key(struct store_fact *fact, char kind, struct slice text)
{
    char *key = fact->keys[fact->n_keys++];
    key[0] = kind;
    key[1] = ':';
    gw_clean_text(text, key + 2, STORE_NAME_MAX, true);
}

/* By what the indicators know a computer. */
static void find_computer(const struct gw_event *event, struct store_fact *fact)
{
    struct gw_identity who = {.guid = gw_event_text(event, GW_FIELD_HOST_GUID),
                              .name = gw_event_text(event, GW_FIELD_HOST_NAME),
                              .domain = gw_event_text(event, GW_FIELD_HOST_DOMAIN),
                              .mac = gw_event_text(event, GW_FIELD_HOST_MAC),
                              .ip = gw_event_text(event, GW_FIELD_HOST_IP)};
    gw_identity_of(&who);
    gw_clean_text(who.label, fact->computer, STORE_NAME_MAX, false);
    if (who.guid.n)
        add_key(fact, 'g', who.guid);
    if (who.domain.n) {
        char full[2 * STORE_NAME_MAX + 2];
        struct slice name = slice_head(who.name, STORE_NAME_MAX),
                     domain = slice_head(who.domain, STORE_NAME_MAX);
        int n = snprintf(full, sizeof full, "%.*s.%.*s", SLICE_FMT(name), SLICE_FMT(domain));
        add_key(fact, 'd', slice_of(full, (size_t)n));
    }
    if (who.name.n)
        add_key(fact, 'n', who.name);
    if (who.mac.n)
        add_key(fact, 'm', who.mac);
    if (who.ip.n)
        add_key(fact, 'i', who.ip);
}

static void find_sender(const struct gw_event *event, struct store_fact *fact)
{
    const enum gw_field fields[] = {GW_FIELD_SNMP_AGENT_ADDRESS, GW_FIELD_PEER,
                                    GW_FIELD_SYSLOG_HOSTNAME};
    for (size_t i = 0; i < 3 && !*fact->sender; i++)
        put(event, fields[i], fact->sender, sizeof fact->sender - 1);
}

static void find_product(const struct gw_event *event, struct store_fact *fact)
{
    const enum gw_field fields[] = {GW_FIELD_PRODUCT_NAME, GW_FIELD_MAPPING};
    for (size_t i = 0; i < 2 && !*fact->product; i++)
        put(event, fields[i], fact->product, STORE_NAME_MAX);
}

void store_fact_of(const struct gw_event *event, struct store_fact *out)
{
    int64_t n = gw_event_int(event, GW_FIELD_EVENT_COUNT, 1);
    *out = (struct store_fact){
        .is_detection = store_is_detection(event->kind),
        .is_unknown = event->kind == GW_KIND_GATEWAY_UNTRANSLATABLE,
        .is_malformed = (event->flags & GW_EVENT_MALFORMED) != 0,
        .time_ms = event->time_ms < event->received_ms ? event->time_ms : event->received_ms,
        .kind = event->kind,
        .action = gw_ocsf_disposition(event),
        .n = n < 1           ? 1
             : n > COUNT_MAX ? COUNT_MAX
                             : n,
    };
    put(event, GW_FIELD_SITE, out->site, sizeof out->site - 1);
    if (!*out->site)
        snprintf(out->site, sizeof out->site, "(unlisted)");
    find_product(event, out);
    if (out->is_unknown || out->is_malformed)
        find_sender(event, out);
    if (!out->is_detection)
        return;
    put(event, GW_FIELD_MALWARE_NAME, out->malware, STORE_NAME_MAX);
    gw_clean_text(slice_trim(gw_infection_source(event)), out->source, STORE_NAME_MAX, false);
    find_computer(event, out);
}
