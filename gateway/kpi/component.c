/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Patterns and engines: which versions of each were seen and since when, and how far behind the
 * newest of them an entity is.
 *
 * Two consoles speak differently. One states the lag ("three versions behind") and is believed as
 * far as it could know; the other states only its version, and the lag is the number of newer
 * versions that anybody reported. What became known after a statement adds to it. What people say
 * is out counts in any case: a console that cannot reach its source believes that it has the
 * newest. Source: facts of the vendors' 800101 and 800102 messages; Control Manager 7.0 states no
 * lag.
 */
#include "gateway/kpi/component.h"

#include "gateway/base/arena.h"
#include "gateway/kpi/entity.h"

struct kpi_component_state *kpi_component_slot(struct kpi_entity *e, uint32_t component)
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
        c->versions[i - 1] = (struct kpi_version){number, time_ms, false};
        return;
    }
    memmove(c->versions + i + 1, c->versions + i, (c->n_versions - i) * sizeof *c->versions);
    c->versions[i] = (struct kpi_version){number, time_ms, false};
    c->n_versions++;
}

void kpi_component_tell(struct kpi_component *c, int64_t number, int64_t time_ms)
{
    kpi_component_learn(c, number, time_ms);
    for (size_t i = 0; i < c->n_versions; i++)
        c->versions[i].is_told =
            number && (c->versions[i].is_told || c->versions[i].number == number);
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
