/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gateway/base/utf8.h"

#include <stdint.h>
#include <string.h>

#include "tests/support/suite.h"

/* Decodes by the table of RFC 3629 section 3 and judges the number: another way to the same answer.
 */
static bool is_character(const unsigned char *p, size_t n)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t code = n == 1 ? p[0] : p[0] & (0x7fu >> n);
    size_t should_be = p[0] < 0x80       ? 1
                       : p[0] >> 5 == 6  ? 2
                       : p[0] >> 4 == 14 ? 3
                       : p[0] >> 3 == 30 ? 4
                                         : 0;
    if (n != should_be)
        return false;
    for (size_t i = 1; i < n; i++) {
        if (p[i] >> 6 != 2)
            return false;
        code = code << 6 | (p[i] & 0x3f);
    }
    return code >= least[n] && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
}

/* All of one and two bytes, and of three and four the leads with edges behind. */
static void test_all(void)
{
    static const unsigned char edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90,
                                          0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    enum { EDGES = sizeof edges };
    unsigned wrong = 0;
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            for (unsigned c = 0; c < EDGES; c++) {
                for (unsigned d = 0; d < EDGES; d++) {
                    unsigned char p[4] = {(unsigned char)a, (unsigned char)b, edges[c], edges[d]};
                    size_t expected = 0;
                    for (size_t n = 1; n <= 4; n++)
                        if (is_character(p, n))
                            expected = n;
                    wrong += utf8_char(p, 4) != expected;
                    for (size_t n = 0; n < 4; n++) /* cut short */
                        wrong += utf8_char(p, n) != (expected <= n ? expected : 0);
                }
            }
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

/* A bad byte at every place of every length: the check works in steps of 8. */
static void test_places(void)
{
    char text[40];
    for (size_t n = 0; n <= sizeof text; n++) {
        memset(text, 'a', sizeof text);
        CU_ASSERT(utf8_is_valid(slice_of(text, n)));
        for (size_t at = 0; at < n; at++) {
            memset(text, 'a', sizeof text);
            text[at] = (char)0xff;
            CU_ASSERT(!utf8_is_valid(slice_of(text, n)));
            if (at + 3 <= n) {
                memcpy(text + at, "\xe7\x97\x85", 3);
                CU_ASSERT(utf8_is_valid(slice_of(text, n)));
                CU_ASSERT_EQUAL(utf8_is_valid(slice_of(text, at + 2)), false);
            }
        }
    }
    CU_ASSERT(utf8_is_valid(SLICE_NONE));
}

static void test_head(void)
{
    struct slice text = SLICE("a\xc3\xa9\xe7\x97\x85\xf0\x9f\x98\x80");
    static const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    for (size_t max = 0; max < sizeof expected / sizeof *expected; max++)
        CU_ASSERT_EQUAL(utf8_head(text, max).n, expected[max]);
}

static void test_steering(void)
{
    static const uint32_t steering[] = {0,     '\r',   '\n',   0x1b,   0x7f,   0x9f,
                                        0x61c, 0x200e, 0x2028, 0x202e, 0x2066, 0x2069};
    static const uint32_t harmless[] = {' ', '~', 0xa0, 0x75c5, 0x2027, 0x202f, 0x206a, 0x1f600};
    for (size_t i = 0; i < sizeof steering / sizeof *steering; i++)
        CU_ASSERT(utf8_is_steering(steering[i]));
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        CU_ASSERT(!utf8_is_steering(harmless[i]));
    CU_ASSERT(utf8_is_inert(SLICE("")) && utf8_is_inert(SLICE("a \xe7\x97\x85")));
    CU_ASSERT(!utf8_is_inert(SLICE("a\xe2\x80\xae")) && !utf8_is_inert(SLICE("a\nb")));
    CU_ASSERT(!utf8_is_inert(SLICE("a\xe7\x97")) && !utf8_is_inert(SLICE("\xff")));
    CU_ASSERT_EQUAL(utf8_code((const unsigned char *)"a", 1), 'a');
    CU_ASSERT_EQUAL(utf8_code((const unsigned char *)"\xc3\xa9", 2), 0xe9);
    CU_ASSERT_EQUAL(utf8_code((const unsigned char *)"\xe7\x97\x85", 3), 0x75c5);
    CU_ASSERT_EQUAL(utf8_code((const unsigned char *)"\xf0\x9f\x98\x80", 4), 0x1f600);
}

int main(void)
{
    static const struct suite_test tests[] = {{"all", test_all},
                                              {"places", test_places},
                                              {"head", test_head},
                                              {"steering", test_steering}};
    return suite_run("utf8", tests, sizeof tests / sizeof *tests);
}
