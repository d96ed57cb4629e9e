/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Identity by aliases: a table of keyed hashes (kind, site, text) to entity numbers, so a computer
 * costs 12 bytes an alias and no text beyond its label. 64 bits of a hash whose key nobody outside
 * knows: two of a million aliases coincide with a chance of one in ten million.
 *
 * A joined entity stays as a pointer to the one it became until kpi_entities_collect().
 */
#include "gateway/kpi/entity.h"

#include <stdlib.h>

#include "gateway/base/address.h"
#include "gateway/base/arena.h"

enum alias { ALIAS_GUID, ALIAS_FULL_NAME, ALIAS_NAME, ALIAS_MAC, ALIAS_IP, ALIAS_PRODUCT, ALIASES };
enum { CACHE_SLOTS = 16384, LABEL_MAX = 255 };

struct kpi_entity_cache {
    struct {
        uint64_t key;
        uint32_t id, generation;
    } slots[CACHE_SLOTS];
};

void kpi_entities_init(struct kpi_entities *entities, uint64_t seed)
{
    *entities = (struct kpi_entities){.seed = seed, .generation = 1};
    entities->cache = gw_alloc(sizeof *entities->cache);
}

static void free_product(struct kpi_product *p)
{
    if (!p)
        return;
    free(p->vendor);
    free(p->name);
    free(p->version);
    free(p->address);
    free(p->pattern_version);
    free(p->engine_version);
    free(p);
}

static void free_entity(struct kpi_entity *e)
{
    free(e->label);
    free(e->components);
    free_product(e->product);
    *e = (struct kpi_entity){.into = KPI_NO_ENTITY};
}

void kpi_entities_fini(struct kpi_entities *entities)
{
    for (size_t i = 0; i < entities->n; i++)
        free_entity(&entities->all[i]);
    free(entities->all);
    free(entities->free_ids);
    free(entities->components);
    free(entities->cache);
    kpi_table_free(&entities->aliases);
    kpi_table_free(&entities->component_numbers);
    *entities = (struct kpi_entities){0};
}

bool kpi_is_nobody(struct slice text)
{
    static const char *const nobody[] = {"n/a", "na",   "-",    "--",      "0.0.0.0",
                                         "::",  "null", "none", "unknown", "(null)"};
    if (text.n == 0)
        return true;
    if (text.n > 8)
        return false;
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++)
        if (slice_equal_nocase(text, slice_from(nobody[i])))
            return true;
    return false;
}

struct slice kpi_short_name(struct slice name)
{
    size_t slash = slice_find(name, '\\');
    if (slash < name.n)
        name = slice_skip(name, slash + 1);
    name = slice_head(name, slice_find(name, '.'));
    if (name.n > 1 && name.p[name.n - 1] == '$')
        name.n--;
    return name;
}

static bool is_zero_id(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != '0' && text.p[i] != '-' && text.p[i] != ':' && text.p[i] != '{' &&
            text.p[i] != '}')
            return false;
    return true;
}

static uint64_t alias_hash(const struct kpi_entities *entities, enum alias kind, uint32_t site,
                           struct slice text)
{
    return kpi_hash_nocase(entities->seed, (uint64_t)(kind + 1) << 32 | site, text);
}

struct keys {
    uint64_t alias[ALIASES]; /* 0: not given */
    uint64_t guid, name, domain;
    struct slice label;
};

static void find_keys(const struct kpi_entities *entities, const struct kpi_identity *who,
                      struct keys *k)
{
    struct slice name = slice_trim(who->name), ip = slice_trim(who->ip),
                 domain = slice_trim(who->domain);
    struct slice guid = slice_trim(who->guid), mac = slice_trim(who->mac);
    *k = (struct keys){0};
    if (kpi_is_nobody(name)) {
        name = SLICE_NONE;
    } else if (address_is_ip(name)) {
        if (kpi_is_nobody(ip))
            ip = name;
        name = SLICE_NONE;
    }
    if (name.n) {
        size_t slash = slice_find(name, '\\'), dot;
        if (slash < name.n && kpi_is_nobody(domain))
            domain = slice_head(name, slash);
        struct slice host = slash < name.n ? slice_skip(name, slash + 1) : name;
        dot = slice_find(host, '.');
        if (dot < host.n && kpi_is_nobody(domain))
            domain = slice_skip(host, dot + 1);
        k->label = kpi_short_name(name);
        k->name = k->alias[ALIAS_NAME] = alias_hash(entities, ALIAS_NAME, who->site, k->label);
        /* CORP\, corp and corp.example.net are one domain to us: its first label. */
        domain = slice_head(domain, slice_find(domain, '.'));
        domain = slice_head(domain, slice_find(domain, '\\'));
        if (!kpi_is_nobody(domain) && !slice_equal_nocase(domain, SLICE("workgroup")) &&
            !slice_equal_nocase(domain, SLICE("default"))) {
            k->domain = alias_hash(entities, ALIAS_FULL_NAME, who->site, domain);
            k->alias[ALIAS_FULL_NAME] =
                kpi_hash(k->domain, 7, slice_of((const char *)&k->name, sizeof k->name));
        }
    }
    if (!kpi_is_nobody(guid) && !is_zero_id(guid)) {
        k->guid = k->alias[ALIAS_GUID] = alias_hash(entities, ALIAS_GUID, who->site, guid);
        if (!k->label.n)
            k->label = guid;
    }
    if (!kpi_is_nobody(mac) && !is_zero_id(mac)) {
        char plain[12];
        size_t n = 0;
        for (size_t i = 0; i < mac.n && n < sizeof plain; i++)
            if (mac.p[i] != ':' && mac.p[i] != '-' && mac.p[i] != '.')
                plain[n++] = mac.p[i];
        k->alias[ALIAS_MAC] = alias_hash(entities, ALIAS_MAC, who->site, slice_of(plain, n));
        if (!k->label.n)
            k->label = mac;
    }
    if (!kpi_is_nobody(ip) && !slice_starts_with(ip, SLICE("127.")) &&
        !slice_equal(ip, SLICE("::1"))) {
        k->alias[ALIAS_IP] = alias_hash(entities, ALIAS_IP, who->site, ip);
        if (!k->label.n)
            k->label = ip;
    }
    if (!k->label.n && !kpi_is_nobody(who->product)) {
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
    if (entities->live >= KPI_ENTITIES_MAX) {
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
    kpi_clean_text(label, text, LABEL_MAX, false);
    entities->all[id] = (struct kpi_entity){.into = KPI_NO_ENTITY,
                                            .site = site,
                                            .label = gw_strdup(text),
                                            .reporter = KPI_NO_ENTITY,
                                            .connection = 255};
    entities->live++;
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
    for (size_t i = 0; i < sizeof p->able; i++)
        p->able[i] |= q->able[i];
}

static struct kpi_component_state *component_slot(struct kpi_entity *e, uint32_t component)
{
    for (size_t i = 0; i < e->n_components; i++)
        if (e->components[i].component == component)
            return &e->components[i];
    if (e->n_components == KPI_COMPONENTS_PER_ENTITY)
        return NULL;
    e->components = gw_realloc(e->components, (e->n_components + 1u) * sizeof *e->components);
    struct kpi_component_state *s = &e->components[e->n_components++];
    *s = (struct kpi_component_state){.component = component, .stated = -1};
    return s;
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
        char *label = a->label;
        a->label = b->label;
        b->label = label;
    }
    a->flags |= b->flags;
    if (!a->scope)
        a->scope = b->scope;
    b->scope = 0;
    for (size_t i = 0; i < b->n_components; i++) {
        struct kpi_component_state *s = component_slot(a, b->components[i].component);
        if (s && b->components[i].time_ms >= s->time_ms)
            *s = b->components[i];
    }
    join_products(a, b);
    b->into = a_id;
    entities->generation++;
    entities->has_joined = true;
}

static uint64_t fingerprint(const struct kpi_entities *entities, const struct kpi_identity *who)
{
    uint64_t h = kpi_hash_nocase(entities->seed, who->site, who->guid);
    h = kpi_hash_nocase(h, 1, who->name);
    h = kpi_hash_nocase(h, 2, who->domain);
    h = kpi_hash_nocase(h, 3, who->mac);
    h = kpi_hash_nocase(h, 4, who->ip);
    return kpi_hash_nocase(h, 5, who->product);
}

static void claim(struct kpi_entities *entities, uint64_t alias, uint32_t id)
{
    bool is_new;
    uint32_t *place = kpi_table_put(&entities->aliases, alias, &is_new);
    if (!is_new && *place != id)
        entities->generation++;
    *place = id;
}

static uint32_t resolve(struct kpi_entities *entities, const struct kpi_identity *who,
                        bool is_new_allowed)
{
    struct keys k;
    uint32_t found = KPI_NO_ENTITY;
    bool any = false;
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
    if (found == KPI_NO_ENTITY)
        found = make_entity(entities, who->site, k.label);
    if (found == KPI_NO_ENTITY)
        return found;
    struct kpi_entity *e = &entities->all[found];
    e->guid = k.guid ? k.guid : e->guid;
    if (k.name && e->name != k.name) {
        char text[LABEL_MAX + 1];
        kpi_clean_text(k.label, text, LABEL_MAX, false);
        free(e->label);
        e->label = gw_strdup(text);
        e->name = k.name;
    }
    e->domain = k.domain ? k.domain : e->domain;
    for (int i = 0; i < ALIASES; i++)
        if (k.alias[i])
            claim(entities, k.alias[i], found);
    return found;
}

uint32_t kpi_entity_resolve(struct kpi_entities *entities, const struct kpi_identity *who,
                            bool is_new_allowed)
{
    uint64_t key = fingerprint(entities, who);
    size_t slot = key & (CACHE_SLOTS - 1);
    if (entities->cache->slots[slot].key == key &&
        entities->cache->slots[slot].generation == entities->generation)
        return entities->cache->slots[slot].id;
    uint32_t id = resolve(entities, who, is_new_allowed);
    if (id != KPI_NO_ENTITY) {
        entities->cache->slots[slot].key = key;
        entities->cache->slots[slot].id = id;
        entities->cache->slots[slot].generation = entities->generation;
    }
    return id;
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

/* ---- components ---- */

uint32_t kpi_component_number(struct kpi_entities *entities, enum gw_component type,
                              struct slice id)
{
    bool is_new;
    uint64_t hash = kpi_hash_nocase(entities->seed, 0x100u + type, slice_trim(id));
    const uint32_t *known = kpi_table_get(&entities->component_numbers, hash);
    if (known)
        return *known;
    if (entities->n_components == KPI_COMPONENTS_MAX)
        return UINT32_MAX;
    if ((entities->n_components & (entities->n_components - 1)) == 0)
        entities->components = gw_realloc(
            entities->components, (entities->n_components ? entities->n_components * 2 : 1) *
                                      sizeof *entities->components);
    uint32_t number = (uint32_t)entities->n_components++;
    entities->components[number] = (struct kpi_component){.hash = hash, .type = (uint8_t)type};
    *kpi_table_put(&entities->component_numbers, hash, &is_new) = number;
    return number;
}

void kpi_component_learn(struct kpi_component *c, int64_t number, int64_t time_ms)
{
    size_t i = 0;
    if (number <= 0)
        return;
    while (i < c->n_versions && c->versions[i].number < number)
        i++;
    if (i < c->n_versions && c->versions[i].number == number) {
        if (time_ms < c->versions[i].first_ms)
            c->versions[i].first_ms = time_ms;
        return;
    }
    if (c->n_versions == KPI_VERSIONS_MAX) {
        if (i == 0)
            return; /* older than all we keep */
        memmove(c->versions, c->versions + 1, (i - 1) * sizeof *c->versions);
        c->versions[i - 1] = (struct kpi_version){number, time_ms};
        return;
    }
    memmove(c->versions + i + 1, c->versions + i, (c->n_versions - i) * sizeof *c->versions);
    c->versions[i] = (struct kpi_version){number, time_ms};
    c->n_versions++;
}

void kpi_component_update(struct kpi_entities *entities, uint32_t id, uint32_t component,
                          int stated, int64_t number, int64_t time_ms)
{
    kpi_component_learn(&entities->components[component], number, time_ms);
    struct kpi_component_state *s = component_slot(&entities->all[id], component);
    if (!s || time_ms < s->time_ms)
        return;
    bool was_behind = s->stated > 0;
    s->time_ms = time_ms;
    s->stated = (int16_t)(stated > 1000 ? 1000 : stated);
    if (number > 0)
        s->number = number;
    if (stated <= 0)
        s->behind_ms = 0;
    else if (!was_behind)
        s->behind_ms = time_ms;
}

int kpi_component_lag(const struct kpi_entities *entities, const struct kpi_component_state *s,
                      bool is_stated_only, int64_t *since_ms)
{
    const struct kpi_component *c = &entities->components[s->component];
    int newer = 0;
    int64_t since = s->stated > 0 ? s->behind_ms : 0;
    for (size_t i = 0; s->number > 0 && i < c->n_versions; i++) {
        const struct kpi_version *v = &c->versions[i];
        /* A console that said "so many behind" knew of all that was out then: only later ones add.
         */
        if (v->number <= s->number || (s->stated >= 0 && v->first_ms <= s->time_ms))
            continue;
        newer++;
        if (since == 0 || v->first_ms < since)
            since = v->first_ms;
    }
    if (since_ms)
        *since_ms = since;
    int stated = s->stated > 0 ? s->stated : 0;
    return is_stated_only ? stated : stated + newer;
}

/* ---- housekeeping ---- */

static void free_slot(struct kpi_entities *entities, uint32_t id)
{
    if (entities->n_free == entities->cap_free) {
        entities->cap_free = entities->cap_free ? entities->cap_free * 2 : 64;
        entities->free_ids =
            gw_realloc(entities->free_ids, entities->cap_free * sizeof *entities->free_ids);
    }
    free_entity(&entities->all[id]);
    entities->free_ids[entities->n_free++] = id;
    entities->live--;
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
    while (kpi_table_next(&entities->aliases, &at, &key, &id)) {
        uint32_t root = kpi_entity_root(entities, *id);
        if (!goes[root])
            *kpi_table_put(&kept, key, NULL) = root;
    }
    for (size_t i = 0; i < entities->n; i++) {
        struct kpi_entity *e = &entities->all[i];
        if (e->label && !goes[i] && e->reporter != KPI_NO_ENTITY) {
            e->reporter = kpi_entity_root(entities, e->reporter);
            if (goes[e->reporter])
                e->reporter = KPI_NO_ENTITY;
        }
    }
    for (size_t i = 0; i < entities->n; i++)
        if (goes[i])
            free_slot(entities, (uint32_t)i);
    kpi_table_free(&entities->aliases);
    entities->aliases = kept;
    entities->generation++;
    free(goes);
}

size_t kpi_entities_bytes(const struct kpi_entities *entities)
{
    size_t bytes = entities->cap * sizeof *entities->all + kpi_table_bytes(&entities->aliases) +
                   entities->n_components * sizeof *entities->components + sizeof *entities->cache;
    for (size_t i = 0; i < entities->n; i++) {
        const struct kpi_entity *e = &entities->all[i];
        if (e->label)
            bytes += strlen(e->label) + 17 + e->n_components * sizeof *e->components +
                     (e->product ? sizeof *e->product : 0);
    }
    return bytes;
}

/* ---- checkpoint ---- */

static void put_optional(struct buf *out, const char *text)
{
    buf_byte(out, text ? 1 : 0);
    if (text)
        kpi_put_text(out, slice_from(text));
}

static char *get_optional(struct cursor *in)
{
    if (!cursor_u8(in))
        return NULL;
    struct slice text = cursor_text(in);
    char *copy = gw_alloc(text.n + 1);
    if (text.n)
        memcpy(copy, text.p, text.n);
    return copy;
}

static void encode_product(const struct kpi_product *p, struct buf *out)
{
    put_optional(out, p->vendor);
    put_optional(out, p->name);
    put_optional(out, p->version);
    put_optional(out, p->address);
    put_optional(out, p->pattern_version);
    put_optional(out, p->engine_version);
    const int64_t numbers[] = {p->seen_ms,     p->heard_up_ms,  p->spoke_up_ms,
                               p->interval_ms, p->heartbeat_ms, p->license_ms};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        kpi_put_int(out, numbers[i]);
    buf_append(out, p->able, sizeof p->able);
    buf_byte(out, p->has_spoken);
}

static struct kpi_product *decode_product(struct cursor *in)
{
    struct kpi_product *p = gw_alloc(sizeof *p);
    p->vendor = get_optional(in);
    p->name = get_optional(in);
    p->version = get_optional(in);
    p->address = get_optional(in);
    p->pattern_version = get_optional(in);
    p->engine_version = get_optional(in);
    int64_t *const numbers[] = {&p->seen_ms,     &p->heard_up_ms,  &p->spoke_up_ms,
                                &p->interval_ms, &p->heartbeat_ms, &p->license_ms};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *numbers[i] = kpi_get_int(in);
    struct slice able = cursor_take(in, sizeof p->able);
    if (able.n == sizeof p->able)
        memcpy(p->able, able.p, able.n);
    p->has_spoken = cursor_u8(in) != 0;
    return p;
}

static void encode_entity(const struct kpi_entity *e, struct buf *out)
{
    kpi_put_text(out, slice_from(e->label));
    buf_varint(out, e->into == KPI_NO_ENTITY ? 0 : e->into + 1ull);
    buf_varint(out, e->site);
    buf_varint(out, e->guid);
    buf_varint(out, e->name);
    buf_varint(out, e->domain);
    const int64_t numbers[] = {e->seen_ms, e->agent_ms, e->agent_up_ms, e->removed_ms,
                               e->connection_ms};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        kpi_put_int(out, numbers[i]);
    buf_varint(out, e->reporter == KPI_NO_ENTITY ? 0 : e->reporter + 1ull);
    buf_varint(out, e->scope);
    buf_byte(out, (char)e->connection);
    buf_byte(out, (char)e->flags);
    buf_byte(out, (char)e->n_components);
    for (size_t i = 0; i < e->n_components; i++) {
        const struct kpi_component_state *s = &e->components[i];
        buf_varint(out, s->component);
        kpi_put_int(out, s->stated);
        kpi_put_int(out, s->number);
        kpi_put_int(out, s->time_ms);
        kpi_put_int(out, s->behind_ms);
    }
    buf_byte(out, e->product ? 1 : 0);
    if (e->product)
        encode_product(e->product, out);
}

static void decode_entity(struct kpi_entities *entities, struct kpi_entity *e, struct cursor *in)
{
    struct slice label = cursor_text(in);
    e->label = gw_alloc(label.n + 1);
    if (label.n)
        memcpy(e->label, label.p, label.n);
    uint64_t into = cursor_varint(in);
    e->into = into ? (uint32_t)(into - 1) : KPI_NO_ENTITY;
    e->site = (uint32_t)cursor_varint(in);
    e->guid = cursor_varint(in);
    e->name = cursor_varint(in);
    e->domain = cursor_varint(in);
    int64_t *const numbers[] = {&e->seen_ms, &e->agent_ms, &e->agent_up_ms, &e->removed_ms,
                                &e->connection_ms};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *numbers[i] = kpi_get_int(in);
    uint64_t reporter = cursor_varint(in);
    e->reporter = reporter ? (uint32_t)(reporter - 1) : KPI_NO_ENTITY;
    e->scope = (uint32_t)cursor_varint(in);
    e->connection = cursor_u8(in);
    e->flags = cursor_u8(in);
    e->n_components = cursor_u8(in);
    if (e->n_components > KPI_COMPONENTS_PER_ENTITY)
        cursor_fail(in);
    if (in->failed)
        e->n_components = 0;
    if (e->n_components)
        e->components = gw_alloc(e->n_components * sizeof *e->components);
    for (size_t i = 0; i < e->n_components; i++) {
        struct kpi_component_state *s = &e->components[i];
        s->component = (uint32_t)cursor_varint(in);
        s->stated = (int16_t)kpi_get_int(in);
        s->number = kpi_get_int(in);
        s->time_ms = kpi_get_int(in);
        s->behind_ms = kpi_get_int(in);
        if (s->component >= entities->n_components)
            cursor_fail(in);
    }
    if (cursor_u8(in))
        e->product = decode_product(in);
}

static void encode_components(const struct kpi_entities *entities, struct buf *out)
{
    buf_varint(out, entities->n_components);
    for (size_t i = 0; i < entities->n_components; i++) {
        const struct kpi_component *c = &entities->components[i];
        buf_varint(out, c->hash);
        buf_byte(out, (char)c->type);
        buf_byte(out, (char)c->n_versions);
        for (size_t j = 0; j < c->n_versions; j++) {
            kpi_put_int(out, c->versions[j].number);
            kpi_put_int(out, c->versions[j].first_ms);
        }
    }
}

static void decode_components(struct kpi_entities *entities, struct cursor *in)
{
    uint64_t n = cursor_varint(in);
    if (n > KPI_COMPONENTS_MAX) {
        cursor_fail(in);
        return;
    }
    size_t cap = 1;
    while (cap < n)
        cap *= 2;
    entities->components = gw_alloc(cap * sizeof *entities->components);
    for (uint64_t i = 0; i < n && !in->failed; i++) {
        struct kpi_component *c = &entities->components[entities->n_components++];
        c->hash = cursor_varint(in);
        c->type = cursor_u8(in);
        c->n_versions = cursor_u8(in);
        if (c->n_versions > KPI_VERSIONS_MAX || c->hash == 0) {
            c->n_versions = 0;
            cursor_fail(in);
            return;
        }
        for (size_t j = 0; j < c->n_versions; j++) {
            c->versions[j].number = kpi_get_int(in);
            c->versions[j].first_ms = kpi_get_int(in);
        }
        *kpi_table_put(&entities->component_numbers, c->hash, NULL) = (uint32_t)i;
    }
}

void kpi_entities_encode(const struct kpi_entities *entities, struct buf *out)
{
    encode_components(entities, out);
    buf_varint(out, entities->n);
    buf_varint(out, entities->live);
    for (size_t i = 0; i < entities->n; i++) {
        if (!entities->all[i].label)
            continue;
        buf_varint(out, i);
        encode_entity(&entities->all[i], out);
    }
    kpi_table_encode(&entities->aliases, out);
    buf_varint(out, entities->refused);
}

/* Every pointer between entities leads somewhere, and joins end. */
static bool is_sound(const struct kpi_entities *entities)
{
    size_t at = 0;
    uint64_t key;
    uint32_t *id;
    for (size_t i = 0; i < entities->n; i++) {
        const struct kpi_entity *e = &entities->all[i];
        uint32_t to = (uint32_t)i;
        for (size_t steps = 0; entities->all[to].into != KPI_NO_ENTITY; steps++) {
            to = entities->all[to].into;
            if (to >= entities->n || !entities->all[to].label || steps > entities->n)
                return false;
        }
        if (e->reporter != KPI_NO_ENTITY && e->label && e->reporter >= entities->n)
            return false;
    }
    while (kpi_table_next(&entities->aliases, &at, &key, &id))
        if (*id >= entities->n || !entities->all[*id].label)
            return false;
    return true;
}

bool kpi_entities_decode(struct kpi_entities *entities, struct cursor *in)
{
    decode_components(entities, in);
    uint64_t n = cursor_varint(in), live = cursor_varint(in);
    if (n > (uint64_t)KPI_ENTITIES_MAX * 2 || live > n || live > cursor_left(in))
        cursor_fail(in);
    if (in->failed)
        return false;
    entities->cap = entities->n = n;
    entities->all = gw_alloc((n + 1) * sizeof *entities->all);
    for (uint64_t i = 0; i < n; i++)
        entities->all[i].into = KPI_NO_ENTITY;
    for (uint64_t i = 0; i < live && !in->failed; i++) {
        uint64_t id = cursor_varint(in);
        if (id >= n || entities->all[id].label)
            cursor_fail(in);
        else
            decode_entity(entities, &entities->all[id], in);
    }
    entities->live = live;
    kpi_table_decode(&entities->aliases, in);
    entities->refused = cursor_varint(in);
    if (in->failed || !is_sound(entities)) {
        cursor_fail(in);
        return false;
    }
    for (uint64_t id = n; id-- > 0;) {
        if (entities->all[id].label)
            continue;
        entities->live++; /* free_slot() takes it away again */
        free_slot(entities, (uint32_t)id);
    }
    return true;
}
