/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * At a look, before rows are judged: which KPI has a source that lives at which site, and one walk
 * over all entities that counts whatever shares and held states ask for. Sums only: nothing here
 * depends on an order.
 */
#include <stdlib.h>

#include "gateway/kpi/engine_internal.h"

/* ---- who is alive ---- */

static bool is_alive(const struct kpi_engine *engine, int64_t heard_up_ms, int64_t interval_ms)
{
    int64_t limit = engine->settings.source_alive_ms;
    if (limit <= 0)
        limit = interval_ms * 10 > ALIVE_MS ? interval_ms * 10 : ALIVE_MS;
    return engine->up_ms - heard_up_ms < limit;
}

bool kpi_product_is_alive(const struct kpi_engine *engine, const struct kpi_product *p)
{
    return p && p->seen_ms > 0 && is_alive(engine, p->heard_up_ms, p->interval_ms);
}

struct life *kpi_find_life(const struct kpi_engine *engine)
{
    struct life *life = gw_alloc((engine->n_runs * engine->n_sites + 1) * sizeof *life);
    for (size_t i = 0; i < engine->n_sources; i++) {
        const struct source *s = &engine->sources[i];
        bool lives = is_alive(engine, s->last_up_ms, s->interval_ms);
        for (size_t k = 0; s->site < engine->n_sites && k < engine->n_runs; k++) {
            if (!bit_get(s->able, k))
                continue;
            struct life *l = &life[k * engine->n_sites + s->site];
            l->is_alive |= lives;
            if (s->last_ms > l->newest_ms)
                l->newest_ms = s->last_ms;
        }
    }
    return life;
}

/* ---- one scan over the entities ---- */

static bool is_endpoint(const struct kpi_entity *e)
{
    return !kpi_entity_is_product(e) || (e->flags & KPI_ENTITY_LISTED_HOST);
}

/* 1: it is behind; 0: it is not; -1: it never said what it has. */
static int is_behind(const struct kpi_engine *engine, const struct kpi_entity *e,
                     const struct kpi_test *test)
{
    int answer = -1;
    for (size_t i = 0; i < e->n_components; i++) {
        const struct kpi_component_state *s = &e->components[i];
        int64_t since = 0;
        if (engine->entities.components[s->component].type != test->component)
            continue;
        int lag = kpi_component_lag(&engine->entities, s, test->is_stated_only, &since);
        if (test->behind_versions > 0 && lag >= test->behind_versions)
            return 1;
        if (test->behind_days > 0 && since && engine->now_ms - since >= test->behind_days * DAY_MS)
            return 1;
        answer = 0;
    }
    return answer;
}

/* Tests that ask every computer, and where their KPI's life by site begins. */
struct walked {
    struct test_run *run;
    const struct life *life;
    uint8_t *is_on; /* of part="held": bits by entity */
};

/* Whether the computer is stated to be in the state, or not heard of for longer than the test
   allows. While no source lives that would speak of it silence means nothing. */
static int is_part_held(const struct kpi_engine *engine, uint32_t id, const struct kpi_entity *e,
                        const struct walked *w)
{
    const struct kpi_test *test = w->run->test;
    if (bit_get(w->is_on, id))
        return true;
    return test->unheard_ms && w->life[e->site].is_alive &&
           engine->up_ms - e->agent_up_ms > test->unheard_ms;
}

static void scan_entity(struct kpi_engine *engine, uint32_t id, struct kpi_entity *e,
                        const struct walked *walked, size_t n_walked)
{
    struct site *site = &engine->sites[e->site];
    bool managed = kpi_is_managed(engine, e), endpoint = is_endpoint(e);
    if ((e->flags & KPI_ENTITY_LISTED_HOST) && !(e->flags & KPI_ENTITY_NO_AGENT)) {
        site->listed++;
        site->installed += managed;
    }
    if (e->reporter != KPI_NO_ENTITY && endpoint) {
        const struct kpi_entity *by =
            kpi_entity_at(&engine->entities, kpi_entity_root(&engine->entities, e->reporter));
        if (by->scope && by->scope <= engine->n_scopes) {
            struct scope *scope = &engine->scopes[by->scope - 1];
            scope->installed++;
            scope->managed += managed;
            scope->offline += managed && e->connection == GW_CONNECTION_OFFLINE;
        }
    }
    if (!managed || !endpoint)
        return;
    site->managed++;
    site->unlisted += !(e->flags & KPI_ENTITY_LISTED_HOST);
    for (size_t i = 0; i < n_walked; i++) {
        struct test_run *run = walked[i].run;
        int counts = run->test->part == KPI_PART_BEHIND ? is_behind(engine, e, run->test)
                                                        : is_part_held(engine, id, e, &walked[i]);
        if (counts < 0 || site->scope >= run->n_part)
            continue;
        uint32_t *part = &run->part[site->scope];
        *part = (*part == NO_STATUS ? 0 : *part) + (uint32_t)counts;
    }
}

/* Asked of every computer: one walk of the list is cheaper than looking up each. */
static uint8_t *held_bits(const struct kpi_engine *engine, const struct test_run *run)
{
    uint8_t *bits = gw_alloc(engine->entities.n / 8 + 1);
    for (size_t i = 0; i < run->held.n; i++) {
        const struct kpi_held_entry *h = &run->held.entries[i];
        if (h->key >> 62 || !kpi_held_is_on(h, engine->now_ms, run->test->expire_ms))
            continue;
        uint32_t id = kpi_entity_root(&engine->entities, (uint32_t)h->key - 1);
        if (id < engine->entities.n)
            bit_set(bits, id);
    }
    return bits;
}

/* The device whose uplink it is; of a test of any link, whose it is. */
static uint32_t uplink_scope(const struct kpi_engine *engine, const struct kpi_test *test,
                             uint64_t key)
{
    uint32_t id = kpi_entity_root(&engine->entities, (uint32_t)(key >> 32 & INT32_MAX) - 1);
    if (id >= engine->entities.n || !engine->entities.all[id].scope)
        return NO_SCOPE;
    const struct kpi_entity *e = kpi_entity_at(&engine->entities, id);
    struct slice name = slice_from(kpi_names_text(&engine->names, (uint32_t)key - 1));
    if (test->is_of_uplinks && !kpi_table_get(&engine->uplinks, kpi_uplink_key(e->scope - 1, name)))
        return NO_SCOPE;
    return test->scope == KPI_SCOPE_SITE ? engine->sites[e->site].scope : e->scope - 1;
}

/* Held states are few: they are counted from their own list. */
static void scan_held(struct kpi_engine *engine, struct test_run *run)
{
    const struct kpi_test *test = run->test;
    for (size_t i = 0; i < run->held.n; i++) {
        const struct kpi_held_entry *h = &run->held.entries[i];
        uint32_t scope = h->site < engine->n_sites ? engine->sites[h->site].scope : NO_SCOPE;
        if (!kpi_held_is_on(h, engine->now_ms, test->expire_ms))
            continue;
        if (h->key >> 62 == 2) {
            scope = uplink_scope(engine, test, h->key);
        } else if (!(h->key >> 62)) {
            uint32_t id = kpi_entity_root(&engine->entities, (uint32_t)h->key - 1);
            if (id >= engine->entities.n || !engine->entities.all[id].label)
                continue;
            const struct kpi_entity *e = kpi_entity_at(&engine->entities, id);
            if ((test->population == KPI_POPULATION_PRODUCTS && !kpi_entity_is_product(e)) ||
                (test->population == KPI_POPULATION_ENDPOINTS && !is_endpoint(e)))
                continue;
            if (test->scope != KPI_SCOPE_SITE)
                scope = e->scope ? e->scope - 1 : NO_SCOPE;
        } else if (test->scope != KPI_SCOPE_SITE) {
            continue;
        }
        if (scope < run->n_part)
            run->part[scope]++;
    }
}

void kpi_scan(struct kpi_engine *engine, const struct life *life)
{
    struct walked walked[KPI_MAX];
    size_t n_walked = 0;
    for (size_t s = 0; s < engine->n_sites; s++)
        engine->sites[s].managed = engine->sites[s].listed = engine->sites[s].installed =
            engine->sites[s].unlisted = 0;
    for (size_t s = 0; s < engine->n_scopes; s++)
        engine->scopes[s].managed = engine->scopes[s].installed = engine->scopes[s].offline = 0;
    for (size_t k = 0; k < engine->n_runs; k++) {
        for (size_t t = 0; engine->runs[k].is_active && t < engine->runs[k].entry->n_tests; t++) {
            struct test_run *run = &engine->runs[k].tests[t];
            bool is_walked = run->test->part == KPI_PART_BEHIND || run->test->part == KPI_PART_HELD;
            if (!is_walked && run->test->measure != KPI_MEASURE_HELD)
                continue;
            if (run->n_part < engine->n_scopes) {
                run->part = gw_realloc(run->part, engine->n_scopes * sizeof *run->part);
                run->n_part = engine->n_scopes;
            }
            for (size_t s = 0; s < run->n_part; s++)
                run->part[s] = run->test->part == KPI_PART_BEHIND ? NO_STATUS : 0;
            if (run->test->measure == KPI_MEASURE_HELD)
                scan_held(engine, run);
            else if (n_walked < KPI_MAX)
                walked[n_walked++] = (struct walked){
                    run, &life[k * engine->n_sites],
                    run->test->part == KPI_PART_HELD ? held_bits(engine, run) : NULL};
        }
    }
    for (size_t i = 0; i < engine->entities.n; i++) {
        struct kpi_entity *e = &engine->entities.all[i];
        if (e->label && e->into == KPI_NO_ENTITY && e->site < engine->n_sites)
            scan_entity(engine, (uint32_t)i, e, walked, n_walked);
    }
    for (size_t i = 0; i < n_walked; i++)
        free(walked[i].is_on);
    engine->entities_dirty = false;
    engine->scanned_ms = engine->now_ms;
}
