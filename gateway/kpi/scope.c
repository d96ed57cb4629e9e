/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a row is about: sites, products, devices. Scopes come from the configuration, the inventory
 * and known sources; at most SCOPES_MAX are kept, more are counted. A scope keeps its number for
 * good.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/ascii.h"
#include "gateway/base/utf8.h"
#include "gateway/kpi/engine_internal.h"
#include "gateway/schema/who.h"

static const char UNLISTED[] = "(unlisted)";

/* `text` lower case and clean; longer than 64 bytes: cut at 48 on a character, then ~ and a hash.
 */
static void bound_key(struct buf *text, char *out)
{
    char clean[512];
    size_t n = gw_clean_text(buf_get(text), clean, sizeof clean - 1, true);
    if (n <= SCOPE_KEY_MAX) {
        memcpy(out, clean, n + 1);
        return;
    }
    struct slice head = utf8_head(slice_of(clean, n), SCOPE_KEY_HEAD);
    uint64_t hash =
        kpi_hash(0, 3, buf_get(text)); /* no seed: the key must be the same everywhere */
    snprintf(out, SCOPE_KEY_MAX + 1, "%.*s~%08x", (int)head.n, head.p,
             (unsigned)(hash ^ hash >> 32));
}

void kpi_scope_key(struct slice site, struct slice name, char *out)
{
    struct buf text = {0};
    buf_slice(&text, site);
    if (name.n) {
        buf_byte(&text, '/');
        buf_slice(&text, name);
    }
    for (size_t i = 0; i < text.n; i++)
        text.p[i] = ascii_lower(text.p[i]);
    bound_key(&text, out);
    buf_free(&text);
}

/* Nothing stands behind it any more: no source, no report, no list. */
static bool is_vacant(const struct kpi_engine *engine, uint32_t number)
{
    const struct scope *s = &engine->scopes[number];
    if (s->kind == KPI_SCOPE_SITE)
        return false;
    const struct kpi_entity *e =
        kpi_entity_at(&engine->entities, kpi_entity_root(&engine->entities, s->entity));
    return s->is_gone || e->scope != number + 1 ||
           !(e->flags & (KPI_ENTITY_PRODUCT | KPI_ENTITY_LISTED_DEVICE));
}

/* With every scope taken a vacant one is given away, its windows with it. NO_SCOPE: there is none.
 */
static uint32_t recycle_scope(struct kpi_engine *engine)
{
    uint32_t number = 0;
    while (!engine->is_full && number < engine->n_scopes && !is_vacant(engine, number))
        number++;
    if (engine->is_full || number == engine->n_scopes) {
        engine->is_full = true; /* a flood must not search for each of its records */
        return NO_SCOPE;
    }
    struct scope *s = &engine->scopes[number];
    struct kpi_entity *e =
        kpi_entity_at(&engine->entities, kpi_entity_root(&engine->entities, s->entity));
    if (e->scope == number + 1)
        e->scope = 0;
    for (size_t k = 0; k < engine->n_runs; k++) {
        struct kpi_run *run = &engine->runs[k];
        if (kpi_row_at(run, number))
            kpi_drop_row(engine, run, number);
        for (size_t t = 0; t < run->entry->n_tests; t++) {
            if (number >= run->tests[t].n_stores)
                continue;
            kpi_store_free(run->tests[t].stores[number]);
            run->tests[t].stores[number] = NULL;
        }
    }
    kpi_table_remove(&engine->scope_numbers, kpi_hash(engine->seed, 21, slice_from(s->key)));
    free(s->key);
    free(s->name);
    return number;
}

uint32_t kpi_make_scope(struct kpi_engine *engine, const char *key, const char *name,
                        enum kpi_scope_kind kind, uint32_t site, uint32_t entity)
{
    uint64_t hash = kpi_hash(engine->seed, 21, slice_from(key));
    const uint32_t *known = kpi_table_get(&engine->scope_numbers, hash);
    if (known) {
        struct scope *s = &engine->scopes[*known];
        if (kind != KPI_SCOPE_SITE && s->kind != KPI_SCOPE_SITE) { /* one row is of one */
            uint32_t before = kpi_entity_root(&engine->entities, s->entity);
            if (before != entity && kpi_entity_at(&engine->entities, before)->scope == *known + 1)
                kpi_entity_at(&engine->entities, before)->scope = 0;
        }
        s->is_gone = false;
        s->kind = kind;
        s->entity = entity;
        if (strcmp(s->name, name)) {
            free(s->name);
            s->name = gw_strdup(name);
        }
        return *known;
    }
    uint32_t number = engine->n_scopes == SCOPES_MAX ? recycle_scope(engine) : NO_SCOPE;
    if (engine->n_scopes == SCOPES_MAX && number == NO_SCOPE) {
        engine->refused_scopes++;
        return NO_SCOPE;
    }
    if (number == NO_SCOPE && (engine->n_scopes & (engine->n_scopes - 1)) == 0)
        engine->scopes = gw_realloc(engine->scopes, (engine->n_scopes ? engine->n_scopes * 2 : 1) *
                                                        sizeof *engine->scopes);
    if (number == NO_SCOPE)
        number = (uint32_t)engine->n_scopes++;
    engine->scopes[number] = (struct scope){.key = gw_strdup(key),
                                            .name = gw_strdup(name),
                                            .kind = kind,
                                            .site = site,
                                            .entity = entity};
    *kpi_table_put(&engine->scope_numbers, hash, NULL) = number;
    return number;
}

void kpi_give_site_scope(struct kpi_engine *engine, uint32_t number)
{
    struct site *site = &engine->sites[number];
    if (site->scope != NO_SCOPE)
        return;
    site->scope =
        kpi_make_scope(engine, site->id, site->name, KPI_SCOPE_SITE, number, KPI_NO_ENTITY);
    engine->rows_dirty |= site->scope != NO_SCOPE;
}

uint32_t kpi_site_number(struct kpi_engine *engine, struct slice id, bool is_new_allowed)
{
    char key[SCOPE_KEY_MAX + 1];
    kpi_scope_key(id, SLICE_NONE, key);
    uint64_t hash = kpi_hash(engine->seed, 22, slice_from(key));
    const uint32_t *known = kpi_table_get(&engine->site_numbers, hash);
    if (known && (is_new_allowed || engine->sites[*known].is_configured))
        return *known;
    if (!is_new_allowed || engine->n_sites == SITES_MAX)
        return UINT32_MAX;
    if ((engine->n_sites & (engine->n_sites - 1)) == 0)
        engine->sites = gw_realloc(engine->sites, (engine->n_sites ? engine->n_sites * 2 : 1) *
                                                      sizeof *engine->sites);
    uint32_t number = (uint32_t)engine->n_sites++;
    engine->sites[number] =
        (struct site){.id = gw_strdup(key), .name = gw_strdup(key), .scope = NO_SCOPE};
    *kpi_table_put(&engine->site_numbers, hash, NULL) = number;
    kpi_give_site_scope(engine, number);
    return number;
}

uint32_t kpi_unlisted_site(struct kpi_engine *engine)
{
    if (engine->unlisted_site == SIZE_MAX) {
        uint32_t number = kpi_site_number(engine, SLICE(UNLISTED), true);
        if (number == UINT32_MAX)
            return 0;
        engine->unlisted_site = number;
        kpi_entities_bound_site(&engine->entities, number);
        engine->sites[number].is_configured = true;
        engine->rows_dirty = true;
    }
    return (uint32_t)engine->unlisted_site;
}

/* Does somebody else have the row of this key, or somebody listed? */
static bool is_taken(const struct kpi_engine *engine, const char *key, uint32_t entity,
                     bool by_listed)
{
    const uint32_t *known =
        kpi_table_get(&engine->scope_numbers, kpi_hash(engine->seed, 21, slice_from(key)));
    if (!known || engine->scopes[*known].kind == KPI_SCOPE_SITE)
        return known != NULL;
    uint32_t other = kpi_entity_root(&engine->entities, engine->scopes[*known].entity);
    return other != entity && !is_vacant(engine, *known) &&
           (!by_listed || kpi_entity_at(&engine->entities, other)->flags & KPI_ENTITY_LISTED);
}

uint32_t kpi_scope_of_entity(struct kpi_engine *engine, uint32_t entity, enum kpi_scope_kind kind,
                             struct slice said)
{
    struct kpi_entity *e = kpi_entity_at(&engine->entities, entity);
    char key[SCOPE_KEY_MAX + 1], name[256];
    if (e->scope)
        return e->scope - 1;
    if (e->site >= engine->n_sites)
        return NO_SCOPE;
    struct slice site = slice_from(engine->sites[e->site].id);
    gw_clean_text(slice_from(e->label), name, sizeof name - 1, false);
    kpi_scope_key(site, slice_from(name), key);
    if (is_taken(engine, key, entity, false) && said.n) {
        gw_clean_text(said, name, sizeof name - 1, false);
        kpi_scope_key(site, slice_from(name), key);
    }
    /* Who is not listed and has another name or address by now gets a row of that. */
    if (is_taken(engine, key, entity, true)) {
        engine->refused_scopes++;
        return NO_SCOPE;
    }
    uint32_t scope = kpi_make_scope(engine, key, name, kind, e->site, entity);
    if (scope != NO_SCOPE)
        e->scope = scope + 1;
    return scope;
}

bool kpi_is_enabled(const struct kpi_engine *engine, const struct kpi_run *run, uint32_t site)
{
    bool is_enabled = run->entry->is_enabled;
    for (size_t i = 0; i < engine->settings.n_overrides; i++) {
        const struct kpi_override *o = &engine->settings.overrides[i];
        if (o->enabled < 0 || !o->key || strcmp(o->key, run->entry->key))
            continue;
        if (!o->site ||
            (site < engine->n_sites &&
             slice_equal_nocase(slice_from(o->site), slice_from(engine->sites[site].id))))
            is_enabled = o->enabled != 0;
    }
    return is_enabled;
}

struct row *kpi_row_at(const struct kpi_run *run, uint32_t scope)
{
    return scope < run->n_rows ? run->rows[scope] : NULL;
}

/* Levels as the catalogue and then the settings say. */
static void set_levels(const struct kpi_engine *engine, const struct kpi_run *run, uint32_t site,
                       struct row *row)
{
    for (size_t t = 0; t < run->entry->n_tests; t++) {
        row->tests[t].warning = run->entry->tests[t].warning;
        row->tests[t].critical = run->entry->tests[t].critical;
    }
    for (size_t i = 0; i < engine->settings.n_overrides; i++) {
        const struct kpi_override *o = &engine->settings.overrides[i];
        size_t t = o->test ? o->test - 1u : 0;
        if (!o->key || strcmp(o->key, run->entry->key) || t >= run->entry->n_tests)
            continue;
        if (o->site && !slice_equal_nocase(slice_from(o->site), slice_from(engine->sites[site].id)))
            continue;
        int32_t scale = run->entry->tests[t].is_percent ? 100 : 1;
        if (o->warning != KPI_LEVEL_KEEP)
            row->tests[t].warning = o->warning < 0 ? KPI_NO_LEVEL : o->warning * scale;
        if (o->critical != KPI_LEVEL_KEEP)
            row->tests[t].critical = o->critical < 0 ? KPI_NO_LEVEL : o->critical * scale;
    }
}

/* Has a product that nobody listed said anything that this KPI measures? */
static bool has_input(const struct kpi_engine *engine, const struct kpi_run *run, uint32_t scope)
{
    uint32_t entity = kpi_entity_root(&engine->entities, engine->scopes[scope].entity);
    const struct kpi_entity *e = kpi_entity_at(&engine->entities, entity);
    for (size_t t = 0; t < run->entry->n_tests; t++) {
        const struct kpi_test *test = &run->entry->tests[t];
        if (test->scope != KPI_SCOPE_PRODUCT)
            continue;
        if (test->measure == KPI_MEASURE_HELD || test->measure == KPI_MEASURE_SILENCE)
            return true;
        if (test->measure == KPI_MEASURE_DAYS_LEFT && e->product &&
            (e->product->license_ms || e->product->noticed_ms))
            return true;
        if (scope < run->tests[t].n_stores && run->tests[t].stores[scope])
            return true;
        for (size_t i = 0; i < e->n_components; i++)
            if (test->component &&
                engine->entities.components[e->components[i].component].type == test->component)
                return true;
    }
    return false;
}

static bool is_wanted(const struct kpi_engine *engine, const struct kpi_run *run, uint32_t number)
{
    const struct scope *s = &engine->scopes[number];
    bool is_enabled = kpi_is_enabled(engine, run, s->site);
    if (s->is_gone || s->site >= engine->n_sites || !engine->sites[s->site].is_configured)
        return false;
    if (s->kind == KPI_SCOPE_SITE)
        return run->has_site || !is_enabled;
    if (!is_enabled)
        return false; /* the switch is the site's, and so is its row */
    const struct kpi_entity *e =
        kpi_entity_at(&engine->entities, kpi_entity_root(&engine->entities, s->entity));
    if (e->scope != number + 1)
        return false; /* it is shown under another key now */
    if (s->kind == KPI_SCOPE_DEVICE)
        return run->has_device && (e->flags & KPI_ENTITY_LISTED_DEVICE);
    if (!run->has_product)
        return false;
    if (e->flags & KPI_ENTITY_LISTED_PRODUCT)
        return true;
    return kpi_entity_is_product(e) && e->product &&
           bit_get(e->product->able, (size_t)(run - engine->runs)) &&
           has_input(engine, run, number);
}

struct row *kpi_make_row(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope)
{
    if (scope >= run->n_rows) {
        size_t n = engine->n_scopes;
        run->rows = gw_realloc(run->rows, n * sizeof *run->rows);
        memset(run->rows + run->n_rows, 0, (n - run->n_rows) * sizeof *run->rows);
        run->n_rows = n;
    }
    struct row *row = gw_alloc(sizeof *row + run->entry->n_tests * sizeof *row->tests);
    row->state = row->calm_state = KPI_UNKNOWN;
    row->is_new = row->is_unsaid = true;
    row->bad_since_up_ms = -1;
    row->since_ms = row->changed_ms = engine->now_ms;
    run->rows[scope] = row;
    return row;
}

struct row *kpi_want_row(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope)
{
    struct row *row = kpi_row_at(run, scope);
    if (row || scope >= engine->n_scopes || !is_wanted(engine, run, scope))
        return row;
    engine->rows_dirty = true; /* it gets its levels with all others */
    return kpi_make_row(engine, run, scope);
}

void kpi_drop_row(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope)
{
    struct row *row = run->rows[scope];
    kpi_alert_end_row(engine, run, scope, row);
    free(row->evidence);
    free(row);
    run->rows[scope] = NULL;
}

void kpi_shape_rows(struct kpi_engine *engine)
{
    for (size_t k = 0; k < engine->n_runs; k++) {
        struct kpi_run *run = &engine->runs[k];
        for (uint32_t s = 0; s < engine->n_scopes; s++) {
            bool has = kpi_row_at(run, s) != NULL, wanted = is_wanted(engine, run, s);
            if (has && !wanted)
                kpi_drop_row(engine, run, s);
            else if (!has && wanted)
                kpi_make_row(engine, run, s);
            if (!wanted)
                continue;
            struct row *row = run->rows[s];
            set_levels(engine, run, engine->scopes[s].site, row);
            row->is_disabled = !kpi_is_enabled(engine, run, engine->scopes[s].site);
        }
    }
    engine->rows_dirty = false;
}
