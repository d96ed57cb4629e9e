/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_AGENT_AGENT_INTERNAL_H
#define GATEWAY_AGENT_AGENT_INTERNAL_H

#include "gateway/agent/agent.h"
#include "gateway/snmp/access.h"
#include "gateway/snmp/eog_mib.h"
#include "gateway/snmp/mib.h"

/**
 * What the tables read: one moment, pinned (view.c). A GET sees the newest snapshot; while a walk
 * is under way, all requests of its asker (an address and a port) see the one it began with, until
 * it has been quiet for PIN_IDLE_MS or the pin is PIN_AGE_MS old. So one PDU is always consistent,
 * a walk nearly always, and eogGatewayGeneration tells. Who walks does not make others see what is
 * old; a subagent's master does not say who asks, so all its walks see one moment there, and every
 * GET the newest. Beyond AGENT_WALKS_MAX at a time the walk that was quiet for longest goes on with
 * another moment: each may hold a snapshot, which a large customer has megabytes of.
 */
enum { AGENT_PIN_IDLE_MS = 1000, AGENT_PIN_AGE_MS = 10000, AGENT_WALKS_MAX = 8 };

struct agent_view {
    /* Where the data come from; set once. */
    struct snapshot_board *board;
    struct stats *stats;
    const struct journal *journal;
    const struct clock *clock;
    const char *gateway_id, *version;
    int64_t start_ms;
    size_t (*list_feeds)(void *context, struct agent_feed *out, size_t max);
    void *feeds_context;
    uint64_t (*refused)(void *context); /* messages to the agent's port that were refused */
    void *refused_context;

    /* The moment. */
    bool is_pinned;
    int64_t pinned_ms, walked_ms; /* monotonic */
    struct clock_reading now;
    const struct snapshot *snapshot; /* NULL before the first */
    bool has_sound_order[16];        /* by enum eog_group: the snapshot's rows increase */
    struct journal_status journal_status;

    /* Sorted lists; has_: they are of this moment. Made when first asked for (source.c, feed.c). */
    bool has_sources, has_feeds;
    struct stats_source **sources;
    size_t n_sources;
    struct agent_feed feeds[AGENT_FEEDS_MAX];
    size_t n_feeds;

    /* Of the view that is of who does not walk: those of who does, and that of the last request. */
    uint64_t asker;
    struct agent_view *walks, *last;
};

/* Where the data come from is set. */
void agent_view_init(struct agent_view *view);
void agent_view_fini(struct agent_view *view);
/* The callback of struct gwsnmp_subtree: context is the view. Returns it or one of its walks. */
const void *agent_view_pin(void *context, bool is_new, bool is_walk, uint64_t asker);

/* The whole module's objects, in order. */
extern const struct gwsnmp_mib agent_mib;

/* One group a file. */
extern const struct gwsnmp_group agent_group_gateway, agent_group_journal, agent_group_traffic,
    agent_group_kpi_summary, agent_group_kpi, agent_group_product, agent_group_source,
    agent_group_feed, agent_group_alert, agent_group_top;

#define AGENT_COUNT(array) (sizeof(array) / sizeof *(array))

static inline void agent_set_text(struct gwsnmp_value *out, const char *text)
{
    gwsnmp_set_text(out, slice_from(text));
}
static inline void agent_set_state(struct gwsnmp_value *out, enum kpi_state state)
{
    gwsnmp_set_integer(out, (int32_t)state);
}

/* journal_group.c: eogJournalState; ok without a journal. */
enum kpi_state agent_journal_state(const struct agent_view *view);

/* settings.c: the sections as the snmp room takes them; arena owns the result. False: diag says
 * why. */
bool agent_settings_resolve(const struct agent_settings *settings, struct arena *arena,
                            struct diag *diag, struct gwsnmp_access *access,
                            struct gwsnmp_sink **sinks);

#endif
