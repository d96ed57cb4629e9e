/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_GATEWAY_REPORT_COLLECTED_H
#define TESTS_GATEWAY_REPORT_COLLECTED_H

#include "gateway/report/report.h"
#include "tests/gateway/store/support.h"

/** A report of a world's store, and what it hangs on. */
struct made {
    struct store_reader *reader;
    struct report_plan plan;
    struct report *report;
    struct zone *zone;
    const struct report_view *view;
};

/* made->plan has its days; what the store took is committed. */
void make(struct st_world *w, struct made *made, const char *site, int64_t made_ms);
void unmake(struct made *made);
int64_t day_of(int year, int month, int day);
const struct report_table *table_of(const struct report_view *view, enum store_group group,
                                    bool is_infection);
const struct report_line *line_of(const struct report_view *view, int64_t kpi, size_t at);

/* The engine's word of an indicator, 4 or 11, of a scope that is a site. */
void say(struct st_world *w, enum gw_kind kind, int64_t at, int kpi, const char *scope, int state,
         int64_t value);
/* States from before March 2026 until after it; one that began in it; of which one says nothing at
   all. */
void put_states(struct st_world *w);

#endif
