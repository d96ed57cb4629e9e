/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The top tens: when periods begin and end, what a bounded counter may say, ties. */
#include "gateway/kpi/top.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/civil.h"
#include "tests/gateway/kpi/support.h"
#include "tests/support/suite.h"

enum { HOUR_MS = 3600000, MINUTE_MS = 60000 };

static int64_t utc(int year, int month, int day, int hour, int minute)
{
    const struct civil civil = {year, month, day, hour, minute, 0, 0};
    return civil_to_ms(&civil);
}

static const char *nobody(const void *context, uint64_t key)
{
    (void)context;
    return key == 1 ? "pc-1" : key == 2 ? "pc-2" : "pc";
}

static void add(struct kpi_top *top, int64_t time_ms, uint32_t n, const char *malware)
{
    const struct kpi_top_item items[KPI_TOP_KINDS] = {
        {kpi_hash(7, 0, slice_from(malware)), slice_from(malware)}};
    kpi_top_add(top, time_ms, n, items);
}

static struct kpi_top_result best(const struct kpi_top *top, enum kpi_top_period period,
                                  enum kpi_top_kind kind)
{
    struct kpi_top_result result;
    kpi_top_best(top, period, kind, nobody, NULL, &result);
    return result;
}

/* The count of a name, or 0; of malware. */
static uint64_t count_of(const struct kpi_top *top, enum kpi_top_period period, const char *name)
{
    struct kpi_top_result r = best(top, period, KPI_TOP_MALWARE);
    for (size_t i = 0; i < r.n; i++)
        if (!strcmp(r.rows[i].name, name))
            return r.rows[i].count;
    return 0;
}

static void set_rule(struct kpi_top *top, const char *rule)
{
    struct buf zone = {0};
    if (rule)
        kt_zone(rule, &zone);
    CU_ASSERT_TRUE_FATAL(kpi_top_set_zone(top, buf_get(&zone)));
    buf_free(&zone);
}

/* ---- periods ---- */

static const char BERLIN[] = "CET-1CEST,M3.5.0,M10.5.0/3";
static const char HAVANA[] = "CST5CDT,M3.2.0/0,M11.1.0/1";        /* 0:00 to 1:00; 1:00 to 0:00 */
static const char SAO_PAULO[] = "<-03>3<-02>,M10.3.0/0,M2.3.0/0"; /* 0:00 to 1:00, 0:00 to 23:00 */

static void check_span(const char *rule, enum kpi_top_period period, int64_t now_ms, int64_t begin,
                       int64_t end)
{
    struct kpi_top top = {0};
    set_rule(&top, rule);
    kpi_top_turn(&top, now_ms);
    if (top.spans[period].begin_ms != begin || top.spans[period].end_ms != end)
        printf("\n    %s period %d: %lld..%lld, not %lld..%lld ", rule ? rule : "UTC", period,
               (long long)top.spans[period].begin_ms, (long long)top.spans[period].end_ms,
               (long long)begin, (long long)end);
    CU_ASSERT_EQUAL(top.spans[period].begin_ms, begin);
    CU_ASSERT_EQUAL(top.spans[period].end_ms, end);
    kpi_top_free(&top);
}

static void test_periods(void)
{
    static const struct {
        const char *rule;
        enum kpi_top_period period;
        int at[5], begin[5], end[5]; /* UTC */
    } cases[] = {
        {NULL, KPI_TOP_DAY, {2026, 11, 24, 0, 0}, {2026, 11, 24, 0, 0}, {2026, 11, 25, 0, 0}},
        {NULL, KPI_TOP_DAY, {2026, 11, 24, 23, 59}, {2026, 11, 24, 0, 0}, {2026, 11, 25, 0, 0}},
        {"CST-8", KPI_TOP_DAY, {2026, 11, 24, 16, 0}, {2026, 11, 24, 16, 0}, {2026, 11, 25, 16, 0}},
        {"CST-8",
         KPI_TOP_DAY,
         {2026, 11, 24, 15, 59},
         {2026, 11, 23, 16, 0},
         {2026, 11, 24, 16, 0}},
        /* a Monday, a Sunday, a week over the year's end */
        {NULL, KPI_TOP_WEEK, {2026, 11, 23, 0, 0}, {2026, 11, 23, 0, 0}, {2026, 11, 30, 0, 0}},
        {NULL, KPI_TOP_WEEK, {2026, 11, 29, 23, 59}, {2026, 11, 23, 0, 0}, {2026, 11, 30, 0, 0}},
        {"CST-8", KPI_TOP_WEEK, {2027, 1, 1, 0, 0}, {2026, 12, 27, 16, 0}, {2027, 1, 3, 16, 0}},
        {NULL, KPI_TOP_MONTH, {2028, 2, 29, 12, 0}, {2028, 2, 1, 0, 0}, {2028, 3, 1, 0, 0}},
        {"CST-8",
         KPI_TOP_MONTH,
         {2026, 12, 31, 16, 0},
         {2026, 12, 31, 16, 0},
         {2027, 1, 31, 16, 0}},
        /* days of 23 and 25 hours, and the week and month around them */
        {BERLIN, KPI_TOP_DAY, {2026, 3, 29, 12, 0}, {2026, 3, 28, 23, 0}, {2026, 3, 29, 22, 0}},
        {BERLIN, KPI_TOP_DAY, {2026, 10, 25, 12, 0}, {2026, 10, 24, 22, 0}, {2026, 10, 25, 23, 0}},
        {BERLIN,
         KPI_TOP_WEEK,
         {2026, 10, 25, 22, 59},
         {2026, 10, 18, 22, 0},
         {2026, 10, 25, 23, 0}},
        {BERLIN, KPI_TOP_MONTH, {2026, 3, 1, 0, 0}, {2026, 2, 28, 23, 0}, {2026, 3, 31, 22, 0}},
        /* a midnight that is skipped is when the clocks skip; of two it is the first */
        {HAVANA, KPI_TOP_DAY, {2026, 3, 8, 5, 0}, {2026, 3, 8, 5, 0}, {2026, 3, 9, 4, 0}},
        {HAVANA, KPI_TOP_DAY, {2026, 3, 8, 4, 59}, {2026, 3, 7, 5, 0}, {2026, 3, 8, 5, 0}},
        {HAVANA, KPI_TOP_DAY, {2026, 11, 1, 5, 30}, {2026, 11, 1, 4, 0}, {2026, 11, 2, 5, 0}},
        {HAVANA, KPI_TOP_MONTH, {2026, 11, 1, 5, 30}, {2026, 11, 1, 4, 0}, {2026, 12, 1, 5, 0}},
        {SAO_PAULO, KPI_TOP_DAY, {2026, 10, 18, 3, 0}, {2026, 10, 18, 3, 0}, {2026, 10, 19, 2, 0}},
        {SAO_PAULO, KPI_TOP_DAY, {2026, 2, 15, 2, 30}, {2026, 2, 14, 2, 0}, {2026, 2, 15, 3, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int *a = cases[i].at, *b = cases[i].begin, *e = cases[i].end;
        check_span(cases[i].rule, cases[i].period, utc(a[0], a[1], a[2], a[3], a[4]),
                   utc(b[0], b[1], b[2], b[3], b[4]), utc(e[0], e[1], e[2], e[3], e[4]));
    }
}

/* Hour by hour through a year: now lies in each period, and one begins where the last ended. */
static void test_no_gap(void)
{
    static const char *const rules[] = {NULL, "CST-8", BERLIN, HAVANA, SAO_PAULO};
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
        struct kpi_top top = {0};
        int turns = 0;
        set_rule(&top, rules[r]);
        kpi_top_turn(&top, utc(2026, 1, 1, 12, 0));
        for (int64_t t = utc(2026, 1, 1, 12, 0); t < utc(2027, 2, 1, 0, 0); t += HOUR_MS / 2) {
            int64_t ends[KPI_TOP_PERIODS], next_ms = kpi_top_next_ms(&top);
            for (int p = 0; p < KPI_TOP_PERIODS; p++)
                ends[p] = top.spans[p].end_ms;
            bool has_turned = kpi_top_turn(&top, t);
            CU_ASSERT_EQUAL(has_turned, t >= next_ms);
            turns += has_turned;
            for (int p = 0; p < KPI_TOP_PERIODS; p++) {
                const struct kpi_top_span *s = &top.spans[p];
                CU_ASSERT_TRUE(s->begin_ms <= t && t < s->end_ms);
                CU_ASSERT_TRUE(s->end_ms == ends[p] || s->begin_ms == ends[p]);
            }
        }
        /* Midnights: 364 of 2026, 31 of January 2027; east of Greenwich February has begun. */
        CU_ASSERT_EQUAL(turns, 395 + (r == 1 || r == 2));
        kpi_top_free(&top);
    }
}

/* Midnight comes; what was found before it counts in the week and the month alone. */
static void test_midnight(void)
{
    struct kpi_top top = {0};
    int64_t midnight = utc(2026, 11, 25, 0, 0);
    kpi_top_turn(&top, midnight - MINUTE_MS);
    add(&top, midnight - 1, 3, "A");
    add(&top, midnight, 2, "A"); /* received, while the last tick is of yesterday */
    add(&top, midnight + 4 * MINUTE_MS, 1, "B");
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_DAY, "A"), 3);
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_MONTH, "A"), 3);
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_DAY, "B"), 0);
    CU_ASSERT_FALSE(kpi_top_turn(&top, midnight - 1));
    CU_ASSERT_TRUE(kpi_top_turn(&top, midnight));
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_DAY, "A"), 2);
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_WEEK, "A"), 5);
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_MONTH, "B"), 1);
    add(&top, midnight - 2 * HOUR_MS, 10, "A"); /* late */
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_DAY, "A"), 2);
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_WEEK, "A"), 15);
    add(&top, utc(2026, 11, 22, 23, 59), 100, "A"); /* of last week, of this month */
    add(&top, utc(2026, 10, 31, 23, 59), 1000, "A");
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_WEEK, "A"), 15);
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_MONTH, "A"), 115);
    CU_ASSERT_EQUAL(best(&top, KPI_TOP_MONTH, KPI_TOP_MALWARE).total, 116);
    CU_ASSERT_TRUE(kpi_top_turn(&top, utc(2026, 11, 30, 0, 0))); /* Monday */
    CU_ASSERT_EQUAL(best(&top, KPI_TOP_DAY, KPI_TOP_MALWARE).n, 0);
    CU_ASSERT_EQUAL(best(&top, KPI_TOP_WEEK, KPI_TOP_MALWARE).n, 0);
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_MONTH, "A"), 115);
    CU_ASSERT_TRUE(kpi_top_turn(&top, utc(2026, 12, 1, 0, 0)));
    CU_ASSERT_EQUAL(best(&top, KPI_TOP_MONTH, KPI_TOP_MALWARE).n, 0);
    kpi_top_free(&top);
}

/* The clock of the gateway is set, there and back: no day counts twice, none is forgotten. */
static void test_clock_set(void)
{
    struct kpi_top top = {0};
    int64_t noon = utc(2026, 11, 25, 12, 0), day = 24 * (int64_t)HOUR_MS;
    add(&top, noon, 1, "before any tick");
    kpi_top_turn(&top, noon);
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_DAY, "before any tick"), 1);
    add(&top, noon, 4, "A");
    kpi_top_turn(&top, noon - day);
    CU_ASSERT_EQUAL(best(&top, KPI_TOP_DAY, KPI_TOP_MALWARE).n, 0);
    add(&top, noon - day, 2, "A");
    add(&top, noon, 1, "A"); /* tomorrow now */
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_DAY, "A"), 2);
    kpi_top_turn(&top, noon);
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_DAY, "A"), 5);
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_WEEK, "A"), 7);
    /* Two days ahead without a tick: each day's own goes where it belongs. */
    add(&top, noon + day, 10, "A");
    add(&top, noon + 2 * day, 20, "A");
    add(&top, noon + day, 40, "A");
    kpi_top_turn(&top, noon + 2 * day);
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_DAY, "A"), 20);
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_WEEK, "A"), 77);
    CU_ASSERT_EQUAL(best(&top, KPI_TOP_MONTH, KPI_TOP_MALWARE).total, 78);
    /* Moments that no calendar has. */
    add(&top, INT64_MIN, 1, "A");
    add(&top, INT64_MAX, 1, "A");
    kpi_top_turn(&top, INT64_MAX);
    kpi_top_turn(&top, INT64_MIN);
    kpi_top_turn(&top, -1);
    kpi_top_free(&top);
}

/* Another zone: what was counted ends when it would have, and nothing counts in two days. */
static void test_zone_change(void)
{
    struct kpi_top top = {0};
    int64_t now = utc(2026, 11, 25, 20, 0);
    kpi_top_turn(&top, now);
    set_rule(&top, "CST-8"); /* nothing is counted yet: at once */
    kpi_top_turn(&top, now);
    CU_ASSERT_EQUAL(top.spans[KPI_TOP_DAY].begin_ms, utc(2026, 11, 25, 16, 0));
    add(&top, now, 1, "A");
    set_rule(&top, NULL);
    kpi_top_turn(&top, now);
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_DAY, "A"), 1);
    CU_ASSERT_EQUAL(top.spans[KPI_TOP_DAY].end_ms, utc(2026, 11, 26, 16, 0));
    kpi_top_turn(&top, utc(2026, 11, 26, 17, 0));
    CU_ASSERT_EQUAL(top.spans[KPI_TOP_DAY].begin_ms, utc(2026, 11, 26, 16, 0));
    CU_ASSERT_EQUAL(top.spans[KPI_TOP_DAY].end_ms, utc(2026, 11, 27, 0, 0));
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_DAY, "A"), 0);
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_WEEK, "A"), 1);
    CU_ASSERT_FALSE(kpi_top_set_zone(&top, SLICE("TZif2 and nothing else")));
    kpi_top_free(&top);
}

/* ---- counters ---- */

static void test_ties(void)
{
    static const char *const names[] = {"m", "c", "k", "a", "l", "d", "j", "e", "i", "f", "h", "g"};
    struct kpi_top top = {0};
    int64_t now = utc(2026, 11, 25, 12, 0);
    kpi_top_turn(&top, now);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        add(&top, now, 2, names[i]);
    add(&top, now, 1, "b");
    add(&top, now, 3, "z");
    struct kpi_top_result r = best(&top, KPI_TOP_WEEK, KPI_TOP_MALWARE);
    CU_ASSERT_EQUAL_FATAL(r.n, 10);
    CU_ASSERT_STRING_EQUAL(r.rows[0].name, "z");
    for (size_t i = 1; i < 10; i++) {
        const char expected[] = {"-acdefghij"[i], '\0'};
        CU_ASSERT_STRING_EQUAL(r.rows[i].name, expected);
        CU_ASSERT_EQUAL(r.rows[i].error, 0);
    }
    CU_ASSERT_EQUAL(r.total, 28);
    CU_ASSERT_EQUAL(r.missed, 0);
    kpi_top_free(&top);
}

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* What was truly counted, by name's number. */
struct truth {
    uint64_t counts[KPI_TOP_PERIODS][60000], total[KPI_TOP_PERIODS];
};

/* Every counter against the truth: not too low, too high by its error at most, the error bounded;
 * and whoever is not there not more frequent than missed says. */
static void check_truth(const struct kpi_top *top, const struct truth *truth)
{
    for (int p = 0; p < KPI_TOP_PERIODS; p++) {
        struct kpi_top_result r = best(top, (enum kpi_top_period)p, KPI_TOP_MALWARE);
        uint64_t w = truth->total[p] / KPI_TOP_COUNTERS,
                 bound = p == KPI_TOP_DAY ? w * 9 / 8 + 1 : w * 5 + 1;
        size_t wrong = 0;
        CU_ASSERT_EQUAL(r.total, truth->total[p]);
        CU_ASSERT_EQUAL_FATAL(r.n, 10);
        for (size_t i = 0; i < r.n; i++) {
            uint64_t is = truth->counts[p][atoi(r.rows[i].name)];
            wrong += is > r.rows[i].count || r.rows[i].count - is > r.rows[i].error;
            wrong += r.rows[i].error > bound;
        }
        for (size_t name = 0; name < 60000; name++) {
            char text[16];
            snprintf(text, sizeof text, "%zu", name);
            uint64_t key = kpi_hash(7, 0, slice_from(text)), held = 0;
            for (int part = 0; part < (p == KPI_TOP_DAY ? 1 : 2); part++) {
                const struct kpi_top_list *l = &top->spans[part ? p : 0].lists[KPI_TOP_MALWARE];
                const uint32_t *place = kpi_table_get(&l->places, key);
                held += place ? l->all[*place].count : l->missed;
            }
            wrong += held < truth->counts[p][name];
        }
        wrong += r.missed > bound;
        CU_ASSERT_EQUAL(wrong, 0);
        if (wrong)
            printf("\n    period %d: %zu are wrong, bound %" PRIu64 " missed %" PRIu64, p, wrong,
                   bound, r.missed);
    }
}

/* Many more names than counters, for nine days from a Thursday; some are frequent. */
static void storm(uint32_t weight_max, uint64_t seed)
{
    struct kpi_top top = {0};
    struct truth *truth = gw_alloc(sizeof *truth);
    int64_t now = utc(2026, 11, 26, 0, 0);
    for (int day = 0; day < 9; day++, now += 24 * (int64_t)HOUR_MS) {
        kpi_top_turn(&top, now);
        bool is_new[KPI_TOP_PERIODS] = {true, day == 4, day == 5}; /* a Monday, December the 1st */
        for (int p = 0; p < KPI_TOP_PERIODS; p++) {
            if (is_new[p])
                memset(truth->counts[p], 0, sizeof truth->counts[p]);
            truth->total[p] = is_new[p] ? 0 : truth->total[p];
        }
        for (int i = 0; i < 40000; i++) {
            char text[16];
            unsigned name = next(&seed) % 4 == 0 ? (unsigned)(next(&seed) % 20)
                                                 : (unsigned)(next(&seed) % 60000);
            uint32_t n = 1 + (uint32_t)(next(&seed) % weight_max);
            snprintf(text, sizeof text, "%u", name);
            add(&top, now + i, n, text);
            for (int p = 0; p < KPI_TOP_PERIODS; p++) {
                truth->counts[p][name] += n;
                truth->total[p] += n;
            }
        }
        check_truth(&top, truth);
        for (int s = 0; s < KPI_TOP_PERIODS; s++)
            CU_ASSERT_TRUE(top.spans[s].lists[0].n <= KPI_TOP_COUNTERS);
    }
    CU_ASSERT_TRUE(best(&top, KPI_TOP_DAY, KPI_TOP_MALWARE).missed > 0);
    CU_ASSERT_TRUE(kpi_top_bytes(&top) < (size_t)2 << 20);
    free(truth);
    kpi_top_free(&top);
}

static void test_bound(void)
{
    storm(1, 88172645463325252u);
    storm(1000000, 362436069u);
}

/* As many names as counters are exact, and one more is not. */
static void test_exact(void)
{
    struct kpi_top top = {0};
    int64_t now = utc(2026, 11, 25, 12, 0);
    kpi_top_turn(&top, now);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < KPI_TOP_COUNTERS; i++) {
            char text[16];
            snprintf(text, sizeof text, "%d", i);
            add(&top, now, i == 17 ? 5 : 1, text);
        }
    struct kpi_top_result r = best(&top, KPI_TOP_MONTH, KPI_TOP_MALWARE);
    CU_ASSERT_STRING_EQUAL(r.rows[0].name, "17");
    CU_ASSERT_EQUAL(r.rows[0].count, 15);
    CU_ASSERT_EQUAL(r.rows[9].count, 3);
    CU_ASSERT_EQUAL(r.missed, 0);
    add(&top, now, 1, "one more");
    r = best(&top, KPI_TOP_DAY, KPI_TOP_MALWARE);
    CU_ASSERT_EQUAL(r.missed, 3);
    CU_ASSERT_STRING_EQUAL(r.rows[1].name, "one more");
    CU_ASSERT_EQUAL(r.rows[1].count, 4);
    CU_ASSERT_EQUAL(r.rows[1].error, 3);
    CU_ASSERT_EQUAL(r.rows[0].error, 0);
    kpi_top_free(&top);
}

/* Who had a counter in the week, and lost that of a day, may have been found that day. */
static void test_merged(void)
{
    struct kpi_top top = {0};
    int64_t now = utc(2026, 11, 25, 12, 0), day = 24 * (int64_t)HOUR_MS;
    kpi_top_turn(&top, now);
    add(&top, now, 100, "A");
    kpi_top_turn(&top, now += day);
    add(&top, now, 3, "A");
    for (int i = 0; i < KPI_TOP_COUNTERS; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        add(&top, now, 4, text);
    }
    CU_ASSERT_EQUAL(best(&top, KPI_TOP_DAY, KPI_TOP_MALWARE).missed, 3);
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_WEEK, "A"), 103);
    kpi_top_turn(&top, now += day);
    struct kpi_top_result r = best(&top, KPI_TOP_WEEK, KPI_TOP_MALWARE);
    CU_ASSERT_STRING_EQUAL(r.rows[0].name, "A");
    CU_ASSERT_EQUAL(r.rows[0].count, 103);
    CU_ASSERT_EQUAL(r.rows[0].error, 3);
    CU_ASSERT_EQUAL(r.total, 103 + 4 * KPI_TOP_COUNTERS);
    CU_ASSERT_TRUE(r.missed >= 3);
    kpi_top_free(&top);
}

/* Counts that nobody can make by finding malware, but a forged checkpoint: they end, not wrap. */
static void test_saturation(void)
{
    struct kpi_top top = {0};
    int64_t now = utc(2026, 11, 25, 12, 0);
    kpi_top_turn(&top, now);
    add(&top, now, 1, "A");
    add(&top, now - 24 * (int64_t)HOUR_MS, 7, "A");
    top.spans[KPI_TOP_DAY].lists[0].all[0].count = UINT64_MAX - 1;
    add(&top, now, 3, "A");
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_DAY, "A"), UINT64_MAX);
    CU_ASSERT_EQUAL(count_of(&top, KPI_TOP_WEEK, "A"), UINT64_MAX);
    kpi_top_free(&top);
}

static uint32_t two_is_one(void *context, uint32_t key)
{
    (void)context;
    return key == 2 ? 1 : key;
}

/* Two numbers that are one computer, in every period and in the day to come. */
static void test_joined(void)
{
    struct kpi_top top = {0};
    int64_t now = utc(2026, 11, 25, 12, 0);
    kpi_top_turn(&top, now);
    for (int day = -1; day <= 1; day++)
        for (uint64_t key = 1; key <= 3; key++) {
            const struct kpi_top_item items[KPI_TOP_KINDS] = {[KPI_TOP_COMPUTER] = {.key = key}};
            kpi_top_add(&top, now + day * 24 * (int64_t)HOUR_MS, (uint32_t)key, items);
        }
    kpi_top_remap(&top, two_is_one, NULL);
    struct kpi_top_result r = best(&top, KPI_TOP_WEEK, KPI_TOP_COMPUTER);
    CU_ASSERT_EQUAL_FATAL(r.n, 2);
    CU_ASSERT_EQUAL(r.rows[0].count, 6);
    CU_ASSERT_EQUAL(r.rows[1].count, 6);
    CU_ASSERT_STRING_EQUAL(r.rows[1].name, "pc-1");
    kpi_top_turn(&top, now + 24 * (int64_t)HOUR_MS);
    r = best(&top, KPI_TOP_DAY, KPI_TOP_COMPUTER);
    CU_ASSERT_EQUAL(r.n, 2);
    CU_ASSERT_EQUAL(r.rows[1].count + r.rows[0].count, 6);
    kpi_top_free(&top);
}

static uint32_t nine_is_eight(void *context, uint32_t key)
{
    (void)context;
    return key == 9 ? 8 : key;
}

/* A counter that a join set free is nobody's past: who takes it may have been there before. */
static void test_freed(void)
{
    struct kpi_top top = {0};
    int64_t now = utc(2026, 11, 25, 12, 0);
    kpi_top_turn(&top, now);
    for (uint64_t key = 1; key <= KPI_TOP_COUNTERS + 1; key++) { /* the last takes 1's */
        const struct kpi_top_item items[KPI_TOP_KINDS] = {[KPI_TOP_COMPUTER] = {.key = key}};
        kpi_top_add(&top, now, key == 1 ? 1 : 2, items);
    }
    const struct kpi_top_item one[KPI_TOP_KINDS] = {[KPI_TOP_COMPUTER] = {.key = 1}};
    kpi_top_add(&top, now, 1, one); /* and he another's */
    struct kpi_top_list *l = &top.spans[KPI_TOP_DAY].lists[KPI_TOP_COMPUTER];
    CU_ASSERT_EQUAL_FATAL(l->n, KPI_TOP_COUNTERS);
    CU_ASSERT_EQUAL_FATAL(l->missed, 2);
    kpi_top_remap(&top, nine_is_eight, NULL);
    CU_ASSERT_EQUAL_FATAL(l->n, KPI_TOP_COUNTERS - 1);
    const struct kpi_top_item items[KPI_TOP_KINDS] = {[KPI_TOP_COMPUTER] = {.key = 99999}};
    kpi_top_add(&top, now, 1, items);
    CU_ASSERT_EQUAL(l->all[l->n - 1].count, 3);
    CU_ASSERT_EQUAL(l->all[l->n - 1].error, 2);
    kpi_top_free(&top);
}

/* ---- a checkpoint's bytes ---- */

static void same_bytes(const struct kpi_top *a, const struct kpi_top *b)
{
    struct buf x = {0}, y = {0};
    kpi_top_encode(a, &x);
    kpi_top_encode(b, &y);
    CU_ASSERT_TRUE(x.n > 1000 && slice_equal(buf_get(&x), buf_get(&y)));
    buf_free(&x);
    buf_free(&y);
}

static void add_number(struct kpi_top *top, int64_t time_ms, uint32_t n, unsigned number)
{
    char text[16];
    snprintf(text, sizeof text, "%u", number);
    add(top, time_ms, n, text);
}

/* Rare ones stand before the hand and behind it: restored, it goes on where it stood. */
static void test_hand(void)
{
    struct kpi_top top = {0}, again = {0};
    struct buf bytes = {0};
    unsigned number = 0, half = KPI_TOP_COUNTERS / 2;
    int64_t now = utc(2026, 11, 25, 12, 0);
    kpi_top_turn(&top, now);
    for (; number < KPI_TOP_COUNTERS; number++)
        add_number(&top, now, number < half ? 80 : 85, number);
    for (unsigned i = 0; i < half + 10; i++)
        add_number(&top, now, 1, number++);
    const struct kpi_top_list *l = &top.spans[KPI_TOP_DAY].lists[KPI_TOP_MALWARE];
    CU_ASSERT_EQUAL(l->hand, half + 10);
    CU_ASSERT_EQUAL(l->rare, 90);
    kpi_top_encode(&top, &bytes);
    struct cursor in = cursor_of(buf_get(&bytes));
    kpi_top_decode(&again, 0, &in);
    CU_ASSERT_TRUE(!in.failed && cursor_left(&in) == 0);
    for (unsigned i = 0; i < 10; i++) {
        add_number(&top, now, 1, number);
        add_number(&again, now, 1, number++);
    }
    same_bytes(&top, &again);
    kpi_top_free(&top);
    kpi_top_free(&again);
    buf_free(&bytes);
}

/* Saved and restored time and again, the same counters are given away. */
static void test_bytes(void)
{
    struct kpi_top top = {0}, again = {0};
    struct buf bytes = {0};
    uint64_t seed = 42;
    int64_t now = utc(2026, 11, 25, 12, 0), day = 24 * (int64_t)HOUR_MS;
    kpi_top_turn(&top, now);
    kpi_top_turn(&again, now);
    for (int i = 0; i < 90000; i++) {
        unsigned number = (unsigned)(next(&seed) % 9000);
        int64_t when = now + ((int64_t)(next(&seed) % 3) - 1) * day;
        add_number(&top, when, 1 + (uint32_t)(i % 3), number);
        add_number(&again, when, 1 + (uint32_t)(i % 3), number);
        if (i % 1777 != 1776)
            continue;
        buf_clear(&bytes);
        kpi_top_encode(&again, &bytes);
        kpi_top_free(&again);
        struct cursor in = cursor_of(buf_get(&bytes));
        kpi_top_decode(&again, 10, &in);
        CU_ASSERT_TRUE(!in.failed && cursor_left(&in) == 0);
        same_bytes(&top, &again);
    }
    kpi_top_turn(&top, now + day);
    kpi_top_turn(&again, now + day);
    same_bytes(&top, &again);
    kpi_top_free(&top);
    kpi_top_free(&again);
    buf_free(&bytes);
}

int main(void)
{
    static const struct suite_test tests[] = {{"periods", test_periods},
                                              {"no gap", test_no_gap},
                                              {"midnight", test_midnight},
                                              {"a clock that is set", test_clock_set},
                                              {"another zone", test_zone_change},
                                              {"ties", test_ties},
                                              {"bound", test_bound},
                                              {"exact", test_exact},
                                              {"merged", test_merged},
                                              {"saturation", test_saturation},
                                              {"joined", test_joined},
                                              {"a freed counter", test_freed},
                                              {"the hand", test_hand},
                                              {"bytes", test_bytes}};
    return suite_run("kpi top", tests, sizeof tests / sizeof *tests);
}
