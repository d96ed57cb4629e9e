/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gateway/base/arena.h"

#include <stdint.h>

#include "tests/support/suite.h"

static void test_alignment_and_zero(void)
{
    struct arena arena;
    arena_init(&arena, 0);
    for (int round = 0; round < 3; round++) {
        for (size_t size = 0; size < 300; size++) {
            char *bytes = arena_bytes(&arena, size);
            memset(bytes, 0xAA, size);
            unsigned char *p = arena_alloc(&arena, size);
            CU_ASSERT_EQUAL((uintptr_t)p % 16, 0);
            for (size_t i = 0; i < size; i++)
                CU_ASSERT_EQUAL_FATAL(p[i], 0);
            memset(p, 0xBB, size);
        }
        arena_reset(&arena);
        CU_ASSERT_EQUAL(arena.used_bytes, 0);
    }
    arena_fini(&arena);
}

static void test_cap(void)
{
    struct arena arena;
    arena_init(&arena, 100);
    CU_ASSERT_PTR_NOT_NULL(arena_bytes(&arena, 60));
    CU_ASSERT_EQUAL(arena_left(&arena), 40);
    CU_ASSERT_PTR_NULL(arena_bytes(&arena, 41));
    CU_ASSERT_PTR_NULL(arena_bytes(&arena, SIZE_MAX));
    CU_ASSERT_EQUAL(arena_dup(&arena, SLICE("0123456789012345678901234567890123456789")).n, 0);
    CU_ASSERT_STRING_EQUAL(arena_text(&arena, SLICE("0123456789012345678901234567890123456789")),
                           "");
    CU_ASSERT_STRING_EQUAL(arena_printf(&arena, "%040d", 1), "");
    CU_ASSERT_PTR_NOT_NULL(arena_bytes(&arena, 40));
    CU_ASSERT_EQUAL(arena_left(&arena), 0);
    arena_reset(&arena);
    CU_ASSERT_EQUAL(arena_left(&arena), 100);
    arena_fini(&arena);
    arena_init(&arena, 0);
    CU_ASSERT_EQUAL(arena_left(&arena), SIZE_MAX);
    arena_fini(&arena);
}

static void test_shrink(void)
{
    struct arena arena;
    arena_init(&arena, 100);
    char *p = arena_bytes(&arena, 80);
    arena_shrink(&arena, p, 80, 10);
    CU_ASSERT_EQUAL(arena_left(&arena), 90);
    char *q = arena_bytes(&arena, 90);
    CU_ASSERT_PTR_EQUAL(q, p + 10);
    arena_shrink(&arena, p, 10, 0); /* not the last: kept */
    CU_ASSERT_EQUAL(arena_left(&arena), 0);
    arena_fini(&arena);
}

static void test_text(void)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct slice copy = arena_dup(&arena, slice_of("ab\0c", 4));
    CU_ASSERT(slice_equal(copy, slice_of("ab\0c", 4)));
    CU_ASSERT_EQUAL(copy.p[4], '\0');
    copy = arena_dup(&arena, SLICE_NONE);
    CU_ASSERT(copy.n == 0 && copy.p && !*copy.p);
    CU_ASSERT_STRING_EQUAL(arena_printf(&arena, "%s %d", "x", 7), "x 7");
    char *large = arena_bytes(&arena, 1 << 20);
    memset(large, 1, 1 << 20);
    CU_ASSERT_PTR_NOT_NULL(arena_bytes(&arena, 1));
    arena_fini(&arena);
}

int main(void)
{
    static const struct suite_test tests[] = {{"alignment and zero", test_alignment_and_zero},
                                              {"cap", test_cap},
                                              {"shrink", test_shrink},
                                              {"text", test_text}};
    return suite_run("arena", tests, sizeof tests / sizeof *tests);
}
