/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A record that an input accepted, into the windows and held states of the tests that use it. */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/kpi/engine_internal.h"
#include "gateway/schema/who.h"

_Static_assert((int)KPI_ENTITIES_MAX < (int)KPI_PAIRS_MAX,
               "different computers are counted exactly");
static const uint64_t NO_GROUP = 1; /* the key of the one group that a distinct count has */

struct cell_store *kpi_store_at(struct test_run *run, uint32_t scope, bool is_new_allowed)
{
    if (scope < run->n_stores && run->stores[scope])
        return run->stores[scope];
    if (!is_new_allowed)
        return NULL;
    if (scope >= run->n_stores) {
        size_t n = scope + 1u > run->n_stores * 2 ? scope + 1u : run->n_stores * 2;
        run->stores = gw_realloc(run->stores, n * sizeof *run->stores);
        memset(run->stores + run->n_stores, 0, (n - run->n_stores) * sizeof *run->stores);
        run->n_stores = n;
    }
    struct cell_store *store = gw_alloc(sizeof *store);
    store->pairs.is_count =
        run->test->measure == KPI_MEASURE_MAX_GROUP && run->test->member.kind == KPI_KEY_NONE;
    if (run->test->measure == KPI_MEASURE_COUNT)
        store->ring = gw_alloc(sizeof *store->ring);
    return run->stores[scope] = store;
}

void kpi_store_free(struct cell_store *store)
{
    if (!store)
        return;
    free(store->ring);
    kpi_pairs_free(&store->pairs);
    free(store);
}

void kpi_note_evidence(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope,
                       uint64_t sequence)
{
    struct row *row =
        kpi_want_row(engine, run, scope); /* this record may be the first reason for it */
    if (!row)
        return;
    row->events++;
    if (!row->evidence)
        row->evidence = gw_alloc(EVIDENCE_MAX * sizeof *row->evidence);
    if (row->n_evidence && row->evidence[(row->n_evidence - 1) % EVIDENCE_MAX] == sequence) {
        row->events--; /* a second test of the same KPI */
        return;
    }
    row->evidence[row->n_evidence % EVIDENCE_MAX] = sequence;
    row->n_evidence = row->n_evidence == UINT32_MAX ? UINT32_MAX - UINT32_MAX % EVIDENCE_MAX
                                                    : row->n_evidence + 1;
}

/* Where an infection came from; empty when unknown, or when it is the infected computer itself. */
static struct slice infection_source(struct context *c)
{
    if (!c->has_origin)
        c->origin = gw_infection_source(c->event);
    c->has_origin = true;
    return c->origin;
}

enum { DIGITS = 24 };

static struct slice write_number(const struct context *c, enum gw_field field, char digits[DIGITS])
{
    int n = snprintf(digits, DIGITS, "%lld", (long long)context_int(c, field, 0));
    return slice_of(digits, (size_t)n);
}

static struct slice link_name(const struct context *c, char digits[DIGITS])
{
    struct slice name = slice_trim(context_text(c, GW_FIELD_INTERFACE_NAME));
    if (name.n || !c->at[GW_FIELD_INTERFACE_INDEX])
        return name;
    return write_number(c, GW_FIELD_INTERFACE_INDEX, digits);
}

/* What a key says that is no entity; nothing: the record does not have it. */
static struct slice key_text(struct context *c, const struct kpi_key *key, char digits[DIGITS])
{
    enum gw_type type = gw_field_type(key->field);
    switch (key->kind) {
    case KPI_KEY_SOURCE:
        return infection_source(c);
    case KPI_KEY_LINK:
        return link_name(c, digits);
    case KPI_KEY_FIELD:
        if (c->at[key->field] && (type == GW_TYPE_INT || type == GW_TYPE_TIME))
            return write_number(c, key->field, digits);
        return context_text(c, key->field);
    default:
        return SLICE_NONE;
    }
}

/* A key's number, never 0; 0: the record does not have it. Names and entities have apart numbers.
 */
static uint64_t key_value(struct context *c, const struct kpi_key *key)
{
    char digits[DIGITS];
    if (key->kind == KPI_KEY_HOST)
        return c->subject == KPI_NO_ENTITY ? 0 : c->subject + 1ull;
    if (key->kind == KPI_KEY_PRODUCT)
        return c->reporter == KPI_NO_ENTITY ? 0 : c->reporter + 1ull;
    struct slice text = key_text(c, key, digits);
    return text.n ? kpi_names_put(&c->engine->names, text) + 1ull : 0;
}

static uint64_t group_key(struct context *c, const struct kpi_test *test)
{
    uint64_t a = key_value(c, &test->group[0]);
    if (!a || test->group[1].kind == KPI_KEY_NONE)
        return a;
    uint64_t b = key_value(c, &test->group[1]);
    return b ? a << 32 | b : 0;
}

static uint32_t scope_of(struct context *c, const struct kpi_test *test)
{
    if (test->scope == KPI_SCOPE_SITE)
        return c->engine->sites[c->site].scope;
    const struct kpi_entities *entities = &c->engine->entities;
    uint32_t id = c->reporter;
    /* A console may report about another product: then that one counts. */
    if (c->subject != KPI_NO_ENTITY && (test->scope == KPI_SCOPE_DEVICE ||
                                        kpi_entity_is_product(kpi_entity_at(entities, c->subject))))
        id = c->subject;
    if (id == KPI_NO_ENTITY)
        return NO_SCOPE;
    const struct kpi_entity *e = kpi_entity_at(entities, id);
    return e->scope ? e->scope - 1 : NO_SCOPE;
}

/* How many findings a record says that it stands for. */
static uint32_t findings(const struct context *c)
{
    int64_t n = context_int(c, GW_FIELD_EVENT_COUNT, 1);
    return n < 1 ? 1 : n > EVENT_COUNT_MAX ? EVENT_COUNT_MAX : (uint32_t)n;
}

static uint64_t refusals(const struct context *c, const struct cell_store *store)
{
    return c->engine->names.refused + (store ? store->pairs.refused : 0);
}

static void count_in_window(struct context *c, struct kpi_run *run, struct test_run *t,
                            uint32_t scope)
{
    struct kpi_engine *engine = c->engine;
    const struct kpi_test *test = t->test;
    if (t->counted == c->event->sequence || kpi_is_repeat(c))
        return;
    t->counted = c->event->sequence;
    int64_t now = engine->has_tick ? engine->now_ms : c->event->received_ms;
    uint32_t b = kpi_bucket_of(c->time_ms, test->window_ms),
             now_b = kpi_bucket_of(now, test->window_ms);
    uint32_t n = findings(c);
    if (b < now_b && now_b - b >= KPI_WINDOW_BUCKETS) {
        engine->late++;
        return;
    }
    bool is_grouped = test->measure == KPI_MEASURE_MAX_GROUP;
    bool asks_pairs = is_grouped || test->member.kind != KPI_KEY_NONE;
    struct cell_store *store = kpi_store_at(t, scope, false);
    uint64_t refused = refusals(c, store);
    uint64_t key = is_grouped ? group_key(c, test) : NO_GROUP;
    uint64_t member = test->member.kind == KPI_KEY_NONE ? 0 : key_value(c, &test->member);
    bool has_pairs = key && (test->member.kind == KPI_KEY_NONE ? is_grouped : member != 0);
    bool is_refused = asks_pairs && !has_pairs && c->is_refused;
    if (!has_pairs && !is_refused && test->measure != KPI_MEASURE_COUNT)
        return;
    store = kpi_store_at(t, scope, true);
    if (store->ring)
        kpi_ring_add(store->ring, b, now_b, n);
    if (has_pairs) {
        if (store->pairs.now == 0)
            store->pairs.now = now_b;
        kpi_pairs_add(&store->pairs, key, (uint32_t)member, b, n);
        is_refused = refusals(c, store) != refused;
    }
    if (is_refused && b > store->refused)
        store->refused = b;
    kpi_note_evidence(engine, run, scope, c->event->sequence);
}

/* Whom a record is about: the computer it names; without one the product that speaks, unless it
 * speaks of an agent and forgot to say whose. */
static uint32_t whom(const struct context *c)
{
    bool is_of_agent =
        c->at[GW_FIELD_COMPONENT_TYPE] || c->at[GW_FIELD_AGENT_CONNECTION] ||
        (c->event->kind >= GW_KIND_AGENT_ONLINE && c->event->kind <= GW_KIND_AGENT_REMOVED);
    if (c->subject != KPI_NO_ENTITY)
        return c->subject;
    return is_of_agent ? KPI_NO_ENTITY : c->reporter;
}

static uint64_t held_key(struct context *c, const struct kpi_test *test)
{
    if (test->member.kind == KPI_KEY_FIELD || test->member.kind == KPI_KEY_SOURCE) {
        uint64_t name = key_value(c, &test->member);
        return name ? (uint64_t)1 << 62 | (uint64_t)c->site << 33 | name : 0;
    }
    if (test->member.kind == KPI_KEY_PRODUCT)
        return key_value(c, &test->member);
    uint32_t id = whom(c);
    if (test->member.kind == KPI_KEY_LINK) {
        bool is_listed = id != KPI_NO_ENTITY && (kpi_entity_at(&c->engine->entities, id)->flags &
                                                 KPI_ENTITY_LISTED_DEVICE);
        uint64_t link = is_listed ? key_value(c, &test->member) : 0;
        return link ? (uint64_t)1 << 63 | (id + 1ull) << 32 | link : 0;
    }
    return id == KPI_NO_ENTITY ? 0 : id + 1ull;
}

/* By hash, not by number: names are given back when no window has them any more. */
static uint64_t burst_key(struct context *c, const struct kpi_input *input)
{
    uint64_t hash = kpi_hash(c->engine->seed, 41, slice_from(input->id));
    hash = kpi_hash(hash, input->burst_least, SLICE_NONE);
    for (size_t i = 0; i < 2 && input->burst_of[i].kind != KPI_KEY_NONE; i++) {
        const struct kpi_key *key = &input->burst_of[i];
        char digits[DIGITS];
        struct slice text = key_text(c, key, digits);
        uint32_t id = key->kind == KPI_KEY_HOST ? whom(c) : c->reporter;
        if (key->kind == KPI_KEY_HOST || key->kind == KPI_KEY_PRODUCT)
            text = id == KPI_NO_ENTITY ? SLICE_NONE : slice_of((const char *)&id, sizeof id);
        if (!text.n)
            return 0;
        hash = kpi_hash_nocase(hash, 42 + i, text);
    }
    return hash;
}

bool kpi_ends_burst(struct context *c, const struct kpi_input *input)
{
    uint64_t key = !c->is_known || kpi_is_repeat(c) ? 0 : burst_key(c, input);
    return key &&
           kpi_burst_add(&c->engine->bursts, key, c->event->kind, c->time_ms,
                         input->burst_within_ms, input->burst_least, input->burst_of_changes);
}

static void hold(struct context *c, struct kpi_run *run, struct test_run *t, bool is_off)
{
    const struct kpi_test *test = t->test;
    struct kpi_engine *engine = c->engine;
    uint64_t key = held_key(c, test);
    if (!key || !kpi_held_set(&t->held, key, c->site, c->time_ms, !is_off))
        return;
    engine->entities_dirty = true;
    if (is_off)
        return;
    uint32_t scope = engine->sites[c->site].scope;
    if (test->scope != KPI_SCOPE_SITE) {
        uint32_t id = whom(c);
        const struct kpi_entity *e =
            id == KPI_NO_ENTITY ? NULL : kpi_entity_at(&engine->entities, id);
        if (!e || !e->scope)
            return;
        scope = e->scope - 1;
    }
    kpi_note_evidence(engine, run, scope, c->event->sequence);
}

/* A product says when its licence ends, or only that it does. The newest word counts. */
static void note_license(struct context *c, struct kpi_run *run, const struct kpi_test *test)
{
    struct kpi_entities *entities = &c->engine->entities;
    bool is_undated = !c->at[GW_FIELD_LICENSE_END];
    uint32_t id = c->reporter;
    if (c->subject != KPI_NO_ENTITY && kpi_entity_is_product(kpi_entity_at(entities, c->subject)))
        id = c->subject;
    if (id == KPI_NO_ENTITY || !c->is_known || (is_undated && test->undated_days < 0))
        return;
    struct kpi_entity *e = kpi_entity_at(entities, id);
    struct kpi_product *p = e->product;
    if (!p || c->time_ms < p->noticed_ms)
        return;
    /* Saying the same again each day does not move the end away. */
    bool goes_on = is_undated && p->is_undated && p->notice_ms > c->time_ms &&
                   c->time_ms - p->noticed_ms < test->undated_days * DAY_MS;
    if (!goes_on)
        p->notice_ms = is_undated ? c->time_ms + test->undated_days * DAY_MS
                                  : context_int(c, GW_FIELD_LICENSE_END, 0);
    p->is_undated = is_undated;
    p->noticed_ms = c->time_ms;
    if (e->scope)
        kpi_note_evidence(c->engine, run, e->scope - 1, c->event->sequence);
}

/* Out of what it was put into so long before its own word, and what says so may come later. */
static void hear(struct context *c, uint32_t product)
{
    const struct input_run *heard = &c->engine->heard;
    for (size_t i = 0; i < heard->n_users; i++) {
        struct test_run *t = &c->engine->runs[heard->users[i].kpi].tests[heard->users[i].test];
        c->engine->entities_dirty |=
            kpi_held_end(&t->held, product + 1ull, c->site, c->time_ms - t->test->heard_ms);
    }
}

void kpi_hear_products(struct context *c)
{
    if (!c->is_known || !c->at[GW_FIELD_MAPPING])
        return;
    if (c->sender != KPI_NO_ENTITY)
        hear(c, c->sender);
    if (c->reporter != KPI_NO_ENTITY && c->reporter != c->sender)
        hear(c, c->reporter);
}

void kpi_measure(struct context *c, struct input_user user)
{
    struct kpi_run *run = &c->engine->runs[user.kpi];
    struct test_run *t = &run->tests[user.test];
    if (t->test->measure == KPI_MEASURE_HELD || t->test->part == KPI_PART_HELD) {
        hold(c, run, t, user.is_off);
        return;
    }
    if (t->test->measure == KPI_MEASURE_DAYS_LEFT) {
        note_license(c, run, t->test);
        return;
    }
    if (!t->test->window_ms || user.is_off)
        return;
    uint32_t scope = scope_of(c, t->test);
    if (scope != NO_SCOPE)
        count_in_window(c, run, t, scope);
}

static struct kpi_top_item named_item(const struct context *c, struct slice name)
{
    name = slice_trim(name);
    if (gw_is_nobody(name))
        return (struct kpi_top_item){0};
    uint64_t key = kpi_hash_nocase(c->engine->seed, 0, slice_head(name, KPI_NAME_MAX));
    return (struct kpi_top_item){key, name};
}

void kpi_measure_top(struct context *c)
{
    if (kpi_is_repeat(c))
        return;
    const struct kpi_top_item items[KPI_TOP_KINDS] = {
        [KPI_TOP_MALWARE] = named_item(c, context_text(c, GW_FIELD_MALWARE_NAME)),
        [KPI_TOP_SOURCE] = named_item(c, infection_source(c)),
        [KPI_TOP_COMPUTER] = {.key = c->subject == KPI_NO_ENTITY ? 0 : c->subject + 1ull},
    };
    kpi_top_add(&c->engine->top, c->time_ms, findings(c), items);
}
