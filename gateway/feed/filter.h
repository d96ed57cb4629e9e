/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_FEED_FILTER_H
#define GATEWAY_FEED_FILTER_H

#include <stdbool.h>

#include "gateway/base/arena.h"
#include "gateway/base/diag.h"
#include "gateway/feed/settings.h"
#include "gateway/schema/event.h"

/**
 * Which records a target gets: <feed kinds= except= severity= sites=>. Compiled once, to a bit a
 * kind, so that most records are judged by their kind alone, without being decoded. Never changes;
 * any thread.
 */
struct feed_filter {
    bool has_kind[GW_KIND_END];
    enum gw_severity severity;
    struct slice *sites; /* in arena */
    size_t n_sites;      /* 0: all */
};

/* section and arena outlive the filter. With diag what is wrong is told (NULL: it was before). */
bool feed_filter_init(struct feed_filter *filter, const struct feed_section *section,
                      struct arena *arena, struct diag *diag);

/* By its kind alone (-1: it cannot be read, and nobody gets it). */
static inline bool feed_filter_wants_kind(const struct feed_filter *filter, int kind)
{
    return kind >= 0 && kind < GW_KIND_END && filter->has_kind[kind];
}
/* By all the rest: severity (not of what is told about indicators and alerts) and site. */
bool feed_filter_wants(const struct feed_filter *filter, const struct gw_event *event);

#endif
