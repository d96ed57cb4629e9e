/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_TOP_H
#define GATEWAY_KPI_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/cursor.h"
#include "gateway/base/slice.h"
#include "gateway/base/zone.h"
#include "gateway/kpi/table.h"

/**
 * What is found most often in the day, the week (from Monday) and the month under way: malware,
 * infection sources, infected computers; all sites together, by event time in one zone for all.
 *
 * Counters are bounded (space saving: Metwally, Agrawal, El Abbadi, 2005, section 3). Up to
 * KPI_TOP_COUNTERS different names of a kind in a day, and as many in the rest of the week and of
 * the month, every count is exact. With more of them a new name takes over the counter of a rare
 * one, its count included: then a count may be too high, never too low, by at most its error. With
 * N counters and W counted, no error of a day is greater than 9/8 W/N, none of a week or month than
 * 5 W/N: those of its days add up. What has no counter was found at most `missed` times. Computers
 * that turn out to be one add up their errors, too.
 *
 * An event counts in the periods under way that its time lies in. What comes when its day is over
 * counts in the week and the month alone; a day that has begun before a tick told so waits for it.
 */
enum kpi_top_kind { KPI_TOP_MALWARE, KPI_TOP_SOURCE, KPI_TOP_COMPUTER, KPI_TOP_KINDS };
enum kpi_top_period { KPI_TOP_DAY, KPI_TOP_WEEK, KPI_TOP_MONTH, KPI_TOP_PERIODS };
enum { KPI_TOP_COUNTERS = 4096, KPI_TOP_RANKS = 10 };

struct kpi_top_counter {
    uint64_t key, count, error;
    char *name; /* as first seen; NULL of computers: their key says who they are */
};

struct kpi_top_list {
    struct kpi_top_counter *all;  /* in an order that the journal alone makes */
    struct kpi_table places;      /* key -> place in all */
    size_t n, cap, hand;          /* hand: where the search for a rare one goes on */
    uint64_t total, missed, rare; /* rare: counts up to this are given away */
};

/* The week's and the month's lists hold what the day's does not. ahead: a day to come. */
struct kpi_top_span {
    int64_t begin_ms, end_ms; /* 0, 0: none */
    struct kpi_top_list lists[KPI_TOP_KINDS];
};

struct kpi_top {
    struct zone *zone; /* NULL: UTC */
    struct kpi_top_span spans[KPI_TOP_PERIODS], ahead;
};

/** What a record adds. key 0: nothing of that kind. A name is borrowed, and kept cleaned. */
struct kpi_top_item {
    uint64_t key;
    struct slice name;
};

void kpi_top_free(struct kpi_top *top); /* {0} is a valid empty one */
/* A zone as TZif bytes; empty: UTC. Periods that something was counted in end when they would have,
   the next are the new zone's. False: the bytes are no zone, and it is UTC. */
bool kpi_top_set_zone(struct kpi_top *top, struct slice tzif);
/* A record of that time stands for n findings. */
void kpi_top_add(struct kpi_top *top, int64_t time_ms, uint32_t n,
                 const struct kpi_top_item items[KPI_TOP_KINDS]);
/* The clock's word; true when a period ended or began. */
bool kpi_top_turn(struct kpi_top *top, int64_t now_ms);
/* When the next period begins; INT64_MAX before the first turn. */
int64_t kpi_top_next_ms(const struct kpi_top *top);
/* Periods begin now, whatever the calendar says: nothing is known of what was before. */
void kpi_top_begin_at(struct kpi_top *top, int64_t now_ms);
/* Computers joined: theirs are the keys that remap gives for them. */
void kpi_top_remap(struct kpi_top *top, uint32_t (*remap)(void *context, uint32_t key),
                   void *context);

struct kpi_top_row {
    const struct kpi_top_counter *counter; /* whose it is */
    const char *name;
    uint64_t count, error;
};
struct kpi_top_result {
    struct kpi_top_row rows[KPI_TOP_RANKS]; /* by count, then the smaller error, then the name */
    size_t n;
    uint64_t total, missed;
};
/* The ten of one period and kind; name_of gives the name of a counter without one. Everything in
   out is borrowed until top changes. */
void kpi_top_best(const struct kpi_top *top, enum kpi_top_period period, enum kpi_top_kind kind,
                  const char *(*name_of)(const void *context, uint64_t key), const void *context,
                  struct kpi_top_result *out);

size_t kpi_top_bytes(const struct kpi_top *top);
void kpi_top_encode(const struct kpi_top *top, struct buf *out);
/* Into an empty one; computers' keys are from 1 to max_computer. Fails the cursor when the bytes
   cannot be counters. */
void kpi_top_decode(struct kpi_top *top, uint64_t max_computer, struct cursor *in);

#endif
