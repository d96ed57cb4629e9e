/* SPDX-License-Identifier: GPL-3.0-or-later */
/* eogProductTable: the consoles and appliances. */
#include "gateway/agent/agent_internal.h"

static const uint32_t base[] = {EOG_TABLE_BASE(EOG_GROUP_PRODUCT)};

static size_t count(const void *context)
{
    const struct agent_view *view = context;
    return view->snapshot && view->has_sound_order[EOG_GROUP_PRODUCT] ? view->snapshot->n_products
                                                                      : 0;
}

static size_t index_of(const void *context, size_t i, uint32_t *arcs)
{
    const struct agent_view *view = context;
    const struct product_row *row = &view->snapshot->products[i];
    return gwsnmp_index_text(arcs, GWSNMP_INDEX_MAX, slice_from(row->index));
}

static bool cell(const void *context, size_t i, uint32_t column, struct gwsnmp_value *out)
{
    const struct agent_view *view = context;
    const struct product_row *row = &view->snapshot->products[i];

    switch (column) {
    case EOG_PRODUCT_KEY:
        agent_set_text(out, row->index);
        return true;
    case EOG_PRODUCT_VENDOR:
        agent_set_text(out, row->vendor);
        return true;
    case EOG_PRODUCT_NAME:
        agent_set_text(out, row->name);
        return true;
    case EOG_PRODUCT_VERSION:
        agent_set_text(out, row->version);
        return true;
    case EOG_PRODUCT_ADDRESS:
        agent_set_text(out, row->address);
        return true;
    case EOG_PRODUCT_SITE:
        agent_set_text(out, row->site);
        return true;
    case EOG_PRODUCT_STATE:
        agent_set_state(out, row->state);
        return true;
    case EOG_PRODUCT_LAST_SEEN:
        gwsnmp_set_date(out, row->seen_ms);
        return true;
    case EOG_PRODUCT_PATTERN_VERSION:
        agent_set_text(out, row->pattern_version);
        return true;
    case EOG_PRODUCT_PATTERN_AGE:
        gwsnmp_set_integer(out, row->pattern_age_s);
        return true;
    case EOG_PRODUCT_ENGINE_VERSION:
        agent_set_text(out, row->engine_version);
        return true;
    case EOG_PRODUCT_MANAGED:
        gwsnmp_set_gauge(out, row->managed);
        return true;
    case EOG_PRODUCT_INSTALLED:
        gwsnmp_set_gauge(out, row->installed);
        return true;
    case EOG_PRODUCT_OFFLINE:
        gwsnmp_set_gauge(out, row->offline);
        return true;
    }
    return false;
}

const struct gwsnmp_group agent_group_product = {
    .base = base,
    .n_base = AGENT_COUNT(base),
    .table = {EOG_PRODUCT_KEY, EOG_PRODUCT_OFFLINE, count, index_of, cell},
};
