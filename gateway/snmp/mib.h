/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_MIB_H
#define GATEWAY_SNMP_MIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/snmp/value.h"

/**
 * Managed objects over somebody else's sorted, immutable data: a group of scalars or a table, and
 * a MIB of several of them. GET and GETNEXT are binary searches; nothing is built or copied when
 * the data change. Pure functions, no net-snmp: the tests walk these without an agent.
 *
 * view is what the callbacks read: one pinned moment, so that all calls for a PDU agree.
 */
enum { GWSNMP_INDEX_MAX = 100 }; /* arcs of a row's index */

/* Scalars base.1.0, base.2.0, ... base.n_objects.0. */
struct gwsnmp_scalars {
    /* Fill out; false: this object has no value now (skipped by GETNEXT, noSuchInstance by GET). */
    bool (*get)(const void *view, uint32_t object, struct gwsnmp_value *out);
};

/* Columns base.first_column ... base.last_column; base ends in the entry's arc. */
struct gwsnmp_table {
    uint32_t first_column, last_column; /* accessible ones, without gaps */
    size_t (*count)(const void *view);
    /* Index arcs of row i < count, at most GWSNMP_INDEX_MAX; strictly increasing with i. */
    size_t (*index)(const void *view, size_t row, uint32_t *arcs);
    bool (*cell)(const void *view, size_t row, uint32_t column, struct gwsnmp_value *out);
};

struct gwsnmp_group {
    const uint32_t *base; /* absolute */
    size_t n_base;
    uint32_t n_objects; /* > 0: scalars; 0: a table */
    struct gwsnmp_scalars scalars;
    struct gwsnmp_table table;
};

/* Groups in OID order, none the prefix of another. */
struct gwsnmp_mib {
    const struct gwsnmp_group *const *groups;
    size_t n;
};

/* The value of exactly this instance. False: none (out is then GWSNMP_NO_SUCH_...). */
bool gwsnmp_mib_get(const struct gwsnmp_mib *mib, const void *view, const uint32_t *name, size_t n,
                    struct gwsnmp_value *out);

/**
 * The first instance after name, whatever name is: a prefix of the MIB, an OID shorter or longer
 * than an index, one that does not exist. next gets its OID. False: nothing comes after it.
 */
bool gwsnmp_mib_next(const struct gwsnmp_mib *mib, const void *view, const uint32_t *name, size_t n,
                     struct gwsnmp_oid *next, struct gwsnmp_value *out);

/**
 * A walk's memory: where the last answer stood, so that the walk's next request needs no search.
 * {0} is a valid empty one. A wrong hint costs a search, and nothing else.
 */
struct gwsnmp_hint {
    size_t group, row;
};
bool gwsnmp_mib_next_hint(const struct gwsnmp_mib *mib, const void *view, const uint32_t *name,
                          size_t n, struct gwsnmp_hint *hint, struct gwsnmp_oid *next,
                          struct gwsnmp_value *out);

#endif
