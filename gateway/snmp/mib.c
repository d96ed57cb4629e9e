/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GET and GETNEXT over sorted rows, by binary search (RFC 3416 section 4.2.2: the lexicographic
 * successor). A table's instance is base.column.index, so for a requested OID below base the
 * column decides first, then the index is searched: the first row whose index is greater than
 * what follows the column. That one comparison is right for OIDs shorter than an index (a prefix
 * sorts before), longer (sorts after), and for those of no row.
 */
#include "gateway/snmp/mib.h"

#include <string.h>

/* First row whose index is greater than arcs. */
static size_t row_after(const struct gwsnmp_group *group, const void *view, const uint32_t *arcs,
                        size_t n, size_t guess)
{
    uint32_t index[GWSNMP_INDEX_MAX];
    size_t low = 0, high = group->table.count(view);

    /* A walk asks for the row after the one just given: look there first. */
    if (guess < high) {
        size_t k = group->table.index(view, guess, index);
        int order = gwsnmp_oid_compare(index, k, arcs, n);
        if (order == 0)
            return guess + 1;
        if (order < 0)
            low = guess + 1;
        else
            high = guess;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        size_t k = group->table.index(view, middle, index);
        if (gwsnmp_oid_compare(index, k, arcs, n) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The last group whose base is not after name; -1: name is before all. */
static long group_at(const struct gwsnmp_mib *mib, const uint32_t *name, size_t n)
{
    size_t low = 0, high = mib->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (gwsnmp_oid_compare(mib->groups[middle]->base, mib->groups[middle]->n_base, name, n) <=
            0)
            low = middle + 1;
        else
            high = middle;
    }
    return (long)low - 1;
}

static bool has_base(const struct gwsnmp_group *group, const uint32_t *name, size_t n)
{
    return n >= group->n_base && memcmp(name, group->base, group->n_base * sizeof *name) == 0;
}

static bool nothing(struct gwsnmp_value *out, enum gwsnmp_type why)
{
    out->type = why;
    return false;
}

bool gwsnmp_mib_get(const struct gwsnmp_mib *mib, const void *view, const uint32_t *name, size_t n,
                    struct gwsnmp_value *out)
{
    long at = group_at(mib, name, n);
    if (at < 0 || !has_base(mib->groups[at], name, n))
        return nothing(out, GWSNMP_NO_SUCH_OBJECT);

    const struct gwsnmp_group *group = mib->groups[at];
    const uint32_t *tail = name + group->n_base;
    size_t n_tail = n - group->n_base;
    if (!n_tail)
        return nothing(out, GWSNMP_NO_SUCH_OBJECT);
    uint32_t column = tail[0];
    if (group->n_objects) {
        if (column < 1 || column > group->n_objects)
            return nothing(out, GWSNMP_NO_SUCH_OBJECT);
        if (n_tail != 2 || tail[1] != 0 || !group->scalars.get(view, column, out))
            return nothing(out, GWSNMP_NO_SUCH_INSTANCE);
        return true;
    }
    if (column < group->table.first_column || column > group->table.last_column)
        return nothing(out, GWSNMP_NO_SUCH_OBJECT);
    size_t row = row_after(group, view, tail + 1, n_tail - 1, SIZE_MAX);
    if (!row)
        return nothing(out, GWSNMP_NO_SUCH_INSTANCE);
    uint32_t index[GWSNMP_INDEX_MAX];
    size_t k = group->table.index(view, row - 1, index);
    if (gwsnmp_oid_compare(index, k, tail + 1, n_tail - 1) != 0 ||
        !group->table.cell(view, row - 1, column, out))
        return nothing(out, GWSNMP_NO_SUCH_INSTANCE);
    return true;
}

/* From object on (its instance .0 included): the first scalar that has a value. */
static bool next_scalar(const struct gwsnmp_group *group, const void *view, uint32_t object,
                        struct gwsnmp_oid *next, struct gwsnmp_value *out)
{
    for (; object <= group->n_objects; object++) {
        if (!group->scalars.get(view, object, out))
            continue;
        memcpy(next->v, group->base, group->n_base * sizeof *next->v);
        next->v[group->n_base] = object;
        next->v[group->n_base + 1] = 0;
        next->n = group->n_base + 2;
        return true;
    }
    return false;
}

/* From row of column on, then the columns after it from their first row. */
static bool next_cell(const struct gwsnmp_group *group, const void *view, uint32_t column,
                      size_t row, struct gwsnmp_hint *hint, struct gwsnmp_oid *next,
                      struct gwsnmp_value *out)
{
    size_t count = group->table.count(view);
    for (; column <= group->table.last_column; column++, row = 0) {
        for (; row < count; row++) {
            if (!group->table.cell(view, row, column, out))
                continue;
            memcpy(next->v, group->base, group->n_base * sizeof *next->v);
            next->v[group->n_base] = column;
            next->n =
                group->n_base + 1 + group->table.index(view, row, next->v + group->n_base + 1);
            hint->row = row;
            return true;
        }
    }
    return false;
}

/* The first instance of group after name, which is below or before its base. */
static bool next_in_group(const struct gwsnmp_group *group, const void *view, const uint32_t *name,
                          size_t n, struct gwsnmp_hint *hint, struct gwsnmp_oid *next,
                          struct gwsnmp_value *out)
{
    if (!has_base(group, name, n)) {
        /* name is before the group as a whole, or past its end */
        if (gwsnmp_oid_compare(name, n, group->base, group->n_base) > 0)
            return false;
        return group->n_objects
                   ? next_scalar(group, view, 1, next, out)
                   : next_cell(group, view, group->table.first_column, 0, hint, next, out);
    }
    const uint32_t *tail = name + group->n_base;
    size_t n_tail = n - group->n_base;
    uint32_t column = n_tail ? tail[0] : 0;

    if (group->n_objects) {
        /* base.c sorts before base.c.0; base.c.0 and all below it after */
        if (!n_tail || column == 0)
            return next_scalar(group, view, 1, next, out);
        if (column > group->n_objects)
            return false;
        return next_scalar(group, view, n_tail == 1 ? column : column + 1, next, out);
    }
    if (column < group->table.first_column)
        return next_cell(group, view, group->table.first_column, 0, hint, next, out);
    if (column > group->table.last_column)
        return false;
    return next_cell(group, view, column, row_after(group, view, tail + 1, n_tail - 1, hint->row),
                     hint, next, out);
}

bool gwsnmp_mib_next_hint(const struct gwsnmp_mib *mib, const void *view, const uint32_t *name,
                          size_t n, struct gwsnmp_hint *hint, struct gwsnmp_oid *next,
                          struct gwsnmp_value *out)
{
    long at = group_at(mib, name, n);
    if (at < 0)
        at = 0;
    for (size_t i = (size_t)at; i < mib->n; i++) {
        if (hint->group != i)
            *hint = (struct gwsnmp_hint){i, SIZE_MAX};
        if (next_in_group(mib->groups[i], view, name, n, hint, next, out))
            return true;
    }
    return nothing(out, GWSNMP_END_OF_MIB_VIEW);
}

bool gwsnmp_mib_next(const struct gwsnmp_mib *mib, const void *view, const uint32_t *name, size_t n,
                     struct gwsnmp_oid *next, struct gwsnmp_value *out)
{
    struct gwsnmp_hint hint = {SIZE_MAX, SIZE_MAX};
    return gwsnmp_mib_next_hint(mib, view, name, n, &hint, next, out);
}
