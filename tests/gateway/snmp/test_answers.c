/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Responses that wait for the disk: their order, and the bound in bytes. */
#include "gateway/snmp/answers.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include "tests/support/suite.h"
#include "tests/support/unit.h"

/* With so many varbinds of a few octets each. */
static netsnmp_pdu *make(long id, int n_varbinds)
{
    static const oid name[] = {1, 3, 6, 1, 2, 1, 1, 1, 0};
    netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_RESPONSE);
    pdu->reqid = id;
    for (int i = 0; i < n_varbinds; i++)
        snmp_pdu_add_variable(pdu, name, OID_LENGTH(name), ASN_OCTET_STR, "x", 1);
    return pdu;
}

static void is_next(struct gwsnmp_answers *answers, uint64_t committed, long id)
{
    netsnmp_pdu *pdu = gwsnmp_answers_take(answers, committed);
    CU_ASSERT_EQUAL(pdu ? pdu->reqid : 0, id);
    snmp_free_pdu(pdu);
}

static void order(void)
{
    struct gwsnmp_answers *answers = gwsnmp_answers_new();
    CU_ASSERT_FALSE(gwsnmp_answers_wait(answers));
    is_next(answers, UINT64_MAX, 0);
    gwsnmp_answers_put(answers, make(1, 1), 10);
    gwsnmp_answers_put(answers, make(2, 1), 11);
    gwsnmp_answers_put(answers, make(3, 1), 10); /* a repeat waits for those before it */
    CU_ASSERT_TRUE(gwsnmp_answers_wait(answers));
    is_next(answers, 9, 0);
    is_next(answers, 10, 1);
    is_next(answers, 10, 0);
    is_next(answers, 11, 2);
    is_next(answers, 11, 3);
    CU_ASSERT_FALSE(gwsnmp_answers_wait(answers));
    gwsnmp_answers_put(answers, make(4, 1), 12);
    gwsnmp_answers_free(answers); /* with what waits */
}

/* A varbind of 14 octets on the wire takes the library's whole room for a name. */
static void bound(void)
{
    enum { VARBINDS = 1000, MOST = GWSNMP_ANSWERS_BYTES_MAX / (VARBINDS * 1024) };
    struct gwsnmp_answers *answers = gwsnmp_answers_new();
    int n = 0;
    netsnmp_pdu *huge = make(1, 20 * VARBINDS), *pdu = make(2, VARBINDS);
    CU_ASSERT_TRUE(gwsnmp_answers_have_room(answers, huge)); /* alone */
    for (; gwsnmp_answers_have_room(answers, pdu) && n < 2 * MOST; n++)
        gwsnmp_answers_put(answers, snmp_clone_pdu(pdu), 1);
    CU_ASSERT_TRUE(n > MOST / 2 && n <= MOST);
    CU_ASSERT_FALSE(gwsnmp_answers_have_room(answers, huge));
    is_next(answers, 1, 2);
    CU_ASSERT_TRUE(gwsnmp_answers_have_room(answers, pdu));
    snmp_free_pdu(huge);
    snmp_free_pdu(pdu);
    gwsnmp_answers_free(answers);
}

int main(void)
{
    static const struct suite_test tests[] = {{"order", order}, {"bound", bound}};
    return suite_run("answers", tests, sizeof tests / sizeof *tests);
}
