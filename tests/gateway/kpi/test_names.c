/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names by number, their bounds, their bytes; the cleaned text that they are. */
#include "gateway/kpi/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/utf8.h"
#include "gateway/schema/who.h"
#include "tests/support/suite.h"

static void test_names(void)
{
    struct kpi_names names;
    char text[KPI_NAME_MAX + 40];
    kpi_names_init(&names, 7);
    uint32_t a = kpi_names_put(&names, SLICE("WORM_X")), b = kpi_names_put(&names, SLICE("b"));
    CU_ASSERT_EQUAL(kpi_names_put(&names, SLICE("worm_x")), a);
    CU_ASSERT_NOT_EQUAL(a, b);
    CU_ASSERT_STRING_EQUAL(kpi_names_text(&names, a), "worm_x");
    CU_ASSERT_STRING_EQUAL(kpi_names_text(&names, 9999), "");
    memset(text, 'n', sizeof text);
    uint32_t l = kpi_names_put(&names, slice_of(text, sizeof text));
    CU_ASSERT_EQUAL(strlen(kpi_names_text(&names, l)), KPI_NAME_MAX);
    uint8_t used[16] = {0};
    used[b] = 1;
    kpi_names_collect(&names, used);
    CU_ASSERT_EQUAL(names.live, 1);
    CU_ASSERT_STRING_EQUAL(kpi_names_text(&names, a), "");
    CU_ASSERT_EQUAL(kpi_names_put(&names, SLICE("b")), b);
    kpi_names_put(&names, SLICE("c"));
    CU_ASSERT_EQUAL(names.n, 4); /* a free number was taken */
    for (int i = 0; names.refused == 0 && i < KPI_NAMES_MAX + 10; i++) {
        int n = snprintf(text, sizeof text, "name-%d", i);
        kpi_names_put(&names, slice_of(text, (size_t)n));
    }
    CU_ASSERT_EQUAL(names.live, KPI_NAMES_MAX);
    CU_ASSERT_EQUAL(kpi_names_put(&names, SLICE("one more")), 0);
    CU_ASSERT_STRING_EQUAL(kpi_names_text(&names, 0), "(others)");
    kpi_names_fini(&names);
}

/* A name too long ends with a whole character; what is behind does not make it another. */
static void test_cut(void)
{
    enum { WHOLE = KPI_NAME_MAX / 3 * 3 };
    struct kpi_names names;
    char text[WHOLE + 6];
    kpi_names_init(&names, 7);
    for (size_t i = 0; i < sizeof text; i += 3)
        memcpy(text + i, "\xe6\xaf\x92", 3);
    uint32_t id = kpi_names_put(&names, slice_of(text, sizeof text));
    CU_ASSERT_EQUAL(strlen(kpi_names_text(&names, id)), WHOLE);
    CU_ASSERT_EQUAL(memcmp(kpi_names_text(&names, id), text, WHOLE), 0);
    CU_ASSERT_EQUAL(kpi_names_put(&names, slice_of(text, sizeof text - 3)), id);
    kpi_names_fini(&names);
}

static void test_names_codec(void)
{
    struct kpi_names names, again;
    struct buf bytes = {0};
    kpi_names_init(&names, 7);
    uint32_t a = kpi_names_put(&names, SLICE("a")), b = kpi_names_put(&names, SLICE("b"));
    uint8_t used[8] = {0};
    used[b] = 1;
    kpi_names_collect(&names, used);
    kpi_names_encode(&names, &bytes);
    kpi_names_init(&again, 7);
    struct cursor in = cursor_of(buf_get(&bytes));
    CU_ASSERT_TRUE(kpi_names_decode(&again, &in));
    CU_ASSERT_STRING_EQUAL(kpi_names_text(&again, b), "b");
    CU_ASSERT_EQUAL(kpi_names_put(&again, SLICE("c")), a); /* the freed number */
    kpi_names_fini(&again);
    for (size_t n = 0; n < bytes.n; n++) {
        kpi_names_init(&again, 7);
        in = cursor_of(slice_head(buf_get(&bytes), n));
        CU_ASSERT_FALSE(kpi_names_decode(&again, &in));
        kpi_names_fini(&again);
    }
    kpi_names_fini(&names);
    buf_free(&bytes);
}

/* What was given back leaves the memory, what was kept is as it was. */
static void test_names_repacked(void)
{
    enum { N = 5000 };
    struct kpi_names names;
    uint8_t used[N + 2] = {0};
    char text[32];
    kpi_names_init(&names, 7);
    for (int i = 0; i < N; i++) {
        snprintf(text, sizeof text, "name-%d", i);
        used[kpi_names_put(&names, slice_from(text))] = i % 10 == 0;
    }
    size_t before = names.arena.used_bytes;
    kpi_names_collect(&names, used);
    CU_ASSERT(names.live == N / 10 && names.arena.used_bytes < before / 5);
    for (int i = 0; i < N; i += 10) {
        snprintf(text, sizeof text, "name-%d", i);
        uint32_t id = kpi_names_put(&names, slice_from(text));
        CU_ASSERT_STRING_EQUAL(kpi_names_text(&names, id), text);
    }
    CU_ASSERT_EQUAL(names.live, N / 10);
    kpi_names_fini(&names);
}

static void test_clean(void)
{
    static const struct {
        struct slice in;
        size_t max;
        bool lower;
        const char *out;
    } cases[] = {
        {{"Hello", 5}, 20, false, "Hello"},
        {{"Hello", 5}, 20, true, "hello"},
        {{"a\tb\x7f", 4}, 20, false, "a?b?"},
        {{"a\0b", 3}, 20, false, "a?b"},
        {{"\xff\xfe", 2}, 20, false, "??"},
        {{"\xc2\x85x", 3}, 20, false, "?x"},
        {{"\xe7\x97\x85\xe6\xaf\x92", 6}, 20, true, "\xe7\x97\x85\xe6\xaf\x92"},
        {{"\xe7\x97\x85\xe6\xaf\x92", 6}, 5, false, "\xe7\x97\x85"},
        {{"\xe7\x97", 2}, 20, false, "??"},
        {{"abc", 3}, 2, false, "ab"},
        {{NULL, 0}, 20, false, ""},
        {{"abc", 3}, 0, false, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[32];
        size_t n = gw_clean_text(cases[i].in, out, cases[i].max, cases[i].lower);
        CU_ASSERT_STRING_EQUAL(out, cases[i].out);
        CU_ASSERT_EQUAL(n, strlen(cases[i].out));
        CU_ASSERT_TRUE(utf8_is_valid(slice_of(out, n)));
    }
}

int main(void)
{
    static const struct suite_test tests[] = {{"names", test_names},
                                              {"as bytes", test_names_codec},
                                              {"cut", test_cut},
                                              {"repacked", test_names_repacked},
                                              {"cleaned text", test_clean}};
    return suite_run("kpi names", tests, sizeof tests / sizeof *tests);
}
