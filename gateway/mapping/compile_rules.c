/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules, and the index by which a code finds its rule. */
#include "gateway/mapping/compile.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/mapping/literals.h"

static struct mapping_rule *rule_at(struct compiler *c, uint32_t rule)
{
    return &((struct mapping_rule *)c->rules.p)[rule];
}

static struct mapping_link *link_at(struct compiler *c, uint32_t link)
{
    return &((struct mapping_link *)c->links.p)[link];
}

static uint32_t new_link(struct compiler *c, uint32_t rule)
{
    *(struct mapping_link *)vec_push(&c->links) = (struct mapping_link){rule, MAPPING_NO_LINK};
    return (uint32_t)c->links.n - 1;
}

static struct slice conditions_of(struct compiler *c, uint32_t rule)
{
    return ((struct slice *)c->conditions.p)[rule];
}

/*
 * The match has a chain already: the rule goes to its end, unless a rule there takes everything,
 * or it is the same rule with the same match again. A shared rule gives way to the mapping's own.
 */
static void append_link(struct compiler *c, const struct xml_node *node, uint32_t link,
                        uint32_t rule)
{
    for (;;) {
        const struct mapping_rule *earlier = rule_at(c, link_at(c, link)->rule);
        if (link_at(c, link)->rule == rule) {
            compile_error(c, node, "rule '%s' has this match twice", earlier->name);
            return;
        }
        bool gives_way = c->is_shared && !earlier->is_shared;
        if (earlier->n_tests == 0 && gives_way)
            return;
        if (earlier->n_tests == 0) {
            compile_error(
                c, node,
                "rule '%s' is never reached here: rule '%s' (line %d) takes every such code first",
                rule_at(c, rule)->name, earlier->name, earlier->line);
            return;
        }
        if (slice_equal(conditions_of(c, link_at(c, link)->rule), conditions_of(c, rule))) {
            if (gives_way)
                return;
            compile_error(c, node,
                          "rule '%s' has the match and the conditions of rule '%s' (line %d)",
                          rule_at(c, rule)->name, earlier->name, earlier->line);
            return;
        }
        if (link_at(c, link)->next == MAPPING_NO_LINK)
            break;
        link = link_at(c, link)->next;
    }
    uint32_t added = new_link(c, rule);
    link_at(c, link)->next = added;
}

static void match_exact(struct compiler *c, const struct xml_node *node, struct slice code,
                        uint32_t rule)
{
    struct mapping_index *index = &c->mapping->index;
    uint32_t link = lookup_peek(&index->exact, code);
    if (link != LOOKUP_NONE)
        append_link(c, node, link, rule);
    else
        lookup_add(&index->exact, code, new_link(c, rule));
}

static void match_prefix(struct compiler *c, const struct xml_node *node, struct slice prefix,
                         uint32_t rule)
{
    struct mapping_index *index = &c->mapping->index;
    uint32_t link = (uint32_t)c->links.n;
    if (!index->prefixes)
        index->prefixes = literals_new();
    if (literals_add_start(index->prefixes, prefix, &link))
        new_link(c, rule);
    else
        append_link(c, node, link, rule);
}

static void match_range(struct compiler *c, const struct xml_node *node, struct slice from,
                        struct slice to, uint32_t rule)
{
    struct mapping_range range = {.link = MAPPING_NO_LINK};
    if (!slice_to_int(from, &range.from) || !slice_to_int(to, &range.to) || range.from > range.to) {
        compile_error(c, node, "from= and to= are two numbers, the smaller first");
        return;
    }
    struct mapping_range *ranges = c->ranges.p;
    for (size_t i = 0; i < c->ranges.n; i++) {
        if (ranges[i].from == range.from && ranges[i].to == range.to) {
            append_link(c, node, ranges[i].link, rule);
            return;
        }
        if (ranges[i].from <= range.to && range.from <= ranges[i].to) {
            compile_error(c, node, "range %lld to %lld overlaps that of rule '%s'",
                          (long long)range.from, (long long)range.to,
                          rule_at(c, link_at(c, ranges[i].link)->rule)->name);
            return;
        }
    }
    range.link = new_link(c, rule);
    *(struct mapping_range *)vec_push(&c->ranges) = range;
}

static void match_any(struct compiler *c, const struct xml_node *node, uint32_t rule)
{
    struct mapping_index *index = &c->mapping->index;
    if (index->any != MAPPING_NO_LINK)
        append_link(c, node, index->any, rule);
    else
        index->any = new_link(c, rule);
}

static void compile_match(struct compiler *c, const struct xml_node *node, uint32_t rule)
{
    struct slice code = compile_text(c, node, "code"), prefix = compile_text(c, node, "prefix");
    struct slice from = compile_text(c, node, "from"), to = compile_text(c, node, "to");
    int asked = (code.n > 0) + (prefix.n > 0) + (from.n > 0 || to.n > 0) + compile_has(node, "any");
    if (asked != 1)
        compile_error(c, node, "<match> takes one of code=, prefix=, from= with to=, any='yes'");
    else if (code.n)
        match_exact(c, node, code, rule);
    else if (prefix.n)
        match_prefix(c, node, prefix, rule);
    else if (from.n || to.n)
        match_range(c, node, from, to, rule);
    else
        match_any(c, node, rule);
}

/* False: the mapping's own rule of that name stands in a shared one's place. */
static bool check_name(struct compiler *c, const struct xml_node *node, struct slice name)
{
    for (size_t i = 0; i < c->rules.n; i++) {
        const struct mapping_rule *other = rule_at(c, (uint32_t)i);
        if (!slice_equal(slice_from(other->name), name))
            continue;
        if (c->is_shared && !other->is_shared)
            return false;
        compile_error(c, node, "a rule named '%.*s' stands at line %d already", SLICE_FMT(name),
                      other->line);
    }
    return true;
}

/* The <when>s of a rule: tests into the program, and their words as one text. */
static void compile_conditions(struct compiler *c, const struct xml_node *node)
{
    const char *text = "";
    for (const struct xml_node *child = xml_child(node); child; child = xml_next(child)) {
        const void *position = NULL;
        const char *name, *value;
        if (strcmp(xml_name(child), "when") != 0)
            continue;
        compile_test(c, child);
        while (xml_next_attribute(child, &position, &name, &value))
            text = arena_printf(c->arena, "%s%s=%s\n", text, name, value);
    }
    *(struct slice *)vec_push(&c->conditions) = slice_from(text);
}

void compile_rule(struct compiler *c, const struct xml_node *node)
{
    struct slice name = compile_text(c, node, "name"), kind_name = compile_text(c, node, "kind");
    struct slice severity_name = compile_text(c, node, "severity");
    int kind = kind_name.n ? compile_kind_name(c, node, kind_name) : GW_KIND_SYSTEM_STATUS;
    int severity = severity_name.n ? gw_severity_by_name(severity_name) : GW_SEVERITY_UNKNOWN;
    bool has_match = false;

    if (!check_name(c, node, name))
        return;
    if (severity < 0)
        compile_error(c, node, "no severity is named '%.*s'", SLICE_FMT(severity_name));
    uint32_t number = (uint32_t)c->rules.n;
    struct mapping_rule *rule = vec_push(&c->rules);
    *rule = (struct mapping_rule){.name = name.n ? name.p : "",
                                  .file = c->file,
                                  .line = xml_line(node),
                                  .is_shared = c->is_shared,
                                  .kind = (uint16_t)(kind < 0 ? 0 : kind),
                                  .severity = (uint8_t)(severity < 0 ? 0 : severity),
                                  .tests = (uint32_t)c->tests.n};
    compile_conditions(c, node);
    rule = rule_at(c, number);
    rule->n_tests = (uint32_t)c->tests.n - rule->tests;
    for (const struct xml_node *child = xml_child(node); child; child = xml_next(child))
        if (strcmp(xml_name(child), "match") == 0) {
            compile_match(c, child, number);
            has_match = true;
        }
    if (!has_match)
        compile_error(c, node, "rule '%.*s' has no <match>: nothing reaches it", SLICE_FMT(name));
    rule->ops = (uint32_t)c->ops.n;
    compile_statements(c, node);
    rule = rule_at(c, number);
    rule->n_ops = (uint32_t)c->ops.n - rule->ops;
}

void compile_use_rules(struct compiler *c, const struct xml_node *node)
{
    struct slice name = compile_text(c, node, "rules");
    const char *file = c->file;
    for (size_t i = 0; c->vendor && i < c->vendor->rule_sets.n; i++) {
        const struct named *set = &((struct named *)c->vendor->rule_sets.p)[i];
        if (!slice_equal(slice_from(set->name), name))
            continue;
        c->is_shared = true;
        c->file = set->file;
        for (const struct xml_node *rule = xml_child(set->node); rule; rule = xml_next(rule))
            compile_rule(c, rule);
        c->file = file;
        c->is_shared = false;
        return;
    }
    compile_error(c, node, "no <rules> of the vendor.xml beside it is named '%.*s'",
                  SLICE_FMT(name));
}

static int by_from(const void *a, const void *b)
{
    const struct mapping_range *x = a, *y = b;
    return x->from < y->from ? -1 : x->from > y->from;
}

void compile_finish_rules(struct compiler *c)
{
    struct mapping_index *index = &c->mapping->index;
    lookup_build(&index->exact);
    if (index->prefixes)
        literals_build(index->prefixes);
    if (c->ranges.n)
        qsort(c->ranges.p, c->ranges.n, sizeof(struct mapping_range), by_from);
    index->ranges = c->ranges.p;
    index->n_ranges = c->ranges.n;
}

/* ---- the same index, read ---- */

static uint32_t range_link(const struct mapping_index *index, struct slice code)
{
    int64_t number;
    size_t low = 0, high = index->n_ranges;
    if (high == 0 || !slice_to_int(code, &number))
        return MAPPING_NO_LINK;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (number > index->ranges[middle].to)
            low = middle + 1;
        else
            high = middle;
    }
    bool inside = low < index->n_ranges && number >= index->ranges[low].from;
    return inside ? index->ranges[low].link : (uint32_t)MAPPING_NO_LINK;
}

uint32_t mapping_rule_candidates(const struct mapping *mapping, int step, struct slice code,
                                 struct slice *rest)
{
    const struct mapping_index *index = &mapping->index;
    struct literals_hit hit;
    *rest = code;
    switch (step) {
    case 0:
        return lookup_get(&index->exact, code);
    case 1:
        if (!index->prefixes || !literals_find_start(index->prefixes, code, NULL, &hit))
            return MAPPING_NO_LINK;
        *rest = slice_skip(code, hit.length);
        return hit.value;
    case 2:
        return range_link(index, code);
    default:
        return index->any;
    }
}
