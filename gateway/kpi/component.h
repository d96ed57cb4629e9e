/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_COMPONENT_H
#define GATEWAY_KPI_COMPONENT_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/slice.h"
#include "gateway/schema/event.h"

struct kpi_entities;
struct kpi_entity;

enum { KPI_COMPONENTS_MAX = 4096, KPI_VERSIONS_MAX = 64, KPI_COMPONENTS_PER_ENTITY = 24 };
/* At most so many that only undeclared senders speak of. */
enum { KPI_STRANGE_COMPONENTS_MAX = KPI_COMPONENTS_MAX / 10 };

/** What is known of one component (a pattern, an engine) on one entity: the newest word wins. */
struct kpi_component_state {
    int64_t number; /* comparable version; 0: none */
    int64_t time_ms : 48;
    uint64_t component : 16; /* number in kpi_entities.components */
    int64_t behind_ms : 48;  /* stated to be behind since; 0 */
    int64_t stated : 16;     /* versions behind, as stated; -1: it was not */
};

struct kpi_version {
    int64_t number, first_ms;
    uint32_t by;  /* the entity that said so first; KPI_NO_ENTITY: the configuration */
    bool is_told; /* the configuration names it: it counts even for a console that has not heard of
                     it */
    bool is_sure; /* a second entity said so */
    bool counts;  /* who has an older one is behind it */
};

/** A pattern or engine of a vendor, with the newest versions seen, newest last. */
struct kpi_component {
    uint64_t hash;
    uint8_t type; /* enum gw_component */
    uint8_t n_versions;
    bool is_strange; /* no declared sender spoke of it, nor the configuration */
    struct kpi_version versions[KPI_VERSIONS_MAX];
};

/* A component's number, made at first sight; UINT32_MAX beyond the bounds. is_known: a declared
   sender speaks of it. */
uint32_t kpi_component_number(struct kpi_entities *entities, enum gw_component type,
                              struct slice id, bool is_known);
/* Entity by has this version: number (greater is newer; 0 or less: not comparable, nothing learnt),
   at time_ms. The newest KPI_VERSIONS_MAX are kept. What it alone had that is newer is forgotten:
   that was an error, or was rolled back. */
void kpi_component_learn(struct kpi_entities *entities, uint32_t component, uint32_t by,
                         int64_t number, int64_t time_ms);
/* The configuration says that number is out since time_ms; number 0: it names none. */
void kpi_component_tell(struct kpi_component *component, int64_t number, int64_t time_ms);
/* Which versions count, anew: after the flags of one were set. */
void kpi_component_judge(struct kpi_component *component);
/* Housekeeping: numbers of joined entities become one, and versions that only entities which go had
   are forgotten. goes: by entity number, 1 for those that go. */
void kpi_component_collect(struct kpi_entities *entities, const uint8_t *goes);
/* Notes what entity id has of a component, if it is newer than what is known. stated: versions
   behind, or -1. The caller calls kpi_component_learn() as well. */
void kpi_component_update(struct kpi_entities *entities, uint32_t id, uint32_t component,
                          int stated, int64_t number, int64_t time_ms);
/* What entity e has of a component, made when new; NULL beyond KPI_COMPONENTS_PER_ENTITY. */
struct kpi_component_state *kpi_component_slot(struct kpi_entity *e, uint32_t component);
/* Versions behind; since when a newer one was known (0: it is the newest). */
int kpi_component_lag(const struct kpi_entities *entities, const struct kpi_component_state *state,
                      bool is_stated_only, int64_t *since_ms);

#endif
