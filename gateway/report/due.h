/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_REPORT_DUE_H
#define GATEWAY_REPORT_DUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/zone.h"
#include "gateway/store/period.h"

/**
 * When a recurring report is due: after the end of its period by the clocks of each of its sites,
 * and at a given time of day in its own zone. Days are local dates, as days since 1970-01-01. Pure;
 * any thread.
 */
struct due_rule {
    enum store_period period;
    bool is_from_sunday;             /* a week; else it begins on Monday */
    int minute;                      /* of the day after the period's last one: 0..1439 */
    const struct zone *zone;         /* NULL: UTC */
    const struct zone *const *zones; /* of its sites, whose days it counts */
    size_t n_zones;
};

/* A day waits for what happened at its end and is sent some moments later. */
enum { DUE_LATE_MS = 300000 };
enum { DUE_DAYS_MAX = 7, DUE_WEEKS_MAX = 4, DUE_MONTHS_MAX = 3 };

/* "07:30" -> 450; false: it is no time of the day. */
bool due_minute(const char *text, int *minute);

/* The period that a day lies in. */
struct store_days due_period(const struct due_rule *rule, int64_t day);
/* When it is due: never before it has been over for DUE_LATE_MS. A time that the clocks skip that
   day is the moment that would have been it; one that they show twice is the first. */
int64_t due_at_ms(const struct due_rule *rule, struct store_days period);

/* The last that is due at now. */
struct store_days due_last(const struct due_rule *rule, int64_t now_ms);
/* The one that becomes due next. */
struct store_days due_next(const struct due_rule *rule, int64_t now_ms);

/**
 * The report that is to be made now: the oldest period that is due and ends after `done`, the `to`
 * of the last one that was made. Of missed ones at most DUE_DAYS_MAX days, DUE_WEEKS_MAX weeks or
 * DUE_MONTHS_MAX months are made; *passed_over: older ones were missed too. False: none is due.
 */
bool due_pending(const struct due_rule *rule, int64_t done, int64_t now_ms, struct store_days *out,
                 bool *passed_over);

#endif
