/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * At a tick: every row's state from windows, held states and entities.
 *
 *     joins -> rows that come and go -> who is alive -> one scan over the entities -> each row
 *
 * Nothing here depends on the order of a hash table: sums, and the largest with ties to the name
 * that comes first.
 */
#include <stdlib.h>

#include "gateway/kpi/engine_internal.h"

/* ---- joins ---- */

static uint32_t remap_entity(void *context, uint32_t member)
{
    return member ? kpi_entity_root(context, member - 1) + 1 : 0;
}

static uint64_t remap_entity_key(void *context, uint64_t key)
{
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
                kpi_pairs_roll(pairs, now, true, has_members ? remap_entity : NULL,
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

/* Once an hour: what nobody needs any more goes. */
static void collect(struct kpi_engine *engine)
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
    kpi_remap_all(engine, true);
    if (engine->rows_dirty)
        kpi_shape_rows(engine);
    kpi_entities_collect(&engine->entities, engine->now_ms - FORGET_MS);
    collect_names(engine);
}

/* ---- who is alive ---- */

struct life {
    bool is_alive;
    int64_t newest_ms; /* of sources that could report; 0: there is none */
};

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

static struct life *find_life(const struct kpi_engine *engine)
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

static bool is_managed(const struct kpi_engine *engine, const struct kpi_entity *e)
{
    return e->agent_ms > e->removed_ms && e->agent_ms > engine->now_ms - MANAGED_MS;
}

static bool is_endpoint(const struct kpi_entity *e)
{
    return !kpi_entity_is_product(e) || (e->flags & KPI_ENTITY_LISTED_HOST);
}

static bool is_behind(const struct kpi_engine *engine, const struct kpi_entity *e,
                      const struct kpi_test *test)
{
    for (size_t i = 0; i < e->n_components; i++) {
        const struct kpi_component_state *s = &e->components[i];
        int64_t since = 0;
        if (engine->entities.components[s->component].type != test->component)
            continue;
        int lag = kpi_component_lag(&engine->entities, s, test->is_stated_only, &since);
        if (test->behind_versions > 0 && lag >= test->behind_versions)
            return true;
        if (test->behind_days > 0 && since && engine->now_ms - since >= test->behind_days * DAY_MS)
            return true;
    }
    return false;
}

/* Tests that ask every computer, and where their KPI's life by site begins. */
struct walked {
    struct test_run *run;
    const struct life *life;
    uint8_t *is_on; /* of part="held": bits by entity */
};

/* Stated to be in the state, or not heard of for longer than the test allows. Who is not heard of
 * while nobody lives who would speak of him is no news: the row will say "source silent". */
static bool is_part_held(const struct kpi_engine *engine, uint32_t id, const struct kpi_entity *e,
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
    bool managed = is_managed(engine, e), endpoint = is_endpoint(e);
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
    for (size_t i = 0; i < n_walked; i++) {
        struct test_run *run = walked[i].run;
        bool counts = run->test->part == KPI_PART_BEHIND ? is_behind(engine, e, run->test)
                                                         : is_part_held(engine, id, e, &walked[i]);
        if (counts && site->scope < run->n_part)
            run->part[site->scope]++;
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

/* Held states are few: they are counted from their own list. */
static void scan_held(struct kpi_engine *engine, struct test_run *run)
{
    const struct kpi_test *test = run->test;
    for (size_t i = 0; i < run->held.n; i++) {
        const struct kpi_held_entry *h = &run->held.entries[i];
        uint32_t scope = h->site < engine->n_sites ? engine->sites[h->site].scope : NO_SCOPE;
        if (!kpi_held_is_on(h, engine->now_ms, test->expire_ms))
            continue;
        if (!(h->key >> 62)) {
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

static void scan(struct kpi_engine *engine, const struct life *life)
{
    struct walked walked[KPI_MAX];
    size_t n_walked = 0;
    for (size_t s = 0; s < engine->n_sites; s++)
        engine->sites[s].managed = engine->sites[s].listed = engine->sites[s].installed = 0;
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
            memset(run->part, 0, run->n_part * sizeof *run->part);
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

/* ---- tests ---- */

struct best {
    const struct kpi_engine *engine;
    const struct kpi_key *key;
    uint64_t group;
};

const char *kpi_key_name(const struct kpi_engine *engine, const struct kpi_key *key,
                         uint64_t number)
{
    if (key->kind == KPI_KEY_HOST || key->kind == KPI_KEY_PRODUCT) {
        uint32_t id = kpi_entity_root(&engine->entities, (uint32_t)number - 1);
        return id < engine->entities.n && engine->entities.all[id].label
                   ? engine->entities.all[id].label
                   : "";
    }
    return kpi_names_text(&engine->names, (uint32_t)number - 1);
}

/* Of equal groups the one whose name comes first. */
static void take_group(void *context, uint64_t key)
{
    struct best *best = context;
    uint32_t shift = best->key[1].kind == KPI_KEY_NONE ? 0 : 32;
    if (!best->group) {
        best->group = key;
        return;
    }
    int order = strcmp(kpi_key_name(best->engine, &best->key[0], key >> shift),
                       kpi_key_name(best->engine, &best->key[0], best->group >> shift));
    if (order == 0 && shift)
        order = strcmp(kpi_key_name(best->engine, &best->key[1], key & UINT32_MAX),
                       kpi_key_name(best->engine, &best->key[1], best->group & UINT32_MAX));
    if (order < 0)
        best->group = key;
}

static int32_t clamp(int64_t value)
{
    return value > INT32_MAX ? INT32_MAX : value < 0 ? 0 : (int32_t)value;
}

static void measure_window(struct kpi_engine *engine, struct test_run *run, uint32_t scope,
                           struct row_test *out)
{
    const struct kpi_test *test = run->test;
    struct cell_store *store = kpi_store_at(run, scope, false);
    out->value = 0;
    out->detail = 0;
    out->status = ROW_TEST_KNOWN;
    if (!store)
        return;
    uint32_t now = kpi_bucket_of(engine->now_ms, test->window_ms);
    kpi_pairs_roll(&store->pairs, now, false, remap_entity, NULL, &engine->entities);
    struct best best = {.engine = engine, .key = test->group};
    uint32_t max = kpi_pairs_max(&store->pairs,
                                 test->measure == KPI_MEASURE_MAX_GROUP ? take_group : NULL, &best);
    if (store->ring) {
        uint64_t total = kpi_ring_total(store->ring, now);
        out->value = test->at_least && max < test->at_least ? 0 : clamp((int64_t)total);
    } else {
        out->value = clamp(max);
        out->detail = best.group;
    }
}

static void measure_share(struct kpi_engine *engine, struct test_run *run, uint32_t scope,
                          struct row_test *out)
{
    const struct kpi_test *test = run->test;
    const struct site *site = &engine->sites[engine->scopes[scope].site];
    uint64_t whole = site->managed, part = 0;
    if (test->whole == KPI_WHOLE_LISTED) {
        whole =
            site->listed ? site->listed : (uint64_t)(site->hosts_given > 0 ? site->hosts_given : 0);
        part = site->listed ? site->installed : site->managed;
    }
    if (test->part == KPI_PART_DISTINCT) {
        measure_window(engine, run, scope, out);
        part = (uint64_t)out->value;
    } else if (test->part != KPI_PART_AGENTS) {
        part = scope < run->n_part ? run->part[scope] : 0;
    }
    out->status = whole ? ROW_TEST_KNOWN : ROW_TEST_UNKNOWN;
    out->why = test->whole == KPI_WHOLE_LISTED ? WHY_NO_INVENTORY : WHY_NO_BASE;
    if (part > whole)
        part = whole;
    out->value = whole ? (int32_t)(part * 10000 / whole) : 0;
    out->part = (uint32_t)part;
    out->whole = (uint32_t)(whole > UINT32_MAX ? UINT32_MAX : whole);
}

static void measure_component(struct kpi_engine *engine, const struct kpi_test *test,
                              const struct kpi_entity *e, struct row_test *out)
{
    bool any = false;
    out->value = 0;
    for (size_t i = 0; i < e->n_components; i++) {
        int64_t since = 0;
        if (engine->entities.components[e->components[i].component].type != test->component)
            continue;
        any = true;
        int lag =
            kpi_component_lag(&engine->entities, &e->components[i], test->is_stated_only, &since);
        int64_t value = lag;
        if (test->measure == KPI_MEASURE_AGE)
            value = since && engine->now_ms > since ? (engine->now_ms - since) / DAY_MS : 0;
        if (clamp(value) > out->value)
            out->value = clamp(value);
    }
    out->status = any ? ROW_TEST_KNOWN : ROW_TEST_UNKNOWN;
    out->why = WHY_NO_STATUS;
}

static void measure_product(struct kpi_engine *engine, struct test_run *run, uint32_t scope,
                            struct row_test *out)
{
    const struct kpi_test *test = run->test;
    const struct kpi_entity *e = kpi_entity_at(
        &engine->entities, kpi_entity_root(&engine->entities, engine->scopes[scope].entity));
    const struct kpi_product *p = e->product;
    out->status = ROW_TEST_ABSENT;
    switch (test->measure) {
    case KPI_MEASURE_LAG:
    case KPI_MEASURE_AGE:
        measure_component(engine, test, e, out);
        return;
    case KPI_MEASURE_HEARTBEAT:
        if (!p || !p->heartbeat_ms)
            return;
        out->value = clamp((engine->up_ms - p->spoke_up_ms) / p->heartbeat_ms);
        out->status = p->has_spoken || out->value ? ROW_TEST_KNOWN : ROW_TEST_UNKNOWN;
        out->why = WHY_NO_SOURCE;
        return;
    case KPI_MEASURE_DAYS_LEFT:
        if (!p || !p->license_ms)
            return;
        out->value = clamp((p->license_ms - engine->now_ms) / DAY_MS);
        out->status = ROW_TEST_KNOWN;
        return;
    default:
        return;
    }
}

static int level_of(const struct kpi_test *test, const struct row_test *t)
{
    const int32_t levels[] = {t->critical, t->warning};
    for (int i = 0; i < 2; i++) {
        int32_t level = levels[i];
        int mine = 2 - i;
        if (level < 0)
            continue;
        if (test->is_falling) {
            int32_t clear = level + (test->is_percent ? 200 : 1);
            if (test->is_percent && clear > 10000)
                clear = 10000;
            if (t->value < level || (t->level >= mine && t->value < clear))
                return mine;
        } else {
            int32_t clear = (int32_t)((int64_t)level * 8 / 10);
            if (t->value >= level || (t->level >= mine && t->value >= (clear > 0 ? clear : 1)))
                return mine;
        }
    }
    return 0;
}

static void measure(struct kpi_engine *engine, struct test_run *t, uint32_t scope,
                    struct row_test *out)
{
    if (t->test->measure == KPI_MEASURE_SHARE) {
        measure_share(engine, t, scope, out);
    } else if (t->test->measure == KPI_MEASURE_HELD) {
        out->value = clamp(scope < t->n_part ? t->part[scope] : 0);
        out->status = ROW_TEST_KNOWN;
    } else if (t->test->window_ms) {
        measure_window(engine, t, scope, out);
    } else {
        measure_product(engine, t, scope, out);
    }
}

/* Does somebody live who can report what the row's KPI measures? newest_ms: his last word, or 0. */
static struct life life_of_row(const struct kpi_engine *engine, const struct scope *s,
                               const struct life *of_site)
{
    if (s->kind == KPI_SCOPE_SITE)
        return *of_site;
    const struct kpi_product *p =
        kpi_entity_at(&engine->entities, kpi_entity_root(&engine->entities, s->entity))->product;
    return (struct life){.is_alive = kpi_product_is_alive(engine, p),
                         .newest_ms = p ? p->seen_ms : 0};
}

static enum kpi_state judge_test(struct kpi_engine *engine, struct kpi_run *run, size_t number,
                                 uint32_t scope, struct row *row, const struct life *of_site)
{
    struct test_run *t = &run->tests[number];
    struct row_test *out = &row->tests[number];
    const struct scope *s = &engine->scopes[scope];
    out->status = ROW_TEST_ABSENT;
    out->why = WHY_NONE;
    if (t->test->scope != s->kind)
        return KPI_OK;
    measure(engine, t, scope, out);
    if (out->status != ROW_TEST_KNOWN) {
        out->level = 0;
        return KPI_UNKNOWN;
    }
    struct life life = life_of_row(engine, s, of_site);
    out->level = (uint8_t)level_of(t->test, out);
    /* What is missing is bad news only from somebody who would have reported it, too. */
    if (out->level && (life.is_alive || t->test->part != KPI_PART_AGENTS))
        return (enum kpi_state)out->level;
    /* Nothing bad was said: that is good news only from somebody who would have said it. */
    if (life.is_alive)
        return KPI_OK;
    out->level = 0;
    out->status = ROW_TEST_UNKNOWN;
    out->why = life.newest_ms ? WHY_SILENT : WHY_NO_SOURCE;
    row->silent_since_ms = life.newest_ms;
    return KPI_UNKNOWN;
}

static bool judge_row(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope,
                      struct row *row, const struct life *of_site)
{
    enum kpi_state state = KPI_OK;
    size_t worst = SIZE_MAX;
    int32_t old_value = row->value;
    uint8_t old_why = row->why;
    for (size_t t = 0; !row->is_disabled && t < run->entry->n_tests; t++) {
        enum kpi_state s = judge_test(engine, run, t, scope, row, of_site);
        if (row->tests[t].status == ROW_TEST_ABSENT)
            continue;
        if (worst == SIZE_MAX || (kpi_state_worse(state, s) == s && s != state)) {
            worst = t;
            state = s;
        }
    }
    if (worst == SIZE_MAX) {
        state = KPI_UNKNOWN;
        row->why = row->is_disabled ? WHY_NOT_ENABLED : WHY_NO_SOURCE;
        row->value = 0;
        row->worst_test = 0;
    } else {
        row->worst_test = (uint8_t)worst;
        row->why = state == KPI_UNKNOWN ? row->tests[worst].why : WHY_NONE;
        row->value = state == KPI_UNKNOWN ? 0 : row->tests[worst].value;
    }
    bool has_changed = row->is_new || old_value != row->value || old_why != row->why;
    if (has_changed)
        row->changed_ms = engine->now_ms;
    if (state != row->state || row->is_new) {
        enum kpi_state old = (enum kpi_state)row->state;
        if (old == KPI_OK || old == KPI_UNKNOWN)
            row->calm_state = (uint8_t)old;
        row->state = (uint8_t)state;
        row->since_ms = engine->now_ms;
        has_changed = true;
        if (old != state && engine->settings.record_changes)
            kpi_emit_change(engine, run, scope, row, old);
    }
    row->is_new = false;
    return has_changed;
}

void kpi_evaluate(struct kpi_engine *engine)
{
    bool has_changed = engine->is_dirty;
    engine->evaluations++;
    if (engine->entities.has_joined)
        kpi_remap_all(engine, false);
    collect(engine);
    if (engine->rows_dirty) {
        kpi_shape_rows(engine);
        has_changed = true;
    }
    struct life *life = find_life(engine);
    if (engine->entities_dirty || engine->now_ms / 60000 != engine->scanned_ms / 60000)
        scan(engine, life);
    engine->next_look_ms = engine->now_ms - engine->now_ms % engine->bucket_ms + engine->bucket_ms;
    for (size_t k = 0; k < engine->n_runs; k++) {
        struct kpi_run *run = &engine->runs[k];
        for (uint32_t s = 0; s < run->n_rows; s++) {
            struct row *row = run->rows[s];
            if (!row)
                continue;
            has_changed |=
                judge_row(engine, run, s, row, &life[k * engine->n_sites + engine->scopes[s].site]);
            kpi_alert_follow(engine, run, s, row);
        }
    }
    free(life);
    engine->is_dirty = false;
    engine->generation += has_changed;
}
