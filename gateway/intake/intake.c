/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The intake threads: bind everything first, then start. Datagram sockets live on the first worker,
 * which calls the others when more comes than it can take; TCP connections are dealt out over all.
 */
#include "gateway/intake/intake.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/thread.h"
#include "gateway/intake/connection.h"
#include "gateway/intake/intake_internal.h"
#include "gateway/intake/listen.h"

/* How long the end may take: the daemon promises to be gone within 5 s. */
enum { FINISH_MS = 2000, REST_MS = 500 };

static void on_journal_wake(void *context)
{
    struct worker *worker = context;
    loop_wake_send(worker->committed);
}

static void on_committed(void *context)
{
    struct worker *worker = context;
    if (worker == worker->intake->workers)
        udp_committed(worker->intake);
    notifications_committed(worker);
    connections_committed(worker);
}

static int worker_open(struct worker *worker, struct intake *intake)
{
    const struct intake_options *options = &intake->options;
    *worker = (struct worker){.intake = intake, .watch_id = -1};
    worker->loop = loop_new();
    if (!worker->loop)
        return GW_ERR_IO;
    worker->peers = peers_new(options->stats);
    worker->stream_buffer = gw_alloc(STREAM_UNIT + STREAM_READ);
    worker->connections = connections_new(worker);
    worker->committed = loop_wake_new(worker->loop, on_committed, worker);
    if (!worker->connections || !worker->committed)
        return GW_ERR_IO;
    worker->lane = options->sink.lane_new(options->sink.context);
    worker->watch_id = journal_watch(options->journal, on_journal_wake, worker);
    return GW_OK;
}

static void worker_close(struct worker *worker)
{
    if (worker->watch_id >= 0)
        journal_unwatch(worker->intake->options.journal, worker->watch_id);
    follow_close_all(worker);
    notifications_close_all(worker);
    loop_timer_free(worker->calm_look);
    loop_wake_free(worker->committed);
    if (worker->lane)
        worker->intake->options.sink.lane_free(worker->lane);
    peers_free(worker->peers);
    free(worker->stream_buffer);
    loop_free(worker->loop);
}

static int open_all(struct intake *intake, struct diag *diag)
{
    const struct intake_options *options = &intake->options;
    int worst = GW_OK, result;
    for (int i = 0; i < intake->n_workers; i++)
        if ((result = worker_open(&intake->workers[i], intake)) != GW_OK)
            return result;
    for (size_t i = 0; i < options->n_udp; i++)
        if ((result = udp_open(intake, options->udp[i], diag)) != GW_OK)
            worst = result;
    if (options->n_notifications && (result = v3_open(intake)) != GW_OK)
        return result;
    for (size_t i = 0; i < options->n_notifications; i++)
        if ((result = notifications_open(&intake->workers[0], options->notifications[i], diag)) !=
            GW_OK)
            worst = result;
    for (size_t i = 0; i < options->n_unix; i++)
        if ((result = unix_open(intake, options->unix_[i], diag)) != GW_OK)
            worst = result;
    for (size_t i = 0; i < options->n_follow; i++)
        if ((result = follow_open(&intake->workers[0], options->follow[i], diag)) != GW_OK)
            worst = result;
    for (size_t i = 0; i < options->n_tcp; i++)
        if ((result = listen_open(intake, options->tcp[i], &tcp_protocol, diag)) != GW_OK)
            worst = result;
    for (size_t i = 0; i < options->n_tls; i++)
        if ((result = listen_open(intake, options->tls[i], &tcp_tls_protocol, diag)) != GW_OK)
            worst = result;
    for (size_t i = 0; i < options->n_relp; i++)
        if ((result = listen_open(intake, options->relp[i], &relp_protocol, diag)) != GW_OK)
            worst = result;
    return worst;
}

static void *run(void *context)
{
    struct worker *worker = context;
    loop_run(worker->loop);
    return NULL;
}

int intake_start(const struct intake_options *options, struct diag *diag, struct intake **out)
{
    struct intake *intake = gw_alloc(sizeof *intake);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    *out = NULL;
    intake->options = *options;
    intake->n_workers = options->threads ? options->threads
                        : cores < 1      ? 1
                        : cores > 8      ? 8
                                         : (int)cores;
    intake->workers = gw_alloc((size_t)intake->n_workers * sizeof *intake->workers);
    int result = open_all(intake, diag);
    for (int i = 0; i < intake->n_workers && result == GW_OK; i++)
        if (gw_thread_start(&intake->workers[i].thread, "intake", run, &intake->workers[i]) == 0)
            intake->workers[i].is_running = true;
        else
            result = GW_ERR_IO;
    if (result != GW_OK) {
        if (diag_is_empty(diag))
            diag_add(diag, "intake", 0, "cannot start: no descriptors or threads left");
        intake_stop(intake);
        return result;
    }
    *out = intake;
    return GW_OK;
}

/* Senders of datagrams have no other copy. The senders that wait for answers get theirs before they
 * are told. What else was read is offered once more when the journal has had time to make room. */
static void finish(struct intake *intake)
{
    struct journal_status status;
    int64_t now_ms = clock_read(intake->options.clock).mono_ms, until_ms = now_ms + FINISH_MS;
    notifications_read_rest(&intake->workers[0], now_ms + REST_MS / 2);
    udp_read_rest(intake, now_ms + REST_MS);
    journal_get_status(intake->options.journal, &status);
    journal_wait_committed(intake->options.journal, status.staged, FINISH_MS / 2);
    for (int i = 0; i < intake->n_workers; i++) {
        struct worker *worker = &intake->workers[i];
        if (!worker->connections)
            continue;
        connections_take_left(worker);
        notifications_committed(worker);
        connections_finish(worker, until_ms);
    }
}

void intake_stop(struct intake *intake)
{
    if (!intake)
        return;
    for (int i = 0; i < intake->n_workers; i++) {
        struct worker *worker = &intake->workers[i];
        if (!worker->is_running)
            continue;
        loop_stop(worker->loop);
        pthread_join(worker->thread, NULL);
    }
    finish(intake);
    /* Connections count themselves at their listener: they go first. */
    for (int i = 0; i < intake->n_workers; i++) {
        connections_free(intake->workers[i].connections);
        intake->workers[i].connections = NULL;
    }
    listen_close_all(intake);
    udp_close_all(intake);
    v3_close(intake->v3);
    for (int i = 0; i < intake->n_workers; i++)
        if (intake->workers[i].intake)
            worker_close(&intake->workers[i]);
    free(intake->workers);
    free(intake);
}
