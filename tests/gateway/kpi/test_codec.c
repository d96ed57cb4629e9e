/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signed numbers and texts there and back. */
#include "gateway/kpi/codec.h"

#include "tests/support/suite.h"

static void test_numbers(void)
{
    static const int64_t numbers[] = {0, 1, -1, 63, -64, 64, INT64_MAX, INT64_MIN};
    struct buf bytes = {0};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        kpi_put_int(&bytes, numbers[i]);
    struct cursor in = cursor_of(buf_get(&bytes));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        CU_ASSERT_EQUAL(kpi_get_int(&in), numbers[i]);
    CU_ASSERT_FALSE(in.failed);
    buf_clear(&bytes);
    kpi_put_text(&bytes, SLICE("text"));
    kpi_put_text(&bytes, SLICE_NONE);
    in = cursor_of(buf_get(&bytes));
    CU_ASSERT_TRUE(slice_equal(cursor_text(&in), SLICE("text")));
    CU_ASSERT_TRUE(cursor_text(&in).n == 0 && cursor_left(&in) == 0 && !in.failed);
    buf_free(&bytes);
}

int main(void)
{
    static const struct suite_test tests[] = {{"signed numbers, texts", test_numbers}};
    return suite_run("kpi codec", tests, sizeof tests / sizeof *tests);
}
