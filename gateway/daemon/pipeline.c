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
#include "gateway/normalize/normalize.h"
#include "parsers/fields.h"
#include "parsers/registry.h"
#include "parsers/varbinds.h"

enum { ARENA_CAP = 1024 * 1024 };

struct pipeline {
    struct journal *journal;
    struct stats *stats;
    pthread_mutex_t lock; /* guards rules */
    struct rules *rules;
    _Atomic uint64_t generation;
    stats_counter taken;
};

struct lane {
    struct pipeline *pipeline;
    struct rules *rules;
    struct source_profile *profiles; /* by rules_source.number; converters are this thread's */
    struct normalizer *normalizer;
    struct arena arena;
    struct fields fields;
    struct gw_event event;
    struct buf encoded;
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
            .charset = source->charset ? charset_open(source->charset) : NULL,
            .time_is_receipt = source->time_is_receipt,
        };
    }
}

static void *lane_new(void *context)
{
    struct lane *lane = gw_alloc(sizeof *lane);
    lane->pipeline = context;
    lane->normalizer = normalizer_new();
    arena_init(&lane->arena, ARENA_CAP);
    use_newest_rules(lane);
    return lane;
}

static void lane_free(void *context)
{
    struct lane *lane = context;
    close_profiles(lane);
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
    unsigned replaced = 0;
    if (envelope->notification) {
        parse_varbinds(envelope->notification, profile->charset, &lane->arena, &lane->fields);
        return;
    }
    event->text = charset_to_utf8(profile->charset, envelope->bytes, &lane->arena, &replaced);
    if (replaced)
        event->flags |= GW_EVENT_REPLACED;
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
static void note_way(struct stats_source *source, const struct relayed *relayed)
{
    struct stats_source *via = relayed && relayed->stats != source ? relayed->stats : NULL;
    if (atomic_load_explicit(&source->via, memory_order_relaxed) != via)
        atomic_store_explicit(&source->via, via, memory_order_relaxed);
}

static void count(struct lane *lane, const struct envelope *envelope)
{
    struct stats *stats = lane->pipeline->stats;
    struct stats_source *source = envelope->peer->stats;
    const struct gw_event *event = &lane->event;
    stats_add(&lane->pipeline->taken, 1);
    stats_add(&stats->received, 1);
    stats_add(&stats->bytes, envelope->bytes.n);
    stats_add(&source->received, 1);
    atomic_store_explicit(&source->last_seen_ms, (uint64_t)envelope->received_ms,
                          memory_order_relaxed);
    note_way(source, envelope->relayed);
    if (event->kind == GW_KIND_GATEWAY_UNTRANSLATABLE) {
        stats_add(&stats->unclassified, 1);
        stats_add(&source->unclassified, 1);
    }
    if (event->flags & GW_EVENT_MALFORMED) {
        stats_add(&stats->malformed, 1);
        stats_add(&source->malformed, 1);
    }
    if (event->flags & GW_EVENT_TRUNCATED)
        stats_add(&stats->truncated, 1);
}

static int take(void *context, const struct envelope *envelope, uint64_t *sequence)
{
    struct lane *lane = context;
    if (atomic_load_explicit(&lane->pipeline->generation, memory_order_acquire) !=
        lane->rules->generation)
        use_newest_rules(lane);
    const struct source_profile *profile = profile_of(lane, envelope->peer);

    arena_reset(&lane->arena);
    begin_event(lane, envelope);
    parse(lane, envelope, profile);
    normalize_event(lane->normalizer, lane->rules->mappings, profile, &lane->fields, &lane->arena,
                    &lane->event);
    buf_clear(&lane->encoded);
    gw_event_encode(&lane->event, &lane->encoded);
    int result = journal_append(lane->pipeline->journal, buf_get(&lane->encoded), sequence);
    if (result == GW_OK)
        count(lane, envelope);
    return result;
}

struct intake_sink pipeline_sink(struct pipeline *pipeline)
{
    return (struct intake_sink){lane_new, lane_free, take, pipeline};
}
