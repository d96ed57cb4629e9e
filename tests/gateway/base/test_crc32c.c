/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gateway/base/crc32c.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

/* Source: RFC 3720 appendix B.4. */
static void test_vectors(void)
{
    unsigned char bytes[32];
    memset(bytes, 0, sizeof bytes);
    CU_ASSERT_EQUAL(crc32c(0, bytes, 32), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    CU_ASSERT_EQUAL(crc32c(0, bytes, 32), 0x62a8ab43);
    for (unsigned i = 0; i < 32; i++)
        bytes[i] = (unsigned char)i;
    CU_ASSERT_EQUAL(crc32c(0, bytes, 32), 0x46dd794e);
    for (unsigned i = 0; i < 32; i++)
        bytes[i] = (unsigned char)(31 - i);
    CU_ASSERT_EQUAL(crc32c(0, bytes, 32), 0x113fdb5c);
    static const unsigned char read_10[48] = {
        0x01, 0xc0, 0, 0, 0, 0, 0,    0, 0,    0, 0, 0,    0, 0, 0, 0,
        0x14, 0,    0, 0, 0, 0, 0x04, 0, 0,    0, 0, 0x14, 0, 0, 0, 0x18,
        0x28, 0,    0, 0, 0, 0, 0,    0, 0x02, 0, 0, 0,    0, 0, 0, 0};
    CU_ASSERT_EQUAL(crc32c(0, read_10, 48), 0xd9963a56);
    CU_ASSERT_EQUAL(crc32c(0, "123456789", 9), 0xe3069283);
    CU_ASSERT_EQUAL(crc32c(0, NULL, 0), 0);
}

static uint32_t bit_by_bit(uint32_t crc, const unsigned char *p, size_t n)
{
    crc = ~crc;
    while (n--) {
        crc ^= *p++;
        for (int i = 0; i < 8; i++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
    }
    return ~crc;
}

static void test_pieces(void)
{
    unsigned char bytes[100];
    srand(1);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)rand();
    for (size_t n = 0; n <= sizeof bytes; n++) {
        uint32_t whole = crc32c(0, bytes, n);
        CU_ASSERT_EQUAL(whole, bit_by_bit(0, bytes, n));
        for (size_t cut = 0; cut <= n; cut++)
            CU_ASSERT_EQUAL_FATAL(crc32c(crc32c(0, bytes, cut), bytes + cut, n - cut), whole);
    }
}

/* Long ones go in parts: each length, at each place of a word, and nothing read behind its end. */
static void test_long(void)
{
    enum { LONG = 3400 };
    unsigned char *bytes = malloc(LONG + 8);
    srand(2);
    for (size_t i = 0; i < LONG + 8; i++)
        bytes[i] = (unsigned char)rand();
    uint32_t expected = 7;
    for (size_t n = 0; n <= LONG; n++) {
        unsigned char *copy = malloc(n + 1);
        memcpy(copy, bytes + n % 8, n);
        CU_ASSERT_EQUAL_FATAL(crc32c(7, copy, n), bit_by_bit(7, bytes + n % 8, n));
        CU_ASSERT_EQUAL_FATAL(crc32c(7, bytes, n), expected);
        expected = bit_by_bit(expected, bytes + n, 1);
        free(copy);
    }
    free(bytes);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"vectors", test_vectors}, {"pieces", test_pieces}, {"long", test_long}};
    return suite_run("crc32c", tests, sizeof tests / sizeof *tests);
}
