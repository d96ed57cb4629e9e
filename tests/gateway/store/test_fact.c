/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a record adds: whom it speaks of, where it came from, what is counted at all. */
#include "gateway/store/fact.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"

static struct gw_event event;
static struct store_fact fact;

static void begin(enum gw_kind kind)
{
    gw_event_clear(&event);
    event.kind = (uint16_t)kind;
    event.time_ms = event.received_ms = 1000;
}

static void text(enum gw_field field, const char *value)
{
    gw_event_set_text(&event, field, slice_from(value));
}

/* keys: blank separated. */
static void expect_computer(const char *label, const char *keys)
{
    char seen[1024] = "";
    store_fact_of(&event, &fact);
    for (size_t i = 0, n = 0; i < fact.n_keys; i++)
        n += (size_t)snprintf(seen + n, sizeof seen - n, "%s%s", i ? " " : "", fact.keys[i]);
    CU_ASSERT_STRING_EQUAL(fact.computer, label);
    CU_ASSERT_STRING_EQUAL(seen, keys);
}

static void test_computers(void)
{
    begin(GW_KIND_MALWARE_CLEANED);
    expect_computer("", "");
    text(GW_FIELD_HOST_NAME, "WKS-1.corp.example.net");
    expect_computer("WKS-1", "d:wks-1.corp n:wks-1");
    text(GW_FIELD_HOST_NAME, "CORP\\WKS-1$");
    expect_computer("WKS-1", "d:wks-1.corp n:wks-1");
    text(GW_FIELD_HOST_NAME, "wks-1");
    text(GW_FIELD_HOST_DOMAIN, "corp");
    expect_computer("wks-1", "d:wks-1.corp n:wks-1");
    text(GW_FIELD_HOST_DOMAIN, "WORKGROUP");
    text(GW_FIELD_HOST_GUID, "{0A-1}");
    text(GW_FIELD_HOST_MAC, "00-11-22-AA-BB-CC");
    text(GW_FIELD_HOST_IP, "192.0.2.7");
    expect_computer("wks-1", "g:{0a-1} n:wks-1 m:001122aabbcc i:192.0.2.7");

    begin(GW_KIND_MALWARE_CLEANED);
    text(GW_FIELD_HOST_NAME, "192.0.2.7");
    expect_computer("192.0.2.7", "i:192.0.2.7");
    text(GW_FIELD_HOST_NAME, "N/A");
    text(GW_FIELD_HOST_GUID, "00000000-0000");
    text(GW_FIELD_HOST_MAC, "00:00:00:00:00:00");
    text(GW_FIELD_HOST_IP, "127.0.0.1");
    expect_computer("", "");
    text(GW_FIELD_HOST_NAME, ".example.net");
    expect_computer("", "");
}

static void test_sources(void)
{
    begin(GW_KIND_MALWARE_CLEANED);
    text(GW_FIELD_HOST_NAME, "wks-1");
    text(GW_FIELD_SOURCE_NAME, "\\\\SRV2.example.net\\share");
    store_fact_of(&event, &fact);
    CU_ASSERT_STRING_EQUAL(fact.source, "SRV2");
    text(GW_FIELD_SOURCE_NAME, "WKS-1"); /* itself */
    store_fact_of(&event, &fact);
    CU_ASSERT_STRING_EQUAL(fact.source, "");
    text(GW_FIELD_SOURCE_NAME, "N/A");
    text(GW_FIELD_SOURCE_IP, "198.51.100.9");
    store_fact_of(&event, &fact);
    CU_ASSERT_STRING_EQUAL(fact.source, "198.51.100.9");
}

static void test_rest(void)
{
    begin(GW_KIND_GATEWAY_UNTRANSLATABLE);
    text(GW_FIELD_PEER, "192.0.2.10");
    event.flags = GW_EVENT_MALFORMED;
    event.time_ms = 5000; /* ahead of its receipt */
    store_fact_of(&event, &fact);
    CU_ASSERT(fact.is_unknown && fact.is_malformed && !fact.is_detection);
    CU_ASSERT_STRING_EQUAL(fact.sender, "192.0.2.10");
    CU_ASSERT_STRING_EQUAL(fact.site, "(unlisted)");
    CU_ASSERT_EQUAL(fact.time_ms, 1000);
    CU_ASSERT_EQUAL(fact.n, 1);

    begin(GW_KIND_MALWARE_BLOCKED);
    text(GW_FIELD_MALWARE_NAME, "EICAR\x01test");
    gw_event_set_int(&event, GW_FIELD_EVENT_COUNT, 7);
    gw_event_set_int(&event, GW_FIELD_DISPOSITION_ID, 2);
    text(GW_FIELD_MAPPING, "trendmicro/apex-central");
    store_fact_of(&event, &fact);
    CU_ASSERT(fact.is_detection && !fact.is_unknown);
    CU_ASSERT_STRING_EQUAL(fact.malware, "EICAR?test");
    CU_ASSERT_STRING_EQUAL(fact.product, "trendmicro/apex-central");
    CU_ASSERT_EQUAL(fact.n, 7);
    CU_ASSERT_EQUAL(fact.action, 2);
    /* What the feed says of it: the kind's, where the mapping says nothing or something else. */
    gw_event_set_int(&event, GW_FIELD_DISPOSITION_ID, 6);
    store_fact_of(&event, &fact);
    CU_ASSERT_EQUAL(fact.action, 2);
    event.kind = GW_KIND_MALWARE_QUARANTINED;
    store_fact_of(&event, &fact);
    CU_ASSERT_EQUAL(fact.action, 3);
    gw_event_set_int(&event, GW_FIELD_EVENT_COUNT, INT64_MIN);
    store_fact_of(&event, &fact);
    CU_ASSERT_EQUAL(fact.n, 1);
    gw_event_set_int(&event, GW_FIELD_EVENT_COUNT, INT64_MAX);
    store_fact_of(&event, &fact);
    CU_ASSERT_EQUAL(fact.n, 1000000);
    CU_ASSERT(!store_is_infection(GW_KIND_MALWARE_BLOCKED));
    CU_ASSERT(store_is_infection(GW_KIND_MALWARE_PASSED));
    CU_ASSERT(!store_is_detection(GW_KIND_FW_DENY));
}

/* Names of the greatest length, of characters of several bytes: nothing is written beyond. */
static void test_bounds(void)
{
    char name[4096];
    for (size_t i = 0; i + 3 < sizeof name; i += 3)
        memcpy(name + i, "\xe4\xb8\xad", 4);
    begin(GW_KIND_MALWARE_CLEANED);
    const enum gw_field fields[] = {
        GW_FIELD_HOST_NAME,    GW_FIELD_HOST_DOMAIN, GW_FIELD_HOST_GUID,    GW_FIELD_HOST_MAC,
        GW_FIELD_HOST_IP,      GW_FIELD_SITE,        GW_FIELD_PRODUCT_NAME, GW_FIELD_SOURCE_NAME,
        GW_FIELD_MALWARE_NAME, GW_FIELD_PEER};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        text(fields[i], name);
    event.flags = GW_EVENT_MALFORMED;
    store_fact_of(&event, &fact);
    CU_ASSERT_EQUAL(fact.n_keys, STORE_KEYS_MAX);
    CU_ASSERT_EQUAL(strlen(fact.malware), 159); /* whole characters */
    CU_ASSERT(strlen(fact.keys[1]) <= STORE_KEY_MAX);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"by what a computer is known", test_computers},
        {"where an infection came from", test_sources},
        {"what is counted, how often, for whom", test_rest},
        {"bounds", test_bounds},
    };
    return suite_run("store: facts", tests, sizeof tests / sizeof *tests);
}
