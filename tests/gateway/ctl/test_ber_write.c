/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The encoder against hand-made encodings; its packets against those of net-snmp: test_trap_encode.
 */
#include <CUnit/Basic.h>

#include "gateway/ctl/ber_write.h"

static void expect(const struct ber_writer *w, const char *bytes, size_t n)
{
    struct slice seen = ber_encoding(w);
    CU_ASSERT_EQUAL(seen.n, n);
    CU_ASSERT(seen.n == n && memcmp(seen.p, bytes, n) == 0);
}

#define WRITES(call, bytes)                                                                        \
    do {                                                                                           \
        struct ber_writer w = ber_writer_of(room, sizeof room);                                    \
        call;                                                                                      \
        expect(&w, bytes, sizeof(bytes) - 1);                                                      \
    } while (0)

static void test_integers(void)
{
    uint8_t room[64];
    WRITES(ber_put_int(&w, BER_INTEGER, 0), "\x02\x01\x00");
    WRITES(ber_put_int(&w, BER_INTEGER, 127), "\x02\x01\x7f");
    WRITES(ber_put_int(&w, BER_INTEGER, 128), "\x02\x02\x00\x80");
    WRITES(ber_put_int(&w, BER_INTEGER, -1), "\x02\x01\xff");
    WRITES(ber_put_int(&w, BER_INTEGER, -128), "\x02\x01\x80");
    WRITES(ber_put_int(&w, BER_INTEGER, -129), "\x02\x02\xff\x7f");
    WRITES(ber_put_int(&w, BER_INTEGER, INT64_MIN), "\x02\x08\x80\0\0\0\0\0\0\0");
    WRITES(ber_put_unsigned(&w, BER_COUNTER32, UINT32_MAX), "\x41\x05\0\xff\xff\xff\xff");
    WRITES(ber_put_unsigned(&w, BER_COUNTER64, UINT64_MAX),
           "\x46\x09\0\xff\xff\xff\xff\xff\xff\xff\xff");
}

static void test_oids(void)
{
    uint8_t room[64];
    WRITES(ber_put_oid(&w, SLICE("1.3")), "\x06\x01\x2b");
    WRITES(ber_put_oid(&w, SLICE(".1.3.6.1.4.1.6101")), "\x06\x07\x2b\x06\x01\x04\x01\xaf\x55");
    WRITES(ber_put_oid(&w, SLICE("0.0")), "\x06\x01\x00");
    WRITES(ber_put_oid(&w, SLICE("2.999.4294967295")), "\x06\x07\x88\x37\x8f\xff\xff\xff\x7f");
}

static void test_oids_that_are_none(void)
{
    static const char *const texts[] = {
        "",      ".",   "1",    "1.",   "1..3",           "..1.3",
        "1.3.",  "3.1", "1.40", "0.40", "1.3.4294967296", "1.3.99999999999999999999",
        "1.3.x", "x.3", "1.-3", "1.3 "};
    uint8_t room[64];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct ber_writer w = ber_writer_of(room, sizeof room);
        ber_put_oid(&w, slice_from(texts[i]));
        CU_ASSERT_TRUE(w.failed);
        CU_ASSERT_EQUAL(ber_encoding(&w).n, 0);
    }
}

/* Lengths of one, two and three octets, and each way of not fitting. */
static void test_lengths(void)
{
    static uint8_t room[70000];
    static char content[66000];
    static const size_t lengths[] = {0, 127, 128, 255, 256, 65535, 65536};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t n = lengths[i], head = n < 128 ? 2 : n < 256 ? 3 : n < 65536 ? 4 : 5;
        struct ber_writer w = ber_writer_of(room, sizeof room);
        ber_put_octets(&w, BER_OCTETS, slice_of(content, n));
        CU_ASSERT_EQUAL(ber_encoding(&w).n, n + head);
        struct ber b = ber_of(ber_encoding(&w));
        CU_ASSERT_EQUAL(ber_take(&b, BER_OCTETS, "text").n, n);
        CU_ASSERT_PTR_NULL(b.error);
        w = ber_writer_of(room, n + head - 1);
        ber_put_octets(&w, BER_OCTETS, slice_of(content, n));
        CU_ASSERT_TRUE(w.failed);
    }
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("ber_write", NULL, NULL);
    CU_add_test(suite, "integers", test_integers);
    CU_add_test(suite, "OIDs", test_oids);
    CU_add_test(suite, "OIDs that are none", test_oids_that_are_none);
    CU_add_test(suite, "lengths", test_lengths);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures != 0;
}
