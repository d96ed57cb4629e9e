/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a report's figures are of, and what they are not of: it says so. */
#include "gateway/report/summary.h"

#include <string.h>

#include "gateway/base/error.h"
#include "gateway/kpi/snapshot.h"
#include "gateway/report/plan.h"
#include "gateway/report/words.h"
#include "gateway/report/write.h"
#include "tests/gateway/report/collected.h"

static const int64_t HOUR_MS = 3600000, DAY_MS = 86400000;

static void on_sentence(void *context, const struct report_sentence *sentence)
{
    struct buf *said = context;
    report_say(said, sentence->word, REPORT_EN, sentence->values);
    buf_byte(said, '\n');
}

/* What its beginning says, a sentence a line. */
static void check_cover(const struct made *made, const char *expected)
{
    struct buf said = {0};
    report_cover(made->view, REPORT_EN, on_sentence, &said);
    CU_ASSERT_STRING_EQUAL(buf_text(&said), expected);
    if (strcmp(buf_text(&said), expected) != 0)
        printf("\n    said: %s", buf_text(&said));
    buf_free(&said);
}

/* A gateway that came, or went, in the middle of it: nothing is said of what it did not see. */
static void test_part(void)
{
    struct st_world *w = st_begin("report-part");
    struct made made = {.reader = NULL};
    put_states(w);
    st_tick_on(w, st_utc(2026, 4, 20, 12, 0));
    report_plan_period(&made.plan, REPORT_MONTH, day_of(2026, 4, 1), REPORT_WEEK_MONDAY);
    make(w, &made, "hq", st_utc(2026, 6, 1, 0, 0)); /* off since 20 April */
    CU_ASSERT_TRUE(made.view->is_part);
    CU_ASSERT_EQUAL(made.view->end_ms, st_utc(2026, 4, 20, 12, 0));
    CU_ASSERT_EQUAL(line_of(made.view, 11, 0)->ms_in[KPI_OK], 15 * DAY_MS + 12 * HOUR_MS);
    unmake(&made);
    make(w, &made, "hq", st_utc(2026, 4, 10, 8, 0)); /* made in the middle of it */
    CU_ASSERT_TRUE(made.view->is_part);
    CU_ASSERT_EQUAL(made.view->end_ms, st_utc(2026, 4, 10, 8, 0));
    CU_ASSERT_EQUAL(line_of(made.view, 11, 0)->ms_in[KPI_OK], 5 * DAY_MS + 8 * HOUR_MS);
    unmake(&made);
    report_plan_range(&made.plan, day_of(2026, 1, 31), day_of(2026, 2, 28));
    make(w, &made, "hq", st_utc(2026, 6, 1, 0, 0)); /* its first tick is one day later */
    CU_ASSERT_TRUE(made.view->is_part);
    unmake(&made);
    report_plan_range(&made.plan, day_of(2026, 2, 1), day_of(2026, 2, 28));
    make(w, &made, "hq", st_utc(2026, 6, 1, 0, 0));
    CU_ASSERT_FALSE(made.view->is_part);
    unmake(&made);
    st_end(w);
}

static void put_malware(struct st_world *w, int64_t at, const char *site)
{
    st_malware(w, at, "pc-1", "A");
    st_text(w, GW_FIELD_SITE, site);
    st_put(w);
}

/* Made in the morning of Shanghai, when New York's day has five hours to go. */
static void test_sites(void)
{
    struct st_world *w = st_begin("report-sites");
    struct made made = {.reader = NULL};
    int64_t over = st_utc(2026, 3, 5, 5, 0);
    st_settings(w, "hq=Asia/Shanghai\nny=America/New_York");
    st_tick(w, st_utc(2026, 2, 20, 0, 0));
    put_malware(w, st_utc(2026, 3, 4, 6, 0), "hq");
    put_malware(w, st_utc(2026, 3, 4, 20, 0), "ny");
    st_tick_on(w, over + HOUR_MS);
    report_plan_period(&made.plan, REPORT_DAY, day_of(2026, 3, 4), REPORT_WEEK_MONDAY);
    make(w, &made, NULL, over - 1);
    CU_ASSERT_TRUE(made.view->is_part);
    check_cover(&made, "By the clocks of ny the period was not over when the report was made.\n");
    unmake(&made);
    make(w, &made, "hq", over - 1);
    CU_ASSERT_FALSE(made.view->is_part);
    unmake(&made);
    make(w, &made, NULL, over);
    CU_ASSERT_FALSE(made.view->is_part);
    check_cover(&made, "");
    unmake(&made);
    st_end(w);
}

/* Made at midnight: the last tick was some seconds before, the next is to come. */
static void test_midnight(void)
{
    struct st_world *w = st_begin("report-midnight");
    struct made made = {.reader = NULL};
    int64_t over = st_utc(2026, 3, 5, 0, 0);
    st_tick(w, st_utc(2026, 2, 20, 0, 0));
    say(w, GW_KIND_KPI_CHANGED, st_utc(2026, 2, 27, 0, 0), 11, "hq", KPI_OK, 0);
    st_tick_on(w, over - 4000);
    report_plan_period(&made.plan, REPORT_DAY, day_of(2026, 3, 4), REPORT_WEEK_MONDAY);
    make(w, &made, NULL, over + 500);
    CU_ASSERT_FALSE(made.view->is_part);
    check_cover(&made, "");
    CU_ASSERT_EQUAL(line_of(made.view, 11, 0)->ms_in[KPI_OK], DAY_MS);
    unmake(&made);
    make(w, &made, NULL, over + 60000); /* no tick for so long: it is off */
    CU_ASSERT_TRUE(made.view->is_part);
    CU_ASSERT_EQUAL(line_of(made.view, 11, 0)->ms_in[KPI_OK], DAY_MS - 4000);
    unmake(&made);
    st_end(w);
}

/* Off over night, and for two minutes; a reload is no end. Nobody knows what was then. */
static void test_downs(void)
{
    struct st_world *w = st_begin("report-downs");
    struct made made = {.reader = NULL};
    struct report_sums sums;
    int64_t day = st_utc(2026, 3, 4, 0, 0);
    st_settings(w, "hq=UTC");
    st_tick(w, st_utc(2026, 2, 20, 0, 0));
    say(w, GW_KIND_KPI_CHANGED, st_utc(2026, 2, 27, 0, 0), 11, "hq", KPI_OK, 0);
    say(w, GW_KIND_KPI_CHANGED, day + 4 * HOUR_MS, 4, "hq", KPI_CRITICAL, 70);
    st_tick_on(w, day + 6 * HOUR_MS);
    st_settings(w, "hq=UTC");
    st_tick(w, day + 6 * HOUR_MS + 5000);
    st_tick_on(w, day + 8 * HOUR_MS);
    st_settings(w, "hq=UTC");
    st_commit(w);
    st_kill(w); /* what it had heard of the start it hears again, or knows */
    CU_ASSERT_TRUE_FATAL(st_open(w));
    st_tick(w, day + 8 * HOUR_MS + 120000);
    say(w, GW_KIND_KPI_CHANGED, day + 9 * HOUR_MS, 4, "hq", KPI_OK, 99);
    st_tick_on(w, day + 22 * HOUR_MS);
    st_settings(w, "hq=UTC");
    st_settings(w, "hq=UTC");
    st_tick(w, day + 34 * HOUR_MS);
    report_plan_period(&made.plan, REPORT_DAY, day_of(2026, 3, 4), REPORT_WEEK_MONDAY);
    make(w, &made, NULL, day + 34 * HOUR_MS);
    CU_ASSERT_FALSE(made.view->is_part);
    check_cover(&made,
                "The gateway did not run, or could write nothing, for 2 h 2 min in all (times: "
                "2; the longest: 2026-03-04 22:00 to 2026-03-05 00:00): no state is known of that "
                "time, and "
                "messages may be missing.\n");
    const struct report_line *always = line_of(made.view, 11, 0), *line = line_of(made.view, 4, 0);
    CU_ASSERT_EQUAL(always->ms_in[KPI_OK], 22 * HOUR_MS - 120000);
    CU_ASSERT_EQUAL(always->state, -1);
    CU_ASSERT_EQUAL_FATAL(always->n_bands, 2);
    CU_ASSERT_EQUAL(always->bands[0].until_ms, day + 8 * HOUR_MS);
    report_sum(made.view, &sums);
    CU_ASSERT_EQUAL(sums.unknown_at_end, 2); /* no news */
    CU_ASSERT_EQUAL(line->ms_in[KPI_CRITICAL], 5 * HOUR_MS - 120000);
    CU_ASSERT_EQUAL(line->ms_in[KPI_OK], 13 * HOUR_MS);
    unmake(&made);
    report_plan_period(&made.plan, REPORT_DAY, day_of(2026, 3, 3), REPORT_WEEK_MONDAY);
    make(w, &made, NULL, day + 34 * HOUR_MS);
    check_cover(&made, "");
    unmake(&made);
    st_end(w);
}

/* The machine slept, or the disk was full: nobody loads anything behind that. A clock that was
   ahead for a while was no time without the gateway. */
static void test_gap(void)
{
    struct st_world *w = st_begin("report-gap");
    struct made made = {.reader = NULL};
    int64_t over = st_utc(2026, 3, 5, 0, 0), at = over - 10 * 60000;
    st_settings(w, "hq=UTC");
    st_tick(w, at);
    say(w, GW_KIND_KPI_CHANGED, at, 11, "hq", KPI_OK, 0);
    st_tick(w, at + 30000);
    st_tick(w, at + 5 * 60000);
    for (at += 5 * 60000; at <= over; at += 30000)
        st_tick(w, at);
    report_plan_period(&made.plan, REPORT_DAY, day_of(2026, 3, 4), REPORT_WEEK_MONDAY);
    make(w, &made, NULL, over);
    CU_ASSERT_EQUAL(made.view->down_times, 1);
    CU_ASSERT_EQUAL(made.view->down_ms, 5 * 60000 - 30000);
    CU_ASSERT_EQUAL(line_of(made.view, 11, 0)->ms_in[KPI_OK], 5 * 60000 + 30000);
    unmake(&made);
    st_tick(w, st_utc(2038, 1, 1, 0, 0));
    st_tick(w, over + 5000);
    st_tick(w, over + 10000);
    report_plan_period(&made.plan, REPORT_DAY, day_of(2026, 3, 5), REPORT_WEEK_MONDAY);
    make(w, &made, NULL, over + 10000);
    CU_ASSERT_EQUAL(made.view->down_times, 0);
    CU_ASSERT_EQUAL(made.view->down_ms, 0);
    unmake(&made);
    st_end(w);
}

/* What the gateway did not see is no zero: nothing is "new" for that. */
static void test_before(void)
{
    struct st_world *w = st_begin("report-before");
    struct made made = {.reader = NULL};
    st_settings(w, "hq=UTC");
    st_tick(w, st_utc(2026, 3, 4, 15, 0));
    for (int i = 0; i < 6; i++) {
        put_malware(w, st_utc(2026, 3, i < 1 ? 4 : i < 3 ? 5 : 6, 16, i), "hq");
    }
    st_tick_on(w, st_utc(2026, 3, 8, 0, 0));
    static const struct {
        int day;
        const char *said;
        const char *change; /* of all infections, and of the one name */
    } cases[] = {{4,
                  "The gateway’s records begin at 2026-03-04 15:00, after the period did.\n"
                  "The period before is not known, or not all of it: records begin at 2026-03-04 "
                  "15:00. No change is told.\n",
                  "Infections: 1; in the period before: 0 (–).\n"},
                 {5,
                  "The period before is not known, or not all of it: records begin at 2026-03-04 "
                  "15:00. No change is told.\n",
                  "Infections: 2; in the period before: 1 (–).\n"},
                 {6, "", "Infections: 3; in the period before: 2 (+1).\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf said = {0};
        report_plan_period(&made.plan, REPORT_DAY, day_of(2026, 3, cases[i].day),
                           REPORT_WEEK_MONDAY);
        make(w, &made, NULL, st_utc(2026, 3, 8, 0, 0));
        check_cover(&made, cases[i].said);
        report_summary(made.view, REPORT_EN, on_sentence, &said);
        CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&said), cases[i].change));
        buf_clear(&said);
        report_write_html(made.view, REPORT_EN, &said);
        CU_ASSERT_EQUAL(strstr(buf_text(&said), "(+50 %)") != NULL, i == 2);
        CU_ASSERT_PTR_NULL(strstr(buf_text(&said), ">new"));
        buf_clear(&said);
        report_write_json(made.view, &said);
        CU_ASSERT_EQUAL(strstr(buf_text(&said), "\"before\":null") != NULL, i == 0);
        CU_ASSERT_EQUAL(strstr(buf_text(&said), "_before\":null") != NULL, i == 0);
        CU_ASSERT_EQUAL(strstr(buf_text(&said), "before\":0") != NULL, i > 0);
        buf_free(&said);
        unmake(&made);
    }
    st_end(w);
}

static bool is_said(const struct made *made, enum report_format format, enum report_word word)
{
    struct buf out = {0};
    char trouble[200];
    CU_ASSERT_EQUAL(report_write(made->view, format, REPORT_EN, &out, trouble, sizeof trouble),
                    GW_OK);
    bool is_there = slice_search(buf_get(&out), slice_from(report_word(word, REPORT_EN))) < out.n;
    buf_free(&out);
    return is_there;
}

/* Infections that tell neither malware nor source are infections: the sum is of all of them. */
static void test_nameless(void)
{
    struct st_world *w = st_begin("report-nameless");
    struct made made = {.reader = NULL};
    struct report_sums sums;
    st_tick(w, st_utc(2026, 2, 1, 0, 0));
    for (int i = 0; i < 5; i++) {
        st_malware(w, st_utc(2026, 3, i < 2 ? 4 : 5, 12, i), i % 2 ? "pc-1" : "", "");
        st_put(w);
    }
    st_malware(w, st_utc(2026, 3, 5, 13, 0), "", "");
    w->event->kind = GW_KIND_MALWARE_BLOCKED;
    st_put(w);
    st_tick(w, st_utc(2026, 3, 20, 0, 0));
    report_plan_period(&made.plan, REPORT_DAY, day_of(2026, 3, 5), REPORT_WEEK_MONDAY);
    make(w, &made, NULL, st_utc(2026, 3, 20, 0, 0));
    report_sum(made.view, &sums);
    CU_ASSERT_EQUAL(sums.infections, 3);
    CU_ASSERT_EQUAL(sums.infections_before, 2);
    CU_ASSERT_EQUAL(sums.detections, 4);
    for (int format = REPORT_HTML; format <= REPORT_CSV; format += REPORT_CSV - REPORT_HTML) {
        CU_ASSERT_FALSE(is_said(&made, format, WORD_NO_INFECTIONS));
        CU_ASSERT_TRUE(is_said(&made, format, WORD_NO_NAMES));
    }
    unmake(&made);
    make(w, &made, "lab", st_utc(2026, 3, 20, 0, 0));
    CU_ASSERT_TRUE(is_said(&made, REPORT_CSV, WORD_NO_INFECTIONS));
    unmake(&made);
    report_plan_period(&made.plan, REPORT_DAY, day_of(2026, 3, 3), REPORT_WEEK_MONDAY);
    st_malware(w, st_utc(2026, 3, 3, 13, 0), "", "");
    w->event->kind = GW_KIND_MALWARE_BLOCKED;
    st_put(w);
    make(w, &made, NULL, st_utc(2026, 3, 20, 0, 0));
    CU_ASSERT_TRUE(is_said(&made, REPORT_HTML, WORD_NO_INFECTIONS));
    CU_ASSERT_TRUE(is_said(&made, REPORT_CSV, WORD_NO_INFECTIONS));
    unmake(&made);
    st_end(w);
}

static void test_empty(void)
{
    struct st_world *w = st_begin("report-empty");
    struct made made = {.reader = NULL};
    report_plan_period(&made.plan, REPORT_WEEK, day_of(2026, 3, 1), REPORT_WEEK_MONDAY);
    make(w, &made, NULL, st_utc(2026, 4, 10, 0, 0));
    CU_ASSERT_TRUE(made.view->is_empty);
    CU_ASSERT_EQUAL(made.view->n_points, 7);
    CU_ASSERT_EQUAL(made.view->n_tables, 7);
    CU_ASSERT_EQUAL(made.view->n_sites, 0);
    unmake(&made);
    put_states(w);
    st_malware(w, st_utc(2026, 3, 9, 0, 0), "pc-1", "A");
    st_put(w);
    st_tick(w, st_utc(2026, 4, 10, 0, 0));
    report_plan_period(&made.plan, REPORT_WEEK, day_of(2026, 2, 10), REPORT_WEEK_MONDAY);
    make(w, &made, NULL, st_utc(2026, 4, 10, 0, 0)); /* before the first word of all */
    CU_ASSERT_TRUE(made.view->is_empty);
    CU_ASSERT_FALSE(made.view->is_part);
    unmake(&made);
    report_plan_period(&made.plan, REPORT_WEEK, day_of(2026, 3, 9), REPORT_WEEK_MONDAY);
    make(w, &made, "nowhere", st_utc(2026, 4, 10, 0, 0));
    CU_ASSERT_TRUE(made.view->is_empty);
    unmake(&made);
    make(w, &made, NULL, st_utc(2026, 4, 10, 0, 0));
    CU_ASSERT_FALSE(made.view->is_empty);
    unmake(&made);
    st_end(w);
}

int main(void)
{
    static const struct jt_test tests[] = {
        {"of what was not seen nothing is said", test_part},
        {"a site whose day is not over", test_sites},
        {"midnight", test_midnight},
        {"infections without names", test_nameless},
        {"the gateway was off", test_downs},
        {"no tick for hours", test_gap},
        {"a period before that is not known", test_before},
        {"nothing", test_empty},
    };
    return jt_main("report: cover", tests, sizeof tests / sizeof *tests);
}
