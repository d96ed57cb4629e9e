/* SPDX-License-Identifier: GPL-3.0-or-later */
/* syslogMsgNotification: its objects in order, and a size that a datagram has room for. */
#include "gateway/agent/syslog_notify.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "parsers/syslog.h"
#include "tests/support/unit.h"

static struct gwsnmp_notification notification;

static struct syslog_row *row_of(const char *message, uint64_t sequence)
{
    static struct fields fields;
    struct arena arena;
    arena_init(&arena, 0);
    parse_syslog(slice_from(message), NULL, &arena, &fields);
    struct syslog_row *row = syslog_row_new(&fields.syslog, 0, sequence);
    arena_fini(&arena);
    return row;
}

static void check_name(size_t i, const char *expected)
{
    char text[GWSNMP_OID_TEXT_MAX];
    const struct gwsnmp_oid *name = &notification.v[i].name;
    UNIT_TEXT(slice_of(text, gwsnmp_oid_format(name->v, name->n, text)), expected);
}

/* BER of an OID or number, with its type and length: RFC 3416 over X.690. */
static size_t ber_arc(uint32_t arc)
{
    size_t n = 1;
    while (arc >>= 7)
        n++;
    return n;
}

static size_t ber_head(size_t n)
{
    return 1 + (n < 128 ? 1 : n < 256 ? 2 : 3) + n;
}

/* On the wire, by version 3 at its largest: see gateway/snmp/fit.c. */
static size_t wire_size(void)
{
    size_t size = 220 + 32 + 2 * 32 + 75;
    for (size_t i = 0; i < notification.n; i++) {
        const struct gwsnmp_varbind *varbind = &notification.v[i];
        size_t n = 0;
        for (size_t k = 1; k < varbind->name.n; k++)
            n += ber_arc(varbind->name.v[k]);
        size_t n_value = varbind->value.type == GWSNMP_OCTETS ? varbind->value.octets.n : 5;
        size += ber_head(ber_head(n) + ber_head(n_value));
    }
    return size;
}

static void test_objects(void)
{
    struct syslog_row *row =
        row_of("<187>1 2026-11-24T04:12:20Z h app 77 ID1 [a x=\"1\"][b y=\"2\"] text", 4711);
    syslog_notify_build(row, SLICE("192.0.2.7"), &notification);
    char text[GWSNMP_OID_TEXT_MAX];
    size_t n = gwsnmp_oid_format(notification.trap_oid.v, notification.trap_oid.n, text);
    UNIT_TEXT(slice_of(text, n), "1.3.6.1.2.1.192.0.1");
    CU_ASSERT(notification.is_message);
    CU_ASSERT_EQUAL(notification.number, 0);
    CU_ASSERT(notification.has_origin && memcmp(notification.origin, "\xC0\0\2\7", 4) == 0);
    CU_ASSERT_EQUAL_FATAL(notification.n, 12);
    for (unsigned i = 0; i < 10; i++) {
        snprintf(text, sizeof text, "1.3.6.1.2.1.192.1.2.1.%u.4711", i + 2);
        check_name(i, text);
    }
    check_name(10, "1.3.6.1.2.1.192.1.3.1.4.4711.1.1.97.1.120");
    check_name(11, "1.3.6.1.2.1.192.1.3.1.4.4711.2.1.98.1.121");
    CU_ASSERT_EQUAL(notification.v[0].value.integer, 23);
    CU_ASSERT_EQUAL(notification.v[1].value.integer, 3);
    CU_ASSERT_EQUAL(notification.v[8].value.gauge, 2);
    UNIT_TEXT(notification.v[9].value.octets, "text");
    UNIT_TEXT(notification.v[11].value.octets, "2");
    syslog_notify_build(row, SLICE("2001:db8::7"), &notification);
    CU_ASSERT(!notification.has_origin);
    syslog_row_put(row);
}

/* Every length of message, name and value: it fits, and nothing is left out that would. */
static void test_sizes(void)
{
    static char message[8192], big[4096];
    size_t largest = 0;
    memset(big, 'x', sizeof big);
    for (size_t n_msg = 0; n_msg < 1400; n_msg += 33) {
        for (size_t n_field = 1; n_field < 256; n_field += 127) {
            for (size_t n_param = 0; n_param < 900; n_param += 111) {
                int f = (int)n_field, p = (int)n_param;
                snprintf(message, sizeof message,
                         "<11>1 2026-11-24T04:12:20Z %.*s %.*s %.*s %.*s [a x=\"%.*s\" y=\"%.*s\" "
                         "z=\"\"] %.*s",
                         f, big, f, big, f, big, f, big, p, big, p / 2, big, (int)n_msg, big);
                struct syslog_row *row = row_of(message, UINT32_MAX);
                syslog_notify_build(row, SLICE_NONE, &notification);
                size_t size = wire_size();
                CU_ASSERT(size <= 1472);
                CU_ASSERT(notification.n >= 10 && notification.n <= 13);
                largest = size > largest ? size : largest;
                if (notification.v[9].value.octets.n < row->msg.n)
                    CU_ASSERT(notification.v[9].value.octets.n >= 256);
                syslog_row_put(row);
            }
        }
    }
    CU_ASSERT(largest > 1300);
}

static void test_many_params(void)
{
    char message[4096] = "<11>1 - h a - - [a";
    for (size_t i = 0; i < 64; i++)
        strcat(message, " x=\"1\"");
    strcat(message, "] m");
    struct syslog_row *row = row_of(message, 1);
    syslog_notify_build(row, SLICE_NONE, &notification);
    CU_ASSERT(notification.n > 20 && notification.n <= GWSNMP_VARBINDS_MAX);
    CU_ASSERT_EQUAL(notification.v[8].value.gauge, 64);
    CU_ASSERT(wire_size() <= 1472);
    syslog_row_put(row);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"objects", test_objects},
        {"sizes", test_sizes},
        {"many parameters", test_many_params},
        CU_TEST_INFO_NULL,
    };
    return unit_run("SYSLOG-MSG-MIB: notification", tests);
}
