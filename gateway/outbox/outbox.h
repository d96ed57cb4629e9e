/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_OUTBOX_OUTBOX_H
#define GATEWAY_OUTBOX_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/clock.h"
#include "gateway/base/slice.h"
#include "gateway/config/config.h"
#include "gateway/journal/journal.h"
#include "gateway/kpi/snapshot.h"
#include "gateway/outbox/settings.h"

/**
 * Alerts to people and their programs: each receiver of a <mail> and each <webhook> is a target of
 * its own (target.h), with its own place in the journal (cursors mail-NAME-..., webhook-NAME) and
 * its own thread, so that one that is dead, slow or refuses holds up nobody.
 *
 * Changes are told at least once, in order: what was not answered when the gateway died is told
 * again, with the same Message-ID or Idempotency-Key. A target begins with what comes after it was
 * configured; the place of one that is taken out of the configuration is forgotten.
 */
struct outbox;

struct outbox_options {
    const char *gateway_id; /* these outlive it */
    struct journal *journal;
    const struct clock *clock;
};

/* catalogue: the text of the KPI catalogue, which has names and advice. Neither it nor config is
   needed afterwards. GW_OK, or an error that is logged; that a target does not run is none. Once a
   process. */
int outbox_start(const struct outbox_options *options, const struct config *config,
                 struct slice catalogue, struct outbox **out);
/* Does nothing when nothing has changed and all targets run. Else all of them stop and go on from
   their places. One that cannot start is logged and holds up no other; the rows of the others say
   so (outbox_list()) until it runs. */
void outbox_reload(struct outbox *outbox, const struct config *config, struct slice catalogue);
/* Tries again when not all run; config: as of the start or the last reload. */
void outbox_mend(struct outbox *outbox, const struct config *config);
/* What is being sent gets up to a second. NULL is fine. */
void outbox_stop(struct outbox *outbox);

/* ---- looking at it; thread-safe ---- */

struct outbox_counters {
    uint64_t sent;     /* mails or requests that were taken */
    uint64_t told;     /* changes of alerts in them */
    uint64_t digests;  /* mails that told of many */
    uint64_t retried;  /* attempts that failed and were for later */
    uint64_t refused;  /* changes that the server would not have, ever */
    uint64_t expired;  /* changes given up after give-up */
    uint64_t filtered; /* changes that are not for it */
};

enum {
    OUTBOX_SHOWN_MAX = 400, /* of a target */
    OUTBOX_TROUBLE_MAX = 200
};
struct outbox_row {
    char name[OUTBOX_NAME_MAX + 1];
    char target[OUTBOX_SHOWN_MAX]; /* "mail ops@example.net by 192.0.2.1:587" */
    enum kpi_state state;
    uint64_t waiting;   /* changes that are ready and could not be told yet */
    uint64_t backlog_s; /* age of the oldest of them */
    uint64_t cursor;    /* its place in the journal */
    struct outbox_counters counters;
    char trouble[OUTBOX_TROUBLE_MAX]; /* the last; empty: none yet */
    int64_t trouble_ms;               /* wall clock */
    /* eogctl mail test */
    uint64_t test_wanted,
        test; /* number of the last that was asked for, of the last done; 0: none */
    bool has_passed;
    char answer[OUTBOX_TROUBLE_MAX];
};
/* At most max rows, in the order of the configuration. */
size_t outbox_list(struct outbox *outbox, struct outbox_row *out, size_t max);

/* KPI_CRITICAL when any of them has not got an alert for too long: "alerts/NAME " of each is
   appended to who, the first and why in reason, of size bytes. Else KPI_OK. */
enum kpi_state outbox_state(struct outbox *outbox, struct buf *who, char *reason, size_t size);

/* Send a test to every target of that name, now. The number by which rows tell of it; 0: there is
   no such name. */
uint64_t outbox_test(struct outbox *outbox, const char *name);

#endif
