/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The spreadsheet: well-formed, and no name in it is reckoned. */
#include <string.h>

#include "gateway/report/words.h"
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

static bool has(const struct buf *out, const char *text)
{
    return slice_search(buf_get(out), slice_from(text)) < out->n;
}

/* A part of the numbers does not look like all of them. */
static void test_part(void)
{
    struct buf out = {0};
    struct sample *sample = sample_new(SAMPLE_MONTH);
    struct report_view view = *sample_view(sample);
    struct report_kpi kpi = view.kpis[0];
    view.n_alerts_left = 70;
    view.n_unknown_left = 80;
    view.kpis = &kpi;
    view.n_kpis = 1;
    kpi.n_left = 90;
    report_write_csv(&view, REPORT_EN, &out);
    CU_ASSERT_FALSE(cells_read(buf_get(&out)).is_broken);
    CU_ASSERT(has(&out, "\"Not listed: 70 more.\""));
    CU_ASSERT(has(&out, "\"Not listed: 80 more.\""));
    CU_ASSERT(has(&out, "\"Not listed: 90 more.\""));
    CU_ASSERT_FALSE(has(&out, "The period was not over"));
    sample_free(sample);
    cells_of(sample_new(SAMPLE_DAY), REPORT_EN, &out);
    CU_ASSERT(has(&out, "\"The period was not over when the report was made; the figures end at "));
    cells_of(sample_new(SAMPLE_EMPTY), REPORT_ZH, &out);
    CU_ASSERT(has(&out, report_word(WORD_IS_EMPTY, REPORT_ZH)));
    buf_free(&out);
}

/* What the engine says is said in the report's language. */
static void test_reasons(void)
{
    struct buf out = {0};
    struct sample *sample = sample_new(SAMPLE_MONTH);
    struct report_view view = *sample_view(sample);
    struct report_alert alert = view.alerts[0];
    struct report_inspection line = view.inspection[0];
    alert.value_text = line.value_text = "12 hosts";
    alert.reason = "worm_x: 12 hosts in 1 h";
    view.alerts = &alert;
    view.inspection = &line;
    view.n_alerts = view.n_inspection = 1;
    report_write_csv(&view, REPORT_ZH, &out);
    CU_ASSERT(has(&out, "\"12 台计算机\",\"worm_x：1 小时内 12 台计算机\""));
    CU_ASSERT(has(&out, "\"12 台计算机\"\r\n"));
    CU_ASSERT_FALSE(has(&out, "12 hosts"));
    sample_free(sample);
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
        {"what it is not all of", test_part},
        {"reasons", test_reasons},
        {"hostile names are cells", test_hostile_names},
    };
    return suite_run("gateway/report/csv", tests, sizeof tests / sizeof *tests);
}
