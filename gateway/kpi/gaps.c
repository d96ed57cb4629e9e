/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gaps by length and day. Whole numbers only: the same everywhere. */
#include "gateway/kpi/gaps.h"

#include "gateway/kpi/codec.h"

enum { PERCENTILE = 95 };
static const int64_t MINUTE_MS = 60000, DAY_MS = 86400000;

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

void kpi_gaps_note(struct kpi_gaps *gaps, int64_t up_ms)
{
    int64_t last_ms = gaps->last_up_ms;
    if (last_ms == 0)
        gaps->first_up_ms = up_ms;
    gaps->last_up_ms = up_ms;
    if (last_ms == 0 || up_ms / MINUTE_MS == last_ms / MINUTE_MS)
        return;
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
