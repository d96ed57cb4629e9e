/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A source's bound holds, its neighbours' is their own, and a flood of sources frees nobody. */
#include "gateway/snmp/rates.h"

#include <CUnit/Basic.h>
#include <string.h>

#include "tests/support/suite.h"

enum { PER_S = 100 };
static const int64_t start_ns = 7000000000;

static struct slice source_of(uint32_t number, char *bytes)
{
    memcpy(bytes, &number, sizeof number);
    return slice_of(bytes, sizeof number);
}

static int answered(struct gwsnmp_rates *rates, uint32_t number, enum gwsnmp_answer answer,
                    int64_t now_ns, int asked)
{
    char bytes[4];
    int n = 0;
    for (int i = 0; i < asked; i++)
        if (gwsnmp_rates_allow(rates, source_of(number, bytes), answer, PER_S, now_ns)) {
            gwsnmp_rates_spend(rates, source_of(number, bytes), answer, PER_S, now_ns);
            n++;
        }
    return n;
}

static void test_each(void)
{
    struct gwsnmp_rates *rates = gwsnmp_rates_new();
    for (uint32_t i = 1; i <= 50; i++)
        CU_ASSERT_EQUAL(answered(rates, i, GWSNMP_REPLY, start_ns, 1000), PER_S);
    for (uint32_t i = 1; i <= 50; i++) {
        CU_ASSERT_EQUAL(answered(rates, i, GWSNMP_REPLY, start_ns, 1000), 0);
        CU_ASSERT_EQUAL(answered(rates, i, GWSNMP_REPORT, start_ns, 1000), PER_S);
        CU_ASSERT_EQUAL(answered(rates, i, GWSNMP_REPLY, start_ns + 500000000, 1000), PER_S / 2);
    }
    gwsnmp_rates_free(rates);
}

static void test_no_bound(void)
{
    struct gwsnmp_rates *rates = gwsnmp_rates_new();
    char bytes[4];
    for (int i = 0; i < 10000; i++) {
        gwsnmp_rates_spend(rates, source_of(1, bytes), GWSNMP_REPLY, 0, start_ns);
        gwsnmp_rates_spend(rates, SLICE_NONE, GWSNMP_REPLY, PER_S, start_ns);
    }
    CU_ASSERT(gwsnmp_rates_allow(rates, source_of(1, bytes), GWSNMP_REPLY, 0, start_ns));
    CU_ASSERT(gwsnmp_rates_allow(rates, source_of(1, bytes), GWSNMP_REPLY, PER_S, start_ns));
    CU_ASSERT(gwsnmp_rates_allow(rates, SLICE_NONE, GWSNMP_REPLY, PER_S, start_ns));
    gwsnmp_rates_free(rates);
}

/* One that is held back stays so, whoever else comes by: a hundred times the places there are. */
static void test_flood_of_sources(void)
{
    struct gwsnmp_rates *rates = gwsnmp_rates_new();
    CU_ASSERT_EQUAL(answered(rates, 1, GWSNMP_REPLY, start_ns, 1000), PER_S);
    for (uint32_t i = 2; i < 100 * GWSNMP_RATES_MAX; i++)
        CU_ASSERT_FATAL(answered(rates, i, GWSNMP_REPLY, start_ns, 1) == 1);
    CU_ASSERT_EQUAL(answered(rates, 1, GWSNMP_REPLY, start_ns, 1000), 0);
    gwsnmp_rates_free(rates);
}

/* What is given back may be spent, and no more than a second's worth is ever there. */
static void test_refund(void)
{
    struct gwsnmp_rates *rates = gwsnmp_rates_new();
    char bytes[4];
    CU_ASSERT_EQUAL(answered(rates, 1, GWSNMP_REPORT, start_ns, 1000), PER_S);
    for (int i = 0; i < 10; i++)
        gwsnmp_rates_refund(rates, source_of(1, bytes), GWSNMP_REPORT, PER_S, start_ns);
    CU_ASSERT_EQUAL(answered(rates, 1, GWSNMP_REPORT, start_ns, 1000), 10);
    for (int i = 0; i < 10 * PER_S; i++) {
        gwsnmp_rates_refund(rates, source_of(1, bytes), GWSNMP_REPORT, PER_S, start_ns);
        gwsnmp_rates_refund(rates, source_of(2, bytes), GWSNMP_REPORT, PER_S, start_ns);
    }
    for (uint32_t i = 1; i <= 2; i++)
        CU_ASSERT_EQUAL(answered(rates, i, GWSNMP_REPORT, start_ns, 1000), PER_S);
    gwsnmp_rates_free(rates);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"each source has its own, replies and reports", test_each},
        {"no bound, nobody known", test_no_bound},
        {"a flood of sources", test_flood_of_sources},
        {"given back", test_refund},
    };
    return suite_run("rates", tests, sizeof tests / sizeof *tests);
}
