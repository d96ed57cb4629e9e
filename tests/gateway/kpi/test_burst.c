/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bursts: counted in any order of arrival, begun anew, bounded, and whole in a checkpoint. */
#include <string.h>

#include "gateway/kpi/burst.h"
#include "tests/support/suite.h"

enum { A = 1, B = 2 };

static bool add(struct kpi_bursts *bursts, uint64_t key, uint16_t kind, int64_t time_ms)
{
    return kpi_burst_add(bursts, key, kind, time_ms, 1000, 3, true);
}

static void test_order(void)
{
    struct kpi_bursts bursts = {0};
    CU_ASSERT_FALSE(add(&bursts, 7, A, 1500));
    CU_ASSERT_FALSE(add(&bursts, 7, A, 1600)); /* no change */
    CU_ASSERT_FALSE(add(&bursts, 7, B, 1900));
    CU_ASSERT_FALSE(add(&bursts, 8, A, 1950));
    CU_ASSERT_TRUE(add(&bursts, 7, A, 2499));
    CU_ASSERT_FALSE(add(&bursts, 7, B, 2499)); /* begins anew */
    CU_ASSERT_FALSE(add(&bursts, 7, A, 2500));
    CU_ASSERT_FALSE(add(&bursts, 7, B, 3499)); /* a whole second after the first: too late */
    CU_ASSERT_TRUE(add(&bursts, 7, A, 3000));  /* a late one falls between */
    kpi_bursts_free(&bursts);
}

static void test_bound(void)
{
    struct kpi_bursts bursts = {0};
    for (uint64_t key = 1; key <= KPI_BURSTS_MAX + 5; key++)
        add(&bursts, key, A, 1000 + (int64_t)key);
    CU_ASSERT_EQUAL(bursts.n, KPI_BURSTS_MAX);
    CU_ASSERT_EQUAL(bursts.refused, 5);
    kpi_bursts_collect(&bursts, 2000, 100);
    CU_ASSERT_EQUAL(bursts.n, KPI_BURSTS_MAX);
    kpi_bursts_collect(&bursts, KPI_BURSTS_MAX + 1000, 1000);
    CU_ASSERT_EQUAL(bursts.n, 1000);
    CU_ASSERT_FALSE(add(&bursts, KPI_BURSTS_MAX + 5, B, KPI_BURSTS_MAX + 1000));
    CU_ASSERT_EQUAL(bursts.refused, 5);
    kpi_bursts_free(&bursts);
}

static void test_codec(void)
{
    struct kpi_bursts bursts = {0}, again = {0};
    struct buf bytes = {0}, same = {0};
    add(&bursts, 7, A, 1500);
    add(&bursts, 7, B, 1600);
    add(&bursts, 9, B, -5);
    kpi_bursts_encode(&bursts, &bytes);
    struct cursor in = cursor_of(buf_get(&bytes));
    kpi_bursts_decode(&again, &in);
    CU_ASSERT_FALSE(in.failed);
    CU_ASSERT_EQUAL(cursor_left(&in), 0);
    kpi_bursts_encode(&again, &same);
    CU_ASSERT_TRUE(slice_equal(buf_get(&bytes), buf_get(&same)));
    CU_ASSERT_TRUE(add(&again, 7, A, 1700));
    kpi_bursts_free(&again);
    for (size_t n = 0; n < bytes.n; n++) {
        struct kpi_bursts cut = {0};
        struct cursor short_in = cursor_of(slice_of(bytes.p, n));
        kpi_bursts_decode(&cut, &short_in);
        CU_ASSERT_TRUE(short_in.failed);
        kpi_bursts_free(&cut);
    }
    kpi_bursts_free(&bursts);
    buf_free(&bytes);
    buf_free(&same);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"order of arrival", test_order}, {"bound", test_bound}, {"checkpoint", test_codec}};
    return suite_run("kpi bursts", tests, sizeof tests / sizeof *tests);
}
