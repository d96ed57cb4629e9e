/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_ENTITY_H
#define GATEWAY_KPI_ENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/cursor.h"
#include "gateway/base/slice.h"
#include "gateway/kpi/component.h"
#include "gateway/kpi/gaps.h"
#include "gateway/kpi/table.h"

/**
 * Computers, products and devices: who is who. Identity is site + agent GUID; else short name (+
 * domain if given); else MAC; else IP. Aliases that one record shows together become one entity,
 * unless they contradict each other: two GUIDs, two names or two domains never join, so an address
 * that DHCP gave to another computer moves to it and drags nothing along.
 */
enum { KPI_ENTITIES_MAX = 300000, KPI_NO_ENTITY = UINT32_MAX };
/* At most so many that only undeclared senders speak of, so that these crowd out nobody. */
enum { KPI_STRANGERS_MAX = KPI_ENTITIES_MAX / 10 };
/* Names and addresses that one computer is found by; further ones change only its label, and what
   others are compared with. */
enum { KPI_ALIASES_PER_ENTITY = 64 };

enum {
    KPI_ENTITY_LISTED_HOST = 1,
    KPI_ENTITY_LISTED_PRODUCT = 2,
    KPI_ENTITY_LISTED_DEVICE = 4,
    KPI_ENTITY_SOURCE = 8,    /* sends to us itself */
    KPI_ENTITY_REPORTER = 16, /* was named as the reporting server */
    KPI_ENTITY_NO_AGENT = 32, /* listed as a host on which none is expected */
    KPI_ENTITY_LISTED = 7,
    KPI_ENTITY_PRODUCT = 2 | 8 | 16
};

/* With its length, since each record's is compared with it. */
struct kpi_text {
    char *p; /* NULL: unknown */
    size_t n;
};

/** What only products and devices need. */
struct kpi_product {
    struct kpi_text vendor, name, version;
    char *address, *pattern_version, *engine_version; /* NULL: unknown */
    int64_t seen_ms;     /* received, of the newest record of or about it */
    int64_t heard_up_ms; /* the engine's up time then; spoke: a record that it sent or reported
                            itself */
    int64_t spoke_up_ms;
    int64_t interval_ms; /* usual, of what it sent */
    int64_t heartbeat_ms, license_ms;
    int64_t notice_ms,
        noticed_ms;        /* a licence's end by its own notice, and when that was said; 0 */
    bool is_undated;       /* it did not say when: the end is a guess */
    struct kpi_gaps *gaps; /* between what it sent; NULL: it never did */
    uint8_t able[32];      /* KPIs (by place in the catalogue) that it can report */
    bool has_spoken;
};

/* Times fit 48 bits until the year 6429. */
struct kpi_entity {
    uint32_t into;               /* it is the entity of this number now; KPI_NO_ENTITY: itself */
    uint32_t reporter;           /* product that reported it last */
    uint32_t scope;              /* + 1; 0: none */
    uint32_t guid, name, domain; /* hashes; 0: unknown */
    const char *label;           /* as shown; NULL: the slot is free */
    int64_t seen_ms : 48;        /* newest record about it, event time */
    uint64_t site : 16;
    int64_t agent_ms : 48;   /* newest evidence of an agent, event time; 0: never */
    uint64_t connection : 8; /* enum gw_connection; 255: unknown */
    uint64_t flags : 8;
    int64_t agent_up_ms : 48;
    uint64_t n_components : 16;
    int64_t removed_ms : 48; /* newest removal of the agent; 0 */
    int64_t connection_ms : 48;
    uint64_t n_aliases : 16; /* that lead to this number, and not over one that joined it */
    struct kpi_component_state *components;
    struct kpi_product *product;
};

struct kpi_identity {
    uint32_t site;
    struct slice guid, name, domain, mac, ip;
    struct slice product; /* a product's name, when nothing else tells which one it is */
};

struct kpi_entities {
    uint64_t seed;
    struct kpi_entity *all;
    size_t n, cap, live;
    uint32_t *free_ids;
    size_t n_free, cap_free;
    struct arena labels; /* with those given back until it is half of them */
    size_t dropped_bytes;
    struct kpi_table aliases;
    struct kpi_component *components;
    size_t n_components;
    size_t n_strange_components;
    struct kpi_table component_numbers;
    uint64_t refused, refused_aliases, refused_components;
    uint32_t strangers_site; /* UINT32_MAX: none */
    size_t strangers;        /* live ones of that site */
    bool has_joined;         /* since the caller last cleared it */
    struct kpi_entity_cache *cache;
};

void kpi_entities_init(struct kpi_entities *entities, uint64_t seed);
void kpi_entities_fini(struct kpi_entities *entities);

/* The site of undeclared senders: it gets KPI_STRANGERS_MAX entities. */
void kpi_entities_bound_site(struct kpi_entities *entities, uint32_t site);

/* The entity with this identity, made when is_new_allowed; KPI_NO_ENTITY. Joins aliases. */
uint32_t kpi_entity_resolve(struct kpi_entities *entities, const struct kpi_identity *who,
                            bool is_new_allowed);
/* Empties the cache of who was found by what. */
void kpi_entities_forget_found(struct kpi_entities *entities);
/* The entity that stands for this number today. */
uint32_t kpi_entity_root(const struct kpi_entities *entities, uint32_t id);
static inline struct kpi_entity *kpi_entity_at(const struct kpi_entities *entities, uint32_t id)
{
    return &entities->all[id];
}
/* From now on a record with this name and no domain means entity id, if that is its name. */
void kpi_entity_claim_name(struct kpi_entities *entities, uint32_t id, struct slice name);
/* From now on records that name nothing but this product are about entity id; an entity that had
   only that name joins it. */
void kpi_entity_claim_product(struct kpi_entities *entities, uint32_t id, struct slice product);
struct kpi_product *kpi_entity_product(struct kpi_entities *entities, uint32_t id);
static inline bool kpi_entity_is_product(const struct kpi_entity *e)
{
    return (e->flags & KPI_ENTITY_PRODUCT) != 0;
}

/* Forget computers without a record since before_ms, free what joined; never listed ones. The
   caller has replaced joined numbers everywhere. */
void kpi_entities_collect(struct kpi_entities *entities, int64_t before_ms);

/* What an entity keeps of a name's hash: whether two names differ. */
static inline uint32_t kpi_entity_short_hash(uint64_t hash)
{
    uint32_t half = (uint32_t)(hash >> 32 ^ hash);
    return hash && !half ? 1 : half;
}

/* Each one's number of aliases, by the table's. */
void kpi_entities_count_aliases(struct kpi_entities *entities);
size_t kpi_entities_bytes(const struct kpi_entities *entities);
/* For a checkpoint: entity_codec.c. end_part, or NULL, is called now and then, and may take the
   bytes out of `out`. */
void kpi_entities_encode(const struct kpi_entities *entities, struct buf *out,
                         void (*end_part)(void *context), void *context);
/* Into a fresh one; false when the bytes cannot be entities. end_part, or NULL, is called now and
   then, and may take the bytes before the cursor away. */
bool kpi_entities_decode(struct kpi_entities *entities, struct cursor *in,
                         void (*end_part)(void *context), void *context);

#endif
