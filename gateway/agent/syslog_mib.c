/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reader thread: journal -> header -> filter -> ring. Its place is not kept, and retention does
 * not wait for it.
 */
#include "gateway/agent/syslog_mib.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/agent/syslog_filter.h"
#include "gateway/agent/syslog_tables.h"
#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/thread.h"
#include "gateway/schema/event.h"
#include "parsers/syslog.h"

/* BACK: records read again at a start, some tenths of a second. */
enum { WAIT_MS = 500, BACK = 100000 };

struct syslog_mib {
    struct slice gateway_id;
    struct journal *journal;
    struct stats *stats;
    struct syslog_ring ring;
    struct syslog_view view;
    pthread_mutex_t lock; /* guards filter */
    struct syslog_filter filter;

    struct journal_reader *reader;
    pthread_t thread;
    bool is_running;
    atomic_bool is_stopping;
    uint64_t fresh_from; /* records before it were there before this start: not counted again */
    struct arena arena;
    struct gw_event event;
    struct fields fields;
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

static void take(struct syslog_mib *mib, const struct journal_record *record)
{
    bool is_fresh = record->sequence >= mib->fresh_from;
    if (gw_event_decode(record->payload, &mib->event) != GW_OK || !is_syslog(&mib->event) ||
        !is_wanted(mib))
        return;
    arena_reset(&mib->arena);
    parse_syslog(mib->event.text, NULL, &mib->arena, &mib->fields);
    const struct syslog_header *header = &mib->fields.syslog;
    if (syslog_origin(header, mib->gateway_id, getpid()) == SYSLOG_CIRCULAR) {
        stats_add(&mib->stats->messages_circular, is_fresh);
        return;
    }
    syslog_ring_add(&mib->ring, syslog_row_new(header, mib->event.received_ms, record->sequence));
    stats_add(&mib->stats->messages_listed, is_fresh);
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
        .filter = filter_of(section),
    };
    pthread_mutex_init(&mib->lock, NULL);
    arena_init(&mib->arena, 0);
    syslog_ring_init(&mib->ring, (size_t)section->rows);
    syslog_view_init(&mib->view, &mib->ring, options->clock, false);
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
    pthread_mutex_unlock(&mib->lock);
}
