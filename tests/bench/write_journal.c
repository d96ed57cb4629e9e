/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A gateway's past, made in minutes: messages go the daemon's own way (parse, normalize, append)
 * into the journal of a state folder, with the times that their lines give instead of the clock's.
 *
 *     write_journal CONFIG DATA STATE < lines
 *
 *     T <TAB> ms                                        a tick of the clock
 *     M <TAB> ms <TAB> address <TAB> message            as received from there at that time
 *     R <TAB> ms <TAB> address <TAB> kind <TAB> host    a record of a kind that no mapping makes
 *
 * The journal must be one that eogd has begun, so that its settings are in it. Nothing is synced:
 * the machine may lose it all.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/diag.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/config/config.h"
#include "gateway/daemon/pipeline.h"
#include "gateway/daemon/rules.h"
#include "gateway/daemon/settings.h"
#include "gateway/journal/journal.h"
#include "gateway/journal/settings.h"
#include "gateway/kpi/record.h"
#include "gateway/stats/stats.h"
#include "gateway/xml/document.h"

enum { PEERS_MAX = 256, FULL_WAIT_US = 1000 };

struct writer {
    struct journal *journal;
    struct stats *stats;
    struct rules *rules;
    struct pipeline *pipeline;
    struct intake_sink sink;
    void *lane;
    struct intake_peer peers[PEERS_MAX];
    size_t n_peers;
    struct gw_event event;
    struct buf bytes;
    uint64_t sequence, records, ticks;
    int64_t begin_ms;
};

static struct intake_peer *peer_of(struct writer *w, struct slice address)
{
    for (size_t i = 0; i < w->n_peers; i++)
        if (slice_equal(w->peers[i].name, address))
            return &w->peers[i];
    if (w->n_peers == PEERS_MAX || !address.n || address.n >= ADDRESS_TEXT_MAX)
        return NULL;
    struct intake_peer *peer = &w->peers[w->n_peers++];
    memcpy(peer->text, address.p, address.n);
    peer->text_n = address.n;
    peer->ip = peer->name = slice_of(peer->text, address.n);
    peer->stats = stats_source(w->stats, peer->ip, GW_TRANSPORT_TCP);
    return peer;
}

static int append(struct writer *w)
{
    int result;
    buf_clear(&w->bytes);
    gw_event_encode(&w->event, &w->bytes);
    while ((result = journal_append(w->journal, buf_get(&w->bytes), &w->sequence)) == GW_ERR_FULL)
        usleep(FULL_WAIT_US);
    return result;
}

static int put_tick(struct writer *w, int64_t ms)
{
    if (!w->begin_ms)
        w->begin_ms = ms;
    const struct clock_reading now = {.wall_ms = ms, .mono_ms = ms - w->begin_ms};
    kpi_record_tick(&w->event, now, SLICE("simulated"));
    w->ticks++;
    return append(w);
}

static int put_message(struct writer *w, int64_t ms, struct intake_peer *peer, struct slice message)
{
    const struct envelope envelope = {
        .bytes = message, .transport = GW_TRANSPORT_TCP, .peer = peer, .received_ms = ms};
    int result;
    while ((result = w->sink.take(w->lane, &envelope, &w->sequence)) == GW_ERR_FULL)
        usleep(FULL_WAIT_US);
    w->records++;
    return result;
}

static int put_record(struct writer *w, int64_t ms, struct intake_peer *peer, struct slice rest)
{
    struct slice name, host;
    struct gw_event *event = &w->event;
    slice_cut(rest, '\t', &name, &host);
    int kind = gw_kind_by_name(name);
    gw_event_clear(event);
    event->kind = (uint16_t)(kind > 0 ? kind : 0);
    event->transport = GW_TRANSPORT_TCP;
    event->time_ms = event->received_ms = ms;
    gw_event_set_text(event, GW_FIELD_PEER, peer->ip);
    gw_event_set_text(event, GW_FIELD_SITE, slice_from(rules_find(w->rules, peer->name)->site));
    gw_event_set_text(event, GW_FIELD_HOST_NAME, host);
    w->records++;
    return event->kind ? append(w) : GW_ERR_INVALID;
}

static int put_line(struct writer *w, struct slice line)
{
    struct slice what, time, address, rest;
    int64_t ms;
    slice_cut(line, '\t', &what, &rest);
    slice_cut(rest, '\t', &time, &rest);
    if (!slice_to_int(time, &ms))
        return GW_ERR_INVALID;
    if (slice_equal(what, SLICE("T")))
        return put_tick(w, ms);
    slice_cut(rest, '\t', &address, &rest);
    struct intake_peer *peer = peer_of(w, address);
    if (!peer)
        return GW_ERR_INVALID;
    if (slice_equal(what, SLICE("M")))
        return put_message(w, ms, peer, rest);
    return slice_equal(what, SLICE("R")) ? put_record(w, ms, peer, rest) : GW_ERR_INVALID;
}

static int put_lines(struct writer *w)
{
    char *line = NULL;
    size_t size = 0, number = 0;
    ssize_t n;
    int result = GW_OK;
    while (result == GW_OK && (n = getline(&line, &size, stdin)) > 0) {
        number++;
        result = put_line(w, slice_of(line, (size_t)n - (line[n - 1] == '\n')));
    }
    free(line);
    if (result != GW_OK)
        fprintf(stderr, "write_journal: line %zu: %s\n", number, gw_error_text(result));
    return result;
}

static int open_all(struct writer *w, char **argv, struct diag *diag)
{
    char path[PATH_MAX];
    struct config *config;
    struct journal_options options;
    int result = settings_load(argv[1], diag, &config);
    if (result == GW_OK)
        result = rules_load(config, argv[2], 1, diag, &w->rules);
    if (result != GW_OK)
        return result;
    journal_settings_to_options(config_get(w->rules->config, "journal"), &options);
    options.sync = false;
    snprintf(path, sizeof path, "%.4000s/journal", argv[3]);
    result = journal_open(path, &options, &w->journal);
    if (result != GW_OK)
        return result;
    w->stats = stats_new();
    w->pipeline = pipeline_new(w->journal, w->stats, w->rules);
    w->sink = pipeline_sink(w->pipeline);
    w->lane = w->sink.lane_new(w->sink.context);
    return GW_OK;
}

static void close_all(struct writer *w)
{
    if (w->lane)
        w->sink.lane_free(w->lane);
    pipeline_free(w->pipeline);
    stats_free(w->stats);
    journal_close(w->journal);
    rules_put(w->rules);
    buf_free(&w->bytes);
}

int main(int argc, char **argv)
{
    struct diag diag = {0};
    if (argc != 4) {
        fputs("usage: write_journal CONFIG DATA STATE < lines\n", stderr);
        return 2;
    }
    struct writer *w = gw_alloc(sizeof *w);
    xml_init();
    log_set_level(LOG_LEVEL_WARN);
    int result = open_all(w, argv, &diag);
    diag_print(&diag, stderr);
    if (result == GW_OK)
        result = put_lines(w);
    else
        fprintf(stderr, "write_journal: %s\n", gw_error_text(result));
    if (result == GW_OK)
        result = journal_wait_committed(w->journal, w->sequence, 60000);
    printf("%" PRIu64 " records, %" PRIu64 " ticks, %" PRIu64 " of no mapping\n", w->records,
           w->ticks, w->stats ? stats_read(&w->stats->unclassified) : 0);
    close_all(w);
    diag_free(&diag);
    free(w);
    xml_fini();
    return result == GW_OK ? 0 : 1;
}
