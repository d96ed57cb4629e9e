/* SPDX-License-Identifier: GPL-3.0-or-later */
/* eogJournal: health of the durable log. Without a journal (a test, an agent alone) there is
 * nothing. */
#include "gateway/agent/agent_internal.h"

static const uint32_t base[] = {EOG_SCALARS_BASE(EOG_GROUP_JOURNAL)};

enum kpi_state agent_journal_state(const struct agent_view *view)
{
    const struct journal_status *status = &view->journal_status;
    if (!view->journal)
        return KPI_OK;
    return status->is_failing ? KPI_CRITICAL : status->held_by[0] ? KPI_WARNING : KPI_OK;
}

static bool get(const void *context, uint32_t object, struct gwsnmp_value *out)
{
    const struct agent_view *view = context;
    const struct journal_status *status = &view->journal_status;
    int64_t age_ms = status->oldest_ms > 0 ? view->now.wall_ms - status->oldest_ms : 0;

    if (!view->journal)
        return false;
    switch (object) {
    case EOG_JOURNAL_STATE:
        agent_set_state(out, agent_journal_state(view));
        return true;
    case EOG_JOURNAL_SIZE:
        gwsnmp_set_gauge(out, status->bytes > 0 ? (uint64_t)status->bytes / 1024 : 0);
        return true;
    case EOG_JOURNAL_OLDEST_AGE:
        gwsnmp_set_gauge(out, age_ms > 0 ? (uint64_t)age_ms / 1000 : 0);
        return true;
    case EOG_JOURNAL_RECORDS:
        gwsnmp_set_counter64(out, status->records);
        return true;
    case EOG_JOURNAL_DAMAGED:
        gwsnmp_set_counter64(out, status->damaged_records);
        return true;
    case EOG_JOURNAL_FAILURE:
        agent_set_text(out, status->is_failing ? status->failure : "");
        return true;
    case EOG_JOURNAL_HELD_BY:
        agent_set_text(out, status->held_by);
        return true;
    case EOG_JOURNAL_DROPPED_UNREAD:
        gwsnmp_set_counter64(out, status->dropped_unread);
        return true;
    }
    return false;
}

const struct gwsnmp_group agent_group_journal = {
    .base = base,
    .n_base = AGENT_COUNT(base),
    .n_objects = EOG_JOURNAL_DROPPED_UNREAD,
    .scalars = {get},
};
