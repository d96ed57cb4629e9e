/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The small-key table, the index of dense rows, hashes. */
#include "gateway/kpi/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int main(void)
{
    static const struct suite_test tests[] = {{"table", test_table},
                                              {"hash", test_hash},
                                              {"hashes stay", test_hash_stays},
                                              {"index", test_index}};
    return suite_run("kpi tables", tests, sizeof tests / sizeof *tests);
}
