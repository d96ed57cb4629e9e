/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The module as a whole: its groups in the order of their numbers. */
#include "gateway/agent/agent_internal.h"

static const struct gwsnmp_group *const groups[] = {
    &agent_group_gateway, &agent_group_journal, &agent_group_traffic, &agent_group_kpi_summary,
    &agent_group_kpi,     &agent_group_product, &agent_group_source,  &agent_group_feed,
    &agent_group_alert,   &agent_group_top,
};
const struct gwsnmp_mib agent_mib = {groups, AGENT_COUNT(groups)};
