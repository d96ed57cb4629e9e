/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_NORMALIZE_RUN_H
#define GATEWAY_NORMALIZE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/mapping/program.h"
#include "gateway/normalize/convert.h"
#include "gateway/normalize/normalize.h"
#include "gateway/schema/event.h"
#include "parsers/fields.h"

/* What a table said last: its columns are asked for one after the other. */
struct run_row {
    const struct value_table *table; /* NULL: nothing was asked */
    struct slice value;
    int row;
};

/* The time that was read last: of many messages a second most say the same. */
struct run_time {
    char text[40];
    size_t n; /* 0: none yet */
    bool is_time;
    struct parsed_time time;
};

/**
 * One message going through one program: the slots of its texts, and what was filled from what.
 * Lives on the stack of normalize_event().
 */
struct run {
    const struct mapping *mapping; /* NULL: none knows the message */
    const struct source_profile *source;
    const struct fields *fields;
    struct arena *arena;
    struct pattern_scratch *scratch;
    struct run_time *last_time; /* of the message before, or an earlier one */
    struct gw_event *event;
    struct normalize_trace *trace;    /* NULL: nobody asks why */
    uint64_t placed[FIELDS_MAX / 64]; /* parsed fields that need not go to unmapped */
    uint64_t said;                    /* bit slot % 64: a slot that says something */
    bool has_kind, has_severity, has_time;
    struct run_row last_row;
    struct slice slots[MAPPING_SLOTS_MAX]; /* what each says, see convert_said() */
    int16_t origin[MAPPING_SLOTS_MAX];     /* number of the parsed field; -1: none */
};

void run_begin(struct run *run);
/* The mapping's slots from the parsed fields: the first of a name counts. body: "@body". */
void run_fill_slots(struct run *run, struct slice body, int body_origin);
/* A template's variable; a name no statement uses is passed over. */
void run_set_variable(struct run *run, struct slice name, struct slice value);
static inline void run_set_slot(struct run *run, uint32_t slot, struct slice value)
{
    value = convert_said(value);
    run->slots[slot] = value;
    if (value.n)
        run->said |= (uint64_t)1 << slot % 64;
}
/* The source's text, trimmed; empty when it says nothing. */
static inline struct slice run_value(const struct run *run, uint16_t ref)
{
    if (ref & MAPPING_REF_PLACED)
        return convert_said(gw_event_text(run->event, (enum gw_field)(ref & ~MAPPING_REF_PLACED)));
    return run->slots[ref];
}
/* The address that the number-th parsed field (-1: none) says whose value this is: octets of a
   varbind are one whatever they spell. Anything else as it is. */
struct slice run_address(const struct run *run, int number, struct slice value);
/* ops[first, first + n) */
void run_ops(struct run *run, uint32_t first, uint32_t n);
bool run_test(struct run *run, const struct mapping_test *test);

/* Fields the gateway itself fills, not a mapping's statement; kept if filled already. */
void run_put_text(struct run *run, enum gw_field field, struct slice text);
void run_put_int(struct run *run, enum gw_field field, int64_t number);
/* When the message came to the first of us: a relay may have kept it for hours. */
int64_t run_receipt_ms(const struct run *run);
/* The event's time from a parsed one, under the rules of the catalogue; false when it is no time.
 */
bool run_put_time(struct run *run, const struct parsed_time *time);
/* The record is kept, and marked malformed with the first reason; reason is constant text. */
void run_fault(struct run *run, const char *reason);
/* The number-th parsed field needs no place in unmapped. */
static inline void run_mark_placed(struct run *run, int field)
{
    if (field >= 0)
        run->placed[field / 64] |= (uint64_t)1 << (field % 64);
}
static inline bool run_is_placed(const struct run *run, size_t field)
{
    return run->placed[field / 64] >> (field % 64) & 1;
}
/* The first from this one on that needs a place; FIELDS_MAX: none does. */
static inline size_t run_next_unplaced(const struct run *run, size_t from)
{
    while (from < FIELDS_MAX) {
        uint64_t left = ~run->placed[from / 64] >> from % 64;
        if (left)
            return from + (size_t)__builtin_ctzll(left);
        from = (from | 63) + 1;
    }
    return FIELDS_MAX;
}
/* For who asked why; run_note() is for those who do not know whether anybody did. */
void run_trace(struct run *run, enum gw_field field, const char *what, uint16_t ref, int line);
static inline void run_note(struct run *run, enum gw_field field, const char *what, uint16_t ref,
                            int line)
{
    if (run->trace)
        run_trace(run, field, what, ref, line);
}

#endif
