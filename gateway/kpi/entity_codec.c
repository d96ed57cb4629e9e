/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entities as bytes of a checkpoint. What is read is checked before it is used: counts against what
 * is left, numbers against their tables, joins against circles.
 */
#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/kpi/codec.h"
#include "gateway/kpi/entity.h"

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

static struct kpi_text get_text(struct cursor *in)
{
    char *text = get_optional(in);
    return (struct kpi_text){text, text ? strlen(text) : 0};
}

static void encode_product(const struct kpi_product *p, struct buf *out)
{
    put_optional(out, p->vendor.p);
    put_optional(out, p->name.p);
    put_optional(out, p->version.p);
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
    p->vendor = get_text(in);
    p->name = get_text(in);
    p->version = get_text(in);
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

enum { PART = 4096 }; /* some 400 kB */

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
    e->label = arena_text(&entities->labels, label);
    uint64_t into = cursor_varint(in);
    e->into = into ? (uint32_t)(into - 1) : KPI_NO_ENTITY;
    uint64_t site = cursor_varint(in);
    if (site > UINT16_MAX)
        cursor_fail(in);
    e->site = site & UINT16_MAX;
    e->guid = kpi_entity_short_hash(cursor_varint(in)); /* they were long ones before version 5 */
    e->name = kpi_entity_short_hash(cursor_varint(in));
    e->domain = kpi_entity_short_hash(cursor_varint(in));
    e->seen_ms = kpi_get_int(in);
    e->agent_ms = kpi_get_int(in);
    e->agent_up_ms = kpi_get_int(in);
    e->removed_ms = kpi_get_int(in);
    e->connection_ms = kpi_get_int(in);
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
        uint64_t component = cursor_varint(in);
        s->component = component & UINT16_MAX;
        s->stated = kpi_get_int(in);
        s->number = kpi_get_int(in);
        s->time_ms = kpi_get_int(in);
        s->behind_ms = kpi_get_int(in);
        if (component >= entities->n_components)
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
            c->versions[j].by = KPI_NO_ENTITY;
            c->versions[j].is_sure = c->versions[j].counts = true; /* until version 7 all did */
        }
        *kpi_table_put(&entities->component_numbers, c->hash, NULL) = (uint32_t)i;
    }
}

void kpi_entities_encode(const struct kpi_entities *entities, struct buf *out,
                         void (*end_part)(void *context), void *context)
{
    encode_components(entities, out);
    buf_varint(out, entities->n);
    buf_varint(out, entities->live);
    for (size_t i = 0; i < entities->n; i++) {
        if (!entities->all[i].label)
            continue;
        buf_varint(out, i);
        encode_entity(&entities->all[i], out);
        if (end_part && i % PART == PART - 1)
            end_part(context);
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

/* The slots that nobody fills, the lowest to be taken first. */
static void list_free_slots(struct kpi_entities *entities)
{
    entities->cap_free = entities->n - entities->live;
    entities->free_ids = gw_alloc((entities->cap_free + 1) * sizeof *entities->free_ids);
    for (size_t id = entities->n; id-- > 0;)
        if (!entities->all[id].label)
            entities->free_ids[entities->n_free++] = (uint32_t)id;
}

bool kpi_entities_decode(struct kpi_entities *entities, struct cursor *in,
                         void (*end_part)(void *context), void *context)
{
    decode_components(entities, in);
    uint64_t n = cursor_varint(in), live = cursor_varint(in);
    if (n > (uint64_t)KPI_ENTITIES_MAX * 2 || live > n || live > cursor_left(in))
        cursor_fail(in);
    if (in->failed)
        return false;
    entities->n = n;
    entities->cap = n + 64; /* growth is by half: a room for one would never grow */
    entities->all = gw_alloc(entities->cap * sizeof *entities->all);
    for (uint64_t i = 0; i < n; i++)
        entities->all[i].into = KPI_NO_ENTITY;
    for (uint64_t i = 0; i < live && !in->failed; i++) {
        uint64_t id = cursor_varint(in);
        if (id >= n || entities->all[id].label)
            cursor_fail(in);
        else
            decode_entity(entities, &entities->all[id], in);
        if (end_part && i % PART == PART - 1)
            end_part(context);
    }
    entities->live = live;
    kpi_table_decode(&entities->aliases, in);
    entities->refused = cursor_varint(in);
    if (in->failed || !is_sound(entities)) {
        cursor_fail(in);
        return false;
    }
    list_free_slots(entities);
    kpi_entities_count_aliases(entities);
    return true;
}
