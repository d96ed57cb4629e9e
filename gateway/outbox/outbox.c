/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The set of targets, the index they share, the catalogue they read names from. Changed on the main
 * thread alone (start, reload, stop); looked at by others, who hold the lock, which no start or end
 * of a thread is done under.
 */
#include "gateway/outbox/outbox.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/kpi/catalogue.h"
#include "gateway/outbox/index.h"
#include "gateway/outbox/target.h"
#include "gateway/outbox/transfer.h"

enum { LEAVE_MS = 1000, LEAVE_STEP_MS = 10 };

struct outbox {
    struct outbox_options options;
    bool has_library;
    pthread_mutex_t lock;
    struct outbox_target *targets[OUTBOX_TARGETS_MAX];
    size_t n;
    bool is_whole; /* all that is configured runs */
    uint64_t tests;
    /* of the main thread */
    struct index *index;
    struct arena arena; /* sections and the catalogue's text as they run */
    const struct outbox_section *sections[OUTBOX_TARGETS_MAX];
    size_t n_sections;
    struct slice text;
    struct kpi_catalogue *catalogue;
};

/* ---- cursors of targets that are gone ---- */

static bool is_ours(const char *name)
{
    return strncmp(name, "mail-", 5) == 0 || strncmp(name, "webhook-", 8) == 0;
}

/* Removes cursors that no target has any more. A receiver that is configured again later does not
   want to be told what was long ago, and meanwhile its cursor would hold the journal. */
static void forget_others(struct outbox *outbox)
{
    struct journal_cursor *all = gw_alloc(JOURNAL_CURSORS_MAX * sizeof *all);
    size_t n = journal_list_cursors(outbox->options.journal, all, JOURNAL_CURSORS_MAX);
    for (size_t i = 0; i < n; i++)
        if (is_ours(all[i].name) && !all[i].is_open &&
            journal_cursor_remove(outbox->options.journal, all[i].name) == GW_OK)
            log_notice("outbox", "not configured any more, forgotten cursor=%s", all[i].name);
    free(all);
}

/* ---- start ---- */

static void copy_settings(struct outbox *outbox, const struct config *config,
                          struct slice catalogue)
{
    const struct outbox_section *section;
    struct diag diag = {0};
    arena_init(&outbox->arena, 0);
    outbox->n_sections = 0;
    for (size_t i = 0; (section = outbox_section_at(config, i)) && i < OUTBOX_TARGETS_MAX; i++)
        outbox->sections[outbox->n_sections++] = section_dup(
            section->url ? &outbox_webhook_section : &outbox_mail_section, section, &outbox->arena);
    outbox->text = arena_dup(&outbox->arena, catalogue);
    if (outbox->n_sections &&
        kpi_catalogue_load_text(catalogue, "catalogue", NULL, &diag, &outbox->catalogue) != GW_OK)
        log_warn("outbox", "the catalogue cannot be read; keys stand for names");
    diag_free(&diag);
}

static const struct outbox_counters *since_of(const struct outbox_row *rows, size_t n,
                                              const struct outbox_section *section,
                                              struct slice receiver)
{
    char target[OUTBOX_SHOWN_MAX];
    snprintf(target, sizeof target, "mail %.*s by ", SLICE_FMT(receiver));
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].name, section->name) == 0 &&
            (!receiver.n || strncmp(rows[i].target, target, strlen(target)) == 0))
            return &rows[i].counters;
    return NULL;
}

static int open_target(struct outbox *outbox, const struct outbox_section *section,
                       struct slice receiver, const struct outbox_row *before, size_t n_before)
{
    struct outbox_target *target;
    struct outbox_target_options options = {
        .section = section,
        .common = &outbox->options,
        .catalogue = outbox->catalogue,
        .receiver = receiver,
        .since = since_of(before, n_before, section, receiver),
    };
    int result =
        outbox->n < OUTBOX_TARGETS_MAX ? outbox_target_open(&options, &target) : GW_ERR_FULL;
    if (result != GW_OK)
        return result;
    pthread_mutex_lock(&outbox->lock);
    outbox->targets[outbox->n++] = target;
    pthread_mutex_unlock(&outbox->lock);
    return GW_OK;
}

static int worse(int before, int result)
{
    return before == GW_OK ? result : before;
}

/* Opens every target that can be opened. Returns the first error. */
static int open_targets(struct outbox *outbox, const struct outbox_row *before, size_t n_before)
{
    int result = GW_OK;
    for (size_t i = 0; i < outbox->n_sections; i++) {
        const struct outbox_section *section = outbox->sections[i];
        struct slice list = slice_from(section->to), word;
        if (section->url)
            result = worse(result, open_target(outbox, section, SLICE_NONE, before, n_before));
        while (slice_next_word(&list, &word))
            result = worse(result, open_target(outbox, section, word, before, n_before));
    }
    return result;
}

/* What all targets have passed; 0 while there are none, as during a reload. */
static uint64_t least_passed(void *context)
{
    struct outbox *outbox = context;
    pthread_mutex_lock(&outbox->lock);
    uint64_t least = outbox->n ? UINT64_MAX : 0;
    for (size_t i = 0; i < outbox->n; i++) {
        uint64_t passed = outbox_target_passed(outbox->targets[i]);
        least = passed < least ? passed : least;
    }
    pthread_mutex_unlock(&outbox->lock);
    return least;
}

static int start_targets(struct outbox *outbox, const struct outbox_row *before, size_t n_before)
{
    int result = open_targets(outbox, before, n_before);
    if (result == GW_OK)
        forget_others(outbox);
    if (outbox->n == 0)
        return result;
    struct index *index =
        index_start(outbox->options.journal, least_passed(outbox), least_passed, outbox);
    pthread_mutex_lock(&outbox->lock);
    outbox->index = index;
    pthread_mutex_unlock(&outbox->lock);
    if (!index)
        return GW_ERR_IO;
    for (size_t i = 0; i < outbox->n; i++)
        result = worse(result, outbox_target_start(outbox->targets[i], outbox->index));
    return result;
}

static int run_targets(struct outbox *outbox, const struct outbox_row *before, size_t n_before)
{
    int result = start_targets(outbox, before, n_before);
    pthread_mutex_lock(&outbox->lock);
    outbox->is_whole = result == GW_OK;
    pthread_mutex_unlock(&outbox->lock);
    if (result != GW_OK)
        log_error("outbox", "not all run, it is tried again reason=\"%s\"", gw_error_text(result));
    return result;
}

int outbox_start(const struct outbox_options *options, const struct config *config,
                 struct slice catalogue, struct outbox **out)
{
    struct outbox *outbox = gw_alloc(sizeof *outbox);
    outbox->options = *options;
    pthread_mutex_init(&outbox->lock, NULL);
    copy_settings(outbox, config, catalogue);
    outbox->has_library = transfer_start_library();
    if (!outbox->has_library) {
        outbox_stop(outbox);
        return GW_ERR_IO;
    }
    run_targets(outbox, NULL, 0);
    *out = outbox;
    return GW_OK;
}

/* ---- end ---- */

/* Gives the targets a moment to end by themselves, before they are aborted. */
static void wait_for_end(struct outbox_target *const *targets, size_t n)
{
    const struct timespec step = {.tv_nsec = LEAVE_STEP_MS * 1000000};
    size_t n_done = 0;
    for (int waited = 0; waited < LEAVE_MS && n_done < n; waited += LEAVE_STEP_MS) {
        n_done = 0;
        for (size_t i = 0; i < n; i++)
            n_done += outbox_target_is_done(targets[i]);
        if (n_done < n)
            nanosleep(&step, NULL);
    }
    for (size_t i = 0; i < n; i++)
        outbox_target_abort(targets[i]);
}

static void end_targets(struct outbox *outbox)
{
    struct outbox_target *targets[OUTBOX_TARGETS_MAX];
    pthread_mutex_lock(&outbox->lock);
    size_t n = outbox->n;
    memcpy(targets, outbox->targets, sizeof targets);
    outbox->n = 0;
    pthread_mutex_unlock(&outbox->lock);
    for (size_t i = 0; i < n; i++)
        outbox_target_end(targets[i]);
    wait_for_end(targets, n);
    for (size_t i = 0; i < n; i++)
        outbox_target_close(targets[i]);
    index_stop(outbox->index);
    outbox->index = NULL;
    kpi_catalogue_free(outbox->catalogue);
    outbox->catalogue = NULL;
    arena_fini(&outbox->arena);
}

static bool is_same(const struct outbox *outbox, const struct config *config,
                    struct slice catalogue)
{
    size_t i = 0;
    const struct outbox_section *section;
    if (!outbox->is_whole)
        return false;
    for (; (section = outbox_section_at(config, i)); i++) {
        const struct outbox_section *is = i < outbox->n_sections ? outbox->sections[i] : NULL;
        if (!is || !is->url != !section->url || section->template_file ||
            !section_is_same(section->url ? &outbox_webhook_section : &outbox_mail_section, is,
                             section))
            return false;
    }
    return i == outbox->n_sections && (i == 0 || slice_equal(outbox->text, catalogue));
}

void outbox_reload(struct outbox *outbox, const struct config *config, struct slice catalogue)
{
    if (is_same(outbox, config, catalogue))
        return;
    struct outbox_row *rows = gw_alloc(OUTBOX_TARGETS_MAX * sizeof *rows);
    size_t n = outbox_list(outbox, rows, OUTBOX_TARGETS_MAX);
    end_targets(outbox);
    copy_settings(outbox, config, catalogue);
    if (run_targets(outbox, rows, n) == GW_OK)
        log_notice("outbox", "mails and webhooks are as configured now targets=%zu", outbox->n);
    free(rows);
}

void outbox_mend(struct outbox *outbox, const struct config *config)
{
    struct buf catalogue = {0};
    if (outbox->is_whole)
        return;
    buf_slice(&catalogue, outbox->text);
    outbox_reload(outbox, config, buf_get(&catalogue));
    buf_free(&catalogue);
}

void outbox_stop(struct outbox *outbox)
{
    if (!outbox)
        return;
    end_targets(outbox);
    if (outbox->has_library)
        transfer_stop_library();
    pthread_mutex_destroy(&outbox->lock);
    free(outbox);
}

/* ---- looking at it ---- */

/* A target's row, with what it cannot know itself: that the journal cannot be read, so nobody knows
   what waits, or that other targets do not run. Under lock. */
static void get_row(struct outbox *outbox, size_t i, struct outbox_row *out)
{
    outbox_target_get(outbox->targets[i], out);
    int64_t unread_ms = outbox->index ? index_unread_ms(outbox->index) : 0;
    if ((!unread_ms && outbox->is_whole) || out->state == KPI_CRITICAL)
        return;
    out->state = KPI_WARNING;
    out->trouble_ms = unread_ms ? unread_ms : clock_read(outbox->options.clock).wall_ms;
    snprintf(out->trouble, sizeof out->trouble, "%s",
             unread_ms ? "the journal cannot be read"
                       : "not every mail and webhook runs, it is tried again: see the log");
}

size_t outbox_list(struct outbox *outbox, struct outbox_row *out, size_t max)
{
    size_t n = 0;
    pthread_mutex_lock(&outbox->lock);
    for (size_t i = 0; i < outbox->n && n < max; i++)
        get_row(outbox, i, &out[n++]);
    pthread_mutex_unlock(&outbox->lock);
    return n;
}

enum kpi_state outbox_state(struct outbox *outbox, struct buf *who, char *reason, size_t size)
{
    struct outbox_row row;
    enum kpi_state state = KPI_OK;
    pthread_mutex_lock(&outbox->lock);
    for (size_t i = 0; i < outbox->n; i++) {
        outbox_target_get(outbox->targets[i], &row);
        if (row.state != KPI_CRITICAL)
            continue;
        buf_printf(who, "alerts/%s ", row.name);
        if (state == KPI_OK)
            snprintf(reason, size, "alerts wait for %s, the oldest for %" PRIu64 " s: %s",
                     row.target, row.backlog_s, row.trouble);
        state = KPI_CRITICAL;
    }
    pthread_mutex_unlock(&outbox->lock);
    return state;
}

uint64_t outbox_test(struct outbox *outbox, const char *name)
{
    struct outbox_row row;
    size_t n = 0;
    pthread_mutex_lock(&outbox->lock);
    uint64_t number = ++outbox->tests;
    for (size_t i = 0; i < outbox->n; i++) {
        outbox_target_get(outbox->targets[i], &row);
        if (strcmp(row.name, name) != 0)
            continue;
        outbox_target_test(outbox->targets[i], number);
        n++;
    }
    pthread_mutex_unlock(&outbox->lock);
    return n ? number : 0;
}
