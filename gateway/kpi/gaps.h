/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_GAPS_H
#define GATEWAY_KPI_GAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/cursor.h"

/**
 * How long a sender usually pauses: the 95th percentile of its gaps in the last seven days in which
 * the gateway ran (its up time, so that its own downtime is nobody's gap). Messages of one minute
 * are one message: what arrives in bursts is known by the pauses between them. Gaps are counted in
 * steps of a fourth of a power of two, so the percentile is never too short and at most 19 % too
 * long; it is never shorter than five minutes.
 */
enum { KPI_GAP_DAYS = 7, KPI_GAP_STEPS = 45, KPI_GAPS_LEARNT = 50 };
#define KPI_GAP_FLOOR_MS  INT64_C(300000)
#define KPI_GAPS_LEARN_MS INT64_C(86400000)

struct kpi_gaps {
    int64_t first_up_ms, last_up_ms;
    uint32_t day[KPI_GAP_DAYS]; /* + 1; 0: nothing there */
    uint16_t count[KPI_GAP_DAYS][KPI_GAP_STEPS];
};

/* A message at up_ms, which never goes back; the first when gaps is all zeros. */
void kpi_gaps_note(struct kpi_gaps *gaps, int64_t up_ms);
/* Gaps counted in the seven days before the newest message. */
uint32_t kpi_gaps_count(const struct kpi_gaps *gaps);
/* Enough gaps, and seen for long enough, to say what is usual. */
bool kpi_gaps_are_learnt(const struct kpi_gaps *gaps, int64_t up_ms);
/* The 95th percentile; KPI_GAP_FLOOR_MS without a gap. */
int64_t kpi_gaps_usual_ms(const struct kpi_gaps *gaps);
void kpi_gaps_encode(const struct kpi_gaps *gaps, struct buf *out);
void kpi_gaps_decode(struct kpi_gaps *gaps, struct cursor *in);

#endif
