/* SPDX-License-Identifier: GPL-3.0-or-later */
/* <syslog-mib>: what it wants, what is wrong in it; what must not go round in circles. */
#include "gateway/agent/syslog_filter.h"

#include <CUnit/Basic.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "parsers/syslog.h"
#include "tests/support/unit.h"

enum { ERR = 3, WARNING = 4, DAEMON = 3, LOCAL0 = 16 };

static struct syslog_filter filter_of(struct agent_syslog_section section)
{
    struct diag diag = {0};
    struct syslog_filter filter;
    CU_ASSERT(syslog_filter_init(&section, &diag, &filter));
    CU_ASSERT(diag_is_empty(&diag));
    return filter;
}

static void test_severity(void)
{
    struct syslog_filter filter = filter_of((struct agent_syslog_section){.severity = ERR});
    CU_ASSERT(syslog_filter_wants(&filter, 0, 0, SLICE("192.0.2.1")));
    CU_ASSERT(syslog_filter_wants(&filter, 23, ERR, SLICE_NONE));
    CU_ASSERT(!syslog_filter_wants(&filter, 0, WARNING, SLICE("192.0.2.1")));
}

static void test_facilities(void)
{
    struct syslog_filter filter = filter_of(
        (struct agent_syslog_section){.severity = 7, .facilities = " local0  3 authpriv audit"});
    for (unsigned i = 0; i < 24; i++) {
        bool is_one = i == LOCAL0 || i == DAEMON || i == 10 || i == 13;
        CU_ASSERT_EQUAL(syslog_filter_wants(&filter, i, 7, SLICE_NONE), is_one);
    }
}

static void test_networks(void)
{
    struct syslog_filter filter = filter_of((struct agent_syslog_section){
        .severity = 7, .from = "192.0.2.0/24  198.51.100.7 2001:db8::/32"});
    CU_ASSERT(syslog_filter_wants(&filter, 0, 0, SLICE("192.0.2.255")));
    CU_ASSERT(syslog_filter_wants(&filter, 0, 0, SLICE("198.51.100.7")));
    CU_ASSERT(syslog_filter_wants(&filter, 0, 0, SLICE("2001:db8:1::1")));
    CU_ASSERT(!syslog_filter_wants(&filter, 0, 0, SLICE("198.51.100.8")));
    CU_ASSERT(!syslog_filter_wants(&filter, 0, 0, SLICE("2001:db9::1")));
    CU_ASSERT(!syslog_filter_wants(&filter, 0, 0, SLICE_NONE));
    CU_ASSERT(!syslog_filter_wants(&filter, 0, 0, SLICE("nonsense")));
}

static void test_mistakes(void)
{
    struct diag diag = {0};
    struct syslog_filter filter;
    struct agent_syslog_section section = {.facilities = "local0 local8 24 -1",
                                           .from = "192.0.2.1/24 any4"};
    CU_ASSERT(!syslog_filter_init(&section, &diag, &filter));
    CU_ASSERT_EQUAL(diag.n, 4);
    diag_free(&diag);

    static char many[(SYSLOG_NETWORKS_MAX + 1) * sizeof "::1" + 1];
    for (int i = 0; i <= SYSLOG_NETWORKS_MAX; i++)
        strcat(many, "::1 ");
    section = (struct agent_syslog_section){.from = many};
    CU_ASSERT(!syslog_filter_init(&section, &diag, &filter));
    CU_ASSERT_EQUAL(diag.n, 1);
    diag_free(&diag);
}

static void check_origin(const char *message, enum syslog_origin expected)
{
    static struct fields fields;
    struct arena arena;
    arena_init(&arena, 0);
    parse_syslog(slice_from(message), NULL, &arena, &fields);
    CU_ASSERT_EQUAL(syslog_origin(&fields.syslog, SLICE("gw1"), 4711), expected);
    arena_fini(&arena);
}

static void test_origin(void)
{
    check_origin("<11>1 - h a - - [x snmp=\"1\"] [snmp ] m", SYSLOG_GENUINE);
    check_origin("<11>1 - h a - - - [snmp x] in a text", SYSLOG_GENUINE);
    check_origin("<11>1 - h a - - [snmp ctxName=\"\"] m", SYSLOG_CIRCULAR);
    check_origin("<11>1 - h a - - [origin ip=\"192.0.2.1\"][snmp v1=\"1.3\" d1=\"4\"]",
                 SYSLOG_CIRCULAR);
    /* cut on the way */
    check_origin("<11>1 - h a - - [snmp v1=\"1.3\" d1=\"4", SYSLOG_CIRCULAR);
    check_origin("<11>1 - h a - - [origin ip=\"192.0.2.1\"][snmp ctxEngine=\"80", SYSLOG_CIRCULAR);
    check_origin("<11>1 - gw1 eog-gateway - malware.found - {}", SYSLOG_CIRCULAR);
    check_origin("<11>1 - gw2 eog-gateway - malware.found - {}", SYSLOG_OF_GATEWAY);
    check_origin("<11>Oct 11 22:14:15 h eogd[4711]: a line of our log", SYSLOG_CIRCULAR);
    check_origin("<11>Oct 11 22:14:15 h eogd[4712]: of another's", SYSLOG_GENUINE);
    check_origin("<11>Oct 11 22:14:15 gw1 sshd[4711]: m", SYSLOG_GENUINE);
    check_origin("no header", SYSLOG_GENUINE);
}

/* Behind more elements than anybody sends. */
static void test_hidden(void)
{
    static char text[40000] = "<11>1 - h a - - ";
    size_t n = strlen(text);
    for (int i = 0; i < 10000; i++, n += 3)
        memcpy(text + n, "[a]", 3);
    memcpy(text + n, "[snmp a=\"1\"] m", 15);
    check_origin(text, SYSLOG_CIRCULAR);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"severity", test_severity},
        {"facilities", test_facilities},
        {"networks", test_networks},
        {"what is wrong", test_mistakes},
        {"where it is from", test_origin},
        {"hidden in the crowd", test_hidden},
        CU_TEST_INFO_NULL,
    };
    return unit_run("SYSLOG-MSG-MIB: filter", tests);
}
