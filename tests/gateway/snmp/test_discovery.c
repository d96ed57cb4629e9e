/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The question for an engine's id, and answers that are, or only look like one. */
#include "gateway/snmp/discovery.h"

#include <CUnit/Basic.h>
#include <string.h>

#include "tests/support/guard.h"
#include "tests/support/suite.h"

enum { ID = 0x51525354 };

/* A report as net-snmp sends it, as far as the engine's time. */
static const unsigned char report[] = {
    0x30, 0x4a, 0x02, 0x01, 0x03, 0x30, 0x11, 0x02, 0x04, 0x51, 0x52, 0x53, 0x54, 0x02, 0x03, 0x00,
    0xff, 0xe3, 0x04, 0x01, 0x00, 0x02, 0x01, 0x03, 0x04, 0x19, 0x30, 0x17, 0x04, 0x09, 0x80, 0x00,
    0x1f, 0x88, 0x05, 0xaa, 0xbb, 0xcc, 0xdd, 0x02, 0x01, 0x01, 0x02, 0x01, 0x07, 0x04, 0x00, 0x04,
    0x00, 0x04, 0x00, 0x30, 0x17, 0x04, 0x09, 0x80, 0x00, 0x1f, 0x88, 0x05, 0xaa, 0xbb, 0xcc, 0xdd,
    0x04, 0x00, 0xa8, 0x08, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x30, 0x00};

static struct slice bytes(const unsigned char *p, size_t n)
{
    return slice_of((const char *)p, n);
}

static void test_question(void)
{
    unsigned char question[GWSNMP_DISCOVERY_SIZE];
    struct gwsnmp_engine engine;
    gwsnmp_discovery_make(ID, question);
    CU_ASSERT_EQUAL(question[0], 0x30);
    CU_ASSERT_EQUAL(question[1], sizeof question - 2);
    static const unsigned char id[] = {0x02, 0x04, 0x51, 0x52, 0x53, 0x54};
    CU_ASSERT_EQUAL(memcmp(question + 7, id, sizeof id), 0);
    CU_ASSERT_EQUAL(memcmp(question + 50, id, sizeof id), 0);
    /* Its own echo tells no engine. */
    CU_ASSERT_FALSE(gwsnmp_discovery_read(bytes(question, sizeof question), ID, &engine));
}

static void test_answer(void)
{
    struct gwsnmp_engine engine;
    CU_ASSERT_TRUE_FATAL(gwsnmp_discovery_read(bytes(report, sizeof report), ID, &engine));
    CU_ASSERT_EQUAL(engine.n_id, 9);
    CU_ASSERT_EQUAL(memcmp(engine.id, "\x80\x00\x1f\x88\x05\xaa\xbb\xcc\xdd", 9), 0);
    CU_ASSERT_FALSE(gwsnmp_discovery_read(bytes(report, sizeof report), ID + 1, &engine));
    CU_ASSERT_FALSE(gwsnmp_discovery_read(SLICE_NONE, ID, &engine));
}

/* Cut anywhere and with any octet changed, it is read within its bounds: an engine of 5 to 32
   octets, or none. */
static void test_broken(void)
{
    struct guard guard = guard_new(sizeof report);
    struct gwsnmp_engine engine;
    unsigned read = 0;
    for (size_t n = 0; n < sizeof report; n++) {
        struct slice cut = guard_put(&guard, bytes(report, n));
        CU_ASSERT_FALSE(gwsnmp_discovery_read(cut, ID, &engine));
    }
    for (size_t at = 0; at < sizeof report; at++) {
        for (unsigned change = 1; change < 256; change++) {
            unsigned char changed[sizeof report];
            memcpy(changed, report, sizeof report);
            changed[at] ^= (unsigned char)change;
            struct slice put = guard_put(&guard, bytes(changed, sizeof changed));
            if (!gwsnmp_discovery_read(put, ID, &engine))
                continue;
            read++;
            if (engine.n_id < 5 || engine.n_id > GWSNMP_ENGINE_ID_MAX)
                CU_FAIL("an engine id of an impossible length");
        }
    }
    CU_ASSERT(read > 255 * 9); /* those that are changed in the engine's id, or behind it */
    guard_free(&guard);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"the question", test_question},
        {"an answer", test_answer},
        {"answers cut and changed", test_broken},
    };
    return suite_run("engine discovery", tests, sizeof tests / sizeof *tests);
}
