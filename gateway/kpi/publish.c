/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's tables as an immutable snapshot, sorted as the MIB orders its rows. */
#include <stdlib.h>

#include "gateway/kpi/engine_internal.h"

enum { SAID = 256 };

struct builder {
    const struct kpi_engine *engine;
    struct snapshot *snapshot;
    struct arena *arena;
    bool is_catching_up;
    uint32_t *by_key;  /* scope numbers in the order of their keys */
    uint8_t *worst_of; /* by scope: the worst of its rows, for products */
    /* Texts that many rows share: of scopes, and of the indicator at hand. */
    const char **scope_key, **scope_name;
    struct kpi_about *about; /* one for each test of it */
    const char *said[SAID];  /* by hash: "0 mails" stands once, not at each of a thousand sites */
};

static const char *text(struct builder *b, const char *t)
{
    return t ? arena_text(b->arena, slice_from(t)) : "";
}

static const char *once(struct builder *b, const char **place, const char *t)
{
    if (!*place)
        *place = text(b, t);
    return *place;
}

/* The same text of an earlier row, and this one's bytes are given back. */
static const char *said(struct builder *b, const char *t)
{
    const char **place = &b->said[kpi_hash(1, 1, slice_from(t)) % SAID];
    if (*place && strcmp(*place, t) == 0)
        arena_shrink(b->arena, t, strlen(t) + 1, 0);
    else
        *place = t;
    return *place;
}

static const char *scope_key(struct builder *b, uint32_t scope)
{
    return once(b, &b->scope_key[scope], b->engine->scopes[scope].key);
}

static const char *scope_name(struct builder *b, uint32_t scope)
{
    const struct scope *s = &b->engine->scopes[scope];
    return strcmp(s->name, s->key) ? once(b, &b->scope_name[scope], s->name) : scope_key(b, scope);
}

static int compare_scopes(const void *a, const void *b, void *context)
{
    const struct kpi_engine *engine = context;
    return snapshot_compare_scope(engine->scopes[*(const uint32_t *)a].key,
                                  engine->scopes[*(const uint32_t *)b].key);
}

static void fill_row(struct builder *b, struct kpi_run *run, uint32_t scope, const struct row *row,
                     struct kpi_row *out)
{
    const struct kpi_engine *engine = b->engine;
    const struct row_test *t = &row->tests[row->worst_test];
    const char *value_text = said(b, kpi_value_text(engine, run, row, b->arena));
    const char *reason = said(b, kpi_reason(engine, run, scope, row, b->arena));
    *out = (struct kpi_row){
        .kpi = run->entry->id,
        .about = &b->about[row->worst_test],
        .scope = scope_key(b, scope),
        .scope_name = scope_name(b, scope),
        .state = (enum kpi_state)row->state,
        .value = row->value,
        .value_text = value_text,
        .warning = t->warning,
        .critical = t->critical,
        .since_ms = row->since_ms,
        .changed_ms = row->changed_ms,
        .reason = reason,
        .events = row->events,
    };
    if (b->is_catching_up && !row->is_disabled) {
        out->state = KPI_UNKNOWN;
        out->value = 0;
        out->value_text = "";
        out->reason = "catching up";
    }
}

static void count_state(struct kpi_summary_row *sum, const struct kpi_row *row)
{
    uint32_t *const counters[] = {&sum->ok, &sum->warning, &sum->critical, &sum->unknown};
    bool is_first = sum->ok + sum->warning + sum->critical + sum->unknown == 0;
    ++*counters[row->state];
    if (is_first ||
        (row->state != sum->worst && kpi_state_worse(sum->worst, row->state) == row->state)) {
        sum->worst = row->state;
        sum->worst_scope = row->scope;
    }
    if (row->since_ms > sum->changed_ms)
        sum->changed_ms = row->since_ms;
}

static void fill_kpis(struct builder *b)
{
    const struct kpi_engine *engine = b->engine;
    size_t n = 0;
    for (size_t k = 0; k < engine->n_runs; k++)
        for (size_t s = 0; s < engine->runs[k].n_rows; s++)
            n += engine->runs[k].rows[s] != NULL;
    struct kpi_row *rows = arena_alloc(b->arena, (n + 1) * sizeof *rows);
    struct kpi_summary_row *sums = arena_alloc(b->arena, (engine->n_runs + 1) * sizeof *sums);
    n = 0;
    for (size_t k = 0; k < engine->n_runs; k++) {
        struct kpi_run *run = &engine->runs[k];
        const struct kpi_entry *e = run->entry;
        sums[k] = (struct kpi_summary_row){.kpi = e->id,
                                           .key = text(b, e->key),
                                           .name = text(b, e->name),
                                           .name_zh = text(b, e->name_zh),
                                           .category = text(b, e->category),
                                           .advice = text(b, e->advice),
                                           .advice_zh = text(b, e->advice_zh),
                                           .worst = KPI_UNKNOWN,
                                           .worst_scope = ""};
        b->about = arena_alloc(b->arena, e->n_tests * sizeof *b->about);
        for (size_t t = 0; t < e->n_tests; t++)
            b->about[t] =
                (struct kpi_about){sums[k].key, text(b, e->tests[t].unit), sums[k].advice};
        for (size_t i = 0; i < engine->n_scopes; i++) {
            const struct row *row = kpi_row_at(run, b->by_key[i]);
            if (!row)
                continue;
            fill_row(b, run, b->by_key[i], row, &rows[n]);
            count_state(&sums[k], &rows[n]);
            if (!row->is_disabled)
                b->worst_of[b->by_key[i]] =
                    (uint8_t)(b->worst_of[b->by_key[i]] == 255
                                  ? rows[n].state
                                  : kpi_state_worse((enum kpi_state)b->worst_of[b->by_key[i]],
                                                    rows[n].state));
            n++;
        }
    }
    b->snapshot->kpis = rows;
    b->snapshot->n_kpis = n;
    b->snapshot->summary = sums;
    b->snapshot->n_summary = engine->n_runs;
}

static int32_t pattern_age_s(const struct kpi_engine *engine, const struct kpi_entity *e)
{
    int64_t oldest = -1;
    bool any = false;
    for (size_t i = 0; i < e->n_components; i++) {
        int64_t since = 0;
        if (engine->entities.components[e->components[i].component].type != GW_COMPONENT_PATTERN)
            continue;
        any = true;
        kpi_component_lag(&engine->entities, &e->components[i], false, &since);
        int64_t age = since && engine->now_ms > since ? (engine->now_ms - since) / 1000 : 0;
        oldest = age > oldest ? age : oldest;
    }
    return !any ? -1 : oldest > INT32_MAX ? INT32_MAX : (int32_t)oldest;
}

static void fill_products(struct builder *b)
{
    const struct kpi_engine *engine = b->engine;
    struct product_row *rows = arena_alloc(b->arena, (engine->n_scopes + 1) * sizeof *rows);
    size_t n = 0;
    for (size_t i = 0; i < engine->n_scopes; i++) {
        const struct scope *s = &engine->scopes[b->by_key[i]];
        if (s->kind == KPI_SCOPE_SITE || s->is_gone)
            continue;
        const struct kpi_entity *e =
            kpi_entity_at(&engine->entities, kpi_entity_root(&engine->entities, s->entity));
        const struct kpi_product *p = e->product;
        uint8_t worst = b->worst_of[b->by_key[i]];
        if (e->scope != b->by_key[i] + 1 || !engine->sites[s->site].is_configured)
            continue;
        rows[n++] = (struct product_row){
            .index = scope_key(b, b->by_key[i]),
            .vendor = text(b, p ? p->vendor.p : NULL),
            .name = text(b, p && p->name.p ? p->name.p : s->name),
            .version = text(b, p ? p->version.p : NULL),
            .address = text(b, p ? p->address : NULL),
            .site = text(b, engine->sites[s->site].id),
            .state = worst == 255 ? KPI_UNKNOWN : (enum kpi_state)worst,
            .seen_ms = p ? p->seen_ms : 0,
            .pattern_version = text(b, p ? p->pattern_version : NULL),
            .pattern_age_s = pattern_age_s(engine, e),
            .engine_version = text(b, p ? p->engine_version : NULL),
            .managed = s->managed,
            .installed = s->installed,
            .offline = s->offline,
        };
    }
    b->snapshot->products = rows;
    b->snapshot->n_products = n;
}

static void fill_alerts(struct builder *b)
{
    const struct kpi_engine *engine = b->engine;
    struct alert_row *rows = arena_alloc(b->arena, (engine->n_alerts + 1) * sizeof *rows);
    size_t n = 0;
    for (size_t i = 0; i < engine->n_alerts; i++) {
        const struct alert *a = engine->alerts[i];
        const struct kpi_run *run = NULL;
        const struct kpi_summary_row *sum = b->snapshot->summary;
        for (size_t k = 0; k < engine->n_runs && !run; k++, sum += !run)
            if (engine->runs[k].entry->id == a->kpi_id)
                run = &engine->runs[k];
        const struct row *row = run ? kpi_row_at(run, a->scope) : NULL;
        if (!row)
            continue;
        const struct scope *s = &engine->scopes[a->scope];
        const struct kpi_product *p =
            s->kind == KPI_SCOPE_SITE
                ? NULL
                : kpi_entity_at(&engine->entities, kpi_entity_root(&engine->entities, s->entity))
                      ->product;
        rows[n++] = (struct alert_row){
            .id = a->id,
            .kpi = a->kpi_id,
            .key = sum->key,
            .scope = scope_key(b, a->scope),
            .scope_name = scope_name(b, a->scope),
            .state = (enum kpi_state)a->state,
            .worst = (enum kpi_state)a->worst,
            .value = a->value,
            .value_text = text(b, a->value_text),
            .reason = text(b, a->reason),
            .advice = sum->advice,
            .opened_ms = a->opened_ms,
            .changed_ms = a->changed_ms,
            .is_acknowledged = a->ack_state != KPI_OK,
            .is_unverified = a->is_unverified || b->is_catching_up,
            .is_muted = a->told_state != a->said_state,
            .ack_name = text(b, a->ack_name),
            .ack_note = text(b, a->ack_note),
            .evidence = kpi_evidence_text(engine, row, b->arena),
            .origin = text(b, p ? p->address : NULL),
            .events = row->events,
        };
    }
    b->snapshot->alerts = rows;
    b->snapshot->n_alerts = n;
}

static const char *computer_name(const void *context, uint64_t key)
{
    static const struct kpi_key host = {.kind = KPI_KEY_HOST};
    return kpi_key_name(context, &host, key);
}

static const char *computer_site(const struct kpi_engine *engine, uint64_t key)
{
    uint32_t id = kpi_entity_root(&engine->entities, (uint32_t)key - 1);
    uint32_t site = id < engine->entities.n ? engine->entities.all[id].site : UINT32_MAX;
    return site < engine->n_sites ? engine->sites[site].id : "";
}

static void fill_top(struct builder *b, enum kpi_top_period period, enum kpi_top_kind kind,
                     struct top_list *list, struct top_row *rows)
{
    const struct kpi_engine *engine = b->engine;
    struct kpi_top_result best;
    kpi_top_best(&engine->top, period, kind, computer_name, engine, &best);
    *list = (struct top_list){.period = period + 1,
                              .kind = kind + 1,
                              .begin_ms = engine->top.spans[period].begin_ms,
                              .end_ms = engine->top.spans[period].end_ms,
                              .total = best.total,
                              .missed = best.missed};
    for (size_t i = 0; i < best.n; i++)
        rows[i] = (struct top_row){
            .period = period + 1,
            .kind = kind + 1,
            .rank = (uint32_t)i + 1,
            .name = text(b, best.rows[i].name),
            .site = kind == KPI_TOP_COMPUTER
                        ? text(b, computer_site(engine, best.rows[i].counter->key))
                        : "",
            .count = best.rows[i].count,
            .error = best.rows[i].error,
        };
    b->snapshot->n_tops += best.n;
}

/* Of periods that are under way by the last tick. */
static void fill_tops(struct builder *b)
{
    const struct kpi_engine *engine = b->engine;
    struct snapshot *s = b->snapshot;
    enum { LISTS = KPI_TOP_PERIODS * KPI_TOP_KINDS };
    struct top_list *lists = arena_alloc(b->arena, LISTS * sizeof *lists);
    struct top_row *rows = arena_alloc(b->arena, LISTS * KPI_TOP_RANKS * sizeof *rows);
    s->top_lists = lists;
    s->tops = rows;
    const struct kpi_settings *settings = &engine->settings;
    bool is_named = engine->top.zone && settings->n_sites && settings->sites[0].zone;
    s->top_zone = is_named ? text(b, settings->sites[0].zone) : "UTC";
    for (int p = 0; p < KPI_TOP_PERIODS; p++) {
        const struct kpi_top_span *span = &engine->top.spans[p];
        if (b->is_catching_up || engine->now_ms < span->begin_ms || engine->now_ms >= span->end_ms)
            continue;
        for (int k = 0; k < KPI_TOP_KINDS; k++)
            fill_top(b, (enum kpi_top_period)p, (enum kpi_top_kind)k, &lists[s->n_top_lists++],
                     &rows[s->n_tops]);
    }
}

struct snapshot *kpi_engine_snapshot(const struct kpi_engine *engine, bool is_catching_up)
{
    struct builder b = {
        .engine = engine, .snapshot = snapshot_new(), .is_catching_up = is_catching_up};
    b.arena = &b.snapshot->arena;
    b.by_key = gw_alloc((engine->n_scopes + 1) * sizeof *b.by_key);
    b.worst_of = gw_alloc(engine->n_scopes + 1);
    memset(b.worst_of, 255, engine->n_scopes + 1);
    b.scope_key = gw_alloc((engine->n_scopes + 1) * sizeof *b.scope_key);
    b.scope_name = gw_alloc((engine->n_scopes + 1) * sizeof *b.scope_name);
    for (size_t i = 0; i < engine->n_scopes; i++)
        b.by_key[i] = (uint32_t)i;
    qsort_r(b.by_key, engine->n_scopes, sizeof *b.by_key, compare_scopes, (void *)engine);
    b.snapshot->taken_ms = engine->now_ms;
    b.snapshot->is_catching_up = is_catching_up;
    b.snapshot->sequence = engine->sequence;
    fill_kpis(&b);
    fill_products(&b);
    fill_alerts(&b);
    fill_tops(&b);
    free(b.by_key);
    free(b.worst_of);
    free(b.scope_key);
    free(b.scope_name);
    return b.snapshot;
}
