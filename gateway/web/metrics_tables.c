/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables as families: indicators, products, alerts, feeds, mails, sinks, engines of senders. */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/web/metrics_internal.h"

/* As many feeds as there can be: those of the configuration, and cursors of others. */
enum { STATES = 4, FEED_ROWS_MAX = FEEDS_MAX + JOURNAL_CURSORS_MAX };
#define STATE_HELP "0 ok, 1 warning, 2 critical, 3 unknown"

/* ---- indicators ---- */

static void put_summary(const struct snapshot *snapshot, struct exposition *e)
{
    exposition_family(e, "eog_kpi_worst_state", EXPOSITION_GAUGE,
                      "Worst state of an indicator over all scopes: " STATE_HELP ".");
    for (size_t i = 0; i < snapshot->n_summary; i++) {
        exposition_sample(e);
        metrics_label(e, "kpi", snapshot->summary[i].key);
        exposition_int(e, snapshot->summary[i].worst);
    }
    exposition_family(e, "eog_kpi_scopes", EXPOSITION_GAUGE,
                      "Scopes of an indicator in each state, those left out below too.");
    for (size_t i = 0; i < snapshot->n_summary; i++) {
        const struct kpi_summary_row *row = &snapshot->summary[i];
        const uint32_t counts[STATES] = {row->ok, row->warning, row->critical, row->unknown};
        for (int state = 0; state < STATES; state++) {
            exposition_sample(e);
            metrics_label(e, "kpi", row->key);
            metrics_label(e, "state", kpi_state_name((enum kpi_state)state));
            exposition_uint(e, counts[state]);
        }
    }
}

/* All of them in their order; when they are too many, the worst. Returns how many. */
static size_t choose(const struct snapshot *snapshot, const struct kpi_row **out)
{
    static const enum kpi_state by_weight[] = {KPI_CRITICAL, KPI_WARNING, KPI_UNKNOWN, KPI_OK};
    bool is_all = snapshot->n_kpis <= METRICS_KPIS_MAX;
    size_t n = 0;
    for (int k = 0; k < (is_all ? 1 : STATES); k++)
        for (size_t i = 0; i < snapshot->n_kpis && n < METRICS_KPIS_MAX; i++)
            if (is_all || snapshot->kpis[i].state == by_weight[k])
                out[n++] = &snapshot->kpis[i];
    return n;
}

static void begin_kpi(struct exposition *e, const struct kpi_row *row)
{
    exposition_sample(e);
    metrics_label(e, "kpi", row->about->key);
    metrics_label(e, "scope", row->scope);
}

static void put_levels(const struct kpi_row *const *rows, size_t n, struct exposition *e)
{
    exposition_family(e, "eog_kpi_level", EXPOSITION_GAUGE,
                      "From which value on an indicator is warning or critical, in its unit.");
    for (size_t i = 0; i < n; i++) {
        const int32_t levels[] = {rows[i]->warning, rows[i]->critical};
        for (int k = 0; k < 2; k++) {
            if (levels[k] < 0)
                continue;
            begin_kpi(e, rows[i]);
            metrics_label(e, "level", k ? "critical" : "warning");
            exposition_int(e, levels[k]);
        }
    }
}

static void put_kpis(const struct kpi_row *const *rows, size_t n, struct exposition *e)
{
    exposition_family(e, "eog_kpi_state", EXPOSITION_GAUGE,
                      "State of an indicator in a scope: " STATE_HELP ".");
    for (size_t i = 0; i < n; i++) {
        begin_kpi(e, rows[i]);
        exposition_int(e, rows[i]->state);
    }
    exposition_family(e, "eog_kpi_value", EXPOSITION_GAUGE,
                      "Value of an indicator in a scope, in the unit named; none when unknown.");
    for (size_t i = 0; i < n; i++) {
        if (rows[i]->state == KPI_UNKNOWN)
            continue;
        begin_kpi(e, rows[i]);
        metrics_label(e, "unit", rows[i]->about->unit);
        exposition_int(e, rows[i]->value);
    }
    put_levels(rows, n, e);
    exposition_family(e, "eog_kpi_since_timestamp_seconds", EXPOSITION_GAUGE,
                      "Since when it is in this state, seconds since 1970.");
    for (size_t i = 0; i < n; i++) {
        begin_kpi(e, rows[i]);
        exposition_ms(e, rows[i]->since_ms);
    }
    exposition_family(e, "eog_kpi_events", EXPOSITION_GAUGE, "Records that count in the state.");
    for (size_t i = 0; i < n; i++) {
        begin_kpi(e, rows[i]);
        exposition_uint(e, rows[i]->events);
    }
}

/* ---- products, alerts ---- */

static void begin_product(struct exposition *e, const struct product_row *row)
{
    exposition_sample(e);
    metrics_label(e, "product", row->index);
}

static void put_product_hosts(const struct product_row *rows, size_t n, struct exposition *e)
{
    static const char *const words[] = {"managed", "installed", "offline"};
    exposition_family(e, "eog_product_computers", EXPOSITION_GAUGE, "Computers of a product.");
    for (size_t i = 0; i < n; i++) {
        const uint32_t counts[] = {rows[i].managed, rows[i].installed, rows[i].offline};
        for (int k = 0; k < 3; k++) {
            begin_product(e, &rows[i]);
            metrics_label(e, "status", words[k]);
            exposition_uint(e, counts[k]);
        }
    }
}

static void put_products(const struct product_row *rows, size_t n, struct exposition *e)
{
    exposition_family(e, "eog_product_state", EXPOSITION_GAUGE,
                      "State of a product: " STATE_HELP ".");
    for (size_t i = 0; i < n; i++) {
        begin_product(e, &rows[i]);
        exposition_int(e, rows[i].state);
    }
    exposition_family(e, "eog_product_last_seen_timestamp_seconds", EXPOSITION_GAUGE,
                      "When a product was last heard of, seconds since 1970.");
    for (size_t i = 0; i < n; i++) {
        begin_product(e, &rows[i]);
        exposition_ms(e, rows[i].seen_ms);
    }
    exposition_family(e, "eog_product_pattern_age_seconds", EXPOSITION_GAUGE,
                      "Since when a newer pattern was known; none when that is not known.");
    for (size_t i = 0; i < n; i++) {
        if (rows[i].pattern_age_s < 0)
            continue;
        begin_product(e, &rows[i]);
        exposition_int(e, rows[i].pattern_age_s);
    }
    put_product_hosts(rows, n, e);
    exposition_family(e, "eog_product", EXPOSITION_INFO, "A product's names and versions.");
    for (size_t i = 0; i < n; i++) {
        begin_product(e, &rows[i]);
        metrics_label(e, "vendor", rows[i].vendor);
        metrics_label(e, "name", rows[i].name);
        metrics_label(e, "version", rows[i].version);
        metrics_label(e, "address", rows[i].address);
        metrics_label(e, "site", rows[i].site);
        metrics_label(e, "pattern_version", rows[i].pattern_version);
        metrics_label(e, "engine_version", rows[i].engine_version);
        exposition_int(e, 1);
    }
}

static void put_alerts(const struct snapshot *snapshot, struct exposition *e)
{
    uint64_t counts[STATES][2] = {{0}};
    for (size_t i = 0; i < snapshot->n_alerts; i++)
        if ((unsigned)snapshot->alerts[i].state < STATES)
            counts[snapshot->alerts[i].state][snapshot->alerts[i].is_acknowledged != 0]++;
    exposition_family(e, "eog_alerts_active", EXPOSITION_GAUGE,
                      "Alerts not cleared, by the state they are in now (ok: about to be cleared) "
                      "and by whether somebody has them in hand.");
    for (int state = 0; state < STATES; state++)
        for (int is_acknowledged = 0; is_acknowledged < 2; is_acknowledged++) {
            exposition_sample(e);
            metrics_label(e, "severity", kpi_state_name((enum kpi_state)state));
            metrics_label(e, "acknowledged", is_acknowledged ? "yes" : "no");
            exposition_uint(e, counts[state][is_acknowledged]);
        }
}

void metrics_put_snapshot(const struct snapshot *snapshot, struct exposition *e,
                          struct metrics_left_out *left_out)
{
    const struct kpi_row **rows = gw_alloc(METRICS_KPIS_MAX * sizeof *rows);
    size_t n = choose(snapshot, rows);
    size_t n_products =
        snapshot->n_products < METRICS_PRODUCTS_MAX ? snapshot->n_products : METRICS_PRODUCTS_MAX;
    left_out->kpis = snapshot->n_kpis - n;
    left_out->products = snapshot->n_products - n_products;
    exposition_family(e, "eog_evaluated_timestamp_seconds", EXPOSITION_GAUGE,
                      "When the indicators were judged, seconds since 1970.");
    exposition_sample(e);
    exposition_ms(e, snapshot->taken_ms);
    metrics_gauge(e, "eog_catching_up", snapshot->is_catching_up,
                  "1: the journal is read again after a start, every state is unknown.");
    put_summary(snapshot, e);
    put_kpis(rows, n, e);
    put_products(snapshot->products, n_products, e);
    put_alerts(snapshot, e);
    free(rows);
}

/* ---- feeds ---- */

struct feed_metric {
    size_t offset; /* of an uint64_t in struct feed_row or outbox_row */
    enum exposition_type type;
    const char *name, *help;
};
#define OF(member) offsetof(struct feed_row, member)

static const struct feed_metric of_feed[] = {
    {OF(backlog_records), EXPOSITION_GAUGE, "eog_feed_backlog_records",
     "Records in the journal behind what the target has acknowledged."},
    {OF(backlog_s), EXPOSITION_GAUGE, "eog_feed_backlog_seconds",
     "Age of the oldest record that waits for the target."},
    {OF(in_flight), EXPOSITION_GAUGE, "eog_feed_in_flight_records",
     "Records sent and not acknowledged yet."},
    {OF(cursor), EXPOSITION_GAUGE, "eog_feed_cursor_sequence",
     "Number of the last record below which all are acknowledged or not for this target."},
    {OF(counters.sent), EXPOSITION_COUNTER, "eog_feed_sent_records", "Records sent, each once."},
    {OF(counters.acked), EXPOSITION_COUNTER, "eog_feed_acknowledged_records",
     "Records safe at the target."},
    {OF(counters.resent), EXPOSITION_COUNTER, "eog_feed_resent_records",
     "Records sent again after a break."},
    {OF(counters.refused), EXPOSITION_COUNTER, "eog_feed_refused_records",
     "Records passed over: too long, unreadable, or refused by the target."},
    {OF(counters.filtered), EXPOSITION_COUNTER, "eog_feed_filtered_records",
     "Records that are not for this target."},
    {OF(counters.bytes), EXPOSITION_COUNTER, "eog_feed_sent_bytes", "Bytes sent."},
    {OF(counters.connects), EXPOSITION_COUNTER, "eog_feed_connects", "Connections that stood."},
};

static void begin_feed(struct exposition *e, const struct feed_row *row)
{
    exposition_sample(e);
    metrics_label(e, "feed", row->name);
}

static void put_links(const struct feed_row *rows, size_t n, struct exposition *e)
{
    exposition_family(e, "eog_feed_state", EXPOSITION_GAUGE,
                      "State of a feed by its backlog: " STATE_HELP ".");
    for (size_t i = 0; i < n; i++) {
        begin_feed(e, &rows[i]);
        exposition_int(e, rows[i].state);
    }
    exposition_family(e, "eog_feed_link", EXPOSITION_GAUGE,
                      "1: how the link stands now (removed: no feed of this name any more).");
    for (size_t i = 0; i < n; i++)
        for (int k = FEED_STANDING_WAITING; k <= FEED_STANDING_REMOVED; k++) {
            begin_feed(e, &rows[i]);
            metrics_label(e, "standing", feed_standing_name((enum feed_standing)k));
            exposition_int(e, (int)rows[i].standing == k);
        }
    exposition_family(e, "eog_feed", EXPOSITION_INFO, "Where a feed goes.");
    for (size_t i = 0; i < n; i++) {
        begin_feed(e, &rows[i]);
        metrics_label(e, "target", rows[i].target);
        exposition_int(e, 1);
    }
}

void metrics_put_feeds(struct feeds *feeds, struct exposition *e)
{
    struct feed_row *rows = gw_alloc(FEED_ROWS_MAX * sizeof *rows);
    size_t n = feeds ? feeds_list(feeds, rows, FEED_ROWS_MAX) : 0;
    for (size_t k = 0; k < sizeof of_feed / sizeof *of_feed; k++) {
        exposition_family(e, of_feed[k].name, of_feed[k].type, of_feed[k].help);
        for (size_t i = 0; i < n; i++) {
            const char *at = (const char *)&rows[i] + of_feed[k].offset;
            begin_feed(e, &rows[i]);
            exposition_uint(e, *(const uint64_t *)(const void *)at);
        }
    }
    put_links(rows, n, e);
    free(rows);
}

/* ---- the store ---- */

void metrics_put_store(struct store *store, struct exposition *e)
{
    struct store_status status;
    if (!store_get_status(store, &status))
        return;
    metrics_gauge(e, "eog_store_state", status.state,
                  "State of what reports are made of: " STATE_HELP ".");
    metrics_gauge(e, "eog_store_trouble", *status.trouble != '\0',
                  "1: nothing is written now, records wait in the journal.");
    metrics_gauge(e, "eog_store_filling", status.is_filling,
                  "1: made anew, it has not come to the journal's end yet.");
    metrics_gauge(e, "eog_store_backlog_records", (int64_t)status.backlog_records,
                  "Records in the journal behind what is in the store.");
    metrics_gauge(e, "eog_store_cursor_sequence", (int64_t)status.cursor,
                  "Number of the last record in the store.");
    metrics_gauge(e, "eog_store_size_bytes", status.bytes, "Size of what is kept.");
    exposition_family(e, "eog_store_committed_timestamp_seconds", EXPOSITION_GAUGE,
                      "When it last took records, seconds since 1970.");
    exposition_sample(e);
    exposition_ms(e, status.committed_ms);
    metrics_counter(e, "eog_store_records", status.records, "Records read since the start.");
    metrics_counter(e, "eog_store_commits", status.commits, "Transactions since the start.");
    metrics_counter(e, "eog_store_rebuilds", status.rebuilds,
                    "Times that it was set aside and filled anew since the start.");
    metrics_counter(e, "eog_store_detections", status.figures.detections,
                    "Detections counted since it was made.");
    metrics_counter(e, "eog_store_repeated_records", status.figures.repeats,
                    "Detections that told what was told before.");
    metrics_counter(e, "eog_store_corrections", status.figures.corrections,
                    "Corrections taken (eogctl renormalize).");
    metrics_counter(e, "eog_store_unfit_corrections", status.figures.unfit,
                    "Corrections of records that the journal has let go.");
    metrics_counter(e, "eog_store_late_records", status.figures.late,
                    "Records older than what is kept by the day.");
    metrics_counter(e, "eog_store_missed_records", status.figures.missed,
                    "Records that the journal let go before they were read.");
}

/* ---- mails, webhooks ---- */

#undef OF
#define OF(member) offsetof(struct outbox_row, member)

static const struct feed_metric of_mail[] = {
    {OF(waiting), EXPOSITION_GAUGE, "eog_mail_waiting_changes",
     "Changes of alerts that are ready and could not be told yet."},
    {OF(backlog_s), EXPOSITION_GAUGE, "eog_mail_backlog_seconds", "Age of the oldest of them."},
    {OF(counters.sent), EXPOSITION_COUNTER, "eog_mail_sent_messages",
     "Mails or requests that were taken."},
    {OF(counters.told), EXPOSITION_COUNTER, "eog_mail_told_changes", "Changes of alerts in them."},
    {OF(counters.digests), EXPOSITION_COUNTER, "eog_mail_digests", "Mails that told of many."},
    {OF(counters.retried), EXPOSITION_COUNTER, "eog_mail_failed_attempts",
     "Attempts that failed and are made again."},
    {OF(counters.refused), EXPOSITION_COUNTER, "eog_mail_refused_changes",
     "Changes that the server would not have, ever."},
    {OF(counters.expired), EXPOSITION_COUNTER, "eog_mail_expired_changes",
     "Changes given up after give-up."},
    {OF(counters.filtered), EXPOSITION_COUNTER, "eog_mail_filtered_changes",
     "Changes that are not for this target."},
};

static void begin_mail(struct exposition *e, const struct outbox_row *row)
{
    exposition_sample(e);
    metrics_label(e, "name", row->name);
    metrics_label(e, "target", row->target);
}

void metrics_put_mails(struct outbox *outbox, struct exposition *e)
{
    struct outbox_row *rows = gw_alloc(OUTBOX_TARGETS_MAX * sizeof *rows);
    size_t n = outbox ? outbox_list(outbox, rows, OUTBOX_TARGETS_MAX) : 0;
    for (size_t k = 0; k < sizeof of_mail / sizeof *of_mail; k++) {
        exposition_family(e, of_mail[k].name, of_mail[k].type, of_mail[k].help);
        for (size_t i = 0; i < n; i++) {
            const char *at = (const char *)&rows[i] + of_mail[k].offset;
            begin_mail(e, &rows[i]);
            exposition_uint(e, *(const uint64_t *)(const void *)at);
        }
    }
    exposition_family(e, "eog_mail_state", EXPOSITION_GAUGE,
                      "State of who is told of alerts by mail or webhook: " STATE_HELP ".");
    for (size_t i = 0; i < n; i++) {
        begin_mail(e, &rows[i]);
        exposition_int(e, rows[i].state);
    }
    free(rows);
}

/* ---- sinks, engines ---- */

struct sink_metric {
    size_t offset; /* of an uint64_t in struct gwsnmp_sink_row */
    const char *name, *help;
};
#undef OF
#define OF(member) offsetof(struct gwsnmp_sink_row, member)

static const struct sink_metric of_sink[] = {
    {OF(sent), "eog_sink_sent_notifications", "Notifications sent to a sink, each once."},
    {OF(acknowledged), "eog_sink_acknowledged_notifications", "Informs a sink acknowledged."},
    {OF(resent), "eog_sink_resent_notifications", "Repeats of informs to a sink."},
    {OF(failed), "eog_sink_failed_notifications", "Traps not sent, informs given up."},
    {OF(dropped), "eog_sink_dropped_notifications", "Never sent: too many waited."},
};

/* The number tells two sinks of one address apart: a page must not have the same labels twice. */
static void begin_sink(struct exposition *e, const struct gwsnmp_sink_row *row, size_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%zu", number);
    exposition_sample(e);
    metrics_label(e, "sink", text);
    metrics_label(e, "address", row->address);
    metrics_label(e, "version", row->version == GWSNMP_SINK_V3 ? "3" : "2c");
    metrics_label(e, "kind", row->kind == GWSNMP_SINK_INFORM ? "inform" : "trap");
}

void metrics_put_sinks(struct agent *agent, struct exposition *e)
{
    struct gwsnmp_sink_row *rows = gw_alloc(GWSNMP_SINKS_MAX * sizeof *rows);
    size_t n = agent_sinks(agent, rows, GWSNMP_SINKS_MAX);
    exposition_family(e, "eog_sink_waiting_notifications", EXPOSITION_GAUGE,
                      "Notifications that wait for a sink.");
    for (size_t i = 0; i < n; i++) {
        begin_sink(e, &rows[i], i + 1);
        exposition_uint(e, rows[i].waiting);
    }
    exposition_family(e, "eog_sink_trouble", EXPOSITION_GAUGE,
                      "1: the last notification did not get through.");
    for (size_t i = 0; i < n; i++) {
        begin_sink(e, &rows[i], i + 1);
        exposition_int(e, rows[i].trouble != NULL);
    }
    for (size_t k = 0; k < sizeof of_sink / sizeof *of_sink; k++) {
        exposition_family(e, of_sink[k].name, EXPOSITION_COUNTER, of_sink[k].help);
        for (size_t i = 0; i < n; i++) {
            const char *at = (const char *)&rows[i] + of_sink[k].offset;
            begin_sink(e, &rows[i], i + 1);
            exposition_uint(e, *(const uint64_t *)(const void *)at);
        }
    }
    free(rows);
}

static void put_engine_counts(const struct gwsnmp_engine_row *rows, size_t n, bool is_refused,
                              struct exposition *e)
{
    for (size_t i = 0; i < n; i++) {
        exposition_sample(e);
        metrics_label(e, "engine", rows[i].engine);
        metrics_label(e, "user", rows[i].user);
        exposition_uint(e, is_refused ? rows[i].refused : rows[i].received);
    }
}

void metrics_put_engines(struct agent *agent, struct exposition *e,
                         struct metrics_left_out *left_out)
{
    struct gwsnmp_engine_row *rows = gw_alloc(GWSNMP_ENGINES_MAX * sizeof *rows);
    size_t n = agent_engines(agent, rows, GWSNMP_ENGINES_MAX);
    size_t shown = n < METRICS_ENGINES_MAX ? n : METRICS_ENGINES_MAX;
    left_out->engines = n - shown;
    exposition_family(e, "eog_snmp_engine_received_notifications", EXPOSITION_COUNTER,
                      "Authentic notifications of version 3, by the sender's engine and user.");
    put_engine_counts(rows, shown, false, e);
    exposition_family(e, "eog_snmp_engine_refused_notifications", EXPOSITION_COUNTER,
                      "Notifications of version 3 that were refused.");
    put_engine_counts(rows, shown, true, e);
    free(rows);
}
