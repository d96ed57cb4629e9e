/* SPDX-License-Identifier: GPL-3.0-or-later */
/* eogTraffic: what was received, and what was lost. */
#include "gateway/agent/agent_internal.h"

static const uint32_t base[] = {EOG_SCALARS_BASE(EOG_GROUP_TRAFFIC)};

/* The plain counters, by the object's number. */
static const stats_counter *counter_of(const struct stats *stats, uint32_t object)
{
    switch (object) {
    case EOG_TRAFFIC_RECEIVED:
        return &stats->received;
    case EOG_TRAFFIC_BYTES:
        return &stats->bytes;
    case EOG_TRAFFIC_UNCLASSIFIED:
        return &stats->unclassified;
    case EOG_TRAFFIC_MALFORMED:
        return &stats->malformed;
    case EOG_TRAFFIC_TRUNCATED:
        return &stats->truncated;
    case EOG_TRAFFIC_DROPPED_FULL:
        return &stats->dropped_full;
    case EOG_TRAFFIC_DROPPED_KERNEL:
        return &stats->dropped_kernel;
    case EOG_TRAFFIC_DROPPED_FRAMES:
        return &stats->dropped_frame;
    case EOG_TRAFFIC_DROPPED_SNMP:
        return &stats->dropped_snmp;
    case EOG_TRAFFIC_REPEATED_INFORMS:
        return &stats->repeated_informs;
    case EOG_TRAFFIC_CONNECTIONS_REFUSED:
        return &stats->connections_refused;
    case EOG_TRAFFIC_NOTIFICATIONS_SENT:
        return &stats->notifications_sent;
    case EOG_TRAFFIC_NOTIFICATIONS_FAILED:
        return &stats->notifications_failed;
    case EOG_TRAFFIC_SOURCES_REFUSED:
        return &stats->sources_refused;
    case EOG_TRAFFIC_DROPPED_RATE:
        return &stats->dropped_rate;
    case EOG_TRAFFIC_NOTIFICATIONS_ACKNOWLEDGED:
        return &stats->notifications_acknowledged;
    case EOG_TRAFFIC_NOTIFICATIONS_RESENT:
        return &stats->notifications_resent;
    case EOG_TRAFFIC_NOTIFICATIONS_DROPPED:
        return &stats->notifications_dropped;
    case EOG_TRAFFIC_AGENT_LIMITED:
        return &stats->agent_limited;
    case EOG_TRAFFIC_HANDSHAKES_FAILED:
        return &stats->handshakes_failed;
    case EOG_TRAFFIC_BAD_ORIGINS:
        return &stats->bad_origins;
    }
    return NULL;
}

static bool get(const void *context, uint32_t object, struct gwsnmp_value *out)
{
    const struct agent_view *view = context;
    const struct stats *stats = view->stats;

    switch (object) {
    case EOG_TRAFFIC_DROPPED:
        gwsnmp_set_counter64(
            out, stats_read(&stats->dropped_full) + stats_read(&stats->dropped_kernel) +
                     stats_read(&stats->dropped_frame) + stats_read(&stats->dropped_rate));
        return true;
    case EOG_TRAFFIC_CONNECTIONS:
        gwsnmp_set_gauge(out, stats_read(&stats->connections_open));
        return true;
    case EOG_TRAFFIC_AGENT_REFUSED:
        gwsnmp_set_counter64(out, view->refused ? view->refused(view->refused_context) : 0);
        return true;
    case EOG_TRAFFIC_DISCONTINUITY:
        gwsnmp_set_date(out, view->start_ms);
        return true;
    }
    const stats_counter *counter = counter_of(stats, object);
    if (counter)
        gwsnmp_set_counter64(out, stats_read(counter));
    return counter != NULL;
}

const struct gwsnmp_group agent_group_traffic = {
    .base = base,
    .n_base = AGENT_COUNT(base),
    .n_objects = EOG_TRAFFIC_BAD_ORIGINS,
    .scalars = {get},
};
