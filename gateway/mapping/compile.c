/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A mapping document to a program. The order matters: names first (blocks, tables, templates), then
 * <common>, then rules, then what can only be checked at the end (variables, unused names).
 */
#include "gateway/mapping/compile.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/mapping/literals.h"
#include "parsers/template.h"

void *vec_push(struct vec *vec)
{
    if (vec->n == vec->cap) {
        vec->cap = vec->cap ? vec->cap * 2 : 16;
        vec->p = gw_realloc(vec->p, vec->cap * vec->size);
    }
    char *at = (char *)vec->p + vec->n++ * vec->size;
    return memset(at, 0, vec->size);
}

/* What is kept as long as the gateway runs has no room for more. */
static void *vec_take(struct vec *vec, size_t *n)
{
    *n = vec->n;
    return vec->p ? gw_realloc(vec->p, vec->n * vec->size) : NULL;
}

void compile_error(struct compiler *c, const struct xml_node *node, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    diag_add(c->diag, c->file, xml_line(node), "<%s>: %s", xml_name(node), text);
}

struct slice compile_text(struct compiler *c, const struct xml_node *node, const char *name)
{
    const char *value = xml_attribute(node, name);
    return value ? arena_dup(c->arena, slice_from(value)) : SLICE_NONE;
}

bool compile_has(const struct xml_node *node, const char *name)
{
    return xml_attribute(node, name) != NULL;
}

bool compile_flag(const struct xml_node *node, const char *name)
{
    const char *value = xml_attribute(node, name);
    return value && strcmp(value, "yes") == 0;
}

int compile_kind_name(struct compiler *c, const struct xml_node *node, struct slice name)
{
    int kind = gw_kind_by_name(name);
    if (kind < 0)
        compile_error(c, node, "no kind is named '%.*s'", SLICE_FMT(name));
    else if (!gw_kind_is_own((enum gw_kind)kind))
        return kind;
    else
        compile_error(c, node, "'%.*s' is what the gateway itself says, no message is of that kind",
                      SLICE_FMT(name));
    return -1;
}

static void compiler_init(struct compiler *c, struct arena *arena, struct diag *diag,
                          const char *file)
{
    *c = (struct compiler){.arena = arena, .diag = diag, .file = file};
    c->refs.size = sizeof(uint16_t);
    c->tests.size = sizeof(struct mapping_test);
    c->ops.size = sizeof(struct mapping_op);
    c->rules.size = sizeof(struct mapping_rule);
    c->links.size = sizeof(struct mapping_link);
    c->tables.size = sizeof(struct value_table *);
    c->patterns.size = sizeof(struct mapping_pattern);
    c->templates.size = sizeof(struct mapping_template);
    c->slot_names.size = sizeof(struct slice);
    c->slot_lines.size = sizeof(int);
    c->blocks.size = c->named_tables.size = sizeof(struct named);
    c->conditions.size = sizeof(struct slice);
    c->ranges.size = sizeof(struct mapping_range);
}

/* ---- names ---- */

static void add_named(struct compiler *c, struct vec *names, struct named name)
{
    for (size_t i = 0; i < names->n; i++) {
        const struct named *other = &((struct named *)names->p)[i];
        if (strcmp(other->name, name.name) == 0)
            compile_error(c, name.node, "'%s' is named at %s:%d already", name.name, other->file,
                          xml_line(other->node));
    }
    *(struct named *)vec_push(names) = name;
}

static const char *name_of(struct compiler *c, const struct xml_node *node)
{
    struct slice name = compile_text(c, node, "name");
    if (name.n == 0)
        compile_error(c, node, "needs a name");
    return name.n ? name.p : "";
}

/* What vendor.xml offers, then the mapping's own. */
static void collect_names(struct compiler *c, const struct xml_node *root)
{
    for (size_t i = 0; c->vendor && i < c->vendor->blocks.n; i++)
        *(struct named *)vec_push(&c->blocks) = ((struct named *)c->vendor->blocks.p)[i];
    for (size_t i = 0; c->vendor && i < c->vendor->tables.n; i++) {
        struct named table = ((struct named *)c->vendor->tables.p)[i];
        table.table = (uint32_t)c->tables.n;
        *(struct value_table **)vec_push(&c->tables) = table.compiled;
        *(struct named *)vec_push(&c->named_tables) = table;
    }
    for (const struct xml_node *node = xml_child(root); node; node = xml_next(node)) {
        bool is_table = strcmp(xml_name(node), "table") == 0;
        if (!is_table && strcmp(xml_name(node), "block") != 0)
            continue;
        struct named name = {.name = name_of(c, node), .file = c->file, .node = node};
        if (is_table) {
            name.table = (uint32_t)c->tables.n;
            *(struct value_table **)vec_push(&c->tables) = compile_table(c, node);
        }
        add_named(c, is_table ? &c->named_tables : &c->blocks, name);
    }
}

static void check_unused(struct compiler *c, const struct vec *names)
{
    for (size_t i = 0; i < names->n; i++) {
        const struct named *name = &((struct named *)names->p)[i];
        if (!name->is_used && strcmp(name->file, c->file) == 0)
            compile_error(c, name->node, "'%s' is used by nothing", name->name);
    }
}

/* ---- the document ---- */

static void fixed_slots(struct compiler *c)
{
    static const char *const names[MAPPING_SLOT_FIRST] = {"@body", "@code", "@rest"};
    for (size_t i = 0; i < MAPPING_SLOT_FIRST; i++) {
        *(struct slice *)vec_push(&c->slot_names) = slice_from(names[i]);
        vec_push(&c->slot_lines);
    }
}

static void compile_common(struct compiler *c, const struct xml_node *root)
{
    const struct xml_node *common = xml_find(root, "common");
    c->mapping->common_ops = (uint32_t)c->ops.n;
    if (common)
        compile_statements(c, common);
    for (const struct xml_node *node = common ? xml_next(common) : NULL; node;
         node = xml_next(node))
        if (strcmp(xml_name(node), "common") == 0)
            compile_error(c, node, "stands at line %d already", xml_line(common));
    c->mapping->n_common_ops = (uint32_t)c->ops.n - c->mapping->common_ops;
}

static void compile_code(struct compiler *c, const struct xml_node *root)
{
    const struct xml_node *code = xml_find(root, "code");
    if (code) {
        c->mapping->code_ops = (uint32_t)c->ops.n;
        compile_statements(c, code);
        c->mapping->n_code_ops = (uint32_t)c->ops.n - c->mapping->code_ops;
        c->mapping->n_code_refs =
            compile_ref_array(c, code, "from", c->mapping->code_refs, MAPPING_CODE_REFS_MAX);
        return;
    }
    /* A header's event class or a notification's OID needs no word from the mapping. */
    c->mapping->code_refs[0] = compile_slot(c, SLICE("device_event_class_id"));
    c->mapping->code_refs[1] = compile_slot(c, SLICE("trap_oid"));
    c->mapping->n_code_refs = 2;
}

/* The slots of which one must say something, or the op does nothing; all bits where others tell. */
static uint64_t needs_of(const struct compiler *c, const struct mapping_op *op)
{
    bool reads_alone = op->code == MAPPING_OP_SET || op->code == MAPPING_OP_KIND ||
                       op->code == MAPPING_OP_SEVERITY || op->code == MAPPING_OP_TIME ||
                       op->code == MAPPING_OP_EXTRACT;
    uint64_t needs = 0;
    for (size_t i = 0; i < op->n_refs && reads_alone; i++) {
        uint16_t ref = ((const uint16_t *)c->refs.p)[op->refs + i];
        reads_alone = !(ref & MAPPING_REF_PLACED);
        needs |= (uint64_t)1 << ref % 64;
    }
    return reads_alone && !op->has_constant ? needs : UINT64_MAX;
}

static void finish(struct compiler *c)
{
    struct mapping *mapping = c->mapping;
    for (size_t i = 0; i < c->ops.n; i++) {
        struct mapping_op *op = &((struct mapping_op *)c->ops.p)[i];
        op->needs = needs_of(c, op);
    }
    compile_check_variables(c);
    check_unused(c, &c->blocks);
    check_unused(c, &c->named_tables);
    compile_finish_rules(c);
    lookup_build(&mapping->slots);
    mapping->slot_names = vec_take(&c->slot_names, &mapping->n_slots);
    mapping->templates = vec_take(&c->templates, &mapping->n_templates);
    mapping->rules = vec_take(&c->rules, &mapping->n_rules);
    mapping->links = vec_take(&c->links, &mapping->n_links);
    mapping->refs = vec_take(&c->refs, &mapping->n_refs);
    mapping->tests = vec_take(&c->tests, &mapping->n_tests);
    mapping->ops = vec_take(&c->ops, &mapping->n_ops);
    mapping->tables = vec_take(&c->tables, &mapping->n_tables);
    mapping->patterns = vec_take(&c->patterns, &mapping->n_patterns);
    free(c->slot_lines.p);
    free(c->blocks.p);
    free(c->named_tables.p);
    free(c->conditions.p);
}

static void compile_children(struct compiler *c, const struct xml_node *root, const char *element,
                             void (*compile)(struct compiler *, const struct xml_node *))
{
    for (const struct xml_node *node = xml_child(root); node; node = xml_next(node))
        if (strcmp(xml_name(node), element) == 0)
            compile(c, node);
}

struct mapping *compile_mapping(const struct compile_set *set, struct diag *diag,
                                const struct vendor *vendor, const char *id,
                                const struct xml_document *document)
{
    struct compiler c;
    const struct xml_node *root = xml_root(document);
    struct mapping *mapping = gw_alloc(sizeof *mapping);
    compiler_init(&c, set->arena, diag, arena_text(set->arena, slice_from(xml_file(document))));
    c.mapping = mapping;
    c.dispatch = set->dispatch;
    c.pool = set->patterns;
    c.vendor = vendor;
    mapping->id = arena_text(set->arena, slice_from(id));
    mapping->id_text = slice_from(mapping->id);
    mapping->file = c.file;
    mapping->vendor = compile_text(&c, root, "vendor");
    mapping->product = compile_text(&c, root, "product");
    mapping->has_agents = compile_flag(root, "agents");
    mapping->index.any = MAPPING_NO_LINK;
    lookup_init(&mapping->slots, false);
    lookup_init(&mapping->index.exact, true);

    fixed_slots(&c);
    if (vendor && !slice_equal(mapping->vendor, slice_from(vendor->name)))
        compile_error(&c, root, "vendor is '%.*s', but vendor.xml beside it says '%s'",
                      SLICE_FMT(mapping->vendor), vendor->name);
    compile_children(&c, root, "recognise", compile_recognise);
    compile_code(&c, root);
    collect_names(&c, root);
    compile_children(&c, root, "templates", compile_templates);
    compile_common(&c, root);
    compile_children(&c, root, "rule", compile_rule);
    compile_children(&c, root, "use", compile_use_rules);
    finish(&c);
    return mapping;
}

void compile_free(struct mapping *mapping)
{
    if (!mapping)
        return;
    for (size_t i = 0; i < mapping->n_tables; i++) {
        if (mapping->tables[i]->is_shared)
            continue;
        value_table_fini(mapping->tables[i]);
        free(mapping->tables[i]);
    }
    for (size_t i = 0; i < mapping->n_templates; i++)
        template_free(mapping->templates[i].template);
    lookup_fini(&mapping->slots);
    lookup_fini(&mapping->index.exact);
    literals_free(mapping->index.prefixes);
    free(mapping->index.ranges);
    free(mapping->slot_names);
    free(mapping->templates);
    free(mapping->rules);
    free(mapping->links);
    free(mapping->refs);
    free(mapping->tests);
    free(mapping->ops);
    free(mapping->tables);
    free(mapping->patterns);
    free(mapping);
}

/* ---- vendor.xml ---- */

static struct vendor *vendor_new(const char *name)
{
    struct vendor *vendor = gw_alloc(sizeof *vendor);
    vendor->name = name;
    vendor->documents.size = sizeof(struct xml_document *);
    vendor->aliases.size = sizeof(struct slice);
    vendor->blocks.size = vendor->tables.size = vendor->rule_sets.size = sizeof(struct named);
    return vendor;
}

struct vendor *compile_vendor(struct arena *arena, struct diag *diag, struct vendor *vendor,
                              struct xml_document *document)
{
    struct compiler c;
    const struct xml_node *root = xml_root(document);
    compiler_init(&c, arena, diag, arena_text(arena, slice_from(xml_file(document))));
    const char *own = name_of(&c, root);
    if (!vendor)
        vendor = vendor_new(own);
    else if (strcmp(own, vendor->name) != 0)
        compile_error(&c, root, "name is '%s', but another file beside it says '%s'", own,
                      vendor->name);
    *(struct xml_document **)vec_push(&vendor->documents) = document;
    for (const struct xml_node *node = xml_child(root); node; node = xml_next(node)) {
        const char *element = xml_name(node);
        if (strcmp(element, "alias") == 0) {
            *(struct slice *)vec_push(&vendor->aliases) =
                slice_trim(arena_dup(arena, slice_from(xml_text(node))));
            continue;
        }
        struct named name = {.name = name_of(&c, node), .file = c.file, .node = node};
        if (strcmp(element, "table") == 0) {
            name.compiled = compile_table(&c, node);
            name.compiled->is_shared = true;
        }
        add_named(&c,
                  name.compiled                   ? &vendor->tables
                  : strcmp(element, "rules") == 0 ? &vendor->rule_sets
                                                  : &vendor->blocks,
                  name);
    }
    return vendor;
}

void compile_vendor_free(struct vendor *vendor)
{
    if (!vendor)
        return;
    for (size_t i = 0; i < vendor->tables.n; i++) {
        struct value_table *table = ((struct named *)vendor->tables.p)[i].compiled;
        value_table_fini(table);
        free(table);
    }
    for (size_t i = 0; i < vendor->documents.n; i++)
        xml_free(((struct xml_document **)vendor->documents.p)[i]);
    free(vendor->documents.p);
    free(vendor->aliases.p);
    free(vendor->blocks.p);
    free(vendor->tables.p);
    free(vendor->rule_sets.p);
    free(vendor);
}
