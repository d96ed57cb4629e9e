/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_GATEWAY_KPI_SUPPORT_H
#define TESTS_GATEWAY_KPI_SUPPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/log.h"
#include "gateway/kpi/engine.h"
#include "gateway/kpi/record.h"
#include "gateway/kpi/settings.h"

/* Shared by the tests of room kpi. */

/* The source folder: $top_srcdir, else ".". */
const char *kt_source(void);
/* A file of the source folder, whole; ends the program when it is not there. */
void kt_read(const char *path, struct buf *out);

/* For log_set_sink() where refusals are the point. */
void kt_no_log(void *context, enum log_level level, const char *room, const char *text);

/** A journal in memory: encoded records in order, with the engine's own words left out. */
struct kt_journal {
    struct buf bytes;
    size_t *ends;
    size_t n, cap;
};
void kt_journal_free(struct kt_journal *journal);
void kt_append(struct kt_journal *journal, const struct gw_event *event);
void kt_append_load(struct kt_journal *journal, enum kpi_load load, struct slice content,
                    int64_t now_ms);
void kt_append_tick(struct kt_journal *journal, int64_t now_ms, int64_t mono_ms, const char *boot);
/* Catalogue (kpi.xml, or text), watchlist, settings and inventory (may be empty), and a tick. */
void kt_begin(struct kt_journal *journal, struct slice catalogue,
              const struct kpi_settings *settings, struct slice inventory, int64_t now_ms);
/* Records from..to (not to itself) into the engine; the first record is number 1. */
void kt_replay(const struct kt_journal *journal, size_t from, size_t to, struct kpi_engine *engine);

/* A message: known source, mapping trendmicro/apex-central, dated and received now_ms. */
void kt_message(struct gw_event *event, enum gw_kind kind, const char *host, int64_t now_ms);

/* A TZif file's bytes of one POSIX TZ rule, such as "CST-8". */
void kt_zone(const char *rule, struct buf *out);

/* All that a snapshot shows, as text, for comparing. */
void kt_dump(const struct kpi_engine *engine, struct buf *out);

/* The row, borrowed from the snapshot; NULL. */
const struct kpi_row *kt_row(const struct snapshot *snapshot, const char *key, const char *scope);

#endif
