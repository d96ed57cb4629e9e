/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gateway/schema/event.h"

#include <string.h>

#include "tests/support/suite.h"

static struct gw_event event;

static void test_set_and_get(void)
{
    gw_event_clear(&event);
    CU_ASSERT(!gw_event_has(&event, GW_FIELD_HOST_NAME));
    CU_ASSERT(gw_event_set_text(&event, GW_FIELD_HOST_NAME, SLICE("a")));
    CU_ASSERT(gw_event_set_text(&event, GW_FIELD_HOST_NAME, SLICE("b")));
    CU_ASSERT(gw_event_set_text(&event, GW_FIELD_HOST_IP, SLICE("192.0.2.1")));
    CU_ASSERT(gw_event_set_int(&event, GW_FIELD_SRC_PORT, -1));
    CU_ASSERT(gw_event_set_int(&event, GW_FIELD_LICENSE_END, INT64_MIN));
    CU_ASSERT_EQUAL(event.n_values, 4);
    CU_ASSERT(slice_equal(gw_event_text(&event, GW_FIELD_HOST_NAME), SLICE("b")));
    CU_ASSERT_EQUAL(gw_event_int(&event, GW_FIELD_SRC_PORT, 7), -1);
    CU_ASSERT_EQUAL(gw_event_int(&event, GW_FIELD_DST_PORT, 7), 7);
    /* Asked for as what it is not. */
    CU_ASSERT_EQUAL(gw_event_int(&event, GW_FIELD_HOST_NAME, 7), 7);
    CU_ASSERT_EQUAL(gw_event_text(&event, GW_FIELD_SRC_PORT).n, 0);
    gw_event_clear(&event);
    CU_ASSERT(!gw_event_has(&event, GW_FIELD_HOST_NAME) && event.n_values == 0);
}

static void test_refused(void)
{
    gw_event_clear(&event);
    CU_ASSERT(!gw_event_set_text(&event, GW_FIELD_SRC_PORT, SLICE("1")));
    CU_ASSERT(!gw_event_set_int(&event, GW_FIELD_HOST_NAME, 1));
    CU_ASSERT(!gw_event_set_text(&event, (enum gw_field)0, SLICE("1")));
    CU_ASSERT(!gw_event_set_text(&event, (enum gw_field)13, SLICE("1"))); /* no such field */
    CU_ASSERT(!gw_event_set_int(&event, GW_FIELD_END, 1));
    CU_ASSERT(!gw_event_set_int(&event, (enum gw_field)100000, 1));
    CU_ASSERT_PTR_NULL(gw_event_find(&event, (enum gw_field)100000));
    CU_ASSERT(gw_event_set_text(&event, GW_FIELD_HOST_NAME, SLICE("")));
    CU_ASSERT_EQUAL(event.n_values, 0);
}

static void test_full(void)
{
    gw_event_clear(&event);
    unsigned stored = 0;
    for (int f = 1; f < GW_FIELD_END; f++) {
        enum gw_type type = gw_field_type((enum gw_field)f);
        if (type == GW_TYPE_TEXT || type == GW_TYPE_IP)
            stored += gw_event_set_text(&event, (enum gw_field)f, SLICE("x"));
        else if (type != GW_TYPE_NONE)
            stored += gw_event_set_int(&event, (enum gw_field)f, f);
    }
    CU_ASSERT_EQUAL(stored, GW_EVENT_VALUES_MAX);
    CU_ASSERT_EQUAL(event.n_values, GW_EVENT_VALUES_MAX);
    CU_ASSERT(event.flags & GW_EVENT_TRUNCATED);
    CU_ASSERT(gw_event_set_text(&event, GW_FIELD_MAPPING, SLICE("replaced"))); /* there already */
    gw_event_clear(&event);
    for (int i = 0; i < GW_EVENT_UNMAPPED_MAX; i++)
        CU_ASSERT(gw_event_add_unmapped(&event, SLICE("a"), SLICE("b")));
    CU_ASSERT(!(event.flags & GW_EVENT_TRUNCATED));
    CU_ASSERT(!gw_event_add_unmapped(&event, SLICE("a"), SLICE("b")));
    CU_ASSERT(event.flags & GW_EVENT_TRUNCATED);
}

static void test_tables(void)
{
    int fields = 0, kinds = 0;
    for (int f = 0; f < GW_FIELD_END + 10; f++) {
        const char *name = gw_field_name((enum gw_field)f);
        CU_ASSERT_EQUAL(name != NULL, gw_field_type((enum gw_field)f) != GW_TYPE_NONE);
        if (!name)
            continue;
        fields++;
        CU_ASSERT_FATAL(gw_field_by_name(slice_from(name)) == (enum gw_field)f); /* unique, too */
        for (const char *p = name; *p; p++) /* written into JSON without escapes */
            CU_ASSERT_PTR_NOT_NULL(strchr("abcdefghijklmnopqrstuvwxyz0123456789._", *p));
    }
    for (int k = 0; k < GW_KIND_END; k++) {
        const char *name = gw_kind_name((enum gw_kind)k);
        if (k && strcmp(name, "none") == 0)
            continue;
        kinds++;
        CU_ASSERT_EQUAL(gw_kind_by_name(slice_from(name)), k);
        CU_ASSERT(gw_kind_class_uid((enum gw_kind)k) == 0 ||
                  gw_kind_class_uid((enum gw_kind)k) > 1000);
        bool is_judgement = strncmp(name, "kpi.", 4) == 0 || strncmp(name, "alert.", 6) == 0;
        CU_ASSERT_EQUAL(gw_kind_is_judgement((enum gw_kind)k), is_judgement);
        CU_ASSERT_EQUAL(gw_kind_is_own((enum gw_kind)k),
                        is_judgement || strncmp(name, "gateway.", 8) == 0);
    }
    CU_ASSERT(fields > 100 && kinds > 60);
    CU_ASSERT_EQUAL(gw_field_by_name(SLICE("no.such")), 0);
    CU_ASSERT_EQUAL(gw_field_by_name(SLICE_NONE), 0);
    CU_ASSERT_EQUAL(gw_kind_by_name(SLICE("no.such")), -1);
    CU_ASSERT_STRING_EQUAL(gw_kind_name((enum gw_kind)5000), "none");
    CU_ASSERT_EQUAL(gw_kind_class_uid((enum gw_kind)5000), 0);
    for (int i = 0; i < GW_FORMAT_END; i++)
        CU_ASSERT_EQUAL(gw_format_by_name(slice_from(gw_format_name((enum gw_format)i))), i);
    CU_ASSERT_STRING_EQUAL(gw_format_name((enum gw_format)200), "none");
    CU_ASSERT_STRING_EQUAL(gw_transport_name((enum gw_transport)200), "none");
    CU_ASSERT_STRING_EQUAL(gw_severity_name((enum gw_severity)200), "Unknown");
    CU_ASSERT_EQUAL(gw_severity_from_syslog(0), GW_SEVERITY_FATAL);
    CU_ASSERT_EQUAL(gw_severity_from_syslog(7), GW_SEVERITY_INFORMATIONAL);
    CU_ASSERT_EQUAL(gw_severity_from_syslog(8), GW_SEVERITY_UNKNOWN);
    CU_ASSERT_EQUAL(gw_severity_from_syslog(-1), GW_SEVERITY_UNKNOWN);
}

int main(void)
{
    static const struct suite_test tests[] = {{"set and get", test_set_and_get},
                                              {"refused", test_refused},
                                              {"full", test_full},
                                              {"tables", test_tables}};
    return suite_run("event", tests, sizeof tests / sizeof *tests);
}
