/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The daemon's tables for a person's terminal: aligned, coloured on a terminal only. */
#include "gateway/ctl/status.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "gateway/ctl/client.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/feed.h"
#include "gateway/ctl/history.h"
#include "gateway/ctl/inert.h"
#include "gateway/ctl/mail.h"
#include "gateway/ctl/reports.h"
#include "gateway/ctl/store.h"
#include "gateway/ctl/table.h"
#include "gateway/ctl/unknown.h"
#include "gateway/ctl/watchlist.h"

static const char *text_of(const json_t *object, const char *key)
{
    return client_text_or(object, key, "-");
}

/* Asks, prints JSON as it is or calls show. */
static int run(int argc, char **argv, const char *request, const char *help,
               void (*show)(const json_t *answer))
{
    struct client_options options;
    if (!client_parse(argc, argv, &options))
        return CTL_USAGE;
    if (options.is_help || options.n_rest)
        return ctl_help(help, options.is_help);
    json_t *answer = client_ask_json(&options, request);
    if (!answer)
        return CTL_CANNOT;
    if (options.is_json)
        inert_print_json(answer, stdout);
    else
        show(answer);
    json_decref(answer);
    return CTL_OK;
}

static void show_sinks(const json_t *sinks)
{
    const json_t *row;
    size_t i;
    json_array_foreach(sinks, i, row)
    {
        const char *trouble = text_of(row, "trouble"), *tells = text_of(row, "tells");
        bool is_told_alerts_alone = strcmp(tells, "alerts") == 0;
        printf("sink %s, %s of version %s%s%s: sent %lld, ", text_of(row, "address"),
               text_of(row, "kind"), text_of(row, "version"),
               is_told_alerts_alone ? "" : ", tells ", is_told_alerts_alone ? "" : tells,
               client_int(row, "sent"));
        if (strcmp(text_of(row, "kind"), "inform") == 0)
            printf("acknowledged %lld, waiting %lld, ", client_int(row, "acknowledged"),
                   client_int(row, "waiting"));
        printf("failed %lld, dropped %lld%s%s\n", client_int(row, "failed"),
               client_int(row, "dropped"), *trouble ? "; " : "", trouble);
    }
}

static void show_journal(const json_t *journal)
{
    bool is_failing = json_is_true(json_object_get(journal, "failing"));
    const char *held_by = text_of(journal, "held_by");
    printf("journal %lld records, %.1f MiB%s%s\n", client_int(journal, "records"),
           (double)client_int(journal, "bytes") / 1048576, is_failing ? "; FAILING: " : "",
           is_failing ? text_of(journal, "failure") : "");
    if (client_int(journal, "damaged"))
        printf("journal: %lld records are DAMAGED; eogctl journal verify says where\n",
               client_int(journal, "damaged"));
    if (*held_by && strcmp(held_by, "-") != 0)
        printf("journal: beyond its retention, because reader %s is behind\n", held_by);
    if (client_int(journal, "dropped_unread"))
        printf("journal: %lld records were LET GO that a reader had not had\n",
               client_int(journal, "dropped_unread"));
}

static void show_head(const json_t *answer)
{
    const json_t *counters = json_object_get(answer, "counters"),
                 *journal = json_object_get(answer, "journal");
    printf("gateway %s, version %s, since %s\n", text_of(answer, "gateway"),
           text_of(answer, "version"), text_of(answer, "started"));
    printf("received %lld, unclassified %lld, malformed %lld; dropped: journal %lld, kernel %lld, "
           "framing %lld, rate %lld, snmp %lld; polls not answered: %lld\n",
           client_int(counters, "received"), client_int(counters, "unclassified"),
           client_int(counters, "malformed"), client_int(counters, "dropped_full"),
           client_int(counters, "dropped_kernel"), client_int(counters, "dropped_frame"),
           client_int(counters, "dropped_rate"), client_int(counters, "dropped_snmp"),
           client_int(counters, "agent_limited"));
    if (client_int(counters, "connections_open") || client_int(counters, "connections_refused") ||
        client_int(counters, "handshakes_failed"))
        printf("connections: open %lld, refused %lld, failed handshakes %lld\n",
               client_int(counters, "connections_open"),
               client_int(counters, "connections_refused"),
               client_int(counters, "handshakes_failed"));
    if (client_int(counters, "bad_origins"))
        printf("relays named senders that are no address: %lld messages\n",
               client_int(counters, "bad_origins"));
    if (client_int(counters, "corrections"))
        printf("corrections %lld\n", client_int(counters, "corrections"));
    if (client_int(counters, "messages_listed") || client_int(counters, "messages_circular"))
        printf(
            "SYSLOG-MSG-MIB: messages %lld, told %lld, not told for max-rate %lld, kept out lest "
            "they go in circles %lld\n",
            client_int(counters, "messages_listed"), client_int(counters, "messages_told"),
            client_int(counters, "messages_untold"), client_int(counters, "messages_circular"));
    show_journal(journal);
    show_sinks(json_object_get(answer, "sinks"));
    feed_show_lines(json_object_get(answer, "feeds"));
    mail_show_lines(json_object_get(answer, "mails"));
    store_show_lines(json_object_get(answer, "store"));
    watchlist_show_lines(json_object_get(answer, "watchlist"));
    reports_show_lines(json_object_get(answer, "reports"), json_object_get(answer, "letters"));
    if (json_is_true(json_object_get(answer, "catching_up")))
        printf("catching up with the journal: record %lld\n",
               client_int(answer, "evaluated_sequence"));
    putchar('\n');
}

static void show_status(const json_t *answer)
{
    static const char *const headings[] = {"ID", "KPI", "SCOPE", "STATE", "VALUE", "REASON"};
    struct table *table = table_new(headings, 6);
    const json_t *kpis = json_object_get(answer, "kpis"),
                 *summary = json_object_get(answer, "summary"), *row;
    size_t i, k;
    show_head(answer);
    json_array_foreach(summary, i, row)
    {
        long long id = client_int(row, "id");
        const json_t *scope;
        char number[24];
        int shown = 0;
        snprintf(number, sizeof number, "%lld", id);
        json_array_foreach(kpis, k, scope)
        {
            if (client_int(scope, "id") != id)
                continue;
            const char *cells[] = {number,
                                   text_of(row, "key"),
                                   text_of(scope, "scope"),
                                   text_of(scope, "state"),
                                   text_of(scope, "value_text"),
                                   text_of(scope, "reason")};
            table_add(table, cells);
            shown++;
        }
        if (!shown) {
            const char *cells[] = {number, text_of(row, "key"), "-", text_of(row, "state"), "", ""};
            table_add(table, cells);
        }
    }
    table_print(table, stdout);
    table_free(table);
    printf("\n%zu open alerts%s\n", json_array_size(json_object_get(answer, "alerts")),
           json_array_size(json_object_get(answer, "alerts")) ? ": eogctl alerts" : "");
}

static void show_alerts(const json_t *answer)
{
    static const char *const headings[] = {"ID",     "KPI",     "SCOPE", "STATE",
                                           "OPENED", "IN HAND", "VALUE", "REASON"};
    struct table *table = table_new(headings, 8);
    const json_t *row;
    size_t i;
    json_array_foreach(json_object_get(answer, "alerts"), i, row)
    {
        char number[24];
        snprintf(number, sizeof number, "%lld", client_int(row, "id"));
        char state[32];
        snprintf(state, sizeof state, "%.20s%s", text_of(row, "state"),
                 json_is_true(json_object_get(row, "muted")) ? ", muted" : "");
        const char *cells[] = {number,
                               text_of(row, "key"),
                               text_of(row, "scope"),
                               state,
                               text_of(row, "opened"),
                               text_of(row, "ack_name"),
                               text_of(row, "value_text"),
                               text_of(row, "reason")};
        table_add(table, cells);
    }
    table_print(table, stdout);
    table_free(table);
}

static void show_engines(const json_t *answer)
{
    static const char *const columns[][3] = {
        {"ENGINE", "engine", "-"},        {"USER", "user", "-"},  {"PEER", "peer", "-"},
        {"RECEIVED", "received"},         {"REFUSED", "refused"}, {"LAST SEEN", "last_seen", "-"},
        {"LAST REFUSAL", "refusal", "-"},
    };
    const json_t *engines = json_object_get(answer, "engines");
    if (!json_array_size(engines))
        return;
    printf("\nSNMPv3 senders (informs go to engine %s):\n", text_of(answer, "engine_id"));
    client_show_table(engines, columns, sizeof columns / sizeof *columns);
}

static void show_guessed(const json_t *sources)
{
    size_t i;
    bool has_title = false;
    const json_t *row;
    json_array_foreach(sources, i, row)
    {
        const char *charset = client_text_or(row, "guessed_charset", "");
        if (*charset == '\0')
            continue;
        if (!has_title)
            printf("\nText that is not UTF-8, of no declared character set, was read as what is "
                   "likely. To be sure:\n");
        has_title = true;
        printf("  <source address=\"%s\" charset=\"%s\"/>\n", text_of(row, "peer"), charset);
    }
}

static void show_zones(const json_t *sources)
{
    size_t i;
    bool has_title = false;
    const json_t *row;
    json_array_foreach(sources, i, row)
    {
        long long off_s = client_int(row, "zone_hint_s"),
                  minutes = (off_s < 0 ? -off_s : off_s) / 60;
        if (off_s == 0)
            continue;
        if (!has_title)
            printf("\nTimes without a zone, off as if zone= of their <source> were wrong or not "
                   "there:\n");
        has_title = true;
        printf("  %s: %lld:%02lld h %s their receipt\n", text_of(row, "peer"), minutes / 60,
               minutes % 60, off_s < 0 ? "behind" : "ahead of");
    }
}

static void show_sources(const json_t *answer)
{
    static const char *const columns[][3] = {
        {"PEER", "peer", "-"},      {"BY", "transport", "-"},
        {"RECEIVED", "received"},   {"UNCLASSIFIED", "unclassified"},
        {"MALFORMED", "malformed"}, {"DROPPED", "dropped"},
        {"RELAYED", "relayed"},     {"LAST SEEN", "last_seen", "-"},
        {"VIA", "via", "-"},
    };
    client_show_table(json_object_get(answer, "sources"), columns,
                      sizeof columns / sizeof *columns);
    show_guessed(json_object_get(answer, "sources"));
    show_zones(json_object_get(answer, "sources"));
    show_engines(answer);
}

int ctl_status(int argc, char **argv)
{
    return run(argc, argv, "status",
               "usage: eogctl status [--json] [--state DIR]\n"
               "The gateway's counters, its journal, and every indicator with its scopes.\n\n"
               "  eogctl status\n"
               "  eogctl status --json | jq '.kpis[] | select(.state != \"ok\")'\n",
               show_status);
}

static const char alerts_help[] =
    "usage: eogctl alerts [--history [--since TIME]] [--json] [--state DIR]\n"
    "Open alerts, with value and reason, and who has them in hand (eogctl ack). muted: nobody\n"
    "was told, as a <maintenance> of the configuration lasts.\n"
    "  --history     all that the store knows, closed ones too, the newest first\n"
    "  --since TIME  of them those that were open then or later: 2026-03-01\n\n"
    "  eogctl alerts\n"
    "  eogctl alerts --history --since 2026-03-01\n"
    "  eogctl alerts --json | jq '.alerts[] | select(.acknowledged | not)'\n";

int ctl_alerts(int argc, char **argv)
{
    struct client_options options;
    const char *since = NULL;
    bool is_history = client_take_flag(&argc, argv, "--history");
    if (!client_take(&argc, argv, "--since", &since))
        return CTL_USAGE;
    if (since && !is_history) {
        fputs("eogctl alerts: --since goes with --history\n", stderr);
        return CTL_USAGE;
    }
    if (!is_history)
        return run(argc, argv, "alerts", alerts_help, show_alerts);
    if (!client_parse(argc, argv, &options))
        return CTL_USAGE;
    if (options.is_help || options.n_rest)
        return ctl_help(alerts_help, options.is_help);
    return history_show(&options, since);
}

static const char sources_help[] =
    "usage: eogctl sources [--unknown [-n N]] [--json] [--state DIR]\n"
    "Who sends, by what, how much, and what was not understood.\n"
    "  --unknown  what no mapping knew among the last N records (default 100000), by its shape:\n"
    "             vendor, product and event; a trap's OID; names; first words\n\n"
    "  eogctl sources\n"
    "  eogctl sources --unknown\n"
    "  eogctl sources --unknown --json | jq -r '.unknown[].shape'\n";

int ctl_sources(int argc, char **argv)
{
    struct client_options options;
    int64_t n = UNKNOWN_LOOK;
    if (!client_take_flag(&argc, argv, "--unknown"))
        return run(argc, argv, "sources", sources_help, show_sources);
    if (!unknown_take_count(&argc, argv, &n) || !client_parse(argc, argv, &options))
        return CTL_USAGE;
    if (options.is_help || options.n_rest)
        return ctl_help(sources_help, options.is_help);
    return unknown_show(&options, n);
}
