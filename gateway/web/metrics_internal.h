/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_WEB_METRICS_INTERNAL_H
#define GATEWAY_WEB_METRICS_INTERNAL_H

#include "gateway/web/metrics.h"

/* A family of one sample without labels. */
static inline void metrics_gauge(struct exposition *e, const char *name, int64_t value,
                                 const char *help)
{
    exposition_family(e, name, EXPOSITION_GAUGE, help);
    exposition_sample(e);
    exposition_int(e, value);
}
static inline void metrics_counter(struct exposition *e, const char *name, uint64_t value,
                                   const char *help)
{
    exposition_family(e, name, EXPOSITION_COUNTER, help);
    exposition_sample(e);
    exposition_uint(e, value);
}
static inline void metrics_label(struct exposition *e, const char *key, const char *value)
{
    exposition_label(e, key, slice_from(value));
}

/* Rows that the bounds left out, by table. */
struct metrics_left_out {
    size_t kpis, sources, products, engines;
};

void metrics_put_snapshot(const struct snapshot *snapshot, struct exposition *e,
                          struct metrics_left_out *left_out);
void metrics_put_feeds(struct feeds *feeds, struct exposition *e);
void metrics_put_store(struct store *store, struct exposition *e);
void metrics_put_mails(struct outbox *outbox, struct exposition *e);
void metrics_put_reports(struct schedule *schedule, struct postbox *postbox, struct exposition *e);
void metrics_put_sinks(struct agent *agent, struct exposition *e);
void metrics_put_engines(struct agent *agent, struct exposition *e,
                         struct metrics_left_out *left_out);

#endif
