/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_ENGINE_INTERNAL_H
#define GATEWAY_KPI_ENGINE_INTERNAL_H

#include "gateway/base/address.h"
#include "gateway/base/arena.h"
#include "gateway/kpi/burst.h"
#include "gateway/kpi/catalogue.h"
#include "gateway/kpi/engine.h"
#include "gateway/kpi/entity.h"
#include "gateway/kpi/held.h"
#include "gateway/kpi/inventory.h"
#include "gateway/kpi/names.h"
#include "gateway/kpi/record.h"
#include "gateway/kpi/settings.h"
#include "gateway/kpi/top.h"
#include "gateway/kpi/watchlist.h"
#include "gateway/kpi/window.h"

/* The engine's own files see this, nobody else. */
enum {
    SCOPES_MAX = 10000,
    SOURCES_MAX = 10000,
    SITES_MAX = 10000,
    SCOPE_KEY_MAX = 64,
    SCOPE_KEY_HEAD = 48,
    EVIDENCE_MAX = 20,
    SEEN_KEYS_MAX = 262144, /* of each of two generations of event keys */
    EVENT_COUNT_MAX = 1000000,
    NO_SCOPE = UINT32_MAX,
    NO_STATUS = UINT32_MAX
};
#define HOUR_MS       INT64_C(3600000)
#define DAY_MS        INT64_C(86400000)
#define MANAGED_MS    (30 * DAY_MS)
#define FORGET_MS     (40 * DAY_MS)
#define ALIVE_MS      DAY_MS
#define CLEAR_HOLD_MS INT64_C(600000)
#define DOWNTIME_MS   INT64_C(30000)
#define AHEAD_MS      INT64_C(300000)
#define REMIND_MS     INT64_C(1800000)

struct site {
    char *id, *name;
    int64_t hosts_given;
    bool is_configured; /* or (unlisted) and in use */
    uint32_t scope;
    /* of the last scan */
    uint32_t managed, listed, installed, unlisted; /* unlisted: managed, and not in the list */
};

struct scope {
    char *key, *name;
    enum kpi_scope_kind kind;
    uint32_t site, entity; /* entity: of a product or device */
    bool is_gone;          /* the inventory or the configuration no longer has it */
    /* of a product, by the last scan: computers it reports, those managed and those offline */
    uint32_t installed, managed, offline;
};

struct source {
    uint64_t key;
    uint32_t site;
    int64_t last_ms, last_up_ms, interval_ms;
    uint64_t records;
    char *mapping;    /* "" when none knew it */
    bool is_stale;    /* settings or inventory changed: ask again whose it is */
    bool is_stranger; /* it was known once, and is not any more */
    uint8_t able[KPI_MAX / 8];
};

/* The windows of one test in one scope. */
struct cell_store {
    struct kpi_ring *ring;  /* count */
    struct kpi_pairs pairs; /* groups, or the members that a count asks for */
    uint32_t refused;       /* newest bucket with what a full table refused; 0: none */
};

struct test_run {
    const struct kpi_test *test;
    struct cell_store **stores; /* by scope */
    size_t n_stores;
    struct kpi_held held;
    uint32_t *part; /* by scope; of the last scan. part="behind": NO_STATUS where nobody told one */
    size_t n_part;
    uint64_t counted; /* sequence of the last record counted: it counts once, by whichever input */
};

enum row_test_status { ROW_TEST_ABSENT, ROW_TEST_UNKNOWN, ROW_TEST_KNOWN };
enum why {
    WHY_NONE,
    WHY_NO_SOURCE,
    WHY_SILENT,
    WHY_NO_BASE,
    WHY_NO_INVENTORY,
    WHY_NO_STATUS,
    WHY_LEARNING,
    WHY_NOT_ENABLED,
    WHY_FULL,
    WHY_WEEKEND
};

struct row_test {
    int32_t value, warning, critical;
    uint32_t part, whole; /* of a share; for silence: seconds of it, and of the usual gap */
    uint64_t detail; /* the largest group's key; for a share of listed hosts: hosts that are not
                        listed; for silence: seconds that do not count */
    uint8_t level;   /* 0 none, 1 warning, 2 critical: kept for hysteresis */
    uint8_t status, why;
};

struct alert {
    uint32_t id, kpi_id, scope;
    uint8_t state, said_state, worst;
    uint8_t told_state; /* as people know it; KPI_OK: nobody was told of this alert */
    uint8_t ack_state;  /* what a person has in hand; KPI_OK: nobody has anything */
    bool is_unverified;
    int64_t opened_ms, changed_ms;
    int64_t ok_since_up_ms; /* -1: not ok */
    int64_t told_up_ms;     /* when they were told last */
    int32_t value;
    char *value_text, *reason, *ack_name, *ack_note;
};

struct row {
    uint8_t state;
    uint8_t calm_state; /* ok or unknown: what it was before it turned bad */
    uint8_t worst_test; /* whose value is shown */
    bool is_disabled, is_new;
    bool is_unsaid; /* no kpi.changed of it yet */
    uint8_t why;    /* of an unknown row */
    int64_t silent_since_ms;
    int32_t value;
    int64_t since_ms, changed_ms;
    int64_t bad_since_up_ms; /* -1: not bad */
    uint64_t events;
    uint64_t *evidence;  /* EVIDENCE_MAX sequences, a ring; NULL */
    uint32_t n_evidence; /* ever noted */
    struct alert *alert;
    struct row_test tests[];
};

struct kpi_run {
    const struct kpi_entry *entry;
    struct test_run tests[KPI_TESTS_MAX];
    bool is_active; /* enabled at some site */
    bool has_site, has_product, has_device;
    struct row **rows; /* by scope */
    size_t n_rows;
};

/* Who uses an input: a test, and whether the record sets or clears. */
struct input_user {
    uint16_t kpi;
    uint8_t test;
    bool is_off;
};
struct input_run {
    struct input_user *users;
    size_t n_users;
    uint8_t told[KPI_MAX / 8]; /* of which KPIs it shows that its source can report them */
    bool is_told;              /* of any */
};

struct kpi_engine {
    uint64_t seed;
    kpi_emit_fn *emit;
    void *emit_context;
    uint64_t sequence, emission;

    /* time, from ticks */
    bool has_tick;
    int64_t now_ms, mono_ms, up_ms;
    char boot_id[64];

    /* loads: what is in force, and the bytes it came from for the checkpoint */
    struct buf load_bytes[KPI_LOADS];
    char load_hash[KPI_LOADS][KPI_LOAD_HASH_MAX];
    struct kpi_catalogue *catalogue;
    struct kpi_inventory *inventory; /* while a load is applied; NULL */
    struct kpi_watchlist *watchlist;
    struct kpi_settings settings;
    struct arena settings_arena;
    struct zone **maintenance_zones; /* of the settings' maintenance */
    size_t n_maintenance_zones;
    struct network *networks;
    size_t n_networks;
    struct kpi_table listed_addresses; /* of the inventory -> site */
    struct kpi_table uplinks;          /* of the inventory, by device's scope and name */

    struct kpi_names names;
    struct kpi_entities entities;
    struct site *sites;
    size_t n_sites, unlisted_site; /* unlisted_site: SIZE_MAX until needed */
    uint32_t default_site;         /* the first that the settings name */
    struct kpi_table site_numbers;
    struct scope *scopes;
    size_t n_scopes;
    struct kpi_table scope_numbers;
    bool is_full; /* no scope is vacant; asked again after housekeeping and loads */
    uint64_t refused_scopes, refused_sources;
    struct source *sources;
    size_t n_sources, cap_sources;
    struct kpi_table source_numbers;

    struct kpi_run *runs;
    size_t n_runs;
    struct input_run *inputs;
    struct input_run heard;         /* tests that a product's own word ends */
    uint16_t *by_kind[GW_KIND_END]; /* inputs that this kind may match, ended by KPI_NO_INPUT */
    int64_t bucket_ms;              /* the narrowest in use */

    struct watch_memo *watch_memo; /* of the watchlist in force; NULL until needed */

    struct kpi_table seen_keys[2]; /* event keys: the young, the old */
    int64_t seen_since_ms;
    uint64_t repeats, late;

    struct kpi_bursts bursts; /* of all inputs */
    struct kpi_top top;

    struct alert **alerts; /* by id */
    size_t n_alerts, cap_alerts;
    uint32_t last_alert_id;

    bool is_dirty, rows_dirty, entities_dirty;
    int64_t next_look_ms, scanned_ms, collected_ms;
    int64_t values_said_ms; /* when values of unchanged states were said last; 0: never */
    uint64_t generation, evaluations;
};

/* What the watchlist said of names that came lately; malware comes in waves. */
enum { WATCH_MEMO = 512 };
struct watch_memo {
    struct {
        uint64_t name; /* hash; 0: free */
        const struct kpi_watch_entry *entry;
    } slots[WATCH_MEMO];
};

/** One record with what the tests ask of it. */
struct context {
    struct kpi_engine *engine;
    const struct gw_event *event;
    const uint8_t *at; /* event->at: a field's place in its values, + 1 */
    int64_t time_ms;   /* event time, never ahead of its receipt */
    uint32_t site;
    bool is_known; /* a configured source */
    bool is_repeat, has_asked_repeat;
    bool is_refused; /* whom it names a full table has no room for */
    struct source *source;
    uint32_t sender, reporter, subject; /* entities or KPI_NO_ENTITY */
    bool has_origin;
    struct slice origin; /* where an infection came from, once somebody asked; has_origin */
};

static inline struct slice context_text(const struct context *c, enum gw_field field)
{
    return c->at[field] ? c->event->values[c->at[field] - 1].text : SLICE_NONE;
}
static inline int64_t context_int(const struct context *c, enum gw_field field, int64_t fallback)
{
    return c->at[field] ? c->event->values[c->at[field] - 1].number : fallback;
}
static inline bool bit_get(const uint8_t *bits, size_t i)
{
    return bits[i / 8] >> (i % 8) & 1;
}
static inline void bit_set(uint8_t *bits, size_t i)
{
    bits[i / 8] = (uint8_t)(bits[i / 8] | 1u << (i % 8));
}
/* Has an agent, by the newest that was said of it. */
static inline bool kpi_is_managed(const struct kpi_engine *engine, const struct kpi_entity *e)
{
    return e->agent_ms > e->removed_ms && e->agent_ms > engine->now_ms - MANAGED_MS;
}
/* KPIs that a source or product can report, more of them. Without a branch, so that many are taken
   at once. True: there was something new. */
static inline bool take_able(uint8_t to[KPI_MAX / 8], const uint8_t from[KPI_MAX / 8])
{
    uint8_t news = 0;
    for (size_t i = 0; i < KPI_MAX / 8; i++) {
        news |= (uint8_t)(from[i] & ~to[i]);
        to[i] |= from[i];
    }
    return news != 0;
}

/* context.c: who sent it, about whom, from where */
void kpi_context_fill(struct context *c, struct kpi_engine *engine, const struct gw_event *event);
void kpi_context_people(struct context *c);
bool kpi_input_matches(struct context *c, const struct kpi_input *input);
void kpi_source_able(const struct kpi_engine *engine, const char *mapping, uint8_t *able);

/* scope.c: sites, products, rows */
uint32_t kpi_site_number(struct kpi_engine *engine, struct slice id, bool is_new_allowed);
/* Nothing when it has one, or when all are taken: asked again once an hour. */
void kpi_give_site_scope(struct kpi_engine *engine, uint32_t site);
uint32_t kpi_unlisted_site(struct kpi_engine *engine);
uint32_t kpi_make_scope(struct kpi_engine *engine, const char *key, const char *name,
                        enum kpi_scope_kind kind, uint32_t site, uint32_t entity);
void kpi_scope_key(struct slice site, struct slice name, char *out);
/* By its short name; where another has that row, by the name said. NO_SCOPE: there is no room. */
uint32_t kpi_scope_of_entity(struct kpi_engine *engine, uint32_t entity, enum kpi_scope_kind kind,
                             struct slice said);
bool kpi_is_enabled(const struct kpi_engine *engine, const struct kpi_run *run, uint32_t site);
void kpi_shape_rows(struct kpi_engine *engine);
struct row *kpi_make_row(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope);
void kpi_drop_row(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope);
struct row *kpi_row_at(const struct kpi_run *run, uint32_t scope);
/* The row, made when there is reason for it and none yet; NULL. */
struct row *kpi_want_row(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope);

/* load.c: catalogue, inventory, watchlist, settings */
void kpi_engine_load(struct kpi_engine *engine, const struct gw_event *event);
int kpi_engine_load_bytes(struct kpi_engine *engine, enum kpi_load load, struct slice bytes,
                          struct slice hash);
void kpi_engine_unload(struct kpi_engine *engine);
void kpi_apply_settings(struct kpi_engine *engine);
/* Networks and listed addresses anew, from settings and inventory; changes no state. */
void kpi_index_sources(struct kpi_engine *engine);
/* The key of engine->uplinks; name is lower case and clean. */
uint64_t kpi_uplink_key(uint32_t scope, struct slice name);

/* Was this finding told before? Remembered only where somebody asks: who counts. */
bool kpi_is_repeat(struct context *c);

/* measure.c: a record into windows and held states */
void kpi_measure(struct context *c, struct input_user user);
/* Who speaks itself, later than he is said to be away, is there: whichever is told first. */
void kpi_hear_products(struct context *c);
/* Is it the record that makes a burst of those like it? Only to be asked once of a record. */
bool kpi_ends_burst(struct context *c, const struct kpi_input *input);
/* An infection into the top tens. */
void kpi_measure_top(struct context *c);
struct cell_store *kpi_store_at(struct test_run *run, uint32_t scope, bool is_new_allowed);
void kpi_store_free(struct cell_store *store);
void kpi_note_evidence(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope,
                       uint64_t sequence);

/* collect.c */
void kpi_remap_all(struct kpi_engine *engine, bool is_collecting);
/* The entity that stands for a member of a pair today; context: struct kpi_entities. */
uint32_t kpi_remap_member(void *context, uint32_t member);
void kpi_collect(struct kpi_engine *engine);
/* The wall clock was set back. What is dated later than now was dated by a clock that ran ahead: it
   is dated just before now, or it would stay the newest word until the clock gets there again. */
void kpi_clock_back(struct kpi_engine *engine);

/* checkpoint_added.c: what later versions of the checkpoint have more than version 3 */
void kpi_added_save(const struct kpi_engine *engine, struct buf *out);
void kpi_added_load(struct kpi_engine *engine, struct cursor *in, uint32_t version);

/* scan.c */
struct life {
    bool is_alive;
    int64_t newest_ms; /* of sources that could report; 0: there is none */
};
/* By KPI and then site; the caller frees it. */
struct life *kpi_find_life(const struct kpi_engine *engine);
bool kpi_product_is_alive(const struct kpi_engine *engine, const struct kpi_product *p);
void kpi_scan(struct kpi_engine *engine, const struct life *life);

/* evaluate.c */
void kpi_evaluate(struct kpi_engine *engine);
const char *kpi_key_name(const struct kpi_engine *engine, const struct kpi_key *key,
                         uint64_t number);

/* alert.c */
void kpi_alert_follow(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope,
                      struct row *row);
/* The row goes: its alert is cleared, and whoever keeps its states is told. */
void kpi_alert_end_row(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope,
                       struct row *row);
void kpi_alert_acknowledge(struct kpi_engine *engine, const struct gw_event *event);
/* reason NULL: what the row says. */
void kpi_emit_change(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope,
                     const struct row *row, enum kpi_state old_state, const char *reason);
/* The row's value, though its state is what it was. */
void kpi_emit_value(struct kpi_engine *engine, struct kpi_run *run, uint32_t scope,
                    const struct row *row);
void kpi_alert_free(struct alert *alert);
void kpi_alert_add(struct kpi_engine *engine, struct alert *alert);

/* words.c: values and reasons in words */
const char *kpi_value_text(const struct kpi_engine *engine, const struct kpi_run *run,
                           const struct row *row, struct arena *arena);
const char *kpi_reason(const struct kpi_engine *engine, const struct kpi_run *run, uint32_t scope,
                       const struct row *row, struct arena *arena);
const char *kpi_evidence_text(const struct kpi_engine *engine, const struct row *row,
                              struct arena *arena);

#endif
