/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the journal's status and the feeds' to notifications of faults, and to records of those that
 * are over. */
#include "gateway/notify/faults.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/base/buf.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/notify/told.h"

enum { SEND_MS = 1000 };

void faults_init(struct faults *faults, const struct notify_options *options,
                 struct journal *journal)
{
    *faults = (struct faults){.options = options, .journal = journal};
    faults->v[FAULT_JOURNAL].name = "journal";
    faults->v[FAULT_JOURNAL].advice =
        "Make room on the disk of the state folder, or see why it refuses. Senders that wait for "
        "an acknowledgement keep their messages; datagrams are lost meanwhile.";
    faults->v[FAULT_RETENTION].name = "journal-retention";
    faults->v[FAULT_RETENTION].advice =
        "See why this reader is behind: is the core up? Meanwhile watch the disk.";
    faults->v[FAULT_FEED].name = "feed";
    faults->v[FAULT_FEED].advice =
        "See eogctl feed, of alerts eogctl mail: is the target up, can it be reached? The journal "
        "keeps what it has not got; meanwhile watch the disk.";
    faults->told_fd = told_open(options->state_dir);
    told_load(faults->told_fd, faults->v, FAULTS, clock_read(&clock_system));
    told_save(faults->told_fd, faults->v, FAULTS); /* the blocks are there from now on */
}

void faults_fini(struct faults *faults)
{
    if (faults->told_fd >= 0)
        close(faults->told_fd);
    faults->told_fd = -1;
}

static uint64_t dropped(const struct faults *faults)
{
    const struct stats *stats = faults->options->stats;
    return stats ? stats_read(&stats->dropped_full) + stats_read(&stats->dropped_kernel) : 0;
}

static enum kpi_state judge_feeds(const struct notify_options *options, struct buf *who,
                                  char *reason, size_t size)
{
    char why[FAULT_REASON_MAX] = "";
    enum kpi_state state = options->feeds_state
                               ? options->feeds_state(options->feeds_context, who, why, sizeof why)
                               : KPI_OK;
    struct slice others = buf_get(who), first;
    struct buf text = {0};
    slice_next_word(&others, &first); /* whom the reason names */
    if (slice_trim(others).n)
        buf_printf(&text, "%.100swait: ", buf_text(who));
    buf_printf(&text, "%s", why);
    snprintf(reason, size, "%s", buf_text(&text));
    buf_free(&text);
    return state;
}

/* How bad it is now, who is in it, and why. */
static enum kpi_state judge(struct faults *faults, int i, const struct journal_status *status,
                            struct buf *who, char *reason, size_t size)
{
    if (i == FAULT_JOURNAL) {
        snprintf(reason, size, "the disk refuses: %s", status->failure);
        return status->is_failing ? KPI_CRITICAL : KPI_OK;
    }
    if (i == FAULT_FEED)
        return judge_feeds(faults->options, who, reason, size);
    if (status->dropped_unread > faults->dropped_unread) {
        snprintf(reason, size, "%" PRIu64 " records were let go that a reader had not had",
                 status->dropped_unread - faults->dropped_unread);
        faults->dropped_unread = status->dropped_unread;
        return KPI_CRITICAL;
    }
    snprintf(reason, size, "retention is over, but reader %s still needs the oldest records",
             status->held_by);
    return status->held_by[0] ? KPI_WARNING : KPI_OK;
}

static void tell(struct faults *faults, struct fault *fault, struct gw_event *event,
                 struct gwsnmp_notification *notification)
{
    const struct notify_options *options = faults->options;
    char uid[200];
    int n = snprintf(uid, sizeof uid, "%.100s.%s.%s.%" PRId64, options->gateway_id,
                     journal_epoch(faults->journal), fault->name, fault->since_ms);
    fault_build(fault, slice_from(options->gateway_id), slice_of(uid, (size_t)n), event,
                notification);
    if (options->send(options->send_context, notification, SEND_MS) != GW_OK)
        return;
    fault->told_state = fault->is_open ? fault->state : KPI_OK;
    fault->has_another = false;
    told_save(faults->told_fd, faults->v, FAULTS);
}

/* A fault that is over is said in the journal too, so that the core knows of the gap. */
static bool put_record(struct faults *faults, int i, struct gw_event *event)
{
    const struct fault *fault = &faults->v[i];
    struct buf message = {0}, encoded = {0};
    uint64_t sequence;
    buf_printf(&message, "%s; it lasted %" PRId64 " s", fault->reason,
               (fault->bad.mono_ms - fault->raised.mono_ms + 999) / 1000);
    if (i == FAULT_JOURNAL && faults->options->stats && !fault->is_of_before)
        buf_printf(&message, ", %" PRIu64 " datagrams were dropped",
                   dropped(faults) - faults->dropped_before[i]);
    if (fault->who[0])
        buf_printf(&message, "; of %.*s", SLICE_FMT(slice_trim(slice_from(fault->who))));
    fault_record(fault, buf_get(&message), event);
    gw_event_encode(event, &encoded);
    bool is_put = journal_append(faults->journal, buf_get(&encoded), &sequence) == GW_OK;
    buf_free(&message);
    buf_free(&encoded);
    return is_put;
}

void faults_look(struct faults *faults, struct gw_event *event,
                 struct gwsnmp_notification *notification)
{
    struct journal_status status;
    struct clock_reading now = clock_read(&clock_system);
    struct buf who = {0};
    journal_get_status(faults->journal, &status);
    for (int i = 0; i < FAULTS; i++) {
        struct fault *fault = &faults->v[i];
        char reason[sizeof fault->reason];
        buf_clear(&who);
        enum kpi_state state = judge(faults, i, &status, &who, reason, sizeof reason);
        if (!fault->is_open && !faults->owes_record[i])
            faults->dropped_before[i] = dropped(faults);
        if (fault_look(fault, state, reason, now))
            faults->owes_record[i] = !fault->is_open;
        fault_join(fault, buf_get(&who), now);
        if (!fault_is_told(fault))
            tell(faults, fault, event, notification);
        if (faults->owes_record[i])
            faults->owes_record[i] = !put_record(faults, i, event);
    }
    buf_free(&who);
}
