/* SPDX-License-Identifier: GPL-3.0-or-later */
/* <templates>: administrators' texts with the product's tokens; %v becomes the variable $v. */
#include "parsers/template.h"

#include "gateway/mapping/compile.h"

enum { TOKENS_MAX = 64 };

/* "v s CV": each a variable "$v" with a slot, so that statements may use it. */
static size_t compile_tokens(struct compiler *c, const struct xml_node *node,
                             struct template_variable *variables)
{
    struct slice rest = compile_text(c, node, "tokens"), word;
    bool more = rest.n > 0;
    size_t n = 0;
    while (more) {
        more = slice_cut(rest, ' ', &word, &rest);
        if (word.n == 0)
            continue;
        if (n == TOKENS_MAX) {
            compile_error(c, node, "tokens: at most %d", TOKENS_MAX);
            break;
        }
        const char *token = arena_text(c->arena, word);
        compile_variable(c, word);
        variables[n++] = (struct template_variable){token, arena_printf(c->arena, "$%s", token)};
    }
    return n;
}

/* The first template that fits counts: one that an earlier one fits is never asked. The template as
 * written, its tokens for values, is a text of its own. */
static void check_reached(struct compiler *c, const struct xml_node *node, struct slice text)
{
    const struct mapping_template *templates = c->templates.p;
    struct field values[TEMPLATE_PIECES_MAX];
    for (size_t i = 0; i < c->templates.n; i++)
        if (template_match(templates[i].template, text, values, TEMPLATE_PIECES_MAX, NULL) >= 0) {
            compile_error(c, node,
                          "is never reached: the template at line %d takes every such "
                          "text; put the longer one first",
                          templates[i].line);
            return;
        }
}

void compile_templates(struct compiler *c, const struct xml_node *node)
{
    struct template_variable variables[TOKENS_MAX];
    size_t n = compile_tokens(c, node, variables);
    c->mapping->n_template_refs =
        compile_ref_array(c, node, "from", c->mapping->template_refs, MAPPING_TEMPLATE_REFS_MAX);
    for (const struct xml_node *child = xml_child(node); child; child = xml_next(child)) {
        const char *error = NULL;
        struct slice text = slice_trim(arena_dup(c->arena, slice_from(xml_text(child))));
        struct template *template = template_compile(text, variables, n, &error);
        if (!template) {
            compile_error(c, child, "%s", error ? error : "is no template");
            continue;
        }
        check_reached(c, child, text);
        *(struct mapping_template *)vec_push(&c->templates) =
            (struct mapping_template){compile_text(c, child, "code"), template, xml_line(child)};
    }
}
