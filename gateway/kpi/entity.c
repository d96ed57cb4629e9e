/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Identity by aliases: a table of keyed hashes (kind, site, text) to entity numbers, so a computer
 * costs 12 bytes an alias and no text beyond its label. 64 bits of a hash whose key nobody outside
 * knows: two of a million aliases coincide with a chance of one in ten million. Each computer has a
 * bounded number of them, so that one that is called otherwise in each record fills nothing.
 *
 * A joined entity stays as a pointer to the one it became until kpi_entities_collect().
 */
#include "gateway/kpi/entity.h"

#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/schema/who.h"

enum alias { ALIAS_GUID, ALIAS_FULL_NAME, ALIAS_NAME, ALIAS_MAC, ALIAS_IP, ALIAS_PRODUCT, ALIASES };
enum { CACHE_SLOTS = 16384, TURNS = 4096, LABEL_MAX = 255, DROPPED_MAX = 1 << 20 };

/* A cache of who was found by what. An entry holds while the entity's "turn" is what it was: it is
   raised when an alias leaves the entity, or its names change. Entities share TURNS of them, so an
   address that moves from one computer to another voids few entries besides. */
struct kpi_entity_cache {
    struct {
        uint64_t key;
        uint32_t id, turn;
    } slots[CACHE_SLOTS];
    uint32_t turns[TURNS]; /* by entity number; never 0 */
};

void kpi_entities_init(struct kpi_entities *entities, uint64_t seed)
{
    *entities = (struct kpi_entities){.seed = seed, .strangers_site = UINT32_MAX};
    entities->cache = gw_alloc(sizeof *entities->cache);
    kpi_entities_forget_found(entities);
    arena_init(&entities->labels, 0);
}

static void free_product(struct kpi_product *p)
{
    if (!p)
        return;
    free(p->vendor.p);
    free(p->name.p);
    free(p->version.p);
    free(p->address);
    free(p->pattern_version);
    free(p->engine_version);
    free(p->gaps);
    free(p);
}

static void free_entity(struct kpi_entity *e)
{
    free(e->components);
    free_product(e->product);
    *e = (struct kpi_entity){.into = KPI_NO_ENTITY};
}

void kpi_entities_fini(struct kpi_entities *entities)
{
    for (size_t i = 0; i < entities->n; i++)
        free_entity(&entities->all[i]);
    free(entities->all);
    arena_fini(&entities->labels);
    free(entities->free_ids);
    free(entities->components);
    free(entities->cache);
    kpi_table_free(&entities->aliases);
    kpi_table_free(&entities->component_numbers);
    *entities = (struct kpi_entities){0};
}

/* An alias left it, its names changed, or it joined another. */
static void turn(struct kpi_entities *entities, uint32_t id)
{
    uint32_t *of = &entities->cache->turns[id % TURNS];
    if (++*of == 0)
        *of = 1;
}

void kpi_entities_forget_found(struct kpi_entities *entities)
{
    for (uint32_t i = 0; i < TURNS; i++)
        turn(entities, i);
}

void kpi_entities_bound_site(struct kpi_entities *entities, uint32_t site)
{
    entities->strangers_site = site;
    entities->strangers = 0;
    for (size_t i = 0; i < entities->n; i++)
        entities->strangers += entities->all[i].label && entities->all[i].site == site;
}

static uint64_t alias_hash(const struct kpi_entities *entities, enum alias kind, uint32_t site,
                           struct slice text)
{
    return kpi_hash_nocase(entities->seed, (uint64_t)(kind + 1) << 32 | site, text);
}

struct keys {
    uint64_t alias[ALIASES];     /* 0: not given */
    uint32_t guid, name, domain; /* short */
    struct slice label;
};

static void find_keys(const struct kpi_entities *entities, const struct kpi_identity *who,
                      struct keys *k)
{
    struct gw_identity is = {.guid = who->guid,
                             .name = who->name,
                             .domain = who->domain,
                             .mac = who->mac,
                             .ip = who->ip};
    gw_identity_of(&is);
    *k = (struct keys){.label = is.label};
    if (is.name.n) {
        uint64_t name = k->alias[ALIAS_NAME] = alias_hash(entities, ALIAS_NAME, who->site, is.name);
        k->name = kpi_entity_short_hash(name);
        if (is.domain.n) {
            uint64_t domain = alias_hash(entities, ALIAS_FULL_NAME, who->site, is.domain);
            k->domain = kpi_entity_short_hash(domain);
            k->alias[ALIAS_FULL_NAME] =
                kpi_hash(domain, 7, slice_of((const char *)&name, sizeof name));
        }
    }
    if (is.guid.n) {
        k->alias[ALIAS_GUID] = alias_hash(entities, ALIAS_GUID, who->site, is.guid);
        k->guid = kpi_entity_short_hash(k->alias[ALIAS_GUID]);
    }
    if (is.mac.n)
        k->alias[ALIAS_MAC] = alias_hash(entities, ALIAS_MAC, who->site, is.mac);
    if (is.ip.n)
        k->alias[ALIAS_IP] = alias_hash(entities, ALIAS_IP, who->site, is.ip);
    if (!k->label.n && !gw_is_nobody(who->product)) {
        k->alias[ALIAS_PRODUCT] = alias_hash(entities, ALIAS_PRODUCT, who->site, who->product);
        k->label = who->product;
    }
}

uint32_t kpi_entity_root(const struct kpi_entities *entities, uint32_t id)
{
    while (id < entities->n && entities->all[id].into != KPI_NO_ENTITY)
        id = entities->all[id].into;
    return id;
}

/* May the entity bear these names? */
static bool agrees(const struct kpi_entity *e, const struct keys *k)
{
    return !(e->guid && k->guid && e->guid != k->guid) &&
           !(e->name && k->name && e->name != k->name) &&
           !(e->domain && k->domain && e->domain != k->domain);
}

static uint32_t make_entity(struct kpi_entities *entities, uint32_t site, struct slice label)
{
    uint32_t id;
    bool is_stranger = site == entities->strangers_site;
    if (entities->live >= KPI_ENTITIES_MAX ||
        (is_stranger && entities->strangers >= KPI_STRANGERS_MAX)) {
        entities->refused++;
        return KPI_NO_ENTITY;
    }
    if (entities->n_free) {
        id = entities->free_ids[--entities->n_free];
    } else {
        if (entities->n == entities->cap) {
            entities->cap = entities->cap ? entities->cap + entities->cap / 2 : 64;
            entities->all = gw_realloc(entities->all, entities->cap * sizeof *entities->all);
        }
        id = (uint32_t)entities->n++;
    }
    char text[LABEL_MAX + 1];
    gw_clean_text(label, text, LABEL_MAX, false);
    entities->all[id] =
        (struct kpi_entity){.into = KPI_NO_ENTITY,
                            .site = site,
                            .label = arena_text(&entities->labels, slice_from(text)),
                            .reporter = KPI_NO_ENTITY,
                            .connection = 255};
    entities->live++;
    entities->strangers += is_stranger;
    return id;
}

static void join_products(struct kpi_entity *a, struct kpi_entity *b)
{
    if (!b->product)
        return;
    if (!a->product) {
        a->product = b->product;
        b->product = NULL;
        return;
    }
    struct kpi_product *p = a->product, *q = b->product;
    if (q->seen_ms > p->seen_ms)
        p->seen_ms = q->seen_ms;
    if (q->heard_up_ms > p->heard_up_ms)
        p->heard_up_ms = q->heard_up_ms;
    if (q->spoke_up_ms > p->spoke_up_ms)
        p->spoke_up_ms = q->spoke_up_ms;
    p->has_spoken |= q->has_spoken;
    p->heartbeat_ms = p->heartbeat_ms ? p->heartbeat_ms : q->heartbeat_ms;
    p->license_ms = p->license_ms ? p->license_ms : q->license_ms;
    if (q->noticed_ms > p->noticed_ms) {
        p->notice_ms = q->notice_ms;
        p->noticed_ms = q->noticed_ms;
        p->is_undated = q->is_undated;
    }
    if (!p->gaps) {
        p->gaps = q->gaps;
        q->gaps = NULL;
    }
    for (size_t i = 0; i < sizeof p->able; i++)
        p->able[i] |= q->able[i];
}

/* b turned out to be a. */
static void join(struct kpi_entities *entities, uint32_t a_id, uint32_t b_id)
{
    struct kpi_entity *a = &entities->all[a_id], *b = &entities->all[b_id];
    if (b->seen_ms > a->seen_ms) {
        a->seen_ms = b->seen_ms;
        a->reporter = b->reporter;
    }
    if (b->agent_ms > a->agent_ms)
        a->agent_ms = b->agent_ms;
    if (b->agent_up_ms > a->agent_up_ms)
        a->agent_up_ms = b->agent_up_ms;
    if (b->removed_ms > a->removed_ms)
        a->removed_ms = b->removed_ms;
    if (b->connection_ms > a->connection_ms) {
        a->connection_ms = b->connection_ms;
        a->connection = b->connection;
    }
    a->guid = a->guid ? a->guid : b->guid;
    a->domain = a->domain ? a->domain : b->domain;
    if (!a->name && b->name) {
        a->name = b->name;
        const char *label = a->label;
        a->label = b->label;
        b->label = label;
    }
    const int listed = KPI_ENTITY_LISTED_PRODUCT | KPI_ENTITY_LISTED_DEVICE;
    if (b->scope && (!a->scope || (b->flags & listed && !(a->flags & listed))))
        a->scope = b->scope; /* a listed row stays, whoever it turns out to be */
    b->scope = 0;
    a->flags |= b->flags;
    for (size_t i = 0; i < b->n_components; i++) {
        struct kpi_component_state *s = kpi_component_slot(a, b->components[i].component);
        if (s && b->components[i].time_ms >= s->time_ms)
            *s = b->components[i];
    }
    join_products(a, b);
    b->into = a_id;
    turn(entities, b_id);
    entities->has_joined = true;
}

/* A hash of all that the identity has. */
static uint64_t fingerprint(const struct kpi_entities *entities, const struct kpi_identity *who)
{
    const struct slice said[] = {who->guid, who->name, who->domain,
                                 who->mac,  who->ip,   who->product};
    uint64_t h = entities->seed;
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (said[i].n)
            h = kpi_hash_nocase(h, (uint64_t)who->site << 3 | i, said[i]);
    return h;
}

/* Makes the alias lead to entity id. One that has as many aliases as it may have does not get it;
   but then the alias leads to nobody else either. False: it did not get it. */
static bool claim(struct kpi_entities *entities, uint64_t alias, uint32_t id)
{
    struct kpi_entity *e = &entities->all[id];
    const uint32_t *was = kpi_table_get(&entities->aliases, alias);
    uint32_t owner = was ? kpi_entity_root(entities, *was) : KPI_NO_ENTITY;
    if (owner == id)
        return true;
    if (was) {
        entities->all[*was].n_aliases -= entities->all[*was].n_aliases > 0;
        turn(entities, owner);
    }
    if (e->n_aliases >= KPI_ALIASES_PER_ENTITY) {
        entities->refused_aliases++;
        kpi_table_remove(&entities->aliases, alias);
        return false;
    }
    e->n_aliases++;
    *kpi_table_put(&entities->aliases, alias, NULL) = id;
    return true;
}

static void spare_labels(struct kpi_entities *entities, size_t dropped_max)
{
    struct arena old = entities->labels;
    if (entities->dropped_bytes <= dropped_max || entities->dropped_bytes <= old.used_bytes / 2)
        return;
    arena_init(&entities->labels, 0);
    for (size_t i = 0; i < entities->n; i++)
        if (entities->all[i].label)
            entities->all[i].label =
                arena_text(&entities->labels, slice_from(entities->all[i].label));
    arena_fini(&old);
    entities->dropped_bytes = 0;
}

/* The entity takes the names that the record has: whom it agrees with may have changed by that. */
static void take_names(struct kpi_entities *entities, uint32_t id, const struct keys *k)
{
    struct kpi_entity *e = &entities->all[id];
    bool has_changed = (k->guid && e->guid != k->guid) || (k->name && e->name != k->name) ||
                       (k->domain && e->domain != k->domain);
    if (!has_changed)
        return;
    e->guid = k->guid ? k->guid : e->guid;
    if (k->name && e->name != k->name) {
        char text[LABEL_MAX + 1];
        gw_clean_text(k->label, text, LABEL_MAX, false);
        entities->dropped_bytes += strlen(e->label) + 1;
        e->label = arena_text(&entities->labels, slice_from(text));
        e->name = k->name;
        spare_labels(entities, DROPPED_MAX);
    }
    e->domain = k->domain ? k->domain : e->domain;
    turn(entities, id);
}

/* has_all: it has every alias that who names, so that it is found again. */
static uint32_t resolve(struct kpi_entities *entities, const struct kpi_identity *who,
                        bool is_new_allowed, bool *has_all)
{
    struct keys k;
    uint32_t found = KPI_NO_ENTITY;
    bool any = false;
    *has_all = false;
    find_keys(entities, who, &k);
    for (int i = 0; i < ALIASES; i++) {
        any |= k.alias[i] != 0;
        const uint32_t *id = k.alias[i] ? kpi_table_get(&entities->aliases, k.alias[i]) : NULL;
        if (!id)
            continue;
        uint32_t root = kpi_entity_root(entities, *id);
        struct kpi_entity *e = &entities->all[root];
        if (root == found || (i != ALIAS_GUID && !agrees(e, &k)))
            continue;
        if (found == KPI_NO_ENTITY) {
            found = root;
            continue;
        }
        const struct kpi_entity *f = &entities->all[found];
        struct keys theirs = {.guid = e->guid, .name = e->name, .domain = e->domain};
        if (agrees(f, &theirs))
            join(entities, found, root);
    }
    if (found == KPI_NO_ENTITY && (!any || !is_new_allowed))
        return KPI_NO_ENTITY;
    if (found == KPI_NO_ENTITY) {
        found = make_entity(entities, who->site, k.label);
        if (found == KPI_NO_ENTITY)
            return found;
        struct kpi_entity *e = &entities->all[found]; /* new: the cache has nothing of it */
        e->guid = k.guid;
        e->name = k.name;
        e->domain = k.domain;
    }
    take_names(entities, found, &k);
    *has_all = true;
    for (int i = 0; i < ALIASES; i++)
        if (k.alias[i] && !claim(entities, k.alias[i], found))
            *has_all = false;
    return found;
}

uint32_t kpi_entity_resolve(struct kpi_entities *entities, const struct kpi_identity *who,
                            bool is_new_allowed)
{
    uint64_t key = fingerprint(entities, who);
    size_t slot = key & (CACHE_SLOTS - 1);
    struct kpi_entity_cache *cache = entities->cache;
    uint32_t id = cache->slots[slot].id;
    bool has_all;
    if (cache->slots[slot].key == key && cache->slots[slot].turn == cache->turns[id % TURNS])
        return id;
    id = resolve(entities, who, is_new_allowed, &has_all);
    if (has_all) {
        cache->slots[slot].key = key;
        cache->slots[slot].id = id;
        cache->slots[slot].turn = cache->turns[id % TURNS];
    }
    return id;
}

void kpi_entity_claim_name(struct kpi_entities *entities, uint32_t id, struct slice name)
{
    const struct kpi_identity who = {.site = entities->all[id].site, .name = name};
    struct keys k;
    find_keys(entities, &who, &k);
    if (k.name && k.name == entities->all[id].name && agrees(&entities->all[id], &k))
        claim(entities, k.alias[ALIAS_NAME], id);
}

void kpi_entity_claim_product(struct kpi_entities *entities, uint32_t id, struct slice product)
{
    uint64_t alias = alias_hash(entities, ALIAS_PRODUCT, entities->all[id].site, product);
    const uint32_t *other = kpi_table_get(&entities->aliases, alias);
    uint32_t root = other ? kpi_entity_root(entities, *other) : id;
    if (root != id && !entities->all[root].name && !(entities->all[root].flags & KPI_ENTITY_LISTED))
        join(entities, id, root);
    claim(entities, alias, id);
}

struct kpi_product *kpi_entity_product(struct kpi_entities *entities, uint32_t id)
{
    struct kpi_entity *e = &entities->all[id];
    if (!e->product)
        e->product = gw_alloc(sizeof *e->product);
    return e->product;
}

/* ---- housekeeping ---- */

static void free_slot(struct kpi_entities *entities, uint32_t id)
{
    if (entities->n_free == entities->cap_free) {
        entities->cap_free = entities->cap_free ? entities->cap_free * 2 : 64;
        entities->free_ids =
            gw_realloc(entities->free_ids, entities->cap_free * sizeof *entities->free_ids);
    }
    entities->dropped_bytes += strlen(entities->all[id].label) + 1;
    entities->strangers -= entities->all[id].site == entities->strangers_site;
    free_entity(&entities->all[id]);
    entities->free_ids[entities->n_free++] = id;
    entities->live--;
}

void kpi_entities_count_aliases(struct kpi_entities *entities)
{
    size_t at = 0;
    uint64_t key;
    uint32_t *id;
    for (size_t i = 0; i < entities->n; i++)
        entities->all[i].n_aliases = 0;
    while (kpi_table_next(&entities->aliases, &at, &key, &id))
        entities->all[*id].n_aliases += entities->all[*id].n_aliases < UINT16_MAX;
}

/* With those of whoever joined it, until they are counted anew. */
static void add_joined_aliases(struct kpi_entities *entities)
{
    for (size_t i = 0; i < entities->n; i++) {
        const struct kpi_entity *e = &entities->all[i];
        if (!e->label || e->into == KPI_NO_ENTITY)
            continue;
        struct kpi_entity *root = &entities->all[kpi_entity_root(entities, (uint32_t)i)];
        unsigned sum = root->n_aliases + e->n_aliases;
        root->n_aliases = sum < UINT16_MAX ? sum & UINT16_MAX : UINT16_MAX;
    }
}

void kpi_entities_collect(struct kpi_entities *entities, int64_t before_ms)
{
    struct kpi_table kept = {0};
    uint8_t *goes = gw_alloc(entities->n + 1);
    size_t at = 0, n_going = 0;
    uint64_t key;
    uint32_t *id;
    for (size_t i = 0; i < entities->n; i++) {
        const struct kpi_entity *e = &entities->all[i];
        if (!e->label)
            continue;
        goes[i] = e->into != KPI_NO_ENTITY ||
                  (!(e->flags & KPI_ENTITY_LISTED) && !e->scope && e->seen_ms < before_ms);
        n_going += goes[i];
    }
    if (n_going == 0) {
        free(goes);
        return;
    }
    add_joined_aliases(entities);
    while (kpi_table_next(&entities->aliases, &at, &key, &id)) {
        uint32_t root = kpi_entity_root(entities, *id);
        if (goes[root])
            continue;
        if (root == *id || entities->all[root].n_aliases <= KPI_ALIASES_PER_ENTITY)
            *kpi_table_put(&kept, key, NULL) = root;
        else
            entities->refused_aliases++;
    }
    for (size_t i = 0; i < entities->n; i++) {
        struct kpi_entity *e = &entities->all[i];
        if (e->label && !goes[i] && e->reporter != KPI_NO_ENTITY) {
            e->reporter = kpi_entity_root(entities, e->reporter);
            if (goes[e->reporter])
                e->reporter = KPI_NO_ENTITY;
        }
    }
    kpi_component_collect(entities, goes);
    for (size_t i = 0; i < entities->n; i++)
        if (goes[i])
            free_slot(entities, (uint32_t)i);
    kpi_table_free(&entities->aliases);
    entities->aliases = kept;
    kpi_entities_count_aliases(entities);
    kpi_entities_forget_found(entities);
    free(goes);
    spare_labels(entities, 0);
}

size_t kpi_entities_bytes(const struct kpi_entities *entities)
{
    size_t bytes = entities->cap * sizeof *entities->all + kpi_table_bytes(&entities->aliases) +
                   entities->n_components * sizeof *entities->components + sizeof *entities->cache +
                   entities->labels.used_bytes;
    for (size_t i = 0; i < entities->n; i++) {
        const struct kpi_entity *e = &entities->all[i];
        if (e->label)
            bytes += e->n_components * sizeof *e->components +
                     (e->product ? sizeof *e->product : 0) +
                     (e->product && e->product->gaps ? sizeof *e->product->gaps : 0);
    }
    return bytes;
}
