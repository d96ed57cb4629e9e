/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Start: restore the checkpoint (or begin at the oldest record), replay to the journal's end, then
 * live. While replaying, what the engine says is kept in a queue; each of its own records met in
 * the journal takes its number from the queue's head. What is left at the end was never appended:
 * the process died between a tick and its words, and they are appended now. So nothing is said
 * twice, and nothing is left out.
 *
 * Live, words are appended at once; the queue then holds only what the journal would not take yet.
 */
#include "gateway/kpi/core.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/map.h"
#include "gateway/base/thread.h"

enum { WAIT_MS = 1000, CHECKPOINT_MS = 60000, PUBLISH_EVERY_MS = 15000, LATE_MS = 3600000 };
enum { TAKEN_BATCH = 1024 }; /* records between two updates of the status */
/* Judging that is so late goes before receiving, until it is only so late. */
enum { BEHIND_MS = 10000, CAUGHT_UP_MS = 5000 };

struct word {
    struct word *next;
    uint64_t number;
    int64_t time_ms, alert; /* alert 0: of none */
    int64_t old_state;
    uint16_t kind;
    bool is_muted;
    struct buf bytes;
};

struct kpi_core {
    struct journal *journal;
    struct journal_reader *reader;
    struct snapshot_board *board;
    struct kpi_engine *engine;
    pthread_t thread;
    char *checkpoint;
    int64_t checkpoint_every_ms, checkpointed_ms, checkpointed_up_ms;
    uint64_t checkpointed_sequence, published_generation;
    int64_t published_ms;
    uint64_t said; /* highest EMISSION known to be in the journal, or appended */
    bool is_catching_up, has_published, cannot_read;
    bool goes_first;           /* as those that receive */
    int64_t received_ms;       /* of the last record that could be read */
    struct word *first, *last; /* not yet in the journal */
    struct gw_event event;
    uint64_t taken, damaged; /* records that the status does not know of yet */
    atomic_bool is_stopping;
    pthread_mutex_t lock; /* of status */
    struct kpi_core_status status;
};

static void set_status(struct kpi_core *core, uint64_t *place, uint64_t n)
{
    pthread_mutex_lock(&core->lock);
    *place += n;
    pthread_mutex_unlock(&core->lock);
}

/* ---- what the engine says ---- */

static void drop_first(struct kpi_core *core)
{
    struct word *word = core->first;
    core->first = word->next;
    if (!core->first)
        core->last = NULL;
    buf_free(&word->bytes);
    free(word);
}

static void append_words(struct kpi_core *core)
{
    while (core->first) {
        uint64_t sequence;
        int error = journal_append(core->journal, buf_get(&core->first->bytes), &sequence);
        if (error) {
            /* Full or failing: the words wait, in order, and are tried again before the next
             * record. */
            set_status(core, &core->status.append_waits, 1);
            return;
        }
        core->said = core->first->number;
        drop_first(core);
        set_status(core, &core->status.emissions_appended, 1);
    }
}

static void on_emit(void *context, uint64_t number, const struct gw_event *event)
{
    struct kpi_core *core = context;
    if (number <= core->said)
        return; /* the journal has it: it was read before the tick that says it again */
    struct word *word = gw_alloc(sizeof *word);
    word->number = number;
    word->time_ms = event->time_ms;
    word->alert = gw_event_int(event, GW_FIELD_ALERT_ID, 0);
    word->old_state = gw_event_int(event, GW_FIELD_KPI_OLD_STATE, KPI_UNKNOWN);
    word->kind = event->kind;
    word->is_muted = gw_event_int(event, GW_FIELD_ALERT_MUTED, 0) != 0;
    gw_event_encode(event, &word->bytes);
    if (core->last)
        core->last->next = word;
    else
        core->first = word;
    core->last = word;
    if (!core->is_catching_up)
        append_words(core);
}

/* One of our own records: whatever waits up to its number is in the journal already. */
static void note_own_word(struct kpi_core *core)
{
    if (core->event.transport != GW_TRANSPORT_NONE || gw_event_has(&core->event, GW_FIELD_PEER))
        return;
    uint64_t number = (uint64_t)gw_event_int(&core->event, GW_FIELD_EMISSION, 0);
    if (number > core->said)
        core->said = number;
    while (core->first && core->first->number <= number) {
        drop_first(core);
        set_status(core, &core->status.emissions_known, 1);
    }
}

/* ---- one record, one look ---- */

/* Tables that have not changed are published again now and then, since their time tells pollers
   that judging goes on. */
static void publish(struct kpi_core *core)
{
    uint64_t generation = kpi_engine_generation(core->engine);
    int64_t now_ms = kpi_engine_now_ms(core->engine);
    bool is_fresh = now_ms >= core->published_ms && now_ms - core->published_ms < PUBLISH_EVERY_MS;
    if (core->has_published && generation == core->published_generation && is_fresh)
        return;
    snapshot_publish(core->board, kpi_engine_snapshot(core->engine, core->is_catching_up));
    core->published_generation = generation;
    core->published_ms = now_ms;
    core->has_published = true;
}

/* Figures for status; a bound that was reached since the last time is said once. */
static void note_figures(struct kpi_core *core)
{
    struct kpi_engine_figures f, was;
    kpi_engine_figures(core->engine, &f);
    pthread_mutex_lock(&core->lock);
    was = core->status.figures;
    core->status.figures = f;
    pthread_mutex_unlock(&core->lock);
    if (f.refused_scopes > was.refused_scopes || f.refused_sources > was.refused_sources ||
        f.refused_hosts > was.refused_hosts || f.refused_aliases > was.refused_aliases ||
        f.refused_components > was.refused_components || f.refused_names > was.refused_names ||
        f.refused_cells > was.refused_cells)
        log_warn("kpi",
                 "a bound is reached, what is beyond it is counted and not watched scopes=%llu "
                 "sources=%llu computers=%llu aliases=%llu components=%llu names=%llu cells=%llu",
                 (unsigned long long)f.refused_scopes, (unsigned long long)f.refused_sources,
                 (unsigned long long)f.refused_hosts, (unsigned long long)f.refused_aliases,
                 (unsigned long long)f.refused_components, (unsigned long long)f.refused_names,
                 (unsigned long long)f.refused_cells);
}

/* Ticks, snapshots and checkpoints need much memory for a moment: the heaps' free pages go back. */
static void give_back_memory(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

static void write_checkpoint(struct kpi_core *core)
{
    uint64_t sequence = kpi_engine_sequence(core->engine);
    core->checkpointed_ms = kpi_engine_now_ms(core->engine);
    core->checkpointed_up_ms = clock_read(&clock_system).mono_ms;
    note_figures(core);
    /* Words that are not in the journal yet must be said again after a restart: no checkpoint past
     * them. */
    if (!core->checkpoint || sequence == core->checkpointed_sequence || core->first)
        return;
    if (kpi_checkpoint_write(core->engine, core->checkpoint)) {
        set_status(core, &core->status.checkpoint_failures, 1);
        return;
    }
    give_back_memory();
    core->checkpointed_sequence = sequence;
    journal_reader_commit(core->reader, sequence);
    set_status(core, &core->status.checkpoints, 1);
}

/* Who catches up passes days in moments, and would write more than read. */
static bool is_checkpoint_due(const struct kpi_core *core)
{
    if (core->is_catching_up)
        return clock_read(&clock_system).mono_ms - core->checkpointed_up_ms >=
               core->checkpoint_every_ms;
    int64_t now_ms = kpi_engine_now_ms(core->engine);
    return now_ms - core->checkpointed_ms >= core->checkpoint_every_ms ||
           now_ms < core->checkpointed_ms;
}

static void take_record(struct kpi_core *core, const struct journal_record *record)
{
    int error = gw_event_decode_mapped(record->payload, &core->event);
    core->taken++;
    core->damaged += error != GW_OK;
    if (error)
        return;
    core->event.sequence = record->sequence;
    core->received_ms = core->event.received_ms;
    if (gw_event_has(&core->event, GW_FIELD_EMISSION) && !gw_event_is_correction(&core->event))
        note_own_word(core);
    kpi_engine_apply(core->engine, &core->event);
    if (core->event.kind != GW_KIND_GATEWAY_TICK || gw_event_is_correction(&core->event))
        return;
    if (!core->is_catching_up)
        publish(core);
    if (is_checkpoint_due(core))
        write_checkpoint(core);
}

/* ---- what is said late ---- */

struct unsaid {
    const struct word *last; /* about an alert, but for reminders; NULL */
    bool is_news;            /* it was raised among them: nobody knows of it */
    bool is_told;            /* of such a one: not muted, and among them */
    int64_t calm;            /* its row's state before it was raised */
};

static struct slice alert_key(const struct word *word)
{
    return slice_of((const char *)&word->alert, sizeof word->alert);
}

static void set_word(struct kpi_core *core, struct word *word, uint16_t kind, enum gw_field field,
                     int64_t value)
{
    if (gw_event_decode(buf_get(&word->bytes), &core->event) != GW_OK)
        return;
    struct buf bytes = {0};
    core->event.kind = kind;
    gw_event_set_int(&core->event, field, value);
    gw_event_encode(&core->event, &bytes);
    buf_free(&word->bytes);
    word->bytes = bytes;
}

static void mute(struct kpi_core *core, struct word *word)
{
    set_word(core, word, word->kind, GW_FIELD_ALERT_MUTED, 1);
}

/* Turns the first word that people hear of an alert into a raise: that it changed, or is over,
   would mean nothing to them. */
static void tell_first(struct kpi_core *core, struct word *word, const struct unsaid *unsaid)
{
    if (word->kind == GW_KIND_ALERT_CHANGED || word->kind == GW_KIND_ALERT_REPEATED)
        set_word(core, word, GW_KIND_ALERT_REPEATED, GW_FIELD_KPI_OLD_STATE, unsaid->calm);
    else if (word->kind == GW_KIND_ALERT_CLEARED)
        mute(core, word);
}

/* A journal that was never judged, of a month say, has more to tell than anybody wants to hear now.
 * All of it is recorded; but of what is an hour old people are told how an alert stands at last,
 * and nothing of one that came and went. */
static void mute_what_is_late(struct kpi_core *core)
{
    struct map *alerts = map_new();
    int64_t late_ms = kpi_engine_now_ms(core->engine) - LATE_MS;
    for (struct word *word = core->first; word; word = word->next) {
        struct unsaid *unsaid = map_get(alerts, alert_key(word));
        if (!unsaid) {
            unsaid = gw_alloc(sizeof *unsaid);
            map_put(alerts, alert_key(word), unsaid);
        }
        if (word->kind != GW_KIND_ALERT_REPEATED)
            unsaid->last = word;
        unsaid->is_news |= word->kind == GW_KIND_ALERT_RAISED;
        if (word->kind == GW_KIND_ALERT_RAISED)
            unsaid->calm = word->old_state;
    }
    for (struct word *word = core->first; word; word = word->next) {
        struct unsaid *unsaid = map_get(alerts, alert_key(word));
        bool is_over = word->kind == GW_KIND_ALERT_CLEARED && unsaid->is_news;
        bool stands = word->alert && word == unsaid->last && !is_over;
        if (word->time_ms < late_ms && !stands) {
            mute(core, word);
        } else if (word->alert && unsaid->is_news && !unsaid->is_told && !word->is_muted) {
            tell_first(core, word, unsaid);
            unsaid->is_told = true;
        }
    }
    map_free(alerts, free);
}

static void note_taken(struct kpi_core *core, uint64_t sequence)
{
    pthread_mutex_lock(&core->lock);
    core->status.records += core->taken;
    core->status.damaged_records += core->damaged;
    core->status.sequence = sequence;
    pthread_mutex_unlock(&core->lock);
    core->taken = core->damaged = 0;
}

/* Receiving goes before judging, since datagrams could be lost. But in a flood that does not end
   they are lost anyhow, and alerts would come ever later: from BEHIND_MS on judging goes first. */
static void keep_up(struct kpi_core *core, bool has_more)
{
    int64_t most_ms = core->goes_first ? CAUGHT_UP_MS : BEHIND_MS;
    bool is_behind = has_more && !core->is_catching_up &&
                     clock_read(&clock_system).wall_ms - core->received_ms > most_ms;
    if (is_behind == core->goes_first)
        return;
    core->goes_first = is_behind;
    if (is_behind)
        gw_thread_goes_first();
    else
        gw_thread_gives_way(GW_THREAD_ENGINE);
}

/* Said once, until it can be read again. */
static void note_reading(struct kpi_core *core, bool cannot_read)
{
    if (core->cannot_read == cannot_read)
        return;
    core->cannot_read = cannot_read;
    pthread_mutex_lock(&core->lock);
    core->status.cannot_read = cannot_read;
    pthread_mutex_unlock(&core->lock);
    if (cannot_read)
        log_error("kpi", "the journal cannot be read, states stay as they are; tried again");
    else
        log_notice("kpi", "the journal can be read again");
}

/* Everything committed: GW_ERR_NOT_FOUND. GW_ERR_IO: the disk does not give the rest now; GW_OK:
 * a stop was asked for while catching up. */
static int drain(struct kpi_core *core)
{
    struct journal_record record;
    uint64_t last = 0;
    bool is_whole = true;
    int result = GW_OK;
    while (is_whole && (result = journal_reader_next(core->reader, &record)) == GW_OK) {
        if (core->first && !core->is_catching_up)
            append_words(core);
        take_record(core, &record);
        last = record.sequence;
        if (core->taken == TAKEN_BATCH) {
            note_taken(core, last);
            keep_up(core, true);
        }
        is_whole = !core->is_catching_up || !atomic_load(&core->is_stopping);
    }
    if (core->taken)
        note_taken(core, last);
    keep_up(core, false);
    note_reading(core, result == GW_ERR_IO);
    return result;
}

static void end_catching_up(struct kpi_core *core)
{
    core->is_catching_up = false;
    pthread_mutex_lock(&core->lock);
    core->status.is_catching_up = 0;
    pthread_mutex_unlock(&core->lock);
    mute_what_is_late(core);
    append_words(core);
    note_figures(core);
    core->has_published = false;
    publish(core);
    log_info("kpi", "caught up sequence=%llu",
             (unsigned long long)kpi_engine_sequence(core->engine));
}

static void *run(void *context)
{
    struct kpi_core *core = context;
    gw_thread_gives_way(GW_THREAD_ENGINE);
    publish(core);
    for (bool is_last = false; !is_last;) {
        is_last = atomic_load(&core->is_stopping);
        if (drain(core) == GW_ERR_NOT_FOUND && core->is_catching_up)
            end_catching_up(core);
        if (core->first && !core->is_catching_up)
            append_words(core);
        if (!is_last)
            journal_reader_wait(core->reader, WAIT_MS);
    }
    write_checkpoint(core);
    return NULL;
}

/* ---- start and stop ---- */

static struct kpi_engine *restore(struct kpi_core *core, uint64_t seed)
{
    struct kpi_engine *engine = kpi_engine_new(seed, on_emit, core);
    if (!core->checkpoint)
        return engine;
    int error = kpi_checkpoint_read(engine, core->checkpoint);
    uint64_t sequence = kpi_engine_sequence(engine);
    bool fits = !error && sequence <= journal_committed(core->journal);
    if (fits) {
        core->checkpointed_sequence = sequence;
        core->checkpointed_ms = kpi_engine_now_ms(engine);
        core->said = kpi_engine_emission(engine);
        return engine;
    }
    if (error != GW_ERR_NOT_FOUND)
        log_error(
            "kpi",
            "checkpoint refused file=%s reason=\"%s\"; the journal is replayed from its start",
            core->checkpoint, error ? gw_error_text(error) : "it is of another journal");
    kpi_engine_free(engine);
    return kpi_engine_new(seed, on_emit, core);
}

int kpi_core_start(const struct kpi_core_options *options, struct journal *journal,
                   struct snapshot_board *board, struct kpi_core **out)
{
    struct kpi_core *core = gw_alloc(sizeof *core);
    core->journal = journal;
    core->board = board;
    core->is_catching_up = true;
    core->status.is_catching_up = 1;
    core->checkpoint_every_ms =
        options->checkpoint_every_ms > 0 ? options->checkpoint_every_ms : CHECKPOINT_MS;
    core->checkpointed_up_ms = clock_read(&clock_system).mono_ms;
    core->checkpoint = options->checkpoint ? gw_strdup(options->checkpoint) : NULL;
    pthread_mutex_init(&core->lock, NULL);
    core->engine = restore(core, options->seed);
    uint64_t from = kpi_engine_sequence(core->engine) ? kpi_engine_sequence(core->engine) + 1 : 0;
    int error = journal_reader_open(journal, "kpi", from, &core->reader);
    if (!error) {
        /* Where the checkpoint stands decides, not the cursor: they are written one after the
         * other. */
        error = journal_reader_seek(core->reader, from);
        if (!error)
            error = gw_thread_start(&core->thread, "kpi", run, core);
        if (error)
            journal_reader_close(core->reader);
    }
    if (error) {
        kpi_engine_free(core->engine);
        pthread_mutex_destroy(&core->lock);
        free(core->checkpoint);
        free(core);
        return error;
    }
    *out = core;
    return GW_OK;
}

void kpi_core_stop(struct kpi_core *core)
{
    if (!core)
        return;
    atomic_store(&core->is_stopping, true);
    journal_reader_wake(core->reader);
    pthread_join(core->thread, NULL);
    journal_reader_close(core->reader);
    while (core->first)
        drop_first(core);
    kpi_engine_free(core->engine);
    pthread_mutex_destroy(&core->lock);
    free(core->checkpoint);
    free(core);
}

void kpi_core_get_status(struct kpi_core *core, struct kpi_core_status *out)
{
    pthread_mutex_lock(&core->lock);
    *out = core->status;
    pthread_mutex_unlock(&core->lock);
}
