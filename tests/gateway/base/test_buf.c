/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gateway/base/buf.h"

#include <inttypes.h>

#include "tests/support/suite.h"

static void test_grow(void)
{
    struct buf b = {0};
    for (int i = 0; i < 100000; i++)
        buf_byte(&b, (char)i);
    CU_ASSERT_EQUAL(b.n, 100000);
    for (int i = 0; i < 100000; i++)
        CU_ASSERT_EQUAL_FATAL(b.p[i], (char)i);
    buf_clear(&b);
    CU_ASSERT_EQUAL(b.n, 0);
    buf_append(&b, NULL, 0);
    buf_slice(&b, SLICE_NONE);
    CU_ASSERT_STRING_EQUAL(buf_text(&b), "");
    buf_free(&b);
    CU_ASSERT_STRING_EQUAL(buf_text(&b), "");
    buf_free(&b);
}

/* Each length at each fill: the end of the memory is where mistakes are. */
static void test_printf(void)
{
    for (size_t fill = 250; fill < 260; fill++) {
        struct buf b = {0};
        for (size_t i = 0; i < fill; i++)
            buf_byte(&b, 'x');
        buf_printf(&b, "%s-%d", "abc", 12345);
        CU_ASSERT(slice_ends_with(buf_get(&b), SLICE("xabc-12345")));
        CU_ASSERT_EQUAL(b.n, fill + 9);
        buf_free(&b);
    }
    struct buf b = {0};
    buf_printf(&b, "%1000d", 1);
    CU_ASSERT_EQUAL(b.n, 1000);
    buf_printf(&b, "%s", "");
    CU_ASSERT_EQUAL(b.n, 1000);
    buf_free(&b);
}

static void check_number(uint64_t value)
{
    struct buf b = {0}, expected = {0};
    buf_uint(&b, value);
    buf_byte(&b, ' ');
    buf_int(&b, (int64_t)value);
    buf_printf(&expected, "%" PRIu64 " %" PRId64, value, (int64_t)value);
    CU_ASSERT_STRING_EQUAL_FATAL(buf_text(&b), buf_text(&expected));
    buf_free(&b);
    buf_free(&expected);
}

/* Around each power of two and of ten: there the number of digits is decided. */
static void test_numbers(void)
{
    for (uint64_t power = 1; power; power *= 2)
        for (uint64_t d = 0; d < 5; d++)
            check_number(power - 2 + d);
    uint64_t power = 1;
    for (int digits = 1; digits <= 20; digits++, power *= 10)
        for (uint64_t d = 0; d < 5; d++)
            check_number(power - 2 + d);
}

static void test_word(void)
{
    static const bool letters[256] = {['a' ... 'z'] = 1};
    struct buf b = {0};
    buf_word(&b, SLICE("a b\xff\n`z{"), 100, letters);
    CU_ASSERT_STRING_EQUAL(buf_text(&b), "a_b___z_");
    buf_word(&b, SLICE("xyz"), 2, letters);
    buf_word(&b, SLICE_NONE, 2, letters);
    CU_ASSERT_STRING_EQUAL(buf_text(&b), "a_b___z_xy");
    buf_free(&b);
}

int main(void)
{
    static const struct suite_test tests[] = {{"grow", test_grow},
                                              {"printf", test_printf},
                                              {"numbers", test_numbers},
                                              {"word", test_word}};
    return suite_run("buf", tests, sizeof tests / sizeof *tests);
}
