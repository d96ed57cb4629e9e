/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of sources: parsed fields, @what the record has already, $variables. */
#include "gateway/mapping/compile.h"

struct builtin {
    const char *name;
    uint16_t slot;
};

static const struct builtin builtins[] = {
    {"body", MAPPING_SLOT_BODY},
    {"code", MAPPING_SLOT_CODE},
    {"rest", MAPPING_SLOT_REST},
};

static uint16_t new_slot(struct compiler *c, struct slice name)
{
    size_t slot = c->slot_names.n;
    if (slot == MAPPING_SLOTS_MAX) {
        if (c->slot_lines.n == slot)
            diag_add(c->diag, c->file, 0, "names more than %d sources",
                     MAPPING_SLOTS_MAX - MAPPING_SLOT_FIRST);
        *(int *)vec_push(&c->slot_lines) = 0; /* the error is said once */
        return MAPPING_SLOT_BODY;
    }
    name = arena_dup(c->arena, name);
    *(struct slice *)vec_push(&c->slot_names) = name;
    vec_push(&c->slot_lines);
    lookup_add(&c->mapping->slots, name, (uint32_t)slot);
    return (uint16_t)slot;
}

uint16_t compile_slot(struct compiler *c, struct slice name)
{
    uint32_t slot = lookup_peek(&c->mapping->slots, name);
    return slot == LOOKUP_NONE ? new_slot(c, name) : (uint16_t)slot;
}

/* "$name" is a slot too; a parsed field of that very name would be a variable as well: harmless. */
uint16_t compile_variable(struct compiler *c, struct slice name)
{
    const char *text = arena_printf(c->arena, "$%.*s", SLICE_FMT(name));
    uint16_t slot = compile_slot(c, slice_from(text));
    ((int *)c->slot_lines.p)[slot] = -1;
    return slot;
}

static bool builtin_ref(struct compiler *c, const struct xml_node *node, struct slice name,
                        uint16_t *ref)
{
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++)
        if (slice_equal(name, slice_from(builtins[i].name))) {
            *ref = builtins[i].slot;
            return true;
        }
    enum gw_field field = gw_field_by_name(name);
    if (field == 0) {
        compile_error(c, node,
                      "source '@%.*s': neither @body, @code, @rest nor a field of the schema",
                      SLICE_FMT(name));
        return false;
    }
    *ref = (uint16_t)(MAPPING_REF_PLACED | field);
    return true;
}

static bool one_ref(struct compiler *c, const struct xml_node *node, struct slice name,
                    uint16_t *ref)
{
    if (name.p[0] == '@')
        return builtin_ref(c, node, slice_skip(name, 1), ref);
    *ref = compile_slot(c, name);
    if (name.p[0] == '$') {
        int *line = &((int *)c->slot_lines.p)[*ref];
        if (*line == 0)
            *line = xml_line(node);
    } else if (name.p[name.n - 1] == '.') {
        c->mapping->has_oid_prefixes = true;
    }
    return true;
}

bool compile_refs(struct compiler *c, const struct xml_node *node, const char *name,
                  uint32_t *first, uint16_t *n)
{
    struct slice rest = compile_text(c, node, name), part;
    bool more = rest.n > 0;
    *first = (uint32_t)c->refs.n;
    *n = 0;
    while (more) {
        uint16_t ref;
        more = slice_cut(rest, '|', &part, &rest);
        part = slice_trim(part);
        if (part.n == 0)
            compile_error(c, node, "%s: a source between '|' is empty", name);
        else if (one_ref(c, node, part, &ref)) {
            *(uint16_t *)vec_push(&c->refs) = ref;
            ++*n;
        }
    }
    return *n > 0;
}

size_t compile_ref_array(struct compiler *c, const struct xml_node *node, const char *name,
                         uint16_t *refs, size_t max)
{
    uint32_t first;
    uint16_t n;
    compile_refs(c, node, name, &first, &n);
    if (n > max) {
        compile_error(c, node, "%s: at most %zu sources", name, max);
        n = (uint16_t)max;
    }
    for (size_t i = 0; i < n; i++)
        refs[i] = ((uint16_t *)c->refs.p)[first + i];
    return n;
}

void compile_placed(struct compiler *c, const struct xml_node *node, const char *name,
                    uint32_t *first, uint16_t *n)
{
    struct slice rest = compile_text(c, node, name), part;
    bool more = rest.n > 0;
    *first = (uint32_t)c->refs.n;
    *n = 0;
    while (more) {
        more = slice_cut(rest, ' ', &part, &rest);
        if (part.n == 0)
            continue;
        enum gw_field field = gw_field_by_name(part);
        if (field == 0) {
            compile_error(c, node, "%s: the schema has no field '%.*s'", name, SLICE_FMT(part));
            continue;
        }
        *(uint16_t *)vec_push(&c->refs) = (uint16_t)(MAPPING_REF_PLACED | field);
        ++*n;
    }
}

void compile_check_variables(struct compiler *c)
{
    for (size_t i = 0; i < c->slot_names.n && i < c->slot_lines.n; i++) {
        int line = ((int *)c->slot_lines.p)[i];
        struct slice name = ((struct slice *)c->slot_names.p)[i];
        if (line > 0)
            diag_add(c->diag, c->file, line, "'%.*s' is set by no template and no <extract>",
                     SLICE_FMT(name));
    }
}
