/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One message from its envelope into the journal: take() below reads like the picture in the
 * header. */
#include "gateway/daemon/pipeline.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/charset.h"
#include "gateway/base/error.h"
#include "gateway/daemon/zone_hint.h"
#include "gateway/normalize/normalize.h"
#include "parsers/fields.h"
#include "parsers/registry.h"
#include "parsers/varbinds.h"

/* ENCODED_KEPT_MAX: what a batch of long datagrams needed goes back. */
enum { ARENA_CAP = 1024 * 1024, ENCODED_KEPT_MAX = 1024 * 1024, CHARSET_LOG_MS = 1000 };

struct pipeline {
    struct journal *journal;
    struct stats *stats;
    pthread_mutex_t lock; /* guards rules */
    struct rules *rules;
    _Atomic uint64_t generation;
    stats_counter taken;
};

/* What is to be counted once the record is staged. */
struct prepared {
    struct stats_source *source, *relay; /* relay: NULL: straight from the source */
    bool is_named;                       /* by the relay */
    int64_t received_ms;
    size_t message_bytes;
    uint16_t kind;
    uint8_t flags;
    const char *guessed; /* charset; NULL: none was */
    int32_t zone_hint;
    size_t end; /* of its record in lane.encoded */
};

struct lane {
    struct pipeline *pipeline;
    struct rules *rules;
    struct source_profile *profiles; /* by rules_source.number; converters are this thread's */
    struct charset *undeclared;      /* of all sources that declare none */
    struct normalizer *normalizer;
    struct arena arena;
    struct fields fields;
    const char *guessed;
    struct gw_event event;
    struct log_limit charset_log;
    struct buf encoded;
    struct prepared kept[INTAKE_BATCH];
    size_t n_kept;
};

struct pipeline *pipeline_new(struct journal *journal, struct stats *stats, struct rules *rules)
{
    struct pipeline *pipeline = gw_alloc(sizeof *pipeline);
    pipeline->journal = journal;
    pipeline->stats = stats;
    pthread_mutex_init(&pipeline->lock, NULL);
    pipeline_set_rules(pipeline, rules);
    return pipeline;
}

void pipeline_free(struct pipeline *pipeline)
{
    if (!pipeline)
        return;
    rules_put(pipeline->rules);
    pthread_mutex_destroy(&pipeline->lock);
    free(pipeline);
}

void pipeline_set_rules(struct pipeline *pipeline, struct rules *rules)
{
    pthread_mutex_lock(&pipeline->lock);
    struct rules *old = pipeline->rules;
    pipeline->rules = rules_get(rules);
    atomic_store(&pipeline->generation, rules->generation);
    pthread_mutex_unlock(&pipeline->lock);
    rules_put(old);
}

uint64_t pipeline_taken(const struct pipeline *pipeline)
{
    return stats_read(&pipeline->taken);
}

/* ---- lanes ---- */

static void close_profiles(struct lane *lane)
{
    if (lane->profiles)
        for (size_t i = 0; i < lane->rules->n_sources; i++)
            if (lane->profiles[i].charset != lane->undeclared)
                charset_close(lane->profiles[i].charset);
    free(lane->profiles);
    lane->profiles = NULL;
}

static void use_newest_rules(struct lane *lane)
{
    struct pipeline *pipeline = lane->pipeline;
    close_profiles(lane);
    rules_put(lane->rules);
    pthread_mutex_lock(&pipeline->lock);
    lane->rules = rules_get(pipeline->rules);
    pthread_mutex_unlock(&pipeline->lock);

    lane->profiles = gw_alloc(lane->rules->n_sources * sizeof *lane->profiles);
    for (size_t i = 0; i < lane->rules->n_sources; i++) {
        const struct rules_source *source = &lane->rules->sources[i];
        lane->profiles[i] = (struct source_profile){
            .site = source->site,
            .tenants = lane->rules->tenants.n ? &lane->rules->tenants : NULL,
            .zone = source->zone,
            .charset = source->charset ? charset_open(source->charset) : lane->undeclared,
            .time_is_receipt = source->time_is_receipt,
        };
    }
}

static void *lane_new(void *context)
{
    struct lane *lane = gw_alloc(sizeof *lane);
    lane->pipeline = context;
    lane->normalizer = normalizer_new();
    lane->undeclared = charset_open(NULL);
    arena_init(&lane->arena, ARENA_CAP);
    use_newest_rules(lane);
    return lane;
}

static void lane_free(void *context)
{
    struct lane *lane = context;
    close_profiles(lane);
    charset_close(lane->undeclared);
    rules_put(lane->rules);
    normalizer_free(lane->normalizer);
    arena_fini(&lane->arena);
    buf_free(&lane->encoded);
    free(lane);
}

static const struct source_profile *profile_of(struct lane *lane, struct intake_peer *peer)
{
    if (peer->generation != lane->rules->generation) {
        peer->source = rules_find(lane->rules, peer->name);
        peer->generation = lane->rules->generation;
    }
    return &lane->profiles[((const struct rules_source *)peer->source)->number];
}

/* ---- stages ---- */

/* Charset before syntax: the second byte of a GB18030 or Big5 character may be '|', '=' or '\'. */
static void parse(struct lane *lane, const struct envelope *envelope,
                  const struct source_profile *profile)
{
    struct gw_event *event = &lane->event;
    if (envelope->notification) {
        parse_varbinds(envelope->notification, profile->charset, &lane->arena, &lane->fields);
        lane->guessed = lane->fields.guessed;
        return;
    }
    lane->guessed = normalize_text(profile->charset, &lane->arena, event);
    parse_message(event->text, NULL, &lane->arena, &lane->fields);
    if (envelope->is_damaged)
        lane->fields.error = "framing cannot be followed, or ends within the message";
}

static void begin_event(struct lane *lane, const struct envelope *envelope)
{
    struct gw_event *event = &lane->event;
    gw_event_clear(event);
    event->raw = event->text = envelope->bytes;
    event->transport = (uint8_t)envelope->transport;
    event->received_ms = envelope->received_ms;
    if (envelope->full_size_bytes) {
        event->full_size_bytes = envelope->full_size_bytes;
        event->flags |= GW_EVENT_TRUNCATED;
    }
    if (envelope->is_resent)
        event->flags |= GW_EVENT_RESENT;
    gw_event_set_text(event, GW_FIELD_PEER, envelope->peer->ip);
    if (!envelope->relayed)
        return;
    gw_event_set_text(event, GW_FIELD_RELAY, envelope->relayed->ip);
    if (envelope->relayed->time_ms != INT64_MIN)
        gw_event_set_int(event, GW_FIELD_RELAY_TIME, envelope->relayed->time_ms);
}

/* The way of its last message; most keep theirs, so it is seldom written. */
static void note_way(struct stats_source *source, struct stats_source *relay)
{
    struct stats_source *via = relay != source ? relay : NULL;
    if (atomic_load_explicit(&source->via, memory_order_relaxed) != via)
        atomic_store_explicit(&source->via, via, memory_order_relaxed);
}

/* Told once a sender, and with each other set; `eogctl sources` has the last. */
static void note_charset(struct lane *lane, const struct prepared *prepared)
{
    unsigned long held;
    const char *before = atomic_exchange_explicit(&prepared->source->guessed, prepared->guessed,
                                                  memory_order_relaxed);
    if (before != prepared->guessed && log_allowed(&lane->charset_log, CHARSET_LOG_MS, &held))
        log_warn(
            "intake",
            "text is not UTF-8, and no character set is declared: read as %s, which is likely; "
            "write <source address=\"%s\" charset=\"%s\"/> peer=%s held=%lu",
            prepared->guessed, prepared->source->peer, prepared->guessed, prepared->source->peer,
            held);
}

static void tell_zone(const struct stats_source *source, int32_t hint)
{
    unsigned minutes = (unsigned)(hint < 0 ? -hint : hint) / 60;
    log_warn("intake",
             "times without a zone are %u:%02u h %s their receipt, again and again: declare their "
             "zone, as in <source address=\"%s\" zone=\"Asia/Shanghai\"/> peer=%s",
             minutes / 60, minutes % 60, hint < 0 ? "behind" : "ahead of", source->peer,
             source->peer);
}

static void count(struct lane *lane, const struct prepared *prepared)
{
    struct stats *stats = lane->pipeline->stats;
    struct stats_source *source = prepared->source;
    stats_add(&lane->pipeline->taken, 1);
    stats_add(&stats->received, 1);
    stats_add(&stats->bytes, prepared->message_bytes);
    stats_add(&source->received, 1);
    atomic_store_explicit(&source->last_seen_ms, (uint64_t)prepared->received_ms,
                          memory_order_relaxed);
    note_way(source, prepared->relay);
    if (prepared->guessed)
        note_charset(lane, prepared);
    if (zone_hint_note(source, prepared->zone_hint))
        tell_zone(source, prepared->zone_hint);
    if (prepared->is_named)
        stats_add(&prepared->relay->relayed, 1);
    if (prepared->kind == GW_KIND_GATEWAY_UNTRANSLATABLE) {
        stats_add(&stats->unclassified, 1);
        stats_add(&source->unclassified, 1);
    }
    if (prepared->flags & GW_EVENT_MALFORMED) {
        stats_add(&stats->malformed, 1);
        stats_add(&source->malformed, 1);
    }
    if (prepared->flags & GW_EVENT_TRUNCATED)
        stats_add(&stats->truncated, 1);
}

/* Its record is appended to lane->encoded. */
static void prepare(struct lane *lane, const struct envelope *envelope, struct prepared *out)
{
    const struct relayed *relayed = envelope->relayed;
    if (atomic_load_explicit(&lane->pipeline->generation, memory_order_acquire) !=
        lane->rules->generation)
        use_newest_rules(lane);
    const struct source_profile *profile = profile_of(lane, envelope->peer);

    arena_reset(&lane->arena);
    begin_event(lane, envelope);
    parse(lane, envelope, profile);
    normalize_event(lane->normalizer, lane->rules->mappings, profile, &lane->fields, &lane->arena,
                    &lane->event);
    gw_event_encode(&lane->event, &lane->encoded);
    *out = (struct prepared){
        .source = envelope->peer->stats,
        .relay = relayed ? relayed->stats : NULL,
        .is_named = relayed && relayed->is_named,
        .received_ms = envelope->received_ms,
        .message_bytes = envelope->bytes.n,
        .kind = lane->event.kind,
        .flags = lane->event.flags,
        .guessed = lane->guessed,
        .zone_hint = profile->time_is_receipt ? ZONE_HINT_NOTHING
                                              : zone_hint_of(&lane->event, profile->zone),
        .end = lane->encoded.n,
    };
}

static int take(void *context, const struct envelope *envelope, uint64_t *sequence)
{
    struct lane *lane = context;
    struct prepared prepared;
    if (envelope->transport != GW_TRANSPORT_SNMP &&
        !journal_has_room(lane->pipeline->journal, JOURNAL_ROOM_STREAM))
        return GW_ERR_FULL;
    buf_clear(&lane->encoded);
    prepare(lane, envelope, &prepared);
    struct slice record = buf_get(&lane->encoded);
    int result = journal_append_all(lane->pipeline->journal, &record, 1, sequence);
    if (result == GW_OK)
        count(lane, &prepared);
    return result;
}

static void keep(void *context, const struct envelope *envelope)
{
    struct lane *lane = context;
    if (lane->n_kept == 0)
        buf_clear(&lane->encoded);
    prepare(lane, envelope, &lane->kept[lane->n_kept++]);
}

/* All at once, or as many as there is room for. */
static size_t append_kept(void *context)
{
    struct lane *lane = context;
    struct journal *journal = lane->pipeline->journal;
    struct slice records[INTAKE_BATCH];
    size_t n = lane->n_kept, n_refused = 0, begin = 0;
    uint64_t sequence;
    for (size_t i = 0; i < n; i++) {
        records[i] = slice_of(lane->encoded.p + begin, lane->kept[i].end - begin);
        begin = lane->kept[i].end;
    }
    bool is_taken = n && journal_append_all(journal, records, n, &sequence) == GW_OK;
    for (size_t i = 0; i < n; i++) {
        if (is_taken || journal_append_all(journal, &records[i], 1, &sequence) == GW_OK) {
            count(lane, &lane->kept[i]);
            continue;
        }
        stats_add(&lane->pipeline->stats->dropped_full, 1);
        stats_add(&lane->kept[i].source->dropped, 1);
        n_refused++;
    }
    lane->n_kept = 0;
    if (lane->encoded.cap > ENCODED_KEPT_MAX)
        buf_free(&lane->encoded);
    return n_refused;
}

struct intake_sink pipeline_sink(struct pipeline *pipeline)
{
    return (struct intake_sink){lane_new, lane_free, take, keep, append_kept, pipeline};
}
