/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Views: which OIDs are in one, and the walk that leaves the others out. */
#include "gateway/snmp/view.h"

#include <string.h>

void gwsnmp_view_set_any(struct gwsnmp_view_family *family, size_t arc)
{
    family->subtree.v[arc] = 0;
    family->any[arc / 32] |= 1U << arc % 32;
}

bool gwsnmp_view_parse(struct slice text, bool is_included, struct gwsnmp_view_family *out)
{
    char plain[12 * GWSNMP_OID_MAX];
    if (text.n >= sizeof plain)
        return false;
    memcpy(plain, text.p, text.n);
    for (size_t i = 0; i < text.n; i++) {
        bool is_whole = (i == 0 || plain[i - 1] == '.') && (i + 1 == text.n || plain[i + 1] == '.');
        if (plain[i] == '*' && is_whole)
            plain[i] = '0';
    }
    *out = (struct gwsnmp_view_family){.is_included = is_included};
    if (!gwsnmp_oid_parse(slice_of(plain, text.n), &out->subtree))
        return false;
    for (size_t i = text.p[0] == '.', arc = 0; i < text.n; i++) {
        if (text.p[i] == '*')
            gwsnmp_view_set_any(out, arc);
        arc += text.p[i] == '.';
    }
    return true;
}

/* How many arcs name and the family's subtree have in common at their beginning. All of the
   subtree's: name lies in the family. */
static size_t fitting(const struct gwsnmp_view_family *family, const uint32_t *name, size_t n)
{
    size_t i = 0;
    while (i < family->subtree.n && i < n &&
           (gwsnmp_view_is_any(family, i) || family->subtree.v[i] == name[i]))
        i++;
    return i;
}

static int order(const struct gwsnmp_oid *a, const struct gwsnmp_oid *b)
{
    return gwsnmp_oid_compare(a->v, a->n, b->v, b->n);
}

/* The family that decides on name; NULL: none. */
static const struct gwsnmp_view_family *family_of(const struct gwsnmp_view *view,
                                                  const uint32_t *name, size_t n)
{
    const struct gwsnmp_view_family *longest = NULL;
    for (size_t i = 0; i < view->n; i++) {
        const struct gwsnmp_view_family *family = &view->families[i];
        size_t length = family->subtree.n;
        if (fitting(family, name, n) == length &&
            (!longest || length > longest->subtree.n ||
             (length == longest->subtree.n && order(&family->subtree, &longest->subtree) > 0)))
            longest = family;
    }
    return longest;
}

bool gwsnmp_view_has(const struct gwsnmp_view *view, const uint32_t *name, size_t n)
{
    const struct gwsnmp_view_family *family = view ? family_of(view, name, n) : NULL;
    return !view || (family && family->is_included);
}

/* The first OID behind the whole subtree of name's first n arcs; false: there is none. */
static bool end_of(const struct gwsnmp_oid *name, size_t n, struct gwsnmp_oid *out)
{
    *out = *name;
    out->n = n;
    while (out->n && out->v[out->n - 1] == UINT32_MAX)
        out->n--;
    if (out->n)
        out->v[out->n - 1]++;
    return out->n > 0;
}

/* The first OID behind `at` that lies in the family, which `at` does not; false: there is none. The
   arcs that `at` has in common with it are kept. Where `at` is beyond the subtree already, the last
   of these that may be any number is raised by one. */
static bool begin_of(const struct gwsnmp_view_family *family, const struct gwsnmp_oid *at,
                     struct gwsnmp_oid *out)
{
    size_t kept = fitting(family, at->v, at->n);
    *out = family->subtree;
    if (kept < at->n && family->subtree.v[kept] < at->v[kept]) {
        while (kept && !(gwsnmp_view_is_any(family, kept - 1) && at->v[kept - 1] < UINT32_MAX))
            kept--;
        if (!kept)
            return false;
        memcpy(out->v, at->v, kept * sizeof *at->v);
        out->v[kept - 1]++;
        return true;
    }
    memcpy(out->v, at->v, kept * sizeof *at->v);
    return true;
}

/* `at` is out of view: the first OID behind it that may be in view. False: there is none. */
static bool next_edge(const struct gwsnmp_view *view, const struct gwsnmp_oid *at,
                      struct gwsnmp_oid *out)
{
    const struct gwsnmp_view_family *excluded = family_of(view, at->v, at->n);
    bool has_edge = excluded && end_of(at, excluded->subtree.n, out);
    for (size_t i = 0; i < view->n; i++) {
        const struct gwsnmp_view_family *family = &view->families[i];
        struct gwsnmp_oid begin;
        if (family->is_included && fitting(family, at->v, at->n) < family->subtree.n &&
            begin_of(family, at, &begin) && (!has_edge || order(&begin, out) < 0)) {
            *out = begin;
            has_edge = true;
        }
    }
    return has_edge;
}

bool gwsnmp_view_get(const struct gwsnmp_view *view, const struct gwsnmp_mib *mib, const void *data,
                     const uint32_t *name, size_t n, struct gwsnmp_value *out)
{
    if (gwsnmp_view_has(view, name, n))
        return gwsnmp_mib_get(mib, data, name, n, out);
    out->type = GWSNMP_NO_SUCH_OBJECT;
    return false;
}

bool gwsnmp_view_next(const struct gwsnmp_view *view, const struct gwsnmp_mib *mib,
                      const void *data, const uint32_t *name, size_t n, struct gwsnmp_hint *hint,
                      struct gwsnmp_oid *next, struct gwsnmp_value *out)
{
    struct gwsnmp_oid edge;
    if (!gwsnmp_mib_next_hint(mib, data, name, n, hint, next, out))
        return false;
    while (!gwsnmp_view_has(view, next->v, next->n)) {
        if (!next_edge(view, next, &edge)) {
            out->type = GWSNMP_END_OF_MIB_VIEW;
            return false;
        }
        /* The edge may be an instance itself. */
        if (gwsnmp_view_get(view, mib, data, edge.v, edge.n, out)) {
            *next = edge;
            return true;
        }
        if (!gwsnmp_mib_next_hint(mib, data, edge.v, edge.n, hint, next, out))
            return false;
    }
    return true;
}
