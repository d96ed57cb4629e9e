/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gateway/base/buf.h"

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

int main(void)
{
    static const struct suite_test tests[] = {{"grow", test_grow}, {"printf", test_printf}};
    return suite_run("buf", tests, sizeof tests / sizeof *tests);
}
