/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every character at every place, with neighbours that a carry would reach. */
#include "gateway/base/ascii.h"

#include <string.h>

#include "tests/support/suite.h"

static const unsigned char neighbours[] = {0, ' ', 'A', 'Z', '~', 0x7f, 0x80, 0xff};

static void test_lower(void)
{
    for (unsigned c = 0; c < 256; c++)
        for (size_t at = 0; at < 8; at++)
            for (size_t i = 0; i < sizeof neighbours; i++) {
                unsigned char text[8], expected[8];
                memset(text, neighbours[i], sizeof text);
                text[at] = (unsigned char)c;
                for (size_t k = 0; k < 8; k++)
                    expected[k] = text[k] >= 'A' && text[k] <= 'Z' ? text[k] + 32 : text[k];
                uint64_t word;
                memcpy(&word, text, sizeof word);
                word = ascii_lower8(word);
                CU_ASSERT_EQUAL(memcmp(&word, expected, sizeof word), 0);
            }
}

static void test_printable(void)
{
    for (unsigned c = 0; c < 256; c++)
        for (size_t at = 0; at < 8; at++)
            for (size_t i = 0; i < sizeof neighbours; i++) {
                unsigned char text[8];
                memset(text, neighbours[i], sizeof text);
                text[at] = (unsigned char)c;
                bool expected =
                    c >= ' ' && c <= '~' && neighbours[i] >= ' ' && neighbours[i] <= '~';
                uint64_t word;
                memcpy(&word, text, sizeof word);
                CU_ASSERT_EQUAL(ascii_is_printable8(word), expected);
            }
}

int main(void)
{
    static const struct suite_test tests[] = {{"lower case", test_lower},
                                              {"printable", test_printable}};
    return suite_run("ascii", tests, sizeof tests / sizeof *tests);
}
