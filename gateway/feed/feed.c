/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The set of targets. Changed on the main thread alone (start, reload, stop); looked at by others,
 * who hold the lock, which no start or stop of a thread is done under.
 */
#include "gateway/feed/feed.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/feed/driver.h"
#include "gateway/feed/target.h"

static const char prefix[] = "feed-";

struct feeds {
    struct feeds_options options;
    pthread_mutex_t lock;
    struct feed_target *targets[FEEDS_MAX];
    size_t n;
    struct feed_row failed[FEEDS_MAX]; /* those that could not be started */
    size_t n_failed;
};

void feed_cursor_name(const char *name, char *out)
{
    snprintf(out, FEED_CURSOR_MAX, "%s%.*s", prefix, FEED_NAME_MAX, name);
}

void feed_describe(const struct feed_section *section, struct feed_row *out)
{
    const char *where = section->address ? section->address : section->file;
    snprintf(out->name, sizeof out->name, "%s", section->name);
    snprintf(out->target, sizeof out->target, "%s %s",
             feed_kind_name((enum feed_kind)section->kind), where ? where : "");
}

enum kpi_state feed_state_of(const struct feed_section *section, int64_t age_ms, int64_t down_ms)
{
    enum { DOWN_GRACE_MS = 30000 };
    if (age_ms >= section->critical_ms)
        return KPI_CRITICAL;
    return age_ms >= section->warning_ms || down_ms >= DOWN_GRACE_MS ? KPI_WARNING : KPI_OK;
}

const char *feed_standing_name(enum feed_standing standing)
{
    static const char *const names[] = {"waiting", "connecting", "connected", "removed"};
    return (unsigned)standing < sizeof names / sizeof *names ? names[standing] : "unknown";
}

static const struct feed_section *find_section(const struct config *config, const char *name)
{
    const struct feed_section *section;
    for (size_t i = 0; (section = config_at(config, "feed", i)); i++)
        if (strcmp(section->name, name) == 0)
            return section;
    return NULL;
}

static struct feed_target *find_target(const struct feeds *feeds, const char *name)
{
    for (size_t i = 0; i < feeds->n; i++)
        if (strcmp(feed_target_section(feeds->targets[i])->name, name) == 0)
            return feeds->targets[i];
    return NULL;
}

static const struct feed_row *find_row(const struct feed_row *rows, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

static bool is_configured(const struct feeds *feeds, const char *name)
{
    return find_target(feeds, name) || find_row(feeds->failed, feeds->n_failed, name);
}

static int start_one(struct feeds *feeds, const struct feed_section *section,
                     const struct feed_counters *since)
{
    struct feed_target *target;
    struct feed_target_options options = {
        .section = section,
        .journal = feeds->options.journal,
        .clock = feeds->options.clock,
        .gateway_id = feeds->options.gateway_id,
        .version = feeds->options.version,
        .driver = feed_driver_find((enum feed_kind)section->kind),
        .since = since,
    };
    int result = options.driver ? feed_target_start(&options, &target) : GW_ERR_NOT_FOUND;
    if (result != GW_OK)
        return result;
    pthread_mutex_lock(&feeds->lock);
    feeds->targets[feeds->n++] = target;
    pthread_mutex_unlock(&feeds->lock);
    return GW_OK;
}

/* ---- cursors of feeds that are gone ---- */

static size_t list_orphans(const struct feeds *feeds, struct journal_cursor *out)
{
    struct journal_cursor *all = gw_alloc(JOURNAL_CURSORS_MAX * sizeof *all);
    size_t n = journal_list_cursors(feeds->options.journal, all, JOURNAL_CURSORS_MAX), found = 0;
    for (size_t i = 0; i < n; i++)
        if (!all[i].is_open && strncmp(all[i].name, prefix, sizeof prefix - 1) == 0 &&
            !is_configured(feeds, all[i].name + sizeof prefix - 1))
            out[found++] = all[i];
    free(all);
    return found;
}

static void tell_orphans(const struct feeds *feeds)
{
    struct journal_cursor *orphans = gw_alloc(JOURNAL_CURSORS_MAX * sizeof *orphans);
    size_t n = list_orphans(feeds, orphans);
    for (size_t i = 0; i < n; i++)
        log_warn(
            "feed",
            "no <feed> of this name is configured, and the journal keeps its records from %" PRIu64
            " on: configure it again, or give them up by 'eogctl feed forget %s'",
            orphans[i].sequence + 1, orphans[i].name + sizeof prefix - 1);
    free(orphans);
}

int feeds_forget(struct feeds *feeds, const char *name)
{
    char cursor[FEED_CURSOR_MAX];
    if (is_configured(feeds, name))
        return GW_ERR_BUSY;
    feed_cursor_name(name, cursor);
    int result = journal_cursor_remove(feeds->options.journal, cursor);
    if (result == GW_OK)
        log_notice("feed", "forgotten: a feed of this name begins anew feed=%s", name);
    return result;
}

/* ---- start, reload, stop ---- */

static void note_failed(struct feeds *feeds, const struct feed_section *section, int result,
                        const struct feed_counters *since)
{
    struct feed_row row = {.state = KPI_WARNING, .standing = FEED_STANDING_WAITING};
    feed_describe(section, &row);
    snprintf(row.trouble, sizeof row.trouble, "cannot be started, it is tried again: %s",
             gw_error_text(result));
    if (since)
        row.counters = *since;
    pthread_mutex_lock(&feeds->lock);
    feeds->failed[feeds->n_failed++] = row;
    pthread_mutex_unlock(&feeds->lock);
}

/* Starts those that do not run. before: rows of those that did, whose counters go on. */
static void start_missing(struct feeds *feeds, const struct config *config,
                          const struct feed_row *before, size_t n_before)
{
    const struct feed_section *section;
    pthread_mutex_lock(&feeds->lock);
    feeds->n_failed = 0;
    pthread_mutex_unlock(&feeds->lock);
    for (size_t i = 0; (section = config_at(config, "feed", i)); i++) {
        if (find_target(feeds, section->name) || feeds->n + feeds->n_failed == FEEDS_MAX)
            continue;
        const struct feed_row *row = find_row(before, n_before, section->name);
        const struct feed_counters *since = row ? &row->counters : NULL;
        int result = start_one(feeds, section, since);
        if (result != GW_OK)
            note_failed(feeds, section, result, since);
        else if (before)
            log_notice("feed", "%s feed=%s", since ? "changed" : "added", section->name);
    }
}

struct feeds *feeds_start(const struct feeds_options *options, const struct config *config)
{
    struct feeds *feeds = gw_alloc(sizeof *feeds);
    feeds->options = *options;
    pthread_mutex_init(&feeds->lock, NULL);
    start_missing(feeds, config, NULL, 0);
    tell_orphans(feeds);
    return feeds;
}

/* Takes out those that are not the same any more; they are ended, not yet stopped. */
static size_t take_changed(struct feeds *feeds, const struct config *config,
                           struct feed_target **changed)
{
    size_t n_changed = 0, n = 0;
    pthread_mutex_lock(&feeds->lock);
    for (size_t i = 0; i < feeds->n; i++) {
        struct feed_target *target = feeds->targets[i];
        const struct feed_section *wanted = find_section(config, feed_target_section(target)->name);
        if (wanted && feed_target_is_same(target, wanted)) {
            feeds->targets[n++] = target;
            continue;
        }
        changed[n_changed++] = target;
        feed_target_end(target);
    }
    feeds->n = n;
    pthread_mutex_unlock(&feeds->lock);
    return n_changed;
}

void feeds_reload(struct feeds *feeds, const struct config *config)
{
    struct feed_target *changed[FEEDS_MAX];
    struct feed_row *rows = gw_alloc(2 * FEEDS_MAX * sizeof *rows);
    size_t n_changed = take_changed(feeds, config, changed), n = 0;
    for (; n < n_changed; n++) {
        feed_target_get(changed[n], &rows[n]);
        feed_target_stop(changed[n]);
    }
    for (size_t i = 0; i < feeds->n_failed; i++)
        rows[n++] = feeds->failed[i];
    start_missing(feeds, config, rows, n);
    for (size_t i = 0; i < n; i++)
        if (!is_configured(feeds, rows[i].name))
            log_notice("feed", "removed feed=%s", rows[i].name);
    free(rows);
    tell_orphans(feeds);
}

void feeds_mend(struct feeds *feeds, const struct config *config)
{
    struct feed_row *rows;
    size_t n = feeds->n_failed;
    if (!n)
        return;
    rows = gw_alloc(n * sizeof *rows);
    memcpy(rows, feeds->failed, n * sizeof *rows);
    start_missing(feeds, config, rows, n);
    free(rows);
}

void feeds_stop(struct feeds *feeds)
{
    if (!feeds)
        return;
    for (size_t i = 0; i < feeds->n; i++)
        feed_target_end(feeds->targets[i]);
    for (size_t i = 0; i < feeds->n; i++)
        feed_target_stop(feeds->targets[i]);
    pthread_mutex_destroy(&feeds->lock);
    free(feeds);
}

static void fill_orphan(const struct journal_cursor *cursor, uint64_t committed,
                        struct feed_row *out)
{
    *out = (struct feed_row){.state = KPI_WARNING,
                             .standing = FEED_STANDING_REMOVED,
                             .cursor = cursor->sequence,
                             .backlog_records =
                                 committed > cursor->sequence ? committed - cursor->sequence : 0};
    snprintf(out->name, sizeof out->name, "%.*s", FEED_NAME_MAX, cursor->name + sizeof prefix - 1);
    snprintf(out->target, sizeof out->target, "(removed)");
    snprintf(out->trouble, sizeof out->trouble,
             "not configured any more; its cursor keeps the journal: eogctl feed forget %s",
             out->name);
}

size_t feeds_list(struct feeds *feeds, struct feed_row *out, size_t max)
{
    struct journal_cursor *orphans = gw_alloc(JOURNAL_CURSORS_MAX * sizeof *orphans);
    uint64_t committed = journal_committed(feeds->options.journal);
    size_t n = 0;
    pthread_mutex_lock(&feeds->lock);
    for (size_t i = 0; i < feeds->n && n < max; i++)
        feed_target_get(feeds->targets[i], &out[n++]);
    for (size_t i = 0; i < feeds->n_failed && n < max; i++)
        out[n++] = feeds->failed[i];
    size_t n_orphans = list_orphans(feeds, orphans);
    for (size_t i = 0; i < n_orphans && n < max; i++)
        fill_orphan(&orphans[i], committed, &out[n++]);
    pthread_mutex_unlock(&feeds->lock);
    free(orphans);
    return n;
}

enum kpi_state feeds_state(struct feeds *feeds, struct buf *who, char *reason, size_t size)
{
    struct feed_row row;
    enum kpi_state state = KPI_OK;
    pthread_mutex_lock(&feeds->lock);
    for (size_t i = 0; i < feeds->n; i++) {
        feed_target_get(feeds->targets[i], &row);
        if (row.state != KPI_CRITICAL)
            continue;
        buf_printf(who, "feed/%s ", row.name);
        if (state == KPI_OK)
            snprintf(reason, size, "records wait for feed %s, the oldest for %" PRIu64 " s: %s",
                     row.name, row.backlog_s, *row.trouble ? row.trouble : "it is slow");
        state = KPI_CRITICAL;
    }
    pthread_mutex_unlock(&feeds->lock);
    return state;
}
