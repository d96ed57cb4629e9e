/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_SNAPSHOT_H
#define GATEWAY_KPI_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/base/arena.h"

/**
 * What the engine shows the world: all tables at one moment, immutable once published. The agent,
 * the status page and eogctl read the same one. Text is UTF-8, NUL-terminated, owned by the
 * snapshot. Rows are sorted as the MIB orders them: by KPI id, then scope key, shorter first and
 * then byte by byte (RFC 2578 section 7.7, a variable-length string index).
 */
enum kpi_state { KPI_OK = 0, KPI_WARNING = 1, KPI_CRITICAL = 2, KPI_UNKNOWN = 3 };

/* What a thousand sites' rows of one indicator share. */
struct kpi_about {
    const char *key;    /* "virus-outbreak" */
    const char *unit;   /* of value and thresholds */
    const char *advice; /* English */
};

struct kpi_row {
    uint32_t kpi;
    enum kpi_state state;
    int32_t value;             /* in unit; 0 when unknown */
    int32_t warning, critical; /* thresholds in unit; -1: no such level */
    const struct kpi_about *about;
    const char *scope;      /* scope key, 1..64 bytes: "site", "site/product", "site/device" */
    const char *scope_name; /* as a person named it */
    const char *value_text, *reason;
    int64_t since_ms;   /* in this state since */
    int64_t changed_ms; /* value last changed */
    uint64_t events;    /* records that counted */
};

struct kpi_summary_row {
    uint32_t kpi; /* 1..: one row for each KPI of the catalogue, built or not */
    const char *key, *name, *name_zh, *category;
    const char *advice, *advice_zh;
    enum kpi_state worst;
    uint32_t ok, warning, critical, unknown; /* scopes in each state */
    const char *worst_scope;                 /* key of the first scope in the worst state; "" */
    int64_t changed_ms;
};

struct product_row {
    const char *index; /* "site/product", 1..64 bytes */
    const char *vendor, *name, *version, *address, *site;
    enum kpi_state state;
    int64_t seen_ms;
    const char *pattern_version;
    int32_t pattern_age_s; /* since a newer one was known; -1: unknown */
    const char *engine_version;
    uint32_t managed, installed, offline; /* hosts */
};

struct alert_row {
    uint32_t id;
    uint32_t kpi;
    const char *key, *scope, *scope_name;
    enum kpi_state state, worst;
    int32_t value;
    const char *value_text, *reason, *advice;
    int64_t opened_ms, changed_ms;
    int is_acknowledged, is_unverified;
    int is_muted; /* people are not told yet: a maintenance window */
    const char *ack_name, *ack_note;
    const char *evidence; /* record uids, blank separated, newest last */
    const char *origin;   /* address of the host or device it is about; "" */
    uint64_t events;
};

struct top_row {
    uint32_t period; /* 1 day, 2 week, 3 month */
    uint32_t kind;   /* 1 malware, 2 infection source, 3 infected computer */
    uint32_t rank;   /* 1..10 */
    const char *name;
    const char *site;      /* id of a computer's site; "" of other kinds */
    uint64_t count, error; /* never too low, too high by at most error; 0: it is exact */
};

/** The whole of which some rows are the ten: one for each period under way and each kind. */
struct top_list {
    uint32_t period, kind;
    int64_t begin_ms, end_ms;
    uint64_t total;  /* findings counted, those of the ten included */
    uint64_t missed; /* what has no counter was found at most as often; 0: all have one */
};

struct snapshot {
    uint64_t generation; /* raised by each publication */
    int64_t taken_ms;
    int64_t table_changed_ms; /* set by snapshot_publish(): since when these KPI, product and alert
                                 rows are there, or the first were published */
    int is_catching_up;
    uint64_t sequence; /* of the last record applied */

    const struct kpi_summary_row *summary;
    size_t n_summary;
    const struct kpi_row *kpis;
    size_t n_kpis;
    const struct product_row *products;
    size_t n_products;
    const struct alert_row *alerts;
    size_t n_alerts;
    const struct top_row *tops;
    size_t n_tops;
    const struct top_list *top_lists; /* none while catching up */
    size_t n_top_lists;
    const char *top_zone; /* whose days these are: IANA name */

    struct arena arena; /* owns the above */
    int references;     /* by snapshot_get() and snapshot_put() only */
};

/** Where the newest snapshot hangs. One writer, any readers; never blocks longer than a pointer
 * swap. */
struct snapshot_board;
struct snapshot_board *snapshot_board_new(void);
void snapshot_board_free(struct snapshot_board *board);

/* A fresh one to fill, with one reference, the writer's. */
struct snapshot *snapshot_new(void);
/* Takes over the writer's reference; sets the generation and table_changed_ms; releases the one
   before. */
void snapshot_publish(struct snapshot_board *board, struct snapshot *snapshot);
/* The newest, with a reference for the caller; NULL before the first. Give back with
 * snapshot_put(). */
const struct snapshot *snapshot_get(struct snapshot_board *board);
void snapshot_put(const struct snapshot *snapshot);

/* Order of scope keys as indexes: shorter first, then byte by byte. */
int snapshot_compare_scope(const char *a, const char *b);

const char *kpi_state_name(enum kpi_state state); /* "ok", "warning", "critical", "unknown" */
/* worst = critical > warning > unknown > ok. */
enum kpi_state kpi_state_worse(enum kpi_state a, enum kpi_state b);

#endif
