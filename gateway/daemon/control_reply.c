/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control socket's answers: the published tables and the counters as JSON. */
#include "gateway/daemon/control_reply.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/agent/agent.h"
#include "gateway/base/arena.h"
#include "gateway/base/civil.h"
#include "gateway/base/json.h"
#include "gateway/daemon/control_feed.h"
#include "gateway/daemon/control_mail.h"
#include "gateway/daemon/control_report.h"
#include "gateway/daemon/control_store.h"
#include "gateway/daemon/control_watch.h"
#include "gateway/daemon/zone_hint.h"

/* An answer is an object in a line. The snapshot is NULL until the engine has judged; end() gives
   it back. */
static const struct snapshot *begin(struct json *json, const struct control_options *options,
                                    struct buf *out)
{
    json_begin(json, out);
    json_begin_object(json, SLICE_NONE);
    return snapshot_get(options->board);
}

static void end(struct json *json, const struct snapshot *snapshot, struct buf *out)
{
    snapshot_put(snapshot);
    json_end_object(json);
    buf_byte(out, '\n');
}

static void put_text(struct json *json, const char *key, const char *value)
{
    json_text(json, slice_from(key), slice_from(value ? value : ""));
}

static void put_int(struct json *json, const char *key, int64_t value)
{
    json_int(json, slice_from(key), value);
}

/* JSON's integers are of 63 bits to many a reader. */
static void put_count(struct json *json, const char *key, uint64_t value)
{
    put_int(json, key, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

void control_reply_time(struct json *json, struct slice key, int64_t ms)
{
    char text[CIVIL_RFC3339_MAX];
    if (ms)
        json_text(json, key, slice_of(text, civil_format(ms, text)));
    else
        json_nil(json, key);
}

static void put_time(struct json *json, const char *key, int64_t ms)
{
    control_reply_time(json, slice_from(key), ms);
}

static void put_summary(struct json *json, const struct snapshot *snapshot)
{
    json_begin_array(json, SLICE("summary"));
    for (size_t i = 0; i < snapshot->n_summary; i++) {
        const struct kpi_summary_row *row = &snapshot->summary[i];
        json_begin_object(json, SLICE_NONE);
        put_int(json, "id", row->kpi);
        put_text(json, "key", row->key);
        put_text(json, "name", row->name);
        put_text(json, "name_zh", row->name_zh);
        put_text(json, "category", row->category);
        put_text(json, "advice", row->advice);
        put_text(json, "advice_zh", row->advice_zh);
        put_text(json, "state", kpi_state_name(row->worst));
        put_text(json, "worst_scope", row->worst_scope);
        put_int(json, "ok", row->ok);
        put_int(json, "warning", row->warning);
        put_int(json, "critical", row->critical);
        put_int(json, "unknown", row->unknown);
        put_time(json, "changed", row->changed_ms);
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_kpi(struct json *json, const struct kpi_row *row)
{
    json_begin_object(json, SLICE_NONE);
    put_int(json, "id", row->kpi);
    put_text(json, "key", row->about->key);
    put_text(json, "scope", row->scope);
    put_text(json, "scope_name", row->scope_name);
    put_text(json, "state", kpi_state_name(row->state));
    put_int(json, "value", row->value);
    put_text(json, "value_text", row->value_text);
    put_text(json, "unit", row->about->unit);
    put_int(json, "warning", row->warning);
    put_int(json, "critical", row->critical);
    put_time(json, "since", row->since_ms);
    put_text(json, "reason", row->reason);
    put_int(json, "events", (int64_t)row->events);
    json_end_object(json);
}

static void put_alert(struct json *json, const struct alert_row *row)
{
    json_begin_object(json, SLICE_NONE);
    put_int(json, "id", row->id);
    put_int(json, "kpi", row->kpi);
    put_text(json, "key", row->key);
    put_text(json, "scope", row->scope);
    put_text(json, "scope_name", row->scope_name);
    put_text(json, "state", kpi_state_name(row->state));
    put_text(json, "worst", kpi_state_name(row->worst));
    put_text(json, "value_text", row->value_text);
    put_text(json, "reason", row->reason);
    put_text(json, "advice", row->advice);
    put_time(json, "opened", row->opened_ms);
    put_time(json, "changed", row->changed_ms);
    json_bool(json, SLICE("acknowledged"), row->is_acknowledged);
    put_text(json, "ack_name", row->ack_name);
    put_text(json, "ack_note", row->ack_note);
    json_bool(json, SLICE("unverified"), row->is_unverified);
    json_bool(json, SLICE("muted"), row->is_muted);
    put_int(json, "events", (int64_t)row->events);
    put_text(json, "evidence", row->evidence);
    json_end_object(json);
}

static void put_alerts(struct json *json, const struct snapshot *snapshot)
{
    json_begin_array(json, SLICE("alerts"));
    for (size_t i = 0; i < snapshot->n_alerts; i++)
        put_alert(json, &snapshot->alerts[i]);
    json_end_array(json);
}

static void put_counters(struct json *json, const struct stats *stats)
{
    json_begin_object(json, SLICE("counters"));
    put_int(json, "received", (int64_t)stats_read(&stats->received));
    put_int(json, "bytes", (int64_t)stats_read(&stats->bytes));
    put_int(json, "unclassified", (int64_t)stats_read(&stats->unclassified));
    put_int(json, "malformed", (int64_t)stats_read(&stats->malformed));
    put_int(json, "truncated", (int64_t)stats_read(&stats->truncated));
    put_int(json, "dropped_full", (int64_t)stats_read(&stats->dropped_full));
    put_int(json, "dropped_kernel", (int64_t)stats_read(&stats->dropped_kernel));
    put_int(json, "dropped_frame", (int64_t)stats_read(&stats->dropped_frame));
    put_int(json, "dropped_rate", (int64_t)stats_read(&stats->dropped_rate));
    put_int(json, "dropped_snmp", (int64_t)stats_read(&stats->dropped_snmp));
    put_int(json, "repeated_informs", (int64_t)stats_read(&stats->repeated_informs));
    put_int(json, "corrections", (int64_t)stats_read(&stats->corrections));
    put_int(json, "connections_open", (int64_t)stats_read(&stats->connections_open));
    put_int(json, "connections_refused", (int64_t)stats_read(&stats->connections_refused));
    put_int(json, "handshakes_failed", (int64_t)stats_read(&stats->handshakes_failed));
    put_int(json, "bad_origins", (int64_t)stats_read(&stats->bad_origins));
    put_int(json, "notifications_sent", (int64_t)stats_read(&stats->notifications_sent));
    put_int(json, "notifications_failed", (int64_t)stats_read(&stats->notifications_failed));
    put_int(json, "notifications_acknowledged",
            (int64_t)stats_read(&stats->notifications_acknowledged));
    put_int(json, "notifications_resent", (int64_t)stats_read(&stats->notifications_resent));
    put_int(json, "agent_limited", (int64_t)stats_read(&stats->agent_limited));
    put_int(json, "messages_listed", (int64_t)stats_read(&stats->messages_listed));
    put_int(json, "messages_told", (int64_t)stats_read(&stats->messages_told));
    put_int(json, "messages_untold", (int64_t)stats_read(&stats->messages_untold));
    put_int(json, "messages_circular", (int64_t)stats_read(&stats->messages_circular));
    put_int(json, "notifications_dropped", (int64_t)stats_read(&stats->notifications_dropped));
    json_end_object(json);
}

static void put_journal(struct json *json, const struct journal *journal)
{
    struct journal_status status;
    journal_get_status(journal, &status);
    json_begin_object(json, SLICE("journal"));
    put_text(json, "epoch", journal_epoch(journal));
    put_int(json, "oldest", (int64_t)status.oldest);
    put_int(json, "committed", (int64_t)status.committed);
    put_int(json, "staged", (int64_t)status.staged);
    put_int(json, "records", (int64_t)status.records);
    put_int(json, "bytes", status.bytes);
    put_time(json, "oldest_time", status.oldest_ms);
    put_int(json, "damaged", (int64_t)status.damaged_records);
    put_int(json, "commits", (int64_t)status.commits);
    json_bool(json, SLICE("failing"), status.is_failing);
    put_text(json, "failure", status.is_failing ? status.failure : "");
    put_text(json, "held_by", status.held_by);
    put_int(json, "dropped_unread", (int64_t)status.dropped_unread);
    json_end_object(json);
}

static void put_sinks(struct json *json, struct agent *agent)
{
    static const char *const versions[] = {"2c", "3"}, *const kinds[] = {"trap", "inform"},
                             *const topics[] = {"alerts", "messages", "all"};
    struct gwsnmp_sink_row *rows = gw_alloc(GWSNMP_SINKS_MAX * sizeof *rows);
    size_t n = agent_sinks(agent, rows, GWSNMP_SINKS_MAX);
    json_begin_array(json, SLICE("sinks"));
    for (size_t i = 0; i < n; i++) {
        json_begin_object(json, SLICE_NONE);
        put_text(json, "address", rows[i].address);
        put_text(json, "version", versions[rows[i].version]);
        put_text(json, "kind", kinds[rows[i].kind]);
        put_text(json, "tells", topics[rows[i].topic]);
        put_text(json, "engine", rows[i].engine);
        put_int(json, "waiting", (int64_t)rows[i].waiting);
        put_int(json, "sent", (int64_t)rows[i].sent);
        put_int(json, "acknowledged", (int64_t)rows[i].acknowledged);
        put_int(json, "resent", (int64_t)rows[i].resent);
        put_int(json, "failed", (int64_t)rows[i].failed);
        put_int(json, "dropped", (int64_t)rows[i].dropped);
        put_text(json, "trouble", rows[i].trouble);
        json_end_object(json);
    }
    json_end_array(json);
    free(rows);
}

/* What the indicator engine holds, and what it had to refuse at its bounds. */
static void put_engine(struct json *json, const struct kpi_engine_figures *f)
{
    json_begin_object(json, SLICE("engine"));
    put_int(json, "computers", (int64_t)f->hosts);
    put_int(json, "scopes", (int64_t)f->scopes);
    put_int(json, "rows", (int64_t)f->rows);
    put_int(json, "bytes", (int64_t)f->bytes);
    put_int(json, "repeats", (int64_t)f->repeats);
    put_int(json, "late", (int64_t)f->late);
    put_int(json, "refused_scopes", (int64_t)f->refused_scopes);
    put_int(json, "refused_sources", (int64_t)f->refused_sources);
    put_int(json, "refused_computers", (int64_t)f->refused_hosts);
    put_int(json, "refused_aliases", (int64_t)f->refused_aliases);
    put_int(json, "refused_components", (int64_t)f->refused_components);
    put_int(json, "refused_names", (int64_t)f->refused_names);
    put_int(json, "refused_cells", (int64_t)f->refused_cells);
    json_end_object(json);
}

/* Members of the status that are there before the first look at the indicators, too. */
static void put_gateway(struct json *json, const struct control_options *options)
{
    put_text(json, "gateway", options->gateway_id);
    put_text(json, "version", options->version);
    put_time(json, "started", options->started_ms);
    put_int(json, "generation", (int64_t)options->generation(options->context));
    put_counters(json, options->stats);
    put_journal(json, options->journal);
    put_sinks(json, options->agent);
    control_feed_put(options->feeds, json);
    control_mail_put(options->outbox, json);
    control_report_put(options->reports, json);
    control_store_put(options->store, options->journal, json);
    control_watch_put(options->watch, json);
}

static void put_look(struct json *json, const struct control_options *options,
                     const struct snapshot *snapshot)
{
    struct kpi_core_status core;
    kpi_core_get_status(options->core, &core);
    put_time(json, "evaluated", snapshot->taken_ms);
    /* A look that changes nothing publishes nothing: the engine itself knows how far it is. */
    put_int(json, "evaluated_sequence", (int64_t)core.sequence);
    json_bool(json, SLICE("catching_up"), snapshot->is_catching_up);
    json_bool(json, SLICE("cannot_read"), core.cannot_read);
    put_engine(json, &core.figures);
    put_summary(json, snapshot);
}

/* ---- answers in pieces ---- */

struct control_rows {
    struct json json;
    const struct snapshot *snapshot; /* NULL: the engine has not judged yet */
    enum { ROWS_KPIS, ROWS_ALERTS, ROWS_DONE } part;
    size_t next;
};

static void begin_part(struct control_rows *rows, int part)
{
    rows->part = part;
    rows->next = 0;
    json_begin_array(&rows->json, part == ROWS_KPIS ? SLICE("kpis") : SLICE("alerts"));
}

static void end_line(struct control_rows *rows)
{
    rows->part = ROWS_DONE;
    json_end_object(&rows->json);
    buf_byte(rows->json.out, '\n');
}

struct control_rows *control_rows_new(const struct control_options *options, bool alerts_alone,
                                      struct buf *out)
{
    struct control_rows *rows = gw_alloc(sizeof *rows);
    rows->snapshot = begin(&rows->json, options, out);
    if (!alerts_alone)
        put_gateway(&rows->json, options);
    if (!alerts_alone && rows->snapshot)
        put_look(&rows->json, options, rows->snapshot);
    if (rows->snapshot)
        begin_part(rows, alerts_alone ? ROWS_ALERTS : ROWS_KPIS);
    else
        end_line(rows);
    return rows;
}

bool control_rows_put(struct control_rows *rows, size_t enough)
{
    const struct snapshot *snapshot = rows->snapshot;
    while (rows->part != ROWS_DONE && rows->json.out->n < enough) {
        if (rows->part == ROWS_KPIS && rows->next < snapshot->n_kpis) {
            put_kpi(&rows->json, &snapshot->kpis[rows->next++]);
        } else if (rows->part == ROWS_ALERTS && rows->next < snapshot->n_alerts) {
            put_alert(&rows->json, &snapshot->alerts[rows->next++]);
        } else {
            json_end_array(&rows->json);
            if (rows->part == ROWS_KPIS)
                begin_part(rows, ROWS_ALERTS);
            else
                end_line(rows);
        }
    }
    return rows->part == ROWS_DONE;
}

void control_rows_free(struct control_rows *rows)
{
    if (!rows)
        return;
    snapshot_put(rows->snapshot);
    free(rows);
}

/* ---- by site ---- */

static struct slice site_of(const struct kpi_row *row)
{
    struct slice site, rest;
    slice_cut(slice_from(row->scope), '/', &site, &rest);
    return site;
}

static int by_site(const void *a, const void *b)
{
    struct slice one = site_of(*(const struct kpi_row *const *)a);
    struct slice other = site_of(*(const struct kpi_row *const *)b);
    size_t n = one.n < other.n ? one.n : other.n;
    int order = memcmp(one.p, other.p, n);
    return order ? order : (one.n > other.n) - (one.n < other.n);
}

static void put_states(struct json *json, const size_t *counts)
{
    for (int state = KPI_OK; state <= KPI_UNKNOWN; state++)
        put_int(json, kpi_state_name((enum kpi_state)state), (int64_t)counts[state]);
}

static void put_sites(struct json *json, const struct snapshot *snapshot)
{
    const struct kpi_row **rows = gw_alloc((snapshot->n_kpis + 1) * sizeof *rows);
    for (size_t i = 0; i < snapshot->n_kpis; i++)
        rows[i] = &snapshot->kpis[i];
    qsort(rows, snapshot->n_kpis, sizeof *rows, by_site);
    json_begin_array(json, SLICE("sites"));
    for (size_t i = 0, next; i < snapshot->n_kpis; i = next) {
        size_t counts[KPI_UNKNOWN + 1] = {0};
        const char *name = NULL; /* its own rows have it */
        for (next = i; next < snapshot->n_kpis && by_site(&rows[i], &rows[next]) == 0; next++) {
            counts[rows[next]->state]++;
            if (!strchr(rows[next]->scope, '/'))
                name = rows[next]->scope_name;
        }
        json_begin_object(json, SLICE_NONE);
        json_text(json, SLICE("site"), site_of(rows[i]));
        if (name)
            put_text(json, "name", name);
        put_states(json, counts);
        json_end_object(json);
    }
    json_end_array(json);
    free(rows);
}

void control_reply_overview(const struct control_options *options, struct buf *out)
{
    struct json json;
    const struct snapshot *snapshot = begin(&json, options, out);
    put_gateway(&json, options);
    if (snapshot) {
        put_look(&json, options, snapshot);
        put_sites(&json, snapshot);
        put_int(&json, "open_alerts", (int64_t)snapshot->n_alerts);
    }
    end(&json, snapshot, out);
}

static bool is_asked(const struct kpi_row *row, const struct control_kpis *asked)
{
    return (!asked->kpi || asked->kpi == row->kpi) && (!asked->wants_bad || row->state != KPI_OK) &&
           (!asked->site[0] || slice_equal_nocase(site_of(row), slice_from(asked->site)));
}

static void put_worst_first(struct json *json, const struct snapshot *snapshot,
                            const struct control_kpis *asked)
{
    static const enum kpi_state order[] = {KPI_CRITICAL, KPI_WARNING, KPI_UNKNOWN, KPI_OK};
    size_t counts[KPI_UNKNOWN + 1] = {0}, shown = 0;
    json_begin_array(json, SLICE("kpis"));
    for (size_t s = 0; s < sizeof order / sizeof *order; s++)
        for (size_t i = 0; i < snapshot->n_kpis; i++) {
            const struct kpi_row *row = &snapshot->kpis[i];
            if (row->state != order[s] || !is_asked(row, asked))
                continue;
            counts[row->state]++;
            if (shown < asked->limit) {
                put_kpi(json, row);
                shown++;
            }
        }
    json_end_array(json);
    put_states(json, counts);
}

void control_reply_kpis(const struct control_options *options, const struct control_kpis *asked,
                        struct buf *out)
{
    struct json json;
    const struct snapshot *snapshot = begin(&json, options, out);
    if (snapshot)
        put_worst_first(&json, snapshot, asked);
    end(&json, snapshot, out);
}

void control_reply_alerts(const struct control_options *options, struct buf *out)
{
    struct json json;
    const struct snapshot *snapshot = begin(&json, options, out);
    if (snapshot)
        put_alerts(&json, snapshot);
    end(&json, snapshot, out);
}

static void put_top_rows(struct json *json, const struct snapshot *snapshot,
                         const struct top_list *list)
{
    json_begin_array(json, SLICE("rows"));
    for (size_t i = 0; i < snapshot->n_tops; i++) {
        const struct top_row *row = &snapshot->tops[i];
        if (row->period != list->period || row->kind != list->kind)
            continue;
        json_begin_object(json, SLICE_NONE);
        put_int(json, "rank", row->rank);
        put_text(json, "name", row->name);
        if (*row->site)
            put_text(json, "site", row->site);
        put_count(json, "count", row->count);
        put_count(json, "error", row->error);
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_tops(struct json *json, const struct snapshot *snapshot,
                     const struct control_top *asked)
{
    put_time(json, "evaluated", snapshot->taken_ms);
    json_bool(json, SLICE("catching_up"), snapshot->is_catching_up);
    put_text(json, "zone", snapshot->top_zone);
    json_begin_array(json, SLICE("tops"));
    for (size_t i = 0; i < snapshot->n_top_lists; i++) {
        const struct top_list *list = &snapshot->top_lists[i];
        if ((asked->period && asked->period != list->period) ||
            (asked->kind && asked->kind != list->kind))
            continue;
        json_begin_object(json, SLICE_NONE);
        put_text(json, "period", control_top_period(list->period));
        put_text(json, "kind", control_top_kind(list->kind));
        put_time(json, "begin", list->begin_ms);
        put_time(json, "end", list->end_ms);
        put_count(json, "total", list->total);
        put_count(json, "missed", list->missed);
        put_top_rows(json, snapshot, list);
        json_end_object(json);
    }
    json_end_array(json);
}

void control_reply_top(const struct control_options *options, const struct control_top *asked,
                       struct buf *out)
{
    struct json json;
    const struct snapshot *snapshot = begin(&json, options, out);
    if (snapshot)
        put_tops(&json, snapshot, asked);
    end(&json, snapshot, out);
}

/* Senders of version 3, known by their engine and user. */
static void put_engines(struct json *json, struct agent *agent)
{
    struct gwsnmp_engine_row *rows = gw_alloc(GWSNMP_ENGINES_MAX * sizeof *rows);
    size_t n = agent_engines(agent, rows, GWSNMP_ENGINES_MAX);
    char own[2 * 32 + 1];
    agent_engine_id(agent, own);
    put_text(json, "engine_id", own);
    json_begin_array(json, SLICE("engines"));
    for (size_t i = 0; i < n; i++) {
        json_begin_object(json, SLICE_NONE);
        put_text(json, "engine", rows[i].engine);
        put_text(json, "user", rows[i].user);
        put_text(json, "peer", rows[i].peer);
        put_int(json, "received", (int64_t)rows[i].received);
        put_int(json, "refused", (int64_t)rows[i].refused);
        put_text(json, "refusal", rows[i].refusal);
        put_time(json, "last_seen", rows[i].last_seen_ms);
        json_end_object(json);
    }
    json_end_array(json);
    free(rows);
}

void control_reply_sources(const struct control_options *options, struct buf *out)
{
    struct stats_source **rows = gw_alloc((STATS_SOURCES_MAX + 1) * sizeof *rows);
    size_t n = stats_list_sources(options->stats, 0, rows, STATS_SOURCES_MAX + 1);
    struct json json;
    json_begin(&json, out);
    json_begin_object(&json, SLICE_NONE);
    json_begin_array(&json, SLICE("sources"));
    for (size_t i = 0; i < n; i++) {
        const struct stats_source *via = atomic_load_explicit(&rows[i]->via, memory_order_relaxed);
        const char *guessed = atomic_load_explicit(&rows[i]->guessed, memory_order_relaxed);
        json_begin_object(&json, SLICE_NONE);
        put_text(&json, "peer", rows[i]->peer);
        put_text(&json, "transport", gw_transport_name(rows[i]->transport));
        put_int(&json, "received", (int64_t)stats_read(&rows[i]->received));
        put_int(&json, "unclassified", (int64_t)stats_read(&rows[i]->unclassified));
        put_int(&json, "malformed", (int64_t)stats_read(&rows[i]->malformed));
        put_int(&json, "dropped", (int64_t)stats_read(&rows[i]->dropped));
        put_int(&json, "handshakes_failed", (int64_t)stats_read(&rows[i]->handshakes_failed));
        put_text(&json, "via", via ? via->peer : "");
        put_int(&json, "relayed", (int64_t)stats_read(&rows[i]->relayed));
        put_text(&json, "guessed_charset", guessed ? guessed : "");
        put_int(&json, "zone_hint_s", zone_hint_get(rows[i]));
        put_int(&json, "bad_origins", (int64_t)stats_read(&rows[i]->bad_origins));
        put_time(&json, "last_seen", (int64_t)stats_read(&rows[i]->last_seen_ms));
        json_end_object(&json);
    }
    json_end_array(&json);
    put_engines(&json, options->agent);
    json_end_object(&json);
    buf_byte(out, '\n');
    free(rows);
}

void control_reply_error(struct buf *out, struct slice text)
{
    struct json json;
    json_begin(&json, out);
    json_begin_object(&json, SLICE_NONE);
    json_text(&json, SLICE("error"), text);
    json_end_object(&json);
    buf_byte(out, '\n');
}
