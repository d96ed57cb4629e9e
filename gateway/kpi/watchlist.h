/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_WATCHLIST_H
#define GATEWAY_KPI_WATCHLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/diag.h"
#include "gateway/base/slice.h"

/**
 * mappings/watchlist.xml: malware names that nobody wants to see, as exact names, prefixes (`X*`)
 * or patterns with `*` elsewhere. Matching ignores case. A lookup costs one hash for the exact
 * names and one for each length of prefix in use; patterns with an inner `*` are tried one by one
 * and so are bounded. Made once, then only read.
 */
struct kpi_watch_entry {
    const char *pattern;
    const char *risk;   /* high | critical */
    const char *since;  /* date, "" */
    const char *region; /* "" */
    const char *advice, *advice_zh;
    const char *link, *link_zh; /* "" */
};

enum {
    KPI_WATCH_MAX = 200000,
    KPI_WATCH_GLOBS_MAX = 1000,
    KPI_WATCH_NAME_MAX = 256,
    KPI_WATCH_WORDS_MAX = 4096,              /* bytes of an advice, of a link */
    KPI_WATCH_PUSHED_MAX = 16 * 1024 * 1024, /* bytes of a list that is pushed */
    KPI_WATCH_STRETCH_MAX = 16 * 1024,       /* of them from one < to the next */
    KPI_WATCH_ATTRIBUTES_MAX = 64,           /* in there */
    KPI_WATCH_MARKS_MAX = 1500000            /* bytes < and = */
};

struct kpi_watchlist;

/* schema_path: mappings/watchlist.rng or NULL. GW_OK, GW_ERR_NOT_FOUND, GW_ERR_INVALID with diag.
 */
int kpi_watchlist_load(const char *path, const char *schema_path, struct diag *diag,
                       struct kpi_watchlist **out);
int kpi_watchlist_load_text(struct slice text, const char *name, const char *schema_path,
                            struct diag *diag, struct kpi_watchlist **out);

/**
 * As kpi_watchlist_load_text(), for a list that came from elsewhere while a gateway runs. Refused
 * besides: an empty one, one of more than KPI_WATCH_PUSHED_MAX bytes (it is one record of the
 * journal, and half of what may wait there), one that is not UTF-8, characters that a reader obeys
 * (utf8_is_steering()) in any value, words of more than KPI_WATCH_WORDS_MAX bytes, a DOCTYPE, and
 * what would cost libxml2 too much: an element of many attributes, each of which it
 * compares with each, or millions of small things. What diag says has no such characters in it.
 */
int kpi_watchlist_load_pushed(struct slice text, const char *name, const char *schema_path,
                              struct diag *diag, struct kpi_watchlist **out);
void kpi_watchlist_free(struct kpi_watchlist *watchlist);
size_t kpi_watchlist_count(const struct kpi_watchlist *watchlist);

/* In the order of the file; i is below the count. */
const struct kpi_watch_entry *kpi_watchlist_at(const struct kpi_watchlist *watchlist, size_t i);
/* The entry of that very pattern, case ignored; NULL. */
const struct kpi_watch_entry *kpi_watchlist_find(const struct kpi_watchlist *watchlist,
                                                 struct slice pattern);
/* All but the pattern is the same. */
bool kpi_watch_entry_is_same(const struct kpi_watch_entry *a, const struct kpi_watch_entry *b);

/* The entry that a malware name matches: exact before the longest prefix before other patterns;
 * NULL. */
const struct kpi_watch_entry *kpi_watchlist_match(const struct kpi_watchlist *watchlist,
                                                  struct slice name);

#endif
