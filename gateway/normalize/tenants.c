/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table of names, filled once and read by any thread. */
#include "gateway/normalize/tenants.h"

#include <stdlib.h>

#include "gateway/base/arena.h"

void tenants_init(struct tenants *tenants)
{
    *tenants = (struct tenants){0};
    lookup_init(&tenants->by_name, true);
}

void tenants_fini(struct tenants *tenants)
{
    lookup_fini(&tenants->by_name);
    free(tenants->sites);
}

bool tenants_add(struct tenants *tenants, const char *tenant, const char *site)
{
    if (lookup_add(&tenants->by_name, slice_from(tenant), (uint32_t)tenants->n) != LOOKUP_NONE)
        return false;
    tenants->sites = gw_realloc(tenants->sites, (tenants->n + 1) * sizeof *tenants->sites);
    tenants->sites[tenants->n++] = site;
    return true;
}

void tenants_build(struct tenants *tenants)
{
    lookup_build(&tenants->by_name);
}

const char *tenants_site(const struct tenants *tenants, struct slice tenant)
{
    uint32_t i = tenants->n ? lookup_get(&tenants->by_name, tenant) : LOOKUP_NONE;
    return i == LOOKUP_NONE ? NULL : tenants->sites[i];
}
