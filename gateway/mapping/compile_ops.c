/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Statements of rules, blocks and <common>: one op each; <if> becomes a jump over what it guards.
 */
#include "gateway/mapping/compile.h"

#include <string.h>

#include "gateway/mapping/pattern.h"

static struct mapping_op *new_op(struct compiler *c, const struct xml_node *node,
                                 enum mapping_op_code code)
{
    struct mapping_op *op = vec_push(&c->ops);
    op->code = (uint8_t)code;
    op->line = xml_line(node);
    return op;
}

static void set_target(struct compiler *c, size_t op)
{
    ((struct mapping_op *)c->ops.p)[op].target = (uint32_t)c->ops.n;
}

/* ---- tests ---- */

bool compile_pattern(struct compiler *c, const struct xml_node *node, struct slice text,
                     bool wants_groups, uint32_t *number)
{
    char reason[128] = "";
    size_t at;
    struct pattern *pattern = pattern_pool_get(c->pool, text, reason, &at);
    if (!pattern) {
        compile_error(c, node, "regular expression, at its character %zu: %s", at + 1, reason);
        return false;
    }
    *number = (uint32_t)c->patterns.n;
    struct mapping_pattern *entry = vec_push(&c->patterns);
    entry->pattern = pattern;
    if (!wants_groups)
        return true;
    const char *name;
    unsigned group;
    while (pattern_group(pattern, entry->n_groups, &name, &group))
        entry->n_groups++;
    entry->groups = arena_alloc(c->arena, entry->n_groups * sizeof *entry->groups);
    for (size_t i = 0; pattern_group(pattern, i, &name, &group); i++) {
        uint16_t slot = compile_variable(c, slice_from(name));
        entry->groups[i] = (struct mapping_group){(uint16_t)group, slot};
    }
    if (entry->n_groups == 0)
        compile_error(c, node, "<extract> needs a named group: (?<name>...)");
    return true;
}

static void test_range(struct compiler *c, const struct xml_node *node, struct mapping_test *test)
{
    struct slice min = compile_text(c, node, "min"), max = compile_text(c, node, "max");
    test->code = MAPPING_TEST_RANGE;
    test->min = INT64_MIN;
    test->max = INT64_MAX;
    if (min.n && !slice_to_int(min, &test->min))
        compile_error(c, node, "min: '%.*s' is no number", SLICE_FMT(min));
    if (max.n && !slice_to_int(max, &test->max))
        compile_error(c, node, "max: '%.*s' is no number", SLICE_FMT(max));
    if (test->min > test->max)
        compile_error(c, node, "min is greater than max: never true");
}

static void test_table(struct compiler *c, const struct xml_node *node, const char *name,
                       struct mapping_test *test)
{
    uint32_t column;
    if (compile_find_table(c, node, name, &test->table) && compile_has(node, "column") &&
        compile_column(c, node, test->table, "", (enum gw_field)0, &column))
        test->column = (int32_t)column;
}

/* The one attribute that says what is asked. */
static const char *question_of(struct compiler *c, const struct xml_node *node)
{
    static const char *const questions[] = {"present", "repeated", "equals", "one-of",
                                            "starts",  "contains", "table",  "matches"};
    const char *found = compile_has(node, "min") || compile_has(node, "max") ? "min" : NULL;
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        if (!compile_has(node, questions[i]))
            continue;
        if (found)
            compile_error(c, node,
                          "asks '%s' and '%s'; write one, and another <when> or <if> for the other",
                          found, questions[i]);
        found = questions[i];
    }
    if (!found)
        compile_error(c, node,
                      "asks nothing: write present, repeated, equals, one-of, starts, contains, "
                      "table, min, max or matches");
    return found;
}

uint32_t compile_test(struct compiler *c, const struct xml_node *node)
{
    struct mapping_test test = {.negated = compile_flag(node, "not"), .column = -1};
    const char *question = question_of(c, node);
    struct slice value = question ? compile_text(c, node, question) : SLICE_NONE;
    if (!compile_refs(c, node, "from", &test.refs, &test.n_refs))
        compile_error(c, node, "from: names no source");
    if (!question) {
        test.code = MAPPING_TEST_PRESENT;
    } else if (strcmp(question, "present") == 0 || strcmp(question, "repeated") == 0) {
        test.code = question[0] == 'p' ? MAPPING_TEST_PRESENT : MAPPING_TEST_REPEATED;
        if (slice_equal(value, SLICE("no")))
            test.negated = !test.negated;
    } else if (strcmp(question, "min") == 0) {
        test_range(c, node, &test);
    } else if (strcmp(question, "matches") == 0) {
        test.code = MAPPING_TEST_MATCHES;
        compile_pattern(c, node, value, false, &test.pattern);
    } else {
        test.code = MAPPING_TEST_TABLE;
        if (strcmp(question, "table") == 0)
            test_table(c, node, value.p, &test);
        else
            test.table = compile_word_table(c, node, value,
                                            strcmp(question, "starts") == 0     ? VALUE_KEY_PREFIX
                                            : strcmp(question, "contains") == 0 ? VALUE_KEY_CONTAINS
                                                                                : VALUE_KEY_EXACT);
    }
    *(struct mapping_test *)vec_push(&c->tests) = test;
    return (uint32_t)c->tests.n - 1;
}

/* ---- set ---- */

static enum mapping_convert convert_of(struct compiler *c, const struct xml_node *node,
                                       enum gw_type type)
{
    static const struct {
        const char *name;
        enum mapping_convert convert;
        bool gives_number;
    } rows[] = {
        {"lower", MAPPING_CONVERT_LOWER, false},
        {"upper", MAPPING_CONVERT_UPPER, false},
        {"version", MAPPING_CONVERT_VERSION, true},
        {"pattern", MAPPING_CONVERT_PATTERN, true},
        {"unc-host", MAPPING_CONVERT_UNC_HOST, false},
        {"short-host", MAPPING_CONVERT_SHORT_HOST, false},
        {"mac", MAPPING_CONVERT_MAC, false},
    };
    const char *as = xml_attribute(node, "as");
    if (!as)
        return MAPPING_CONVERT_NONE;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, as) != 0)
            continue;
        if (rows[i].gives_number != (type == GW_TYPE_INT))
            compile_error(c, node, "as='%s' gives a %s, which this field does not take", as,
                          rows[i].gives_number ? "number" : "text");
        return rows[i].convert;
    }
    compile_error(c, node, "as: no conversion is named '%s'", as);
    return MAPPING_CONVERT_NONE;
}

static void compile_cut(struct compiler *c, const struct xml_node *node, struct mapping_op *op)
{
    static const struct {
        const char *name;
        enum mapping_cut cut;
    } rows[] = {
        {"before", MAPPING_CUT_BEFORE},
        {"after", MAPPING_CUT_AFTER},
        {"before-last", MAPPING_CUT_BEFORE_LAST},
        {"after-last", MAPPING_CUT_AFTER_LAST},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!compile_has(node, rows[i].name))
            continue;
        if (op->cut != MAPPING_CUT_NONE)
            compile_error(c, node,
                          "cuts twice; write one of before, after, before-last, after-last");
        op->cut = (uint8_t)rows[i].cut;
        op->separator = compile_text(c, node, rows[i].name);
        if (op->separator.n == 0)
            compile_error(c, node, "%s: the separator is empty", rows[i].name);
    }
    op->trim = compile_text(c, node, "trim");
}

static void compile_constant(struct compiler *c, const struct xml_node *node, const char *name,
                             enum gw_field field, struct mapping_op *op)
{
    enum gw_type type = gw_field_type(field);
    op->constant = compile_text(c, node, name);
    op->has_constant = true;
    if ((type == GW_TYPE_INT || type == GW_TYPE_TIME) &&
        !compile_number(field, op->constant, &op->number))
        compile_error(c, node, "%s: '%.*s' is no number, which %s takes", name,
                      SLICE_FMT(op->constant), gw_field_name(field));
    if (op->constant.n == 0)
        compile_error(c, node, "%s: is empty", name);
}

static void compile_add(struct compiler *c, const struct xml_node *node, enum gw_type type,
                        struct mapping_op *op)
{
    struct slice add = compile_text(c, node, "add");
    if (add.n == 0)
        return;
    if (type != GW_TYPE_INT || !slice_to_int(add, &op->add))
        compile_error(c, node, "add: takes a number, and a field that is one");
}

static void compile_set(struct compiler *c, const struct xml_node *node)
{
    struct slice name = compile_text(c, node, "field");
    enum gw_field field = gw_field_by_name(name);
    enum gw_type type = gw_field_type(field);
    struct mapping_op op = {
        .code = MAPPING_OP_SET, .line = xml_line(node), .field = (uint16_t)field};
    if (field == 0) {
        compile_error(c, node, "the schema has no field '%.*s'", SLICE_FMT(name));
        return;
    }
    if (compile_has(node, "value") == compile_has(node, "from"))
        compile_error(c, node, "write from= or value=, one of them");
    compile_refs(c, node, "from", &op.refs, &op.n_refs);
    op.convert = (uint8_t)convert_of(c, node, type);
    compile_cut(c, node, &op);
    compile_add(c, node, type, &op);
    if (compile_has(node, "value"))
        compile_constant(c, node, "value", field, &op);
    else if (compile_has(node, "else"))
        compile_constant(c, node, "else", field, &op);
    const char *table = xml_attribute(node, "table");
    if (table && compile_find_table(c, node, table, &op.table)) {
        op.has_table = true;
        compile_column(c, node, op.table, gw_field_name(field), field, &op.column);
    }
    op.reshapes = op.convert != MAPPING_CONVERT_NONE || op.cut != MAPPING_CUT_NONE || op.trim.n;
    op.keeps_missed = slice_equal(compile_text(c, node, "miss"), SLICE("keep"));
    op.replaces = compile_flag(node, "replace");
    compile_placed(c, node, "differs-from", &op.differs, &op.n_differs);
    *(struct mapping_op *)vec_push(&c->ops) = op;
}

/* ---- the other statements ---- */

static void compile_kind(struct compiler *c, const struct xml_node *node, bool is_severity)
{
    const char *word = is_severity ? "severity" : "kind";
    struct slice name = compile_text(c, node, "is");
    struct mapping_op op = {.code = is_severity ? MAPPING_OP_SEVERITY : MAPPING_OP_KIND,
                            .line = xml_line(node)};
    if ((name.n > 0) == compile_has(node, "table"))
        compile_error(c, node, "write is= or table= with from=, one of them");
    if (name.n) {
        op.has_constant = true;
        op.number = is_severity ? gw_severity_by_name(name) : compile_kind_name(c, node, name);
        if (is_severity && op.number < 0)
            compile_error(c, node, "no severity is named '%.*s'", SLICE_FMT(name));
    } else {
        const char *table = xml_attribute(node, "table");
        if (!compile_refs(c, node, "from", &op.refs, &op.n_refs))
            compile_error(c, node, "from: names no source");
        if (!table || !compile_find_table(c, node, table, &op.table))
            return;
        op.has_table = compile_column(c, node, op.table, word, (enum gw_field)0, &op.column);
        if (op.has_table &&
            strcmp(((struct value_table **)c->tables.p)[op.table]->columns[op.column], word) != 0)
            compile_error(c, node, "takes a column named '%s'", word);
    }
    *(struct mapping_op *)vec_push(&c->ops) = op;
}

static void compile_time(struct compiler *c, const struct xml_node *node)
{
    struct mapping_op op = {.code = MAPPING_OP_TIME, .line = xml_line(node)};
    if (!compile_refs(c, node, "from", &op.refs, &op.n_refs))
        compile_error(c, node, "from: names no source");
    if (compile_has(node, "clock") && !compile_refs(c, node, "clock", &op.clock, &op.n_clock))
        compile_error(c, node, "clock: names no source");
    if (compile_has(node, "zone") && !compile_refs(c, node, "zone", &op.zone, &op.n_zone))
        compile_error(c, node, "zone: names no source");
    *(struct mapping_op *)vec_push(&c->ops) = op;
}

static void compile_drop(struct compiler *c, const struct xml_node *node)
{
    struct mapping_op op = {.code = MAPPING_OP_DROP, .line = xml_line(node)};
    if (!compile_refs(c, node, "from", &op.refs, &op.n_refs))
        compile_error(c, node, "from: names no source");
    *(struct mapping_op *)vec_push(&c->ops) = op;
}

static void compile_extract(struct compiler *c, const struct xml_node *node)
{
    struct mapping_op op = {.code = MAPPING_OP_EXTRACT, .line = xml_line(node)};
    if (!compile_refs(c, node, "from", &op.refs, &op.n_refs))
        compile_error(c, node, "from: names no source");
    struct slice text = slice_trim(arena_dup(c->arena, slice_from(xml_text(node))));
    if (text.n == 0)
        compile_error(c, node, "<extract> holds no regular expression");
    else if (compile_pattern(c, node, text, true, &op.pattern))
        *(struct mapping_op *)vec_push(&c->ops) = op;
}

static void compile_use(struct compiler *c, const struct xml_node *node)
{
    struct slice name = compile_text(c, node, "block");
    struct named *block = NULL;
    for (size_t i = 0; i < c->blocks.n && !block; i++)
        if (slice_equal(slice_from(((struct named *)c->blocks.p)[i].name), name))
            block = &((struct named *)c->blocks.p)[i];
    if (!block) {
        compile_error(c, node, "no block is named '%.*s'", SLICE_FMT(name));
        return;
    }
    block->is_used = true;
    if (block->is_open) {
        compile_error(c, node, "block '%s' uses itself", block->name);
        return;
    }
    if (c->depth == MAPPING_DEPTH_MAX) {
        compile_error(c, node, "block '%s' is the %dth inside another; write fewer, longer blocks",
                      block->name, MAPPING_DEPTH_MAX + 1);
        return;
    }
    const char *file = c->file;
    block->is_open = true;
    c->file = block->file;
    c->depth++;
    compile_statements(c, block->node);
    c->depth--;
    c->file = file;
    block->is_open = false;
}

/* Blocks that use blocks twice grow by powers: said once, and no further. */
static bool has_room(struct compiler *c, const struct xml_node *node)
{
    if (c->ops.n < MAPPING_OPS_MAX)
        return true;
    if (!c->is_full)
        compile_error(c, node, "more than %d statements, each use of a block counted",
                      MAPPING_OPS_MAX);
    c->is_full = true;
    return false;
}

/* <if>...</if>, and the <else> that follows it. Returns the last node used. */
static const struct xml_node *compile_if(struct compiler *c, const struct xml_node *node)
{
    uint32_t test = compile_test(c, node);
    size_t unless = c->ops.n;
    new_op(c, node, MAPPING_OP_UNLESS)->test = test;
    compile_statements(c, node);
    if (c->ops.n == unless + 1)
        compile_error(c, node, "<if> guards nothing");
    const struct xml_node *next = xml_next(node);
    if (!next || strcmp(xml_name(next), "else") != 0) {
        set_target(c, unless);
        return node;
    }
    size_t jump = c->ops.n;
    new_op(c, next, MAPPING_OP_JUMP);
    set_target(c, unless);
    compile_statements(c, next);
    set_target(c, jump);
    return next;
}

void compile_statements(struct compiler *c, const struct xml_node *parent)
{
    for (const struct xml_node *node = xml_child(parent); node && has_room(c, node);
         node = xml_next(node)) {
        const char *name = xml_name(node);
        if (strcmp(name, "set") == 0)
            compile_set(c, node);
        else if (strcmp(name, "kind") == 0)
            compile_kind(c, node, false);
        else if (strcmp(name, "severity") == 0)
            compile_kind(c, node, true);
        else if (strcmp(name, "time") == 0)
            compile_time(c, node);
        else if (strcmp(name, "drop") == 0)
            compile_drop(c, node);
        else if (strcmp(name, "extract") == 0)
            compile_extract(c, node);
        else if (strcmp(name, "use") == 0)
            compile_use(c, node);
        else if (strcmp(name, "if") == 0)
            node = compile_if(c, node);
        else if (strcmp(name, "else") == 0)
            compile_error(c, node, "<else> follows no <if>");
    }
}
