/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_VIEW_H
#define GATEWAY_SNMP_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/snmp/mib.h"
#include "gateway/snmp/value.h"

/**
 * A part of what the agent has: subtrees in it and subtrees out of it. Of those that hold an OID
 * the longest decides; what none holds is not in view. Source: RFC 3415 section 5, families of
 * subtrees, without masks. Pure functions, as those of mib.h.
 */
struct gwsnmp_view_family {
    struct gwsnmp_oid subtree;
    bool is_included;
};

struct gwsnmp_view {
    const char *name;
    const struct gwsnmp_view_family *families;
    size_t n;
};

/* view NULL in these: everything. */
bool gwsnmp_view_has(const struct gwsnmp_view *view, const uint32_t *name, size_t n);

/* As gwsnmp_mib_get() and gwsnmp_mib_next_hint(), for what is in view. Subtrees that are not are
   passed at one step, however much is in them. data is what mib's callbacks read. */
bool gwsnmp_view_get(const struct gwsnmp_view *view, const struct gwsnmp_mib *mib, const void *data,
                     const uint32_t *name, size_t n, struct gwsnmp_value *out);
bool gwsnmp_view_next(const struct gwsnmp_view *view, const struct gwsnmp_mib *mib,
                      const void *data, const uint32_t *name, size_t n, struct gwsnmp_hint *hint,
                      struct gwsnmp_oid *next, struct gwsnmp_value *out);

#endif
