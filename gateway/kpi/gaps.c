/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gaps by length and day. Whole numbers only: the same everywhere. */
#include "gateway/kpi/gaps.h"

#include "gateway/kpi/codec.h"

enum { PERCENTILE = 95, REST_GAPS = 3 };
static const int64_t MINUTE_MS = 60000, QUARTER_MS = 900000, DAY_MS = 86400000,
                     WEEK_MS = 7 * 86400000;

/* The longest gap of a step: five minutes, and then 2^(1/4) of the one before. */
static int64_t next_bound(int64_t bound_ms)
{
    return bound_ms + bound_ms * 189207 / 1000000;
}

static size_t step_of(int64_t gap_ms)
{
    size_t step = 0;
    for (int64_t bound = KPI_GAP_FLOOR_MS; gap_ms > bound && step < KPI_GAP_STEPS - 1; step++)
        bound = next_bound(bound);
    return step;
}

/* A quarter of an hour by its number since 1970, as a place in the week. */
static size_t in_week(int64_t quarter)
{
    return (size_t)((quarter % KPI_WEEK_QUARTERS + KPI_WEEK_QUARTERS) % KPI_WEEK_QUARTERS);
}

/* Marks the quarters of an hour that the gap which ends now spans, without its first and last. */
static void note_rest(struct kpi_gaps *gaps, int64_t gap_ms, int64_t now_ms)
{
    bool is_rest =
        gap_ms > REST_GAPS * KPI_GAP_FLOOR_MS && gap_ms > REST_GAPS * kpi_gaps_usual_ms(gaps);
    int64_t first = (now_ms - gap_ms) / QUARTER_MS, last = now_ms / QUARTER_MS;
    if (last - first >= KPI_WEEK_QUARTERS)
        first = last - KPI_WEEK_QUARTERS + 1;
    for (int64_t quarter = first; quarter <= last; quarter++) {
        size_t at = in_week(quarter);
        uint8_t bit = (uint8_t)(1 << at % 8);
        if (is_rest && quarter != first && quarter != last)
            gaps->rests[at / 8] |= bit;
        else
            gaps->rests[at / 8] &= (uint8_t)~bit;
    }
}

void kpi_gaps_note(struct kpi_gaps *gaps, int64_t up_ms, int64_t now_ms)
{
    int64_t last_ms = gaps->last_up_ms;
    if (last_ms == 0)
        gaps->first_up_ms = up_ms;
    gaps->last_up_ms = up_ms;
    if (last_ms == 0 || up_ms / MINUTE_MS == last_ms / MINUTE_MS)
        return;
    note_rest(gaps, up_ms - last_ms, now_ms);
    uint32_t day = (uint32_t)(up_ms / DAY_MS) + 1;
    size_t slot = day % KPI_GAP_DAYS;
    if (gaps->day[slot] != day) {
        memset(gaps->count[slot], 0, sizeof gaps->count[slot]);
        gaps->day[slot] = day;
    }
    gaps->count[slot][step_of(up_ms - last_ms)]++; /* 1440 a day at most */
}

static bool is_in(const struct kpi_gaps *gaps, size_t slot)
{
    uint32_t newest = (uint32_t)(gaps->last_up_ms / DAY_MS) + 1;
    return gaps->day[slot] && newest - gaps->day[slot] < KPI_GAP_DAYS;
}

static uint32_t count_step(const struct kpi_gaps *gaps, size_t step)
{
    uint32_t n = 0;
    for (size_t slot = 0; slot < KPI_GAP_DAYS; slot++)
        n += is_in(gaps, slot) ? gaps->count[slot][step] : 0;
    return n;
}

uint32_t kpi_gaps_count(const struct kpi_gaps *gaps)
{
    uint32_t n = 0;
    for (size_t step = 0; step < KPI_GAP_STEPS; step++)
        n += count_step(gaps, step);
    return n;
}

bool kpi_gaps_are_learnt(const struct kpi_gaps *gaps, int64_t up_ms)
{
    return up_ms - gaps->first_up_ms >= KPI_GAPS_LEARN_MS &&
           kpi_gaps_count(gaps) >= KPI_GAPS_LEARNT;
}

int64_t kpi_gaps_usual_ms(const struct kpi_gaps *gaps)
{
    uint64_t total = kpi_gaps_count(gaps), n = 0;
    int64_t bound = KPI_GAP_FLOOR_MS;
    for (size_t step = 0; step < KPI_GAP_STEPS; step++) {
        n += count_step(gaps, step);
        if (n * 100 >= total * PERCENTILE)
            break;
        bound = next_bound(bound);
    }
    return bound;
}

/* The quarters of an hour of a week in which it is expected to rest: by the same time of the week,
   or by most of the days that are known. */
static void expect_rests(const struct kpi_gaps *gaps, bool is_rest[KPI_WEEK_QUARTERS])
{
    int64_t days = (gaps->last_up_ms - gaps->first_up_ms) / DAY_MS;
    if (days > KPI_GAP_DAYS)
        days = KPI_GAP_DAYS;
    for (size_t quarter = 0; quarter < KPI_DAY_QUARTERS; quarter++) {
        int n = 0;
        for (size_t at = quarter; at < KPI_WEEK_QUARTERS; at += KPI_DAY_QUARTERS)
            n += is_rest[at] = gaps->rests[at / 8] >> at % 8 & 1;
        for (size_t at = quarter; n * 2 > days && at < KPI_WEEK_QUARTERS; at += KPI_DAY_QUARTERS)
            is_rest[at] = true;
    }
}

static bool is_weekend(int64_t local_ms)
{
    int64_t day = local_ms / DAY_MS % 7; /* 1970 began on a Thursday */
    return day == 2 || day == 3;
}

/* With weekend_offset_ms only what is of a weekend, where the clocks differ so from UTC's. */
static int64_t count_awake_ms(const bool is_rest[KPI_WEEK_QUARTERS], int64_t from_ms, int64_t to_ms,
                              const int64_t *weekend_offset_ms)
{
    int64_t awake_ms = 0, quarter = from_ms / QUARTER_MS;
    size_t at = in_week(quarter);
    for (int64_t at_ms = from_ms, end_ms = (quarter + 1) * QUARTER_MS; at_ms < to_ms;) {
        size_t next = at + 1 < KPI_WEEK_QUARTERS ? at + 1 : 0;
        if (!is_rest[at] && !is_rest[next] &&
            (!weekend_offset_ms || is_weekend(at_ms + *weekend_offset_ms)))
            awake_ms += (end_ms < to_ms ? end_ms : to_ms) - at_ms;
        at = next;
        at_ms = end_ms;
        end_ms += QUARTER_MS;
    }
    return awake_ms;
}

static bool has_rests(const struct kpi_gaps *gaps)
{
    static const uint8_t none[sizeof gaps->rests];
    return memcmp(gaps->rests, none, sizeof none) != 0;
}

/* Since its last word, or since a day was known of it. */
static int64_t since_ms(const struct kpi_gaps *gaps, int64_t up_ms)
{
    int64_t known_ms = gaps->first_up_ms + KPI_GAPS_LEARN_MS;
    int64_t silent_ms = up_ms - (gaps->last_up_ms > known_ms ? gaps->last_up_ms : known_ms);
    return silent_ms > 0 ? silent_ms : 0;
}

int64_t kpi_gaps_silent_ms(const struct kpi_gaps *gaps, int64_t up_ms, int64_t now_ms)
{
    int64_t silent_ms = since_ms(gaps, up_ms);
    int64_t weeks = silent_ms / WEEK_MS, rest_ms = silent_ms % WEEK_MS;
    if (!has_rests(gaps))
        return silent_ms;
    bool is_rest[KPI_WEEK_QUARTERS];
    expect_rests(gaps, is_rest);
    return (weeks ? weeks * count_awake_ms(is_rest, now_ms - WEEK_MS, now_ms, NULL) : 0) +
           count_awake_ms(is_rest, now_ms - rest_ms, now_ms, NULL);
}

int64_t kpi_gaps_weekend_ms(const struct kpi_gaps *gaps, int64_t up_ms, int64_t now_ms,
                            int64_t offset_ms)
{
    int64_t silent_ms = since_ms(gaps, up_ms), spoke_ms = now_ms - (up_ms - gaps->last_up_ms);
    if (gaps->last_up_ms - gaps->first_up_ms >= WEEK_MS || silent_ms >= WEEK_MS ||
        !has_rests(gaps) || is_weekend(spoke_ms + offset_ms))
        return 0;
    bool is_rest[KPI_WEEK_QUARTERS];
    expect_rests(gaps, is_rest);
    return count_awake_ms(is_rest, now_ms - silent_ms, now_ms, &offset_ms);
}

void kpi_gaps_encode(const struct kpi_gaps *gaps, struct buf *out)
{
    kpi_put_int(out, gaps->first_up_ms);
    kpi_put_int(out, gaps->last_up_ms);
    for (size_t slot = 0; slot < KPI_GAP_DAYS; slot++) {
        buf_varint(out, gaps->day[slot]);
        for (size_t step = 0; gaps->day[slot] && step < KPI_GAP_STEPS; step++)
            buf_varint(out, gaps->count[slot][step]);
    }
}

void kpi_gaps_decode(struct kpi_gaps *gaps, struct cursor *in)
{
    gaps->first_up_ms = kpi_get_int(in);
    gaps->last_up_ms = kpi_get_int(in);
    if (gaps->first_up_ms < 0 || gaps->last_up_ms < gaps->first_up_ms)
        cursor_fail(in);
    for (size_t slot = 0; slot < KPI_GAP_DAYS; slot++) {
        gaps->day[slot] = (uint32_t)cursor_varint(in);
        for (size_t step = 0; gaps->day[slot] && step < KPI_GAP_STEPS; step++)
            gaps->count[slot][step] = (uint16_t)cursor_varint(in);
    }
}

void kpi_gaps_encode_rests(const struct kpi_gaps *gaps, struct buf *out)
{
    buf_append(out, (const char *)gaps->rests, sizeof gaps->rests);
}

void kpi_gaps_decode_rests(struct kpi_gaps *gaps, struct cursor *in)
{
    struct slice rests = cursor_take(in, sizeof gaps->rests);
    if (rests.n == sizeof gaps->rests)
        memcpy(gaps->rests, rests.p, rests.n);
}
