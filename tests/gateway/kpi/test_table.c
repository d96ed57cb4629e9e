/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The small-key table, names by number, cleaned text. */
#include "gateway/kpi/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/utf8.h"
#include "gateway/schema/who.h"
#include "tests/support/suite.h"

enum { KEYS = 3000 };

/* Against an array; keys are few and close, so that runs of the probing touch and wrap. */
static void test_table(void)
{
    struct kpi_table table = {0};
    static uint32_t plain[KEYS + 1];
    static bool has[KEYS + 1];
    uint64_t r = 12345;
    size_t n = 0, wrong = 0;
    CU_ASSERT_PTR_NULL(kpi_table_get(&table, 1));
    CU_ASSERT_FALSE(kpi_table_remove(&table, 1));
    for (size_t i = 0; i < 60000; i++) {
        r = r * 6364136223846793005u + 1442695040888963407u;
        uint64_t key = 1 + (r >> 33) % KEYS;
        bool is_new;
        if (r >> 60 < 9) {
            *kpi_table_put(&table, key, &is_new) = (uint32_t)i;
            wrong += is_new == has[key];
            n += is_new;
            has[key] = true;
            plain[key] = (uint32_t)i;
        } else {
            wrong += kpi_table_remove(&table, key) != has[key];
            n -= has[key];
            has[key] = false;
        }
    }
    for (uint64_t key = 1; key <= KEYS; key++) {
        const uint32_t *value = kpi_table_get(&table, key);
        wrong += (value != NULL) != has[key] || (value && *value != plain[key]);
    }
    size_t at = 0, walked = 0;
    uint64_t key;
    uint32_t *value;
    while (kpi_table_next(&table, &at, &key, &value))
        walked++;
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(table.n, n);
    CU_ASSERT_EQUAL(walked, n);
    CU_ASSERT_TRUE(kpi_table_bytes(&table) >= n * 12);
    struct buf bytes = {0};
    struct kpi_table again = {0};
    kpi_table_encode(&table, &bytes);
    struct cursor in = cursor_of(buf_get(&bytes));
    CU_ASSERT_TRUE(kpi_table_decode(&again, &in));
    CU_ASSERT_EQUAL(again.n, n);
    at = 0;
    while (kpi_table_next(&table, &at, &key, &value))
        wrong += !kpi_table_get(&again, key) || *kpi_table_get(&again, key) != *value;
    CU_ASSERT_EQUAL(wrong, 0);
    kpi_table_free(&again);
    for (size_t cut = 0; cut < 64; cut++) {
        in = cursor_of(slice_head(buf_get(&bytes), cut));
        CU_ASSERT_FALSE(kpi_table_decode(&again, &in));
        CU_ASSERT_EQUAL(again.n, 0);
    }
    buf_free(&bytes);
    kpi_table_free(&table);
}

static void test_hash(void)
{
    CU_ASSERT_EQUAL(kpi_hash_nocase(1, 2, SLICE("WKS-1")), kpi_hash_nocase(1, 2, SLICE("wks-1")));
    CU_ASSERT_NOT_EQUAL(kpi_hash(1, 2, SLICE("WKS-1")), kpi_hash(1, 2, SLICE("wks-1")));
    CU_ASSERT_NOT_EQUAL(kpi_hash(1, 2, SLICE("a")), kpi_hash(2, 2, SLICE("a")));
    CU_ASSERT_NOT_EQUAL(kpi_hash(1, 2, SLICE("a")), kpi_hash(1, 3, SLICE("a")));
    CU_ASSERT_NOT_EQUAL(kpi_hash(1, 2, SLICE_NONE), 0);
    CU_ASSERT_NOT_EQUAL(kpi_hash(1, 2, SLICE("a\0")), kpi_hash(1, 2, SLICE("a")));
    /* All lengths around the steps of eight bytes, each byte counted. */
    char text[40];
    memset(text, 'x', sizeof text);
    for (size_t n = 1; n < sizeof text; n++)
        for (size_t i = 0; i < n; i++) {
            uint64_t before = kpi_hash(1, 1, slice_of(text, n));
            text[i] = 'y';
            CU_ASSERT_NOT_EQUAL(kpi_hash(1, 1, slice_of(text, n)), before);
            text[i] = 'x';
        }
}

/* Checkpoints hold hashes: they stay what they were. */
static void test_hash_stays(void)
{
    const char text[] = "WKS-Fin-01700.Example.NET\xc3\x84@[`{ 0a";
    uint64_t a = 0, b = 0;
    for (size_t n = 0; n < sizeof text; n++) {
        a = kpi_hash(a, n, slice_of(text, n));
        b = kpi_hash_nocase(b, n, slice_of(text, n));
    }
    CU_ASSERT_EQUAL(a, UINT64_C(0x0baa8d2b70fd2b79));
    CU_ASSERT_EQUAL(b, UINT64_C(0xbaabc038947912c0));
}

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

static void test_index(void)
{
    struct row {
        uint64_t key;
        int rest;
    } rows[3000] = {{0}};
    struct kpi_index index = {0};
    CU_ASSERT_EQUAL(kpi_index_get(&index, rows, sizeof *rows, 1), UINT32_MAX);
    for (uint32_t i = 0; i < 3000; i++) {
        rows[i] = (struct row){.key = (i + 1) * UINT64_C(0x100000001), .rest = 0};
        kpi_index_add(&index, rows, sizeof *rows, i);
        CU_ASSERT_EQUAL(kpi_index_get(&index, rows, sizeof *rows, rows[i].key + 1), UINT32_MAX);
    }
    for (uint32_t i = 0; i < 3000; i++)
        CU_ASSERT_EQUAL(kpi_index_get(&index, rows, sizeof *rows, rows[i].key), i);
    CU_ASSERT(index.n == 3000 && kpi_index_bytes(&index) < 3000 * 4 * 2);
    kpi_index_free(&index);
    kpi_index_free(&index);
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
    buf_free(&bytes);
}

int main(void)
{
    static const struct suite_test tests[] = {{"table", test_table},
                                              {"hash", test_hash},
                                              {"hashes stay", test_hash_stays},
                                              {"names", test_names},
                                              {"names as bytes", test_names_codec},
                                              {"names repacked", test_names_repacked},
                                              {"index", test_index},
                                              {"cleaned text", test_clean},
                                              {"signed numbers", test_numbers}};
    return suite_run("kpi tables", tests, sizeof tests / sizeof *tests);
}
