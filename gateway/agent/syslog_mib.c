/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reader thread: journal -> filter -> header -> ring, and a notification. Its place is not
 * kept, and retention does not wait for it.
 */
#include "gateway/agent/syslog_mib.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/agent/syslog_filter.h"
#include "gateway/agent/syslog_notify.h"
#include "gateway/agent/syslog_tables.h"
#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/rate.h"
#include "gateway/base/thread.h"
#include "gateway/schema/event.h"
#include "parsers/registry.h"
#include "parsers/wrapped.h"

/* BACK: records read again at a start; a fraction of a second when every one is a row. */
enum { WAIT_MS = 500, BACK = 100000, SEND_MS = 500, LOG_MS = 60000 };

struct syslog_mib {
    struct slice gateway_id;
    struct journal *journal;
    struct stats *stats;
    struct syslog_ring ring;
    struct syslog_view view;
    int (*send)(void *context, const struct gwsnmp_notification *notification, int timeout_ms);
    void *send_context;
    const struct clock *clock;
    pthread_mutex_t lock; /* guards what a reload changes */
    struct syslog_filter filter;
    int64_t max_rate; /* notifications a second */
    int64_t due_ns;   /* of gateway/base/rate.h; the reader's */

    struct journal_reader *reader;
    pthread_t thread;
    bool is_running;
    atomic_bool is_stopping;
    uint64_t fresh_from; /* records before it were there before this start: not counted again */
    struct arena arena;
    struct gw_event event;
    struct fields fields, line; /* the message's; of a line that it may wrap */
    struct gwsnmp_notification notification;
    struct log_limit untold_log;
};

static bool is_syslog(const struct gw_event *event)
{
    return event->transport > GW_TRANSPORT_NONE && event->transport <= GW_TRANSPORT_FILE &&
           !gw_event_is_correction(event);
}

/* By the numbers that normalization took from the PRI; without one user.notice, as in the row. */
static bool is_wanted(struct syslog_mib *mib)
{
    enum { USER = 1, NOTICE = 5 };
    unsigned facility = (unsigned)gw_event_int(&mib->event, GW_FIELD_SYSLOG_FACILITY, USER),
             severity = (unsigned)gw_event_int(&mib->event, GW_FIELD_SYSLOG_SEVERITY, NOTICE);
    pthread_mutex_lock(&mib->lock);
    bool is_wanted = syslog_filter_wants(&mib->filter, facility, severity,
                                         gw_event_text(&mib->event, GW_FIELD_PEER));
    pthread_mutex_unlock(&mib->lock);
    return is_wanted;
}

static int64_t max_rate(struct syslog_mib *mib)
{
    pthread_mutex_lock(&mib->lock);
    int64_t per_s = mib->max_rate;
    pthread_mutex_unlock(&mib->lock);
    return per_s;
}

/* Once: what cannot be told now is in the table. */
static void tell(struct syslog_mib *mib, const struct syslog_row *row)
{
    int64_t now_ns = clock_read(mib->clock).mono_ms * 1000000, per_s = max_rate(mib);
    unsigned long held;
    if (rate_allows(mib->due_ns, per_s, now_ns)) {
        mib->due_ns = rate_next(mib->due_ns, per_s, now_ns);
        syslog_notify_build(row, gw_event_text(&mib->event, GW_FIELD_PEER), &mib->notification);
        if (mib->send(mib->send_context, &mib->notification, SEND_MS) == GW_OK) {
            stats_add(&mib->stats->messages_told, 1);
            return;
        }
        mib->due_ns = now_ns + 2 * RATE_SECOND_NS; /* it is busy: a second's pause */
    }
    stats_add(&mib->stats->messages_untold, 1);
    if (log_allowed(&mib->untold_log, LOG_MS, &held))
        log_warn("agent",
                 "syslog messages without a notification, beyond max-rate or as the agent is busy "
                 "untold=%llu",
                 (unsigned long long)stats_read(&mib->stats->messages_untold));
}

static enum syslog_origin worse(enum syslog_origin a, enum syslog_origin b)
{
    return a > b ? a : b;
}

/* Whether it is this line of an object that the record was made of. */
static bool is_of_record(const struct gw_event *event, const struct fields *line)
{
    int64_t facility = gw_event_int(event, GW_FIELD_SYSLOG_FACILITY, -1),
            severity = gw_event_int(event, GW_FIELD_SYSLOG_SEVERITY, -1);
    int64_t pri = facility < 0 ? -1 : facility * 8 + severity;
    return event->format != GW_FORMAT_JSON && line->format == event->format &&
           line->syslog.pri == pri;
}

/* The header of the message as the record has it, which the filter went by: behind a relay's, or in
   the object that a collector wrapped it in. */
static const struct syslog_header *read_header(struct syslog_mib *mib, enum syslog_origin *origin)
{
    struct fields *whole = &mib->fields, *line = &mib->line;
    arena_reset(&mib->arena);
    parse_message(mib->event.text, NULL, &mib->arena, whole);
    *origin = syslog_origin(&whole->syslog, mib->gateway_id, getpid());
    for (unsigned i = 0; whole->format == GW_FORMAT_JSON && i < WRAPPED_LINES; i++) {
        struct slice text = parse_wrapped_line(whole, i);
        if (!text.n)
            break;
        parse_message(text, NULL, &mib->arena, line);
        *origin = worse(*origin, syslog_origin(&line->syslog, mib->gateway_id, getpid()));
        parse_wrapped_header(whole, &line->syslog);
        if (is_of_record(&mib->event, line))
            return &line->syslog;
    }
    return &whole->syslog;
}

static void take(struct syslog_mib *mib, const struct journal_record *record)
{
    bool is_fresh = record->sequence >= mib->fresh_from;
    if (gw_event_decode(record->payload, &mib->event) != GW_OK || !is_syslog(&mib->event) ||
        !is_wanted(mib))
        return;
    enum syslog_origin origin;
    const struct syslog_header *header = read_header(mib, &origin);
    if (origin == SYSLOG_CIRCULAR) {
        stats_add(&mib->stats->messages_circular, is_fresh);
        return;
    }
    struct syslog_row *row = syslog_row_new(header, mib->event.received_ms, record->sequence);
    /* First in the table: who is told may ask at once. */
    syslog_ring_add(&mib->ring, syslog_row_hold(row));
    stats_add(&mib->stats->messages_listed, is_fresh);
    if (is_fresh && origin == SYSLOG_GENUINE && atomic_load(&mib->view.has_notifications))
        tell(mib, row);
    syslog_row_put(row);
}

static void *run(void *context)
{
    struct syslog_mib *mib = context;
    struct journal_record record;
    while (!atomic_load(&mib->is_stopping)) {
        if (journal_reader_next(mib->reader, &record) == GW_OK)
            take(mib, &record);
        else
            journal_reader_wait(mib->reader, WAIT_MS);
    }
    return NULL;
}

/* Nothing is wrong in it: that was found before. */
static struct syslog_filter filter_of(const struct agent_syslog_section *section)
{
    struct diag none = {0};
    struct syslog_filter filter;
    syslog_filter_init(section, &none, &filter);
    diag_free(&none);
    return filter;
}

struct syslog_mib *syslog_mib_new(const struct syslog_mib_options *options)
{
    const struct agent_syslog_section *section = options->section;
    struct syslog_mib *mib = gw_alloc(sizeof *mib);
    *mib = (struct syslog_mib){
        .gateway_id = slice_from(options->gateway_id),
        .journal = options->journal,
        .stats = options->stats,
        .send = options->send,
        .send_context = options->send_context,
        .clock = options->clock,
        .filter = filter_of(section),
        .max_rate = section->max_rate,
    };
    pthread_mutex_init(&mib->lock, NULL);
    arena_init(&mib->arena, 0);
    syslog_ring_init(&mib->ring, (size_t)section->rows);
    syslog_view_init(&mib->view, &mib->ring, options->clock, section->has_notifications);
    return mib;
}

void syslog_mib_free(struct syslog_mib *mib)
{
    if (!mib)
        return;
    syslog_view_fini(&mib->view);
    syslog_ring_fini(&mib->ring);
    arena_fini(&mib->arena);
    pthread_mutex_destroy(&mib->lock);
    free(mib);
}

struct gwsnmp_subtree syslog_mib_subtree(struct syslog_mib *mib)
{
    static const uint32_t root[] = {SYSLOG_MIB_ARCS, SYSLOG_MIB_OBJECTS};
    return (struct gwsnmp_subtree){
        "syslogMsgMib", root, sizeof root / sizeof *root, &syslog_mib, syslog_view_pin, &mib->view};
}

int syslog_mib_start(struct syslog_mib *mib)
{
    uint64_t committed = journal_committed(mib->journal);
    mib->fresh_from = committed + 1;
    int result = journal_reader_open(mib->journal, NULL, committed > BACK ? committed - BACK : 0,
                                     &mib->reader);
    if (result == GW_OK)
        result = gw_thread_start(&mib->thread, "syslog-mib", run, mib);
    mib->is_running = result == GW_OK;
    if (result != GW_OK)
        log_error("agent", "SYSLOG-MSG-MIB cannot be filled reason=\"%s\"", gw_error_text(result));
    return result;
}

void syslog_mib_stop(struct syslog_mib *mib)
{
    if (!mib)
        return;
    atomic_store(&mib->is_stopping, true);
    if (mib->is_running) {
        journal_reader_wake(mib->reader);
        pthread_join(mib->thread, NULL);
    }
    mib->is_running = false;
    journal_reader_close(mib->reader);
    mib->reader = NULL;
}

void syslog_mib_reload(struct syslog_mib *mib, const struct agent_syslog_section *section)
{
    struct syslog_filter filter = filter_of(section);
    pthread_mutex_lock(&mib->lock);
    mib->filter = filter;
    mib->max_rate = section->max_rate;
    pthread_mutex_unlock(&mib->lock);
    atomic_store(&mib->view.has_notifications, section->has_notifications);
}
