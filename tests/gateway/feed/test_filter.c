/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which records a target gets, and what a person can get wrong about it. */
#include "gateway/feed/filter.h"

#include "tests/support/suite.h"

static struct feed_filter filter_of(const struct feed_section *section, struct arena *arena,
                                    size_t errors)
{
    struct feed_filter filter;
    struct diag diag = {0};
    bool is_fine = feed_filter_init(&filter, section, arena, &diag);
    CU_ASSERT_EQUAL(diag.total, errors);
    CU_ASSERT_EQUAL(is_fine, errors == 0);
    diag_free(&diag);
    return filter;
}

static void test_kinds(void)
{
    static const struct {
        const char *kinds, *except, *has, *has_not;
    } cases[] = {
        {NULL, NULL, "malware.found", "gateway.tick"},
        {NULL, NULL, "alert.raised", "gateway.config"},
        {"malware.", NULL, "malware.cleaned", "alert.raised"},
        {"malware. alert.", NULL, "alert.cleared", "link.up"},
        {"  malware.   alert. ", NULL, "alert.cleared", "link.up"},
        {"malware.,\talert.", NULL, "alert.cleared", "link.up"},
        {NULL, "fw.", "malware.found", "fw.allow"},
        {NULL, "fw. ips.", "link.up", "ips.detect"},
        /* The longer beginning decides, either way; except wins a tie. */
        {"malware.clean", "malware.", "malware.cleaned", "malware.found"},
        {"malware.", "malware.clean", "malware.found", "malware.clean_failed"},
        {"malware. fw.", "fw.", "malware.found", "fw.deny"},
        /* Ticks and loads only by their whole name. */
        {"gateway.", NULL, "gateway.error", "gateway.tick"},
        {"gateway.tick gateway.", NULL, "gateway.tick", "gateway.config"},
        {NULL, NULL, "kpi.changed", "kpi.value"},
        {"kpi.", NULL, "kpi.changed", "kpi.value"},
        {"kpi.value", NULL, "kpi.value", "kpi.changed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct feed_section section = {.kinds = cases[i].kinds, .except = cases[i].except};
        struct arena arena;
        arena_init(&arena, 0);
        struct feed_filter filter = filter_of(&section, &arena, 0);
        CU_ASSERT_TRUE(feed_filter_wants_kind(&filter, gw_kind_by_name(slice_from(cases[i].has))));
        CU_ASSERT_FALSE(
            feed_filter_wants_kind(&filter, gw_kind_by_name(slice_from(cases[i].has_not))));
        CU_ASSERT_FALSE(feed_filter_wants_kind(&filter, -1));
        CU_ASSERT_FALSE(feed_filter_wants_kind(&filter, GW_KIND_END));
        arena_fini(&arena);
    }
}

static void test_mistakes(void)
{
    struct arena arena;
    arena_init(&arena, 0);
    filter_of(&(struct feed_section){.kinds = "malwar. alert."}, &arena, 1);
    filter_of(&(struct feed_section){.kinds = "x", .except = "y z"}, &arena, 3);
    filter_of(&(struct feed_section){.kinds = "fw.", .except = "fw."}, &arena, 1);
    filter_of(&(struct feed_section){.kinds = ""}, &arena, 1);
    arena_fini(&arena);
}

static bool wants(const struct feed_filter *filter, enum gw_kind kind, int severity,
                  const char *site)
{
    static struct gw_event event;
    gw_event_clear(&event);
    event.kind = (uint16_t)kind;
    event.severity = (uint8_t)severity;
    if (site)
        gw_event_set_text(&event, GW_FIELD_SITE, slice_from(site));
    return feed_filter_wants(filter, &event);
}

/* A correction is sent only where it was made for feeds too. */
static void test_corrections(void)
{
    static struct gw_event event;
    struct arena arena;
    struct feed_section section = {0};
    arena_init(&arena, 0);
    struct feed_filter filter = filter_of(&section, &arena, 0);
    gw_event_clear(&event);
    event.kind = GW_KIND_MALWARE_FOUND;
    CU_ASSERT_TRUE(feed_filter_wants(&filter, &event));
    event.correction = (struct gw_correction){.of = 7, .revision = 2, .is_for_feed = false};
    CU_ASSERT_FALSE(feed_filter_wants(&filter, &event));
    event.correction.is_for_feed = true;
    CU_ASSERT_TRUE(feed_filter_wants(&filter, &event));
    arena_fini(&arena);
}

static void test_rest(void)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct feed_section section = {.severity = GW_SEVERITY_HIGH, .sites = "hq  branch-1"};
    struct feed_filter filter = filter_of(&section, &arena, 0);
    CU_ASSERT_TRUE(wants(&filter, GW_KIND_MALWARE_FOUND, GW_SEVERITY_HIGH, "hq"));
    CU_ASSERT_TRUE(wants(&filter, GW_KIND_MALWARE_FOUND, GW_SEVERITY_FATAL, "branch-1"));
    CU_ASSERT_FALSE(wants(&filter, GW_KIND_MALWARE_FOUND, GW_SEVERITY_MEDIUM, "hq"));
    CU_ASSERT_FALSE(wants(&filter, GW_KIND_MALWARE_FOUND, GW_SEVERITY_HIGH, "branch-2"));
    CU_ASSERT_FALSE(wants(&filter, GW_KIND_MALWARE_FOUND, GW_SEVERITY_HIGH, "h"));
    CU_ASSERT_FALSE(wants(&filter, GW_KIND_MALWARE_FOUND, GW_SEVERITY_HIGH, NULL));
    /* What is told about indicators and alerts passes, at its site. */
    CU_ASSERT_TRUE(wants(&filter, GW_KIND_ALERT_RAISED, GW_SEVERITY_INFORMATIONAL, "hq"));
    CU_ASSERT_TRUE(wants(&filter, GW_KIND_KPI_CHANGED, GW_SEVERITY_INFORMATIONAL, "hq"));
    CU_ASSERT_TRUE(wants(&filter, GW_KIND_ALERT_REPEATED, GW_SEVERITY_INFORMATIONAL, "hq"));
    CU_ASSERT_FALSE(wants(&filter, GW_KIND_ALERT_RAISED, GW_SEVERITY_INFORMATIONAL, "branch-2"));
    CU_ASSERT_FALSE(wants(&filter, GW_KIND_GATEWAY_ERROR, GW_SEVERITY_INFORMATIONAL, "hq"));
    /* The engine writes a site in small letters, whatever the configuration does. */
    section.sites = "HQ Branch-1";
    filter = filter_of(&section, &arena, 0);
    CU_ASSERT_TRUE(wants(&filter, GW_KIND_ALERT_RAISED, GW_SEVERITY_INFORMATIONAL, "hq"));
    CU_ASSERT_TRUE(wants(&filter, GW_KIND_MALWARE_FOUND, GW_SEVERITY_HIGH, "HQ"));
    CU_ASSERT_FALSE(wants(&filter, GW_KIND_ALERT_RAISED, GW_SEVERITY_INFORMATIONAL, "branch-2"));
    section.sites = "hq  branch-1";
    section.kinds = "kpi.value";
    filter = filter_of(&section, &arena, 0);
    CU_ASSERT_TRUE(wants(&filter, GW_KIND_KPI_VALUE, GW_SEVERITY_INFORMATIONAL, "hq"));
    section = (struct feed_section){0};
    filter = filter_of(&section, &arena, 0);
    CU_ASSERT_TRUE(wants(&filter, GW_KIND_MALWARE_FOUND, GW_SEVERITY_UNKNOWN, NULL));
    arena_fini(&arena);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"kinds", test_kinds},
        {"mistakes", test_mistakes},
        {"corrections", test_corrections},
        {"severity and site", test_rest},
    };
    return suite_run("filter", tests, sizeof tests / sizeof *tests);
}
