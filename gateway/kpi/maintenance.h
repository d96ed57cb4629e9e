/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_MAINTENANCE_H
#define GATEWAY_KPI_MAINTENANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/slice.h"
#include "gateway/base/zone.h"

/**
 * A time in which nobody is told of alerts: each week on some days, or once. States go on as ever.
 */
struct kpi_maintenance {
    const char *site;          /* id; NULL: every site */
    const char *scope;         /* pattern of scope keys, see kpi_like(); NULL: every scope */
    uint8_t days;              /* weekly: bit 0 Monday; it begins on these; 0: once */
    uint16_t from_min, to_min; /* weekly: of the local day; to_min not after from_min: next day */
    int64_t begin_ms, end_ms;  /* once */
    struct slice zone;         /* weekly: TZif bytes; empty: UTC */
};

enum { KPI_MINUTES_A_DAY = 1440 };

/* "mon tue sun", "all"; 0: is none. */
uint8_t kpi_maintenance_days(struct slice text);
/* "22:00" to minutes of the day, "24:00" its end; -1: is none. */
int kpi_maintenance_minute(struct slice text);
/* "2026-12-01T22:00" by the clocks of zone (NULL: UTC); -1: is none. */
int64_t kpi_maintenance_instant(struct slice text, const struct zone *zone);

/* zone: made of maintenance->zone, NULL for UTC. */
bool kpi_maintenance_is_on(const struct kpi_maintenance *maintenance, const struct zone *zone,
                           int64_t now_ms);

#endif
