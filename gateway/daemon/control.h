/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_CONTROL_H
#define GATEWAY_DAEMON_CONTROL_H

#include "gateway/base/clock.h"
#include "gateway/daemon/reports.h"
#include "gateway/feed/feed.h"
#include "gateway/journal/journal.h"
#include "gateway/kpi/core.h"
#include "gateway/kpi/snapshot.h"
#include "gateway/loop/loop.h"
#include "gateway/outbox/outbox.h"
#include "gateway/stats/stats.h"
#include "gateway/store/store.h"

struct watch;

/**
 * The local control socket (state/control.sock, mode 0660): eogctl asks in one line, the daemon
 * answers in lines of JSON. Requests: "status", "alerts", "sources", "top [PERIOD] [KIND]"
 * (control_request.h), "tail [N]" (the last N records, then each new one until the client goes),
 * "tail N all" (the gateway's ticks and loads too), "tail N unknown" (of the last N records those
 * that no mapping knew, then the end), "ack ID TAB NAME [TAB NOTE]" (control_ack.h), "feed forget
 * NAME" (control_feed.h), "mail test NAME" and "mail result N" (control_mail.h), "store [rebuild]"
 * (control_store.h), "correct BYTES" and the bytes (control_correct.h; one client at a time, until
 * he goes), "watchlist [reset]" and "watchlist load BYTES FILE" and the bytes (control_watch.h; one
 * at a time). Only root, the daemon's own user and members of its group get in, 32 at a time; one
 * more takes the place of who was idle for longest, if that is idle_ms, or is told that there is
 * none. Who takes nothing of a "status" or "alerts" for idle_ms is closed, whoever wants his place:
 * a picture of all states is held for him. Idle is who neither reads nor writes, though nothing of
 * ours is what he waits for: a tail that is read is not. What cannot be answered is {"error":TEXT};
 * a request that is too long ends the connection after that.
 */
struct control;

/* How far something is whose bytes follow its request. */
enum control_batch_state {
    CONTROL_BATCH_WANTS, /* more of its bytes */
    CONTROL_BATCH_WAITS, /* for the journal: to take more, or to have it on disk */
    CONTROL_BATCH_DONE   /* an answer is in out */
};

struct control_options {
    const char *gateway_id, *version;
    int64_t started_ms;
    const struct clock *clock;
    struct journal *journal;
    struct snapshot_board *board;
    struct kpi_core *core;
    struct stats *stats;
    struct agent *agent;
    struct feeds *feeds;
    struct store *store; /* NULL: switched off */
    struct outbox *outbox;
    struct watch *watch;
    const struct reports *reports;
    uint64_t (*generation)(void *context); /* of the rules */
    void *context;
    int64_t idle_ms;
};

/* The socket at path, on the loop's thread. GW_ERR_IO with a log line when it cannot be made. */
int control_start(struct loop *loop, const char *path, const struct control_options *options,
                  struct control **out);
void control_stop(struct control *control);

#endif
