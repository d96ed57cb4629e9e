/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * States hang on when something happened, not on when it is told: the same records, told in the
 * order in which they happened and shuffled, end in the same states and values.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/xml/document.h"
#include "tests/gateway/kpi/support.h"
#include "tests/support/suite.h"

static const int64_t BEGIN = INT64_C(1767600000000), DAY = 86400000;
enum { RECORDS_MAX = 40, SLOTS = 20 * 60 }; /* minutes before now, of which each has one at most */

static uint32_t below(uint64_t *state, uint32_t n)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33) % n;
}

#define PICK(state, list) (list)[below(state, sizeof(list) / sizeof *(list))]

static void set(struct gw_event *event, enum gw_field field, const char *text)
{
    gw_event_set_text(event, field, slice_from(text));
}

static void set_component(struct gw_event *event, uint64_t *r)
{
    gw_event_set_int(event, GW_FIELD_COMPONENT_TYPE, 1 + below(r, 2));
    set(event, GW_FIELD_COMPONENT_ID, below(r, 2) ? "2048" : "4096");
    if (below(r, 2))
        gw_event_set_int(event, GW_FIELD_COMPONENT_NUMBER, 100 + below(r, 10));
    if (below(r, 2))
        gw_event_set_int(event, GW_FIELD_CONTENT_LAG,
                         event->kind == GW_KIND_CONTENT_OUTDATED ? 1 + below(r, 6) : 0);
    if (below(r, 3) == 0)
        gw_event_set_int(event, GW_FIELD_AGENT_CONNECTION, below(r, 3));
}

/* Of computers and of the two products that the list names, at some minute of the last 20 hours. */
static void append_record(struct kt_journal *journal, uint64_t seed, uint32_t minute)
{
    static const enum gw_kind kinds[] = {
        GW_KIND_MALWARE_FOUND,    GW_KIND_MALWARE_CLEANED,      GW_KIND_MALWARE_SUSPECTED,
        GW_KIND_CONTENT_CURRENT,  GW_KIND_CONTENT_OUTDATED,     GW_KIND_CONTENT_OUTDATED,
        GW_KIND_AGENT_ONLINE,     GW_KIND_AGENT_OFFLINE,        GW_KIND_AGENT_REMOVED,
        GW_KIND_PRODUCT_OFFLINE,  GW_KIND_PRODUCT_OFFLINE,      GW_KIND_PRODUCT_ONLINE,
        GW_KIND_MALWARE_OUTBREAK, GW_KIND_MALWARE_OUTBREAK_END, GW_KIND_LICENSE_EXPIRING,
        GW_KIND_VULN_FOUND,       GW_KIND_VULN_RESOLVED,        GW_KIND_CNC_CALLBACK,
        GW_KIND_PROTECTION_OFF,   GW_KIND_PROTECTION_ON};
    static const char *const hosts[] = {"wks-1", "wks-2", "WKS-3.corp.example.net", "osce01"};
    static const char *const addresses[] = {"10.1.1.1", "10.1.1.2", "10.1.1.3"};
    static const char *const products[] = {"osce01", "osce02"};
    static const char *const names[] = {"A", "B", "WORM_DOWNAD.AD"};
    struct gw_event *event = gw_alloc(sizeof *event);
    uint64_t r = seed * 100003 + minute;
    below(&r, 2);
    enum gw_kind kind = PICK(&r, kinds);
    bool is_of_product = kind == GW_KIND_PRODUCT_OFFLINE || kind == GW_KIND_PRODUCT_ONLINE;
    uint32_t host = below(&r, 4);
    kt_message(event, kind, is_of_product ? PICK(&r, products) : hosts[host], BEGIN);
    event->time_ms -= minute * INT64_C(60000);
    event->flags = GW_EVENT_BY_AGENT;
    set(event, GW_FIELD_SYSLOG_HOSTNAME, "apex");
    if (!is_of_product && below(&r, 2))
        set(event, GW_FIELD_PRODUCT_HOST, PICK(&r, products));
    if (!is_of_product && host < 3 && below(&r, 3) == 0)
        set(event, GW_FIELD_HOST_IP, addresses[host]);
    set(event, GW_FIELD_MALWARE_NAME, PICK(&r, names));
    if (below(&r, 2))
        set(event, GW_FIELD_SOURCE_NAME, below(&r, 2) ? "fs1" : "fs2");
    if (kind == GW_KIND_CONTENT_CURRENT || kind == GW_KIND_CONTENT_OUTDATED)
        set_component(event, &r);
    if (kind == GW_KIND_LICENSE_EXPIRING && below(&r, 2))
        gw_event_set_int(event, GW_FIELD_LICENSE_END, BEGIN + below(&r, 60) * DAY);
    kt_append(journal, event);
    free(event);
}

/* What the engine says when it was told of these minutes, one after the other, at one look. */
static void judge(uint64_t seed, const uint32_t *minutes, size_t n, struct buf *out)
{
    static const char inventory[] = "site,name,role\ndefault,osce01,product\n"
                                    "default,osce02,product\ndefault,wks-1,host\n"
                                    "default,wks-9,host\n";
    static const struct kpi_override enabled[] = {
        {.key = "protection-disabled", .enabled = 1, .warning = -2, .critical = -2},
        {.key = "license-expiry", .enabled = 1, .warning = -2, .critical = -2},
        {.key = "repeat-infection", .enabled = 1, .warning = -2, .critical = -2},
        {.key = "vulnerability-exposure", .enabled = 1, .warning = -2, .critical = -2},
        {.key = "c2-callback", .enabled = 1, .warning = -2, .critical = -2}};
    const struct kpi_settings settings = {.gateway_id = "gw-test",
                                          .overrides = enabled,
                                          .n_overrides = sizeof enabled / sizeof *enabled};
    struct kt_journal journal = {0};
    kt_begin(&journal, SLICE_NONE, &settings, SLICE(inventory), BEGIN - 30000);
    for (size_t i = 0; i < n; i++)
        append_record(&journal, seed, minutes[i]);
    kt_append_tick(&journal, BEGIN, 31000, "boot-1");
    struct kpi_engine *engine = kpi_engine_new(5, NULL, NULL);
    kt_replay(&journal, 0, journal.n, engine);
    struct snapshot *s = kpi_engine_snapshot(engine, false);
    for (size_t i = 0; i < s->n_kpis; i++)
        buf_printf(out, "%s %s: %s %d\n", s->kpis[i].about->key, s->kpis[i].scope,
                   kpi_state_name(s->kpis[i].state), s->kpis[i].value);
    snapshot_put(s);
    kpi_engine_free(engine);
    kt_journal_free(&journal);
}

static void shuffle(uint64_t *r, uint32_t *minutes, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t other = below(r, (uint32_t)i);
        uint32_t minute = minutes[i - 1];
        minutes[i - 1] = minutes[other];
        minutes[other] = minute;
    }
}

static void test_order(void)
{
    size_t bad = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t r = seed;
        uint32_t slots[SLOTS], minutes[RECORDS_MAX];
        size_t n = 0, wanted = 3 + below(&r, RECORDS_MAX - 3);
        struct buf first = {0}, second = {0};
        for (uint32_t i = 0; i < SLOTS; i++)
            slots[i] = 0;
        for (size_t i = 0; i < wanted; i++)
            slots[below(&r, SLOTS)] = 1;
        for (uint32_t i = SLOTS; i-- > 0;)
            if (slots[i])
                minutes[n++] = i;
        judge(seed, minutes, n, &first);
        shuffle(&r, minutes, n);
        judge(seed, minutes, n, &second);
        bad += slice_search(buf_get(&first), SLICE("critical")) < first.n;
        CU_ASSERT_TRUE(slice_equal(buf_get(&first), buf_get(&second)));
        if (!slice_equal(buf_get(&first), buf_get(&second)))
            printf("\n    seed %" PRIu64 ", in order:\n%.*sshuffled:\n%.*s", seed,
                   SLICE_FMT(buf_get(&first)), SLICE_FMT(buf_get(&second)));
        buf_free(&first);
        buf_free(&second);
    }
    CU_ASSERT_TRUE(bad > 100);
}

int main(void)
{
    static const struct suite_test tests[] = {{"told in any order", test_order}};
    xml_init();
    int result = suite_run("kpi order", tests, sizeof tests / sizeof *tests);
    xml_fini();
    return result;
}
