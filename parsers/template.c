/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A template is a list of pieces, literal text and variables in turn. Literals are kept as words:
 * between words any blanks may stand, since consoles and mail gateways re-wrap lines. There is no
 * backtracking but for the last literal, which must end the text: matching is linear in the text
 * for each piece.
 */
#include "parsers/template.h"

#include <stdlib.h>

#include "gateway/base/arena.h"

struct piece {
    bool is_variable;
    struct slice name; /* variable; empty: not reported */
    struct slice text; /* literal, without blanks at its ends */
    bool blank_before, blank_behind;
};

struct template
{
    struct arena arena;
    size_t n;
    struct piece v[TEMPLATE_PIECES_MAX];
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* ---- compiling ---- */

/* Length of the variable's token behind a '%', 0 when it is none. */
static size_t token_length(struct slice behind, const struct template_variable *variables, size_t n,
                           struct slice *name)
{
    size_t best = 0;
    *name = SLICE_NONE;
    for (size_t i = 0; i < n; i++) {
        struct slice token = slice_from(variables[i].token);
        if (token.n > best && slice_starts_with(behind, token)) {
            best = token.n;
            *name = slice_from(variables[i].name);
        }
    }
    if (best == 0 && behind.n && is_letter(behind.p[0]))
        best = 1;
    return best;
}

static bool add_literal(struct template *t, struct slice raw)
{
    struct slice core = slice_trim(raw);
    if (t->n == TEMPLATE_PIECES_MAX)
        return false;
    bool before = raw.n && is_blank(raw.p[0]);
    bool behind = raw.n && is_blank(raw.p[raw.n - 1]);
    /* "%%" stands for one. */
    char *text = arena_bytes(&t->arena, core.n);
    size_t n = 0;
    for (size_t i = 0; i < core.n; i++) {
        text[n++] = core.p[i];
        if (core.p[i] == '%' && i + 1 < core.n && core.p[i + 1] == '%')
            i++;
    }
    t->v[t->n++] =
        (struct piece){.text = slice_of(text, n), .blank_before = before, .blank_behind = behind};
    return true;
}

static bool add_variable(struct template *t, struct slice name)
{
    if (t->n == TEMPLATE_PIECES_MAX)
        return false;
    t->v[t->n++] = (struct piece){.is_variable = true, .name = arena_dup(&t->arena, name)};
    return true;
}

/* Index of the next '%' that begins a variable, or s.n. */
static size_t find_variable(struct slice s, size_t from, const struct template_variable *variables,
                            size_t n, size_t *token_n, struct slice *name)
{
    for (size_t i = from; i < s.n; i++) {
        if (s.p[i] != '%')
            continue;
        if (i + 1 < s.n && s.p[i + 1] == '%') {
            i++;
            continue;
        }
        *token_n = token_length(slice_skip(s, i + 1), variables, n, name);
        if (*token_n)
            return i;
    }
    return s.n;
}

static const char *compile(struct template *t, struct slice text,
                           const struct template_variable *variables, size_t n_variables)
{
    size_t n_literals = 0, n_named = 0;
    for (size_t at = 0; at < text.n;) {
        size_t token_n = 0;
        struct slice name = SLICE_NONE;
        size_t next = find_variable(text, at, variables, n_variables, &token_n, &name);
        struct slice literal = slice_of(text.p + at, next - at);
        if (literal.n) {
            if (!add_literal(t, literal))
                return "the template has too many pieces";
            n_literals += t->v[t->n - 1].text.n > 0;
        }
        if (next == text.n)
            break;
        if (!add_variable(t, name))
            return "the template has too many pieces";
        n_named += name.n > 0;
        at = next + 1 + token_n;
    }
    if (n_named == 0)
        return "the template has no variable that is known";
    return n_literals ? NULL : "the template has no text of its own to be recognised by";
}

struct template *template_compile(struct slice text, const struct template_variable *variables,
                                  size_t n_variables, const char **error)
{
    struct template *t = gw_alloc(sizeof *t);
    arena_init(&t->arena, 0);
    const char *why = text.n > TEMPLATE_BYTES_MAX ? "the template is too long"
                                                  : compile(t, text, variables, n_variables);
    if (error)
        *error = why;
    if (!why)
        return t;
    template_free(t);
    return NULL;
}

void template_free(struct template *template)
{
    if (!template)
        return;
    arena_fini(&template->arena);
    free(template);
}

/* ---- matching ---- */

static size_t skip_blanks(struct slice s, size_t i)
{
    while (i < s.n && is_blank(s.p[i]))
        i++;
    return i;
}

/* Whether the literal stands at s.p[at]; *end gets the index behind it. */
static bool literal_at(const struct piece *piece, struct slice s, size_t at, size_t *end)
{
    struct slice l = piece->text;
    size_t i = at;
    for (size_t k = 0; k < l.n;) {
        if (is_blank(l.p[k])) {
            if (i >= s.n || !is_blank(s.p[i]))
                return false;
            i = skip_blanks(s, i);
            k = skip_blanks(l, k);
        } else if (i < s.n && s.p[i] == l.p[k]) {
            i++;
            k++;
        } else {
            return false;
        }
    }
    if (piece->blank_before && at > 0 && !is_blank(s.p[at - 1]))
        return false;
    if (piece->blank_behind && i < s.n && !is_blank(s.p[i]))
        return false;
    *end = i;
    return true;
}

/* The literal's first place at or behind from; must_end: one that closes the text. */
static bool find_literal(const struct piece *piece, struct slice s, size_t from, bool must_end,
                         size_t *at, size_t *end)
{
    for (size_t i = from; i < s.n; i++) {
        i += slice_find(slice_skip(s, i), piece->text.p[0]);
        if (i >= s.n)
            return false;
        if (literal_at(piece, s, i, end) && (!must_end || skip_blanks(s, *end) == s.n)) {
            *at = i;
            return true;
        }
    }
    return false;
}

/*
 * Whether the literal before a variable stands in its value as well. Each literal was found at its
 * first place; if none could have been found later, there is no other way to divide the text. The
 * literal that begins the text has one place only.
 */
static bool stands_again(const struct template *t, size_t variable, struct slice value)
{
    const struct piece *before = variable > 1 ? &t->v[variable - 1] : NULL;
    size_t at, end;
    return before && !before->is_variable && before->text.n &&
           find_literal(before, value, 0, false, &at, &end);
}

int template_match(const struct template *t, struct slice text, struct field *out, size_t max,
                   bool *is_ambiguous)
{
    struct slice s = text.n ? slice_trim(text) : SLICE("");
    size_t at = 0, n = 0;
    bool stood_again = false;
    for (size_t i = 0; i < t->n; i++) {
        const struct piece *piece = &t->v[i];
        size_t end = at;
        if (!piece->is_variable) {
            if (piece->text.n == 0)
                continue; /* blanks between variables */
            at = skip_blanks(s, at);
            if (!literal_at(piece, s, at, &end))
                return -1;
            at = end;
            continue;
        }
        /* Up to the next literal with text. A variable right behind this one waits there: nothing
           says where one ends and the other begins, so this one takes no more than a word if a
           blank divides them, else nothing. */
        const struct piece *next = i + 1 < t->n ? piece + 1 : NULL;
        size_t stop = s.n;
        end = s.n;
        if (next && next->is_variable) {
            stop = end = at;
        } else if (next && next->text.n) {
            if (!find_literal(next, s, at, i + 2 == t->n, &stop, &end))
                return -1;
        } else if (next && i + 2 < t->n) {
            at = skip_blanks(s, at);
            for (stop = at; stop < s.n && !is_blank(s.p[stop]);)
                stop++;
            end = stop;
        }
        struct slice value = slice_trim(slice_of(s.p + at, stop - at));
        stood_again = stood_again || (is_ambiguous && stands_again(t, i, value));
        if (piece->name.n && value.n && n < max)
            out[n++] = (struct field){piece->name, value};
        at = end;
        if (next && !next->is_variable)
            i++; /* the literal is matched */
    }
    if (is_ambiguous)
        *is_ambiguous = stood_again;
    return (int)n;
}
