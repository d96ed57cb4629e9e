/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The spreadsheet: well-formed, and no name in it is reckoned. */
#include <string.h>

#include "gateway/report/write.h"
#include "tests/gateway/report/cells.h"
#include "tests/gateway/report/sample.h"
#include "tests/support/suite.h"

static struct cells cells_of(struct sample *sample, enum report_language language, struct buf *out)
{
    buf_clear(out);
    report_write_csv(sample_view(sample), language, out);
    sample_free(sample);
    return cells_read(buf_get(out));
}

static void test_well_formed(void)
{
    struct buf out = {0};
    for (int kind = 0; kind < SAMPLE_KINDS; kind++)
        for (int language = 0; language < REPORT_LANGUAGES; language++) {
            struct cells cells = cells_of(sample_new(kind), language, &out);
            CU_ASSERT_FALSE(cells.is_broken);
            CU_ASSERT_FALSE(cells.has_formula);
            CU_ASSERT(cells.n_rows > 10 && cells.n_cells > 20);
        }
    buf_free(&out);
}

/* Each begins a formula somewhere; each stands behind an apostrophe. */
static void test_formulas(void)
{
    static const char *const texts[] = {"=1+1",         "+1",          "-1",       "@SUM(A1)",
                                        "＝1+1",        "＋1",         "－1",      "＠SUM(A1)",
                                        "  =cmd|' '!A", "\u3000＝1+1", "\u00a0=1", "\u00a0 @A1"};
    struct buf out = {0};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct buf cell = {0};
        struct cells cells = cells_of(sample_new_of(SAMPLE_HOSTILE, &texts[i], 1), REPORT_EN, &out);
        CU_ASSERT_FALSE(cells.is_broken);
        CU_ASSERT_FALSE(cells.has_formula);
        buf_printf(&cell, "\"'%s\"", texts[i]);
        CU_ASSERT(slice_search(buf_get(&out), buf_get(&cell)) < out.n);
        buf_free(&cell);
    }
    buf_free(&out);
}

/* Names make no cell and no row. */
static void test_hostile_names(void)
{
    struct buf out = {0};
    struct cells tame = cells_of(sample_new(SAMPLE_MONTH), REPORT_ZH, &out);
    struct cells hostile = cells_of(sample_new(SAMPLE_HOSTILE), REPORT_ZH, &out);
    CU_ASSERT_EQUAL(tame.n_rows, hostile.n_rows);
    CU_ASSERT_EQUAL(tame.n_cells, hostile.n_cells);
    buf_free(&out);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"well-formed", test_well_formed},
        {"no cell is a formula", test_formulas},
        {"hostile names are cells", test_hostile_names},
    };
    return suite_run("gateway/report/csv", tests, sizeof tests / sizeof *tests);
}
