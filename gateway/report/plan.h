/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_REPORT_PLAN_H
#define GATEWAY_REPORT_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/slice.h"
#include "gateway/report/report.h"

/**
 * Which days a report is of. Days are local dates, as days since 1970-01-01; weeks begin on Monday,
 * or on Sunday where that is usual.
 */
enum report_week { REPORT_WEEK_MONDAY, REPORT_WEEK_SUNDAY };

/* The day, week or month that a day lies in, and the one before it. */
void report_plan_period(struct report_plan *plan, enum report_period period, int64_t day,
                        enum report_week week);
/* The last one that is over on the day today. */
void report_plan_last(struct report_plan *plan, enum report_period period, int64_t today,
                      enum report_week week);
/* from to last, both among them, and as many days before. */
void report_plan_range(struct report_plan *plan, int64_t from, int64_t last);

/* "2026-03-01"; false: it is no date. */
bool report_plan_date(struct slice text, int64_t *day);
bool report_plan_period_of(struct slice name, enum report_period *out);
const char *report_plan_period_name(enum report_period period);

#endif
