/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_NORMALIZE_TENANTS_H
#define GATEWAY_NORMALIZE_TENANTS_H

#include <stddef.h>

#include "gateway/base/slice.h"
#include "gateway/mapping/lookup.h"

/**
 * Sites by tenant: one cloud console speaks for many customers' branches from one address, and the
 * tenant it names tells which. Filled, then read by any thread. Names are compared without case.
 */
struct tenants {
    struct lookup by_name;
    const char **sites;
    size_t n;
};

void tenants_init(struct tenants *tenants);
void tenants_fini(struct tenants *tenants);
/* Both texts are borrowed for the table's life. False: the tenant has a site already. */
bool tenants_add(struct tenants *tenants, const char *tenant, const char *site);
/* After the last. */
void tenants_build(struct tenants *tenants);
/* NULL: nobody said whose it is. */
const char *tenants_site(const struct tenants *tenants, struct slice tenant);

#endif
