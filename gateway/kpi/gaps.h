/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_GAPS_H
#define GATEWAY_KPI_GAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/cursor.h"

/**
 * How long a sender usually pauses, and when it rests: the 95th percentile of its gaps in the last
 * seven days in which the gateway ran (its up time, so that its own downtime is nobody's gap).
 * Messages of one minute are one message: what arrives in bursts is known by the pauses between
 * them. Gaps are counted in steps of a fourth of a power of two, so the percentile is never too
 * short and at most 19 % too long; it is never shorter than five minutes.
 *
 * It rests in the quarters of an hour that a pause of more than three times the usual spans. It is
 * expected to at the same time of the week, and at a time of day of most days: who sends at night
 * alone, or from Monday to Friday, is silent only when it should not be. For half an hour at most
 * before a rest, too, since work is done sooner or later. Whether it does at a weekend nobody knows
 * in its first week.
 */
enum { KPI_GAP_DAYS = 7, KPI_GAP_STEPS = 45, KPI_GAPS_LEARNT = 50 };
enum { KPI_DAY_QUARTERS = 96, KPI_WEEK_QUARTERS = 7 * KPI_DAY_QUARTERS };
#define KPI_GAP_FLOOR_MS  INT64_C(300000)
#define KPI_GAPS_LEARN_MS INT64_C(86400000)

struct kpi_gaps {
    int64_t first_up_ms, last_up_ms;
    uint32_t day[KPI_GAP_DAYS]; /* + 1; 0: nothing there */
    uint16_t count[KPI_GAP_DAYS][KPI_GAP_STEPS];
    uint8_t rests[KPI_WEEK_QUARTERS / 8]; /* a bit each: in the last week that had it, by UTC */
};

/* A message at up_ms, which never goes back; the first when gaps is all zeros. now_ms: the wall
   clock. */
void kpi_gaps_note(struct kpi_gaps *gaps, int64_t up_ms, int64_t now_ms);
/* Gaps counted in the seven days before the newest message. */
uint32_t kpi_gaps_count(const struct kpi_gaps *gaps);
/* Enough gaps, and seen for long enough, to say what is usual. */
bool kpi_gaps_are_learnt(const struct kpi_gaps *gaps, int64_t up_ms);
/* The 95th percentile; KPI_GAP_FLOOR_MS without a gap. */
int64_t kpi_gaps_usual_ms(const struct kpi_gaps *gaps);
/* How long it has been silent at times when it should not be; what came before a day was known does
   not count. */
int64_t kpi_gaps_silent_ms(const struct kpi_gaps *gaps, int64_t up_ms, int64_t now_ms);
/* How much of that is of a weekend that began before it, of a source that rests and was not known
   at one yet; offset_ms: of local time. Whether it is silent or rests then, nobody knows. */
int64_t kpi_gaps_weekend_ms(const struct kpi_gaps *gaps, int64_t up_ms, int64_t now_ms,
                            int64_t offset_ms);
void kpi_gaps_encode(const struct kpi_gaps *gaps, struct buf *out);
void kpi_gaps_decode(struct kpi_gaps *gaps, struct cursor *in);
/* The rests are apart: they were not kept before. */
void kpi_gaps_encode_rests(const struct kpi_gaps *gaps, struct buf *out);
void kpi_gaps_decode_rests(struct kpi_gaps *gaps, struct cursor *in);

#endif
