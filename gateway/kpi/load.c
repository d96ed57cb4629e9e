/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a load record brings into force. It was checked before it was journaled; should it not load
 * here (an older journal read by a newer program), the one in force stays and an error is logged.
 * State that a new catalogue measures in the same way as the old one is carried over.
 */
#include <stdlib.h>

#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/kpi/engine_internal.h"
#include "gateway/schema/who.h"

/* ---- catalogue ---- */

static void free_stores(struct test_run *run)
{
    for (size_t s = 0; s < run->n_stores; s++)
        kpi_store_free(run->stores[s]);
    free(run->stores);
    free(run->part);
    kpi_held_free(&run->held);
    *run = (struct test_run){0};
}

static void free_runs(struct kpi_engine *engine, struct kpi_run *runs, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        for (uint32_t s = 0; s < runs[k].n_rows; s++)
            if (runs[k].rows[s])
                kpi_drop_row(engine, &runs[k], s);
        for (size_t t = 0; t < KPI_TESTS_MAX; t++)
            free_stores(&runs[k].tests[t]);
        free(runs[k].rows);
    }
    free(runs);
}

static struct kpi_run *find_run(struct kpi_run *runs, size_t n, uint32_t id)
{
    for (size_t k = 0; k < n; k++)
        if (runs[k].entry && runs[k].entry->id == id)
            return &runs[k];
    return NULL;
}

/* The row goes on, with what it knows of the tests that are there still: from, in the old entry. */
static struct row *carry_row(struct row *old, const uint8_t from[], size_t n_tests)
{
    struct row *row = gw_alloc(sizeof *row + n_tests * sizeof *row->tests);
    *row = *old;
    row->worst_test = 0;
    for (size_t t = 0; t < n_tests; t++) {
        if (from[t] == KPI_TESTS_MAX)
            continue;
        row->tests[t] = old->tests[from[t]];
        if (from[t] == old->worst_test)
            row->worst_test = (uint8_t)t;
    }
    free(old);
    return row;
}

/* What the old run measured the same way, the new one goes on measuring. */
static void carry_over(struct kpi_run *new_run, struct kpi_run *old)
{
    uint8_t from[KPI_TESTS_MAX];
    size_t n_tests = new_run->entry->n_tests;
    for (size_t t = 0; t < n_tests; t++) {
        from[t] = KPI_TESTS_MAX;
        for (uint8_t o = 0; o < old->entry->n_tests; o++) {
            if (!old->tests[o].test || old->tests[o].test->shape != new_run->entry->tests[t].shape)
                continue;
            new_run->tests[t] = old->tests[o];
            old->tests[o] = (struct test_run){0};
            from[t] = o;
            break;
        }
    }
    new_run->rows = old->rows;
    new_run->n_rows = old->n_rows;
    old->rows = NULL;
    old->n_rows = 0;
    for (size_t s = 0; s < new_run->n_rows; s++)
        if (new_run->rows[s])
            new_run->rows[s] = carry_row(new_run->rows[s], from, n_tests);
}

static void add_told(struct input_run *run, size_t kpi)
{
    bit_set(run->told, kpi);
    run->is_told = true;
}

static void add_user(struct input_run *run, size_t kpi, size_t test, bool is_off)
{
    add_told(run, kpi);
    run->users = gw_realloc(run->users, (run->n_users + 1) * sizeof *run->users);
    run->users[run->n_users++] = (struct input_user){(uint16_t)kpi, (uint8_t)test, is_off};
}

/* Inputs by kind, so that a record is asked only what it may answer. */
static void index_inputs(struct kpi_engine *engine)
{
    const struct kpi_catalogue *cat = engine->catalogue;
    for (int kind = 0; kind < GW_KIND_END; kind++) {
        uint16_t list[KPI_INPUTS_MAX + 1];
        size_t n = 0;
        for (uint16_t i = 0; i < cat->n_inputs; i++) {
            bool is_used = engine->inputs[i].is_told || i == cat->agent_evidence ||
                           i == cat->agent_finding || i == cat->component_status ||
                           i == cat->agent_removed || i == cat->infection;
            if (is_used && (cat->inputs[i].kinds[kind] ||
                            (cat->inputs[i].n_has && kind < GW_KIND_GATEWAY_TICK)))
                list[n++] = i;
        }
        list[n++] = KPI_NO_INPUT;
        free(engine->by_kind[kind]);
        engine->by_kind[kind] = gw_alloc(n * sizeof *list);
        memcpy(engine->by_kind[kind], list, n * sizeof *list);
    }
}

static void wire_runs(struct kpi_engine *engine)
{
    for (size_t i = 0; engine->inputs && i < engine->catalogue->n_inputs; i++)
        free(engine->inputs[i].users);
    free(engine->inputs);
    engine->inputs = gw_alloc((engine->catalogue->n_inputs + 1) * sizeof *engine->inputs);
    engine->heard.n_users = 0;
    engine->bucket_ms = 60000;
    for (size_t k = 0; k < engine->n_runs; k++) {
        struct kpi_run *run = &engine->runs[k];
        run->has_site = run->has_product = run->has_device = run->is_active = false;
        for (uint32_t s = 0; s < engine->n_sites; s++)
            run->is_active |= engine->sites[s].is_configured && kpi_is_enabled(engine, run, s);
        for (size_t i = 0; i < KPI_TEST_INPUTS; i++)
            if (run->entry->told[i] != KPI_NO_INPUT)
                add_told(&engine->inputs[run->entry->told[i]], k);
        for (size_t t = 0; t < run->entry->n_tests; t++) {
            const struct kpi_test *test = &run->entry->tests[t];
            run->has_site |= test->scope == KPI_SCOPE_SITE;
            run->has_product |= test->scope == KPI_SCOPE_PRODUCT;
            run->has_device |= test->scope == KPI_SCOPE_DEVICE;
            /* What holds is followed in any case: when it is switched on again nobody will say anew
               what did not change, nor what ended meanwhile. */
            if (!run->is_active && test->measure != KPI_MEASURE_HELD && test->part != KPI_PART_HELD)
                continue;
            for (size_t i = 0; i < KPI_TEST_INPUTS; i++)
                if (test->on[i] != KPI_NO_INPUT)
                    add_user(&engine->inputs[test->on[i]], k, t, false);
            if (test->off != KPI_NO_INPUT)
                add_user(&engine->inputs[test->off], k, t, true);
            if (test->heard_ms)
                add_user(&engine->heard, k, t, true);
            if (test->window_ms && test->window_ms / KPI_WINDOW_BUCKETS < engine->bucket_ms)
                engine->bucket_ms = test->window_ms / KPI_WINDOW_BUCKETS;
        }
    }
    index_inputs(engine);
}

static bool has_same_sources(const struct kpi_entry *a, const struct kpi_entry *b)
{
    bool same = a->n_sources == b->n_sources;
    for (size_t i = 0; same && i < a->n_sources; i++)
        same = slice_equal(a->sources[i], b->sources[i]);
    return same;
}

/* Abilities are kept by a KPI's place in the catalogue: move them to the new places. Where it names
 * other sources now, they are found anew: by its list, and by what a source tells. */
static void move_able(uint8_t *able, const struct kpi_run *old, size_t n_old,
                      struct kpi_engine *engine)
{
    uint8_t moved[KPI_MAX / 8] = {0};
    for (size_t k = 0; k < n_old; k++) {
        if (!bit_get(able, k))
            continue;
        const struct kpi_run *run = find_run(engine->runs, engine->n_runs, old[k].entry->id);
        if (run && has_same_sources(old[k].entry, run->entry))
            bit_set(moved, (size_t)(run - engine->runs));
    }
    memcpy(able, moved, sizeof moved);
}

static int take_catalogue(struct kpi_engine *engine, struct slice bytes)
{
    struct diag diag = {0};
    struct kpi_catalogue *catalogue;
    int error = kpi_catalogue_load_text(bytes, "journal", NULL, &diag, &catalogue);
    if (error) {
        log_error("kpi", "catalogue of the journal cannot be used: %s",
                  diag.n ? diag.items[0].text : gw_error_text(error));
        diag_free(&diag);
        return error;
    }
    diag_free(&diag);
    struct kpi_run *old = engine->runs;
    struct kpi_catalogue *old_catalogue = engine->catalogue;
    size_t n_old = engine->n_runs, n_old_inputs = old_catalogue ? old_catalogue->n_inputs : 0;
    for (size_t i = 0; i < n_old_inputs; i++)
        free(engine->inputs[i].users);
    free(engine->inputs);
    engine->inputs = NULL;
    engine->catalogue = catalogue;
    engine->n_runs = catalogue->n_entries;
    engine->runs = gw_alloc((engine->n_runs + 1) * sizeof *engine->runs);
    for (size_t k = 0; k < engine->n_runs; k++) {
        struct kpi_run *run = &engine->runs[k];
        run->entry = &catalogue->entries[k];
        struct kpi_run *was = find_run(old, n_old, run->entry->id);
        if (was)
            carry_over(run, was);
        for (size_t t = 0; t < run->entry->n_tests; t++) {
            run->tests[t].test = &run->entry->tests[t];
            run->tests[t].held.refused = 0;
        }
    }
    for (size_t i = 0; i < engine->n_sources; i++) {
        if (old_catalogue) /* else they are of a checkpoint, and so is this catalogue */
            move_able(engine->sources[i].able, old, n_old, engine);
        kpi_source_able(engine, engine->sources[i].mapping, engine->sources[i].able);
    }
    for (size_t i = 0; i < engine->entities.n; i++)
        if (engine->entities.all[i].product)
            move_able(engine->entities.all[i].product->able, old, n_old, engine);
    free_runs(engine, old, n_old);
    kpi_catalogue_free(old_catalogue);
    wire_runs(engine);
    return GW_OK;
}

/* ---- inventory ---- */

/* A product's own name as scope key, whatever it was called before it was listed. */
static void list_scope(struct kpi_engine *engine, uint32_t id, const struct kpi_inventory_row *row)
{
    char key[SCOPE_KEY_MAX + 1], name[256];
    struct kpi_entity *e = kpi_entity_at(&engine->entities, id);
    kpi_scope_key(slice_from(engine->sites[e->site].id), row->name, key);
    gw_clean_text(row->name, name, sizeof name - 1, false);
    uint32_t scope = kpi_make_scope(
        engine, key, name, row->role == KPI_ROLE_DEVICE ? KPI_SCOPE_DEVICE : KPI_SCOPE_PRODUCT,
        e->site, id);
    if (scope != NO_SCOPE)
        e->scope = scope + 1;
}

/* Who has the listed one's row is the listed one: not another of that short name and another domain
 * that spoke meanwhile. */
static void keep_name(struct kpi_engine *engine, const struct kpi_inventory_row *row, uint32_t site)
{
    char key[SCOPE_KEY_MAX + 1];
    kpi_scope_key(slice_from(engine->sites[site].id), row->name, key);
    const uint32_t *scope =
        kpi_table_get(&engine->scope_numbers, kpi_hash(engine->seed, 21, slice_from(key)));
    if (row->role == KPI_ROLE_HOST || !scope || engine->scopes[*scope].kind == KPI_SCOPE_SITE)
        return;
    uint32_t id = kpi_entity_root(&engine->entities, engine->scopes[*scope].entity);
    if (kpi_entity_at(&engine->entities, id)->scope == *scope + 1)
        kpi_entity_claim_name(&engine->entities, id, row->name);
}

static void list_row(struct kpi_engine *engine, const struct kpi_inventory_row *row,
                     const struct kpi_table *products)
{
    static const uint8_t flags[] = {KPI_ENTITY_LISTED_HOST, KPI_ENTITY_LISTED_PRODUCT,
                                    KPI_ENTITY_LISTED_DEVICE};
    uint32_t site = kpi_site_number(engine, row->site, true);
    if (site == UINT32_MAX)
        return;
    engine->sites[site].is_configured = true;
    keep_name(engine, row, site);
    struct kpi_identity who = {.site = site, .name = row->name, .ip = row->address};
    uint32_t id = kpi_entity_resolve(&engine->entities, &who, true);
    if (id == KPI_NO_ENTITY)
        return;
    struct kpi_entity *e = kpi_entity_at(&engine->entities, id);
    e->flags |= flags[row->role];
    if (row->role == KPI_ROLE_HOST) {
        e->flags |= row->is_expected ? 0 : KPI_ENTITY_NO_AGENT;
        return;
    }
    struct kpi_product *p = kpi_entity_product(&engine->entities, id);
    if (!p->heartbeat_ms && !p->has_spoken)
        p->spoke_up_ms = p->heard_up_ms = engine->up_ms; /* silence counts from its listing */
    p->heartbeat_ms = row->heartbeat_ms;
    p->license_ms = row->license_end_ms;
    if (row->address.n) {
        free(p->address);
        p->address = gw_alloc(row->address.n + 1);
        memcpy(p->address, row->address.p, row->address.n);
    }
    const uint32_t *count = kpi_table_get(products, kpi_hash_nocase(site + 1, 1, row->product));
    if (row->product.n && count && *count == 1)
        kpi_entity_claim_product(&engine->entities, id, row->product);
    else
        kpi_entity_claim_product(&engine->entities, id, row->name);
    list_scope(engine, id, row);
}

/* True when it was not open; then close_inventory() is the caller's. */
static bool open_inventory(struct kpi_engine *engine)
{
    struct diag diag = {0};
    struct slice bytes = buf_get(&engine->load_bytes[KPI_LOAD_INVENTORY]);
    if (engine->inventory || !bytes.n)
        return false;
    kpi_inventory_load_text(bytes, "journal", &diag, &engine->inventory);
    diag_free(&diag);
    return true;
}

static void close_inventory(struct kpi_engine *engine)
{
    kpi_inventory_free(engine->inventory);
    engine->inventory = NULL;
}

static void apply_inventory(struct kpi_engine *engine)
{
    engine->is_full = false;
    struct kpi_table products = {0};
    for (size_t i = 0; i < engine->entities.n; i++) {
        struct kpi_entity *e = &engine->entities.all[i];
        e->flags &= (uint8_t) ~(KPI_ENTITY_LISTED | KPI_ENTITY_NO_AGENT);
    }
    for (size_t i = 0; engine->inventory && i < engine->inventory->n_rows; i++) {
        const struct kpi_inventory_row *row = &engine->inventory->rows[i];
        uint32_t site = row->role == KPI_ROLE_PRODUCT && row->product.n
                            ? kpi_site_number(engine, row->site, true)
                            : UINT32_MAX;
        if (site != UINT32_MAX)
            ++*kpi_table_put(&products, kpi_hash_nocase(site + 1, 1, row->product), NULL);
    }
    for (size_t i = 0; engine->inventory && i < engine->inventory->n_rows; i++)
        list_row(engine, &engine->inventory->rows[i], &products);
    kpi_table_free(&products);
    for (size_t i = 0; i < engine->entities.n; i++) { /* what only the list said goes with it */
        struct kpi_entity *e = &engine->entities.all[i];
        if (e->product && !(e->flags & (KPI_ENTITY_LISTED_PRODUCT | KPI_ENTITY_LISTED_DEVICE)))
            e->product->heartbeat_ms = e->product->license_ms = 0;
    }
    for (size_t i = 0; i < engine->n_sources; i++)
        engine->sources[i].is_stale = true;
    engine->entities_dirty = engine->rows_dirty = true;
}

static int take_inventory(struct kpi_engine *engine, struct slice bytes)
{
    struct diag diag = {0};
    struct kpi_inventory *inventory = NULL;
    int error = GW_OK;
    if (bytes.n) /* empty: the configuration names no inventory any more */
        error = kpi_inventory_load_text(bytes, "journal", &diag, &inventory);
    if (error)
        log_error("kpi", "inventory of the journal cannot be used: %s",
                  diag.n ? diag.items[0].text : "");
    diag_free(&diag);
    if (error)
        return error;
    (void)engine;
    kpi_inventory_free(inventory); /* read again where it is needed: its rows are large */
    return GW_OK;
}

/* ---- watchlist, settings ---- */

static int take_watchlist(struct kpi_engine *engine, struct slice bytes)
{
    struct diag diag = {0};
    struct kpi_watchlist *watchlist = NULL;
    int error = GW_OK;
    if (bytes.n)
        error = kpi_watchlist_load_text(bytes, "journal", NULL, &diag, &watchlist);
    if (error)
        log_error("kpi", "watchlist of the journal cannot be used: %s",
                  diag.n ? diag.items[0].text : "");
    diag_free(&diag);
    if (error)
        return error;
    kpi_watchlist_free(engine->watchlist);
    engine->watchlist = watchlist;
    free(engine->watch_memo);
    engine->watch_memo = NULL;
    return GW_OK;
}

static void free_maintenance_zones(struct kpi_engine *engine)
{
    for (size_t i = 0; i < engine->n_maintenance_zones; i++)
        zone_free(engine->maintenance_zones[i]);
    free(engine->maintenance_zones);
}

static void open_maintenance_zones(struct kpi_engine *engine)
{
    free_maintenance_zones(engine);
    size_t n = engine->settings.n_maintenance;
    engine->maintenance_zones = gw_alloc((n + 1) * sizeof(struct zone *));
    engine->n_maintenance_zones = n;
    for (size_t i = 0; i < n; i++) {
        struct slice tzif = engine->settings.maintenance[i].zone;
        engine->maintenance_zones[i] = tzif.n ? zone_read(tzif) : NULL;
        if (tzif.n && !engine->maintenance_zones[i])
            log_error("kpi", "time zone of a maintenance window cannot be used; it is UTC's");
    }
}

/* What the settings say is out, known since then or since now. */
static void learn_newest(struct kpi_engine *engine, int64_t now_ms)
{
    for (size_t i = 0; i < engine->entities.n_components; i++)
        kpi_component_tell(&engine->entities.components[i], 0, 0);
    for (size_t i = 0; i < engine->settings.n_newest; i++) {
        const struct kpi_newest *newest = &engine->settings.newest[i];
        uint32_t component = kpi_component_number(&engine->entities, newest->type,
                                                  slice_from(newest->component), true);
        if (component != UINT32_MAX)
            kpi_component_tell(&engine->entities.components[component], newest->number,
                               newest->since_ms ? newest->since_ms : now_ms);
    }
}

static int take_settings(struct kpi_engine *engine, struct slice bytes)
{
    struct arena arena;
    struct kpi_settings settings;
    arena_init(&arena, 0);
    int error = kpi_settings_decode(bytes, &arena, &settings);
    if (error) {
        log_error("kpi", "settings of the journal cannot be used: %s", gw_error_text(error));
        arena_fini(&arena);
        return error;
    }
    arena_fini(&engine->settings_arena);
    engine->settings_arena = arena;
    engine->settings = settings;
    open_maintenance_zones(engine);
    if (!kpi_top_set_zone(&engine->top, settings.zone))
        log_error("kpi", "time zone of the journal's settings cannot be used; days are of UTC");
    return GW_OK;
}

static void name_site(struct kpi_engine *engine, struct site *site, const char *name)
{
    free(site->name);
    site->name = gw_strdup(name);
    if (site->scope == NO_SCOPE)
        return;
    free(engine->scopes[site->scope].name);
    engine->scopes[site->scope].name = gw_strdup(name);
}

void kpi_apply_settings(struct kpi_engine *engine)
{
    static const struct kpi_site one = {.id = "default", .name = "default"};
    const struct kpi_site *sites = engine->settings.n_sites ? engine->settings.sites : &one;
    size_t n = engine->settings.n_sites ? engine->settings.n_sites : 1;
    bool is_opened = open_inventory(engine);
    for (size_t i = 0; i < engine->n_sites; i++) {
        engine->sites[i].is_configured = i == engine->unlisted_site;
        engine->sites[i].hosts_given = 0;
        name_site(engine, &engine->sites[i], engine->sites[i].id);
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t number = kpi_site_number(engine, slice_from(sites[i].id), true);
        if (number == UINT32_MAX)
            continue;
        struct site *site = &engine->sites[number];
        site->is_configured = true;
        site->hosts_given = sites[i].hosts;
        name_site(engine, site, sites[i].name ? sites[i].name : sites[i].id);
        if (i == 0)
            engine->default_site = number;
    }
    apply_inventory(engine);
    kpi_index_sources(engine);
    if (is_opened)
        close_inventory(engine);
}

uint64_t kpi_uplink_key(uint32_t scope, struct slice name)
{
    return kpi_hash(scope, 43, name);
}

static void index_uplinks(struct kpi_engine *engine, const struct kpi_inventory_row *row)
{
    char key[SCOPE_KEY_MAX + 1], name[KPI_NAME_MAX + 1];
    struct slice rest = row->uplinks, link;
    kpi_scope_key(row->site, row->name, key);
    const uint32_t *scope =
        kpi_table_get(&engine->scope_numbers, kpi_hash(engine->seed, 21, slice_from(key)));
    while (scope && rest.n) {
        slice_cut(rest, ';', &link, &rest);
        size_t n = gw_clean_text(slice_trim(link), name, KPI_NAME_MAX, true);
        if (n)
            *kpi_table_put(&engine->uplinks, kpi_uplink_key(*scope, slice_of(name, n)), NULL) = 1;
    }
}

void kpi_index_sources(struct kpi_engine *engine)
{
    bool is_opened = open_inventory(engine);
    free(engine->networks);
    engine->networks = gw_alloc((engine->settings.n_sources + 1) * sizeof *engine->networks);
    engine->n_networks = 0;
    for (size_t i = 0; i < engine->settings.n_sources; i++)
        if (engine->settings.sources[i].network &&
            network_parse(slice_from(engine->settings.sources[i].network),
                          &engine->networks[engine->n_networks]))
            engine->n_networks++;
    kpi_table_free(&engine->listed_addresses);
    kpi_table_free(&engine->uplinks);
    for (size_t i = 0; engine->inventory && i < engine->inventory->n_rows; i++) {
        const struct kpi_inventory_row *row = &engine->inventory->rows[i];
        uint32_t site = row->address.n ? kpi_site_number(engine, row->site, false) : UINT32_MAX;
        if (site != UINT32_MAX)
            *kpi_table_put(&engine->listed_addresses, kpi_hash_nocase(1, 1, row->address), NULL) =
                site;
        if (row->role == KPI_ROLE_DEVICE)
            index_uplinks(engine, row);
    }
    if (is_opened)
        close_inventory(engine);
}

/* ---- all four ---- */

int kpi_engine_load_bytes(struct kpi_engine *engine, enum kpi_load load, struct slice bytes,
                          struct slice hash)
{
    static int (*const take[])(struct kpi_engine *, struct slice) = {take_catalogue, take_inventory,
                                                                     take_watchlist, take_settings};
    /* The loaded objects may point into these bytes, so the copy is theirs. */
    struct buf copy = {0};
    buf_slice(&copy, bytes);
    int error = take[load](engine, buf_get(&copy));
    if (error) {
        buf_free(&copy);
        return error;
    }
    buf_free(&engine->load_bytes[load]);
    engine->load_bytes[load] = copy;
    hash = slice_head(hash, KPI_LOAD_HASH_MAX - 1);
    memcpy(engine->load_hash[load], hash.p ? hash.p : "", hash.n);
    engine->load_hash[load][hash.n] = '\0';
    return GW_OK;
}

void kpi_engine_load(struct kpi_engine *engine, const struct gw_event *event)
{
    struct slice type = gw_event_text(event, GW_FIELD_LOAD_TYPE),
                 hash = gw_event_text(event, GW_FIELD_LOAD_HASH);
    int load = 0;
    while (load < KPI_LOADS && !slice_equal(type, slice_from(kpi_load_name((enum kpi_load)load))))
        load++;
    if (load == KPI_LOADS)
        return; /* a load of another room */
    if (hash.n && slice_equal(hash, slice_from(engine->load_hash[load])))
        return;
    if (kpi_engine_load_bytes(engine, (enum kpi_load)load, event->raw, hash))
        return;
    if (load == KPI_LOAD_SETTINGS || load == KPI_LOAD_INVENTORY)
        kpi_apply_settings(engine); /* sites that only the old inventory had go */
    if (load == KPI_LOAD_SETTINGS)
        learn_newest(engine, event->time_ms);
    if (engine->catalogue && load != KPI_LOAD_CATALOGUE)
        wire_runs(engine);
    engine->rows_dirty = engine->entities_dirty = engine->is_dirty = true;
}

void kpi_engine_unload(struct kpi_engine *engine)
{
    for (size_t i = 0; engine->catalogue && i < engine->catalogue->n_inputs; i++)
        free(engine->inputs[i].users);
    free(engine->inputs);
    free(engine->heard.users);
    for (int kind = 0; kind < GW_KIND_END; kind++)
        free(engine->by_kind[kind]);
    engine->emit = NULL; /* rows that end with the engine are no news */
    free_runs(engine, engine->runs, engine->n_runs);
    kpi_catalogue_free(engine->catalogue);
    kpi_inventory_free(engine->inventory);
    kpi_watchlist_free(engine->watchlist);
    arena_fini(&engine->settings_arena);
    free_maintenance_zones(engine);
    free(engine->networks);
    kpi_table_free(&engine->listed_addresses);
    kpi_table_free(&engine->uplinks);
    for (int load = 0; load < KPI_LOADS; load++)
        buf_free(&engine->load_bytes[load]);
}
