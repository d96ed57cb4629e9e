/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables' bound: of too many indicators' rows the worst come, and the rest is counted. */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/web/metrics_internal.h"
#include "tests/support/unit.h"

static size_t count(struct slice text, const char *needle)
{
    size_t n = 0, at;
    while ((at = slice_search(text, slice_from(needle))) < text.n) {
        text = slice_skip(text, at + 1);
        n++;
    }
    return n;
}

static struct kpi_row row_of(struct arena *arena, size_t i, enum kpi_state state)
{
    static const struct kpi_about about = {"outbreak", "hosts", "do it"};
    char scope[32];
    int n = snprintf(scope, sizeof scope, "site\"%zu", i);
    return (struct kpi_row){
        .kpi = 1,
        .about = &about,
        .scope = arena_dup(arena, slice_of(scope, (size_t)n + 1)).p,
        .state = state,
        .warning = 5,
        .critical = -1,
    };
}

/* The last ten rows are the bad ones. */
static size_t put(size_t n_kpis, struct buf *out)
{
    struct arena arena;
    struct metrics_left_out left_out = {0};
    struct exposition e;
    struct kpi_row *rows = gw_alloc((n_kpis + 1) * sizeof *rows);
    struct alert_row alert = {.state = KPI_CRITICAL, .is_acknowledged = 1};
    arena_init(&arena, 0);
    for (size_t i = 0; i < n_kpis; i++)
        rows[i] = row_of(&arena, i, i + 10 >= n_kpis ? KPI_CRITICAL : KPI_OK);
    struct snapshot snapshot = {
        .kpis = rows, .n_kpis = n_kpis, .alerts = &alert, .n_alerts = 1, .taken_ms = 1};
    exposition_begin(&e, out, EXPOSITION_PROMETHEUS);
    metrics_put_snapshot(&snapshot, &e, &left_out);
    free(rows);
    arena_fini(&arena);
    return left_out.kpis;
}

static void test_bound(void)
{
    static const struct {
        size_t n, left_out;
    } cases[] = {{0, 0}, {20, 0}, {METRICS_KPIS_MAX, 0}, {METRICS_KPIS_MAX + 500, 500}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = {0};
        CU_ASSERT_EQUAL(put(cases[i].n, &out), cases[i].left_out);
        CU_ASSERT_EQUAL(count(buf_get(&out), "\neog_kpi_state{kpi=\"outbreak\",scope=\"site\\\""),
                        cases[i].n - cases[i].left_out);
        CU_ASSERT_EQUAL(count(buf_get(&out), "level=\"warning\"} 5\n"),
                        cases[i].n - cases[i].left_out);
        CU_ASSERT_EQUAL(count(buf_get(&out), "level=\"critical\""), 0);
        for (size_t k = 1; k <= 10 && cases[i].n; k++) {
            char line[80];
            snprintf(line, sizeof line,
                     "\neog_kpi_state{kpi=\"outbreak\",scope=\"site\\\"%zu\"} 2\n", cases[i].n - k);
            CU_ASSERT_EQUAL(count(buf_get(&out), line), 1);
        }
        CU_ASSERT_EQUAL(
            count(buf_get(&out),
                  "\neog_alerts_active{severity=\"critical\",acknowledged=\"yes\"} 1\n"),
            1);
        buf_free(&out);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"bound", test_bound}, CU_TEST_INFO_NULL};
    return unit_run("metrics", tests);
}
