/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gateway/base/cursor.h"

#include "gateway/base/buf.h"
#include "tests/support/suite.h"

static void test_numbers(void)
{
    struct cursor c = cursor_of(SLICE("\x01\x02\x03\x04\x05"));
    CU_ASSERT_EQUAL(cursor_u8(&c), 1);
    CU_ASSERT_EQUAL(cursor_u32le(&c), 0x05040302);
    CU_ASSERT(!c.failed && cursor_left(&c) == 0);
    CU_ASSERT_EQUAL(cursor_u8(&c), 0);
    CU_ASSERT(c.failed);
}

static void test_failure_sticks(void)
{
    struct cursor c = cursor_of(SLICE("abc"));
    CU_ASSERT_EQUAL(cursor_u32le(&c), 0);
    CU_ASSERT(c.failed);
    CU_ASSERT_EQUAL(cursor_u8(&c), 0); /* though a byte would be there */
    CU_ASSERT_EQUAL(cursor_varint(&c), 0);
    CU_ASSERT_EQUAL(cursor_take(&c, 1).n, 0);
    CU_ASSERT_EQUAL(cursor_text(&c).n, 0);
    CU_ASSERT_EQUAL(cursor_left(&c), 0);
    c = cursor_of(SLICE_NONE);
    CU_ASSERT(cursor_take(&c, 0).n == 0 && !c.failed);
    cursor_u8(&c);
    CU_ASSERT(c.failed);
}

static void test_varint(void)
{
    static const uint64_t values[] = {
        0, 1, 127, 128, 16383, 16384, UINT32_MAX, (uint64_t)1 << 63, UINT64_MAX};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct buf b = {0};
        buf_varint(&b, values[i]);
        struct cursor c = cursor_of(buf_get(&b));
        CU_ASSERT_EQUAL(cursor_varint(&c), values[i]);
        CU_ASSERT(!c.failed && cursor_left(&c) == 0);
        for (size_t n = 0; n < b.n; n++) { /* cut anywhere */
            c = cursor_of(slice_of(b.p, n));
            CU_ASSERT(cursor_varint(&c) == 0 && c.failed);
        }
        buf_free(&b);
    }
    struct cursor c = cursor_of(SLICE("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02")); /* bit 65 */
    CU_ASSERT(cursor_varint(&c) == 0 && c.failed);
    c = cursor_of(SLICE("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"));
    CU_ASSERT(cursor_varint(&c) == 0 && c.failed);
}

static void test_text(void)
{
    struct cursor c = cursor_of(SLICE("\x03"
                                      "abcd"));
    CU_ASSERT(slice_equal(cursor_text(&c), SLICE("abc")));
    CU_ASSERT_EQUAL(cursor_left(&c), 1);
    c = cursor_of(SLICE("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                        "a")); /* 2^64-1 bytes */
    CU_ASSERT(cursor_text(&c).n == 0 && c.failed);
    c = cursor_of(SLICE("\x04"
                        "abc"));
    CU_ASSERT(cursor_text(&c).n == 0 && c.failed);
}

int main(void)
{
    static const struct suite_test tests[] = {{"numbers", test_numbers},
                                              {"failure sticks", test_failure_sticks},
                                              {"varint", test_varint},
                                              {"text", test_text}};
    return suite_run("cursor", tests, sizeof tests / sizeof *tests);
}
