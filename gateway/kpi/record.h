/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_RECORD_H
#define GATEWAY_KPI_RECORD_H

#include "gateway/base/clock.h"
#include "gateway/base/slice.h"
#include "gateway/schema/event.h"

/**
 * The records by which everything but messages reaches the engine. Each fills an event that the
 * caller encodes and appends to the journal; slices are borrowed from the arguments.
 */

/* The clock's word, every 5 s and 1 s after traffic. boot_id: of this run of the system
   (/proc/sys/kernel/random/boot_id), so that monotonic times can be compared. */
void kpi_record_tick(struct gw_event *event, struct clock_reading now, struct slice boot_id);

enum kpi_load {
    KPI_LOAD_CATALOGUE,
    KPI_LOAD_INVENTORY,
    KPI_LOAD_WATCHLIST,
    KPI_LOAD_SETTINGS,
    KPI_LOADS
};
const char *kpi_load_name(enum kpi_load load);

enum { KPI_LOAD_HASH_MAX = 40 };
/**
 * A file as it was loaded, whole, after it passed its checks: content is the file's bytes, or
 * kpi_settings_encode()'s. hash holds KPI_LOAD_HASH_MAX bytes and lives as long as the event. The
 * engine takes a load whose hash it has already as no change, so a start may append all four again.
 */
void kpi_record_load(struct gw_event *event, enum kpi_load load, struct slice file,
                     struct slice content, int64_t now_ms, char *hash);

/* A person's acknowledgement. It carries no EMISSION: the engine answers with the alert's own
   alert.acknowledged record, which does, and which notifications are made from. */
void kpi_record_ack(struct gw_event *event, uint32_t alert_id, struct slice name, struct slice note,
                    int64_t now_ms);

#endif
