/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_MAPPING_PROGRAM_H
#define GATEWAY_MAPPING_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"
#include "gateway/mapping/lookup.h"
#include "gateway/mapping/value_table.h"
#include "gateway/schema/event.h"

struct literals;
struct pattern;
struct template;

/**
 * A compiled mapping. Made by gateway/mapping, run by gateway/normalize, never changed after its
 * load: any number of threads may read it.
 *
 * A *slot* is a place for one text of the message while a mapping runs: the parsed fields whose
 * names the mapping mentions, template variables and regex groups, and three fixed ones. A *ref*
 * names a slot, or (from MAPPING_REF_PLACED on) a field of the record that is filled already.
 */
enum mapping_slot {
    MAPPING_SLOT_BODY, /* "@body": the text after the syslog header, or the first text of a varbind
                        */
    MAPPING_SLOT_CODE, /* "@code": the event code that chose the rule */
    MAPPING_SLOT_REST, /* "@rest": the code after the prefix that matched */
    MAPPING_SLOT_FIRST
};
enum { MAPPING_SLOTS_MAX = 512, MAPPING_REF_PLACED = 0x8000 };
/* Statements of one mapping, each use of a block counted; blocks that use blocks, one in another.
 */
enum { MAPPING_OPS_MAX = 16384, MAPPING_DEPTH_MAX = 16 };
enum { MAPPING_CODE_REFS_MAX = 8, MAPPING_TEMPLATE_REFS_MAX = 8 };

enum mapping_test_code {
    MAPPING_TEST_PRESENT,  /* carries a value: not empty, N/A, 0.0.0.0 ... */
    MAPPING_TEST_REPEATED, /* its name stands in the message again, with another value */
    MAPPING_TEST_TABLE,    /* equals, one-of, starts, contains, table */
    MAPPING_TEST_RANGE,
    MAPPING_TEST_MATCHES
};

/* True when any of the refs passes; negated turns it round. */
struct mapping_test {
    uint8_t code;
    bool negated;
    uint16_t n_refs;
    uint32_t refs; /* first in mapping.refs */
    uint32_t table, pattern;
    int32_t column; /* whose cell must say something; -1: any row will do */
    int64_t min, max;
};

enum mapping_op_code {
    MAPPING_OP_SET,
    MAPPING_OP_KIND,
    MAPPING_OP_SEVERITY,
    MAPPING_OP_TIME,
    MAPPING_OP_DROP,    /* the sources carry nothing worth keeping */
    MAPPING_OP_EXTRACT, /* regex groups into slots */
    MAPPING_OP_UNLESS,  /* jump when the test fails */
    MAPPING_OP_JUMP
};

enum mapping_convert {
    MAPPING_CONVERT_NONE, /* by the field's type alone */
    MAPPING_CONVERT_LOWER,
    MAPPING_CONVERT_UPPER,
    MAPPING_CONVERT_VERSION,    /* dotted version to a comparable number */
    MAPPING_CONVERT_PATTERN,    /* pattern file version to a comparable number */
    MAPPING_CONVERT_UNC_HOST,   /* \\host\share\... to host */
    MAPPING_CONVERT_SHORT_HOST, /* host.domain to host */
    MAPPING_CONVERT_MAC
};

/* Of several sources the first that says anything is cut, and no other asked. */
enum mapping_cut {
    MAPPING_CUT_NONE,
    MAPPING_CUT_BEFORE, /* nothing when the separator is not there */
    MAPPING_CUT_AFTER,  /* everything when it is not there */
    MAPPING_CUT_BEFORE_LAST,
    MAPPING_CUT_AFTER_LAST
};

struct mapping_op {
    uint8_t code;
    uint8_t convert;
    uint8_t cut;
    bool has_table, keeps_missed, has_constant, replaces;
    bool reshapes;  /* cut, trim or convert make another text of the source's */
    uint64_t needs; /* bit slot % 64: when none of these slots says anything, it does nothing */
    uint16_t field;
    uint16_t n_refs;
    uint32_t refs;
    uint32_t table, column;
    uint32_t pattern;
    uint32_t test;
    uint32_t target; /* JUMP, UNLESS: op number */
    int32_t line;
    int64_t add;
    int64_t number;         /* constant of a number field, kind or severity */
    struct slice constant;  /* value=, or else= after sources that gave nothing */
    struct slice separator; /* of cut */
    struct slice trim;      /* bytes taken off both ends */
    uint16_t n_differs;     /* fields of the record that the value must differ from */
    uint16_t n_clock;       /* of TIME: where the clock is when the sources hold the date alone */
    uint16_t n_zone;        /* of TIME, with a clock: where the offset is */
    uint32_t differs, clock, zone; /* first in mapping.refs */
};

enum { MAPPING_NO_LINK = UINT32_MAX };

struct mapping_rule {
    const char *name, *file;
    int line;
    bool is_shared; /* of a <rules> in vendor.xml */
    uint16_t kind;  /* enum gw_kind, unless an op finds a better one */
    uint8_t severity;
    uint32_t tests, n_tests; /* first in mapping.tests: all must pass */
    uint32_t ops, n_ops;
};

/* Rules of one match in the order written; all but the last have conditions. */
struct mapping_link {
    uint32_t rule;
    uint32_t next; /* a link, or MAPPING_NO_LINK */
};

struct mapping_range {
    int64_t from, to;
    uint32_t link;
};

/* Where rules are looked for: exact codes, then the longest prefix, then a range, then any. */
struct mapping_index {
    struct lookup exact;          /* code -> link */
    struct literals *prefixes;    /* NULL: none */
    struct mapping_range *ranges; /* sorted, no two overlap */
    size_t n_ranges;
    uint32_t any;
};

/* Its variables' fields are named like their slots: "$v". */
struct mapping_template {
    struct slice code;
    struct template *template;
    int line;
};

/* A regex group's slot. */
struct mapping_group {
    uint16_t group, slot;
};

struct mapping_pattern {
    struct pattern *pattern;
    struct mapping_group *groups;
    size_t n_groups;
};

struct mapping {
    const char *id; /* "trendmicro/apex-central" */
    const char *file;
    struct slice id_text, vendor, product;
    size_t number;   /* in its set */
    bool has_agents; /* what it finds is found by an agent there */

    struct lookup slots;      /* name of a parsed field -> slot; case counts */
    struct slice *slot_names; /* for traces */
    size_t n_slots;
    bool has_oid_prefixes; /* some names end in ".": a varbind's name without its instance */

    uint16_t
        code_refs[MAPPING_CODE_REFS_MAX]; /* the first that carries a value is the event code */
    size_t n_code_refs;
    uint32_t code_ops, n_code_ops; /* run before the code is read: it stands inside a text */
    struct mapping_template *templates;
    size_t n_templates;
    uint16_t template_refs[MAPPING_TEMPLATE_REFS_MAX];
    size_t n_template_refs;

    struct mapping_rule *rules;
    size_t n_rules;
    struct mapping_link *links;
    size_t n_links;
    struct mapping_index index;
    uint32_t common_ops, n_common_ops; /* run after the rule's own */
    uint16_t *refs;
    struct mapping_test *tests;
    struct mapping_op *ops;
    size_t n_refs, n_tests, n_ops;
    struct value_table **tables;
    struct mapping_pattern *patterns;
    size_t n_tables, n_patterns;
};

enum { MAPPING_STEPS = 4 };

/**
 * First link of the rules for a code, or MAPPING_NO_LINK. step 0 asks the exact codes, 1 the
 * prefixes, 2 the ranges, 3 gives the rules for any code; the caller goes on while conditions fail.
 * *rest gets what follows a matched prefix, else the whole code.
 */
uint32_t mapping_rule_candidates(const struct mapping *mapping, int step, struct slice code,
                                 struct slice *rest);

#endif
