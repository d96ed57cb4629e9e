/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_ENGINE_H
#define GATEWAY_KPI_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "gateway/kpi/record.h"
#include "gateway/kpi/snapshot.h"
#include "gateway/schema/event.h"

/**
 * Judges the indicators. The engine is given every record of the journal in order and nothing else:
 * no clock, no file, no table of another room, so the same journal gives the same states and alerts
 * everywhere. States are judged when a gateway.tick record comes (a "look"); between ticks records
 * are only counted.
 * One thread owns an engine; two engines may live side by side.
 */
struct kpi_engine;

/**
 * What the engine says: kpi.changed, kpi.value and alert.* records, to be appended to the journal.
 * number runs from 1 without gaps and stands in the record as EMISSION, so that after a replay what
 * was appended before is known from what was not. The event is borrowed for the call.
 */
typedef void kpi_emit_fn(void *context, uint64_t number, const struct gw_event *event);

/* seed 0: drawn at random. It keeps chosen names from colliding and shows in no state. */
struct kpi_engine *kpi_engine_new(uint64_t seed, kpi_emit_fn *emit, void *context);
void kpi_engine_free(struct kpi_engine *engine);

/* The next record; event->sequence must be greater than the one before. A correction is passed
   over: what it corrects was counted when it came, and a replay must say the same. */
void kpi_engine_apply(struct kpi_engine *engine, const struct gw_event *event);

/* Of the last record applied; 0: none. */
uint64_t kpi_engine_sequence(const struct kpi_engine *engine);
/* The wall clock of the last tick; 0: none yet. */
int64_t kpi_engine_now_ms(const struct kpi_engine *engine);
/* Of the last thing said; 0: nothing. */
uint64_t kpi_engine_emission(const struct kpi_engine *engine);
/* Raised whenever a snapshot would show something new. */
uint64_t kpi_engine_generation(const struct kpi_engine *engine);

/* All tables as of the last tick; the caller publishes it. While catching up every row is unknown.
 */
struct snapshot *kpi_engine_snapshot(const struct kpi_engine *engine, bool is_catching_up);

/* The bytes of what is in force, borrowed until the next record; empty: none. */
struct slice kpi_engine_loaded(const struct kpi_engine *engine, enum kpi_load load);

/* What the engine holds, for figures and bounds. */
struct kpi_engine_figures {
    size_t hosts, scopes, rows, sources, names, alerts;
    size_t bytes; /* of the large tables */
    uint64_t refused_scopes, refused_sources, refused_hosts, refused_aliases, refused_components,
        refused_names, refused_cells, repeats, late;
    uint64_t evaluations;
};
void kpi_engine_figures(const struct kpi_engine *engine, struct kpi_engine_figures *out);

/* ---- checkpoint: checkpoint.c ---- */

/* The whole state as bytes, with magic, format version and CRC. */
void kpi_engine_save(const struct kpi_engine *engine, struct buf *out);
/* Into a fresh engine. GW_OK; GW_ERR_DAMAGED, GW_ERR_VERSION: the engine must be freed, not used.
 */
int kpi_engine_restore(struct kpi_engine *engine, struct slice bytes);
/* To a file, atomically: a temporary one beside it, synced, renamed, the folder synced. GW_ERR_IO.
 */
int kpi_checkpoint_write(const struct kpi_engine *engine, const char *path);
/* GW_OK; GW_ERR_NOT_FOUND; GW_ERR_IO, GW_ERR_DAMAGED, GW_ERR_VERSION. */
int kpi_checkpoint_read(struct kpi_engine *engine, const char *path);

#endif
