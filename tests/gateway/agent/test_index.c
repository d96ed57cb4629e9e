/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Indexes on the wire (RFC 2578 section 7.7: a string is its length, then an arc an octet), the
 * ends of the view, and the moment that a walk sees.
 */
#include <CUnit/Basic.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/log.h"
#include "tests/gateway/agent/support.h"
#include "tests/support/suite.h"

static struct kpi_row *one_row(struct snapshot *snapshot, size_t n)
{
    struct kpi_row *rows = arena_alloc(&snapshot->arena, n * sizeof *rows);
    snapshot->taken_ms = 1795500000000;
    snapshot->kpis = rows;
    snapshot->n_kpis = n;
    return rows;
}

static bool has(const struct agent_view *view, const char *behind_root, struct gwsnmp_value *value)
{
    struct gwsnmp_oid name = at_oid(behind_root);
    return gwsnmp_mib_get(&agent_mib, view, name.v, name.n, value);
}

/* GET of "1.5.1.2." + index finds the row whose KPI number it is. */
static void expect_row(const struct agent_view *view, const char *index, uint32_t kpi)
{
    char text[1024];
    struct gwsnmp_value value;
    snprintf(text, sizeof text, "1.5.1.2.%s", index);
    CU_ASSERT_FATAL(has(view, text, &value));
    CU_ASSERT_EQUAL(value.type, GWSNMP_GAUGE);
    CU_ASSERT_EQUAL(value.gauge, kpi);
}

static void test_strings(void)
{
    struct at_gateway gateway;
    struct gwsnmp_value value;
    char longest[65], index[400] = "7.64";

    memset(longest, 'z', 64);
    longest[64] = '\0';
    for (size_t i = 0, n = strlen(index); i < 64; i++, n += 4)
        memcpy(index + n, ".122", 5);
    at_open(&gateway);
    struct snapshot *snapshot = snapshot_new();
    struct kpi_row *rows = one_row(snapshot, 6);
    rows[0] = (struct kpi_row){.kpi = 1, .scope = "b"};
    rows[1] = (struct kpi_row){.kpi = 1, .scope = "aa"}; /* longer is later, whatever it holds */
    rows[2] = (struct kpi_row){.kpi = 2, .scope = "a/b"};
    rows[3] = (struct kpi_row){.kpi = 7, .scope = "\xe7\x97\x85"};
    rows[4] = (struct kpi_row){.kpi = 7, .scope = longest};
    rows[5] = (struct kpi_row){.kpi = 0xffffffff, .scope = "x"};
    snapshot_publish(gateway.view.board, snapshot);
    const struct agent_view *view = at_pin(&gateway, false);
    expect_row(view, "1.1.98", 1);
    expect_row(view, "1.2.97.97", 1);
    expect_row(view, "2.3.97.47.98", 2);
    expect_row(view, "7.3.231.151.133", 7);
    expect_row(view, index, 7);
    expect_row(view, "4294967295.1.120", 0xffffffff);
    /* Lengths that lie, arcs that no octet has, an index cut or too long. */
    static const char *const none[] = {"1.1",
                                       "1.0",
                                       "1.2.98",
                                       "1.1.98.0",
                                       "1.1.354",
                                       "1.98",
                                       "1.1.4294967295",
                                       "1.4294967295.98",
                                       "0.1.98",
                                       "2.97.47.98",
                                       "3",
                                       "1",
                                       "0"};
    for (size_t i = 0; i < AGENT_COUNT(none); i++) {
        char text[64];
        snprintf(text, sizeof text, "1.5.1.2.%s", none[i]);
        CU_ASSERT_FALSE(has(view, text, &value));
        CU_ASSERT_EQUAL(value.type, GWSNMP_NO_SUCH_INSTANCE);
    }
    at_close(&gateway);
}

/* A sender is a string and a transport; the row of a string comes before that of a longer one. */
static void test_sources(void)
{
    struct at_gateway gateway;
    struct gwsnmp_value value;
    struct gwsnmp_oid next, name = at_oid("1.7.1.3");

    at_open(&gateway);
    stats_source(gateway.view.stats, SLICE("10.0.0.10"), (enum gw_transport)1);
    stats_source(gateway.view.stats, SLICE("10.0.0.9"), (enum gw_transport)2);
    stats_source(gateway.view.stats, SLICE("10.0.0.9"), (enum gw_transport)1);
    const struct agent_view *view = at_pin(&gateway, false);
    static const char *const order[] = {"1.7.1.3.8.49.48.46.48.46.48.46.57.1",
                                        "1.7.1.3.8.49.48.46.48.46.48.46.57.2",
                                        "1.7.1.3.9.49.48.46.48.46.48.46.49.48.1"};
    for (size_t i = 0; i < AGENT_COUNT(order); i++) {
        struct gwsnmp_oid expected = at_oid(order[i]);
        CU_ASSERT_FATAL(gwsnmp_mib_next(&agent_mib, view, name.v, name.n, &next, &value));
        CU_ASSERT_EQUAL(gwsnmp_oid_compare(next.v, next.n, expected.v, expected.n), 0);
        name = next;
    }
    /* Nobody new: the list of them is not sorted anew, which takes milliseconds if they are many.
     */
    struct stats_source **sorted = gateway.view.sources, *first = sorted[0];
    sorted[0] = sorted[2];
    view = at_pin(&gateway, false);
    CU_ASSERT_EQUAL(agent_group_source.table.count(view), 3);
    CU_ASSERT_PTR_EQUAL(sorted[0], sorted[2]);
    sorted[0] = first;
    const struct stats_source *added =
        stats_source(gateway.view.stats, SLICE("10.0.0.1"), (enum gw_transport)1);
    CU_ASSERT_EQUAL(agent_group_source.table.count(view), 3);
    view = at_pin(&gateway, false);
    CU_ASSERT_EQUAL(agent_group_source.table.count(view), 4);
    CU_ASSERT_PTR_EQUAL(sorted[0], added);
    CU_ASSERT_PTR_EQUAL(sorted[1], first);
    at_close(&gateway);
}

static void expect_none_after(const struct agent_view *view, const struct gwsnmp_oid *name)
{
    struct gwsnmp_oid next;
    struct gwsnmp_value value;
    CU_ASSERT_FALSE(gwsnmp_mib_next(&agent_mib, view, name->v, name->n, &next, &value));
    CU_ASSERT_EQUAL(value.type, GWSNMP_END_OF_MIB_VIEW);
}

static void test_ends(void)
{
    struct at_gateway gateway;
    struct gwsnmp_value value;
    struct gwsnmp_oid next, before = {.v = {0, 0}, .n = 2}, after = at_oid("1.11");

    at_open(&gateway);
    const struct agent_view *view = at_pin(&gateway, false);
    /* Before the first snapshot there are scalars, and no rows. */
    struct gwsnmp_oid first = at_oid("1.1.1.0"), last = at_oid("1.3.25.0");
    CU_ASSERT_FATAL(gwsnmp_mib_next(&agent_mib, view, before.v, before.n, &next, &value));
    CU_ASSERT_EQUAL(gwsnmp_oid_compare(next.v, next.n, first.v, first.n), 0);
    expect_none_after(view, &last);
    expect_none_after(view, &after);
    after = at_oid("4294967295");
    expect_none_after(view, &after);
    after = (struct gwsnmp_oid){.v = {2}, .n = 1};
    expect_none_after(view, &after);
    /* An empty name, and the longest that there can be. */
    CU_ASSERT(gwsnmp_mib_next(&agent_mib, view, before.v, 0, &next, &value));
    for (after = at_oid("1.10.1.5"); after.n < GWSNMP_OID_MAX;)
        after.v[after.n++] = 0xffffffff;
    expect_none_after(view, &after);
    CU_ASSERT(has(view, "1.1.7.0", &value) && value.integer == 1); /* catching up: true */
    CU_ASSERT(has(view, "1.1.8.0", &value) && value.integer == KPI_UNKNOWN);
    at_close(&gateway);
}

static uint64_t generation_for(struct at_gateway *gateway, bool is_walk, uint64_t asker)
{
    struct gwsnmp_value value;
    const struct agent_view *view = agent_view_pin(&gateway->view, true, is_walk, asker);
    CU_ASSERT_FATAL(has(view, "1.1.4.0", &value));
    return value.counter64;
}

static uint64_t generation(struct at_gateway *gateway, bool is_walk)
{
    return generation_for(gateway, is_walk, AT_ASKER);
}

static void publish(struct at_gateway *gateway)
{
    snapshot_publish(gateway->view.board, snapshot_new());
}

static void test_moments(void)
{
    struct at_gateway gateway;
    at_open(&gateway);
    publish(&gateway);
    CU_ASSERT_EQUAL(generation(&gateway, false), 1);
    publish(&gateway);
    CU_ASSERT_EQUAL(generation(&gateway, false), 2); /* a GET sees the newest */
    CU_ASSERT_EQUAL(generation(&gateway, true), 2);
    publish(&gateway);
    /* A walk sees what it began with, and so do its asker's requests beside it. */
    for (int64_t ms = 0; ms < AGENT_PIN_AGE_MS; ms += AGENT_PIN_IDLE_MS - 1) {
        CU_ASSERT_EQUAL(generation(&gateway, true), 2);
        CU_ASSERT_EQUAL(generation(&gateway, false), 2);
        gateway.now.mono_ms += AGENT_PIN_IDLE_MS - 1;
    }
    /* Not for ever. */
    CU_ASSERT_EQUAL(generation(&gateway, true), 3);
    publish(&gateway);
    gateway.now.mono_ms += AGENT_PIN_IDLE_MS - 1;
    CU_ASSERT_EQUAL(generation(&gateway, true), 3);
    gateway.now.mono_ms += AGENT_PIN_IDLE_MS;
    CU_ASSERT_EQUAL(generation(&gateway, false), 4); /* it has been quiet */
    /* Calls for one PDU are of one moment. */
    publish(&gateway);
    const struct agent_view *view = agent_view_pin(&gateway.view, false, false, AT_ASKER);
    CU_ASSERT_EQUAL(view->snapshot->generation, 4);
    at_close(&gateway);
}

/* Walks of several: each sees what it began with, and what one sees is nobody else's. */
static void test_walkers(void)
{
    struct at_gateway gateway;
    at_open(&gateway);
    for (uint64_t i = 1; i <= AGENT_WALKS_MAX; i++) {
        publish(&gateway);
        CU_ASSERT_EQUAL(generation_for(&gateway, true, i), i);
        gateway.now.mono_ms++;
    }
    CU_ASSERT_EQUAL(generation_for(&gateway, false, 100), AGENT_WALKS_MAX);
    CU_ASSERT_EQUAL(generation_for(&gateway, false, 1), 1);
    for (uint64_t i = AGENT_WALKS_MAX; i > 0; i--) {
        CU_ASSERT_EQUAL(generation_for(&gateway, true, i), i);
        gateway.now.mono_ms++;
    }
    /* One more than there are places: the one quiet for longest sees something newer. */
    publish(&gateway);
    CU_ASSERT_EQUAL(generation_for(&gateway, true, 100), AGENT_WALKS_MAX + 1);
    for (uint64_t i = 1; i < AGENT_WALKS_MAX; i++)
        CU_ASSERT_EQUAL(generation_for(&gateway, true, i), i);
    CU_ASSERT_EQUAL(generation_for(&gateway, true, AGENT_WALKS_MAX), AGENT_WALKS_MAX + 1);
    /* None holds a snapshot that nobody walks any more. */
    gateway.now.mono_ms += AGENT_PIN_IDLE_MS;
    CU_ASSERT_EQUAL(generation_for(&gateway, false, 7), AGENT_WALKS_MAX + 1);
    for (size_t i = 0; i < AGENT_WALKS_MAX; i++)
        CU_ASSERT_PTR_NULL(gateway.view.walks[i].snapshot);
    at_close(&gateway);
}

/* A subagent's master does not say who asks: a walk sees what some walk began with, but nobody's
   GET does. */
static void test_unknown_askers(void)
{
    struct at_gateway gateway;
    at_open(&gateway);
    publish(&gateway);
    CU_ASSERT_EQUAL(generation_for(&gateway, true, 0), 1);
    publish(&gateway);
    CU_ASSERT_EQUAL(generation_for(&gateway, false, 0), 2);
    CU_ASSERT_EQUAL(generation_for(&gateway, true, 0), 1);
    CU_ASSERT_EQUAL(generation_for(&gateway, false, 0), 2);
    at_close(&gateway);
}

static unsigned errors_logged;

static void count_errors(void *context, enum log_level level, const char *room, const char *text)
{
    (void)context;
    (void)room;
    (void)text;
    errors_logged += level == LOG_LEVEL_ERROR;
}

/* Rows out of order would send a walk round in circles: that table is empty, the others stay. */
static void test_disorder(void)
{
    struct at_gateway gateway;
    struct gwsnmp_value value;
    at_open(&gateway);
    log_set_sink(count_errors, NULL);
    struct snapshot *snapshot = at_snapshot(3, 0);
    struct kpi_row *rows = one_row(snapshot, 2);
    rows[0] = (struct kpi_row){.kpi = 2, .scope = "a"};
    rows[1] = (struct kpi_row){.kpi = 1, .scope = "a"};
    struct product_row *products = arena_alloc(&snapshot->arena, 2 * sizeof *products);
    products[0] = products[1] = (struct product_row){.index = "twice"};
    snapshot->products = products;
    snapshot->n_products = 2;
    struct alert_row *alerts = arena_alloc(&snapshot->arena, sizeof *alerts);
    *alerts = (struct alert_row){.id = 5};
    snapshot->alerts = alerts;
    snapshot->n_alerts = 1;
    snapshot_publish(gateway.view.board, snapshot);
    const struct agent_view *view = at_pin(&gateway, false);
    CU_ASSERT_EQUAL(errors_logged, 2);
    CU_ASSERT_FALSE(has(view, "1.5.1.2.2.1.97", &value));
    CU_ASSERT_FALSE(has(view, "1.6.1.2.5.116.119.105.99.101", &value));
    CU_ASSERT(has(view, "1.9.1.2.5", &value));
    at_pin(&gateway, false);
    CU_ASSERT_EQUAL(errors_logged, 2); /* said once a snapshot */
    log_set_sink(NULL, NULL);
    at_close(&gateway);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"strings as indexes", test_strings}, {"senders", test_sources},
        {"ends of the view", test_ends},      {"the moment that a walk sees", test_moments},
        {"walks of several", test_walkers},   {"askers unknown", test_unknown_askers},
        {"rows out of order", test_disorder},
    };
    return suite_run("agent indexes", tests, sizeof tests / sizeof *tests);
}
