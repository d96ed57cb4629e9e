/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Views: which OIDs are in one, and the walk that leaves the others out. */
#include "gateway/snmp/view.h"

#include <string.h>

static bool holds(const struct gwsnmp_oid *subtree, const uint32_t *name, size_t n)
{
    return n >= subtree->n && memcmp(subtree->v, name, subtree->n * sizeof *name) == 0;
}

/* The longest family that holds name; NULL: none. */
static const struct gwsnmp_view_family *family_of(const struct gwsnmp_view *view,
                                                  const uint32_t *name, size_t n)
{
    const struct gwsnmp_view_family *longest = NULL;
    for (size_t i = 0; i < view->n; i++)
        if (holds(&view->families[i].subtree, name, n) &&
            (!longest || view->families[i].subtree.n > longest->subtree.n))
            longest = &view->families[i];
    return longest;
}

bool gwsnmp_view_has(const struct gwsnmp_view *view, const uint32_t *name, size_t n)
{
    const struct gwsnmp_view_family *family = view ? family_of(view, name, n) : NULL;
    return !view || (family && family->is_included);
}

/* The first OID behind subtree and all that is in it; false: there is none. */
static bool end_of(const struct gwsnmp_oid *subtree, struct gwsnmp_oid *out)
{
    *out = *subtree;
    while (out->n && out->v[out->n - 1] == UINT32_MAX)
        out->n--;
    if (out->n)
        out->v[out->n - 1]++;
    return out->n > 0;
}

static int order(const struct gwsnmp_oid *a, const struct gwsnmp_oid *b)
{
    return gwsnmp_oid_compare(a->v, a->n, b->v, b->n);
}

/* The next OID behind `at`, which is out of view, where that may change: false: none. */
static bool next_edge(const struct gwsnmp_view *view, const struct gwsnmp_oid *at,
                      struct gwsnmp_oid *out)
{
    const struct gwsnmp_view_family *excluded = family_of(view, at->v, at->n);
    bool has_edge = excluded && end_of(&excluded->subtree, out);
    for (size_t i = 0; i < view->n; i++) {
        const struct gwsnmp_oid *subtree = &view->families[i].subtree;
        if (view->families[i].is_included && order(subtree, at) > 0 &&
            (!has_edge || order(subtree, out) < 0)) {
            *out = *subtree;
            has_edge = true;
        }
    }
    return has_edge;
}

/* The first OID not before `at` that may be in view, in place of it; false: none. */
static bool seek(const struct gwsnmp_view *view, struct gwsnmp_oid *at)
{
    struct gwsnmp_oid edge;
    while (!gwsnmp_view_has(view, at->v, at->n)) {
        if (!next_edge(view, at, &edge))
            return false;
        *at = edge;
    }
    return true;
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
    struct gwsnmp_oid at;
    if (!gwsnmp_mib_next_hint(mib, data, name, n, hint, next, out))
        return false;
    while (!gwsnmp_view_has(view, next->v, next->n)) {
        at = *next;
        if (!seek(view, &at)) {
            out->type = GWSNMP_END_OF_MIB_VIEW;
            return false;
        }
        /* The edge may be an instance itself. */
        if (gwsnmp_mib_get(mib, data, at.v, at.n, out)) {
            *next = at;
            return true;
        }
        if (!gwsnmp_mib_next_hint(mib, data, at.v, at.n, hint, next, out))
            return false;
    }
    return true;
}
