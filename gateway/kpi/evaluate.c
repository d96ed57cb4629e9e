/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * At a tick: every row's state from windows, held states and entities.
 *
 *     top tens' periods -> joins -> rows that come and go -> who is alive -> one scan over the
 *     entities -> each row
 *
 * Nothing here depends on the order of a hash table: sums, and the largest with ties to the name
 * that comes first.
 */
#include <stdlib.h>

#include "gateway/kpi/engine_internal.h"

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
    kpi_pairs_roll(&store->pairs, now, false, kpi_remap_member, NULL, &engine->entities);
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
    if (store->refused && kpi_bucket_is_in(store->refused, now))
        out->why = WHY_FULL;
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
    bool has_status = test->part != KPI_PART_BEHIND || part != NO_STATUS;
    out->status = whole && has_status ? ROW_TEST_KNOWN : ROW_TEST_UNKNOWN;
    if (!whole)
        out->why = test->whole == KPI_WHOLE_LISTED ? WHY_NO_INVENTORY : WHY_NO_BASE;
    else if (!has_status)
        out->why = WHY_NO_STATUS;
    if (part > whole)
        part = whole;
    out->value = whole ? (int32_t)(part * 10000 / whole) : 0;
    out->part = (uint32_t)part;
    out->whole = (uint32_t)(whole > UINT32_MAX ? UINT32_MAX : whole);
    out->detail = test->whole == KPI_WHOLE_LISTED && site->listed ? site->unlisted : 0;
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

/* The nearest end: of the inventory, and of what the product said lately. detail 1: a guess. */
static void measure_license(const struct kpi_engine *engine, const struct kpi_test *test,
                            const struct kpi_product *p, struct row_test *out)
{
    int64_t end_ms = p ? p->license_ms : 0;
    out->detail = 0;
    if (p && p->noticed_ms &&
        (!test->expire_ms || p->noticed_ms > engine->now_ms - test->expire_ms) &&
        (!end_ms || p->notice_ms < end_ms)) {
        end_ms = p->notice_ms;
        out->detail = p->is_undated;
    }
    if (!end_ms)
        return;
    out->value = clamp((end_ms - engine->now_ms) / DAY_MS);
    out->status = ROW_TEST_KNOWN;
}

static void measure_silence(const struct kpi_engine *engine, const struct kpi_product *p,
                            struct row_test *out)
{
    out->status = ROW_TEST_UNKNOWN;
    out->why = WHY_NO_SOURCE;
    out->value = 0;
    if (!p || !p->gaps)
        return;
    int64_t silent_ms = engine->up_ms - p->gaps->last_up_ms, usual_ms = kpi_gaps_usual_ms(p->gaps);
    if (!kpi_gaps_are_learnt(p->gaps, engine->up_ms)) {
        out->why = WHY_LEARNING;
        out->part = kpi_gaps_count(p->gaps);
        out->whole = (uint32_t)((engine->up_ms - p->gaps->first_up_ms) / 3600000);
        return;
    }
    int64_t offset_ms = (int64_t)zone_offset_at_utc(engine->top.zone, engine->now_ms) * 1000;
    int64_t counted_ms = kpi_gaps_silent_ms(p->gaps, engine->up_ms, engine->now_ms),
            weekend_ms = kpi_gaps_weekend_ms(p->gaps, engine->up_ms, engine->now_ms, offset_ms),
            level_ms = usual_ms * (out->warning >= 0 ? out->warning : out->critical) / 10;
    if (counted_ms >= level_ms && counted_ms - weekend_ms < level_ms) {
        out->why = WHY_WEEKEND;
        return;
    }
    counted_ms -= weekend_ms;
    out->value = clamp(counted_ms * 10 / usual_ms);
    out->part = (uint32_t)(silent_ms / 1000);
    out->detail = (uint64_t)(silent_ms - counted_ms) / 1000;
    out->whole = (uint32_t)(usual_ms / 1000);
    out->status = ROW_TEST_KNOWN;
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
        measure_license(engine, test, p, out);
        return;
    case KPI_MEASURE_SILENCE:
        measure_silence(engine, p, out);
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

/* Whether a source lives that can report what the test measures; newest_ms: its last word, or 0.
   Whoever is heard from is not offline, whatever he speaks of. But that nothing of a kind was
   counted means something only for a product that reports such things. */
static struct life life_of_test(const struct kpi_engine *engine, const struct kpi_run *run,
                                const struct kpi_test *test, const struct scope *s,
                                const struct life *of_site)
{
    if (s->kind == KPI_SCOPE_SITE)
        return *of_site;
    const struct kpi_product *p =
        kpi_entity_at(&engine->entities, kpi_entity_root(&engine->entities, s->entity))->product;
    if (!p || (test->window_ms && !bit_get(p->able, (size_t)(run - engine->runs))))
        return (struct life){0};
    return (struct life){.is_alive = kpi_product_is_alive(engine, p), .newest_ms = p->seen_ms};
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
    struct life life = life_of_test(engine, run, t->test, s, of_site);
    out->level = (uint8_t)level_of(t->test, out);
    /* What is missing is bad news only from somebody who would have reported it, too. */
    if (out->level && (life.is_alive || t->test->part != KPI_PART_AGENTS))
        return (enum kpi_state)out->level;
    /* Nothing bad was said: that is good news only from somebody who would have said it, and where
       nothing that was said had to be left out. */
    if (life.is_alive && out->why != WHY_FULL)
        return KPI_OK;
    out->level = 0;
    out->status = ROW_TEST_UNKNOWN;
    if (!life.is_alive) {
        out->why = life.newest_ms ? WHY_SILENT : WHY_NO_SOURCE;
        row->silent_since_ms = life.newest_ms;
    }
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
        if (old != state && engine->settings.record_changes) {
            kpi_emit_change(engine, run, scope, row, old, NULL);
            row->is_unsaid = false;
        }
    }
    row->is_new = false;
    return has_changed;
}

/* What stands at a site or a product, and is asked for by the day; not what happened in a window.
 */
static bool is_standing(const struct kpi_test *test)
{
    return !test->window_ms &&
           (test->measure == KPI_MEASURE_SHARE || test->measure == KPI_MEASURE_LAG ||
            test->measure == KPI_MEASURE_AGE);
}

/* At the first look of an hour: says values that have changed in the hour while their states did
   not, since nothing was said of those. So a value at a day's end is known to the hour, for at most
   24 records a day and row, and none where nothing moves. */
static void say_values(struct kpi_engine *engine)
{
    int64_t since_ms = engine->values_said_ms;
    if (since_ms && engine->now_ms / HOUR_MS == since_ms / HOUR_MS)
        return;
    engine->values_said_ms = engine->now_ms;
    for (size_t k = 0; k < engine->n_runs && engine->settings.record_changes && since_ms; k++) {
        struct kpi_run *run = &engine->runs[k];
        for (uint32_t s = 0; s < run->n_rows; s++) {
            const struct row *row = run->rows[s];
            if (row && row->state != KPI_UNKNOWN &&
                is_standing(&run->entry->tests[row->worst_test]) && row->changed_ms > since_ms &&
                row->changed_ms > row->since_ms)
                kpi_emit_value(engine, run, s, row);
        }
    }
}

void kpi_evaluate(struct kpi_engine *engine)
{
    bool has_changed = engine->is_dirty;
    engine->evaluations++;
    /* Before anything is collected: a period under way names computers of less than a month. */
    has_changed |= kpi_top_turn(&engine->top, engine->now_ms);
    if (engine->entities.has_joined)
        kpi_remap_all(engine, false);
    kpi_collect(engine);
    if (engine->rows_dirty) {
        kpi_shape_rows(engine);
        has_changed = true;
    }
    struct life *life = kpi_find_life(engine);
    if (engine->entities_dirty || engine->now_ms / 60000 != engine->scanned_ms / 60000)
        kpi_scan(engine, life);
    engine->next_look_ms = engine->now_ms - engine->now_ms % engine->bucket_ms + engine->bucket_ms;
    if (kpi_top_next_ms(&engine->top) < engine->next_look_ms)
        engine->next_look_ms = kpi_top_next_ms(&engine->top);
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
    say_values(engine);
    engine->is_dirty = false;
    engine->generation += has_changed;
}
