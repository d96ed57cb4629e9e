/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger of what is lost, and the report of it: counted once, said once. */
#include "gateway/journal/damage.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/log.h"
#include "gateway/journal/journal_internal.h"

/* Replaces the n ranges (0: none) from `at` on by one. */
static void replace(struct damage *damage, size_t at, size_t n, struct damage_range by)
{
    struct damage_range *ranges = damage->ranges;
    memmove(ranges + at + 1, ranges + at + n, (damage->n - at - n) * sizeof *ranges);
    ranges[at] = by;
    damage->n = damage->n - n + 1;
}

static void join_nearest(struct damage *damage)
{
    struct damage_range *ranges = damage->ranges;
    size_t nearest = 0;
    for (size_t i = 1; i + 1 < damage->n; i++)
        if (ranges[i + 1].from - ranges[i].to < ranges[nearest + 1].from - ranges[nearest].to)
            nearest = i;
    replace(damage, nearest, 2,
            (struct damage_range){ranges[nearest].from, ranges[nearest + 1].to});
}

uint64_t damage_add(struct damage *damage, uint64_t from, uint64_t to)
{
    if (!damage->ranges) /* one more, until the nearest are joined */
        damage->ranges = gw_alloc((DAMAGE_RANGES_MAX + 1) * sizeof *damage->ranges);
    struct damage_range all = {from, to};
    uint64_t fresh = to - from + 1;
    size_t at = 0, n = 0;
    while (at < damage->n && damage->ranges[at].to < from)
        at++;
    for (; at + n < damage->n && damage->ranges[at + n].from <= to; n++) {
        const struct damage_range known = damage->ranges[at + n];
        fresh -= (known.to < to ? known.to : to) - (known.from > from ? known.from : from) + 1;
        all.from = known.from < all.from ? known.from : all.from;
        all.to = known.to > all.to ? known.to : all.to;
    }
    replace(damage, at, n, all);
    if (damage->n > DAMAGE_RANGES_MAX)
        join_nearest(damage);
    return fresh;
}

void damage_fini(struct damage *damage)
{
    free(damage->ranges);
}

void journal_report_damage(struct journal *journal, uint64_t segment, const struct walk_gap *gap)
{
    pthread_mutex_lock(&journal->state_lock);
    uint64_t fresh = damage_add(&journal->damage, gap->from, gap->to);
    journal->damaged_records += fresh;
    pthread_mutex_unlock(&journal->state_lock);
    if (fresh)
        log_error("journal",
                  "damaged records are skipped segment=%" PRIu64 " offset=%" PRId64
                  " sequences=%" PRIu64 "..%" PRIu64,
                  segment, gap->offset, gap->from, gap->to);
}
