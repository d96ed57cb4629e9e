/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ring and its tables: walked with GETNEXT and GET as a manager does, while rows come and go,
 * and where the index begins anew.
 */
#include "gateway/agent/syslog_tables.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "parsers/syslog.h"
#include "tests/support/unit.h"

#define ROOT "1.3.6.1.2.1.192"

struct at {
    struct clock clock; /* first: the clock's function finds the rest */
    struct clock_reading now;
    struct syslog_ring ring;
    struct syslog_view view;
};

static struct clock_reading standing(const struct clock *clock)
{
    return ((const struct at *)clock)->now;
}

static void at_open(struct at *at, size_t max)
{
    *at = (struct at){.clock = {standing}, .now = {.mono_ms = 1000000}};
    syslog_ring_init(&at->ring, max);
    syslog_view_init(&at->view, &at->ring, &at->clock, false);
}

static void at_close(struct at *at)
{
    syslog_view_fini(&at->view);
    syslog_ring_fini(&at->ring);
}

static void add(struct at *at, uint64_t sequence, const char *data)
{
    static struct fields fields;
    struct arena arena;
    char text[256];
    arena_init(&arena, 0);
    snprintf(text, sizeof text, "<11>1 2026-11-24T04:12:20Z h a - - %s n=%llu", data,
             (unsigned long long)sequence);
    parse_syslog(slice_from(text), NULL, &arena, &fields);
    syslog_ring_add(&at->ring, syslog_row_new(&fields.syslog, 0, sequence));
    arena_fini(&arena);
}

static struct gwsnmp_oid oid(const char *behind_root)
{
    struct gwsnmp_oid oid;
    char text[GWSNMP_OID_TEXT_MAX];
    snprintf(text, sizeof text, ROOT "%s%s", *behind_root ? "." : "", behind_root);
    CU_ASSERT_FATAL(gwsnmp_oid_parse(slice_from(text), &oid));
    return oid;
}

static const char *text_of(const struct gwsnmp_oid *oid)
{
    static char text[GWSNMP_OID_TEXT_MAX];
    return text[gwsnmp_oid_format(oid->v, oid->n, text)] = '\0', text + sizeof ROOT;
}

/* One GETNEXT, a request of its own. */
static bool next(struct at *at, struct gwsnmp_oid *name, struct gwsnmp_hint *hint,
                 struct gwsnmp_value *out)
{
    struct gwsnmp_oid from = *name;
    const void *view = syslog_view_pin(&at->view, true, true, 1);
    if (!gwsnmp_mib_next_hint(&syslog_mib, view, from.v, from.n, hint, name, out))
        return false;
    CU_ASSERT(gwsnmp_oid_compare(from.v, from.n, name->v, name->n) < 0);
    return true;
}

/* What is below root, names with blanks between them; each is got by GET too. */
static void check_walk(struct at *at, const char *root, const char *expected)
{
    static char seen[1 << 16];
    struct gwsnmp_oid name = oid(root), base = name;
    struct gwsnmp_hint hint = {SIZE_MAX, SIZE_MAX};
    struct gwsnmp_value value, got;
    size_t n = 0;
    seen[0] = '\0';
    at->now.mono_ms += 60000;
    while (next(at, &name, &hint, &value) && name.n > base.n &&
           memcmp(name.v, base.v, base.n * sizeof *base.v) == 0) {
        n += (size_t)snprintf(seen + n, sizeof seen - n, "%s%s", n ? " " : "", text_of(&name));
        CU_ASSERT(gwsnmp_mib_get(&syslog_mib, &at->view, name.v, name.n, &got));
        CU_ASSERT_EQUAL(got.type, value.type);
    }
    UNIT_TEXT(slice_from(seen), expected);
}

static void test_empty(void)
{
    struct at at;
    struct gwsnmp_value value;
    struct gwsnmp_oid name = oid("1.2.1.11.1");
    at_open(&at, 4);
    check_walk(&at, "1", "1.1.1.0 1.1.2.0");
    CU_ASSERT(!gwsnmp_mib_get(&syslog_mib, &at.view, name.v, name.n, &value));
    CU_ASSERT_EQUAL(value.type, GWSNMP_NO_SUCH_INSTANCE);
    at_close(&at);
}

static void test_columns(void)
{
    struct at at;
    at_open(&at, 4);
    add(&at, 7, "[a x=\"1\" yy=\"\"]");
    check_walk(&at, "1",
               "1.1.1.0 1.1.2.0 1.2.1.2.7 1.2.1.3.7 1.2.1.4.7 1.2.1.5.7 1.2.1.6.7 1.2.1.7.7 "
               "1.2.1.8.7 1.2.1.9.7 1.2.1.10.7 1.2.1.11.7 1.3.1.4.7.1.1.97.1.120 "
               "1.3.1.4.7.2.1.97.2.121.121");
    at_close(&at);
}

static void test_oldest_goes(void)
{
    struct at at;
    at_open(&at, 3);
    for (uint64_t i = 1; i <= 3; i++)
        add(&at, 10 * i, "-");
    check_walk(&at, "1.2.1.2", "1.2.1.2.10 1.2.1.2.20 1.2.1.2.30");
    for (uint64_t i = 4; i <= 8; i++)
        add(&at, 10 * i, "-");
    check_walk(&at, "1.2.1.2", "1.2.1.2.60 1.2.1.2.70 1.2.1.2.80");
    at_close(&at);
}

/* Rows without parameters stand between those that have some. */
static void test_params_of_rows(void)
{
    struct at at;
    at_open(&at, 8);
    add(&at, 1, "-");
    add(&at, 2, "[a x=\"1\"]");
    add(&at, 3, "-");
    add(&at, 4, "[none]");
    add(&at, 5, "[a x=\"1\" x=\"2\"][b y=\"3\"]");
    add(&at, 6, "-");
    check_walk(&at, "1.3",
               "1.3.1.4.2.1.1.97.1.120 1.3.1.4.5.1.1.97.1.120 1.3.1.4.5.2.1.97.1.120 "
               "1.3.1.4.5.3.1.98.1.121");
    at_close(&at);
}

static void test_index_wraps(void)
{
    struct at at;
    const uint64_t turn = UINT32_MAX;
    at_open(&at, 4);
    add(&at, turn - 1, "-");
    add(&at, turn, "[a x=\"1\"]");
    add(&at, turn + 1, "[a x=\"1\"]");
    check_walk(&at, "1.2.1.2", "1.2.1.2.1 1.2.1.2.4294967294 1.2.1.2.4294967295");
    check_walk(&at, "1.3", "1.3.1.4.1.1.1.97.1.120 1.3.1.4.4294967295.1.1.97.1.120");
    add(&at, turn + 2, "-");
    add(&at, turn + 3, "-");
    check_walk(&at, "1.2.1.2", "1.2.1.2.1 1.2.1.2.2 1.2.1.2.3 1.2.1.2.4294967295");
    /* A whole turn later the index would be there twice: what has it goes, and what is older. */
    add(&at, 2 * turn + 2, "-");
    check_walk(&at, "1.2.1.2", "1.2.1.2.2 1.2.1.2.3");
    add(&at, 9 * turn, "-");
    check_walk(&at, "1.2.1.2", "1.2.1.2.4294967295");
    at_close(&at);
}

/* A moment stays while it is walked; the walk after it sees what is new. */
static void test_walk_is_of_one_moment(void)
{
    struct at at;
    struct gwsnmp_oid name = oid("1.2.1.2");
    struct gwsnmp_hint hint = {SIZE_MAX, SIZE_MAX};
    struct gwsnmp_value value;
    size_t n = 0;
    at_open(&at, 4);
    for (uint64_t i = 1; i <= 4; i++)
        add(&at, i, "-");
    while (next(&at, &name, &hint, &value) && name.v[10] == SYSLOG_MSG_FACILITY) {
        n++;
        add(&at, 10 + n, "-");
        at.now.mono_ms += 500;
    }
    CU_ASSERT_EQUAL(n, 4);
    check_walk(&at, "1.2.1.11", "1.2.1.11.11 1.2.1.11.12 1.2.1.11.13 1.2.1.11.14");
    at_close(&at);
}

/* However slowly it is walked, and whatever goes and comes meanwhile: names grow (next() looks),
   and values belong to their names. */
static void test_walk_while_rows_change(void)
{
    struct at at;
    struct gwsnmp_oid name = oid("1.2.1.11");
    struct gwsnmp_hint hint = {SIZE_MAX, SIZE_MAX};
    struct gwsnmp_value value;
    uint64_t sequence = UINT32_MAX - 200;
    unsigned n = 0;
    at_open(&at, 16);
    for (int i = 0; i < 16; i++)
        add(&at, sequence++, "[a x=\"1\"]");
    while (next(&at, &name, &hint, &value) && n < 10000) {
        char text[32];
        n++;
        at.now.mono_ms += n % 3 * 1100; /* often a new moment */
        for (unsigned k = 0; k < n % 5 && n < 100; k++)
            add(&at, sequence++, n % 2 ? "[a x=\"1\"][b y=\"2\"]" : "-");
        if (name.v[8] != SYSLOG_MIB_MESSAGES)
            continue;
        uint64_t of = name.v[name.n - 1] < 1000 ? UINT64_C(0xffffffff) + name.v[name.n - 1]
                                                : name.v[name.n - 1];
        snprintf(text, sizeof text, "n=%llu", (unsigned long long)of);
        UNIT_TEXT(value.octets, text);
    }
    CU_ASSERT(n > 16 && n < 10000);
    CU_ASSERT(sequence > UINT32_MAX);
    at_close(&at);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"an empty table", test_empty},
        {"every column", test_columns},
        {"the oldest goes", test_oldest_goes},
        {"parameters of several rows", test_params_of_rows},
        {"the index begins anew", test_index_wraps},
        {"a walk is of one moment", test_walk_is_of_one_moment},
        {"a walk while rows change", test_walk_while_rows_change},
        CU_TEST_INFO_NULL,
    };
    return unit_run("SYSLOG-MSG-MIB: tables", tests);
}
