/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records in, states out. A message only counts; a tick looks at the clock's word it carries and
 * has everything judged. Order: new, (restore), apply ..., free.
 *
 * Two kinds of time. now_ms is the wall clock of the newest tick: windows, held states and days
 * hang on it. up_ms is the time that the gateway was seen to run: a gap between ticks of more than
 * 30 s is its own downtime and is left out, as are jumps of the wall clock; silence and holds are
 * measured in it.
 */
#include "gateway/kpi/engine.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "gateway/kpi/engine_internal.h"
#include "gateway/schema/who.h"

static uint64_t draw_seed(void)
{
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
        seed = (uint64_t)(uintptr_t)&seed ^ (uint64_t)time(NULL) << 32;
    return seed ? seed : 1;
}

struct kpi_engine *kpi_engine_new(uint64_t seed, kpi_emit_fn *emit, void *context)
{
    struct kpi_engine *engine = gw_alloc(sizeof *engine);
    engine->seed = seed ? seed : draw_seed();
    engine->emit = emit;
    engine->emit_context = context;
    engine->unlisted_site = SIZE_MAX;
    engine->bucket_ms = 60000;
    kpi_names_init(&engine->names, engine->seed);
    kpi_entities_init(&engine->entities, engine->seed);
    arena_init(&engine->settings_arena, 0);
    return engine;
}

void kpi_engine_free(struct kpi_engine *engine)
{
    if (!engine)
        return;
    kpi_engine_unload(engine);
    for (size_t i = 0; i < engine->n_alerts; i++)
        kpi_alert_free(engine->alerts[i]);
    free(engine->alerts);
    free(engine->watch_memo);
    for (size_t i = 0; i < engine->n_sites; i++) {
        free(engine->sites[i].id);
        free(engine->sites[i].name);
    }
    free(engine->sites);
    for (size_t i = 0; i < engine->n_scopes; i++) {
        free(engine->scopes[i].key);
        free(engine->scopes[i].name);
    }
    free(engine->scopes);
    for (size_t i = 0; i < engine->n_sources; i++)
        free(engine->sources[i].mapping);
    free(engine->sources);
    kpi_table_free(&engine->site_numbers);
    kpi_table_free(&engine->scope_numbers);
    kpi_table_free(&engine->source_numbers);
    kpi_table_free(&engine->seen_keys[0]);
    kpi_table_free(&engine->seen_keys[1]);
    kpi_bursts_free(&engine->bursts);
    kpi_top_free(&engine->top);
    kpi_names_fini(&engine->names);
    kpi_entities_fini(&engine->entities);
    free(engine);
}

/* ---- ticks ---- */

static void advance_clocks(struct kpi_engine *engine, const struct gw_event *event)
{
    int64_t mono = gw_event_int(event, GW_FIELD_MONO_TIME, -1);
    struct slice boot =
        slice_head(gw_event_text(event, GW_FIELD_BOOT_ID), sizeof engine->boot_id - 1);
    if (engine->has_tick) {
        bool is_same_run = mono >= 0 && boot.n && slice_equal(boot, slice_from(engine->boot_id));
        int64_t gap = is_same_run ? mono - engine->mono_ms : event->time_ms - engine->now_ms;
        if (gap > 0 && gap <= DOWNTIME_MS)
            engine->up_ms += gap;
    } else {
        engine->up_ms = 1;
    }
    engine->has_tick = true;
    engine->now_ms = event->time_ms;
    engine->mono_ms = mono;
    memcpy(engine->boot_id, boot.p ? boot.p : "", boot.n);
    engine->boot_id[boot.n] = '\0';
}

static void take_tick(struct kpi_engine *engine, const struct gw_event *event)
{
    int64_t before_ms = engine->now_ms;
    advance_clocks(engine, event);
    bool is_back = engine->now_ms < before_ms;
    if (is_back)
        kpi_clock_back(engine);
    if (engine->is_dirty || is_back || engine->now_ms >= engine->next_look_ms)
        kpi_evaluate(engine);
}

/* A message that was received long before the newest tick: the wall clock was set back since, and
   the next tick will say so. Until it does windows would stand ahead of all that comes, and take it
   for too old to count. */
static void note_clock_back(struct kpi_engine *engine, const struct gw_event *event)
{
    if (!engine->has_tick || event->received_ms <= 0 ||
        event->received_ms >= engine->now_ms - DOWNTIME_MS)
        return;
    engine->now_ms = event->received_ms;
    kpi_clock_back(engine);
    kpi_evaluate(engine);
}

/* ---- messages ---- */

/* Sent again after a session that broke, or known by gw_repeat_key: exact for the last
   SEEN_KEYS_MAX keys, and up to twice as many. */
static bool is_known_key(struct context *c)
{
    struct kpi_engine *engine = c->engine;
    char key[GW_REPEAT_KEY_MAX];
    if (c->event->flags & GW_EVENT_RESENT) {
        engine->repeats++;
        return true;
    }
    size_t n = c->at[GW_FIELD_EVENT_KEY] ? gw_repeat_key(c->event, key) : 0;
    if (!n)
        return false;
    uint64_t hash = kpi_hash(engine->seed, 31, slice_of(key, n));
    if (engine->seen_keys[0].n >= SEEN_KEYS_MAX ||
        c->event->received_ms - engine->seen_since_ms > DAY_MS) {
        kpi_table_free(&engine->seen_keys[1]);
        engine->seen_keys[1] = engine->seen_keys[0];
        engine->seen_keys[0] = (struct kpi_table){0};
        engine->seen_since_ms = c->event->received_ms;
    }
    bool is_new;
    *kpi_table_put(&engine->seen_keys[0], hash, &is_new) = 1;
    if (!is_new || kpi_table_get(&engine->seen_keys[1], hash)) {
        engine->repeats++;
        return true;
    }
    return false;
}

bool kpi_is_repeat(struct context *c)
{
    if (!c->has_asked_repeat)
        c->is_repeat = is_known_key(c);
    c->has_asked_repeat = true;
    return c->is_repeat;
}

static void note_agent(struct context *c)
{
    struct kpi_engine *engine = c->engine;
    if (c->subject == KPI_NO_ENTITY)
        return;
    struct kpi_entity *e = kpi_entity_at(&engine->entities, c->subject);
    bool was_managed = kpi_is_managed(engine, e);
    if (c->time_ms > e->agent_ms)
        e->agent_ms = c->time_ms;
    if (c->time_ms == e->removed_ms)
        e->removed_ms--; /* of two at the same time the later record wins */
    int64_t late_ms = engine->now_ms - c->time_ms; /* at the last tick, which up_ms is of */
    int64_t heard_up_ms = engine->up_ms - (late_ms > 0 ? late_ms : 0);
    if (heard_up_ms > e->agent_up_ms)
        e->agent_up_ms = heard_up_ms;
    if (!was_managed)
        engine->entities_dirty = true;
}

static void note_removal(struct context *c)
{
    if (c->subject == KPI_NO_ENTITY)
        return;
    struct kpi_entity *e = kpi_entity_at(&c->engine->entities, c->subject);
    if (c->time_ms > e->removed_ms)
        e->removed_ms = c->time_ms;
    c->engine->entities_dirty = true;
}

static void note_connection(struct context *c)
{
    int64_t connection = context_int(c, GW_FIELD_AGENT_CONNECTION, -1);
    if (c->event->kind == GW_KIND_AGENT_ONLINE)
        connection = GW_CONNECTION_ONLINE;
    else if (c->event->kind == GW_KIND_AGENT_OFFLINE)
        connection = GW_CONNECTION_OFFLINE;
    if (connection < 0 || connection > GW_CONNECTION_ROAMING || c->subject == KPI_NO_ENTITY)
        return;
    struct kpi_entity *e = kpi_entity_at(&c->engine->entities, c->subject);
    if (c->time_ms < e->connection_ms)
        return;
    if (e->connection != connection)
        c->engine->entities_dirty = true;
    e->connection_ms = c->time_ms;
    e->connection = (uint8_t)connection;
}

static void set_version(char **place, struct slice text)
{
    char clean[64];
    gw_clean_text(text, clean, sizeof clean - 1, false);
    free(*place);
    *place = gw_strdup(clean);
}

/* Rows of lag and age get the record as evidence when it says "behind". */
static void note_behind(struct context *c, uint32_t id, enum gw_component type)
{
    struct kpi_engine *engine = c->engine;
    const struct kpi_entity *e = kpi_entity_at(&engine->entities, id);
    for (size_t k = 0; k < engine->n_runs; k++) {
        struct kpi_run *run = &engine->runs[k];
        for (size_t t = 0; run->is_active && t < run->entry->n_tests; t++) {
            const struct kpi_test *test = &run->entry->tests[t];
            if (test->component != type)
                continue;
            if (test->scope == KPI_SCOPE_SITE &&
                (!kpi_entity_is_product(e) || (e->flags & KPI_ENTITY_LISTED_HOST)))
                kpi_note_evidence(engine, run, engine->sites[e->site].scope, c->event->sequence);
            else if (test->scope == KPI_SCOPE_PRODUCT && kpi_entity_is_product(e) && e->scope)
                kpi_note_evidence(engine, run, e->scope - 1, c->event->sequence);
        }
    }
}

static void note_component(struct context *c)
{
    struct kpi_engine *engine = c->engine;
    int64_t type = context_int(c, GW_FIELD_COMPONENT_TYPE, GW_COMPONENT_OTHER);
    struct slice id = context_text(c, GW_FIELD_COMPONENT_ID),
                 version = context_text(c, GW_FIELD_COMPONENT_VERSION);
    uint32_t entity = c->subject != KPI_NO_ENTITY ? c->subject : c->reporter;
    if (type != GW_COMPONENT_ENGINE && type != GW_COMPONENT_PATTERN)
        return;
    if (entity == KPI_NO_ENTITY)
        return;
    if (!id.n)
        id = context_text(c, GW_FIELD_COMPONENT_NAME);
    uint32_t component =
        kpi_component_number(&engine->entities, (enum gw_component)type, id, c->is_known);
    if (component == UINT32_MAX)
        return;
    int64_t number = context_int(c, GW_FIELD_COMPONENT_NUMBER, 0),
            lag = context_int(c, GW_FIELD_CONTENT_LAG, -1);
    if (lag < 0 && c->event->kind == GW_KIND_CONTENT_OUTDATED)
        lag = 1;
    else if (lag < 0 && number <= 0 && c->event->kind != GW_KIND_CONTENT_OUTDATED)
        lag = 0;
    if (c->is_known) /* else anybody could make a version that leaves all others behind */
        kpi_component_learn(&engine->entities, component, entity, number, c->time_ms);
    struct kpi_entity *e = kpi_entity_at(&engine->entities, entity);
    uint8_t n_before = e->n_components;
    kpi_component_update(&engine->entities, entity, component, (int)(lag > 1000 ? 1000 : lag),
                         number, c->time_ms);
    if (kpi_entity_is_product(e)) {
        struct kpi_product *p = kpi_entity_product(&engine->entities, entity);
        if (version.n)
            set_version(type == GW_COMPONENT_PATTERN ? &p->pattern_version : &p->engine_version,
                        version);
        if (e->n_components != n_before)
            engine->rows_dirty = true;
    }
    if (lag > 0)
        note_behind(c, entity, (enum gw_component)type);
    engine->entities_dirty = true;
}

/* Who tells such a thing can tell it. Before the products are looked up, which take over what their
 * source can: of one that nobody listed the first such record makes the row. */
static void note_able(struct context *c, const uint16_t *hits, size_t n_hits)
{
    for (size_t h = 0; c->source && h < n_hits; h++)
        take_able(c->source->able, c->engine->inputs[hits[h]].told);
}

static void take_message(struct kpi_engine *engine, const struct gw_event *event)
{
    struct context c;
    const struct kpi_catalogue *cat = engine->catalogue;
    uint16_t hits[KPI_INPUTS_MAX];
    size_t n_hits = 0;
    kpi_context_fill(&c, engine, event);
    engine->is_dirty = true;
    for (const uint16_t *i = engine->by_kind[event->kind < GW_KIND_END ? event->kind : 0];
         *i != KPI_NO_INPUT; i++)
        if (kpi_input_matches(&c, &cat->inputs[*i]))
            hits[n_hits++] = *i;
    note_able(&c, hits, n_hits);
    engine->names.is_strange = !c.is_known;
    kpi_context_people(&c);
    kpi_hear_products(&c);
    if (n_hits == 0)
        return;
    note_connection(&c);
    for (size_t h = 0; h < n_hits; h++) {
        if (cat->inputs[hits[h]].burst_least && !kpi_ends_burst(&c, &cat->inputs[hits[h]]))
            continue;
        if (hits[h] == cat->agent_evidence || hits[h] == cat->agent_finding)
            note_agent(&c);
        if (hits[h] == cat->agent_removed)
            note_removal(&c);
        if (hits[h] == cat->component_status)
            note_component(&c);
        if (hits[h] == cat->infection)
            kpi_measure_top(&c);
        const struct input_run *input = &engine->inputs[hits[h]];
        for (size_t u = 0; u < input->n_users; u++)
            kpi_measure(&c, input->users[u]);
    }
}

/* Our own words were numbered when they were said. A greater number than ours is of a past that
 * this engine does not know: the journal's beginning is gone, or another version said more. Numbers
 * go on behind it, or what is said next would be taken for said already. */
static void note_own_word(struct kpi_engine *engine, const struct gw_event *event)
{
    int64_t number = gw_event_int(event, GW_FIELD_EMISSION, 0),
            alert = gw_event_int(event, GW_FIELD_ALERT_ID, 0);
    if (number > 0 && (uint64_t)number > engine->emission)
        engine->emission = (uint64_t)number;
    if (alert > engine->last_alert_id && alert < UINT32_MAX)
        engine->last_alert_id = (uint32_t)alert;
}

void kpi_engine_apply(struct kpi_engine *engine, const struct gw_event *event)
{
    /* What only the gateway itself may say: no peer, no transport. */
    bool is_own = event->transport == GW_TRANSPORT_NONE && !gw_event_has(event, GW_FIELD_PEER);
    if (engine->n_sites == 0)
        kpi_apply_settings(engine);
    engine->sequence = event->sequence;
    if (gw_event_is_correction(event))
        return; /* it happened once, and was judged by what was known then */
    switch (event->kind) {
    case GW_KIND_GATEWAY_TICK:
        if (is_own)
            take_tick(engine, event);
        return;
    case GW_KIND_GATEWAY_CONFIG:
        if (is_own)
            kpi_engine_load(engine, event);
        return;
    case GW_KIND_ALERT_ACKNOWLEDGED:
        if (is_own && !gw_event_has(event, GW_FIELD_EMISSION)) {
            kpi_alert_acknowledge(engine, event);
            return;
        }
        /* fall through */
    case GW_KIND_KPI_CHANGED:
    case GW_KIND_ALERT_RAISED:
    case GW_KIND_ALERT_CHANGED:
    case GW_KIND_ALERT_CLEARED:
    case GW_KIND_ALERT_REPEATED:
    case GW_KIND_KPI_VALUE:
        if (is_own)
            note_own_word(engine, event);
        return;
    default:
        if (!engine->catalogue)
            return;
        note_clock_back(engine, event);
        take_message(engine, event);
    }
}

/* ---- queries ---- */

uint64_t kpi_engine_sequence(const struct kpi_engine *engine)
{
    return engine->sequence;
}

int64_t kpi_engine_now_ms(const struct kpi_engine *engine)
{
    return engine->has_tick ? engine->now_ms : 0;
}

uint64_t kpi_engine_emission(const struct kpi_engine *engine)
{
    return engine->emission;
}

uint64_t kpi_engine_generation(const struct kpi_engine *engine)
{
    return engine->generation;
}

struct slice kpi_engine_loaded(const struct kpi_engine *engine, enum kpi_load load)
{
    return buf_get(&engine->load_bytes[load]);
}

static size_t store_bytes(const struct cell_store *store)
{
    return store
               ? sizeof *store + (store->ring ? sizeof *store->ring : 0) +
                     kpi_table_bytes(&store->pairs.cells) + kpi_index_bytes(&store->pairs.numbers) +
                     store->pairs.cap_groups * sizeof *store->pairs.groups
               : 0;
}

void kpi_engine_figures(const struct kpi_engine *engine, struct kpi_engine_figures *out)
{
    *out = (struct kpi_engine_figures){
        .hosts = engine->entities.live,
        .scopes = engine->n_scopes,
        .sources = engine->n_sources,
        .names = engine->names.live,
        .alerts = engine->n_alerts,
        .refused_scopes = engine->refused_scopes,
        .refused_sources = engine->refused_sources,
        .refused_hosts = engine->entities.refused,
        .refused_aliases = engine->entities.refused_aliases,
        .refused_components = engine->entities.refused_components,
        .refused_names = engine->names.refused,
        .repeats = engine->repeats,
        .late = engine->late,
        .evaluations = engine->evaluations,
    };
    out->bytes = kpi_entities_bytes(&engine->entities) + kpi_table_bytes(&engine->names.by_hash) +
                 kpi_table_bytes(&engine->seen_keys[0]) + kpi_table_bytes(&engine->seen_keys[1]) +
                 kpi_top_bytes(&engine->top) + engine->bursts.cap * sizeof *engine->bursts.all +
                 kpi_table_bytes(&engine->bursts.numbers);
    out->refused_cells = engine->bursts.refused;
    out->bytes += engine->names.arena.used_bytes + engine->names.cap * sizeof *engine->names.texts;
    for (size_t k = 0; k < engine->n_runs; k++) {
        const struct kpi_run *run = &engine->runs[k];
        for (size_t s = 0; s < run->n_rows; s++)
            out->rows += run->rows[s] != NULL;
        for (size_t t = 0; t < run->entry->n_tests; t++) {
            const struct test_run *test = &run->tests[t];
            out->refused_cells += test->held.refused;
            out->bytes +=
                kpi_index_bytes(&test->held.numbers) + test->held.cap * sizeof *test->held.entries;
            for (size_t s = 0; s < test->n_stores; s++) {
                out->bytes += store_bytes(test->stores[s]);
                out->refused_cells += test->stores[s] ? test->stores[s]->pairs.refused : 0;
            }
        }
    }
}
