/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_MAPPING_COMPILE_H
#define GATEWAY_MAPPING_COMPILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/diag.h"
#include "gateway/mapping/dispatch.h"
#include "gateway/mapping/pattern_pool.h"
#include "gateway/mapping/program.h"
#include "gateway/xml/document.h"

/**
 * From XML to a flat program: shared by the compile_*.c files of this room, nobody else's business.
 * A compiler works on one mapping at a time; every mistake goes to diag and the work goes on, so
 * that one run shows all of them.
 */

/* A growing array; the finished one is taken over by the mapping, which frees it. */
struct vec {
    void *p;
    size_t n, cap, size;
};
void *vec_push(struct vec *vec); /* zeroed; valid until the next push */

/* A <block>, <table> or <rules>, of the mapping itself or of its vendor.xml. */
struct named {
    const char *name, *file;
    const struct xml_node *node;
    uint32_t table;               /* of a table: number in the mapping */
    struct value_table *compiled; /* of a vendor's table: compiled once for all mappings */
    bool is_open;                 /* being expanded: guards against a block that uses itself */
    bool is_used;
};

/* What the mappings of one folder share. */
struct vendor {
    const char *name;                     /* canonical */
    struct vec aliases;                   /* struct slice */
    struct vec blocks, tables, rule_sets; /* struct named */
    struct vec documents;                 /* struct xml_document *; more than one where divided */
};

/* What all mappings of a set are compiled into; it lives longer than they. */
struct compile_set {
    struct arena *arena;
    struct dispatch *dispatch;
    struct pattern_pool *patterns;
};

struct compiler {
    struct arena *arena; /* of the set */
    struct diag *diag;
    const char *file; /* that the node at hand stands in */
    struct mapping *mapping;
    struct dispatch *dispatch;
    struct pattern_pool *pool;
    const struct vendor *vendor; /* NULL: the folder has no vendor.xml */
    struct vec refs, tests, ops, rules, links, tables, patterns,
        templates;         /* the program's parts */
    struct vec slot_names; /* struct slice */
    struct vec slot_lines; /* int: where a $variable was first used; 0: defined or no variable */
    struct vec blocks, named_tables; /* struct named */
    struct vec conditions; /* struct slice a rule: its <when>s as written, to find doubles */
    struct vec ranges;     /* struct mapping_range */
    int depth;             /* of blocks being expanded */
    bool is_full;          /* MAPPING_OPS_MAX was reached, and said */
    bool is_shared;        /* rules of vendor.xml are compiled: what the mapping itself says of a
                              name or a match stands before them */
};

/* "file:line: ..." into the diag. */
void compile_error(struct compiler *c, const struct xml_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* An attribute as a slice in the set's arena; empty when absent. */
struct slice compile_text(struct compiler *c, const struct xml_node *node, const char *name);
bool compile_has(const struct xml_node *node, const char *name);
/* "yes" is true; absent or "no" false. */
bool compile_flag(const struct xml_node *node, const char *name);
/* The kind of that name that a message may be of; -1 and an error: none is. */
int compile_kind_name(struct compiler *c, const struct xml_node *node, struct slice name);
/* A regular expression into c->patterns, its named groups into slots if wanted. */
bool compile_pattern(struct compiler *c, const struct xml_node *node, struct slice text,
                     bool wants_groups, uint32_t *number);

/* compile_refs.c: names of sources */
uint16_t compile_slot(struct compiler *c, struct slice name);
/* A template variable or regex group: "$name" may be used from now on. */
uint16_t compile_variable(struct compiler *c, struct slice name);
/* The sources of attribute name, "a|b|@c"; false when absent or empty. */
bool compile_refs(struct compiler *c, const struct xml_node *node, const char *name,
                  uint32_t *first, uint16_t *n);
/* The same into an array of at most max; how many. */
size_t compile_ref_array(struct compiler *c, const struct xml_node *node, const char *name,
                         uint16_t *refs, size_t max);
/* The fields of attribute name, blank separated, as refs to placed fields. */
void compile_placed(struct compiler *c, const struct xml_node *node, const char *name,
                    uint32_t *first, uint16_t *n);
void compile_check_variables(struct compiler *c);

/* compile_table.c */
struct value_table *compile_table(struct compiler *c, const struct xml_node *node);
/* An unnamed table of one row whose keys stand in an attribute, "a|b|c". */
uint32_t compile_word_table(struct compiler *c, const struct xml_node *node, struct slice words,
                            enum value_key type);
/* Number of a named table in this mapping; false and an error when there is none. */
bool compile_find_table(struct compiler *c, const struct xml_node *node, const char *name,
                        uint32_t *table);
/* Column for a statement: attribute "column", else wanted, else "value"; cells checked against
   field (0: kind and severity columns). */
bool compile_column(struct compiler *c, const struct xml_node *node, uint32_t table,
                    const char *wanted, enum gw_field field, uint32_t *column);
/* A constant for a number field: digits, or a word the field knows ("offline"). */
bool compile_number(enum gw_field field, struct slice text, int64_t *number);

/* compile_ops.c */
void compile_statements(struct compiler *c, const struct xml_node *parent);
uint32_t compile_test(struct compiler *c, const struct xml_node *node);

/* compile_rules.c */
void compile_rule(struct compiler *c, const struct xml_node *node);
/* <use rules="name">: those of vendor.xml, after the mapping's own. */
void compile_use_rules(struct compiler *c, const struct xml_node *node);
void compile_finish_rules(struct compiler *c);

/* compile_recognise.c */
void compile_recognise(struct compiler *c, const struct xml_node *node);

/* compile_template.c */
void compile_templates(struct compiler *c, const struct xml_node *node);

/* compile.c: the whole document; a mapping to be freed with compile_free() even after errors. */
struct mapping *compile_mapping(const struct compile_set *set, struct diag *diag,
                                const struct vendor *vendor, const char *id,
                                const struct xml_document *document);
void compile_free(struct mapping *mapping);
/* What the document says is added to vendor, or is a new one's where that is NULL. Takes the
 * document over; freed with compile_vendor_free(), after the mappings that use it. */
struct vendor *compile_vendor(struct arena *arena, struct diag *diag, struct vendor *vendor,
                              struct xml_document *document);
void compile_vendor_free(struct vendor *vendor);

#endif
