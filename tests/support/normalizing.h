/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_SUPPORT_NORMALIZING_H
#define TESTS_SUPPORT_NORMALIZING_H

#include "gateway/base/charset.h"
#include "gateway/normalize/normalize.h"
#include "parsers/registry.h"
#include "tests/support/unit.h"

/** The road of a message up to its record: charset, syntax, mapping. One a test program. */
struct normalizing {
    struct normalizer *normalizer;
    struct arena arena;
    struct fields fields;
    struct gw_event event;
    struct normalize_trace trace;
    struct source_profile source;
    int64_t received_ms;
    int64_t relay_ms; /* when a relay had it; 0: it came straight */
};

/* 2026-03-02T08:05:00Z, the receipt of every message that says no other. */
#define NORMALIZING_RECEIVED_MS INT64_C(1772438700000)

static inline void normalizing_init(struct normalizing *n, size_t arena_cap)
{
    *n = (struct normalizing){.normalizer = normalizer_new(),
                              .received_ms = NORMALIZING_RECEIVED_MS};
    arena_init(&n->arena, arena_cap);
}

static inline void normalizing_fini(struct normalizing *n)
{
    normalizer_free(n->normalizer);
    arena_fini(&n->arena);
}

static inline void normalizing_begin(struct normalizing *n, struct slice raw)
{
    arena_reset(&n->arena);
    gw_event_clear(&n->event);
    fields_clear(&n->fields);
    n->event.raw = n->event.text = raw;
    n->event.received_ms = n->received_ms;
    if (n->relay_ms)
        gw_event_set_int(&n->event, GW_FIELD_RELAY_TIME, n->relay_ms);
}

/* What stands in n->fields already. */
static inline void normalizing_fields(struct normalizing *n, const struct mapping_set *set)
{
    normalize_event_traced(n->normalizer, set, &n->source, &n->fields, &n->arena, &n->event,
                           &n->trace);
}

static inline struct gw_event *normalizing_run(struct normalizing *n, const struct mapping_set *set,
                                               struct slice message)
{
    normalizing_begin(n, message);
    normalize_text(n->source.charset, &n->arena, &n->event);
    parse_message(n->event.text, NULL, &n->arena, &n->fields);
    normalizing_fields(n, set);
    return &n->event;
}

/* The value of an unmapped pair, empty: none. */
static inline struct slice normalizing_unmapped(const struct normalizing *n, const char *name)
{
    for (size_t i = 0; i < n->event.n_unmapped; i++)
        if (slice_equal(n->event.unmapped[i].name, slice_from(name)))
            return n->event.unmapped[i].value;
    return SLICE_NONE;
}

#endif
