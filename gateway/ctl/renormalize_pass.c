/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two scans of the journal. The first finds the newest correction of each record; the second reads
 * each message where it was recorded last: at its newest correction, which is as complete as the
 * record itself. So a run finds what the last one appended, and nothing is corrected twice. If
 * there are more corrections than there is room for, the journal is done in parts, a round for
 * each.
 *
 * The period is one of receipt, which no mapping changes.
 */
#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/ctl/progress.h"
#include "gateway/ctl/renormalize.h"
#include "gateway/ctl/revisions.h"
#include "gateway/journal/journal.h"
#include "gateway/kpi/record.h"

enum { REVISIONS_MAX = 1000000, DRAW_EVERY = 256 };

struct pass {
    const struct renormalize_job *job;
    struct renormal *renormal;
    struct renormalize_report *report;
    struct revisions revisions;
    struct gw_event *record;
    struct journal_scan scan;
    struct progress progress;
    struct buf settings; /* the newest load of that name */
    uint64_t last;       /* of the journal when it was looked at first; 0: not yet */
    uint64_t unreadable;
    bool is_stopped;
};

static void draw(struct pass *pass)
{
    if (!pass->job->has_progress || pass->scan.records % DRAW_EVERY != 1)
        return;
    int64_t now_ms = clock_read(&clock_system).mono_ms;
    if (pass->scan.records == 1) {
        progress_begin(&pass->progress, stderr, (uint64_t)pass->scan.bytes >> 20, now_ms);
        pass->progress.unit = " MiB";
        pass->progress.is_shown &= pass->progress.total > 0;
    }
    progress_draw(&pass->progress, (uint64_t)pass->scan.bytes_read >> 20, now_ms);
}

/* ---- the first scan ---- */

static void take_settings(struct pass *pass, struct slice payload)
{
    struct gw_event *event = pass->record;
    if (gw_event_decode(payload, event) != GW_OK || renormal_is_message(event) ||
        !slice_equal(gw_event_text(event, GW_FIELD_LOAD_TYPE),
                     slice_from(kpi_load_name(KPI_LOAD_SETTINGS))))
        return;
    buf_clear(&pass->settings);
    buf_slice(&pass->settings, event->raw);
}

static bool note_correction(void *context, const struct journal_record *record)
{
    struct pass *pass = context;
    struct gw_correction correction;
    draw(pass);
    if (pass->last && record->sequence > pass->last)
        return false;
    if (gw_event_peek_correction(record->payload, &correction))
        revisions_note(&pass->revisions, correction.of, record->sequence);
    else if (gw_event_peek_kind(record->payload) == GW_KIND_GATEWAY_CONFIG)
        take_settings(pass, record->payload);
    return true;
}

/* ---- the second scan ---- */

/* The record is the last word on what it is of, and of this round. */
static bool is_newest(const struct pass *pass, const struct journal_record *record)
{
    struct gw_correction correction;
    bool is_correction = gw_event_peek_correction(record->payload, &correction);
    uint64_t of = is_correction ? correction.of : record->sequence;
    if (of < pass->revisions.from || of >= pass->revisions.to)
        return false;
    uint64_t newest = revisions_newest(&pass->revisions, of);
    return is_correction ? newest == record->sequence : newest == 0;
}

static bool is_asked_for(const struct renormalize_job *job, const struct gw_event *record)
{
    return renormal_is_message(record) && record->received_ms >= job->from_ms &&
           record->received_ms < job->to_ms &&
           slice_starts_with(slice_from(gw_kind_name((enum gw_kind)record->kind)), job->kind) &&
           (!job->site.n || slice_equal_nocase(gw_event_text(record, GW_FIELD_SITE), job->site));
}

/* By what knew it or knows it: a product's new mapping begins with what nobody knew. */
static bool is_of_product(const struct pass *pass)
{
    struct slice wanted = pass->job->product;
    return wanted.n == 0 || slice_equal(gw_event_text(pass->record, GW_FIELD_MAPPING), wanted) ||
           slice_equal(gw_event_text(&pass->renormal->event, GW_FIELD_MAPPING), wanted);
}

static bool correct(struct pass *pass)
{
    struct gw_event *event = &pass->renormal->event;
    const struct gw_correction *before = &pass->record->correction;
    if (!pass->job->correct)
        return true;
    event->correction = (struct gw_correction){
        .of = gw_event_origin(pass->record),
        .revision = (before->of ? before->revision : 1) + 1,
        .is_for_feed = pass->job->is_for_feed,
    };
    return pass->job->correct(pass->job->context, event);
}

static bool read_again(void *context, const struct journal_record *record)
{
    struct pass *pass = context;
    draw(pass);
    if (record->sequence > pass->last)
        return false;
    int kind = gw_event_peek_kind(record->payload);
    if (kind == GW_KIND_GATEWAY_TICK || kind == GW_KIND_GATEWAY_CONFIG || !is_newest(pass, record))
        return true;
    if (gw_event_decode(record->payload, pass->record) != GW_OK) {
        pass->unreadable++;
        return true;
    }
    pass->record->sequence = record->sequence;
    if (!is_asked_for(pass->job, pass->record))
        return true;
    enum renormal_result result = renormal_run(pass->renormal, pass->record);
    if (!is_of_product(pass))
        return true;
    renormalize_report_add(pass->report, pass->record, pass->renormal, result);
    if (result == RENORMAL_SAME || result == RENORMAL_FAILED)
        return true;
    pass->is_stopped = !correct(pass);
    return !pass->is_stopped;
}

/* ---- rounds ---- */

static int scan(struct pass *pass, bool (*on_record)(void *, const struct journal_record *))
{
    int result = journal_scan_dir(pass->job->folder, &pass->scan, on_record, pass);
    if (pass->job->has_progress && pass->scan.records)
        progress_end(&pass->progress);
    return result;
}

static int run_round(struct pass *pass, uint64_t from)
{
    bool is_first = pass->last == 0;
    revisions_begin(&pass->revisions, from);
    int result = scan(pass, note_correction);
    if (result != GW_OK)
        return result;
    if (is_first) {
        pass->last = pass->scan.last;
        if (pass->last && pass->job->judge_settings &&
            !pass->job->judge_settings(pass->job->context, buf_get(&pass->settings)))
            pass->is_stopped = true;
    }
    revisions_seal(&pass->revisions);
    return pass->is_stopped || pass->last == 0 ? GW_OK : scan(pass, read_again);
}

int renormalize_run(const struct renormalize_job *job, struct renormal *renormal,
                    struct renormalize_report *report, struct renormalize_end *end)
{
    struct pass pass = {.job = job, .renormal = renormal, .report = report};
    uint64_t from = 1;
    int result;
    pass.record = gw_alloc(sizeof *pass.record);
    revisions_init(&pass.revisions, job->revisions_max ? job->revisions_max : REVISIONS_MAX);
    do {
        result = run_round(&pass, from);
        from = pass.revisions.to;
    } while (result == GW_OK && from != UINT64_MAX && !pass.is_stopped);
    end->damaged = pass.scan.damaged;
    end->unreadable = pass.unreadable;
    end->is_whole = result == GW_OK && !pass.is_stopped;
    revisions_free(&pass.revisions);
    buf_free(&pass.settings);
    free(pass.record);
    return result;
}
