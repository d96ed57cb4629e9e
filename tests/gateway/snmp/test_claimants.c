/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who sends notifications of version 3, against the library's own records of boots and time: who
 * forges takes nothing, who knows a passphrase takes no place from others and makes no time go
 * back. */
#include "gateway/snmp/claimants.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <CUnit/Basic.h>
#include <stdio.h>
#include <string.h>

#include "gateway/snmp/snmp_internal.h"
#include "tests/gateway/snmp/library.h"
#include "tests/support/suite.h"

enum { ID_N = 12, LISTS = 23 };

static const struct gwsnmp_engine ours = {.id = "\x80\x00\x1f\x88\x05ours", .n_id = 9};
static const struct slice honest = {"\xc0\x00\x02\x01", 4}, insider = {"\xc0\x00\x02\x66", 4},
                          other = {"\xc0\x00\x02\x67", 4};
static struct gwsnmp_sender senders[] = {
    {.user = {.name = "bound", .auth = GWSNMP_AUTH_SHA_256, .auth_passphrase = "a passphrase"},
     .engine = "\x80\x00\x00\x00\x05named\0\0",
     .n_engine = ID_N},
    {.user = {.name = "any", .auth = GWSNMP_AUTH_SHA_256, .auth_passphrase = "a passphrase"}}};
static const struct gwsnmp_access access_ = {.senders = senders, .n_senders = 2};
static struct gwsnmp_claimants *claimants;

static struct slice id_of(const char *kind, unsigned number)
{
    static char id[ID_N + 1];
    snprintf(id, sizeof id, "\x80%c%c%c\x05%s%04x", 1, 1, 1, kind, number & 0xffff);
    return slice_of(id, strlen(id));
}

static const u_char *octets(struct slice id)
{
    return (const u_char *)id.p;
}

static Enginetime record_of(struct slice id)
{
    return search_enginetime_list(octets(id), (u_int)id.n);
}

static void begin(void)
{
    claimants = gwsnmp_claimants_new(&ours, NULL);
    gwsnmp_claimants_set_access(claimants, &access_, NULL);
}

static void end(void)
{
    gwsnmp_claimants_free(claimants);
    free_etimelist();
}

/* As the library does with a datagram: a record first, boots and time when it is authentic. */
static struct gwsnmp_claimant *receive(struct slice id, struct slice from, bool is_authentic)
{
    const char *why = "";
    struct gwsnmp_claimant *claimant =
        gwsnmp_claimants_find(claimants, id, SLICE("any"), from, &why);
    if (!claimant)
        return NULL;
    ENSURE_ENGINE_RECORD(octets(id), (u_int)id.n);
    if (is_authentic) {
        set_enginetime(octets(id), (u_int)id.n, 7, 1000, TRUE);
        gwsnmp_claimants_prove(claimants, claimant);
    }
    return claimant;
}

static bool has(struct slice id)
{
    return gwsnmp_claimants_have(claimants, id, SLICE("any"));
}

/* The last forgers have rows, that tell of them; of the others nothing is left, but what ends a
   list of the library's. */
static void test_forged(void)
{
    size_t n_records = 0, n_users = 0;
    begin();
    CU_ASSERT_PTR_NOT_NULL(receive(id_of("hon", 1), honest, true));
    for (unsigned i = 0; i < 10000; i++)
        CU_ASSERT_PTR_NOT_NULL_FATAL(receive(id_of("frg", i), insider, false));
    for (unsigned i = 0; i < 10000; i++) {
        n_records += record_of(id_of("frg", i)) != NULL;
        n_users += gwsnmp_usm_has_user("any", id_of("frg", i));
    }
    CU_ASSERT_TRUE(n_records <= GWSNMP_UNPROVEN_MAX + LISTS);
    CU_ASSERT_EQUAL(n_users, GWSNMP_UNPROVEN_MAX);
    CU_ASSERT_TRUE(has(id_of("hon", 1)));
    CU_ASSERT_EQUAL(record_of(id_of("hon", 1))->engineBoot, 7);
    end();
}

/* Whoever knows a passphrase and invents engines displaces his own, once he has his share. */
static void test_insider(void)
{
    begin();
    for (unsigned i = 0; i < GWSNMP_PROVEN_MAX - 100; i++)
        CU_ASSERT_PTR_NOT_NULL_FATAL(receive(id_of("hon", i), i % 2 ? honest : other, true));
    for (unsigned i = 0; i < 2000; i++)
        CU_ASSERT_PTR_NOT_NULL_FATAL(receive(id_of("ins", i), insider, true));
    unsigned n_left = 0, from = GWSNMP_PROVEN_MAX / 4 - 100;
    for (unsigned i = from; i < GWSNMP_PROVEN_MAX - 100; i++)
        n_left += has(id_of("hon", i)) && gwsnmp_usm_has_user("any", id_of("hon", i));
    CU_ASSERT_EQUAL(n_left, GWSNMP_PROVEN_MAX - 100 - from);
    /* One that made room comes back, and its time has not gone back. */
    CU_ASSERT_FALSE(has(id_of("hon", 0)));
    CU_ASSERT_FALSE(gwsnmp_usm_has_user("any", id_of("hon", 0)));
    CU_ASSERT_EQUAL(record_of(id_of("hon", 0))->engineBoot, 7);
    CU_ASSERT_PTR_NOT_NULL(receive(id_of("hon", 0), honest, false));
    CU_ASSERT_EQUAL(record_of(id_of("hon", 0))->engineTime, 1000);
    end();
}

/* Who spoke last goes last. */
static void test_spoke_last(void)
{
    begin();
    for (unsigned i = 0; i < GWSNMP_PROVEN_MAX; i++)
        receive(id_of("hon", i), honest, true);
    receive(id_of("hon", 0), honest, true);
    receive(id_of("new", 0), other, true);
    CU_ASSERT_TRUE(has(id_of("hon", 0)));
    CU_ASSERT_FALSE(has(id_of("hon", 1)));
    CU_ASSERT_TRUE(has(id_of("new", 0)));
    end();
}

/* Times of engines are bounded too, an address's to its share; none of them goes. */
static void test_times(void)
{
    unsigned n_taken = 0;
    const char *why = "";
    begin();
    for (unsigned i = 0; i < GWSNMP_TIMES_MAX; i++)
        n_taken += receive(id_of("ins", i), insider, i % 2 == 0) != NULL;
    CU_ASSERT_EQUAL(gwsnmp_claimants_find(claimants, id_of("new", 0), SLICE("any"), insider, &why),
                    NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "more engines"));
    CU_ASSERT_EQUAL(n_taken, GWSNMP_TIMES_MAX / 2 - 1); /* every other one was forged */
    CU_ASSERT_PTR_NOT_NULL(receive(id_of("ins", 0), insider, true)); /* a known one */
    CU_ASSERT_PTR_NOT_NULL(receive(id_of("hon", 0), honest, true));  /* of another address */
    CU_ASSERT_PTR_NOT_NULL(gwsnmp_claimants_find(
        claimants, slice_of((const char *)senders[0].engine, ID_N), SLICE("bound"), insider, &why));
    gwsnmp_claimants_set_access(claimants, &access_, NULL);
    CU_ASSERT_FALSE(has(id_of("ins", 0)));
    CU_ASSERT_EQUAL(record_of(id_of("ins", 0))->engineBoot, 7);
    CU_ASSERT_PTR_NULL(receive(id_of("new", 0), insider, true));
    end();
}

/* Wherever one stands in the library's list, no other goes with it. */
static void test_forget_time(void)
{
    begin();
    for (unsigned i = 0; i < 200; i++)
        set_enginetime(octets(id_of("one", i)), (u_int)id_of("one", i).n, i + 1, 5, TRUE);
    for (unsigned i = 0; i < 200; i += 3)
        gwsnmp_usm_forget_time(id_of("one", i));
    gwsnmp_usm_forget_time(id_of("two", 0));
    for (unsigned i = 0; i < 200; i++) {
        CU_ASSERT_EQUAL(gwsnmp_usm_knows_time(id_of("one", i)), i % 3 != 0);
        if (i % 3)
            CU_ASSERT_EQUAL(record_of(id_of("one", i))->engineBoot, i + 1);
    }
    end();
}

int main(void)
{
    static const struct suite_test tests[] = {{"forged", test_forged},
                                              {"insider", test_insider},
                                              {"spoke last", test_spoke_last},
                                              {"times", test_times},
                                              {"forget time", test_forget_time}};
    library_begin();
    return suite_run("claimants", tests, sizeof tests / sizeof *tests);
}
