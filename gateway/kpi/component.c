/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Patterns and engines: which versions of each were seen and since when, and how far behind the
 * newest of them an entity is.
 *
 * Two consoles speak differently. One states the lag ("three versions behind") and is believed as
 * far as it could know; the other states only its version, and the lag is the number of newer
 * versions that anybody reported. What became known after a statement adds to it. What people say
 * is out counts in any case: a console that cannot reach its source believes that it has the
 * newest.
 *
 * One word is enough to make a version known: often it is the update server alone that is ahead,
 * and just that must show. But one garbled word shall not leave everybody behind. What only one
 * computer had is forgotten when it says an older version itself, or is gone; and what is absurdly
 * newer than what two have counts only when a second has it, or the configuration tells it.
 *
 * Source: facts of the vendors' 800101 and 800102 messages; Control Manager 7.0 states no lag.
 */
#include "gateway/kpi/component.h"

#include "gateway/base/arena.h"
#include "gateway/kpi/entity.h"

enum { ABSURD_TIMES = 4 };

static struct kpi_component_state *state_of(const struct kpi_entity *e, uint32_t component)
{
    for (size_t i = 0; i < e->n_components; i++)
        if (e->components[i].component == component)
            return &e->components[i];
    return NULL;
}

struct kpi_component_state *kpi_component_slot(struct kpi_entity *e, uint32_t component)
{
    struct kpi_component_state *known = state_of(e, component);
    if (known)
        return known;
    if (e->n_components == KPI_COMPONENTS_PER_ENTITY)
        return NULL;
    e->components = gw_realloc(e->components, (e->n_components + 1u) * sizeof *e->components);
    struct kpi_component_state *s = &e->components[e->n_components++];
    *s = (struct kpi_component_state){.component = component, .stated = -1};
    return s;
}

uint32_t kpi_component_number(struct kpi_entities *entities, enum gw_component type,
                              struct slice id, bool is_known)
{
    uint64_t hash = kpi_hash_nocase(entities->seed, 0x100u + type, slice_trim(id));
    const uint32_t *known = kpi_table_get(&entities->component_numbers, hash);
    if (known) {
        struct kpi_component *c = &entities->components[*known];
        entities->n_strange_components -= c->is_strange && is_known;
        c->is_strange &= !is_known;
        return *known;
    }
    if (entities->n_components == KPI_COMPONENTS_MAX ||
        (!is_known && entities->n_strange_components == KPI_STRANGE_COMPONENTS_MAX)) {
        entities->refused_components++;
        return UINT32_MAX;
    }
    if ((entities->n_components & (entities->n_components - 1)) == 0)
        entities->components = gw_realloc(
            entities->components, (entities->n_components ? entities->n_components * 2 : 1) *
                                      sizeof *entities->components);
    uint32_t number = (uint32_t)entities->n_components++;
    entities->components[number] =
        (struct kpi_component){.hash = hash, .type = (uint8_t)type, .is_strange = !is_known};
    entities->n_strange_components += !is_known;
    *kpi_table_put(&entities->component_numbers, hash, NULL) = number;
    return number;
}

void kpi_component_judge(struct kpi_component *c)
{
    int64_t sure = 0;
    for (size_t i = 0; i < c->n_versions; i++) {
        struct kpi_version *v = &c->versions[i];
        bool is_sure = v->is_sure || v->is_told;
        v->counts =
            is_sure || (v->by != KPI_NO_ENTITY && (!sure || v->number / ABSURD_TIMES <= sure));
        if (is_sure)
            sure = v->number;
    }
}

/* The version's place, where it is or was put; NULL: it is older than all we keep. */
static struct kpi_version *place_of(struct kpi_component *c, int64_t number, int64_t time_ms)
{
    size_t i = 0;
    while (i < c->n_versions && c->versions[i].number < number)
        i++;
    struct kpi_version *v = &c->versions[i];
    if (i < c->n_versions && v->number == number) {
        if (time_ms < v->first_ms)
            v->first_ms = time_ms;
        return v;
    }
    if (c->n_versions < KPI_VERSIONS_MAX) {
        memmove(v + 1, v, (c->n_versions++ - i) * sizeof *v);
    } else {
        if (i == 0)
            return NULL;
        memmove(c->versions, c->versions + 1, (i - 1) * sizeof *v);
        v--;
    }
    *v = (struct kpi_version){.number = number, .first_ms = time_ms, .by = KPI_NO_ENTITY};
    return v;
}

static bool is_only_of(const struct kpi_entities *entities, const struct kpi_version *v,
                       uint32_t id)
{
    return !v->is_sure && v->by != KPI_NO_ENTITY && kpi_entity_root(entities, v->by) == id;
}

/* What the configuration tells stays, though nobody is known to have it. */
static void forget(struct kpi_component *c, size_t i)
{
    struct kpi_version *v = &c->versions[i];
    v->by = KPI_NO_ENTITY;
    if (!v->is_told)
        memmove(v, v + 1, (--c->n_versions - i) * sizeof *v);
}

void kpi_component_learn(struct kpi_entities *entities, uint32_t component, uint32_t by,
                         int64_t number, int64_t time_ms)
{
    struct kpi_component *c = &entities->components[component];
    const struct kpi_component_state *s = state_of(&entities->all[by], component);
    bool is_late = s && s->time_ms > time_ms;
    if (number <= 0 || (is_late && s->number < number)) /* it was taken back before it came */
        return;
    for (size_t i = c->n_versions; !is_late && i-- > 0 && c->versions[i].number > number;)
        if (is_only_of(entities, &c->versions[i], by))
            forget(c, i);
    struct kpi_version *v = place_of(c, number, time_ms);
    if (v && v->by == KPI_NO_ENTITY)
        v->by = by;
    else if (v && !is_only_of(entities, v, by))
        v->is_sure = true;
    kpi_component_judge(c);
}

void kpi_component_tell(struct kpi_component *c, int64_t number, int64_t time_ms)
{
    if (number > 0)
        place_of(c, number, time_ms);
    for (size_t i = 0; i < c->n_versions; i++)
        c->versions[i].is_told =
            number && (c->versions[i].is_told || c->versions[i].number == number);
    kpi_component_judge(c);
}

void kpi_component_collect(struct kpi_entities *entities, const uint8_t *goes)
{
    for (size_t n = 0; n < entities->n_components; n++) {
        struct kpi_component *c = &entities->components[n];
        for (size_t i = c->n_versions; i-- > 0;) {
            struct kpi_version *v = &c->versions[i];
            if (v->by == KPI_NO_ENTITY)
                continue;
            v->by = kpi_entity_root(entities, v->by);
            if (!goes[v->by])
                continue;
            if (v->is_sure)
                v->by = KPI_NO_ENTITY;
            else
                forget(c, i);
        }
        kpi_component_judge(c);
    }
}

void kpi_component_update(struct kpi_entities *entities, uint32_t id, uint32_t component,
                          int stated, int64_t number, int64_t time_ms)
{
    struct kpi_component_state *s = kpi_component_slot(&entities->all[id], component);
    if (!s || time_ms < s->time_ms)
        return;
    bool was_behind = s->stated > 0;
    s->time_ms = time_ms;
    s->stated = stated > 1000 ? 1000 : stated;
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
    int newer = 0, told = 0;
    int64_t since = s->stated > 0 ? s->behind_ms : 0;
    /* From the newest down to its own: mostly that is one step. */
    for (size_t i = c->n_versions; s->number > 0 && i-- > 0;) {
        const struct kpi_version *v = &c->versions[i];
        if (v->number <= s->number)
            break;
        told += v->is_told;
        if (v->is_told && (since == 0 || v->first_ms < since))
            since = v->first_ms;
        if (!v->counts)
            continue;
        /* A console that said "so many behind" knew of all that was out then: only later ones add.
         */
        if (s->stated >= 0 && v->first_ms <= s->time_ms)
            continue;
        newer++;
        if (since == 0 || v->first_ms < since)
            since = v->first_ms;
    }
    if (since_ms)
        *since_ms = since;
    int stated = s->stated > 0 ? s->stated : 0;
    if (is_stated_only)
        return stated;
    return stated + newer > told ? stated + newer : told;
}
