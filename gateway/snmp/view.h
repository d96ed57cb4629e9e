/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_VIEW_H
#define GATEWAY_SNMP_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/snmp/mib.h"
#include "gateway/snmp/value.h"

/**
 * A part of what the agent has: families, each a subtree that is included or excluded. Of those
 * that an OID lies in, the one with the longest subtree decides; of two as long, the one whose
 * subtree is lexicographically greater. An OID in no family is not in view. An arc of a subtree may
 * stand for any number, which the masks of RFC 3415 section 5, the source, say by a bit. Pure
 * functions, as those of mib.h.
 */
struct gwsnmp_view_family {
    struct gwsnmp_oid subtree; /* 0 where an arc is any */
    bool is_included;
    uint32_t any[GWSNMP_OID_MAX / 32];
};

struct gwsnmp_view {
    const char *name;
    const struct gwsnmp_view_family *families;
    size_t n;
};

static inline bool gwsnmp_view_is_any(const struct gwsnmp_view_family *family, size_t arc)
{
    return family->any[arc / 32] >> arc % 32 & 1;
}

void gwsnmp_view_set_any(struct gwsnmp_view_family *family, size_t arc);
/* Text: an OID in which `*` is any arc. False: it is none, or too long. */
bool gwsnmp_view_parse(struct slice text, bool is_included, struct gwsnmp_view_family *out);

/* view NULL in these: everything. */
bool gwsnmp_view_has(const struct gwsnmp_view *view, const uint32_t *name, size_t n);

/* As gwsnmp_mib_get() and gwsnmp_mib_next_hint(), for what is in view. A subtree that is excluded
   is passed in one step, however much is in it. data is what mib's callbacks read. */
bool gwsnmp_view_get(const struct gwsnmp_view *view, const struct gwsnmp_mib *mib, const void *data,
                     const uint32_t *name, size_t n, struct gwsnmp_value *out);
bool gwsnmp_view_next(const struct gwsnmp_view *view, const struct gwsnmp_mib *mib,
                      const void *data, const uint32_t *name, size_t n, struct gwsnmp_hint *hint,
                      struct gwsnmp_oid *next, struct gwsnmp_value *out);

#endif
