/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a record becomes: always the objects of the module's OBJECTS clause, in their order. */
#include "gateway/notify/build.h"

#include <CUnit/Basic.h>
#include <string.h>

#include "gateway/snmp/eog_mib.h"
#include "tests/support/suite.h"

static const struct {
    uint32_t group, object;
    enum gwsnmp_type type;
} objects[] = {
    {EOG_GROUP_GATEWAY, EOG_GATEWAY_NAME, GWSNMP_OCTETS},
    {EOG_GROUP_NOTIFY, EOG_NOTIFY_ALERT_NUMBER, GWSNMP_GAUGE},
    {EOG_GROUP_NOTIFY, EOG_NOTIFY_KPI_NUMBER, GWSNMP_GAUGE},
    {EOG_GROUP_NOTIFY, EOG_NOTIFY_KPI_KEY, GWSNMP_OCTETS},
    {EOG_GROUP_NOTIFY, EOG_NOTIFY_SCOPE, GWSNMP_OCTETS},
    {EOG_GROUP_NOTIFY, EOG_NOTIFY_SCOPE_NAME, GWSNMP_OCTETS},
    {EOG_GROUP_NOTIFY, EOG_NOTIFY_OLD_STATE, GWSNMP_INTEGER},
    {EOG_GROUP_NOTIFY, EOG_NOTIFY_NEW_STATE, GWSNMP_INTEGER},
    {EOG_GROUP_NOTIFY, EOG_NOTIFY_VALUE, GWSNMP_INTEGER},
    {EOG_GROUP_NOTIFY, EOG_NOTIFY_VALUE_TEXT, GWSNMP_OCTETS},
    {EOG_GROUP_NOTIFY, EOG_NOTIFY_UNIT, GWSNMP_OCTETS},
    {EOG_GROUP_NOTIFY, EOG_NOTIFY_REASON, GWSNMP_OCTETS},
    {EOG_GROUP_NOTIFY, EOG_NOTIFY_ADVICE, GWSNMP_OCTETS},
    {EOG_GROUP_NOTIFY, EOG_NOTIFY_TIME, GWSNMP_OCTETS},
    {EOG_GROUP_NOTIFY, EOG_NOTIFY_ORIGIN, GWSNMP_OCTETS},
    {EOG_GROUP_NOTIFY, EOG_NOTIFY_PERSON, GWSNMP_OCTETS},
    {EOG_GROUP_NOTIFY, EOG_NOTIFY_NOTE, GWSNMP_OCTETS},
    {EOG_GROUP_NOTIFY, EOG_NOTIFY_UID, GWSNMP_OCTETS},
};
enum { N_OBJECTS = sizeof objects / sizeof *objects };

static struct gwsnmp_notification made;

static bool make(const struct gw_event *event, bool tells_changes)
{
    memset(&made, 0xa5, sizeof made); /* what is not set is seen */
    return notify_build(event, SLICE("gw1"), SLICE("gw1.e.7"), tells_changes, &made);
}

static void expect_shape(uint32_t number)
{
    const uint32_t root[] = {EOG_ENTERPRISE_OID_ARCS};
    const size_t n = sizeof root / sizeof *root;
    CU_ASSERT_EQUAL(made.trap_oid.n, n + 2);
    CU_ASSERT_EQUAL(made.trap_oid.v[n], EOG_ARC_NOTIFICATIONS);
    CU_ASSERT_EQUAL(made.trap_oid.v[n + 1], number);
    CU_ASSERT_EQUAL_FATAL(made.n, N_OBJECTS);
    for (size_t i = 0; i < N_OBJECTS; i++) {
        const struct gwsnmp_oid *name = &made.v[i].name;
        CU_ASSERT_EQUAL_FATAL(name->n, n + 4);
        CU_ASSERT_EQUAL(memcmp(name->v, root, sizeof root), 0);
        CU_ASSERT_EQUAL(name->v[n], EOG_ARC_OBJECTS);
        CU_ASSERT_EQUAL(name->v[n + 1], objects[i].group);
        CU_ASSERT_EQUAL(name->v[n + 2], objects[i].object);
        CU_ASSERT_EQUAL(name->v[n + 3], 0);
        CU_ASSERT_EQUAL(made.v[i].value.type, objects[i].type);
    }
}

static const struct gwsnmp_value *value_of(uint32_t object)
{
    return &made.v[object].value; /* eogGatewayName is first, eogNotify is numbered from 1 */
}

static struct gw_event empty(enum gw_kind kind)
{
    static struct gw_event event;
    gw_event_clear(&event);
    event.kind = (uint16_t)kind;
    event.time_ms = INT64_C(1795478400000);
    return event;
}

static void test_kinds(void)
{
    static const struct {
        enum gw_kind kind;
        uint32_t number;
    } told[] = {{GW_KIND_ALERT_RAISED, 1},
                {GW_KIND_ALERT_CHANGED, 2},
                {GW_KIND_ALERT_CLEARED, 4},
                {GW_KIND_ALERT_REPEATED, 1}};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        struct gw_event event = empty(told[i].kind);
        CU_ASSERT_FATAL(make(&event, false));
        expect_shape(told[i].number);
        gw_event_set_int(&event, GW_FIELD_ALERT_MUTED, 1);
        CU_ASSERT_FALSE(make(&event, true));
    }
    struct gw_event event = empty(GW_KIND_KPI_CHANGED);
    CU_ASSERT_FALSE(make(&event, false));
    CU_ASSERT(make(&event, true));
    expect_shape(7);
    gw_event_set_int(&event, GW_FIELD_KPI_OLD_STATE, 3);
    gw_event_set_int(&event, GW_FIELD_KPI_STATE, 3); /* unknown, and gone now: no news to anybody */
    CU_ASSERT_FALSE(make(&event, true));
    event = empty(GW_KIND_MALWARE_FOUND);
    CU_ASSERT_FALSE(make(&event, true));
    event = empty(GW_KIND_GATEWAY_TICK);
    CU_ASSERT_FALSE(make(&event, true));
}

/* What a person said is told when the engine has answered it. */
static void test_acknowledged(void)
{
    struct gw_event event = empty(GW_KIND_ALERT_ACKNOWLEDGED);
    CU_ASSERT_FALSE(make(&event, true));
    gw_event_set_int(&event, GW_FIELD_EMISSION, 5);
    CU_ASSERT(make(&event, false));
    expect_shape(3);
}

static void test_values(void)
{
    struct gw_event event = empty(GW_KIND_ALERT_RAISED);
    static char longest[300];
    memset(longest, 'x', sizeof longest);
    gw_event_set_int(&event, GW_FIELD_ALERT_ID, 12);
    gw_event_set_int(&event, GW_FIELD_KPI_ID, 11);
    gw_event_set_text(&event, GW_FIELD_KPI_KEY, SLICE("outbreak"));
    gw_event_set_int(&event, GW_FIELD_KPI_OLD_STATE, 0);
    gw_event_set_int(&event, GW_FIELD_KPI_STATE, 2);
    gw_event_set_int(&event, GW_FIELD_KPI_VALUE, INT64_MIN);
    gw_event_set_text(&event, GW_FIELD_REASON, slice_of(longest, sizeof longest));
    gw_event_set_text(&event, GW_FIELD_ORIGIN_IP, SLICE("192.0.2.9"));
    CU_ASSERT_FATAL(make(&event, false));
    CU_ASSERT_EQUAL(value_of(EOG_NOTIFY_ALERT_NUMBER)->gauge, 12);
    CU_ASSERT_EQUAL(value_of(EOG_NOTIFY_KPI_NUMBER)->gauge, 11);
    CU_ASSERT(slice_equal(value_of(EOG_NOTIFY_KPI_KEY)->octets, SLICE("outbreak")));
    CU_ASSERT_EQUAL(value_of(EOG_NOTIFY_OLD_STATE)->integer, 0);
    CU_ASSERT_EQUAL(value_of(EOG_NOTIFY_NEW_STATE)->integer, 2);
    CU_ASSERT_EQUAL(value_of(EOG_NOTIFY_VALUE)->integer, INT32_MIN);
    CU_ASSERT_EQUAL(value_of(EOG_NOTIFY_REASON)->octets.n, GWSNMP_TEXT_MAX);
    CU_ASSERT(
        slice_equal(value_of(EOG_NOTIFY_TIME)->octets, SLICE("\x07\xea\x0b\x18\0\0\0\0+\0\0")));
    CU_ASSERT(slice_equal(value_of(EOG_NOTIFY_UID)->octets, SLICE("gw1.e.7")));
    CU_ASSERT(made.has_origin && memcmp(made.origin, "\xc0\0\x02\x09", 4) == 0);
}

/* Empty where the record has nothing; an origin that is no IPv4 address is text alone. */
static void test_nothing(void)
{
    struct gw_event event = empty(GW_KIND_ALERT_CLEARED);
    CU_ASSERT_FATAL(make(&event, false));
    CU_ASSERT_FALSE(made.has_origin);
    CU_ASSERT_EQUAL(value_of(EOG_NOTIFY_ALERT_NUMBER)->gauge, 0);
    CU_ASSERT_EQUAL(value_of(EOG_NOTIFY_NEW_STATE)->integer, 3);
    CU_ASSERT_EQUAL(value_of(EOG_NOTIFY_SCOPE)->octets.n, 0);
    gw_event_set_int(&event, GW_FIELD_ALERT_ID, -1);
    gw_event_set_int(&event, GW_FIELD_KPI_VALUE, INT64_MAX);
    gw_event_set_text(&event, GW_FIELD_ORIGIN_IP, SLICE("2001:db8::9"));
    CU_ASSERT_FATAL(make(&event, false));
    CU_ASSERT_FALSE(made.has_origin);
    CU_ASSERT(slice_equal(value_of(EOG_NOTIFY_ORIGIN)->octets, SLICE("2001:db8::9")));
    CU_ASSERT_EQUAL(value_of(EOG_NOTIFY_ALERT_NUMBER)->gauge, 0);
    CU_ASSERT_EQUAL(value_of(EOG_NOTIFY_VALUE)->integer, INT32_MAX);
    gw_event_set_int(&event, GW_FIELD_ALERT_ID, INT64_MAX);
    CU_ASSERT_FATAL(make(&event, false));
    CU_ASSERT_EQUAL(value_of(EOG_NOTIFY_ALERT_NUMBER)->gauge, UINT32_MAX);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"kinds that are told", test_kinds},
        {"an acknowledgement", test_acknowledged},
        {"values", test_values},
        {"nothing to say", test_nothing},
    };
    return suite_run("notify build", tests, sizeof tests / sizeof *tests);
}
