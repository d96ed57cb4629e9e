/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_CATALOGUE_H
#define GATEWAY_KPI_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/diag.h"
#include "gateway/base/slice.h"
#include "gateway/schema/event.h"

/**
 * mappings/kpi.xml in memory: which records count, how they are measured, from which level on a
 * state is bad. Made once, then only read. The file's language is described in mappings/kpi.rng.
 */
enum kpi_measure {
    KPI_MEASURE_COUNT,     /* records in the window */
    KPI_MEASURE_DISTINCT,  /* different members in the window */
    KPI_MEASURE_MAX_GROUP, /* the largest group: of different members, or of records */
    KPI_MEASURE_HELD,      /* entities that one kind of record put into a state and none took out */
    KPI_MEASURE_SHARE,     /* hundredths of a percent */
    KPI_MEASURE_LAG,       /* versions behind the newest known */
    KPI_MEASURE_AGE,       /* days since a newer version than the used one is known */
    KPI_MEASURE_DAYS_LEFT, /* days to the nearest licence end */
    KPI_MEASURE_HEARTBEAT, /* configured intervals that passed without a message */
    KPI_MEASURE_SILENCE    /* tenths: silence / the source's own 95th percentile of gaps */
};
enum kpi_scope_kind { KPI_SCOPE_SITE, KPI_SCOPE_PRODUCT, KPI_SCOPE_DEVICE };
enum kpi_part { KPI_PART_NONE, KPI_PART_AGENTS, KPI_PART_DISTINCT, KPI_PART_HELD, KPI_PART_BEHIND };
enum kpi_whole { KPI_WHOLE_MANAGED, KPI_WHOLE_LISTED };
enum kpi_population { KPI_POPULATION_ALL, KPI_POPULATION_PRODUCTS, KPI_POPULATION_ENDPOINTS };
enum kpi_where_op {
    KPI_WHERE_IS,
    KPI_WHERE_NOT,
    KPI_WHERE_LIKE,
    KPI_WHERE_UNLIKE,
    KPI_WHERE_MIN,
    KPI_WHERE_MAX,
    KPI_WHERE_WATCHED
};

enum { KPI_MAX = 256, KPI_TESTS_MAX = 8, KPI_INPUTS_MAX = 512, KPI_NO_INPUT = 0xffff };
enum { KPI_TEST_INPUTS = 4 };
enum { KPI_NO_LEVEL = -1 };

/** One condition on a field. Texts are compared without case; LIKE takes `*` at both ends. */
struct kpi_where {
    enum gw_field field;
    enum kpi_where_op op;
    const struct slice *texts;
    size_t n_texts;
    int64_t number;
};

/* A LINK is what a device calls it: interface.name, else interface.index. */
enum kpi_key_kind {
    KPI_KEY_NONE,
    KPI_KEY_HOST,
    KPI_KEY_SOURCE,
    KPI_KEY_PRODUCT,
    KPI_KEY_LINK,
    KPI_KEY_FIELD
};
struct kpi_key {
    enum kpi_key_kind kind;
    enum gw_field field;
};

/** Which records count. */
struct kpi_input {
    const char *id;
    bool any_kind; /* has[] alone decides */
    bool kinds[GW_KIND_END];
    bool by_agent;            /* only what an agent found: GW_EVENT_BY_AGENT */
    const enum gw_field *has; /* one of these is present; a record of any kind then counts */
    size_t n_has;
    const struct kpi_where *wheres;
    size_t n_wheres;
    enum gw_severity least; /* a record of less severity does not count; one of unknown does */
    /* Of what they are many: only the record that is the least-th of them in within_ms counts. */
    struct kpi_key burst_of[2];
    uint8_t burst_least; /* 0: every record counts */
    bool burst_of_changes;
    int64_t burst_within_ms;
};

struct kpi_test {
    enum kpi_measure measure;
    enum kpi_scope_kind scope;
    uint16_t on[KPI_TEST_INPUTS]; /* numbers of inputs, ended by KPI_NO_INPUT if fewer */
    uint16_t off;
    int64_t window_ms, expire_ms; /* expire 0: never forgotten */
    struct kpi_key group[2];
    struct kpi_key member; /* of distinct and max-group; kind NONE: records are counted */
    uint32_t at_least;     /* count: only when there are as many different members; 0 */
    enum kpi_population population;
    bool is_of_uplinks;          /* held: only of links that the inventory names as uplinks */
    enum gw_component component; /* lag, age, behind */
    bool is_stated_only;         /* only what a product said counts, not what is computed */
    int32_t behind_versions, behind_days; /* share of part="behind"; -1: not asked */
    int32_t undated_days; /* days-left: of a notice without a date, from when it came; -1 */
    int64_t unheard_ms;   /* share of part="held": silent hosts count too */
    int64_t heard_ms; /* held: a product that speaks so much later is there; 0: does not count */
    enum kpi_part part;
    enum kpi_whole whole;
    bool is_falling; /* fires below its levels */
    bool is_percent, is_days;
    const char *unit;          /* as shown: "hosts", "0.01 %" */
    int32_t warning, critical; /* in the value's unit; KPI_NO_LEVEL */
    uint64_t shape;            /* what it measures, without levels: state survives a reload by it */
    const char *window_text;   /* "1 h", "" */
};

struct kpi_entry {
    uint32_t id;
    const char *key, *category, *name, *name_zh, *advice, *advice_zh;
    bool is_enabled;
    const struct slice *sources; /* mappings that can report it, `*` at the end */
    size_t n_sources;
    uint16_t told[KPI_TEST_INPUTS]; /* inputs besides those of its tests by which another shows that
                                       it can, too */
    const struct kpi_test *tests;
    size_t n_tests;
};

struct kpi_catalogue {
    struct arena arena;
    const struct kpi_input *inputs;
    size_t n_inputs;
    uint16_t agent_evidence, component_status, agent_removed;
    uint16_t agent_finding, infection; /* numbers of inputs; these two may be KPI_NO_INPUT */
    const struct kpi_entry *entries;   /* by id */
    size_t n_entries;
};

/**
 * Load and check. GW_OK; GW_ERR_NOT_FOUND, GW_ERR_INVALID with every error in diag.
 * schema_path: mappings/kpi.rng, or NULL to check the meaning only (what the journal holds was
 * checked when it was loaded). own: a second one of the same form, the customer's, whose inputs and
 * KPIs stand beside those of the first and may use its shared inputs; own_name NULL: none. As one
 * text the two stand one behind the other with a NUL between, which no XML can hold.
 */
int kpi_catalogue_load(const char *path, const char *schema_path, struct diag *diag,
                       struct kpi_catalogue **out);
int kpi_catalogue_load_both(struct slice text, const char *name, struct slice own,
                            const char *own_name, const char *schema_path, struct diag *diag,
                            struct kpi_catalogue **out);
int kpi_catalogue_load_text(struct slice text, const char *name, const char *schema_path,
                            struct diag *diag, struct kpi_catalogue **out);
void kpi_catalogue_free(struct kpi_catalogue *catalogue);

/* NULL when there is none. */
const struct kpi_entry *kpi_catalogue_find(const struct kpi_catalogue *catalogue, struct slice key);

/* Does text match, without case? A `*` at the start, the end or both stands for anything. */
bool kpi_like(struct slice text, struct slice pattern);

#endif
