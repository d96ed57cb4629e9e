/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_REPORT_COLLECT_INTERNAL_H
#define GATEWAY_REPORT_COLLECT_INTERNAL_H

#include <stdio.h>

#include "gateway/base/arena.h"
#include "gateway/base/map.h"
#include "gateway/kpi/catalogue.h"
#include "gateway/report/report.h"

struct report {
    struct arena arena;
    struct report_view view;
};

/** A report in the making. */
struct collect {
    struct store_reader *reader;
    const struct report_plan *plan;
    struct report *report;
    struct report_view *view;
    int64_t full_end_ms; /* of the period, be it over or not */
    struct report_table *tables;
    struct report_unknown *unknown;
    int64_t n_detections;
    bool has_states;    /* any that says more than that it is not known */
    struct map *sites;  /* their names */
    struct line *lines; /* growing, not of the arena */
    size_t n_lines, cap_lines;
    struct store_down *downs; /* those of the view */
};

/* NULL: the catalogue has it not. */
const struct kpi_entry *collect_entry(const struct collect *c, int64_t kpi);
void collect_site(struct collect *c, const char *site);
/* False: the reader failed. */
bool collect_states(struct collect *c);
bool collect_coverage(struct collect *c);
bool collect_alerts(struct collect *c);
void collect_free(struct collect *c);

#endif
