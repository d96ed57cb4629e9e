/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pauses: the percentile against the exact one of sorted gaps, days that pass, checkpoints. */
#include <stdlib.h>
#include <string.h>

#include "gateway/kpi/gaps.h"
#include "tests/support/suite.h"

static const int64_t MINUTE = 60000, HOUR = 3600000, DAY = 86400000;

static uint64_t draw(uint64_t *random, uint64_t below)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random % below;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* Never below the exact percentile, above it by a fifth at most. */
static void test_percentile(void)
{
    uint64_t random = 88172645463325252u;
    for (int round = 0; round < 200; round++) {
        enum { N = 100 };
        struct kpi_gaps gaps = {0};
        int64_t exact[N], up_ms = 1;
        kpi_gaps_note(&gaps, up_ms, up_ms);
        for (int i = 0; i < N; i++) {
            exact[i] = MINUTE + (int64_t)draw(&random, (uint64_t)(HOUR * (round + 1) / 200));
            up_ms += exact[i];
            kpi_gaps_note(&gaps, up_ms, up_ms);
        }
        qsort(exact, N, sizeof *exact, by_size);
        int64_t p95 = exact[94] > KPI_GAP_FLOOR_MS ? exact[94] : KPI_GAP_FLOOR_MS;
        int64_t usual = kpi_gaps_usual_ms(&gaps);
        CU_ASSERT_EQUAL(kpi_gaps_count(&gaps), N);
        CU_ASSERT_TRUE(usual >= p95 && usual * 100 <= p95 * 119);
    }
}

static void test_learning(void)
{
    struct kpi_gaps gaps = {0};
    CU_ASSERT_EQUAL(kpi_gaps_usual_ms(&gaps), KPI_GAP_FLOOR_MS);
    for (int64_t up_ms = 1; up_ms <= 49 * HOUR; up_ms += HOUR)
        kpi_gaps_note(&gaps, up_ms, up_ms);
    CU_ASSERT_EQUAL(kpi_gaps_count(&gaps), 48);
    CU_ASSERT_FALSE(kpi_gaps_are_learnt(&gaps, 49 * HOUR));
    kpi_gaps_note(&gaps, 50 * HOUR, 50 * HOUR);
    kpi_gaps_note(&gaps, 51 * HOUR, 51 * HOUR);
    CU_ASSERT_TRUE(kpi_gaps_are_learnt(&gaps, 51 * HOUR));
    /* In one minute there is no pause, and of many in a day none is long. */
    kpi_gaps_note(&gaps, 51 * HOUR + 500, 51 * HOUR + 500);
    CU_ASSERT_EQUAL(kpi_gaps_count(&gaps), 50);
    struct kpi_gaps quick = {0};
    for (int64_t up_ms = 1; up_ms <= 23 * HOUR; up_ms += MINUTE)
        kpi_gaps_note(&quick, up_ms, up_ms);
    CU_ASSERT_FALSE(kpi_gaps_are_learnt(&quick, 23 * HOUR));
    CU_ASSERT_TRUE(kpi_gaps_are_learnt(&quick, 25 * HOUR));
    CU_ASSERT_EQUAL(kpi_gaps_usual_ms(&quick), KPI_GAP_FLOOR_MS);
}

/* Seven days before the newest message, not before now: who is silent is not forgotten. */
static void test_days(void)
{
    struct kpi_gaps gaps = {0};
    for (int64_t up_ms = 1; up_ms < DAY; up_ms += HOUR)
        kpi_gaps_note(&gaps, up_ms, up_ms);
    CU_ASSERT_EQUAL(kpi_gaps_count(&gaps), 23);
    CU_ASSERT_TRUE(kpi_gaps_usual_ms(&gaps) >= HOUR);
    kpi_gaps_note(&gaps, 6 * DAY + HOUR, 6 * DAY + HOUR);
    CU_ASSERT_EQUAL(kpi_gaps_count(&gaps), 24);
    kpi_gaps_note(&gaps, 7 * DAY + HOUR, 7 * DAY + HOUR);
    CU_ASSERT_EQUAL(kpi_gaps_count(&gaps), 2);
    kpi_gaps_note(&gaps, 40 * DAY, 40 * DAY);
    CU_ASSERT_EQUAL(kpi_gaps_count(&gaps), 1);
    CU_ASSERT_TRUE(kpi_gaps_usual_ms(&gaps) >= 7 * DAY); /* the longest step */
}

/* A message every five minutes from 8 to 18 o'clock on five days of seven, for two weeks. */
static void work(struct kpi_gaps *gaps)
{
    for (int day = 0; day < 14; day++)
        for (int64_t at = 8 * HOUR; day % 7 < 5 && at < 18 * HOUR; at += 5 * MINUTE)
            kpi_gaps_note(gaps, day * DAY + at, day * DAY + at);
}

static int64_t silent_at(const struct kpi_gaps *gaps, int64_t at)
{
    return kpi_gaps_silent_ms(gaps, at, at);
}

static void test_rest(void)
{
    struct kpi_gaps gaps = {0};
    work(&gaps);
    int64_t last = 11 * DAY + 18 * HOUR - 5 * MINUTE; /* a Friday's */
    CU_ASSERT_EQUAL(gaps.last_up_ms, last);
    CU_ASSERT_EQUAL(silent_at(&gaps, last + 5 * MINUTE), 0);
    CU_ASSERT_EQUAL(silent_at(&gaps, 14 * DAY + 8 * HOUR), 0);
    CU_ASSERT_EQUAL(silent_at(&gaps, 14 * DAY + 9 * HOUR), HOUR);
    CU_ASSERT_EQUAL(silent_at(&gaps, 15 * DAY), 10 * HOUR - 15 * MINUTE);
    CU_ASSERT_EQUAL(silent_at(&gaps, 19 * DAY), 5 * (10 * HOUR - 15 * MINUTE));
    CU_ASSERT_EQUAL(silent_at(&gaps, 28 * DAY), 10 * (10 * HOUR - 15 * MINUTE));
    CU_ASSERT_EQUAL(silent_at(&gaps, 14 * DAY + 8 * HOUR + 52 * 7 * DAY),
                    52 * 5 * (10 * HOUR - 15 * MINUTE));
}

static bool is_to_rest(const struct kpi_gaps *gaps, int64_t quarter)
{
    int64_t n = 0, days = (gaps->last_up_ms - gaps->first_up_ms) / DAY;
    for (int64_t at = quarter % 96; at < KPI_WEEK_QUARTERS; at += 96)
        n += gaps->rests[at / 8] >> at % 8 & 1;
    quarter %= KPI_WEEK_QUARTERS;
    return (gaps->rests[quarter / 8] >> quarter % 8 & 1) || n * 2 > (days < 7 ? days : 7);
}

/* The rule of rests as it reads, minute by minute. */
static int64_t count_minutes(const struct kpi_gaps *gaps, int64_t from, int64_t to, bool is_weekend)
{
    int64_t n = 0;
    for (int64_t at = from; at < to; at += MINUTE) {
        int64_t quarter = at / (15 * MINUTE), day = at / DAY % 7;
        n += !is_to_rest(gaps, quarter) && !is_to_rest(gaps, quarter + 1) &&
             (!is_weekend || day == 2 || day == 3);
    }
    return n * MINUTE;
}

static void test_any_week(void)
{
    uint64_t random = 88172645463325252u;
    for (int round = 0; round < 400; round++) {
        struct kpi_gaps gaps = {.first_up_ms = MINUTE};
        gaps.last_up_ms = MINUTE * (1 + (int64_t)draw(&random, 10 * 1440));
        uint64_t of_ten = draw(&random, 10);
        for (size_t at = 0; at < KPI_WEEK_QUARTERS; at++)
            gaps.rests[at / 8] |= (uint8_t)((draw(&random, 10) < of_ten) << at % 8);
        gaps.rests[0] |= 1;
        int64_t known = gaps.first_up_ms + DAY,
                from = gaps.last_up_ms > known ? gaps.last_up_ms : known,
                now = from + MINUTE * (int64_t)draw(&random, 21 * 1440);
        bool is_young = gaps.last_up_ms - gaps.first_up_ms < 7 * DAY && now - from < 7 * DAY,
             was_weekend = (gaps.last_up_ms / DAY % 7 & ~1) == 2;
        CU_ASSERT_EQUAL(silent_at(&gaps, now), count_minutes(&gaps, from, now, false));
        CU_ASSERT_EQUAL(kpi_gaps_weekend_ms(&gaps, now, now, 0),
                        is_young && !was_weekend ? count_minutes(&gaps, from, now, true) : 0);
    }
}

/* Until a source is known for a week nobody knows whether it rests at a weekend: of one that rests
   at night and was not there since. */
static void test_weekend(void)
{
    struct kpi_gaps gaps = {0};
    int64_t monday = 4 * DAY, last = monday, saturday = monday + 5 * DAY + 8 * HOUR;
    for (int day = 0; day < 5; day++)
        for (int64_t at = 8 * HOUR; at < 18 * HOUR; at += 5 * MINUTE)
            kpi_gaps_note(&gaps, last = monday + day * DAY + at, monday + day * DAY + at);
    CU_ASSERT_EQUAL(kpi_gaps_weekend_ms(&gaps, last + HOUR, last + HOUR, 0), 0);
    CU_ASSERT_EQUAL(silent_at(&gaps, saturday + HOUR), HOUR);
    CU_ASSERT_EQUAL(kpi_gaps_weekend_ms(&gaps, saturday + HOUR, saturday + HOUR, 0), HOUR);
    /* Where it is Friday still, or Sunday over, it is none. */
    CU_ASSERT_EQUAL(kpi_gaps_weekend_ms(&gaps, saturday + HOUR, saturday + HOUR, -10 * HOUR), 0);
    int64_t now = monday + 7 * DAY + 9 * HOUR;
    CU_ASSERT_EQUAL(silent_at(&gaps, now) - kpi_gaps_weekend_ms(&gaps, now, now, 0), HOUR);
    /* One that was there on Saturday is missed then; one known for a week was known at one. */
    kpi_gaps_note(&gaps, saturday, saturday);
    CU_ASSERT_EQUAL(kpi_gaps_weekend_ms(&gaps, saturday + HOUR, saturday + HOUR, 0), 0);
    gaps.first_up_ms -= 2 * DAY;
    CU_ASSERT_EQUAL(kpi_gaps_weekend_ms(&gaps, now, now, 0), 0);
    struct kpi_gaps restless = {0};
    for (int64_t at = monday; at < monday + 4 * DAY + 20 * HOUR; at += 5 * MINUTE)
        kpi_gaps_note(&restless, at, at);
    CU_ASSERT_EQUAL(kpi_gaps_weekend_ms(&restless, saturday, saturday, 0), 0);
}

/* One that never rests, however unevenly it sends, is silent from its last word on. */
static void test_restless(void)
{
    uint64_t random = 88172645463325252u;
    struct kpi_gaps gaps = {0};
    int64_t up_ms = 1;
    while (up_ms < 10 * DAY) {
        up_ms += (int64_t)draw(&random, (uint64_t)(40 * MINUTE));
        kpi_gaps_note(&gaps, up_ms, up_ms);
    }
    CU_ASSERT_EQUAL(silent_at(&gaps, up_ms + 3 * DAY + MINUTE), 3 * DAY + MINUTE);
    /* Nor does it when the wall clock jumps. */
    kpi_gaps_note(&gaps, up_ms + HOUR, up_ms + 400 * DAY);
    kpi_gaps_note(&gaps, up_ms + 2 * HOUR, -5 * DAY);
    CU_ASSERT_EQUAL(silent_at(&gaps, up_ms + 3 * HOUR), HOUR);
}

static void test_codec(void)
{
    struct kpi_gaps gaps = {0}, again = {0};
    struct buf bytes = {0};
    for (int64_t up_ms = 1; up_ms < 3 * DAY; up_ms += HOUR)
        kpi_gaps_note(&gaps, up_ms, up_ms);
    kpi_gaps_encode(&gaps, &bytes);
    kpi_gaps_encode_rests(&gaps, &bytes);
    struct cursor in = cursor_of(buf_get(&bytes));
    kpi_gaps_decode(&again, &in);
    kpi_gaps_decode_rests(&again, &in);
    CU_ASSERT_TRUE(!in.failed && cursor_left(&in) == 0);
    CU_ASSERT_EQUAL(memcmp(&gaps, &again, sizeof gaps), 0);
    for (size_t n = 0; n < bytes.n; n++) {
        struct cursor cut = cursor_of(slice_of(bytes.p, n));
        kpi_gaps_decode(&again, &cut);
        kpi_gaps_decode_rests(&again, &cut);
        CU_ASSERT_TRUE(cut.failed);
    }
    buf_free(&bytes);
}

int main(void)
{
    static const struct suite_test tests[] = {{"percentile", test_percentile},
                                              {"learning", test_learning},
                                              {"days", test_days},
                                              {"rest", test_rest},
                                              {"any week", test_any_week},
                                              {"weekend", test_weekend},
                                              {"restless", test_restless},
                                              {"checkpoint", test_codec}};
    return suite_run("kpi gaps", tests, sizeof tests / sizeof *tests);
}
