/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The gateway itself, what came in and was lost, the journal, the engine; then the tables. */
#include "gateway/web/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/web/metrics_internal.h"

/* ---- the process ---- */

static int64_t resident_bytes(void)
{
    unsigned long long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    if (fscanf(file, "%20llu %20llu", &size, &resident) != 2)
        resident = 0;
    fclose(file);
    return (int64_t)resident * sysconf(_SC_PAGESIZE);
}

static int64_t ms_of(struct timeval time)
{
    return (int64_t)time.tv_sec * 1000 + time.tv_usec / 1000;
}

static void put_process(const struct metrics_sources *from, struct exposition *e)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    exposition_family(e, "eog_gateway", EXPOSITION_INFO, "The gateway that speaks.");
    exposition_sample(e);
    metrics_label(e, "gateway", from->gateway_id);
    metrics_label(e, "version", from->version);
    metrics_label(e, "epoch", journal_epoch(from->journal));
    exposition_int(e, 1);
    metrics_gauge(e, "eog_configuration_generation", (int64_t)from->generation(from->context),
                  "Raised by each reload that was taken.");
    exposition_family(e, "process_start_time_seconds", EXPOSITION_GAUGE,
                      "Start of the process, seconds since 1970.");
    exposition_sample(e);
    exposition_ms(e, from->started_ms);
    exposition_family(e, "process_cpu_seconds", EXPOSITION_COUNTER,
                      "Processor time of user and system.");
    exposition_sample(e);
    exposition_ms(e, ms_of(usage.ru_utime) + ms_of(usage.ru_stime));
    metrics_gauge(e, "process_resident_memory_bytes", resident_bytes(), "Resident memory.");
}

/* ---- counters ---- */

struct row {
    size_t offset; /* in struct stats or stats_source */
    const char *name, *help;
};
#define OF(member) offsetof(struct stats, member)

static const struct row totals[] = {
    {OF(received), "eog_received_messages", "Messages received."},
    {OF(bytes), "eog_received_bytes", "Bytes of messages received."},
    {OF(unclassified), "eog_unclassified_messages", "Messages of a product that no mapping knew."},
    {OF(malformed), "eog_malformed_messages", "Messages a part of which a parser refused."},
    {OF(truncated), "eog_truncated_messages", "Messages cut at the longest length taken."},
    {OF(repeated_informs), "eog_repeated_informs", "Informs answered again, journaled once."},
    {OF(corrections), "eog_corrections", "Records appended by a renormalization."},
    {OF(connections_refused), "eog_refused_connections", "Connections refused by a bound."},
    {OF(handshakes_failed), "eog_failed_handshakes", "TLS handshakes that failed."},
    {OF(bad_origins), "eog_bad_origins", "Messages whose relay named no address as the sender."},
    {OF(sources_refused), "eog_refused_sources", "Senders beyond the table, counted together."},
    {OF(notifications_sent), "eog_notifications_sent", "Notifications sent to sinks."},
    {OF(notifications_failed), "eog_notifications_failed", "Notifications that did not get out."},
    {OF(notifications_acknowledged), "eog_notifications_acknowledged", "Informs acknowledged."},
    {OF(notifications_resent), "eog_notifications_resent", "Repeats of informs."},
    {OF(notifications_dropped), "eog_notifications_dropped", "Notifications never sent."},
    {OF(messages_listed), "eog_syslog_mib_messages",
     "Messages that became rows of SYSLOG-MSG-MIB."},
    {OF(messages_told), "eog_syslog_mib_notifications", "Of them: sent as notifications."},
    {OF(messages_untold), "eog_syslog_mib_untold_messages", "Of them: not sent, beyond max-rate."},
    {OF(messages_circular), "eog_syslog_mib_circular_messages",
     "Kept out of it: were notifications."},
    {OF(agent_limited), "eog_agent_limited_answers", "Answers of the agent beyond its max-rate."},
};

static const struct row drops[] = {
    {OF(dropped_full), "full", NULL},   {OF(dropped_kernel), "kernel", NULL},
    {OF(dropped_frame), "frame", NULL}, {OF(dropped_rate), "rate", NULL},
    {OF(dropped_snmp), "snmp", NULL},
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static uint64_t value_at(const void *base, size_t offset)
{
    return stats_read((const stats_counter *)(const void *)((const char *)base + offset));
}

static void put_counters(const struct metrics_sources *from, struct exposition *e)
{
    for (size_t i = 0; i < COUNT(totals); i++)
        metrics_counter(e, totals[i].name, value_at(from->stats, totals[i].offset), totals[i].help);
    exposition_family(e, "eog_dropped_messages", EXPOSITION_COUNTER,
                      "Lost: journal full or disk refused (full), by the kernel (kernel), framing "
                      "that could not be followed (frame), beyond max-rate (rate), no notification "
                      "or of a wrong community (snmp).");
    for (size_t i = 0; i < COUNT(drops); i++) {
        exposition_sample(e);
        metrics_label(e, "reason", drops[i].name);
        exposition_uint(e, value_at(from->stats, drops[i].offset));
    }
    metrics_counter(e, "eog_agent_refused_messages", agent_refused(from->agent),
                    "Messages to the agent's port that could not be taken for SNMP.");
    metrics_gauge(e, "eog_connections", (int64_t)stats_read(&from->stats->connections_open),
                  "Connections of senders open now.");
}

/* ---- senders ---- */

#undef OF
#define OF(member) offsetof(struct stats_source, member)

static const struct row of_source[] = {
    {OF(received), "eog_source_received_messages", "Messages received from a sender."},
    {OF(unclassified), "eog_source_unclassified_messages", "Of them: no mapping knew the product."},
    {OF(malformed), "eog_source_malformed_messages", "Of them: a parser refused a part."},
    {OF(dropped), "eog_source_dropped_messages", "A sender's messages that were lost here."},
    {OF(handshakes_failed), "eog_source_failed_handshakes", "A sender's TLS handshakes failed."},
    {OF(relayed), "eog_source_relayed_messages", "Messages of others that a relay brought."},
};
static const struct row of_intake[] = {
    {OF(received), "eog_intake_received_messages", "Messages received, by the way in."},
    {OF(unclassified), "eog_intake_unclassified_messages", "Of them: no mapping knew the product."},
    {OF(malformed), "eog_intake_malformed_messages", "Of them: a parser refused a part."},
    {OF(dropped), "eog_intake_dropped_messages", "Messages lost, where the sender was known."},
    {OF(handshakes_failed), "eog_intake_failed_handshakes", "TLS handshakes that failed."},
};
enum { TRANSPORTS = GW_TRANSPORT_SNMP + 1 };

/* What has no transport is the row of those beyond the table. */
static const char *transport_of(enum gw_transport transport)
{
    return transport == GW_TRANSPORT_NONE ? "others" : gw_transport_name(transport);
}

static void put_intakes(struct stats_source *const *rows, size_t n, struct exposition *e)
{
    for (size_t k = 0; k < COUNT(of_intake); k++) {
        uint64_t sums[TRANSPORTS] = {0};
        for (size_t i = 0; i < n; i++)
            if ((size_t)rows[i]->transport < TRANSPORTS)
                sums[rows[i]->transport] += value_at(rows[i], of_intake[k].offset);
        exposition_family(e, of_intake[k].name, EXPOSITION_COUNTER, of_intake[k].help);
        for (size_t i = 0; i < TRANSPORTS; i++) {
            exposition_sample(e);
            metrics_label(e, "transport", transport_of((enum gw_transport)i));
            exposition_uint(e, sums[i]);
        }
    }
}

static void begin_source(struct exposition *e, const struct stats_source *row)
{
    exposition_sample(e);
    metrics_label(e, "source", row->peer);
    metrics_label(e, "transport", transport_of(row->transport));
}

static void put_sources(struct stats *stats, struct exposition *e,
                        struct metrics_left_out *left_out)
{
    struct stats_source **rows = gw_alloc((STATS_SOURCES_MAX + 1) * sizeof *rows);
    size_t n = stats_list_sources(stats, 0, rows, STATS_SOURCES_MAX + 1);
    size_t shown = n < METRICS_SOURCES_MAX ? n : METRICS_SOURCES_MAX;
    metrics_gauge(e, "eog_sources", (int64_t)n, "Senders seen since the start.");
    put_intakes(rows, n, e);
    for (size_t k = 0; k < COUNT(of_source); k++) {
        exposition_family(e, of_source[k].name, EXPOSITION_COUNTER, of_source[k].help);
        for (size_t i = 0; i < shown; i++) {
            begin_source(e, rows[i]);
            exposition_uint(e, value_at(rows[i], of_source[k].offset));
        }
    }
    exposition_family(e, "eog_source_last_seen_timestamp_seconds", EXPOSITION_GAUGE,
                      "When a sender's last message came, seconds since 1970.");
    for (size_t i = 0; i < shown; i++) {
        begin_source(e, rows[i]);
        exposition_ms(e, (int64_t)stats_read(&rows[i]->last_seen_ms));
    }
    left_out->sources = n - shown;
    free(rows);
}

/* ---- journal and engine ---- */

static void put_journal(const struct journal *journal, struct exposition *e)
{
    struct journal_status status;
    journal_get_status(journal, &status);
    metrics_counter(e, "eog_journal_records", status.records,
                    "Records committed since the journal was created.");
    metrics_counter(e, "eog_journal_commits", status.commits, "Group commits.");
    metrics_counter(e, "eog_journal_damaged_records", status.damaged_records,
                    "Records found damaged since the start.");
    metrics_counter(e, "eog_journal_dropped_unread_records", status.dropped_unread,
                    "Records let go though a reader had not had them.");
    metrics_gauge(e, "eog_journal_committed_sequence", (int64_t)status.committed,
                  "Number of the last record on disk.");
    metrics_gauge(e, "eog_journal_oldest_sequence", (int64_t)status.oldest,
                  "Number of the oldest record kept.");
    metrics_gauge(e, "eog_journal_staged_records",
                  status.staged > status.committed ? (int64_t)(status.staged - status.committed)
                                                   : 0,
                  "Records that wait for the disk.");
    metrics_gauge(e, "eog_journal_size_bytes", status.bytes, "Size on disk.");
    metrics_gauge(e, "eog_journal_segments", (int64_t)status.segments, "Files kept.");
    metrics_gauge(e, "eog_journal_failing", status.is_failing,
                  "1: the last write or sync failed, what waits is not acknowledged.");
    metrics_gauge(e, "eog_journal_held", status.held_by[0] != '\0',
                  "1: a reader alone keeps records that retention would let go.");
    exposition_family(e, "eog_journal_oldest_timestamp_seconds", EXPOSITION_GAUGE,
                      "When the oldest file kept was begun, seconds since 1970.");
    exposition_sample(e);
    exposition_ms(e, status.oldest_ms);
}

static void put_refused(struct exposition *e, const struct kpi_engine_figures *f)
{
    const struct {
        const char *table;
        uint64_t n;
    } refused[] = {{"scopes", f->refused_scopes},
                   {"sources", f->refused_sources},
                   {"computers", f->refused_hosts},
                   {"aliases", f->refused_aliases},
                   {"components", f->refused_components},
                   {"names", f->refused_names},
                   {"cells", f->refused_cells}};
    exposition_family(e, "eog_engine_refused", EXPOSITION_COUNTER,
                      "What the engine refused at the bound of a table.");
    for (size_t i = 0; i < COUNT(refused); i++) {
        exposition_sample(e);
        metrics_label(e, "table", refused[i].table);
        exposition_uint(e, refused[i].n);
    }
}

static void put_engine(struct kpi_core *core, struct exposition *e)
{
    struct kpi_core_status status;
    kpi_core_get_status(core, &status);
    metrics_gauge(e, "eog_engine_sequence", (int64_t)status.sequence,
                  "Number of the last record judged.");
    metrics_counter(e, "eog_engine_records", status.records, "Records judged since the start.");
    metrics_counter(e, "eog_engine_checkpoints", status.checkpoints, "Checkpoints written.");
    metrics_counter(e, "eog_engine_failed_checkpoints", status.checkpoint_failures,
                    "Checkpoints that could not be written.");
    metrics_counter(e, "eog_engine_append_waits", status.append_waits,
                    "Times that the journal could not take a state change at once.");
    metrics_gauge(e, "eog_engine_computers", (int64_t)status.figures.hosts, "Computers known.");
    metrics_gauge(e, "eog_engine_scopes", (int64_t)status.figures.scopes, "Scopes known.");
    metrics_gauge(e, "eog_engine_size_bytes", (int64_t)status.figures.bytes,
                  "Memory of the engine's large tables.");
    metrics_counter(e, "eog_engine_repeated_records", status.figures.repeats,
                    "Records that told what was told before.");
    metrics_counter(e, "eog_engine_late_records", status.figures.late,
                    "Records too old for the windows of their indicators.");
    put_refused(e, &status.figures);
}

static void put_left_out(const struct metrics_left_out *n, struct exposition *e)
{
    const struct {
        const char *table;
        size_t n;
    } tables[] = {{"kpi", n->kpis},
                  {"source", n->sources},
                  {"product", n->products},
                  {"snmp_engine", n->engines}};
    exposition_family(e, "eog_metrics_left_out", EXPOSITION_GAUGE,
                      "Rows of a table that this page has no room for.");
    for (size_t i = 0; i < COUNT(tables); i++) {
        exposition_sample(e);
        metrics_label(e, "table", tables[i].table);
        exposition_uint(e, tables[i].n);
    }
}

void metrics_write(const struct metrics_sources *from, struct exposition *e)
{
    struct metrics_left_out left_out = {0};
    const struct snapshot *snapshot = snapshot_get(from->board);
    put_process(from, e);
    put_counters(from, e);
    put_sources(from->stats, e, &left_out);
    put_journal(from->journal, e);
    put_engine(from->core, e);
    if (snapshot)
        metrics_put_snapshot(snapshot, e, &left_out);
    snapshot_put(snapshot);
    metrics_put_feeds(from->feeds, e);
    metrics_put_store(from->store, e);
    metrics_put_mails(from->outbox, e);
    metrics_put_reports(from->schedule, from->postbox, e);
    metrics_put_sinks(from->agent, e);
    metrics_put_engines(from->agent, e, &left_out);
    put_left_out(&left_out, e);
}
