/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Housekeeping at a look: entities that turned out to be one become one in every window and held
 * state; once an hour what nobody needs any more goes; what a clock that ran ahead dated is dated
 * anew when it was set back.
 */
#include <stdlib.h>

#include "gateway/kpi/engine_internal.h"

uint32_t kpi_remap_member(void *context, uint32_t member)
{
    return member ? kpi_entity_root(context, member - 1) + 1 : 0;
}

/* A link of an entity: 1, the entity in 31 bits, the link's name. */
static uint64_t remap_link(const void *context, uint64_t key)
{
    uint32_t id = (uint32_t)(key >> 32 & INT32_MAX) - 1;
    return (uint64_t)1 << 63 | (kpi_entity_root(context, id) + 1ull) << 32 | (key & UINT32_MAX);
}

static uint64_t remap_entity_key(void *context, uint64_t key)
{
    if (key >> 62 == 2)
        return remap_link(context, key);
    if (key >> 62)
        return key; /* a name, not an entity */
    uint64_t low = key & UINT32_MAX;
    return low ? (key & ~(uint64_t)UINT32_MAX) |
                     (kpi_entity_root(context, (uint32_t)low - 1) + 1ull)
               : key;
}

static uint64_t remap_first(void *context, uint64_t key)
{
    uint64_t high = key >> 32;
    return high ? (kpi_entity_root(context, (uint32_t)high - 1) + 1ull) << 32 | (key & UINT32_MAX)
                : key;
}

static bool is_entity_key(const struct kpi_key *key)
{
    return key->kind == KPI_KEY_HOST || key->kind == KPI_KEY_PRODUCT;
}

void kpi_remap_all(struct kpi_engine *engine, bool is_collecting)
{
    for (size_t k = 0; k < engine->n_runs; k++) {
        for (size_t t = 0; t < engine->runs[k].entry->n_tests; t++) {
            struct test_run *run = &engine->runs[k].tests[t];
            const struct kpi_test *test = run->test;
            bool has_members = is_entity_key(&test->member);
            bool is_pair = test->group[1].kind != KPI_KEY_NONE;
            bool is_first = is_entity_key(&test->group[0]),
                 is_second = is_pair && is_entity_key(&test->group[1]);
            for (size_t s = 0; s < run->n_stores; s++) {
                if (!run->stores[s] || (!has_members && !is_first && !is_second && !is_collecting))
                    continue;
                struct kpi_pairs *pairs = &run->stores[s]->pairs;
                uint32_t now = kpi_bucket_of(engine->now_ms, test->window_ms);
                kpi_pairs_roll(pairs, now, true, has_members ? kpi_remap_member : NULL,
                               is_first && is_pair     ? remap_first
                               : is_first || is_second ? remap_entity_key
                                                       : NULL,
                               &engine->entities);
            }
            if (run->held.n)
                kpi_held_rebuild(
                    &run->held, engine->now_ms, test->expire_ms, engine->now_ms - MANAGED_MS,
                    test->member.kind == KPI_KEY_FIELD || test->member.kind == KPI_KEY_SOURCE
                        ? NULL
                        : remap_entity_key,
                    &engine->entities);
        }
    }
    kpi_top_remap(&engine->top, kpi_remap_member, &engine->entities);
    engine->entities.has_joined = false;
    engine->entities_dirty = engine->rows_dirty = true;
}

/* Names that some cell still uses. */
static void collect_names(struct kpi_engine *engine)
{
    uint8_t *used = gw_alloc(engine->names.n + 1);
    for (size_t k = 0; k < engine->n_runs; k++) {
        for (size_t t = 0; t < engine->runs[k].entry->n_tests; t++) {
            const struct test_run *run = &engine->runs[k].tests[t];
            const struct kpi_test *test = run->test;
            for (size_t s = 0; s < run->n_stores; s++) {
                const struct kpi_pairs *pairs = run->stores[s] ? &run->stores[s]->pairs : NULL;
                for (size_t g = 0; pairs && g < pairs->n_groups; g++) {
                    uint64_t a = pairs->groups[g].key & UINT32_MAX, b = pairs->groups[g].key >> 32;
                    if (a && a - 1 < engine->names.n)
                        used[a - 1] = 1; /* an entity's number marks a name in vain, no harm */
                    if (b && b - 1 < engine->names.n)
                        used[b - 1] = 1;
                }
                size_t at = 0;
                uint64_t cell;
                uint32_t *value;
                while (pairs && !pairs->is_count && !is_entity_key(&test->member) &&
                       kpi_table_next(&pairs->cells, &at, &cell, &value))
                    if ((uint32_t)cell && (uint32_t)cell - 1 < engine->names.n)
                        used[(uint32_t)cell - 1] = 1;
            }
            for (size_t i = 0; i < run->held.n; i++) {
                uint64_t low = run->held.entries[i].key & UINT32_MAX;
                if (run->held.entries[i].key >> 62 && low && low - 1 < engine->names.n)
                    used[low - 1] = 1;
            }
        }
    }
    kpi_names_collect(&engine->names, used);
    free(used);
}

/* A number of an entity that was forgotten will be another's. 0: so it is of nobody. */
static uint64_t drop_forgotten(void *context, uint64_t key)
{
    const struct kpi_entities *entities = context;
    uint64_t id = (key >> 62 == 2 ? key >> 32 & INT32_MAX : key & UINT32_MAX) - 1;
    return key >> 62 == 1 || (id < entities->n && entities->all[id].label) ? key : 0;
}

static void forget_entities(struct kpi_engine *engine)
{
    kpi_entities_collect(&engine->entities, engine->now_ms - FORGET_MS);
    for (size_t k = 0; k < engine->n_runs; k++)
        for (size_t t = 0; t < engine->runs[k].entry->n_tests; t++)
            if (engine->runs[k].tests[t].held.n)
                kpi_held_rebuild(&engine->runs[k].tests[t].held, engine->now_ms, 0, 0,
                                 drop_forgotten, &engine->entities);
}

/* Sources that are long silent make room, but only where room is needed: until then they tell since
 * when they are silent. */
static void collect_sources(struct kpi_engine *engine)
{
    size_t n = 0;
    if (engine->n_sources <= SOURCES_MAX / 2)
        return;
    kpi_table_free(&engine->source_numbers);
    for (size_t i = 0; i < engine->n_sources; i++) {
        struct source *s = &engine->sources[i];
        if (engine->up_ms - s->last_up_ms > DAY_MS && s->interval_ms < DAY_MS) {
            free(s->mapping);
            continue;
        }
        engine->sources[n] = *s;
        *kpi_table_put(&engine->source_numbers, s->key, NULL) = (uint32_t)n++;
    }
    engine->n_sources = n;
}

/* Once an hour: what nobody needs any more goes. */
void kpi_collect(struct kpi_engine *engine)
{
    if (engine->now_ms - engine->collected_ms < 3600000 && engine->now_ms >= engine->collected_ms)
        return;
    engine->collected_ms = engine->now_ms;
    for (uint32_t s = 0; s < engine->n_scopes; s++) {
        struct scope *scope = &engine->scopes[s];
        if (scope->kind == KPI_SCOPE_SITE || scope->is_gone)
            continue;
        scope->entity = kpi_entity_root(&engine->entities, scope->entity);
        struct kpi_entity *e = kpi_entity_at(&engine->entities, scope->entity);
        bool is_silent = !(e->flags & KPI_ENTITY_LISTED) && e->product &&
                         engine->up_ms - e->product->heard_up_ms > MANAGED_MS;
        if (e->scope != s + 1 || is_silent) {
            scope->is_gone = true;
            if (is_silent) {
                e->scope = 0;
                e->flags = 0;
            }
            engine->rows_dirty = true;
        }
    }
    engine->is_full = false;
    for (uint32_t s = 0; s < engine->n_sites; s++)
        if (engine->sites[s].is_configured)
            kpi_give_site_scope(engine, s);
    collect_sources(engine);
    kpi_bursts_collect(&engine->bursts, engine->now_ms, DAY_MS);
    kpi_remap_all(engine, true);
    if (engine->rows_dirty)
        kpi_shape_rows(engine);
    forget_entities(engine);
    collect_names(engine);
}

/* ---- a clock that was set back ---- */

static int64_t not_after(const struct kpi_engine *engine, int64_t time_ms)
{
    return time_ms > engine->now_ms ? engine->now_ms - AHEAD_MS : time_ms;
}

static void redate_entity(const struct kpi_engine *engine, struct kpi_entity *e)
{
    bool is_removed = e->removed_ms >= e->agent_ms;
    struct kpi_product *p = e->product;
    e->seen_ms = not_after(engine, e->seen_ms);
    e->agent_ms = not_after(engine, e->agent_ms);
    e->removed_ms = not_after(engine, e->removed_ms);
    if (!is_removed && e->removed_ms == e->agent_ms)
        e->removed_ms--;
    e->connection_ms = not_after(engine, e->connection_ms);
    for (size_t i = 0; i < e->n_components; i++) {
        e->components[i].time_ms = not_after(engine, e->components[i].time_ms);
        e->components[i].behind_ms = not_after(engine, e->components[i].behind_ms);
    }
    if (p) {
        p->seen_ms = not_after(engine, p->seen_ms);
        p->noticed_ms = not_after(engine, p->noticed_ms);
    }
}

void kpi_clock_back(struct kpi_engine *engine)
{
    for (size_t i = 0; i < engine->entities.n; i++)
        redate_entity(engine, &engine->entities.all[i]);
    for (size_t n = 0; n < engine->entities.n_components; n++) {
        struct kpi_component *c = &engine->entities.components[n];
        for (size_t i = 0; i < c->n_versions; i++)
            if (!c->versions[i].is_told) /* the configuration may name a day to come */
                c->versions[i].first_ms = not_after(engine, c->versions[i].first_ms);
    }
    for (size_t k = 0; k < engine->n_runs; k++) {
        for (size_t t = 0; t < engine->runs[k].entry->n_tests; t++) {
            struct kpi_held *held = &engine->runs[k].tests[t].held;
            for (size_t i = 0; i < held->n; i++)
                held->entries[i].time_ms = not_after(engine, held->entries[i].time_ms);
        }
    }
    for (size_t i = 0; i < engine->bursts.n; i++) {
        struct kpi_burst *b = &engine->bursts.all[i];
        if (b->newest_ms > engine->now_ms)
            b->n = 0;
        b->newest_ms = not_after(engine, b->newest_ms);
    }
    engine->entities_dirty = true;
}
