/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_CORE_H
#define GATEWAY_KPI_CORE_H

#include <stdint.h>

#include "gateway/base/clock.h"
#include "gateway/journal/journal.h"
#include "gateway/kpi/engine.h"
#include "gateway/kpi/snapshot.h"

/**
 * The thread that owns an engine: reads the journal, applies its records, appends what the engine
 * says, publishes a snapshot after each tick, writes checkpoints. It appends no ticks and no loads:
 * the daemon, which has the clock and the files, does.
 */
struct kpi_core;

struct kpi_core_options {
    const char *checkpoint;      /* file; NULL: none, every start replays the journal */
    int64_t checkpoint_every_ms; /* of the ticks, our own while it catches up; 0: 60 s */
    uint64_t seed;               /* 0: drawn; see kpi_engine_new() */
};

struct kpi_core_status {
    int is_catching_up;
    int cannot_read;   /* there are records that the disk does not give now: tried again */
    uint64_t sequence; /* of the last record applied */
    uint64_t emissions_appended, emissions_known; /* known: found in the journal while replaying */
    uint64_t checkpoints, checkpoint_failures;
    uint64_t records, damaged_records;
    uint64_t append_waits; /* the journal was full or failing when the engine spoke; tried again */
    struct kpi_engine_figures figures; /* of the engine, as of the last checkpoint or start */
};

/* GW_OK, or the journal's error. The board and the journal outlive the core. */
int kpi_core_start(const struct kpi_core_options *options, struct journal *journal,
                   struct snapshot_board *board, struct kpi_core **out);
/* Applies what is committed, writes a last checkpoint, ends the thread. NULL is fine. */
void kpi_core_stop(struct kpi_core *core);
/* From any thread. */
void kpi_core_get_status(struct kpi_core *core, struct kpi_core_status *out);

#endif
