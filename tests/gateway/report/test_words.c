/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every word stands in both languages, with the same blanks to fill; numbers, changes, names. */
#include "gateway/report/words.h"

#include <string.h>

#include "gateway/base/utf8.h"
#include "gateway/schema/event.h"
#include "gateway/store/fact.h"
#include "tests/gateway/report/sample.h"
#include "tests/support/suite.h"

/* Bit n for {n}; a brace that opens nothing is one nobody fills. */
static unsigned blanks(const char *word)
{
    unsigned found = 0;
    for (const char *p = word; (p = strchr(p, '{')) != NULL; p++) {
        CU_ASSERT(p[1] >= '1' && p[1] < '1' + REPORT_SAY_MAX && p[2] == '}');
        found |= 1U << (p[1] - '0');
    }
    return found;
}

static bool has_chinese(const char *word)
{
    return strpbrk(word, "\xe4\xe5\xe6\xe7\xe8\xe9") != NULL;
}

static void test_both_languages(void)
{
    for (int w = 0; w < WORD_WORDS; w++) {
        const char *en = report_word(w, REPORT_EN), *zh = report_word(w, REPORT_ZH);
        CU_ASSERT_PTR_NOT_NULL_FATAL(en);
        CU_ASSERT_PTR_NOT_NULL_FATAL(zh);
        CU_ASSERT(*en && *zh);
        CU_ASSERT(utf8_is_valid(slice_from(en)) && utf8_is_valid(slice_from(zh)));
        CU_ASSERT_FALSE(has_chinese(en));
        /* "{1}：{2}" is no word of a language */
        CU_ASSERT(has_chinese(zh) || w == WORD_STRIP_IS || w == WORD_COLON);
        CU_ASSERT_EQUAL(blanks(en), blanks(zh));
        CU_ASSERT_PTR_NULL(strpbrk(en, "<>&\"'"));
        CU_ASSERT_PTR_NULL(strpbrk(zh, "<>&\"'"));
    }
    for (int state = -1; state <= REPORT_STATES; state++)
        for (int l = 0; l < REPORT_LANGUAGES; l++)
            CU_ASSERT_STRING_NOT_EQUAL(report_state_word(state, l), "");
}

/* What detections are counted by has a name in both languages. */
static void test_names_of_kinds(void)
{
    const struct report_table by_kind = {.group = STORE_BY_KIND};
    int n = 0;
    for (int kind = 0; kind < GW_KIND_END; kind++) {
        const struct report_row row = {.name = "ocsf.name", .number = kind};
        if (!store_is_detection(kind))
            continue;
        n++;
        CU_ASSERT_STRING_NOT_EQUAL(report_row_name(&by_kind, &row, REPORT_EN), "ocsf.name");
        CU_ASSERT(has_chinese(report_row_name(&by_kind, &row, REPORT_ZH)));
    }
    CU_ASSERT(n > 10);
    const struct report_row odd = {.name = "ocsf.name", .number = INT64_MIN};
    CU_ASSERT_STRING_EQUAL(report_row_name(&by_kind, &odd, REPORT_ZH), "ocsf.name");
}

static void test_names_of_actions(void)
{
    const struct report_table by_action = {.group = STORE_BY_ACTION};
    const struct report_table by_malware = {.group = STORE_BY_MALWARE, .is_infection = true};
    for (int action = 1; action <= 27; action++) {
        const struct report_row row = {.name = "", .number = action};
        CU_ASSERT_STRING_NOT_EQUAL(report_row_name(&by_action, &row, REPORT_EN), "not told");
        CU_ASSERT(has_chinese(report_row_name(&by_action, &row, REPORT_ZH)));
    }
    const struct report_row none = {.name = ""}, far = {.name = "x", .number = 98};
    CU_ASSERT_STRING_EQUAL(report_row_name(&by_action, &none, REPORT_EN), "not told");
    CU_ASSERT_STRING_EQUAL(report_row_name(&by_action, &far, REPORT_EN), "x");
    const struct report_row name = {.name = "PE_X", .number = 2};
    CU_ASSERT_STRING_EQUAL(report_row_name(&by_malware, &name, REPORT_EN), "PE_X");
    CU_ASSERT_EQUAL(report_table_word(&by_malware), WORD_TOP_MALWARE);
    for (int g = 0; g < STORE_GROUPS; g++)
        CU_ASSERT(report_table_word(&(struct report_table){.group = g}) >= WORD_BY_MALWARE);
}

static void said(struct buf *b, const char *expected)
{
    CU_ASSERT_STRING_EQUAL(buf_text(b), expected);
    buf_clear(b);
}

/* Whatever gateway/kpi/words.c says. */
static void test_reasons(void)
{
    static const struct {
        const char *english, *chinese;
    } cases[] = {
        {"not enabled", "未启用"},
        {"catching up", "正在追赶日志"},
        {"learning: 12 of 50 pauses, 3 of 24 hours", "正在学习：已有 12/50 次间隔、3/24 小时"},
        {"no source", "没有日志源"},
        {"no source: no managed computers known", "没有日志源：尚无受管计算机"},
        {"no source: neither an inventory nor a number of computers is given",
         "没有日志源：未提供资产清单或计算机数量"},
        {"no source: no pattern status reported", "没有日志源：未上报病毒码状态"},
        {"no source: no engine status reported", "没有日志源：未上报扫描引擎状态"},
        {"source silent since 2026-11-30T04:12:00.000Z",
         "日志源自 2026-11-30T04:12:00.000Z 起静默"},
        {"table full: not all that was reported could be counted",
         "跟踪表已满：上报的内容未能全部计入"},
        {"3 of 5 listed computers; 2 unlisted ones have an agent",
         "清单中 5 台里的 3 台；另有 2 台清单外计算机装有客户端"},
        {"3 of 5 listed computers", "清单中 5 台里的 3 台"},
        {"12 of 20 managed computers", "受管 20 台里的 12 台"},
        {"2 uplinks reported and not taken back", "已报告 2 条上行链路，尚未解除"},
        {"heard from, no hosts reported", "有消息上报，未报告任何一台计算机"},
        {"3 versions behind the newest known", "落后已知最新版本 3 个版本"},
        {"a newer version has been known for 4 days", "已知更新版本已有 4 天"},
        {"2 heartbeat intervals without a message", "2 个心跳周期无消息"},
        {"silent for 900 s; of its pauses 95 % are of at most 300 s",
         "静默 900 秒；其 95 % 的间隔不超过 300 秒"},
        {"the product says that a licence ends soon, not when; taken for 29 days",
         "产品提示授权即将到期，未给出日期，按 29 天计"},
        {"licence ends in -2 days", "授权已过期 2 天"},
        {"licence ends in 12 days", "授权 12 天后到期"},
        {"worm in 3: 12 hosts in 1 h", "worm in 3：1 小时内 12 台计算机"},
        {"pc-1, worm_x: 3 infections in 7 d", "pc-1, worm_x：7 天内 3 次感染"},
        {"hosts: 3 infections in 7 d", "hosts：7 天内 3 次感染"}, /* a name */
        {"0 hosts in 1 h", "1 小时内 0 台计算机"},
        {"5.00 % in 24 h", "24 小时内 5.00 %"},
        {"1.5 times", "1.5 倍"},
        {"12 mails", "12 封邮件"},
        {"5.00 %", "5.00 %"},
        {"something new", "something new"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b = {0};
        report_reason(&b, cases[i].english, REPORT_ZH);
        said(&b, cases[i].chinese);
        report_reason(&b, cases[i].english, REPORT_EN);
        said(&b, cases[i].english);
        buf_free(&b);
    }
}

static void test_sentences(void)
{
    const char *const values[REPORT_SAY_MAX] = {"{2}", "hq", "critical", "3 h"};
    struct report_view view = {.is_before_part = false};
    struct buf b = {0};
    report_say(&b, WORD_WORST_WAS, REPORT_EN, values);
    said(&b, "Worst: {2} of hq was critical for 3 h.");
    report_say(&b, WORD_WORST_WAS, REPORT_ZH, values);
    said(&b, "最差：hq 的“{2}”处于critical状态 3 h。");
    report_number(&b, INT64_MIN);
    said(&b, "-9,223,372,036,854,775,808");
    report_number(&b, 1000);
    said(&b, "1,000");
    report_change(&b, &view, 5, 0, REPORT_EN);
    said(&b, "new");
    report_change(&b, &view, 0, 0, REPORT_ZH);
    said(&b, "持平");
    report_change(&b, &view, 1025, 25, REPORT_EN);
    said(&b, "+1,000");
    report_change(&b, &view, 2, 25, REPORT_EN);
    said(&b, "-23");
    view.is_before_part = true;
    report_change(&b, &view, 5, 0, REPORT_EN);
    said(&b, "–");
    report_before(&b, &view, 0);
    said(&b, "0");
    view.is_before_unknown = true;
    report_before(&b, &view, 0); /* none is known, which is not that there was none */
    said(&b, "–");
    report_duration(&b, INT64_C(76) * 3600000, REPORT_EN);
    said(&b, "3 d 4 h");
    report_duration(&b, 25 * 60000, REPORT_ZH);
    said(&b, "25 分钟");
    report_duration(&b, 0, REPORT_EN);
    said(&b, "0 s");
    report_share(&b, 1, 8);
    said(&b, "12.5 %");
    report_share(&b, 1, 0);
    said(&b, "");
    report_share(&b, 4, 10000); /* nothing is none, nor all, that is not */
    said(&b, "< 0.1 %");
    report_share(&b, 9996, 10000);
    said(&b, "> 99.9 %");
    report_share(&b, 5, 10000);
    said(&b, "0.1 %");
    report_share(&b, 0, 10000);
    said(&b, "0.0 %");
    report_share(&b, 10000, 10000);
    said(&b, "100.0 %");
    report_day(&b, 20513);
    said(&b, "2026-03-01");
    buf_free(&b);
}

/* What steers a reader is shown as its number, what is no UTF-8 too. */
static void test_inert(void)
{
    struct buf b = {0};
    report_inert(&b, "a\xe2\x80\xaeg\xff<\x1b[0m\xe4\xb8\xad");
    said(&b, "a\\u{202e}g\\xff<\\u{1b}[0m中");
    report_inert(&b, NULL);
    said(&b, "");
    buf_free(&b);
}

static void test_times(void)
{
    struct sample *sample = sample_new(SAMPLE_MONTH);
    const struct report_view *view = sample_view(sample);
    struct buf b = {0};
    report_time(&b, view, view->begin_ms, REPORT_EN);
    said(&b, "2026-03-01 00:00");
    report_date(&b, view, view->end_ms - 1);
    said(&b, "2026-03-31");
    report_time(&b, view, INT64_MAX, REPORT_ZH);
    said(&b, "未结束");
    CU_ASSERT_STRING_EQUAL(report_title(view, REPORT_EN), "Monthly security report");
    buf_free(&b);
    sample_free(sample);
}

int main(void)
{
    static const struct suite_test tests[] = {{"both languages", test_both_languages},
                                              {"names of kinds", test_names_of_kinds},
                                              {"names of actions", test_names_of_actions},
                                              {"reasons", test_reasons},
                                              {"sentences, numbers", test_sentences},
                                              {"inert", test_inert},
                                              {"times", test_times}};
    return suite_run("gateway/report/words", tests, sizeof tests / sizeof *tests);
}
