/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page: well-formed, the view's numbers, nothing of strangers that is more than text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/utf8.h"
#include "gateway/report/html_text.h"
#include "gateway/report/words.h"
#include "gateway/report/write.h"
#include "tests/gateway/report/markup.h"
#include "tests/gateway/report/sample.h"
#include "tests/support/suite.h"

static const char *page_of(const struct report_view *view, enum report_language language,
                           struct buf *out)
{
    buf_clear(out);
    report_write_html(view, language, out);
    return buf_text(out);
}

static const char *page(enum sample_kind kind, enum report_language language, struct buf *out)
{
    struct sample *sample = sample_new(kind);
    page_of(sample_view(sample), language, out);
    sample_free(sample);
    return buf_text(out);
}

static void test_well_formed(void)
{
    struct buf out = {0};
    for (int kind = 0; kind < SAMPLE_KINDS; kind++)
        for (int language = 0; language < REPORT_LANGUAGES; language++) {
            struct markup m = {.depth = 0};
            markup_read(page(kind, language, &out), &m);
            CU_ASSERT_FALSE(m.is_broken);
            CU_ASSERT(m.skeleton.n > 500);
            CU_ASSERT(utf8_is_valid(buf_get(&out)));
            buf_free(&m.skeleton);
        }
    buf_free(&out);
}

/* ---- strangers ---- */

static void test_hostile_names(void)
{
    struct buf tame = {0}, hostile = {0};
    for (int language = 0; language < REPORT_LANGUAGES; language++) {
        struct markup of_tame = {.depth = 0}, of_hostile = {.depth = 0};
        markup_read(page(SAMPLE_MONTH, language, &tame), &of_tame);
        markup_read(page(SAMPLE_HOSTILE, language, &hostile), &of_hostile);
        /* Names make no element and no attribute: tag for tag it is the page of harmless names. */
        CU_ASSERT_STRING_EQUAL(buf_text(&of_tame.skeleton), buf_text(&of_hostile.skeleton));
        buf_free(&of_tame.skeleton);
        buf_free(&of_hostile.skeleton);
        CU_ASSERT_PTR_NULL(strstr(hostile.p, "<script"));
        CU_ASSERT_PTR_NULL(strstr(hostile.p, "<img"));
        CU_ASSERT_PTR_NULL(strstr(hostile.p, "<!--"));
        CU_ASSERT_PTR_NOT_NULL(strstr(hostile.p, "&lt;script&gt;alert(1)&lt;/script&gt;"));
        CU_ASSERT_PTR_NOT_NULL(strstr(hostile.p, "<bdi>invoice\\u{202e}gpj.exe</bdi>"));
    }
    for (size_t i = 0, n; i < hostile.n; i += n) {
        const unsigned char *p = (const unsigned char *)hostile.p + i;
        n = utf8_char(p, hostile.n - i);
        CU_ASSERT_FATAL(n > 0);
        if (*p != '\n')
            CU_ASSERT_FALSE(utf8_is_steering(utf8_code(p, n)));
    }
    buf_free(&tame);
    buf_free(&hostile);
}

/* Nothing is asked of anyone: no address, no script, and the policy that would stop them. */
static void test_self_contained(void)
{
    static const char *const asking[] = {"src=",  "href",    "url(h", "@import", "<script",
                                         "<link", "<iframe", "<form", "http:",   "https:"};
    struct buf out = {0};
    page(SAMPLE_MONTH, REPORT_ZH, &out);
    for (size_t i = 0; i < sizeof asking / sizeof *asking; i++)
        CU_ASSERT_PTR_NULL(strstr(out.p, asking[i]));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(out.p, "Content-Security-Policy\" content=\"default-src 'none'; "));
    CU_ASSERT_PTR_NOT_NULL(strstr(out.p, "<html lang=\"zh-CN\">"));
    page(SAMPLE_MONTH, REPORT_EN, &out);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.p, "<html lang=\"en\">"));
    buf_free(&out);
}

/* ---- numbers ---- */

static void expect_number(const char *where, const char *before, int64_t n, const char *after)
{
    struct buf text = {0};
    buf_slice(&text, slice_from(before));
    report_number(&text, n);
    buf_slice(&text, slice_from(after));
    CU_ASSERT_PTR_NOT_NULL(strstr(where, buf_text(&text)));
    buf_free(&text);
}

/* Every row of every table, every point and sum stands on the page as the view has it. */
static void test_numbers(void)
{
    struct sample *sample = sample_new(SAMPLE_MONTH);
    const struct report_view *view = sample_view(sample);
    struct buf out = {0};
    const char *text = page_of(view, REPORT_EN, &out);
    for (size_t i = 0; i < view->n_tables; i++) {
        const struct report_table *t = &view->tables[i];
        CU_ASSERT(t->n_rows > 0);
        for (size_t j = 0; j < t->n_rows; j++) {
            const char *row = strstr(text, report_word(report_table_word(t), REPORT_EN));
            CU_ASSERT_PTR_NOT_NULL_FATAL(row);
            struct buf name = {0};
            report_inert(&name, report_row_name(t, &t->rows[j], REPORT_EN));
            /* "C&C callback" is escaped */
            const char *text_of = buf_text(&name);
            row = strstr(row, strchr(text_of, '&') ? "C&amp;C callback" : text_of);
            CU_ASSERT_PTR_NOT_NULL_FATAL(row);
            buf_free(&name);
            expect_number(row, "<td class=\"number\">", t->rows[j].n, "</td>");
            expect_number(row, "<td class=\"number wide\">", t->rows[j].before, "</td>");
        }
        expect_number(text, "<td class=\"number\">", t->total.n, "</td>");
    }
    for (size_t i = 0; i < view->n_points; i++)
        expect_number(text, "<td class=\"number\">", view->points[i].detections, "</td>");
    expect_number(text, "<b>", (int64_t)view->n_opened, "</b> opened");
    expect_number(text, "Messages that no mapping knew: <b>", view->not_understood, "</b>");
    for (size_t i = 0; i < view->n_kpis; i++) {
        struct buf head = {0};
        int n = (int)strcspn(view->kpis[i].name[REPORT_EN], "&");
        buf_printf(&head, "colspan=\"2\">%.*s", n, view->kpis[i].name[REPORT_EN]);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, buf_text(&head)));
        buf_free(&head);
    }
    buf_free(&out);
    sample_free(sample);
}

/* An alert is of the place that people named, as the PDF has it; of none that has no name. */
static void test_places(void)
{
    struct sample *sample = sample_new(SAMPLE_MONTH);
    struct buf out = {0};
    struct report_view view = *sample_view(sample);
    struct report_alert alerts[2] = {view.alerts[0], view.alerts[0]};
    alerts[0].scope = "sh";
    alerts[0].scope_name = "上海 <1>";
    alerts[1].scope = "bj/osce";
    alerts[1].scope_name = "";
    view.alerts = alerts;
    view.n_alerts = 2;
    const char *page = page_of(&view, REPORT_ZH, &out), *list = strstr(page, "id=\"alerts\"");
    CU_ASSERT_PTR_NOT_NULL_FATAL(list);
    CU_ASSERT_PTR_NOT_NULL(strstr(list, "<small><bdi>上海 &lt;1&gt;</bdi></small>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(list, "<small><bdi>bj/osce</bdi></small>"));
    buf_free(&out);
    sample_free(sample);
}

/* What is unknown at the end says why; what is known then does not say why it was not. */
static void test_unknown(void)
{
    struct sample *sample = sample_new(SAMPLE_MONTH);
    struct buf out = {0};
    struct report_view view = *sample_view(sample);
    struct report_kpi kpi = view.kpis[0];
    struct report_line line = kpi.lines[0];
    struct report_band band = {.from_ms = view.begin_ms,
                               .until_ms = view.end_ms,
                               .state = 3,
                               .value_text = "",
                               .reason = "source silent since <4:12>"};
    line.bands = &band;
    line.n_bands = 1;
    line.state = line.worst = kpi.state = kpi.worst = 3;
    kpi.lines = &line;
    kpi.n_lines = 1;
    view.kpis = &kpi;
    view.n_kpis = 1;
    CU_ASSERT_PTR_NOT_NULL(strstr(page_of(&view, REPORT_ZH, &out), "日志源自 &lt;4:12&gt; 起静默"));
    buf_clear(&out);
    report_write_csv(&view, REPORT_ZH, &out);
    CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&out), ",\"日志源自 <4:12> 起静默\"\r\n"));
    line.state = 0;
    CU_ASSERT_PTR_NULL(strstr(page_of(&view, REPORT_ZH, &out), "4:12"));
    buf_free(&out);
    sample_free(sample);
}

/* A percentage that rounds says neither that nothing changed nor that nothing is left. */
static void test_percents(void)
{
    struct sample *sample = sample_new(SAMPLE_MONTH);
    struct buf out = {0};
    struct html h = {.out = &out, .view = sample_view(sample), .language = REPORT_EN};
    static const struct {
        int64_t n, before;
        const char *said;
    } cases[] = {{1001, 1000, "+1"},
                 {1, 1000, "-999 <small>(-99 %)</small>"},
                 {0, 1000, "-1,000 <small>(-100 %)</small>"},
                 {75, 50, "+25 <small>(+50 %)</small>"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_clear(&out);
        html_change(&h, cases[i].n, cases[i].before);
        CU_ASSERT_STRING_EQUAL(buf_text(&out), cases[i].said);
    }
    buf_clear(&out);
    html_share(&h, 4, 10000);
    CU_ASSERT_STRING_EQUAL(buf_text(&out), "&lt; 0.1 %");
    buf_free(&out);
    buf_free(&h.scratch);
    sample_free(sample);
}

/* ---- what is empty, what is not all ---- */

static bool says(const struct buf *page, enum report_word word, enum report_language language)
{
    const char *sentence = report_word(word, language);
    size_t n = strcspn(sentence, "{");
    return memmem(page->p, page->n, sentence, n > 0 ? n : strlen(sentence)) != NULL;
}

static void test_empty(void)
{
    struct buf out = {0};
    for (int language = 0; language < REPORT_LANGUAGES; language++) {
        page(SAMPLE_EMPTY, language, &out);
        CU_ASSERT(says(&out, WORD_IS_EMPTY, language));
        CU_ASSERT_PTR_NULL(strstr(out.p, "<table"));
        page(SAMPLE_QUIET, language, &out);
        CU_ASSERT(says(&out, WORD_NO_OPEN_CASES, language));
        CU_ASSERT(says(&out, WORD_NO_ALERTS, language));
        CU_ASSERT(says(&out, WORD_NO_INFECTIONS, language));
        CU_ASSERT(says(&out, WORD_NO_DETECTIONS, language));
        CU_ASSERT(says(&out, WORD_ALL_UNDERSTOOD, language));
        CU_ASSERT(says(&out, WORD_NONE_BAD, language));
        CU_ASSERT_PTR_NULL(strstr(out.p, "<tbody></tbody>"));
        CU_ASSERT_PTR_NULL(strstr(out.p, "<tbody>\n</tbody>"));
    }
    buf_free(&out);
}

static void test_part(void)
{
    struct sample *sample = sample_new(SAMPLE_DAY);
    struct report_view view = *sample_view(sample);
    struct buf out = {0};
    page_of(&view, REPORT_EN, &out);
    CU_ASSERT(says(&out, WORD_IS_NOT_OVER, REPORT_EN));
    CU_ASSERT_FALSE(says(&out, WORD_IS_PART, REPORT_EN));
    CU_ASSERT_FALSE(says(&out, WORD_IS_FILLING, REPORT_EN));
    /* Indicators of which nothing is known are not said to be well. */
    struct report_kpi kpi = {.id = 1, .is_on = true, .worst = 3, .state = 3};
    view.kpis = &kpi;
    view.n_kpis = 1;
    page_of(&view, REPORT_EN, &out);
    CU_ASSERT(says(&out, WORD_NO_INDICATORS, REPORT_EN));
    CU_ASSERT(says(&out, WORD_STATES_UNKNOWN, REPORT_EN));
    CU_ASSERT_FALSE(says(&out, WORD_NONE_BAD, REPORT_EN));
    view.extent.days_from = view.plan->days.from + 1;
    view.extent.is_filling = true;
    view.extent.missed = 1234;
    page_of(&view, REPORT_ZH, &out);
    CU_ASSERT(says(&out, WORD_IS_PART, REPORT_ZH));
    CU_ASSERT(says(&out, WORD_IS_FILLING, REPORT_ZH));
    expect_number(out.p, "<b>", 1234, "</b> 条记录在统计之前");
    buf_free(&out);
    sample_free(sample);
}

static void test_same_bytes(void)
{
    struct buf one = {0}, other = {0};
    page(SAMPLE_MONTH, REPORT_EN, &one);
    page(SAMPLE_MONTH, REPORT_EN, &other);
    CU_ASSERT(slice_equal(buf_get(&one), buf_get(&other)));
    page(SAMPLE_MONTH, REPORT_ZH, &other);
    CU_ASSERT_FALSE(slice_equal(buf_get(&one), buf_get(&other)));
    buf_free(&one);
    buf_free(&other);
}

/* ---- charts ---- */

/* A scope that flaps a hundred thousand times makes no page of a hundred thousand marks, and a
   second of critical is seen in it. */
static void test_strip_is_bounded(void)
{
    enum { FLAPS = 100000 };
    struct sample *sample = sample_new(SAMPLE_MONTH);
    struct report_view view = *sample_view(sample);
    struct report_band *bands = calloc(FLAPS, sizeof *bands);
    struct report_line line = {.scope = "hq", .site = "hq", .bands = bands, .n_bands = FLAPS};
    struct report_kpi kpi = {.id = 11,
                             .key = "outbreak",
                             .name = {"Outbreak", "病毒爆发"},
                             .lines = &line,
                             .n_lines = 1};
    struct buf out = {0};
    int64_t step = (view.end_ms - view.begin_ms) / FLAPS;
    for (size_t i = 0; i < FLAPS; i++)
        bands[i] = (struct report_band){.from_ms = view.begin_ms + (int64_t)i * step,
                                        .until_ms = view.begin_ms + (int64_t)(i + 1) * step,
                                        .state = i == FLAPS / 2 ? 2 : (int)(i % 2)};
    view.kpis = &kpi;
    view.n_kpis = 1;
    const char *strip = strstr(page_of(&view, REPORT_EN, &out), "<svg class=\"strip\"");
    CU_ASSERT_PTR_NOT_NULL_FATAL(strip);
    const char *end = strstr(strip, "</svg>");
    CU_ASSERT(end - strip < 40000);
    CU_ASSERT_PTR_NOT_NULL(memmem(strip, (size_t)(end - strip), "class=\"critical\"", 16));
    buf_free(&out);
    free(bands);
    sample_free(sample);
}

/* Many scopes that were always ok are told in a sentence; each that was not has its strip. */
static void test_calm_scopes(void)
{
    enum { SCOPES = 30 };
    struct sample *sample = sample_new(SAMPLE_MONTH);
    struct report_view view = *sample_view(sample);
    struct report_line lines[SCOPES];
    struct report_kpi kpi = {.id = 11,
                             .key = "outbreak",
                             .name = {"Outbreak", "病毒爆发"},
                             .lines = lines,
                             .n_lines = SCOPES};
    struct buf out = {0};
    size_t strips = 0;
    for (size_t i = 0; i < SCOPES; i++)
        lines[i] = (struct report_line){.scope = "hq", .site = "hq", .worst = i < 2 ? 2 : 0};
    view.kpis = &kpi;
    view.n_kpis = 1;
    page_of(&view, REPORT_EN, &out);
    for (const char *p = out.p; (p = strstr(p, "<svg class=\"strip\"")) != NULL; p++)
        strips++;
    CU_ASSERT_EQUAL(strips, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.p, "Ok whenever known: 28."));
    buf_free(&out);
    sample_free(sample);
}

/* Numbers that no report has must not end in an endless or a broken chart. */
static void test_extreme_numbers(void)
{
    struct sample *sample = sample_new(SAMPLE_MONTH);
    struct report_view view = *sample_view(sample);
    struct report_point points[3] = {{.detections = INT64_MAX, .infections = INT64_MIN},
                                     {.detections = 1, .infections = 1},
                                     {.detections = 0}};
    int64_t by_day[3] = {INT64_MAX, INT64_MIN, INT64_MIN + 1};
    struct report_inspection inspection = {.key = "k", .scope = "s", .by_day = by_day};
    struct buf out = {0};
    struct markup m = {.depth = 0};
    view.points = points;
    view.n_points = 3;
    view.inspection = &inspection;
    view.n_inspection = 1;
    markup_read(page_of(&view, REPORT_EN, &out), &m);
    CU_ASSERT_FALSE(m.is_broken);
    static const char *const odd[] = {"\"nan", "\"-nan", "\"inf\"", "\"-inf\"", "Mnan", "M-nan"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        CU_ASSERT_PTR_NULL(strstr(out.p, odd[i]));
    buf_free(&m.skeleton);
    buf_free(&out);
    sample_free(sample);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"well-formed", test_well_formed},
        {"hostile names are text", test_hostile_names},
        {"asks nobody for anything", test_self_contained},
        {"numbers are the view's", test_numbers},
        {"places of alerts", test_places},
        {"why it is unknown", test_unknown},
        {"percentages that round", test_percents},
        {"what is empty says so", test_empty},
        {"what is not all says so", test_part},
        {"the same numbers, the same bytes", test_same_bytes},
        {"a strip is bounded", test_strip_is_bounded},
        {"calm scopes in a sentence", test_calm_scopes},
        {"numbers beyond all bounds", test_extreme_numbers},
    };
    return suite_run("gateway/report/html", tests, sizeof tests / sizeof *tests);
}
